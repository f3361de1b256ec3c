"""Secrets and tokens are masked before a request is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

MASK = "***"

_SECRET_NAME = re.compile(r"authorization|cookie|token|secret|passw|api[-_]?key|assertion", re.IGNORECASE)
_SCHEMED = ("authorization", "proxy-authorization")
_SCHEME = re.compile(r"([A-Za-z][\w-]{0,19})\s+\S")

_NAME = rb"[\w.-]{0,40}(?:secret|passw|token|assertion|api[-_]?key)[\w.-]{0,40}"
_HINTS = (b"secret", b"passw", b"token", b"assertion", b"apikey", b"api-key", b"api_key")
_IN_JSON = re.compile(rb'("' + _NAME + rb'"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)', re.IGNORECASE | re.DOTALL)
_IN_FORM = re.compile(rb"((?:^|[&?])" + _NAME + rb"=)[^&\s]*", re.IGNORECASE)
_IN_PARTS = re.compile(rb'(name="' + _NAME + rb'"[^\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n).*?(?=\r?\n--|$)', re.I | re.DOTALL)
_HARMLESS_IN_TOKEN_REQUEST = ("grant_type", "scope", "tenant_id", "client_id")

NOT_SHOWN = b"(not shown, as it may hold a secret)"


def masked_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers without credentials; of an authorization the scheme is left."""
    return tuple((name, _masked_header(name, value)) for name, value in headers)


def _masked_header(name: str, value: str) -> str:
    if not _SECRET_NAME.search(name):
        return value
    scheme = _SCHEME.match(value.strip()) if name.lower() in _SCHEMED else None
    return f"{scheme[1]} {MASK}" if scheme else MASK


def masked_query(query: str) -> str:
    """A query string without the values of parameters that are called like a secret."""
    return _IN_FORM.sub(rb"\1" + MASK.encode(), query.encode("latin-1")).decode("latin-1")


def masked_body(body: bytes) -> bytes:
    """A body of JSON, of a form or of parts without the values of fields that are called like a secret."""
    lowered = body.lower()
    if not any(hint in lowered for hint in _HINTS):  # most bodies are done here, in a tenth of the time
        return body
    mask = MASK.encode()
    body = _IN_JSON.sub(rb'\1"' + mask + rb'"', body)
    return _IN_PARTS.sub(rb"\1" + mask, _IN_FORM.sub(rb"\1" + mask, body))


def masked_token_request(body: bytes) -> bytes:
    """The form that asks for a token, with nothing shown but what is known to be harmless.

    A body that is not such a form is not shown at all.
    """
    if not body:
        return body
    parts = body.split(b"&")
    if any(b"=" not in part or not part.isascii() or part != part.strip() for part in parts):
        return NOT_SHOWN
    return b"&".join(map(_masked_field, parts))


def _masked_field(part: bytes) -> bytes:
    name, _, _ = part.partition(b"=")
    readable = unquote_plus(name.decode("ascii"))
    if not re.fullmatch(r"[\w.-]{1,60}", readable):
        return MASK.encode()
    return part if readable in _HARMLESS_IN_TOKEN_REQUEST else name + b"=" + MASK.encode()
