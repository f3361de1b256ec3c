"""The command line: each command reads its settings and makes one call."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Group, Parameter

from reskontra import __version__
from reskontra.clock import Context, SystemClock
from reskontra.config import LogFormat, SettingError, Settings, SetupError, read_networks
from reskontra.errors import Refusal

if TYPE_CHECKING:
    from reskontra.db.selfcheck import Offence

DEFAULT_SANDBOX_DIR = Path(".reskontra")
SCOPE = "vismanet_erp_service_api"
FAILED_CHECK, USAGE, INTERRUPTED = 1, 2, 130
CLOSED_PIPE = 141
"""Exit code a shell reports for SIGPIPE; 1 would mean a failed check."""

app = App(name="reskontra", version=__version__, help="A customer ledger that speaks the Visma Net API.")
company_app = App(name="company", help="Companies: the tenants of this ledger.")
client_app = App(name="client", help="API clients: who may ask for tokens.")
app.command(company_app)
app.command(client_app)

# Options shared by several commands. Each can also be set in the environment: the README lists the variables.
_where = Group("Where the books are")
_server = Group("Server")
DatabaseUrl = Annotated[
    str | None, Parameter(group=_where, help="A postgresql:// URL, PostgreSQL 15 or newer (DATABASE_URL).")
]
DataDir = Annotated[
    Path | None, Parameter(group=_where, help="Folder of a PostgreSQL of our own (RESKONTRA_DATA_DIR).")
]
Host = Annotated[str | None, Parameter(group=_server, help="Address to listen on [127.0.0.1].")]
Port = Annotated[int | None, Parameter(group=_server, help="Port to listen on; 0 picks a free one [8080].")]
TrustedProxies = Annotated[
    list[str] | None,
    Parameter(
        name="--trusted-proxy", negative="", group=_server, help="Network whose X-Forwarded-* headers are trusted."
    ),
]
TlsSelfSigned = Annotated[
    bool | None, Parameter(negative="", group=_server, help="Serve https with a certificate made on first use.")
]
LogFormatOption = Annotated[LogFormat | None, Parameter(group=_server, help="How log lines look [console].")]


@app.command
def serve(
    *,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    trusted_proxies: TrustedProxies = None,
    tls_self_signed: TlsSelfSigned = None,
    log_format: LogFormatOption = None,
    migrate: Annotated[bool, Parameter(negative="", help="Bring the database up to date first.")] = False,
) -> None:
    """Serve the ledger to clients that have a token, until interrupted.

    A data folder is always brought up to date; a database by URL only with --migrate.
    """
    settings = _settings(
        database_url=database_url,
        data_dir=data_dir,
        host=host,
        port=port,
        trusted_proxies=_networks(trusted_proxies),
        tls_self_signed=tls_self_signed,
        log_format=log_format,
    )
    _run_server(settings, migrating=migrate or settings.database_url is None)


@app.command
def sandbox(
    *,
    data_dir: Annotated[
        Path | None, Parameter(group=_where, help="Where the sandbox keeps its books [.reskontra in this folder].")
    ] = None,
    fresh: Annotated[bool, Parameter(negative="", group=_where, help="Start over: delete the books first.")] = False,
    throw_away: Annotated[
        bool, Parameter(negative="", group=_where, help="Keep nothing, for CI: faster, and deleted at the end.")
    ] = False,
    host: Host = None,
    port: Port = None,
    token_required: Annotated[
        bool | None, Parameter(negative="", group=_server, help="Refuse requests without a token.")
    ] = None,
    trusted_proxies: TrustedProxies = None,
    tls_self_signed: TlsSelfSigned = None,
    log_format: LogFormatOption = None,
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
    settings = Settings.from_environment(
        environ,
        sandbox=True,
        throw_away=throw_away,
        data_dir=data_dir,
        host=host,
        port=port,
        token_required=token_required,
        trusted_proxies=_networks(trusted_proxies),
        tls_self_signed=tls_self_signed,
        log_format=log_format,
    )
    if fresh and settings.data_dir:
        from reskontra.db.embedded import delete_folder

        delete_folder(settings.data_dir)
    _run_server(settings, migrating=True)


@app.command
def migrate(*, database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Bring the database up to this program's schema."""
    from reskontra.serve import bring_up_to_date, postgres_for

    with postgres_for(_settings(database_url=database_url, data_dir=data_dir), shared=True) as dsn:
        names = asyncio.run(bring_up_to_date(dsn, SystemClock()))
    for name in names:
        _say(f"applied {name}")
    _say("The database is up to date.")


