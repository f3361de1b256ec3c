"""The addresses of statements of account: one of a customer, and the run that makes and keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypedDict
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from reskontra.account_statements.commands import run_statements, show
from reskontra.account_statements.paper.commands import print_statement
from reskontra.account_statements.wire import (
    MadeStatementAnswer,
    StatementAnswer,
    StatementRun,
    StatementRunAnswer,
    statement_table,
)
from reskontra.clock import local_date
from reskontra.errors import Malformed, NotFound
from reskontra.printing.answers import PDF, pdf_answer
from reskontra.receivables.wire.as_of import AS_OF, KNOWN_AT, Asked, asked
from reskontra.reference.rules.classes import StatementType
from reskontra.runs.answers import sent_to_run, skipped_answers
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done, one
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.table import FORMAT, table, wants_table
from reskontra.web.wire import day_text

_FROM, _TYPE = Parameter("from", "datetime"), Parameter("type")
_statement = msgspec.json.Decoder(StatementAnswer)
_BY_CURRENCY = Parameter("byCurrency", "boolean")
QUERY = (AS_OF, KNOWN_AT, _FROM, _TYPE, _BY_CURRENCY)


class Form(TypedDict):
    """How a statement is to look, as `commands.show` takes it; None is what the customer wants."""

    statement_type: StatementType | None
    since: date | None
    by_currency: bool | None


def wanted_of(call: Call) -> tuple[Asked, Form]:
    """Which statement the query asks for. Raises `Malformed`."""
    wanted = asked(call.query, local_date(call.context.now, call.zone))
    statement_type, sent = call.query.choice(_TYPE.name, StatementType), call.query.day(_FROM.name)
    if sent is not None and statement_type is not StatementType.BALANCE_FORWARD:
        raise Malformed(
            "Only a statement that brings a balance forward begins on a day.",
            hint=f"Send type={StatementType.BALANCE_FORWARD.value} with from, or leave from out.",
        )
    if sent is not None and sent.value > wanted.day:
        raise Malformed(
            f"The statement would begin on {sent.value}, after it ends on {wanted.day}.", hint="Send an earlier from."
        )
    apart = None if call.query.text(_BY_CURRENCY.name) is None else call.query.flag(_BY_CURRENCY.name)
    return wanted, Form(statement_type=statement_type, since=sent.value if sent else None, by_currency=apart)


async def of_customer(call: Call) -> Response:
    """GET a customer's statement as of a date (AGS-04), as JSON or CSV."""
    wanted, form = wanted_of(call)
    number = call.params["customerCd"]
    async with call.database.connection() as connection:
        found = await show(connection, call.company_id, number, wanted, **form)
    if found is None:
        raise NotFound("customer", number)
    if wants_table(call):
        statement = _statement.decode(found) if isinstance(found, bytes) else found
        return table(statement_table(statement), f"statement-{quote(statement.customer.number, safe='')}.csv")
    return one(call, found)


async def print_of_customer(call: Call) -> Response:
    """GET the same as a PDF."""
    wanted, form = wanted_of(call)
    number = call.params["customerCd"]
    return pdf_answer(await print_statement(call.database, call.context, number, wanted, **form))


async def run(call: Call) -> Response:
    """POST: make statements and keep them (AGS-05)."""
    outcome = await run_statements(call.database, call.context, sent_to_run(call, StatementRun))
    created = [
        MadeStatementAnswer(customer=it.customer_number, as_of=day_text(it.as_of), balance=it.balance)
        for it in outcome.created
    ]
    return done(call, more={"created": created, "skipped": skipped_answers(outcome)})


ROUTES = (
    replace(
        Addresses("/v1/reskontra/customer/{customerCd}/statement", "statement", StatementAnswer).one(
            "Reskontra_GetStatement", of_customer, query=(*QUERY, FORMAT)
        ),
        has_table=True,
    ),
    Addresses("/v1/reskontra/customer/{customerCd}/statement", "statement").file(
        "Reskontra_PrintStatement", print_of_customer, "print", "printing", PDF, query=QUERY
    ),
    Addresses("/v1/reskontra/run", "statements", StatementRunAnswer).act(
        "Reskontra_RunStatements", run, "statements", "running", body=StatementRun
    ),
)
