"""uvicorn's HTTP protocol, hardened against slow, broken and hostile clients. Parsed requests go to `server.py`.

uvicorn waits for ever, reads endless headers and parses everything pipelined at once. Here each part of a request has
limits of time and size (`crowd`), a pipelined request is parsed when its turn comes, and one that cannot be served is
refused in JSON after those before it are answered.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reskontra.web.crowd import Crowd
from reskontra.web.transport import JoiningTransport

_NEVER = float("inf")
_RESTING, _IN_HEAD, _IN_BODY = range(3)
_PIECE_BYTES = 4 * 1024
_PROGRESS_BYTES = 64 * 1024
_HEADERS_MAX = 100

_TEXTS = {
    400: "The request is not valid HTTP.",
    408: "The request took too long to arrive.",
    414: "The address is too long.",
    431: "The headers are too long or too many.",
    503: "The service is busy; try again later.",
}


class _Unservable(Exception):
    """Stops the parser; the protocol knows the reason."""


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
        self._refused_with = 400
        self._unsent_bytes = 0
        self._stalled_since = 0.0

    # --- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]
        self.flow = _Flow(transport)
        if self._crowd.admit(self, self.loop):
            self._deadline = self._crowd.now + self._limits.header_seconds
        else:
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        self._forget_body()
        self._waiting = b""
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends nothing more, but still gets the answers to what it sent."""
        if self.scheme == "https" or not self._owes_answers():
            return False
        self._stop_reading(b"")
        return True

    def data_received(self, data: bytes) -> None:
        if self._last_words is not None:
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
            super().data_received(piece)
            if self._silent_bytes > self._limits.header_bytes and self._last_words is None:
                is_address = self._stage == _IN_HEAD and len(self.url) > self._limits.header_bytes // 2
                self._refuse(414 if is_address else 431)
            if self._last_words is not None or self.transport.is_closing():
                return
            if self.pipeline and begin + len(piece) < len(data):
                self._waiting = data[begin + len(piece) :]
                self._hold()
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

    def on_headers_complete(self) -> None:
        if len(self.headers) > _HEADERS_MAX:
            self._stop_parser(431)
        super().on_headers_complete()
        self._stage = _IN_BODY
        self._silent_bytes = 0
        self._deadline = self._crowd.now + self._limits.body_seconds

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        if not self.cycle.response_complete:
            self._body_bytes += len(body)
            self._crowd.body_bytes += len(body)
            if self._crowd.body_bytes > self._limits.waiting_bytes:
                self._stop_parser(503)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stage = _RESTING
        self._silent_bytes = 0
        self._deadline = self._crowd.now + self._limits.idle_seconds if self.cycle.response_complete else _NEVER

    def _stop_parser(self, status: int) -> None:
        self._refused_with = status
        raise _Unservable

    def send_400_response(self, msg: str) -> None:
        """Refuse in JSON what stopped the parser: clients would fail on an answer in plain text (W21)."""
        self._refuse(self._refused_with)

    # --- what the answers call

    def on_response_complete(self) -> None:
        """Like uvicorn's, but without its timer, and continuing with what is waiting."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._waiting:
            self._take_waiting()
        elif self._last_words is not None:
            self._say_last_words()
        elif self._stage == _RESTING:
            self._deadline = self._crowd.now + self._limits.idle_seconds
            self._crowd.rest(self)
            self._forget_body()

    def _forget_body(self) -> None:
        self._crowd.body_bytes -= self._body_bytes
        self._body_bytes = 0

    # --- giving up

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client, and no answer is being made."""
        return self._last_words is None and not self._owes_answers()

    @property
    def stalled_since(self) -> float:
        """Since when the client has taken nothing of its answer."""
        return self._stalled_since

    def look(self, now: float) -> int:
        """Act on what is overdue; returns the bytes that the client has not taken yet."""
        unsent = self.transport.get_write_buffer_size()
        if self._unsent_bytes == 0 or unsent <= self._unsent_bytes - _PROGRESS_BYTES:
            self._unsent_bytes = unsent
            self._stalled_since = now
        else:  # another answer to take is no progress
            self._unsent_bytes = max(unsent, self._unsent_bytes) if unsent else 0
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
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Stop reading, and say why once everything asked before is answered."""
        owes_answers = self._owes_answers()
        self._stop_reading(_refusal(status))
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

    def _say_last_words(self) -> None:
        if self._last_words:
            self.transport.write(self._last_words)
        self.transport.close()


def _refusal(status: int) -> bytes:
    body = b'{"message":"%s"}' % _TEXTS[status].encode()
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(),
        b"content-type: application/json; charset=utf-8",
        b"content-length: %d" % len(body),
        *([b"retry-after: 1"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
        b"connection: close",
    ]
    return b"\r\n".join([*head, b"", body])
