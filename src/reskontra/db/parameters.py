"""How records travel into a statement: as JSON text, which PostgreSQL takes apart."""

from __future__ import annotations

import msgspec


def as_json(value: object) -> str:
    """Records, or lists and dictionaries of them, for a parameter that is cast to json or jsonb; decimals as text."""
    return msgspec.json.encode(value).decode()
