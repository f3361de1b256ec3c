"""What commands say on the terminal and ask there, and with which exit code they end."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from reskontra.config import SettingError

FAILED_CHECK, USAGE, INTERRUPTED = 1, 2, 130
NOBODY_READS = 141
"""As a shell tells of what a closed pipe ended (128 + SIGPIPE); 1 would say that a check does not hold."""


def say(text: str) -> None:
    """Answer on stdout. When nobody reads on, as after `| head -1`, the command ends here and quietly."""
    if not _is_heard(text):
        sys.exit(NOBODY_READS)


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
