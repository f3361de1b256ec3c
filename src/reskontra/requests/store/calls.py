"""How often each operation was called, for as long as the sandbox runs or until it is cleared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.requests.recorded import Recorded


@dataclass(slots=True)
class Called:
    """The calls of one operation."""

    last_at: datetime
    last_status: int
    count: int = 0
    succeeded: int = 0
    marks: int = 0


class Calls:
    """The calls of all operations. Forgetting recorded requests does not change them."""

    def __init__(self) -> None:
        self._by_operation: dict[str, Called] = {}

    def note(self, request: Recorded) -> None:
        """An operation was called."""
        called = self._by_operation.setdefault(request.operation, Called(request.at, request.status))
        called.last_at, called.last_status = request.at, request.status
        called.count += 1
        called.succeeded += request.status < 400
        called.marks += len(request.marks)

    def of(self, operation: str) -> Called | None:
        """The calls of an operation; None if there were none."""
        return self._by_operation.get(operation)

    def clear(self) -> None:
        """Begin anew."""
        self._by_operation.clear()
