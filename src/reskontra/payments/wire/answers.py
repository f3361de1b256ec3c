"""How payments look on the wire. Plain amounts are in the payment's currency, `...InCurrency` ones in base (D8)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from reskontra.receivables.wire.applications import NamedDocumentAnswer
from reskontra.receivables.wire.items import NamedLocation
from reskontra.runs.answers import SkippedAnswer
from reskontra.web.pairs import IdDescription, NumberName
from reskontra.web.wire import Answer, DayOut, MomentOut


class PaymentType(StrEnum):
    """The types of payments, as the wire spells them."""

    PAYMENT = "Payment"
    CREDIT_NOTE = "CreditNote"
    PREPAYMENT = "Prepayment"
    REFUND = "Refund"
    VOID_PAYMENT = "VoidPayment"
    SMALL_BALANCE = "SmallBalanceWo"
    VOID_REFUND = "VoidRefund"
    UNDEFINED = "Undefined"


class PaymentLineAnswer(Answer, kw_only=True):
    """What a payment settles of one document, in the payment's currency (LNE-14); `balance` is what it leaves."""

    document_type: str
    number: str = msgspec.field(name="refNbr")
    amount_paid: Decimal
    discount: Decimal = msgspec.field(name="cashDiscountTaken")
    write_off: Decimal = msgspec.field(name="balanceWriteOff")
    reason_code: IdDescription | None = msgspec.field(default=None, name="writeOffReasonCode")
    document_date: DayOut | None = msgspec.field(default=None, name="date")
    due_date: DayOut | None = None
    discount_date: DayOut | None = msgspec.field(default=None, name="cashDiscountDate")
    balance: Decimal
    discount_balance: Decimal = msgspec.field(name="cashDiscountBalance")
    description: str | None = None
    currency: str
    post_period: str | None = None
    customer_order: str | None = None
    cross_rate: Decimal


class OrderAnswer(Answer):
    """An order that is paid in advance; there are none."""

    order_type: str | None = None
    order_no: str | None = None
    status: str | None = None
    applied_to_order: Decimal | None = None
    transferred_to_invoice: Decimal | None = None
    date: DayOut | None = None
    due_date: DayOut | None = None
    cash_discount_date: DayOut | None = None
    balance: Decimal | None = None
    description: str | None = None
    order_total: Decimal | None = None
    currency: str | None = None
    invoice_nbr: str | None = None
    invoice_date: DayOut | None = None


class FinancialDetails(Answer):
    """The date of the payment itself, whatever its applications have."""

    payment_date: DayOut


class PaymentAnswer(Answer, kw_only=True):
    """A payment, prepayment or refund, a void of one, or a credit note seen as a payment."""

    type: str
    number: str = msgspec.field(name="refNbr")
    status: str
    hold: bool
    application_date: DayOut
    application_period: str
    payment_reference: str | None = msgspec.field(default=None, name="paymentRef")
    customer: NumberName
    location: NamedLocation
    payment_method: IdDescription | None = None
    cash_account: str | None = None
    currency: str
    amount: Decimal = msgspec.field(name="paymentAmount")
    invoice_text: str | None = None
    applied_to_documents: Decimal
    applied_to_orders: Decimal
    available_balance: Decimal
    write_off_amount: Decimal
    finance_charges: Decimal
    deducted_charges: Decimal
    branch: str
    modified_at: MomentOut = msgspec.field(name="lastModifiedDateTime")
    lines: list[PaymentLineAnswer] = msgspec.field(name="paymentLines")
    orders: list[OrderAnswer] = msgspec.field(name="ordersToApply")
    financial_details: FinancialDetails
    amount_base: Decimal = msgspec.field(name="paymentAmountInCurrency")
    available_balance_base: Decimal = msgspec.field(name="availableBalanceInCurrency")
    time_stamp: str


class AppliedAnswer(Answer):
    """What a credit document paid of a debit document, in the credit's currency."""

    customer: str
    credit: NamedDocumentAnswer
    debit: NamedDocumentAnswer
    amount: Decimal
    currency: str


class PaymentReleaseAnswer(Answer):
    """The result of releasing a payment. What it settled by itself is told beside this, in `applications` (AUP-01)."""

    action_id: str | None = None
    action_result: str | None = None


class AutoApplyAnswer(Answer):
    """The result of a run that applies credits: what was applied, in the order it was done, and what was left out."""

    action_id: str | None = None
    action_result: str | None = None
    created: list[AppliedAnswer] | None = None
    skipped: list[SkippedAnswer] | None = None


class PaymentVoidAnswer(Answer):
    """The result of voiding a payment: the void's type and number, and the void itself if it was asked for."""

    type: str | None = None
    number: str | None = msgspec.field(default=None, name="refNbr")
    void_payment: PaymentAnswer | None = None
    action_id: str | None = None
    action_result: str | None = None
