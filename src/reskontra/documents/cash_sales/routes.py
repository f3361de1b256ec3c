"""The addresses of cash sales (CSA-05). One address and one series serve sales and returns, so a number is of one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from starlette.responses import Response

from reskontra.changes.lists.wire import filtered
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.documents import routes as documents
from reskontra.documents.cash_sales import commands
from reskontra.documents.cash_sales.wire import CashReturnAnswer
from reskontra.documents.store.lists import find_type
from reskontra.documents.wire.answers import CashSaleAnswer, ReleaseAnswer, VatInBaseAnswer
from reskontra.documents.wire.bodies import CashSaleUpdate, VatUpdate
from reskontra.documents.wire.resources import Resource
from reskontra.kinds import CASH_RETURN, CASH_SALE
from reskontra.receivables.wire.filters import ITEM_FILTERS
from reskontra.receivables.wire.items import DocumentType
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.routing import tryable

Handler = Callable[[Resource, Call], Awaitable[Response]]

_SALES = Resource(
    CASH_SALE, "cashsale", "documentNumber", "CashSale", "ReleaseDocument", CashSaleUpdate, CashSaleAnswer,
    beside=(CASH_RETURN,),
)  # fmt: skip
RESOURCES = (_SALES, replace(_SALES, kind=CASH_RETURN, beside=()))
_BY_TYPE = {resource.kind.document_type: resource for resource in RESOURCES}


async def _found(call: Call) -> Resource:
    """What the number in the address is of. A document never becomes one of another kind."""
    found = await call.find(CASH_SALE.noun, _find_type, call.params[_SALES.parameter])
    return _BY_TYPE[found]


async def _find_type(connection: Connection, company_id: int, number: str) -> str | None:
    return await find_type(connection, company_id, list(_BY_TYPE), number)


async def at_number(handler: Handler, call: Call) -> Response:
    """What a handler of documents answers for the cash sale or return with the number in the address."""
    if call.route.body is not None:
        call.decode(call.route.body)  # a body that cannot be read is refused before a number is looked up
    return await handler(await _found(call), call)


async def reverse(resource: Resource, call: Call) -> Response:
    """POST the reverse action: it makes a return, which takes effect when it is released (CSA-04)."""
    number = call.params[resource.parameter]
    async with call.database.transaction() as connection:
        made = await commands.reverse(connection, call.context, resource.kind, number, call.if_match)
    more = {"documentType": CASH_RETURN.document_type, "referenceNumber": made.number}
    return done(call, made.version, more)


async def get_all(call: Call) -> Response:
    """GET a page of cash sales and returns in the order of their numbers."""
    return await documents.answer_documents(call, _SALES, _filtered(call), of_kinds=True)


async def get_all_of_customer(call: Call) -> Response:
    """GET a page of a customer's cash sales and returns in the order of their numbers."""
    return await documents.answer_of_customer(call, _SALES, _filtered(call), of_kinds=True)


def _filtered(call: Call) -> Filters:
    wanted = call.query.choice("documentType", DocumentType)
    return filtered(call, [it for it in _BY_TYPE if wanted in (None, it)])


_BELOW = f"{{{_SALES.parameter}}}"
_ACTION = f"{_BELOW}/action"
_CASH_SALES = Addresses(f"/v1/{_SALES.path}", CASH_SALE.noun, CashSaleAnswer, CashSaleUpdate)
_OF_OURS = Addresses(f"/v1/reskontra/{_SALES.path}", CASH_SALE.noun, VatInBaseAnswer, VatUpdate)

ROUTES = tryable(
    [
        _CASH_SALES.many("CashSale_GetAllCashSales", get_all, filters=ITEM_FILTERS),
        _CASH_SALES.one("CashSale_GetBydocumentNumber", partial(documents.get_one, _SALES), _BELOW),
        _CASH_SALES.post("CashSale_Post", partial(documents.create, _SALES)),
        _CASH_SALES.put("CashSale_PutBydocumentNumber", partial(at_number, documents.change), _BELOW),
        _CASH_SALES.act(
            "Reskontra_ReleaseCashSale",
            partial(at_number, partial(documents.release, command=commands.release)),
            f"{_ACTION}/release",
            "releasing",
            answer=ReleaseAnswer,
        ),
        _CASH_SALES.act(
            "Reskontra_ReverseCashSale",
            partial(at_number, reverse),
            f"{_ACTION}/reverse",
            "reversing",
            answer=CashReturnAnswer,
        ),
        _OF_OURS.one("Reskontra_GetCashSaleVat", partial(documents.get_vat, _SALES), f"{_BELOW}/vat"),
        _OF_OURS.put("Reskontra_UpdateCashSaleVat", partial(at_number, documents.change_vat), f"{_BELOW}/vat"),
        _OF_OURS.delete("Reskontra_DeleteCashSale", partial(at_number, documents.delete), _BELOW),
        Addresses("/v1/customer/{customerNumber}/cashSale", CASH_SALE.noun, CashSaleAnswer).many(
            "Customer_GetAllCashSalesForCustomerBycustomerNumber", get_all_of_customer, filters=ITEM_FILTERS
        ),
    ]
)
