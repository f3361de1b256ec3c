"""Our own PostgreSQL on a data folder: started, found running, stopped. `cluster` makes its files.

Clients connect through a socket in a private folder with a short path; nothing listens on the network.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from reskontra.db.cluster import DATABASE, OWNER, SUPERUSER, Binaries, find_binaries, prepare
from reskontra.db.data_folder import (
    MARKER,
    WAY_OUT,
    EmbeddedError,
    FolderInUseError,
    has_lock_file,
    make_folder,
    read_marker,
    take_lock,
)
from reskontra.db.leftovers import (
    CLUSTER,
    SOCKET_PREFIX,
    end_leftovers,
    is_postmaster,
    read_postmaster,
    send_signal,
    wait_until,
)
from reskontra.db.memory import shared_buffers
from reskontra.db.unprivileged import ROOT, Account

_START_SECONDS = 600  # after a crash it first replays its log, which may be a gigabyte
_STOP_SECONDS = 30
_LOG_BYTES_MAX = 10_000_000
_THROW_AWAY_PREFIX = "reskontra-throw-away-"
_MEMORY = Path("/dev/shm")
_SOCKET_PATH_BYTES_MAX = 100
_READY_LINE = 8
_CONNECTIONS_MAX = 100

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "autovacuum_naptime": "15s",  # a new ledger grows fast at first, and plans depend on the statistics
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "wal_level": "replica",
    "max_replication_slots": "0",
}
_THROW_AWAY_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True, slots=True)
class _Launch:
    """All that is needed to start PostgreSQL, the first time and again."""

    folder: Path
    binaries: Binaries
    account: Account
    socket: Path
    throw_away: bool
    connections_max: int


class EmbeddedPostgres:
    """A running PostgreSQL that belongs to this process. Use `start`, then `stop` (or `with`)."""

    def __init__(self, launch: _Launch, process: subprocess.Popen[bytes], lock: IO[str]) -> None:
        self.folder = launch.folder
        self.stopping = threading.Event()
        """Set as soon as `stop` is called: from then on PostgreSQL is expected to end."""
        self._launch = launch
        self._process = process
        self._changing = threading.Lock()
        self._lock = lock
        self._delete_folder = False

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        throw_away: bool = False,
        connections_max: int = _CONNECTIONS_MAX,
        binaries: Binaries | None = None,
    ) -> Self:
        """Start PostgreSQL on data folder `folder`, which is made if missing; returns when it answers.

        `throw_away` trades durability for speed. A PostgreSQL that a killed server left behind is stopped first.
        Raises `EmbeddedError` for a folder that is foreign, broken, in use or of another version.
        """
        binaries = binaries or find_binaries()
        folder = folder.absolute()
        make_folder(folder)
        lock = take_lock(folder)
        try:
            end_leftovers(folder)
            account = prepare(folder, binaries, durable=not throw_away)
            socket = _make_socket_folder(account, folder if throw_away else None)
            launch = _Launch(folder, binaries, account, socket, throw_away, connections_max)
            try:
                process = _start(launch)
            except BaseException:
                shutil.rmtree(socket, ignore_errors=True)
                raise
        except BaseException:
            lock.close()
            raise
        return cls(launch, process, lock)

    @classmethod
    def start_throw_away(
        cls,
        *,
        memory_bytes: int | None = None,
        connections_max: int = _CONNECTIONS_MAX,
        binaries: Binaries | None = None,
    ) -> Self:
        """Start PostgreSQL on a new temporary folder that is deleted by `stop`.

        The folder is in memory if that has `memory_bytes` of room.
        """
        in_memory = memory_bytes is not None and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > memory_bytes
        parent = _MEMORY if in_memory else Path(tempfile.gettempdir())
        _sweep_throw_away_folders(parent)
        folder = Path(tempfile.mkdtemp(prefix=_THROW_AWAY_PREFIX, dir=parent))
        try:
            server = cls.start(folder, throw_away=True, connections_max=connections_max, binaries=binaries)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        server._delete_folder = True
        return server

    def dsn(self, database: str = DATABASE) -> str:
        """The postgresql:// URL of one of its databases, for the role that owns the books."""
        return _dsn(self._launch.socket, database, OWNER)

    def superuser_dsn(self, database: str = DATABASE) -> str:
        """The same for PostgreSQL's superuser. No command needs it."""
        return _dsn(self._launch.socket, database, SUPERUSER)

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """PostgreSQL's own log."""
        return _log_path(self.folder)

    def wait(self) -> int:
        """Wait until it ends, for whatever reason; returns its exit code."""
        return self._process.wait()

    def start_again(self) -> None:
        """Restart it on the same socket after it ended by itself; returns when it answers. Raises `EmbeddedError`."""
        with self._changing:
            end_leftovers(self.folder, kept_socket=self._launch.socket)
            self._process = _start(self._launch, self.stopping.is_set)

    def stop(self) -> None:
        """Disconnect everyone, write everything out, stop. Harmless if it has already stopped."""
        self.stopping.set()
        with self._changing:
            if self._process.poll() is None:
                send_signal(self._process.pid, signal.SIGINT)
                try:
                    self._process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    send_signal(self._process.pid, signal.SIGQUIT)
                    self._process.wait()
            shutil.rmtree(self._launch.socket, ignore_errors=True)
            if self._delete_folder:
                shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def running_dsn(folder: Path) -> str | None:
    """The URL of the database that another reskontra is running on data folder `folder`; None if there is none."""
    folder = folder.absolute()
    if not (folder / MARKER).exists():
        return None
    try:
        take_lock(folder).close()
    except FolderInUseError:
        lines = read_postmaster(folder / CLUSTER)
        if len(lines) >= _READY_LINE and is_postmaster(int(lines[0]), folder / CLUSTER):
            # An older program may have started it, in a folder where only the superuser exists.
            return _dsn(Path(lines[4]), DATABASE, read_marker(folder).owner or SUPERUSER)
        raise
    return None


