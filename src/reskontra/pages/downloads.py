"""Lists to take along, whole: the API's own pages put together, as JSON or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from starlette.responses import Response, StreamingResponse

from reskontra.pages.api import Api
from reskontra.pages.screen import ROOT, Screen
from reskontra.web.table import CSV

T = TypeVar("T")

_ROWS = 1000
"""Rows of one request."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}


async def walk(api: Api, type_: type[T], path: str, asked: Mapping[str, object]) -> AsyncIterator[Sequence[T]]:
    """All pages of a list, one after the other; at least one, which may be empty. Raises `Refusal`."""
    page, seen, total = 0, 0, 0
    while page == 0 or seen < total:
        page += 1
        found = await api.list(type_, path, **{**asked, "pageNumber": page, "pageSize": _ROWS})
        yield found.rows
        seen, total = seen + len(found.rows), found.total if found.rows else 0


async def whole(screen: Screen) -> Response:
    """What GET of a list in the API answers at the rest of the address, with all its rows: a JSON array to download."""
    address = screen.visit.raw_path.decode("latin-1").partition(f"{ROOT}/whole")[2]
    pages = walk(screen.api, msgspec.Raw, address, dict(screen.query.pairs))
    first = await anext(pages)

    async def text() -> AsyncIterator[bytes]:
        yield b"["
        yield b",".join(map(bytes, first))
        async for rows in pages:
            if rows:
                yield b"," + b",".join(map(bytes, rows))
        yield b"]"

    return _file(text(), "application/json", f"{address.rpartition('/')[2]}.json")


async def table(
    pages: AsyncIterator[Sequence[T]], columns: Sequence[str], cells: Callable[[T], Iterable[object]], name: str
) -> Response:
    """The rows of all pages as CSV: UTF-8, RFC 4180, lines end with LF, as the API's own tables."""
    first = await anext(pages)

    async def text() -> AsyncIterator[bytes]:
        yield _lines([columns])
        yield _lines(cells(row) for row in first)
        async for rows in pages:
            yield _lines(cells(row) for row in rows)

    return _file(text(), CSV, f"{name}.csv")


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _file(chunks: AsyncIterator[bytes], media_type: str, name: str) -> Response:
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(chunks, headers=headers, media_type=media_type)
