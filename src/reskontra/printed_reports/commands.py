"""Printing reports: each reads the books of one moment, which it names by its newest change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reskontra.balances.store.ageing import Aged, ageing
from reskontra.changes.log.store import Cut, find_cut
from reskontra.db.lists import Filters, Window
from reskontra.errors import Malformed
from reskontra.printed_reports.wire import (
    MOST_BEHIND,
    Behind,
    Sheet,
    ageing_sheet,
    reconciled_sheet,
    sales_sheet,
    sheet_in,
    vat_sheet,
)
from reskontra.printing.pdf import PdfFile, file_name, make_pdf
from reskontra.receivables.wire.as_of import Asked
from reskontra.reference.store import remembered
from reskontra.reports.store.receivables import DIFFERENCES, find_reconciled
from reskontra.reports.store.sales import SoldBy, sold_by
from reskontra.reports.store.vat import find_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from reskontra.changes.lists.store import Paged
    from reskontra.db.pool import Connection
    from reskontra.reference.reference import Reference
    from reskontra.web.call import Database

LAYOUT = "printed_reports/report.typ"

MOST_ROWS = 3000
"""More rows are not printed: they take the typesetter longer than anybody waits, and are for a spreadsheet."""

MOST_BUCKETS = 6
"""More ages do not fit beside each other."""


async def print_ageing(
    database: Database,
    company_id: int,
    code: str,
    wanted: Asked,
    *,
    last_days: Sequence[int],
    ages_credits: bool,
    filters: Filters,
) -> PdfFile:
    """What customers owed by age. Raises `Malformed` for what does not fit, `Unavailable` if it takes too long."""
    if len(last_days) >= MOST_BUCKETS:
        raise Malformed(
            f"{len(last_days) + 1} ages do not fit on paper.",
            field=("buckets",),
            hint=f"Send at most {MOST_BUCKETS - 1} numbers of days, or read it as CSV.",
        )
    async with database.snapshot() as connection:
        sheet = await _sheet(connection, company_id, code, wanted.known_at)
        found: list[Aged] = await _all(connection, ageing(is_dated=wanted.known_at is not None), filters)
    return await _printed(
        sheet.cut,
        file_name("ageing", f"{wanted.day}"),
        lambda: ageing_sheet(
            sheet,
            found,
            day=wanted.day,
            known_at=wanted.known_at,
            last_days=last_days,
            ages_credits=ages_credits,
        ),
    )


async def print_vat(database: Database, company_id: int, code: str, periods: tuple[str, str]) -> PdfFile:
    """VAT by period, VAT id and rate."""
    async with database.snapshot() as connection:
        sheet = await _sheet(connection, company_id, code)
        found = await find_sums(connection, company_id, *periods)
    _check(len(found))
    return await _printed(sheet.cut, file_name("vat", *periods), lambda: vat_sheet(sheet, found, periods))


async def print_sales(database: Database, company_id: int, code: str, periods: tuple[str, str], by: SoldBy) -> PdfFile:
    """What was sold without VAT, the largest first."""
    async with database.snapshot() as connection:
        sheet = await _sheet(connection, company_id, code)
        found = await _all(connection, sold_by(by), Filters([company_id, *periods]))
    return await _printed(sheet.cut, file_name("sales", *periods), lambda: sales_sheet(sheet, found, periods, by))


async def print_reconciled(database: Database, company_id: int, code: str, period: str) -> PdfFile:
    """The ledger's receivables against the open documents, with what is behind each difference."""
    async with database.snapshot() as connection:
        sheet = await _sheet(connection, company_id, code)
        found = await find_reconciled(connection, company_id, period)
        behind = {
            it.account_number: await _behind(connection, Filters([company_id, period, it.account_number]))
            for it in found
            if it.difference
        }
    return await _printed(
        sheet.cut, file_name("reconciliation", period), lambda: reconciled_sheet(sheet, found, behind, period)
    )


async def _sheet(connection: Connection, company_id: int, code: str, known_at: datetime | None = None) -> Sheet:
    cut = await find_cut(connection, company_id, known_at)
    reference: Reference = await remembered.at(connection, company_id, None)
    return sheet_in(code, reference, cut)


async def _all(connection: Connection, paged: Paged[Any], filters: Filters) -> list[Any]:
    found = await paged.rows(connection, filters, Window(MOST_ROWS + 1, 0))
    _check(len(found.rows))
    return list(found.rows)


async def _behind(connection: Connection, filters: Filters) -> Behind:
    found = await DIFFERENCES.rows(connection, filters, Window(MOST_BEHIND, 0))
    return Behind(found.rows, (await DIFFERENCES.total(connection, filters)).count)


def _check(rows: int) -> None:
    if rows > MOST_ROWS:
        raise Malformed(
            f"There are more than {MOST_ROWS:,} rows, which are not printed.",
            hint="Ask for less, or read the report as CSV.",
        )


async def _printed(cut: Cut, name: str, lay_out: Callable[[], dict[str, Any]]) -> PdfFile:
    """The file says that it was made when the newest change of its figures was, so that the same books give the same
    bytes."""
    return PdfFile(name, await make_pdf(LAYOUT, lay_out, cut.changed_at, noun="report"))
