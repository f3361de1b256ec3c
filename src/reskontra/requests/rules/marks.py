"""The linter: what it remarks on requests that were served, but that a good client would not send.

It sees each request once, in the order of their answers, and remembers a bounded number of earlier ones; what a look
costs does not depend on how many there were. `docs/MARKS.md` explains each mark.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from reskontra.recent import Recent

T = TypeVar("T")

LONG_LIST = 50
"""From this length on, a list is expected to outgrow one page some day."""

OFTEN = 3
"""How often the same list is fetched, unchanged, before it is remarked on."""

MANY_READS = 5
"""How many things of a kind are read one by one before it is remarked on."""

_SOON = timedelta(minutes=1)
_RETRY = timedelta(minutes=10)
_REMEMBERED = 2_000
_PAGE_PARAMETERS = frozenset({"pagenumber", "pagesize", "numbertoread", "skiprecords"})
_MOVING_PARAMETERS = frozenset({"lastmodifieddatetime", "lastmodifieddatetimecondition"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A remark: a stable key, a few words, a sentence of advice."""

    key: str
    label: str
    advice: str

    @property
    def anchor(self) -> str:
        """Where `docs/MARKS.md` explains it."""
        return f"MARKS.md#{self.label.lower().replace(',', '').replace(' ', '-')}"


