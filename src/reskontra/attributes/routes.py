"""The addresses of attributes: decode, open the transaction, run the command, answer. Decides nothing."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.attributes import commands, store
from reskontra.attributes.rules import ControlType
from reskontra.attributes.wire import AttributeAnswer, AttributeUpdate, attribute_answer
from reskontra.db.lists import Filters
from reskontra.errors import NotFound
from reskontra.web.answers import created, deleted, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.routing import Route
from reskontra.web.wire import changes


async def list_(call: Call) -> Response:
    """A page of attributes by id."""
    async with call.database.connection() as connection:
        attributes = await store.list_attributes(connection, _filters(call))
    listed = cut(attributes, call.query)
    return page(call, (attribute_answer(stored, call.zone) for stored in listed.rows), listed.total)


async def get(call: Call) -> Response:
    """One attribute."""
    async with call.database.connection() as connection:
        stored = await store.find_attribute(connection, call.company_id, call.params["attributeId"])
    if stored is None:
        raise NotFound("attribute", call.params["attributeId"])
    return one(call, attribute_answer(stored, call.zone), stored.version)


async def create(call: Call) -> Response:
    """A new attribute."""
    sent = changes(call.decode(AttributeUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.create(connection, call.context, sent)
    return created(call, _path(saved.attribute_id), saved.version)


async def change(call: Call) -> Response:
    """Change an attribute; what is absent stays."""
    sent = changes(call.decode(AttributeUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.change(connection, call.context, call.params["attributeId"], sent, call.if_match)
    return no_content(call, _path(saved.attribute_id), saved.version)


async def delete(call: Call) -> Response:
    """Delete an attribute that no customer has."""
    async with call.database.transaction() as connection:
        await commands.delete(connection, call.context, call.params["attributeId"], call.if_match)
    return deleted()


def _filters(call: Call) -> Filters:
    query = call.query
    filters = Filters([call.company_id])
    filters.add_same("attribute_id", query.text("attributeID"))
    filters.add_greater("attribute_id", query.text("greaterThanValue"))
    control_type = query.choice("controlType", ControlType)
    if control_type is not None:
        filters.add("control_type = {}", control_type.value)
    if query.text("internal") is not None:
        filters.add("internal = {}", query.flag("internal"))
    filters.add_comparison("modified_at", query.moment("lastModifiedDateTime"))
    filters.add_comparison("created_at", query.moment("createdDateTime"))
    return filters


def _path(attribute_id: str) -> str:
    return f"/v1/attribute/{quote(attribute_id, safe='')}"


_ONE = "/v1/attribute/{attributeId}"

ROUTES = (
    Route(
        "Attribute_GetAttributes",
        "GET",
        "/v1/attribute",
        list_,
        "reading attributes",
        answer=AttributeAnswer,
        lists=True,
    ),
    Route("Attribute_Post", "POST", "/v1/attribute", create, "creating attribute", body=AttributeUpdate),
    Route("Attribute_GetAttributeByattributeId", "GET", _ONE, get, "reading attribute", answer=AttributeAnswer),
    Route("Attribute_PutByattributeId", "PUT", _ONE, change, "updating attribute", body=AttributeUpdate),
    Route("Attribute_DeleteByattributeId", "DELETE", _ONE, delete, "deleting attribute"),
)
