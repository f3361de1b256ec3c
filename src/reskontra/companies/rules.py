"""What a company is made of: its preferences and the reference data that has no room of its own. Not the rows.

The classes that a company file can hold are the schema of that file (decision 0005): an attribute is a key of the
file, a column of the table and a word of the decision, so that no one translates between the three.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from reskontra.money import ONE, ZERO, Rounding

# Preferences


class CreditHold(StrEnum):
    """The status a customer gets when a document brings him over his limit (ledger.md 1.4)."""

    HOLD = "Hold"
    CREDIT_HOLD = "CreditHold"


class DiscountBasis(StrEnum):
    """What a line's discount percent is taken of (ledger.md LIN-03)."""

    EXTENDED_PRICE = "ExtendedPrice"
    UNIT_PRICE = "UnitPrice"


class DunningProcess(StrEnum):
    """Whether reminding looks at the customer or at each document (ledger.md 4.1)."""

    BY_CUSTOMER = "ByCustomer"
    BY_DOCUMENT = "ByDocument"


class DunningConsolidation(StrEnum):
    """What a letter is of: the whole company, or each branch for itself (ledger.md 4.1)."""

    COMPANY = "Company"
    BRANCH = "Branch"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCheck:
    """Whether documents over the credit limit are held (decisions.md D4)."""

    enabled: bool = True
    status: CreditHold = CreditHold.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRoundingPreference:
    """How the payable total is rounded (ledger.md TOT-03); `precision` is the step and does not count for CURRENCY."""

    mode: Rounding = Rounding.CURRENCY
    precision: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChoice:
    """Which series numbers what (ledger.md NUM-02). Without one of their own, fees are numbered as invoices."""

    customer: str
    invoice: str
    credit_note: str
    debit_note: str
    payment: str
    batch: str
    dunning_fee: str | None = None

    def of(self, key: str) -> str:
        """The series that is chosen for a key of this: `customer`, `credit_note`, `dunning_fee` ..."""
        chosen: str | None = getattr(self, key)
        return chosen or self.invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningPreferences:
    """The switches of reminding (ledger.md 4.1). Without `fee_terms_id` a fee has the customer's terms.

    With `letters_to_parent` the documents of a customer that has a parent stand on the parent's letters (LET-06,
    decision 0012).
    """

    process: DunningProcess = DunningProcess.BY_CUSTOMER
    auto_release: bool = True
    include_other_unpaid: bool = False
    include_credit_notes: bool = False
    split_by_document: bool = False
    consolidation: DunningConsolidation = DunningConsolidation.COMPANY
    letters_to_parent: bool = False
    fee_item: str | None = None
    fee_terms_id: str | None = None
    auto_release_fee: bool = True
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How a company keeps its customer ledger. Amounts are in base currency."""

    series: SeriesChoice
    default_customer_class_id: str
    default_branch: str
    default_subaccount_id: int
    default_unit_id: str | None = None
    default_rate_type: str = "SPOT"
    credit_check: CreditCheck = field(default_factory=CreditCheck)
    hold_on_entry: bool = False
    allow_posting_to_closed_periods: bool = False
    auto_post_batches: bool = True
    validate_document_totals: bool = False
    use_original_invoice_date: bool = False
    credit_terms_in_credit_notes: bool = False
    document_rounding: DocumentRoundingPreference = field(default_factory=DocumentRoundingPreference)
    discount_basis: DiscountBasis = DiscountBasis.EXTENDED_PRICE
    vat_tolerance: Decimal = ONE
    check_identifiers: bool = False
    print_before_release: bool = False
    email_before_release: bool = False
    subaccount_mask: str | None = None
    dunning: DunningPreferences = field(default_factory=DunningPreferences)


# The rest of the reference data that has no room of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchAddress:
    """Where a branch is, or where its goods go."""

    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country_id: str | None = None
    county: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchContact:
    """Whom a branch is reached through."""

    name: str | None = None
    attention: str | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = None
    phone_2: str | None = None
    fax: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchBank:
    """The bank account that customers of a branch pay to."""

    name: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    address_3: str | None = None
    country: str | None = None
    iban: str | None = None
    bban: str | None = None
    bban_2: str | None = None
    bban_3: str | None = None
    bic: str | None = None
    creditor_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A part of the company that documents belong to. `country_id` is what its new customers' addresses are in."""

    branch_number: str
    name: str
    active: bool = True
    vat_zone_id: str | None = None
    currency_id: str | None = None
    country_id: str | None = None
    subaccount_id: int | None = None
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    industry_code: str | None = None
    industry_description: str | None = None
    main_address: BranchAddress | None = None
    main_contact: BranchContact | None = None
    delivery_address: BranchAddress | None = None
    delivery_contact: BranchContact | None = None
    bank: BranchBank | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country by its ISO 3166-1 code of two letters."""

    country_id: str
    name: str


class CreditVerification(StrEnum):
    """What a customer's credit is checked by (ledger.md 1.4)."""

    DISABLED = "Disabled"
    DAYS_PAST_DUE = "DaysPastDue"
    CREDIT_LIMIT = "CreditLimit"
    LIMIT_AND_DAYS = "LimitAndDaysPastDue"


