"""Makes a record of each request to a sandbox and keeps it (`web/recording.py` says when)."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from urllib.parse import unquote, unquote_plus, urlsplit

from reskontra.clock import Clock
from reskontra.db.counting import Count, counting
from reskontra.errors import Malformed
from reskontra.requests.recorded import CompanyRule, Half, Recorded
from reskontra.requests.rules.corrections import Fault
from reskontra.requests.rules.marks import Linter, Seen
from reskontra.requests.rules.masking import masked_body, masked_headers, masked_query, masked_token_request
from reskontra.requests.store.calls import Calls
from reskontra.requests.store.memory import Memory
from reskontra.web import recording, wire
from reskontra.web.errors import path_text, sentences
from reskontra.web.pages import TOKEN_PATHS
from reskontra.web.query import Query
from reskontra.web.recording import BODY_MAX, Tape, raw_path_of
from reskontra.web.routing import Route
from reskontra.web.server import HUNG_UP, OUTCOME, Outcome
from reskontra.web.shapes import wire_path

_PAGES = frozenset({"", "/docs", "/docs.js", "/openapi.json", "/healthz", "/readyz", "/metrics", "/favicon.ico", "/ui"})
SANDBOX_PATH = "/v1/reskontra/sandbox"
_DIGITS_MAX = 15
_TOTAL = re.compile(rb'"totalCount":(\d{1,18})')


@dataclass(frozen=True, slots=True)
class Work:
    """What is noted from the beginning of a request: its work, and a change that was made before it came."""

    count: Count
    newest_before: int


class Recorder:
    """Keeps what is recorded in `memory`, counts calls of operations in `calls`.

    `clock` is the machine's: a record says when a request really came, even if the ledger's own clock is moved.
    """

    def __init__(self, memory: Memory, calls: Calls, routes: Iterable[Route], clock: Clock) -> None:
        self._memory = memory
        self._calls = calls
        self._clock = clock
        self._linter = Linter()
        self._positions = count(1)
        self._lists = frozenset(route.path.lower() for route in routes if route.lists)
        self.newest_change = 0
        """The newest change, of any company, that anybody has read of. What is asked from now on makes newer ones."""

    def forget(self) -> None:
        """Go on as if nothing had been asked before: other books may be there."""
        self._linter.forget()
        self.newest_change = 0

    def wants(self, raw_path: bytes) -> bool:
        """Whether requests to this address are recorded: those to the API, and for tokens."""
        path = raw_path.decode("latin-1").lower().rstrip("/")
        return path not in _PAGES and not path.startswith("/ui/") and SANDBOX_PATH not in path

    @contextmanager
    def working(self) -> Iterator[Work]:
        """Counts what a request asks of the database."""
        with counting() as work:
            yield Work(work, self.newest_change)

    def keep(self, tape: Tape[Work]) -> None:
        """Record a request that was answered."""
        outcome: Outcome = tape.scope[OUTCOME]
        headers = masked_headers(_texts(tape.sent.headers))
        path = raw_path_of(tape.scope).decode("latin-1")
        is_for_token = path.lower().rstrip("/") in TOKEN_PATHS
        query = masked_query(tape.scope["query_string"].decode("latin-1"))
        request = Recorded(
            position=next(self._positions),
            request_id=outcome.request_id,
            at=self._clock.now() - timedelta(seconds=tape.seconds),
            method=tape.scope["method"].upper(),
            path=path,
            query=query,
            base_url=outcome.base_url,
            status=tape.status or HUNG_UP,
            milliseconds=round(tape.seconds * 1000, 2),
            sent=_half(tape.sent, headers, is_for_token=is_for_token),
            answer=_half(tape.answer, masked_headers(_texts(tape.answer.headers))),
            work=tape.work.count,
            route=outcome.route,
            company_id=outcome.company_id,
            client=outcome.actor,
            fault=_fault(outcome),
            newest_before=tape.work.newest_before,
        )
        request.company_rule = _company_rule(request)
        request.ignored = tuple(_ignored(request))
        request.idle = tuple(_idle(request))
        if request.route is not None:
            request.marks = self._linter.look(self._seen(request, request.route, tape))
            self._calls.note(request)
        self._memory.keep(request)

    def _seen(self, request: Recorded, route: Route, tape: Tape[Work]) -> Seen:
        total = _TOTAL.search(request.answer.body) if route.lists else None
        is_creation = route.method == "POST" and not re.search(r"\{|/action/|/run/", route.path)
        location = request.answer.header("location")
        return Seen(
            at=request.at,
            caller=(request.client, request.company_id),
            method=request.method,
            operation=route.operation,
            address=unquote(request.path).rstrip("/"),
            status=request.status,
            parameters=tuple(sorted(_sent_parameters(request.query))),
            declared=route.declared,
            is_list=route.lists,
            has_list=route.path.endswith("}") and route.path.rpartition("/")[0].lower() in self._lists,
            is_creation=is_creation,
            total=int(total[1]) if total else 0,
            body=_digest(tape.sent) if is_creation else b"",
            answer=_digest(tape.answer) if route.lists else b"",
            if_match=request.sent.header("if-match"),
            etag=request.answer.header("etag"),
            location=unquote(urlsplit(location).path) if location else None,
            ignored=request.ignored,
            idle=request.idle,
        )


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _half(passed: recording.Half, headers: tuple[tuple[str, str], ...], *, is_for_token: bool = False) -> Half:
    """What is kept of one direction, without secrets."""
    named = {name.lower(): value.strip().lower() for name, value in headers}
    body, is_whole = _unpacked(bytes(passed.body), named.get("content-encoding", ""))
    body = masked_token_request(body) if is_for_token else masked_body(body)
    announced = named.get("content-length", "")
    # Of a request that was refused before its body was read, the body is not here.
    is_read = not announced.isdigit() or (len(announced) <= _DIGITS_MAX and int(announced) <= passed.size)
    return Half(headers, body, passed.size, is_whole and is_read and passed.size <= BODY_MAX)


def _unpacked(body: bytes, coding: str) -> tuple[bytes, bool]:
    """At most the first 64 KiB of a body, decompressed, and whether that is all of what is here."""
    if not body or coding not in ("gzip", "x-gzip", "deflate"):
        return body, True
    for window in (47, -15):
        unpacker = zlib.decompressobj(window)
        try:
            return unpacker.decompress(body, BODY_MAX), not unpacker.unconsumed_tail
        except zlib.error:
            continue
    return body, True


def _digest(half: recording.Half) -> bytes:
    """Tells one body from another by its beginning and its size. Empty for an empty body."""
    return hashlib.blake2b(half.body + b"%d" % half.size, digest_size=16).digest() if half.size else b""


def _company_rule(request: Recorded) -> CompanyRule:
    """How the company was chosen (W21, A2)."""
    if request.company_id is None:
        return "none"
    if (request.sent.header("ipp-company-id") or "").strip():
        return "header"
    return "first" if request.sent.header("authorization") is None else "only"


def _fault(outcome: Outcome) -> Fault | None:
    refusal, route = outcome.refusal, outcome.route
    if refusal is None:
        return None
    struct = (route.body or route.spelling) if route else None
    value = refusal.value
    return Fault(
        sentence=sentences(refusal, struct),
        hint=refusal.hint,
        field=tuple(wire_path(struct, refusal.field)),
        value=None if value is None or isinstance(value, dict | list | tuple) else str(value)[:BODY_MAX],
    )


def _ignored(request: Recorded) -> Iterable[str]:
    """Fields of the body and parameters of the query that nothing in the operation is called like (W2, W22)."""
    route = request.route
    if route is None or route.missing is not None or request.company_id is None:
        return
    for name, _ in _sent_parameters(request.query):
        if name.partition("[")[0] not in route.declared:
            yield f"?{_as_spelled(request.query, name)}"
    if route.body is not None and request.sent.body.strip() and request.sent.is_whole:
        try:
            paths = wire.ignored_names(request.sent.body, route.body)
        except Malformed:
            return
        yield from map(path_text, paths)


def _idle(request: Recorded) -> Iterable[str]:
    """Filters by a date that lack their condition, or it a date, so that all rows are answered (W22)."""
    route = request.route
    if route is None or route.missing is not None or request.company_id is None or request.method != "GET":
        return []
    query = Query(request.query.encode("latin-1"), route.declared)
    return (f"?{_as_spelled(request.query, name)}" for name in query.idle())


def _as_spelled(query: str, name: str) -> str:
    """A parameter as it was written. `name` is in lower case."""
    sent = (unquote_plus(pair.partition("=")[0]).strip() for pair in query.split("&"))
    return next((it for it in sent if it.lower() == name), name)


def _sent_parameters(query: str) -> Iterable[tuple[str, str]]:
    sent = Query(query.encode("latin-1"))
    return ((name, value) for name in sent.names if (value := sent.raw(name)))
