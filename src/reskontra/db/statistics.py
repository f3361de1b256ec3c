"""What the planner is told about tables, as statements are planned once for each session."""

from __future__ import annotations

import asyncpg
import structlog

from reskontra.db.pool import Connection

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_TELLS_COLUMNS = 18
"""The first PostgreSQL that takes statistics of a column from outside."""

_ONE_COMPANY = """
    select pg_restore_attribute_stats(
               'schemaname', named.schemaname::text, 'relname', named.tablename::text, 'attname', 'company_id',
               'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real)
      from pg_tables as named
      join pg_attribute as company_id
        on company_id.attrelid = format('%I.%I', named.schemaname, named.tablename)::regclass
       and company_id.attname = 'company_id'
     where named.schemaname = current_schema and pg_has_role(named.tableowner, 'usage')
       and not exists (select from pg_stats as seen
                        where seen.schemaname = named.schemaname and seen.tablename = named.tablename
                          and seen.attname = 'company_id')"""

_FILLED = """
    select string_agg(format('%I.%I', schemaname, tablename), ', ' order by tablename) from pg_tables
     where schemaname = current_schema and pg_has_role(tableowner, 'usage')
       and pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) > 0"""


async def expect_one_company(connection: Connection) -> None:
    """Tell the planner that all rows of a table are of one company, until it has seen some.

    Each index begins with the company. As long as nothing is known of a table, any index looks as good as the one that
    finds a row by its key, and may be taken: a session then reads all applications of a company for each payment, until
    the table is analyzed for the first time. PostgreSQL 17 and older cannot be told. It is only advice, so a fault is
    logged.
    """
    if connection.get_server_version().major < _TELLS_COLUMNS:
        return
    try:
        async with connection.transaction():
            # It locks the tables against vacuum: whoever has one is not waited for long.
            await connection.execute("set local lock_timeout = '2s'")
            await connection.execute(_ONE_COMPANY)
            await connection.execute("set local lock_timeout to default")
    except asyncpg.PostgresError as error:
        _log.warning("the planner could not be told of new tables", error=repr(error))


async def filled_tables(connection: Connection) -> str:
    """The tables that hold something, as a list for `analyze` or `vacuum`.

    A table that was empty then counts as empty, for which any index is as good; one that was never looked at counts as
    ten pages.
    """
    filled: str = await connection.fetchval(_FILLED)
    return filled
