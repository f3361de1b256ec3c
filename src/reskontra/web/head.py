"""Checks the head of a request: its version, its host, and how its body is framed.

We and a proxy in front of us must agree on where a body ends and which host a request is for. Otherwise the proxy's
body can be our next request (request smuggling). llhttp refuses heads that are malformed; this module refuses those
that are well-formed but that others may read differently.

Sources: W24, RFC 9112 (2.3, 3.2, 6.1), RFC 9110 (10.1.1, 15.6.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import httptools

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case and values as sent, in the order sent."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_VALUE_MAX = 60


class Unservable(Exception):
    """A request after which the connection closes, as what follows cannot be trusted."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def check_head(version: str, headers: Headers) -> bool:
    """Whether the client waits for "100 Continue" before it sends the body.

    Raises `Unservable` for a head that is ambiguous, or that asks for something not served.
    """
    if version not in ("1.1", "1.0"):
        _refuse_version(version)
    fields = dict(headers)
    host = fields.get(b"host")
    if host is None:
        if version == "1.1":
            raise Unservable(400, "The Host header is missing. Send the name of this server in it.")
    elif not _is_host(host):
        raise Unservable(400, f"The Host header '{_shown(host)}' is not a host name. Send the name of this server.")
    elif len(fields) != len(headers) and len(_values(headers, b"host")) > 1:
        raise Unservable(400, "The Host header was sent more than once. Send it once.")
    if b"transfer-encoding" in fields:
        _check_coding(version, _values(headers, b"transfer-encoding"))
    if b"expect" in fields:
        _check_expectation(_values(headers, b"expect"))
        return version == "1.1"
    return False


@lru_cache(maxsize=32)  # nearly all requests have the same Host
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value.strip()) is not None


def addressed(target: bytes, headers: Headers) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Path and headers of a request for a whole URL. Its host replaces the Host header (RFC 9112 3.2.2).

    Raises `httptools.HttpParserInvalidURLError` if the target is not a URL.
    """
    url = httptools.parse_url(target)
    host = url.host or b""
    host = b"[%s]" % host if b":" in host else host
    authority = b"%s:%d" % (host, url.port) if url.port else host
    path = (url.path or b"/") + (b"?" + url.query if url.query else b"")
    return path, [(b"host", authority), *((name, value) for name, value in headers if name != b"host")]


def written_without(method: bytes, target: bytes, version: str, headers: Headers, left_out: bytes) -> bytes:
    """A parsed head as bytes again, without the header `left_out`."""
    lines = [b"%s %s HTTP/%s" % (method, target, version.encode())]
    lines += (b"%s: %s" % header for header in headers if header[0] != left_out)
    return b"\r\n".join([*lines, b"", b""])


def _refuse_version(version: str) -> None:
    if version == "0.9":
        raise Unservable(400, "The request line names no version of HTTP. Send HTTP/1.1.")
    raise Unservable(505, f"HTTP/{version} is not served here. Send HTTP/1.1.")


def _check_coding(version: str, codings: Sequence[bytes]) -> None:
    sent = b", ".join(codings)
    if version == "1.0":
        raise Unservable(400, "HTTP/1.0 has no Transfer-Encoding. Send a Content-Length, or HTTP/1.1.")
    if sent.lower() == b"chunked":
        return
    hint = "Send only 'chunked', or a Content-Length. For a compressed body use Content-Encoding."
    if sent.lower().rpartition(b",")[2].strip() != b"chunked":
        raise Unservable(400, f"The Transfer-Encoding '{_shown(sent)}' does not say where the body ends. {hint}")
    raise Unservable(501, f"The Transfer-Encoding '{_shown(sent)}' is not served. {hint}")


def _check_expectation(expectations: Iterable[bytes]) -> None:
    for expectation in expectations:
        if expectation.strip().lower() != b"100-continue":
            reason = f"The expectation '{_shown(expectation)}' cannot be met. Leave out Expect, or send '100-continue'."
            raise Unservable(417, reason)


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value.strip() for it, value in headers if it == name]


def _shown(value: bytes) -> str:
    text = ascii(value[:_VALUE_MAX].decode("latin-1"))[1:-1]
    return text if len(value) <= _VALUE_MAX else f"{text}..."
