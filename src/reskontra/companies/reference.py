"""All small reference data of a company as of one version, remembered by the process. Reads; changes nothing.

The database moves a company's version whenever a row of this data changes (migration 0001), and every read of a
command brings the version along. So a remembered copy is never used past its time and costs no round trip.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from reskontra.accounts.rules import (
    SUBACCOUNT_DIMENSION,
    Account,
    AccountType,
    Dimension,
    Segment,
    Subaccount,
    SubaccountSegment,
    checked_number,
    followed_number,
    masked_number,
    subaccount_number,
    subaccount_segments,
)
from reskontra.attributes.rules import Attribute
from reskontra.clock import local_date
from reskontra.companies import store
from reskontra.companies.dunning_texts import DunningText
from reskontra.companies.rules import (
    Branch,
    Codes,
    Country,
    CustomerClass,
    DunningLevel,
    LegalRate,
    Preferences,
    ReasonCode,
    StatementCycle,
)
from reskontra.currencies.rules import Currency
from reskontra.currencies.store import CurrencyPosting
from reskontra.db.pool import Connection
from reskontra.errors import FieldPath, NotFound, Refused, UnknownReference
from reskontra.items.rules import ItemClass, Unit
from reskontra.numbering.rules import Series
from reskontra.payment_methods.rules import PaymentMethod
from reskontra.periods import rules as period_rules
from reskontra.periods.rules import Period
from reskontra.salespersons.rules import Salesperson
from reskontra.terms.rules import Terms, VisibleTo
from reskontra.vat.rules import VatCategory, VatId, VatZone

T = TypeVar("T")

_REMEMBERED = 200
_HINTED = 20
_ADJUSTMENT = "13"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A company's reference data. Look a code up with `[]` when it was stored, with a method when it was sent.

    The methods take a code in any case and give it back as it is written; they refuse what does not exist or is
    not in use, naming `field`. Dictionaries are shared by all requests: read them only.
    """

    company_id: int
    version: int
    code: str
    name: str
    tenant_id: uuid.UUID
    country_id_of_company: str
    base_currency: str
    zone: ZoneInfo
    preferences: Preferences

    currencies: Codes[Currency]
    currency_postings: Codes[CurrencyPosting]
    accounts: Codes[Account]
    dimensions: Codes[Dimension]
    subaccounts: dict[int, Subaccount]
    subaccount_numbers: Codes[Subaccount]
    branches: Codes[Branch]
    countries: Codes[Country]
    terms: Codes[Terms]
    vat: Codes[VatId]
    vat_categories: Codes[VatCategory]
    vat_zones: Codes[VatZone]
    units: Codes[Unit]
    item_classes: Codes[ItemClass]
    payment_methods: Codes[PaymentMethod]
    periods: dict[str, Period]
    series: Codes[Series]
    attributes: Codes[Attribute]
    salespersons: dict[int, Salesperson]
    salesperson_codes: Codes[Salesperson]
    customer_classes: Codes[CustomerClass]
    statement_cycles: Codes[StatementCycle]
    reason_codes: Codes[ReasonCode]
    dunning_levels: tuple[DunningLevel, ...]
    dunning_texts: tuple[DunningText, ...]
    legal_rates: tuple[LegalRate, ...]
    """By kind, then by start date."""

    ordinary_periods: tuple[Period, ...]
    """All but the adjustment periods, by start date."""

    period_starts: tuple[date, ...]
    """The start dates of `ordinary_periods`."""

    control_accounts: frozenset[str]
    """The accounts that only the ledger itself posts to: receivables, prepayments and VAT payable (ledger.md 3.1)."""

    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def base_decimals(self) -> int:
        """The places of an amount in base currency."""
        return self.currencies[self.base_currency].decimals

    @property
    def default_subaccount_id(self) -> int:
        """The subaccount of whatever names none."""
        return self.preferences.default_subaccount_id

    def today(self, moment: datetime) -> date:
        """The date at `moment` (UTC) where the company is."""
        return local_date(moment, self.zone)

    def decimals_of(self, currency_id: str) -> int:
        """The places of an amount in a stored currency."""
        return self.currencies[currency_id].decimals

    def series_of(self, entity: str) -> Series:
        """The series that numbers an entity: `Customer`, `Invoice`, `CreditNote` ..., `Batch` (ledger.md NUM-02)."""
        return self.series[self.preferences.series.of(entity)]

    def cash_account_of(self, payment_method_id: str | None) -> str | None:
        """The account that money paid by a stored method comes to."""
        method = self.payment_methods.get(payment_method_id or "")
        return method.cash_account if method else None

    def salesperson_cd(self, salesperson_id: int | None) -> str | None:
        """The code of a stored salesperson."""
        return None if salesperson_id is None else self.salespersons[salesperson_id].salesperson_cd

    def legal_rate(self, kind: str, on: date) -> LegalRate | None:
        """The figure of the law that holds on a date, None when none is on record (ledger.md 4.7)."""
        begun = [rate for rate in self.legal_rates if rate.kind == kind and rate.start_date <= on]
        return begun[-1] if begun else None

    # Codes that a request sent

    def currency_id(self, sent: str, field: FieldPath) -> str:
        """A currency in use."""
        found = _known(self.currencies, sent, field, "currencies")
        _refuse_unless(self.currency_postings[found.currency_id].active, "currency", sent, field)
        return found.currency_id

    def country_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A country; None stays None."""
        return _known(self.countries, sent, field, "countries").country_id if sent else None

    def active_account(self, sent: str, field: FieldPath) -> Account:
        """An account in use."""
        account = _known(self.accounts, sent, field, "accounts")
        _refuse_unless(account.active, "account", sent, field)
        return account

    def account_of_type(self, sent: str, types: Sequence[AccountType], field: FieldPath) -> Account:
        """An account in use of one of these types."""
        account = self.active_account(sent, field)
        if account.account_type not in types:
            raise Refused(
                f"The account '{account.account_number}' is of type {account.account_type}.",
                field=field,
                value=sent,
                hint=f"Send an account of type {' or '.join(types)}.",
            )
        return account

    def sales_account(self, sent: str, field: FieldPath) -> Account:
        """An account in use that revenue may be posted to: not one that other figures are reconciled with."""
        account = self.active_account(sent, field)
        self.check_not_control(account.account_number, field)
        return account

    def check_not_control(self, account_number: str, field: FieldPath) -> None:
        """Refuses revenue on an account whose balance must be that of documents or VAT rows (invariants 24, 31)."""
        if account_number in self.control_accounts:
            raise control_account_refused(account_number, field)

    def active_branch(self, sent: str, field: FieldPath) -> Branch:
        """A branch in use."""
        branch = _known(self.branches, sent, field, "branches")
        _refuse_unless(branch.active, "branch", sent, field)
        return branch

    def terms_id(self, sent: str | None, field: FieldPath) -> str | None:
        """Terms that customers may have; None stays None."""
        if not sent:
            return None
        terms = _known(self.terms, sent, field, "credit terms")
        _refuse_unless(terms.visible_to in (VisibleTo.ALL, VisibleTo.CUSTOMERS), "credit terms", sent, field)
        return terms.terms_id

    def vat_category_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A VAT category; None stays None. Whether it applies is decided with the VAT zone."""
        return _known(self.vat_categories, sent, field, "VAT categories").category_id if sent else None

    def vat_zone_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A VAT zone; None stays None."""
        return _known(self.vat_zones, sent, field, "VAT zones").zone_id if sent else None

    def unit_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A unit of measure; None stays None."""
        return _known(self.units, sent, field, "units of measure").unit_id if sent else None

    def payment_method_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A payment method in use; None stays None."""
        if not sent:
            return None
        method = _known(self.payment_methods, sent, field, "payment methods")
        _refuse_unless(method.active, "payment method", sent, field)
        return method.payment_method_id

    def customer_class(self, sent: str | None, field: FieldPath) -> CustomerClass:
        """A customer class; None gives the company's default class."""
        wanted = sent or self.preferences.default_customer_class_id
        return _known(self.customer_classes, wanted, field, "customer classes")

    def statement_cycle_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A statement cycle; None stays None."""
        return _known(self.statement_cycles, sent, field, "statement cycles").statement_cycle_id if sent else None

    def attribute_id(self, sent: str, field: FieldPath) -> str:
        """An attribute of customers."""
        return _known(self.attributes, sent, field, "attributes").attribute_id

    def salesperson_id(self, sent: str | int | None, field: FieldPath) -> int | None:
        """A salesperson in use, by code or (a whole number) by id; None stays None."""
        if sent is None or sent == "":
            return None
        if isinstance(sent, int):
            person = self.salespersons.get(sent)
            if person is None:
                known = [str(salesperson_id) for salesperson_id in self.salespersons]
                raise UnknownReference(field=field, value=sent, hint=_known_codes("salespersons", known))
        else:
            person = _known(self.salesperson_codes, sent, field, "salespersons")
        _refuse_unless(person.active, "salesperson", sent, field)
        return person.salesperson_id

    def subaccount_of(self, sent: str | Sequence[Mapping[str, Any]], field: FieldPath) -> int:
        """A subaccount in use, by number or by segments (`segment_id`, `segment_value`).

        A segment that is not sent has the value it has in the default subaccount (ledger.md SUB-01).
        """
        number = sent if isinstance(sent, str) else self._number_of_segments(sent, field)
        subaccount = _known(self.subaccount_numbers, number, field, "subaccounts")
        _refuse_unless(subaccount.active, "subaccount", number, field)
        return subaccount.subaccount_id

    def masked_subaccount(self, mask: str, sources: Mapping[str, int], field: FieldPath) -> int:
        """The subaccount that the mask makes of those of its sources, by letter (ledger.md SUB-01).

        Refused when it does not exist, is not in use, or has a segment value that is not in use.
        """

        def made() -> int:
            numbers = {letter: self.subaccounts[source].subaccount_number for letter, source in sources.items()}
            return self._in_use(masked_number(mask, numbers, self._segments(), field), field)

        return self.once(("masked", mask, *sources.items()), made)

    def followed_subaccount(self, subaccount_id: int, letter: str, before: int, after: int, field: FieldPath) -> int:
        """`subaccount_id` when a source of the mask changes: the segments that came from it follow (SUB-01)."""
        mask = self.preferences.subaccount_mask or ""
        if letter not in mask or before == after:
            return subaccount_id
        number, old, new = (self.subaccounts[each].subaccount_number for each in (subaccount_id, before, after))
        followed = followed_number(number, mask, self._segments(), letter=letter, before=old, after=new)
        return subaccount_id if followed == number else self._in_use(followed, field)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of this data alone, made on the first call for `key`; a refusal is not remembered."""
        try:
            found: T = self._made[key]
        except KeyError:
            found = self._made[key] = make()
        return found

    def segments_of(self, subaccount_id: int) -> tuple[SubaccountSegment, ...]:
        """The segments of a stored subaccount, with their words."""
        return subaccount_segments(self.subaccounts[subaccount_id].subaccount_number, self._segments())

    def period_of(self, on: date, field: FieldPath = ("document_date",)) -> Period:
        """The period that a date falls in (ledger.md PER-03)."""
        position = bisect_right(self.period_starts, on) - 1
        if position >= 0 and on <= self.ordinary_periods[position].end_date:
            return self.ordinary_periods[position]
        return period_rules.period_of(on, list(self.periods.values()), field)

    def period_named(self, period_id: str, field: FieldPath = ("financial_period",)) -> Period:
        """The period `YYYYMM` (ledger.md PER-03)."""
        return self.periods.get(period_id) or period_rules.period_named(period_id, list(self.periods.values()), field)

    def _in_use(self, number: str, field: FieldPath) -> int:
        return self.subaccount_of(checked_number(number, self._segments(), field), field)

    def _segments(self) -> tuple[Segment, ...]:
        dimension = self.dimensions.get(SUBACCOUNT_DIMENSION)
        return dimension.segments if dimension else ()

    def _number_of_segments(self, sent: Sequence[Mapping[str, Any]], field: FieldPath) -> str:
        values = {segment.segment_id: segment.value for segment in self.segments_of(self.default_subaccount_id)}
        for position, segment in enumerate(sent):
            segment_id = segment.get("segment_id")
            if segment_id not in values:
                hint = _known_codes("segments", [str(known) for known in values])
                raise UnknownReference(field=(*field, position, "segment_id"), value=segment_id, hint=hint)
            values[segment_id] = str(segment.get("segment_value") or "").strip()
        return subaccount_number([values[segment_id] for segment_id in sorted(values)], self._segments())


