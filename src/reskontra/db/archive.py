"""The backup file: a zip of tables and a manifest, sealed with its checksum (decision 0015).

Its first entry says what it is and how to read it without Reskontra; `tables/` holds each table as PostgreSQL's COPY
writes it; `manifest.json` comes last. The last 64 characters of the file are the SHA-256 of everything before them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import zipfile
import zlib
from collections.abc import AsyncGenerator, Generator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from reskontra.config import SetupError
from reskontra.power_cut import settle

FORMAT = 1
CHUNK_BYTES = 256 * 1024

_ABOUT = "reskontra-backup"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES_MAX = 16 * 1024 * 1024
_SEAL_BYTES = 64
_EXPLANATION = f"""{FORMAT}
A backup of Reskontra: `reskontra restore FILE` makes books of it.
manifest.json says whose books these are, and which columns a table has; tables/NAME.copy are its rows, as PostgreSQL's
COPY ... TO writes them (text format, UTF-8). The last 64 characters of this file are the SHA-256 of all before them:
  head -c -64 FILE | sha256sum
"""


class ArchiveError(SetupError):
    """A backup file cannot be written, or cannot be trusted."""


class Table(msgspec.Struct, frozen=True):
    """A table in the file: its columns in the order of the text, and its number of rows."""

    name: str
    columns: list[str]
    rows: int


class AppliedMigration(msgspec.Struct, frozen=True):
    """A migration that the books had when they were copied; `checksum` is that of its text."""

    version: int
    name: str
    checksum: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup contains, and which program made it from which schema. All of it is as of one moment."""

    program: str
    postgres: int
    taken_at: str
    migrations: list[AppliedMigration]
    # Codes of the companies, number of documents, and the id of the newest change.
    companies: list[str]
    documents: int
    newest_change: int
    tables: list[Table]
    # The last value of each sequence, None if it has given none yet.
    sequences: dict[str, int | None]

    @property
    def summary(self) -> str:
        """What the backup contains, for people."""
        return (
            f"{whose(self.companies)}: {self.documents} documents, newest change {self.newest_change}, "
            f"schema version {self.schema}, as of {self.taken_at}"
        )

    @property
    def schema(self) -> int:
        """The version of the schema: that of the newest migration."""
        return self.migrations[-1].version


def whose(companies: Sequence[str]) -> str:
    """The codes of companies, for people; only the first five of many."""
    more = f" and {len(companies) - 5} more" if len(companies) > 5 else ""
    return f"{', '.join(companies[:5]) or 'no company'}{more}"


