"""The addresses of reminding: the action for one customer, and the run for all."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from reskontra.changes.lists.wire import PAGING
from reskontra.dunning.blocks.routes import ROUTES as BLOCKS
from reskontra.dunning.commands import foreseeing, reminding, running
from reskontra.dunning.letters.routes import ROUTES as LETTERS
from reskontra.dunning.wire.proposals import ProposalsAnswer, Way, proposals_answer
from reskontra.dunning.wire.runs import (
    DunningLetterAction,
    DunningLetterActionAnswer,
    DunningRun,
    DunningRunAnswer,
    run_answer,
)
from reskontra.errors import Refusal
from reskontra.runs.answers import sent_to_run
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done, json_answer
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.listing import page_of
from reskontra.web.wire import changes


async def create_letter(call: Call) -> Response:
    """POST the action that reminds one customer. It also succeeds if nothing is due (ACT-04)."""
    sent = changes(call.decode(DunningLetterAction))
    async with call.database.transaction() as connection:
        await reminding.create_letters(connection, call.context, call.params["customer"], sent)
    return done(call)


async def run(call: Call) -> Response:
    """POST: remind everybody who is due. The run opens its transactions itself, one for each chunk of customers."""
    outcome = await running.run_dunning(call.database, call.context, sent_to_run(call, DunningRun))
    return done(call, more=run_answer(outcome))


_AS_OF, _CLASS, _CUSTOMER, _WAY = (
    Parameter("asOf", "datetime"), Parameter("customerClass"), Parameter("customer"), Parameter("way"),
)  # fmt: skip
_FROM, _TO = Parameter("levelFrom", "integer"), Parameter("levelTo", "integer")


_ASKED_AS: Mapping[str | int, str] = {
    "letter_date": _AS_OF.name,
    "customer_class": _CLASS.name,
    "customer_numbers": _CUSTOMER.name,
    "level_from": _FROM.name,
    "level_to": _TO.name,
    "is_printed": _WAY.name,
    "is_emailed": _WAY.name,
}
"""What a run is asked for, and the parameter that says it."""


async def get_proposals(call: Call) -> Response:
    """GET who is due a letter on a day, by level, and the letters of a page of them; nothing is made."""
    query, page = call.query, page_of(call.query)
    day, way = query.day(_AS_OF.name), query.choice(_WAY.name, Way)
    customer = query.text(_CUSTOMER.name)
    filters: dict[str, object] = {
        "customer_class": query.text(_CLASS.name),
        "customer_numbers": [customer] if customer else None,
        "level_from": query.integer(_FROM.name),
        "level_to": query.integer(_TO.name),
        "is_printed": True if way is Way.PAPER else None,
        "is_emailed": True if way is Way.EMAIL else None,
    }
    asked = {"letter_date": day.value if day else None, "filters": filters}
    try:
        found = await foreseeing.foresee(call.database, call.context, asked, limit=page.limit, offset=page.offset)
    except Refusal as refusal:
        refusal.field = next(((_ASKED_AS[step],) for step in reversed(refusal.field) if step in _ASKED_AS), ())
        raise
    return json_answer(proposals_answer(found))


_RUNS = Addresses("/v1/reskontra/run", "dunning", DunningRunAnswer)
_REMINDERS = Addresses("/v1/customer/{customer}/action", "dunning letter", DunningLetterActionAnswer)

ROUTES = (
    *LETTERS,
    *BLOCKS,
    Addresses("/v1/reskontra/dunningProposal", "dunning proposal", ProposalsAnswer).one(
        "Reskontra_GetDunningProposals",
        get_proposals,
        query=(_AS_OF, _FROM, _TO, _CLASS, _CUSTOMER, _WAY, *PAGING),
    ),
    _RUNS.act("Reskontra_RunDunning", run, "dunning", "running", body=DunningRun),
    _REMINDERS.act(
        "Customer_CreateDunningLetterActionBycustomer",
        create_letter,
        "createDunningLetter",
        "creating",
        body=DunningLetterAction,
    ),
)
