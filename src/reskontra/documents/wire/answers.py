"""The answers about documents with lines. `rendering` fills them; `bodies` has what is sent.

Plain amounts are in base currency, `...InCurrency` ones in the document's, as in the bodies.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from reskontra.accounts.wire.named import CodedAccount
from reskontra.customers.wire.answers import AddressAnswer
from reskontra.domestic_services.wire import WorkTypeAnswer
from reskontra.receivables.wire.applications import NamedDocumentAnswer
from reskontra.receivables.wire.items import DatedSubaccount, ItemAnswer, ProjectAnswer
from reskontra.web.pairs import AttachmentAnswer, IdDescription, NumberDescription, NumberName
from reskontra.web.wire import Answer, DayOut


class ContactName(Answer):
    """A person at the customer, by internal id."""

    id: int | None = None
    name: str | None = None


class SaleLineAnswer(Answer):
    """A line as all kinds answer it."""

    line_number: int | None = None
    item_number: str | None = msgspec.field(default=None, name="inventoryNumber")
    description: str | None = None
    quantity: Decimal | None = None
    unit_price_base: Decimal | None = msgspec.field(default=None, name="unitPrice")
    unit_price: Decimal | None = msgspec.field(default=None, name="unitPriceInCurrency")
    extended_amount_base: Decimal | None = msgspec.field(default=None, name="manualAmount")
    extended_amount: Decimal | None = msgspec.field(default=None, name="manualAmountInCurrency")
    amount_base: Decimal | None = msgspec.field(default=None, name="amount")
    cost: Decimal | None = None
    amount: Decimal | None = msgspec.field(default=None, name="amountInCurrency")
    account: CodedAccount | None = None
    vat_category: IdDescription | None = msgspec.field(default=None, name="vatCode")
    unit_id: str | None = msgspec.field(default=None, name="uom")
    discount_percent: Decimal | None = None
    discount_amount_base: Decimal | None = msgspec.field(default=None, name="discountAmount")
    discount_amount: Decimal | None = msgspec.field(default=None, name="discountAmountInCurrency")
    manual_discount: bool | None = None
    subaccount: DatedSubaccount | None = None
    salesperson: str | None = None
    seller: IdDescription | None = None
    deferral_schedule: int | None = None
    deferral_code: str | None = None
    discount_code: str | None = None
    note: str | None = None
    branch: NumberName | None = msgspec.field(default=None, name="branchNumber")
    external_link: str | None = None


class ChargeLineAnswer(SaleLineAnswer):
    """An overdue charge's line."""

    attachments: list[AttachmentAnswer] | None = None


class NoteLineAnswer(ChargeLineAnswer):
    """A line of an invoice, credit note or debit note."""

    term_start_date: DayOut | None = None
    term_end_date: DayOut | None = None
    is_deductible: bool | None = msgspec.field(default=None, name="isRotRutDeductible")
    item_type: str | None = None
    work_type: WorkTypeAnswer | None = msgspec.field(default=None, name="typeOfWork")
    deductible_amount: Decimal | None = msgspec.field(default=None, name="deductableAmount")
    shipment_number: str | None = msgspec.field(default=None, name="soShipmentNbr")
    order_type: str | None = msgspec.field(default=None, name="soOrderType")
    order_number: str | None = msgspec.field(default=None, name="soOrderNbr")


class CreditNoteLineAnswer(NoteLineAnswer):
    """A credit note's line."""

    project_task: ProjectAnswer | None = None


class InvoiceLineAnswer(CreditNoteLineAnswer):
    """An invoice's line."""

    line_type: str | None = None
    start_date: DayOut | None = None
    end_date: DayOut | None = None


class VatRowAnswer(Answer):
    """The VAT of one id, in document currency."""

    vat_id: str | None = msgspec.field(default=None, name="taxId")
    record_id: int | None = None
    vat_code: NumberDescription | None = msgspec.field(default=None, name="vatId")
    rate: Decimal | None = msgspec.field(default=None, name="vatRate")
    taxable: Decimal | None = msgspec.field(default=None, name="taxableAmount")
    vat: Decimal | None = msgspec.field(default=None, name="vatAmount")


