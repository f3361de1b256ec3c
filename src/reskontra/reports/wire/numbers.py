"""The control of number series."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from reskontra.numbering.rules import Series
from reskontra.reports.store.numbers import Control, Finding
from reskontra.web.wire import Answer, MomentOut, field, local_text


class RangeUseAnswer(Answer, kw_only=True):
    """A range: its numbers from `startNbr` to `lastNbr`, the last one given out, by what has become of them."""

    start_number: str = field(name="startNbr")
    end_number: str | None = field(name="endNbr", default=None)
    last_number: str | None = field(name="lastNbr", default=None)
    used: int
    deleted: int
    never_used: int


class FindingAnswer(Answer, kw_only=True):
    """A number to be explained, or `count` of them from `number` to `toNumber`. `kind` is Deleted or NeverUsed for
    what is missing, HandMade for a number that was sent, OutOfForm for one that no range could give out."""

    series: str
    number: str
    to_number: str
    count: int
    kind: str
    entity: str | None = None
    at: MomentOut | None = field(name="dateTime", default=None)
    actor: str | None = None
    explanation: str | None = None


class SeriesUseAnswer(Answer, kw_only=True):
    """A number series: what draws from it, its ranges, how many numbers are to be explained, and the first of them."""

    series: str
    description: str | None = None
    mode: str
    draws: list[str]
    ranges: list[RangeUseAnswer]
    deleted: int
    never_used: int
    hand_made: int
    out_of_form: int
    findings: list[FindingAnswer]


def series_use_answer(series: Series, control: Control, entities: Iterable[str], zone: ZoneInfo) -> SeriesUseAnswer:
    """One series, from the control of all."""
    counts = {it.kind: it.numbers for it in control.counts if it.series_id == series.series_id}
    return SeriesUseAnswer(
        series=series.series_id,
        description=series.description,
        mode=series.mode,
        draws=sorted(entities),
        ranges=[
            RangeUseAnswer(
                start_number=use.start_number,
                end_number=use.end_number,
                last_number=use.last_number,
                used=use.used,
                deleted=use.deleted,
                never_used=use.never_used,
            )
            for use in control.ranges
            if use.series_id == series.series_id
        ],
        deleted=counts.get("Deleted", 0),
        never_used=counts.get("NeverUsed", 0),
        hand_made=counts.get("HandMade", 0),
        out_of_form=counts.get("OutOfForm", 0),
        findings=[finding_answer(found, zone) for found in control.findings if found.series_id == series.series_id],
    )


def finding_answer(found: Finding, zone: ZoneInfo) -> FindingAnswer:
    """One finding."""
    return FindingAnswer(
        series=found.series_id,
        number=found.number,
        to_number=found.to_number,
        count=found.count,
        kind=found.kind,
        entity=found.entity or None,
        at=None if found.at is None else local_text(found.at, zone),
        actor=found.actor,
        explanation=found.reason,
    )
