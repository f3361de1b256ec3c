"""The form and destination of log lines: one structured line per event on stderr."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TextIO

import msgspec
import structlog

from reskontra.clock import SystemClock
from reskontra.config import LogFormat

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
        else [
            _request_in_short,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback_for_people),
        ]
    )
    structlog.configure(
        processors=[*shared, *render],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    global _stream  # noqa: PLW0603 - as structlog's own configuration is of the process
    _stream = sys.stderr if log_format == "json" else None
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
    """Write the line of an answered request, with its id among `facts`.

    There is one for each request, so as JSON it goes straight to the stream: structlog's chain takes as long as routing
    the request does.
    """
    if _stream is None:
        _requests.info("request", **facts)
        return
    moment = _CLOCK.now().isoformat().replace("+00:00", "Z")
    _stream.write(_json({**facts, "event": "request", "level": "info", "timestamp": moment}) + "\n")
    _stream.flush()


_CLOCK = SystemClock()
_requests = structlog.stdlib.get_logger("reskontra.web")
_stream: TextIO | None = None
"""Where the lines of requests go as JSON; None if they are for people."""


def _json(event: structlog.typing.EventDict, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _traceback_for_people(stream: TextIO, exception: structlog.typing.ExcInfo) -> None:
    stream.write("\n")
    traceback.print_exception(*exception, limit=-_FRAMES, file=stream)


def _request_in_short(
    logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A request as `GET /v1/customer 200 3.21 ms` with its id; its other values are for machines."""
    if event["event"] != "request" or "status" not in event:
        return event
    path = event["path"] if event["path"].isprintable() else ascii(event["path"])
    kept = {key: value for key, value in event.items() if key in ("timestamp", "level", "request_id")}
    return kept | {"event": f"{event['method']} {path} {event['status']} {event['milliseconds']} ms"}
