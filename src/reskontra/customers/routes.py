"""The addresses of customers."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_rows
from reskontra.changes.lists.wire import choice, filtered, mail, matching, moment, pairs, phone
from reskontra.customers import commands
from reskontra.customers.customer import Customer, Status
from reskontra.customers.store import finding
from reskontra.customers.wire.answers import (
    CustomerAnswer,
    CustomerClassAnswer,
    CustomerNumberAnswer,
    DirectDebitAnswer,
    NoteAnswer,
)
from reskontra.customers.wire.bodies import CustomerNumberAction, CustomerUpdate
from reskontra.customers.wire.rendering import Expand, class_answer, customer_answer, direct_debit_answers
from reskontra.reference.routes.answering import addressed, answer_page, find, reference_of
from reskontra.versions import Found, Saved
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, done, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.wire import changes

FILTERS = (
    matching("name", finding.HAS_NAME),
    matching("corporateId", finding.HAS_CORPORATE_ID),
    matching("vatRegistrationId", finding.HAS_VAT_REGISTRATION_ID),
    mail("email", finding.HAS_EMAIL),
    phone("phone", finding.HAS_PHONE),
    matching("city", finding.HAS_CITY),
    choice("status", Status, "customer.status"),
    moment("lastModifiedDateTime", "customer.modified_at"),
    moment("createdDateTime", "customer.created_at"),
    pairs("attributes", finding.HAS_ATTRIBUTES),
)


async def list_(call: Call) -> Response:
    """A page of customers by number."""
    expand = Expand(
        accounts=call.query.flag("expandAccountInformation"),
        payment_methods=call.query.flag("expandPaymentMethods"),
        direct_debits=call.query.flag("expandDirectDebit"),
    )
    listed = finding.customers(payment_methods=expand.payment_methods, direct_debits=expand.direct_debits)
    return await answer_page(
        call,
        listed,
        filtered(call),
        lambda customer, reference: customer_answer(customer, reference, expand),
    )


async def get(call: Call) -> Response:
    """One customer by number, with everything expanded."""
    return await _get(call, call.params["customerCd"])


async def get_internal(call: Call) -> Response:
    """One customer by internal id, with everything expanded."""
    return await _get(call, call.internal_id("internalId"))


async def create(call: Call) -> Response:
    """A new customer."""
    sent = changes(call.decode(CustomerUpdate))
    async with call.database.transaction() as connection:
        customer = await commands.create(connection, call.context, sent)
    return created(call, _path(customer), customer.version)


async def change(call: Call) -> Response:
    """Change a customer by number; what is absent stays."""
    return await _change(call, call.params["customerCd"])


async def change_internal(call: Call) -> Response:
    """Change a customer by internal id; what is absent stays."""
    return await _change(call, call.internal_id("internalId"))


async def renumber(call: Call) -> Response:
    """Give a customer another number."""
    number = changes(call.decode(CustomerNumberAction)).get("number")
    customer_id = call.internal_id("internalId")
    async with call.database.transaction() as connection:
        customer = await commands.renumber(connection, call.context, customer_id, number, call.if_match)
    return done(call, customer.version)


async def direct_debits(call: Call) -> Response:
    """The mandates of a customer."""
    answers = direct_debit_answers((await _found(call)).record.direct_debits)
    return page(call, answers, len(answers))


async def note(call: Call) -> Response:
    """The note on a customer."""
    return one(call, NoteAnswer(note=(await _found(call)).record.note))


async def classes(call: Call) -> Response:
    """All customer classes by id."""
    reference = await reference_of(call)
    return answer_rows(call, reference.customer_classes.values(), lambda found: class_answer(found, reference))


async def customer_class(call: Call) -> Response:
    """One customer class."""
    reference = await reference_of(call)
    found = addressed(reference.customer_classes, "customer class", call.params["customerClassId"])
    return one(call, class_answer(found, reference))


async def _found(call: Call) -> Found[Customer]:
    return await call.find("customer", finding.find_customer, call.params["customerCd"])


async def _get(call: Call, key: str | int) -> Response:
    found, reference = await find(call, "customer", finding.find_customer, key)
    return one(call, customer_answer(found.record, reference), found.record.version)


async def _change(call: Call, key: str | int) -> Response:
    sent = changes(call.decode(CustomerUpdate))
    async with call.database.transaction() as connection:
        customer = await commands.change(connection, call.context, key, sent, call.if_match)
    return no_content(call, _path(customer), customer.version)


def _path(customer: Saved) -> str:
    return f"/v1/customer/{quote(customer.number, safe='')}"


_CUSTOMERS = Addresses("/v1/customer", "customer", CustomerAnswer, CustomerUpdate)
_MANDATES = Addresses("/v1/customer/{customerCd}/directdebit", "direct debit", DirectDebitAnswer)
_NOTES = Addresses("/v1/customer/{customerCd}/note", "note", NoteAnswer)
_CLASSES = Addresses("/v1/customer/customerClass", "customer class", CustomerClassAnswer, plural="customer classes")

ROUTES = (
    _CUSTOMERS.many("Customer_GetAll", list_, filters=FILTERS),
    _CUSTOMERS.post("Customer_Post", create),
    _CUSTOMERS.one("Customer_GetByinternalID", get_internal, "internal/{internalId}"),
    _CUSTOMERS.put("Customer_PutByinternalID", change_internal, "internal/{internalId}"),
    _CUSTOMERS.one("Customer_GetBycustomerCd", get, "{customerCd}"),
    _CUSTOMERS.put("Customer_PutBycustomerCd", change, "{customerCd}"),
    _CUSTOMERS.act(
        "Customer_ChangeCustomerNrActionByinternalId",
        renumber,
        "action/changeCustomerCd/{internalId}",
        "changing the number of the",
        body=CustomerNumberAction,
        answer=CustomerNumberAnswer,
    ),
    _MANDATES.many("Customer_GetCustomerDirectDebitBycustomerCd", direct_debits),
    _NOTES.one("Customer_GetCustomerNoteBycustomerCd", note),
    _CLASSES.many("Customer_GetCustomerClasses", classes),
    _CLASSES.one("Customer_GetSpecificCustomerClassBycustomerClassId", customer_class, "{customerClassId}"),
)
