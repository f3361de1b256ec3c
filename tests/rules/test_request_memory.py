"""What a sandbox remembers of requests is bounded, and nobody who follows along slows it down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reskontra.clock import SystemClock
from reskontra.db.counting import Count
from reskontra.errors import Unavailable
from reskontra.requests.commands.recorder import Recorder
from reskontra.requests.recorded import Half, Recorded
from reskontra.requests.store.calls import Calls
from reskontra.requests.store.memory import QUEUE_MAX, WATCHERS_MAX, Memory, Wanted
from reskontra.web import recording
from reskontra.web.limits import Limiter
from reskontra.web.server import OUTCOME, Outcome

NOTHING = Half((), b"", 0, True)


def request(position: int, **said: Any) -> Recorded:
    return Recorded(
        **{
            "position": position, "request_id": f"id{position}", "at": datetime(2026, 1, 15, tzinfo=UTC),
            "method": "GET", "path": "/v1/customer", "query": "", "base_url": "http://localhost", "status": 200,
            "milliseconds": 1.0, "sent": NOTHING, "answer": NOTHING, "work": Count(), **said,
        }
    )  # fmt: skip


def kept(memory: Memory) -> list[int]:
    return [it.position for it in memory.newest_first(Wanted())]


def test_the_oldest_are_forgotten() -> None:
    memory = Memory(requests_max=3)
    for position in range(1, 6):
        memory.keep(request(position))
    assert kept(memory) == [5, 4, 3]
    assert memory.find("id2") is None
    assert memory.find("ID3") is not None
    heavy = Half((), b"x" * 1000, 1000, True)
    memory = Memory(weight_max=3 * request(1, answer=heavy).weight)
    for position in range(1, 6):
        memory.keep(request(position, answer=heavy))
    assert kept(memory) == [5, 4, 3]
    memory.keep(request(6, answer=Half((), b"x" * 100_000, 100_000, True)))
    assert kept(memory) == [6], "the newest is kept, whatever it weighs"
    memory.clear()
    assert kept(memory) == []


def test_only_the_beginning_of_a_body_is_kept() -> None:
    half = recording.Half([])
    for _ in range(3):
        half.add(b"x" * 40_000)
    assert (len(half.body), half.size) == (recording.BODY_MAX, 120_000)


async def test_who_is_too_slow_misses_the_oldest_and_is_told() -> None:
    memory = Memory()
    with memory.watching() as watch:
        for position in range(1, QUEUE_MAX + 6):
            memory.keep(request(position))
        first = await watch.next(1)
        assert first is not None
        assert first.position == 6
        assert (watch.missed(), watch.missed()) == (5, 0)
        memory.end_watches()
        assert watch.is_over
    with memory.watching() as watch:
        assert await watch.next(0.001) is None
        assert not watch.is_over


def test_only_so_many_may_follow_along() -> None:
    memory = Memory()
    opened = [memory.watching() for _ in range(WATCHERS_MAX)]
    for watching in opened:
        watching.__enter__()
    with pytest.raises(Unavailable, match="follow the requests already"), memory.watching():
        pass
    opened[0].__exit__(None, None, None)
    with memory.watching():
        pass


def test_a_recorder_notes_when_a_request_came_and_what_of_it_was_read() -> None:
    memory = Memory()
    recorder = Recorder(memory, Calls(), [], SystemClock())
    scope = {"method": "POST", "path": "/v1/customer", "query_string": b"",
             OUTCOME: Outcome("id1", "http://localhost", Limiter(None).idle())}  # fmt: skip
    recorder.newest_change = 10
    with recorder.working() as work:
        recorder.newest_change = 20  # somebody looked while it was served
        recorder.keep(recording.Tape(scope, recording.Half([]), recording.Half([]), work, 201))
    (kept_one,) = memory.newest_first(Wanted())
    assert kept_one.newest_before == 10
    assert kept_one.sent.is_whole
    with recorder.working() as work:
        unread = recording.Half([(b"content-length", b"17")])
        recorder.keep(recording.Tape(scope, unread, recording.Half([]), work, 401))
    assert not next(memory.newest_first(Wanted())).sent.is_whole
    assert [recorder.wants(path) for path in (b"/v1/customer", b"/connect/token", b"/API/v1/nothing")] == [True] * 3
    own = (b"/", b"/DOCS", b"/healthz", b"/metrics", b"/ui", b"/ui/customers", b"/API/v1/Reskontra/Sandbox/requests")
    assert not any(recorder.wants(path) for path in own)
