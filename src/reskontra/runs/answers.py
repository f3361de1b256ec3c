"""How every run is asked for, and how it reports those it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reskontra.errors import Malformed
from reskontra.web.wire import Answer, changes

if TYPE_CHECKING:
    import msgspec

    from reskontra.runs.outcome import Outcome
    from reskontra.web.call import Call


def sent_to_run(call: Call, body: type[msgspec.Struct]) -> dict[str, Any]:
    """What the body of a run asks for.

    Parameters in the address are refused: if they were ignored, `?dryRun=true` would be a real run.
    """
    if call.query.names:
        raise Malformed(f"A run takes no parameters in its address: {call.query.names[0]}.", hint="Send a body.")
    return changes(call.decode(body))


class SkippedAnswer(Answer):
    """What a run left out, and why."""

    ref: str
    reason: str


def skipped_answers(outcome: Outcome[Any]) -> list[SkippedAnswer]:
    """Those that the run left out, in its order."""
    return [SkippedAnswer(ref=skipped.ref, reason=skipped.reason) for skipped in outcome.skipped]
