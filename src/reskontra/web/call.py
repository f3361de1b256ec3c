"""What a handler knows about the request: company, caller, parameters, body."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from reskontra.clock import Clock, Context
from reskontra.errors import Malformed, NotFound, Refusal
from reskontra.versions import Expected
from reskontra.web import wire
from reskontra.web.listing import Memory
from reskontra.web.query import Query
from reskontra.web.routing import Match, Route, Router
from reskontra.web.scalars import shown, whole_number
from reskontra.web.shapes import wire_path

if TYPE_CHECKING:
    from starlette.responses import Response

    from reskontra.web.bulk.lines import Lines
    from reskontra.web.repeats import Repeat
    from reskontra.web.uploads import Upload

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

_ID_DIGITS = 9


class Database(Protocol):
    """What a handler does with `db.pool.Database`, which this layer may not import."""

    def connection(self) -> AbstractAsyncContextManager[Any]: ...

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    def snapshot(self) -> AbstractAsyncContextManager[Any]: ...

    def trial(self) -> AbstractAsyncContextManager[Database]: ...

    def together(self) -> AbstractAsyncContextManager[Database]: ...

    def after_commit(self, tell: Callable[[], None]) -> None: ...

    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...


def _anything(_route: Route) -> None:
    """Whoever carries out a call by another way than HTTP has looked already whether the caller may."""


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
    if_match: Expected
    """The versions that the caller is willing to change."""
    database: Database
    clock: Clock
    zone: ZoneInfo
    """The company's time zone."""
    base_url: str
    """The scheme, host and prefix that the caller used, without a slash at the end."""
    lists: Memory
    upload: Callable[[], AbstractAsyncContextManager[Upload]] = field(repr=False)
    """Receives the file that is the body, for a route that takes one."""
    router: Router = field(repr=False)
    """All operations, for a request that holds another one."""
    accept: str = ""
    """The media types that the caller takes, as sent."""
    branch_number: str | None = None
    """The branch that the caller chose for what is created."""
    lines: Callable[[], Awaitable[Lines]] | None = field(default=None, repr=False)
    """Receives the lines that are the body, for a route that takes many requests."""
    repeat: Repeat | None = field(default=None, repr=False)
    """The key that lines were sent with."""
    require: Callable[[Route], None] = field(default=_anything, repr=False)
    """Raises `NotAllowed` unless the caller may call that route too."""
    _context: Context | None = field(default=None, repr=False)

    @property
    def context(self) -> Context:
        """What a command needs to know about the caller; `now` is the same for the whole request."""
        if self._context is None:
            self._context = Context(
                self.company_id, self.actor, self.request_id, self.clock.now(), self.clock, self.branch_number
            )
        return self._context

    async def answer(self) -> Response:
        """What the handler answers, for whoever asks in this process. Its refusals name fields as the wire does."""
        try:
            return await self.route.handler(self)
        except Refusal as refusal:
            refusal.field = tuple(wire_path(self.route.body or self.route.spelling, refusal.field))
            raise

    def decode(self, struct: type[S]) -> S:
        """The body as `struct`. Raises `Malformed`. An action's empty body is an empty object."""
        if not self.body.strip():
            if self.route.is_action:
                return wire.decode(b"{}", struct)
            raise Malformed("The body is empty.", hint="Send a JSON object.")
        return wire.decode(self.body, struct)

    def inside(self, method: str, address: str) -> Call | None:
        """The same caller's call of another operation, without a body; None if there is none there that is served, or
        only a file. `address` begins with `/`, and may have a query."""
        parts = urlsplit(address)
        match = self.router.find(method, parts.path.encode()) if parts.path.startswith("/") else None
        if not isinstance(match, Match) or match.route.media or match.route.missing:
            return None
        query = Query(parts.query.encode(), match.route.declared, self.zone)
        return replace(self, route=match.route, params=match.params, query=query, body=b"", if_match=None)

    async def find(self, noun: str, load: Callable[..., Awaitable[T | None]], *key: str | int | UUID) -> T:
        """What `load(connection, company_id, *key)` finds. Raises `NotFound`, which names the end of the key."""
        async with self.database.connection() as connection:
            found = await load(connection, self.company_id, *key)
        if found is None:
            raise NotFound(noun, key[-1])
        return found

    def internal_id(self, name: str) -> int:
        """The id in the address, from the parameter `name`. What cannot be an id is also not found."""
        text = self.params[name]
        found = whole_number(text, _ID_DIGITS)
        if found is None:
            reason = f"'{shown(text)}' is not an internal id."
            raise NotFound(reason=reason, hint="Internal ids are whole numbers.")
        return found

    def url(self, path: str) -> str:
        """`path` (begins with `/v1/`) as an absolute address on the host and prefix that the caller used.

        The caller quotes the ids in it (`quote(number, safe="")`). What a header cannot contain is encoded here in any
        case, so that no id can break the answer after the commit.
        """
        return self.base_url + quote(path, safe="/%!$&'()*+,;=:@~")


def expected_of(header: str | None) -> Expected:
    """An If-Match header as the versions it names; quotes and `W/` do not matter (W8)."""
    if header is None or header.strip() == "*":
        return None
    return frozenset(version for tag in header.split(",") if (version := _version(tag.strip())) is not None)


def _version(tag: str) -> int | None:
    text = tag.removeprefix("W/").strip('"')
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return int.from_bytes(raw, "big") if len(raw) == 8 else None
