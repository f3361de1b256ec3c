"""An e-invoice as frozen records: what EN 16931 lets an invoice or credit note say (EHF-02).

Attributes are named by their meaning; `BT-1` is a business term of the standard. Amounts are in the document's
currency, but for `vat_total_accounted`. What is None or empty is left out of the XML.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from reskontra.money import ZERO
from reskontra.records import Record

CREDIT_NOTE_TYPE = "381"
"""BT-3 of what has a form of its own in UBL."""

NOT_SUBJECT_TO_VAT = "O"


class Identifier(Record, frozen=True):
    """What identifies somebody, and the scheme that it comes from: ISO 6523 or the Peppol list, four digits."""

    value: str
    scheme: str | None = None

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}" if self.scheme else self.value


class Party(Record, frozen=True, kw_only=True):
    """The seller (BG-4) or the buyer (BG-7)."""

    name: str
    endpoint: Identifier | None = None
    """Where e-invoices reach it (BT-34, BT-49)."""

    identifier: Identifier | None = None
    legal_id: Identifier | None = None
    vat_number: str | None = None
    """Begins with the country."""

    tax_registration: str | None = None
    """What the law wants beside it (BT-32): `Foretaksregisteret`, or a sentence on Swedish F-tax."""

    street: str | None = None
    additional_street: str | None = None
    address_line: str | None = None
    city: str | None = None
    postal_code: str | None = None
    county: str | None = None
    country_id: str | None = None
    contact_name: str | None = None
    phone: str | None = None
    email: str | None = None


class Allowance(Record, frozen=True, kw_only=True):
    """What comes off a line (BG-27), or on top of it (BG-28). `amount` and `base` are positive."""

    is_charge: bool
    amount: Decimal
    reason: str
    reason_code: str | None = None
    base: Decimal | None = None
    percent: Decimal | None = None


class Line(Record, frozen=True, kw_only=True):
    """A line (BG-25). `price` is without VAT, for `base_quantity` units."""

    number: int
    name: str
    description: str | None = None
    note: str | None = None
    item_number: str | None = None
    quantity: Decimal
    unit_code: str
    price: Decimal
    base_quantity: Decimal | None = None
    net_amount: Decimal
    allowances: tuple[Allowance, ...] = ()
    vat_category: str
    vat_rate: Decimal = ZERO
    start_date: date | None = None
    end_date: date | None = None


class VatGroup(Record, frozen=True, kw_only=True):
    """The VAT of all lines of one category and rate (BG-23)."""

    category: str
    rate: Decimal
    taxable: Decimal
    vat: Decimal
    reason: str | None = None
    """Why there is no VAT (BT-120)."""

    reason_code: str | None = None


class Reference(Record, frozen=True):
    """An earlier document (BG-3)."""

    number: str
    issue_date: date


class Attachment(Record, frozen=True, kw_only=True):
    """A file that goes with it (BG-24). `content` is None if all files together are too large."""

    name: str
    size: int
    content: bytes | None


class Account(Record, frozen=True, kw_only=True):
    """Where to pay (BG-17). `branch` is the BIC, or the name of a Swedish giro."""

    number: str
    branch: str | None = None


class EInvoice(Record, frozen=True, kw_only=True):
    """An invoice, debit note or credit note. Its sums are those of the ledger; `rules.checks` says if they add up."""

    type_code: str
    number: str
    issue_date: date
    due_date: date | None = None
    note: str | None = None
    currency_id: str
    accounting_currency_id: str | None = None
    """The currency that VAT is reported in, if that is another one (BT-6)."""

    accounting_reference: str | None = None
    buyer_reference: str | None = None
    order_reference: str | None = None
    contract_reference: str | None = None
    originator_reference: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    references: tuple[Reference, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    seller: Party
    buyer: Party
    delivery_date: date | None = None
    delivered_to_country: str | None = None
    payment_id: str | None = None
    account: Account | None = None
    payment_terms: str | None = None
    lines: tuple[Line, ...]
    vat_groups: tuple[VatGroup, ...]
    net_total: Decimal
    """Of the lines (BT-106), and without VAT (BT-109): this ledger has no allowances on whole documents."""

    vat_total: Decimal
    vat_total_accounted: Decimal | None = None
    gross_total: Decimal
    rounding: Decimal = ZERO
    payable: Decimal

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note."""
        return self.type_code == CREDIT_NOTE_TYPE


class Failure(Record, frozen=True, kw_only=True):
    """A rule that an e-invoice breaks, in plain words, and what to mend where. `is_fatal`: the network refuses it."""

    rule: str
    reason: str
    mend: str
    is_fatal: bool = True

    def __str__(self) -> str:
        return f"[{self.rule}] {self.reason} {self.mend}".strip()
