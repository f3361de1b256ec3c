"""Sending a document as an e-invoice, and the list of what was sent so.

The ETag of sending is that of the document, which sending does not change.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import NEWEST_FIRST, PAGING, choice, filtered, matching, moment, since, until
from reskontra.documents.commands import e_invoicing
from reskontra.documents.e_invoicing import store
from reskontra.documents.e_invoicing.wire import SendingAnswer
from reskontra.documents.wire.resources import RESOURCES, Resource
from reskontra.e_invoices.store import BACKWARDS, State
from reskontra.e_invoices.wire.answers import DeliveryAnswer, delivery_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.pairs import NumberName
from reskontra.web.routing import Route, tryable


async def send(resource: Resource, call: Call) -> Response:
    """POST: send a released document as an e-invoice, once. A body is not needed and not read."""
    number = call.params[resource.parameter]
    async with call.database.transaction() as connection:
        sent = await e_invoicing.send(connection, call.context, resource.kind, number, call.if_match)
    return done(call, sent.version, {"refNbr": sent.number, "documentType": resource.kind.document_type})


FILTERS = (
    choice("state", State, "e_invoice_delivery.state"),
    matching("customer", store.IS_OF_CUSTOMER),
    matching("receiver", "e_invoice_delivery.receiver = {}"),
    since("from", "e_invoice_delivery.queued_at"),
    until("to", "e_invoice_delivery.queued_at"),
    moment("lastModifiedDateTime", "e_invoice_delivery.modified_at"),
)


async def get_sent(call: Call) -> Response:
    """GET a page of e-invoices by type and number, or the newest first."""
    is_turned = call.query.flag(NEWEST_FIRST.name)
    listed = replace(store.SENT, order=BACKWARDS) if is_turned else store.SENT
    return await answer_page(call, listed, filtered(call), lambda sent: _answer(sent, call.zone))


def _answer(sent: store.Sent, zone: ZoneInfo) -> DeliveryAnswer:
    return delivery_answer(sent, zone, NumberName(number=sent.customer_number, name=sent.customer_name))


def _route(resource: Resource) -> Route:
    return Addresses(f"/v1/{resource.path}", resource.kind.noun, body=resource.update).act(
        f"{resource.operation}_SendToAutoInvoiceBy{resource.parameter}",
        partial(send, resource),
        f"{{{resource.parameter}}}/action/sendToAutoInvoice",
        "sending",
        answer=SendingAnswer,
    )


ROUTES = (
    *tryable(_route(resource) for resource in RESOURCES if resource.kind.e_invoice_type is not None),
    Addresses("/v1/reskontra/eInvoice", "e-invoice", DeliveryAnswer).many(
        "Reskontra_GetEInvoices", get_sent, filters=FILTERS, query=(NEWEST_FIRST, *PAGING)
    ),
)
