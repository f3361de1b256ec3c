"""How invoices, credit notes and debit notes look on the wire: what may be sent, what is answered. Decides nothing.

Plain amounts are in base currency, `...InCurrency` ones in the document's (ledger.md Q1, decided): this file is the
one place that says so. `taxDetails` are in document currency (decisions.md D8).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from reskontra.accounts.shown import CodedAccount, SegmentedSubaccount, Segments
from reskontra.customers.wire import AddressAnswer, AddressUpdate
from reskontra.documents.lines import Operation
from reskontra.web.pairs import IdDescription, NumberDescription, NumberName
from reskontra.web.wire import (
    Amount,
    Answer,
    Body,
    Day,
    DayOut,
    Flag,
    MomentOut,
    OneOf,
    Percent,
    Quantity,
    Rate,
    Sent,
    Text15,
    Text30,
    Text40,
    Text255,
    Text256,
    Text512,
    Text32000,
    UnitPrice,
    Whole,
    sent,
)


class DocumentType(StrEnum):
    """The kinds of documents that the ledger holds, as the wire spells them."""

    INVOICE = "Invoice"
    CREDIT_NOTE = "CreditNote"
    DEBIT_NOTE = "DebitNote"

    @classmethod
    def _missing_(cls, value: object) -> DocumentType | None:
        return _OTHER_SPELLINGS.get(str(value).replace(" ", "").lower())


_OTHER_SPELLINGS = {"creditmemo": DocumentType.CREDIT_NOTE, "debitmemo": DocumentType.DEBIT_NOTE}
"""What the ERP's screens call the notes, without blanks and in lower case (wire.md, "Unknowns")."""


def _type_spelled_here(sent: str) -> str:
    """The document type as we spell it, whatever its case or other name; unknown ones as sent, for the rules."""
    folded = sent.replace(" ", "").lower()
    return next((kind.value for kind in DocumentType if kind.lower() == folded), _OTHER_SPELLINGS.get(folded, sent))


DocumentTypeText = Annotated[Text30, _type_spelled_here]


class Status(StrEnum):
    """The statuses of a document, as the wire spells them."""

    HOLD = "Hold"
    BALANCED = "Balanced"
    VOIDED = "Voided"
    SCHEDULED = "Scheduled"
    OPEN = "Open"
    CLOSED = "Closed"
    PENDING_PRINT = "PendingPrint"
    PENDING_EMAIL = "PendingEmail"
    CREDIT_HOLD = "CreditHold"
    CARD_HOLD = "CcHold"
    RESERVED = "Reserved"


class NoteLineUpdate(Body):
    """What all kinds of lines take."""

    operation: OneOf[Operation] | msgspec.UnsetType | None = msgspec.UNSET
    discount_code: Sent[Text30] = msgspec.UNSET
    item_number: Sent[Text30] = sent("inventoryNumber")
    line_number: Sent[Whole] = msgspec.UNSET
    description: Sent[Text256] = msgspec.UNSET
    quantity: Sent[Quantity] = msgspec.UNSET
    unit_price: Sent[UnitPrice] = sent("unitPriceInCurrency")
    manual_amount: Sent[Amount] = sent("manualAmountInCurrency")
    account_number: Sent[Text30] = msgspec.UNSET
    vat_category_id: Sent[Text30] = sent("vatCodeId")
    unit_id: Sent[Text30] = sent("uom")
    discount_percent: Sent[Percent] = msgspec.UNSET
    discount_amount: Sent[Amount] = sent("discountAmountInCurrency")
    manual_discount: Sent[Flag] = msgspec.UNSET
    subaccount: Segments = msgspec.UNSET
    salesperson: Sent[Text30] = msgspec.UNSET
    deferral_schedule: Sent[Whole] = msgspec.UNSET
    deferral_code: Sent[Text30] = msgspec.UNSET
    term_start_date: Sent[Day] = msgspec.UNSET
    term_end_date: Sent[Day] = msgspec.UNSET
    note: Sent[Text32000] = msgspec.UNSET
    branch_number: Sent[Text30] = msgspec.UNSET


class CreditNoteLineUpdate(NoteLineUpdate):
    """A credit note's line."""

    task_id: Sent[Text30] = msgspec.UNSET


