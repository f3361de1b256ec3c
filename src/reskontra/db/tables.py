"""Small tables, read whole as records and written whole from them. Each is described once, by its room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


@dataclass(frozen=True, eq=False)
class Table(Generic[R]):
    """A table with rows per company that are dataclasses. By default an attribute is the column of its name.

    `company_id` and the columns of `key` are a primary key or a unique constraint.
    """

    section: str
    """The name of the list of its rows: in `Reference`, in a company file, in the record that they are parts of."""

    name: str
    record: type[R]
    key: tuple[str, ...]
    """The attributes that identify a row; for parts, within the row they belong to."""

    _: KW_ONLY
    entity: str = ""
    """The entity of its change rows. Parts have none."""

    also_unique: tuple[str, ...] = ()
    """Other attributes that each identify a row."""

    renamed: Mapping[str, str | None] = field(default_factory=dict)
    """Attribute -> its column, if that has another name; None if it has no column."""

    read: Mapping[str, str] = field(default_factory=dict)
    """Attribute -> SQL expression that reads it, if that is more than its column."""

    written: Mapping[str, str] = field(default_factory=dict)
    """Column without an attribute -> SQL expression that writes it. It may use `(sent)`, the row in the table's form,
    `content`, the record as jsonb, and `position`, the record's position among those that are written."""

    detail: tuple[str, ...] = ()
    """Attributes that no statement needs. They are stored in the jsonb column `detail`."""

    numbered: str | None = None
    """Integer column that numbers the rows: new ones take the next numbers, in the order of writing."""

    moments: tuple[str, ...] = ()
    """`created_at` and `modified_at`, those that the table has."""

    parts: tuple[Table[Any], ...] = ()
    """Tables with the lists within a record. Their keys extend its key. Writing a row removes none of its parts."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of attributes."""
        return tuple(column for _, column in self.attributes)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of `key`."""
        return tuple(self.renamed.get(attribute) or attribute for attribute in self.key)

    @property
    def select_list(self) -> str:
        """What to select from the table, so that a row has the attributes of the record."""
        return self._select_list(())

    @property
    def rows(self) -> str:
        """A select of the rows of company $1 by key, with the attributes of the record."""
        order = ", ".join(f"{self.name}.{column}" for column in self.key_columns)
        return f"""
            select {self.select_list}
              from {self.name}
             where {self.name}.company_id = $1
             order by {order}"""

    def decode(self, text: str) -> list[R]:
        """The records of a JSON array of `rows`."""
        return self._decoder.decode(text)

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[list[R]]:
        return msgspec.json.Decoder(list.__class_getitem__(self.record))

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """The attributes that have a column, and that column."""
        without = {*self.detail, *(part.section for part in self.parts)}
        named = [
            (attribute.name, self.renamed.get(attribute.name, attribute.name)) for attribute in fields(self.record)
        ]
        return [(attribute, column) for attribute, column in named if column and attribute not in without]

    def _select_list(self, above: tuple[str, ...]) -> str:
        """`above`: the columns before the key, those of the row that these are parts of."""
        expressions = {
            **{attribute: f"{self.name}.{column}" for attribute, column in self.attributes},
            **{attribute: f"{self.name}.detail -> '{attribute}'" for attribute in self.detail},
            **{part.section: part._rows_within(self.name, (*above, *self.key_columns)) for part in self.parts},
            **self.read,
        }
        return ", ".join(f"{expression} as {attribute}" for attribute, expression in expressions.items())

    def _rows_within(self, whole: str, above: tuple[str, ...]) -> str:
        """The rows that are parts of a row of the table `whole`, as a JSON array."""
        same = " and ".join(f"{self.name}.{column} = {whole}.{column}" for column in ("company_id", *above))
        order = ", ".join(f"{self.name}.{column}" for column in self.key_columns)
        rows = f"select {self._select_list(above)} from {self.name} where {same} order by {order}"
        return f"(select coalesce(json_agg(part), '[]') from ({rows}) as part)"


def lists_of(tables: Sequence[Table[Any]]) -> str:
    """A select list: the rows of company $1 in each table, as JSON text under the name of its section."""
    return ", ".join(
        f"(select coalesce(json_agg(line), '[]')::text from ({table.rows}) as line) as {table.section}"
        for table in tables
    )


async def read_tables(connection: Connection, company_id: int, tables: Sequence[Table[Any]]) -> dict[str, list[Any]]:
    """Section -> the rows of a company by key, of all these tables as of one moment."""
    row = await fetch_one(connection, f"select {lists_of(tables)}", company_id)
    return {table.section: table.decode(row[table.section]) for table in tables}


async def read_table(connection: Connection, company_id: int, table: Table[R]) -> list[R]:
    """The rows of a company by key."""
    return (await read_tables(connection, company_id, [table]))[table.section]


Rows = Mapping[Table[Any], Sequence[object]]
"""Table -> records to write, with their parts."""


async def insert_rows(connection: Connection, company_id: int, rows: Rows, moment: datetime) -> None:
    """Write the first rows of a company, of all tables in one statement. `moment` is in UTC."""
    await connection.execute(writing_statement(tuple(rows), anew=False), company_id, _content(rows), moment)


async def put_rows(connection: Connection, company_id: int, rows: Rows, moment: datetime) -> None:
    """Add rows to a company, overwriting those whose key exists. `moment` is in UTC. Nothing is removed."""
    await connection.execute(writing_statement(tuple(rows), anew=True), company_id, _content(rows), moment)


def _content(rows: Rows) -> str:
    return as_json({table.section: records for table, records in rows.items()})


@cache
def writing_statement(tables: tuple[Table[Any], ...], *, anew: bool) -> str:
    """The statement that writes rows of these tables; `anew` overwrites those whose key exists.

    $1 is the company, $2 a JSON object of section -> records, $3 the moment.
    """
    steps = ["given as (select $2::jsonb as content, $3::timestamptz as moment)"]
    for table in tables:
        steps.extend(_steps(table, "given", (), anew=anew))
    return "with " + ",\n".join(steps) + "\nselect"


def _steps(table: Table[Any], source: str, above: tuple[str, ...], *, anew: bool) -> Iterator[str]:
    """CTEs that write the records in `source.content`, then their parts. `above`: the key of what they belong to."""
    sent, key = f"{table.name}_sent", (*above, *table.key_columns)
    yield f"{sent} as materialized ({_sent(table, source, above)})"
    values = _values(table, above)
    stay = {*key, table.numbered, "created_at"}
    changed = ", ".join(f"{column} = excluded.{column}" for column in values if column not in stay)
    yield f"""{table.name}_written as (
        insert into {table.name} (company_id, {", ".join(values)})
        select $1, {", ".join(values.values())} from {sent}
        {f"on conflict (company_id, {', '.join(key)}) do update set {changed}" if anew else ""})"""
    for part in table.parts:
        yield from _steps(part, sent, key, anew=anew)


def _sent(table: Table[Any], source: str, above: tuple[str, ...]) -> str:
    """A select of what `Table.written` may use."""
    added = [
        *(f"'{column}', {source}.content -> '{column}'" for column in above),
        *(f"'{column}', entry -> '{attribute}'" for attribute, column in table.attributes if column != attribute),
    ]
    content = f"entry || jsonb_build_object({', '.join(added)})" if added else "entry"
    # `sent` is made in the select list: in the from clause, the function takes longer than the whole insert.
    return f"""
        select content, jsonb_populate_record(null::{table.name}, content) as sent, position, moment
          from (select {content} as content, listed.position, moment
                  from {source},
                       jsonb_array_elements(content -> '{table.section}') with ordinality as listed (entry, position)
               ) as complete"""


def _values(table: Table[Any], above: tuple[str, ...]) -> dict[str, str]:
    """Column -> what is written to it."""
    values = {column: f"(sent).{column}" for column in (*above, *table.columns)}
    if table.detail:
        kept = ", ".join(f"'{attribute}', content -> '{attribute}'" for attribute in table.detail)
        values["detail"] = f"jsonb_strip_nulls(jsonb_build_object({kept}))"
    if table.numbered:
        highest = f"(select coalesce(max({table.numbered}), 0) from {table.name} where company_id = $1)"
        values[table.numbered] = f"{highest} + position"
    return {**values, **dict.fromkeys(table.moments, "moment"), **table.written}
