"""The records of settling: open items, proposals, applications, and the settlement that results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from reskontra.currencies.rules import Rate
from reskontra.kinds import KINDS
from reskontra.money import ONE, ZERO
from reskontra.records import Record, replace

FEE_ORIGIN = "dunning_fee"
"""The origin of fee invoices. No letter reminds of them: no fee on a fee (FEE-03)."""

VOID_ORIGIN = "dunning_void"
"""The origin of credit notes that take back the fee of a voided dunning letter."""

ENDLESS = date.max
"""The day until which a document is blocked from reminding that somebody has to free."""


def day_freed(until: date | None) -> date | None:
    """The day on which a blocked document may be reminded of again; None if somebody has to free it first."""
    return None if until == ENDLESS else until


OPENING_ORIGIN = "opening"
"""The origin of documents that were taken over from an older system: they are no sales and have no VAT (OPN-01)."""

CORRECTION_ORIGIN = "correction"
"""The origin of drafts that replace an invoice, and of the credit notes that take the replaced one back."""


CLAIM_ORIGIN = "tax_claim"
"""The origin of credit notes that move what the tax authority pays of a document to an account of its own (RRT-05)."""

CLAIM_BACK_ORIGIN = "tax_claim_back"
"""The origin of debit notes that take such a claim back."""

NO_SALES = (OPENING_ORIGIN, CLAIM_ORIGIN, CLAIM_BACK_ORIGIN)
"""The origins of documents that have lines but are no sales."""


class Freed(Record, frozen=True, kw_only=True):
    """What was applied on a document and taken back on a later day, so that it is open again from then on only."""

    on: date
    """The last such day."""

    amount: Decimal
    """All of it, in the document's currency."""


class OpenItem(Record, frozen=True, kw_only=True):
    """A document as settling sees it: what is left of it, in its currency and in base currency."""

    document_id: int
    document_type: str
    number: str
    status: str
    customer_id: int
    account_number: str
    subaccount_id: int
    branch_number: str
    document_date: date
    period_id: str
    currency_id: str
    rate: Rate
    balance: Decimal
    balance_base: Decimal
    closed_period_id: str | None = None
    origin: str = "entered"
    """What made the document."""

    taken_over_on: date | None = None
    """The day on which it was taken over from an older system; None for what was made here."""

    vat_date: date | None = None
    vat_exchange_rate: Decimal | None = None
    """The exchange rate of its VAT, if that is not its own (VAT-13)."""

    parent_customer_id: int | None = None
    """The parent of its customer, where that was asked for."""

    freed: Freed | None = None
    """What was taken back of it on a later day than it was applied."""

    proposed_by: int | None = None
    """The document that has an application proposed on this one, if any (APP-08)."""

    proposer: str | None = None
    """The type and number of that document."""

    waiting_void: bool = False
    """Whether a void of it waits for release (VDP-04)."""

    waiting_correction: str | None = None
    """The number of the draft invoice that is to replace it, if any (CRR-04)."""

    @property
    def sign(self) -> int:
        """+1 when the document makes the customer owe more, -1 when less."""
        return KINDS[self.document_type].balance_sign

    @property
    def payers(self) -> tuple[int | None, ...]:
        """Who may pay for it: its customer, and the parent of that (PAR-03)."""
        return self.customer_id, self.parent_customer_id

    @property
    def ledger(self) -> tuple[object, ...]:
        """Where the ledger keeps what is open of it. An application between two such places is booked (GL-06)."""
        return self.account_number, self.subaccount_id, self.branch_number, self.customer_id

    @property
    def stands_from(self) -> date:
        """The first day on which it stands in these books: its own, or that of its takeover (OPN-06)."""
        return self.taken_over_on or self.document_date

    @property
    def stands_free_from(self) -> date:
        """The first day on which something may be applied to it that settles what is open now (UND-04)."""
        return max(self.document_date, self.freed.on) if self.freed else self.document_date


class Ties(Record, frozen=True, kw_only=True):
    """What ties a document to others; they are named by type and number."""

    settler: str | None
    """The first that has an application with it that is in force."""

    written_off_by: str | None
    """The first of them that is a write-off, which is never undone (WRO-05)."""

    proposer: str | None
    """The draft that has an application with it (APP-08)."""

    waiting_correction: str | None
    """The number of the draft invoice that is to replace it."""

    is_divided: bool
    """Whether it has instalments, or is one."""


