"""A kind of document is whole: each place that must know a kind knows every one of them, or says here what is missing.

The places, in the order in which a new kind is added: docs/ARCHITECTURE.md, "Adding a document kind".
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from reskontra.company_file.commands.creating import ENTITIES
from reskontra.customers.rules import standing as customers
from reskontra.db.pool import Connection
from reskontra.db.selfcheck import known_checks
from reskontra.documents.cash_sales import routes as cash_sales
from reskontra.documents.wire.answers import LINE_ANSWERS
from reskontra.documents.wire.resources import RESOURCES as DOCUMENTS
from reskontra.dunning.letters.rules.wording import Labels
from reskontra.kinds import DEBITS, KINDS, Kind, kind_spelled
from reskontra.receivables.wire.items import DocumentType
from reskontra.reference.rules.preferences import SeriesChoice

RESOURCES = (*DOCUMENTS, *cash_sales.RESOURCES)
SOURCE = Path(__file__).parents[2] / "src" / "reskontra"

# The kinds as KND-01 and APP-01 have them: short name, sign, and the short names of what it settles.
TABLE = {
    "Invoice": ("INV", +1, ""),
    "DebitNote": ("DRM", +1, ""),
    "CreditNote": ("CRM", -1, "INV DRM FCH"),
    "Payment": ("PMT", -1, "INV DRM FCH"),
    "Prepayment": ("PPM", -1, "INV DRM FCH"),
    "Refund": ("REF", +1, "CRM PMT PPM"),
    "VoidPayment": ("RPM", +1, "PMT PPM"),
    "VoidRefund": ("VRF", -1, "REF"),
    "FinCharge": ("FCH", +1, ""),
    "SmallBalanceWo": ("SMB", -1, "INV DRM FCH"),
    "SmallCreditWo": ("SMC", +1, "CRM PMT PPM"),
    "CashSale": ("CSL", 0, ""),
    "CashReturn": ("RCS", 0, ""),
}
SHARED_SERIES = [
    {"Payment", "Prepayment", "Refund"},
    {"SmallBalanceWo", "SmallCreditWo"},
    {"CashSale", "CashReturn"},
]


def series_without_default() -> set[str]:
    return {field.name for field in fields(SeriesChoice) if field.type == "str"}


PLACES: dict[str, Callable[[Kind], bool]] = {
    "reference/rules/preferences.py SeriesChoice has the keys of its series, the first without a default, so that "
    "every company chooses it": lambda kind: (
        set(kind.series) <= {field.name for field in fields(SeriesChoice)}
        and set(kind.series[:1]) <= series_without_default()
    ),
    "the status matrix of customers/rules/standing.py has its operations": lambda kind: (
        {kind.create_operation, kind.release_operation} <= customers.MATRIX.keys()
    ),
    "dunning/letters/rules/wording.py Labels has its word, and with it each language": lambda kind: (
        kind.word is None or kind.word in {field.name for field in fields(Labels)}
    ),
    "documents/wire/answers.py LINE_ANSWERS has the struct of its lines": lambda kind: (
        kind.has_lines == (kind.document_type in LINE_ANSWERS)
    ),
    "RESOURCES of documents/wire/resources.py, or of a room within, has its address": lambda kind: (
        kind.has_lines == any(it.kind is kind for it in RESOURCES)
    ),
}
"""What must be so of a kind, as a sentence that says what to do, and whether it is. The sixth place is
the table `document_kind`."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_is_known_wherever_it_must_be(kind: Kind) -> None:
    missing = [place for place, is_known in PLACES.items() if not is_known(kind)]
    assert missing == [], f"half a kind: for {kind.document_type} it must become true that {'; that '.join(missing)}"