def control_account_refused(account_number: str, field: FieldPath) -> Refused:
    """The refusal of revenue on an account that is kept for receivables or VAT."""
    return Refused(
        f"The account '{account_number}' is kept for receivables or VAT, so sales cannot be posted to it.",
        field=field,
        value=account_number,
        hint="Choose another account, for example one of type Income.",
    )


def kept_or(
    choose: Callable[[str, FieldPath], str | None], sent: str | None, stored: str | None, field: FieldPath
) -> str | None:
    """The code that was sent, as `choose` gives it; what is stored already passes even when it went out of use.

    None and blank give None.
    """
    code = (sent or "").strip()
    if stored is not None and code.lower() == stored.lower():
        return stored
    return choose(code, field) if code else None


_cache: OrderedDict[int, Reference] = OrderedDict()


async def at(connection: Connection, company_id: int, version: int | None) -> Reference:
    """The reference data of a company: the remembered copy when it is of this version, else read now.

    `version` is `company.reference_version` as the caller's own read brought it; None asks for it here. Raises
    `NotFound` when there is no such company.
    """
    wanted = version if version is not None else await store.find_reference_version(connection, company_id)
    remembered = _cache.get(company_id)
    # Equal, not "at least": a version seen in a transaction that was rolled back never becomes true.
    if remembered is not None and remembered.version == wanted:
        _cache.move_to_end(company_id)
        return remembered
    text = await store.find_reference(connection, company_id)
    if text is None:
        raise NotFound(f"There is no company with id {company_id}.")
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
    return await at(connection, company_id, await store.hold_reference(connection, company_id))


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
        subaccounts={row.subaccount_id: row for row in rows.subaccounts},
        subaccount_numbers=Codes((row.subaccount_number, row) for row in rows.subaccounts),
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


def _control_accounts(rows: _Rows) -> frozenset[str]:
    named = {
        account for row in rows.customer_classes for account in (row.customer_ledger_account, row.prepayment_account)
    }
    return frozenset(account for account in named | {row.payable_account for row in rows.vat} if account)


def _known(rows: Codes[T], sent: str | None, field: FieldPath, noun: str) -> T:
    found = rows.find(sent)
    if found is None:
        raise UnknownReference(field=field, value=sent, hint=_known_codes(noun, rows))
    return found


def _known_codes(noun: str, codes: Iterable[str]) -> str:
    known = list(codes)
    some = ", ".join(known[:_HINTED]) or "none"
    return f"Known {noun}: {some}{' ...' if len(known) > _HINTED else ''}."


def _refuse_unless(active: bool, noun: str, sent: object, field: FieldPath) -> None:
    if not active:
        raise Refused(f"'{sent}' ({noun}) is not in use.", field=field, value=sent, hint="Choose one that is in use.")
