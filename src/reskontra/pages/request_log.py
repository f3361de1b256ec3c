"""What clients asked of the sandbox: the live list of requests, and each with its answer and what it did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from starlette.responses import Response, StreamingResponse

from reskontra.errors import Refusal, Refused
from reskontra.pages.api import segment
from reskontra.pages.customers import ROWS
from reskontra.pages.json_text import pretty
from reskontra.pages.screen import ROOT, Screen, render
from reskontra.pages.words import later
from reskontra.web.errors import status_of

LOG = "/v1/reskontra/sandbox/requests"
_FILTERS = ("method", "status", "path", "company", "client", "text", "failed", "marked")


class Mark(msgspec.Struct):
    """A remark of the linter."""

    key: str
    label: str
    advice: str


class Thing(msgspec.Struct):
    """A thing that a request touched, and how, in words of the log of changes."""

    entity: str
    key: str
    events: list[str]

    @property
    def page(self) -> str | None:
        """The address of its page below the root; None if it has none."""
        places = {"Customer": "customers", "DunningLetter": "letters"}
        place = places.get(self.entity)
        return f"{place}/{segment(self.key)}" if place else None


class Effect(msgspec.Struct, rename="camel", kw_only=True):
    """What a request did."""

    sentence: str
    documents: list[Thing] = []
    letters: list[Thing] = []
    others: list[Thing] = []
    batches: list[str] = []
    change_rows: int = 0


class Recorded(msgspec.Struct, rename="camel", kw_only=True):
    """A request as a row of the list."""

    id: str
    number: int
    at: datetime
    method: str
    path: str
    query: str
    operation: str
    status: int
    milliseconds: float
    bytes: int
    company: int | None = None
    company_rule: str
    client: str | None = None
    effect: Effect | None = None
    ignored: list[str] = []
    marks: list[Mark] = []

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def look(self) -> str:
        """The look of its status: refused, or not."""
        return "good" if self.status < 400 else "bad"


class Found(msgspec.Struct, rename="camel", kw_only=True):
    """Some of the recorded requests, the newest first."""

    requests: list[Recorded]
    has_more: bool
    kept: int
    newest: int
    clients: list[str]


class Header(msgspec.Struct):
    """A header, secrets masked."""

    name: str
    value: str


class Half(msgspec.Struct, rename="camel", kw_only=True):
    """The request or the answer as it went over the wire."""

    headers: list[Header]
    body: str
    size: int
    is_whole: bool


class Times(msgspec.Struct, kw_only=True):
    """Milliseconds in all, waiting for the database, and in statements; and how many these were."""

    total: float
    waiting: float
    database: float
    statements: int

    @property
    def parts(self) -> list[tuple[str, float]]:
        """What the time went into."""
        rest = max(self.total - self.waiting - self.database, 0.0)
        return [("Waiting for the database", self.waiting), ("Statements", self.database), ("Everything else", rest)]


class Fault(msgspec.Struct, kw_only=True):
    """Why a request was refused."""

    sentence: str
    field: str | None = None
    path: list[str | int] | None = None
    corrected: Any = None


class Whole(Recorded, kw_only=True):
    """A request with all that is known about it."""

    sent: Half
    answer: Half
    times: Times
    fault: Fault | None = None
    curl: str
    python: str
    why_not_again: str | None = None
    key_use: str


class Default(msgspec.Struct, kw_only=True):
    """A field that was not sent, and what it became; `at` is the field of its origin that has the same value."""

    field: str
    value: Any
    origin: str
    at: str | None = None

    @property
    def written(self) -> str:
        """The value as JSON writes it, texts without quotes."""
        return self.value if isinstance(self.value, str) else msgspec.json.encode(self.value).decode()

    @property
    def words(self) -> str:
        """Where it came from."""
        return _ORIGINS.get(self.origin, self.origin)


class Defaults(msgspec.Struct, rename="camel", kw_only=True):
    """The fields that a request left out. `is_newer`: what it made was changed since."""

    is_newer: bool
    fields: list[Default]


class Again(msgspec.Struct, rename="camel", kw_only=True):
    """A request that was sent again. `is_replayed`: its key had the first answer given once more."""

    id: str
    status_code: int
    is_replayed: bool


_ORIGINS = {
    "item": later("from the item"),
    "customer": later("from the customer"),
    "customerClass": later("from the customer's class"),
    "terms": later("from the terms"),
    "paymentMethod": later("from the payment method"),
    "company": later("company preference"),
    "series": later("from the number series"),
    "today": later("today in the company"),
    "document": later("as the document's"),
    "fixed": later("always"),
    "request": later("follows from what was sent"),
    "elsewhere": later("from elsewhere: its source has another value now"),
}


def _asked(screen: Screen) -> dict[str, str | None]:
    """The filters in the address."""
    query = screen.query
    return {name: query.text(name) for name in _FILTERS}


async def show_requests(screen: Screen) -> Response:
    """The newest requests; new ones are pushed to the page."""
    asked, before = _asked(screen), screen.query.text("before")
    found = await screen.api.get(Found, LOG, **asked, before=before, pageSize=ROWS)
    return screen.show(
        "requests.html",
        found=found,
        asked=asked,
        filtered=sum(1 for text in asked.values() if text),
        is_newest=before is None,
        names=company_names(screen),
    )


def company_names(screen: Screen) -> Mapping[int, str]:
    """What the person's companies are called."""
    return {it.company_id: it.name for it in screen.person.companies}


async def follow(screen: Screen) -> Response:
    """Server-sent events: a row of the list for each request that comes and fits the filters."""
    return await _following(screen, "request_row.html")


