"""The addresses of salespersons: decode, open the transaction, run the command, answer. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

from starlette.responses import Response

from reskontra.customers.store import for_salespersons
from reskontra.customers.store.finding import is_customer
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.errors import Malformed, NotFound
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.salespersons import commands, store
from reskontra.salespersons.rules.salespersons import Salesperson
from reskontra.salespersons.wire import (
    SalespersonAnswer,
    SalespersonUpdate,
    SellerAnswer,
    salesperson_answer,
    seller_answer,
)
from reskontra.web.answers import created, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.scalars import shown
from reskontra.web.wire import changes


async def list_(call: Call) -> Response:
    """A page of salespersons by id."""
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
        listed = cut(await store.list_salespersons(connection, _filters(call, reference)), call.query)
        answers = await _answers(connection, call.company_id, listed.rows, reference)
    return page(call, answers, listed.total)


async def list_of_customer(call: Call) -> Response:
    """A page of who sells to a customer, by location."""
    number = call.params["customerCd"]
    async with call.database.connection() as connection:
        if not await is_customer(connection, call.company_id, number):
            raise NotFound("customer", number)
        sellers = await for_salespersons.list_of_customer(connection, call.company_id, number)
        reference = await remembered.at(connection, call.company_id, None)
    listed = cut(sellers, call.query)
    return page(call, (seller_answer(line, reference) for line in listed.rows), listed.total)


async def get(call: Call) -> Response:
    """One salesperson."""
    async with call.database.connection() as connection:
        stored = await store.find_salesperson(connection, call.company_id, call.params["salespersonCd"])
        if stored is None:
            raise NotFound("salesperson", call.params["salespersonCd"])
        reference = await remembered.at(connection, call.company_id, None)
        (answer,) = await _answers(connection, call.company_id, [stored], reference)
    return one(call, answer, stored.version)


async def create(call: Call) -> Response:
    """A new salesperson."""
    sent = changes(call.decode(SalespersonUpdate))
    async with call.database.transaction() as connection:
        salesperson, version = await commands.create(connection, call.context, sent)
    return created(call, _path(salesperson), version)


async def change(call: Call) -> Response:
    """Change a salesperson; what is absent stays."""
    sent = changes(call.decode(SalespersonUpdate))
    async with call.database.transaction() as connection:
        salesperson, version = await commands.change(
            connection, call.context, call.params["salespersonCd"], sent, call.if_match
        )
    return no_content(call, _path(salesperson), version)


async def _answers(
    connection: Connection, company_id: int, rows: Sequence[store.Stored], reference: Reference
) -> list[SalespersonAnswer]:
    ids = [stored.salesperson.salesperson_id for stored in rows]
    sold_to = await for_salespersons.list_of_salespersons(connection, company_id, ids) if ids else []
    by_person = {salesperson_id: [line for line in sold_to if line.salesperson_id == salesperson_id]
                 for salesperson_id in ids}  # fmt: skip
    return [salesperson_answer(stored, by_person[stored.salesperson.salesperson_id], reference) for stored in rows]


def _filters(call: Call, reference: Reference) -> Filters:
    query = call.query
    filters = Filters([call.company_id])
    filters.add_same("salesperson_cd", query.text("salespersonCD"))
    filters.add_greater("salesperson_cd", query.text("greaterThanValue"))
    filters.add_same("name", query.text("name"))
    if query.text("isActive") is not None:
        filters.add("active = {}", query.flag("isActive"))
    commission = _number(query, "commissionPct")
    if commission is not None:
        filters.add("commission_percent = {}", commission)
    subaccount_number = query.text("salesSub")
    if subaccount_number is not None:
        subaccount = reference.subaccounts.find(subaccount_number)
        filters.add("sales_subaccount_id = {}", subaccount.subaccount_id if subaccount else None)
    filters.add_comparison("modified_at", query.moment("lastModifiedDateTime"))
    filters.add_comparison("created_at", query.moment("createdDateTime"))
    return filters


def _number(query: Query, name: str) -> Decimal | None:
    text = query.text(name)
    try:
        number = Decimal(text) if text is not None and len(text) <= 30 else None
    except InvalidOperation:
        number = None
    if text is not None and (number is None or not number.is_finite() or number.adjusted() not in range(-9, 10)):
        raise Malformed(f"'{shown(text)}' is not a value that the parameter {name} takes.", hint="Send a number.")
    return number


def _path(salesperson: Salesperson) -> str:
    return f"/v1/salesperson/{quote(salesperson.salesperson_cd, safe='')}"


_ONE = "/v1/salesperson/{salespersonCd}"

ROUTES = (
    Route(
        "SalesPerson_GetSalespersons",
        "GET",
        "/v1/salesperson",
        list_,
        "reading salespersons",
        answer=SalespersonAnswer,
        lists=True,
    ),
    Route(
        "SalesPerson_CreateSalesperson",
        "POST",
        "/v1/salesperson",
        create,
        "creating salesperson",
        body=SalespersonUpdate,
    ),
    Route(
        "SalesPerson_GetSalespersonBysalespersonCd",
        "GET",
        _ONE,
        get,
        "reading salesperson",
        answer=SalespersonAnswer,
    ),
    Route(
        "SalesPerson_UpdateSalespersonBysalespersonCd",
        "PUT",
        _ONE,
        change,
        "updating salesperson",
        body=SalespersonUpdate,
    ),
    Route(
        "Customer_GetSalesPersonsForCustomerBycustomerCd",
        "GET",
        "/v1/customer/{customerCd}/salespersons",
        list_of_customer,
        "reading salespersons",
        answer=SellerAnswer,
        lists=True,
    ),
)
