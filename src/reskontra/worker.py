"""One of several processes that serve a port (`reskontra.workers`): `python -m reskontra.worker`, never by hand."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import sys
import threading

import uvloop

from reskontra.clock import SystemClock
from reskontra.config import SetupError
from reskontra.errors import Refusal
from reskontra.log import configure_logging
from reskontra.serve import Place, bring_to_schema, serve_in
from reskontra.web.limits import Limiter, SharedCounts
from reskontra.workers import READY, Order

_FAILED = 1


def main() -> None:
    """Serve as the parent orders, until it says so or is gone."""
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    configure_logging(order.settings.log_format)
    threading.Thread(target=_end_with_parent, name="parent-watcher", daemon=True).start()
    clock = SystemClock()
    limiter = Limiter(order.settings.rate_limit, counts=SharedCounts(order.counts), began_at=order.counted_from)
    try:
        with socket.socket(fileno=order.port) as port, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bring_to_schema(order.dsn, clock, migrating=False))
            serve_in(
                runner,
                order.settings,
                Place(order.dsn, order.url, port, order.certificate),
                clock,
                announce=_say_ready,
                limiter=limiter,
                size_max=order.connections,
            )
    except (SetupError, Refusal) as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(_FAILED)


def _say_ready() -> None:
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):  # not through the stream, whose lock would be held when we end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
