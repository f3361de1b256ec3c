"""The program `reskontra`: runs the command line and prints errors as one sentence."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from reskontra import __version__

if TYPE_CHECKING:
    from reskontra.errors import Refusal


def main() -> None:
    """Run the command line. An error the operator can fix is one sentence on stderr and exit code 2, no traceback.

    SIGTERM and SIGHUP end a command as Ctrl-C does: what it started is stopped, half-written files are removed.
    """
    if sys.argv[1:] == ["--version"]:  # asked by scripts, and loading the rest takes ten times as long
        print(__version__)  # noqa: T201
        return
    from cyclopts import CycloptsError

    from reskontra.command_line.app import app
    from reskontra.command_line.terminal import INTERRUPTED, fail
    from reskontra.config import SetupError
    from reskontra.errors import Refusal

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    try:
        app(exit_on_error=False, print_error=False)
    except CycloptsError as error:
        fail(" ".join(str(error).split()))
    except SetupError as error:
        fail(str(error))
    except Refusal as refusal:
        fail(_sentence(refusal))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _sentence(refusal: Refusal) -> str:
    reason = refusal.reason or f"{'.'.join(map(str, refusal.field))} '{refusal.value}' cannot be found."
    return f"{reason} {refusal.hint}".strip()


if __name__ == "__main__":
    main()
