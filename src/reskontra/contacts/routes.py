"""The addresses of contacts."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from reskontra.changes.lists.wire import filtered, flag, mail, matching, moment, ordered, same, whole
from reskontra.contacts import commands, store
from reskontra.contacts.wire import ContactAnswer, ContactUpdate, contact_answer
from reskontra.customers.store.finding import find_customer_id
from reskontra.customers.store.fragments import id_of_number
from reskontra.db.lists import Filters, Sorted
from reskontra.reference.routes.answering import answer_page, find_listed
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.wire import changes

FILTERS = (
    same("displayName", "contact.display_name"),
    same("firstName", "contact.first_name"),
    same("lastName", "contact.last_name"),
    mail("email", store.HAS_EMAIL),
    flag("active", "contact.active"),
    matching("businessAccount", f"contact.customer_id = {id_of_number('{}::text')}"),
    whole("greaterThanValue", "contact.contact_id > {}"),
    moment("lastModifiedDateTime", "contact.modified_at"),
)

_ORDERS = {
    "contactId": Sorted("contact.contact_id"),
    "displayName": Sorted('contact.display_name collate "C"'),
    "firstName": Sorted('contact.first_name collate "C"'),
    "lastName": Sorted('contact.last_name collate "C"'),
    "email": Sorted('contact.email collate "C"'),
    "lastModifiedDateTime": Sorted("contact.modified_at"),
}


async def list_(call: Call) -> Response:
    """A page of contacts."""
    return await _list(call, filtered(call))


async def list_of_customer(call: Call) -> Response:
    """A page of one customer's contacts."""
    filters = filtered(call)
    filters.add("contact.customer_id = {}", await call.find("customer", find_customer_id, call.params["customerCd"]))
    return await _list(call, filters)


async def get(call: Call) -> Response:
    """One contact."""
    contact, reference = await find_listed(call, "contact", store.CONTACTS, call.internal_id("contactId"))
    return one(call, contact_answer(contact, reference), contact.version)


async def create(call: Call) -> Response:
    """A new contact."""
    sent = changes(call.decode(ContactUpdate))
    async with call.database.transaction() as connection:
        contact = await commands.create(connection, call.context, sent)
    return created(call, f"/v1/contact/{contact.contact_id}", contact.version)


async def change(call: Call) -> Response:
    """Change a contact; what is absent stays."""
    sent = changes(call.decode(ContactUpdate))
    async with call.database.transaction() as connection:
        contact = await commands.change(connection, call.context, call.internal_id("contactId"), sent, call.if_match)
    return no_content(call, f"/v1/contact/{contact.contact_id}", contact.version)


async def _list(call: Call, filters: Filters) -> Response:
    contacts = replace(store.CONTACTS, order=ordered(call.query, _ORDERS, tie="contact.contact_id"))
    return await answer_page(call, contacts, filters, contact_answer)


_CONTACTS = Addresses("/v1/contact", "contact", ContactAnswer, ContactUpdate)
_OF_CUSTOMER = Addresses("/v1/customer/{customerCd}/contact", "contact", ContactAnswer)

ROUTES = (
    _CONTACTS.many("Contact_GetAllContacts", list_, filters=FILTERS),
    _CONTACTS.post("Contact_CreateContact", create),
    _CONTACTS.one("Contact_GetBycontactId", get, "{contactId}"),
    _CONTACTS.put("Contact_PutBycontactId", change, "{contactId}"),
    _OF_CUSTOMER.many("Customer_GetAllContactsForCustomerBycustomerCd", list_of_customer, filters=FILTERS),
)
