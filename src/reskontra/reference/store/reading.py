"""SQL that reads the reference data of a company in one statement."""

from __future__ import annotations

from collections.abc import Mapping

from reskontra.accounts.store.accounts import ACCOUNT_ROWS
from reskontra.accounts.store.segments import DIMENSION_ROWS
from reskontra.accounts.store.subaccounts import SUBACCOUNT_ROWS
from reskontra.attributes.store import ATTRIBUTE_ROWS
from reskontra.changes.store import HELD_REFERENCE
from reskontra.currencies.store import CURRENCY_ROWS, POSTING_ROWS
from reskontra.db.pool import Connection
from reskontra.items.store import ITEM_CLASS_ROWS, UNIT_ROWS
from reskontra.numbering.store import SERIES_ROWS
from reskontra.payment_methods.store import PAYMENT_METHOD_ROWS
from reskontra.periods.store import PERIOD_ROWS
from reskontra.reference.store.tables import (
    _BRANCH_ROWS,
    _COUNTRY_ROWS,
    _CUSTOMER_CLASS_ROWS,
    _DUNNING_LEVEL_ROWS,
    _DUNNING_TEXT_ROWS,
    _LEGAL_RATE_ROWS,
    _REASON_CODE_ROWS,
    _STATEMENT_CYCLE_ROWS,
)
from reskontra.salespersons.store import SALESPERSON_ROWS
from reskontra.terms.store import TERMS_ROWS
from reskontra.vat.store import VAT_CATEGORY_ROWS, VAT_ID_ROWS, VAT_ZONE_ROWS

REFERENCE_ROWS: Mapping[str, str] = {
    "currencies": CURRENCY_ROWS,
    "currency_postings": POSTING_ROWS,
    "accounts": ACCOUNT_ROWS,
    "dimensions": DIMENSION_ROWS,
    "subaccounts": SUBACCOUNT_ROWS,
    "branches": _BRANCH_ROWS,
    "countries": _COUNTRY_ROWS,
    "terms": TERMS_ROWS,
    "vat": VAT_ID_ROWS,
    "vat_categories": VAT_CATEGORY_ROWS,
    "vat_zones": VAT_ZONE_ROWS,
    "units": UNIT_ROWS,
    "item_classes": ITEM_CLASS_ROWS,
    "payment_methods": PAYMENT_METHOD_ROWS,
    "periods": PERIOD_ROWS,
    "series": SERIES_ROWS,
    "attributes": ATTRIBUTE_ROWS,
    "salespersons": SALESPERSON_ROWS,
    "customer_classes": _CUSTOMER_CLASS_ROWS,
    "statement_cycles": _STATEMENT_CYCLE_ROWS,
    "reason_codes": _REASON_CODE_ROWS,
    "dunning_levels": _DUNNING_LEVEL_ROWS,
    "dunning_texts": _DUNNING_TEXT_ROWS,
    "legal_rates": _LEGAL_RATE_ROWS,
}
"""The tables of the reference data, by the name of the list that holds their rows."""

_FIND_REFERENCE = """
    select json_build_object(
           'company_id', company_id, 'version', reference_version, 'code', code, 'name', name,
           'tenant_id', tenant_id, 'country_id', country_id, 'base_currency_id', base_currency,
           'time_zone', time_zone, 'preferences', preferences,
           {lists})
      from company
     where company_id = $1""".format(
    lists=",\n           ".join(
        f"'{name}', (select coalesce(json_agg(line), '[]') from ({rows}) as line)"
        for name, rows in REFERENCE_ROWS.items()
    )
)


async def find_reference(connection: Connection, company_id: int) -> str | None:
    """Everything of `Reference` as one JSON object, as of one moment; None when there is no such company."""
    found: str | None = await connection.fetchval(_FIND_REFERENCE, company_id)
    return found


async def find_reference_version(connection: Connection, company_id: int) -> int | None:
    """The version of the company's reference data; None when there is no such company."""
    version: int | None = await connection.fetchval(
        "select reference_version from company where company_id = $1", company_id
    )
    return version


async def hold_reference(connection: Connection, company_id: int) -> int | None:
    """The version of the company's reference data, held until the transaction ends."""
    version: int | None = await connection.fetchval(f"select {HELD_REFERENCE}", company_id)
    return version
