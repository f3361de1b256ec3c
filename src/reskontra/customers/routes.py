"""The addresses of customers: decode, open the transaction, run the command, answer. Decides nothing."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import read_page
from reskontra.customers import commands
from reskontra.customers.customer import Status
from reskontra.customers.store import finding
from reskontra.customers.store.finding import Found
from reskontra.customers.store.writing import Saved
from reskontra.customers.wire.answers import (
    CustomerAnswer,
    CustomerClassAnswer,
    CustomerNumberAnswer,
    DirectDebitAnswer,
    NoteAnswer,
)
from reskontra.customers.wire.bodies import CustomerNumberAction, CustomerUpdate
from reskontra.customers.wire.rendering import Expand, class_answer, customer_answer, direct_debit_answers
from reskontra.db.lists import Filters, Slice, Window
from reskontra.errors import NotFound
from reskontra.reference.store import remembered
from reskontra.web.answers import created, done, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.routing import Route
from reskontra.web.scalars import shown
from reskontra.web.wire import changes, encode

_EQUAL = {
    "name": "name",
    "corporateId": "corporate_id",
    "vatRegistrationId": "vat_registration_id",
    "email": "email",
    "phone": "phone",
}
_MOMENTS = {"lastModifiedDateTime": "modified_at", "createdDateTime": "created_at"}


async def list_(call: Call) -> Response:
    """A page of customers by number."""
    filters = _filters(call)
    expand = Expand(
        accounts=call.query.flag("expandAccountInformation"),
        payment_methods=call.query.flag("expandPaymentMethods"),
        direct_debits=call.query.flag("expandDirectDebit"),
    )
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[Found]:
            return await finding.list_customers(
                connection,
                filters,
                window,
                payment_methods=expand.payment_methods,
                direct_debits=expand.direct_debits,
            )

        listed = await read_page(
            call.lists,
            (call.company_id, "Customer", filters.key),
            page_of(call.query),
            rows=rows,
            total=lambda: finding.count_customers(connection, filters),
            sort_key=lambda found: (found.customer.number,),
        )
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0].reference_version)
    answers = (encode(customer_answer(found.customer, reference, expand)) for found in listed.rows)
    return page(call, answers, listed.total)


async def get(call: Call) -> Response:
    """One customer by number, with everything expanded."""
    return await _get(call, call.params["customerCd"])


async def get_internal(call: Call) -> Response:
    """One customer by internal id, with everything expanded."""
    return await _get(call, _internal_id(call))


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
    return await _change(call, _internal_id(call))


async def renumber(call: Call) -> Response:
    """Give a customer another number."""
    number = changes(call.decode(CustomerNumberAction)).get("number")
    async with call.database.transaction() as connection:
        customer = await commands.renumber(connection, call.context, _internal_id(call), number, call.if_match)
    return done(call, customer.version)


async def direct_debits(call: Call) -> Response:
    """The mandates of a customer."""
    answers = direct_debit_answers((await _found(call)).customer.direct_debits)
    return page(call, answers, len(answers))


async def note(call: Call) -> Response:
    """The note on a customer."""
    return one(call, NoteAnswer(note=(await _found(call)).customer.note))


async def classes(call: Call) -> Response:
    """All customer classes by id."""
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
    answers = [class_answer(found, reference) for found in reference.customer_classes.values()]
    return page(call, answers, len(answers))


async def customer_class(call: Call) -> Response:
    """One customer class."""
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
    found = reference.customer_classes.find(call.params["customerClassId"])
    if found is None:
        raise NotFound("customer class", call.params["customerClassId"])
    return one(call, class_answer(found, reference))


async def _found(call: Call) -> Found:
    async with call.database.connection() as connection:
        found = await finding.find_customer(connection, call.company_id, call.params["customerCd"])
    if found is None:
        raise _no_customer(call.params["customerCd"])
    return found


async def _get(call: Call, key: str | int) -> Response:
    async with call.database.connection() as connection:
        found = await finding.find_customer(connection, call.company_id, key)
        if found is None:
            raise _no_customer(key)
        reference = await remembered.at(connection, call.company_id, found.reference_version)
    return one(call, customer_answer(found.customer, reference), found.customer.version)


async def _change(call: Call, key: str | int) -> Response:
    sent = changes(call.decode(CustomerUpdate))
    async with call.database.transaction() as connection:
        customer = await commands.change(connection, call.context, key, sent, call.if_match)
    return no_content(call, _path(customer), customer.version)


def _no_customer(key: str | int) -> NotFound:
    return NotFound("customer", key)


def _path(customer: Saved) -> str:
    return f"/v1/customer/{quote(customer.number, safe='')}"


def _internal_id(call: Call) -> int:
    text = call.params["internalId"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(reason=f"'{shown(text)}' is not an internal id.", hint="Internal ids are whole numbers.")
    return int(text)


def _filters(call: Call) -> Filters:
    query = call.query
    values = {ours: value for theirs, ours in _EQUAL.items() if (value := query.text(theirs)) is not None}
    status = query.choice("status", Status)
    if status is not None:
        values["status"] = status.value
    moments = {}
    for theirs, ours in _MOMENTS.items():
        comparison = query.moment(theirs)
        if comparison is not None:
            moments[ours] = (comparison.operator, comparison.value)
    return finding.customer_filters(call.company_id, values, moments, query.values_by_name("attributes"))


ROUTES = (
    Route("Customer_GetAll", "GET", "/v1/customer", list_, "reading customers", answer=CustomerAnswer, lists=True),
    Route("Customer_Post", "POST", "/v1/customer", create, "creating customer", body=CustomerUpdate),
    Route(
        "Customer_GetByinternalID",
        "GET",
        "/v1/customer/internal/{internalId}",
        get_internal,
        "reading customer",
        answer=CustomerAnswer,
    ),
    Route(
        "Customer_PutByinternalID",
        "PUT",
        "/v1/customer/internal/{internalId}",
        change_internal,
        "updating customer",
        body=CustomerUpdate,
    ),
    Route(
        "Customer_GetBycustomerCd", "GET", "/v1/customer/{customerCd}", get, "reading customer", answer=CustomerAnswer
    ),
    Route(
        "Customer_PutBycustomerCd", "PUT", "/v1/customer/{customerCd}", change, "updating customer", body=CustomerUpdate
    ),
    Route(
        "Customer_ChangeCustomerNrActionByinternalId",
        "POST",
        "/v1/customer/action/changeCustomerCd/{internalId}",
        renumber,
        "changing the number of the customer",
        body=CustomerNumberAction,
        answer=CustomerNumberAnswer,
    ),
    Route(
        "Customer_GetCustomerDirectDebitBycustomerCd",
        "GET",
        "/v1/customer/{customerCd}/directdebit",
        direct_debits,
        "reading direct debits",
        answer=DirectDebitAnswer,
        lists=True,
    ),
    Route(
        "Customer_GetCustomerNoteBycustomerCd",
        "GET",
        "/v1/customer/{customerCd}/note",
        note,
        "reading note",
        answer=NoteAnswer,
    ),
    Route(
        "Customer_GetCustomerClasses",
        "GET",
        "/v1/customer/customerClass",
        classes,
        "reading customer classes",
        answer=CustomerClassAnswer,
        lists=True,
    ),
    Route(
        "Customer_GetSpecificCustomerClassBycustomerClassId",
        "GET",
        "/v1/customer/customerClass/{customerClassId}",
        customer_class,
        "reading customer class",
        answer=CustomerClassAnswer,
    ),
)
