"""The token endpoint: exchanges client credentials for a bearer token, and slows down guessing.

Sources: W19, A1, RFC 6749 (client credentials, errors).

Hashing a secret costs 40 ms and 16 MB on purpose, so it has its own thread and a short queue, and callers that keep
failing must pause first. Token requests cannot take the machine away from other requests.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote_plus
from uuid import UUID

import jwt
import structlog
from starlette.responses import Response

from reskontra.clock import Clock, SystemClock
from reskontra.config import Network
from reskontra.recent import Recent
from reskontra.web.answers import json_answer
from reskontra.web.auth import ALGORITHM, SCOPE, SCOPES, Access, Client
from reskontra.web.pauses import Pauses
from reskontra.web.peers import address_of, home_of
from reskontra.web.secrets import PUBLISHED_SECRET, is_secret
from reskontra.web.this_machine import is_web_page_elsewhere

LIFETIME_SECONDS = 3600
WORKERS = 1
"""Threads that hash. One makes about 25 tokens a second: enough for 90,000 clients that renew every hour."""

WAITING_MAX = 25
"""Requests waiting for the thread, about a second of work. More are told to retry."""

_REMEMBERED_MAX = 10_000
_CLIENT_ID_LENGTH_MAX = 200
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NoToken(Exception):
    """No token for this request. `error` and `description` go to the caller, `reason` to the log and the metrics."""

    def __init__(self, reason: str, error: str, description: str, *, status: int = 400, after: int = 0) -> None:
        super().__init__(description)
        self.reason = reason
        self.error = error
        self.description = description
        self.status = status
        self.after = after
        """Seconds after which a retry makes sense; 0 if it does not."""


def not_known(reason: str) -> NoToken:
    """One answer for everything wrong with credentials, so that it does not reveal which clients exist."""
    return NoToken(reason, "invalid_client", "The client or its secret is not known.")


@dataclass(frozen=True, slots=True)
class _Request:
    """A token request. `pairs` are the possible readings of its credentials; HTTP Basic has two."""

    form: Mapping[str, str]
    pairs: Sequence[tuple[str, str]]
    is_basic: bool

    @property
    def client_id(self) -> str:
        return self.pairs[0][0][:_CLIENT_ID_LENGTH_MAX]


@dataclass(frozen=True, slots=True)
class _Caller:
    """A client id at an address, whether or not there is such a client."""

    client_id: str
    home: str

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """What failures are counted by: the two together, and each of them."""
        return (self, ("address", self.home), ("client", self.client_id))


class TokenDesk:
    """Issues tokens. `note` gets the reason of each refusal; `takes_published` allows the demo's published secret.

    Tokens expire in real time: `clock` is the machine's, even if the ledger's own clock is moved.
    """

    def __init__(
        self,
        access: Access,
        *,
        note: Callable[[str], None],
        takes_published: bool = True,
        trusted_proxies: Sequence[Network] = (),
        clock: Clock | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._access = access
        self._note = note
        self._takes_published = takes_published
        self._trusted_proxies = tuple(trusted_proxies)
        self._clock = clock or SystemClock()
        self._pauses = Pauses() if pauses is None else pauses
        self._hashing = _Hashing()
        self._salt = secrets.token_bytes(16)
        self._known: Recent[_Caller, bool] = Recent(_REMEMBERED_MAX)
        self._failed: Recent[_Caller, bytes] = Recent(_REMEMBERED_MAX)

    async def answer(self, headers: Mapping[str, str], peer: str | None, body: bytes) -> Response:
        """The answer of POST /connect/token (client credentials; in the body or as HTTP Basic)."""
        address = address_of(headers, peer, self._trusted_proxies)
        request = None
        try:
            request = _read(headers, body)
            self._check_published(request, headers)
            client = await self._authenticated(request, address)
            return await self._issue(client, request.form)
        except NoToken as refusal:
            self._note(refusal.reason)
            client_id = _printable(request.client_id) if request else ""
            log.warning("token refused", client_id=client_id, address=address, reason=refusal.reason)
            return _refused(refusal, is_basic=request is not None and request.is_basic)

    def _check_published(self, request: _Request, headers: Mapping[str, str]) -> None:
        """Any page in a browser on this machine knows the published secret, and may reach us by DNS rebinding (X3)."""
        if all(secret != PUBLISHED_SECRET for _, secret in request.pairs):
            return
        if not self._takes_published or is_web_page_elsewhere(headers):
            raise NoToken(
                "published_secret",
                "invalid_client",
                "The demo's secret is published, so it works only on this machine and not from web pages. Set another "
                "with RESKONTRA_SANDBOX_SECRET or `reskontra client rotate`.",
            )

    async def _authenticated(self, request: _Request, address: str) -> Client:
        """The client that these credentials belong to. Raises `NoToken`."""
        caller = _Caller(request.client_id, home_of(address))
        self._check_pauses(caller)
        async with self._hashing.turn():
            self._check_pauses(caller)  # other attempts may have failed while this one waited
            reason = "unknown_client"
            for client_id, secret in request.pairs:
                client = await self._access.find_client(client_id) if _is_storable(client_id) else None
                salt, expected = (client.secret_salt, client.secret_hash) if client else (b"nobody", b"\x00" * 32)
                # An unknown client takes as long as a known one, so that the time does not give names away.
                matches = await self._hashing.is_secret(secret, salt, expected)
                if client is None:
                    continue
                if matches and not client.is_disabled:
                    self._pauses.forget(*caller.keys)
                    self._known.put(caller, True)
                    return client
                reason = "disabled_client" if matches else "wrong_secret"
            self._count_failure(caller, request.pairs[0][1])
        raise not_known(reason)

    def _count_failure(self, caller: _Caller, secret: str) -> None:
        """Count it for this client at this address, and unless it is the same attempt again, for each of the two.

        A program with an outdated secret tries it again and again. It does not guess, and must not pause others.
        """
        attempt = hashlib.blake2b(secret.encode(), key=self._salt, digest_size=16).digest()
        is_again = self._failed.get(caller) == attempt
        self._failed.put(caller, attempt)
        self._pauses.failed(*(caller.keys[:1] if is_again else caller.keys))

    def _check_pauses(self, caller: _Caller) -> None:
        # Guessing elsewhere, or by a neighbour, must not lock out a client that is known at its address.
        keys = caller.keys[:1] if caller in self._known else caller.keys
        seconds = self._pauses.seconds_left(*keys)
        if seconds:
            raise NoToken(
                "paused",
                "temporarily_unavailable",
                f"Too many attempts with a wrong client or secret. Try again in {seconds} seconds.",
                status=429,
                after=seconds,
            )

    async def _issue(self, client: Client, form: Mapping[str, str]) -> Response:
        asked = frozenset(form.get("scope", "").split()) or client.scopes
        if SCOPE in asked and SCOPE not in client.granted:
            asked = asked - {SCOPE} | client.granted  # the bare scope asks for all scopes of the client
        if not asked or not asked <= client.granted:
            raise NoToken("scope", "invalid_scope", "The client does not have this scope.")
        scope = " ".join(sorted(asked))
        now = int(self._clock.now().timestamp())
        claims: dict[str, Any] = {"sub": client.client_id, "scope": scope, "iat": now, "exp": now + LIFETIME_SECONDS}
        claims |= {"jti": str(self._clock.new_id()), "secret_id": client.secret_id}
        if form.get("tenant_id"):
            claims["tenant_id"] = await self._tenant(client, form["tenant_id"])
        # Not the remembered key: another process may have changed it.
        token = jwt.encode(claims, await self._access.server_secret(), algorithm=ALGORITHM)
        answer = {"access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer", "scope": scope}
        return json_answer(answer, headers=_NOT_STORED)

    async def _tenant(self, client: Client, asked: str) -> str:
        for company in await self._access.companies_of(client.client_id):
            if _same_tenant(company.tenant_id, asked):
                return str(company.tenant_id)
        raise NoToken("tenant", "invalid_grant", "The client has no access to this tenant.")


class _Hashing:
    """Compares secrets in its own thread, in order of arrival."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="client-secrets")
        self._free = asyncio.Semaphore(WORKERS)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """The context for calling `is_secret`. Raises `NoToken` if too many requests are waiting."""
        if self._waiting >= WAITING_MAX:
            raise NoToken("busy", "temporarily_unavailable", "Too many token requests at once.", status=503, after=1)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    async def is_secret(self, secret: str, salt: bytes, expected: bytes) -> bool:
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(is_secret, secret, salt, expected)
        )


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


