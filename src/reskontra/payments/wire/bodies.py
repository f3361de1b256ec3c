"""The bodies in which payments are sent. Amounts are in the payment's currency (LNE-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from reskontra.operations import LineOperation
from reskontra.receivables.wire.items import DocumentTypeText
from reskontra.web.wire import (
    Amount,
    Body,
    Day,
    Flag,
    OneOf,
    Rate,
    Sent,
    Text15,
    Text30,
    Text40,
    Text256,
    Whole,
    sent,
)


class PaymentLineUpdate(Body):
    """What is settled of one document, or used of one credit note."""

    operation: OneOf[LineOperation] | msgspec.UnsetType | None = msgspec.UNSET
    document_type: Sent[DocumentTypeText] = msgspec.UNSET
    number: Sent[Text15] = sent("refNbr")
    amount_paid: Sent[Amount] = msgspec.UNSET
    discount: Sent[Amount] = sent("cashDiscountTaken")
    write_off: Sent[Amount] = sent("balanceWriteOff")
    reason_code: Sent[Text30] = sent("writeOffReasonCode")
    cross_rate: Sent[Rate] = msgspec.UNSET


class ChargeUpdate(Body):
    """A cost of the payment, or income that came with it."""

    operation: OneOf[LineOperation] | msgspec.UnsetType | None = msgspec.UNSET
    line_number: Sent[Whole] = sent("lineNbr")
    entry_type_id: Sent[Text30] = sent("entryType")
    account_number: Sent[Text30] = sent("offsetAccount")
    subaccount: Sent[Text30] = sent("offsetSubAccount")
    description: Sent[Text256] = msgspec.UNSET
    amount: Sent[Amount] = msgspec.UNSET


class OrderUpdate(Body):
    """An order to be paid in advance. There are no orders here."""

    operation: OneOf[LineOperation] | msgspec.UnsetType | None = msgspec.UNSET
    order_type: Sent[Text30] = msgspec.UNSET
    order_number: Sent[Text30] = msgspec.UNSET
    applied_to_order: Sent[Amount] = msgspec.UNSET


class PaymentUpdate(Body):
    """A payment, prepayment or refund."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"customer_number"})
    sums: ClassVar[frozenset[str]] = frozenset({"charges"})
    other_names: ClassVar[Mapping[str, str]] = {
        "documentType": "document_type",
        "documentDate": "application_date",
        "customerNumber": "customer_number",
        "locationId": "location_cd",
        "currencyId": "currency_id",
        "branchNumber": "branch_number",
        "paymentMethodId": "payment_method_id",
        "paymentReference": "payment_reference",
    }
    """As documents call these. The names are in no answer about payments, so nobody sends them back as read."""

    number: Sent[Text15] = sent("referenceNumber")
    document_type: Sent[DocumentTypeText] = sent("type")
    hold: Sent[Flag] = msgspec.UNSET
    application_date: Sent[Day] = msgspec.UNSET
    application_period: Sent[Text30] = msgspec.UNSET
    payment_reference: Sent[Text40] = sent("paymentRef")
    customer_number: Sent[Text30] = sent("customer")
    location_cd: Sent[Text30] = sent("location")
    payment_method_id: Sent[Text30] = sent("paymentMethod")
    cash_account: Sent[Text30] = msgspec.UNSET
    currency_id: Sent[Text30] = sent("currency")
    amount: Sent[Amount] = sent("paymentAmount")
    invoice_text: Sent[Text256] = msgspec.UNSET
    branch_number: Sent[Text30] = sent("branch")
    override_number_series: Sent[Flag] = msgspec.UNSET
    orders: list[OrderUpdate] | msgspec.UnsetType | None = sent("ordersToApply")
    charges: list[ChargeUpdate] | msgspec.UnsetType | None = sent("financeCharges")
    lines: list[PaymentLineUpdate] | msgspec.UnsetType | None = sent("paymentLines")


class PaymentRelease(Body):
    """Which of the documents with that number is released."""

    document_type: Sent[DocumentTypeText] = sent("type")


class PaymentVoid(Body):
    """Which of the documents with that number is voided, and whether the answer shows the void."""

    document_type: DocumentTypeText | msgspec.UnsetType | None = sent("type")
    returns_void: Flag | msgspec.UnsetType | None = sent("returnVoidPayment")


class AutoApplyFilters(Body):
    """Whose credits a run applies; no filter is required. Unknown ones are refused: ignoring one would apply all."""

    refuses_unknown: ClassVar[bool] = True

    customer_numbers: list[Text30] | msgspec.UnsetType = sent("customer")
    customer_class: Text30 | msgspec.UnsetType = msgspec.UNSET
    statement_cycle: Text30 | msgspec.UnsetType = msgspec.UNSET
    includes_credit_notes: Flag | msgspec.UnsetType = sent("includeCreditNotes")


class AutoApplyRun(Body):
    """A run: the date of its applications (default: today), whose credits it applies, and whether it is a trial."""

    refuses_unknown: ClassVar[bool] = True

    as_of: Day | msgspec.UnsetType = msgspec.UNSET
    filters: AutoApplyFilters | msgspec.UnsetType = msgspec.UNSET
    dry_run: Flag | msgspec.UnsetType = msgspec.UNSET
