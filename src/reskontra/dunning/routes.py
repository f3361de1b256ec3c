"""The addresses of reminding: decode, open the transaction, run the command, answer. Decides nothing."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.dunning import commands, running
from reskontra.dunning.letter_routes import ROUTES as LETTERS
from reskontra.dunning.wire import (
    DunningLetterAction,
    DunningLetterActionAnswer,
    DunningRun,
    DunningRunAnswer,
    run_answer,
)
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.routing import Route
from reskontra.web.wire import changes


async def create_letter(call: Call) -> Response:
    """POST the action that reminds one customer. That nothing is due is a success too (ACT-04)."""
    sent = changes(call.decode(DunningLetterAction))
    async with call.database.transaction() as connection:
        await commands.create_letters(connection, call.context, call.params["customer"], sent)
    return done(call)


async def run(call: Call) -> Response:
    """POST: remind everybody who is due. The run opens its transactions itself, one for each chunk of customers."""
    outcome = await running.run_dunning(call.database, call.context, changes(call.decode(DunningRun)))
    return done(call, more=run_answer(outcome))


ROUTES: tuple[Route, ...] = (
    *LETTERS,
    Route(
        "Reskontra_RunDunning",
        "POST",
        "/v1/reskontra/run/dunning",
        run,
        "running dunning",
        body=DunningRun,
        answer=DunningRunAnswer,
    ),
    Route(
        "Customer_CreateDunningLetterActionBycustomer",
        "POST",
        "/v1/customer/{customer}/action/createDunningLetter",
        create_letter,
        "creating dunning letter",
        body=DunningLetterAction,
        answer=DunningLetterActionAnswer,
    ),
)
