"""SQL of attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.attributes.rules import Attribute
from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, parameters, tally
from reskontra.clock import Context
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.tables import Table
from reskontra.errors import Refused
from reskontra.versions import Saved, Stored

ATTRIBUTE_TABLE = Table(
    "attributes", "attribute", Attribute, ("attribute_id",), entity="Attribute", moments=("created_at", "modified_at")
)
_COLUMNS = ", ".join(ATTRIBUTE_TABLE.columns)


ATTRIBUTES = Paged(
    entity="Attribute",
    found="select attribute.* from attribute where attribute.company_id = $1",
    key=("attribute.attribute_id",),
    columns=f"""json_build_object(
               'record', (select row_to_json(shaped) from (select {_COLUMNS}) as shaped),
               'version', attribute.version, 'created_at', attribute.created_at,
               'modified_at', attribute.modified_at)::text as record""",
    read=json_record(Stored[Attribute]),
    sort_key=lambda stored: (stored.record.attribute_id,),
)
"""Attributes by id."""


def have_wanted(held: str) -> str:
    """The condition of a list that its rows have one of the wanted values of each attribute asked for.

    `held`: what to select `attribute_id` and `value` of a row's attributes from. The parameters are those of
    `changes.lists.wire.pairs`. Nothing is searched for an attribute that the company does not have; the wanted values
    are hashed once.

    A wanted value must be the whole value or, where several were chosen, one of them. Both sides are folded by the
    database, as other letters than ASCII's fold differently elsewhere.
    """
    return f"""((select count(*)
           from attribute
          where attribute.company_id = $1
            and lower(attribute.attribute_id) collate "C" in (select lower(asked collate "C")
                                                                from unnest({{0}}::text[]) as asked))
        = cardinality({{0}}::text[])
       and (select count(*)
              from {held} as held (attribute_id, value)
             where exists (select from unnest(lower(held.value) || string_to_array(lower(held.value), ',')) as part
                            where ((lower(held.attribute_id collate "C"), part)
                                   in (select lower(wanted.name collate "C"), lower(wanted.value)
                                         from unnest({{1}}::text[], {{2}}::text[]) as wanted (name, value)))
                                  is true)) = cardinality({{0}}::text[]))"""


async def lock_attribute(connection: Connection, company_id: int, attribute_id: str) -> Stored[Attribute] | None:
    """The attribute with that id in any case, locked until the transaction ends."""
    found = await connection.fetchval(
        """
        select attribute_id from attribute
         where company_id = $1 and lower(attribute_id) collate "C" = lower($2 collate "C")
           for update
        """,
        company_id,
        attribute_id,
    )
    return None if found is None else await ATTRIBUTES.find(connection, company_id, found)


_PART = ", ".join(f"part.{column}" for column in ATTRIBUTE_TABLE.columns)

_KEY = "($5::jsonb ->> 'attribute_id')"

_INSERT = f"""
    with {change_row("'Attribute'", "created", _KEY, "(values (1)) as once", detail="$6::jsonb")},
    {tally("'Attribute'", 1)}
    insert into attribute (company_id, {_COLUMNS}, created_at, modified_at, version)
    select $1, {_PART}, changed.stamp, changed.stamp, changed.change_id
      from changed, jsonb_populate_record(null::attribute, $5::jsonb) as part
    returning attribute_id as number, version"""

_SAVE = f"""
    with {change_row("'Attribute'", "updated", _KEY, "(values (1)) as once", detail="$6::jsonb")},
    {tally("'Attribute'", 0)}
    update attribute set ({_COLUMNS}) = (select {_PART} from jsonb_populate_record(null::attribute, $5::jsonb) as part),
           modified_at = changed.stamp, version = changed.change_id
      from changed
     where company_id = $1 and attribute_id = {_KEY}
    returning attribute_id as number, version"""

_DELETE = f"""
    with gone as (delete from attribute where company_id = $1 and attribute_id = $5 returning attribute_id),
    {change_row("'Attribute'", "deleted", "gone.attribute_id", "gone", detail="$6::jsonb")},
    {tally("'Attribute'", -1)}
    select attribute_id from gone"""


async def insert_attribute(
    connection: Connection, context: Context, attribute: Attribute, detail: Mapping[str, Any]
) -> Saved:
    """Store a new attribute."""
    return await _write(connection, _INSERT, context, attribute, detail)


async def save_attribute(
    connection: Connection, context: Context, attribute: Attribute, detail: Mapping[str, Any]
) -> Saved:
    """Write an attribute that is locked."""
    return await _write(connection, _SAVE, context, attribute, detail)


async def _write(
    connection: Connection, statement: str, context: Context, attribute: Attribute, detail: Mapping[str, Any]
) -> Saved:
    row = await connection.fetchrow(statement, *parameters(context), as_json(attribute), as_json(detail))
    if row is None:
        raise LookupError(f"the attribute {attribute.attribute_id} was not written")
    return Saved(**row)


async def delete_attribute(
    connection: Connection, context: Context, attribute_id: str, detail: Mapping[str, Any]
) -> None:
    """Delete an attribute that is locked."""
    await connection.fetchval(_DELETE, *parameters(context), attribute_id, as_json(detail))


def _id_taken(value: str) -> Refused:
    attribute_id = value.rpartition(", ")[2]
    return Refused(
        f"There is an attribute '{attribute_id}' already.",
        field=("attribute_id",),
        value=attribute_id,
        hint="Send an id that is free, or change that attribute.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {
    "attribute_pk": _id_taken,
    "attribute_id_folded": _id_taken,
    "customer_attribute_exists": lambda value: Refused(
        f"An attribute cannot be deleted while a customer has a value of it: {value}.",
        hint="Clear it on all customers first.",
    ),
}
"""Constraint -> what the caller is told."""
