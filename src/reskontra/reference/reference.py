"""A company's reference data as of one version, and questions about it. `remembered` reads it."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from reskontra.accounts.rules.accounts import Account, AccountType
from reskontra.accounts.rules.subaccounts import Dimension
from reskontra.attributes.rules import Attribute
from reskontra.clock import local_date
from reskontra.codes import Codes, known, known_codes, refuse_unless
from reskontra.currencies.rules import Currency, CurrencyPosting
from reskontra.discounts.rules.series import DiscountCode, DiscountSeries
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.items.rules.items import ItemClass, Unit
from reskontra.numbering.rules import Series
from reskontra.payment_methods.rules import CashAccount, PaymentMethod
from reskontra.periods import rules as period_rules
from reskontra.periods.rules import Period
from reskontra.projects.rules.project import ProjectName
from reskontra.reference.rules.branches import Branch, Country
from reskontra.reference.rules.classes import CustomerClass, ReasonCode, StatementCycle
from reskontra.reference.rules.dunning_levels import DunningLevel, LegalRate
from reskontra.reference.rules.dunning_texts import DunningText
from reskontra.reference.rules.overdue_charges import OverdueCharge
from reskontra.reference.rules.paper import Logo
from reskontra.reference.rules.preferences import Preferences
from reskontra.reference.rules.subaccounts import Subaccounts
from reskontra.salespersons.rules.salespersons import Salesperson
from reskontra.terms.rules.terms import Terms, VisibleTo
from reskontra.vat.rules.codes import VatCategory, VatId, VatZone

T = TypeVar("T")

_MADE_MAX = 20_000
"""How much is kept by `once`: some 10 MB, where documents combine a few codes in as many ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A company's reference data. Look up a stored code with `[]`, a sent one with a method.

    The methods take a code in any case and return it as it is written; they refuse what does not exist or is not in
    use, naming `field`. All requests share the dictionaries: only read them.
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
    subaccounts: Subaccounts
    branches: Codes[Branch]
    countries: Codes[Country]
    terms: Codes[Terms]
    vat: Codes[VatId]
    vat_categories: Codes[VatCategory]
    vat_zones: Codes[VatZone]
    units: Codes[Unit]
    item_classes: Codes[ItemClass]
    payment_methods: Codes[PaymentMethod]
    cash_accounts: Codes[CashAccount]
    discount_codes: Codes[DiscountCode]
    discount_series: Mapping[str, Sequence[DiscountSeries]]
    """By their discount code."""

    projects: Codes[ProjectName]

    periods: dict[str, Period]
    series: Codes[Series]
    attributes: Codes[Attribute]
    salespersons: dict[int, Salesperson]
    salesperson_codes: Codes[Salesperson]
    customer_classes: Codes[CustomerClass]
    statement_cycles: Codes[StatementCycle]
    reason_codes: Codes[ReasonCode]
    overdue_charges: Codes[OverdueCharge]
    logos: Codes[Logo]
    dunning_levels: tuple[DunningLevel, ...]
    dunning_texts: tuple[DunningText, ...]
    legal_rates: tuple[LegalRate, ...]
    """By kind, then by start date."""

    ordinary_periods: tuple[Period, ...]
    """All but the adjustment periods, by start date."""

    period_starts: tuple[date, ...]
    """The start dates of `ordinary_periods`."""

    control_accounts: frozenset[str]
    """The accounts that only the ledger posts to: receivables, prepayments and VAT payable (invariants 24, 31)."""

    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def base_decimals(self) -> int:
        """The decimal places of an amount in base currency."""
        return self.currencies[self.base_currency].decimals

    def today(self, moment: datetime) -> date:
        """The date at `moment` (UTC) in the company's time zone."""
        return local_date(moment, self.zone)

    def decimals_of(self, currency_id: str) -> int:
        """The decimal places of an amount in a stored currency."""
        return self.currencies[currency_id].decimals

    def branch_of_new(self, chosen: str | None) -> str:
        """The number of the branch of something new: the one that the caller chose (W25), else the default one."""
        return chosen or self.preferences.default_branch

    def series_of(self, key: str) -> Series:
        """The series that is chosen for a key of the preferences: `customer`, `invoice` ... (NUM-02)."""
        return self.series[self.preferences.series.of(key)]

    def cash_account_of(self, payment_method_id: str | None) -> str | None:
        """The account that receives the money paid by a stored method."""
        method = self.payment_methods.get(payment_method_id or "")
        return method.cash_account if method else None

    def salesperson_cd(self, salesperson_id: int | None) -> str | None:
        """The code of a stored salesperson."""
        return None if salesperson_id is None else self.salespersons[salesperson_id].salesperson_cd

    def legal_rate(self, kind: str, on: date) -> LegalRate | None:
        """The legal figure in force on a date; None if none is on record (LAW-01)."""
        begun = [rate for rate in self.legal_rates if rate.kind == kind and rate.start_date <= on]
        return begun[-1] if begun else None

    # Codes that a request sent

    def currency_id(self, sent: str, field: FieldPath) -> str:
        """A currency in use."""
        found = known(self.currencies, sent, field, "currencies")
        refuse_unless(self.currency_postings[found.currency_id].active, "currency", sent, field)
        return found.currency_id

    def country_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A country; None stays None."""
        return known(self.countries, sent, field, "countries").country_id if sent else None

    def active_account(self, sent: str, field: FieldPath) -> Account:
        """An account in use."""
        account = known(self.accounts, sent, field, "accounts")
        refuse_unless(account.active, "account", sent, field)
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
        branch = known(self.branches, sent, field, "branches")
        refuse_unless(branch.active, "branch", sent, field)
        return branch

    def terms_id(self, sent: str | None, field: FieldPath) -> str | None:
        """Terms that customers may have; None stays None."""
        if not sent:
            return None
        terms = known(self.terms, sent, field, "credit terms")
        refuse_unless(terms.visible_to in (VisibleTo.ALL, VisibleTo.CUSTOMERS), "credit terms", sent, field)
        return terms.terms_id

    def vat_category_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A VAT category; None stays None. Whether it applies is decided with the VAT zone."""
        return known(self.vat_categories, sent, field, "VAT categories").category_id if sent else None

    def vat_zone_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A VAT zone; None stays None."""
        return known(self.vat_zones, sent, field, "VAT zones").zone_id if sent else None

    def unit_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A unit of measure; None stays None."""
        return known(self.units, sent, field, "units of measure").unit_id if sent else None

    def payment_method_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A payment method in use; None stays None."""
        if not sent:
            return None
        method = known(self.payment_methods, sent, field, "payment methods")
        refuse_unless(method.active, "payment method", sent, field)
        return method.payment_method_id

    def discount_code(self, sent: str | None, field: FieldPath) -> str | None:
        """A discount code; None stays None."""
        return known(self.discount_codes, sent, field, "discount codes").discount_code if sent else None

    def project_number(self, sent: str, field: FieldPath) -> str:
        """The number of a project (PRJ-02)."""
        return known(self.projects, sent, field, "projects").number

    def cash_account(self, sent: str, field: FieldPath) -> CashAccount:
        """A cash account whose account is in use."""
        found = known(self.cash_accounts, sent, field, "cash accounts")
        self.active_account(found.account_number, field)
        return found

    def reason_code(self, sent: str, usage: str | None, field: FieldPath) -> ReasonCode:
        """A reason code of this usage (WOF-01), or of any."""
        found = self.reason_codes.find(sent)
        if found is None:
            hint = known_codes("reason codes", [code.reason_code_id for code in self.reason_codes.values()])
            raise Refused(f"ReasonCode '{sent}' cannot be found in the system.", field=field, value=sent, hint=hint)
        if usage is not None and found.usage != usage:
            raise Refused(
                f"The reason code '{found.reason_code_id}' is for {found.usage}, not for {usage}.",
                field=field,
                value=sent,
                hint=f"Send a reason code for {usage}.",
            )
        return found

    def customer_class(self, sent: str | None, field: FieldPath) -> CustomerClass:
        """A customer class; None gives the company's default class."""
        wanted = sent or self.preferences.default_customer_class_id
        return known(self.customer_classes, wanted, field, "customer classes")

    def statement_cycle_id(self, sent: str | None, field: FieldPath) -> str | None:
        """A statement cycle; None stays None."""
        return known(self.statement_cycles, sent, field, "statement cycles").statement_cycle_id if sent else None

    def attribute_id(self, sent: str, field: FieldPath) -> str:
        """An attribute of customers."""
        return known(self.attributes, sent, field, "attributes").attribute_id

    def salesperson_id(self, sent: str | int | None, field: FieldPath) -> int | None:
        """A salesperson in use, by code or (a whole number) by id; None stays None."""
        if sent is None or sent == "":
            return None
        if isinstance(sent, int):
            person = self.salespersons.get(sent)
            if person is None:
                hint = known_codes("salespersons", [str(salesperson_id) for salesperson_id in self.salespersons])
                raise UnknownReference(field=field, value=sent, hint=hint)
        else:
            person = known(self.salesperson_codes, sent, field, "salespersons")
        refuse_unless(person.active, "salesperson", sent, field)
        return person.salesperson_id

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` computes from this data alone, on the first call for `key`. A refusal is not remembered."""
        try:
            found: T = self._made[key]
        except KeyError:
            if len(self._made) >= _MADE_MAX:
                self._made.clear()
            found = self._made[key] = make()
        return found

    def period_of(self, on: date, field: FieldPath = ("document_date",)) -> Period:
        """The period that a date falls in (PER-03)."""
        position = bisect_right(self.period_starts, on) - 1
        if position >= 0 and on <= self.ordinary_periods[position].end_date:
            return self.ordinary_periods[position]
        return period_rules.period_of(on, list(self.periods.values()), field)

    def period_named(self, period_id: str, field: FieldPath = ("financial_period",)) -> Period:
        """The period `YYYYMM` (PER-03)."""
        return self.periods.get(period_id) or period_rules.period_named(period_id, list(self.periods.values()), field)

    def period_for(self, on: date, period_id: str, field: FieldPath = ("financial_period",)) -> Period:
        """The period `YYYYMM`, which was chosen for something of that date (PER-03, PER-08)."""
        period = self.period_named(period_id, field)
        period_rules.check_distance(period, on, list(self.periods.values()), self.preferences.period_distance, field)
        return period


def control_account_refused(
    account_number: str, field: FieldPath, *, what: str = "sales cannot", account_type: str = "Income"
) -> Refused:
    """The refusal to post something on an account that is kept for receivables or VAT; `account_type` has others."""
    return Refused(
        f"The account '{account_number}' is kept for receivables or VAT, so {what} be posted to it.",
        field=field,
        value=account_number,
        hint=f"Choose another account, for example one of type {account_type}.",
    )
