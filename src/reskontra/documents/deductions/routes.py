"""The addresses of a document's deduction; that of a debit note is our own, as the contract has none."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from reskontra.documents.deductions.store import find_deduction
from reskontra.documents.deductions.wire import DeductionAnswer, deduction_answer
from reskontra.kinds import DEBIT_NOTE, INVOICE, Kind
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call


async def get_deduction(kind: Kind, parameter: str, call: Call) -> Response:
    """GET what a document deducts, and for whom."""
    found = await call.find(kind.noun, find_deduction, kind.document_type, call.params[parameter])
    return one(call, deduction_answer(found), found.version)


ROUTES = [
    Addresses("/v1/customerinvoice", "deduction of an invoice", DeductionAnswer).one(
        "CustomerInvoice_GetRotRutByrefNbr", partial(get_deduction, INVOICE, "refNbr"), "{refNbr}/rotrut"
    ),
    Addresses("/v1/reskontra/customerDebitNote", "deduction of a debit note", DeductionAnswer).one(
        "Reskontra_GetCustomerDebitNoteRotRut",
        partial(get_deduction, DEBIT_NOTE, "debitNoteNumber"),
        "{debitNoteNumber}/rotrut",
    ),
]
