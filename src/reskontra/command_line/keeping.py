"""The commands `migrate`, `check`, `backup` and `restore`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from reskontra import __version__
from reskontra.command_line.options import Books, settings, switch
from reskontra.command_line.terminal import FAILED_CHECK, is_confirmed, say

if TYPE_CHECKING:
    from reskontra.db.pool import Connection
    from reskontra.db.restore import Restored
    from reskontra.db.selfcheck import Offence
    from reskontra.reference.rules.expiry import Expiry


def migrate(*, books: Books | None = None) -> None:
    """Bring the database up to this program's schema."""
    from reskontra import interrupts
    from reskontra.clock import SystemClock
    from reskontra.serve import bring_up_to_date, postgres_for

    with postgres_for(settings(books), shared=True) as dsn:
        names = interrupts.run(bring_up_to_date(dsn, SystemClock()))
    for name in names:
        say(f"applied {name}")
    say("The database is up to date.")


def check(*, books: Books | None = None) -> None:
    """Check the books. If a check fails, print the offending rows and exit with 1.

    The foot of the pages shows when that was and how many checks held. Also warns of legal rates, VAT rates and periods
    that run out; that fails no check.
    """
    from reskontra.clock import SystemClock
    from reskontra.command_line.database import ask
    from reskontra.companies.commands import find_expiring
    from reskontra.db.selfcheck import keep, offences

    async def checked(connection: Connection) -> tuple[list[Offence], list[tuple[str, Expiry]], bool]:
        now, found = SystemClock().now(), await offences(connection)
        ending = await find_expiring(connection, now)
        is_open = not await connection.fetchval("select current_setting('transaction_read_only')::boolean")
        if is_open:
            await keep(connection, found, now)
        return found, ending, is_open

    found, ending, is_kept = ask(books, checked)
    if not is_kept:
        say("The database takes no changes now, so the result is not kept.")
    for code, expiry in ending:
        say(f"warning: company {code}: {expiry.sentence}")
    _tell(found)


def backup(
    file: Annotated[Path, Parameter(help="Where to write it; an existing backup is replaced.")],
    /,
    *,
    books: Books | None = None,
) -> None:
    """Copy all books into one file, as of this moment. The server may keep running."""
    from reskontra.clock import SystemClock
    from reskontra.command_line.database import ask
    from reskontra.db.backup import back_up

    made = ask(
        books, lambda connection: back_up(connection, file, SystemClock().now(), __version__), of_any_schema=True
    )
    say(f"Backed up {made.manifest.summary}.")
    if made.left_out:
        say(f"Left out, as they are not Reskontra's: {', '.join(made.left_out)}.")
    say(f"{file}: {file.stat().st_size} bytes, checksum {made.checksum}")


def restore(
    file: Annotated[Path, Parameter(help="A file that `reskontra backup` made.")],
    /,
    *,
    replace: Annotated[bool, switch("Delete the existing books, for good.")] = False,
    yes: Annotated[bool, switch("Replace without asking.")] = False,
    books: Books | None = None,
) -> None:
    """Restore the books from a backup, all or nothing. Exits with 1 if a check of the books fails afterwards.

    A file that is damaged, foreign or newer than this program is refused before anything is touched; one of an older
    schema is brought up to date. The server must be stopped.
    """
    from reskontra import interrupts
    from reskontra.clock import SystemClock
    from reskontra.db.archive import read_archive, whose
    from reskontra.db.restore import books_to_replace, migrations_of
    from reskontra.db.restore import restore as restore_books
    from reskontra.serve import plain_connection, postgres_for

    with read_archive(file) as archive:
        migrations_of(archive.manifest)
        with postgres_for(settings(books)) as dsn:

            async def fill() -> Restored | None:
                async with plain_connection(dsn) as connection:
                    old = await books_to_replace(connection, replacing=replace)
                    question = f"Delete the books of {whose(old)}, for good?"
                    if old and not yes and not is_confirmed(question, otherwise=f"{question} Give --yes."):
                        return None
                    return await restore_books(connection, archive, SystemClock().now(), replacing=old)

            done = interrupts.run(fill())
        if done is None:
            return
        say(f"Restored {archive.manifest.summary}.")
    for migration in done.applied:
        say(f"applied {migration.name}")
    _tell(done.offences)


def _tell(found: Sequence[Offence]) -> None:
    """Print what the self-check found; exit with its code if it found anything."""
    from reskontra.db.selfcheck import known_checks

    for offence in found:
        say(f"{offence.name}: {offence.sentence}")
        for row in offence.rows:
            say("  " + ", ".join(f"{name} {value}" for name, value in row.items()))
    say(f"{len(known_checks()) - len(found)} of {len(known_checks())} checks hold.")
    if found:
        sys.exit(FAILED_CHECK)
