"""The commands about people who sign in to the pages."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import App, Parameter

from reskontra.command_line.options import AsJson, Books, examples
from reskontra.command_line.terminal import say, say_json, say_table

if TYPE_CHECKING:
    from reskontra.db.pool import Connection

app = App(
    name="user",
    help="People: who may sign in to the pages.",
    help_epilogue=examples(
        "reskontra user list --data-dir books",
        "reskontra user create --email ola@example.com --role bookkeeper --company acme --data-dir books",
        "reskontra user disable ola@example.com --data-dir books",
    ),
)

T = TypeVar("T")

Email = Annotated[str, Parameter(help="Mail address, as `reskontra user list` shows it.")]
Companies = Parameter(name="--company", negative="", help="Code of a company they see; repeatable.")
RoleName = Parameter(help="reader, bookkeeper, controller or admin; each may do what those before it may.")


@app.command(name="list")
def list_users(*, json: AsJson = False, books: Books | None = None) -> None:
    """List users with their roles and companies."""
    from reskontra.command_line.database import ask
    from reskontra.users import store

    found = ask(books, store.list_users)
    if json:
        say_json([{"email": it.email, "name": it.name, "role": it.role.value, "companies": it.companies,
                   "disabled": it.disabled_at is not None} for it in found])  # fmt: skip
    elif not found:
        say("There are no users: `reskontra user create` makes one.")
    else:
        rows = [(it.email, it.name, it.role.value, list(it.companies), it.created_at, it.disabled_at) for it in found]
        say_table(("EMAIL", "NAME", "ROLE", "COMPANIES", "CREATED", "DISABLED"), rows)


@app.command(help_epilogue=examples("reskontra user create --email ola@example.com --role bookkeeper --company acme"))
def create(
    *,
    email: Annotated[str, Parameter(help="Mail address, which they sign in with.")],
    companies: Annotated[list[str], Companies],
    role: Annotated[str, RoleName] = "bookkeeper",
    name: Annotated[str, Parameter(help="What the pages call them.")] = "",
    books: Books | None = None,
) -> None:
    """Create a user. The password is asked for, or read from standard input if that is not a terminal."""
    from reskontra.command_line.database import context
    from reskontra.companies.commands import company_ids
    from reskontra.users import commands
    from reskontra.users.rules import role_named

    chosen, password = role_named(role), _password(books)

    async def work(connection: Connection) -> None:
        seen = await company_ids(connection, companies)
        await commands.create_user(
            connection, context(), email=email, name=name, role=chosen, company_ids=seen, password=password
        )

    _write(books, work)
    say(f"Created user {email} ({chosen.value}).")


@app.command(help_epilogue=examples("reskontra user change ola@example.com --role controller --password"))
def change(
    email: Email,
    /,
    *,
    role: Annotated[str | None, RoleName] = None,
    companies: Annotated[list[str] | None, Companies] = None,
    password: Annotated[bool, Parameter(negative="", help="Ask for a new password; it ends all sessions.")] = False,
    books: Books | None = None,
) -> None:
    """Change the role, the companies or the password of a user."""
    from reskontra.command_line.database import context
    from reskontra.companies.commands import company_ids
    from reskontra.config import SettingError
    from reskontra.users import commands
    from reskontra.users.rules import role_named

    if role is None and companies is None and not password:
        raise SettingError("Say what to change: --role, --company or --password.")
    chosen = None if role is None else role_named(role)
    new = _password(books) if password else None

    async def work(connection: Connection) -> None:
        seen = None if companies is None else await company_ids(connection, companies)
        await commands.change_user(connection, context(), email, role=chosen, company_ids=seen, password=new)

    _write(books, work)
    say(f"Changed user {email}.")


@app.command
def disable(email: Email, /, *, books: Books | None = None) -> None:
    """Disable a user at once, and end their sessions."""
    say(f"Disabled user {email}." if _set_disabled(books, email, True) else f"User {email} is disabled already.")


@app.command
def enable(email: Email, /, *, books: Books | None = None) -> None:
    """Enable a disabled user, with the same password."""
    say(f"Enabled user {email}." if _set_disabled(books, email, False) else f"User {email} is not disabled.")


def _set_disabled(books: Books | None, email: str, disabled: bool) -> bool:
    from reskontra.command_line.database import context
    from reskontra.users import commands

    return _write(books, lambda connection: commands.set_disabled(connection, context(), email, disabled=disabled))


def _password(books: Books | None) -> str:
    """What is typed twice, or the first line of standard input. Nobody types one for books that are not there."""
    from reskontra.command_line.database import ask
    from reskontra.config import SettingError
    from reskontra.users import store

    ask(books, store.has_users)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise SettingError("The two passwords differ.")
    return first


def _write(books: Books | None, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    from reskontra.command_line.database import ask

    async def in_transaction(connection: Connection) -> T:
        async with connection.transaction():
            return await work(connection)

    return ask(books, in_transaction)
