"""What the addresses of reports have in common: the periods that are asked for, and answers as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import Response

from reskontra.changes.lists.wire import PAGING, Filter
from reskontra.db.export import as_csv
from reskontra.errors import Malformed
from reskontra.periods.rules import parse_period
from reskontra.reference.reference import Reference
from reskontra.reports.store.sales import SoldBy
from reskontra.web.addresses import Addresses, Struct
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.routing import Route
from reskontra.web.table import FORMAT
from reskontra.web.table import table as as_table

if TYPE_CHECKING:
    from reskontra.web.addresses import Handler

PERIOD, TO_PERIOD, BY = Parameter("period"), Parameter("toPeriod"), Parameter("by")


async def table(call: Call, name: str, statement: str, *parameters: object) -> Response:
    """200 with what a statement finds as CSV; its first parameter is the company."""
    async with call.database.transaction() as connection:
        file = await as_csv(connection, statement, call.company_id, *parameters)
    return as_table(file, f"{name}.csv")


def periods(call: Call, reference: Reference) -> tuple[str, str]:
    """The first and the last period that are asked for; without any, the one of today."""
    first = first_period(call, reference)
    last = last_period(call, reference) or first
    if last < first:
        raise Malformed(
            f"The period {last} comes before the period {first}.",
            field=(TO_PERIOD.name,),
            value=last,
            hint="Send the earlier one as period.",
        )
    return first, last


def first_period(call: Call, reference: Reference) -> str:
    """The period that is asked for; without any, the one of today."""
    sent = call.query.text(PERIOD.name)
    if sent:
        return _period(sent, PERIOD, reference)
    today = reference.today(call.context.now)
    begun = [period.period_id for period in reference.ordinary_periods if period.start_date <= today]
    return (begun or sorted(reference.periods))[-1]


def last_period(call: Call, reference: Reference) -> str | None:
    """The period up to which is asked; None if that was not sent."""
    sent = call.query.text(TO_PERIOD.name)
    return _period(sent, TO_PERIOD, reference) if sent else None


def sold_by_what(call: Call) -> SoldBy:
    """What sales are added up by; without any, by customer."""
    return call.query.choice(BY.name, SoldBy) or SoldBy.CUSTOMER


def _period(sent: str, parameter: Parameter, reference: Reference) -> str:
    field = (parameter.name,)
    return reference.period_named(parse_period(sent, field), field).period_id


def report(
    operation: str,
    handler: Handler,
    noun: str,
    answer: Struct,
    below: str,
    *query: Parameter,
    filters: tuple[Filter, ...] = (),
    needed: tuple[str, ...] = (),
) -> Route:
    """The route of a report below `/v1/reskontra/report`, which also answers as CSV."""
    addresses = Addresses("/v1/reskontra/report", noun, answer, plural=noun)
    return replace(
        addresses.many(operation, handler, below, filters=filters, query=(*query, FORMAT, *PAGING), needed=needed),
        has_table=True,
    )
