"""What a fault of the database means to the caller. Each room says it for its own constraints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg
import structlog

from reskontra.db.faults import refusal_of_fault
from reskontra.errors import Malformed, Refusal, Unavailable

# The offending value, as PostgreSQL or a trigger reports it, to the refusal that the caller sees.
RefusalFactory: TypeAlias = Callable[[str], Refusal]

# `Key (company_id, lower(number))=(1, 10001) already exists.`
_KEY_DETAIL = re.compile(r"^Key \((?P<columns>.*?)\)=\((?P<values>.*)\) ", re.DOTALL)

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_constraints: dict[str, RefusalFactory] = {}


def register_constraints(table: Mapping[str, RefusalFactory]) -> None:
    """Add a room's table: constraint name -> refusal. The factory gets the offending value as text ("" if unknown)."""
    _constraints.update(table)


def refusal_for(error: Exception) -> Refusal | None:
    """What the caller is told about a database error; None if the error is a bug of ours."""
    factory = _constraints.get(getattr(error, "constraint_name", None) or "")
    if factory is not None:
        return factory(offending_value(getattr(error, "detail", None) or ""))
    fault = refusal_of_fault(error)
    if fault is not None:
        if isinstance(fault, Unavailable):
            _log.warning("the database failed", error=repr(error), sqlstate=getattr(error, "sqlstate", None))
        return fault
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return Malformed("A text contains the character U+0000.", hint="Send the text without it.")
    return None


@contextmanager
def report_key_as_sent(sent: str | None) -> Iterator[None]:
    """Inside, a unique key that is taken already is told as the caller wrote it: indexes know it in lower case only."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        factory = _constraints.get(getattr(error, "constraint_name", None) or "")
        value = offending_value(getattr(error, "detail", None) or "")
        if factory is None or not sent or not value.lower().endswith(sent.strip().lower()):
            raise
        raise factory(sent.strip()) from error


def offending_value(detail: str) -> str:
    """The value in an error's DETAIL: a key without its company, or what a trigger put there."""
    if detail.startswith("Failing row contains"):
        return ""
    match = _KEY_DETAIL.match(detail)
    if match is None:
        return detail
    values = match["values"]
    return values.partition(", ")[2] if match["columns"].startswith("company_id, ") else values
