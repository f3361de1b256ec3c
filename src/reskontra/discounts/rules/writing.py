"""Series from what was sent: what is allowed, and the steps that result (DCT-02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from reskontra.discounts.rules.series import BreakBy, Breakpoint, DiscountBy, DiscountSeries, StepFigures
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.money import HUNDRED, ZERO
from reskontra.operations import LineOperation

Sent = Mapping[str, Any]

MOST_STEPS = 100


def new_series(discount_code: str, sent: Sent, today: date) -> DiscountSeries:
    """A series of a stored code from what was sent."""
    series = (sent.get("series") or "").strip()
    if not series:
        raise Refused("A discount series needs an id.", field=("series",), hint="Send a text that is not blank.")
    return _with_sent(DiscountSeries(discount_code=discount_code, series=series), sent, today)


def changed_series(stored: DiscountSeries, sent: Sent, today: date) -> DiscountSeries:
    """`stored` with what was sent; equal to it if nothing changes. Code and id cannot change."""
    for name in ("discount_code", "series"):
        value, stands = (sent.get(name) or "").strip(), getattr(stored, name)
        if value and value.lower() != stands.lower():
            raise Refused(
                "A discount series keeps its code and its id.",
                field=(name,),
                value=value,
                hint=f"Leave the field out or send {stands}.",
            )
    return _with_sent(stored, sent, today)


def _with_sent(series: DiscountSeries, sent: Sent, today: date) -> DiscountSeries:
    if sent.get("prorate"):
        hint = "Leave it out, or send false."
        raise Refused("A discount is not prorated.", field=("prorate",), value=True, hint=hint)
    values: dict[str, Any] = {name: bool(sent[name]) for name in ("promotional", "active") if name in sent}
    values |= {name: sent[name] for name in ("effective_date", "expiration_date") if name in sent}
    if "description" in sent:
        values["description"] = sent["description"] or None
    for name in ("discount_by", "break_by"):
        wanted = sent.get(name)
        if wanted is not None and wanted is not getattr(series, name):
            if series.breakpoints:
                raise Refused(
                    f"The steps of the series are by {getattr(series, name)}, and would mean something else.",
                    field=(name,),
                    value=wanted,
                    hint="Delete the breakpoints first, or make another series.",
                )
            values[name] = wanted
    series = replace(series, **values)
    series = replace(series, breakpoints=_steps_after(series, sent.get("breakpoints") or (), today))
    _check_dates(series)
    return series


def _check_dates(series: DiscountSeries) -> None:
    first, last = series.effective_date, series.expiration_date
    if first is not None and last is not None and last < first:
        raise Refused(
            f"The series ends on {last}, before it begins on {first}.",
            field=("expiration_date",),
            value=last,
            hint="Send a date that is not earlier.",
        )
    if series.promotional and (first is None or last is None):
        raise Refused(
            "A promotion has a first and a last day.",
            field=("effective_date",) if first is None else ("expiration_date",),
            hint="Send effectiveDate and expirationDate.",
        )


# Steps


def _steps_after(series: DiscountSeries, lines: Sequence[Sent], today: date) -> tuple[Breakpoint, ...]:
    standing = {step.line_number: step for step in series.breakpoints}
    places: dict[int, int] = {}
    for position, line in enumerate(lines):
        field = ("breakpoints", position)
        number = line.get("line_number") or 0
        operation = line.get("operation") or (LineOperation.UPDATE if number in standing else LineOperation.INSERT)
        if operation == LineOperation.NOTHING:
            continue
        if operation == LineOperation.INSERT and number not in standing:
            number = max(standing, default=0) + 1
            standing[number] = Breakpoint(line_number=number, figures=_figures((), series, line, today, field))
        elif number not in standing:
            known = ", ".join(map(str, sorted(standing))) or "none"
            hint = f"The series has these breakpoints: {known}."
            raise UnknownReference(field=(*field, "line_number"), value=number, hint=hint)
        elif operation == LineOperation.DELETE:
            del standing[number]
        else:
            figures = _figures(standing[number].figures, series, line, today, field)
            standing[number] = replace(standing[number], figures=figures)
        places[number] = position
    if len(standing) > MOST_STEPS:
        hint = "Send fewer."
        raise Refused(
            f"A series has at most {MOST_STEPS} breakpoints.", field=("breakpoints",), value=len(standing), hint=hint
        )
    steps = tuple(standing[number] for number in sorted(standing))
    _check_starts(steps, places)
    return steps


def _check_starts(steps: Sequence[Breakpoint], places: Mapping[int, int]) -> None:
    """On no day do two steps begin at the same figure."""
    days = {figures.since or date.min for step in steps for figures in step.figures} if places else set()
    for day in sorted(days):
        first: dict[Decimal, int] = {}
        for step in steps:
            figures = step.on(day)
            if figures is None:
                continue
            other = first.setdefault(figures.start, step.line_number)
            if other != step.line_number:
                later = max(places.get(other, -1), places.get(step.line_number, -1))
                raise Refused(
                    f"The breakpoints {other} and {step.line_number} both begin at {figures.start.normalize():f}.",
                    field=("breakpoints", later),
                    value=None,
                    hint="Let each begin at a figure of its own.",
                )


def _figures(
    standing: tuple[StepFigures, ...], series: DiscountSeries, line: Sent, today: date, field: FieldPath
) -> tuple[StepFigures, ...]:
    """The figures of a step after a request: those of today as they were sent, then those that wait for their day.

    A step has one set of waiting figures: what is sent takes its place. Those of days past stay for documents of then.
    """
    now = _sent_start(series, line, field), _sent_value(series, line, "discount_percent", "discount_amount", field)
    later = (
        _sent_next_start(series, line, field),
        _sent_value(series, line, "pending_discount_percent", "pending_discount_amount", field),
    )
    begun = [it for it in standing if it.since is None or it.since < today]
    waiting = next((it for it in standing if it.since is not None and it.since >= today), None)
    if "pending_date" in line and line["pending_date"] is None:
        waiting = None
    day = line.get("pending_date") or (waiting.since if waiting else None)
    waits = later != (None, None) or line.get("pending_date") is not None
    if waits and day is None:
        raise Refused(
            "Pending figures count from a day on, and there is none.",
            field=(*field, "pending_date"),
            hint="Send pendingDate beside them.",
        )
    begins_later = waits and not standing and now[0] is None and (now[1] is None or later[0] is not None)
    if begins_later:  # it has no figures before its day, and takes the plain discount for its own
        return (_moved(StepFigures(since=day), now, later),)
    if now != (None, None) or not (begun or waiting):
        begun = [*begun[:-1], _moved(begun[-1] if begun else StepFigures(), now)]
    if waits:
        begun = [it for it in begun if it.since != day]
        waiting = _moved(replace(waiting or (begun[-1] if begun else StepFigures()), since=day), later)
    return tuple(sorted([*begun, *([waiting] if waiting else [])], key=lambda it: it.since or date.min))


def _moved(figures: StepFigures, *sent: tuple[Decimal | None, Decimal | None]) -> StepFigures:
    """`figures` with each start and value that was sent, the later ones last."""
    for start, value in sent:
        figures = replace(
            figures,
            start=figures.start if start is None else start,
            value=figures.value if value is None else value,
        )
    return figures


def _sent_start(series: DiscountSeries, line: Sent, field: FieldPath) -> Decimal | None:
    if series.break_by is BreakBy.AMOUNT:
        return _not_negative(line, "break_amount", field)
    _check_unused(line, "break_amount", field, "The steps of this series begin at a quantity.", _SEND_QUANTITY)
    return None


def _sent_next_start(series: DiscountSeries, line: Sent, field: FieldPath) -> Decimal | None:
    by_amount, by_quantity = "pending_break_amount", "pending_break_quantity"
    if series.break_by is BreakBy.AMOUNT:
        name = by_amount
        _check_unused(line, by_quantity, field, "The steps of this series begin at an amount.", "Send breakAmount.")
    else:
        name = by_quantity
        _check_unused(line, by_amount, field, "The steps of this series begin at a quantity.", _SEND_QUANTITY)
    return _not_negative(line, name, field) if line.get(name) or line.get("pending_date") else None


_SEND_QUANTITY = "Send pendingBreakQuantity and pendingDate."


def _check_unused(line: Sent, name: str, field: FieldPath, reason: str, hint: str) -> None:
    """Refuses a figure that the series has no use for; 0 says nothing."""
    if line.get(name):
        raise Refused(reason, field=(*field, name), value=line[name], hint=hint)


def _sent_value(
    series: DiscountSeries, line: Sent, percent_name: str, amount_name: str, field: FieldPath
) -> Decimal | None:
    by_percent = series.discount_by is DiscountBy.PERCENT
    name, other = (percent_name, amount_name) if by_percent else (amount_name, percent_name)
    hint = f"Send {'a percent' if by_percent else 'an amount'}, or make a series by the other."
    _check_unused(line, other, field, f"This series gives a discount by {series.discount_by}.", hint)
    sent = _not_negative(line, name, field)
    if sent == ZERO and name.startswith("pending") and not line.get("pending_date"):
        return None
    if by_percent and sent is not None and sent > HUNDRED:
        raise Refused(
            "A discount is not more than 100 per cent.", field=(*field, name), value=sent, hint="Send 0 to 100."
        )
    return sent


def _not_negative(line: Sent, name: str, field: FieldPath) -> Decimal | None:
    sent: Decimal | None = line.get(name)
    if sent is not None and sent < ZERO:
        raise Refused("This figure is not negative.", field=(*field, name), value=sent, hint="Send 0 or more.")
    return sent
