"""The addresses of the period actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_rows
from reskontra.changes.lists.wire import PAGING
from reskontra.closing import commands
from reskontra.closing.rules import Ledger
from reskontra.closing.wire import (
    ClosingAnswer,
    PeriodAction,
    PeriodActionAnswer,
    PeriodReopening,
    UnreleasedAnswer,
    WaitingAnswer,
)
from reskontra.errors import Malformed, NotFound
from reskontra.periods.rules import parse_period
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done, json_answer
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.listing import MAXIMUM
from reskontra.web.pairs import NumberName
from reskontra.web.routing import tryable
from reskontra.web.wire import changes


async def open_period(call: Call) -> Response:
    """POST: let an inactive period take postings."""
    async with call.database.transaction() as connection:
        touched = await commands.open_period(connection, call.context, call.params["financialPeriodId"])
    return done(call, more={"periods": touched})


async def close_period(call: Call) -> Response:
    """POST: close a period and all before it."""
    ledger = _ledger(changes(call.decode(PeriodAction)))
    async with call.database.transaction() as connection:
        touched = await commands.close_period(connection, call.context, call.params["financialPeriodId"], ledger)
    return done(call, more={"periods": touched})


async def reopen_period(call: Call) -> Response:
    """POST: reopen a period and all after it."""
    sent = changes(call.decode(PeriodReopening))
    ledger, reason = _ledger(sent), (sent.get("reason") or "").strip() or None
    async with call.database.transaction() as connection:
        touched = await commands.reopen_period(
            connection, call.context, call.params["financialPeriodId"], ledger, reason
        )
    return done(call, more={"periods": touched})


async def get_waiting(call: Call) -> Response:
    """GET what waits in each period, by period."""
    async with call.database.connection() as connection:
        waiting = await commands.find_waiting(connection, call.company_id)
    return answer_rows(call, waiting, _waiting)


async def get_closing(call: Call) -> Response:
    """GET what closing a period would close, and what stands in the way."""
    ledger = call.query.choice(_LEDGER.name, Ledger) or Ledger.CUSTOMER
    try:
        period = parse_period(call.params["financialPeriodId"], ())
    except Malformed:  # what cannot be one is not found either (W6)
        raise NotFound("financial period", call.params["financialPeriodId"][:40]) from None
    async with call.database.connection() as connection:
        found = await commands.foresee_closing(connection, call.company_id, period, ledger, MAXIMUM)
    return json_answer(
        ClosingAnswer(
            period=period,
            ledger=ledger.value,
            periods=[_waiting(it) for it in found.periods],
            unreleased_count=sum(it.unreleased for it in found.periods) if ledger == Ledger.CUSTOMER else 0,
            unreleased=[
                UnreleasedAnswer(
                    document_type=it.document_type,
                    reference_number=it.number,
                    period=it.period_id,
                    status=it.status,
                    customer=NumberName(number=it.customer_number, name=it.customer_name),
                )
                for it in found.unreleased
            ],
        )
    )


def _waiting(found: commands.Waiting) -> WaitingAnswer:
    return WaitingAnswer(period=found.period_id, unreleased_documents=found.unreleased, unposted_batches=found.unposted)


def _ledger(sent: Mapping[str, Any]) -> Ledger:
    """The ledger that was sent, else that of the customers."""
    ledger: Ledger = sent.get("ledger") or Ledger.CUSTOMER
    return ledger


_ADDRESS = "/v1/reskontra/financialPeriod"
_PERIODS = Addresses(f"{_ADDRESS}/{{financialPeriodId}}/action", "financial period", PeriodActionAnswer)
_LEDGER = Parameter("ledger")

ROUTES = (
    Addresses(_ADDRESS, "financial period", WaitingAnswer).many(
        "Reskontra_GetFinancialPeriods", get_waiting, query=PAGING
    ),
    Addresses(f"{_ADDRESS}/{{financialPeriodId}}/closing", "financial period", ClosingAnswer).one(
        "Reskontra_GetFinancialPeriodClosing", get_closing, query=(_LEDGER,)
    ),
    *tryable(
        (
            _PERIODS.act("Reskontra_OpenFinancialPeriod", open_period, "open", "opening"),
            _PERIODS.act("Reskontra_CloseFinancialPeriod", close_period, "close", "closing", body=PeriodAction),
            _PERIODS.act("Reskontra_ReopenFinancialPeriod", reopen_period, "reopen", "reopening", body=PeriodReopening),
        )
    ),
)
