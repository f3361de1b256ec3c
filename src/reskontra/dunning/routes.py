"""The addresses of reminding: the action for one customer, and the run for all."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.dunning.commands import reminding, running
from reskontra.dunning.letters.routes import ROUTES as LETTERS
from reskontra.dunning.wire import (
    DunningLetterAction,
    DunningLetterActionAnswer,
    DunningRun,
    DunningRunAnswer,
    run_answer,
)
from reskontra.runs.answers import sent_to_run
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
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


_RUNS = Addresses("/v1/reskontra/run", "dunning", DunningRunAnswer)
_REMINDERS = Addresses("/v1/customer/{customer}/action", "dunning letter", DunningLetterActionAnswer)

ROUTES = (
    *LETTERS,
    _RUNS.act("Reskontra_RunDunning", run, "dunning", "running", body=DunningRun),
    _REMINDERS.act(
        "Customer_CreateDunningLetterActionBycustomer",
        create_letter,
        "createDunningLetter",
        "creating",
        body=DunningLetterAction,
    ),
)
