"""The commands about API clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from reskontra.command_line.options import Books
from reskontra.command_line.terminal import say

if TYPE_CHECKING:
    from reskontra.companies.commands import ClientCredentials
    from reskontra.db.pool import Connection

app = App(name="client", help="API clients: who may ask for tokens.")


@app.command
def create(
    *,
    companies: Annotated[
        list[str], Parameter(name="--company", negative="", help="Code of a company that it may see; repeatable.")
    ],
    scopes: Annotated[
        list[str] | None, Parameter(name="--scope", negative="", help="What it may do; repeatable [everything].")
    ] = None,
    name: Annotated[str, Parameter(help="Who the client is, for people.")] = "client",
    books: Books | None = None,
) -> None:
    """Create an API client; its secret is shown once, here."""
    from reskontra.command_line.database import ask, context
    from reskontra.companies import commands
    from reskontra.web.auth import SCOPE

    async def question(connection: Connection) -> ClientCredentials:
        async with connection.transaction():
            company_ids = await commands.company_ids(connection, companies)
            return await commands.create_client(
                connection, company_ids, scopes or [SCOPE], name=name, context=context()
            )

    credentials = ask(books, question)
    say(f"client_id={credentials.client_id}")
    say(f"client_secret={credentials.client_secret}")
    say(f"tenant_id={credentials.tenant_id}")
