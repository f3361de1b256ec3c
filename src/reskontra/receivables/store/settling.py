"""SQL that writes a settlement made by itself: applications, balances, change rows and what it books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reskontra.changes.store import parameters
from reskontra.clock import Context
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.numbering.store import take_number
from reskontra.posting.rules import Entry
from reskontra.posting.store.writing import batch_and_entries
from reskontra.receivables.rules.items import Application, Settled
from reskontra.receivables.store.applications import add, application_of, settlement
from reskontra.receivables.store.open_items import items_json, move_items


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What a settlement books: the batch's header, its entries, and the range (series id, range id) that numbers it."""

    batch: Mapping[str, Any]
    entries: Sequence[Entry]
    series: tuple[str, int]


def _settle(event: str, *, posts: bool) -> str:
    posted = ""
    if posts:
        posted = f"""{take_number("'Batch'", "$14", "$15")}, {batch_and_entries("taken.number", "$12", "$13")},"""
    made = settlement(
        "$5::text",
        "taken" if posts else "(select) as alone",
        settled_on="$6::date",
        period_id="$7::text",
        batch_number="taken.number" if posts else "null",
        reverses_id="$8::bigint",
        document_id="$11::bigint",
    )
    return f"""
    with {posted}
    {made},
    {add("$9")},
    {move_items("$10", event)},
    owing as (select customer_id, sum(difference) as owed from moving group by customer_id having sum(difference) <> 0),
    {adjust_balance("owing", balance="owing.owed")}
    select settlement_id, (select array_agg(application_id order by application_id) from added) as application_ids
      from settlement_made"""


_EVENTS = {"apply": "settled", "undo": "reopened"}
_STATEMENTS = {(kind, posts): _settle(event, posts=posts) for kind, event in _EVENTS.items() for posts in (False, True)}


async def insert_settlement(
    connection: Connection,
    context: Context,
    settled: Settled,
    *,
    kind: str,
    on: tuple[date, str],
    posting: Posting | None,
    reverses_id: int | None = None,
    document_id: int | None = None,
) -> list[int]:
    """Write a settlement (`apply` or `undo`) of that date and period; returns the ids of its applications in order.

    `document_id` is the payment that makes it, if one does. The caller has locked the documents, and also all series,
    balances and tallies that it moves if there are several (`commands.locks`).
    """
    more = (as_json(posting.batch), as_json(posting.entries), *posting.series) if posting else ()
    row = await fetch_one(
        connection,
        _STATEMENTS[kind, posting is not None],
        *parameters(context),
        kind,
        *on,
        reverses_id,
        as_json(settled.applications),
        items_json(settled.items),
        document_id,
        *more,
    )
    return list(row["application_ids"])


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundApplication:
    """An application as it is stored. `settlement_id` is None while it is proposed."""

    application_id: int
    credit_document_id: int
    debit_document_id: int
    settlement_id: int | None
    application: Application | None
    """The released application; None while it is proposed."""

    undone_by: int | None
    """The application that takes it back, if any."""

    made_by_id: int | None = None
    """The document that it was made with, in whose name its entries are, if that was said: a payment may apply credit
    notes too."""

    is_split: bool = False
    """Whether it divides the debit document: the credit one is a part of it (INS-04)."""


async def find_application(connection: Connection, company_id: int, application_id: int) -> FoundApplication | None:
    """An application by its id."""
    row = await connection.fetchrow(
        """
        select application.*, settlement.document_id as made_by_id,
               (select back.application_id from application as back
                 where back.company_id = $1 and back.reverses_id = application.application_id) as undone_by
          from application
          left join settlement using (company_id, settlement_id)
         where application.company_id = $1 and application.application_id = $2
        """,
        company_id,
        application_id,
    )
    if row is None:
        return None
    released = None
    if row["settlement_id"] is not None:
        released = application_of(row)
    return FoundApplication(
        application_id=application_id,
        credit_document_id=row["credit_document_id"],
        debit_document_id=row["debit_document_id"],
        settlement_id=row["settlement_id"],
        application=released,
        undone_by=row["undone_by"],
        made_by_id=row["made_by_id"],
        is_split=row["is_split"],
    )
