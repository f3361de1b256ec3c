"""Making a location from what was sent and the customer's default location, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reskontra import records
from reskontra.codes import kept_or
from reskontra.customers.customer import Address, ContactDetails, Location, Status
from reskontra.customers.rules.addresses import check_mail, country_after
from reskontra.customers.rules.identifiers import check_location
from reskontra.customers.rules.standing import check_may
from reskontra.errors import Refused
from reskontra.records import Record, replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]

_TEXTS = ("vat_registration_id", "corporate_id", "gln", "edi_code")
_OF_ITS_OWN: dict[str, Any] = dict.fromkeys((*_TEXTS, "peppol_endpoint", "peppol_party_identification",
                                             "peppol_party_legal"))  # fmt: skip
"""What another location does not take over from the default one."""


class Place(Record, frozen=True, kw_only=True):
    """A location with its customer. `address` and `contact` are None while they follow the customer's main ones."""

    customer_id: int
    customer_number: str
    customer_name: str
    customer_class_id: str
    customer_status: Status
    is_default: bool
    location: Location
    address: Address | None = None
    contact: ContactDetails | None = None
    main_address: Address
    main_contact: ContactDetails
    version: int = 0
    modified_at: datetime | None = None

    @property
    def key(self) -> str:
        """Its key in the change log."""
        return f"{self.customer_number}/{self.location.location_cd}"


def new_place(home: Place, sent: Sent, reference: Reference) -> Place:
    """Another location of the customer whose default location is `home`, which supplies accounts and VAT zone."""
    check_may(home.customer_status, "edit", home.customer_number, ("customer_number",))
    location_cd = (sent.get("location_cd") or "").strip()
    if not location_cd:
        raise Refused("A location needs an id.", field=("location_cd",), hint="Send a text that is not blank.")
    named = replace(home.location, location_id=None, location_cd=location_cd, name=location_cd)
    location = replace(named, active=True, **_OF_ITS_OWN)
    place = replace(home, is_default=False, location=location, address=None, contact=None)
    return _checked(None, _with_sent(place, sent, reference), reference)


def changed_place(stored: Place, sent: Sent, reference: Reference) -> Place:
    """`stored` with what was sent; equal to it if nothing changes. Customer and id cannot change."""
    check_may(stored.customer_status, "edit", stored.customer_number)
    _check_same(sent, "customer_number", stored.customer_number)
    _check_same(sent, "location_cd", stored.location.location_cd)
    return _checked(stored, _with_sent(stored, sent, reference), reference)


def differences(stored: Place | None, place: Place) -> dict[str, Any]:
    """What the change log tells of a location: itself, its address and its contact."""
    location = records.differences(stored and stored.location, place.location)
    return location | records.differences(stored, place, only=("address", "contact"))


def _check_same(sent: Sent, name: str, stands: str) -> None:
    value = (sent.get(name) or "").strip()
    if value and value.lower() != stands.lower():
        raise Refused(
            "A location stays where it is.",
            field=(name,),
            value=value,
            hint=f"Leave the field out or send {stands}.",
        )


def _with_sent(place: Place, sent: Sent, reference: Reference) -> Place:
    location = place.location
    values: dict[str, Any] = {name: sent[name] or None for name in _TEXTS if name in sent}
    if "name" in sent:
        values["name"] = _name(sent["name"])
    if "active" in sent:
        values["active"] = bool(sent["active"])
    if "vat_zone_id" in sent:
        field = ("vat_zone_id",)
        values["vat_zone_id"] = kept_or(reference.vat_zone_id, sent["vat_zone_id"], location.vat_zone_id, field)
    if "peppol" in sent:
        scheme = sent["peppol"] or dict.fromkeys(("endpoint", "party_identification", "party_legal"))
        values |= {f"peppol_{part}": value or None for part, value in scheme.items()}
    return replace(
        place,
        location=replace(location, **values),
        address=_address(place, sent, reference),
        contact=_contact(place, sent),
    )


def _name(sent: str | None) -> str:
    if sent is None or not sent.strip():
        raise Refused("A location needs a name.", field=("name",), hint="Send a text, or leave the field out.")
    return sent


def _address(place: Place, sent: Sent, reference: Reference) -> Address | None:
    """The location's own address after a request; None if it follows the main one.

    If it is sent exactly as the main one is, it still follows that one: clients send whole locations back.
    """
    if sent.get("address_is_main"):
        return None
    parts = {part: value or None for part, value in (sent.get("address") or {}).items()}
    shown = place.address or place.main_address
    if "country_id" in parts:
        parts["country_id"] = country_after(parts["country_id"], shown.country_id, reference, ("address", "country_id"))
    follows = place.address is None and sent.get("address_is_main") is None and replace(shown, **parts) == shown
    return None if follows else replace(place.address or replace(shown, address_id=None), **parts)


def _contact(place: Place, sent: Sent) -> ContactDetails | None:
    """The location's own contact after a request; None if it follows the main one, as an address does."""
    if sent.get("contact_is_main"):
        return None
    parts = {part: value or None for part, value in (sent.get("contact") or {}).items()}
    shown = place.contact or place.main_contact
    check_mail(parts.get("email"), shown.email, ("contact", "email"))
    follows = place.contact is None and sent.get("contact_is_main") is None and replace(shown, **parts) == shown
    return None if follows else replace(place.contact or replace(shown, contact_id=None), **parts)


def _checked(stored: Place | None, place: Place, reference: Reference) -> Place:
    if place.is_default and not place.location.active:
        raise Refused(
            f"'{place.location.location_cd}' is the default location of customer {place.customer_number}.",
            field=("active",),
            value=False,
            hint="It stays active.",
        )
    customer_class = reference.customer_classes[place.customer_class_id]
    if customer_class.vat_zone_required and place.location.vat_zone_id is None:
        raise Refused(
            f"The customer class {place.customer_class_id} requires a VAT zone.",
            field=("vat_zone_id",),
            hint="Send a VAT zone.",
        )
    if reference.preferences.check_identifiers:
        country = (place.address or place.main_address).country_id or ""
        check_location(place.location, stored.location if stored else None, country)
    return place
