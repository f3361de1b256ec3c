"""A server of a few made-up operations, to test the edge without any business behind it."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from starlette.responses import Response
from uvicorn.server import ServerState

from reskontra.app import not_served
from reskontra.clock import SeededClock
from reskontra.config import Settings, is_loopback
from reskontra.errors import Conflict, NotFound, Refused, Stale, Unavailable, UnknownReference
from reskontra.versions import check_expected
from reskontra.web import answers, listing
from reskontra.web.auth import SCOPE, Client, Company, Guard
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.crowd import Crowd
from reskontra.web.listing import Memory
from reskontra.web.metrics import Metrics
from reskontra.web.openapi import Reference
from reskontra.web.pages import pages
from reskontra.web.pauses import Pauses
from reskontra.web.protocol import JsonProtocol
from reskontra.web.repeats import KeptAnswer, KeptPart, KeyedRequest
from reskontra.web.routing import Route, Router, complete
from reskontra.web.secrets import hash_secret
from reskontra.web.server import Server
from reskontra.web.tokens import TokenDesk
from reskontra.web.visit import Visit
from reskontra.web.wire import (
    Amount,
    Answer,
    Body,
    Day,
    Flag,
    MomentOut,
    OneOf,
    Quantity,
    Sent,
    Text30,
    Text255,
    UnsetType,
    Whole,
    changes,
    sent,
)

OSLO = ZoneInfo("Europe/Oslo")


class Colour(enum.Enum):
    RED = "Red"
    DARK_BLUE = "DarkBlue"


class BoxLine(Body):
    operation: OneOf[Colour] | UnsetType | None = sent("operation")
    line_number: Sent[Whole] = sent("lineNumber")
    item_number: Sent[Text30] = sent("inventoryNumber")
    quantity: Sent[Quantity] = sent("quantity")
    vat_category: Sent[Text30] = sent("vatCodeId")
    colour: Sent[OneOf[Colour]] = sent("colour")


class NoKeys:
    """Stores nothing, like a server that nobody sends the same request twice."""

    async def begin(self, connection: Any, request: KeyedRequest, now: datetime) -> KeptAnswer | None:
        return None

    async def finish(self, connection: Any, request: KeyedRequest, answer: KeptAnswer, now: datetime) -> None:
        pass

    async def parts(self, connection: Any, request: KeyedRequest) -> list[bytes]:
        return []

    async def keep_part(self, connection: Any, request: KeyedRequest, part: KeptPart, now: datetime) -> None:
        pass

    async def forget_parts(self, connection: Any, request: KeyedRequest) -> None:
        pass

    async def give_up(self, connection: Any, request: KeyedRequest) -> None:
        pass


class Place(Body):
    city: Sent[Text30] = sent("city")


class BoxUpdate(Body):
    name: Sent[Text255] = sent("name")
    place: Sent[Place] = sent("mainAddress")
    lines: list[BoxLine] | UnsetType | None = sent("invoiceLines")
    override: Flag | UnsetType | None = sent("overrideWithClassValues")
    due_date: Sent[Day] = sent("documentDueDate")
    limit: Sent[Amount] = sent("creditLimit")


class BoxAnswer(Answer):
    number: str
    name: str | None = None
    limit: Amount | None = None
    changed_at: MomentOut | None = None


@dataclass
class MemoryAccess:
    """Clients and companies held in the test's memory; answers what the tables would."""

    clients: dict[str, Client] = field(default_factory=dict)
    seen: dict[str, list[Company]] = field(default_factory=dict)
    all: list[Company] = field(default_factory=list)
    key: bytes = b"0" * 32
    asked: int = 0
    """How often the version was asked for."""

    async def find_client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    async def companies_of(self, client_id: str) -> Sequence[Company]:
        return self.seen.get(client_id, [])

    async def companies(self) -> Sequence[Company]:
        return self.all

    async def server_secret(self) -> bytes:
        return self.key

    async def version(self) -> int:
        self.asked += 1
        return hash((self.key, str(self.clients), str(self.seen)))

    def add(
        self,
        client_id: str,
        secret: str,
        companies: list[Company],
        scopes: frozenset[str] | None = None,
        *,
        salt: bytes = b"",
        is_disabled: bool = False,
    ) -> None:
        salt = salt or client_id.encode()
        granted = scopes if scopes is not None else frozenset({SCOPE})
        self.clients[client_id] = Client(client_id, client_id, salt, hash_secret(secret, salt), granted, is_disabled)
        self.seen[client_id] = companies


