"""Tryton's JSON-RPC, as its documentation tells it: a session, and calls of its models and wizards."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bench.load import BenchError
from bench.peers.crowd import Line

USER = "admin"
PASSWORD = "bench-password"  # noqa: S105 - the books behind it are nobody's
DATABASE = "tryton"


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one user over one connection."""

    line: Line
    session: str
    user: int
    context: Mapping[str, Any]

    @classmethod
    def of(cls, url: str, context: Mapping[str, Any]) -> Calls:
        """Log in. The context goes with each call: the company, the language."""
        line = Line(url)
        user, key, *_ = _answered(line, {}, "common.db.login", [USER, {"password": PASSWORD}])
        session = base64.b64encode(f"{USER}:{user}:{key}".encode()).decode()
        return cls(line, session, user, context)

    def within(self, **context: object) -> Calls:
        """The same with more of a context."""
        return replace(self, context={**self.context, **context})

    def call(self, method: str, *parameters: object) -> Any:
        """What a method returns. Raises `BenchError` with what Tryton says if it refuses."""
        headers = {"Authorization": f"Session {self.session}"}
        return _answered(self.line, headers, method, [*parameters, self.context])

    def create(self, model: str, values: Mapping[str, object]) -> int:
        """The id of a new record."""
        (made,) = self.call(f"model.{model}.create", [values])
        return int(made)

    def find(self, model: str, **wanted: object) -> int:
        """The id of the first record with these values."""
        domain = [[name, "=", value] for name, value in wanted.items()]
        found = self.call(f"model.{model}.search", domain, 0, 1, None)
        if not found:
            raise BenchError(f"Tryton has no {model} with {wanted}")
        return int(found[0])


def _answered(line: Line, headers: Mapping[str, str], method: str, parameters: Sequence[object]) -> Any:
    body = json.dumps({"id": 1, "method": method, "params": parameters}, default=_spelled)
    said = line.ask("POST", f"/{DATABASE}/rpc/", headers, body).said
    if "error" in said:
        raise BenchError(f"Tryton refuses {method}: {str(said['error'])[:1000]}")
    return said["result"]


def _spelled(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(value)
