"""How SIGINT, SIGTERM and SIGHUP end a command: what it started is stopped, half-written files are removed.

In plain code they raise `KeyboardInterrupt`, as Ctrl-C does. Never under an event loop: raised in a callback of the
database driver, it left connections that crashed, hung or took the interpreter with them (a third of all backups that
were stopped). What runs there is cancelled instead, which it sees only where it awaits. A question at the terminal is
plain code wherever it is asked (`stoppable`).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Generator, Sequence
from functools import partial
from types import FrameType
from typing import Any, TypeVar

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")
_Handler = Callable[[int, FrameType | None], Any]


def run(coroutine: Coroutine[Any, Any, T], runner: asyncio.Runner | None = None) -> T:
    """As `asyncio.run`, or `runner.run`; a signal that would raise `KeyboardInterrupt` cancels the coroutine first, and
    is raised when that has ended, however it did."""
    stop = _Stop()
    raising = [number for number in STOP_SIGNALS if signal.getsignal(number) is signal.default_int_handler]
    try:
        with _handled(raising, stop), contextlib.ExitStack() as own:
            return (runner or own.enter_context(asyncio.Runner())).run(stop.ending(coroutine))
    finally:
        if stop.is_asked:
            raise KeyboardInterrupt


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

    def __init__(self) -> None:
        self._cancel: Callable[[], object] | None = None
        self.is_asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True
        if self._cancel:
            self._cancel()

    async def ending(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        if task is not None:
            self._cancel = partial(task.get_loop().call_soon_threadsafe, task.cancel)
        if self.is_asked and self._cancel:
            self._cancel()
        try:
            return await coroutine
        finally:
            self._cancel = None


@contextlib.contextmanager
def _handled(numbers: Sequence[signal.Signals], handler: _Handler) -> Generator[None]:
    before = {}
    try:
        for number in numbers:
            before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
