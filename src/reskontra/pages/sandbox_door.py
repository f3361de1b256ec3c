"""The door of a sandbox that is open to its machine: who asks from there is let in as `sandbox`, with every role."""

from __future__ import annotations

from collections.abc import Mapping

from reskontra.pages.people import Person
from reskontra.users.rules import Role
from reskontra.web.auth import Guard

_ACTOR = "sandbox"


class SandboxDoor:
    """Lets in the programs and browsers of this machine, by the same test as the API's (A2)."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def person(self, headers: Mapping[str, str], peer: str | None) -> Person | None:
        caller = await self._guard.caller({name: headers[name] for name in headers if name != "authorization"}, peer)
        return Person(
            actor=_ACTOR, name=_ACTOR, role=Role.ADMIN, companies=caller.companies, seal=_ACTOR, is_sandbox=True
        )
