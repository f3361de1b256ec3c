"""SQL of how customers stand on the day $2: what they owe, by age, and what credit they have left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import STANDING
from reskontra.db.lists import Filters, Order, ordered_by
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.receivables.store.for_balances import (
    LAST_DAYS,
    billed_by_month,
    open_by_age,
    open_by_age_of_all,
    waiting,
)

_BUCKETS = range(len(LAST_DAYS) + 1)
_BUCKET_COLUMNS = ", ".join(f"coalesce(aged.bucket_{it}, 0.0000) as bucket_{it}" for it in _BUCKETS)
_OVERDUE = " + ".join(f"coalesce(aged.bucket_{position}, 0)" for position in _BUCKETS[1:])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer stands, in base currency."""

    number: str
    name: str
    status: str
    customer_class_id: str
    currency_id: str
    balance: Decimal
    overdue: Decimal
    oldest_due_date: date | None
    dunning_level: int
    credit_limit: Decimal | None
    """None if its credit is not checked."""
    credit_used: Decimal
    """What it owes and what waits unreleased."""
    buckets: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """How all customers of a selection stand together, in base currency."""

    count: int
    balance: Decimal
    overdue: Decimal
    buckets: tuple[Decimal, ...]


_USED = "stands.balance + stands.unreleased as credit_used"
_AGED = f"""{_OVERDUE} as overdue, aged.oldest_due_date, coalesce(aged.dunning_level, 0) as dunning_level,
                   {_BUCKET_COLUMNS}"""

_FOUND = f"""
    select customer.*
      from (select stands.*, {_USED}, {_AGED}
              from ({STANDING}) as stands
              left join ({open_by_age("$2::date")}) as aged on aged.customer_id = stands.customer_id) as customer
     where true"""

_FOUND_WITHOUT_AGES = f"""
    select customer.*
      from (select stands.*, {_USED} from ({STANDING}) as stands) as customer
     where $2::date is not null"""


def _standing(row: Any) -> Standing:
    names = [name for name in Standing.__slots__ if name != "buckets"]
    return Standing(**{name: row[name] for name in names}, buckets=_buckets(row))


def _buckets(row: Any) -> tuple[Decimal, ...]:
    return tuple(row[f"bucket_{position}"] for position in _BUCKETS)


STANDINGS = Paged(
    entity="Standing",
    found=_FOUND,
    key=("customer.number",),
    tables="page as customer",
    columns="customer.*",
    read=_standing,
    sort_key=lambda found: (found.number,),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Customers by number."""

_STANDINGS_OF_A_PAGE = replace(
    STANDINGS,
    found=_FOUND_WITHOUT_AGES,
    tables=f"""page as customer
          left join lateral ({open_by_age("$2::date", "customer.customer_id")}) as aged on true""",
    columns=f"customer.*, {_AGED}",
)
"""The same, where only what the customers of the page owe is added up."""

OVERDUE, OLDEST_DUE_DATE, DUNNING_LEVEL = "customer.overdue", "customer.oldest_due_date", "customer.dunning_level"
_BY_AGE = (OVERDUE, OLDEST_DUE_DATE, DUNNING_LEVEL)


def standings(filters: Filters, order: Order) -> Paged[Standing]:
    """Customers that pass the filters, in an order; by number if it is empty.

    What all of them owe is added up only if the filters or the order are about it.
    """
    listed = STANDINGS if _is_by_age(f"{filters.where} {ordered_by(order)}") else _STANDINGS_OF_A_PAGE
    return replace(listed, order=order)


def _is_by_age(sql: str) -> bool:
    return any(column in sql for column in _BY_AGE)


EXCEEDS_CREDIT = "customer.credit_used > customer.credit_limit"
IS_OVERDUE = f"{OVERDUE} > 0"


def standing_table(filters: Filters, order: Order) -> str:
    """The customers that pass the filters as a table, whose parameters are those of `STANDINGS`."""
    return f"""
    select customer.number as "number", customer.name as "name", customer.customer_class_id as "class",
           customer.status as "status", customer.balance as "balance", customer.overdue as "overdue",
           coalesce($2::date - customer.oldest_due_date, 0) as "overdueDays", customer.dunning_level as "level",
           customer.credit_limit - customer.credit_used as "creditLeft"
      from ({_FOUND} and {filters.where}) as customer
     order by {ordered_by(order) or "customer.number"}"""


_COUNTED = "count(*) as count, coalesce(sum(found.balance), 0.0000) as balance"
_BUCKETS_OF_ALL = ", ".join(f"coalesce(sum(found.bucket_{it}), 0.0000) as bucket_{it}" for it in _BUCKETS)


async def find_totals(connection: Connection, filters: Filters) -> Totals:
    """The sums over all customers that pass the filters, whose parameters begin as those of `STANDINGS` do."""
    row = await fetch_one(connection, _totals(filters), *filters.parameters)
    buckets = _buckets(row)
    return Totals(row["count"], row["balance"], sum(buckets[1:], Decimal(0)), buckets)


def _totals(filters: Filters) -> str:
    if _is_by_age(filters.where):
        return f"select {_COUNTED}, {_BUCKETS_OF_ALL} from ({_FOUND} and {filters.where}) as found"
    found = f"{_FOUND_WITHOUT_AGES} and {filters.where}"
    customers = "" if filters.is_empty else f"select found.customer_id from ({found}) as found"
    return f"""
    select counted.*, aged.*
      from (select {_COUNTED} from ({found}) as found) as counted,
           ({open_by_age_of_all("$2::date", customers)}) as aged"""


@dataclass(frozen=True, slots=True)
class Month:
    """What was sold in a month `YYYYMM`, VAT included, and what of it is open; base currency."""

    month: str
    billed: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits on a day, and what was sold by month up to it."""

    unreleased: int
    old_drafts: int
    on_hold: int
    overdue: int
    paid_in_month: Decimal
    credit_exceeded: int
    months: tuple[Month, ...]


_OVERVIEW = f"""
    select {waiting("$2::date")},
           (select count(*) from ({STANDING}) as stands
             where stands.balance + stands.unreleased > stands.credit_limit) as credit_exceeded,
           (select coalesce(json_agg(json_build_array(billed.month, billed.billed::text, billed.open::text)
                                     order by billed.month), '[]')
              from ({billed_by_month("$3::date")}) as billed)::text as months"""


async def find_overview(connection: Connection, company_id: int, today: date, first_day: date) -> Overview:
    """What waits today, and the months from `first_day` on in which something was sold."""
    row = await fetch_one(connection, _OVERVIEW, company_id, today, first_day)
    named = {name: row[name] for name in Overview.__slots__ if name != "months"}
    months = msgspec.json.decode(row["months"], type=list[tuple[str, Decimal, Decimal]])
    return Overview(**named, months=tuple(Month(*month) for month in months))
