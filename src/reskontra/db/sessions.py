"""The names of our sessions in PostgreSQL, by which a server's are told from those of commands."""

from __future__ import annotations

PROGRAM = "reskontra"
"""Names our sessions in PostgreSQL, followed by a server's URL or by what a command does."""


def session_name(url: str) -> str:
    """The name of the sessions of a server at `url`; PostgreSQL keeps 63 bytes."""
    return f"{PROGRAM} {url}".strip()[:63]


def server_url(name: str) -> str:
    """The URL in a session's name."""
    return name.removeprefix(PROGRAM).strip()
