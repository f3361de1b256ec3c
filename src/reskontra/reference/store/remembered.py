"""The reference data of companies as the process remembers it, each as of one version. Reads; changes nothing.

The database moves a company's version whenever a row of this data changes (migration 0001), and every read of a
command brings the version along. So a remembered copy is never used past its time and costs no round trip.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from zoneinfo import ZoneInfo

import msgspec

from reskontra.accounts.rules.accounts import Account
from reskontra.accounts.rules.subaccounts import SUBACCOUNT_DIMENSION, Dimension, Subaccount
from reskontra.attributes.rules import Attribute
from reskontra.codes import Codes
from reskontra.currencies.rules import Currency, CurrencyPosting
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.items.rules.items import ItemClass, Unit
from reskontra.numbering.rules import Series
from reskontra.payment_methods.rules import PaymentMethod
from reskontra.periods.rules import Period
from reskontra.reference.reference import Reference
from reskontra.reference.rules.branches import Branch, Country
from reskontra.reference.rules.classes import CustomerClass, ReasonCode, StatementCycle
from reskontra.reference.rules.dunning_levels import DunningLevel, LegalRate
from reskontra.reference.rules.dunning_texts import DunningText
from reskontra.reference.rules.preferences import Preferences
from reskontra.reference.rules.subaccounts import Subaccounts
from reskontra.reference.store import reading
from reskontra.salespersons.rules.salespersons import Salesperson
from reskontra.terms.rules.terms import Terms
from reskontra.vat.rules.codes import VatCategory, VatId, VatZone

_REMEMBERED = 200
_ADJUSTMENT = "13"

_cache: OrderedDict[int, Reference] = OrderedDict()


async def at(connection: Connection, company_id: int, version: int | None) -> Reference:
    """The reference data of a company: the remembered copy when it is of this version, else read now.

    `version` is `company.reference_version` as the caller's own read brought it; None asks for it here. Raises
    `NotFound` when there is no such company.
    """
    wanted = version if version is not None else await reading.find_reference_version(connection, company_id)
    remembered = _cache.get(company_id)
    # Equal, not "at least": a version seen in a transaction that was rolled back never becomes true.
    if remembered is not None and remembered.version == wanted:
        _cache.move_to_end(company_id)
        return remembered
    text = await reading.find_reference(connection, company_id)
    if text is None:
        raise NotFound(reason=f"There is no company with id {company_id}.")
    loaded = _reference(_decoder.decode(text))
    _cache[company_id] = loaded
    _cache.move_to_end(company_id)
    while len(_cache) > _REMEMBERED:
        _cache.popitem(last=False)
    return loaded


async def held(connection: Connection, company_id: int) -> Reference:
    """The reference data, which stays as it is until the transaction ends: for whoever writes documents by it.

    Before any lock on a row (decision 0016). The statements that load a single document do this themselves.
    """
    return await at(connection, company_id, await reading.hold_reference(connection, company_id))


def forget() -> None:
    """Remember nothing. For a process that turns to another database, where the same ids mean other companies."""
    _cache.clear()


class _Rows(msgspec.Struct, kw_only=True):
    """The answer of `store.find_reference`."""

    company_id: int
    version: int
    code: str
    name: str
    tenant_id: uuid.UUID
    country_id: str
    base_currency_id: str
    time_zone: str
    preferences: Preferences
    currencies: list[Currency]
    currency_postings: list[CurrencyPosting]
    accounts: list[Account]
    dimensions: list[Dimension]
    subaccounts: list[Subaccount]
    branches: list[Branch]
    countries: list[Country]
    terms: list[Terms]
    vat: list[VatId]
    vat_categories: list[VatCategory]
    vat_zones: list[VatZone]
    units: list[Unit]
    item_classes: list[ItemClass]
    payment_methods: list[PaymentMethod]
    periods: list[Period]
    series: list[Series]
    attributes: list[Attribute]
    salespersons: list[Salesperson]
    customer_classes: list[CustomerClass]
    statement_cycles: list[StatementCycle]
    reason_codes: list[ReasonCode]
    dunning_levels: list[DunningLevel]
    dunning_texts: list[DunningText]
    legal_rates: list[LegalRate]


_decoder = msgspec.json.Decoder(_Rows)


def _reference(rows: _Rows) -> Reference:
    ordinary = tuple(
        sorted(
            (period for period in rows.periods if not period.period_id.endswith(_ADJUSTMENT)),
            key=lambda period: period.start_date,
        )
    )
    return Reference(
        company_id=rows.company_id,
        version=rows.version,
        code=rows.code,
        name=rows.name,
        tenant_id=rows.tenant_id,
        country_id_of_company=rows.country_id,
        base_currency=rows.base_currency_id,
        zone=ZoneInfo(rows.time_zone),
        preferences=rows.preferences,
        currencies=Codes((row.currency_id, row) for row in rows.currencies),
        currency_postings=Codes((row.currency_id, row) for row in rows.currency_postings),
        accounts=Codes((row.account_number, row) for row in rows.accounts),
        dimensions=Codes((row.dimension_id, row) for row in rows.dimensions),
        subaccounts=_subaccounts(rows),
        branches=Codes((row.branch_number, row) for row in rows.branches),
        countries=Codes((row.country_id, row) for row in rows.countries),
        terms=Codes((row.terms_id, row) for row in rows.terms),
        vat=Codes((row.vat_id, row) for row in rows.vat),
        vat_categories=Codes((row.category_id, row) for row in rows.vat_categories),
        vat_zones=Codes((row.zone_id, row) for row in rows.vat_zones),
        units=Codes((row.unit_id, row) for row in rows.units),
        item_classes=Codes((row.item_class_id, row) for row in rows.item_classes),
        payment_methods=Codes((row.payment_method_id, row) for row in rows.payment_methods),
        periods={row.period_id: row for row in rows.periods},
        series=Codes((row.series_id, row) for row in rows.series),
        attributes=Codes((row.attribute_id, row) for row in rows.attributes),
        salespersons={row.salesperson_id: row for row in rows.salespersons},
        salesperson_codes=Codes((row.salesperson_cd, row) for row in rows.salespersons),
        customer_classes=Codes((row.customer_class_id, row) for row in rows.customer_classes),
        statement_cycles=Codes((row.statement_cycle_id, row) for row in rows.statement_cycles),
        reason_codes=Codes((row.reason_code_id, row) for row in rows.reason_codes),
        dunning_levels=tuple(rows.dunning_levels),
        dunning_texts=tuple(rows.dunning_texts),
        legal_rates=tuple(rows.legal_rates),
        ordinary_periods=ordinary,
        period_starts=tuple(period.start_date for period in ordinary),
        control_accounts=_control_accounts(rows),
    )


def _subaccounts(rows: _Rows) -> Subaccounts:
    numbered = next((row for row in rows.dimensions if row.dimension_id == SUBACCOUNT_DIMENSION), None)
    return Subaccounts(
        rows.subaccounts,
        segments=numbered.segments if numbered else (),
        default_id=rows.preferences.default_subaccount_id,
        mask=rows.preferences.subaccount_mask,
    )


def _control_accounts(rows: _Rows) -> frozenset[str]:
    named = {
        account for row in rows.customer_classes for account in (row.customer_ledger_account, row.prepayment_account)
    }
    return frozenset(account for account in named | {row.payable_account for row in rows.vat} if account)
