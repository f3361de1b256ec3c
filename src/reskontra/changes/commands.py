"""Follow-ups of a change in the same transaction, registered by the rooms above.

A room that stores what another room's words look like (documents keep the text of their lines, decision 0009) stands
above the room that changes the words, so the lower one cannot call it. It registers a follow-up instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from reskontra.clock import Context
from reskontra.db.pool import Connection


async def lock_reference(connection: Connection, company_id: int) -> None:
    """Wait until nobody writes documents by the company's reference data, and keep them from it until the end.

    For whoever changes such data, before any other lock: who waits for a document's writer may not hold what that
    one needs (decision 0016). Triggers take it too, so that none is changed without it.
    """
    await connection.execute("select pg_advisory_xact_lock($1, 0)", company_id)


FollowUp: TypeAlias = Callable[..., Awaitable[None]]
"""Called as `follow_up(connection, context, **what)`; `what` names the rows that changed."""

_follow_ups: dict[str, list[FollowUp]] = {}


def register_follow_up(entity: str, follow_up: FollowUp) -> None:
    """Have `follow_up` called whenever a row of `entity`, named as in change rows, was changed. Once is enough."""
    known = _follow_ups.setdefault(entity, [])
    if follow_up not in known:
        known.append(follow_up)


async def follow_up_on(connection: Connection, context: Context, entity: str, **what: Any) -> None:
    """Do what must follow a change of `entity`, in the order of registration. Call it once the change is written."""
    for follow_up in _follow_ups.get(entity, ()):
        await follow_up(connection, context, **what)