class VatInBaseRow(Answer, kw_only=True):
    """The VAT of one id in both currencies, both at the rate for VAT."""

    vat_id: str
    rate: Decimal = msgspec.field(name="vatRate")
    taxable_base: Decimal = msgspec.field(name="taxableAmount")
    taxable: Decimal = msgspec.field(name="taxableAmountInCurrency")
    vat_base: Decimal = msgspec.field(name="vatAmount")
    vat: Decimal = msgspec.field(name="vatAmountInCurrency")


class LineVatDateAnswer(Answer, kw_only=True):
    """A line with a VAT date of its own."""

    line_number: int
    vat_date: DayOut


class VatInBaseAnswer(Answer, kw_only=True):
    """A document's VAT as it is reported: in base currency, at the company's rate of the day (VAT-13), with the day
    whose VAT rates it has (VAT-14) and what it corrects (REV-06)."""

    document_type: str
    number: str = msgspec.field(name="referenceNumber")
    currency_id: str
    base_currency: str
    exchange_rate: Decimal
    vat_exchange_rate: Decimal
    vat_date: DayOut
    rows: list[VatInBaseRow] = msgspec.field(name="vat")
    lines: list[LineVatDateAnswer] | None = None
    corrects: NamedDocumentAnswer | None = None
    warnings: list[str] | None = None


class InvoiceAddressAnswer(AddressAnswer):
    """The invoice address of one document."""

    override: bool | None = msgspec.field(default=None, name="overrideAddress")


class InvoiceContactAnswer(Answer):
    """The invoice contact of one document."""

    contact_id: int | None = None
    name: str | None = msgspec.field(default=None, name="businessName")
    attention: str | None = None
    email: str | None = None
    phone_1: str | None = msgspec.field(default=None, name="phone1")
    override: bool | None = msgspec.field(default=None, name="overrideContact")


class ApplicationAnswer(Answer):
    """What was settled with the document."""

    document_type: str | None = msgspec.field(default=None, name="docType")
    customer_number: str | None = msgspec.field(default=None, name="customerCD")
    number: str | None = msgspec.field(default=None, name="refNbr")
    amount_paid: Decimal | None = None
    cash_discount_taken: Decimal | None = None
    balance: Decimal | None = None
    pending_prompt_payment_discount: bool | None = msgspec.field(default=None, name="pendingPPD")
    released: bool | None = None
    hold: bool | None = None
    voided: bool | None = None
    discount_credit_note: str | None = msgspec.field(default=None, name="ppdCrMemoRefNbr")
    payment_reference: str | None = msgspec.field(default=None, name="paymentRef")
    status: str | None = None
    application_date: DayOut | None = None
    application_period: str | None = None
    invoice_text: str | None = None


class MandateAnswer(Answer):
    """The mandate with which an invoice is collected."""

    id: str | None = None
    mandate_id: str | None = None
    mandate_description: str | None = None


class ReleaseAnswer(Answer):
    """The result of an action."""

    action_id: str | None = None
    action_result: str | None = None
    error_info: str | None = None


class DebtCollectionAnswer(Answer):
    """The debt collector's case."""

    case_number: str | None = None
    case_type: str | None = None
    case_status: str | None = None
    case_url: str | None = None


