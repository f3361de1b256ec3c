"""The runner of the self-check; that each query finds its fault is tested beside the rule it guards."""

from __future__ import annotations

import pytest

from reskontra.db.pool import Connection
from reskontra.db.selfcheck import known_checks, offences, read_checks


def test_checks_are_read_with_name_sentence_and_query() -> None:
    first, second = read_checks("-- Preface.\n\n-- name: a-b It holds.\nselect 1\n;\n-- name: c So does it.\nselect 2")
    assert (first.name, first.sentence, first.sql) == ("a-b", "It holds.", "select 1\n;")
    assert (second.name, second.sentence, second.sql) == ("c", "So does it.", "select 2")


def test_two_checks_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="same name"):
        read_checks("-- name: a It holds.\nselect 1\n-- name: a It holds.\nselect 2\n")


def test_each_check_says_a_sentence() -> None:
    assert known_checks()
    assert [check.name for check in known_checks() if not check.sentence.endswith(".") or not check.sql] == []


async def test_the_seeded_books_prove_themselves(connection: Connection) -> None:
    assert await offences(connection) == []


async def test_an_offence_shows_its_rows(connection: Connection) -> None:
    await connection.execute("update schema_version set applied_at = applied_at - interval '1 hour' where version = 2")
    found = [offence for offence in await offences(connection) if offence.name == "migrations-in-sequence"]
    assert [[row["version"] for row in offence.rows] for offence in found] == [[2]]
