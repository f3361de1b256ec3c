"""The addresses of items, their classes and units."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_rows
from reskontra.changes.lists.wire import (
    Filter,
    choice,
    filtered,
    greater,
    matching,
    moment,
    nothing,
    pairs,
    same,
)
from reskontra.db.lists import Filters
from reskontra.items import commands, store
from reskontra.items.rules.items import ItemStatus
from reskontra.items.rules.master_data import STOCK_TYPES
from reskontra.items.wire.answers import (
    Expand,
    ItemAnswer,
    ItemClassAnswer,
    UnitAnswer,
    item_answer,
    item_class_answer,
    unit_answer,
)
from reskontra.items.wire.bodies import AnyItemType, ItemUpdate
from reskontra.reference.routes.answering import addressed, answer_page, find, reference_of
from reskontra.versions import Saved
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.query import Query
from reskontra.web.wire import changes


def _of_types(query: Query, filters: Filters) -> None:
    types = query.choices("inventoryTypes", AnyItemType)
    if types is not None:
        filters.add("item.item_type = any ({}::text[])", [it.value for it in types if it.value not in STOCK_TYPES])


FILTERS = (
    matching("text", store.MENTIONS),
    same("inventoryNumber", "item.item_number"),
    same("description", "item.description"),
    choice("status", ItemStatus, "item.status"),
    Filter("inventoryTypes", "string", _of_types),
    matching("alternateID", store.IS_CALLED),
    pairs("attributes", store.HAS_ATTRIBUTES),
    greater("greaterThanValue", "item.item_number"),
    moment("createdDateTime", "item.created_at"),
    moment("lastModifiedDateTime", "item.modified_at"),
    # No item has a sales category, stock that moved, or an attachment.
    nothing("salesCategory", Query.integer),
    nothing("availabilityLastModifiedDateTime", Query.moment),
    nothing("attachmentLastModifiedDateTime", Query.moment),
)


async def list_(call: Call) -> Response:
    """A page of items by number."""
    expand = Expand(
        accounts=call.query.flag("expandAccountInformation"),
        attributes=call.query.flag("expandAttribute"),
        cross_references=call.query.flag("expandCrossReference"),
        note=call.query.flag("expandNote"),
    )
    return await answer_page(
        call, store.ITEMS, filtered(call), lambda card, reference: item_answer(card, reference, expand)
    )


async def get(call: Call) -> Response:
    """One item by number, with everything expanded."""
    return await _get(call, call.params["inventoryNumber"])


async def get_internal(call: Call) -> Response:
    """One item by internal id, with everything expanded."""
    return await _get(call, call.internal_id("inventoryId"))


async def create(call: Call) -> Response:
    """A new item."""
    sent = changes(call.decode(ItemUpdate))
    async with call.database.transaction() as connection:
        item = await commands.create(connection, call.context, sent)
    return created(call, _path(item), item.version)


async def change(call: Call) -> Response:
    """Change an item by number; what is absent stays."""
    return await _change(call, call.params["inventoryNumber"])


async def change_internal(call: Call) -> Response:
    """Change an item by internal id; what is absent stays."""
    return await _change(call, call.internal_id("inventoryId"))


async def classes(call: Call) -> Response:
    """Item classes by id."""
    reference = await reference_of(call)
    return answer_rows(call, reference.item_classes.values(), item_class_answer)


async def get_class(call: Call) -> Response:
    """One item class."""
    reference = await reference_of(call)
    return one(call, item_class_answer(addressed(reference.item_classes, "item class", call.params["itemClassNumber"])))


async def units(call: Call) -> Response:
    """All units of measure by code."""
    reference = await reference_of(call)
    return answer_rows(call, reference.units.values(), unit_answer)


async def _get(call: Call, key: str | int) -> Response:
    found, reference = await find(call, "item", store.find_item, key)
    return one(call, item_answer(found.record, reference), found.record.version)


async def _change(call: Call, key: str | int) -> Response:
    sent = changes(call.decode(ItemUpdate))
    async with call.database.transaction() as connection:
        item = await commands.change(connection, call.context, key, sent, call.if_match)
    return no_content(call, _path(item), item.version)


def _path(item: Saved) -> str:
    return f"/v1/inventory/{quote(item.number, safe='')}"


_ITEMS = Addresses("/v1/inventory", "item", ItemAnswer, ItemUpdate)
_CLASSES = Addresses("/v1/inventory", "item class", ItemClassAnswer, plural="item classes")
_UNITS = Addresses("/v1/unitofmeasure", "unit of measure", UnitAnswer, plural="units of measure")

ROUTES = (
    _ITEMS.many("Inventory_GetAll", list_, filters=FILTERS),
    _ITEMS.post("Inventory_Post", create),
    _ITEMS.one("Inventory_GetByinventoryId", get_internal, "internal/{inventoryId}"),
    _ITEMS.put("Inventory_PutByinventoryID", change_internal, "internal/{inventoryId}"),
    _CLASSES.many("Inventory_GetItemClasses", classes, "itemClass"),
    _CLASSES.one("Inventory_GetSpecificItemClassByitemClassNumber", get_class, "itemclass/{itemClassNumber}"),
    _ITEMS.one("Inventory_GetByinventoryNumber", get, "{inventoryNumber}"),
    _ITEMS.put("Inventory_PutByinventoryNumber", change, "{inventoryNumber}"),
    _UNITS.many("UnitOfMeasure_GetAllUnitsOfMeasure", units),
)
