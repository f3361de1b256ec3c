"""Who sells and who buys on an e-invoice, and where to pay (EHF-05).

Names and addresses are those that the document shows since its release. Numbers are those of today: a wrong one can be
mended, and the document sent after all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stdnum import iban
from stdnum.exceptions import ValidationError

from reskontra.e_invoices.e_invoice import Account, Identifier, Party
from reskontra.e_invoices.rules.identifiers import (
    GLN,
    NORWEGIAN,
    SWEDISH,
    gln,
    organisation,
    read_identifier,
    vat_number,
)
from reskontra.e_invoices.rules.national import BANKGIRO, PLUSGIRO
from reskontra.reference.rules.branches import BranchContact

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor, Location
    from reskontra.documents.document import Document
    from reskontra.documents.rules.issuing import Party as ShownParty
    from reskontra.documents.rules.issuing import Shown
    from reskontra.reference.reference import Reference

_GIROS = ((re.compile(r"\d{3,4}-\d{4}"), BANKGIRO), (re.compile(r"\d{1,7}-\d"), PLUSGIRO))
_SCHEME = re.compile(r"\d{4}")


def seller_of(document: Document, shown: Shown, reference: Reference) -> Party:
    """The company, as the branch of the document shows it."""
    settings, branch = reference.preferences.e_invoices, reference.branches[document.branch_number]
    contact, country_id = branch.main_contact or BranchContact(), shown.seller.country_id
    legal_id = organisation(branch.corporate_id, country_id)
    endpoint = legal_id if legal_id is not None and legal_id.scheme else None
    if settings.endpoint:
        endpoint = read_identifier(settings.endpoint) or Identifier(settings.endpoint)
    return Party(
        endpoint=endpoint,
        legal_id=legal_id,
        vat_number=vat_number(branch.vat_registration_id, country_id),
        tax_registration=settings.tax_registration,
        country_id=country_id,
        contact_name=_said(contact.attention or contact.name),
        phone=_said(contact.phone_1),
        email=_said(contact.email),
        **_named_at(shown.seller),
    )


def buyer_of(document: Document, shown: Shown, debtor: Debtor) -> Party:
    """The customer at the location of the document."""
    location, contact = debtor.location, document.invoice_contact or {}
    country_id = shown.buyer.country_id or debtor.main_address.country_id
    own = organisation(location.corporate_id, country_id)
    return Party(
        endpoint=_endpoint(location, own),
        identifier=_identified(location.peppol_party_identification, location),
        legal_id=_legal_id(location, own),
        vat_number=vat_number(location.vat_registration_id, country_id),
        country_id=country_id,
        contact_name=_said(contact.get("attention") or contact.get("name")),
        phone=_said(contact.get("phone_1")),
        email=_said(contact.get("email")),
        **_named_at(shown.buyer),
    )


def account_of(document: Document, reference: Reference) -> Account | None:
    """The account of the branch: its IBAN, else its national number, which may be a Swedish giro."""
    bank = reference.branches[document.branch_number].bank
    if bank is None or not (bank.iban or bank.bban):
        return None
    bic = _said(bank.bic)
    if bank.iban:
        return Account(number=_compact_iban(bank.iban), branch=bic)
    number = (bank.bban or "").strip()
    for form, giro in _GIROS:
        if form.fullmatch(number):
            return Account(number=number.replace("-", ""), branch=giro)
    return Account(number=re.sub(r"[\s.-]", "", number), branch=bic)


def _compact_iban(number: str) -> str:
    try:
        return str(iban.validate(number))
    except ValidationError:
        return number.strip()


def _endpoint(location: Location, own: Identifier | None) -> Identifier | None:
    """Where the customer is found: what was set, else its GLN, else its organisation number if that has a scheme."""
    found = _identified(location.peppol_endpoint, location) or gln(location.gln)
    return found or (own if own is not None and own.scheme else None)


def _legal_id(location: Location, own: Identifier | None) -> Identifier | None:
    """A number that names no scheme is not taken for a registration if there is a better one."""
    told = _identified(location.peppol_party_legal, location)
    return told if told is not None and (told.scheme or own is None) else own


def _identified(text: str | None, location: Location) -> Identifier | None:
    """`scheme:number`, a scheme alone, whose number the location then has elsewhere, or a number without a scheme."""
    said = _said(text)
    if said is None:
        return None
    if not _SCHEME.fullmatch(said):
        return read_identifier(said) or Identifier(said)
    number = {GLN: location.gln, NORWEGIAN: location.corporate_id, SWEDISH: location.corporate_id}.get(
        said, location.vat_registration_id
    )
    return read_identifier(f"{said}:{number}") if number else Identifier("", said)


def _named_at(party: ShownParty) -> dict[str, Any]:
    at = party.address
    return {
        "name": party.name,
        "street": at.get("line_1"),
        "additional_street": at.get("line_2"),
        "address_line": at.get("line_3"),
        "city": at.get("city"),
        "postal_code": at.get("postal_code"),
        "county": at.get("county"),
    }


def _said(text: str | None) -> str | None:
    return (text or "").strip() or None
