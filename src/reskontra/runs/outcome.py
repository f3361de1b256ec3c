"""The outcome of a run: what it created, and whom it left out and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar


class Created(Protocol):
    """Something that a run made."""

    def without_ids(self) -> Self:
        """The same as a trial reports it, whose ids and numbers were rolled back."""
        ...


T = TypeVar("T", bound=Created)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A party that was due and got nothing. `reason` is a sentence."""

    ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What was made and who was skipped, of a chunk or of a whole run."""

    created: tuple[T, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def without_ids(self) -> Self:
        """The same as a trial reports it."""
        return replace(self, created=tuple(made.without_ids() for made in self.created))
