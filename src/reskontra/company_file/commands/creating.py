"""Creating a company from a file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reskontra.changes.store import insert_tallies
from reskontra.clock import Context
from reskontra.companies.store import companies
from reskontra.company_file.file import (
    ENTRIES,
    Template,
    countries_of,
    periods_of,
    rates_of,
    read_template,
    series_in_full,
)
from reskontra.company_file.rules.checks import check_template
from reskontra.currencies.store import RATE_TABLE
from reskontra.db.pool import Connection
from reskontra.db.tables import Rows, insert_rows
from reskontra.errors import Refused
from reskontra.kinds import KINDS
from reskontra.letterheads.commands import check_printable
from reskontra.numbering.rules import Mode
from reskontra.numbering.store import SERIES_TABLE
from reskontra.periods.store import PERIOD_TABLE
from reskontra.reference.store.tables import COUNTRY_TABLE

ENTITIES = (
    "Customer",
    "Address",
    "Contact",
    "Location",
    "DirectDebit",
    *KINDS,
    "DunningLetter",
    "EInvoice",
    "Item",
    "Account",
    "Subaccount",
    "Batch",
    "JournalEntry",
    "CurrencyRate",
    "Salesperson",
    "SalesPrice",
    "Attribute",
    "DiscountSeries",
    "Project",
    "Mail",
)
"""What is counted for each company, by the names that change rows have."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}")


async def create_company(
    connection: Connection,
    template: str | Path,
    *,
    code: str,
    name: str | None = None,
    tenant_id: uuid.UUID | None = None,
    numbering: Mode | None = None,
    context: Context,
) -> int:
    """Create a company from a template (`no`, `se` or a file) and return its id. `name` replaces the file's.

    `tenant_id` identifies the company in tokens; if it is None, a new one is made. `numbering` replaces the mode of all
    the file's series.

    Run it in a transaction. `context.company_id` is ignored. Raises `FileFaults` with every fault of the file, and
    `Refused` if the code is taken or not valid.
    """
    _check_code(code)
    file = read_template(template)
    check_template(file)
    content = file.content
    if numbering is not None:
        content = replace(content, series=tuple(replace(series, mode=numbering) for series in content.series))
    facts = content.company
    company_id = await companies.insert_company(
        connection,
        code=code,
        name=name or facts.name,
        tenant_id=tenant_id or context.clock.new_id(),
        country_id=facts.country_id,
        base_currency=facts.base_currency,
        time_zone=facts.time_zone,
        preferences=content.preferences,
        moment=context.now,
    )
    if company_id is None:
        raise Refused(
            f"There is a company with the code '{code}' already.",
            field=("code",),
            value=code,
            hint="Choose another code.",
        )
    for logo in content.logos:
        await check_printable(logo)
    await _insert_reference_data(connection, company_id, content, replace(context, company_id=company_id))
    return company_id


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise Refused(
            "This cannot be the code of a company.",
            field=("code",),
            value=code,
            hint="Use 1 to 30 letters, digits, points, dashes and underscores, a letter or digit first.",
        )


async def _insert_reference_data(connection: Connection, company_id: int, template: Template, context: Context) -> None:
    """All tables in one statement, then the counting of their rows."""
    rates = [row for rates in template.rates for row in rates_of(rates)]
    rows: Rows = {
        **{table: getattr(template, section) for section, table in ENTRIES.items()},
        COUNTRY_TABLE: countries_of(template),
        SERIES_TABLE: [series_in_full(series) for series in template.series],
        PERIOD_TABLE: periods_of(template.periods),
        RATE_TABLE: rates,
    }
    await insert_rows(connection, company_id, rows, context.now)
    await _start_counting(connection, company_id, template, len(rates), context)


async def _start_counting(
    connection: Connection, company_id: int, template: Template, rate_count: int, context: Context
) -> None:
    counts = dict.fromkeys(ENTITIES, (0, 0))
    counts["CurrencyRate"] = (rate_count, rate_count)
    counts["Account"] = (len(template.accounts), len(template.accounts))
    counts["Item"] = _count(item.item_id for item in template.items)
    counts["Subaccount"] = _count(subaccount.subaccount_id for subaccount in template.subaccounts)
    counts["Attribute"] = (len(template.attributes), 0)
    counts["Salesperson"] = _count(person.salesperson_id for person in template.salespersons)
    await insert_tallies(connection, company_id, counts)
    await companies.log_company_created(connection, context)


def _count(ids: Iterable[int]) -> tuple[int, int]:
    """How many, and the highest id."""
    known = list(ids)
    return len(known), max(known, default=0)
