"""Answers as CSV: whether the caller wants one, and how a file that is already made goes out."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import BinaryIO

from starlette.responses import Response, StreamingResponse

from reskontra.web.call import Call
from reskontra.web.contract import Parameter

CSV = "text/csv; charset=utf-8"
_CHUNK = 64 * 1024


class Format(enum.Enum):
    """The forms of an answer that may be a table."""

    JSON = "json"
    CSV = "csv"


FORMAT = Parameter("format")
"""The parameter of an operation that may answer with a table."""


def wants_table(call: Call) -> bool:
    """Whether CSV is asked for: by `format`, else by an Accept that names it and not JSON."""
    sent = call.query.choice(FORMAT.name, Format)
    if sent is not None:
        return sent is Format.CSV
    accepted = call.accept.lower()
    return "text/csv" in accepted and "json" not in accepted


def table(file: BinaryIO, name: str) -> Response:
    """200 with a file that is read from its beginning and closed at the end. `name` is what it is saved as."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_chunks(file), headers=headers, media_type=CSV)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
