"""All commands. Modules import what they run inside of their functions, so that `--help` need not load it."""

from __future__ import annotations

from cyclopts import App

from reskontra import __version__
from reskontra.command_line import clients, companies, keeping, serving
from reskontra.command_line.sql import sql

app = App(name="reskontra", version=__version__, help="A customer ledger that speaks the Visma Net API.")
for command in (serving.serve, serving.sandbox, keeping.migrate, keeping.check, keeping.backup, keeping.restore, sql):
    app.command(command)
app.command(companies.app)
app.command(clients.app)
