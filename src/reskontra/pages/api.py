"""The API as pages ask it: the handlers of the same operations, in this process and as the person at the page.

So a page cannot show a figure that a program could not fetch, refuses in the same sentences with the same names of
fields, and can tell which requests it is made of. Nothing is sent over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import Response

from reskontra.clock import Clock
from reskontra.errors import NotAllowed, NotFound
from reskontra.pages.people import Person, role_for
from reskontra.users.rules import Role
from reskontra.web.auth import Company
from reskontra.web.call import Call, Database, expected_of
from reskontra.web.listing import Memory
from reskontra.web.query import Query
from reskontra.web.repeats import Answers
from reskontra.web.routing import Match, Router
from reskontra.web.uploads import received
from reskontra.web.visit import Visit

T = TypeVar("T")

_TRIAL = "/v1/reskontra/trial"


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers requests: the routes and what their handlers need."""

    router: Router
    database: Database
    clock: Clock
    lists: Memory
    attachment_limit: int
    """The most bytes of a file."""

    answers: Answers
    """What was answered to forms that make something."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a page made, as a program would send it. `body` is JSON."""

    method: str
    address: str
    body: str = ""
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """A thing and its version, as an ETag."""

    thing: T
    etag: str


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """A page of a list, and how many there are in all."""

    rows: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A request to be tried, and what is to be read before it is rolled back (`web/trials.py`)."""

    method: str
    path: str
    content: object = None
    reads: Sequence[str] = ()
    if_match: str | None = None


class _TriedRead(msgspec.Struct):
    content: msgspec.Raw


class Tried(msgspec.Struct):
    """What a trial answered."""

    reads: list[_TriedRead]

    def read(self, position: int, type_: type[T]) -> T:
        """One of the things that were read."""
        return _decoded(bytes(self.reads[position].content), type_)


class _Metadata(msgspec.Struct, rename="camel"):
    total_count: int


class _Counted(msgspec.Struct):
    metadata: _Metadata


@dataclass(slots=True)
class Api:
    """The operations for one person and one company. `asked` lists what was asked, in order.

    `has_changed` tells whether something was done for good, whatever comes after it.
    """

    engine: Engine
    visit: Visit
    person: Person
    company: Company
    asked: list[Asked] = field(default_factory=list)
    has_changed: bool = False

    def may(self, role: str) -> bool:
        """Whether the person has at least that role."""
        return self.person.role.includes(Role(role))

    async def get(self, type_: type[T], path: str, /, **query: object) -> T:
        """What GET answers, as `type_`. Parameters that are None or empty are not sent. Raises `Refusal`."""
        return _decoded((await self.request("GET", path, query=query)).body, type_)

    async def find(self, type_: type[T], path: str, /, **query: object) -> T | None:
        """As `get`, or None where the address names nothing."""
        try:
            return await self.get(type_, path, **query)
        except NotFound:
            return None

    async def read(self, type_: type[T], path: str, **query: object) -> Versioned[T]:
        """One thing and its version. Raises `Refusal`."""
        answer = await self.request("GET", path, query=query)
        return Versioned(_decoded(answer.body, type_), answer.headers.get("etag", ""))

    async def list(self, type_: type[T], path: str, /, **query: object) -> Rows[T]:
        """A page of a list. Raises `Refusal`."""
        answer = await self.request("GET", path, query=query)
        rows = _decoded(answer.body, list[type_])  # type: ignore[valid-type]
        counted = _decoded(answer.body, list[_Counted]) if rows else []
        return Rows(rows, counted[0].metadata.total_count if counted else 0)

    async def tried(self, trial: Trial) -> Tried:
        """What a request would do. Raises `Refusal` as the request would."""
        request: dict[str, object] = {"method": trial.method, "path": trial.path}
        if trial.content is not None:
            request["content"] = trial.content
        if trial.if_match:
            request["ifMatch"] = trial.if_match
        body = {"request": request, "reads": list(trial.reads)}
        return _decoded((await self.request("POST", _TRIAL, body=body)).body, Tried)

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        if_match: str | None = None,
        query: Mapping[str, object] = {},
    ) -> Response:
        """Change something: POST, PUT or DELETE. Raises `Refusal`."""
        return await self.request(method, path, query=query, body=body, if_match=if_match)

    async def upload(self, path: str) -> Response:
        """Attach the file that the visit's form holds. Raises `Refusal`."""
        self.asked.append(Asked("POST", path))
        match = self._found("POST", path)
        receive = partial(received, self.visit, self.engine.attachment_limit)
        return await replace(self._call(match, b"", b"", None, ""), upload=receive).answer()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] = {},
        body: object = None,
        if_match: str | None = None,
        accept: str = "",
    ) -> Response:
        """The answer of one operation. `path` begins with `/v1/` or `/v2/`, its ids quoted (`segment`).

        It may bring a query of its own, which `query` is added to.
        """
        path, _, own = path.partition("?")
        added = urlencode([(name.rstrip("_"), text) for name, value in query.items() if (text := _text(value))])
        words = "&".join(filter(None, (own, added)))
        encoded = b"" if body is None else msgspec.json.encode(body)
        self.asked.append(Asked(method, f"{path}?{words}" if words else path, encoded.decode(), if_match))
        match = self._found(method, path)
        answer = await self._call(match, words.encode(), encoded, if_match, accept).answer()
        self.has_changed |= method != "GET" and path != _TRIAL and not _is_dry(body)
        return answer

    def _found(self, method: str, path: str) -> Match:
        """The operation, if there is one and the person may call it."""
        match = self.engine.router.find(method, path.encode("ascii"))
        if not isinstance(match, Match):
            raise NotFound(reason=f"There is no operation {method} {path}.")
        needed = role_for(match.route)
        if not self.person.role.includes(needed):
            raise NotAllowed(f"This needs the role {needed.value}; yours is {self.person.role.value}.")
        return match

    def _call(self, match: Match, query: bytes, body: bytes, if_match: str | None, accept: str) -> Call:
        return Call(
            route=match.route,
            company_id=self.company.company_id,
            actor=self.person.actor,
            request_id=self.visit.request_id,
            params=match.params,
            query=Query(query, match.route.declared, self.company.zone),
            body=body,
            if_match=expected_of(if_match),
            database=self.engine.database,
            clock=self.engine.clock,
            zone=self.company.zone,
            base_url=self.visit.base_url,
            lists=self.engine.lists,
            upload=_no_upload,
            router=self.engine.router,
            accept=accept,
        )


def segment(text: object) -> str:
    """A number or id as a segment of a path."""
    return quote(str(text), safe="")


def _no_upload() -> Any:
    raise NotImplementedError("pages send files by a form of their own")


def _is_dry(body: object) -> bool:
    """Whether a run or a mail is only tried."""
    return isinstance(body, Mapping) and body.get("dryRun") is True


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decoded(body: bytes | memoryview, type_: type[T]) -> T:
    return msgspec.json.decode(body, type=type_, strict=False)
