"""A document as an e-invoice: the ledger's figures and settings in the terms of EN 16931 (EHF-02, EHF-04, TOT-06)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import Document, Line
from reskontra.documents.rules.e_invoice_parties import account_of, buyer_of, seller_of
from reskontra.documents.rules.links import vat_date_of
from reskontra.e_invoices.e_invoice import NOT_SUBJECT_TO_VAT, Allowance, EInvoice, Reference, VatGroup
from reskontra.e_invoices.e_invoice import Line as SentLine
from reskontra.e_invoices.rules.checks import is_percentage
from reskontra.e_invoices.rules.units import unit_code
from reskontra.errors import Refused
from reskontra.kinds import Kind
from reskontra.money import HUNDRED, ONE, PRICE_DECIMALS, ZERO, divide, multiply, round_money, total
from reskontra.vat.rules.codes import EuReportCode, SalesArea, VatId, charged_rate

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.documents.rules.issuing import Shown
    from reskontra.reference.reference import Reference as Books

_DECIMALS = 2
_DISCOUNT = "95"  # UNCL 5189

_EXEMPTION_CODES = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", NOT_SUBJECT_TO_VAT: "VATEX-EU-O"}
_EXEMPTIONS = {
    "E": "Exempt from VAT", "AE": "Reverse charge", "K": "Intra-community supply", "G": "Export outside the EU",
    NOT_SUBJECT_TO_VAT: "Not subject to VAT",
}  # fmt: skip
"""What is said if the VAT id says nothing."""


@dataclass(frozen=True, slots=True)
class _Words:
    """What an e-invoice says in the seller's language."""

    discount: str
    charge: str
    cash_discount: str
    credited: str


_ENGLISH = _Words("Discount", "Charge", "Cash discount {amount} {currency} until {day}", "Credited to the customer")
_WORDS = {
    "NO": _Words("Rabatt", "Tillegg", "Kontantrabatt {amount} {currency} til {day}", "Krediteres kunden"),
    "SE": _Words("Rabatt", "Tillägg", "Kassarabatt {amount} {currency} till {day}", "Krediteras kunden"),
}


def goes_electronically(kind: Kind, document: Document, debtor: Debtor) -> bool:
    """Whether release sends a document as an e-invoice: if the customer takes them, and unless it says no (EHF-06)."""
    return debtor.accept_auto_invoices and document.send_to_auto_invoice and kind.e_invoice_type is not None


def e_invoice_of(
    kind: Kind,
    document: Document,
    shown: Shown,
    debtor: Debtor,
    reference: Books,
    *,
    referred: Iterable[tuple[str, date]] = (),
) -> EInvoice:
    """The e-invoice of a document. `shown` is what it shows since its release, `referred` the documents that it is
    about.

    Refused: a line with more than one VAT id, and a deduction that an authority pays, as EN 16931 has no form for them.
    """
    if document.deduction is not None:
        raise Refused(
            f"The {kind.noun} {document.number} cannot be sent as an e-invoice: it deducts what the tax authority pays,"
            " and an e-invoice has no place for that.",
            hint="Set sendToAutoInvoice of the document to false to send it another way.",
        )
    seller = seller_of(document, shown, reference)
    words = _WORDS.get(seller.country_id or "", _ENGLISH)
    categories = _categories(document, reference)
    lines = tuple(_line(line, document, categories, reference, words) for line in document.lines)
    groups = _vat_groups(document, lines, categories, shown)
    is_foreign = document.currency_id != reference.base_currency
    has_goods_in_eu = any(group.category == "K" for group in groups)
    particulars = document.particulars
    return EInvoice(
        type_code=kind.e_invoice_type or "",
        number=document.number,
        issue_date=document.document_date,
        due_date=document.due_date,
        note=_text(document.invoice_text),
        currency_id=document.currency_id,
        accounting_currency_id=reference.base_currency if is_foreign else None,
        accounting_reference=_text(particulars.get("accounting_cost_reference")),
        buyer_reference=_text(document.external_reference) or _text((document.invoice_contact or {}).get("attention")),
        order_reference=_text(document.customer_reference),
        contract_reference=_text(particulars.get("contract_document_reference")),
        originator_reference=_text(particulars.get("originator_document_reference")),
        start_date=_day(particulars.get("start_date")),
        end_date=_day(particulars.get("end_date")),
        references=tuple(Reference(number, on) for number, on in referred),
        seller=seller,
        buyer=(buyer := buyer_of(document, shown, debtor)),
        delivery_date=vat_date_of(document) if has_goods_in_eu else None,
        delivered_to_country=buyer.country_id if has_goods_in_eu else None,
        payment_id=_text(document.payment_reference),
        account=None if kind.balance_sign < 0 else account_of(document, reference),
        payment_terms=_terms(document, shown, words),
        lines=lines,
        vat_groups=groups,
        net_total=total(line.net_amount for line in lines),
        vat_total=document.vat_total,
        vat_total_accounted=document.vat_total_base if is_foreign else None,
        gross_total=document.amount - document.rounding_difference,
        rounding=document.rounding_difference,
        payable=document.amount,
    )


