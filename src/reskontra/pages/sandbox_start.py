"""The sandbox itself: where one begins, the state of its companies, and which operations were called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from starlette.responses import Response

from reskontra.errors import Objection, Refusal
from reskontra.pages.request_log import Recorded, company_names
from reskontra.pages.screen import ROOT, Screen
from reskontra.web.errors import status_of

_SANDBOX = "/v1/reskontra/sandbox"


class Standing(msgspec.Struct, kw_only=True):
    """A company of the sandbox, and the date that it is there."""

    id: int
    name: str
    customers: int
    documents: int
    today: date


class Client(msgspec.Struct, rename="camel", kw_only=True):
    """The published client of the demo."""

    tenant_id: str
    client_id: str
    client_secret: str
    scope: str


class Start(msgspec.Struct, rename="camel", kw_only=True):
    """What one begins with."""

    base_url: str
    open: bool
    can_reset: bool
    client: Client | None = None
    companies: list[Standing]
    requests: list[Recorded]

    @property
    def newest(self) -> int:
        """The number of the newest request; 0 if there is none."""
        return self.requests[0].number if self.requests else 0


class Use(msgspec.Struct, rename="camel", kw_only=True):
    """An operation of the contract, and how it was called."""

    operation: str
    method: str
    path: str
    is_served: bool
    missing: str | None = None
    called: int
    succeeded: int
    last_status: int | None = None
    last_at: datetime | None = None
    marks: int
    known: int
    chosen: int

    @property
    def states(self) -> set[str]:
        """Which of the choices on the page show it."""
        are = {
            "called": self.called > 0,
            "uncalled": self.is_served and not self.called,
            "failed": self.called > self.succeeded,
            "marked": self.marks > 0,
            "absent": not self.is_served,
            "chosen": self.is_served and self.chosen > 0,
            "certain": self.is_served and not self.chosen,
        }
        return {name for name, is_so in are.items() if is_so}


class Coverage(msgspec.Struct, rename="camel", kw_only=True):
    """Coverage by use."""

    operations_total: int
    served: int
    called: int
    share_called: float
    operations: list[Use]


async def show_start(screen: Screen) -> Response:
    """How to send a first request, and what is here."""
    start = await screen.api.get(Start, f"{_SANDBOX}/start")
    return screen.show("sandbox.html", start=start, names=company_names(screen))


async def show_state(screen: Screen) -> Response:
    """The companies as they are now."""
    return await _state(screen)


async def show_reset(screen: Screen) -> Response:
    """What a reset does, before it does it."""
    return await _state(screen, template="sandbox_reset.html")


async def reset(screen: Screen) -> Response:
    """POST: all companies become what they were when the sandbox was new."""
    await screen.form()
    try:
        await screen.api.send("POST", f"{_SANDBOX}/reset")
    except Objection as refusal:
        return await _state(screen, refusal=refusal)
    return screen.go(
        f"{ROOT}/sandbox/state", "The companies are as they were. [The start]({link}) says how to begin.",
        link=f"{ROOT}/sandbox",
    )  # fmt: skip


async def _state(screen: Screen, *, refusal: Refusal | None = None, template: str = "sandbox_state.html") -> Response:
    start = await screen.api.get(Start, f"{_SANDBOX}/start")
    problems = [screen.problem(refusal)] if refusal else []
    return screen.show(template, status_of(refusal) if refusal else 200, start=start, problems=problems)


async def show_coverage(screen: Screen) -> Response:
    """Every operation of the contract: whether it is served, and how often this sandbox was asked for it."""
    coverage = await screen.api.get(Coverage, f"{_SANDBOX}/coverage")
    query = screen.query
    rows = _chosen(coverage.operations, query.text("q") or "", query.text("show") or "")
    filtered = sum(1 for name in ("q", "show") if query.text(name))
    return screen.show("coverage.html", coverage=coverage, rows=rows, filtered=filtered)


def _chosen(operations: Sequence[Use], text: str, show: str) -> list[Use]:
    sought = text.lower()
    return [
        it
        for it in operations
        if (show in it.states or not show) and sought in f"{it.method} {it.path} {it.operation}".lower()
    ]
