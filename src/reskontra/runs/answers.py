"""How every run reports those it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reskontra.web.wire import Answer

if TYPE_CHECKING:
    from reskontra.runs.outcome import Outcome


class SkippedAnswer(Answer):
    """What a run left out, and why."""

    ref: str
    reason: str


def skipped_answers(outcome: Outcome[Any]) -> list[SkippedAnswer]:
    """Those that the run left out, in its order."""
    return [SkippedAnswer(ref=skipped.ref, reason=skipped.reason) for skipped in outcome.skipped]
