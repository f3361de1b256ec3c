"""SQL that reads the log of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reskontra.changes.lists.store import Paged, json_record
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change row. `detail` is what `records.differences` made of it, or null."""

    change_id: int
    changed_at: datetime
    actor: str
    request_id: str
    entity: str
    entity_key: str
    event: str
    detail: dict[str, Any] | None


CHANGES = Paged(
    entity="Change",
    found="""select change.change_id, change.changed_at, change.actor, change.request_id, change.entity,
                    change.entity_key, change.event, change.detail
               from change
              where change.company_id = $1""",
    key=("change.changed_at", "change.change_id"),
    read=json_record(Change),
    sort_key=lambda change: (change.changed_at, change.change_id),
    is_tallied=False,
    stamp="(select change_id from change where company_id = $1 order by change_id desc limit 1)",
)
"""Changes in the order of their moments; those of one statement in the order in which it made them."""

BACKWARDS = "change.changed_at desc, change.change_id desc"
"""The other order: the newest first."""

MENTIONS = "change.detail ? {}::text"
"""The condition that a change row names an attribute."""


async def find_moment(connection: Connection, company_id: int, change_id: int) -> datetime | None:
    """When a change was made; None if there is none with that id."""
    moment: datetime | None = await connection.fetchval(
        "select changed_at from change where company_id = $1 and change_id = $2", company_id, change_id
    )
    return moment


def follow(filters: Filters, moment: datetime, change_id: int) -> None:
    """Only what comes after that change, which was made at that moment."""
    filters.stamps.append("change.changed_at")
    filters.add("(change.changed_at, change.change_id) > ({}, {})", moment, change_id)
