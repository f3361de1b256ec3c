"""How a company keeps its customer ledger: the section `preferences` of the company file."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from reskontra.money import ONE, Rounding
from reskontra.reference.rules.mailing import MailPreferences
from reskontra.reference.rules.paper import PaperPreferences

# Preferences


class CreditHold(StrEnum):
    """The status a customer gets when a document takes it over its limit (CRD-05)."""

    HOLD = "Hold"
    CREDIT_HOLD = "CreditHold"


class DiscountVat(StrEnum):
    """What a cash discount that is taken does to the VAT of its document (VAT-15)."""

    NONE = "none"
    CORRECT = "correct"


class DiscountBasis(StrEnum):
    """What a line's discount percent applies to (LIN-03)."""

    EXTENDED_PRICE = "ExtendedPrice"
    UNIT_PRICE = "UnitPrice"


class DunningProcess(StrEnum):
    """Whether reminding looks at the customer or at each document (DUN-07)."""

    BY_CUSTOMER = "ByCustomer"
    BY_DOCUMENT = "ByDocument"


class DunningConsolidation(StrEnum):
    """What a letter covers: the whole company, or each branch separately (DUN-07)."""

    COMPANY = "Company"
    BRANCH = "Branch"


class ReferenceScheme(StrEnum):
    """How payment references are written (REFN-02): Norwegian, Swedish, international, or not at all."""

    KID = "kid"
    OCR = "ocr"
    RF = "rf"
    NONE = "none"


class CheckDigit(StrEnum):
    """How the check digit of a KID is computed (KID-02)."""

    MOD10 = "MOD10"
    MOD11 = "MOD11"


class ReferencePart(StrEnum):
    """What a payment reference is made of (REFN-03)."""

    CUSTOMER = "customer"
    TYPE = "type"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCheck:
    """Whether documents over the credit limit are held (D4)."""

    enabled: bool = True
    status: CreditHold = CreditHold.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyRounding:
    """How the payable total is rounded in one currency other than the base currency."""

    currency_id: str
    mode: Rounding
    precision: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRoundingPreference:
    """How the payable total is rounded (TOT-03); `precision` is the step and does not count for CURRENCY.

    Mode and precision are those of the base currency. Other currencies are rounded only where they are named. A release
    that rounds by more than `limit`, in base currency, is warned of; without it, none is (TOT-04).
    """

    mode: Rounding = Rounding.CURRENCY
    precision: Decimal = ONE
    limit: Decimal | None = None
    currencies: tuple[CurrencyRounding, ...] = ()

    def of(self, currency_id: str, base_currency: str) -> tuple[Rounding, Decimal]:
        """Mode and step of a document's currency."""
        if currency_id == base_currency:
            return self.mode, self.precision
        named = next((it for it in self.currencies if it.currency_id == currency_id), None)
        return (named.mode, named.precision) if named else (Rounding.CURRENCY, ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChoice:
    """Which series numbers what (NUM-02). Without their own series, fees are numbered as invoices."""

    customer: str
    invoice: str
    credit_note: str
    debit_note: str
    payment: str
    cash_sale: str
    overdue_charge: str
    write_off: str
    project: str
    batch: str
    dunning_fee: str | None = None

    def of(self, key: str) -> str:
        """The series that is chosen for a key of this: `customer`, `credit_note`, `dunning_fee` ..."""
        chosen: str | None = getattr(self, key)
        return chosen or self.invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWidth:
    """A part of payment references, padded with zeros on the left to so many digits."""

    part: ReferencePart
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReference:
    """How payment references are made (REFN-02): the parts in their order, and what is added to them.

    `algorithm` is for KID only, since OCR and RF have their own; `length_digit` is for OCR only.
    """

    scheme: ReferenceScheme = ReferenceScheme.NONE
    algorithm: CheckDigit = CheckDigit.MOD10
    parts: tuple[PartWidth, ...] = ()
    length_digit: bool = False

    @property
    def length(self) -> int:
        """Characters of a whole reference."""
        check_digits = 4 if self.scheme == ReferenceScheme.RF else 1
        return sum(part.width for part in self.parts) + check_digits + self.length_digit


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentPreferences:
    """How much may be attached: `max_total` are the bytes of all files of the company; None is no limit (ATT-05)."""

    max_total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EInvoicePreferences:
    """What e-invoices say of the company besides its branches (EHF-05).

    `endpoint` is where it is found in the Peppol network, `scheme:number`; without it, its organisation number.
    `tax_registration` is what the law wants beside the VAT number: `Foretaksregisteret`, or `Godkänd för F-skatt`.
    """

    endpoint: str | None = None
    tax_registration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningPreferences:
    """The options of reminding (DUN-07). Without `fee_terms_id` a fee has the customer's terms.

    With `letters_to_parent` the documents of a customer that has a parent go on the parent's letters (LET-06, decision
    0012).
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
    """How a company keeps its customer ledger. Amounts are in base currency.

    `rate_tolerance_percent` is how far a sent exchange rate may be from the table's, either way; with
    `accept_rates_beyond_tolerance` it may be any (CUR-06). `period_distance` is how many periods after its date's own a
    document may be posted to; without it, any period (PER-08).
    """

    series: SeriesChoice
    default_customer_class_id: str
    default_branch: str
    default_subaccount_id: int
    default_unit_id: str | None = None
    default_rate_type: str = "SPOT"
    credit_check: CreditCheck = field(default_factory=CreditCheck)
    hold_on_entry: bool = False
    allow_posting_to_closed_periods: bool = False
    period_distance: int | None = None
    auto_post_batches: bool = True
    automatic_line_discounts: bool = False
    """Whether a line without a discount code gets the best one that there is (DCT-04)."""

    check_projects: bool = False
    """Whether the project of a document must be one of the company's (PRJ-02)."""

    validate_document_totals: bool = False
    use_original_invoice_date: bool = False
    credit_terms_in_credit_notes: bool = False
    document_rounding: DocumentRoundingPreference = field(default_factory=DocumentRoundingPreference)
    discount_basis: DiscountBasis = DiscountBasis.EXTENDED_PRICE
    cash_discount_vat: DiscountVat = DiscountVat.NONE
    """Whether a cash discount gives back the VAT in it, when it is taken (VAT-15)."""

    vat_tolerance: Decimal = ONE
    rate_tolerance_percent: Decimal = Decimal(5)
    accept_rates_beyond_tolerance: bool = False
    check_identifiers: bool = False
    overdue_charges_first: bool = False
    """Whether money that comes in by itself settles overdue charges before all else (AUP-01)."""

    overdue_charges_by_cycle: bool = False
    """Whether the code of a customer's overdue charges is that of its statement cycle, not of its class (OVD-09)."""

    sells_to_businesses_only: bool = False
    """Whether all customers are businesses, so that compensation for late payment may be claimed (OCH-12)."""

    print_before_release: bool = False
    email_before_release: bool = False
    subaccount_mask: str | None = None
    opening_account: str | None = None
    """The account against which open items of an older system are taken over (OPN-01)."""

    tax_claim_account: str | None = None
    """The account of claims on the tax authority, for what is deducted for domestic services (RRT-05)."""

    payment_reference: PaymentReference = field(default_factory=PaymentReference)
    attachments: AttachmentPreferences = field(default_factory=AttachmentPreferences)
    e_invoices: EInvoicePreferences = field(default_factory=EInvoicePreferences)
    dunning: DunningPreferences = field(default_factory=DunningPreferences)
    paper: PaperPreferences = field(default_factory=PaperPreferences)
    mail: MailPreferences = field(default_factory=MailPreferences)
