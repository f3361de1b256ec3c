"""The end of an insert that writes anew the rows that are there already. A fragment of SQL: it knows no table."""

from __future__ import annotations


def or_write_anew(constraint: str, columns: str) -> str:
    """`on conflict ... do update` of these columns (separated by commas) where a row breaks the unique constraint."""
    sent = ", ".join(f"{column} = excluded.{column}" for column in map(str.strip, columns.split(",")))
    return f"on conflict on constraint {constraint} do update set {sent}"
