"""A kind of document is whole: each place that must know a kind knows every one of them, or says here what is missing.

The places, in the order in which a new kind is added: docs/ARCHITECTURE.md, "Adding a document kind".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from reskontra.company_file.commands.creating import ENTITIES
from reskontra.customers.rules import standing as customers
from reskontra.db.pool import Connection
from reskontra.db.selfcheck import views
from reskontra.documents.routes import RESOURCES
from reskontra.documents.wire.answers import LINE_ANSWERS
from reskontra.documents.wire.bodies import DocumentType
from reskontra.dunning.letters.rules.wording import TYPES
from reskontra.kinds import KINDS, Kind
from reskontra.posting.wire import DOCUMENT_CODES
from reskontra.receivables.rules.items import DEBITS
from reskontra.reference.rules.preferences import SeriesChoice

MIGRATIONS = Path(__file__).parents[2] / "src" / "reskontra" / "db" / "migrations"


def types_in_the_database() -> set[str]:
    """What the constraint on stored documents lets in, as the newest migration has it."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    *_, newest = re.findall(r"constraint document_type_known check \(document_type in \((.*?)\)\)", text, re.DOTALL)
    return set(re.findall(r"'(\w+)'", newest))


def keys_of_series() -> set[str]:
    return {field.name for field in fields(SeriesChoice)}


PLACES: dict[str, Callable[[Kind], bool]] = {
    "its series are keys of companies/rules.py SeriesChoice": lambda kind: set(kind.series) <= keys_of_series(),
    "its first series is chosen by every company: give the key of SeriesChoice no default": lambda kind: any(
        field.name == kind.series[0] and field.type == "str" for field in fields(SeriesChoice)
    ),
    "the status matrix of customers/rules/standing.py has its create_operation": lambda kind: (
        kind.create_operation in customers.MATRIX
    ),
    "the status matrix of customers/rules/standing.py has its release_operation": lambda kind: (
        kind.release_operation in customers.MATRIX
    ),
    "companies/commands.py ENTITIES counts it, and a migration gives existing companies the tally": lambda kind: (
        kind.document_type in ENTITIES
    ),
    "documents/wire/bodies.py DocumentType spells it": lambda kind: kind.document_type in set(DocumentType),
    "documents/wire/answers.py LINE_ANSWERS has the struct of its lines": lambda kind: (
        kind.document_type in LINE_ANSWERS
    ),
    "documents/routes.py RESOURCES has its address": lambda kind: any(it.kind is kind for it in RESOURCES),
    "posting/wire.py DOCUMENT_CODES has its short name in the journal": lambda kind: (
        kind.document_type in DOCUMENT_CODES
    ),
    "dunning/letters/rules/wording.py TYPES has its word on letters": lambda kind: kind.document_type in TYPES,
    "receivables/rules.py DEBITS holds it if others settle it, and only then": lambda kind: (
        (kind.document_type in DEBITS) == (not kind.settles)
    ),
    "the constraint document_type_known of the database lets it in: a migration widens it": lambda kind: (
        kind.document_type in types_in_the_database()
    ),
}
"""What must be so of a kind, as a sentence that says what to do, and whether it is."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_is_known_wherever_it_must_be(kind: Kind) -> None:
    missing = [place for place, is_known in PLACES.items() if not is_known(kind)]
    assert missing == [], f"half a kind: for {kind.document_type} it must become true that {'; that '.join(missing)}"


def test_no_two_kinds_are_one() -> None:
    codes = [DOCUMENT_CODES[document_type] for document_type in KINDS]
    series = [key for kind in KINDS.values() for key in kind.series]
    assert (len(set(codes)), len(set(series))) == (len(codes), len(series)), "two kinds share a short name or a series"
    assert {str(document_type) for document_type in DocumentType} == KINDS.keys(), "DocumentType spells what is no kind"


async def test_the_self_check_knows_the_kinds_as_they_are(connection: Connection) -> None:
    rows = await connection.fetch(views()["document_kind"])
    known = {row["document_type"]: dict(row) for row in rows}
    assert known.keys() == KINDS.keys(), "the view document_kind at the top of db/selfcheck.sql has other kinds"
    for document_type, columns in known.items():
        kind = {name: getattr(KINDS[document_type], name) for name in columns}
        assert columns | {"series": tuple(columns["series"])} == kind, f"document_kind of db/selfcheck.sql: {columns}"


async def test_the_self_check_knows_what_is_counted(connection: Connection) -> None:
    rows = await connection.fetch(views()["counted_entity"])
    assert sorted(row["entity"] for row in rows) == sorted(ENTITIES), (
        "the view counted_entity at the top of db/selfcheck.sql is not companies/commands.py ENTITIES"
    )


def test_no_check_names_a_kind_by_itself() -> None:
    text = (MIGRATIONS.parent / "selfcheck.sql").read_text(encoding="utf-8")
    checks = text[text.index("-- name:") :]
    named = [kind for kind in types_in_the_database() if f"'{kind}'" in checks]
    assert named == [], f"a check of db/selfcheck.sql names {named}: ask the view document_kind"
