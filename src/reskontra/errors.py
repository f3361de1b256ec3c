"""Every refusal that a room may raise. `web/errors.py` maps them to HTTP answers.

A refusal names what was refused in our own terms (`field` is a path of attribute names and line
positions) and says what would pass; the edge translates the path into the caller's spelling.
Any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

FieldPath = Sequence[str | int]


class Refusal(Exception):
    """A request that cannot be carried out, with the reason. Raised before anything is written.

    `reason` is one sentence with its full stop. `field` is the path of the offending attribute in our
    names, for example `("lines", 0, "item_number")`; empty when no single field is at fault.
    `value` is what was sent there. `hint` is one sentence that says what would pass.
    """

    def __init__(self, reason: str = "", *, field: FieldPath = (), value: object = None, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = tuple(field)
        self.value = value
        self.hint = hint


class Objection(Refusal):
    """A refusal of what was asked, for whoever asked it to read and mend: every refusal but `Unavailable`.

    Whoever shows a refusal beside what was asked catches this one, and lets through that the database is away.
    """


class Malformed(Objection):
    """The request cannot be read: not JSON, a wrong type, an impossible number or date."""


class NotFound(Objection):
    """The thing that the address names does not exist: `The <noun> '<key>' cannot be found in the system.`

    `reason` is another sentence, where the address names something else than a thing and its key.
    """

    @overload
    def __init__(self, noun: str, key: object, *, hint: str = "") -> None: ...
    @overload
    def __init__(self, *, reason: str = "", hint: str = "") -> None: ...
    def __init__(self, noun: str = "", key: object = None, *, reason: str = "", hint: str = "") -> None:
        sentence = f"The {noun} '{key}' cannot be found in the system." if noun else ""
        super().__init__(reason or sentence, hint=hint)


class Refused(Objection):
    """A business rule says no; nothing was changed."""


class UnknownReference(Refused):
    """A field names something that does not exist: `<Field> '<value>' cannot be found in the system.`

    `subject` is our name for what was not found, if that is not the name of `field`.
    """

    def __init__(self, *, field: FieldPath, value: object, hint: str = "", subject: str = "") -> None:
        super().__init__("", field=field, value=value, hint=hint)
        self.subject = subject


class Conflict(Objection):
    """Another request interfered; the same request may succeed if it is sent again."""


class Stale(Objection):
    """The caller's copy is older than the row (If-Match)."""


class NotAuthenticated(Objection):
    """No usable token."""


class NotAllowed(Objection):
    """The token is valid but lacks the scope or has no access to the company."""


class NotServed(Objection):
    """The operation is in the contract, but this version does not serve it yet."""


class Unavailable(Refusal):
    """The database cannot be reached or is too busy; try again later."""


class OutcomeUnknown(Unavailable):
    """The database went away while it was confirming the change, which may or may not be saved."""
