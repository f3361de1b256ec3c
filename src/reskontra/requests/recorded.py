"""The record of a request to the sandbox with its answer, and of what it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import unquote

from reskontra.db.counting import Count
from reskontra.requests.rules.again import KeyUse
from reskontra.requests.rules.corrections import Correction, Fault, Path
from reskontra.requests.rules.marks import Mark
from reskontra.web.routing import Route

CompanyRule = Literal["header", "only", "first", "none"]


@dataclass(frozen=True, slots=True)
class Half:
    """One direction. `body` is readable: decompressed, masked, and at most its first 64 KiB.

    `size` is that of the whole body as it was sent, in bytes.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    size: int
    is_whole: bool

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        return next((value for known, value in self.headers if known.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Touched:
    """A thing that a request made, changed, released, deleted ...

    `noun` is its kind in a sentence, `events` are words of the log of changes, in order."""

    entity: str
    noun: str
    key: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a request did, from the log of changes. Runs that touch more things than are kept tell only how many rows
    they wrote."""

    documents: tuple[Touched, ...] = ()
    letters: tuple[Touched, ...] = ()
    others: tuple[Touched, ...] = ()
    batches: tuple[str, ...] = ()
    change_rows: int = 0
    is_whole: bool = True

    @property
    def sentence(self) -> str:
        """`invoice 003548 created and released, 1 batch`; empty if nothing was changed."""
        parts = [f"{it.noun} {it.key} {' and '.join(it.events)}" for it in (*self.documents, *self.letters)]
        parts = parts or [f"{it.noun} {it.key} {' and '.join(it.events)}" for it in self.others]
        if len(parts) > _NAMED_MAX or not self.is_whole:
            parts = [*parts[:_NAMED_MAX], f"{self.change_rows} change rows in all"]
        if self.batches:
            parts.append("1 batch" if len(self.batches) == 1 else f"{len(self.batches)} batches")
        return ", ".join(parts)


_NAMED_MAX = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Recorded:
    """A request and its answer. It is not changed any more, except that `effect` is read when somebody looks at it."""

    position: int
    """Counts from 1, in the order of the answers."""
    request_id: str
    """The one in the answer's header, in the log and in change rows."""
    at: datetime
    """When it came, in UTC."""
    method: str
    path: str
    """As it was sent, with its escapes."""
    query: str
    """As it was sent, secrets masked."""
    base_url: str
    """Scheme and host."""
    status: int
    milliseconds: float
    sent: Half
    answer: Half
    work: Count
    route: Route | None = None
    company_id: int | None = None
    company_rule: CompanyRule = "none"
    client: str | None = None
    fault: Fault | None = None
    ignored: tuple[str, ...] = ()
    """Fields and parameters that were passed over, as they were spelled."""
    idle: tuple[str, ...] = ()
    """Parameters that the operation has, but that said nothing: a date without its condition."""
    marks: tuple[Mark, ...] = ()
    newest_before: int = 0
    """A change of its company that was made before it came."""
    effect: Effect | None = None
    """None: not read yet, or not known."""

    @property
    def operation(self) -> str:
        """The contract's name of the operation; `none` where no operation has this address."""
        return self.route.operation if self.route else "none"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.base_url}{self.target}"

    @property
    def readable_path(self) -> str:
        """The path without escapes."""
        return unquote(self.path)

    @property
    def ended_at(self) -> datetime:
        """When the answer was out, in UTC."""
        return self.at + timedelta(milliseconds=self.milliseconds)

    @property
    def may_have_changed(self) -> bool:
        """Whether it can have left change rows."""
        return self.method not in ("GET", "HEAD", "OPTIONS") and self.company_id is not None and self.route is not None

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        headers = sum(len(name) + len(value) + 200 for name, value in (*self.sent.headers, *self.answer.headers))
        return len(self.sent.body) + len(self.answer.body) + headers + 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A request with what is worked out only for whoever looks at it."""

    request: Recorded
    fault_path: Path | None
    """Where the field at fault stands in the body that was sent, with the names as they were sent."""
    correction: Correction | None
    """A body that would pass as far as the fault goes; None if that is not known."""
    curl: str
    python: str
    why_not_again: str | None
    """Why it cannot be sent again from here; None if it can."""
    key_use: KeyUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the recorded requests, newest first. `kept` counts all of them."""

    requests: tuple[Recorded, ...]
    has_more: bool
    kept: int
    newest: int
    """The position of the newest of all; 0 if there is none."""
    clients: tuple[str, ...]
    """Who sent them all, to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyToday:
    """A company of the sandbox, with the date that it is there."""

    company_id: int
    code: str
    name: str
    customers: int
    documents: int
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the first page of a sandbox shows. `base_url` is as the visitor sees it."""

    base_url: str
    is_open: bool
    """Whether this machine needs no token."""
    can_reset: bool
    has_published_client: bool
    """Whether the demo's client has the secret that everybody knows."""
    companies: tuple[CompanyToday, ...]
    requests: tuple[Recorded, ...]
    """The last five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationUse:
    """An operation of the contract, and how it was called. `missing` says what to do instead if it is not served.

    `known` and `chosen` count what is odd about it (docs/QUIRKS.md): certain, or our choice.
    """

    operation: str
    method: str
    path: str
    is_served: bool
    missing: str | None
    called: int
    succeeded: int
    last_status: int | None
    last_at: datetime | None
    marks: int
    known: int
    chosen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Coverage by use: all operations of the contract, in its order."""

    operations: tuple[OperationUse, ...]

    @property
    def served(self) -> int:
        """How many are served."""
        return sum(operation.is_served for operation in self.operations)

    @property
    def called(self) -> int:
        """How many of those served were called."""
        return sum(operation.is_served and operation.called > 0 for operation in self.operations)

    @property
    def share_called(self) -> float:
        """The part of the served ones that was called, from 0 to 1."""
        return round(self.called / self.served, 4) if self.served else 0.0
