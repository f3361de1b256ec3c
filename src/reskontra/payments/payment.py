"""A payment as frozen records: its header, what it settles, its charges, and the basis of a decision about one.

The attributes are the columns of the tables `document`, `payment`, `payment_line` and `payment_charge`. Amounts are in
the payment's currency, `*_base` in the company's base currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from reskontra.currencies.rules import Operator, Rate
from reskontra.kinds import KINDS, Kind
from reskontra.money import ONE, ZERO
from reskontra.receivables.rules.items import Freed, Payable
from reskontra.records import Record, columns

if TYPE_CHECKING:
    from reskontra.customers.customer import Payer
    from reskontra.reference.reference import Reference


class PaymentLine(Record, frozen=True, kw_only=True):
    """What a payment will settle of one document, or a refund pay out for one (LNE-04).

    The document loses `amount`, `discount` and `write_off`, the payment `amount` only. `cross_rate` is the payment's
    currency per unit of the document's. `follows` names those of `amount`, `discount` and `cross_rate` that nobody
    entered: they follow from the documents, the date and the currency, and change with them.
    """

    document_id: int
    document_type: str
    number: str
    amount: Decimal
    discount: Decimal = ZERO
    write_off: Decimal = ZERO
    reason_code: str | None = None
    cross_rate: Decimal = ONE
    follows: tuple[str, ...] = ()


class ShownLine(Record, frozen=True, kw_only=True):
    """A line as answers show it: released, or proposed. What takes a released one back is a line of its own, with
    figures below zero (LNE-13).

    `applied_on` and `applied_period_id` are those of its latest application, None if that is proposed or a void's.
    """

    is_proposed: bool
    document_type: str
    number: str
    amount: Decimal
    discount: Decimal
    write_off: Decimal
    reason_code: str | None
    cross_rate: Decimal
    applied_on: date | None
    applied_period_id: str | None

    @property
    def reduction(self) -> Decimal:
        """What the line takes of its document, in the payment's currency."""
        return self.amount + self.discount + self.write_off


class Charge(Record, frozen=True, kw_only=True):
    """A cost of the payment, such as the bank's, or income that came with it (CHG-01, CHG-02)."""

    line_number: int
    entry_type_id: str
    direction: str
    account_number: str
    subaccount_id: int
    description: str | None = None
    amount: Decimal
    amount_base: Decimal = ZERO
    is_deducted: bool = False


class Payment(Record, frozen=True, kw_only=True):
    """A payment, prepayment or refund, or the void of one; also an open credit note that is applied like one."""

    document_type: str
    number: str = ""
    status: str = "Balanced"
    customer_id: int
    location_id: int
    branch_number: str
    document_date: date
    period_id: str
    closed_period_id: str | None = None
    currency_id: str
    exchange_rate: Decimal
    rate_operator: str = "M"
    payment_method_id: str | None = None
    cash_account: str | None = None
    account_number: str
    subaccount_id: int
    payment_reference: str | None = None
    invoice_text: str | None = None
    amount: Decimal = ZERO
    amount_base: Decimal = ZERO
    balance: Decimal = ZERO
    balance_base: Decimal = ZERO
    cash_discount: Decimal = ZERO
    cash_discount_base: Decimal = ZERO
    revoked: bool = False
    exclude_debt_collection: bool = False
    origin: str = "entered"
    taken_over_on: date | None = None
    created_by: str = ""
    released_at: datetime | None = None
    released_by: str | None = None
    batch_number: str | None = None
    voids_document_id: int | None = None
    applied_on: date
    applied_period_id: str
    amount_entered: bool = True
    """Whether the amount was sent; otherwise it is what the lines need (LNE-05)."""

    freed: Freed | None = None
    """What was taken back of it on a later day than it was applied (UND-04)."""

    lines: tuple[PaymentLine, ...] = ()
    charges: tuple[Charge, ...] = ()

    @property
    def kind(self) -> Kind:
        return KINDS[self.document_type]

    @property
    def is_released(self) -> bool:
        return self.released_at is not None

    @property
    def stands_from(self) -> date:
        """The first day on which it stands in these books: its own, or that of its takeover (OPN-06)."""
        return self.taken_over_on or self.document_date

    @property
    def ledger(self) -> tuple[object, ...]:
        """As that of an `OpenItem`."""
        return self.account_number, self.subaccount_id, self.branch_number, self.customer_id

    @property
    def is_void(self) -> bool:
        return self.voids_document_id is not None

    @property
    def rate(self) -> Rate:
        return Rate(self.exchange_rate, Operator(self.rate_operator))


_BESIDE = ("applied_on", "applied_period_id", "amount_entered")
_MADE_BY_STATEMENTS = ("number", "batch_number", "freed", "lines", "charges", *_BESIDE)
HEADER_COLUMNS = tuple(column for column in columns(Payment) if column not in _MADE_BY_STATEMENTS)
"""The columns of `document` that are written from the record."""

SIDE_COLUMNS = _BESIDE
"""The columns of the table `payment`."""

LINE_COLUMNS = tuple(column for column in columns(PaymentLine) if column not in ("document_type", "number"))
CHARGE_COLUMNS = columns(Charge)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision about a payment depends on."""

    reference: Reference
    payer: Payer
    today: date
    payables: Mapping[tuple[str, str], Payable]
    """(type, number) in lower case -> the documents that the lines name."""

    rates: Mapping[str, Rate | None]
    """Currency -> its rate on the date that was asked for; None if there is none."""

    branch_number: str | None = None
    """The branch that the caller chose for new documents; None: the company's default branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a credit document paid of a debit document, in the credit's currency."""

    customer_number: str
    credit: tuple[str, str]
    debit: tuple[str, str]
    amount: Decimal
    currency_id: str

    def without_ids(self) -> Self:
        """A trial names the same documents."""
        return self
