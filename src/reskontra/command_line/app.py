"""All commands. Their modules import what they run inside functions, so that `--help` stays fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from cyclopts import App, Parameter

from reskontra import __version__
from reskontra.command_line import clients, companies, keeping, serving, status, users
from reskontra.command_line.options import examples
from reskontra.command_line.sql import sql
from reskontra.command_line.terminal import say

app = App(
    name="reskontra",
    version=__version__,
    help="A customer ledger that speaks the Visma Net API.",
    help_epilogue=examples(
        "reskontra sandbox",
        "reskontra company create --template no --code acme --data-dir books",
        'reskontra client create --company acme --name "Web shop" --data-dir books',
        "reskontra serve --data-dir books",
    ),
)


def _add(command: Callable[..., None], *lines: str) -> None:
    """Add a command, with examples for the end of its help."""
    app.command(command, help_epilogue=examples(*lines))


_add(
    serving.serve,
    "reskontra serve --data-dir books",
    "DATABASE_URL=postgresql://ledger@db/ledger reskontra serve --host 0.0.0.0",
)
_add(serving.sandbox, "reskontra sandbox", "reskontra sandbox --throw-away --port 9000")
_add(keeping.migrate, "reskontra migrate --data-dir books")
_add(keeping.check, "reskontra check --data-dir books")
_add(keeping.backup, "reskontra backup books.zip --data-dir books")
_add(
    keeping.restore,
    "reskontra restore books.zip --data-dir new",
    "reskontra restore books.zip --data-dir books --replace",
)
_add(sql, "reskontra sql", "reskontra sql documents.lists.find")
_add(status.status, "reskontra status --data-dir books", "reskontra status --json")
for group in (companies.app, clients.app, clients.keys_app, users.app):
    app.command(group)


@app.command(help_epilogue=examples('eval "$(reskontra completion bash)"', "reskontra completion fish | source"))
def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="The shell.")], /) -> None:
    """Print a script that makes the shell complete commands and options."""
    say(app.generate_completion(shell=shell))
