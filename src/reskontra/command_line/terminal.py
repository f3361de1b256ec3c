"""What commands say on the terminal and ask there, and with which exit code they end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from reskontra.config import SettingError

FAILED_CHECK, USAGE, INTERRUPTED = 1, 2, 130
NOBODY_READS = 141
"""As a shell tells of what a closed pipe ended (128 + SIGPIPE); 1 would say that a check does not hold."""


def say(text: str) -> None:
    """Answer on stdout. When nobody reads on, as after `| head -1`, the command ends here and quietly."""
    if not _is_heard(text):
        sys.exit(NOBODY_READS)


def say_json(found: object) -> None:
    """Answer for machines: records and lists of them, moments as ISO 8601."""
    import msgspec

    say(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def say_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Answer for people: columns as wide as what is in them."""
    lines = [list(titles), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def say_facts(facts: Mapping[str, object]) -> None:
    """Answer for people: one fact a line."""
    width = max(map(len, facts))
    for name, value in facts.items():
        say(f"{name.ljust(width)}  {shown(value)}".rstrip())


def shown(value: object) -> str:
    """A value as people read it."""
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
    """Say that a server serves. It goes on when nobody reads that: its port is its answer."""
    _is_heard(text)


def fail(sentence: str) -> NoReturn:
    """Say on stderr what the operator can mend, and end."""
    print(f"reskontra: {sentence}", file=sys.stderr)  # noqa: T201
    sys.exit(USAGE)


def is_confirmed(question: str, *, otherwise: str) -> bool:
    """Ask whoever sits there. Raises `SettingError`, with what to do `otherwise`, when nobody does."""
    if not sys.stdin.isatty():
        raise SettingError(f"Nothing was changed: nobody is there to be asked. {otherwise}")
    if input(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
        return True
    say("Nothing was changed.")
    return False


def _is_heard(text: str) -> bool:
    """Put a text on stdout; whether anybody still reads there."""
    try:
        print(text, flush=True)  # noqa: T201 - this is what the commands answer
    except BrokenPipeError:
        # What is still in the buffer goes nowhere, else the interpreter complains about it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True
