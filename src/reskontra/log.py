"""The form and destination of log lines: one structured line per event on stderr."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import TextIO, TypeAlias

import msgspec
import structlog

from reskontra.clock import SystemClock
from reskontra.config import LogFormat

Facts: TypeAlias = Mapping[str, str | float | None]

_FRAMES = 30
# Without local variables: they hold what the request sent, sometimes pages of it.
_AS_DATA = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=_FRAMES)


def configure_logging(log_format: LogFormat) -> None:
    """Send structlog's and the standard library's events to stderr, as JSON lines or for people.

    Whatever is bound with `structlog.contextvars` (the request id) is on every line. Our own events go straight to the
    stream: through the standard library, a line takes longer than the routing of its request.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_AS_DATA), structlog.processors.JSONRenderer(serializer=_json)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback_for_people)]
    )
    structlog.configure(
        processors=[*shared, *render],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    global _log_request  # noqa: PLW0603 - as structlog's own configuration is of the process
    if log_format == "json":
        _log_request = _request_as_json
    else:
        _log_request = _request_by_structlog if sys.stderr.isatty() else _request_in_short
    _hand_over_standard_library([*shared, structlog.stdlib.add_logger_name], render)


def _hand_over_standard_library(
    shared: list[structlog.typing.Processor], render: list[structlog.typing.Processor]
) -> None:
    """Give the records of other libraries, which log through the standard library, the same form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # uvicorn logs every step of starting and stopping; `serve` logs the two that matter.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # While the database is away, asyncpg logs a traceback for each attempt; the pool logs one sentence.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


def log_request(**facts: str | float | None) -> None:
    """Write the line of an answered request: method, path, status, milliseconds, request_id, and what else is known.

    There is one for each request, so it goes straight to the stream: structlog's chain takes as long as routing the
    request does.
    """
    _log_request(facts)


def _request_as_json(facts: Facts) -> None:
    _write(_json({**facts, "event": "request", "level": "info", "timestamp": _moment()}))


def _request_in_short(facts: Facts) -> None:
    """As structlog writes it without colours."""
    _write(f"{_moment()} [info     ] {_in_short(facts):30} request_id={facts['request_id']}")


def _request_by_structlog(facts: Facts) -> None:
    """In the colours of a terminal, or wherever an application that has us within it sends its lines."""
    _requests.info(_in_short(facts), request_id=facts["request_id"])


def _in_short(facts: Facts) -> str:
    """A request as `GET /v1/customer 200 3.21 ms`; its other values are for machines."""
    path = str(facts["path"])
    shown = path if path.isprintable() else ascii(path)
    return f"{facts['method']} {shown} {facts['status']} {facts['milliseconds']} ms"


def _moment() -> str:
    return _CLOCK.now().isoformat(timespec="microseconds").replace("+00:00", "Z")


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


_CLOCK = SystemClock()
_requests = structlog.stdlib.get_logger("reskontra.web")
_log_request: Callable[[Facts], None] = _request_by_structlog


def _json(event: structlog.typing.EventDict, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _traceback_for_people(stream: TextIO, exception: structlog.typing.ExcInfo) -> None:
    stream.write("\n")
    traceback.print_exception(*exception, limit=-_FRAMES, file=stream)
