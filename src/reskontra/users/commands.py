"""Creates, changes and disables users, and signs them in and out."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reskontra.changes.store import insert_changes
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.errors import Refused, UnknownReference
from reskontra.users import store
from reskontra.users.rules import Role, User, check_password, checked_email

SESSION, KEPT_SESSION = timedelta(hours=12), timedelta(days=30)
"""How long somebody stays signed in, and how long if they asked to."""

_HASHER = PasswordHasher()  # Argon2id with the library's parameters, which follow RFC 9106
_threads = ThreadPoolExecutor(1, thread_name_prefix="passwords")
_WAITING_MAX = 20
_waiting = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its secret, which only the browser keeps, and when it ends."""

    secret: str
    expires_at: datetime


async def create_user(
    connection: Connection,
    context: Context,
    *,
    email: str,
    name: str,
    role: Role,
    company_ids: Sequence[int],
    password: str,
) -> None:
    """Add a user. Refused: a mail address that is taken or is none, a password that is too short."""
    address = checked_email(email)
    check_password(password)
    user_id = await store.insert_user(
        connection,
        email=address,
        name=name.strip() or address,
        role=role,
        password_hash=_HASHER.hash(password),
        moment=context.now,
    )
    if user_id is None:
        raise Refused(f"There is a user {address} already.", field=("email",), value=address, hint="Choose another.")
    await store.set_companies(connection, user_id, company_ids)
    await _note(connection, context, company_ids, address, "created")


async def change_user(
    connection: Connection,
    context: Context,
    email: str,
    *,
    role: Role | None = None,
    company_ids: Sequence[int] | None = None,
    password: str | None = None,
) -> None:
    """Change a user's role, companies or password. A new password ends all sessions. Raises `UnknownReference`."""
    user = await _known(connection, email)
    if password is not None:
        check_password(password)
        await store.set_password(connection, user.user_id, _HASHER.hash(password))
    if role is not None:
        await store.set_role(connection, user.user_id, role)
    if company_ids is not None:
        await store.set_companies(connection, user.user_id, company_ids)
    await _note(connection, context, await store.company_ids(connection, user.user_id), user.email, "changed")


async def set_language(connection: Connection, email: str, language: str) -> None:
    """Keep the language that a user chose for the pages. It is theirs alone, so the log says nothing of it.

    Raises `UnknownReference`.
    """
    await store.set_language(connection, (await _known(connection, email)).user_id, language)


async def set_disabled(connection: Connection, context: Context, email: str, *, disabled: bool) -> bool:
    """Disable or enable a user; False if nothing changed. Raises `UnknownReference`."""
    user = await _known(connection, email)
    if (user.disabled_at is not None) == disabled:
        return False
    await store.set_disabled(connection, user.user_id, context.now if disabled else None)
    seen = await store.company_ids(connection, user.user_id)
    await _note(connection, context, seen, user.email, "disabled" if disabled else "enabled")
    return True


async def is_password(user: User | None, password: str) -> bool:
    """Whether it is the user's password. Takes as long where there is no such user.

    One at a time in a thread of its own, since each takes 64 MiB and some 50 ms on purpose. Raises `Refused` if too
    many wait.
    """
    global _waiting  # noqa: PLW0603 - how many wait for the one thread of this process
    if _waiting >= _WAITING_MAX:
        raise Refused("Too many people are signing in at once.", hint="Try again in a few seconds.")
    _waiting += 1
    try:
        known = None if user is None else user.password_hash
        matches = await asyncio.get_running_loop().run_in_executor(_threads, _matches, known, password[:200])
    finally:
        _waiting -= 1
    return matches and user is not None and user.disabled_at is None


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """The hash of a password that nobody has. Made when it is first needed: it takes as long as any."""
    return _HASHER.hash(secrets.token_urlsafe(16))


async def begin_session(connection: Connection, user: User, now: datetime, *, keep: bool) -> SignedIn:
    """Sign a user in."""
    secret = secrets.token_urlsafe(32)
    expires_at = now + (KEPT_SESSION if keep else SESSION)
    await store.insert_session(connection, hash_of(secret), user.user_id, now=now, expires_at=expires_at)
    return SignedIn(secret, expires_at)


def hash_of(secret: str) -> bytes:
    """What is stored of a session."""
    return hashlib.sha256(secret.encode()).digest()


async def _known(connection: Connection, email: str) -> User:
    user = await store.find_user(connection, email.strip())
    if user is None:
        raise UnknownReference(field=("user",), value=email, hint="`reskontra user list` shows them.")
    return user


async def _note(connection: Connection, context: Context, company_ids: Sequence[int], email: str, event: str) -> None:
    """Write the event into the change log of each of these companies."""
    for company_id in company_ids:
        await insert_changes(connection, replace(context, company_id=company_id), "User", [(email, event, {})])
