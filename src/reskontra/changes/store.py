"""SQL of the change log and the tallies, as fragments that another room's one statement embeds. Decides nothing.

Every writing statement begins with the same four parameters, `parameters(context)`:
$1 company_id, $2 the moment (UTC), $3 actor, $4 request id.
"""

from __future__ import annotations

from datetime import datetime

import asyncpg

from reskontra.clock import Context

FIRST_FREE_PARAMETER = 5


def parameters(context: Context) -> tuple[int, datetime, str, str]:
    """The values of $1 to $4 of every writing statement."""
    return context.company_id, context.now, context.actor, context.request_id


def change_row(entity: str, event: str, key: str, source: str, *, name: str = "changed", detail: str = "null") -> str:
    """A CTE that writes one change row per row of `source` and returns its change_id (the row's new version, W8).

    `entity`, `key` and `detail` are SQL expressions over `source`; `event` is a plain word.
    """
    return f"""{name} as (
        insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event, detail)
        select $1, $2, $3, $4, {entity}, {key}, '{event}', {detail} from {source}
        returning change_id)"""


def tally(entity: str, difference: int, *, changed: str = "changed", name: str = "tallied") -> str:
    """A CTE that adds `difference` to the entity's row count and remembers the change (W12).

    `entity` is an SQL expression. The row lock it takes makes last_change_id a name for the entity's whole state.
    """
    return f"""{name} as (
        update tally set total = total + {difference}, last_change_id = {changed}.change_id
          from {changed} where tally.company_id = $1 and tally.entity = {entity})"""


def next_ids(entity: str, count: str, *, name: str) -> str:
    """A CTE that reserves `count` small ids of an entity and returns `last_id`, the highest of them."""
    return f"""{name} as (
        update tally set last_id = last_id + {count}
         where company_id = $1 and entity = '{entity}' returning last_id)"""


async def insert_tallies(connection: asyncpg.Connection, company_id: int, entities: list[str]) -> None:
    """Start counting the given entities of a new company."""
    await connection.execute(
        "insert into tally (company_id, entity) select $1, entity from unnest($2::text[]) as entity"
        " on conflict do nothing",
        company_id,
        entities,
    )