def _terms(document: Document, shown: Shown, words: _Words) -> str | None:
    """The terms, with the cash discount in figures. What has no terms says at least what happens (BR-CO-25)."""
    said = [text for text in [_text(shown.terms_text)] if text]
    if document.cash_discount and document.cash_discount_date:
        amount, day = f"{document.cash_discount:.2f}", document.cash_discount_date.isoformat()
        said.append(words.cash_discount.format(amount=amount, currency=document.currency_id, day=day))
    if not said and document.due_date is None:
        said.append(words.credited)
    return "; ".join(said) or None


# Lines


def _line(line: Line, document: Document, categories: Mapping[int, str], reference: Books, words: _Words) -> SentLine:
    rate = _rate(line, document, reference)
    inclusive = line.vat_ids and reference.vat[line.vat_ids[0]].inclusive
    whole = HUNDRED + rate if inclusive else HUNDRED
    before_discount = _without_vat(line.extended_amount, whole)
    price = round_money(divide(multiply(line.unit_price, HUNDRED), whole), PRICE_DECIMALS)
    quantity, price, base_quantity = _priced(line.quantity, price, before_discount)
    name, _, more = (line.description or line.item_number or "").strip().partition("\n")
    return SentLine(
        number=line.line_number,
        name=name.strip(),
        description=_text(more),
        note=_text(line.note),
        item_number=_text(line.item_number),
        quantity=quantity,
        unit_code=unit_code(line.unit_id),
        price=price,
        base_quantity=base_quantity,
        net_amount=line.net_amount,
        allowances=_allowances(line, before_discount, words),
        vat_category=categories[line.line_number],
        vat_rate=rate,
        start_date=line.start_date,
        end_date=line.end_date,
    )


def _without_vat(amount: Decimal, whole: Decimal) -> Decimal:
    return amount if whole == HUNDRED else round_money(divide(multiply(amount, HUNDRED), whole), _DECIMALS)


def _priced(quantity: Decimal, price: Decimal, amount: Decimal) -> tuple[Decimal, Decimal, Decimal | None]:
    """Quantity, price and price base that multiply to an amount, with a price that is never negative (BR-27).

    An amount that was entered, or lost its VAT, may be no multiple of a price; then it is itself the price of the
    whole quantity, so that nothing is lost by rounding (PEPPOL-EN16931-R120).
    """
    size = abs(quantity)
    signed = size.copy_sign(amount) if amount else quantity
    price = abs(price)
    if round_money(multiply(signed, price), _DECIMALS) == amount:
        return signed, price, None
    if size == ZERO:
        return ONE.copy_sign(amount), abs(amount), None
    price = round_money(divide(abs(amount), size), PRICE_DECIMALS)
    if round_money(multiply(signed, price), _DECIMALS) == amount:
        return signed, price, None
    return signed, abs(amount), size


def _allowances(line: Line, before_discount: Decimal, words: _Words) -> tuple[Allowance, ...]:
    """The line's discount. What makes a negative line smaller is a charge, and so is a discount below zero."""
    discount = before_discount - line.net_amount
    if discount == ZERO:
        return ()
    is_charge, reduces = discount < ZERO, (discount > ZERO) == (before_discount > ZERO)
    told: dict[str, Any] = {}
    if not is_charge and before_discount > ZERO and is_percentage(before_discount, line.discount_percent, discount):
        told = {"base": before_discount, "percent": line.discount_percent}
    return (
        Allowance(
            is_charge=is_charge,
            amount=abs(discount),
            reason=words.discount if reduces else words.charge,
            reason_code=None if is_charge else _DISCOUNT,
            **told,
        ),
    )


