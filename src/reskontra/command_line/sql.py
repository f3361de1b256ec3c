"""The command `sql`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from reskontra.command_line.terminal import say
from reskontra.config import SettingError


def sql(name: Annotated[str | None, Parameter(help="Which statement; without it, the names of all.")] = None) -> None:
    """Print a composed SQL statement for psql: to read it whole, to explain or to time it."""
    from difflib import get_close_matches

    from reskontra.statements import for_psql, statements

    if name is None:
        say("\n".join(statements()))
        return
    if name not in statements():
        known = ", ".join(get_close_matches(name, statements(), cutoff=0.4)) or "none that is like it"
        raise SettingError(f"There is no statement {name}. There is: {known}.")
    say(for_psql(name))
