"""Waiting for one's turn in a number series. The creating statement takes the number (`store.take_number`)."""

from __future__ import annotations

from reskontra.db.pool import hold_until_end


async def wait_for_turn(company_id: int, series_id: str) -> None:
    """Wait until no other request of this server writes to the series; the turn ends with the transaction.

    A counter row is five times slower with a crowd waiting for it in PostgreSQL than with a queue in front of it, so
    the crowd waits here. Other processes still meet at the row lock, which is what keeps numbers gapless.
    """
    await hold_until_end((company_id, series_id))