# VAT


def _categories(document: Document, reference: Books) -> dict[int, str]:
    """The VAT category of each line, by its number (EHF-04).

    What is not subject to VAT may not stand beside anything else (BR-O-11), so there it is told as exempt.
    """
    zone = reference.vat_zones.get(document.vat_zone_id or "")
    area = zone.area if zone else SalesArea.DOMESTIC
    found = {}
    for line in document.lines:
        if len(line.vat_ids) > 1:
            raise Refused(
                f"The document {document.number} cannot be sent as an e-invoice."
                f" [BR-CO-04] Line {line.line_number} has {len(line.vat_ids)} VAT ids ({', '.join(line.vat_ids)}),"
                " and an e-invoice takes one for each line.",
                hint="Choose a VAT code with one id, or set sendToAutoInvoice of the document to false.",
            )
        rate = _rate(line, document, reference)
        found[line.line_number] = (
            _category(reference.vat[line.vat_ids[0]], rate, area) if line.vat_ids else NOT_SUBJECT_TO_VAT
        )
    if len(set(found.values())) > 1:
        found = {number: "E" if it == NOT_SUBJECT_TO_VAT else it for number, it in found.items()}
    return found


def _category(vat: VatId, rate: Decimal, area: SalesArea) -> str:
    """UNCL 5305. What is exempt and reported to nobody is not subject to VAT."""
    if rate > ZERO:
        return "S"
    if vat.exempt:
        return "E" if vat.agency_number else NOT_SUBJECT_TO_VAT
    if vat.eu_report_code is EuReportCode.GOODS:
        return "K"
    if vat.reverse_charge or vat.eu_report_code is not None:
        return "AE"
    return "Z" if area is SalesArea.DOMESTIC else "G"


def _rate(line: Line, document: Document, reference: Books) -> Decimal:
    """The rate that the line was taxed with: the document's row says it, unless there are several of its VAT id."""
    if not line.vat_ids:
        return ZERO
    rates = [row.rate for row in document.vat if row.vat_id == line.vat_ids[0]]
    if len(rates) == 1:
        return rates[0]
    return charged_rate(reference.vat[line.vat_ids[0]], line.vat_date or vat_date_of(document))


def _vat_groups(
    document: Document, lines: Sequence[SentLine], categories: Mapping[int, str], shown: Shown
) -> tuple[VatGroup, ...]:
    """The breakdown: a group for each category and rate, whatever VAT ids the lines have, with the ledger's VAT."""
    of_id = {line.vat_ids[0]: categories[line.line_number] for line in document.lines if line.vat_ids}
    vat: dict[tuple[str, Decimal], Decimal] = {}
    said: dict[str, list[str]] = {}
    texts = {text.vat_id: text.text or text.description for text in shown.vat_texts}
    for row in document.vat:
        category = of_id[row.vat_id]
        vat[category, row.rate] = vat.get((category, row.rate), ZERO) + row.vat
        said.setdefault(category, []).append(texts.get(row.vat_id, ""))
    taxable: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        key = line.vat_category, line.vat_rate
        taxable[key] = taxable.get(key, ZERO) + line.net_amount
    return tuple(
        VatGroup(
            category=category,
            rate=rate,
            taxable=taxable[category, rate],
            vat=vat.get((category, rate), ZERO),
            reason=_reason(category, said.get(category, [])),
            reason_code=_EXEMPTION_CODES.get(category),
        )
        for category, rate in sorted(taxable)
    )


def _reason(category: str, said: Iterable[str]) -> str | None:
    standard = _EXEMPTIONS.get(category)
    return ("; ".join(dict.fromkeys(text for text in said if text)) or standard) if standard else None


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None


def _day(value: str | date | None) -> date | None:
    """A particular as a date, which is kept as it was written."""
    if value is None or isinstance(value, date):
        return value
    found = re.match(r"\d{4}-\d{2}-\d{2}", value)
    return date.fromisoformat(found.group()) if found else None
