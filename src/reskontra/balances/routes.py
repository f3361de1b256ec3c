"""The addresses of customers' figures: balances, movements of periods, and ageing."""

from __future__ import annotations

import enum
import itertools
from dataclasses import replace
from datetime import date
from functools import partial

from starlette.responses import Response

from reskontra.balances.store.ageing import ageing
from reskontra.balances.store.customers import BALANCES, find_balance
from reskontra.balances.store.periods import MOVEMENTS
from reskontra.balances.store.standing import (
    DUNNING_LEVEL,
    EXCEEDS_CREDIT,
    IS_OVERDUE,
    OLDEST_DUE_DATE,
    OVERDUE,
    find_overview,
    find_totals,
    standing_table,
)
from reskontra.balances.store.standing import standings as standings_in
from reskontra.balances.wire import (
    AgeingAnswer,
    BalanceAnswer,
    MovementsAnswer,
    OverviewAnswer,
    StandingAnswer,
    StandingTotalAnswer,
    ageing_answer,
    balance_answer,
    movements_answer,
    overview_answer,
    standing_answer,
    standing_total_answer,
)
from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import (
    PAGING,
    choice,
    either,
    equal,
    filtered,
    greater,
    looking_like,
    matching,
    moment,
    ordered,
    same,
)
from reskontra.clock import local_date
from reskontra.codes import known
from reskontra.customers.customer import Status
from reskontra.customers.store.fragments import RESEMBLES, SOLD_TO_BY, id_of_number
from reskontra.db.export import as_csv
from reskontra.db.lists import Filters, Sorted
from reskontra.errors import Malformed
from reskontra.periods.rules import parse_period
from reskontra.receivables.store.for_balances import LAST_DAYS
from reskontra.receivables.wire.as_of import AS_OF, KNOWN_AT, Asked, asked
from reskontra.reference.routes.answering import answer_page as answer_page_with_names
from reskontra.reference.routes.answering import reference_of
from reskontra.web.addresses import Addresses
from reskontra.web.answers import json_answer, one
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.scalars import shown, whole_number
from reskontra.web.table import FORMAT, table, wants_table

_BALANCE_FILTERS = (
    greater("greaterThanValue", "customer.number"),
    moment("lastModifiedDateTime", "customer.modified_at"),
)
_ORDERS = {
    "number": Sorted("customer.number"),
    "name": Sorted("customer.name"),
    "balance": Sorted("customer.balance"),
    "lastModified": Sorted("customer.modified_at"),
}
_FROM, _TO = "fromFinPeriod", "toFinPeriod"
_MOVEMENT_FILTERS = (
    same("branchNumber", "moved.branch_number"),
    matching("customer", f"moved.customer_id = {id_of_number('{}::text')}"),
)
_ORDER_BY = Parameter("orderBy")
_BY, AGE_CREDITS, _BUCKETS, _CUSTOMER = (
    Parameter("by"), Parameter("ageCredits", "boolean"), Parameter("buckets"), Parameter("customer"),
)  # fmt: skip
AGEING_FILTERS = (equal("customerClass", "customer.customer_class_id"),)
AGEING_QUERY = (AS_OF, KNOWN_AT, _CUSTOMER, _BY, AGE_CREDITS, _BUCKETS)
_STANDING_FILTERS = (
    looking_like("text", RESEMBLES),
    same("number", "customer.number"),
    choice("status", Status, "customer.status"),
    equal("customerClass", "customer.customer_class_id"),
    same("currency", "customer.currency_id"),
    either("overdue", IS_OVERDUE, f"not {IS_OVERDUE}"),
    either("exceedsCredit", EXCEEDS_CREDIT, f"({EXCEEDS_CREDIT}) is not true"),
)
_STANDING_ORDERS = {
    "number": Sorted("customer.number"),
    "name": Sorted("customer.name"),
    "balance": Sorted("customer.balance"),
    "overdue": Sorted(OVERDUE),
    "oldestDueDate": Sorted(OLDEST_DUE_DATE),
    "dunningLevel": Sorted(DUNNING_LEVEL),
    "creditLeft": Sorted("(customer.credit_limit - customer.credit_used)"),
}
_SALESPERSON = Parameter("salesPerson")
_BUCKETS_MAX, _DAYS_MAX = 20, 9999


class AgedBy(enum.Enum):
    """What age is counted from."""

    DUE_DATE = "dueDate"
    DOCUMENT_DATE = "documentDate"


async def of_customer(call: Call) -> Response:
    """GET what a customer owes, and its sales in the current month and year of the company's time zone."""
    load = partial(find_balance, period_id=_month(call))
    balance = await call.find("customer", load, call.params["customerCd"])
    return one(call, balance_answer(balance, call.zone))


async def of_all(call: Call) -> Response:
    """GET the same of all customers, by number or in the order that was asked for (BLN-03)."""
    balances = replace(BALANCES, order=ordered(call.query, _ORDERS, "customer.number"))
    filters = filtered(call, _month(call))
    return await answer_page(call, balances, filters, lambda balance: balance_answer(balance, call.zone))


def _month(call: Call) -> str:
    return f"{local_date(call.context.now, call.zone):%Y%m}"


async def of_periods(call: Call) -> Response:
    """GET what moved balances from one period to another, by customer and branch (BLN-01)."""
    first, last = _required_period(call, _FROM), _required_period(call, _TO)
    if last < first:
        raise Malformed(
            f"The period {last} comes before the period {first}.",
            field=(_TO,),
            value=last,
            hint=f"Send the earlier one as {_FROM}.",
        )
    return await answer_page_with_names(call, MOVEMENTS, filtered(call, first, last), movements_answer)


