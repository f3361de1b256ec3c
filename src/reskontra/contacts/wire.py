"""How contacts look on the wire: bodies and answers."""

from __future__ import annotations

from reskontra.contacts.rules import Contact, Method, Title
from reskontra.customers.wire.answers import AddressAnswer
from reskontra.customers.wire.bodies import AddressUpdate
from reskontra.customers.wire.rendering import address_answer
from reskontra.reference.reference import Reference
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Flag,
    MomentOut,
    OneOf,
    Sent,
    Text30,
    Text255,
    etag_of,
    field,
    local_text,
    sent,
)


class ContactUpdate(Body):
    """The body of POST and PUT: absent is "not supplied", `{"value": null}` is "clear it"."""

    active: Sent[Flag] = UNSET
    title: Sent[OneOf[Title]] = UNSET
    first_name: Sent[Text255] = UNSET
    last_name: Sent[Text255] = UNSET
    position: Sent[Text255] = UNSET
    customer_number: Sent[Text30] = sent("businessAccount")
    is_at_account: Sent[Flag] = sent("sameAsAccount")
    address: Sent[AddressUpdate] = UNSET
    email: Sent[Text255] = UNSET
    web: Sent[Text255] = UNSET
    phone_1: Sent[Text255] = sent("phone1")
    phone_2: Sent[Text255] = sent("phone2")
    phone_3: Sent[Text255] = sent("phone3")
    fax: Sent[Text255] = UNSET
    contact_method: Sent[OneOf[Method]] = UNSET
    do_not_call: Sent[Flag] = UNSET
    do_not_fax: Sent[Flag] = UNSET
    do_not_email: Sent[Flag] = UNSET
    do_not_mail: Sent[Flag] = UNSET
    no_mass_mail: Sent[Flag] = UNSET
    no_marketing: Sent[Flag] = UNSET


class ContactAnswer(Answer, kw_only=True):
    """A contact as GET shows it."""

    display_name: str
    active: bool
    title: Title | None = None
    first_name: str | None = None
    last_name: str | None = None
    position: str | None = None
    customer_number: str | None = field(default=None, name="businessAccount")
    customer_kind: str | None = field(default=None, name="businessAccountType")
    is_at_account: bool = field(name="sameAsAccount")
    address: AddressAnswer | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = field(default=None, name="phone1")
    phone_2: str | None = field(default=None, name="phone2")
    phone_3: str | None = field(default=None, name="phone3")
    fax: str | None = None
    contact_method: Method
    do_not_call: bool
    do_not_fax: bool
    do_not_email: bool
    do_not_mail: bool
    no_mass_mail: bool
    no_marketing: bool
    modified_at: MomentOut = field(name="lastModifiedDateTime")
    contact_id: int
    version: str = field(name="timeStamp")


_AS_IT_IS = (
    "display_name", "active", "title", "first_name", "last_name", "position", "is_at_account", "email", "web",
    "phone_1", "phone_2", "phone_3", "fax", "contact_method", "do_not_call", "do_not_fax", "do_not_email",
    "do_not_mail", "no_mass_mail", "no_marketing", "contact_id",
)  # fmt: skip


def contact_answer(contact: Contact, reference: Reference) -> ContactAnswer:
    """A stored contact as GET shows it; moments in the company's zone."""
    if contact.modified_at is None:
        raise ValueError("only a stored contact can be shown")
    address = contact.shown_address
    return ContactAnswer(
        **{name: getattr(contact, name) for name in _AS_IT_IS},
        customer_number=contact.employer.number if contact.employer else None,
        customer_kind="Customer" if contact.employer else None,
        address=address_answer(address, reference) if address else None,
        modified_at=local_text(contact.modified_at, reference.zone),
        version=etag_of(contact.version),
    )
