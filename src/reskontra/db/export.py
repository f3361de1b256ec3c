"""A select as CSV: PostgreSQL writes it in one statement, so that it is of one moment, whatever its length."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from reskontra.db.pool import Connection

_IN_MEMORY = 4 * 1024 * 1024
_SECONDS = 600


async def as_csv(connection: Connection, statement: str, *parameters: object) -> BinaryIO:
    """The rows of a select with a line of its column names, as a file at its end. UTF-8, RFC 4180, lines end with LF.

    Call it in a transaction: it may take longer than other statements. Large files are kept on disk until closed.
    """
    await connection.execute(f"set local statement_timeout = '{_SECONDS}s'")
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - it lives until it is sent
    try:
        await connection.copy_from_query(
            statement, *parameters, output=file, format="csv", header=True, timeout=_SECONDS + 5
        )
    except BaseException:
        file.close()
        raise
    return file
