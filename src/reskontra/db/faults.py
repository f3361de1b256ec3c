"""What a failing database means to a caller: gone, busy, full. Violated constraints are mapped in `pool`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import asyncpg

from reskontra.errors import Conflict, OutcomeUnknown, Refusal, Unavailable

FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises when a statement cannot be carried out. A `TimeoutError` is an `OSError`."""

GONE = "The database cannot be reached at the moment; nothing was changed."
BUSY = "The database is too busy at the moment; nothing was changed."
SLOW = "The database did not answer in time; nothing was changed."
FULL = "The database has no room left; nothing was changed."
BROKEN = "The database cannot read or write its files; nothing was changed."
READ_ONLY = "The database takes no changes at the moment; nothing was changed."
RESHAPED = "The database was brought to another schema at this moment; nothing was changed."
MET = "Another request changed the same data at the same moment; send it again."

_MEANINGS: Mapping[str, tuple[Callable[[str], Refusal], str]] = {
    "08": (Unavailable, GONE),
    "25006": (Unavailable, READ_ONLY),
    "25P03": (Unavailable, SLOW),  # a transaction that was left idle
    "25P04": (Unavailable, SLOW),
    "40001": (Conflict, MET),
    "40P01": (Conflict, MET),
    "53": (Unavailable, BUSY),
    "53100": (Unavailable, FULL),
    "55P03": (Conflict, MET),
    "57": (Unavailable, GONE),
    "57014": (Unavailable, SLOW),
    "58": (Unavailable, BROKEN),
}
"""SQLSTATE, or its class, to the refusal (PostgreSQL's manual, appendix A)."""


def refusal_of_fault(error: Exception) -> Refusal | None:
    """What the caller is told about `error`; None if it is a bug of ours and not a fault of the database."""
    if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError):
        return Unavailable(RESHAPED)  # asyncpg has dropped its plans by now, so the next attempt makes new ones
    if isinstance(error, TimeoutError):
        return Unavailable(SLOW)
    if isinstance(error, ConnectionError) or _is_closed(error):
        return Unavailable(GONE)
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:
        return None
    kind, reason = _MEANINGS.get(state) or _MEANINGS.get(state[:2]) or (None, "")
    return kind(reason) if kind else None


def refusal_at_the_door(error: Exception) -> Refusal:
    """What the caller is told when no connection could be had: whatever the reason, it may pass."""
    refusal = refusal_of_fault(error)
    return refusal if isinstance(refusal, Unavailable) else Unavailable(GONE)


def refusal_of_commit(error: Exception) -> Refusal | None:
    """What the caller is told when COMMIT failed with `error`; None if it is certain that nothing was saved.

    It is certain if PostgreSQL reports an error and keeps the connection, or if the connection was closed before COMMIT
    was sent. An error that ends the connection may have come after the commit.
    """
    if isinstance(error, asyncpg.InterfaceError) or "cannot switch to state" in str(error):
        return None
    if getattr(error, "severity_en", None) == "ERROR":
        return None
    return OutcomeUnknown()


def _is_closed(error: Exception) -> bool:
    """Whether asyncpg says that the connection, or the pool, went away before the statement was sent.

    Its class for that also reports misuse, so only the words tell. If PostgreSQL says goodbye between two statements,
    asyncpg's protocol gets stuck, and a broken connection is reported as one that was released.
    """
    if isinstance(error, asyncpg.InternalClientError):
        return True
    if not isinstance(error, asyncpg.InterfaceError):
        return False
    return any(word in str(error) for word in ("closed", "closing", "released back to the pool"))
