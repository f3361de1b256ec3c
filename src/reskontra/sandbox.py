"""The sandbox: its books, the secret of its client, and what it prints on the terminal when it is ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reskontra.clock import Clock, Context
from reskontra.companies.commands import rotate_secret
from reskontra.companies.store.access import StoredAccess
from reskontra.config import Settings, SetupError, is_loopback
from reskontra.db.pool import Database
from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID, Size, load_demo
from reskontra.demo_file import reset_demo, restore_demo
from reskontra.errors import Refused
from reskontra.serve import bring_up_to_date, plain_connection
from reskontra.web.secrets import is_secret, new_secret


async def furnish(dsn: str, clock: Clock, *, step: Callable[[str], None]) -> None:
    """Bring the database up to date with the demo in it: restored if it has no company yet, else made or completed.

    The demo is made through connections of their own, on which rows are stamped with the demo's time and not with the
    machine's: its customers were last changed before and after 2025-01-14. `step` is told what takes a moment.
    Raises `SchemaError` and `Unavailable`.
    """
    async with plain_connection(dsn) as connection:
        if await restore_demo(connection, clock.now(), step=step):
            return
    await bring_up_to_date(dsn, clock)
    database = await Database.connect(dsn)
    try:
        await load_demo(database, clock, Size.YEAR)
    finally:
        await database.close()


def secret_for(settings: Settings) -> str:
    """The secret of the demo's client. The published one is only for a sandbox that nobody else can reach."""
    return settings.sandbox_secret or (CLIENT_SECRET if is_loopback(settings.host) else new_secret())


async def put_secret(database: Database, secret: str, clock: Clock) -> None:
    """Make `secret` the one of the demo's client, unless it already is or somebody has deleted the client."""
    client = await StoredAccess(database).find_client(CLIENT_ID)
    if client is None or is_secret(secret, client.secret_salt, client.secret_hash):
        return
    context = Context(0, "sandbox", str(clock.new_id()), clock.now(), clock)
    async with database.transaction() as connection:
        await rotate_secret(connection, CLIENT_ID, context, secret=secret)


async def reset(database: Database, dsn: str, secret: str, clock: Clock, *, file: Path | None = None) -> None:
    """Make the books of a running sandbox those of the demo again. Raises `Refused` and `Unavailable`.

    Requests wait meanwhile. Tokens end with it, as the key that signs them is new; the client's secret stays.
    """
    try:
        async with plain_connection(dsn) as connection:
            await reset_demo(connection, file=file)
    except SetupError as error:
        hint = "Stop the sandbox and start it with --fresh, which deletes all books."
        raise Refused(str(error), hint=hint) from error
    finally:
        database.forget()
    await put_secret(database, secret, clock)


def greeting(settings: Settings, url: str, secret: str) -> str:
    """Where the sandbox is, how to get a token for it, three requests to try, and where its books are."""
    curl = "curl -k" if settings.tls_self_signed else "curl"
    token = (
        f"  {curl} -d grant_type=client_credentials -d scope=vismanet_erp_service_api -d tenant_id={TENANT_ID} \\\n"
        f"       -d client_id={CLIENT_ID} -d client_secret={secret} {url}/connect/token"
    )
    if settings.open_mode:
        access, header = "Open to this machine without a token. With one, as in production:", ""
    else:
        access, header = "Every request needs a token:", ' -H "Authorization: Bearer $TOKEN"'
    invoice = (
        '{"customerNumber":{"value":"20001"},"invoiceLines":[{"inventoryNumber":{"value":"A"},"quantity":{"value":1}}]}'
    )
    kept = "nowhere: gone when it stops" if settings.throw_away else f"in {settings.data_dir}"
    return "\n".join(
        (
            f"Reskontra sandbox: {url}",
            "",
            access,
            token,
            "",
            "Try:",
            f"  {curl}{header} {url}/v1/customer",
            f"  {curl}{header} {url}/v1/customerinvoice/003547",
            f"  {curl} -i{header} -H 'Content-Type: application/json' {url}/v1/customerinvoice \\",
            f"       -d '{invoice}'",
            "",
            *_warning(settings, secret),
            f"Books are kept {kept}. Ctrl-C stops everything.",
        )
    )


def _warning(settings: Settings, secret: str) -> tuple[str, ...]:
    if is_loopback(settings.host):
        return ()
    if secret == CLIENT_SECRET:
        weakness = "This secret is published: anybody who can reach this address can read and write everything."
    elif settings.sandbox_secret:
        weakness = "Anybody who can reach this address and has the secret can read and write everything."
    else:
        weakness = "The secret changes at every start; set RESKONTRA_SANDBOX_SECRET to choose it."
    return (f"Warning: other machines may reach this sandbox. {weakness}", "")
