"""The addresses of e-invoices: what has become of them, and their XML. They are sent by actions of their documents."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import PAGING, choice, filtered, matching, moment
from reskontra.e_invoices import store
from reskontra.e_invoices.wire.answers import DeliveryAnswer, delivery_answer
from reskontra.errors import NotFound
from reskontra.kinds import kind_spelled
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

_XML = "text/xml"

FILTERS = (
    choice("state", store.State, "e_invoice_delivery.state"),
    matching("receiver", "e_invoice_delivery.receiver = {}"),
    moment("lastModifiedDateTime", "e_invoice_delivery.modified_at"),
)


async def list_(call: Call) -> Response:
    """GET a page of e-invoices by type and number."""
    return await answer_page(call, store.DELIVERIES, filtered(call), lambda it: delivery_answer(it, call.zone))


async def get(call: Call) -> Response:
    """GET what has become of a document's e-invoice."""
    found = await call.find("e-invoice", store.find_delivery, *_key(call))
    return one(call, delivery_answer(found, call.zone), found.version)


async def get_xml(call: Call) -> Response:
    """GET a document's e-invoice as it is sent."""
    content = await call.find("e-invoice", store.find_content, *_key(call))
    return Response(content, media_type=f"{_XML}; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})


def _key(call: Call) -> tuple[str, str]:
    kind = kind_spelled(call.params["documentType"])
    if kind is None:
        raise NotFound("document type", call.params["documentType"])
    return kind.document_type, call.params["referenceNumber"]


_E_INVOICES = Addresses("/v1/reskontra/eInvoice", "e-invoice", DeliveryAnswer)
_ONE = "{documentType}/{referenceNumber}"
ROUTES = (
    _E_INVOICES.many("Reskontra_GetEInvoices", list_, filters=FILTERS, query=PAGING),
    _E_INVOICES.one("Reskontra_GetEInvoice", get, _ONE),
    _E_INVOICES.file("Reskontra_GetEInvoiceXml", get_xml, f"{_ONE}/xml", "reading", _XML),
)
