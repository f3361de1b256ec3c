"""Reversing and correcting an invoice. The ETag is that of the document which the action makes (RVS-01, CRR-02)."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.responses import Response

from reskontra.documents.commands import reversing
from reskontra.documents.reversals.wire import CorrectionAnswer, ReversalAnswer, ReversalRequest
from reskontra.documents.routes import read
from reskontra.documents.wire.resources import CREDIT_NOTES, INVOICES
from reskontra.kinds import INVOICE
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.routing import tryable
from reskontra.web.wire import changes


async def reverse(call: Call, *, applies: bool) -> Response:
    """POST: make a credit note over the whole invoice, as a draft; if it `applies`, it is to settle the invoice."""
    update = changes(call.decode(ReversalRequest))
    number = call.params[INVOICES.parameter]
    async with call.database.transaction() as connection:
        made = await reversing.reverse(
            connection, call.context, number, applies=applies, expected_version=call.if_match
        )
    more: dict[str, object] = {"referenceNumber": made.number}
    if update.get("returns_note"):
        answer, _ = await read(CREDIT_NOTES, call, made.number)
        more["creditNoteDto"] = msgspec.Raw(answer)
    return done(call, made.version, more)


async def correct(call: Call) -> Response:
    """POST: make a draft that is to replace the invoice. A body is not needed and not read."""
    number = call.params[INVOICES.parameter]
    async with call.database.transaction() as connection:
        made = await reversing.correct(connection, call.context, number, call.if_match)
    return done(call, made.version, {"refNbr": made.number, "documentType": INVOICE.document_type})


_INVOICES = Addresses(f"/v1/{INVOICES.path}", INVOICE.noun, body=INVOICES.update)
_ACTION = f"{{{INVOICES.parameter}}}/action"

ROUTES = tryable(
    [
        _INVOICES.act(
            "CustomerInvoice_ReverseInvoiceByinvoiceNumber",
            partial(reverse, applies=False),
            f"{_ACTION}/reverse",
            "reversing",
            body=ReversalRequest,
            answer=ReversalAnswer,
        ),
        _INVOICES.act(
            "CustomerInvoice_ReverseInvoiceAndApplyToNoteByinvoiceNumber",
            partial(reverse, applies=True),
            f"{_ACTION}/reverseandapplytonote",
            "reversing",
            body=ReversalRequest,
            answer=ReversalAnswer,
        ),
        _INVOICES.act(
            "CustomerInvoice_CorrectInvoiceByinvoiceNumber",
            correct,
            f"{_ACTION}/correct",
            "correcting",
            answer=CorrectionAnswer,
        ),
    ]
)
