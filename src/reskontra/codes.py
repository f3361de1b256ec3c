"""Rows by their code, and how to look up a code that a request sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from reskontra.errors import FieldPath, Refused, UnknownReference

T = TypeVar("T")

_HINTED = 20


class Codes(dict[str, T], Generic[T]):
    """Rows by their code. `[]` and `get` want the exact code, `find` takes it in any case."""

    __slots__ = ("_folded",)

    def __init__(self, rows: Iterable[tuple[str, T]] = ()) -> None:
        super().__init__(rows)
        self._folded: dict[str, T] = {}
        for code, row in self.items():
            self._folded.setdefault(code.lower(), row)

    def find(self, code: str | None) -> T | None:
        """The row with exactly this code, else the first whose code differs only in case, else None."""
        if code is None:
            return None
        return self.get(code) or self._folded.get(code.lower())


def known(rows: Codes[T], sent: str | None, field: FieldPath, noun: str) -> T:
    """The row with the code that was sent; refuses one that does not exist, naming some that do (`noun`: plural)."""
    found = rows.find(sent)
    if found is None:
        raise UnknownReference(field=field, value=sent, hint=known_codes(noun, rows))
    return found


def all_known(found: Sequence[T | None], sent: Sequence[str], field: FieldPath, hint: str) -> list[T]:
    """The rows that a list of codes found, None where there is no such code; refuses the first of those."""
    for position, (row, code) in enumerate(zip(found, sent, strict=True)):
        if row is None:
            raise UnknownReference(field=(*field, position), value=code, hint=hint)
    return [row for row in found if row is not None]


def known_codes(noun: str, codes: Iterable[str]) -> str:
    """A hint that lists the first few codes."""
    listed = list(codes)
    some = ", ".join(listed[:_HINTED]) or "none"
    return f"Known {noun}: {some}{' ...' if len(listed) > _HINTED else ''}."


def refuse_unless(active: bool, noun: str, sent: object, field: FieldPath) -> None:
    """Refuses what is not in use."""
    if not active:
        raise Refused(f"'{sent}' ({noun}) is not in use.", field=field, value=sent, hint="Choose one that is in use.")


def kept_or(
    choose: Callable[[str, FieldPath], str | None], sent: str | None, stored: str | None, field: FieldPath
) -> str | None:
    """The sent code, as `choose` returns it. The stored code is accepted even if it is no longer in use.

    None and blank give None.
    """
    code = (sent or "").strip()
    if stored is not None and code.lower() == stored.lower():
        return stored
    return choose(code, field) if code else None
