"""The addresses of printed documents: those of the contract, and ours for charges and cash sales."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.responses import Response

from reskontra.documents.cash_sales import routes as cash_sales
from reskontra.documents.paper.commands import print_document
from reskontra.documents.wire.resources import CREDIT_NOTES, DEBIT_NOTES, INVOICES, OVERDUE_CHARGES, Resource
from reskontra.printing.answers import PDF, pdf_answer
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call
from reskontra.web.routing import Route


async def print_(resource: Resource, call: Call) -> Response:
    """GET a document as a PDF: drafts and voided ones are marked as such."""
    number = call.params[resource.parameter]
    return pdf_answer(await print_document(call.database, call.context, resource.kind, number))


def _route(resource: Resource, operation: str, prefix: str = "/v1") -> Route:
    addresses = Addresses(f"{prefix}/{resource.path}", resource.kind.noun)
    below = f"{{{resource.parameter}}}/print"
    return addresses.file(operation, partial(print_, resource), below, "printing", PDF)


_CASH_SALES = cash_sales.RESOURCES[0]

ROUTES = (
    _route(replace(INVOICES, parameter="refNbr"), "CustomerInvoice_PrintInvoiceByrefNbr"),
    _route(CREDIT_NOTES, "CustomerCreditNote_PrintBycreditNoteNumber"),
    _route(DEBIT_NOTES, "CustomerDebitNote_PrintBydebitNoteNumber"),
    _route(OVERDUE_CHARGES, "Reskontra_PrintOverdueCharge", "/v1/reskontra"),
    Addresses(f"/v1/reskontra/{_CASH_SALES.path}", _CASH_SALES.kind.noun).file(
        "Reskontra_PrintCashSale",
        partial(cash_sales.at_number, print_),
        f"{{{_CASH_SALES.parameter}}}/print",
        "printing",
        PDF,
    ),
)
