"""The addresses of locations: decode, open the transaction, run the command, answer. Decides nothing."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.routes import read_page
from reskontra.customers.locations import commands, store
from reskontra.customers.locations.rules import Place
from reskontra.customers.locations.wire import LocationUpdate, PlaceAnswer, place_answer
from reskontra.customers.store import finding as customers
from reskontra.db.lists import Filters, Slice, Window
from reskontra.errors import NotFound
from reskontra.reference.store import remembered
from reskontra.web.answers import created, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.routing import Route
from reskontra.web.wire import changes

_EQUAL = {"locationId": "location_cd", "gln": "gln", "greaterThanValue": "after"}
_MOMENTS = {"lastModifiedDateTime": "modified_at", "createdDateTime": "created_at"}


async def list_(call: Call) -> Response:
    """A page of the locations of all customers."""
    return await _list(call, _filters(call, {}))


async def list_of_customer(call: Call) -> Response:
    """A page of one customer's locations."""
    number = call.params["bAccountId"]
    async with call.database.connection() as connection:
        if not await customers.is_customer(connection, call.company_id, number):
            raise NotFound("customer", number)
    return await _list(call, _filters(call, {"customer_number": number}))


async def get(call: Call) -> Response:
    """One location of a customer."""
    customer_number, location_cd = call.params["bAccountId"], call.params["locationId"]
    async with call.database.connection() as connection:
        found = await store.find_place(connection, call.company_id, customer_number, location_cd)
        if found is None:
            raise commands.no_place(customer_number, location_cd)
        reference = await remembered.at(connection, call.company_id, found.reference_version)
    return one(call, place_answer(found.place, reference), found.place.version)


async def create(call: Call) -> Response:
    """Another location of a customer."""
    sent = changes(call.decode(LocationUpdate))
    async with call.database.transaction() as connection:
        place = await commands.create(connection, call.context, sent)
    return created(call, _path(place), place.version)


async def change(call: Call) -> Response:
    """Change a location; what is absent stays."""
    sent = changes(call.decode(LocationUpdate))
    customer_number, location_cd = call.params["bAccountId"], call.params["locationId"]
    async with call.database.transaction() as connection:
        place = await commands.change(
            connection, call.context, customer_number, location_cd, sent, expected_version=call.if_match
        )
    return no_content(call, _path(place), place.version)


async def _list(call: Call, filters: Filters) -> Response:
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[store.Found]:
            return await store.list_places(connection, filters, window)

        listed = await read_page(
            call.lists,
            (call.company_id, "Location", filters.key),
            page_of(call.query),
            rows=rows,
            total=lambda: store.count_places(connection, filters),
            sort_key=lambda found: (found.place.customer_number, found.place.location.location_cd),
        )
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0].reference_version)
    return page(call, (place_answer(found.place, reference) for found in listed.rows), listed.total)


def _filters(call: Call, values: dict[str, str]) -> Filters:
    query = call.query
    values = values | {ours: value for theirs, ours in _EQUAL.items() if (value := query.text(theirs)) is not None}
    moments = {}
    for theirs, ours in _MOMENTS.items():
        comparison = query.moment(theirs)
        if comparison is not None:
            moments[ours] = (comparison.operator, comparison.value)
    return store.place_filters(call.company_id, values, moments)


def _path(place: Place) -> str:
    return f"/v1/location/{quote(place.customer_number, safe='')}/{quote(place.location.location_cd, safe='')}"


_ONE = "/v1/location/{bAccountId}/{locationId}"

ROUTES = (
    Route("Location_GetLocations", "GET", "/v1/location", list_, "reading locations", answer=PlaceAnswer, lists=True),
    Route("Location_Create", "POST", "/v1/location", create, "creating location", body=LocationUpdate),
    Route(
        "Location_GetLocationsForBaccountBybAccountId",
        "GET",
        "/v1/location/{bAccountId}",
        list_of_customer,
        "reading locations",
        answer=PlaceAnswer,
        lists=True,
    ),
    Route("Location_GetLocationBybAccountIdlocationId", "GET", _ONE, get, "reading location", answer=PlaceAnswer),
    Route("Location_UpdateBybAccountIdlocationId", "PUT", _ONE, change, "updating location", body=LocationUpdate),
)