class DebitNoteLineUpdate(NoteLineUpdate):
    """A debit note's line."""

    deductible: Sent[Flag] = sent("domesticServicesDeductible")
    item_type: Sent[Text30] = msgspec.UNSET
    work_type: Sent[Text30] = sent("typeOfWork")


class InvoiceLineUpdate(DebitNoteLineUpdate):
    """An invoice's line."""

    task_id: Sent[Text30] = msgspec.UNSET
    start_date: Sent[Day] = msgspec.UNSET
    end_date: Sent[Day] = msgspec.UNSET


class InvoiceAddressUpdate(AddressUpdate):
    """The invoice address of one document; what is sent replaces the customer's own."""

    override: Sent[Flag] = sent("overrideAddress")


class ContactUpdate(Body):
    """The invoice contact of one document."""

    override: Sent[Flag] = sent("overrideContact")
    name: Sent[Text255] = msgspec.UNSET
    attention: Sent[Text255] = msgspec.UNSET
    email: Sent[Text255] = msgspec.UNSET
    phone_1: Sent[Text255] = sent("phone1")


class VatRowUpdate(Body):
    """The figures of one VAT id, entered by the caller."""

    vat_id: Sent[Text30] = sent("taxId")
    taxable: Sent[Amount] = sent("taxableAmount")
    vat: Sent[Amount] = sent("vatAmount")


class RotRutDistributionUpdate(Body):
    """One person's share of a deduction for domestic services."""

    operation: OneOf[Operation] | msgspec.UnsetType | None = msgspec.UNSET
    line_number: Sent[Whole] = sent("lineNbr")
    personal_id: Sent[Text30] = msgspec.UNSET
    amount: Sent[Amount] = msgspec.UNSET
    extra: Sent[Flag] = msgspec.UNSET


class RotRutUpdate(Body):
    """A deduction for domestic services; not served yet."""

    distributed_automatically: Sent[Flag] = sent("distributedAutomaticaly")
    type: Sent[Text30] = msgspec.UNSET
    apartment: Sent[Text255] = sent("appartment")
    estate: Sent[Text255] = msgspec.UNSET
    organisation_number: Sent[Text30] = sent("organizationNbr")
    distribution: list[RotRutDistributionUpdate] | msgspec.UnsetType | None = msgspec.UNSET


class ApplicationLineUpdate(Body):
    """A document that a credit note is applied to."""

    operation: OneOf[Operation] | msgspec.UnsetType | None = msgspec.UNSET
    document_type: Sent[DocumentTypeText] = msgspec.UNSET
    number: Sent[Text15] = sent("refNbr")
    amount_paid: Sent[Amount] = msgspec.UNSET


class DocumentUpdate(Body):
    """What all kinds of documents take."""

    number: Sent[Text15] = sent("referenceNumber")
    customer_number: Sent[Text30] = msgspec.UNSET
    child_customer_number: Sent[Text30] = msgspec.UNSET
    consolidate_invoices: Sent[Flag] = msgspec.UNSET
    document_date: Sent[Day] = msgspec.UNSET
    original_invoice_date: Sent[Day] = sent("origInvoiceDate")
    hold: Sent[Flag] = msgspec.UNSET
    post_period: Sent[Text30] = msgspec.UNSET
    financial_period: Sent[Text30] = msgspec.UNSET
    invoice_text: Sent[Text512] = msgspec.UNSET
    location_cd: Sent[Text30] = sent("locationId")
    salesperson_id: Sent[Whole] = sent("salesPersonID")
    salesperson: Sent[Text30] = msgspec.UNSET
    note: Sent[Text32000] = msgspec.UNSET
    branch_number: Sent[Text30] = msgspec.UNSET
    cash_account: Sent[Text30] = msgspec.UNSET
    dont_print: Sent[Flag] = msgspec.UNSET
    dont_email: Sent[Flag] = msgspec.UNSET
    currency_id: Sent[Text30] = msgspec.UNSET
    customer_reference: Sent[Text40] = sent("customerRefNumber")
    external_reference: Sent[Text40] = msgspec.UNSET
    exchange_rate: Sent[Rate] = msgspec.UNSET
    contact_id: Sent[Whole] = sent("contact")
    vat_zone_id: Sent[Text30] = sent("customerVatZoneId")
    invoice_contact: Sent[ContactUpdate] = msgspec.UNSET
    override_number_series: Sent[Flag] = msgspec.UNSET


