"""The state of a database: its PostgreSQL, schema, size, and the servers connected to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.db.migrate import applied_migrations, check_server, known_migrations
from reskontra.db.pool import Connection
from reskontra.db.sessions import server_url

_SERVERS = """
select application_name as name, min(backend_start) as since, host(client_addr) as address
  from pg_stat_activity
 where datname = current_database() and application_name like 'reskontra http%'
 group by application_name, client_addr
 order by since"""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A connected server: its URL, and the address it connects from (None through a Unix socket)."""

    url: str
    since: datetime
    connected_from: str | None


@dataclass(frozen=True, slots=True)
class Schema:
    """How many migrations the database has, and how many this program knows."""

    applied: int
    known: int


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """The state of a database. `size` is in bytes on PostgreSQL's disk."""

    postgres: str
    schema: Schema
    size: int
    servers: list[RunningServer]


async def status_of(connection: Connection) -> DatabaseStatus:
    """The state of the database. Raises `SchemaError` if another or a newer program made it."""
    await check_server(connection)
    version = connection.get_server_version()
    applied = len(await applied_migrations(connection))
    size: int = await connection.fetchval("select pg_database_size(current_database())")
    servers = [
        RunningServer(server_url(row["name"]), row["since"], row["address"]) for row in await connection.fetch(_SERVERS)
    ]
    return DatabaseStatus(f"{version.major}.{version.minor}", Schema(applied, len(known_migrations())), size, servers)
