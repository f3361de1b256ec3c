"""All subaccounts of a company, found by number, by segments or by mask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reskontra.accounts.rules.subaccounts import (
    Segment,
    Subaccount,
    SubaccountSegment,
    checked_number,
    followed_number,
    masked_number,
    subaccount_number,
    subaccount_segments,
)
from reskontra.codes import Codes, known, known_codes, refuse_unless
from reskontra.errors import FieldPath, UnknownReference


class Subaccounts(dict[int, Subaccount]):
    """Subaccounts by their id. Use `[]` for a stored id, a method for what was sent or must be made.

    `segments` are those of the dimension; `default_id` is the subaccount to use if none is named; `mask` is the
    company's, or None (SUB-01).
    """

    __slots__ = ("_by_number", "_masked", "default_id", "mask", "segments")

    def __init__(
        self, rows: Iterable[Subaccount], *, segments: Sequence[Segment], default_id: int, mask: str | None
    ) -> None:
        super().__init__((row.subaccount_id, row) for row in rows)
        self.segments = segments
        self.default_id = default_id
        self.mask = mask
        self._by_number = Codes((row.subaccount_number, row) for row in self.values())
        self._masked: dict[tuple[object, ...], int] = {}

    def find(self, number: str | None) -> Subaccount | None:
        """The subaccount with that number, in use or not."""
        return self._by_number.find(number)

    def in_use(self, sent: str | Sequence[Mapping[str, Any]], field: FieldPath) -> int:
        """A subaccount in use, by number or by segments (`segment_id`, `segment_value`).

        A segment that is not sent has the value it has in the default subaccount (SUB-01).
        """
        number = sent if isinstance(sent, str) else self._number_of_segments(sent, field)
        subaccount = known(self._by_number, number, field, "subaccounts")
        refuse_unless(subaccount.active, "subaccount", number, field)
        return subaccount.subaccount_id

    def masked(self, mask: str, sources: Mapping[str, int], field: FieldPath) -> int:
        """The subaccount that the mask makes from those of its sources, by letter (SUB-01).

        Refused if it does not exist, is not in use, or has a segment value that is not in use. A result is remembered;
        a refusal is not.
        """
        key = (mask, *sources.items())
        made = self._masked.get(key)
        if made is None:
            numbers = {letter: self[source].subaccount_number for letter, source in sources.items()}
            made = self._masked[key] = self._made(masked_number(mask, numbers, self.segments, field), field)
        return made

    def followed(self, subaccount_id: int, letter: str, before: int, after: int, field: FieldPath) -> int:
        """`subaccount_id` after a source of the mask has changed: segments that came from it follow (SUB-01)."""
        mask = self.mask or ""
        if letter not in mask or before == after:
            return subaccount_id
        number, old, new = (self[each].subaccount_number for each in (subaccount_id, before, after))
        followed = followed_number(number, mask, self.segments, letter=letter, before=old, after=new)
        return subaccount_id if followed == number else self._made(followed, field)

    def segments_of(self, subaccount_id: int) -> tuple[SubaccountSegment, ...]:
        """The segments of a stored subaccount, with their words."""
        return subaccount_segments(self[subaccount_id].subaccount_number, self.segments)

    def _made(self, number: str, field: FieldPath) -> int:
        return self.in_use(checked_number(number, self.segments, field), field)

    def _number_of_segments(self, sent: Sequence[Mapping[str, Any]], field: FieldPath) -> str:
        values = {segment.segment_id: segment.value for segment in self.segments_of(self.default_id)}
        for position, segment in enumerate(sent):
            segment_id = segment.get("segment_id")
            if segment_id not in values:
                hint = known_codes("segments", [str(listed) for listed in values])
                raise UnknownReference(field=(*field, position, "segment_id"), value=segment_id, hint=hint)
            values[segment_id] = str(segment.get("segment_value") or "").strip()
        return subaccount_number([values[segment_id] for segment_id in sorted(values)], self.segments)
