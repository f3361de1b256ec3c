"""Compressed bodies are read like plain ones, within the limit of what they decompress to, or refused by name."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.config import MEBIBYTE, Settings
from reskontra.errors import Malformed, Unavailable
from reskontra.web.decompression import Decompressor, Room, TooMuch

BODY = b'{"name": "Kari"}'


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
}


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


def decompressed(coding: str, pieces: list[bytes], limit: int = MEBIBYTE) -> bytes:
    decompressor = Decompressor(coding, limit)
    data = b"".join(part for piece in pieces for part in decompressor.decompress(piece))
    decompressor.finish()
    return data


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=20), st.sampled_from(list(PACKERS)))
def test_any_body_comes_out_as_it_went_in_wherever_it_is_cut(data: bytes, cuts: list[int], name: str) -> None:
    coding = name.lower().removeprefix("x-")
    packed = PACKERS[name](data)
    assert decompressed(coding, pieces_of(packed, cuts), len(data)) == data
    if data:
        with pytest.raises(TooMuch):
            decompressed(coding, pieces_of(packed, cuts), len(data) - 1)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.lists(st.integers(0, 1000), max_size=20))
def test_a_gzip_file_of_several_members_is_one_body(parts: list[bytes], cuts: list[int]) -> None:
    packed = b"".join(map(gzip.compress, parts))
    assert decompressed("gzip", pieces_of(packed, cuts)) == b"".join(parts)


@given(st.sampled_from(["gzip", "deflate"]), st.binary(min_size=1, max_size=100), st.lists(st.integers(0, 100)))
def test_anything_else_is_malformed(coding: str, data: bytes, cuts: list[int]) -> None:
    decoder = zlib.decompressobj(-15 if coding == "deflate" else 31)
    try:
        accident = decoder.decompress(data)  # a few random bytes may be deflate
    except zlib.error:
        accident = b""
    if not decoder.eof or decoder.unused_data:
        with pytest.raises(Malformed, match=rf"^The body is not {coding}, as its Content-Encoding says: .+\.$"):
            decompressed(coding, pieces_of(data, cuts))
    else:
        assert decompressed(coding, pieces_of(data, cuts)) == accident


@pytest.mark.parametrize("packer", [gzip.compress, zlib.compress, raw_deflate])
def test_a_body_that_is_cut_off_or_goes_on_is_malformed(packer: Any) -> None:
    coding = "gzip" if packer is gzip.compress else "deflate"
    packed = packer(BODY * 20)
    for size in range(1, len(packed)):
        with pytest.raises(Malformed, match="ends too early"):
            decompressed(coding, [packed[:size]])
    with pytest.raises(Malformed):
        decompressed(coding, [packed + b"x"])
    with pytest.raises(Malformed, match="there is more"):
        decompressed("gzip", [gzip.compress(b"")] * 2000)
    assert decompressed(coding, []) == b""


async def test_a_compressed_body_is_read_as_a_plain_one(edge: Any) -> None:
    for coding, packer in PACKERS.items():
        answer = await edge.client.post("/v1/box", content=packer(BODY), headers={"content-encoding": coding})
        assert (answer.status_code, edge.seen[-1]) == (201, {"name": "Kari"}), coding
    for coding in ("identity", "", " , identity"):
        answer = await edge.client.post("/v1/box", content=BODY, headers={"content-encoding": coding})
        assert answer.status_code == 201, coding
    charset = {"content-encoding": "gzip", "content-type": "application/json; charset=utf-16"}
    packed = gzip.compress('{"name": "Øl"}'.encode("utf-16"))
    await edge.client.post("/v1/box", content=packed, headers=charset)
    assert edge.seen[-1] == {"name": "Øl"}


async def test_a_token_is_asked_for_by_a_compressed_form_too(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=Settings()) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        form = b"grant_type=client_credentials&client_id=isv_a&client_secret=s3cret"
        headers = {"content-encoding": "gzip", "content-type": "application/x-www-form-urlencoded"}
        answer = await edge.client.post("/connect/token", content=gzip.compress(form), headers=headers)
        assert answer.status_code == 200
        bomb = gzip.compress(form + b"&x=" + b"a" * MEBIBYTE)
        answer = await edge.client.post("/connect/token", content=bomb, headers=headers)
        assert answer.status_code == 413


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "deflate,br", "aes128gcm", "gzip;q=1"])
async def test_another_coding_is_415_and_says_which_are_read(edge: Any, coding: str) -> None:
    answer = await edge.client.post("/v1/box", content=gzip.compress(BODY), headers={"content-encoding": coding})
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "gzip, deflate"
    reason = f"The Content-Encoding '{coding}' is not served. Send the body plain, or compressed with gzip or deflate."
    assert answer.json()["message"].endswith(f"Error creating box. Error: {reason}")
    assert edge.seen == []


async def test_what_is_not_compressed_as_it_says_is_400_and_names_the_header(edge: Any) -> None:
    for coding in ("gzip", "deflate"):
        for content in (BODY, gzip.compress(BODY)[:-1], zlib.compress(BODY)[:-1], gzip.compress(BODY) + BODY):
            answer = await edge.client.post("/v1/box", content=content, headers={"content-encoding": coding})
            assert answer.status_code == 400
            assert f"The body is not {coding}, as its Content-Encoding says: " in answer.json()["message"]
    assert edge.seen == []


@pytest.mark.parametrize("coding", ["gzip", "br"])
async def test_a_coding_of_no_body_means_nothing(edge: Any, coding: str) -> None:
    headers = {"content-encoding": coding}
    assert (await edge.client.get("/v1/box", headers=headers)).status_code == 200
    assert (await edge.client.post("/v1/box/1/action/release", headers=headers)).status_code == 200


async def test_a_bomb_is_refused_before_it_goes_off(open_edge: Any) -> None:
    limit = 2 * MEBIBYTE
    bombs = {"gzip": gzip.compress(b" " * 64 * MEBIBYTE), "deflate": zlib.compress(b" " * 64 * MEBIBYTE)}
    async with open_edge(settings=Settings(sandbox=True, body_limit=limit)) as edge:
        for coding, bomb in bombs.items():
            assert len(bomb) < limit
            await edge.client.post("/v1/box", content=bomb, headers={"content-encoding": coding})
            tracemalloc.start()
            answer = await edge.client.post("/v1/box", content=bomb, headers={"content-encoding": coding})
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert answer.status_code == 413
            assert answer.json()["message"].endswith(f"The body is too large. At most {limit} bytes are read.")
            assert peak < 4 * limit
        fits = gzip.compress(BODY.ljust(limit))
        answer = await edge.client.post("/v1/box", content=fits, headers={"content-encoding": "gzip"})
        assert answer.status_code == 201


async def test_bodies_that_are_decompressed_at_the_same_time_share_their_room(open_edge: Any) -> None:
    settings = Settings(sandbox=True, body_limit=MEBIBYTE, waiting_limit=3 * MEBIBYTE)
    headers = {"content-encoding": "gzip", "transfer-encoding": "chunked"}
    packed = gzip.compress(BODY.ljust(MEBIBYTE))
    async with open_edge(settings=settings) as edge:

        async def slowly(others: list[int]) -> Any:
            yield packed[:-1]
            if len(others) < 3:
                others.append((await send(slowly(others))).status_code)
            yield packed[-1:]

        async def send(content: Any) -> httpx.Response:
            answer: httpx.Response = await edge.client.post("/v1/box", content=content, headers=headers)
            return answer

        nested: list[int] = []
        first = await send(slowly(nested))
        assert first.status_code == 201
        assert nested == [503, 201, 201]
        for _ in range(10):  # what was taken was given back, by those that were refused too
            assert (await send(slowly([1, 1, 1]))).status_code == 201


def test_room_is_taken_and_given_back() -> None:
    room = Room(10)
    room.take(6)
    with pytest.raises(Unavailable):
        room.take(5)
    room.take(4)
    room.give_back(10)
    assert room.taken == 0
