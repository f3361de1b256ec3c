"""The addresses of sales prices."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.wire import Filter, dated, filtered, matching, moment, whole
from reskontra.db.lists import Filters
from reskontra.prices import commands, store
from reskontra.prices.wire import AskedPriceType, SalesPriceAnswer, SalesPriceUpdate, sales_price_answer
from reskontra.reference.routes.answering import answer_page, find_listed
from reskontra.versions import Saved
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.query import Query
from reskontra.web.wire import changes


def _of_type(query: Query, filters: Filters) -> None:
    asked = query.choice("priceType", AskedPriceType)
    if asked is not None and asked is not AskedPriceType.ALL:
        filters.add("sales_price.price_type = {}", asked.value)


FILTERS = (
    Filter("priceType", "string", _of_type),
    matching("priceCode", store.IS_FOR),
    matching("inventoryId", store.IS_OF_ITEM),
    dated("effectiveAsOf", store.IN_FORCE),
    whole("greaterThanValue", "sales_price.price_id > {}"),
    moment("lastModifiedDateTime", "sales_price.modified_at"),
)


async def list_(call: Call) -> Response:
    """A page of sales prices by record id."""
    return await answer_page(call, store.PRICES, filtered(call), sales_price_answer)


async def get(call: Call) -> Response:
    """One sales price."""
    found, reference = await find_listed(call, "sales price", store.PRICES, call.internal_id("recordId"))
    return one(call, sales_price_answer(found, reference), found.version)


async def create(call: Call) -> Response:
    """A new sales price."""
    sent = changes(call.decode(SalesPriceUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.create(connection, call.context, sent)
    return created(call, _path(saved), saved.version)


async def change(call: Call) -> Response:
    """Change a sales price; what is absent stays."""
    sent, price_id = changes(call.decode(SalesPriceUpdate)), call.internal_id("recordId")
    async with call.database.transaction() as connection:
        saved = await commands.change(connection, call.context, price_id, sent, call.if_match)
    return no_content(call, _path(saved), saved.version)


def _path(saved: Saved) -> str:
    return f"/v1/customerSalesPrice/{saved.number}"


_PRICES = Addresses("/v1/customerSalesPrice", "sales price", SalesPriceAnswer, SalesPriceUpdate)

ROUTES = (
    _PRICES.many("CustomerSalesPrice_GetCustomerSalesPrices", list_, filters=FILTERS),
    _PRICES.post("CustomerSalesPrice_PostCustomerSalesPrice", create),
    _PRICES.one("CustomerSalesPrice_GetCustomerSalesPriceByrecordId", get, "{recordId}"),
    _PRICES.put("CustomerSalesPrice_PutCustomerSalesPriceByrecordId", change, "{recordId}"),
)
