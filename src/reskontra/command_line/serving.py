"""The commands `serve` and `sandbox`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from reskontra.command_line.options import BOOKS, SERVER, Books, PgBindir, Serving, option, settings, switch
from reskontra.command_line.terminal import greet, tell_step
from reskontra.config import SettingError, Settings

if TYPE_CHECKING:
    from reskontra.db.pool import Database

DEFAULT_SANDBOX_DIR = Path(".reskontra")


def serve(
    *,
    books: Books | None = None,
    serving: Serving | None = None,
    workers: Annotated[
        int | None, option("workers", "Processes that serve; by default one for every two cores.", SERVER)
    ] = None,
    migrate: Annotated[bool, switch("Bring the database up to date first.", BOOKS)] = False,
) -> None:
    """Serve the ledger to clients that have a token, until interrupted.

    A data folder is always brought up to date; a database by URL only with --migrate. SIGHUP exchanges several
    workers one by one, as after an upgrade; a server with one worker it stops.
    """
    said = settings(books, serving, workers=workers)
    _run_server(said, migrating=migrate or said.database_url is None)


def sandbox(
    *,
    data_dir: Annotated[
        Path | None, Parameter(group=BOOKS, help=f"Where the sandbox keeps its books [default: {DEFAULT_SANDBOX_DIR}].")
    ] = None,
    fresh: Annotated[bool, switch("Start over: delete the books first.", BOOKS)] = False,
    throw_away: Annotated[bool, switch("Keep nothing, for CI: faster, and deleted at the end.", BOOKS)] = False,
    pg_bindir: PgBindir = None,
    token_required: Annotated[bool, option("token_required", "Refuse requests without a token.", SERVER)] = False,
    sandbox_secret: Annotated[
        str | None,
        option(
            "sandbox_secret",
            "Secret of the demo's API client; by default the published one, or a new one if others can reach it.",
            SERVER,
        ),
    ] = None,
    serving: Serving | None = None,
) -> None:
    """Serve a demo company for development and CI; open without a token to this machine only."""
    if throw_away and (data_dir or fresh):
        raise SettingError("--throw-away keeps its books in a new temporary folder: leave out --data-dir and --fresh.")
    # Ignore DATABASE_URL: it may belong to another program, and a demo company has no place in its database.
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if throw_away:
        environ.pop("RESKONTRA_DATA_DIR", None)
    elif "RESKONTRA_DATA_DIR" not in environ:
        data_dir = data_dir or DEFAULT_SANDBOX_DIR
    said = settings(
        serving,
        environ=environ,
        sandbox=True,
        throw_away=throw_away,
        data_dir=data_dir,
        pg_bindir=pg_bindir,
        token_required=token_required,
        sandbox_secret=sandbox_secret,
    )
    if fresh and said.data_dir:
        from reskontra.db.embedded import delete_folder

        delete_folder(said.data_dir)
    _run_server(said, migrating=True)


def _run_server(said: Settings, *, migrating: bool) -> None:
    from reskontra.clock import SystemClock
    from reskontra.db.data_folder import holds_books
    from reskontra.log import configure_logging
    from reskontra.serve import serve as serve_until_stopped

    configure_logging(said.log_format)
    clock = SystemClock()
    if said.database_url is None:
        is_there = said.data_dir is not None and holds_books(said.data_dir)
        tell_step("Starting PostgreSQL ..." if is_there else "Setting up PostgreSQL ...")
    if said.sandbox:
        from reskontra.sandbox import furnish, greeting, put_secret, reset, secret_for

        secret = secret_for(said)

        async def prepare(database: Database) -> None:
            await put_secret(database, secret, clock)

        serve_until_stopped(
            said,
            clock,
            furnish=lambda dsn: furnish(dsn, clock, step=tell_step),
            prepare=prepare,
            reset=lambda database, dsn: reset(database, dsn, secret, clock),
            announce=lambda url: greet(greeting(said, url, secret)),
            migrating=migrating,
        )
    else:
        serve_until_stopped(said, clock, announce=lambda url: greet(f"Reskontra answers on {url}"), migrating=migrating)
