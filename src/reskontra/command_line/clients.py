"""The commands about API clients, and about the key that signs their tokens."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import App, Parameter

from reskontra.command_line.options import AsJson, Books, examples, switch
from reskontra.command_line.terminal import is_confirmed, say, say_json, say_table

if TYPE_CHECKING:
    from reskontra.companies.commands import ClientCredentials
    from reskontra.db.pool import Connection

app = App(
    name="client",
    help="API clients: who may ask for tokens.",
    help_epilogue=examples(
        "reskontra client list",
        "reskontra client disable isv_web_shop",
        "reskontra client rotate isv_web_shop --data-dir books",
    ),
)
keys_app = App(
    name="keys", help="The key that signs tokens.", help_epilogue=examples("reskontra keys rotate --data-dir books")
)

T = TypeVar("T")

ClientId = Annotated[str, Parameter(help="Its client id, as `reskontra client list` shows it.")]
Companies = Parameter(name="--company", negative="", help="Code of a company that it may see; repeatable.")
Scopes = Parameter(name="--scope", negative="", help="What it may do; repeatable.")

_SOON = "Every server knows within 5 seconds."


@app.command(name="list")
def list_clients(*, json: AsJson = False, books: Books | None = None) -> None:
    """List API clients: what they may do, and in which companies. Secrets are not shown; they are not known."""
    from reskontra.command_line.database import ask
    from reskontra.companies.store import clients

    found = ask(books, clients.list_clients)
    if json:
        say_json(found)
    elif not found:
        say("There are no API clients: `reskontra client create` makes one.")
    else:
        rows = [
            (it.client_id, it.name, it.companies, [_in_short(scope) for scope in it.scopes], it.created_at,
             it.disabled_at)
            for it in found
        ]  # fmt: skip
        say_table(("CLIENT", "NAME", "COMPANIES", "SCOPES", "CREATED", "DISABLED"), rows)


@app.command(
    help_epilogue=examples(
        'reskontra client create --company acme --name "Web shop"',
        "reskontra client create --company acme --scope vismanet_erp_service_api:read",
    )
)
def create(
    *,
    companies: Annotated[list[str], Companies],
    scopes: Annotated[list[str] | None, Scopes] = None,
    name: Annotated[str, Parameter(help="Who the client is, for people; its client id is made of it.")] = "client",
    json: AsJson = False,
    books: Books | None = None,
) -> None:
    """Create an API client; its secret is shown once, here. Without --scope it may do everything."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands
    from reskontra.web.auth import SCOPE

    async def work(connection: Connection) -> ClientCredentials:
        seen = await commands.company_ids(connection, companies)
        return await commands.create_client(connection, seen, scopes or [SCOPE], name=name, context=context())

    _hand_over(_write(books, work), json=json)


@app.command(
    help_epilogue=examples(
        "reskontra client change isv_web_shop --company acme --company branch",
        "reskontra client change isv_web_shop --scope vismanet_erp_service_api:read",
    )
)
def change(
    client_id: ClientId,
    /,
    *,
    companies: Annotated[list[str] | None, Companies] = None,
    scopes: Annotated[list[str] | None, Scopes] = None,
    books: Books | None = None,
) -> None:
    """Say anew which companies a client sees, or what it may do. What is not named is taken away."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands
    from reskontra.config import SettingError

    if companies is None and scopes is None:
        raise SettingError("Say what to change: --company or --scope.")

    async def work(connection: Connection) -> None:
        seen = None if companies is None else await commands.company_ids(connection, companies)
        await commands.change_client(connection, client_id, context(), company_ids=seen, scopes=scopes)

    _write(books, work)
    say(f"Changed client {client_id}. {_SOON}")


@app.command
def disable(client_id: ClientId, /, *, books: Books | None = None) -> None:
    """Stop a client, and the tokens that it has, until it is enabled again."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    changed = _write(books, lambda connection: commands.disable_client(connection, client_id, context()))
    say(f"Disabled client {client_id}. {_SOON}" if changed else f"Client {client_id} is disabled already.")


@app.command
def enable(client_id: ClientId, /, *, books: Books | None = None) -> None:
    """Let a disabled client in again, with the secret that it had. Tokens that have not expired work again."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    changed = _write(books, lambda connection: commands.enable_client(connection, client_id, context()))
    say(f"Enabled client {client_id}. {_SOON}" if changed else f"Client {client_id} is not disabled.")


@app.command
def rotate(client_id: ClientId, /, *, json: AsJson = False, books: Books | None = None) -> None:
    """Give a client another secret, shown once, here. The old one stops, and so do the tokens that were got with it."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    _hand_over(_write(books, lambda connection: commands.rotate_secret(connection, client_id, context())), json=json)


@app.command
def delete(
    client_id: ClientId,
    /,
    *,
    yes: Annotated[bool, switch("Delete without asking.")] = False,
    books: Books | None = None,
) -> None:
    """Delete a client, and stop its tokens. What it wrote stays, under its name: `disable` keeps the name taken."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    question = f"Delete client {client_id}, for good?"
    if not yes and not is_confirmed(question, otherwise="Give --yes."):
        return
    _write(books, lambda connection: commands.delete_client(connection, client_id, context()))
    say(f"Deleted client {client_id}. {_SOON}")


@keys_app.command(name="rotate")
def rotate_keys(*, yes: Annotated[bool, switch("Rotate without asking.")] = False, books: Books | None = None) -> None:
    """Make another key for signing tokens: all tokens stop, also those that somebody made with a copy of the old key.

    Clients keep their secrets and get new tokens. Do it after a backup came into strange hands, and after restoring
    one elsewhere: it holds the key.
    """
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    if not yes and not is_confirmed("Stop all tokens of all clients?", otherwise="Give --yes."):
        return
    _write(books, lambda connection: commands.rotate_signing_key(connection, context()))
    say(f"Tokens are signed by another key. {_SOON}")


def _write(books: Books | None, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    from reskontra.command_line.database import ask

    async def in_transaction(connection: Connection) -> T:
        async with connection.transaction():
            return await work(connection)

    return ask(books, in_transaction)


def _hand_over(credentials: ClientCredentials, *, json: bool) -> None:
    if json:
        say_json(credentials)
        return
    say(f"client_id={credentials.client_id}")
    say(f"client_secret={credentials.client_secret}")
    say(f"tenant_id={credentials.tenant_id}")


def _in_short(scope: str) -> str:
    """A scope without what all of them begin with."""
    from reskontra.web.auth import SCOPE

    return scope.removeprefix(f"{SCOPE}:") if scope != SCOPE else "everything"
