"""uvicorn's HTTP protocol, hardened against slow, broken and hostile clients. Parsed requests go to `server.py`.

uvicorn waits for ever, reads endless headers, parses everything pipelined at once, and treats what follows an `Upgrade`
as something other than HTTP. Here each part of a request has limits of time and size (`crowd`), a pipelined request is
parsed when its turn comes, `Upgrade` is a header like any other, and a request that cannot be served is refused in JSON
after those before it are answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httptools
import msgspec
import structlog
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from reskontra.clock import SystemClock
from reskontra.web.crowd import Crowd
from reskontra.web.errors import message
from reskontra.web.head import Unservable, addressed, check_head, written_without
from reskontra.web.transport import LingeringTransport
from reskontra.web.visit import BODY_FORGOTTEN
from reskontra.web.whole import WHOLE, sender_of

_LAST_CALL_SECONDS = 2.0
_NEVER = float("inf")
_RESTING, _IN_HEAD, _IN_BODY = range(3)
_PIECE_BYTES = 4 * 1024
_PROGRESS_BYTES = 64 * 1024
_HEADERS_MAX = 100
# llhttp's messages for other versions of HTTP, and for what an HTTP/2 client sends first.
_OTHER_VERSIONS = {"Invalid HTTP version": 505, "Pause on PRI/Upgrade": 400}

_TOO_SLOW = (408, "The request took too long to arrive.")
_ADDRESS_TOO_LONG = (414, "The address is too long.")
_HEADERS_TOO_LONG = (431, "The headers are too long or too many.")
_BUSY = (503, "The service is busy; try again later.")

_ids = SystemClock()
_log = structlog.stdlib.get_logger("reskontra.web")


class _Flow(FlowControl):
    """Flow control that does not resume reading while something already read is waiting for its turn."""

    is_full = False

    def resume_reading(self) -> None:
        if not self.is_full:
            super().resume_reading()


class JsonProtocol(HttpToolsProtocol):
    """Hand it to uvicorn as `http=JsonProtocol`, or `partial(JsonProtocol, crowd=...)` to share limits."""

    def __init__(self, *args: Any, crowd: Crowd | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = httptools.HttpRequestParser(self)  # uvicorn's reads on after a `Connection: close`
        self._crowd = crowd or Crowd()
        self._limits = self._crowd.limits
        self._stage = _RESTING
        self._deadline = _NEVER
        # Bytes since the parser last reported anything. Endless headers and trailers show here.
        self._silent_bytes = 0
        self._body_bytes = 0
        # What was read after a request that is still being answered.
        self._waiting = b""
        # Set once nothing more is read: requests under way are answered, then this is sent.
        self._last_words: bytes | None = None
        # The head to parse again, without its `Upgrade`, at which the parser stopped.
        self._head_again: bytes | None = None
        # The request that is being answered; `cycle` is the last one parsed.
        self._answered: RequestResponseCycle | None = None
        # What the client had taken of its answers at the last progress.
        self._taken_bytes = 0
        self._stalled_since = 0.0

    # --- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._lingering = LingeringTransport(transport, self.loop, self._is_spoken_to)
        super().connection_made(self._lingering)  # type: ignore[arg-type]
        self.flow = _Flow(transport)
        is_admitted = self._crowd.admit(self, self.loop)
        self._stalled_since = self._crowd.now
        if is_admitted:
            self._deadline = self._crowd.now + self._limits.header_seconds
        else:
            self._refuse(*_BUSY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        self._forget_body()
        self._waiting = b""
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End the connection once all is answered. When draining, a request that is on its way is answered too."""
        if not self._crowd.is_draining or self._owes_answers():
            super().shutdown()
        elif self._stage == _RESTING:
            self._deadline = self._crowd.now + _LAST_CALL_SECONDS
        elif self._stage == _IN_BODY:
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        """The client takes its answer more slowly than we make it."""
        super().pause_writing()
        self._crowd.hold_up(self.transport.get_write_buffer_size(), self.loop)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends nothing more, but still gets the answers to what it sent."""
        if self.scheme == "https" or self.transport.is_closing() or not self._owes_answers():
            return False
        self._stop_reading(b"")
        return True

    def data_received(self, data: bytes) -> None:
        if self._last_words is not None or self._lingering.is_leaving:
            return
        if self._waiting or self.pipeline:
            self._waiting += data
            self._hold()
        else:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        """Parse piece by piece, no further than the second request that is not answered yet."""
        for begin in range(0, len(data), _PIECE_BYTES):
            piece = data if len(data) <= _PIECE_BYTES else data[begin : begin + _PIECE_BYTES]
            self._silent_bytes += len(piece)
            self._parse(piece)
            if self._silent_bytes > self._limits.header_bytes and self._last_words is None:
                is_address = self._stage == _IN_HEAD and len(self.url) > self._limits.header_bytes // 2
                self._refuse(*(_ADDRESS_TOO_LONG if is_address else _HEADERS_TOO_LONG))
            if self._last_words is not None or self.transport.is_closing():
                return
            if self.pipeline and begin + len(piece) < len(data):
                self._waiting = data[begin + len(piece) :]
                self._hold()
                return

    def _parse(self, piece: bytes) -> None:
        while piece:
            try:
                self.parser.feed_data(piece)
                return
            except httptools.HttpParserUpgrade as stopped:
                # This parser reads no more HTTP, so another one parses the head again, without the header.
                (end_of_head,) = stopped.args
                piece = (self._head_again or b"") + piece[end_of_head:]
                self._head_again = None
                self.parser = httptools.HttpRequestParser(self)
            except httptools.HttpParserError as error:
                fault = _fault_of(error)
                self._refuse(fault.status, fault.reason)
                return

    def _hold(self) -> None:
        self.flow.is_full = True  # type: ignore[attr-defined]
        self.flow.pause_reading()

    def _take_waiting(self) -> None:
        waiting, self._waiting = self._waiting, b""
        self.flow.is_full = False  # type: ignore[attr-defined]
        if self._stage != _RESTING:  # its time stood still while we did not read
            self._deadline = self._crowd.now + self._limits.body_seconds
        self.flow.resume_reading()
        self._feed(waiting)

    # --- what the parser calls

    def on_message_begin(self) -> None:
        self._stage = _IN_HEAD
        self._deadline = self._crowd.now + self._limits.header_seconds
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._stage == _IN_HEAD:  # after a body it is a trailer, which must not count as a header
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if len(self.headers) > _HEADERS_MAX:
            raise Unservable(*_HEADERS_TOO_LONG)
        version = self.parser.get_http_version()
        self.expect_100_continue = check_head(version, self.headers)
        if self.parser.should_upgrade():
            self._ignore_upgrade(version)
            return
        if not self.url.startswith((b"/", b"*")):
            self.url, self.headers[:] = addressed(self.url, self.headers)
        super().on_headers_complete()
        extensions: dict[str, Any] = {BODY_FORGOTTEN: self._forget_bytes}
        if not self.expect_100_continue:
            extensions[WHOLE] = sender_of(self.cycle)
        self.scope["extensions"] = extensions
        if self._crowd.is_draining:
            self.cycle.keep_alive = False
        if not self.pipeline:
            self._answered = self.cycle
        if self.expect_100_continue:
            self.cycle.send = _closing_unless_asked(self.cycle, self.cycle.send)  # type: ignore[assignment, method-assign]
        self._stage = _IN_BODY
        self._silent_bytes = 0
        self._deadline = self._crowd.now + self._limits.body_seconds

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        if not self.cycle.response_complete:
            self._body_bytes += len(body)
            self._crowd.body_bytes += len(body)
            if self._crowd.body_bytes > self._limits.waiting_bytes:
                raise Unservable(*_BUSY)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._head_again is not None:
            return
        super().on_message_complete()
        self._stage = _RESTING
        self._silent_bytes = 0
        self._deadline = self._crowd.now + self._limits.idle_seconds if self.cycle.response_complete else _NEVER

    def _ignore_upgrade(self, version: str) -> None:
        method = self.parser.get_method()
        if method == b"CONNECT":
            raise Unservable(501, "CONNECT is not served: this server is not a proxy.")
        self._head_again = written_without(method, self.url, version, self.headers, left_out=b"upgrade")

    # --- what the answers call

    def on_response_complete(self) -> None:
        """Like uvicorn's, but without its timer, and continuing with what is waiting."""
        self.server_state.total_requests += 1
        if self._answered is not None:
            # What sends the answer, in its scope or instead of its own method, leads back to the request. Kept so,
            # thousands of answered ones would wait for the collector, which then holds up all others for some 30 ms.
            self._answered.scope.pop("extensions", None)
            vars(self._answered).pop("send", None)
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._answered, app = self.pipeline.pop()
            self._start_asgi_task(self._answered, app)
            if self._waiting and not self.pipeline and self._stage == _IN_BODY:
                self._take_waiting()  # the rest of its body is in there
        elif self._waiting:
            self._take_waiting()
        elif self._last_words is not None:
            self._say_last_words()
        elif self._stage == _RESTING:
            self._deadline = self._crowd.now + self._limits.idle_seconds
            self._crowd.rest(self)
            self._forget_body()

    def _forget_body(self) -> None:
        self._forget_bytes(self._body_bytes)

    def _forget_bytes(self, size: int) -> None:
        forgotten = min(size, self._body_bytes)
        self._crowd.body_bytes -= forgotten
        self._body_bytes -= forgotten

    # --- giving up

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client, and no answer is being made."""
        return self.transport.is_closing() or (self._last_words is None and not self._owes_answers())

    @property
    def stalled_since(self) -> float:
        """Since when the client has taken nothing of its answer."""
        return self._stalled_since

    def look(self, now: float) -> int:
        """Act on what is overdue; returns the bytes that the client has not taken yet."""
        unsent = self.transport.get_write_buffer_size()
        taken = self._lingering.written_bytes - unsent
        if unsent == 0 or taken >= self._taken_bytes + _PROGRESS_BYTES:
            self._taken_bytes = taken
            self._stalled_since = now
        if unsent and now > self._stalled_since + self._limits.send_seconds:
            self.drop()
            return 0
        if now > self._deadline and not self.flow.read_paused:
            self._give_up()
        return unsent

    def drop(self) -> None:
        """Close at once, whatever is under way."""
        self.transport.abort()

    def _give_up(self) -> None:
        if self._stage == _RESTING:
            self._deadline = _NEVER
            self.transport.close()
        else:
            self._refuse(*_TOO_SLOW)

    def _refuse(self, status: int, reason: str) -> None:
        """Stop reading, and say why once everything asked before is answered."""
        owes_answers = self._owes_answers()
        request_id = _ids.new_id()
        peer = self.client[0] if self.client else None
        _log.info("request refused", status=status, reason=reason, peer=peer, request_id=str(request_id))
        self._stop_reading(_refusal(status, reason, request_id))
        if not owes_answers:
            self._say_last_words()

    def _owes_answers(self) -> bool:
        """Whether a complete request is not answered yet."""
        if self._stage == _IN_BODY:
            return bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete

    def _stop_reading(self, last_words: bytes) -> None:
        self._last_words = last_words
        self._deadline = _NEVER
        self._waiting = b""
        if self._stage == _IN_BODY:
            self._abandon_body()
        self._hold()

    def _abandon_body(self) -> None:
        """Give up a request whose body is not complete."""
        self._forget_body()
        if self.pipeline:
            self.pipeline.popleft()
        else:
            if self.cycle.response_started:
                self._last_words = b""
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _is_spoken_to(self) -> bool:
        """Whether the client may still be sending something that we do not read."""
        return self._stage != _RESTING or bool(self._last_words)

    def _say_last_words(self) -> None:
        if self._last_words:
            self.transport.write(self._last_words)
        self.transport.close()


_Send = Callable[[Any], Coroutine[Any, Any, None]]


def _closing_unless_asked(cycle: RequestResponseCycle, send: _Send) -> _Send:
    """`send` for a client that waits for "100 Continue" before it sends the body (`Expect: 100-continue`).

    If it gets its answer instead, it may leave the body out, and we would read its next request as that body. So the
    connection closes.
    """

    async def sender(event: Any) -> None:
        if cycle.waiting_for_100_continue and cycle.more_body:
            cycle.keep_alive = False
        await send(event)

    return sender


def _fault_of(error: httptools.HttpParserError) -> Unservable:
    """Why the parser stopped: its own error, or what one of our callbacks raised."""
    cause = error.__context__
    if isinstance(cause, Unservable):
        return cause
    if isinstance(cause, httptools.HttpParserError | UnicodeError):
        return Unservable(400, "The address in the request line cannot be read.")
    if cause is not None:
        _log.error("unexpected failure", exc_info=cause)
        return Unservable(400, "The request cannot be read.")
    if str(error) in _OTHER_VERSIONS:
        return Unservable(_OTHER_VERSIONS[str(error)], "This version of HTTP is not served here. Send HTTP/1.1.")
    return Unservable(400, f"The request is not valid HTTP: {error}.")


def _refusal(status: int, reason: str, request_id: UUID) -> bytes:
    """In JSON: clients would fail on an answer in plain text (W21)."""
    body = msgspec.json.encode({"message": message(request_id, "reading the request", reason)})
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(),
        b"content-type: application/json; charset=utf-8",
        b"content-length: %d" % len(body),
        f"ipp-request-id: {request_id}".encode(),
        *([b"retry-after: 1"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
        b"connection: close",
    ]
    return b"\r\n".join([*head, b"", body])
