"""What a sent line of a list asks for, with the same words for documents, customers, items and all other lists."""

from __future__ import annotations

from enum import StrEnum


class LineOperation(StrEnum):
    """What to do with a line. Each list says what it means to leave this out. `Nothing` leaves the line as it is.

    The contract has the first three. An older one also has `Nothing`, and clients still send it (EDT-02).
    """

    INSERT = "Insert"
    UPDATE = "Update"
    DELETE = "Delete"
    NOTHING = "Nothing"
