"""A document as frozen records: its header, lines and VAT rows, and the basis of a decision about one.

The attributes are the columns of the tables `document`, `document_line` and `document_vat`, so that a record is
written and read as one JSON value. Amounts are in document currency, `*_base` in the company's base currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reskontra.domestic_services.rules.deduction import Deduction
from reskontra.money import ZERO
from reskontra.receivables.rules.items import OpenItem, Proposal
from reskontra.records import Record, columns, field

if TYPE_CHECKING:
    from reskontra.contacts.rules import Contact
    from reskontra.currencies.rules import Rate
    from reskontra.customers.customer import Debtor
    from reskontra.items.rules.items import Item
    from reskontra.prices.rules import Offer
    from reskontra.reference.reference import Reference

UNRELEASED = frozenset({"Hold", "Balanced", "PendingPrint", "PendingEmail", "CreditHold", "CcHold", "Scheduled"})
HELD = frozenset({"Hold", "Reserved", "CreditHold"})


class CostType(StrEnum):
    """What a line of a document with a deduction is for. Without one it is only stored and shown (W14)."""

    SERVICE = "Service"
    MATERIAL = "MaterialCost"
    OTHER = "OtherCost"


class Line(Record, frozen=True, kw_only=True):
    """One line. `extended_amount` is quantity x price, or what the caller entered instead (LIN-02)."""

    line_number: int
    item_id: int | None = None
    item_number: str | None = None
    item_type: CostType | None = None
    description: str | None = None
    quantity: Decimal
    unit_id: str | None = None
    unit_price: Decimal
    unit_price_base: Decimal = ZERO
    price_entered: bool = False
    """Whether the caller set the price; a price that was looked up follows item, quantity, unit and date (PRC-06)."""

    extended_amount: Decimal = ZERO
    extended_amount_base: Decimal = ZERO
    amount_entered: bool = False
    work_type: str | None = None
    """The kind of work (its XML tag), which makes the line deductible (RRT-02)."""

    deduction: Decimal = ZERO
    """What is deducted for the line, before the document's is rounded down to whole kronor (RRT-03)."""

    discount_code: str | None = None
    """Whose best series gives the discount, unless the caller set one (`manual_discount`, DCT-03)."""

    discount_percent: Decimal = ZERO
    discount_amount: Decimal = ZERO
    discount_amount_base: Decimal = ZERO
    manual_discount: bool = False
    amount: Decimal = ZERO
    amount_base: Decimal = ZERO
    net_amount: Decimal = ZERO
    net_amount_base: Decimal = ZERO
    account_number: str
    subaccount_id: int
    vat_category_id: str | None = None
    vat_ids: tuple[str, ...] = ()
    branch_number: str
    salesperson_id: int | None = None
    deferral_code: str | None = None
    deferral_schedule: int | None = None
    term_start_date: date | None = None
    term_end_date: date | None = None
    start_date: date | None = None
    end_date: date | None = None
    vat_date: date | None = None
    """The day whose VAT rates the line has; None: the document's."""

    task_id: str | None = None
    note: str | None = None


class VatFigure(Record, frozen=True, kw_only=True):
    """The VAT of one id at one rate on the document. `entered` if the caller's figures replaced ours (VAT-09)."""

    vat_id: str
    rate: Decimal
    taxable: Decimal
    taxable_base: Decimal
    vat: Decimal
    vat_base: Decimal
    inclusive: bool
    exempt: bool
    reverse_charge: bool
    entered: bool = False
    payable_account: str | None = None
    payable_subaccount_id: int | None = None


