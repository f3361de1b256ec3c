"""Small answers that show a thing by its code and its name or description, as the wire spells them, and files.

A room that shows more of a thing than that has a struct of its own.
"""

from __future__ import annotations

from reskontra.web.shapes import Answer


class IdName(Answer):
    """A code with its name."""

    id: str | None = None
    name: str | None = None


class IdDescription(Answer):
    """A code with its description."""

    id: str | None = None
    description: str | None = None


class NumberName(Answer):
    """A number with its name."""

    number: str | None = None
    name: str | None = None


class NumberDescription(Answer):
    """A number with its description."""

    number: str | None = None
    description: str | None = None


class AttachmentAnswer(Answer):
    """A file attached to something."""

    name: str | None = None
    id: str | None = None
    revision: int | None = None
