"""The ASGI application: takes a request from the socket to the answer. The routes are passed in.

Order: find the route, then the caller, scope, company and window, then read the body, then call the handler. The
cheapest checks come first, and a body is read only for a caller who may send it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from reskontra.clock import Clock
from reskontra.config import Settings
from reskontra.errors import Malformed, NotFound, NotServed, Refusal
from reskontra.log import log_request
from reskontra.web import wire
from reskontra.web.auth import Caller, Company, Guard
from reskontra.web.bulk.lines import received_lines
from reskontra.web.bulk.operations import NoFields
from reskontra.web.call import Call, Database, expected_of
from reskontra.web.compression import gzip, takes_gzip
from reskontra.web.decompression import Room
from reskontra.web.errors import NoSuchMethod, TooMany, allow, bug_answer, refusal_answer
from reskontra.web.limits import Allowance, Limiter
from reskontra.web.listing import Memory
from reskontra.web.metrics import Metrics
from reskontra.web.origin import Origin
from reskontra.web.query import Query
from reskontra.web.repeats import HEADER, Answers, KeyedRequest, Repeat, answer_once, fingerprint_of, key_of
from reskontra.web.routing import Match, Route, Router, WrongMethod
from reskontra.web.uploads import received
from reskontra.web.visit import ClientGone, Visit
from reskontra.web.whole import Headers, sent_whole

PageHandler = Callable[[Visit], Awaitable[Response]]
ChooseBranch = Callable[[Database, int, str], Awaitable[str]]
"""The number of the company's branch with the id that was sent. Raises `Refused`."""

_COMPRESS_FROM = 4 * 1024
_METHODS = ("GET", "POST", "PUT", "DELETE")
_SITE = b"/ui/"
HUNG_UP = 499
"""The status in the log and the metrics if the caller hung up before its body was complete, as in nginx."""

OUTCOME = "reskontra.outcome"
"""The key of the scope under which what is known about a request is left for whoever stands around the server."""

_log = structlog.stdlib.get_logger("reskontra.web")


@dataclass(slots=True)
class Outcome:
    """What is known about a request while it is served, for its headers, log line and metrics."""

    request_id: str
    base_url: str
    allowance: Allowance | None = None
    operation: str = "none"
    doing: str = "reading the request"
    route: Route | None = None
    company_id: int | None = None
    actor: str | None = None
    refusal: Refusal | None = None


