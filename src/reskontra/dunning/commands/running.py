"""The run over all customers that are due a letter: chunk by chunk, each a transaction of its own. Decides nothing.

What a chunk has committed stays whatever becomes of the rest: a run that was cut off is gone on with by the next one,
which finds what was reminded of not ready again (ACT-05).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.customers.store.for_dunning import find_addressee_ids
from reskontra.db.pool import Connection
from reskontra.dunning.commands.fees import REMINDED
from reskontra.dunning.commands.reminding import Order, order_of, remind
from reskontra.dunning.letter import Outcome, Skipped
from reskontra.dunning.store import finding
from reskontra.errors import Conflict, Refused, UnknownReference
from reskontra.money import ZERO
from reskontra.reference.reference import Reference
from reskontra.reference.rules.preferences import DunningConsolidation
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.web.call import Database

_FILTERS = "filters"
CHUNK_DOCUMENTS = 2000
"""How many documents a transaction moves at most, unless one customer has more."""

_FEE_WEIGHT = 40
"""An invoice for a fee takes as long as so many documents, and others wait for its number series meanwhile."""

_ATTEMPTS = 3
_WORKERS = 2
"""Letters of a company are written one chunk after the other, as they are numbered; a third would only wait."""


class _TrialIsOver(Exception):
    """Carries the outcome of a trial out of its transaction, which is rolled back by it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


async def run_dunning(database: Database, context: Context, changes: Mapping[str, Any]) -> Outcome:
    """Remind everybody who is due: `changes` may hold letter_date, filters and dry_run.

    filters: customer_numbers, customer_class, level_from, level_to, branch_number. With dry_run all is done as it
    would be, and rolled back: what is told has no ids and no numbers. Raises `Refused` for the date or a filter.
    """
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        order, overdue = await _asked_for(connection, context, reference, changes)
    parts = await _all_chunks(database, context, order, overdue, dry_run=bool(changes.get("dry_run")))
    return Outcome(
        created=tuple(made for part in parts for made in part.created),
        skipped=tuple(skipped for part in parts for skipped in part.skipped),
    )


async def _asked_for(
    connection: Connection, context: Context, reference: Reference, changes: Mapping[str, Any]
) -> tuple[Order, list[finding.Overdue]]:
    filters = changes.get(_FILTERS) or {}
    branch_number = _branch(reference, filters.get("branch_number"))
    dates = {"letter_date": changes.get("letter_date")}
    order = order_of(context, reference, {**filters, **dates}, within=(_FILTERS,), branch_number=branch_number)
    classes = filters.get("customer_class")
    if classes is not None:
        field = (_FILTERS, "customer_class")
        classes = [reference.customer_class(classes, field).customer_class_id]
    customer_ids = None
    if filters.get("customer_numbers") is not None:
        customer_ids = await _customers(connection, order, filters["customer_numbers"])
    preferences = reference.preferences.dunning
    charged = [level.level - 1 for level in reference.dunning_levels if level.fee > ZERO and preferences.fee_item]
    overdue = await finding.find_overdue(
        connection,
        context.company_id,
        together=order.together,
        on=order.letter_date,
        document_types=REMINDED,
        branch_number=branch_number,
        charged_levels=charged,
        customer_ids=customer_ids,
        classes=classes,
    )
    return order, overdue


def _branch(reference: Reference, sent: str | None) -> str | None:
    field = (_FILTERS, "branch_number")
    if sent is None:
        return None
    branch = reference.active_branch(sent, field)
    if reference.preferences.dunning.consolidation != DunningConsolidation.BRANCH:
        raise Refused(
            "Letters are of the whole company, not of a branch.",
            field=field,
            value=sent,
            hint="Leave the branch out, or set preferences.dunning.consolidation to Branch in the company's file.",
        )
    return branch.branch_number


async def _customers(connection: Connection, order: Order, sent: Sequence[str]) -> list[int]:
    company_id = order.reference.company_id
    found = await find_addressee_ids(connection, company_id, sent, together=order.together)
    for position, customer_id in enumerate(found):
        if customer_id is None:
            raise UnknownReference(
                field=(_FILTERS, "customer_numbers", position),
                value=sent[position],
                hint="Send numbers of existing customers.",
            )
    return [customer_id for customer_id in found if customer_id is not None]


async def _all_chunks(
    database: Database, context: Context, order: Order, overdue: Sequence[finding.Overdue], *, dry_run: bool
) -> list[Outcome]:
    """What became of each chunk, in their order. One chunk is read and decided while the one before is written."""
    chunks = list(_chunks(overdue))
    coming = iter(enumerate(chunks))
    parts: dict[int, Outcome] = {}
    failed = asyncio.Event()

    async def work() -> None:
        for position, chunk in coming:
            if failed.is_set():
                return
            try:
                parts[position] = await _remind_chunk(database, context, order, chunk, dry_run=dry_run)
            except BaseException:
                failed.set()
                raise

    workers = [asyncio.create_task(work()) for _ in chunks[:_WORKERS]]
    ended = await asyncio.gather(*workers, return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error
    return [parts[position] for position in range(len(chunks))]


def _chunks(overdue: Sequence[finding.Overdue]) -> Iterator[list[finding.Overdue]]:
    chunk: list[finding.Overdue] = []
    weight = 0
    for party in overdue:
        its_weight = party.documents + party.charged * _FEE_WEIGHT
        if chunk and weight + its_weight > CHUNK_DOCUMENTS:
            yield chunk
            chunk, weight = [], 0
        chunk.append(party)
        weight += its_weight
    if chunk:
        yield chunk


async def _remind_chunk(
    database: Database, context: Context, order: Order, chunk: Sequence[finding.Overdue], *, dry_run: bool
) -> Outcome:
    """A chunk in a transaction of its own. Who meets somebody else's change thrice is left to the next run."""
    for _ in range(_ATTEMPTS):
        try:
            async with database.transaction() as connection:
                standing = replace(order, reference=await remembered.held(connection, context.company_id))
                outcome = await remind(connection, context, standing, [party.customer_id for party in chunk])
                if dry_run:
                    raise _TrialIsOver(outcome)
            return outcome
        except _TrialIsOver as trial:
            created = tuple(replace(made, letter_id=None, fee_number=None) for made in trial.outcome.created)
            return replace(trial.outcome, created=created)
        except Conflict as conflict:
            met = conflict
    return Outcome(skipped=tuple(Skipped(party.number, met.reason) for party in chunk))
