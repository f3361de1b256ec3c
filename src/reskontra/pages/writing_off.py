"""Writing off what is small: what a run would take, and then the run."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from reskontra.errors import Objection, Refusal
from reskontra.kinds import document_spelled
from reskontra.pages.customers import ClassRow
from reskontra.pages.document import NamedDocument
from reskontra.pages.document_kinds import kind_named
from reskontra.pages.formats import plain_number
from reskontra.pages.screen import Form, Screen
from reskontra.web.errors import status_of

_FIELDS: dict[str | int, str] = {
    "asOf": "asOf", "limit": "limit", "customer": "customer", "customerClass": "class", "kind": "kind",
}  # fmt: skip
"""The API's names, and the form's."""


class WrittenOff(msgspec.Struct, rename="camel", kw_only=True):
    """A write-off that a run makes or would make, in the currency of what it settles."""

    customer: str
    document_type: str
    reference_number: str | None = None
    amount: Decimal
    currency: str
    settled: NamedDocument


class PassedOver(msgspec.Struct):
    """What stays open, and why."""

    ref: str
    reason: str


class Run(msgspec.Struct):
    """What a run made or would make."""

    created: list[WrittenOff] = []
    skipped: list[PassedOver] = []

    @property
    def sums(self) -> Sequence[tuple[str, Decimal]]:
        """Currencies with what is written off in each, whatever its sign."""
        sums: dict[str, Decimal] = {}
        for it in self.created:
            sums[it.currency] = sums.get(it.currency, Decimal(0)) + it.amount
        return sorted(sums.items())


async def show_write_off(screen: Screen) -> Response:
    """What a run with the filters in the address would write off."""
    return await _shown(screen, screen.query)


async def write_off(screen: Screen) -> Response:
    """POST: write it off."""
    form = await screen.form()
    try:
        run = await _run(screen, form, dry=False)
    except Objection as refusal:
        return await _shown(screen, form, refusal)
    day = form.text("asOf") or screen.today.isoformat()
    return screen.go(
        f"/ui/documents?type=SmallBalanceWo%2CSmallCreditWo&from={day}&to={day}",
        "One document is written off.|{count} documents are written off.",
        count=len(run.created),
    )


async def _shown(screen: Screen, asked: Form, refusal: Refusal | None = None) -> Response:
    run, problem = Run(), refusal
    try:
        run = await _run(screen, asked, dry=True)
    except Objection as refused:
        problem = problem or refused
    classes = await screen.api.get(list[ClassRow], "/v1/customer/customerClass")
    chosen = document_spelled(asked.text("document") or "")
    return screen.show(
        "write_off.html",
        status_of(problem) if problem else 200,
        asked=asked,
        day=asked.text("asOf") or screen.today.isoformat(),
        run=run,
        problems=[screen.problem(problem, _FIELDS | ({"document": "document"} if chosen else {}))] if problem else [],
        classes=classes,
        kind_of=kind_named,
        chosen=chosen,
    )


async def _run(screen: Screen, asked: Form, *, dry: bool) -> Run:
    """Let the API write off, or try it. Raises `Refusal`."""
    limit, customer = asked.text("limit"), asked.text("customer")
    filters: dict[str, Any] = {"kind": asked.text("kind"), "customerClass": asked.text("class")}
    filters["limit"] = plain_number(limit, screen.formats.language, "limit") if limit else None
    filters["customer"] = [customer] if customer else None
    filters["document"] = [document] if (document := asked.text("document")) else None
    body = {
        "asOf": asked.text("asOf") or screen.today.isoformat(),
        "filters": {name: value for name, value in filters.items() if value},
        "dryRun": dry,
    }
    answer = await screen.api.send("POST", "/v1/reskontra/run/writeOff", body)
    return msgspec.json.decode(answer.body, type=Run, strict=False)