@dataclass
class Passing:
    """Seconds that pass when a test says so."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Edge:
    """A server over made-up routes, and what a test wants to see or change of it."""

    app: Server
    access: MemoryAccess
    clock: SeededClock
    token_clock: SeededClock
    passing: Passing
    client: httpx.AsyncClient
    seen: list[Any]
    """What the handlers were given, newest last."""


def company(company_id: int) -> Company:
    return Company(company_id, f"c{company_id}", f"Company {company_id}", UUID(int=company_id), OSLO)


@pytest.fixture
def two_companies() -> list[Company]:
    return [company(1), company(2)]


OpenEdge = Callable[..., Any]


@pytest.fixture
def open_edge() -> OpenEdge:
    """`async with open_edge(routes=..., settings=..., peer=...) as edge`."""

    @asynccontextmanager
    async def opened(
        *,
        routes: Sequence[Route] | None = None,
        settings: Settings | None = None,
        peer: str = "127.0.0.1",
        base_url: str = "http://localhost",
        companies: Sequence[Company] = (),
        database: Any = None,
    ) -> AsyncIterator[Edge]:
        settings = settings or Settings(sandbox=True)
        seen: list[Any] = []
        access = MemoryAccess(all=list(companies) or [company(1)])
        clock = SeededClock(datetime(2025, 1, 27, 12, tzinfo=UTC))
        token_clock = SeededClock(datetime(2025, 1, 27, 12, tzinfo=UTC))
        mounted = complete(box_routes(seen) if routes is None else routes, not_served)
        guard = Guard(access, open_mode=settings.open_mode, clock=token_clock)
        metrics = Metrics()
        passing = Passing()
        tokens = TokenDesk(
            access,
            note=metrics.note_refused_token,
            takes_published=is_loopback(settings.host),
            trusted_proxies=settings.trusted_proxies,
            clock=token_clock,
            pauses=Pauses(passing),
        )
        reference = Reference(mounted, is_open=settings.open_mode)

        async def ready() -> bool:
            return True

        async def choose_branch(_database: Any, _company_id: int, sent: str) -> str:
            return f"branch {sent}"

        async def no_pages(_visit: Visit) -> Response:
            return Response(status_code=404)

        app = Server(
            router=Router(mounted),
            pages=pages(
                guard=guard,
                tokens=tokens,
                metrics=metrics,
                is_ready=ready,
                reference=reference,
                front="/ui/",
            ),
            site=no_pages,
            guard=guard,
            choose_branch=choose_branch,
            database=database,
            clock=clock,
            settings=settings,
            answers=NoKeys(),
            metrics=metrics,
            lists=Memory(),
        )
        transport = httpx.ASGITransport(app=app, client=(peer, 50000))
        async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
            yield Edge(app, access, clock, token_clock, passing, client, seen)

    return opened


@pytest.fixture
async def edge(open_edge: OpenEdge) -> AsyncIterator[Edge]:
    """An open sandbox on loopback with one company."""
    async with open_edge() as opened:
        yield opened


@pytest.fixture
async def token_edge(open_edge: OpenEdge) -> AsyncIterator[Edge]:
    """The same as `edge`, asked with a token as in production."""
    async with open_edge(settings=Settings()) as opened:
        opened.access.add("isv_a", "s3cret", [company(1)])
        form = {"grant_type": "client_credentials", "client_id": "isv_a", "client_secret": "s3cret"}
        answer = await opened.client.post("/connect/token", data=form)
        opened.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield opened


@dataclass
class Wire:
    """An edge on a port of this machine, for what only bytes can say. `client` of the edge talks past it."""

    edge: Edge
    port: int

    async def say(self, *pieces: bytes, pause: float = 0.05, patience: float = 10) -> list[Heard]:
        """Send pieces one by one on a connection, then no more; returns the answers until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)

        async def send() -> None:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause if len(pieces) < 50 else 0)
                writer.write_eof()

        sending = asyncio.create_task(send())
        said = b""
        try:
            async with asyncio.timeout(patience):
                with contextlib.suppress(ConnectionError):
                    while data := await reader.read(65536):
                        said += data
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            writer.transport.abort()
        return heard(said)


@dataclass
class Heard:
    """One answer as it stood on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The text of an error in the wire's shape, without its id; anything else fails."""
        text: str = json.loads(self.body)["message"]
        found = re.match(r"VismaId: ([0-9a-f-]{36})\. Error reading the request\. Error: ", text)
        assert found is not None, text
        assert self.headers["ipp-request-id"] == found[1]
        return text[found.end() :]


