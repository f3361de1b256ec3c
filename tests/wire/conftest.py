"""A server of a few made-up operations, to test the edge without any business behind it."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.responses import Response

from reskontra.app import not_served
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.errors import Conflict, NotFound, Refused, Stale, Unavailable, UnknownReference
from reskontra.versions import check_expected
from reskontra.web import answers, listing
from reskontra.web.auth import SCOPE, Client, Company, Guard
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.metrics import Metrics
from reskontra.web.openapi import Reference
from reskontra.web.pages import pages
from reskontra.web.pauses import Pauses
from reskontra.web.routing import Route, Router, complete
from reskontra.web.secrets import hash_secret
from reskontra.web.server import Server
from reskontra.web.tokens import TokenDesk
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
        base_url: str = "http://ledger.test",
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
            trusted_proxies=settings.trusted_proxies,
            clock=token_clock,
            pauses=Pauses(passing),
        )
        reference = Reference(mounted)

        async def ready() -> bool:
            return True

        app = Server(
            router=Router(mounted),
            pages=pages(
                guard=guard,
                tokens=tokens,
                metrics=metrics,
                is_ready=ready,
                openapi=reference.openapi,
                reference=reference.page,
            ),
            guard=guard,
            database=database,
            clock=clock,
            settings=settings,
            metrics=metrics,
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
