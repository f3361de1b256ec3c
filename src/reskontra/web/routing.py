"""Finds the route for an address.

Literal segments match in any letter case, parameters keep theirs. Routing works on the raw path, so that `%2F`
in an id stays inside its segment; `b64(...)` around an id is base64url without padding (W1).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import msgspec

from reskontra.errors import Malformed
from reskontra.web import contract
from reskontra.web.contract import Declared, Parameter
from reskontra.web.not_served import missing
from reskontra.web.query import declared_names
from reskontra.web.shapes import check_body

if TYPE_CHECKING:
    from starlette.responses import Response

    from reskontra.web.bulk.operations import Many
    from reskontra.web.call import Call

PREFIXES: tuple[tuple[str, ...], ...] = ((), ("api",), ("api", "controller", "api"), ("controller", "api"))
"""What may come before /v1 and /v2: the paths of the old and the new hosts (W18)."""

_SCOPE = "vismanet_erp_service_api"
_VERBS = ("create", "read", "update", "delete")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its address, its handler, and what its body and answer look like."""

    operation: str
    method: str
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    doing: str
    body: type[msgspec.Struct] | None = None
    answer: type[msgspec.Struct] | None = None
    lists: bool = False
    texts: bool = False
    """Whether the answer is a bare array of texts, without a struct in `answer`."""
    media: str | None = None
    """The media type of an answer that is a file, without a struct in `answer`."""
    has_table: bool = False
    """Whether the answer may also be asked for as CSV."""
    filters: tuple[Declared, ...] = ()
    """What a list can be filtered by."""
    takes_file: bool = False
    """Whether the body is a file in multipart/form-data, which the handler reads by `Call.upload`."""
    query: tuple[Parameter, ...] = ()
    """Parameters of our own that are no filters. Once mounted: all parameters (`complete`)."""
    needed: frozenset[str] = frozenset()
    """The parameters without which the request is refused."""
    spelling: type[msgspec.Struct] | None = None
    """The struct that spells field names in refusals if there is no body: release, delete."""
    line: type[msgspec.Struct] | None = None
    """What one line holds, of a body that has many of them, each a request (`Call.lines`)."""
    line_answer: type[msgspec.Struct] | None = None
    """What a line of the answer to them holds."""
    many: Many | None = None
    """What carries out many of these requests together."""
    holds_requests: bool = False
    """Whether the body holds other requests, so that a token needs every scope."""
    may_be_tried: bool = False
    """Whether a trial may carry it out: it writes in one transaction, and does nothing outside it (`tryable`)."""
    alias_of: str | None = None
    missing: str | None = None
    """Set on routes that only answer 501: what is missing, and what to do instead."""
    declared: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def scope(self) -> str:
        """The scope that a token needs (A1)."""
        if self.method == "POST":
            verb = "update" if "/action/" in self.path or "{" in self.path else "create"
        else:
            verb = {"GET": "read", "PUT": "update", "DELETE": "delete"}[self.method]
        return f"{_SCOPE}:{verb}"

    @property
    def scopes(self) -> Sequence[str]:
        """All scopes that a token needs; none where each line needs its own."""
        if self.line is not None:
            return []
        return [f"{_SCOPE}:{verb}" for verb in _VERBS] if self.holds_requests else [self.scope]

    @property
    def takes_key(self) -> bool:
        """Whether a request may be named, so that it is carried out once (`repeats`)."""
        is_of_sandbox = self.path.startswith("/v1/reskontra/sandbox")  # what it forgets and restores is no business
        return self.method != "GET" and not (self.takes_file or self.holds_requests or self.missing or is_of_sandbox)

    @property
    def may_be_a_line(self) -> bool:
        """Whether a line of many requests may be one of these: it writes in one transaction, and takes no file."""
        return self.takes_key and not self.is_run and self.line is None

    @property
    def is_run(self) -> bool:
        """Whether it is carried out in many transactions, one after the other."""
        return "/run/" in self.path

    @property
    def is_action(self) -> bool:
        """Whether an empty body means `{}`."""
        return "/action/" in self.path


