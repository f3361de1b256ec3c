"""Creating a company from a file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reskontra.accounts.store.accounts import insert_accounts, put_account_classes
from reskontra.accounts.store.segments import put_dimensions
from reskontra.accounts.store.subaccounts import insert_subaccounts
from reskontra.attributes.store import insert_attributes
from reskontra.changes.store import insert_tallies
from reskontra.clock import Context
from reskontra.companies.store import companies
from reskontra.company_file.file import Template, countries_of, periods_of, rates_of, read_template, series_in_full
from reskontra.company_file.rules.checks import check_template
from reskontra.currencies.store import insert_rates, put_currencies
from reskontra.db.pool import Connection
from reskontra.errors import Refused
from reskontra.items.store import insert_items, put_item_classes, put_units
from reskontra.kinds import SERVED
from reskontra.numbering.store import put_series
from reskontra.payment_methods.store import put_payment_methods
from reskontra.periods.store import insert_periods
from reskontra.reference.store import tables
from reskontra.salespersons.store import insert_salespersons
from reskontra.terms.store import put_terms
from reskontra.vat.store import put_vat_categories, put_vat_ids, put_vat_zones

ENTITIES = (
    "Customer",
    "Address",
    "Contact",
    "Location",
    "DirectDebit",
    *SERVED,
    "DunningLetter",
    "Item",
    "Account",
    "Subaccount",
    "Batch",
    "JournalEntry",
    "CurrencyRate",
    "Salesperson",
    "Attribute",
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
    context: Context,
) -> int:
    """Create a company from a template (`no`, `se` or a file) and return its id. `name` replaces the file's.

    `tenant_id` is what tokens name the company by; a new one is made when it is None.

    Run it in a transaction. `context.company_id` does not count. Raises `FileFaults` with every fault of the file,
    and `Refused` when the code is taken or is no code.
    """
    _check_code(code)
    file = read_template(template)
    check_template(file)
    facts = file.content.company
    company_id = await companies.insert_company(
        connection,
        code=code,
        name=name or facts.name,
        tenant_id=tenant_id or context.clock.new_id(),
        country_id=facts.country_id,
        base_currency=facts.base_currency,
        time_zone=facts.time_zone,
        preferences=file.content.preferences,
        moment=context.now,
    )
    if company_id is None:
        raise Refused(
            f"There is a company with the code '{code}' already.",
            field=("code",),
            value=code,
            hint="Choose another code.",
        )
    await _insert_reference_data(connection, company_id, file.content, replace(context, company_id=company_id))
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
    """All tables, in the order of the file's sections."""
    moment = context.now
    rates = [row for rates in template.rates for row in rates_of(rates)]
    currencies = [entry.currency for entry in template.currencies]
    postings = [entry.posting for entry in template.currencies]
    await put_currencies(connection, company_id, currencies, postings, moment)
    await insert_rates(connection, company_id, rates, moment)
    await put_account_classes(connection, company_id, template.account_classes)
    await insert_accounts(connection, company_id, template.accounts, moment)
    await put_dimensions(connection, company_id, template.dimensions, moment)
    await insert_subaccounts(connection, company_id, template.subaccounts, moment)
    await tables.put_branches(connection, company_id, template.branches, moment)
    await tables.put_countries(connection, company_id, countries_of(template))
    await put_terms(connection, company_id, template.terms, moment)
    await put_vat_ids(connection, company_id, template.vat, moment)
    await put_vat_categories(connection, company_id, template.vat_categories, moment)
    await put_vat_zones(connection, company_id, template.vat_zones, moment)
    await put_units(connection, company_id, template.units)
    await put_item_classes(connection, company_id, template.item_classes, moment)
    await insert_items(connection, company_id, template.items, moment)
    await put_payment_methods(connection, company_id, template.payment_methods, moment)
    await insert_periods(connection, company_id, periods_of(template.periods), moment)
    await put_series(connection, company_id, [series_in_full(series) for series in template.series])
    await insert_attributes(connection, company_id, template.attributes, moment)
    await insert_salespersons(connection, company_id, template.salespersons, moment)
    await tables.put_customer_classes(connection, company_id, template.customer_classes, moment)
    await tables.put_statement_cycles(connection, company_id, template.statement_cycles)
    await tables.put_reason_codes(connection, company_id, template.reason_codes)
    await tables.put_dunning_levels(connection, company_id, template.dunning_levels)
    await tables.put_dunning_texts(connection, company_id, template.dunning_texts)
    await tables.put_legal_rates(connection, company_id, template.legal_rates)
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
