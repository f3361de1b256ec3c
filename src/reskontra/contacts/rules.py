"""What a contact is, and how one is made from what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reskontra.customers.customer import Address
from reskontra.customers.rules.addresses import check_mail, country_after
from reskontra.errors import Refused, UnknownReference
from reskontra.records import Record, columns, replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]


class Title(StrEnum):
    """How a person is addressed."""

    DOCTOR = "Doctor"
    MISS = "Miss"
    MR = "Mr"
    MRS = "Mrs"
    MS = "Ms"
    PROFESSOR = "Prof"


class Method(StrEnum):
    """How a person wants to be reached."""

    ANY = "Any"
    EMAIL = "Email"
    MAIL = "Mail"
    FAX = "Fax"
    PHONE = "Phone"


class Employer(Record, frozen=True, kw_only=True):
    """The customer that a contact belongs to."""

    customer_id: int
    number: str
    main_address: Address


class Contact(Record, frozen=True, kw_only=True):
    """A person. `address` is None while it follows the customer's main one; without a customer there may be none."""

    contact_id: int = 0
    customer_id: int | None = None
    active: bool = True
    title: Title | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str = ""
    position: str | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = None
    phone_2: str | None = None
    phone_3: str | None = None
    fax: str | None = None
    contact_method: Method = Method.ANY
    do_not_call: bool = False
    do_not_fax: bool = False
    do_not_email: bool = False
    do_not_mail: bool = False
    no_mass_mail: bool = False
    no_marketing: bool = False
    version: int = 0
    modified_at: datetime | None = None
    address: Address | None = None
    employer: Employer | None = None

    @property
    def is_at_account(self) -> bool:
        """Whether the address is that of the customer."""
        return self.employer is not None and self.address is None

    @property
    def shown_address(self) -> Address | None:
        """The contact's own address, else the customer's."""
        return self.address or (self.employer.main_address if self.employer else None)


_KEPT_BY_THE_STORE = frozenset({"contact_id", "version", "modified_at", "address", "employer"})
CONTACT_COLUMNS = tuple(column for column in columns(Contact) if column not in _KEPT_BY_THE_STORE)

_TEXTS = ("first_name", "last_name", "position", "email", "web", "phone_1", "phone_2", "phone_3", "fax")
_FLAGS = (
    "active", "do_not_call", "do_not_fax", "do_not_email", "do_not_mail", "no_mass_mail", "no_marketing",
)  # fmt: skip


def new_contact(sent: Sent, employer: Employer | None, reference: Reference) -> Contact:
    """A contact without id. `employer` is the customer that `customer_number` names, None if there is none."""
    return changed_contact(Contact(), sent, employer, reference)


def changed_contact(stored: Contact, sent: Sent, employer: Employer | None, reference: Reference) -> Contact:
    """`stored` with what was sent; equal to it when nothing changes."""
    values: dict[str, Any] = {name: (sent[name] or "").strip() or None for name in _TEXTS if name in sent}
    values |= {name: bool(sent[name]) for name in _FLAGS if name in sent}
    if "title" in sent:
        values["title"] = sent["title"]
    if "contact_method" in sent:
        values["contact_method"] = sent["contact_method"] or Method.ANY
    contact = replace(stored, **values)
    contact = _with_employer(contact, sent, employer)
    contact = replace(contact, address=_address(contact, sent, reference))
    contact = replace(contact, display_name=_display_name(contact))
    check_mail(contact.email, stored.email, ("email",))
    return contact


def _with_employer(contact: Contact, sent: Sent, employer: Employer | None) -> Contact:
    if "customer_number" not in sent:
        return contact
    number = (sent["customer_number"] or "").strip()
    if not number:
        return replace(contact, employer=None, customer_id=None)
    if employer is None:
        hint = "Send the number of an existing customer, or null for none."
        raise UnknownReference(field=("customer_number",), value=number, hint=hint)
    return replace(contact, employer=employer, customer_id=employer.customer_id)


def _address(contact: Contact, sent: Sent, reference: Reference) -> Address | None:
    """The contact's own address after a request; None if it is the customer's.

    If it is sent exactly as the customer's is, it still follows that one: clients send whole contacts back.
    """
    same = sent.get("is_at_account")
    if same and contact.employer is None:
        raise Refused(
            "The contact belongs to no customer whose address it could have.",
            field=("is_at_account",),
            value=True,
            hint="Send the customer too, or an address.",
        )
    if same:
        return None
    parts = {part: value or None for part, value in (sent.get("address") or {}).items()}
    shown = contact.shown_address or Address()
    if "country_id" in parts:
        field = ("address", "country_id")
        parts["country_id"] = country_after(parts["country_id"], shown.country_id, reference, field)
    is_asked_for = same is False and contact.employer is not None
    if contact.address is None and not is_asked_for and replace(shown, **parts) == shown:
        return None
    return replace(contact.address or replace(shown, address_id=None), **parts)


def _display_name(contact: Contact) -> str:
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    if not name:
        raise Refused("A contact needs a name.", field=("last_name",), hint="Send a first or a last name.")
    return name
