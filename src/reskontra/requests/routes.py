"""The sandbox's own addresses: recorded requests and coverage by use. A server of real books has none of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from starlette.responses import Response, StreamingResponse

from reskontra.errors import Malformed, NotFound
from reskontra.requests.commands.desk import PAGE_SIZE, Desk
from reskontra.requests.commands.recorder import SANDBOX_PATH
from reskontra.requests.rules.defaults import Sources, class_of, customer_of, filled, followed, items_of
from reskontra.requests.store.memory import Wanted
from reskontra.requests.wire.answers import (
    AgainAnswer,
    DefaultsAnswer,
    coverage_answer,
    default_answer,
    detail_answer,
    page_answer,
    request_answer,
    start_answer,
)
from reskontra.web import wire
from reskontra.web.answers import deleted, done, json_answer, one
from reskontra.web.call import Call
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.wire import encode

_SIZE_MAX = 1_000
_STATUS_CLASSES = range(1, 6)
_SILENCE_SECONDS = 5
_ITEMS_MAX = 20


def wanted_of(query: Query) -> Wanted:
    """Which requests the parameters mean. Raises `Malformed`.

    `method`, `status` (2, 4 ... for its class), `path`, `company`, `client`, `text`, `failed`, `marked`, `after` and
    `before`.
    """
    status_class = query.integer("status")
    if status_class is not None and status_class not in _STATUS_CLASSES:
        raise Malformed(
            f"'{status_class}' is not a value that the parameter status takes.",
            hint="Send 2 for 200 to 299, and so on.",
        )
    return Wanted(
        method=query.text("method"),
        status_class=status_class,
        path=query.text("path"),
        company_id=query.integer("company"),
        client=query.text("client"),
        text=query.text("text"),
        only_failed=query.flag("failed"),
        only_marked=query.flag("marked"),
        after=query.integer("after"),
        before=query.integer("before"),
    )


async def _requests(desk: Desk, call: Call) -> Response:
    size = call.query.integer("pageSize")
    page = await desk.page(wanted_of(call.query), PAGE_SIZE if size is None else min(max(size, 1), _SIZE_MAX))
    return one(call, page_answer(page))


async def _request(desk: Desk, call: Call) -> Response:
    return one(call, detail_answer(await desk.find(call.params["requestId"])))


async def _again(desk: Desk, call: Call) -> Response:
    sent = await desk.again(call.params["requestId"], with_key=not call.query.flag("withoutKey"))
    return one(call, AgainAnswer(id=sent.request_id, status_code=sent.status, is_replayed=sent.is_replayed))


async def _defaults(desk: Desk, call: Call) -> Response:
    """What the request left out. Of what it made, the resource is read as it is now; of a change, the log says it."""
    request = (await desk.find(call.params["requestId"])).request
    route, company_id = request.route, request.company_id
    is_read = route is not None and route.body is not None and request.sent.is_whole and request.status < 300
    if not is_read or route is None or route.body is None or company_id is None or not request.sent.body.strip():
        return one(call, DefaultsAnswer(is_newer=False, fields=[]))
    sent = wire.changes(wire.decode(request.sent.body, route.body))
    address, is_newer = None, False
    if request.method == "PUT":
        found = followed(sent, await desk.changed_by(request))
    else:
        location = urlsplit(request.answer.header("location") or "").path
        here = replace(call, company_id=company_id, zone=await desk.zone_of(company_id), accept="")
        answer = await _read(here, location)
        made, address = _decoded(answer), location if answer is not None else None
        etag, now = request.answer.header("etag"), None if answer is None else answer.headers.get("etag")
        is_newer = etag is not None and now is not None and etag != now
        found = filled(sent, made, await _sources(here, made))
    fields = [default_answer(it, route.body) for it in found]
    return one(call, DefaultsAnswer(address=address, is_newer=is_newer, fields=fields))


async def _sources(call: Call, made: Any) -> Sources:
    customer, class_id = customer_of(made), class_of(made)
    items = items_of(made)[:_ITEMS_MAX]
    return Sources(
        customer=_decoded(await _read(call, f"/v1/customer/{_segment(customer)}")) if customer else None,
        customer_class=_decoded(await _read(call, f"/v1/customer/customerClass/{_segment(class_id)}"))
        if class_id
        else None,
        items={it.lower(): _decoded(await _read(call, f"/v1/inventory/{_segment(it)}")) for it in items},
    )


async def _read(call: Call, path: str) -> Response | None:
    """What GET of an address answers; None if there is nothing (any more)."""
    asked = call.inside("GET", path)
    try:
        return None if asked is None else await asked.route.handler(asked)
    except NotFound:
        return None


def _segment(text: str) -> str:
    return quote(text, safe="")


def _decoded(answer: Response | None) -> Any:
    return None if answer is None else msgspec.json.decode(bytes(answer.body))


async def _archive(desk: Desk, call: Call) -> Response:
    return json_answer(desk.archive(await desk.selection(wanted_of(call.query))))


async def _archive_of_one(desk: Desk, call: Call) -> Response:
    detail = await desk.find(call.params["requestId"])
    return json_answer(desk.archive([detail.request]))


async def _pytest_file(desk: Desk, call: Call) -> Response:
    text = desk.pytest_file(await desk.selection(wanted_of(call.query)))
    return Response(text, headers={"Content-Type": "text/x-python; charset=utf-8"})


async def _events(desk: Desk, call: Call) -> Response:
    wanted = wanted_of(call.query)
    desk.check_watchers()
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    return StreamingResponse(_stream(desk, wanted), headers=headers)


async def _stream(desk: Desk, wanted: Wanted) -> AsyncIterator[bytes]:
    """Server-sent events: `request` with a row, `missed` with how many came too fast for this reader."""
    with desk.watching() as watch:
        yield b": following\n\n"
        while not watch.is_over:
            request = await watch.next(_SILENCE_SECONDS)
            missed = watch.missed()
            if missed:
                yield b"event: missed\ndata: %d\n\n" % missed
            if request is None:
                yield b": nothing new\n\n"
            elif wanted.takes(request):
                row = request_answer(await desk.completed(request))
                yield b"event: request\nid: %d\ndata: %s\n\n" % (request.position, encode(row))


async def _clear(desk: Desk, call: Call) -> Response:
    desk.clear()
    return deleted()


async def _start(desk: Desk, call: Call) -> Response:
    return one(call, start_answer(await desk.start(call.base_url)))


async def _coverage(desk: Desk, call: Call) -> Response:
    return one(call, coverage_answer(desk.use()))


async def _reset(desk: Desk, call: Call) -> Response:
    await desk.reset()
    return done(call)


def routes_of(desk: Desk) -> tuple[Route, ...]:
    """The addresses, for a server that has this desk."""

    def route(method: str, below: str, name: str, answer: Callable[[Desk, Call], Awaitable[Response]]) -> Route:
        path = f"{SANDBOX_PATH}/{below}"
        return Route(f"Sandbox_{name}", method, path, partial(answer, desk), "reading recorded requests")

    return (
        route("GET", "start", "GetStart", _start),
        route("GET", "requests", "GetRequests", _requests),
        route("DELETE", "requests", "ClearRequests", _clear),
        route("GET", "requests/events", "FollowRequests", _events),
        route("GET", "requests.har", "GetArchive", _archive),
        route("GET", "requests.py", "GetTests", _pytest_file),
        route("GET", "requests/{requestId}", "GetRequest", _request),
        route("GET", "requests/{requestId}/har", "GetArchiveOfRequest", _archive_of_one),
        route("GET", "requests/{requestId}/defaults", "GetDefaults", _defaults),
        route("POST", "requests/{requestId}/again", "SendAgain", _again),
        route("GET", "coverage", "GetCoverage", _coverage),
        route("POST", "reset", "Reset", _reset),
    )