NO_PAGING = Mark(
    "no-paging",
    "List without paging",
    "Send pageNumber and pageSize and go on until a page is short: no answer holds more than 1,000 rows.",
)
NO_LAST_MODIFIED = Mark(
    "no-last-modified",
    "No lastModified on a list asked again",
    "Send lastModifiedDateTime with lastModifiedDateTimeCondition >= to get only what changed since the last time.",
)
SAME_LIST = Mark(
    "same-list",
    "Same list again and again",
    "Keep the answer for a while: the same list was fetched several times within a minute and had not changed.",
)
ONE_BY_ONE = Mark(
    "one-by-one",
    "One by one instead of a list",
    "Ask for a page of the list: it holds up to 1,000 of what is read here with one request each.",
)
NO_IF_MATCH = Mark(
    "no-if-match",
    "PUT without If-Match",
    "Read it first and send its ETag as If-Match: otherwise this overwrites what others changed meanwhile.",
)
IGNORES_ETAG = Mark(
    "ignores-etag",
    "ETag not used",
    "Send the ETag that this client was given for this address as If-Match, and read again after 412.",
)
SECOND_DOCUMENT = Mark(
    "second-document",
    "Retry that made a second document",
    "After a lost answer, look whether the first request did it before sending the same body again, or send a number "
    "of your own, which can be used only once.",
)
IDLE_FILTER = Mark(
    "idle-filter",
    "Filter ignored",
    "Send a date together with its condition, one of >, <, >= and <=: one without the other filters nothing, and all "
    "rows are answered.",
)
UNKNOWN_FIELD = Mark(
    "unknown-field",
    "Unknown field ignored",
    "Compare the spelling with the reference: names that the operation does not know are passed over without an error.",
)
MARKS = (
    IDLE_FILTER, UNKNOWN_FIELD, NO_PAGING, NO_LAST_MODIFIED, SAME_LIST, ONE_BY_ONE, NO_IF_MATCH, IGNORES_ETAG,
    SECOND_DOCUMENT,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the linter looks at in a request that was answered."""

    at: datetime
    caller: Hashable
    """Who asked, and for which company."""
    method: str
    operation: str
    address: str
    """The path, without the host."""
    status: int
    parameters: tuple[tuple[str, str], ...] = ()
    """The query parameters that were sent with a value, names in lower case."""
    declared: frozenset[str] = frozenset()
    """The parameters that the operation knows, in lower case."""
    is_list: bool = False
    has_list: bool = False
    """Whether what was read alone is also a row of a list."""
    is_creation: bool = False
    """Whether this is a POST to a collection."""
    total: int = 0
    """How many rows the list has that was answered."""
    body: bytes = b""
    """A digest of what was sent."""
    answer: bytes = b""
    """A digest of what was answered."""
    if_match: str | None = None
    etag: str | None = None
    location: str | None = None
    """The path of what was made or changed."""
    ignored: tuple[str, ...] = ()
    """Names that were sent and passed over."""
    idle: tuple[str, ...] = ()
    """Filters that were sent and passed over, as half of them was missing."""


@dataclass(slots=True)
class _Run(Generic[T]):
    """The same done again: since when, how often, and what it was about the last time."""

    since: datetime
    times: int
    last: T


class Linter:
    """Remarks on one request after the other."""

    def __init__(self) -> None:
        self._lists: Recent[Hashable, _Run[bytes]] = Recent(_REMEMBERED)
        self._reads: Recent[Hashable, _Run[str]] = Recent(_REMEMBERED)
        self._versioned: Recent[Hashable, bool] = Recent(_REMEMBERED)
        self._created: Recent[Hashable, tuple[datetime, str | None]] = Recent(_REMEMBERED)

    def forget(self) -> None:
        """Begin anew, as if nothing had been asked yet."""
        for memory in (self._lists, self._reads, self._versioned, self._created):
            memory.clear()

    def look(self, seen: Seen) -> tuple[Mark, ...]:
        """The marks of a request."""
        marks = tuple(self._marks(seen)) if seen.status < 300 else ()
        self._remember_version(seen)
        return marks

    def _marks(self, seen: Seen) -> Iterator[Mark]:
        if seen.idle:
            yield IDLE_FILTER
        if seen.ignored:
            yield UNKNOWN_FIELD
        if seen.method == "GET" and seen.is_list:
            if _is_long_without_paging(seen):
                yield NO_PAGING
            yield from self._list_marks(seen)
        elif seen.method == "GET" and self._is_one_of_many(seen):
            yield ONE_BY_ONE
        elif seen.method == "PUT" and _names_no_version(seen):
            yield IGNORES_ETAG if (seen.caller, seen.address) in self._versioned else NO_IF_MATCH
        elif seen.method == "POST" and seen.is_creation and self._is_made_again(seen):
            yield SECOND_DOCUMENT

    def _list_marks(self, seen: Seen) -> Iterator[Mark]:
        """A list that is asked for again without its parameters about changes, and one that had not changed."""
        sent = dict(seen.parameters)
        key = (seen.caller, seen.operation, seen.address, seen.parameters)
        run = self._lists.get(key)
        if run is None:
            self._lists.put(key, _Run(seen.at, 1, seen.answer))
            return
        if "lastmodifieddatetime" in seen.declared and not _MOVING_PARAMETERS & sent.keys():
            yield NO_LAST_MODIFIED
        if run.last != seen.answer or seen.at - run.since > _SOON:
            run.since, run.times, run.last = seen.at, 0, seen.answer
        run.times += 1
        if run.times >= OFTEN:
            yield SAME_LIST

    def _is_one_of_many(self, seen: Seen) -> bool:
        if not seen.has_list:
            return False
        key = (seen.caller, seen.operation)
        run = self._reads.get(key)
        if run is None or seen.at - run.since > _SOON:
            self._reads.put(key, _Run(seen.at, 1, seen.address))
            return False
        if run.last != seen.address:
            run.times, run.last = run.times + 1, seen.address
        return run.times >= MANY_READS

    def _is_made_again(self, seen: Seen) -> bool:
        """A body that made something, sent again soon after, made something else."""
        if seen.status != 201 or not seen.body:
            return False
        key = (seen.caller, seen.operation, seen.address, seen.body)
        before = self._created.get(key)
        self._created.put(key, (seen.at, seen.location))
        return before is not None and seen.at - before[0] <= _RETRY and before[1] != seen.location

    def _remember_version(self, seen: Seen) -> None:
        if seen.etag is not None and seen.status < 300:
            self._versioned.put((seen.caller, seen.location or seen.address), True)


def _is_long_without_paging(seen: Seen) -> bool:
    sent = {name for name, _ in seen.parameters}
    return "pagenumber" in seen.declared and seen.total >= LONG_LIST and not _PAGE_PARAMETERS & sent


def _names_no_version(seen: Seen) -> bool:
    return seen.if_match is None or seen.if_match.strip() in ("", "*")
