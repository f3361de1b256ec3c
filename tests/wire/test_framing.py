"""Where a request begins and ends, over raw sockets: no body is lost, doubled, or read as a request."""

from __future__ import annotations

import asyncio
import gc
import itertools
import socket
from typing import Any

import pytest

from tests.wire.conftest import Wire

HOST = b"Host: localhost\r\n"
GET = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
BODY = b'{"name": "Kari"}'
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
UPGRADES = {
    "h2c": H2C,
    "websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "unknown": b"Connection: upgrade\r\nUpgrade: foo/2, bar\r\n",
    "twice": H2C + b"Upgrade: websocket\r\n",
    "none": b"",
}


def post(*headers: bytes, body: bytes = BODY, path: bytes = b"/v1/box") -> bytes:
    lines = b"".join(header if header.endswith(b"\r\n") else header + b"\r\n" for header in headers if header)
    return b"POST %s HTTP/1.1\r\n%s%s\r\n%s" % (path, HOST, lines, body)


def chunks(body: bytes) -> bytes:
    half = len(body) // 2
    return b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (half, body[:half], len(body) - half, body[half:])


FRAMINGS = {
    "length": lambda upgrade: post(upgrade, b"Content-Length: %d" % len(BODY)),
    "chunks": lambda upgrade: post(upgrade, b"Transfer-Encoding: chunked", body=chunks(BODY)),
}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("upgrade", UPGRADES)
async def test_a_request_with_upgrade_is_served_with_its_body_as_if_it_had_none(
    wire: Any, upgrade: str, framing: str
) -> None:
    request = FRAMINGS[framing](UPGRADES[upgrade])
    head_end = request.index(b"\r\n\r\n") + 4
    cuts = {
        "whole": [request],
        "body by itself": [request[:head_end], request[head_end:]],
        "a byte at a time": [request[at : at + 1] for at in range(len(request))],
        "in the last line end": [request[: head_end - 1], request[head_end - 1 :]],
    }
    for name, pieces in cuts.items():
        wire.edge.seen.clear()
        (answer,) = await wire.say(*pieces, pause=0.02)
        assert answer.status == 201, name
        assert wire.edge.seen == [{"name": "Kari"}], name


async def test_a_body_that_looks_like_a_request_is_a_body(wire: Any) -> None:
    head = post(H2C, b"Content-Length: %d" % len(GET), body=b"")
    for pieces in ([head, GET], [head + GET], [head[:-1], head[-1:] + GET]):
        answers = await wire.say(*pieces)
        assert [answer.status for answer in answers] == [400]
        assert "not valid JSON" in answers[0].body.decode()
    chunked = post(H2C, b"Transfer-Encoding: chunked", body=b"")
    answers = await wire.say(chunked, b"%x\r\n%s\r\n0\r\n\r\n" % (len(GET), GET))
    assert [answer.status for answer in answers] == [400]


@pytest.mark.parametrize("size", [4094, 4095, 4096, 4097, 4098, 8191, 8192, 8193])
@pytest.mark.parametrize("upgrade", UPGRADES)
async def test_a_head_that_ends_where_a_piece_ends_keeps_its_body(wire: Any, upgrade: str, size: int) -> None:
    def head(padding: int) -> bytes:
        length = b"Content-Length: %d" % len(BODY)
        return post(UPGRADES[upgrade], length, b"X: " + b"a" * padding, body=b"")

    sized = head(size - len(head(0)))
    assert len(sized) == size
    (answer,) = await wire.say(sized + BODY)
    assert (answer.status, wire.edge.seen) == (201, [{"name": "Kari"}])


async def test_requests_behind_one_with_upgrade_are_answered_in_order(wire: Any) -> None:
    upgrading = GET.replace(HOST, HOST + H2C)
    other = GET.replace(b"/healthz", b"/v1/box/1")
    with_body = FRAMINGS["length"](H2C)
    answers = await wire.say(upgrading + other + upgrading + with_body + other)
    assert [answer.status for answer in answers] == [200, 200, 200, 201, 200]
    assert [answer.body for answer in answers if answer.status == 200][1::2] == [b'{"number":"1"}'] * 2
    answers = await wire.say(*itertools.repeat(upgrading, 60))
    assert [answer.status for answer in answers] == [200] * 60


async def test_a_long_body_behind_another_request_in_one_packet_arrives(wire: Any) -> None:
    long = b'{"name": "Kari"}'.ljust(30_000)
    for request in (
        post(b"Content-Length: %d" % len(long), body=long),
        post(H2C, b"Content-Length: %d" % len(long), body=long),
        post(b"Transfer-Encoding: chunked", body=chunks(long)),
    ):
        for before in (GET, GET + GET, GET * 60):
            answers = await wire.say(before + request + GET)
            assert [answer.status for answer in answers] == [200] * before.count(b"GET") + [201, 200]