async def test_the_database_knows_the_kinds_as_they_are(connection: Connection) -> None:
    rows = {row["document_type"]: dict(row) for row in await connection.fetch("select * from document_kind")}
    assert rows.keys() == KINDS.keys(), "a migration must write the rows of the table document_kind"
    for document_type, row in rows.items():
        assert (row.pop("is_served"), row.pop("served_type")) == (True, document_type)
        kind = {name: getattr(KINDS[document_type], name) for name in row}
        lists = {name: tuple(row[name]) for name in ("settles", "series")}
        assert row | lists == kind, f"a migration must change the row of {document_type} in document_kind"


def test_the_kinds_are_those_of_the_rules() -> None:
    codes = {kind.document_type: kind.journal_code for kind in KINDS.values()}
    told = {
        kind.document_type: (kind.journal_code, kind.balance_sign, " ".join(codes[it] for it in kind.settles))
        for kind in KINDS.values()
    }
    assert told == TABLE
    enums = json.loads((SOURCE / "contract.json").read_text(encoding="utf-8"))["enums"]
    named = {*enums["CashSaleDocumentTypeEnum"], *enums["PaymentTypeEnum"]}
    assert KINDS.keys() == named - {"Undefined", "NoUpdate"}, "the contract names other kinds"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_a_kind_says_of_itself_agrees(kind: Kind) -> None:
    assert {KINDS[it].balance_sign for it in kind.settles} <= {-kind.balance_sign}, "it settles the other side"
    assert (kind.account_role is None) == (kind.balance_sign == 0), "what is never open stands on no account"
    assert kind.has_lines or not (kind.sales_sign or kind.has_terms or kind.checks_credit or kind.has_wire_delete)
    assert kind.sales_sign in (0, kind.balance_sign) or kind.balance_sign == 0
    assert kind.word or not kind.may_be_reminded, "what letters remind of has a word"
    assert kind.balance_sign > 0 or not kind.may_be_reminded, "a letter reminds of what is owed"
    assert kind.balance_sign < 0 or not kind.may_be_reserved, "what is reserved could be applied"


def test_what_others_settle_is_known_by_one_list() -> None:
    settled = {it for kind in KINDS.values() if kind.may_be_reserved for it in kind.settles}
    assert sorted(settled) == sorted(DEBITS)


def test_no_two_kinds_are_one() -> None:
    for names in ("journal_code", "noun"):
        told = [getattr(kind, names) for kind in KINDS.values()]
        assert len(set(told)) == len(told), f"two kinds share a {names}"
    spellings = [it.lower() for kind in KINDS.values() for it in (kind.document_type, *kind.other_spellings)]
    assert len(set(spellings)) == len(spellings), "two kinds are spelled alike"
    numbered = defaultdict(set)
    for kind in KINDS.values():
        for key in kind.series:
            numbered[key].add(kind.document_type)
    assert [kinds for kinds in numbered.values() if len(kinds) > 1] == SHARED_SERIES


def test_a_kind_is_found_by_each_of_its_spellings() -> None:
    for kind in KINDS.values():
        spellings = (kind.document_type, *kind.other_spellings)
        found = {
            kind_spelled(form) for it in spellings for form in (it, it.lower(), re.sub("(?<=.)([A-Z])", r" \1", it))
        }
        assert found == {kind}
        assert {DocumentType(it) for it in spellings} == {kind.document_type}
    assert [str(it) for it in DocumentType] == list(KINDS)
    assert kind_spelled("Undefined") is None


async def test_the_self_check_knows_what_is_counted(connection: Connection) -> None:
    (check,) = (check for check in known_checks() if check.name == "tally-complete")
    await connection.execute("delete from tally where company_id = 1")
    missed = [row["entity"] for row in await connection.fetch(check.sql) if row["company_id"] == 1]
    assert sorted(missed) == sorted(ENTITIES), "tally-complete of db/selfcheck.sql does not ask for all of ENTITIES"


def test_no_check_names_a_kind_by_itself() -> None:
    text = (SOURCE / "db" / "selfcheck.sql").read_text(encoding="utf-8")
    named = [kind for kind in KINDS if f"'{kind}'" in text]
    assert named == [], f"db/selfcheck.sql names {named}: ask the table document_kind"
