"""What was sent asks for, in the same words for all rooms: the operation of a line, and what an empty value means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any


class LineOperation(StrEnum):
    """What to do with a line. Each list says what it means to leave this out. `Nothing` leaves the line as it is.

    The contract has the first three. An older one also has `Nothing`, and clients still send it (EDT-02).
    """

    INSERT = "Insert"
    UPDATE = "Update"
    DELETE = "Delete"
    NOTHING = "Nothing"


def supplied(sent: Mapping[str, Any], *, but: Collection[str] = ()) -> dict[str, Any]:
    """`sent` without nulls and empty texts, for something new: it has no value yet that they could clear (X7).

    So they do not override what it takes over, such as an item's price or a customer's VAT zone. The same holds inside
    objects and lists. The attributes in `but` keep a null: for them it means "none".
    """
    return {
        name: said
        for name, value in sent.items()
        if (said := _said(value)) is not None or (value is None and name in but)
    }


def _said(value: Any) -> Any:
    """`value` without nulls and empty texts, None if nothing is left. Lists keep their length: errors name places."""
    if isinstance(value, dict):
        return supplied(value) or None
    if isinstance(value, list):
        return [supplied(item) if isinstance(item, dict) else item for item in value]
    return None if isinstance(value, str) and not value else value
