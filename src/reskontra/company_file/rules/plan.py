"""What a company file would change in a company, field by field, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from reskontra.company_file.file import ENTRIES, SECTIONS, TABLE_OF, Template, periods_of, rates_of
from reskontra.company_file.rules.merging import code_of
from reskontra.currencies.rules import RateRow
from reskontra.documents.store.for_company_file import Usage
from reskontra.periods.rules import Period
from reskontra.yaml_file import LONGEST_PROSE

# What identifies the parts of an entry's lists; other parts are matched by position.
_PARTS = ("start_date", "segment_id", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What a company has, in the form of a file: also its rates one by one, its periods, and what depends on them."""

    template: Template
    rates: Mapping[str, RateRow]
    """By `code_of`."""

    periods: Sequence[Period]
    posted_accounts: frozenset[str]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that would have another value; `old` is None in a new entry."""

    field: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that would be written: `row` in place of `before`, which is None when the entry is new."""

    section: str
    code: str
    row: Any
    before: Any
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying a file would do. `same` counts the entries of the file that would stay as they are."""

    changes: tuple[Change, ...]
    same: int
    warnings: tuple[str, ...] = ()

    @property
    def added(self) -> int:
        """How many entries are new."""
        return sum(change.before is None for change in self.changes)

    @property
    def summary(self) -> str:
        """The counts, as one sentence."""
        return f"{self.added} to add, {len(self.changes) - self.added} to change, {self.same} the same."


def differences_to(present: Present, merged: Template, said: Sequence[tuple[str, str]]) -> tuple[list[Change], int]:
    """What would be written, in the order of the file's sections; and how many of the file's entries change nothing.

    `said` are the entries in the file: section and code, without a code for `WHOLE` sections.
    """
    changes: list[Change] = []
    same = 0
    for section, code, row, before in _pairs(present, merged, said):
        if row == before:
            same += 1
        else:
            changes.append(Change(section, code, row, before, _differences(row, before)))
    return changes, same


def _pairs(
    present: Present, merged: Template, said: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, object, object]]:
    for section in SECTIONS:
        codes = [code for of, code in said if of == section]
        if section in ENTRIES:
            before = {code_of(section, row): row for row in getattr(present.template, section)}
            rows = {code_of(section, row): row for row in getattr(merged, section)}
            yield from ((section, code, rows[code], before.get(code)) for code in codes)
        elif section == "rates" and codes:
            for row in (row for rates in merged.rates for row in rates_of(rates)):
                yield section, code_of(section, row), row, present.rates.get(code_of(section, row))
        elif section == "periods" and codes:
            known_periods = {period.period_id: period for period in present.periods}
            for period in periods_of(merged.periods):
                # Whatever a period is by now, the file has nothing more to say of it.
                known_period = known_periods.get(period.period_id)
                yield section, period.period_id, known_period or period, known_period
        elif codes:
            yield section, "", getattr(merged, section), getattr(present.template, section)


def _differences(row: object, before: object) -> tuple[Difference, ...]:
    old = dict(leaves(before)) if before is not None else {}
    new = dict(leaves(row))
    names = [*new, *(name for name in old if name not in new)]
    told = [Difference(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]
    return tuple(told)


def leaves(part: object, name: str = "") -> Iterator[tuple[str, object]]:
    """The single values of an entry, by names like `rates[2025-01-01].percent`; lists of codes count as one value."""
    if is_dataclass(part):
        for attribute in fields(part):
            inner = f"{name}.{attribute.name}" if name else attribute.name
            yield from leaves(getattr(part, attribute.name), inner)
    elif isinstance(part, tuple) and part and is_dataclass(part[0]):
        for position, entry in enumerate(part):
            told = next((getattr(entry, key) for key in _PARTS if hasattr(entry, key)), position)
            if hasattr(entry, "range_id"):
                told = position
            yield from leaves(entry, f"{name}[{told}]")
    else:
        yield name, part


# How a plan is shown


def lines_of(plan: Plan) -> Iterator[str]:
    """The plan as text, a section at a time."""
    section = None
    for change in plan.changes:
        if change.section != section:
            section = change.section
            yield section
        yield f"  {'add' if change.before is None else 'change'} {change.code}".rstrip()
        for difference in change.differences:
            if change.before is not None:
                yield f"    {difference.field}: {shown(difference.old)} -> {shown(difference.new)}"
            elif _is_worth_telling(change, difference):
                yield f"    {difference.field}: {shown(difference.new)}"
    yield from (f"warning: {warning}" for warning in plan.warnings)
    if plan.changes:
        yield plan.summary


def _is_worth_telling(change: Change, difference: Difference) -> bool:
    """Whether a field of a new entry says more than its code does, and is not just the default."""
    if change.section in TABLE_OF and difference.field in TABLE_OF[change.section].key:
        return False
    return all(field.name != difference.field or field.default != difference.new for field in fields(change.row))


def shown(value: object) -> str:
    """A value as the file writes it."""
    if value is None or value == "":
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, tuple):
        return ", ".join(map(shown, value)) or "(none)"
    text = str(value.value) if isinstance(value, Enum) else str(value)
    return text if len(text) <= LONGEST_PROSE else f"{text[:40]}... ({len(text)} characters)"
