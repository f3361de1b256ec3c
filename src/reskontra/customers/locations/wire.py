"""How locations look on the wire: bodies and answers."""

from __future__ import annotations

from typing import ClassVar

from reskontra.customers.locations.rules import Place
from reskontra.customers.wire.answers import AddressAnswer, ContactAnswer, VatZoneAnswer
from reskontra.customers.wire.bodies import AddressUpdate, ContactUpdate
from reskontra.customers.wire.rendering import address_answer, contact_answer, vat_zone_answer
from reskontra.reference.reference import Reference
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Flag,
    MomentOut,
    Sent,
    Text30,
    Text60,
    Text255,
    field,
    local_text,
    sent,
)


class PeppolUpdate(Body):
    """How the location is found in the Peppol network; stored and echoed."""

    endpoint: Sent[Text255] = UNSET
    party_identification: Sent[Text255] = UNSET
    party_legal: Sent[Text255] = UNSET


class LocationUpdate(Body):
    """The body of POST and PUT: absent is "not supplied", `{"value": null}` is "clear it"."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"customer_number", "location_cd"})

    customer_number: Sent[Text30] = sent("baccountId")
    location_cd: Sent[Text30] = sent("locationId")
    name: Sent[Text60] = sent("locationName")
    active: Sent[Flag] = UNSET
    address_is_main: Sent[Flag] = sent("addressIsSameAsMain")
    address: Sent[AddressUpdate] = UNSET
    contact_is_main: Sent[Flag] = sent("contactIsSameAsMain")
    contact: Sent[ContactUpdate] = UNSET
    vat_registration_id: Sent[Text255] = UNSET
    vat_zone_id: Sent[Text30] = sent("vatZone")
    edi_code: Sent[Text255] = UNSET
    gln: Sent[Text255] = UNSET
    corporate_id: Sent[Text255] = UNSET
    peppol: Sent[PeppolUpdate] = sent("peppolScheme")


class LocationCustomerAnswer(Answer):
    """Whose location it is."""

    internal_id: int
    number: str
    name: str


class PeppolAnswer(Answer):
    """How the location is found in the Peppol network."""

    endpoint: str | None = None
    party_identification: str | None = None
    party_legal: str | None = None


class PlaceAnswer(Answer, kw_only=True):
    """A location as GET shows it."""

    customer: LocationCustomerAnswer = field(name="baccount")
    location_cd: str = field(name="locationId")
    name: str = field(name="locationName")
    active: bool
    address: AddressAnswer
    contact: ContactAnswer
    vat_registration_id: str | None = None
    vat_zone: VatZoneAnswer | None = None
    edi_code: str | None = None
    gln: str | None = None
    corporate_id: str | None = None
    modified_at: MomentOut = field(name="lastModifiedDateTime")
    peppol: PeppolAnswer | None = field(default=None, name="peppolScheme")
    internal_id: int


def place_answer(place: Place, reference: Reference) -> PlaceAnswer:
    """A stored location as GET shows it; moments in the company's zone."""
    location = place.location
    if location.location_id is None or place.modified_at is None:
        raise ValueError("only a stored location can be shown")
    peppol = PeppolAnswer(
        endpoint=location.peppol_endpoint,
        party_identification=location.peppol_party_identification,
        party_legal=location.peppol_party_legal,
    )
    return PlaceAnswer(
        customer=LocationCustomerAnswer(
            internal_id=place.customer_id, number=place.customer_number, name=place.customer_name
        ),
        location_cd=location.location_cd,
        name=location.name,
        active=location.active,
        address=address_answer(place.address or place.main_address, reference),
        contact=contact_answer(place.contact or place.main_contact),
        vat_registration_id=location.vat_registration_id,
        vat_zone=vat_zone_answer(location.vat_zone_id, reference),
        edi_code=location.edi_code,
        gln=location.gln,
        corporate_id=location.corporate_id,
        modified_at=local_text(place.modified_at, reference.zone),
        peppol=peppol if peppol != PeppolAnswer() else None,
        internal_id=location.location_id,
    )
