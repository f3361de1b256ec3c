"""The commands about API clients and the key that signs their tokens."""

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

ClientId = Annotated[str, Parameter(help="Client id, as `reskontra client list` shows it.")]
Companies = Parameter(name="--company", negative="", help="Code of a company it may see; repeatable.")
Scopes = Parameter(name="--scope", negative="", help="What it may do; repeatable.")

_SOON = "It takes effect on every server within 5 seconds."


@app.command(name="list")
def list_clients(*, json: AsJson = False, books: Books | None = None) -> None:
    """List API clients with their scopes and companies. Secrets are not stored, so they are not shown."""
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
    name: Annotated[str, Parameter(help="The client's name, for people; the client id derives from it.")] = "client",
    json: AsJson = False,
    books: Books | None = None,
) -> None:
    """Create an API client; its secret is shown once, here. Without --scope it has every scope."""
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
    """Replace the companies or the scopes of a client. Its tokens follow."""
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
    """Disable a client and its tokens, until it is enabled again."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    changed = _write(books, lambda connection: commands.disable_client(connection, client_id, context()))
    say(f"Disabled client {client_id}. {_SOON}" if changed else f"Client {client_id} is disabled already.")


@app.command
def enable(client_id: ClientId, /, *, books: Books | None = None) -> None:
    """Enable a disabled client, with the same secret. Tokens that have not expired work again."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    changed = _write(books, lambda connection: commands.enable_client(connection, client_id, context()))
    say(f"Enabled client {client_id}. {_SOON}" if changed else f"Client {client_id} is not disabled.")


@app.command
def rotate(client_id: ClientId, /, *, json: AsJson = False, books: Books | None = None) -> None:
    """Replace a client's secret; the new one is shown once, here. The old secret and its tokens stop working."""
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
    """Delete a client and its tokens. The change log keeps its client id; `disable` also reserves it."""
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    question = f"Delete client {client_id}, for good?"
    if not yes and not is_confirmed(question, otherwise="Give --yes."):
        return
    _write(books, lambda connection: commands.delete_client(connection, client_id, context()))
    say(f"Deleted client {client_id}. {_SOON}")


@keys_app.command(name="rotate")
def rotate_keys(*, yes: Annotated[bool, switch("Rotate without asking.")] = False, books: Books | None = None) -> None:
    """Replace the key that signs tokens. All tokens stop working, including any forged with a copy of the old key.

    Clients keep their secrets and can get new tokens. A backup contains the key: rotate it when a backup may have
    leaked, and when you have restored one elsewhere.
    """
    from reskontra.command_line.database import context
    from reskontra.companies import commands

    if not yes and not is_confirmed("Stop all tokens of all clients from working?", otherwise="Give --yes."):
        return
    _write(books, lambda connection: commands.rotate_signing_key(connection, context()))
    say(f"Replaced the signing key. {_SOON}")


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
    """A scope without its common prefix."""
    from reskontra.web.auth import SCOPE

    return scope.removeprefix(f"{SCOPE}:") if scope != SCOPE else "everything"
