"""The addresses of salespersons."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import read_list
from reskontra.changes.lists.wire import filtered, flag, greater, moment, number, same
from reskontra.customers.store import for_salespersons
from reskontra.customers.store.finding import find_customer_id
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.reference.routes.answering import answer_page
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
from reskontra.versions import Saved, Stored
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.wire import changes

FILTERS = (
    same("salespersonCD", "salesperson.salesperson_cd"),
    greater("greaterThanValue", "salesperson.salesperson_cd"),
    same("name", "salesperson.name"),
    flag("isActive", "salesperson.active"),
    number("commissionPct", "salesperson.commission_percent"),
    moment("lastModifiedDateTime", "salesperson.modified_at"),
    moment("createdDateTime", "salesperson.created_at"),
)

_EXPAND_CUSTOMERS = Parameter("expandCustomers", "boolean")


async def list_(call: Call) -> Response:
    """A page of salespersons by id."""
    filters, with_customers = filtered(call), call.query.flag(_EXPAND_CUSTOMERS.name, default=True)
    async with call.database.connection() as connection:
        await _add_subaccount(call, connection, filters)
        listed = await read_list(call, connection, store.SALESPERSONS, filters)
        answers = await _answers(call, connection, listed.rows, listed.reference_version, with_customers=with_customers)
    return page(call, answers, listed.total)


async def list_of_customer(call: Call) -> Response:
    """A page of who sells to a customer, by location."""
    filters = filtered(call)
    filters.add("seller.customer_id = {}", await call.find("customer", find_customer_id, call.params["customerCd"]))
    return await answer_page(call, for_salespersons.ASSIGNMENTS, filters, seller_answer)


async def get(call: Call) -> Response:
    """One salesperson."""
    code = call.params["salespersonCd"]
    async with call.database.connection() as connection:
        found = await store.SALESPERSONS.seek(connection, call.company_id, code)
        if not found.rows:
            raise NotFound("salesperson", code)
        (answer,) = await _answers(call, connection, found.rows, found.reference_version)
    return one(call, answer, found.rows[0].version)


async def create(call: Call) -> Response:
    """A new salesperson."""
    sent = changes(call.decode(SalespersonUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.create(connection, call.context, sent)
    return created(call, _path(saved), saved.version)


async def change(call: Call) -> Response:
    """Change a salesperson; what is absent stays."""
    sent = changes(call.decode(SalespersonUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.change(connection, call.context, call.params["salespersonCd"], sent, call.if_match)
    return no_content(call, _path(saved), saved.version)


async def _answers(
    call: Call,
    connection: Connection,
    rows: Sequence[Stored[Salesperson]],
    reference_version: int | None,
    *,
    with_customers: bool = True,
) -> list[SalespersonAnswer]:
    if not rows:
        return []
    reference = await remembered.at(connection, call.company_id, reference_version)
    if not with_customers:
        return [salesperson_answer(row, None, reference) for row in rows]
    sold_to: dict[int, list[for_salespersons.Assignment]] = {row.record.salesperson_id: [] for row in rows}
    for line in await for_salespersons.list_of_salespersons(connection, call.company_id, list(sold_to)):
        sold_to[line.salesperson_id].append(line)
    return [salesperson_answer(row, sold_to[row.record.salesperson_id], reference) for row in rows]


async def _add_subaccount(call: Call, connection: Connection, filters: Filters) -> None:
    """`salesSub` is the number of a subaccount, and of one that does not exist nobody sells on."""
    number = call.query.text("salesSub")
    if number is not None:
        reference = await remembered.at(connection, call.company_id, None)
        subaccount = reference.subaccounts.find(number)
        filters.add("salesperson.sales_subaccount_id = {}", subaccount.subaccount_id if subaccount else None)


def _path(saved: Saved) -> str:
    return f"/v1/salesperson/{quote(saved.number, safe='')}"


_SALESPERSONS = Addresses("/v1/salesperson", "salesperson", SalespersonAnswer, SalespersonUpdate)
_SELLERS = Addresses("/v1/customer/{customerCd}/salespersons", "salesperson", SellerAnswer)

ROUTES = (
    _SALESPERSONS.many("SalesPerson_GetSalespersons", list_, filters=FILTERS, query=(_EXPAND_CUSTOMERS,)),
    _SALESPERSONS.post("SalesPerson_CreateSalesperson", create),
    _SALESPERSONS.one("SalesPerson_GetSalespersonBysalespersonCd", get, "{salespersonCd}"),
    _SALESPERSONS.put("SalesPerson_UpdateSalespersonBysalespersonCd", change, "{salespersonCd}"),
    _SELLERS.many("Customer_GetSalesPersonsForCustomerBycustomerCd", list_of_customer),
)
