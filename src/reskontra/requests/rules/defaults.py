"""Which fields of what a request made it did not send, what they became, and where that came from.

Where a value came from is not recorded when it is made, but found out afterwards: a source is named if it has the same
value now, or if the field has no other one. What is sent is by attribute (`web/wire.py` changes); what is read, and the
sources, are JSON as the API answers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Origin(StrEnum):
    """Where a value came from. `REQUEST`: it follows from what was sent. `ELSEWHERE`: its source has another by now."""

    ITEM = "item"
    CUSTOMER = "customer"
    CUSTOMER_CLASS = "customerClass"
    TERMS = "terms"
    PAYMENT_METHOD = "paymentMethod"
    COMPANY = "company"
    SERIES = "series"
    TODAY = "today"
    DOCUMENT = "document"
    FIXED = "fixed"
    REQUEST = "request"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Default:
    """A field that was not sent. `attribute` is our name, `line` the position of its line from 0; `at` is the field of
    the source, where one has the same value."""

    attribute: str
    value: Any
    origin: Origin
    line: int | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What values may have come from, as the API answers it now. `items` are by number in lower case."""

    customer: Any = None
    customer_class: Any = None
    items: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that is sent as one of `attributes`, read at `path`, and taken from the first source that has a value:
    `(origin, path in it)`, where `!` is the opposite of a flag. `otherwise` is where it comes from if none has any."""

    attributes: tuple[str, ...]
    path: str
    sources: tuple[tuple[Origin, str], ...] = ()
    otherwise: Origin = Origin.ELSEWHERE


_CUSTOMER, _ITEM, _CLASS, _COMPANY = Origin.CUSTOMER, Origin.ITEM, Origin.CUSTOMER_CLASS, Origin.COMPANY

_DOCUMENT = (
    _Field(("number",), "referenceNumber", (), Origin.SERIES),
    _Field(("document_date",), "documentDate", (), Origin.TODAY),
    _Field(("post_period", "financial_period"), "postPeriod", (), Origin.DOCUMENT),
    _Field(("currency_id",), "currencyId", ((_CUSTOMER, "currencyId"),), _COMPANY),
    _Field(("terms_id",), "creditTerms.id", ((_CUSTOMER, "creditTerms.id"),)),
    _Field(("due_date",), "documentDueDate", (), Origin.TERMS),
    _Field(("cash_discount_date",), "cashDiscountDate", (), Origin.TERMS),
    _Field(("payment_method_id",), "paymentMethod.id", ((_CUSTOMER, "defaultPaymentMethodId"),)),
    _Field(("cash_account",), "cashAccount", (), Origin.PAYMENT_METHOD),
    _Field(("location_cd",), "location.id", ((_CUSTOMER, "location.id"),)),
    _Field(("vat_zone_id",), "customerVatZone.id", ((_CUSTOMER, "vatZone.id"),), _COMPANY),
    _Field(("salesperson", "salesperson_id"), "salesPerson.id", (), _CUSTOMER),
    _Field(("branch_number",), "branchNumber.number", (), _COMPANY),
    _Field(("hold",), "hold", (), _COMPANY),
    _Field(("dont_print",), "dontPrint", ((_CUSTOMER, "!printInvoices"),)),
    _Field(("dont_email",), "dontEmail", ((_CUSTOMER, "!sendInvoicesByEmail"),)),
    _Field(("send_to_auto_invoice",), "sendToAutoInvoice", ((_CUSTOMER, "acceptAutoInvoices"),)),
    _Field(("payment_reference",), "paymentReference", (), _COMPANY),
    _Field(("invoice_address",), "invoiceAddress.addressLine1", ((_CUSTOMER, "invoiceAddress.addressLine1"),)),
    _Field(("invoice_contact",), "invoiceContact.email", ((_CUSTOMER, "invoiceContact.email"),)),
)
_KINDS_OF_SALE = ("salesAccount", "salesNonTaxableAccount", "salesEuAccount", "salesExportAccount")
_LINE = (
    _Field(("description",), "description", ((_ITEM, "description"),)),
    _Field(("unit_price", "manual_amount"), "unitPrice", ((_ITEM, "defaultPrice"),)),
    _Field(("vat_category_id",), "vatCode.id", ((_ITEM, "vatCode.id"), (_CUSTOMER, "vatZone.defaultVatCategory"))),
    _Field(
        ("account_number",),
        "account.number",
        (
            *((_ITEM, f"accountInformation.{name}.number") for name in _KINDS_OF_SALE),
            *((_CUSTOMER, f"glAccounts.{name}.number") for name in _KINDS_OF_SALE),
        ),
    ),
    _Field(("subaccount",), "subaccount.subaccountNumber", (), _COMPANY),
    _Field(("unit_id",), "uom", ((_ITEM, "salesUnit"), (_ITEM, "baseUnit"))),
    _Field(("branch_number",), "branchNumber.number", (), Origin.DOCUMENT),
)
_PAYMENT = (
    _Field(("number",), "refNbr", (), Origin.SERIES),
    _Field(("application_date",), "applicationDate", (), Origin.TODAY),
    _Field(("application_period",), "applicationPeriod", (), Origin.DOCUMENT),
    _Field(("currency_id",), "currency", ((_CUSTOMER, "currencyId"),), _COMPANY),
    _Field(("payment_method_id",), "paymentMethod.id", ((_CUSTOMER, "defaultPaymentMethodId"),)),
    _Field(("cash_account",), "cashAccount", (), Origin.PAYMENT_METHOD),
    _Field(("location_cd",), "location.id", ((_CUSTOMER, "location.id"),)),
    _Field(("branch_number",), "branch", (), _COMPANY),
    _Field(("hold",), "hold", (), _COMPANY),
)
NEW_CUSTOMER = (
    _Field(("number",), "number", (), Origin.SERIES),
    _Field(("status",), "status", (), Origin.FIXED),
    _Field(("customer_class_id",), "customerClass.id", (), _COMPANY),
    _Field(("currency_id",), "currencyId", (), _CLASS),
    _Field(("terms_id",), "creditTerms.id", (), _CLASS),
    _Field(("vat_zone_id",), "vatZone.id", ((_CLASS, "taxZoneId"),), _CLASS),
    _Field(("default_payment_method",), "defaultPaymentMethodId", ((_CLASS, "paymentMethodId"),), _CLASS),
    _Field(("credit_verification",), "creditVerification", (), _CLASS),
    _Field(("credit_limit",), "creditLimit", (), _CLASS),
    _Field(("statement_type",), "statementType", (), _CLASS),
    _Field(("print_invoices",), "printInvoices", (), _CLASS),
    _Field(("email_invoices",), "sendInvoicesByEmail", (), _CLASS),
    _Field(("print_dunning_letters",), "printDunningLetters", (), _CLASS),
    _Field(("invoice_address",), "invoiceAddress.addressLine1", ((_CUSTOMER, "mainAddress.addressLine1"),)),
    _Field(("delivery_address",), "deliveryAddress.addressLine1", ((_CUSTOMER, "mainAddress.addressLine1"),)),
    _Field(("invoice_contact",), "invoiceContact.email", ((_CUSTOMER, "mainContact.email"),)),
)
_LISTS = ("invoiceLines", "cashSaleLines", "lines")
_BY_TERMS = ("due_date", "cash_discount_date")


def customer_of(read: Any) -> str | None:
    """The number of the customer of what reads like this: a document, a payment."""
    number = _at(read, "customer.number")
    return number if isinstance(number, str) else None


def class_of(read: Any) -> str | None:
    """The class of a customer."""
    name = _at(read, "customerClass.id")
    return name if isinstance(name, str) else None


def items_of(read: Any) -> list[str]:
    """The numbers of the items on its lines, each once."""
    return list(dict.fromkeys(str(number) for line in _lines(read) if (number := _at(line, "inventoryNumber"))))


def filled(sent: Mapping[str, Any], read: Any, sources: Sources) -> list[Default]:
    """What a request to make `read` left out, with its value and where that came from.

    Known are documents, payments and customers; of anything else nothing is.
    """
    fields: Sequence[_Field]
    if _at(read, "refNbr") and _at(read, "paymentLines") is not None:
        fields = _PAYMENT
    elif _at(read, "documentType") and _at(read, "customer"):
        fields = _DOCUMENT
    elif _at(read, "customerClass"):
        fields = NEW_CUSTOMER
    else:
        return []
    offers = {Origin.CUSTOMER: sources.customer, Origin.CUSTOMER_CLASS: sources.customer_class}
    if fields is NEW_CUSTOMER:
        offers[Origin.CUSTOMER] = read
    found = list(_filled(fields, sent, read, None, offers))
    lines, sent_lines = _lines(read), sent.get("lines") or []
    if fields is _DOCUMENT and len(sent_lines) == len(lines):  # a line with no operation is none
        for position, (said, line) in enumerate(zip(sent_lines, lines, strict=True)):
            item = sources.items.get(str(_at(line, "inventoryNumber")).lower())
            found += _filled(_LINE, said, line, position, offers | {Origin.ITEM: item})
    return found


def followed(sent: Mapping[str, Any], changed: Mapping[str, Any]) -> list[Default]:
    """What a change did to attributes that it did not name. `changed` has their old and new values, as the log of
    changes does."""
    return [
        Default(name, told[1], Origin.TERMS if name in _BY_TERMS else Origin.REQUEST)
        for name, told in changed.items()
        if name not in sent and isinstance(told, list) and len(told) == 2 and not isinstance(told[1], dict | list)
    ]


def _filled(
    fields: Sequence[_Field], sent: Mapping[str, Any], read: Any, line: int | None, offers: Mapping[Origin, Any]
) -> Iterator[Default]:
    for it in fields:
        value = _at(read, it.path)
        if value is not None and not any(sent.get(name) is not None for name in it.attributes):
            origin, at = _origin(it, value, offers)
            yield Default(it.attributes[0], value, origin, line, at)


def _origin(it: _Field, value: Any, offers: Mapping[Origin, Any]) -> tuple[Origin, str | None]:
    is_offered = False
    for origin, path in it.sources:
        name = path.removeprefix("!")
        offered = _at(offers.get(origin), name)
        if offered is not None:
            is_offered = True
            if value == (not offered if path.startswith("!") else offered):
                return origin, name
    return (Origin.ELSEWHERE if is_offered else it.otherwise), None


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _lines(read: Any) -> list[Any]:
    found: Any = next((_at(read, name) for name in _LISTS if _at(read, name) is not None), [])
    return found if isinstance(found, list) else []
