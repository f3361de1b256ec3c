"""An e-invoice as UBL 2.1: the Invoice or CreditNote of Peppol BIS Billing 3.0, which EHF Billing 3.0 is (EHF-01)."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from reskontra.e_invoices.e_invoice import (
    NOT_SUBJECT_TO_VAT,
    Allowance,
    Attachment,
    EInvoice,
    Identifier,
    Line,
    Party,
    Reference,
    VatGroup,
)
from reskontra.e_invoices.rules.enclosing import media_type_of
from reskontra.money import ZERO

SPECIFICATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CREDIT_TRANSFER = "30"
_TWO_PLACES = Decimal("0.01")

_NEVER_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def written(invoice: EInvoice) -> str:
    """The XML, as a text in which no element is empty. The same invoice gives the same text."""
    name = "CreditNote" if invoice.is_credit else "Invoice"
    root = Element(
        name,
        {
            "xmlns": f"{_UBL}{name}-2",
            "xmlns:cac": f"{_UBL}CommonAggregateComponents-2",
            "xmlns:cbc": f"{_UBL}CommonBasicComponents-2",
        },
    )
    _head(root, invoice)
    _referred(root, invoice)
    _party(SubElement(root, "cac:AccountingSupplierParty"), invoice.seller, invoice)
    _party(SubElement(root, "cac:AccountingCustomerParty"), invoice.buyer, invoice)
    _delivery(root, invoice)
    _payment(root, invoice)
    _vat(root, invoice)
    _totals(root, invoice)
    for line in invoice.lines:
        _line(root, line, invoice)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _head(root: Element, invoice: EInvoice) -> None:
    _say(root, "CustomizationID", SPECIFICATION)
    _say(root, "ProfileID", PROCESS)
    _say(root, "ID", invoice.number)
    _say(root, "IssueDate", invoice.issue_date)
    if invoice.is_credit:
        _say(root, "CreditNoteTypeCode", invoice.type_code)
    else:
        _say(root, "DueDate", invoice.due_date)
        _say(root, "InvoiceTypeCode", invoice.type_code)
    _say(root, "Note", invoice.note)
    _say(root, "DocumentCurrencyCode", invoice.currency_id)
    _say(root, "TaxCurrencyCode", invoice.accounting_currency_id)
    _say(root, "AccountingCost", invoice.accounting_reference)
    _say(root, "BuyerReference", invoice.buyer_reference)
    _period(root, invoice.start_date, invoice.end_date)


def _referred(root: Element, invoice: EInvoice) -> None:
    _refer(root, "OrderReference", invoice.order_reference)
    for reference in invoice.references:
        _billed(root, reference)
    if not invoice.is_credit:
        _refer(root, "OriginatorDocumentReference", invoice.originator_reference)
    _refer(root, "ContractDocumentReference", invoice.contract_reference)
    for attachment in invoice.attachments:
        _enclose(root, attachment)
    if invoice.is_credit:
        _refer(root, "OriginatorDocumentReference", invoice.originator_reference)


def _enclose(root: Element, attachment: Attachment) -> None:
    reference = SubElement(root, "cac:AdditionalDocumentReference")
    _say(reference, "ID", attachment.name)
    element = SubElement(SubElement(reference, "cac:Attachment"), "cbc:EmbeddedDocumentBinaryObject")
    element.set("mimeCode", media_type_of(attachment.name) or "")
    element.set("filename", attachment.name)
    element.text = b64encode(attachment.content or b"").decode()


def _billed(root: Element, reference: Reference) -> None:
    billed = SubElement(SubElement(root, "cac:BillingReference"), "cac:InvoiceDocumentReference")
    _say(billed, "ID", reference.number)
    _say(billed, "IssueDate", reference.issue_date)


def _party(parent: Element, party: Party, invoice: EInvoice) -> None:
    element = SubElement(parent, "cac:Party")
    _identify(element, "EndpointID", party.endpoint)
    if party.identifier is not None:
        _identify(SubElement(element, "cac:PartyIdentification"), "ID", party.identifier)
    _say(SubElement(element, "cac:PartyName"), "Name", party.name)
    _address(SubElement(element, "cac:PostalAddress"), party)
    # Nobody has a VAT number where nothing is subject to VAT (BR-O-02).
    if not any(group.category == NOT_SUBJECT_TO_VAT for group in invoice.vat_groups):
        _tax_scheme(element, party.vat_number, "VAT")
    _tax_scheme(element, party.tax_registration, "TAX")
    legal = SubElement(element, "cac:PartyLegalEntity")
    _say(legal, "RegistrationName", party.name)
    _identify(legal, "CompanyID", party.legal_id)
    if party.contact_name or party.phone or party.email:
        contact = SubElement(element, "cac:Contact")
        _say(contact, "Name", party.contact_name)
        _say(contact, "Telephone", party.phone)
        _say(contact, "ElectronicMail", party.email)


def _address(element: Element, party: Party) -> None:
    _say(element, "StreetName", party.street)
    _say(element, "AdditionalStreetName", party.additional_street)
    _say(element, "CityName", party.city)
    _say(element, "PostalZone", party.postal_code)
    _say(element, "CountrySubentity", party.county)
    if party.address_line:
        _say(SubElement(element, "cac:AddressLine"), "Line", party.address_line)
    if party.country_id:
        _say(SubElement(element, "cac:Country"), "IdentificationCode", party.country_id)


def _tax_scheme(party: Element, number: str | None, scheme: str) -> None:
    if number:
        element = SubElement(party, "cac:PartyTaxScheme")
        _say(element, "CompanyID", number)
        _say(SubElement(element, "cac:TaxScheme"), "ID", scheme)


def _delivery(root: Element, invoice: EInvoice) -> None:
    if invoice.delivery_date is None and not invoice.delivered_to_country:
        return
    element = SubElement(root, "cac:Delivery")
    _say(element, "ActualDeliveryDate", invoice.delivery_date)
    if invoice.delivered_to_country:
        address = SubElement(SubElement(element, "cac:DeliveryLocation"), "cac:Address")
        _say(SubElement(address, "cac:Country"), "IdentificationCode", invoice.delivered_to_country)


def _payment(root: Element, invoice: EInvoice) -> None:
    if invoice.account is not None:
        means = SubElement(root, "cac:PaymentMeans")
        _say(means, "PaymentMeansCode", _CREDIT_TRANSFER)
        _say(means, "PaymentID", invoice.payment_id)
        account = SubElement(means, "cac:PayeeFinancialAccount")
        _say(account, "ID", invoice.account.number)
        if invoice.account.branch:
            _say(SubElement(account, "cac:FinancialInstitutionBranch"), "ID", invoice.account.branch)
    if invoice.payment_terms:
        _say(SubElement(root, "cac:PaymentTerms"), "Note", invoice.payment_terms)


def _vat(root: Element, invoice: EInvoice) -> None:
    element = SubElement(root, "cac:TaxTotal")
    _pay(element, "TaxAmount", invoice.vat_total, invoice)
    for group in invoice.vat_groups:
        subtotal = SubElement(element, "cac:TaxSubtotal")
        _pay(subtotal, "TaxableAmount", group.taxable, invoice)
        _pay(subtotal, "TaxAmount", group.vat, invoice)
        _category(subtotal, "TaxCategory", group.category, group.rate, group)
    if invoice.accounting_currency_id and invoice.vat_total_accounted is not None:
        accounted = SubElement(SubElement(root, "cac:TaxTotal"), "cbc:TaxAmount")
        accounted.set("currencyID", invoice.accounting_currency_id)
        accounted.text = _amount(invoice.vat_total_accounted)


def _category(parent: Element, name: str, category: str, rate: Decimal, group: VatGroup | None = None) -> None:
    element = SubElement(parent, f"cac:{name}")
    _say(element, "ID", category)
    if category != NOT_SUBJECT_TO_VAT:
        _say(element, "Percent", _plain(rate))
    if group is not None:
        _say(element, "TaxExemptionReasonCode", group.reason_code)
        _say(element, "TaxExemptionReason", group.reason)
    _say(SubElement(element, "cac:TaxScheme"), "ID", "VAT")


def _totals(root: Element, invoice: EInvoice) -> None:
    element = SubElement(root, "cac:LegalMonetaryTotal")
    _pay(element, "LineExtensionAmount", invoice.net_total, invoice)
    _pay(element, "TaxExclusiveAmount", invoice.net_total, invoice)
    _pay(element, "TaxInclusiveAmount", invoice.gross_total, invoice)
    if invoice.rounding != ZERO:
        _pay(element, "PayableRoundingAmount", invoice.rounding, invoice)
    _pay(element, "PayableAmount", invoice.payable, invoice)


def _line(root: Element, line: Line, invoice: EInvoice) -> None:
    element = SubElement(root, "cac:CreditNoteLine" if invoice.is_credit else "cac:InvoiceLine")
    _say(element, "ID", line.number)
    _say(element, "Note", line.note)
    quantity = SubElement(element, "cbc:CreditedQuantity" if invoice.is_credit else "cbc:InvoicedQuantity")
    _count(quantity, line.quantity, line.unit_code)
    _pay(element, "LineExtensionAmount", line.net_amount, invoice)
    _period(element, line.start_date, line.end_date)
    for allowance in line.allowances:
        _allowance(element, allowance, invoice)
    item = SubElement(element, "cac:Item")
    _say(item, "Description", line.description)
    _say(item, "Name", line.name)
    if line.item_number:
        _say(SubElement(item, "cac:SellersItemIdentification"), "ID", line.item_number)
    _category(item, "ClassifiedTaxCategory", line.vat_category, line.vat_rate)
    price = SubElement(element, "cac:Price")
    amount = SubElement(price, "cbc:PriceAmount", {"currencyID": invoice.currency_id})
    amount.text = _plain(line.price)
    if line.base_quantity is not None:
        _count(SubElement(price, "cbc:BaseQuantity"), line.base_quantity, line.unit_code)


def _allowance(line: Element, allowance: Allowance, invoice: EInvoice) -> None:
    element = SubElement(line, "cac:AllowanceCharge")
    _say(element, "ChargeIndicator", "true" if allowance.is_charge else "false")
    _say(element, "AllowanceChargeReasonCode", allowance.reason_code)
    _say(element, "AllowanceChargeReason", allowance.reason)
    if allowance.percent is not None:
        _say(element, "MultiplierFactorNumeric", _plain(allowance.percent))
    _pay(element, "Amount", allowance.amount, invoice)
    if allowance.base is not None:
        _pay(element, "BaseAmount", allowance.base, invoice)


# What elements are made of


def _say(parent: Element, name: str, value: str | int | date | None) -> None:
    """A basic element, unless there is nothing to say (PEPPOL-EN16931-R008)."""
    text = "" if value is None else _NEVER_IN_XML.sub(" ", str(value)).strip()
    if text:
        SubElement(parent, f"cbc:{name}").text = text


def _identify(parent: Element, name: str, identifier: Identifier | None) -> None:
    if identifier is not None:
        _say(parent, name, identifier.value)
        if identifier.scheme:
            parent[-1].set("schemeID", identifier.scheme)


def _pay(parent: Element, name: str, amount: Decimal, invoice: EInvoice) -> None:
    SubElement(parent, f"cbc:{name}", {"currencyID": invoice.currency_id}).text = _amount(amount)


def _count(element: Element, quantity: Decimal, unit_code: str) -> None:
    element.set("unitCode", unit_code)
    element.text = _plain(quantity)


def _amount(amount: Decimal) -> str:
    return f"{amount.quantize(_TWO_PLACES):f}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _period(parent: Element, start: date | None, end: date | None) -> None:
    if start is not None or end is not None:
        element = SubElement(parent, "cac:InvoicePeriod")
        _say(element, "StartDate", start)
        _say(element, "EndDate", end)


def _refer(root: Element, name: str, number: str | None) -> None:
    if number and number.strip():
        _say(SubElement(root, f"cac:{name}"), "ID", number)
