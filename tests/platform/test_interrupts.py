"""A command that is told to stop ends where it may end, never in the middle of a callback."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Generator

import pytest
import uvloop

from reskontra import interrupts
from reskontra.command_line.terminal import is_confirmed


@pytest.fixture(autouse=True)
def told_to_raise() -> Generator[None]:
    with interrupts.stoppable():
        yield


@pytest.mark.parametrize("number", interrupts.STOP_SIGNALS)
@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_signal_interrupts_no_callback_and_lets_the_coroutine_clean_up(
    number: signal.Signals, make_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    done: list[str] = []

    def callback() -> None:
        os.kill(os.getpid(), number)
        done.append("callback")

    async def work() -> None:
        asyncio.get_running_loop().call_soon(callback)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            done.append("cleaned up")

    with asyncio.Runner(loop_factory=make_loop) as runner:
        with pytest.raises(KeyboardInterrupt):
            interrupts.run(work(), runner)
        assert runner.run(asyncio.sleep(0, "usable")) == "usable"
    assert done == ["callback", "cleaned up"]
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_signal_that_comes_too_late_for_the_coroutine_is_not_lost() -> None:
    async def work() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return "done"

    with pytest.raises(KeyboardInterrupt):
        interrupts.run(work())


def test_a_signal_while_the_loop_is_closed_interrupts_no_callback_either() -> None:
    done: list[str] = []

    async def beside() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0)
            done.append("cleaned up")

    async def work() -> asyncio.Task[None]:
        task = asyncio.create_task(beside())
        await asyncio.sleep(0)
        return task

    with pytest.raises(KeyboardInterrupt):
        interrupts.run(work())
    assert done == ["cleaned up"]


def test_what_a_cancelled_coroutine_raises_does_not_hide_the_signal() -> None:
    async def work() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            raise RuntimeError from error

    with pytest.raises(KeyboardInterrupt) as raised:
        interrupts.run(work())
    assert isinstance(raised.value.__context__, RuntimeError)


def test_a_coroutine_that_nobody_stops_is_only_run() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    assert interrupts.run(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(asyncio.CancelledError):
        interrupts.run(cancelled())


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """`nohup` has SIGHUP ignored."""

    async def work() -> str:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.01)
        return "done"

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert interrupts.run(work()) == "done"


def test_a_question_can_be_left_by_one_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> bool:
        return is_confirmed("Really?", otherwise="Give --yes.")

    def asked(_question: str) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "y"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", asked)
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(work())
