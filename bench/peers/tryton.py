"""Tryton as one side of a comparison: installed apart, served by its own server, spoken to by its JSON-RPC alone."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.load import BenchError
from bench.peers import calls, company
from bench.peers.calls import DATABASE, PASSWORD, Calls
from bench.peers.company import Company, fill, set_up
from bench.peers.crowd import Busy, Work
from bench.peers.own import LISTED
from reskontra.db.embedded import EmbeddedPostgres, delete_folder
from reskontra.serve import plain_connection

REQUIRED = ("trytond", "trytond_account_invoice", "psycopg[binary,pool]")

_READY, _IDS, _SETTINGS = "ready", "ids.json", "trytond.conf"
_START_SECONDS, _STOP_SECONDS = 120, 30
_AGAIN_SECONDS, _BUSY_SECONDS = 0.1, 60
_COLUMNS = (
    "number", "party.rec_name", "invoice_date", "state", "currency.code", "untaxed_amount", "tax_amount",
    "total_amount", "amount_to_pay", "reference", "description", "payment_term", "account.code", "account.name",
    "create_date", "write_date",
)  # fmt: skip
"""What our list of documents shows of each, as far as Tryton has it."""


class Tryton:
    """`trytond` on a company of its own."""

    name = "Tryton"

    def __init__(self, url: str, pids: tuple[int, int], company: Company) -> None:
        self._url, self.pids, self._company = url, pids, company

    def client(self) -> Mapping[str, Work]:
        session = Calls.of(self._url, self._company.context)

        def invoice() -> None:
            made = session.call("model.account.invoice.create", [self._company.invoice()])
            deadline = time.monotonic() + _BUSY_SECONDS
            while True:
                try:
                    session.call("model.account.invoice.post", made)
                    return
                except Busy:  # another client has the series of numbers, for which Tryton does not wait
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(_AGAIN_SECONDS)

        def headers() -> None:
            wanted = [["type", "=", "out"], ["state", "=", "posted"]]
            found = session.call("model.account.invoice.search_read", wanted, 0, LISTED, [["id", "ASC"]], _COLUMNS)
            if len(found) != LISTED:
                raise BenchError(f"{len(found)} invoices are listed, not {LISTED}")

        return {"invoice": invoice, "list": headers}


def install(folder: Path) -> str:
    """Tryton in a virtual environment of its own. Returns the versions that count."""
    python = str(folder / "bin" / "python")
    if not (folder / "bin" / "trytond").exists():
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([python, "-m", "pip", "install", "--quiet", *REQUIRED])
    names = "trytond", "trytond-account-invoice"
    code = f"from importlib.metadata import version; print(', '.join(f'{{it}} {{version(it)}}' for it in {names}))"
    return _run([python, "-c", code]).strip()


def is_kept(home: Path) -> bool:
    """Whether books need not be made before a run."""
    return (_kept(home) / _IDS).exists()


@contextlib.contextmanager
def opened(home: Path, *, processes: int) -> Generator[Tryton]:
    """Tryton on a fresh copy of its books, which are made first where they are not kept yet."""
    kept = _kept(home)
    if not is_kept(home):
        delete_folder(kept)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with EmbeddedPostgres.start(kept) as postgres:
            _make_books(home, postgres)
    with EmbeddedPostgres.start(kept) as postgres:
        asyncio.run(_administer(postgres, f"drop database if exists {DATABASE} with (force)"))
        asyncio.run(_administer(postgres, f"create database {DATABASE} template {_READY} strategy file_copy"))
        asyncio.run(_administer(postgres, "checkpoint"))
        with _serving(home, postgres, processes) as (url, pid):
            yield Tryton(url, (pid, postgres.pid), Company(**json.loads((kept / _IDS).read_text())))


def _kept(home: Path) -> Path:
    """Where books are kept that were made by this code, for this year and these versions."""
    made_by = b"".join(Path(module.__file__ or "").read_bytes() for module in (calls, company))
    digest = hashlib.sha256(made_by + f"{datetime.now(UTC).year} {LISTED} {install(home)}".encode())
    return home.with_name(f"books-{digest.hexdigest()[:12]}")


def _make_books(home: Path, postgres: EmbeddedPostgres) -> None:
    """A company that has posted as many invoices as are listed."""
    asyncio.run(_administer(postgres, f"create database {DATABASE}"))
    modules = ["--all", "-u", "account_invoice", "--activate-dependencies", "--email", "bench@bench.example"]
    _run(_command(home, "trytond-admin", *modules), _environment(home, postgres))
    with _serving(home, postgres, 1) as (url, _):
        made = set_up(Calls.of(url, {}))
        fill(Calls.of(url, made.context), made, LISTED)
    asyncio.run(_administer(postgres, f"alter database {DATABASE} rename to {_READY}"))
    asyncio.run(_vacuum(postgres))
    (_kept(home) / _IDS).write_text(json.dumps(asdict(made)))


@contextlib.contextmanager
def _serving(home: Path, postgres: EmbeddedPostgres, processes: int) -> Generator[tuple[str, int]]:
    """Tryton's server: its address and process."""
    port, log = _free_port(), home / "trytond.log"
    (home / _SETTINGS).write_text(f"[database]\nuri = postgresql://\n[web]\nlisten = 127.0.0.1:{port}\n")
    command = _command(home, "trytond", *(["-n", str(processes)] if processes > 1 else []))
    with log.open("w") as lines:
        process = subprocess.Popen(command, stdout=lines, stderr=lines, env=_environment(home, postgres))
    try:
        _wait_until_it_listens(port, process, log)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_STOP_SECONDS)


def _command(home: Path, name: str, *words: str) -> list[str]:
    return [str(home / "bin" / name), "-c", str(home / _SETTINGS), "-d", DATABASE, *words]


def _environment(home: Path, postgres: EmbeddedPostgres) -> dict[str, str]:
    """Where PostgreSQL is, and the file with the password that Tryton's administrator gets."""
    (home / "password").write_text(PASSWORD)
    (home / _SETTINGS).touch()
    target = urlsplit(postgres.superuser_dsn(DATABASE))
    reached = {"PGHOST": parse_qs(target.query)["host"][0], "PGUSER": target.username or ""}
    return {**os.environ, **reached, "TRYTONPASSFILE": str(home / "password"),
            "TRYTOND_DATABASE_URI": "postgresql://"}  # fmt: skip


async def _administer(postgres: EmbeddedPostgres, statement: str) -> None:
    async with plain_connection(postgres.superuser_dsn("postgres")) as connection:
        await connection.execute(statement)


async def _vacuum(postgres: EmbeddedPostgres) -> None:
    """Statistics for PostgreSQL, as our own books have them."""
    async with plain_connection(postgres.superuser_dsn(_READY)) as connection:
        await connection.execute("vacuum (freeze, analyze)")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise BenchError(f"Tryton did not start:\n{log.read_text()[-2000:]}")


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    said = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if said.returncode:
        raise BenchError(f"{' '.join(command)} failed:\n{said.stderr[-2000:]}")
    return said.stdout