class OwedDocumentUpdate(DocumentUpdate):
    """What invoices and debit notes take besides: terms, dates and payment."""

    payment_method_id: Sent[Text30] = msgspec.UNSET
    terms_id: Sent[Text30] = sent("creditTermsId")
    cash_discount_date: Sent[Day] = msgspec.UNSET
    due_date: Sent[Day] = sent("documentDueDate")
    payment_reference: Sent[Text40] = msgspec.UNSET
    deductible: Sent[Flag] = sent("domesticServicesDeductibleDocument")
    rot_rut: RotRutUpdate | msgspec.UnsetType | None = sent("rotRutDetails")
    vat_rows: list[VatRowUpdate] | msgspec.UnsetType | None = sent("taxDetailLines")


class InvoiceUpdate(OwedDocumentUpdate):
    """An invoice as it is sent."""

    lines: list[InvoiceLineUpdate] | msgspec.UnsetType | None = sent("invoiceLines")
    invoice_address: Sent[InvoiceAddressUpdate] = sent("billingAddress")
    customer_project: Sent[Text40] = msgspec.UNSET
    project_id: Sent[Text30] = sent("project")
    send_to_auto_invoice: Sent[Flag] = msgspec.UNSET
    start_date: Sent[Day] = msgspec.UNSET
    end_date: Sent[Day] = msgspec.UNSET
    accounting_cost_reference: Sent[Text40] = sent("accountingCostRef")
    originator_document_reference: Sent[Text40] = sent("originatorDocRef")
    contract_document_reference: Sent[Text40] = sent("contractDocRef")
    revoked: Sent[Flag] = msgspec.UNSET
    direct_debit_mandate_id: Sent[Text40] = msgspec.UNSET
    exclude_debt_collection: Sent[Flag] = msgspec.UNSET
    debt_collection_case_number: Sent[Text40] = sent("debtCollectionCaseNbr")
    debt_collection_case_status: Sent[Text255] = msgspec.UNSET
    debt_collection_case_type: Sent[Text255] = msgspec.UNSET
    debt_collection_case_url: Sent[Text255] = msgspec.UNSET


