"""The addresses of locations."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.wire import equal, filtered, greater, moment, same
from reskontra.customers.locations import commands, store
from reskontra.customers.locations.rules import Place
from reskontra.customers.locations.wire import LocationUpdate, PlaceAnswer, place_answer
from reskontra.customers.store.finding import find_customer_id
from reskontra.reference.routes.answering import answer_page
from reskontra.reference.store import remembered
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.wire import changes

FILTERS = (
    same("locationId", "location.location_cd"),
    equal("gln", "location.gln"),
    greater("greaterThanValue", "location.location_cd"),
    moment("lastModifiedDateTime", "location.modified_at"),
    moment("createdDateTime", "location.created_at"),
)


async def list_(call: Call) -> Response:
    """A page of the locations of all customers."""
    return await answer_page(call, store.PLACES, filtered(call), place_answer)


async def list_of_customer(call: Call) -> Response:
    """A page of one customer's locations."""
    filters = filtered(call)
    filters.add("location.customer_id = {}", await call.find("customer", find_customer_id, call.params["bAccountId"]))
    return await answer_page(call, store.PLACES, filters, place_answer)


async def get(call: Call) -> Response:
    """One location of a customer."""
    customer_number, location_cd = call.params["bAccountId"], call.params["locationId"]
    async with call.database.connection() as connection:
        found = await store.find_place(connection, call.company_id, customer_number, location_cd)
        if found is None:
            raise commands.no_place(customer_number, location_cd)
        reference = await remembered.at(connection, call.company_id, found.reference_version)
    return one(call, place_answer(found.record, reference), found.record.version)


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


def _path(place: Place) -> str:
    return f"/v1/location/{quote(place.customer_number, safe='')}/{quote(place.location.location_cd, safe='')}"


_LOCATIONS = Addresses("/v1/location", "location", PlaceAnswer, LocationUpdate)

ROUTES = (
    _LOCATIONS.many("Location_GetLocations", list_, filters=FILTERS),
    _LOCATIONS.post("Location_Create", create),
    _LOCATIONS.many("Location_GetLocationsForBaccountBybAccountId", list_of_customer, "{bAccountId}", filters=FILTERS),
    _LOCATIONS.one("Location_GetLocationBybAccountIdlocationId", get, "{bAccountId}/{locationId}"),
    _LOCATIONS.put("Location_UpdateBybAccountIdlocationId", change, "{bAccountId}/{locationId}"),
)
