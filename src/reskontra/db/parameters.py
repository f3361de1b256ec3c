"""How records travel into a statement: as JSON text, which PostgreSQL takes apart."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reskontra.records import Record, columns


def as_json(value: object) -> str:
    """Records, or lists and dictionaries of them, for a parameter that is cast to json or jsonb; decimals as text."""
    return msgspec.json.encode(value).decode()


def shared_apart(rows: Sequence[Record]) -> tuple[str, str]:
    """Records of one type as two parameters: what they have in common, and a list of what each has of its own.

    For `json_populate_recordset(json_populate_record(null::<table>, <shared>), <own>)`. PostgreSQL takes longer to read
    a key than to store its value, and the lines that a run makes differ in a few.
    """
    if not rows:
        return "{}", "[]"
    first = rows[0]
    values = {name: [getattr(row, name) for row in rows] for name in columns(type(first))}
    shared = {name: found[0] for name, found in values.items() if found.count(found[0]) == len(found)}
    own = [name for name in values if name not in shared]
    parts = zip(*(values[name] for name in own), strict=True) if own else [()] * len(rows)
    return as_json(shared), as_json([dict(zip(own, part, strict=True)) for part in parts])