class CreditNoteUpdate(DocumentUpdate):
    """A credit note as it is sent."""

    lines: list[CreditNoteLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET
    invoice_address: Sent[InvoiceAddressUpdate] = msgspec.UNSET
    project_id: Sent[Text30] = sent("project")
    vat_rows: list[VatRowUpdate] | msgspec.UnsetType | None = sent("taxDetails")
    application_lines: list[ApplicationLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET
    send_to_auto_invoice: Sent[Flag] = msgspec.UNSET


class DebitNoteUpdate(OwedDocumentUpdate):
    """A debit note as it is sent."""

    lines: list[DebitNoteLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET
    invoice_address: Sent[InvoiceAddressUpdate] = msgspec.UNSET


class ContactName(Answer):
    """A person at the customer by his internal id."""

    id: int | None = None
    name: str | None = None


class SubaccountOut(SegmentedSubaccount):
    """A subaccount and its segments. When it was changed is in the contract and is not told here."""

    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")


class AttachmentOut(Answer):
    """A file on a document or line."""

    name: str | None = None
    id: str | None = None
    revision: int | None = None


class WorkTypeOut(Answer):
    """A kind of domestic service."""

    rut_rot_type: str | None = None
    description: str | None = None
    xml_tag: str | None = None


class ProjectOut(Answer):
    """A project or a project task."""

    internal_id: int | None = None
    id: str | None = None
    description: str | None = None


class NoteLineOut(Answer):
    """A line as all kinds answer it."""

    term_start_date: DayOut | None = None
    term_end_date: DayOut | None = None
    is_deductible: bool | None = msgspec.field(default=None, name="isRotRutDeductible")
    item_type: str | None = None
    work_type: WorkTypeOut | None = msgspec.field(default=None, name="typeOfWork")
    deductible_amount: Decimal | None = msgspec.field(default=None, name="deductableAmount")
    attachments: list[AttachmentOut] | None = None
    shipment_number: str | None = msgspec.field(default=None, name="soShipmentNbr")
    order_type: str | None = msgspec.field(default=None, name="soOrderType")
    order_number: str | None = msgspec.field(default=None, name="soOrderNbr")
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
    subaccount: SubaccountOut | None = None
    salesperson: str | None = None
    seller: IdDescription | None = None
    deferral_schedule: int | None = None
    deferral_code: str | None = None
    discount_code: str | None = None
    note: str | None = None
    branch: NumberName | None = msgspec.field(default=None, name="branchNumber")
    external_link: str | None = None


class CreditNoteLineOut(NoteLineOut):
    """A credit note's line."""

    project_task: ProjectOut | None = None


class InvoiceLineOut(CreditNoteLineOut):
    """An invoice's line."""

    line_type: str | None = None
    start_date: DayOut | None = None
    end_date: DayOut | None = None


class VatRowOut(Answer):
    """What one VAT id amounts to, in document currency."""

    vat_id: str | None = msgspec.field(default=None, name="taxId")
    record_id: int | None = None
    vat_code: NumberDescription | None = msgspec.field(default=None, name="vatId")
    rate: Decimal | None = msgspec.field(default=None, name="vatRate")
    taxable: Decimal | None = msgspec.field(default=None, name="taxableAmount")
    vat: Decimal | None = msgspec.field(default=None, name="vatAmount")


class AddressOut(AddressAnswer):
    """The invoice address of one document."""

    override: bool | None = msgspec.field(default=None, name="overrideAddress")


class ContactOut(Answer):
    """The invoice contact of one document."""

    contact_id: int | None = None
    name: str | None = msgspec.field(default=None, name="businessName")
    attention: str | None = None
    email: str | None = None
    phone_1: str | None = msgspec.field(default=None, name="phone1")
    override: bool | None = msgspec.field(default=None, name="overrideContact")


class LocationOut(Answer):
    """Where the customer bought."""

    country_id: str | None = None
    id: str | None = None
    name: str | None = None


class ApplicationOut(Answer):
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


class DirectDebitOut(Answer):
    """The mandate that an invoice is collected by."""

    id: str | None = None
    mandate_id: str | None = None
    mandate_description: str | None = None


class ReleaseOut(Answer):
    """What became of an action."""

    action_id: str | None = None
    action_result: str | None = None
    error_info: str | None = None


class DebtCollectionOut(Answer):
    """The debt collector's case."""

    case_number: str | None = None
    case_type: str | None = None
    case_status: str | None = None
    case_url: str | None = None


class DocumentOut(Answer):
    """A document as all kinds answer it."""

    credit_terms: IdDescription | None = None
    due_date: DayOut | None = msgspec.field(default=None, name="documentDueDate")
    cash_discount_date: DayOut | None = None
    external_reference: str | None = None
    is_deductible: bool | None = msgspec.field(default=None, name="isRotRutDeductible")
    exchange_rate: Decimal | None = None
    dunning_letter_date: DayOut | None = None
    dunning_letter_level: int | None = None
    contact: ContactName | None = None
    attachments: list[AttachmentOut] | None = None
    vat_rows: list[VatRowOut] | msgspec.Raw | None = msgspec.field(default=None, name="taxDetails")
    rounding_difference: Decimal | None = msgspec.field(default=None, name="roundingDiff")
    vat_zone: IdDescription | None = msgspec.field(default=None, name="customerVatZone")
    child: NumberName | None = msgspec.field(default=None, name="childRecord")
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
    invoice_address: AddressOut | None = None
    invoice_contact: ContactOut | None = None
    applications: list[ApplicationOut] | None = None
    dont_print: bool | None = None
    dont_email: bool | None = None
    revoked: bool | None = None
    customer: NumberName | None = None
    document_type: str | None = None
    number: str | None = msgspec.field(default=None, name="referenceNumber")
    post_period: str | None = None
    financial_period: str | None = None
    closed_period: str | None = msgspec.field(default=None, name="closedFinancialPeriod")
    document_date: DayOut | None = None
    original_invoice_date: DayOut | None = msgspec.field(default=None, name="origInvoiceDate")
    status: str | None = None
    currency_id: str | None = None
    amount_base: Decimal | None = msgspec.field(default=None, name="amount")
    amount: Decimal | None = msgspec.field(default=None, name="amountInCurrency")
    balance_base: Decimal | None = msgspec.field(default=None, name="balance")
    balance: Decimal | None = msgspec.field(default=None, name="balanceInCurrency")
    cash_discount_base: Decimal | None = msgspec.field(default=None, name="cashDiscount")
    cash_discount: Decimal | None = msgspec.field(default=None, name="cashDiscountInCurrency")
    payment_method: IdDescription | None = None
    customer_reference: str | None = msgspec.field(default=None, name="customerRefNumber")
    invoice_text: str | None = None
    modified_at: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    created_at: MomentOut | None = msgspec.field(default=None, name="createdDateTime")
    note: str | None = None
    vat_total_base: Decimal | None = msgspec.field(default=None, name="vatTotal")
    vat_total: Decimal | None = msgspec.field(default=None, name="vatTotalInCurrency")
    location: LocationOut | None = None
    branch: NumberName | None = msgspec.field(default=None, name="branchNumber")
    cash_account: str | None = None
    project: ProjectOut | None = None
    account: CodedAccount | None = None
    subaccount: SubaccountOut | None = None
    customer_project: str | None = None


class InvoiceOut(DocumentOut):
    """An invoice as it is answered."""

    lines: list[InvoiceLineOut] | msgspec.Raw | None = msgspec.field(default=None, name="invoiceLines")
    send_to_auto_invoice: bool | None = None
    start_date: DayOut | None = None
    end_date: DayOut | None = None
    accounting_cost_reference: str | None = msgspec.field(default=None, name="accountingCostRef")
    originator_document_reference: str | None = msgspec.field(default=None, name="originatorDocRef")
    contract_document_reference: str | None = msgspec.field(default=None, name="contractDocRef")
    direct_debit_mandate: DirectDebitOut | None = None
    exclude_debt_collection: bool | None = None
    debt_collection: DebtCollectionOut | None = None


class CreditNoteOut(DocumentOut):
    """A credit note as it is answered."""

    lines: list[CreditNoteLineOut] | msgspec.Raw | None = None
    send_to_auto_invoice: bool | None = None


class DebitNoteOut(DocumentOut):
    """A debit note as it is answered."""

    lines: list[NoteLineOut] | msgspec.Raw | None = None


class CustomerDocumentOut(Answer):
    """A document of any kind in the list of all; it never carries lines."""

    due_date: DayOut | None = msgspec.field(default=None, name="documentDueDate")
    branch: NumberName | None = None
    customer: NumberName | None = None
    document_type: str | None = None
    number: str | None = msgspec.field(default=None, name="referenceNumber")
    post_period: str | None = None
    financial_period: str | None = None
    closed_period: str | None = msgspec.field(default=None, name="closedFinancialPeriod")
    document_date: DayOut | None = None
    original_invoice_date: DayOut | None = msgspec.field(default=None, name="origInvoiceDate")
    status: str | None = None
    currency_id: str | None = None
    amount_base: Decimal | None = msgspec.field(default=None, name="amount")
    amount: Decimal | None = msgspec.field(default=None, name="amountInCurrency")
    balance_base: Decimal | None = msgspec.field(default=None, name="balance")
    balance: Decimal | None = msgspec.field(default=None, name="balanceInCurrency")
    cash_discount_base: Decimal | None = msgspec.field(default=None, name="cashDiscount")
    cash_discount: Decimal | None = msgspec.field(default=None, name="cashDiscountInCurrency")
    payment_method: IdDescription | None = None
    customer_reference: str | None = msgspec.field(default=None, name="customerRefNumber")
    invoice_text: str | None = None
    modified_at: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    created_at: MomentOut | None = msgspec.field(default=None, name="createdDateTime")
    note: str | None = None
    vat_total_base: Decimal | None = msgspec.field(default=None, name="vatTotal")
    vat_total: Decimal | None = msgspec.field(default=None, name="vatTotalInCurrency")
    location: LocationOut | None = None
    branch_number: NumberName | None = None
    cash_account: str | None = None
    project: ProjectOut | None = None
    account: CodedAccount | None = None
    subaccount: SubaccountOut | None = None
    customer_project: str | None = None


LINE_ANSWERS: dict[str, type[NoteLineOut]] = {
    "Invoice": InvoiceLineOut,
    "CreditNote": CreditNoteLineOut,
    "DebitNote": NoteLineOut,
}
