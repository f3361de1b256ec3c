"""What can be told of a database from outside: its PostgreSQL, its schema, its size, who serves it. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.db.migrate import applied_migrations, check_server, known_migrations
from reskontra.db.pool import Connection, server_url

_SERVERS = """
select application_name as name, min(backend_start) as since, host(client_addr) as address
  from pg_stat_activity
 where datname = current_database() and application_name like 'reskontra http%'
 group by application_name, client_addr
 order by since"""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that is connected: the address it listens on, and from where it is connected (None: this machine)."""

    url: str
    since: datetime
    connected_from: str | None


@dataclass(frozen=True, slots=True)
class Schema:
    """The migrations that the database has, of those that this program knows."""

    applied: int
    known: int


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """The state of a database. `size` is in bytes, as PostgreSQL counts them on its disk."""

    postgres: str
    schema: Schema
    size: int
    servers: list[RunningServer]


async def status_of(connection: Connection) -> DatabaseStatus:
    """What stands where. Raises `SchemaError` for a database of another program or of a newer one."""
    await check_server(connection)
    version = connection.get_server_version()
    applied = len(await applied_migrations(connection))
    size: int = await connection.fetchval("select pg_database_size(current_database())")
    servers = [
        RunningServer(server_url(row["name"]), row["since"], row["address"]) for row in await connection.fetch(_SERVERS)
    ]
    return DatabaseStatus(f"{version.major}.{version.minor}", Schema(applied, len(known_migrations())), size, servers)