async def follow_last(screen: Screen) -> Response:
    """Server-sent events: a line that says what came last."""
    return await _following(screen, "request_line.html")


async def _following(screen: Screen, template: str) -> Response:
    asked = _asked(screen)
    after = screen.visit.headers.get("last-event-id") or screen.query.text("after") or "0"
    stream = await screen.api.request("GET", f"{LOG}/events", query=asked)
    if not isinstance(stream, StreamingResponse):
        raise TypeError("events come as a stream")
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store",
               "X-Content-Type-Options": "nosniff"}  # fmt: skip
    after_number = int(after) if after.isdecimal() and len(after) < 10 else 0
    return StreamingResponse(_events(screen, stream, template, after_number), headers=headers)


async def _events(screen: Screen, stream: StreamingResponse, template: str, after: int) -> AsyncIterator[bytes]:
    """The events of the API with HTML in place of JSON. What came before somebody followed, or too fast, is read from
    the list."""
    asked, names, shown, is_first = _asked(screen), company_names(screen), set[str](), True
    async for piece in stream.body_iterator:
        event = bytes(piece) if not isinstance(piece, str) else piece.encode()
        name, data = _read(event)
        if name == "request":
            rows = [msgspec.json.decode(data, type=Recorded)]
        elif is_first or name == "missed":
            rows = await _since(screen, asked, after)
            is_first = False
        else:
            rows = []
        for row in rows:
            if row.id not in shown:
                html = render(template, screen, row=row, names=names).decode()
                yield b"event: request\nid: %d\ndata: %s\n\n" % (row.number, " ".join(html.split()).encode())
                after = row.number
        if name == "request":
            shown.clear()
        else:
            shown.update(row.id for row in rows)
            yield b": nothing new\n\n"


async def _since(screen: Screen, asked: Mapping[str, str | None], after: int) -> list[Recorded]:
    """The requests after one, oldest first; all, if the server was started anew since."""
    found = await screen.api.get(Found, LOG, **asked, after=after, pageSize=ROWS)
    if found.newest < after:
        found = await screen.api.get(Found, LOG, **asked, pageSize=ROWS)
    return found.requests[::-1]


def _read(event: bytes) -> tuple[str, bytes]:
    """The name and the data of an event; empty for a comment."""
    lines = dict(line.partition(b": ")[::2] for line in event.splitlines() if not line.startswith(b":"))
    return lines.get(b"event", b"").decode(), lines.get(b"data", b"")


async def show_request(screen: Screen) -> Response:
    """A request beside its answer, what it did, and how it was read."""
    found = await screen.api.get(Whole, f"{LOG}/{segment(screen.path['id'])}")
    fault = found.fault
    corrected = ""
    if fault is not None and fault.corrected is not None:
        corrected = pretty(msgspec.json.encode(fault.corrected).decode())
    defaults = None
    if found.method in ("POST", "PUT") and found.status < 300:
        defaults = await screen.api.find(Defaults, f"{LOG}/{segment(found.id)}/defaults")
    known = found.operation != "none"
    return screen.show(
        "request.html",
        row=found,
        defaults=defaults,
        names=company_names(screen),
        is_here=found.company == screen.company.company_id,
        sent=pretty(
            found.sent.body,
            fault.path if fault else None,
            f"{screen.base}/docs?operation={segment(found.operation)}" if known else "",
            found.ignored,
        ),
        answered=pretty(found.answer.body),
        corrected=corrected,
    )


async def show_again(screen: Screen) -> Response:
    """What is sent again, before it is."""
    found = await screen.api.get(Whole, f"{LOG}/{segment(screen.path['id'])}")
    return _again(screen, found)


def _again(screen: Screen, found: Whole, refusal: Refusal | None = None) -> Response:
    if_match = next((it.value for it in found.sent.headers if it.name.lower() == "if-match"), None)
    return screen.show(
        "request_again.html",
        status_of(refusal) if refusal else 200,
        row=found,
        names=company_names(screen),
        if_match=if_match,
        sent=pretty(found.sent.body),
        problems=[screen.problem(refusal)] if refusal else [],
    )


async def again(screen: Screen) -> Response:
    """POST: send it again, and show what was answered this time."""
    form = await screen.form()
    address = f"{LOG}/{segment(screen.path['id'])}"
    without_key = {"withoutKey": True} if form.text("without-key") else {}
    try:
        answer = await screen.api.send("POST", f"{address}/again", query=without_key)
    except Refused as refusal:
        return _again(screen, await screen.api.get(Whole, address), refusal)
    new = msgspec.json.decode(answer.body, type=Again)
    page = f"{ROOT}/sandbox/requests/{segment(new.id)}"
    if new.is_replayed:
        return screen.go(
            page, "It was sent again with its key. Nothing was done: the first answer, {code}, came again.",
            code=new.status_code,
        )  # fmt: skip
    return screen.go(page, "It was sent again, and answered {code}.", code=new.status_code)


async def show_clear(screen: Screen) -> Response:
    """What is forgotten, before it is."""
    found = await screen.api.get(Found, LOG, pageSize=1)
    return screen.show("requests_clear.html", kept=found.kept)


async def clear(screen: Screen) -> Response:
    """POST: forget all requests, and how often operations were called."""
    form = await screen.form()
    await screen.api.send("DELETE", LOG)
    return screen.go(
        f"{ROOT}/sandbox/requests",
        "One request was forgotten.|{count} requests were forgotten.",
        count=form.text("kept") or "0",
    )
