"""The addresses of discounts. Version 2 has the list alone, as a plain array (DCT-06)."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page_object
from reskontra.changes.lists.wire import PAGING, filtered, moment, same
from reskontra.discounts import commands, store
from reskontra.discounts.rules.series import DiscountSeries
from reskontra.discounts.wire import DiscountAnswer, DiscountPage, DiscountUpdate, discount_answer
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import answer_page, reference_of
from reskontra.versions import Stored
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, deleted, no_content
from reskontra.web.call import Call
from reskontra.web.wire import changes

FILTERS = (
    same("discountCode", "discount_series.discount_code"),
    same("series", "discount_series.series"),
    moment("lastModifiedDateTime", "discount_series.modified_at"),
    moment("createdDateTime", "discount_series.created_at"),
)


async def list_(call: Call) -> Response:
    """Series by code and id: an array whose only item is the page (DCT-06)."""
    reference = await reference_of(call)
    return await answer_page_object(
        call, store.SERIES, filtered(call), lambda stored: _answer(call, stored, reference), DiscountPage
    )


async def plain_list(call: Call) -> Response:
    """A page of series by code and id."""
    return await answer_page(
        call, store.SERIES, filtered(call), lambda stored, reference: _answer(call, stored, reference)
    )


async def create(call: Call) -> Response:
    """A new series of a discount code."""
    sent = changes(call.decode(DiscountUpdate))
    async with call.database.transaction() as connection:
        series, version = await commands.create(connection, call.context, sent)
    return created(call, _path(series), version)


async def change(call: Call) -> Response:
    """Change a series; what is absent stays."""
    sent = changes(call.decode(DiscountUpdate))
    async with call.database.transaction() as connection:
        series, version = await commands.change(connection, call.context, _key(call), sent, call.if_match)
    return no_content(call, _path(series), version)


async def delete(call: Call) -> Response:
    """Delete a series."""
    async with call.database.transaction() as connection:
        await commands.delete(connection, call.context, _key(call), call.if_match)
    return deleted()


def _answer(call: Call, stored: Stored[DiscountSeries], reference: Reference) -> DiscountAnswer:
    return discount_answer(stored, reference, reference.today(call.context.now))


def _key(call: Call) -> tuple[str, str]:
    return call.params["discountCode"], call.params["series"]


def _path(series: DiscountSeries) -> str:
    return f"/v1/discount/{quote(series.discount_code, safe='')}/{quote(series.series, safe='')}"


_DISCOUNTS = Addresses("/v1/discount", "discount", DiscountPage, DiscountUpdate)
_ONE = "{discountCode}/{series}"

ROUTES = (
    _DISCOUNTS.many("Discount_GetDiscounts", list_, filters=FILTERS),
    _DISCOUNTS.post("Discount_Post", create),
    _DISCOUNTS.put("Discount_PutBydiscountCodeseries", change, _ONE),
    _DISCOUNTS.delete("Discount_DeleteBydiscountCodeseries", delete, _ONE),
    Addresses("/v2/discount", "discount", DiscountAnswer).many(
        "DiscountV2_GetDiscounts", plain_list, filters=FILTERS, query=PAGING
    ),
)