class Payable(Record, frozen=True, kw_only=True):
    """A document that a line names: the open item, and what only payments ask about it."""

    item: OpenItem
    version: int = 0
    """The version of its row, which a write proves."""

    discount_left: Decimal = ZERO
    """The cash discount that nobody has taken yet, in the document's currency."""

    discount_date: date | None = None
    proposer: str | None = None
    """Type and number of the document that has a proposal on this one (APP-08)."""


class Proposal(Record, frozen=True, kw_only=True):
    """An application that waits for its credit document's release. `amount` is in both documents' currency."""

    debit_document_id: int
    document_type: str
    number: str
    amount: Decimal


class DiscountVat(Record, frozen=True, kw_only=True):
    """The part of a cash discount that falls on one VAT id at one rate, in the document's currency and in base currency
    (VAT-15). `vat` is what the discount gives back of it, `taxable` the discount without that."""

    vat_id: str
    rate: Decimal
    exempt: bool
    reverse_charge: bool
    taxable: Decimal
    vat: Decimal
    taxable_base: Decimal
    vat_base: Decimal
    account_number: str | None = None
    subaccount_id: int | None = None

    @property
    def opposite(self) -> DiscountVat:
        """The same, taken back."""
        return replace(
            self,
            taxable=-self.taxable,
            vat=-self.vat,
            taxable_base=-self.taxable_base,
            vat_base=-self.vat_base,
        )


class Application(Record, frozen=True, kw_only=True):
    """A released application, a fact with a date. One that takes another back has its figures with the opposite sign.

    `amount_credit` is what the credit document loses, in its currency; `amount_debit` is what that pays of the debit
    document, in the debit's currency. The debit also loses `discount` and `write_off`. `gain_loss` is in base currency,
    above zero for a gain (FX-01).
    """

    credit_document_id: int
    debit_document_id: int
    applied_on: date
    period_id: str
    amount_credit: Decimal
    amount_debit: Decimal
    base_credit: Decimal
    base_debit: Decimal
    discount: Decimal = ZERO
    discount_base: Decimal = ZERO
    write_off: Decimal = ZERO
    write_off_base: Decimal = ZERO
    discount_credit: Decimal = ZERO
    """The discount in the credit document's currency, as it was entered; likewise `write_off_credit`."""

    discount_account: str | None = None
    discount_vat: tuple[DiscountVat, ...] = ()
    """What the discount gives back of the debit document's VAT; empty if it leaves VAT alone."""

    write_off_credit: Decimal = ZERO
    write_off_account: str | None = None
    reason_code: str | None = None
    cross_rate: Decimal = ONE
    gain_loss_account: str | None = None
    is_posted: bool = False
    """Whether the journal has entries for it: there are none between documents of one `ledger` and rate."""

    reverses_id: int | None = None

    @property
    def gain_loss(self) -> Decimal:
        return self.base_credit - self.base_debit

    @property
    def reduction(self) -> Decimal:
        """What the debit document loses in all, in its currency."""
        return self.amount_debit + self.discount + self.write_off

    @property
    def reduction_base(self) -> Decimal:
        """What the debit document loses in all, in base currency."""
        return self.base_debit + self.discount_base + self.write_off_base


class Settled(Record, frozen=True, kw_only=True):
    """What a settlement leaves: every document that it moved, with its new balance, and the applications it made."""

    items: tuple[OpenItem, ...]
    applications: tuple[Application, ...]

    def item(self, document_id: int) -> OpenItem:
        """One of the moved documents as the settlement leaves it."""
        return next(item for item in self.items if item.document_id == document_id)


def named_on(line: Mapping[str, Any]) -> tuple[str, str]:
    """Type and number of the document that a sent line names: an invoice where no type is sent."""
    return line.get("document_type") or "Invoice", (line.get("number") or "").strip()


def names_sent(lines: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Type and number of each document that sent lines name; whether they may is judged later."""
    return [named_on(line) for line in lines if (line.get("number") or "").strip()]


def name_of(document_type: str, number: str) -> tuple[str, str]:
    """The name under which a document is looked up: case does not count."""
    return document_type.lower(), number.lower()
