"""Makes, hashes and compares client secrets."""

from __future__ import annotations

import hashlib
import hmac
import secrets

PUBLISHED_SECRET = "demo-secret"  # noqa: S105 - published on purpose: the demo's books are nobody's
"""The secret of the demo's client, as printed in the README."""

PUBLISHED_CLIENT, PUBLISHED_TENANT = "isv_demo", "11111111-2222-4333-8444-555555555555"
"""What goes with it in a request for a token."""

_COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024, "dklen": 32}


def new_secret() -> str:
    """A secret to hand out: 256 random bits as text."""
    return secrets.token_urlsafe(32)


def new_salt() -> bytes:
    """A salt for one client."""
    return secrets.token_bytes(16)


def hash_secret(secret: str, salt: bytes) -> bytes:
    """The hash that is stored for a secret (scrypt). It takes about 50 ms of one core, on purpose."""
    return hashlib.scrypt(secret.encode(), salt=salt, **_COST)


def is_secret(secret: str, salt: bytes, expected: bytes) -> bool:
    """Whether `secret` is the one that was hashed, compared in constant time."""
    return hmac.compare_digest(hash_secret(secret, salt), expected)
