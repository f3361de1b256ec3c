"""How number series look on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from reskontra.errors import Refused
from reskontra.numbering.rules import Mode, Series, SeriesRange, next_in_range
from reskontra.web.wire import Answer, DayOut, day_text, field

_NEW = "<NEW>"
"""What the ERP's screens show instead of a number that is not given out yet."""


class BranchAnswer(Answer):
    """The branch that a range belongs to."""

    number: str | None = None
    name: str | None = None


class RangeAnswer(Answer):
    """A range of a series: its last number and what comes next."""

    series_id: str | None = field(name="numberingId", default=None)
    branch: BranchAnswer | None = None
    start_number: str | None = field(name="startNbr", default=None)
    end_number: str | None = field(name="endNbr", default=None)
    start_date: DayOut | None = None
    last_number: str | None = field(name="lastNbr", default=None)
    warn_number: str | None = field(name="warnNbr", default=None)
    step: int | None = field(name="nbrStep", default=None)
    next_number: str | None = None


class SeriesAnswer(Answer):
    """A number series with its ranges."""

    series_id: str | None = field(name="numberingId", default=None)
    description: str | None = None
    is_manual: bool | None = field(name="manualNumbering", default=None)
    new_number_symbol: str | None = None
    ranges: list[RangeAnswer] | None = field(name="sequence", default=None)


def series_answer(series: Series, branch_names: Mapping[str, str]) -> SeriesAnswer:
    """What the wire shows of a series. `branch_names` is branch number -> name."""
    return SeriesAnswer(
        series_id=series.series_id,
        description=series.description,
        is_manual=series.mode == Mode.MANUAL,
        new_number_symbol=_NEW,
        ranges=[_range_answer(series, numbers, branch_names) for numbers in series.ranges],
    )


def _range_answer(series: Series, numbers: SeriesRange, branch_names: Mapping[str, str]) -> RangeAnswer:
    branch = numbers.branch
    return RangeAnswer(
        series_id=series.series_id,
        branch=None if branch is None else BranchAnswer(number=branch, name=branch_names.get(branch)),
        start_number=numbers.start_number,
        end_number=numbers.end_number,
        start_date=day_text(numbers.start_date),
        last_number=numbers.last_number,
        warn_number=numbers.warn_number,
        step=numbers.step,
        next_number=_next_number(numbers),
    )


def _next_number(numbers: SeriesRange) -> str | None:
    """None if the range is used up. A number already taken by sending it is skipped when its turn comes."""
    try:
        return next_in_range(numbers).number
    except Refused:
        return None
