"""The door of this room: all that pages and addresses ask about the requests to a sandbox.

`Wanted` says which requests are meant, `Watch` follows along, `recorded.py` has the shapes of what is returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from importlib.metadata import version
from itertools import groupby, islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from reskontra.changes.log.store import Trace, find_newest, find_traces
from reskontra.clock import Clock, SystemClock, local_date
from reskontra.companies.store.companies import describe_companies
from reskontra.db.pool import Database
from reskontra.errors import NotFound, Refused, Unavailable
from reskontra.kinds import KINDS
from reskontra.requests.commands.again import Application, SentAgain, send_again
from reskontra.requests.commands.recorder import Recorder
from reskontra.requests.recorded import (
    CompanyToday,
    Detail,
    Effect,
    OperationUse,
    Page,
    Recorded,
    Start,
    Touched,
    Use,
)
from reskontra.requests.rules.again import key_use, why_not_again
from reskontra.requests.rules.corrections import corrected, place_of
from reskontra.requests.store.calls import Calls
from reskontra.requests.store.memory import Memory, Wanted, Watch
from reskontra.requests.wire import har, programs
from reskontra.web import contract
from reskontra.web.auth import OPEN_ACTOR
from reskontra.web.examples import body_of
from reskontra.web.quirks import quirks_of
from reskontra.web.repeats import HEADER
from reskontra.web.routing import Route

PAGE_SIZE = 50
_ON_START = 5
_TRACES_MAX = 200
"""Change rows of one request that are read to say what it did."""

_LETTER = "DunningLetter"
_NOUNS = {document_type: kind.noun for document_type, kind in KINDS.items()} | {_LETTER: "dunning letter"}


class Desk:
    """Answers questions about recorded requests. `routes` are all that the server serves, in any company.

    `has_published_client` says whether the demo's client has the secret that everybody knows. `reset` makes the books
    as they were in the beginning, if this sandbox can do that.
    """

    def __init__(
        self,
        database: Database,
        routes: Sequence[Route],
        clock: Clock,
        *,
        is_open: bool,
        has_published_client: bool = False,
        reset: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._is_open = is_open
        self._has_published_client = has_published_client
        self._reset = reset
        self._machine = SystemClock()
        self._memory = Memory()
        self._calls = Calls()
        self._routes = {route.operation: route for route in routes}
        self.app: Application
        """The server, which `again` sends to; whoever makes it says so."""
        self.recorder = Recorder(self._memory, self._calls, routes, self._machine)

    async def page(self, wanted: Wanted, limit: int = PAGE_SIZE) -> Page:
        """The newest of those wanted, with what they did. `Wanted.before` asks for the next page."""
        found = await self._found(wanted, limit + 1)
        shown = found[:limit]
        await self._read_effects(shown)
        kept = list(self._memory.newest_first(Wanted()))
        return Page(
            requests=tuple(shown),
            has_more=len(found) > limit,
            kept=len(kept),
            newest=kept[0].position if kept else 0,
            clients=tuple(sorted({request.client for request in kept if request.client})),
        )

    async def selection(self, wanted: Wanted) -> list[Recorded]:
        """All of those wanted in the order in which they came, for `archive` and `pytest_file`."""
        return sorted(await self._found(wanted, None), key=lambda request: request.at)

    async def _found(self, wanted: Wanted, limit: int | None) -> list[Recorded]:
        found = islice(self._memory.newest_first(wanted), limit)
        # To look for a text in 64 MiB takes a while, in which others are served.
        return list(found) if wanted.text is None else await asyncio.to_thread(list, found)

    async def find(self, request_id: str) -> Detail:
        """One request with all that is known. Raises `NotFound` if it is not kept (any more)."""
        request = self._memory.find(request_id)
        if request is None:
            raise NotFound("recorded request", request_id, hint="The last 1,000 requests are kept, at most 64 MiB.")
        await self._read_effects([request])
        body, example = _decoded(request), body_of(request.operation)
        fault = request.fault
        is_body = body is not None and fault is not None
        return Detail(
            request=request,
            fault_path=place_of(body, fault.field) if is_body and fault and fault.field else None,
            correction=corrected(body, fault, example) if is_body and fault else None,
            curl=programs.curl(request),
            python=programs.python(request),
            why_not_again=self._why_not_again(request),
            key_use=key_use(
                method=request.method,
                key=request.sent.header(HEADER.lower()),
                is_same_client=request.client == OPEN_ACTOR,
            ),
        )

    def _why_not_again(self, request: Recorded) -> str | None:
        if not self._is_open:
            return "This sandbox wants tokens, which are not kept."
        return why_not_again(
            is_served=request.route is not None and request.route.missing is None,
            is_whole=request.sent.is_whole,
            body=request.sent.body,
            query=request.query,
            media=(request.sent.header("content-type") or "").strip().lower(),
        )

    async def again(self, request_id: str, *, with_key: bool) -> SentAgain:
        """Send a request again, to its company, with its key or without. Raises `NotFound` and `Refused`."""
        detail = await self.find(request_id)
        if detail.why_not_again is not None:
            raise Refused(f"This request cannot be sent again. {detail.why_not_again}", hint="Use its curl line.")
        return await send_again(self.app, detail.request, with_key=with_key)

    async def zone_of(self, company_id: int) -> ZoneInfo:
        """The time zone of a company. Raises `NotFound` if it is gone, and `Unavailable`."""
        async with self._database.connection() as connection:
            companies = await describe_companies(connection)
        found = next((it for it in companies if it.company_id == company_id), None)
        if found is None:
            raise NotFound("company", str(company_id))
        return ZoneInfo(found.time_zone)

    async def changed_by(self, request: Recorded) -> Mapping[str, Any]:
        """What the request changed in the thing that its address names: attribute -> old and new value."""
        if not request.may_have_changed or request.company_id is None:
            return {}
        async with self._database.connection() as connection:
            traces = await find_traces(
                connection, request.company_id, [request.request_id], request.newest_before, _TRACES_MAX
            )
        return next((trace.detail for trace in traces if trace.detail and trace.event == "updated"), {})

    async def completed(self, request: Recorded) -> Recorded:
        """A request that `watching` gave, with what it did, for a row that is pushed to a page."""
        await self._read_effects([request])
        return request

    def watching(self) -> AbstractContextManager[Watch]:
        """Follow along with `await watch.next(seconds)` until `watch.is_over`. Raises `Unavailable` if too many do."""
        return self._memory.watching()

    def check_watchers(self) -> None:
        """For whoever begins to follow only after the answer has begun. Raises `Unavailable` if too many do."""
        self._memory.check_watchers()

    def stop(self) -> None:
        """The server is stopping; nobody may keep it waiting by following along."""
        self._memory.end_watches()

    def clear(self) -> None:
        """Forget all requests, what the linter remembers of them, and how often operations were called."""
        self._memory.clear()
        self._calls.clear()
        self.recorder.forget()

    async def reset(self) -> None:
        """Make all companies as they were when the sandbox was new. Raises `Refused` and `Unavailable`."""
        if self._reset is None:
            raise Refused("This sandbox cannot be reset.", hint="Start it anew.")
        await self._read_effects(self._memory.newest_first(Wanted()))  # the log of changes goes with the companies
        try:
            await self._reset()
        finally:  # the companies may be new though something else failed
            self.recorder.forget()

    def archive(self, requests: Iterable[Recorded]) -> bytes:
        """Requests as HAR 1.2, as JSON bytes."""
        return msgspec.json.encode(har.archive(requests, version("reskontra")))

    def pytest_file(self, requests: Sequence[Recorded]) -> str:
        """Requests as a pytest file."""
        return programs.pytest_file(requests, self._machine.now())

    def use(self) -> Use:
        """Each operation of the contract, whether it is served and how it was called."""
        return Use(operations=tuple(self._operation_use(operation) for operation in contract.operations().values()))

    async def start(self, base_url: str) -> Start:
        """What the first page shows. Raises `Unavailable`."""
        async with self._database.connection() as connection:
            companies = await describe_companies(connection)
        now = self._clock.now()
        return Start(
            base_url=base_url,
            is_open=self._is_open,
            can_reset=self._reset is not None,
            has_published_client=self._has_published_client,
            companies=tuple(
                CompanyToday(
                    company_id=company.company_id,
                    code=company.code,
                    name=company.name,
                    customers=company.customers,
                    documents=company.documents,
                    today=local_date(now, ZoneInfo(company.time_zone)),
                )
                for company in companies
            ),
            requests=(await self.page(Wanted(), _ON_START)).requests,
        )

    def _operation_use(self, operation: contract.Operation) -> OperationUse:
        route, called = self._routes.get(operation.name), self._calls.of(operation.name)
        missing, odd = route.missing if route else None, quirks_of(operation.name)
        return OperationUse(
            operation=operation.name,
            method=operation.method,
            path=operation.path,
            is_served=route is not None and missing is None,
            missing=missing,
            called=called.count if called else 0,
            succeeded=called.succeeded if called else 0,
            last_status=called.last_status if called else None,
            last_at=called.last_at if called else None,
            marks=called.marks if called else 0,
            known=sum(not quirk.is_chosen for quirk in odd),
            chosen=sum(quirk.is_chosen for quirk in odd),
        )

    async def _read_effects(self, requests: Iterable[Recorded]) -> None:
        """Fill in what these did, if it was not read before. It stays unknown while the database is away."""
        unread = [request for request in requests if request.effect is None]
        for request in unread:
            if not request.may_have_changed:
                request.effect = Effect()
        asked = sorted((it for it in unread if it.effect is None), key=_company_of)
        with suppress(Unavailable):
            for company_id, of_company in groupby(asked, _company_of):
                await self._read_effects_in(company_id, list(of_company))

    async def _read_effects_in(self, company_id: int, requests: Sequence[Recorded]) -> None:
        after = min(request.newest_before for request in requests)
        async with self._database.connection() as connection:
            newest = await find_newest(connection, company_id)
            traces = await find_traces(connection, company_id, [it.request_id for it in requests], after, _TRACES_MAX)
        self.recorder.newest_change = max(self.recorder.newest_change, newest)
        for request in requests:
            request.effect = _effect([trace for trace in traces if trace.request_id == request.request_id])


def _company_of(request: Recorded) -> int:
    return request.company_id or 0


def _effect(traces: Sequence[Trace]) -> Effect:
    things: dict[tuple[str, str], list[str]] = {}
    batches: dict[str, None] = {}
    for trace in traces:
        events = things.setdefault((trace.entity, trace.entity_key), [])
        if trace.event not in events:
            events.append(trace.event)
        batches |= dict.fromkeys(_batches_in(trace))
    touched = [Touched(entity, _noun(entity), key, tuple(events)) for (entity, key), events in things.items()]
    total = traces[0].total if traces else 0
    return Effect(
        documents=tuple(it for it in touched if it.entity in _NOUNS and it.entity != _LETTER),
        letters=tuple(it for it in touched if it.entity == _LETTER),
        others=tuple(it for it in touched if it.entity not in _NOUNS),
        batches=tuple(batches),
        change_rows=total,
        is_whole=total <= len(traces),
    )


def _batches_in(trace: Trace) -> Iterator[str]:
    """The batches that a change names: a value, or the old and the new one."""
    told: Any = (trace.detail or {}).get("batch_number")
    for number in told[-1:] if isinstance(told, list) else [told]:
        if isinstance(number, str):
            yield number


def _noun(entity: str) -> str:
    """An entity in a sentence: `CustomerPaymentMethod` is a `customer payment method`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in entity)
    return _NOUNS.get(entity, words.strip())


def _decoded(request: Recorded) -> Any:
    """The body as JSON; None if it is none, or not whole."""
    if not request.sent.body or not request.sent.is_whole:
        return None
    try:
        return msgspec.json.decode(request.sent.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
