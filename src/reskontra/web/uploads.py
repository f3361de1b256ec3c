"""Receives a file that is sent as multipart/form-data, piece by piece, into a temporary file.

What is in memory does not grow with the file, and no connection to the database is held while the client sends.

Sources: ATT-01, ATT-05, ATT-07, RFC 7578, RFC 6266 (file names).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, TypeVar

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from reskontra.errors import Malformed, Unavailable
from reskontra.web.errors import TooLarge, UnsupportedMedia
from reskontra.web.scalars import shown
from reskontra.web.visit import Visit

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_IN_MEMORY_BYTES = 256 * 1024
_START_BYTES = 512
_METADATA_BYTES = 64 * 1024
# What a form may have around its file: boundaries, headers and metadata.
_AROUND_BYTES = 128 * 1024
_METADATA = "metadata"
_MOST_PARTS = 100
T = TypeVar("T")

_HINT = "Send multipart/form-data with one file."


@dataclass(slots=True)
class Upload:
    """A file as it was received. `name` is what the client calls it; `start` are its first 512 bytes."""

    name: str
    file: IO[bytes]
    """At its beginning."""

    size: int
    sha256: str
    start: bytes
    metadata: bytes
    """The part `metadata`; empty if there is none."""


@asynccontextmanager
async def received(visit: Visit, limit: int) -> AsyncIterator[Upload]:
    """The one file in the body of a request, until the context ends; it has at most `limit` bytes and at least one.

    Raises `UnsupportedMedia` for another content type, `Malformed` for a form that is broken or has not exactly one
    file, `TooLarge`, `ClientGone`, and `Unavailable` if the file cannot be written.
    """
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        form = _Form(_boundary_of(visit), file, limit)
        try:
            async for piece in visit.pieces(limit + _AROUND_BYTES):
                form.write(piece)
            upload = form.finished()
            file.seek(0)
        except OSError as error:
            raise Unavailable("There is no room to receive a file at the moment.") from error
        yield upload


def _boundary_of(visit: Visit) -> str:
    header = visit.headers.get("content-type", "")
    media = header.partition(";")[0].strip().lower()
    if media != "multipart/form-data":
        raise UnsupportedMedia(f"The content type '{shown(media)}' is not served.", hint=_HINT)
    boundary = _readable(lambda: _parsed(header).get_boundary())
    if not boundary:
        raise Malformed("The Content-Type names no boundary.", hint=_HINT)
    return boundary


@dataclass(slots=True)
class _Part:
    header: bytearray = field(default_factory=bytearray)
    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    """None if the part is not a file."""


class _Form:
    """The parts of one form, as the parser reports them."""

    def __init__(self, boundary: str, file: IO[bytes], limit: int) -> None:
        self._file = file
        self._limit = limit
        self._hash = hashlib.sha256()
        self._size = 0
        self._start = bytearray()
        self._metadata = bytearray()
        self._part = _Part()
        self._value = bytearray()
        self._found: list[str] = []
        self._filenames: list[str] = []
        self._is_complete = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._part.header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._take,
            "on_end": self._end,
        }
        self._parser = _well_formed(lambda: _readable(lambda: MultipartParser(boundary, callbacks)))

    def write(self, piece: bytes) -> None:
        """Parse the next piece of the body."""
        _well_formed(lambda: self._parser.write(piece))

    def finished(self) -> Upload:
        """What was found, once the body is complete."""
        if not self._is_complete:
            raise Malformed("The form ends too early.", hint=_HINT)
        if len(self._filenames) != 1:
            found = ", ".join(shown(name) for name in self._found) or "none"
            reason = "The form has more than one file." if self._filenames else "The form has no file."
            raise Malformed(f"{reason} Its parts: {found}.", hint="Send one file, with its name.")
        if self._size == 0:
            raise Malformed(f"The file '{shown(self._filenames[0])}' is empty.", hint="Send at least one byte.")
        return Upload(
            name=self._filenames[0],
            file=self._file,
            size=self._size,
            sha256=self._hash.hexdigest(),
            start=bytes(self._start),
            metadata=bytes(self._metadata),
        )

    def _begin_part(self) -> None:
        if len(self._found) == _MOST_PARTS:
            raise Malformed("The form has too many parts.", hint=f"Send at most {_MOST_PARTS} parts.")
        self._part = _Part()

    def _end_header(self) -> None:
        name = self._part.header.decode("latin-1").strip().lower()
        self._part.headers[name] = _text_of(bytes(self._value)).strip()
        self._part.header.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        part = self._part
        parameters = _readable(lambda: _parameters(part.headers.get("content-disposition", "")))
        part.name, part.filename = parameters.get("name", ""), parameters.get("filename") or None
        self._found.append(f"{part.name or '(no name)'}{f' ({part.filename})' if part.filename else ''}")
        if part.filename is not None:
            self._filenames.append(part.filename)

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._part.filename is not None:
            self._take_file(data[start:end])
        elif self._part.name.lower() == _METADATA:
            self._metadata += data[start:end]
            if len(self._metadata) > _METADATA_BYTES:
                raise TooLarge("The metadata is too large.", hint=f"At most {_METADATA_BYTES} bytes are read.")

    def _take_file(self, data: bytes) -> None:
        if len(self._filenames) > 1:
            return  # it will be refused, but not before all its parts are known
        self._size += len(data)
        if self._size > self._limit:
            name = shown(self._filenames[0])
            raise TooLarge(f"The file '{name}' is too large.", hint=f"At most {self._limit} bytes are taken.")
        self._hash.update(data)
        if len(self._start) < _START_BYTES:
            self._start += data[: _START_BYTES - len(self._start)]
        self._file.write(data)

    def _end(self) -> None:
        self._is_complete = True


def _well_formed(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except FormParserError as error:
        raise Malformed(f"The form cannot be read: {shown(str(error))}.", hint=_HINT) from None


def _readable(read: Callable[[], T]) -> T:
    """What a header says. The parsers of the standard library trip over some that no client should send."""
    try:
        return read()
    except (LookupError, TypeError, ValueError):
        raise Malformed("A header of the form cannot be read.", hint=_HINT) from None


def _text_of(raw: bytes) -> str:
    """Browsers, curl and most libraries send names in UTF-8; very old clients send Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parsed(header: str) -> Message:
    message = Message()
    message["content-type"] = re.sub(r"[\r\n]+[ \t]*|\t", " ", header)
    return message


def _parameters(header: str) -> dict[str, str]:
    """The parameters of a header; of `filename*` and `filename`, the first counts (RFC 6266)."""
    found: dict[str, str] = {}
    parsed: list[tuple[str, Any]] = _parsed(header).get_params(failobj=[])  # a `filename*` is a tuple
    for name, value in parsed[1:]:
        if isinstance(value, tuple):
            found[name.lower()] = collapse_rfc2231_value(value)
        else:
            found.setdefault(name.lower(), _plain(value))
    return found


def _plain(value: str) -> str:
    """A plain value. .NET writes names that are not ASCII as MIME words, though no standard says so."""
    if not (value.startswith("=?") and value.endswith("?=")):
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value
