"""SQL of seals of the log of changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged
from reskontra.db.lists import Sorted
from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal over the changes after those of the seal before, up to the moment `sealed_until`."""

    seal_number: int
    sealed_at: datetime
    sealed_until: datetime
    newest_change_id: int
    changes: int
    digest: bytes


SEALS = Paged(
    entity="Seal",
    found="select * from change_seal where change_seal.company_id = $1",
    key=("change_seal.seal_number",),
    tables="page as change_seal",
    columns="change_seal.*",
    read=lambda row: Seal(**{name: row[name] for name in Seal.__slots__}),
    sort_key=lambda seal: (seal.seal_number,),
    is_tallied=False,
    stamp="(select max(seal_number) from change_seal where company_id = $1)",
)
"""Seals by number."""

BACKWARDS = tuple(Sorted(column, is_descending=True, may_be_null=False) for column in SEALS.key)
"""The newest first."""


async def find_unsealed(connection: Connection) -> Sequence[int]:
    """The ids of the companies that have changes without a seal."""
    rows = await connection.fetch(
        """
        select company_id from company
         where exists (select from change
                        where change.company_id = company.company_id
                          and change.changed_at > coalesce((select max(sealed_until) from change_seal
                                                             where change_seal.company_id = company.company_id),
                                                           '-infinity'))
         order by company_id
        """
    )
    return [row["company_id"] for row in rows]


async def find_horizon(connection: Connection, company_id: int) -> datetime | None:
    """No change of a company that is stamped before this moment is still to come; None if the clock does not run."""
    horizon: datetime | None = await connection.fetchval("select stamp_horizon($1)", company_id)
    return horizon


async def make_seal(
    connection: Connection, company_id: int, now: datetime, *, before: datetime, most: int
) -> int | None:
    """Seal the oldest changes that have no seal and were made before a moment: `most`, and those of the same moment.

    How many they are; None if there are none, or if another process seals them.
    """
    made: int | None = await connection.fetchval(
        """
        with newest as (
            select seal_number, sealed_until, digest from change_seal where company_id = $1
             union all
            select 0, '-infinity', ''
             order by seal_number desc limit 1),
        stretch as (
            select newest.*,
                   (select max(changed_at)
                      from (select changed_at from change
                             where change.company_id = $1 and changed_at > newest.sealed_until and changed_at < $3
                             order by changed_at limit $4) as oldest) as until
              from newest)
        insert into change_seal (company_id, seal_number, sealed_at, sealed_until, newest_change_id, changes, digest)
        select $1, stretch.seal_number + 1, $2, stretch.until, made.newest_change_id, made.changes, made.digest
          from stretch
         cross join lateral seal_of($1, stretch.sealed_until, stretch.until, stretch.digest) as made
         where stretch.until is not null
            on conflict on constraint change_seal_pk do nothing
        returning changes
        """,
        company_id,
        now,
        before,
        most,
    )
    return made
