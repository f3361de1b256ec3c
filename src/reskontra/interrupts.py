"""How SIGINT, SIGTERM and SIGHUP end a command: what it started is stopped, half-written files are removed.

In plain code they raise `KeyboardInterrupt`, as Ctrl-C does. Never under an event loop: raised in a callback of the
database driver, it left connections that crashed, hung or took the interpreter with them (a third of all backups that
were stopped). What runs there is cancelled instead, which it sees only where it awaits.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Generator, Sequence
from types import FrameType
from typing import Any, TypeVar

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")
_Handler = Callable[[int, FrameType | None], Any]


def run(coroutine: Coroutine[Any, Any, T], runner: asyncio.Runner | None = None) -> T:
    """As `asyncio.run`, or `runner.run`; a signal that would raise `KeyboardInterrupt` cancels the coroutine first."""
    if runner is None:
        with asyncio.Runner() as own:
            return run(coroutine, own)
    stop = _Stop(runner.get_loop())
    raising = [number for number in STOP_SIGNALS if signal.getsignal(number) is signal.default_int_handler]
    try:
        with _handled(raising, stop):
            result = runner.run(stop.ending(coroutine))
    except asyncio.CancelledError:
        if stop.is_asked:
            raise KeyboardInterrupt from None
        raise
    if stop.is_asked:  # too late for the coroutine, not for what follows it
        raise KeyboardInterrupt
    return result


@contextlib.contextmanager
def stoppable() -> Generator[None]:
    """Make the signals raise `KeyboardInterrupt` while the context is open."""
    with _handled(STOP_SIGNALS, signal.default_int_handler):
        yield


def ignore_further_signals() -> None:
    """Let nothing disturb the end, which has begun."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class _Stop:
    """The handler of a signal that cancels one coroutine."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None
        self.is_asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True
        if self._task:
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def ending(self, coroutine: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        if self.is_asked and self._task:
            self._task.cancel()
        return await coroutine


@contextlib.contextmanager
def _handled(numbers: Sequence[signal.Signals], handler: _Handler) -> Generator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