class SaleAnswer(ItemAnswer):
    """A document with lines, without them: each kind has its own."""

    credit_terms: IdDescription | None = None
    time_stamp: str | None = None
    hold: bool | None = None
    discount_total_base: Decimal | None = msgspec.field(default=None, name="discountTotal")
    discount_total: Decimal | None = msgspec.field(default=None, name="discountTotalInCurrency")
    detail_total_base: Decimal | None = msgspec.field(default=None, name="detailTotal")
    detail_total: Decimal | None = msgspec.field(default=None, name="detailTotalInCurrency")
    vat_taxable_total_base: Decimal | None = msgspec.field(default=None, name="vatTaxableTotal")
    vat_taxable_total: Decimal | None = msgspec.field(default=None, name="vatTaxableTotalInCurrency")
    vat_exempt_total_base: Decimal | None = msgspec.field(default=None, name="vatExemptTotal")
    vat_exempt_total: Decimal | None = msgspec.field(default=None, name="vatExemptTotalInCurrency")
    salesperson_id: int | None = msgspec.field(default=None, name="salesPersonID")
    salesperson_name: str | None = msgspec.field(default=None, name="salesPersonDescr")
    salesperson: IdDescription | None = msgspec.field(default=None, name="salesPerson")
    payment_reference: str | None = None
    invoice_address: InvoiceAddressAnswer | None = None
    invoice_contact: InvoiceContactAnswer | None = None
    applications: list[ApplicationAnswer] | None = None
    dont_print: bool | None = None
    dont_email: bool | None = None
    revoked: bool | None = None


class OwedAnswer(SaleAnswer):
    """A document that is owed or credited until it is settled, without its lines."""

    due_date: DayOut | None = msgspec.field(default=None, name="documentDueDate")
    cash_discount_date: DayOut | None = None
    external_reference: str | None = None
    exchange_rate: Decimal | None = None
    dunning_letter_date: DayOut | None = None
    dunning_letter_level: int | None = None
    contact: ContactName | None = None
    attachments: list[AttachmentAnswer] | None = None
    vat_rows: list[VatRowAnswer] | msgspec.Raw | None = msgspec.field(default=None, name="taxDetails")
    rounding_difference: Decimal | None = msgspec.field(default=None, name="roundingDiff")
    vat_zone: IdDescription | None = msgspec.field(default=None, name="customerVatZone")


class DocumentAnswer(OwedAnswer):
    """An invoice, credit note or debit note, without its lines."""

    is_deductible: bool | None = msgspec.field(default=None, name="isRotRutDeductible")
    child: NumberName | None = msgspec.field(default=None, name="childRecord")


class InvoiceAnswer(DocumentAnswer):
    """An invoice as it is answered."""

    lines: list[InvoiceLineAnswer] | msgspec.Raw | None = msgspec.field(default=None, name="invoiceLines")
    send_to_auto_invoice: bool | None = None
    start_date: DayOut | None = None
    end_date: DayOut | None = None
    accounting_cost_reference: str | None = msgspec.field(default=None, name="accountingCostRef")
    originator_document_reference: str | None = msgspec.field(default=None, name="originatorDocRef")
    contract_document_reference: str | None = msgspec.field(default=None, name="contractDocRef")
    direct_debit_mandate: MandateAnswer | None = None
    exclude_debt_collection: bool | None = None
    debt_collection: DebtCollectionAnswer | None = None


class CreditNoteAnswer(DocumentAnswer):
    """A credit note as it is answered."""

    lines: list[CreditNoteLineAnswer] | msgspec.Raw | None = None
    send_to_auto_invoice: bool | None = None


class DebitNoteAnswer(DocumentAnswer):
    """A debit note as it is answered."""

    lines: list[NoteLineAnswer] | msgspec.Raw | None = None


class OverdueChargeAnswer(OwedAnswer):
    """An overdue charge as it is answered."""

    lines: list[ChargeLineAnswer] | msgspec.Raw | None = None


class CashSaleAnswer(SaleAnswer):
    """A cash sale or its return as it is answered."""

    lines: list[SaleLineAnswer] | msgspec.Raw | None = msgspec.field(default=None, name="cashSaleLines")


LINE_ANSWERS: dict[str, type[SaleLineAnswer]] = {
    "Invoice": InvoiceLineAnswer,
    "CreditNote": CreditNoteLineAnswer,
    "DebitNote": NoteLineAnswer,
    "FinCharge": ChargeLineAnswer,
    "CashSale": SaleLineAnswer,
    "CashReturn": SaleLineAnswer,
}
