"""Whether a request comes from a program on this machine, not through a proxy and not from a web page.

A loopback peer does not prove it. A browser on this machine sends whatever any web page tells it to, and the page can
even read the answers if its own host name points to 127.0.0.1 (DNS rebinding). So the request must be addressed to a
name that nobody else can own.

Sources: A2, X3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from reskontra.config import is_loopback
from reskontra.web.scalars import shown

_PROXIED = frozenset(
    {
        "cdn-loop", "cf-connecting-ip", "cf-connecting-ipv6", "client-ip", "fastly-client-ip", "forwarded",
        "forwarded-for", "true-client-ip", "via", "x-client-ip", "x-cluster-client-ip", "x-envoy-external-address",
        "x-forwarded", "x-forwarded-by", "x-forwarded-client-cert", "x-forwarded-for", "x-forwarded-host",
        "x-forwarded-path", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-protocol",
        "x-forwarded-scheme", "x-forwarded-server", "x-forwarded-ssl", "x-forwarded-uri", "x-original-forwarded-for",
        "x-original-host", "x-original-uri", "x-original-url", "x-real-ip", "x-real-port",
    }
)  # fmt: skip
"""Headers that proxies add, in lower case. Any of them means that the peer only forwards the request."""

_SAME_PAGE = ("none", "same-origin")
_PORT = re.compile(r":\d*\Z", re.ASCII)


def why_foreign(headers: Mapping[str, str], peer: str | None) -> str | None:
    """Why a request (header names in lower case) may come from elsewhere, as half a sentence; None if it cannot."""
    if peer is None or not is_loopback(peer):
        return f"it comes from {peer or 'an unknown address'}"
    if not _PROXIED.isdisjoint(headers):
        return f"its header {min(_PROXIED & headers.keys())} says that it came through a proxy"
    host = headers.get("host", "").strip()
    if not _names_this_machine(host):
        return f"its Host '{shown(host)}' is neither localhost nor a loopback address"
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return f"its Origin '{shown(origin)}' says that a web page sent it"
    site = headers.get("sec-fetch-site")
    if site is not None and site.strip().lower() not in _SAME_PAGE:
        return f"its Sec-Fetch-Site '{shown(site)}' says that a web page sent it"
    return None


def is_web_page_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a POST was sent by a web page that is not of this machine. Browsers send an Origin with every POST."""
    origin = headers.get("origin")
    return origin is not None and not _names_this_machine(origin.partition("://")[2])


@lru_cache(maxsize=32)  # nearly all requests have the same Host
def _names_this_machine(host: str) -> bool:
    """Whether `host` (with or without a port) is `localhost`, in 127.0.0.0/8, or `[::1]`."""
    name = _PORT.sub("", host).lower()
    return is_loopback(name[1:-1] if name[:1] + name[-1:] == "[]" else name)
