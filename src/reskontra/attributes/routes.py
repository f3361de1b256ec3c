"""The addresses of attributes."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.attributes import commands, store
from reskontra.attributes.rules import ControlType
from reskontra.attributes.wire import AttributeAnswer, AttributeUpdate, attribute_answer
from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import choice, filtered, flag, greater, moment, same
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, deleted, no_content, one
from reskontra.web.call import Call
from reskontra.web.wire import changes

FILTERS = (
    same("attributeID", "attribute.attribute_id"),
    greater("greaterThanValue", "attribute.attribute_id"),
    choice("controlType", ControlType, "attribute.control_type"),
    flag("internal", "attribute.internal"),
    moment("lastModifiedDateTime", "attribute.modified_at"),
    moment("createdDateTime", "attribute.created_at"),
)


async def list_(call: Call) -> Response:
    """A page of attributes by id."""
    filters = filtered(call)
    return await answer_page(call, store.ATTRIBUTES, filters, lambda stored: attribute_answer(stored, call.zone))


async def get(call: Call) -> Response:
    """One attribute."""
    stored = await call.find("attribute", store.ATTRIBUTES.find, call.params["attributeId"])
    return one(call, attribute_answer(stored, call.zone), stored.version)


async def create(call: Call) -> Response:
    """A new attribute."""
    sent = changes(call.decode(AttributeUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.create(connection, call.context, sent)
    return created(call, _path(saved.number), saved.version)


async def change(call: Call) -> Response:
    """Change an attribute; what is absent stays."""
    sent = changes(call.decode(AttributeUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.change(connection, call.context, call.params["attributeId"], sent, call.if_match)
    return no_content(call, _path(saved.number), saved.version)


async def delete(call: Call) -> Response:
    """Delete an attribute that no customer has."""
    async with call.database.transaction() as connection:
        await commands.delete(connection, call.context, call.params["attributeId"], call.if_match)
    return deleted()


def _path(attribute_id: str) -> str:
    return f"/v1/attribute/{quote(attribute_id, safe='')}"


_ATTRIBUTES = Addresses("/v1/attribute", "attribute", AttributeAnswer, AttributeUpdate)

ROUTES = (
    _ATTRIBUTES.many("Attribute_GetAttributes", list_, filters=FILTERS),
    _ATTRIBUTES.post("Attribute_Post", create),
    _ATTRIBUTES.one("Attribute_GetAttributeByattributeId", get, "{attributeId}"),
    _ATTRIBUTES.put("Attribute_PutByattributeId", change, "{attributeId}"),
    _ATTRIBUTES.delete("Attribute_DeleteByattributeId", delete, "{attributeId}"),
)
