"""The addresses of contacts: decode, open the transaction, run the command, answer. Decides nothing."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.contacts import commands, store
from reskontra.contacts.wire import ContactAnswer, ContactUpdate, contact_answer
from reskontra.customers.store.finding import is_customer
from reskontra.db.lists import Filters
from reskontra.errors import Malformed, NotFound
from reskontra.reference.store import remembered
from reskontra.web.answers import created, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.scalars import shown
from reskontra.web.wire import changes

_SAME = {
    "displayName": "contact.display_name",
    "firstName": "contact.first_name",
    "lastName": "contact.last_name",
    "email": "contact.email",
}

_ORDERS = {
    "contactId": "contact.contact_id",
    "displayName": 'contact.display_name collate "C"',
    "firstName": 'contact.first_name collate "C"',
    "lastName": 'contact.last_name collate "C"',
    "email": 'contact.email collate "C"',
    "lastModifiedDateTime": "contact.modified_at",
}


async def list_(call: Call) -> Response:
    """A page of contacts."""
    return await _list(call, _filters(call))


async def list_of_customer(call: Call) -> Response:
    """A page of one customer's contacts."""
    number = call.params["customerCd"]
    async with call.database.connection() as connection:
        if not await is_customer(connection, call.company_id, number):
            raise NotFound("customer", number)
    filters = _filters(call)
    store.of_customer(filters, number)
    return await _list(call, filters)


async def get(call: Call) -> Response:
    """One contact."""
    async with call.database.connection() as connection:
        contact = await store.find_contact(connection, call.company_id, _contact_id(call))
        if contact is None:
            raise NotFound("contact", _contact_id(call))
        reference = await remembered.at(connection, call.company_id, None)
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
        contact = await commands.change(connection, call.context, _contact_id(call), sent, call.if_match)
    return no_content(call, f"/v1/contact/{contact.contact_id}", contact.version)


async def _list(call: Call, filters: Filters) -> Response:
    order = _order(call.query)
    async with call.database.connection() as connection:
        contacts = await store.list_contacts(connection, filters, page_of(call.query), order)
        if not contacts:
            return page(call, (), 0)
        total = await store.count_contacts(connection, filters)
        reference = await remembered.at(connection, call.company_id, None)
    return page(call, (contact_answer(contact, reference) for contact in contacts), total)


def _filters(call: Call) -> Filters:
    query = call.query
    filters = store.contact_filters(call.company_id)
    for name, column in _SAME.items():
        filters.add_same(column, query.text(name))
    if query.text("active") is not None:
        filters.add("contact.active = {}", query.flag("active"))
    number = query.text("businessAccount")
    if number is not None:
        store.of_customer(filters, number)
    after = query.integer("greaterThanValue")
    if after is not None:
        filters.add("contact.contact_id > {}", after)
    filters.add_comparison("contact.modified_at", query.moment("lastModifiedDateTime"))
    return filters


def _order(query: Query) -> str:
    """`orderBy`: a field, alone or with asc or desc; without one by id. The id decides between equals."""
    text = query.text("orderBy") or "contactId"
    words = text.lower().split()
    column = next((column for name, column in _ORDERS.items() if words[:1] == [name.lower()]), None)
    if column is None or words[1:] not in ([], ["asc"], ["desc"]):
        raise Malformed(
            f"'{shown(text)}' is not a value that the parameter orderBy takes.",
            hint=f"Send one of {', '.join(_ORDERS)}, alone or with asc or desc.",
        )
    direction = words[1] if words[1:] else "asc"
    return f"{column} {direction} nulls last, contact.contact_id {direction}"


def _contact_id(call: Call) -> int:
    text = call.params["contactId"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(reason=f"'{shown(text)}' is not the id of a contact.", hint="These ids are whole numbers.")
    return int(text)


ROUTES = (
    Route("Contact_GetAllContacts", "GET", "/v1/contact", list_, "reading contacts", answer=ContactAnswer, lists=True),
    Route("Contact_CreateContact", "POST", "/v1/contact", create, "creating contact", body=ContactUpdate),
    Route("Contact_GetBycontactId", "GET", "/v1/contact/{contactId}", get, "reading contact", answer=ContactAnswer),
    Route("Contact_PutBycontactId", "PUT", "/v1/contact/{contactId}", change, "updating contact", body=ContactUpdate),
    Route(
        "Customer_GetAllContactsForCustomerBycustomerCd",
        "GET",
        "/v1/customer/{customerCd}/contact",
        list_of_customer,
        "reading contacts",
        answer=ContactAnswer,
        lists=True,
    ),
)
