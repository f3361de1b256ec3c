"""SQL that reads the reference data of a company in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reskontra.accounts.store.accounts import ACCOUNT_TABLE
from reskontra.accounts.store.segments import DIMENSION_TABLE
from reskontra.accounts.store.subaccounts import SUBACCOUNT_TABLE
from reskontra.attributes.store import ATTRIBUTE_TABLE
from reskontra.changes.store import HELD_REFERENCE
from reskontra.currencies.store import CURRENCY_TABLE
from reskontra.db.pool import Connection
from reskontra.db.tables import Table, lists_of
from reskontra.discounts.store import DISCOUNT_CODE_TABLE, DISCOUNT_SERIES_TABLE
from reskontra.items.store import ITEM_CLASS_TABLE, UNIT_TABLE
from reskontra.numbering.store import SERIES_TABLE
from reskontra.payment_methods.store import CASH_ACCOUNT_TABLE, PAYMENT_METHOD_TABLE
from reskontra.periods.store import PERIOD_TABLE
from reskontra.projects.store.names import PROJECT_NAME_TABLE
from reskontra.reference.store.tables import (
    BRANCH_TABLE,
    COUNTRY_TABLE,
    CUSTOMER_CLASS_TABLE,
    DUNNING_LEVEL_TABLE,
    DUNNING_TEXT_TABLE,
    LEGAL_RATE_TABLE,
    LOGO_TABLE,
    OVERDUE_CHARGE_TABLE,
    REASON_CODE_TABLE,
    STATEMENT_CYCLE_TABLE,
)
from reskontra.salespersons.store import SALESPERSON_TABLE
from reskontra.terms.store import TERMS_TABLE
from reskontra.vat.store import VAT_CATEGORY_TABLE, VAT_ID_TABLE, VAT_ZONE_TABLE

if TYPE_CHECKING:
    from asyncpg import Record

TABLES: tuple[Table[Any], ...] = (
    CURRENCY_TABLE,
    ACCOUNT_TABLE,
    DIMENSION_TABLE,
    SUBACCOUNT_TABLE,
    BRANCH_TABLE,
    COUNTRY_TABLE,
    TERMS_TABLE,
    VAT_ID_TABLE,
    VAT_CATEGORY_TABLE,
    VAT_ZONE_TABLE,
    UNIT_TABLE,
    ITEM_CLASS_TABLE,
    PAYMENT_METHOD_TABLE,
    CASH_ACCOUNT_TABLE,
    DISCOUNT_CODE_TABLE,
    DISCOUNT_SERIES_TABLE,
    PROJECT_NAME_TABLE,
    PERIOD_TABLE,
    SERIES_TABLE,
    ATTRIBUTE_TABLE,
    SALESPERSON_TABLE,
    CUSTOMER_CLASS_TABLE,
    STATEMENT_CYCLE_TABLE,
    REASON_CODE_TABLE,
    OVERDUE_CHARGE_TABLE,
    DUNNING_LEVEL_TABLE,
    DUNNING_TEXT_TABLE,
    LEGAL_RATE_TABLE,
    LOGO_TABLE,
)
"""The tables of the reference data: whatever changes a row of one moves the company's version (migration 0001)."""

_FIND_REFERENCE = f"""
    select company_id, reference_version as version, code, name, tenant_id, country_id, base_currency, time_zone,
           preferences::text, {lists_of(TABLES)}
      from company
     where company_id = $1"""


async def find_reference(connection: Connection, company_id: int) -> Record | None:
    """The company's row and, as JSON text, the rows of `TABLES`, all as of one moment; None if it does not exist."""
    found: Record | None = await connection.fetchrow(_FIND_REFERENCE, company_id)
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
