"""An application with a recorder beside it, which is told each request with its answer once that has been sent."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reskontra.web.whole import WHOLE

W = TypeVar("W")

BODY_MAX = 64 * 1024
"""Bytes of a body that are kept; the rest only passes."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Half:
    """One direction: the headers, the beginning of the body as it was sent, and the size of the whole."""

    headers: list[tuple[bytes, bytes]]
    body: bytearray = field(default_factory=bytearray)
    size: int = 0

    def add(self, piece: bytes) -> None:
        """A piece of the body has passed."""
        self.size += len(piece)
        room = BODY_MAX - len(self.body)
        if room > 0:
            self.body += piece[:room]


@dataclass(slots=True)
class Tape(Generic[W]):
    """A request and its answer as they passed. `status` is None if the caller hung up before there was one."""

    scope: Scope
    sent: Half
    answer: Half
    work: W
    status: int | None = None
    seconds: float = 0.0

    def receiving(self, receive: Receive) -> Receive:
        """`receive`, listened to."""

        async def listening() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                self.sent.add(message.get("body", b""))
            return message

        return listening

    def sending(self, send: Send) -> Send:
        """`send`, listened to."""

        async def listening(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.answer.headers = list(message["headers"])
            elif message["type"] == "http.response.body":
                self.answer.add(message.get("body", b""))
            await send(message)

        return listening


class Recorder(Protocol[W]):
    """Who is told. `keep` runs when the answer is out, so that it delays nobody's."""

    def wants(self, raw_path: bytes) -> bool:
        """Whether requests to this address are recorded."""
        ...

    def working(self) -> AbstractContextManager[W]:
        """What is noted while a request is served; the tape carries it."""
        ...

    def keep(self, tape: Tape[W]) -> None:
        """The request has been answered."""
        ...


class Recording(Generic[W]):
    """The application around which it stands, as an ASGI application. Only a sandbox has one.

    `stop` is called when the server is about to stop, for those who follow along.
    """

    def __init__(self, app: ASGIApp, recorder: Recorder[W], stop: Callable[[], None]) -> None:
        self._app = app
        self._recorder = recorder
        self.stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._recorder.wants(raw_path_of(scope)):
            await self._app(scope, receive, send)
            return
        began_at = time.perf_counter()
        with self._recorder.working() as work:
            tape = Tape(scope, Half(scope["headers"]), Half([]), work)
            scope.get("extensions", {}).pop(WHOLE, None)  # what is sent past `send` is not heard
            try:
                await self._app(scope, tape.receiving(receive), tape.sending(send))
            finally:
                tape.seconds = time.perf_counter() - began_at
                self._keep(tape)

    def _keep(self, tape: Tape[W]) -> None:
        try:
            self._recorder.keep(tape)
        except Exception:  # the answer is out, and nothing in it is wrong
            _log.exception("a request was not recorded")


def raw_path_of(scope: MutableMapping[str, Any]) -> bytes:
    """The path as it was sent, without the query."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path
