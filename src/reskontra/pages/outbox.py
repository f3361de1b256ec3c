"""The outbox of a sandbox: the mail that would have left, each as whoever gets it would read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from reskontra.errors import NotFound
from reskontra.pages.api import Rows, segment
from reskontra.pages.screen import Screen

OUTBOX = "/v1/reskontra/sandbox/outbox"
ROWS = 50
_SHOWN = ("From", "To", "Cc", "Reply-To", "Date", "Subject", "Message-ID", "Auto-Submitted")
_INERT = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
"""For what somebody else wrote: nothing in it runs, loads or reaches the pages."""


class Listed(msgspec.Struct, rename="camel", kw_only=True):
    """A mail in the outbox."""

    name: str
    date: str = ""
    to: str = ""
    cc: str = ""
    subject: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a mail; `place` counts from 0."""

    place: int
    name: str
    media: str
    size: int


async def show_outbox(screen: Screen) -> Response:
    """What would have left, the newest first."""
    page = screen.page_number
    try:
        found = await screen.api.list(Listed, OUTBOX, pageNumber=page, pageSize=ROWS)
    except NotFound:  # a sandbox without a folder for it
        found = Rows([], 0)
    return screen.show("outbox.html", found=found, page=page, size=ROWS, when=_moment)


async def show_mail(screen: Screen) -> Response:
    """One mail: its header fields, its text, its HTML in a frame where nothing runs, and its files."""
    name = screen.path["name"]
    message = await _message(screen, name)
    plain = message.get_body(("plain",))
    return screen.show(
        "outbox_mail.html",
        name=name,
        subject=str(message["Subject"] or ""),
        fields=[(field, str(message[field])) for field in _SHOWN if message[field]],
        text=str(plain.get_content()).rstrip() if plain is not None else "",
        has_html=message.get_body(("html",)) is not None,
        parts=list(_parts(message)),
    )


async def show_html(screen: Screen) -> Response:
    """The HTML of a mail as it is, for a frame."""
    html = (await _message(screen, screen.path["name"])).get_body(("html",))
    if html is None:
        raise NotFound(reason="The mail has no HTML.")
    return Response(str(html.get_content()), media_type="text/html; charset=utf-8", headers=_INERT)


async def get_part(screen: Screen) -> Response:
    """A file of a mail, to be kept or looked at elsewhere."""
    message, place = await _message(screen, screen.path["name"]), screen.path["place"]
    part = next((it for it in _parts(message) if str(it.place) == place), None)
    if part is None:
        raise NotFound(reason="The mail has no such file.")
    content = list(message.iter_attachments())[part.place].get_payload(decode=True)
    headers = _INERT | {"Content-Disposition": f"attachment; filename*=utf-8''{quote(part.name, safe='')}"}
    return Response(bytes(content or b""), media_type=part.media, headers=headers)


async def _message(screen: Screen, name: str) -> EmailMessage:
    answer = await screen.api.request("GET", f"{OUTBOX}/{segment(name)}")
    message = message_from_bytes(bytes(answer.body), policy=SMTP)
    if not isinstance(message, EmailMessage):
        raise TypeError("the policy makes these")
    return message


def _parts(message: EmailMessage) -> Iterator[Part]:
    for place, it in enumerate(message.iter_attachments()):
        content = it.get_payload(decode=True)
        size = len(content) if isinstance(content, bytes) else 0
        yield Part(place, it.get_filename() or f"{place + 1}", it.get_content_type(), size)


def _moment(listed: Listed) -> datetime | None:
    """When a mail was written; None if it does not say."""
    try:
        return parsedate_to_datetime(listed.date)
    except ValueError:
        return None