def _required_period(call: Call, name: str) -> str:
    sent = call.query.text(name)
    if sent is None:
        raise Malformed(f"The parameter {name} is missing.", hint="Send a financial period, for example 202503.")
    return parse_period(sent.strip(), (name,))


def wanted_ages(call: Call, today: date) -> tuple[Asked, tuple[int, ...], Filters]:
    """As of when, by which last days of buckets, and of whom the ages are asked for."""
    wanted, last_days = asked(call.query, today), _last_days(call)
    filters = filtered(
        call,
        wanted.day,
        wanted.dates_at,
        [day + 1 for day in last_days],
        (call.query.choice(_BY.name, AgedBy) or AgedBy.DUE_DATE) is AgedBy.DUE_DATE,
        call.query.flag(AGE_CREDITS.name),
        call.query.text(_CUSTOMER.name),
        *([] if wanted.known_at is None else [wanted.known_at]),
    )
    return wanted, last_days, filters


async def by_age(call: Call) -> Response:
    """GET what customers owed on a date, by how long it had been due (AGS-02)."""
    reference = await reference_of(call)
    wanted, last_days, filters = wanted_ages(call, reference.today(call.context.now))
    return await answer_page(
        call,
        ageing(is_dated=wanted.known_at is not None),
        filters,
        lambda aged: ageing_answer(aged, wanted, last_days, reference.base_currency),
    )


async def standings(call: Call) -> Response:
    """GET how customers stand today, by number or in the order that was asked for."""
    today = local_date(call.context.now, call.zone)
    filters, order = await _chosen(call, today), ordered(call.query, _STANDING_ORDERS, "customer.number")
    if wants_table(call):
        async with call.database.transaction() as connection:
            statement = standing_table(filters, order)
            return table(await as_csv(connection, statement, *filters.parameters), "customers.csv")
    return await answer_page(call, standings_in(filters, order), filters, lambda stands: standing_answer(stands, today))


async def standing_total(call: Call) -> Response:
    """GET how all customers of such a list stand together."""
    filters = await _chosen(call, local_date(call.context.now, call.zone))
    async with call.database.connection() as connection:
        totals = await find_totals(connection, filters)
    return json_answer(standing_total_answer(totals))


async def _chosen(call: Call, today: date) -> Filters:
    """Which customers are asked for. Raises `UnknownReference` of a salesperson that nobody knows."""
    filters, sent = filtered(call, today), call.query.text(_SALESPERSON.name)
    if sent is not None:
        reference = await reference_of(call)
        seller = known(reference.salesperson_codes, sent.strip(), (_SALESPERSON.name,), "salespersons")
        filters.add(SOLD_TO_BY, seller.salesperson_id)
    return filters


async def overview(call: Call) -> Response:
    """GET what waits today, and what was sold in each month of the last two years."""
    reference = await reference_of(call)
    today = reference.today(call.context.now)
    async with call.database.connection() as connection:
        found = await find_overview(connection, call.company_id, today, date(max(today.year - 2, 1), today.month, 1))
    return json_answer(overview_answer(found, today, reference.base_currency))


def _last_days(call: Call) -> tuple[int, ...]:
    """The last day of each bucket but the last, from `buckets`."""
    sent = call.query.text(_BUCKETS.name)
    if sent is None:
        return LAST_DAYS
    read = [whole_number(word.strip(), len(str(_DAYS_MAX))) for word in sent.split(",", _BUCKETS_MAX)]
    days = tuple(day for day in read if day is not None)
    is_rising = days[:1] == (0,) and all(a < b for a, b in itertools.pairwise(days))
    if is_rising and len(days) == len(read) <= _BUCKETS_MAX:
        return days
    raise Malformed(
        f"'{shown(sent)}' is not a value that the parameter {_BUCKETS.name} takes.",
        hint=f"Send at most {_BUCKETS_MAX} rising numbers of days from 0 to {_DAYS_MAX}, the first of them 0, "
        "for example 0,30,60,90.",
    )


_BALANCES = Addresses("/v1/customer/balance", "balance", BalanceAnswer)

ROUTES = (
    Addresses("/v1/customer/{customerCd}/balance", "balance", BalanceAnswer).one(
        "Customer_GetCustomerBalanceBycustomerCd", of_customer
    ),
    _BALANCES.many("Customer_GetAllCustomerBalance", of_all, filters=_BALANCE_FILTERS),
    Addresses("/v2/customer/balance", "balance", MovementsAnswer).many(
        "CustomerV2_GetAllCustomerBalance", of_periods, filters=_MOVEMENT_FILTERS, needed=(_FROM, _TO)
    ),
    Addresses("/v1/reskontra/ageing", "ageing", AgeingAnswer, plural="ageing").many(
        "Reskontra_GetAgeing",
        by_age,
        filters=AGEING_FILTERS,
        query=(*AGEING_QUERY, *PAGING),
    ),
    replace(
        Addresses("/v1/reskontra/standing", "standing", StandingAnswer).many(
            "Reskontra_GetStandings",
            standings,
            filters=_STANDING_FILTERS,
            query=(_SALESPERSON, _ORDER_BY, FORMAT, *PAGING),
        ),
        has_table=True,
    ),
    Addresses("/v1/reskontra/standing/total", "standing total", StandingTotalAnswer).one(
        "Reskontra_GetStandingTotal", standing_total, filters=_STANDING_FILTERS, query=(_SALESPERSON,)
    ),
    Addresses("/v1/reskontra/overview", "overview", OverviewAnswer).one("Reskontra_GetOverview", overview),
)
