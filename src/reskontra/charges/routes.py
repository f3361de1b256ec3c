"""The address of the run. The charges that it makes are read, changed and released as documents."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.charges.commands.running import run_overdue_charge
from reskontra.charges.wire import ChargeRun, ChargeRunAnswer, run_answer
from reskontra.runs.answers import sent_to_run
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call


async def run(call: Call) -> Response:
    """POST: draft charges for everybody who paid late. The run opens its transactions itself."""
    outcome, warnings = await run_overdue_charge(call.database, call.context, sent_to_run(call, ChargeRun))
    return done(call, more=run_answer(outcome, warnings))


ROUTES = (
    Addresses("/v1/reskontra/run", "overdue charges", ChargeRunAnswer).act(
        "Reskontra_RunOverdueCharge", run, "overdueCharge", "running", body=ChargeRun
    ),
)