@pytest.mark.parametrize(
    ("request_bytes", "status", "says"),
    [
        (b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505, "HTTP/2.0 is not served"),
        (b"GET /healthz HTTP/3.1\r\nHost: x\r\n\r\n", 505, "Send HTTP/1.1"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "Send HTTP/1.1"),
        (b"GET /healthz HTTP/0.9\r\n\r\n", 400, "Send HTTP/1.1"),
        (b"GET /healthz\r\n\r\n", 400, "Send HTTP/1.1"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "The Host header is missing"),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "Host header was sent more than once"),
        (b"GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "'a/b' is not a host name"),
        (b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "'a b' is not a host name"),
        (b"GET /healthz HTTP/1.1\r\nHost: \xe5\r\n\r\n", 400, r"'\xe5' is not a host name"),
        (b"CONNECT books:443 HTTP/1.1\r\nHost: books\r\n\r\n" + GET, 501, "CONNECT"),
        (b"GET http://[bad HTTP/1.1\r\nHost: x\r\n\r\n", 400, ""),
        (post(b"Transfer-Encoding: gzip, chunked", body=chunks(BODY)), 501, "'gzip, chunked' is not served"),
        (post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=chunks(BODY)), 501, "'gzip, chunked'"),
        (post(b"Transfer-Encoding: chunked, gzip"), 400, ""),
        (post(b"Transfer-Encoding: identity"), 400, "'identity' does not say where the body ends"),
        (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=chunks(BODY)), 400, ""),
        (post(b"Transfer-Encoding: xchunked", body=chunks(BODY)), 400, "'xchunked'"),
        (post(b"Transfer-Encoding: chunked", b"Content-Length: 16", body=chunks(BODY)), 400, "Content-Length"),
        (post(b"Content-Length: 16", b"Transfer-Encoding: chunked", body=chunks(BODY)), 400, "Content-Length"),
        (post(b"Content-Length: 16", b"Content-Length: 16"), 400, "Content-Length"),
        (post(b"Content-Length: 16", b"Content-Length: 17"), 400, "Content-Length"),
        (post(b"Content-Length: 16, 16"), 400, "Content-Length"),
        (post(b"Content-Length: +16"), 400, "Content-Length"),
        (post(b"Content-Length: 0x10"), 400, "Content-Length"),
        (post(b"Content-Length: 16\r\n X: a"), 400, ""),
        (post(b"X: a\r\n Content-Length: 0", b"Content-Length: 16"), 400, "whitespace"),
        (post(b"Content-Length : 16"), 400, "Invalid header"),
        (post(b"Content-Length: 16").replace(b"\r\n", b"\n"), 400, "CR"),
        (post(b"X: a\nContent-Length: 16"), 400, "CR"),
        (post(b"Transfer-Encoding: chunked", body=chunks(BODY).replace(b"\r\n", b"\n")), 400, "CR"),
        (post(b"Transfer-Encoding: chunked", body=b"0x10\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "chunk size"),
        (post(b"Transfer-Encoding: chunked", body=b"11\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, ""),
        (post(b"Content-Length: 16").replace(b"1.1", b"1.0").replace(b"Content-Length: 16",
         b"Transfer-Encoding: chunked"), 400, "HTTP/1.0 has no Transfer-Encoding"),
        (post(b"Expect: 200-ok", b"Content-Length: 16"), 417, "'200-ok' cannot be met"),
        (post(b"Expect: 100-continue", b"Expect: x", b"Content-Length: 16"), 417, "'x' cannot be met"),
    ],
    ids=range(36),
)  # fmt: skip
async def test_what_could_be_read_in_two_ways_is_refused_in_json_and_the_connection_closed(
    wire: Any, request_bytes: bytes, status: int, says: str
) -> None:
    head_end = request_bytes.index(b"\n") + 1
    for pieces in ([request_bytes + GET], [request_bytes[:head_end], request_bytes[head_end:], GET]):
        (answer,) = await wire.say(*pieces)
        assert answer.status == status, answer
        assert answer.headers["connection"] == "close"
        assert says in answer.message
        assert answer.message.endswith(".")
    answers = await wire.say(GET + request_bytes)
    assert [answer.status for answer in answers] == [200, status]
    assert wire.edge.seen == []


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\nhOST:\t[::1]:80 \r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 200),
        (post(b"Transfer-Encoding: Chunked", body=chunks(BODY)), 201),
        (post(b"Content-Length: 16 "), 201),
        (post(b"Content-Length: 16", b"Upgrade: h2c"), 201),
        (post(b"Expect: 100-Continue", b"Content-Length: 16"), 201),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    ],
)
async def test_what_is_only_unusual_is_served(wire: Any, request_bytes: bytes, status: int) -> None:
    answers = await wire.say(request_bytes)
    assert [answer.status for answer in answers if answer.status != 100] == [status]