def heard(said: bytes) -> list[Heard]:
    """Answers that each have a Content-Length, or no body."""
    found = []
    while said:
        head, _, said = said.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        found.append(Heard(int(first.split(" ")[1]), headers, said[:length]))
        said = said[length:]
    return found


@pytest.fixture
async def wire(open_edge: OpenEdge) -> AsyncIterator[Wire]:
    """An open sandbox on loopback with one company, on a port."""
    async with open_edge() as edge:
        config = uvicorn.Config(edge.app, http=JsonProtocol, ws="none", lifespan="off", log_config=None)
        loop = asyncio.get_running_loop()
        crowd = Crowd()
        listening = await loop.create_server(
            lambda: JsonProtocol(config, ServerState(), {}, loop, crowd=crowd), "127.0.0.1", 0
        )
        yield Wire(edge, listening.sockets[0].getsockname()[1])
        listening.close()


REFUSALS: dict[str, Callable[[], Exception]] = {
    "missing": NotFound,
    "stale": Stale,
    "busy": Unavailable,
    "race": Conflict,
    "rule": lambda: Refused(
        "A negative quantity is not allowed.", field=("lines", 0, "quantity"), value="-5", hint="Send 0 or more."
    ),
    "category": lambda: UnknownReference(field=("lines", 1, "vat_category"), value="0"),
    "item": lambda: UnknownReference(field=("lines", 0, "item_number"), value="nope", hint="Create it first."),
    "tax": lambda: UnknownReference(field=("tax_id",), value="01"),
    "bug": lambda: ZeroDivisionError("the secret detail"),
}


def box_routes(seen: list[Any]) -> list[Route]:
    """A small resource: list, read, create, change, delete, one action, and refusals on demand."""

    async def read_list(call: Call) -> Response:
        seen.append(call)
        page = listing.page_of(call.query)
        numbers = [f"{number:03d}" for number in range(1, 26)][page.offset : page.offset + page.limit]
        return answers.page(call, [BoxAnswer(number=number) for number in numbers], 25)

    async def read_one(call: Call) -> Response:
        seen.append(call)
        if call.params["boxNumber"] in REFUSALS:
            raise REFUSALS[call.params["boxNumber"]]()
        return answers.one(call, BoxAnswer(number=call.params["boxNumber"]), 7)

    async def create(call: Call) -> Response:
        update = changes(call.decode(BoxUpdate))
        seen.append(update)
        if update.get("name") in REFUSALS:
            raise REFUSALS[update["name"]]()
        return answers.created(call, "/v1/box/A%2F1", 7)

    async def change(call: Call) -> Response:
        seen.append(changes(call.decode(BoxUpdate)))
        check_expected(call.if_match, 7)
        return answers.no_content(call, f"/v1/box/{call.params['boxNumber']}", 8)

    async def delete(call: Call) -> Response:
        return answers.deleted()

    async def release(call: Call) -> Response:
        return answers.done(call, 9)

    async def read_internal(call: Call) -> Response:
        return answers.one(call, BoxAnswer(number="internal " + call.params["internalId"]))

    paged = tuple(
        Parameter(name, kind)
        for name, kind in {"pageNumber": "integer", "pageSize": "integer", "changed": "string",
                           "changedCondition": "string", "since": "string"}.items()
    )  # fmt: skip
    return [
        Route("Box_List", "GET", "/v1/box", read_list, "reading boxes", answer=BoxAnswer, lists=True, query=paged),
        Route("Box_Create", "POST", "/v1/box", create, "creating box", body=BoxUpdate),
        Route("Box_CreateV2", "POST", "/v2/box", create, "creating box", body=BoxUpdate),
        Route("Box_Read", "GET", "/v1/box/{boxNumber}", read_one, "reading box", answer=BoxAnswer),
        Route("Box_Update", "PUT", "/v1/box/{boxNumber}", change, "updating box", body=BoxUpdate),
        Route("Box_Delete", "DELETE", "/v1/box/{boxNumber}", delete, "deleting box"),
        Route("Box_Internal", "GET", "/v1/box/internal/{internalId}", read_internal, "reading box", answer=BoxAnswer),
        Route("Box_Release", "POST", "/v1/box/{boxNumber}/action/release", release, "releasing box"),
    ]