class Document(Record, frozen=True, kw_only=True):
    """An invoice, credit note or debit note. Amounts are never negative; the kind knows the sign."""

    document_type: str
    number: str = ""
    status: str = "Balanced"
    customer_id: int
    child_customer_id: int | None = None
    location_id: int
    branch_number: str
    document_date: date
    original_invoice_date: date | None = None
    vat_date: date | None = None
    """The day whose VAT rates it has (VAT-14)."""

    vat_date_entered: bool = False
    corrects_document_id: int | None = None
    corrects_entered: bool = False
    """Whether somebody said what it corrects; otherwise that follows from what it settles (REV-06)."""

    due_date: date | None = None
    cash_discount_date: date | None = None
    period_id: str
    closed_period_id: str | None = None
    currency_id: str
    exchange_rate: Decimal
    rate_operator: str = "M"
    vat_exchange_rate: Decimal | None = None
    """The company's rate on the document's date, at which VAT is reported; None where the document has that rate."""

    terms_id: str | None = None
    vat_zone_id: str | None = None
    payment_method_id: str | None = None
    cash_account: str | None = None
    account_number: str
    subaccount_id: int
    salesperson_id: int | None = None
    contact_id: int | None = None
    customer_reference: str | None = None
    external_reference: str | None = None
    payment_reference: str | None = None
    generated_reference: str | None = None
    """The payment reference that was made at first save; the one that is used may have been sent instead."""

    master_document_id: int | None = None
    """The document that this one is an instalment of (IPL-01)."""

    instalment_number: int | None = None
    """Which one, from 1."""

    invoice_text: str | None = None
    note: str | None = None
    project_id: str | None = None
    detail_total: Decimal = ZERO
    detail_total_base: Decimal = ZERO
    discount_total: Decimal = ZERO
    discount_total_base: Decimal = ZERO
    vat_total: Decimal = ZERO
    vat_total_base: Decimal = ZERO
    vat_taxable_total: Decimal = ZERO
    vat_taxable_total_base: Decimal = ZERO
    vat_exempt_total: Decimal = ZERO
    vat_exempt_total_base: Decimal = ZERO
    rounding_difference: Decimal = ZERO
    amount: Decimal = ZERO
    amount_base: Decimal = ZERO
    balance: Decimal = ZERO
    balance_base: Decimal = ZERO
    cash_discount: Decimal = ZERO
    cash_discount_base: Decimal = ZERO
    dont_print: bool = False
    dont_email: bool = False
    revoked: bool = False
    exclude_debt_collection: bool = False
    send_to_auto_invoice: bool = False
    due_date_entered: bool = False
    cash_discount_date_entered: bool = False
    rate_entered: bool = False
    credit_approved_amount_base: Decimal = ZERO
    origin: str = "entered"
    taken_over_on: date | None = None
    """The day on which it was taken over from an older system; None for what was made here (OPN-01)."""

    invoice_address: dict[str, Any] | None = None
    invoice_contact: dict[str, Any] | None = None
    particulars: dict[str, Any] = field(default_factory=dict)
    """What is stored and echoed but means nothing to the books (W14)."""

    deduction: Deduction | None = None
    """What the tax authority pays of it (RRT)."""

    dunning_level: int = 0
    dunning_letter_date: date | None = None
    created_at: datetime | None = None
    created_by: str = ""
    modified_at: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None
    batch_number: str | None = None
    lines: tuple[Line, ...] = ()
    vat: tuple[VatFigure, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    """What a draft credit will settle when it is released."""

    @property
    def is_released(self) -> bool:
        return self.status not in UNRELEASED and self.status != "Voided"

    @property
    def is_held(self) -> bool:
        return self.status in HELD


_MADE_BY_STATEMENTS = ("lines", "vat", "proposals", "number", "batch_number", "created_at", "modified_at")
HEADER_COLUMNS = tuple(column for column in columns(Document) if column not in _MADE_BY_STATEMENTS)
"""The columns that are written from the record. The statements make number, version, batch and moments themselves."""

LINES_PART = (
    "detail_total", "detail_total_base", "discount_total", "discount_total_base", "vat_total", "vat_total_base",
    "vat_taxable_total", "vat_taxable_total_base", "vat_exempt_total", "vat_exempt_total_base", "rounding_difference",
    "dont_print", "dont_email", "send_to_auto_invoice", "due_date_entered", "cash_discount_date_entered",
    "rate_entered", "particulars",
)  # fmt: skip
"""The columns that only documents with lines have, which stand beside those of their texts (decision 0018)."""

LINE_COLUMNS = columns(Line)
VAT_COLUMNS = columns(VatFigure)


class Links(Record, frozen=True):
    """The documents that one names: what it will settle after a request, and what it corrects if that was said."""

    settles: dict[tuple[str, str], OpenItem] = field(default_factory=dict)
    """By type and number, in lower case."""

    corrects: OpenItem | None = None
    replaces: OpenItem | None = None
    """The invoice that the draft of an invoice is to replace (CRR)."""


_NO_LINKS = Links()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision about a document depends on, loaded in one read."""

    reference: Reference
    debtor: Debtor
    child: Debtor | None
    contact: Contact | None
    """The contact that was sent, whichever customer it belongs to."""

    items: Mapping[str, Item]
    table_rate: Rate | None
    """The company's rate for the document's currency and date; None if there is none or it is the base currency."""

    today: date
    offers: Mapping[int, Sequence[Offer]] = dataclass_field(default_factory=dict)
    """The sales prices in force for the customer in the document's currency, by internal id of the item."""

    earliest_due_date: date | None = None
    """Of the customer's open debit documents; only loaded if credit is checked."""

    branch_number: str | None = None
    """The branch that the caller chose for new documents; None: the company's default branch."""

    links: Links = _NO_LINKS
