"""SQL of the change log and the tallies, as fragments for the writing statements of other rooms.

Every writing statement begins with the same four parameters, `parameters(context)`:
$1 company_id, $2 the moment (UTC), $3 actor, $4 request id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection


def parameters(context: Context) -> tuple[int, datetime, str, str]:
    """The values of $1 to $4 of every writing statement."""
    return context.company_id, context.now, context.actor, context.request_id


STAMP = "(select write_stamp($1, $2))"
"""A scalar: the moment that a writing statement stamps its rows with, in milliseconds (decision 0021)."""


def change_row(entity: str, event: str, key: str, source: str, *, name: str = "changed", detail: str = "null") -> str:
    """A CTE that writes one change row per row of `source`.

    It returns `change_id`, the row's new version (W8), and `stamp`, the moment that the row is modified at. `entity`,
    `key` and `detail` are SQL expressions over `source`; `event` is a plain word.
    """
    return f"""{name} as (
        insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event, detail)
        select $1, {STAMP}, $3, $4, {entity}, {key}, '{event}', {detail} from {source}
        returning change_id, changed_at as stamp)"""


def tally(entity: str, difference: int, *, changed: str = "changed", name: str = "tallied") -> str:
    """A CTE that adds `difference` to the entity's row count and remembers the change (W12).

    `entity` is an SQL expression. It locks the row, so last_change_id identifies the state of all the entity's rows.
    """
    return f"""{name} as (
        update tally set total = total + {difference}, last_change_id = {changed}.change_id
          from {changed} where tally.company_id = $1 and tally.entity = {entity})"""


def count_new(entity: str, *, sent_id: str = "null::bigint", changed: str = "changed", name: str = "counted") -> str:
    """A CTE that counts one more row of an entity, remembers the change, and returns the new row's small id as `id`.

    It is `tally` and `next_ids` in one, since a statement cannot write one row twice. `sent_id` is an SQL expression
    over the parameters: the id to take instead of the next one, if it is not null.
    """
    return f"""{name} as (
        update tally
           set total = total + 1, last_id = greatest(last_id, coalesce({sent_id}, last_id + 1)),
               last_change_id = {changed}.change_id
          from {changed} where tally.company_id = $1 and tally.entity = '{entity}'
        returning coalesce({sent_id}, last_id) as id)"""


def coming_id(entity: str, *, name: str = "coming") -> str:
    """A CTE whose `id` is what `count_new` will give in the same statement, for a change row that names it."""
    return f"""{name} as (
        select last_id + 1 as id from tally where company_id = $1 and entity = '{entity}' for update)"""


NEW_CHANGE_ID = "nextval('change_id')"
"""The column `change_id` of a source of many rows, so that the rows and their change rows share it."""


def numbered_change_rows(
    entity: str, event: str, key: str, source: str, *, name: str = "changed", detail: str = "null"
) -> str:
    """`change_row` for a set: `source` is materialized and has a column `change_id` made by `NEW_CHANGE_ID`.

    The statement that writes the rows takes their version from there too. Finding each row's own by its key would be a
    join of two CTEs of unknown size: a thousand rows may take a million steps.
    """
    return change_rows_of_events(entity, f"'{event}'", key, source, name=name, detail=detail)


def change_rows_of_events(
    entity: str, event: str, key: str, source: str, *, name: str = "changed", detail: str = "null"
) -> str:
    """`numbered_change_rows` where `event` too is an SQL expression over `source`. All rows have the same `stamp`."""
    return f"""{name} as (
        insert into change (company_id, change_id, changed_at, actor, request_id, entity, entity_key, event, detail)
        select $1, {source}.change_id, {STAMP}, $3, $4, {entity}, {key}, {event}, {detail} from {source}
        returning change_id, entity, changed_at as stamp)"""


def tally_each(changed: str, *, name: str = "tallied_each") -> str:
    """CTEs that remember the newest change of each entity in `changed`, a CTE of `numbered_change_rows`. They count
    nothing.

    The tallies are locked in the order of their entities, so that two such statements do not wait for each other.
    """
    return f"""newest_of_{changed} as materialized (
        select tally.entity, newest.change_id
          from tally
          join (select entity, max(change_id) as change_id from {changed} group by entity) as newest using (entity)
         where tally.company_id = $1
         order by tally.entity
           for update of tally),
    {name} as (
        update tally set last_change_id = newest.change_id
          from newest_of_{changed} as newest
         where tally.company_id = $1 and tally.entity = newest.entity)"""


def tally_new(changed: str, entity: str, *, name: str = "tallied_new") -> str:
    """A CTE that counts one more row of an entity for each of `changed`, a CTE of `numbered_change_rows`."""
    return f"""{name} as (
        update tally set total = total + added.rows, last_change_id = added.change_id
          from (select count(*) as rows, max(change_id) as change_id from {changed}) as added
         where tally.company_id = $1 and tally.entity = {entity} and added.rows > 0)"""


async def lock_tallies(connection: Connection, company_id: int, entities: Sequence[str]) -> None:
    """Lock tallies that a transaction will write one by one, in the order that all such transactions use."""
    await connection.execute(
        "select from tally where company_id = $1 and entity = any ($2::text[]) order by entity for update",
        company_id,
        entities,
    )


def moment_of(version: str) -> str:
    """A scalar: when the row with that version, an SQL expression, was last changed."""
    return f"(select change.changed_at from change where change.company_id = $1 and change.change_id = {version})"


REFERENCE_VERSION = "(select company.reference_version from company where company.company_id = $1)"
"""A scalar: the version of the reference data of company $1 as it is now."""


def newest_moment(company_id: str) -> str:
    """A scalar: when anything in a company last changed. `company_id` is an SQL expression."""
    return f"""(select changed_at from change where change.company_id = {company_id}
                 order by change_id desc limit 1)"""


HELD_REFERENCE = "hold_reference($1)"
"""A scalar: the version of the reference data of company $1, which cannot change until the transaction ends.

