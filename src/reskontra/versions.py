"""Which versions of a row a caller is willing to change, and the refusal of others. Not how versions travel."""

from __future__ import annotations

from reskontra.errors import Stale

Expected = frozenset[int] | None
"""Any of these versions will do; None: any at all. Empty: none will, as when an If-Match cannot be read."""


def check_expected(expected: Expected, present: int, *, what: str = "") -> None:
    """Raises `Stale` when the `present` version of a row is not an expected one. `what`: what the row is called."""
    if expected is None or present in expected:
        return
    if what:
        raise Stale(f"The {what} has changed since it was read.", hint="Read it again first.")
    raise Stale
