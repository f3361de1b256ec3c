"""The order in which commands that write documents take locks. No other module takes any of them.

1. the reference data, kept unchanged (`remembered.held`, or the statement that loads a document; decision 0016)
2. customers that are kept from changing
3. documents, by type and number
4. the tally of letters, which gives them their numbers
5. balances of customers whose credit is checked
6. number series: the turn in this process, then the ranges
7. balances
8. the other tallies

A statement that writes one document takes 6, 7 and 8 itself, in this order. So a transaction that writes several takes
them all before its first write: otherwise it would hold a tally while it waits for a series whose holder waits for that
tally. Two calls of `take` must keep this order too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reskontra.changes.store import lock_tallies
from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.customers.store.finding import lock_balance
from reskontra.customers.store.for_receivables import keep_customers, lock_balances
from reskontra.db.pool import Connection
from reskontra.errors import Conflict
from reskontra.numbering.commands import wait_for_turn
from reskontra.numbering.store import lock_ranges
from reskontra.receivables.rules.items import OpenItem
from reskontra.receivables.store import open_items
from reskontra.records import replace
from reskontra.reference.reference import Reference


class Overtaken(Conflict):
    """What must be locked became more between the first look and the lock. Try again from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a transaction will need; empty entries lock nothing."""

    customers: Sequence[int] = ()
    """Internal ids of customers that must not change."""

    numbering_tallies: Sequence[str] = ()
    """Entities whose rows take their number from the tally."""

    series: Sequence[str] = ()
    """Keys of the number series that give numbers (`SeriesChoice`)."""

    balances: Sequence[str] = ()
    """Numbers of the customers whose balances move."""

    tallies: Sequence[str] = ()
    """Entities whose tallies change."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Unsettled documents of these types that are locked, by id; customers are internal id -> number."""

    ids: Sequence[int]
    customers: Mapping[int, str]
    document_types: Sequence[str]


async def take(connection: Connection, context: Context, reference: Reference, needs: Needs) -> None:
    """Take these locks until the transaction ends."""
    company_id = context.company_id
    if needs.customers:
        await keep_customers(connection, company_id, needs.customers)
    if needs.numbering_tallies:
        await lock_tallies(connection, company_id, needs.numbering_tallies)
    if needs.balances and reference.preferences.credit_check.enabled:
        await lock_balances(connection, company_id, needs.balances, checked_only=True)
    if needs.series:
        await _take_series(connection, context, reference, needs.series)
    if needs.balances:
        await lock_balances(connection, company_id, needs.balances)
    if needs.tallies:
        await lock_tallies(connection, company_id, needs.tallies)


async def take_documents(connection: Connection, context: Context, names: Sequence[tuple[str, str]]) -> None:
    """Lock documents by (type, number), in any case, until the transaction ends."""
    await open_items.lock_named_items(connection, context.company_id, names)


async def take_items(connection: Connection, context: Context, ids: Sequence[int]) -> dict[int, OpenItem]:
    """Documents by id, locked until the transaction ends."""
    return await open_items.lock_open_items(connection, context.company_id, ids)


async def take_unsettled(
    connection: Connection,
    context: Context,
    customer_ids: Sequence[int],
    document_types: Sequence[str],
    branch_number: str | None = None,
    *,
    at_most: Decimal | None = None,
) -> list[int]:
    """The ids of these customers' unsettled documents of these types, locked until the transaction ends.

    `at_most` leaves out those with a greater balance, in base currency.
    """
    return await open_items.lock_unsettled(
        connection, context.company_id, customer_ids, document_types, branch_number, at_most=at_most
    )


async def take_what_settling_moves(
    connection: Connection, context: Context, reference: Reference, unsettled: Unsettled, moved: Sequence[str] = ()
) -> None:
    """Lock all that settling these documents moves, with the tallies of `moved`, types of other documents.

    What is released, or becomes open again, after the documents were locked can no longer be locked in order. If there
    is any, this raises `Overtaken`.
    """
    types = unsettled.document_types
    needs = Needs(series=("batch",), balances=list(unsettled.customers.values()), tallies=[*types, *moved])
    await take(connection, context, reference, needs)
    now = await open_items.find_unsettled_ids(connection, context.company_id, list(unsettled.customers), types)
    if set(now) - set(unsettled.ids):
        raise Overtaken("The customer's documents changed at the same moment.", hint="Send the request again.")


async def take_credit(connection: Connection, context: Context, debtor: Debtor) -> Debtor:
    """The customer with its balance, read under its lock: two documents that are each within the limit must not both
    pass."""
    locked = await lock_balance(connection, context.company_id, debtor.customer_id)
    return replace(debtor, balance=locked.balance, unreleased=locked.unreleased)


async def take_turn(context: Context, series_id: str) -> None:
    """The turn in a number series, for a statement that takes a number and all later locks by itself."""
    await wait_for_turn(context.company_id, series_id)


async def _take_series(connection: Connection, context: Context, reference: Reference, keys: Sequence[str]) -> None:
    ranges = []
    for key in keys:
        series = reference.series_of(key)
        await wait_for_turn(context.company_id, series.series_id)
        ranges += [(series.series_id, numbers.range_id) for numbers in series.ranges]
    await lock_ranges(connection, context.company_id, ranges)
