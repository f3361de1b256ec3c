"""Our server and h11 read the same bytes: what we serve h11 sees too, as the same requests with the same bodies.

Streams of well-formed, malformed and malicious requests, pipelined and cut at random places. We may refuse what h11
accepts (it is more lenient), but must never accept what it refuses, nor see another body or more requests.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
import uvicorn
import uvloop
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from reskontra.web.protocol import JsonProtocol

EXAMPLES = 400
SEED = 20261126
EARLY = "/early"


@dataclass(frozen=True)
class Seen:
    """A request as a parser saw it. `body` is None where it was not read to its end."""

    method: str
    target: str
    body: bytes | None


# --- the first parser: ours, on a real transport


@dataclass
class Ours:
    """What the application saw, and the heads of the answers that the client got."""

    seen: list[Seen] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)

    @property
    def says_that_it_closes(self) -> bool:
        return bool(self.answers) and b"\r\nconnection: close" in self.answers[-1]

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        target = (scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")).decode()
        body: bytes | None = None
        if not target.startswith(EARLY):
            body = b""
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    return
                body += event["body"]
                if not event["more_body"]:
                    break
        self.seen.append(Seen(scope["method"], target, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def served(pieces: Sequence[bytes]) -> Ours:
    """Say these pieces one by one to our server, then no more, and hear it out."""
    ours = Ours()
    config = uvicorn.Config(ours, http=JsonProtocol, ws="none", lifespan="off", log_config=None, access_log=False)
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    near.setblocking(False)
    await loop.connect_accepted_socket(lambda: JsonProtocol(config, ServerState(), {}, loop), far)
    answers = b""
    try:
        for piece in pieces:
            await loop.sock_sendall(near, piece)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        near.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(2):
            while data := await loop.sock_recv(near, 65536):
                answers += data
    except ConnectionError:
        pass  # refused and closed while there was more to say
    finally:
        near.close()
    ours.answers = re.findall(rb"HTTP/1\.1 [2-5]\d\d .*?\r\n\r\n", answers, re.DOTALL)
    return ours


# --- the second parser


def h11_sees(stream: bytes) -> list[Seen]:
    """The requests that h11 sees; the last one may lack its body."""
    found: list[Seen] = []
    while True:
        # Empty lines before a request and more than one space in its line may be passed over (RFC 9112 2.2 and 3).
        stream = re.sub(rb"^([A-Z]+) +([!-~]+) +HTTP/", rb"\1 \2 HTTP/", stream.lstrip(b"\r\n"))
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        connection.receive_data(stream)
        body = b""
        while connection.their_state is not h11.DONE:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError:
                return found
            if isinstance(event, h11.Request):
                found.append(Seen(event.method.decode(), event.target.decode(), None))
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                found[-1] = Seen(found[-1].method, found[-1].target, body)
                connection.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.their_state is not h11.DONE:  # it said `Connection: close`
                    return found
            else:
                return found
        stream = connection.trailing_data[0]


# --- what is sent

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"

LINES = st.builds(
    lambda method, target, version: b"%s %s%s" % (method, target, version),
    st.sampled_from([b"GET", b"POST", b"POST", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"CONNECT", b"get"]),
    st.sampled_from([b"/a", b"/b?c=d", b"/early", b"//c", b"*", b"http://other/x?y", b"other:80", b"/\xe5", b""]),
    st.sampled_from([b" HTTP/1.1"] * 12 + [b" HTTP/1.0", b" HTTP/2.0", b" HTTP/0.9", b"", b" HTTP/1.1 ", b" HTTP/11"]),
)
GOOD_LINES = st.builds(
    lambda method, target: b"%s %s HTTP/1.1" % (method, target),
    st.sampled_from([b"GET", b"POST", b"PUT"]),
    st.sampled_from([b"/a", b"/b?c=d", b"/early"]),
)
HOSTS = st.sampled_from([[b"Host: x"]] * 12 + [[], [b"Host: x", b"Host: x"], [b"Host:"], [b"Host: a b"], [b"host : x"]])
FIELDS = st.sampled_from(
    [
        b"Accept: */*",
        b"Connection: keep-alive",
        b"Connection: close",
        H2C[:-2],
        b"Upgrade: websocket",
        b"Connection: upgrade\r\nUpgrade: websocket",
        b"Expect: 100-continue",
        b"Expect: 200-ok",
        b"X: " + b"a" * 5000,
        b"X: a\r\n b",
        b"X:",
        b"X",
        b" X: a",
        b"X : a",
        b"X: a\x00b",
        b"X: a\rb",
        b"X: \xe5",
        b"Content-Length: 0",
        b"Content-Length: 5",
        b"Content-Length: +5",
        b"Content-Length: 5, 5",
        b"Content-Length: 0x5",
        b"Content-Length: -1",
        b"Content-Length:",
        b"Content-Length: 99999999999999999999999",
        b"Content_Length: 5",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, gzip",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding:\tchunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: ,chunked",
        b'Transfer-Encoding: "chunked"',
    ]
)
CONTENTS = st.one_of(st.binary(max_size=40), st.sampled_from([GET, GET + GET, b"0\r\n\r\n" + GET, b"a" * 9000]))


@st.composite
def chunked(draw: st.DrawFn, content: bytes) -> bytes:
    """`content` in chunks, as it should be or nearly."""
    begin, parts = 0, []
    while begin < len(content):
        size = draw(st.integers(1, 20) if len(content) < 1000 else st.just(len(content)))
        chunk = content[begin : begin + size]
        extension = draw(st.sampled_from([b""] * 8 + [b";a=b", b';a="b"', b" ", b";", b"\x00"]))
        spelled = draw(st.sampled_from([b"%x"] * 8 + [b"%X", b"00%x", b"0x%x", b"+%x", b"%x0"])) % len(chunk)
        end = draw(st.sampled_from([b"\r\n"] * 16 + [b"\n", b""]))
        parts.append(spelled + extension + b"\r\n" + chunk + end)
        begin += size
    trailer = draw(
        st.sampled_from([b""] * 8 + [b"X: y\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", H2C])
    )
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


@st.composite
def good_requests(draw: st.DrawFn) -> bytes:
    """A request that nobody can object to."""
    content = draw(CONTENTS)
    lines = [draw(GOOD_LINES), b"Host: x", *draw(st.sampled_from([[], [H2C[:-2]], [b"Accept: */*"]]))]
    framing = draw(st.sampled_from(["none", "length", "chunks"]))
    if framing == "none":
        return b"\r\n".join([*lines, b"", b""])
    if framing == "length":
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(content), b"", content])
    size = b"%x\r\n" % len(content)
    chunk = size + content + b"\r\n" if content else b""
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", chunk + b"0\r\n\r\n"])


@st.composite
def odd_requests(draw: st.DrawFn) -> bytes:
    """A request with anything wrong in it, or nothing."""
    content = draw(CONTENTS)
    lines = [draw(st.one_of(GOOD_LINES, LINES)), *draw(HOSTS), *draw(st.lists(FIELDS, max_size=3))]
    framing = draw(st.sampled_from(["none", "length", "wrong length", "chunks", "both"]))
    body = content
    if framing == "none":
        body = draw(st.sampled_from([b"", b"", b"", content]))
    if framing == "wrong length":
        lines.append(b"Content-Length: %d" % max(0, len(content) + draw(st.integers(-3, 3))))
    if framing in ("length", "both"):
        lines.append(b"Content-Length: %d" % len(content))
    if framing in ("chunks", "both"):
        lines.append(b"Transfer-Encoding: chunked")
        body = draw(chunked(content))
    head = draw(st.permutations(lines[1:]))
    end = draw(st.sampled_from([b"\r\n"] * 16 + [b"\n", b"\r", b"\r\n "]))
    before = draw(st.sampled_from([b""] * 8 + [b"\r\n", b"\n", b" ", b"\r\n\r\n"]))
    return before + lines[0] + end + b"\r\n".join([*head, b"", b""]) + body


def streams(requests: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Some requests, one behind the other."""
    return st.lists(requests, min_size=1, max_size=4).map(b"".join)


