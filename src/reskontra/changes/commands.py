"""Follow-ups of a change in the same transaction, registered by the rooms above.

A room that stores another room's words (documents keep the text of their lines, decision 0009) is above the room that
changes the words, so the lower one cannot call it. It registers a follow-up instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from reskontra.clock import Context
from reskontra.db.pool import Connection


async def lock_reference(connection: Connection, company_id: int) -> None:
    """Wait until nobody is writing documents with the company's reference data, and block them until the end.

    Call it before changing such data and before any other lock: while we wait for the writer of a document, we may not
    hold what it needs (decision 0016). Triggers take the lock too, so that nothing is changed without it.
    """
    await connection.execute("select pg_advisory_xact_lock($1, 0)", company_id)


FollowUp: TypeAlias = Callable[..., Awaitable[None]]
"""Called as `follow_up(connection, context, **what)`; `what` names the rows that changed."""

_follow_ups: dict[str, list[FollowUp]] = {}


def register_follow_up(entity: str, follow_up: FollowUp) -> None:
    """Have `follow_up` called after any change to a row of `entity`, named as in change rows. Call it once."""
    known = _follow_ups.setdefault(entity, [])
    if follow_up not in known:
        known.append(follow_up)


async def follow_up_on(connection: Connection, context: Context, entity: str, **what: Any) -> None:
    """Do what must follow a change of `entity`, in order of registration. Call it after the change is written."""
    for follow_up in _follow_ups.get(entity, ()):
        await follow_up(connection, context, **what)