def delete_folder(folder: Path) -> None:
    """Delete data folder `folder` with everything in it, after stopping a PostgreSQL that was left running there.

    Does nothing if there is no such folder. Raises `EmbeddedError` for a folder that is foreign or in use.
    """
    folder = folder.absolute()
    if not folder.exists():
        return
    if any(folder.iterdir()):
        read_marker(folder)
    lock = take_lock(folder)
    try:
        end_leftovers(folder)
        shutil.rmtree(folder)
    finally:
        lock.close()


def _dsn(socket: Path, database: str, role: str) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket), safe='')}"


def _make_socket_folder(account: Account, preferred: Path | None) -> Path:
    """A private folder in `preferred`, or in the system's temporary one, with a path that is short enough.

    Only throw-away folders are preferred: another data folder may be on a file system that has no sockets.
    """
    for parent in (preferred, tempfile.gettempdir(), "/tmp"):
        path = f"{parent}/{SOCKET_PREFIX}12345678/.s.PGSQL.5432"
        if parent and len(os.fsencode(path)) <= _SOCKET_PATH_BYTES_MAX:
            break
    folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=parent))
    if os.geteuid() == ROOT and account.uid != ROOT:
        os.chown(folder, account.uid, account.uid)
    return folder


def _start(launch: _Launch, given_up: Callable[[], bool] = lambda: False) -> subprocess.Popen[bytes]:
    """Start the postmaster; returns when it answers. Raises `EmbeddedError` if it does not, or is `given_up` first."""
    log_path = _log_path(launch.folder)
    too_long = log_path.exists() and log_path.stat().st_size > _LOG_BYTES_MAX
    with log_path.open("wb" if too_long else "ab") as log:
        begin = log.tell()
        # Its own session, so that Ctrl-C in a terminal reaches only us and we stop it when we are done with it.
        process = subprocess.Popen(
            _command(launch), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    cluster = launch.folder / CLUSTER
    try:
        wait_until(lambda: process.poll() is not None or _is_ready(cluster, process.pid) or given_up(), _START_SECONDS)
        if process.poll() is None and _is_ready(cluster, process.pid) and not given_up():
            return process
    except BaseException:
        _quit(process)
        raise
    _quit(process)
    raise EmbeddedError(_why_not_started(launch.folder, log_path, begin))


def _command(launch: _Launch) -> list[str]:
    settings = {
        **_SETTINGS,
        "max_connections": str(launch.connections_max),
        "unix_socket_directories": str(launch.socket),
    }
    if launch.throw_away:
        settings |= _THROW_AWAY_SETTINGS
    else:
        settings["shared_buffers"] = shared_buffers()
    if launch.binaries.major >= 18:
        settings["io_method"] = "sync"  # saves three idle processes
    command = [*launch.account.prefix, *(_die_with_parent() if launch.throw_away else ())]
    command += [str(launch.binaries.folder / "postgres"), "-D", str(launch.folder / CLUSTER)]
    return command + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _quit(process: subprocess.Popen[bytes]) -> None:
    send_signal(process.pid, signal.SIGQUIT)
    process.wait()


def _log_path(folder: Path) -> Path:
    return folder / "postgres.log"


def _die_with_parent() -> tuple[str, ...]:
    # Nobody returns to a throw-away folder to stop an orphan, so it ends with us where the system supports that.
    return ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()


def _is_ready(cluster: Path, pid: int) -> bool:
    """The same test as pg_ctl's: the status line of postmaster.pid, once that file is this server's own."""
    lines = read_postmaster(cluster)
    return len(lines) >= _READY_LINE and lines[0] == str(pid) and lines[7].strip() == "ready"


def _why_not_started(folder: Path, log_path: Path, begin: int) -> str:
    with log_path.open("rb") as log:
        log.seek(begin)
        said = log.read().decode(errors="replace").splitlines()
    reasons = [line.partition(": ")[2].strip() or line for line in said if re.search(r"FATAL|PANIC|ERROR|error", line)]
    reason = reasons[0] if reasons else (said[-1] if said else "it gave no reason")
    return f"PostgreSQL did not start on the data folder {folder}: {reason} (see {log_path}); {WAY_OUT}."


def _sweep_throw_away_folders(parent: Path) -> None:
    """Delete throw-away folders of ours that a killed process left behind."""
    for folder in parent.glob(f"{_THROW_AWAY_PREFIX}*"):
        with contextlib.suppress(OSError, EmbeddedError):
            # A folder that another process is just making has no lock file yet.
            if has_lock_file(folder):
                delete_folder(folder)
