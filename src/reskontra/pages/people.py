"""Who looks at a page, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reskontra.users.rules import Role
from reskontra.web.auth import Company
from reskontra.web.routing import Route

FOR_CONTROLLERS = frozenset(
    {
        "CustomerPayment_VoidPaymentBypaymentNumber",
        "Payment_VoidPaymentBypaymentNumber",
        "Reskontra_CloseFinancialPeriod",
        "Reskontra_OpenFinancialPeriod",
        "Reskontra_ReopenFinancialPeriod",
        "Reskontra_RunWriteOff",
        "Reskontra_VoidDunningLetter",
        "Sandbox_Reset",
    }
)
"""The operations that close, void, write off, or throw away the books of a sandbox."""


def role_for(route: Route) -> Role:
    """The least role that may call an operation."""
    if route.method == "GET":
        return Role.READER
    return Role.CONTROLLER if route.operation in FOR_CONTROLLERS else Role.BOOKKEEPER


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in. `actor` is how the change log names them."""

    actor: str
    name: str
    role: Role
    companies: Sequence[Company]
    seal: str
    """What the forms of their session are sealed with; it stands for the session, but does not give it away."""
    language: str | None = None
    """The language of their choice; None: the browser's."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people are called, by how the change log names them."""
    is_sandbox: bool = False
    """Whether nobody had to sign in: the sandbox, asked from this machine."""

    def name_of(self, actor: str) -> str:
        """What somebody whom the log names is called: a program has no other name."""
        return self.names.get(actor, actor)

    def actor_called(self, name: str | None) -> str | None:
        """How the log names somebody with this name; what is nobody's stays as it is."""
        return next((actor for actor, known in self.names.items() if name and known.lower() == name.lower()), name)


class Door(Protocol):
    """Finds out who is asking. `users/` has the real one, a sandbox on loopback has one that lets everybody in."""

    async def person(self, headers: Mapping[str, str], peer: str | None) -> Person | None:
        """Who sent these headers (names in lower case); None if they have to sign in first.

        Raises `NotAuthenticated` if no sign-in would help.
        """
        ...
