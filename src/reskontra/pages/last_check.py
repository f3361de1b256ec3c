"""What the last self-check found, for the foot of every page: read now and then, and never waited for twice."""

from __future__ import annotations

import time

from reskontra.db.migrate import known_migrations
from reskontra.db.selfcheck import LastCheck, last_check
from reskontra.errors import Unavailable
from reskontra.web.call import Database

_FRESH_SECONDS = 10.0


def schema() -> int:
    """The number of the newest migration, which the database has too: a server serves no other."""
    return known_migrations()[-1].version


class Checks:
    """Remembers the last self-check for ten seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_at = float("-inf")
        self._last: LastCheck | None = None

    async def last(self) -> LastCheck | None:
        """The last self-check, or None if there was none. While the database is away, what was known before."""
        if time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._read_at = time.monotonic()
            try:
                async with self._database.connection() as connection:
                    self._last = await last_check(connection)
            except Unavailable:
                self._read_at = float("-inf")
        return self._last
