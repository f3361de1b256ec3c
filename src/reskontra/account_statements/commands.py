"""Making statements of account: one on demand, and those that a run keeps (AGS-04, AGS-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from reskontra.account_statements.paper.rules import addressed_to
from reskontra.account_statements.rules import DEFAULT_CYCLE, Material, blocks
from reskontra.account_statements.store import (
    NewStatement,
    Recipient,
    Wanted,
    find_horizon,
    find_kept,
    find_material,
    find_recipient,
    find_recipients,
    keep,
)
from reskontra.account_statements.wire import StatementAnswer, statement_answer
from reskontra.clock import Context
from reskontra.customers.commands import ids_of_sent
from reskontra.customers.store.for_charges import find_debtors
from reskontra.db.pool import Connection
from reskontra.letterheads.rules import letterhead_of
from reskontra.receivables.commands.locks import Needs, take
from reskontra.receivables.wire.as_of import Asked, dates_at
from reskontra.reference.reference import Reference
from reskontra.reference.rules.classes import StatementCycle, StatementType
from reskontra.reference.rules.paper import PaperType
from reskontra.reference.store import remembered
from reskontra.runs.chunks import run_in_chunks
from reskontra.runs.outcome import Outcome, Skipped
from reskontra.web.wire import encode

if TYPE_CHECKING:
    from reskontra.web.call import Database

_FILTERS = "filters"
_CHUNK = 200
"""Customers whose statements are made in one transaction."""


# On demand


async def show(
    connection: Connection,
    company_id: int,
    number: str,
    asked: Asked,
    *,
    statement_type: StatementType | None,
    since: date | None,
    by_currency: bool | None = None,
    seen_before: datetime | None = None,
) -> StatementAnswer | bytes | None:
    """The statement of a customer as of a date; None if there is no such customer.

    If one was kept of that date it comes back as it was made, unless another type, another beginning, or what was known
    at another moment is asked for. None is kept for being shown (STA-05). `by_currency` says whether it has a block for
    each currency (STA-04); None is what the customer wants. `seen_before` gives what this would have
    returned just before that moment.
    """
    recipient = await find_recipient(connection, company_id, asked.day, number, seen_before=seen_before)
    if recipient is None:
        return None
    if since is None and asked.known_at is None:
        kept = await find_kept(connection, company_id, recipient.customer_id, asked.day, made_before=seen_before)
        if kept is not None and statement_type in (None, kept.statement_type):
            return kept.body.encode()
    wanted_type = statement_type or recipient.statement_type
    is_forward = wanted_type is StatementType.BALANCE_FORWARD
    first = since or recipient.since
    wanted = Wanted(
        customer_id=recipient.customer_id,
        by_currency=recipient.by_currency if by_currency is None else by_currency,
        brings_forward=is_forward,
        since=first,
        known_at=None if since or asked.known_at else recipient.last_known_before,
    )
    reference = await remembered.at(connection, company_id, None)
    known_at = asked.known_at or seen_before
    material = await find_material(
        connection,
        company_id,
        [wanted],
        as_of=asked.day,
        dates_at=dates_at(asked.day, known_at, asked.zone),
        known_at=known_at,
        base_currency=reference.base_currency,
    )
    return _answer(
        recipient,
        material[recipient.customer_id],
        reference,
        statement_type=wanted_type,
        as_of=asked.day,
        since=first,
    )


def _answer(
    recipient: Recipient,
    material: Material,
    reference: Reference,
    *,
    statement_type: StatementType,
    as_of: date,
    since: date | None,
) -> StatementAnswer:
    cycle = _cycle(recipient, reference)
    is_forward = statement_type is StatementType.BALANCE_FORWARD
    return statement_answer(
        recipient,
        statement_type,
        blocks(material, statement_type, as_of, cycle),
        as_of=as_of,
        since=since if is_forward else None,
        balance=material.balance,
        cycle=cycle,
    )


def _cycle(recipient: Recipient, reference: Reference) -> StatementCycle:
    return reference.statement_cycles.get(recipient.statement_cycle_id or "", DEFAULT_CYCLE)


# The run


@dataclass(frozen=True, slots=True)
class MadeStatement:
    """A statement that a run made; the balance is in base currency."""

    customer_number: str
    as_of: date
    balance: Decimal

    def without_ids(self) -> Self:
        """The same: it has none."""
        return self


async def run_statements(database: Database, context: Context, changes: Mapping[str, Any]) -> Outcome[MadeStatement]:
    """Make and keep the statements of all customers, or of some, as of a date.

    `changes` may hold as_of (default: today), filters (customer_numbers, customer_class, statement_cycle) and dry_run,
    which keeps nothing. Customers without balance and movement since their last statement are passed over, unless
    their cycle prints empty statements. A second run makes nothing. Raises `Refused` for a filter.
    """
    filters = changes.get(_FILTERS) or {}
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        as_of = changes.get("as_of") or reference.today(context.now)
        recipients = await _recipients(connection, context, reference, as_of, filters)

    async def make(connection: Connection, chunk: Sequence[Recipient]) -> Outcome[MadeStatement]:
        ids = [it.customer_id for it in chunk]
        # What a statement says of its customer is read in parts, so the customer may not change meanwhile.
        await take(connection, context, reference, Needs(customers=ids))
        standing = await find_recipients(connection, context.company_id, as_of, customer_ids=ids)
        return await _make(connection, context, reference, as_of, standing)

    return await run_in_chunks(
        database,
        recipients,
        make,
        weight=lambda _: 1,
        chunk_weight=_CHUNK,
        dry_run=bool(changes.get("dry_run")),
    )


async def _recipients(
    connection: Connection, context: Context, reference: Reference, as_of: date, filters: Mapping[str, Any]
) -> list[Recipient]:
    numbers, class_id, cycle_id = (filters.get(it) for it in ("customer_numbers", "customer_class", "statement_cycle"))
    customer_ids = None
    if numbers is not None:
        customer_ids = await ids_of_sent(connection, context.company_id, numbers, (_FILTERS, "customer_numbers"))
    if class_id is not None:
        class_id = reference.customer_class(class_id, (_FILTERS, "customer_class")).customer_class_id
    if cycle_id is not None:
        cycle_id = reference.statement_cycle_id(cycle_id, (_FILTERS, "statement_cycle")) or ""
    return await find_recipients(
        connection, context.company_id, as_of, customer_ids=customer_ids, class_id=class_id, cycle_id=cycle_id
    )


async def _make(
    connection: Connection, context: Context, reference: Reference, as_of: date, chunk: Sequence[Recipient]
) -> Outcome[MadeStatement]:
    """The statements of some customers: those who have none of that day or a later one."""
    skipped = [
        Skipped(it.number, f"There is a statement of {it.newest_day} already.")
        for it in chunk
        if it.newest_day is not None and it.newest_day >= as_of
    ]
    due = [it for it in chunk if it.newest_day is None or it.newest_day < as_of]
    if not due:
        return Outcome(skipped=tuple(skipped))
    known_before = await find_horizon(connection, context)
    material = await _material_of(connection, context, reference, due, as_of=as_of, known_before=known_before)
    letterhead = letterhead_of(reference, None, PaperType.STATEMENT)
    debtors = await find_debtors(connection, context.company_id, [it.customer_id for it in due])
    addressed = {it.customer_id: addressed_to(it, letterhead.country_id, reference) for it in debtors}
    statements = []
    for recipient in due:
        found = material[recipient.customer_id]
        if not (found.has_moved or found.balance or _cycle(recipient, reference).print_empty_statements):
            continue
        answer = _answer(
            recipient,
            found,
            reference,
            statement_type=recipient.statement_type,
            as_of=as_of,
            since=recipient.since,
        )
        statements.append(
            NewStatement(
                recipient=recipient,
                balance=found.balance,
                body=encode(answer),
                addressed=addressed[recipient.customer_id],
            )
        )
    kept = await keep(connection, context, as_of, known_before, statements, letterhead=letterhead)
    made = [it for it in statements if it.recipient.customer_id in kept]
    skipped += [
        Skipped(it.recipient.number, "Another run made its statement at the same moment.")
        for it in statements
        if it.recipient.customer_id not in kept
    ]
    return Outcome(
        created=tuple(MadeStatement(it.recipient.number, as_of, it.balance) for it in made), skipped=tuple(skipped)
    )


async def _material_of(
    connection: Connection,
    context: Context,
    reference: Reference,
    recipients: Sequence[Recipient],
    *,
    as_of: date,
    known_before: datetime,
) -> dict[int, Material]:
    """What is released after `known_before` is on the next statement, also if its date is before this one's."""
    wanted = [
        Wanted(
            customer_id=it.customer_id,
            by_currency=it.by_currency,
            brings_forward=it.statement_type is StatementType.BALANCE_FORWARD,
            since=it.since,
            known_at=it.last_known_before,
        )
        for it in recipients
    ]
    return await find_material(
        connection,
        context.company_id,
        wanted,
        as_of=as_of,
        dates_at=dates_at(as_of, known_before, reference.zone),
        known_at=known_before,
        base_currency=reference.base_currency,
    )