async def test_a_whole_url_as_target_counts_and_not_the_host_beside_it(wire: Any) -> None:
    def request(target: bytes) -> bytes:
        return post(b"Content-Length: 16").replace(b" /v1/box ", b" " + target + b" ")

    (answer,) = await wire.say(request(b"http://127.0.0.1:81/v1/box?x=y"))
    assert (answer.status, answer.headers["location"]) == (201, "http://127.0.0.1:81/v1/box/A%2F1")
    (answer,) = await wire.say(request(b"http://evil.test/v1/box"))
    assert answer.status == 401
    assert "Host 'evil.test'" in answer.body.decode()
    (answer,) = await wire.say(GET.replace(b"/healthz", b"http://localhost"))
    assert (answer.status, answer.headers["location"]) == (302, "http://localhost/docs")


async def test_nothing_is_read_behind_a_request_that_closes_the_connection(wire: Any) -> None:
    closing = GET.replace(HOST, HOST + b"Connection: close\r\n")
    for request in (closing, b"GET /healthz HTTP/1.0\r\n\r\n"):
        for pieces in ([request + GET], [request, GET], [request + b"garbage"]):
            answers = await wire.say(*pieces)
            assert [answer.status for answer in answers] == [200]


async def test_trailers_are_no_headers(wire: Any) -> None:
    trailers = b"Authorization: Bearer x\r\nipp-company-id: 9\r\nContent-Type: text/plain\r\nHost: evil.test\r\n\r\n"
    body = chunks(BODY)[:-2] + trailers
    for pieces in (
        [post(b"Transfer-Encoding: chunked", body=body)],
        [post(b"Transfer-Encoding: chunked", body=b""), body],
    ):
        answers = await wire.say(*pieces)
        assert [answer.status for answer in answers] == [201]


async def test_an_answer_to_a_client_that_was_not_asked_for_its_body_ends_the_connection(wire: Any) -> None:
    unasked = post(b"Expect: 100-continue", b"Content-Length: 34", b"Authorization: Bearer x", body=b"")
    (answer,) = await wire.say(unasked, GET)  # which it may take for the answer's turn, and we for the body
    assert (answer.status, answer.headers["connection"]) == (401, "close")
    asked = post(b"Expect: 100-continue", b"Content-Length: 16", body=b"")
    answers = await wire.say(asked, BODY, GET)
    assert [answer.status for answer in answers] == [100, 201, 200]
    old = asked.replace(b"1.1", b"1.0")  # HTTP/1.0 knows no 100
    assert [answer.status for answer in await wire.say(old, BODY)] == [201]


async def test_a_refusal_is_heard_by_a_client_that_goes_on_sending(wire: Any) -> None:
    refused = post(b"Transfer-Encoding: gzip, chunked", body=b"")
    for _ in range(5):
        (answer,) = await wire.say(refused, *[b"a" * 65536] * 20, pause=0.005)
        assert answer.status == 501
    too_large = post(b"Content-Length: 100000000", body=b"")
    (answer,) = await wire.say(too_large, *[b"a" * 65536] * 20, pause=0.005)
    assert (answer.status, answer.headers["connection"]) == (413, "close")


REQUESTS = {
    "an answer": b"GET /v1/box/1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a refusal": b"GET /v1/box/none HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no such thing": b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a body": b'POST /v1/box HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{"name":"x"}',
    "a body that was to be asked for": b"POST /v1/box HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n"
    b'Expect: 100-continue\r\n\r\n{"name":"x"}',
    "a head alone": b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "pipelined": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3,
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
async def test_an_answered_request_leaves_nothing_to_the_collector(wire: Wire, request_bytes: bytes) -> None:
    """What refers to itself waits for the collector, which holds up everybody when thousands of requests have."""
    loop = asyncio.get_running_loop()
    with socket.create_connection(("127.0.0.1", wire.port)) as client:
        client.setblocking(False)

        async def ask(times: int) -> None:
            for _ in range(times):
                await loop.sock_sendall(client, request_bytes)
                answered = 0
                while answered < request_bytes.count(b"HTTP/1.1\r\n"):
                    answered += (await loop.sock_recv(client, 65536)).count(b"ipp-request-id")

        await ask(3)
        gc.collect()
        gc.disable()
        try:
            await ask(200)
            await asyncio.sleep(0)
            assert gc.collect() < 400, "of each request a dozen objects were left, and others leave some too"
        finally:
            gc.enable()
