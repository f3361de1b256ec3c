"""The command `status`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reskontra import __version__
from reskontra.command_line.options import AsJson, Books, settings
from reskontra.command_line.terminal import say, say_facts, say_json, say_table, shown

if TYPE_CHECKING:
    from reskontra.companies.store.companies import CompanyFacts
    from reskontra.db.pool import Connection
    from reskontra.db.status import DatabaseStatus

_PASSWORD = re.compile(r"(?<=//)([^/@:]*):[^/@]*@|(?<=password=)[^&]*")


@dataclass(frozen=True, slots=True)
class Status:
    """The answer. Either `data_dir` or `database_url` (without its password) says where the books are."""

    program: str
    data_dir: str | None
    database_url: str | None
    database: DatabaseStatus
    companies: list[CompanyFacts]
    clients: int
    newest_change: datetime | None


def status(*, json: AsJson = False, books: Books | None = None) -> None:
    """Show versions, running servers, schema, size, companies and the newest change."""
    from reskontra.command_line.database import ask
    from reskontra.companies.store.clients import list_clients
    from reskontra.companies.store.companies import describe_companies
    from reskontra.db.status import status_of

    where = settings(books)

    async def question(connection: Connection) -> Status:
        database = await status_of(connection)
        is_empty = database.schema.applied == 0
        companies = [] if is_empty else await describe_companies(connection)
        return Status(
            program=__version__,
            data_dir=str(where.data_dir) if where.data_dir else None,
            database_url=without_password(where.database_url) if where.database_url else None,
            database=database,
            companies=companies,
            clients=0 if is_empty else len(await list_clients(connection)),
            newest_change=max((it.newest_change for it in companies if it.newest_change), default=None),
        )

    found = ask(books, question, of_any_schema=True)
    if json:
        say_json(found)
    else:
        _say_status(found)


def without_password(url: str) -> str:
    """A postgresql:// URL that is safe to show."""
    return _PASSWORD.sub(lambda match: f"{match[1]}@" if match[1] is not None else "...", url)


def _say_status(found: Status) -> None:
    database, schema = found.database, found.database.schema
    kind = "our own PostgreSQL" if found.data_dir else "PostgreSQL"
    behind = "" if schema.applied == schema.known else ": run `reskontra migrate`"
    servers = [
        f"{it.url} since {shown(it.since)}" + (f", connected from {it.connected_from}" if it.connected_from else "")
        for it in database.servers
    ]
    say_facts(
        {
            "program": f"reskontra {found.program}",
            "books": f"{found.data_dir or found.database_url} ({kind} {database.postgres})",
            "served at": servers or "nowhere",
            "schema": f"{schema.applied} of {schema.known} migrations{behind}",
            "size": f"{database.size / 1_000_000:,.1f} MB",
            "clients": found.clients,
            "newest change": found.newest_change,
        }
    )
    if found.companies:
        say("")
        say_table(
            ("ID", "CODE", "NAME", "CUSTOMERS", "DOCUMENTS", "NEWEST CHANGE"),
            [(it.company_id, it.code, it.name, it.customers, it.documents, it.newest_change) for it in found.companies],
        )