@dataclass(frozen=True, slots=True)
class Match:
    """A route, its path parameters (decoded, case kept), and the prefix that the caller used, e.g. `/API`."""

    route: Route
    params: Mapping[str, str]
    prefix: str


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """The address exists, but not for this method."""

    allowed: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """The routes as a tree of segments; a literal is tried before a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._root = _Node()
        below_prefix = _Node()
        for route in self.routes:
            _insert(below_prefix, route)
        for prefix in PREFIXES:
            node = self._root
            for segment in prefix:
                node = node.literals.setdefault(segment, _Node())
            node.literals.update(below_prefix.literals)

    def find(self, method: str, raw_path: bytes) -> Match | WrongMethod | None:
        """The match for a request line. Raises `Malformed` if the path cannot be decoded."""
        raw_segments = [segment for segment in raw_path.split(b"/") if segment]
        segments = [_decoded(segment) for segment in raw_segments]
        lowered = [segment.lower() for segment in segments]
        allowed: tuple[str, ...] = ()
        for node, values in _walk(self._root, lowered, segments, 0, ()):
            entry = node.routes.get(method)
            if entry is None:
                # Only the closest match: `/customer/balance` is not a customer of that number.
                allowed = allowed or tuple(sorted(node.routes))
                continue
            route, names = entry
            depth = len(segments) - route.path.count("/")
            prefix = b"/".join(raw_segments[:depth]).decode("ascii", "replace")
            params = {name: _parameter(value) for name, value in zip(names, values, strict=True)}
            return Match(route, params, f"/{prefix}" if prefix else "")
        return WrongMethod(allowed) if allowed else None


def tryable(routes: Iterable[Route]) -> list[Route]:
    """The same routes; those that write may be tried (`web/trials.py`)."""
    return [replace(route, may_be_tried=route.method != "GET" and not route.takes_file) for route in routes]


def complete(served: Iterable[Route], not_served: Callable[[Call], Awaitable[Response]]) -> list[Route]:
    """What is mounted: the served routes with all their parameters, their v2 aliases, and a refusal for each
    operation of the contract that is not served."""
    routes = [_with_contract(route) for route in served]
    for route in routes:
        if route.body is not None:
            check_body(route.body)
    taken = {_address(route.method, route.path) for route in routes}
    for operation in contract.operations().values():
        if _address(operation.method, operation.path) not in taken:
            taken.add(_address(operation.method, operation.path))
            routes.append(_unserved(operation, not_served))
    return routes + [alias for alias in _aliases(routes) if _address(alias.method, alias.path) not in taken]


def _with_contract(route: Route) -> Route:
    operation = contract.operations().get(route.operation)
    of_contract = operation.query if operation else ()
    known = declared_names(of_contract)
    own = [
        parameter
        for declared in route.filters
        if declared.name.lower() not in known
        for parameter in declared.parameters
    ]
    query = (*of_contract, *own, *route.query)
    return replace(route, query=query, declared=declared_names(query))


def _unserved(operation: contract.Operation, handler: Callable[[Call], Awaitable[Response]]) -> Route:
    return Route(
        operation=operation.name,
        method=operation.method,
        path=operation.path,
        handler=handler,
        doing="answering",
        query=operation.query,
        missing=missing(operation),
    )


def _aliases(routes: list[Route]) -> Iterator[Route]:
    """Version 2 has only the POST of some resources; their other plain addresses answer there too (W18)."""
    created_in_v2 = {route.path.split("/")[2].lower() for route in routes if route.path.startswith("/v2/")
                     and route.method == "POST"}  # fmt: skip
    for route in routes:
        segments = route.path.split("/")
        is_plain = len(segments) == 3 or (len(segments) == 4 and segments[3].startswith("{"))
        if segments[1] == "v1" and is_plain and route.method != "POST" and segments[2].lower() in created_in_v2:
            yield replace(route, path="/v2/" + "/".join(segments[2:]), alias_of=route.operation)


def _address(method: str, path: str) -> tuple[str, str]:
    return method, re.sub(r"\{[^}]*\}", "{}", path).lower()


def _insert(node: _Node, route: Route) -> None:
    names = []
    for segment in route.path.strip("/").split("/"):
        if segment.startswith("{"):
            names.append(segment[1:-1])
            node.parameter = node.parameter or _Node()
            node = node.parameter
        else:
            node = node.literals.setdefault(segment.lower(), _Node())
    if route.method in node.routes:
        raise ValueError(f"two routes for {route.method} {route.path}")
    node.routes[route.method] = (route, tuple(names))


def _walk(
    node: _Node, lowered: list[str], segments: list[str], at: int, values: tuple[str, ...]
) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    if at == len(segments):
        if node.routes:
            yield node, values
        return
    literal = node.literals.get(lowered[at])
    if literal is not None:
        yield from _walk(literal, lowered, segments, at + 1, values)
    if node.parameter is not None:
        yield from _walk(node.parameter, lowered, segments, at + 1, (*values, segments[at]))


_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ADDRESS_HINT = "Percent-encode the address as UTF-8."


def _decoded(segment: bytes) -> str:
    if b"%" in segment:
        if _BAD_PERCENT.search(segment):
            raise Malformed("The address has a % that is not followed by two hex digits.", hint=_ADDRESS_HINT)
        segment = unquote_to_bytes(segment)
    try:
        text = segment.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The address is not UTF-8.", hint=_ADDRESS_HINT) from None
    if "\x00" in text:
        raise Malformed("The address holds a NUL character.", hint=_ADDRESS_HINT)
    return text


def _parameter(value: str) -> str:
    """The id that stands in the address: as it is if it was packed, else without blanks around it (W26)."""
    if value[:4].lower() != "b64(" or not value.endswith(")"):
        return value.strip()
    inner = value[4:-1].rstrip("=")
    try:
        raw = base64.b64decode(inner + "=" * (-len(inner) % 4), altchars=b"-_", validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        raise Malformed(
            f"'{value[:40]}' is not base64url.", hint="Send b64(...) with the base64url of the id, without padding."
        ) from None
    if "\x00" in text:
        raise Malformed("The id holds a NUL character.", hint=_ADDRESS_HINT)
    return text


def path_names(path: str) -> list[str]:
    """The names of a template's parameters, in order."""
    return re.findall(r"\{([^}]*)\}", path)
