"""Pages that may take long: the frame is sent first, so that whoever waits sees where they are.

Only a page that is not there within a moment is sent in two parts. All others keep the status that they end with, and
so does a refusal, which comes early. What goes wrong later is told in the content, under the status 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.responses import Response, StreamingResponse

from reskontra.pages.screen import HEADERS, Screen, render
from reskontra.web.compression import Packer, takes_gzip

PATIENCE = 0.02
"""Seconds after which the frame is sent."""
_CONTENT = b'<main id="content"'


@dataclass(frozen=True, slots=True)
class Early:
    """What is known of a page before it is made: its title and its entry in the menu, which only the search lacks."""

    title: str
    section: str


async def frame_first(screen: Screen, early: Early, making: Coroutine[Any, Any, Response]) -> Response:
    """The page, or its frame and then the rest."""
    task = asyncio.ensure_future(making)
    try:
        await asyncio.wait({task}, timeout=PATIENCE)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task.done():
        return task.result()
    return StreamingResponse(_parts(screen, early, task), headers=_headers(screen))


def is_for(screen: Screen) -> bool:
    """Whether a request is for a whole page, of which nothing is to be said in a header."""
    visit = screen.visit
    return (
        visit.method == "GET"
        and "hx-request" not in visit.headers
        and not screen.status
        and "format" not in screen.query
    )


def _headers(screen: Screen) -> dict[str, str]:
    coding = {"Content-Encoding": "gzip"} if _is_packed(screen) else {}
    return {**HEADERS, **coding, "Vary": "Accept-Encoding"}


def _is_packed(screen: Screen) -> bool:
    return takes_gzip(screen.visit.headers.get("accept-encoding", ""))


async def _parts(screen: Screen, early: Early, task: asyncio.Task[Response]) -> AsyncIterator[bytes]:
    packer = Packer() if _is_packed(screen) else None
    try:
        frame, _, _ = _frame(screen, early).partition(_CONTENT)
        yield packer.piece(frame) if packer else frame
        content = _content(await task)
        yield await packer.last(content) if packer else content
    finally:
        task.cancel()  # nothing, if it is done; else nobody waits for it any more


def _frame(screen: Screen, early: Early) -> bytes:
    searched = "" if early.section else screen.query.text("q") or ""
    return render("wait.html", screen, title=early.title, section=early.section, searched=searched)


def _content(response: Response) -> bytes:
    """What the frame lacks of a page."""
    if response.status_code in (302, 303):
        address = response.headers["location"]
        return (
            Markup('<main id="content"><meta http-equiv="refresh" content="0; url={}"></main>').format(address).encode()
        )
    _, mark, rest = bytes(response.body).partition(_CONTENT)
    return mark + rest
