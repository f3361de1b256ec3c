"""The SQL that stores put together can be read by its name, and PostgreSQL takes each of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from reskontra.changes.store import NEW_CHANGE_ID
from reskontra.command_line.app import app
from reskontra.config import SettingError
from reskontra.statements import for_psql, statements


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    app(["sql", *words], exit_on_error=False, result_action="return_value")
    return capsys.readouterr().out


async def test_postgresql_prepares_each_statement_as_it_is_printed(
    fresh_dsn: Callable[[], Awaitable[str]],
) -> None:
    connection = await asyncpg.connect(await fresh_dsn())
    refused = {}
    try:
        for name in statements():
            try:
                await connection.execute(for_psql(name))
            except asyncpg.PostgresError as error:
                refused[name] = str(error)
            await connection.execute("deallocate all")
    finally:
        await connection.close()
    assert refused == {}


@pytest.mark.parametrize(
    "name",
    [
        "items.items.page",
        "customers.finding.customers.total",
        "documents.lists.find",
        "documents.lists.documents.page",
        "receivables.lists.items.page",
        "payments.write_offs.find",
        "reports.open_items.total",
        "documents.writing.delete",
    ],
)
def test_lists_and_commands_have_their_statements(name: str) -> None:
    assert name in statements()


def sources_of_changes(statement: str) -> list[str]:
    """The CTEs that number many changes, each from its name to its closing parenthesis."""
    found = []
    for start in re.finditer(r"\w+ as materialized \(", statement):
        depth, end = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(statement[end], 0)
            end += 1
        if NEW_CHANGE_ID in statement[start.end() : end]:
            found.append(statement[start.start() : end])
    return found


def test_changes_of_many_rows_have_one_order_whatever_plan_is_made() -> None:
    """Their ids are what a reader syncs by, and what seals are computed over."""
    numbering = [(name, source) for name, it in statements().items() for source in sources_of_changes(it)]
    assert len(numbering) > 10
    assert [it for it in numbering if re.search(r"\bjoin\b", it[1]) and "order by" not in it[1]] == []


def test_without_a_name_all_names_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys).splitlines() == list(statements())


def test_a_statement_is_printed_with_the_way_to_run_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "accounts.accounts.accounts.page")
    assert text.startswith("prepare accounts_accounts_accounts_page as\nwith page as materialized (")
    assert text.endswith("execute accounts_accounts_accounts_page (<$1>, <$2>, <$3>);\n")


def test_an_unknown_name_is_told_what_is_like_it() -> None:
    with pytest.raises(SettingError, match=r"items\.items\.page"):
        app(["sql", "items.page"], exit_on_error=False)
