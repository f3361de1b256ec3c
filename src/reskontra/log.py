"""How log lines look and where they go: one structured line per event on stderr. Does not say what is logged."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TextIO

import structlog

from reskontra.config import LogFormat

_FRAMES = 30
# Without the values of variables: they are what the request sent, and pages of it.
_AS_DATA = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=_FRAMES)


def configure_logging(log_format: LogFormat) -> None:
    """Send structlog's and the standard library's events to stderr, as JSON lines or for people.

    Whatever is bound with `structlog.contextvars` (the request id) stands on every line.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    render: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_AS_DATA), structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [
            _request_in_short,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback_for_people),
        ]
    )
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
    # uvicorn tells of every step of starting and stopping; `serve` says the two that matter.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _traceback_for_people(stream: TextIO, exception: structlog.typing.ExcInfo) -> None:
    stream.write("\n")
    traceback.print_exception(*exception, limit=-_FRAMES, file=stream)


def _request_in_short(
    logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A request as `GET /v1/customer 200 3.21 ms` and its id; the rest of what is known of it is for machines."""
    if event["event"] != "request" or "status" not in event:
        return event
    path = event["path"] if event["path"].isprintable() else ascii(event["path"])
    kept = {key: value for key, value in event.items() if key in ("timestamp", "level", "request_id")}
    return kept | {"event": f"{event['method']} {path} {event['status']} {event['milliseconds']} ms"}