@app.command
def check(*, database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Check the books. If a check fails, print the offending rows and exit with 1."""
    from reskontra.db.migrate import check_schema
    from reskontra.db.selfcheck import offences
    from reskontra.serve import plain_connection, postgres_for

    async def ask(dsn: str) -> list[Offence]:
        async with plain_connection(dsn) as connection:
            await check_schema(connection)
            return await offences(connection)

    with postgres_for(_settings(database_url=database_url, data_dir=data_dir), shared=True) as dsn:
        found = asyncio.run(ask(dsn))
    _tell(found)


@app.command
def sql(name: Annotated[str | None, Parameter(help="Which statement; without it, the names of all.")] = None) -> None:
    """Print a composed SQL statement for psql: to read it whole, to explain or to time it."""
    from reskontra.statements import for_psql, statements

    if name is None:
        _say("\n".join(statements()))
        return
    if name not in statements():
        known = ", ".join(get_close_matches(name, statements(), cutoff=0.4)) or "none that is like it"
        raise SettingError(f"There is no statement {name}. There is: {known}.")
    _say(for_psql(name))


@app.command
def backup(
    file: Annotated[Path, Parameter(help="Where to write it; an existing backup is replaced.")],
    *,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Copy all books into one file, as of this moment. The server may keep running."""
    from reskontra.db.backup import Backup, back_up
    from reskontra.serve import plain_connection, postgres_for

    async def copy(dsn: str) -> Backup:
        async with plain_connection(dsn) as connection:
            return await back_up(connection, file, SystemClock().now(), __version__)

    with postgres_for(_settings(database_url=database_url, data_dir=data_dir), shared=True) as dsn:
        made = asyncio.run(copy(dsn))
    _say(f"Backed up {made.manifest.summary}.")
    if made.left_out:
        _say(f"Left out, as they are not Reskontra's: {', '.join(made.left_out)}.")
    _say(f"{file}: {file.stat().st_size} bytes, checksum {made.checksum}")


@app.command
def restore(
    file: Annotated[Path, Parameter(help="A file that `reskontra backup` made.")],
    *,
    replace: Annotated[bool, Parameter(negative="", help="Delete the existing books, for good.")] = False,
    yes: Annotated[bool, Parameter(negative="", help="Replace without asking.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Restore the books from a backup, all or nothing. Exits with 1 if a check of the books fails afterwards.

    A file that is damaged, foreign or newer than this program is refused before anything is touched; one of an older
    schema is brought up to date. The server must be stopped.
    """
    from reskontra.db.archive import read_archive, whose
    from reskontra.db.restore import Restored, books_to_replace, migrations_of
    from reskontra.db.restore import restore as restore_books
    from reskontra.serve import plain_connection, postgres_for

    settings = _settings(database_url=database_url, data_dir=data_dir)
    with read_archive(file) as archive:
        migrations_of(archive.manifest)
        with postgres_for(settings) as dsn:

            async def fill() -> Restored | None:
                async with plain_connection(dsn) as connection:
                    old = await books_to_replace(connection, replacing=replace)
                    question = f"Delete the books of {whose(old)}, for good?"
                    if old and not yes and not _is_confirmed(question, otherwise=f"{question} Give --yes."):
                        return None
                    return await restore_books(connection, archive, SystemClock().now(), replacing=old)

            done = asyncio.run(fill())
        if done is None:
            return
        _say(f"Restored {archive.manifest.summary}.")
    for migration in done.applied:
        _say(f"applied {migration.name}")
    _tell(done.offences)


@company_app.command(name="create")
def create_company(
    *,
    template: Annotated[str, Parameter(help="`no`, `se`, or a template file.")],
    code: Annotated[str, Parameter(help="Short name that identifies the company here.")],
    name: Annotated[str | None, Parameter(help="Name of the company [the template's].")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Create a company from a template: its accounts, VAT, terms, items, series, periods and preferences."""
    from reskontra.company_file.commands import creating
    from reskontra.serve import bring_up_to_date, plain_connection, postgres_for

    async def create(dsn: str) -> int:
        await bring_up_to_date(dsn, SystemClock())
        async with plain_connection(dsn) as connection, connection.transaction():
            return await creating.create_company(connection, template, code=code, name=name, context=_context())

    with postgres_for(_settings(database_url=database_url, data_dir=data_dir), shared=True) as dsn:
        company_id = asyncio.run(create(dsn))
    _say(f"Created company {code} with id {company_id}.")


@company_app.command(name="apply")
def apply_company(
    file: Annotated[str, Parameter(help="A company file, or `no` or `se`.")],
    *,
    company: Annotated[str, Parameter(help="Code of the company.")],
    yes: Annotated[bool, Parameter(negative="", help="Apply without asking.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Change a company from a file: shows what would change, asks, then applies all of it or nothing.

    The file has the same form as one that creates a company. Whatever it leaves out stays as it is: sections, entries
    of a section, keys of an entry. Nothing is deleted. A change that would affect the figures of documents is refused,
    with its line. Periods are only added: actions of the API open, close and reopen them.
    """
    from reskontra.app import connect_rooms
    from reskontra.companies.commands import company_ids
    from reskontra.company_file.commands.applying import apply_plan, plan_changes
    from reskontra.company_file.file import read_partial_template
    from reskontra.company_file.rules.plan import lines_of
    from reskontra.serve import open_database, postgres_for

    said = read_partial_template(file)
    connect_rooms()

    async def apply(dsn: str) -> None:
        database = await open_database(dsn, SystemClock(), migrating=False)
        try:
            async with database.transaction() as connection:
                (company_id,) = await company_ids(connection, [company])
                context = replace(_context(), company_id=company_id)
                plan = await plan_changes(connection, context, said)
            for line in lines_of(plan):
                _say(line)
            if not plan.changes:
                _say(f"Nothing to do: {company} is as the file says.")
            elif yes or _is_confirmed(f"Apply this to {company}?"):
                async with database.transaction() as connection:
                    await apply_plan(connection, context, said, plan)
                _say(f"Changed company {company}.")
        finally:
            await database.close()

    with postgres_for(_settings(database_url=database_url, data_dir=data_dir), shared=True) as dsn:
        asyncio.run(apply(dsn))


@client_app.command(name="create")
def create_client(
    *,
    companies: Annotated[
        list[str], Parameter(name="--company", negative="", help="Code of a company it may see; repeatable.")
    ],
    scopes: Annotated[
        list[str] | None, Parameter(name="--scope", negative="", help="What it may do; repeatable [everything].")
    ] = None,
    name: Annotated[str, Parameter(help="The client's name, for people.")] = "client",
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Create an API client; its secret is shown once, here."""
    from reskontra.companies import commands
    from reskontra.serve import plain_connection, postgres_for

    async def create(dsn: str) -> commands.ClientCredentials:
        async with plain_connection(dsn) as connection, connection.transaction():
            company_ids = await commands.company_ids(connection, companies)
            return await commands.create_client(
                connection, company_ids, scopes or [SCOPE], name=name, context=_context()
            )

    with postgres_for(_settings(database_url=database_url, data_dir=data_dir), shared=True) as dsn:
        credentials = asyncio.run(create(dsn))
    _say(f"client_id={credentials.client_id}")
    _say(f"client_secret={credentials.client_secret}")
    _say(f"tenant_id={credentials.tenant_id}")


def main() -> None:
    """Run the command line. An error the operator can fix is one sentence on stderr and exit code 2, no traceback.

    SIGTERM and SIGHUP end a command as Ctrl-C does: what it started is stopped, half-written files are removed.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    try:
        app(exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _fail(" ".join(str(error).split()))
    except SetupError as error:
        _fail(str(error))
    except Refusal as refusal:
        _fail(_sentence(refusal))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run_server(settings: Settings, *, migrating: bool) -> None:
    from reskontra.log import configure_logging
    from reskontra.serve import serve as serve_until_stopped

    configure_logging(settings.log_format)
    clock = SystemClock()
    if settings.sandbox:
        from reskontra.demo import Size, load_demo
        from reskontra.sandbox import greeting

        serve_until_stopped(
            settings,
            clock,
            prepare=lambda database: load_demo(database, clock, Size.YEAR),
            announce=lambda url: _greet(greeting(settings, url)),
            migrating=migrating,
        )
    else:
        serve_until_stopped(
            settings, clock, announce=lambda url: _greet(f"Reskontra answers on {url}"), migrating=migrating
        )


def _settings(**given: object) -> Settings:
    return Settings.from_environment(os.environ, **given)


def _networks(texts: list[str] | None) -> object:
    if not texts:
        return None
    try:
        return read_networks(",".join(texts))
    except ValueError as error:
        raise SettingError(f"--trusted-proxy wants a network such as 10.0.0.0/8: {error}.") from error


def _context() -> Context:
    clock = SystemClock()
    return Context(company_id=0, actor="command line", request_id=str(clock.new_id()), now=clock.now(), clock=clock)


def _sentence(refusal: Refusal) -> str:
    reason = refusal.reason or f"{'.'.join(map(str, refusal.field))} '{refusal.value}' cannot be found."
    return f"{reason} {refusal.hint}".strip()


def _is_confirmed(question: str, *, otherwise: str = "Look at the plan and give --yes.") -> bool:
    """Ask the operator. Raises `SettingError`, saying what to do `otherwise`, if stdin is no terminal."""
    if not sys.stdin.isatty():
        raise SettingError(f"Nothing was changed: nobody is there to be asked. {otherwise}")
    if input(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
        return True
    _say("Nothing was changed.")
    return False


def _tell(found: Sequence[Offence]) -> None:
    """Print what the self-check found; exit with its code if it found anything."""
    from reskontra.db.selfcheck import known_checks

    for offence in found:
        _say(f"{offence.name}: {offence.sentence}")
        for row in offence.rows:
            _say("  " + ", ".join(f"{name} {value}" for name, value in row.items()))
    _say(f"{len(known_checks()) - len(found)} of {len(known_checks())} checks hold.")
    if found:
        sys.exit(FAILED_CHECK)


def _say(text: str) -> None:
    """Print to stdout. If the reader has gone, as with `| head -1`, end the command quietly."""
    if not _is_heard(text):
        sys.exit(CLOSED_PIPE)


def _greet(text: str) -> None:
    """Print that the server is up. It keeps serving even if nobody reads this."""
    _is_heard(text)


def _is_heard(text: str) -> bool:
    """Print a text; False if the reader of stdout has gone."""
    try:
        print(text, flush=True)  # noqa: T201 - this is what the commands answer
    except BrokenPipeError:
        # Discard what is still buffered, or the interpreter complains about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _fail(sentence: str) -> None:
    print(f"reskontra: {sentence}", file=sys.stderr)  # noqa: T201
    sys.exit(USAGE)


if __name__ == "__main__":
    main()
