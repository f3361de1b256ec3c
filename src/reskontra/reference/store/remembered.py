"""The reference data of companies that the process remembers, each as of one version.

The database moves a company's version whenever a row of this data changes (migration 0001), and every read of a command
returns the version too. So an outdated copy is never used, and checking costs no round trip.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from reskontra.accounts.rules.subaccounts import SUBACCOUNT_DIMENSION, Dimension, Subaccount
from reskontra.accounts.store.subaccounts import SUBACCOUNT_TABLE
from reskontra.codes import Codes
from reskontra.currencies.store import CURRENCY_TABLE
from reskontra.db.pool import Connection
from reskontra.discounts.rules.series import DiscountSeries
from reskontra.discounts.store import DISCOUNT_SERIES_TABLE
from reskontra.errors import NotFound
from reskontra.reference.reference import Reference
from reskontra.reference.rules.classes import CustomerClass
from reskontra.reference.rules.preferences import Preferences
from reskontra.reference.rules.subaccounts import Subaccounts
from reskontra.reference.store import reading
from reskontra.reference.store.tables import DUNNING_LEVEL_TABLE, DUNNING_TEXT_TABLE, LEGAL_RATE_TABLE
from reskontra.salespersons.store import SALESPERSON_TABLE
from reskontra.vat.rules.codes import VatId

if TYPE_CHECKING:
    from asyncpg import Record

_REMEMBERED = 200
_ADJUSTMENT = "13"

_cache: OrderedDict[int, Reference] = OrderedDict()


async def at(connection: Connection, company_id: int, version: int | None) -> Reference:
    """The reference data of a company: the remembered copy if it has this version, else read now.

    `version` is `company.reference_version` from the caller's own read; None asks for it here. Raises `NotFound` if
    there is no such company.
    """
    wanted = version if version is not None else await reading.find_reference_version(connection, company_id)
    remembered = _cache.get(company_id)
    # Equal, not "at least": a version seen in a transaction that was rolled back never becomes true.
    if remembered is not None and remembered.version == wanted:
        _cache.move_to_end(company_id)
        return remembered
    row = await reading.find_reference(connection, company_id)
    if row is None:
        raise NotFound(reason=f"There is no company with id {company_id}.")
    loaded = _reference(row)
    _cache[company_id] = loaded
    _cache.move_to_end(company_id)
    while len(_cache) > _REMEMBERED:
        _cache.popitem(last=False)
    return loaded


async def held(connection: Connection, company_id: int) -> Reference:
    """The reference data, held unchanged until the transaction ends: for commands that write documents with it.

    Call it before any lock on a row (decision 0016). Statements that load a single document do this themselves.
    """
    return await at(connection, company_id, await reading.hold_reference(connection, company_id))


def forget() -> None:
    """Forget everything: in another database the same ids mean other companies."""
    _cache.clear()


_preferences = msgspec.json.Decoder(Preferences)

_ANOTHER_WAY = (
    CURRENCY_TABLE,
    SUBACCOUNT_TABLE,
    SALESPERSON_TABLE,
    DISCOUNT_SERIES_TABLE,
    DUNNING_LEVEL_TABLE,
    DUNNING_TEXT_TABLE,
    LEGAL_RATE_TABLE,
)
_BY_CODE = [table for table in reading.TABLES if table not in _ANOTHER_WAY]
"""The tables whose rows `Reference` has by their code; what it has of the others is said below."""


def _reference(row: Record) -> Reference:
    return made_of(
        {table.section: table.decode(row[table.section]) for table in reading.TABLES},
        _preferences.decode(row["preferences"]),
        company_id=row["company_id"],
        version=row["version"],
        code=row["code"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        country_id_of_company=row["country_id"],
        base_currency=row["base_currency"],
        zone=ZoneInfo(row["time_zone"]),
    )


def made_of(sections: Mapping[str, Sequence[Any]], preferences: Preferences, **company: Any) -> Reference:
    """The reference data of a company with these rows by the section of their table; a section left out has no rows.

    `company`: what `Reference` has of the company itself.
    """
    rows: dict[str, Sequence[Any]] = {table.section: sections.get(table.section, ()) for table in reading.TABLES}
    by_code: dict[str, Any] = {
        table.section: Codes((getattr(it, table.key[0]), it) for it in rows[table.section]) for table in _BY_CODE
    }
    ordinary = tuple(
        sorted(
            (period for period in rows["periods"] if not period.period_id.endswith(_ADJUSTMENT)),
            key=lambda period: period.start_date,
        )
    )
    return Reference(
        preferences=preferences,
        currencies=Codes((setup.currency_id, setup.currency) for setup in rows["currencies"]),
        currency_postings=Codes((setup.currency_id, setup.posting) for setup in rows["currencies"]),
        subaccounts=_subaccounts(rows["subaccounts"], rows["dimensions"], preferences),
        salespersons={person.salesperson_id: person for person in rows["salespersons"]},
        salesperson_codes=Codes((person.salesperson_cd, person) for person in rows["salespersons"]),
        discount_series=_by_discount_code(rows["discount_series"]),
        dunning_levels=tuple(rows["dunning_levels"]),
        dunning_texts=tuple(rows["dunning_texts"]),
        legal_rates=tuple(rows["legal_rates"]),
        ordinary_periods=ordinary,
        period_starts=tuple(period.start_date for period in ordinary),
        control_accounts=_control_accounts(rows["customer_classes"], rows["vat"]),
        **by_code,
        **company,
    )


def _by_discount_code(rows: Sequence[DiscountSeries]) -> dict[str, list[DiscountSeries]]:
    by_code: dict[str, list[DiscountSeries]] = {}
    for series in rows:
        by_code.setdefault(series.discount_code, []).append(series)
    return by_code


def _subaccounts(rows: Sequence[Subaccount], dimensions: Sequence[Dimension], preferences: Preferences) -> Subaccounts:
    numbered = next((row for row in dimensions if row.dimension_id == SUBACCOUNT_DIMENSION), None)
    return Subaccounts(
        rows,
        segments=numbered.segments if numbered else (),
        default_id=preferences.default_subaccount_id,
        mask=preferences.subaccount_mask,
    )


def _control_accounts(classes: Sequence[CustomerClass], vat: Sequence[VatId]) -> frozenset[str]:
    named = {account for row in classes for account in (row.customer_ledger_account, row.prepayment_account)}
    return frozenset(account for account in named | {row.payable_account for row in vat} if account)
