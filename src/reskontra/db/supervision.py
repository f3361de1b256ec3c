"""Keeps our own PostgreSQL running: restarts it when it dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from reskontra.db.data_folder import EmbeddedError
from reskontra.db.embedded import EmbeddedPostgres

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

PAUSE_SECONDS_MAX = 10
_FIRST_PAUSE_SECONDS = 0.2
_HEALTHY_SECONDS = 60


@contextmanager
def kept_running(server: EmbeddedPostgres) -> Iterator[None]:
    """Restart `server` whenever it ends while the context is open; the end of the context stops it.

    The first restart is immediate. After one that fails, or does not last a minute, comes a pause that doubles up to
    `PAUSE_SECONDS_MAX`. The socket stays the same, so a pool finds the new server by itself.
    """
    # One thread for as long as we run: a throw-away PostgreSQL ends with the thread that started it.
    watcher = threading.Thread(target=_watch, args=(server,), name="postgres-watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        server.stop()
        watcher.join()


def _watch(server: EmbeddedPostgres) -> None:
    pause = 0.0
    while True:
        began_at = time.monotonic()
        code = server.wait()
        if server.stopping.is_set():
            return
        if time.monotonic() - began_at > _HEALTHY_SECONDS:
            pause = 0.0
        log.error("PostgreSQL ended by itself", exit_code=code, new_start_in_seconds=pause, log=str(server.log_path))
        while True:
            if server.stopping.wait(pause):
                return
            pause = min(max(pause * 2, _FIRST_PAUSE_SECONDS), PAUSE_SECONDS_MAX)
            try:
                server.start_again()
            except EmbeddedError as error:
                if server.stopping.is_set():
                    return
                log.error("PostgreSQL does not start", reason=str(error), next_try_in_seconds=pause)
            else:
                log.info("PostgreSQL was started again", pid=server.pid)
                break
