"""The addresses of credit write-offs and of the run that writes off; small balances are read as payments (SWO-04)."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.wire import filtered
from reskontra.errors import NotFound
from reskontra.kinds import CREDIT_WRITE_OFF
from reskontra.payments.write_offs import store
from reskontra.payments.write_offs.commands import run_write_offs
from reskontra.payments.write_offs.wire import (
    CREDIT_WRITE_OFF_NAMES,
    CreditWriteOffAnswer,
    WriteOffRun,
    WriteOffRunAnswer,
    credit_write_off_answer,
    written_off_answer,
)
from reskontra.receivables.wire.filters import ITEM_FILTERS
from reskontra.receivables.wire.items import DocumentType
from reskontra.reference.routes.answering import answer_page
from reskontra.reference.store import remembered
from reskontra.runs.answers import sent_to_run, skipped_answers
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done, one
from reskontra.web.call import Call


async def run(call: Call) -> Response:
    """POST: write off what is small (WRO-01)."""
    outcome = await run_write_offs(call.database, call.context, sent_to_run(call, WriteOffRun))
    more = {"created": [written_off_answer(it) for it in outcome.created], "skipped": skipped_answers(outcome)}
    return done(call, more=more)


async def get_all(call: Call) -> Response:
    """GET a page of write-offs of credits by number. Those of another type than `documentType` are left out."""
    wanted = call.query.choice("documentType", DocumentType)
    for name in _EXPAND:  # read, so that a wrong value is refused; there is nothing more to show
        call.query.flag(name)
    listed = wanted is None or str(wanted) == CREDIT_WRITE_OFF.document_type
    filters = filtered(call, [CREDIT_WRITE_OFF.document_type] if listed else [])
    return await answer_page(call, store.credit_write_offs(CREDIT_WRITE_OFF_NAMES), filters, credit_write_off_answer)


_EXPAND = ("expandApplications", "expandDunningInformation", "expandAttachments", "expandTaxDetails",
           "expandInvoiceAddress")  # fmt: skip


async def get_one(call: Call) -> Response:
    """GET one write-off of a credit."""
    number = call.params["creditWriteOffNumber"]
    async with call.database.connection() as connection:
        row = await store.find_credit_write_off(connection, call.company_id, number, CREDIT_WRITE_OFF_NAMES)
        if row is None:
            raise NotFound(CREDIT_WRITE_OFF.noun, number)
        reference = await remembered.at(connection, call.company_id, row["reference_version"])
    return one(call, credit_write_off_answer(row, reference), row["version"])


_CREDITS = Addresses("/v1/customerCreditWriteOff", CREDIT_WRITE_OFF.noun, CreditWriteOffAnswer)

ROUTES = (
    _CREDITS.many("CustomerCreditWriteOff_GetAll", get_all, filters=ITEM_FILTERS),
    _CREDITS.one("CustomerCreditWriteOff_GetBycreditWriteOffNumber", get_one, "{creditWriteOffNumber}"),
    Addresses("/v1/reskontra/run", "write-off", WriteOffRunAnswer).act(
        "Reskontra_RunWriteOff", run, "writeOff", "running", body=WriteOffRun
    ),
)
