"""What a handler gets to know of the request: company, caller, parameters, body. Not how the request came in."""

from __future__ import annotations

import base64
import binascii
import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from reskontra.clock import Clock, Context
from reskontra.errors import Malformed
from reskontra.web import wire
from reskontra.web.listing import Memory
from reskontra.web.query import Query
from reskontra.web.routing import Route

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


class AnyVersion(enum.Enum):
    """`If-Match: *`: any version will do."""

    ANY = "*"


ANY = AnyVersion.ANY
NO_VERSION = -1
"""What an unreadable If-Match stands for: no row ever has it, so that it is answered 412."""


class Database(Protocol):
    """What a handler does with `db.pool.Database`, which this layer may not import."""

    def connection(self) -> AbstractAsyncContextManager[Any]: ...

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...


@dataclass(slots=True)
class Call:
    """One authenticated request to one route."""

    route: Route
    company_id: int
    actor: str
    request_id: str
    params: Mapping[str, str]
    query: Query
    body: bytes
    if_match: int | AnyVersion | None
    database: Database
    clock: Clock
    zone: ZoneInfo
    """The company's time zone."""
    base_url: str
    """Scheme, host and prefix that the caller used, without a slash at the end."""
    lists: Memory
    _context: Context | None = field(default=None, repr=False)

    @property
    def context(self) -> Context:
        """What a command needs to know of the caller; `now` is one moment for the whole request."""
        if self._context is None:
            self._context = Context(self.company_id, self.actor, self.request_id, self.clock.now(), self.clock)
        return self._context

    def decode(self, struct: type[S]) -> S:
        """The body as `struct`. Raises `Malformed`. An action's empty body is an empty object."""
        if not self.body.strip():
            if self.route.is_action:
                return wire.decode(b"{}", struct)
            raise Malformed("The body is empty.", hint="Send a JSON object.")
        return wire.decode(self.body, struct)

    def url(self, path: str) -> str:
        """`path` (begins with `/v1/`) as an absolute address on the host and prefix that the caller used.

        Ids in it are to be quoted by whoever knows them (`quote(number, safe="")`); what cannot stand in a header
        is encoded here in any case, so that no id can break the answer after the commit.
        """
        return self.base_url + quote(path, safe="/%!$&'()*+,;=:@~")


class OneOfVersions(int):
    """Several versions of which any will do: equal to each of them, so that rooms compare it as they compare one."""

    versions: frozenset[int]

    def __new__(cls, versions: Iterable[int]) -> OneOfVersions:
        """`versions`: at least one."""
        listed = frozenset(versions)
        made = super().__new__(cls, min(listed))
        made.versions = listed
        return made

    def __eq__(self, other: object) -> bool:
        return other in self.versions

    def __ne__(self, other: object) -> bool:
        return other not in self.versions

    __hash__ = int.__hash__


def version_of(header: str | None) -> int | AnyVersion | None:
    """An If-Match header as the version it names; quotes and `W/` do not matter (wire.md 8)."""
    if header is None:
        return None
    text = header.strip()
    if text == "*":
        return ANY
    if "," in text:
        return OneOfVersions(_version(part.strip()) for part in text.split(","))
    return _version(text)


def _version(tag: str) -> int:
    text = tag.removeprefix("W/").strip('"')
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return NO_VERSION
    return int.from_bytes(raw, "big") if len(raw) == 8 else NO_VERSION
