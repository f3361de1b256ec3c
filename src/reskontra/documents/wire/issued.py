"""How what a document has shown since its release looks on the wire, an address of our own."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from reskontra.documents.rules.issuing import Party
from reskontra.documents.store.lists import IssuedDocument
from reskontra.web.wire import Answer, MomentOut, field, local_text


class IssuedAddressAnswer(Answer, kw_only=True):
    """A postal address."""

    line_1: str | None = field(name="addressLine1", default=None)
    line_2: str | None = field(name="addressLine2", default=None)
    line_3: str | None = field(name="addressLine3", default=None)
    postal_code: str | None = None
    city: str | None = None
    county: str | None = None
    country_id: str | None = None


class PartyAnswer(Answer, kw_only=True):
    """The seller or the buyer as the document names it."""

    number: str | None = None
    name: str
    branch_name: str | None = None
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    country_id: str | None = None
    address: IssuedAddressAnswer


class VatTextAnswer(Answer, kw_only=True):
    """What the document says of a VAT id."""

    vat_id: str
    description: str
    text: str | None = field(name="documentText", default=None)


class IssuedDocumentAnswer(Answer, kw_only=True):
    """What a released document shows besides its figures, lines and texts, whatever has become of the customer since.

    `takenDateTime` is when it was released, or for documents older than this record, since when it is kept.
    """

    document_type: str
    number: str = field(name="referenceNumber")
    released_at: MomentOut = field(name="releasedDateTime")
    taken_at: MomentOut = field(name="takenDateTime")
    seller: PartyAnswer
    buyer: PartyAnswer
    terms_text: str | None = None
    vat_texts: list[VatTextAnswer]
    warnings: list[str]


def issued_answer(found: IssuedDocument, zone: ZoneInfo) -> IssuedDocumentAnswer:
    """What a document shows."""
    shown = found.shown
    return IssuedDocumentAnswer(
        document_type=found.document_type,
        number=found.number,
        released_at=local_text(found.released_at, zone),
        taken_at=local_text(found.taken_at, zone),
        seller=_party(shown.seller),
        buyer=_party(shown.buyer),
        terms_text=shown.terms_text,
        vat_texts=[
            VatTextAnswer(vat_id=said.vat_id, description=said.description, text=said.text) for said in shown.vat_texts
        ],
        warnings=list(shown.warnings),
    )


def _party(party: Party) -> PartyAnswer:
    address: dict[str, Any] = party.address
    return PartyAnswer(
        number=party.number,
        name=party.name,
        branch_name=party.branch_name,
        corporate_id=party.corporate_id,
        vat_registration_id=party.vat_registration_id,
        country_id=party.country_id,
        address=IssuedAddressAnswer(**address),
    )