@st.composite
def scratched(draw: st.DrawFn, stream: bytes) -> bytes:
    """`stream` with a byte or two changed, put in or lost."""
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(stream)))
        put = draw(st.sampled_from([b"", b"\r", b"\n", b" ", b"\t", b"\x00", b":", b",", b"0", b"\xff"]))
        stream = stream[:at] + put + stream[at + draw(st.integers(0, 1)) :]
    return stream


@st.composite
def cut(draw: st.DrawFn, streams: st.SearchStrategy[bytes]) -> list[bytes]:
    """A stream in pieces, some of them a byte, some of them just a head."""
    stream = draw(streams)
    heads = [found.end() for found in re.finditer(rb"\r\n\r\n", stream)]
    places = (
        st.integers(0, len(stream)) if not heads else st.one_of(st.integers(0, len(stream)), st.sampled_from(heads))
    )
    cuts = sorted({0, len(stream), *draw(st.lists(places, max_size=8))})
    return [stream[begin:end] for begin, end in itertools.pairwise(cuts)]


# --- what must hold


def origin_form(seen: Seen) -> Seen:
    """`http://other/x` is `/x` to an application."""
    return Seen(seen.method, re.sub(r"^\w+://[^/?]*", "", seen.target) or "/", seen.body)


def assert_agree(pieces: list[bytes], ours: Ours, *, may_refuse: bool = True) -> None:
    theirs = [origin_form(it) for it in h11_sees(b"".join(pieces))]
    for number, seen in enumerate(ours.seen):
        assert number < len(theirs), ("we serve more than h11 sees", pieces, ours, theirs)
        known = theirs[number]
        if seen.body is None:
            known = Seen(known.method, known.target, None)
        assert seen == known, ("we see another request", pieces, ours, theirs)
    complete = [it for it in theirs if it.body is not None]
    if len(ours.seen) < len(complete):
        assert may_refuse, ("we refuse what is right", pieces, ours, theirs)
        assert ours.says_that_it_closes, ("we lose a request without a word", pieces, ours, theirs)


def each(pieces: st.SearchStrategy[list[bytes]]) -> Callable[[Callable[[list[bytes]], None]], Callable[[], None]]:
    """Hypothesis with a fixed seed, the same in every run."""

    def wrap(check: Callable[[list[bytes]], None]) -> Callable[[], None]:
        return seed(SEED)(settings(max_examples=EXAMPLES, deadline=None, database=None)(given(pieces)(check)))

    return wrap


def test_requests_that_are_right_are_served_as_h11_sees_them_wherever_they_are_cut() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

        @each(cut(streams(good_requests())))
        def check(pieces: list[bytes]) -> None:
            assert_agree(pieces, runner.run(served(pieces)), may_refuse=False)

        check()


@pytest.mark.parametrize(
    "kind",
    [streams(st.one_of(odd_requests(), good_requests())), streams(good_requests()).flatmap(scratched)],
    ids=["odd requests", "good requests with a scratch"],
)
def test_no_stream_makes_us_serve_a_request_or_a_body_that_h11_does_not_see(kind: st.SearchStrategy[bytes]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

        @each(cut(kind))
        def check(pieces: list[bytes]) -> None:
            assert_agree(pieces, runner.run(served(pieces)))

        check()
