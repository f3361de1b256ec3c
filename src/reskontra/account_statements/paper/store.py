"""SQL of the paper that kept statements are of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from reskontra.account_statements.paper.rules import Addressed
from reskontra.db.pool import Connection
from reskontra.letterheads.store import KeptLetterhead, letterhead_json, read_letterhead

_addressed = msgspec.json.Decoder(Addressed)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPaper:
    """What the statement of a customer and day has shown since it was made, if it was kept with its letterhead."""

    made_at: datetime
    addressed: Addressed | None
    letterhead: KeptLetterhead | None


async def find_paper(connection: Connection, company_id: int, customer_id: int, as_of: date) -> KeptPaper | None:
    """The paper of a kept statement; None if none was kept of that day."""
    row = await connection.fetchrow(
        f"""
        select created_at, printed::text, {letterhead_json("account_statement.letterhead")} as letterhead
          from account_statement
         where company_id = $1 and customer_id = $2 and as_of = $3
        """,
        company_id,
        customer_id,
        as_of,
    )
    if row is None:
        return None
    return KeptPaper(
        made_at=row["created_at"],
        addressed=_addressed.decode(row["printed"]) if row["printed"] else None,
        letterhead=read_letterhead(row["letterhead"]),
    )
