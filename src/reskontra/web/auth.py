"""Who is asking, and for which company: bearer tokens, scopes, the company header, open mode.

Sources: W19, W21, A1, A2, RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import jwt

from reskontra.clock import Clock, SystemClock
from reskontra.errors import NotAllowed, NotAuthenticated
from reskontra.recent import Recent
from reskontra.web.errors import WrongCompany
from reskontra.web.this_machine import why_foreign
from reskontra.web.watch import Watch

SCOPE = "vismanet_erp_service_api"
SCOPES = frozenset({SCOPE, *(f"{SCOPE}:{verb}" for verb in ("read", "create", "update", "delete"))})
ALGORITHM = "HS256"
OPEN_ACTOR = "open"
"""Who a program without a token is, where none is needed."""

_ONLY_THIS_MACHINE = (
    "Access denied: without a token the sandbox serves only programs on this machine, and this request may come from "
    "elsewhere: {why}. Send a token, or call http://localhost or http://127.0.0.1 directly."
)
_REMEMBERED_SECONDS = 60  # for names and zones of companies; `Watch` notices changes of clients and keys sooner
_SESSIONS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Client:
    """An API client as stored. `scopes` may hold the bare scope, which stands for all four."""

    client_id: str
    name: str
    secret_salt: bytes
    secret_hash: bytes
    scopes: frozenset[str]
    is_disabled: bool

    @property
    def granted(self) -> frozenset[str]:
        """All scopes of the client."""
        return SCOPES if SCOPE in self.scopes else self.scopes & SCOPES

    @property
    def secret_id(self) -> str:
        """Identifies the secret without revealing it. Tokens carry it, so that a new secret invalidates them."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.secret_salt).digest()[:12]).decode()


@dataclass(frozen=True, slots=True)
class Company:
    """What the edge needs to know about a company."""

    company_id: int
    code: str
    name: str
    tenant_id: UUID
    zone: ZoneInfo


class Access(Protocol):
    """Looks up clients and companies. `companies/store/access.py` is the real one."""

    async def find_client(self, client_id: str) -> Client | None: ...

    async def companies_of(self, client_id: str) -> Sequence[Company]:
        """The companies that a client sees, in order of their ids."""
        ...

    async def companies(self) -> Sequence[Company]:
        """All companies, in order of their ids."""
        ...

    async def server_secret(self) -> bytes:
        """The key that signs tokens; made and kept on first use."""
        ...

    async def version(self) -> int:
        """A number that changes whenever a client, its companies or the signing key change."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: the actor's name, its scopes, and the companies that it sees."""

    actor: str
    scopes: frozenset[str]
    companies: tuple[Company, ...]
    is_open: bool = False

    def require(self, scope: str) -> None:
        """Raises `NotAllowed` unless the token carries `scope`."""
        if scope not in self.scopes and SCOPE not in self.scopes:
            raise NotAllowed(f"The token lacks the scope {scope}.")

    def company(self, header: str | None) -> Company:
        """The company of this request, picked by `ipp-company-id` where there are several."""
        if header is not None and header.strip():
            wanted = header.strip()
            for company in self.companies:
                if wanted == str(company.company_id):
                    return company
            raise WrongCompany("Invalid parameter exception: ipp-company-id")
        if not self.companies:
            raise WrongCompany("No license for this company.", "12027")
        if len(self.companies) > 1 and not self.is_open:
            raise WrongCompany("Invalid parameter exception: ipp-company-id")
        return self.companies[0]


@dataclass(slots=True)
class _Session:
    caller: Caller
    expires_at: float
    checked_at: float


class Guard:
    """Authenticates callers. In open mode, programs on this machine need no token.

    Tokens expire in real time: `clock` is the machine's, even if the ledger's own clock is moved.
    """

    def __init__(self, access: Access, *, open_mode: bool = False, clock: Clock | None = None) -> None:
        self._access = access
        self._open_mode = open_mode
        self._clock = clock or SystemClock()
        self._sessions: Recent[bytes, _Session] = Recent(_SESSIONS_MAX)
        self._key: bytes | None = None
        self._everyone: tuple[float, Caller] | None = None
        self._forgotten = 0
        self._watch = Watch(access.version, self.forget, self._clock)

    def forget(self) -> None:
        """Drop everything remembered, because clients or keys have changed or another database may answer now."""
        self._forgotten += 1
        self._sessions.clear()
        self._key = None
        self._everyone = None

    async def caller(self, headers: Mapping[str, str], peer: str | None) -> Caller:
        """Who sent these headers (names in lower case). Raises `NotAuthenticated`."""
        authorization = headers.get("authorization")
        if authorization is None:
            if not self._open_mode:
                raise NotAuthenticated()
            why = why_foreign(headers, peer)
            if why is not None:
                raise NotAuthenticated(_ONLY_THIS_MACHINE.format(why=why))
            return await self._open_caller()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticated(value="")
        return await self._token_caller(token.strip())

    async def _open_caller(self) -> Caller:
        now = self._now()
        if self._everyone is None or now - self._everyone[0] > _REMEMBERED_SECONDS or not self._everyone[1].companies:
            companies = tuple(await self._access.companies())
            self._everyone = (now, Caller(OPEN_ACTOR, frozenset({SCOPE}), companies, is_open=True))
        return self._everyone[1]

    async def _token_caller(self, token: str) -> Caller:
        await self._watch.keep_up()
        digest = hashlib.sha256(token.encode()).digest()
        now = self._now()
        session = self._sessions.get(digest)
        if session is not None and session.expires_at > now and now - session.checked_at <= _REMEMBERED_SECONDS:
            return session.caller
        forgotten = self._forgotten
        session = await self._verified(token, now)
        if self._forgotten == forgotten:  # else what was read may be outdated already
            self._sessions.put(digest, session)
        return session.caller

    async def _verified(self, token: str, now: float) -> _Session:
        claims = await self._claims(token)
        if not isinstance(claims["exp"], int) or claims["exp"] <= now:
            raise NotAuthenticated("The token has expired.", value="")
        client = await self._access.find_client(str(claims["sub"]))
        if client is None or client.is_disabled or claims["secret_id"] != client.secret_id:
            raise NotAuthenticated(value="")
        tenant_id = claims.get("tenant_id")
        companies = tuple(
            company
            for company in await self._access.companies_of(client.client_id)
            if tenant_id is None or str(company.tenant_id) == tenant_id
        )
        scopes = frozenset(str(claims["scope"]).split())
        caller = Caller(client.client_id, client.granted if SCOPE in scopes else scopes & client.granted, companies)
        return _Session(caller, float(claims["exp"]), now)

    async def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a token signed with the current key. Raises `NotAuthenticated`."""
        key = await self._signing_key()
        try:
            return _decoded(token, key)
        except jwt.InvalidSignatureError:
            await self._watch.look()  # another process may just have changed the key
            present = await self._signing_key()
            if present == key:
                raise NotAuthenticated(value="") from None
        except (jwt.InvalidTokenError, ValueError):
            raise NotAuthenticated(value="") from None
        try:
            return _decoded(token, present)
        except (jwt.InvalidTokenError, ValueError):
            raise NotAuthenticated(value="") from None

    async def _signing_key(self) -> bytes:
        while self._key is None:
            forgotten = self._forgotten
            key = await self._access.server_secret()
            if self._forgotten == forgotten:  # as above
                self._key = key
        return self._key

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _decoded(token: str, key: bytes) -> dict[str, Any]:
    return jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        options={"require": ["exp", "sub", "scope", "secret_id"], "verify_exp": False, "verify_iat": False},
    )
