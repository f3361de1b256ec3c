"""The routes of one resource, one line each, which share the start of their address, their words and their structs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from reskontra.web.contract import Declared, Parameter
from reskontra.web.routing import Route

if TYPE_CHECKING:
    from starlette.responses import Response

    from reskontra.web.call import Call

    Handler: TypeAlias = Callable[[Call], Awaitable[Response]]

Struct: TypeAlias = type[msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The routes at `path` and below it. `noun` is what an error says it failed to read, create or update.

    `below` is what follows `path` in an address, without the slash between them.
    """

    path: str
    noun: str
    answer: Struct | None = None
    body: Struct | None = None
    plural: str = ""
    """The plural, if it is not the noun with an s."""

    def many(
        self,
        operation: str,
        handler: Handler,
        below: str = "",
        *,
        filters: tuple[Declared, ...] = (),
        query: tuple[Parameter, ...] = (),
        needed: tuple[str, ...] = (),
    ) -> Route:
        """GET a list. It takes the parameters of the contract, of `filters`, and `query`: further ones of our own.

        Without those in `needed` it is refused.
        """
        doing, path = f"reading {self._plural}", self._at(below)
        return Route(
            operation, "GET", path, handler, doing, answer=self.answer, lists=True, filters=filters, query=query,
            needed=frozenset(needed),
        )  # fmt: skip

    def texts(self, operation: str, handler: Handler) -> Route:
        """GET a bare array of texts."""
        return Route(operation, "GET", self.path, handler, f"reading {self._plural}", texts=True)

    def one(
        self,
        operation: str,
        handler: Handler,
        below: str = "",
        *,
        filters: tuple[Declared, ...] = (),
        query: tuple[Parameter, ...] = (),
    ) -> Route:
        """GET one. `filters` and `query`: parameters of our own."""
        path, doing = self._at(below), f"reading {self.noun}"
        return Route(operation, "GET", path, handler, doing, answer=self.answer, filters=filters, query=query)

    def post(self, operation: str, handler: Handler, below: str = "") -> Route:
        """POST a new one."""
        return Route(operation, "POST", self._at(below), handler, f"creating {self.noun}", body=self.body)

    def put(self, operation: str, handler: Handler, below: str, *, query: tuple[Parameter, ...] = ()) -> Route:
        """PUT a change of one. `query`: parameters of our own."""
        return Route(operation, "PUT", self._at(below), handler, f"updating {self.noun}", body=self.body, query=query)

    def file(
        self,
        operation: str,
        handler: Handler,
        below: str,
        verb: str,
        media: str,
        *,
        filters: tuple[Declared, ...] = (),
        query: tuple[Parameter, ...] = (),
    ) -> Route:
        """GET a file. `filters` and `query`: parameters of our own."""
        path, doing = self._at(below), f"{verb} {self.noun}"
        return Route(operation, "GET", path, handler, doing, media=media, filters=filters, query=query)

    def attach(self, operation: str, handler: Handler, below: str) -> Route:
        """POST a file. Its refusals spell fields as `body` does, which is the metadata that come with it."""
        doing = f"attaching a file to {self.noun}"
        return Route(operation, "POST", self._at(below), handler, doing, takes_file=True, spelling=self.body)

    def put_file(self, operation: str, handler: Handler, below: str) -> Route:
        """PUT a file."""
        return Route(operation, "PUT", self._at(below), handler, f"updating {self.noun}", takes_file=True)

    def delete(self, operation: str, handler: Handler, below: str, *, query: tuple[Parameter, ...] = ()) -> Route:
        """DELETE one. `query`: parameters of our own."""
        return Route(operation, "DELETE", self._at(below), handler, f"deleting {self.noun}", query=query)

    def act(
        self,
        operation: str,
        handler: Handler,
        below: str,
        verb: str,
        *,
        body: Struct | None = None,
        answer: Struct | None = None,
        query: tuple[Parameter, ...] = (),
    ) -> Route:
        """POST an action. `verb` is what an error says it failed at, such as `releasing`.

        Without a body, its refusals spell fields as the bodies of the resource do. Without an answer of its own, it
        answers as the resource does. `query`: parameters of our own.
        """
        path, doing, spelling = self._at(below), f"{verb} {self.noun}", None if body else self.body
        answer = answer or self.answer
        return Route(
            operation, "POST", path, handler, doing, body=body, answer=answer, spelling=spelling, query=query
        )  # fmt: skip

    @property
    def _plural(self) -> str:
        return self.plural or f"{self.noun}s"

    def _at(self, below: str) -> str:
        return f"{self.path}/{below}" if below else self.path
