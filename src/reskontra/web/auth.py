"""Who is asking, and for which company: tokens, scopes, the company header, open mode.

Sources: W19, W21, A1, A2, RFC 6749 (token endpoint) and 6750 (bearer tokens).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, unquote_plus
from uuid import UUID
from zoneinfo import ZoneInfo

import jwt
from starlette.responses import Response

from reskontra.clock import Clock, SystemClock
from reskontra.errors import NotAllowed, NotAuthenticated
from reskontra.web.answers import json_answer
from reskontra.web.errors import WrongCompany
from reskontra.web.secrets import is_secret

SCOPE = "vismanet_erp_service_api"
SCOPES = frozenset({SCOPE, *(f"{SCOPE}:{verb}" for verb in ("read", "create", "update", "delete"))})
LIFETIME_SECONDS = 3600
_TRUSTED_SECONDS = 60  # how long a verified token is taken before its client is looked up again
_SESSIONS_MAX = 10_000
_ALGORITHM = "HS256"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Client:
    """An API client as stored. `scopes` may hold the bare scope, which stands for all four."""

    client_id: str
    name: str
    secret_salt: bytes
    secret_hash: bytes
    scopes: frozenset[str]
    is_disabled: bool


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
    client_id: str
    tenant_id: str | None
    expires_at: float
    checked_at: float


class Guard:
    """Issues tokens and authenticates callers.

    Tokens expire in real time: `clock` is the machine's, even if the ledger's own clock is moved.
    """

    def __init__(self, access: Access, *, open_mode: bool = False, clock: Clock | None = None) -> None:
        self._access = access
        self._open_mode = open_mode
        self._clock = clock or SystemClock()
        self._sessions: OrderedDict[bytes, _Session] = OrderedDict()
        self._key: bytes | None = None
        self._everyone: tuple[float, Caller] | None = None

    async def caller(self, headers: Mapping[str, str], peer: str | None) -> Caller:
        """Who sent these headers (names in lower case). Raises `NotAuthenticated`."""
        authorization = headers.get("authorization")
        if authorization is None:
            if self._open_mode and _is_local(headers, peer):
                return await self._open_caller()
            raise NotAuthenticated()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticated(value="")
        return await self._token_caller(token.strip())

    async def _open_caller(self) -> Caller:
        now = self._now()
        if self._everyone is None or now - self._everyone[0] > _TRUSTED_SECONDS or not self._everyone[1].companies:
            companies = tuple(await self._access.companies())
            self._everyone = (now, Caller("open", frozenset({SCOPE}), companies, is_open=True))
        return self._everyone[1]

    async def _token_caller(self, token: str) -> Caller:
        digest = hashlib.sha256(token.encode()).digest()
        now = self._now()
        session = self._sessions.get(digest)
        if session is not None and session.expires_at > now and now - session.checked_at <= _TRUSTED_SECONDS:
            return session.caller
        session = await self._verified(token, now)
        self._sessions[digest] = session
        self._sessions.move_to_end(digest)
        if len(self._sessions) > _SESSIONS_MAX:
            self._sessions.popitem(last=False)
        return session.caller

    async def _verified(self, token: str, now: float) -> _Session:
        try:
            claims = jwt.decode(
                token,
                await self._signing_key(),
                algorithms=[_ALGORITHM],
                options={"require": ["exp", "sub", "scope"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, ValueError):
            raise NotAuthenticated(value="") from None
        if not isinstance(claims["exp"], int) or claims["exp"] <= now:
            raise NotAuthenticated("The token has expired.", value="")
        client = await self._access.find_client(str(claims["sub"]))
        if client is None or client.is_disabled:
            raise NotAuthenticated(value="")
        tenant_id = claims.get("tenant_id")
        companies = tuple(
            company
            for company in await self._access.companies_of(client.client_id)
            if tenant_id is None or str(company.tenant_id) == tenant_id
        )
        scopes = frozenset(str(claims["scope"]).split())
        caller = Caller(client.client_id, scopes, companies)
        return _Session(caller, client.client_id, tenant_id, float(claims["exp"]), now)

    async def token_answer(self, headers: Mapping[str, str], body: bytes) -> Response:
        """The answer of POST /connect/token (client credentials; in the body or as HTTP Basic)."""
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _token_error("invalid_request", "Send the request as application/x-www-form-urlencoded.")
        try:
            form = {name: values[-1] for name, values in parse_qs(body.decode(), max_num_fields=50).items()}
        except ValueError:
            return _token_error("invalid_request", "The form cannot be read.")
        if form.get("grant_type") != "client_credentials":
            return _token_error("unsupported_grant_type", "Only client_credentials is served.")
        basic = _basic_pairs(headers.get("authorization", ""))
        client = await self._authenticated(basic or [(form.get("client_id", ""), form.get("client_secret", ""))])
        if client is None:
            return _token_error("invalid_client", "The client or its secret is not known.", basic=bool(basic))
        return await self._issue(client, form)

    async def _authenticated(self, pairs: Sequence[tuple[str, str]]) -> Client | None:
        for client_id, secret in pairs:
            client = await self._access.find_client(client_id) if _is_storable(client_id) else None
            salt, expected = (client.secret_salt, client.secret_hash) if client else (b"nobody", b"\x00" * 32)
            # An unknown client takes as long as a known one, so that the time does not give names away.
            matches = await asyncio.to_thread(is_secret, secret, salt, expected)
            if client is not None and matches and not client.is_disabled:
                return client
        return None

    async def _issue(self, client: Client, form: Mapping[str, str]) -> Response:
        granted = client.scopes & SCOPES
        if SCOPE in granted:
            granted = SCOPES
        asked = frozenset(form.get("scope", "").split()) or client.scopes
        if SCOPE in asked and SCOPE not in granted:
            asked = asked - {SCOPE} | granted  # the bare scope asks for all that the client has
        if not asked or not asked <= granted:
            return _token_error("invalid_scope", "The client does not have this scope.")
        tenant_id = form.get("tenant_id")
        if tenant_id:
            companies = await self._access.companies_of(client.client_id)
            tenant_id = next((str(c.tenant_id) for c in companies if _same_tenant(c.tenant_id, tenant_id)), None)
            if tenant_id is None:
                return _token_error("invalid_grant", "The client has no access to this tenant.")
        scope = " ".join(sorted(asked))
        now = int(self._now())
        claims = {"sub": client.client_id, "scope": scope, "iat": now, "exp": now + LIFETIME_SECONDS}
        claims["jti"] = str(self._clock.new_id())
        if tenant_id:
            claims["tenant_id"] = tenant_id
        token = jwt.encode(claims, await self._signing_key(), algorithm=_ALGORITHM)
        answer = {"access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer", "scope": scope}
        return json_answer(answer, headers=_NOT_STORED)

    async def _signing_key(self) -> bytes:
        if self._key is None:
            self._key = await self._access.server_secret()
        return self._key

    def _now(self) -> float:
        return self._clock.now().timestamp()


def discovery(base_url: str) -> dict[str, object]:
    """The document at /.well-known/openid-configuration; only what this server does."""
    return {
        "issuer": base_url,
        "token_endpoint": f"{base_url}/connect/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": sorted(SCOPES),
        "response_types_supported": ["token"],
    }


_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _token_error(error: str, description: str, basic: bool = False) -> Response:
    headers = {**_NOT_STORED, "WWW-Authenticate": 'Basic realm="reskontra"'} if basic else _NOT_STORED
    return json_answer({"error": error, "error_description": description}, 401 if basic else 400, headers)


def _basic_pairs(authorization: str) -> list[tuple[str, str]]:
    """The client id and secret of an HTTP Basic header, as sent and as RFC 6749 wants them (form-encoded)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return []
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return [("", "")]
    sent = (client_id, secret)
    unquoted = (unquote_plus(client_id), unquote_plus(secret))
    return [sent] if sent == unquoted else [unquoted, sent]


def _is_storable(text: str) -> bool:
    return bool(text) and "\x00" not in text and text.isprintable()


def _same_tenant(tenant_id: UUID, text: str) -> bool:
    try:
        return tenant_id == UUID(text.strip())
    except ValueError:
        return False


def _is_local(headers: Mapping[str, str], peer: str | None) -> bool:
    """Whether a request comes from this machine itself, not through a proxy and not from a foreign web page."""
    if peer is None or any(name in headers for name in _FORWARDED):
        return False
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower():
        return False
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
