"""The bodies in which documents with lines are sent.

Plain amounts are in base currency, `...InCurrency` ones in the document's (Q1), here and in `answers`. `taxDetails` are
in document currency (D8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from reskontra.accounts.wire.named import Segments
from reskontra.customers.wire.bodies import AddressUpdate
from reskontra.documents.document import CostType
from reskontra.documents.wire import names
from reskontra.domestic_services.rules.work_types import DeductionType
from reskontra.operations import LineOperation
from reskontra.receivables.wire.items import DocumentTypeText
from reskontra.web.wire import (
    Amount,
    Body,
    Day,
    Flag,
    Id,
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


class SaleLineUpdate(Body):
    """What all kinds of lines take."""

    operation: OneOf[LineOperation] | msgspec.UnsetType | None = msgspec.UNSET
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


class NoteLineUpdate(SaleLineUpdate):
    """What the lines of invoices, credit notes and debit notes take."""

    discount_code: Sent[Text30] = msgspec.UNSET


class CreditNoteLineUpdate(NoteLineUpdate):
    """A credit note's line."""

    refused_names: ClassVar[Mapping[str, str]] = names.NO_DEDUCTION_ON_LINES

    task_id: Sent[Text30] = msgspec.UNSET


class DebitNoteLineUpdate(NoteLineUpdate):
    """A debit note's line."""

    deductible: Sent[Flag] = sent("domesticServicesDeductible")
    item_type: Sent[OneOf[CostType]] = msgspec.UNSET
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

    operation: OneOf[LineOperation] | msgspec.UnsetType | None = msgspec.UNSET
    line_number: Sent[Whole] = sent("lineNbr")
    personal_id: Sent[Text30] = msgspec.UNSET
    amount: Sent[Amount] = msgspec.UNSET
    extra: Sent[Flag] = msgspec.UNSET


class RotRutUpdate(Body):
    """A deduction for domestic services (RRT-04)."""

    distributed_automatically: Sent[Flag] = sent("distributedAutomaticaly")
    type: Sent[OneOf[DeductionType]] = msgspec.UNSET
    apartment: Sent[Text255] = sent("appartment")
    estate: Sent[Text255] = msgspec.UNSET
    organisation_number: Sent[Text30] = sent("organizationNbr")
    distribution: list[RotRutDistributionUpdate] | msgspec.UnsetType | None = msgspec.UNSET


class ApplicationLineUpdate(Body):
    """A document that a credit note is applied to."""

    operation: OneOf[LineOperation] | msgspec.UnsetType | None = msgspec.UNSET
    document_type: Sent[DocumentTypeText] = msgspec.UNSET
    number: Sent[Text15] = sent("refNbr")
    amount_paid: Sent[Amount] = msgspec.UNSET


class SaleUpdate(Body):
    """What all kinds of documents take. They call their lines and some more differently; each takes all the names."""

    other_names: ClassVar[Mapping[str, str]] = names.LINES
    needed_in_post: ClassVar[frozenset[str]] = frozenset({"customer_number"})

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
    salesperson_id: Sent[Id] = sent("salesPersonID")
    salesperson: Sent[Text30] = msgspec.UNSET
    note: Sent[Text32000] = msgspec.UNSET
    branch_number: Sent[Text30] = msgspec.UNSET
    cash_account: Sent[Text30] = msgspec.UNSET
    dont_print: Sent[Flag] = msgspec.UNSET
    dont_email: Sent[Flag] = msgspec.UNSET


class DocumentUpdate(SaleUpdate):
    """What invoices and notes take."""

    currency_id: Sent[Text30] = msgspec.UNSET
    customer_reference: Sent[Text40] = sent("customerRefNumber")
    external_reference: Sent[Text40] = msgspec.UNSET
    exchange_rate: Sent[Rate] = msgspec.UNSET
    contact_id: Sent[Id] = sent("contact")


class OwedDocumentUpdate(DocumentUpdate):
    """What debit documents take besides: terms, dates and payment."""

    payment_method_id: Sent[Text30] = msgspec.UNSET
    terms_id: Sent[Text30] = sent("creditTermsId")
    cash_discount_date: Sent[Day] = msgspec.UNSET
    due_date: Sent[Day] = sent("documentDueDate")
    payment_reference: Sent[Text40] = msgspec.UNSET
    deductible: Sent[Flag] = sent("domesticServicesDeductibleDocument")


