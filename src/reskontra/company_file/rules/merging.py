"""Merging a company file into what the company has.

What the file leaves out stays: sections, entries and keys. Entries are matched by their code; a list within an entry
(the rates of a VAT id, the segments of a dimension, the ranges of a series) must be complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reskontra.accounts.rules.subaccounts import Dimension
from reskontra.company_file.file import ENTRIES, TABLE_OF, Template, series_in_full
from reskontra.numbering.rules import Series, SeriesRange, has_given_out
from reskontra.vat.rules.codes import VatId
from reskontra.yaml_file import Given, Path

WHOLE = ("company", "preferences", "periods", "rates")
"""Sections that are not lists of entries with a code."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The company as it would be. `places` says where an entry is in the file: (section, code) -> its path."""

    template: Template
    places: Mapping[tuple[str, str], Path]
    missing: Sequence[tuple[Path, str]]
    """What new entries lack: where each is, and what to add."""


def code_of(section: str, row: object) -> str:
    """What a row is called in plans: `14`, `late_interest_percent 2025-01-01`, `EUR NOK SPOT 2025-01-01`."""
    return " ".join(str(getattr(row, key)) for key in TABLE_OF[section].key)


def merge(present: Template, given: Given) -> Merged:
    """`present` with what the file says. Use the outcome only if nothing is `missing`."""
    merging = _Merging()
    values: dict[str, Any] = {}
    for section, said in given.values.items():
        before = getattr(present, section)
        if section == "rates":
            values[section] = tuple(row for row in (merging.object(rates, None) for rates in said or ()) if row)
        elif isinstance(said, Given):
            values[section] = merging.object(said, before)
        elif said is not None:
            values[section] = merging.entries(section, said, before)
    return Merged(replace(present, **values), merging.places, merging.missing)


def completed(merged: Template) -> Template:
    """A merged company that passed the checks, with the numbers that its ranges leave out filled in."""
    return replace(merged, series=tuple(map(series_in_full, merged.series)))


class _Merging:
    def __init__(self) -> None:
        self.places: dict[tuple[str, str], Path] = {}
        self.missing: list[tuple[Path, str]] = []

    def entries(self, section: str, said: Sequence[Given], before: Sequence[Any]) -> tuple[Any, ...]:
        rows = {tuple(getattr(row, key) for key in ENTRIES[section].key): row for row in before}
        twice = []
        for given in said:
            lacking = [key for key in ENTRIES[section].key if key not in given.values]
            if lacking:
                self.missing.append((given.path, f"Add the missing {', '.join(lacking)}."))
                continue
            code = tuple(given.values[key] for key in ENTRIES[section].key)
            row = self.object(given, rows.get(code))
            if row is None:
                continue
            place = (section, code_of(section, row))
            if place in self.places:
                twice.append(row)
            rows[code] = row
            self.places.setdefault(place, given.path)
        # A code that the file has twice stays twice, for the checks to see.
        merged = [*rows.values(), *twice]
        return tuple(sorted(merged, key=lambda row: row.level) if section == "dunning_levels" else merged)

    def object(self, given: Given, before: Any) -> Any:
        """`before` with what is given, or a new one; None if that lacks a key."""
        if before is None and given.missing:
            self.missing.append((given.path, f"Add the missing {', '.join(given.missing)}: this is new."))
            return None
        values = {
            key: self.object(value, getattr(before, key, None)) if isinstance(value, Given) else value
            for key, value in given.values.items()
        }
        row = given.kind(**values) if before is None else replace(before, **values)
        if isinstance(row, VatId):
            return _in_order_of_rates(row)
        if isinstance(row, Dimension):
            return _in_order_of_segments(row)
        if isinstance(row, Series) and before is not None and "ranges" in values:
            return replace(row, ranges=_ranges(before.ranges, row.ranges))
        return row


def _in_order_of_rates(vat: VatId) -> VatId:
    """As the tables have it: rates by date, and only the last one ends."""
    rates = sorted(vat.rates, key=lambda rate: rate.start_date)
    ended = [replace(rate, not_valid_after=None) for rate in rates[:-1]]
    return replace(vat, rates=(*ended, *rates[-1:]))


def _in_order_of_segments(dimension: Dimension) -> Dimension:
    segments = sorted(dimension.segments, key=lambda segment: segment.segment_id)
    in_order = [
        replace(segment, values=tuple(sorted(segment.values, key=lambda known: known.value))) for segment in segments
    ]
    return replace(dimension, segments=tuple(in_order))


def _ranges(before: Sequence[SeriesRange], said: Sequence[SeriesRange]) -> tuple[SeriesRange, ...]:
    """Ranges are matched by position. One that has given out numbers continues after the last of them."""
    merged = []
    for position, numbers in enumerate(said):
        known = before[position] if position < len(before) else None
        if known is not None and (has_given_out(known) or known.start_number == numbers.start_number):
            end = numbers.end_number or known.end_number
            last = numbers.last_number or (known.last_number if has_given_out(known) else None)
            merged.append(replace(numbers, end_number=end, last_number=last))
        else:
            merged.append(numbers)
    return tuple(merged)