class Server:
    """`router` has the operations, `pages` the other addresses: exact path in lower case -> method -> handler.

    `site` answers what lies below `/ui/`, whatever the method.
    """

    def __init__(
        self,
        *,
        router: Router,
        pages: Mapping[str, Mapping[str, PageHandler]],
        site: PageHandler,
        guard: Guard,
        choose_branch: ChooseBranch,
        database: Database,
        clock: Clock,
        settings: Settings,
        metrics: Metrics,
        lists: Memory,
        answers: Answers,
        limiter: Limiter | None = None,
    ) -> None:
        self._router = router
        self._pages = pages
        self._site = site
        self._guard = guard
        self._choose_branch = choose_branch
        self._database = database
        self._clock = clock
        self._body_limit = settings.body_limit
        self._attachment_limit = settings.attachment_limit
        self._bulk_limit = settings.bulk_limit
        self._room = Room(settings.waiting_limit)
        self._origin = Origin(settings.trusted_proxies)
        self._limiter = limiter or Limiter(settings.rate_limit)
        self._metrics = metrics
        self._lists = lists
        self._answers = answers
        self._request_context = (b"request-context", f"appId=cid-v1:{clock.new_id()}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_at = time.perf_counter()
        error_id = self._clock.new_id()
        request_id = str(error_id)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        visit = Visit.of(scope, receive, self._origin, request_id, self._room)
        outcome = scope[OUTCOME] = Outcome(request_id, visit.base_url)
        status = HUNG_UP
        try:
            response = await self._answered(visit, outcome, error_id)
            status = response.status_code
            allowance = outcome.allowance or self._limiter.idle()
            headers = ((b"ipp-request-id", request_id.encode()), self._request_context, *allowance.headers())
            if not sent_whole(response, headers, scope):
                await response(scope, receive, _sender(send, headers, is_head=visit.method == "HEAD"))
        except ClientGone:
            pass
        finally:
            visit.end()
            seconds = time.perf_counter() - began_at
            self._metrics.note(outcome.operation, status, seconds)
            log_request(
                method=visit.method,
                path=visit.raw_path[:200].decode("latin-1"),
                status=status,
                milliseconds=round(seconds * 1000, 2),
                operation=outcome.operation,
                company=outcome.company_id,
                actor=outcome.actor,
                request_id=request_id,
            )

    async def _answered(self, visit: Visit, outcome: Outcome, error_id: UUID) -> Response:
        """The answer, whatever happens. Raises only `ClientGone`."""
        try:
            response = await self._answer(visit, outcome)
        except ClientGone:
            raise
        except Refusal as refusal:
            # Its frames hold the body, and this one holds the outcome: kept together they would wait for the collector.
            refusal.__traceback__ = refusal.__context__ = refusal.__cause__ = None
            outcome.refusal = refusal
            body = (outcome.route.body or outcome.route.spelling) if outcome.route else None
            response = refusal_answer(refusal, error_id, outcome.doing, body)
        except Exception:
            _log.exception("unexpected failure", operation=outcome.operation, company=outcome.company_id)
            response = bug_answer(error_id, outcome.doing)
        return await _compressed(response, visit)

    async def _answer(self, visit: Visit, outcome: Outcome) -> Response:
        if visit.repeated is not None:
            raise Malformed(f"The header {visit.repeated} was sent more than once.", hint="Send it once.")
        if visit.raw_path == b"*" and visit.method == "OPTIONS":
            return Response(b"", 200, {"Allow": allow(_METHODS)})
        page = self._pages.get(visit.raw_path.decode("latin-1").lower().rstrip("/") or "/")
        if page is not None:
            outcome.operation = "page"
            return await _from_page(page, visit)
        if visit.raw_path.startswith(_SITE) or visit.raw_path == _SITE[:-1]:
            outcome.operation = "site"
            return await self._site(visit)
        match = self._router.find("GET" if visit.method == "HEAD" else visit.method, visit.raw_path)
        if match is None:
            raise NotFound(
                reason="There is no such resource.", hint="The addresses that are served are listed at /docs."
            )
        if isinstance(match, WrongMethod):
            if visit.method == "OPTIONS":
                return Response(None, 204, {"Allow": allow(match.allowed)})
            raise NoSuchMethod(match.allowed)
        outcome.route = match.route
        outcome.operation = match.route.operation
        outcome.doing = match.route.doing
        return await self._routed(visit, match, outcome)

    async def _routed(self, visit: Visit, match: Match, outcome: Outcome) -> Response:
        route = match.route
        caller = await self._guard.caller(visit.headers, visit.peer)
        outcome.actor = caller.actor
        _require(caller, route)
        company = caller.company(visit.headers.get("ipp-company-id"))
        outcome.company_id = company.company_id
        outcome.allowance = allowance = self._limiter.take(company.company_id, caller.actor)
        if allowance.is_exceeded:
            raise TooMany(allowance.reset_seconds)
        _refuse_background(visit)
        branch_id = visit.headers.get("branchid", "").strip()
        branch_number = None
        if branch_id:
            branch_number = await self._choose_branch(self._database, company.company_id, branch_id)
        body = b""
        reads_itself = route.takes_file or route.line is not None or route.missing is not None
        if route.method in ("POST", "PUT") and not reads_itself:
            body = await visit.json_body(self._body_limit)
            if route.body is None and body.strip():
                wire.decode(body, NoFields)
        call = self._call(visit, match, caller, company, branch_number=branch_number, body=body)
        if (named := visit.headers.get(HEADER.lower())) is None or route.method == "GET" or route.missing is not None:
            return await route.handler(call)
        parts = (visit.method.encode(), visit.raw_path, visit.query_string, branch_id.encode())
        key = key_of(named)

        def request_with(body: bytes) -> KeyedRequest:
            return KeyedRequest(company.company_id, caller.actor, key, fingerprint_of(*parts, body))

        if route.line is not None:
            return await route.handler(replace(call, repeat=Repeat(self._answers, request_with)))
        return await answer_once(call, request_with(body), self._answers)

    def _call(
        self, visit: Visit, match: Match, caller: Caller, company: Company, *, branch_number: str | None, body: bytes
    ) -> Call:
        return Call(
            route=match.route,
            company_id=company.company_id,
            actor=caller.actor,
            request_id=visit.request_id,
            params=match.params,
            query=Query(visit.query_string, match.route.declared, company.zone),
            body=body,
            if_match=expected_of(visit.headers.get("if-match")),
            database=self._database,
            clock=self._clock,
            zone=company.zone,
            base_url=visit.base_url + match.prefix,
            lists=self._lists,
            accept=visit.headers.get("accept", ""),
            branch_number=branch_number,
            upload=partial(received, visit, self._attachment_limit),
            router=self._router,
            lines=partial(received_lines, visit, self._bulk_limit, self._body_limit),
            require=partial(_require, caller),
        )


def _sender(send: Send, headers: Headers, *, is_head: bool) -> Send:
    """`send`, adding the headers of every answer (W9) and leaving out the body for HEAD."""

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        elif is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sender


def _require(caller: Caller, route: Route) -> None:
    for scope in route.scopes:
        caller.require(scope)


def _refuse_background(visit: Visit) -> None:
    """A caller that asks for the background waits for the state of a job, and would send again what was done (W25)."""
    if visit.headers.get("erp-api-background", "").strip():
        raise NotServed(
            "Requests in the background are not served yet, so this one was not carried out.",
            hint="Leave the header erp-api-background out: the request is then carried out before it is answered.",
        )


async def _from_page(page: Mapping[str, PageHandler], visit: Visit) -> Response:
    handler = page.get("GET" if visit.method == "HEAD" else visit.method)
    if handler is not None:
        return await handler(visit)
    if visit.method == "OPTIONS":
        return Response(None, 204, {"Allow": allow(page)})
    raise NoSuchMethod(tuple(page))


async def _compressed(response: Response, visit: Visit) -> Response:
    """The same answer as gzip, if it is large and the caller accepts that."""
    body = getattr(response, "body", b"")
    if len(body) < _COMPRESS_FROM or "content-encoding" in response.headers:
        return response
    headers = MutableHeaders(raw=response.raw_headers)
    headers.add_vary_header("Accept-Encoding")
    if takes_gzip(visit.headers.get("accept-encoding", "")):
        response.body = await gzip(body)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(response.body))
    return response


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