class _SealedStream:
    """Passes on what is written and computes the checksum of all but its last 64 bytes. It is not seekable."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._tail = b""

    def write(self, data: bytes) -> int:
        held = self._tail + bytes(data)
        body, self._tail = held[:-_SEAL_BYTES], held[-_SEAL_BYTES:]
        self._digest.update(body)
        self._file.write(body)
        return len(data)

    def flush(self) -> None:
        """Nothing to do: the file is written out once, at the end."""

    def seal(self) -> str:
        """Write the checksum in place of the last 64 bytes; returns it."""
        checksum = self._digest.hexdigest()
        self._file.write(checksum.encode())
        return checksum


class Writer:
    """A backup file that is being written; made by `write_archive`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.checksum = ""

    @contextlib.contextmanager
    def table(self, name: str) -> Generator[IO[bytes]]:
        """Where to write the rows of a table."""
        with self._archive.open(f"tables/{name}.copy", "w", force_zip64=True) as entry:
            yield entry

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest: the last thing to go into the file."""
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._archive.writestr(_MANIFEST, text)


@contextlib.contextmanager
def write_archive(path: Path, *, compression: int = 1) -> Generator[Writer]:
    """Write a backup to `path`. It is there, complete, when the context succeeds; otherwise what was there stays.

    `compression` is zlib's level: 1 is the fastest, 9 makes the smallest file.

    Raises `ArchiveError` if it cannot be written, for example because the disk is full, or if the file exists and is
    not a backup.
    """
    path = Path(os.path.realpath(path))
    _check_replaceable(path)
    draft = path.with_name(f"{path.name}.partial-{secrets.token_hex(4)}")
    try:  # whatever ends the program from here on, the draft goes
        with open(draft, "xb", opener=_readable_by_its_owner_only) as file:
            stream = _SealedStream(file)
            # These methods are all that zipfile needs of a file that it cannot seek.
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=compression) as archive:  # type: ignore[call-overload]
                archive.comment = b"0" * _SEAL_BYTES
                archive.writestr(_ABOUT, _EXPLANATION, zipfile.ZIP_STORED)
                writer = Writer(archive)
                yield writer
            writer.checksum = stream.seal()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        settle(path.parent)
    except OSError as error:
        raise ArchiveError(f"The backup could not be written to {path}: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _check_replaceable(path: Path) -> None:
    try:
        if path.exists() and not _may_be_replaced(path):
            raise ArchiveError(f"{path} is there already and is no backup: name another file to write to.")
    except OSError as error:
        raise ArchiveError(f"The backup cannot be written to {path}: {error.strerror}.") from error


def _readable_by_its_owner_only(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _may_be_replaced(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.stat().st_size == 0 or _is_ours(file)


def _is_ours(file: IO[bytes]) -> bool:
    begin = file.read(30 + len(_ABOUT))  # a zip's first entry begins with 30 bytes and its name
    return begin[:4] == b"PK\x03\x04" and begin[30:] == _ABOUT.encode()


class Reader:
    """A backup file whose checksum and form have been verified; made by `read_archive`."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    async def rows(self, table: Table) -> AsyncGenerator[bytes]:
        """The rows of a table, in pieces. Raises `ArchiveError` if they cannot be unpacked."""
        try:
            with self._archive.open(f"tables/{table.name}.copy") as entry:
                while piece := entry.read(CHUNK_BYTES):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ArchiveError(f"The rows of {table.name} in the backup cannot be unpacked: {error}.") from error


@contextlib.contextmanager
def read_archive(path: Path) -> Generator[Reader]:
    """Open the backup at `path` after reading it once to verify that it is complete. Raises `ArchiveError` if not."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise ArchiveError(f"The backup {path} cannot be read: {error.strerror}.") from error
    with file:
        try:
            _check_whole(file, path)
            archive = zipfile.ZipFile(file)
            manifest = _read_manifest(archive, path)
        except OSError as error:
            raise ArchiveError(f"The backup {path} cannot be read: {error.strerror}.") from error
        except (zipfile.BadZipFile, msgspec.DecodeError, KeyError, ValueError) as error:
            raise ArchiveError(f"{path} is not a backup that this reskontra can read: {error}.") from error
        with archive:
            yield Reader(archive, manifest)


def _check_whole(file: IO[bytes], path: Path) -> None:
    if not _is_ours(file):
        raise ArchiveError(f"{path} is not a backup of Reskontra.")
    body_bytes = max(0, file.seek(0, os.SEEK_END) - _SEAL_BYTES)
    file.seek(0)
    digest = hashlib.sha256()
    while body_bytes > 0 and (piece := file.read(min(CHUNK_BYTES, body_bytes))):
        digest.update(piece)
        body_bytes -= len(piece)
    if file.read() != digest.hexdigest().encode():
        raise ArchiveError(f"The backup {path} is damaged or not complete: its checksum does not match.")


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    written_in = int(archive.read(_ABOUT).split(b"\n", 1)[0])
    if written_in > FORMAT:
        raise ArchiveError(f"The backup {path} was made by a newer reskontra: restore it with that one.")
    if archive.getinfo(_MANIFEST).file_size > _MANIFEST_BYTES_MAX:
        raise ValueError("its manifest is too large")
    manifest = msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
    if not manifest.migrations:
        raise ValueError("it names no migration")
    for table in manifest.tables:
        archive.getinfo(f"tables/{table.name}.copy")
    return manifest
