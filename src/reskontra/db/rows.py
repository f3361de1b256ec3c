"""Reading the one row of a statement."""

from __future__ import annotations

from collections.abc import Collection

from asyncpg import Record, UniqueViolationError

from reskontra.db.pool import Connection, NeedsTransaction, about_to_write


async def fetch_one(connection: Connection, statement: str, *parameters: object) -> Record:
    """The row of a statement that always gives one, as it reads rows that the caller has locked or that never go."""
    row: Record | None = await connection.fetchrow(statement, *parameters)
    if row is None:
        raise LookupError("a statement that gives one row gave none")
    return row


async def fetch_written(
    connection: Connection, statement: str, *parameters: object, guessing: Collection[str] = ()
) -> Record:
    """The row of a statement that writes only if what was read still holds (decision 0017).

    Raises `NeedsTransaction` when it does not, or when a value that it guessed is taken: when one of the unique
    constraints `guessing` was violated. Nothing is written then.
    """
    about_to_write()
    try:
        row: Record | None = await connection.fetchrow(statement, *parameters)
    except UniqueViolationError as error:
        if error.constraint_name in guessing:
            raise NeedsTransaction from error
        raise
    if row is None:
        raise NeedsTransaction
    return row
