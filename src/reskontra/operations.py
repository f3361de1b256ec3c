"""What a line of a list that was sent asks for: one word for documents, customers, items and all that have lists."""

from __future__ import annotations

from enum import StrEnum


class LineOperation(StrEnum):
    """What to do with a line; what it means to leave it out, each list says itself. `Nothing` leaves the line as it is.

    The contract has the first three. An older one has `Nothing` too, and clients still send it (EDT-02).
    """

    INSERT = "Insert"
    UPDATE = "Update"
    DELETE = "Delete"
    NOTHING = "Nothing"