def _read(headers: Mapping[str, str], body: bytes) -> _Request:
    """Raises `NoToken`."""
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise NoToken("malformed", "invalid_request", "Send the request as application/x-www-form-urlencoded.")
    try:
        form = {name: values[-1] for name, values in parse_qs(body.decode(), max_num_fields=50).items()}
    except ValueError:
        raise NoToken("malformed", "invalid_request", "The form cannot be read.") from None
    if form.get("grant_type") != "client_credentials":
        raise NoToken("malformed", "unsupported_grant_type", "Only client_credentials is served.")
    basic = _basic_pairs(headers.get("authorization", ""))
    return _Request(form, basic or [(form.get("client_id", ""), form.get("client_secret", ""))], bool(basic))


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


def _refused(refusal: NoToken, *, is_basic: bool) -> Response:
    status, headers = refusal.status, dict(_NOT_STORED)
    if is_basic and refusal.error == "invalid_client":
        status, headers["WWW-Authenticate"] = 401, 'Basic realm="reskontra"'
    if refusal.after:
        headers["Retry-After"] = str(refusal.after)
    return json_answer({"error": refusal.error, "error_description": refusal.description}, status, headers)


def _is_storable(text: str) -> bool:
    return 0 < len(text) <= _CLIENT_ID_LENGTH_MAX and "\x00" not in text and text.isprintable()


def _printable(text: str) -> str:
    """A client id as sent, safe for a log line."""
    return text if text.isascii() and text.isprintable() else ascii(text)


def _same_tenant(tenant_id: UUID, text: str) -> bool:
    try:
        return tenant_id == UUID(text.strip())
    except ValueError:
        return False
