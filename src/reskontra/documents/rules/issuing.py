"""What a document shows when it is released and must show for years: parties, terms, words on VAT (decision 0026)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import to_base
from reskontra.documents.document import Document
from reskontra.documents.rules.rates import rate_of
from reskontra.letterheads.rules import Letterhead, letterhead_of
from reskontra.printing.languages import language_of
from reskontra.records import Record, field
from reskontra.reference.rules.paper import PaperType

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.reference.reference import Reference

_ADDRESS = ("line_1", "line_2", "line_3", "postal_code", "city", "county", "country_id")


class Party(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who sold or bought: legal name, organisation number, VAT number, country (ISO 3166) and postal address."""

    name: str
    number: str | None = None
    """The customer's number."""

    branch_name: str | None = None
    """The seller's branch."""

    corporate_id: str | None = None
    vat_registration_id: str | None = None
    country_id: str | None = None
    address: dict[str, str] = field(default_factory=dict)


class VatText(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the document says of a VAT id: its description, and the text for documents if it has one."""

    vat_id: str
    description: str = ""
    text: str | None = None


class Printed(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What only paper shows: names and dates that may change after the release, and in which language it speaks."""

    language: str
    our_reference: str | None = None
    """The salesperson's name."""

    your_reference: str | None = None
    """The contact's name."""

    attention: str | None = None
    buyer_country: str | None = None
    """The country's name, unless it is the seller's own."""

    due_date: date | None = None
    cash_discount_date: date | None = None
    payment_method: str | None = None


class Shown(Record, frozen=True, kw_only=True):
    """What a document shows that neither its header nor its lines keep."""

    seller: Party
    buyer: Party
    terms_text: str | None = None
    vat_texts: tuple[VatText, ...] = ()
    warnings: tuple[str, ...] = ()
    printed: Printed | None = None
    letterhead: Letterhead | None = None


def shown_by(document: Document, debtor: Debtor, reference: Reference) -> Shown:
    """What the document shows as it is released. `debtor` is its customer at the document's location."""
    terms = reference.terms.get(document.terms_id or "")
    return Shown(
        seller=_seller(document, reference),
        buyer=_buyer(document, debtor),
        terms_text=terms.description if terms else None,
        vat_texts=tuple(_vat_text(vat_id, reference) for vat_id in dict.fromkeys(row.vat_id for row in document.vat)),
        warnings=(*_warnings(document, debtor, reference), *_rounding_warnings(document, reference)),
        printed=printed_by(document, debtor, reference),
        letterhead=letterhead_of(reference, document.branch_number, PaperType(document.document_type)),
    )


def printed_by(document: Document, debtor: Debtor, reference: Reference) -> Printed:
    """What its print shows besides, but for `your_reference`, which the releasing statement adds."""
    country_id = (document.invoice_address or {}).get("country_id") or debtor.main_address.country_id
    home = letterhead_of(reference, document.branch_number, PaperType(document.document_type)).country_id
    country = reference.countries.get(country_id or "")
    person = reference.salespersons.get(document.salesperson_id or 0)
    method = reference.payment_methods.get(document.payment_method_id or "")
    return Printed(
        language=language_of(debtor.locale, country_id or reference.country_id_of_company),
        our_reference=person.name if person else None,
        attention=(document.invoice_contact or {}).get("attention"),
        buyer_country=country.name if country and country_id != home else None,
        due_date=document.due_date,
        cash_discount_date=document.cash_discount_date if document.cash_discount else None,
        payment_method=method.description if method else None,
    )


def _seller(document: Document, reference: Reference) -> Party:
    branch = reference.branches[document.branch_number]
    at = branch.main_address
    address = {name: value for name in _ADDRESS if at is not None and (value := getattr(at, name))}
    return Party(
        name=reference.name,
        branch_name=branch.name,
        corporate_id=branch.corporate_id,
        vat_registration_id=branch.vat_registration_id,
        country_id=address.get("country_id") or branch.country_id or reference.country_id_of_company,
        address=address,
    )


def _buyer(document: Document, debtor: Debtor) -> Party:
    sent_to: dict[str, Any] = document.invoice_address or {}
    address = {name: value for name in _ADDRESS if (value := sent_to.get(name))}
    return Party(
        name=debtor.name,
        number=debtor.number,
        corporate_id=debtor.location.corporate_id,
        vat_registration_id=debtor.location.vat_registration_id,
        country_id=address.get("country_id"),
        address=address,
    )


def _vat_text(vat_id: str, reference: Reference) -> VatText:
    vat = reference.vat[vat_id]
    return VatText(vat_id=vat.vat_id, description=vat.description, text=vat.document_text)


def _rounding_warnings(document: Document, reference: Reference) -> Iterator[str]:
    """Whether it is rounded by more than the company wants, either way, in base currency (TOT-04)."""
    limit, decimals = reference.preferences.document_rounding.limit, reference.base_decimals
    rounded = to_base(document.rounding_difference, rate_of(document), decimals)
    if limit is not None and abs(rounded) > limit:
        base = reference.base_currency
        yield f"The total is rounded by {rounded:f} {base}, which is more than the company's limit of {limit:f} {base}."


def _warnings(document: Document, debtor: Debtor, reference: Reference) -> list[str]:
    """VAT that the buyer accounts for needs the buyer's VAT number on the document (VAT-12)."""
    if debtor.location.vat_registration_id:
        return []
    left_to_buyer = dict.fromkeys(
        row.vat_id for row in document.vat if row.reverse_charge or reference.vat[row.vat_id].eu_report_code is not None
    )
    return [
        f"VAT id {vat_id} leaves the VAT to the buyer, but customer {debtor.number} has no VAT number."
        for vat_id in left_to_buyer
    ]
