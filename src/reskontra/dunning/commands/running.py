"""The dunning run: letters to all customers that are due one.

The next run continues an interrupted one, because a document on a letter is not ready again on the same date (ACT-05).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.codes import all_known
from reskontra.customers.store.for_dunning import find_addressee_ids
from reskontra.db.pool import Connection
from reskontra.dunning.commands.fees import REMINDED
from reskontra.dunning.commands.reminding import Order, order_of, remind
from reskontra.dunning.new_letter import Made
from reskontra.dunning.store import finding
from reskontra.errors import Refused
from reskontra.money import ZERO
from reskontra.reference.reference import Reference
from reskontra.reference.rules.preferences import DunningConsolidation
from reskontra.reference.store import remembered
from reskontra.runs.chunks import run_in_chunks
from reskontra.runs.outcome import Outcome

if TYPE_CHECKING:
    from reskontra.web.call import Database

_FILTERS = "filters"
CHUNK_DOCUMENTS = 2000
"""The most documents that a transaction moves, unless one customer has more."""

_FEE_WEIGHT = 40
"""An invoice for a fee takes as long as so many documents, and others wait for its number series meanwhile."""


async def run_dunning(database: Database, context: Context, changes: Mapping[str, Any]) -> Outcome[Made]:
    """Remind everybody who is due: `changes` may hold letter_date, filters and dry_run.

    filters: customer_numbers, customer_class, level_from, level_to, branch_number. A dry run does the same and rolls
    it back, so its letters have no ids and no numbers. Raises `Refused` for the date or a filter.
    """
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        order, overdue = await _asked_for(connection, context, reference, changes)

    async def remind_chunk(connection: Connection, chunk: Sequence[finding.Overdue]) -> Outcome[Made]:
        held = replace(order, reference=await remembered.held(connection, context.company_id))
        return await remind(connection, context, held, [party.customer_id for party in chunk])

    return await run_in_chunks(
        database,
        overdue,
        remind_chunk,
        weight=_weight,
        chunk_weight=CHUNK_DOCUMENTS,
        dry_run=bool(changes.get("dry_run")),
    )


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a run reminds: ids of customers, classes; None is all."""

    customer_ids: Sequence[int] | None
    classes: Sequence[str] | None


async def find_whom(
    connection: Connection, context: Context, reference: Reference, changes: Mapping[str, Any]
) -> tuple[Order, Whom]:
    """What is asked for by `changes` (`run_dunning`). Raises `Refused` for the date or a filter."""
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
    return order, Whom(customer_ids, classes)


async def _asked_for(
    connection: Connection, context: Context, reference: Reference, changes: Mapping[str, Any]
) -> tuple[Order, list[finding.Overdue]]:
    order, whom = await find_whom(connection, context, reference, changes)
    preferences = reference.preferences.dunning
    charged = [level.level - 1 for level in reference.dunning_levels if level.fee > ZERO and preferences.fee_item]
    overdue = await finding.find_overdue(
        connection,
        context.company_id,
        letters_go_to_parent=order.letters_go_to_parent,
        on=order.letter_date,
        document_types=REMINDED,
        branch_number=order.branch_number,
        charged_levels=charged,
        customer_ids=whom.customer_ids,
        classes=whom.classes,
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
    found = await find_addressee_ids(connection, company_id, sent, letters_go_to_parent=order.letters_go_to_parent)
    return all_known(found, sent, (_FILTERS, "customer_numbers"), "Send numbers of existing customers.")


def _weight(party: finding.Overdue) -> int:
    return party.documents + party.charged * _FEE_WEIGHT
