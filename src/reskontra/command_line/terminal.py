"""What commands print and ask, and their exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from reskontra.config import SettingError

FAILED_CHECK, USAGE, INTERRUPTED = 1, 2, 130
CLOSED_PIPE = 141
"""Exit code a shell reports for SIGPIPE; 1 would mean a failed check."""


def say(text: str) -> None:
    """Print to stdout. If the reader has gone, as with `| head -1`, end the command quietly."""
    if not _is_heard(text):
        sys.exit(CLOSED_PIPE)


def say_json(found: object) -> None:
    """Print records as JSON, moments as ISO 8601."""
    import msgspec

    say(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def say_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, each column as wide as its widest cell."""
    lines = [list(titles), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def say_facts(facts: Mapping[str, object]) -> None:
    """Print one fact per line."""
    width = max(map(len, facts))
    for name, value in facts.items():
        say(f"{name.ljust(width)}  {shown(value)}".rstrip())


def shown(value: object) -> str:
    """A value as text for people."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "-"
    return str(value)


def greet(text: str) -> None:
    """Print that the server is up. It keeps serving even if nobody reads this."""
    _is_heard(text)


def tell_step(text: str) -> None:
    """Tell somebody who waits at a terminal what is being done; say nothing where stderr is a log."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def fail(sentence: str) -> NoReturn:
    """Print an error that the operator can fix to stderr, and exit."""
    print(f"reskontra: {sentence}", file=sys.stderr)  # noqa: T201
    sys.exit(USAGE)


def is_confirmed(question: str, *, otherwise: str) -> bool:
    """Ask the operator. Raises `SettingError`, saying what to do `otherwise`, if stdin is no terminal."""
    from reskontra.interrupts import stoppable

    if not sys.stdin.isatty():
        raise SettingError(f"Nothing was changed: nobody is there to be asked. {otherwise}")
    with stoppable():  # an event loop may be waiting, in which nothing could be cancelled
        answer = input(f"{question} [y/N] ")
    if answer.strip().lower() in ("y", "yes"):
        return True
    say("Nothing was changed.")
    return False


def _is_heard(text: str) -> bool:
    """Print a text; False if the reader of stdout has gone."""
    try:
        print(text, flush=True)  # noqa: T201 - this is what the commands answer
    except BrokenPipeError:
        # Discard what is still buffered, or the interpreter complains about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True