For statements that write documents, before any lock on a row (decision 0016)."""


def reference_still_at(version: str) -> str:
    """A condition: the reference data of company $1 has this version, an SQL expression, and keeps it until the end.

    For a statement that writes what was decided by that version. It never waits: it holds a turn in a number series,
    and a change of reference data that it queued behind may be waiting for somebody who needs that turn.
    """
    return f"""case when pg_try_advisory_xact_lock_shared($1, 0) then {HELD_REFERENCE} = {version} end"""


def last_change(entity: str) -> str:
    """A scalar: the newest change to any row of an entity of company $1, the stamp of its lists (W12)."""
    return f"(select last_change_id from tally where company_id = $1 and entity = '{entity}')"


def row_count(entity: str) -> str:
    """A scalar: how many rows an entity of company $1 has, exactly (W12)."""
    return f"(select total from tally where company_id = $1 and entity = '{entity}')"


def next_ids(entity: str, count: str, *, name: str) -> str:
    """A CTE that reserves `count` small ids of an entity and returns `last_id`, the highest of them."""
    return f"""{name} as (
        update tally set last_id = last_id + {count}
         where company_id = $1 and entity = '{entity}' returning last_id)"""


async def insert_changes(
    connection: Connection, context: Context, entity: str, changed: Sequence[tuple[str, str, Mapping[str, Any]]]
) -> None:
    """Write change rows of an entity that has no tally, one for each key, event (a plain word) and detail."""
    await connection.execute(
        """
        insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event, detail)
        select $1, write_stamp($1, $2), $3, $4, $5, sent.key, sent.event, sent.detail::jsonb
          from unnest($6::text[], $7::text[], $8::text[]) as sent (key, event, detail)
        """,
        *parameters(context),
        entity,
        [key for key, _, _ in changed],
        [event for _, event, _ in changed],
        [as_json(detail) for _, _, detail in changed],
    )


async def insert_tallies(connection: Connection, company_id: int, counts: Mapping[str, tuple[int, int]]) -> None:
    """Start counting the entities of a new company: entity -> how many there are and the highest small id."""
    await connection.execute(
        """
        insert into tally (company_id, entity, total, last_id)
        select $1, entity, total, last_id
          from unnest($2::text[], $3::bigint[], $4::bigint[]) as start (entity, total, last_id)
        """,
        company_id,
        list(counts),
        [total for total, _ in counts.values()],
        [last_id for _, last_id in counts.values()],
    )


async def count_events(connection: Connection, company_id: int, actor: str, event: str, entities: Sequence[str]) -> int:
    """How often an actor did something to rows of these entities, including rows deleted since."""
    count: int = await connection.fetchval(
        """
        select count(*) from change
         where company_id = $1 and actor = $2 and event = $3 and entity = any ($4::text[])
        """,
        company_id,
        actor,
        event,
        entities,
    )
    return count


def given_number(entity: str, key: str) -> str:
    """A lateral source `given` with one row or none: who gave a thing the number that it has, when, `is_sent`,
    whether it was sent and not drawn from a series, and `origin`, what made it if that was told."""
    return f"""lateral (
        select change.changed_at, change.actor, change.event = 'renumbered' or change.detail ? 'number' as is_sent,
               change.detail ->> 'origin' as origin
          from change
         where change.company_id = $1 and change.entity = {entity} and change.entity_key = {key}
           and change.event in ('created', 'renumbered')
         order by change.change_id desc limit 1) as given"""


SENT_NUMBERS = """
    select change.entity, change.entity_key as number from change
     where change.company_id = $1 and change.event in ('created', 'renumbered') and change.detail ? 'number'"""
"""A select of the numbers that were once sent and not drawn from a series. It ends inside its where clause."""


def changed_values(attribute: str, since: str) -> str:
    """A select of the values that an attribute, a plain word, had before it was changed, at a moment or after it.

    Columns: entity, entity_key, change_id, changed_at and `before`, a text or null. None if `since`, an SQL expression,
    is null. What was changed before the log kept old values is left out.
    """
    return f"""
    select change.entity, change.entity_key, change.change_id, change.changed_at,
           change.detail -> '{attribute}' ->> 0 as before
      from change
     where change.company_id = $1 and change.event = 'updated' and change.detail ? '{attribute}'
       and jsonb_array_length(change.detail -> '{attribute}') = 2 and change.changed_at >= {since}"""


ANY_CHANGE = "(select string_agg(last_change_id::text, ' ' order by entity) from tally where company_id = $1)"
"""A scalar that identifies the state of all that a company's tallies count, for lists over several entities."""


async def number_transactions(connection: Connection) -> None:
    """Number the transactions that made all changes so far from 1, so that the same changes are the same rows.

    PostgreSQL's own numbers count what else the server did. These still say which changes were made together, and come
    before those of any server that restores the rows.
    """
    # The log is append-only, which is meant for what a company did.
    await connection.execute("alter table change disable trigger change_is_append_only")
    await connection.execute(
        """
        update change
           set transaction_id = numbered.place::text::xid8
          from (select transaction_id, row_number() over (order by transaction_id) as place
                  from change group by transaction_id) as numbered
         where change.transaction_id = numbered.transaction_id
        """
    )
    await connection.execute("alter table change enable trigger change_is_append_only")
