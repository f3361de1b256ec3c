"""A data folder: the marker that makes it ours, and the lock of the process that uses it.

It holds `reskontra.json` (the marker), `reskontra.lock`, `postgres.log` and `cluster/` (PostgreSQL's own files), in a
sandbox also `outbox/`, with what would have left the house.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reskontra.config import SetupError

FORMAT = 1
MARKER = "reskontra.json"
WAY_OUT = "restore the folder from a backup, or start over with --fresh, which deletes what is in it"

_DRAFT_MARKER = f"{MARKER}.new"
_LOCK = "reskontra.lock"


class EmbeddedError(SetupError):
    """The embedded PostgreSQL cannot be used."""


class FolderInUseError(EmbeddedError):
    """Another process is using the data folder."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What `reskontra.json` says about the cluster in its folder."""

    major: int | None = None
    """The major version of its PostgreSQL; None if its initialisation has not finished."""

    owner: str | None = None
    """The role that owns the books; None if an older program made them as superuser."""


def holds_books(folder: Path) -> bool:
    """False if `folder` is missing, empty or not initialised. True also if it is broken: starting it says why."""
    try:
        return any(folder.iterdir()) and read_marker(folder).major is not None
    except FileNotFoundError:
        return False
    except (OSError, EmbeddedError):
        return True


def make_folder(folder: Path) -> None:
    """Turn a missing or empty folder into a data folder. Raises `EmbeddedError` for a foreign one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        entries = {entry.name for entry in folder.iterdir()} - {_LOCK, _DRAFT_MARKER}
    except OSError as error:
        raise EmbeddedError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    if not entries:
        write_marker(folder, Marker())
    else:
        read_marker(folder)


def take_lock(folder: Path) -> IO[str]:
    """Lock the folder until the returned file is closed. Raises `FolderInUseError` if another process holds it."""
    try:
        lock = (folder / _LOCK).open("a")
    except OSError as error:
        raise EmbeddedError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise FolderInUseError(f"Another reskontra is running on the data folder {folder}.") from error
    return lock


def has_lock_file(folder: Path) -> bool:
    """Whether a process has ever used the folder. One that is just being made has no lock file yet."""
    return (folder / _LOCK).exists()


def write_marker(folder: Path, marker: Marker) -> None:
    """Write the marker, whole or not at all."""
    draft = folder / _DRAFT_MARKER
    with draft.open("w") as file:
        file.write(json.dumps({"format": FORMAT, "postgres": marker.major, "owner": marker.owner}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MARKER)


def read_marker(folder: Path) -> Marker:
    """The marker of a data folder. Raises `EmbeddedError` if the folder is foreign or its marker unreadable."""
    try:
        marker = json.loads((folder / MARKER).read_text())
        version, major, owner = marker["format"], marker["postgres"], marker.get("owner")
    except FileNotFoundError as error:
        raise EmbeddedError(
            f"{folder} is not empty and not a reskontra data folder (it has no {MARKER}): choose another --data-dir."
        ) from error
    except OSError as error:
        raise EmbeddedError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmbeddedError(f"{folder / MARKER} cannot be read: {WAY_OUT}.") from error
    if version != FORMAT:
        raise EmbeddedError(f"The data folder {folder} was made by another reskontra (format {version}, not {FORMAT}).")
    return Marker(None if major is None else int(major), owner)