class OverdueChargeUpdate(OwedDocumentUpdate):
    """An overdue charge as it is sent."""

    refused_names: ClassVar[Mapping[str, str]] = {**names.NO_APPLICATIONS, **names.NO_VAT, **names.NO_ROT_RUT_DETAILS}

    lines: list[DebitNoteLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET


class EnteredDebitUpdate(OwedDocumentUpdate):
    """What invoices and debit notes take besides."""

    other_names: ClassVar[Mapping[str, str]] = {**names.LINES, **names.VAT_ROWS, **names.ADDRESSES}
    refused_names: ClassVar[Mapping[str, str]] = names.NO_APPLICATIONS

    rot_rut: RotRutUpdate | msgspec.UnsetType | None = sent("rotRutDetails")
    vat_rows: list[VatRowUpdate] | msgspec.UnsetType | None = sent("taxDetailLines")
    vat_zone_id: Sent[Text30] = sent("customerVatZoneId")
    invoice_contact: Sent[ContactUpdate] = msgspec.UNSET
    override_number_series: Sent[Flag] = msgspec.UNSET


class InvoiceUpdate(EnteredDebitUpdate):
    """An invoice as it is sent. What answers call `invoiceAddress` counts only without a `billingAddress`."""

    other_names: ClassVar[Mapping[str, str]] = {**names.LINES, **names.VAT_ROWS}

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

    other_names: ClassVar[Mapping[str, str]] = {**names.LINES, **names.VAT_ROWS, **names.ADDRESSES}
    refused_names: ClassVar[Mapping[str, str]] = names.NO_DEDUCTION

    vat_zone_id: Sent[Text30] = sent("customerVatZoneId")
    invoice_contact: Sent[ContactUpdate] = msgspec.UNSET
    override_number_series: Sent[Flag] = msgspec.UNSET
    lines: list[CreditNoteLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET
    invoice_address: Sent[InvoiceAddressUpdate] = msgspec.UNSET
    project_id: Sent[Text30] = sent("project")
    vat_rows: list[VatRowUpdate] | msgspec.UnsetType | None = sent("taxDetails")
    application_lines: list[ApplicationLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET
    send_to_auto_invoice: Sent[Flag] = msgspec.UNSET


class DebitNoteUpdate(EnteredDebitUpdate):
    """A debit note as it is sent."""

    lines: list[DebitNoteLineUpdate] | msgspec.UnsetType | None = msgspec.UNSET
    invoice_address: Sent[InvoiceAddressUpdate] = msgspec.UNSET


class CashSaleLineUpdate(SaleLineUpdate):
    """A cash sale's line."""

    refused_names: ClassVar[Mapping[str, str]] = names.CASH_SALE_LINES_HAVE_NO


class CashSaleUpdate(SaleUpdate):
    """A cash sale as it is sent, or what changes of it or of its return (CSA-01).

    The contract has no `currencyId` and no `exchangeRate` here. They are understood as on invoices: if they were not, a
    sale in euros would be booked in the customer's currency.
    """

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"customer_number", "payment_reference"})
    refused_names: ClassVar[Mapping[str, str]] = names.CASH_SALE_HAS_NO

    payment_method_id: Sent[Text30] = msgspec.UNSET
    terms_id: Sent[Text30] = sent("creditTermsId")
    payment_reference: Sent[Text40] = msgspec.UNSET
    currency_id: Sent[Text30] = msgspec.UNSET
    exchange_rate: Sent[Rate] = msgspec.UNSET
    lines: list[CashSaleLineUpdate] | msgspec.UnsetType | None = sent("cashSaleLines")


class CorrectedUpdate(Body):
    """The document that a credit note or a debit note corrects; an invoice unless it says otherwise."""

    document_type: Sent[DocumentTypeText] = msgspec.UNSET
    number: Sent[Text15] = sent("referenceNumber")


class LineVatDateUpdate(Body):
    """A line with a VAT date of its own."""

    line_number: Sent[Whole] = msgspec.UNSET
    vat_date: Sent[Day] = msgspec.UNSET


class VatUpdate(Body):
    """What law asks of a document and the contract has no field for (decision 0027)."""

    vat_date: Sent[Day] = msgspec.UNSET
    corrects: Sent[CorrectedUpdate] = msgspec.UNSET
    lines: list[LineVatDateUpdate] | msgspec.UnsetType | None = msgspec.UNSET
