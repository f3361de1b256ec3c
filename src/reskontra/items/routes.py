"""The addresses of items, their classes and units: decode, open the transaction, one command, answer."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import read_page
from reskontra.db.lists import Slice, Window
from reskontra.errors import NotFound
from reskontra.items import commands, store
from reskontra.items.rules.items import ItemStatus, ItemType
from reskontra.items.rules.master_data import STOCK_TYPES
from reskontra.items.store import FoundItem, ItemFilter, SavedItem
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
from reskontra.reference.store import remembered
from reskontra.web.answers import created, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut, page_of
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.scalars import shown
from reskontra.web.wire import changes, encode


async def list_(call: Call) -> Response:
    """A page of items by number."""
    query = call.query
    filters = store.item_filters(call.company_id, _wanted(query))
    expand = Expand(
        accounts=query.flag("expandAccountInformation"),
        attributes=query.flag("expandAttribute"),
        cross_references=query.flag("expandCrossReference"),
        note=query.flag("expandNote"),
    )
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[FoundItem]:
            return await store.list_items(connection, filters, window)

        listed = await read_page(
            call.lists,
            (call.company_id, "Item", filters.key),
            page_of(query),
            rows=rows,
            total=lambda: store.count_items(connection, filters),
            sort_key=lambda found: (found.card.item_number,),
        )
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0].reference_version)
    return page(call, (encode(item_answer(found.card, reference, expand)) for found in listed.rows), listed.total)


async def get(call: Call) -> Response:
    """One item by number, with everything expanded."""
    return await _get(call, call.params["inventoryNumber"])


async def get_internal(call: Call) -> Response:
    """One item by internal id, with everything expanded."""
    return await _get(call, _internal_id(call))


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
    return await _change(call, _internal_id(call))


async def classes(call: Call) -> Response:
    """Item classes by id."""
    async with call.database.connection() as connection:
        listed = cut(await store.list_item_classes(connection, call.company_id), call.query)
    return page(call, map(item_class_answer, listed.rows), listed.total)


async def get_class(call: Call) -> Response:
    """One item class."""
    sent = call.params["itemClassNumber"]
    async with call.database.connection() as connection:
        for item_class in await store.list_item_classes(connection, call.company_id):
            if item_class.item_class_id.lower() == sent.lower():
                return one(call, item_class_answer(item_class))
    raise NotFound(f"The item class '{sent}' cannot be found in the system.")


async def units(call: Call) -> Response:
    """All units of measure by code."""
    async with call.database.connection() as connection:
        listed = cut(await store.list_units(connection, call.company_id), call.query)
    return page(call, map(unit_answer, listed.rows), listed.total)


async def _get(call: Call, key: str | int) -> Response:
    async with call.database.connection() as connection:
        found = await store.find_item(connection, call.company_id, key)
        if found is None:
            raise NotFound(f"The item '{key}' cannot be found in the system.")
        reference = await remembered.at(connection, call.company_id, found.reference_version)
    return one(call, item_answer(found.card, reference), found.card.version)


async def _change(call: Call, key: str | int) -> Response:
    sent = changes(call.decode(ItemUpdate))
    async with call.database.transaction() as connection:
        item = await commands.change(connection, call.context, key, sent, call.if_match)
    return no_content(call, _path(item), item.version)


def _path(item: SavedItem) -> str:
    return f"/v1/inventory/{quote(item.item_number, safe='')}"


def _internal_id(call: Call) -> int:
    text = call.params["inventoryId"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(f"'{shown(text)}' is not an internal id.", hint="Internal ids are whole numbers.")
    return int(text)


def _wanted(query: Query) -> ItemFilter:
    types = query.choices("inventoryTypes", AnyItemType)
    return ItemFilter(
        item_number=query.text("inventoryNumber"),
        description=query.text("description"),
        status=query.choice("status", ItemStatus),
        item_types=None if types is None else [ItemType(it) for it in types if it.value not in STOCK_TYPES],
        alternate_id=query.text("alternateID"),
        attributes=query.values_by_name("attributes"),
        greater_than=query.text("greaterThanValue"),
        created=query.moment("createdDateTime"),
        modified=query.moment("lastModifiedDateTime"),
        nothing=_asks_for_stock(query),
    )


def _asks_for_stock(query: Query) -> bool:
    """Whether a filter wants what no item here has: a sales category, stock that moved, an attachment."""
    return (
        query.integer("salesCategory") is not None
        or query.moment("availabilityLastModifiedDateTime") is not None
        or query.moment("attachmentLastModifiedDateTime") is not None
    )


ROUTES = (
    Route("Inventory_GetAll", "GET", "/v1/inventory", list_, "reading items", answer=ItemAnswer, lists=True),
    Route("Inventory_Post", "POST", "/v1/inventory", create, "creating item", body=ItemUpdate),
    Route(
        "Inventory_GetByinventoryId",
        "GET",
        "/v1/inventory/internal/{inventoryId}",
        get_internal,
        "reading item",
        answer=ItemAnswer,
    ),
    Route(
        "Inventory_PutByinventoryID",
        "PUT",
        "/v1/inventory/internal/{inventoryId}",
        change_internal,
        "updating item",
        body=ItemUpdate,
    ),
    Route(
        "Inventory_GetItemClasses",
        "GET",
        "/v1/inventory/itemClass",
        classes,
        "reading item classes",
        answer=ItemClassAnswer,
        lists=True,
    ),
    Route(
        "Inventory_GetSpecificItemClassByitemClassNumber",
        "GET",
        "/v1/inventory/itemclass/{itemClassNumber}",
        get_class,
        "reading item class",
        answer=ItemClassAnswer,
    ),
    Route(
        "Inventory_GetByinventoryNumber",
        "GET",
        "/v1/inventory/{inventoryNumber}",
        get,
        "reading item",
        answer=ItemAnswer,
    ),
    Route(
        "Inventory_PutByinventoryNumber",
        "PUT",
        "/v1/inventory/{inventoryNumber}",
        change,
        "updating item",
        body=ItemUpdate,
    ),
    Route(
        "UnitOfMeasure_GetAllUnitsOfMeasure",
        "GET",
        "/v1/unitofmeasure",
        units,
        "reading units of measure",
        answer=UnitAnswer,
        lists=True,
    ),
)
