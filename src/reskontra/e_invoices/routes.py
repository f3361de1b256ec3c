"""The addresses of an e-invoice: what has become of it, and its XML.

It is sent by an action of its document, whose room also lists all.
"""

from __future__ import annotations

from starlette.responses import Response

from reskontra.e_invoices import store
from reskontra.e_invoices.wire.answers import DeliveryAnswer, delivery_answer
from reskontra.errors import NotFound
from reskontra.kinds import kind_spelled
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

_XML = "text/xml"


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
    _E_INVOICES.one("Reskontra_GetEInvoice", get, _ONE),
    _E_INVOICES.file("Reskontra_GetEInvoiceXml", get_xml, f"{_ONE}/xml", "reading", _XML),
)
