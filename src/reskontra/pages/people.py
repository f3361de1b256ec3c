"""Who looks at a page, and what they may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
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


async def no_names() -> Mapping[str, str]:
    """Where nobody signs in, nobody has a name."""
    return {}


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
    find_names: Callable[[], Awaitable[Mapping[str, str]]] = no_names
    """What people are called, by how the change log names them; for the few pages that name others."""
    is_sandbox: bool = False
    """Whether nobody had to sign in: the sandbox, asked from this machine."""


class Door(Protocol):
    """Finds out who is asking. `users/` has the real one, a sandbox on loopback has one that lets everybody in."""

    async def person(self, headers: Mapping[str, str], peer: str | None) -> Person | None:
        """Who sent these headers (names in lower case); None if they have to sign in first.

        Raises `NotAuthenticated` if no sign-in would help.
        """
        ...