class StatementType(StrEnum):
    """Whether a statement lists open documents or carries a balance forward."""

    OPEN_ITEM = "OpenItem"
    BALANCE_FORWARD = "BalanceBroughtForward"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerClass:
    """What a new customer gets for each field that is not sent (ledger.md CLS-01, CLS-02)."""

    customer_class_id: str
    description: str
    terms_id: str
    currency_id: str
    customer_ledger_account: str
    currency_override: bool = False
    rate_type: str | None = None
    rate_override: bool = False
    payment_method_id: str | None = None
    vat_zone_id: str | None = None
    vat_zone_required: bool = False
    statement_cycle_id: str | None = None
    statement_type: StatementType = StatementType.OPEN_ITEM
    credit_verification: CreditVerification = CreditVerification.DISABLED
    credit_limit: Decimal = ZERO
    credit_days_past_due: int = 0
    overdue_charge: bool = False
    overdue_charge_code: str | None = None
    write_off_allowed: bool = False
    write_off_limit: Decimal = ZERO
    auto_apply: bool = False
    print_invoices: bool = False
    email_invoices: bool = False
    print_dunning_letters: bool = False
    email_dunning_letters: bool = False
    print_statements: bool = False
    email_statements: bool = False
    multi_currency_statements: bool = False
    locale: str | None = None
    country_id: str | None = None
    customer_ledger_subaccount_id: int | None = None
    sales_account: str | None = None
    sales_non_taxable_account: str | None = None
    sales_eu_account: str | None = None
    sales_export_account: str | None = None
    sales_subaccount_id: int | None = None
    discount_account: str | None = None
    discount_subaccount_id: int | None = None
    freight_account: str | None = None
    freight_subaccount_id: int | None = None
    cash_discount_account: str | None = None
    cash_discount_subaccount_id: int | None = None
    prepayment_account: str | None = None
    prepayment_subaccount_id: int | None = None


class StatementSchedule(StrEnum):
    """When statements are made (ledger.md STM-01)."""

    WEEKLY = "Weekly"
    TWICE_A_MONTH = "TwiceAMonth"
    FIXED_DAY = "FixedDay"
    END_OF_MONTH = "EndOfMonth"
    END_OF_PERIOD = "EndOfPeriod"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementCycle:
    """When statements are made and how they age; `ageing_days` are the last days of each bucket (STM-01, STM-02)."""

    statement_cycle_id: str
    description: str
    schedule: StatementSchedule = StatementSchedule.END_OF_MONTH
    day_1: int = 0
    day_2: int = 0
    ageing_days: tuple[int, ...] = (0, 30, 60, 90)
    age_by_due_date: bool = True
    require_payment_application: bool = False
    require_overdue_charges: bool = False
    print_empty_statements: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCode:
    """Why an amount is written off, and the account it goes to."""

    reason_code_id: str
    description: str
    usage: str
    account_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningLevel:
    """A level of reminding: reached `days_past_due`, to be paid within `days_to_settle`; `fee` in base currency."""

    level: int
    description: str
    days_past_due: int
    days_to_settle: int
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalRate:
    """A figure of the law from `start_date` until the next row of its kind, and where it was read (ledger.md 4.7)."""

    kind: str
    start_date: date
    amount: Decimal
    source: str
