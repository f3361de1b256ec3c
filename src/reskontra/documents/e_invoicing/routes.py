"""Sending a document as an e-invoice. The ETag is that of the document, which sending does not change."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from reskontra.documents.commands import e_invoicing
from reskontra.documents.e_invoicing.wire import SendingAnswer
from reskontra.documents.wire.resources import RESOURCES, Resource
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.routing import Route


async def send(resource: Resource, call: Call) -> Response:
    """POST: send a released document as an e-invoice, once. A body is not needed and not read."""
    number = call.params[resource.parameter]
    async with call.database.transaction() as connection:
        sent = await e_invoicing.send(connection, call.context, resource.kind, number, call.if_match)
    return done(call, sent.version, {"refNbr": sent.number, "documentType": resource.kind.document_type})


def _route(resource: Resource) -> Route:
    return Addresses(f"/v1/{resource.path}", resource.kind.noun, body=resource.update).act(
        f"{resource.operation}_SendToAutoInvoiceBy{resource.parameter}",
        partial(send, resource),
        f"{{{resource.parameter}}}/action/sendToAutoInvoice",
        "sending",
        answer=SendingAnswer,
    )


ROUTES = [_route(resource) for resource in RESOURCES if resource.kind.e_invoice_type is not None]
