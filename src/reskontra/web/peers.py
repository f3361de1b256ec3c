"""The address a request comes from, as far as it can be trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from reskontra.config import Network

_IPV6_PREFIX = 64  # one IPv6 customer usually has a whole /64


def address_of(headers: Mapping[str, str], peer: str | None, trusted: Sequence[Network]) -> str:
    """The caller's address (header names in lower case); "" if there is none, as on a Unix socket.

    Behind trusted proxies it is the last address in X-Forwarded-For that is not one of them.
    """
    address = _read(peer or "")
    for part in reversed(headers.get("x-forwarded-for", "").split(",")):
        if address is None or not any(address in network for network in trusted):
            break
        forwarded = _read(part.strip())
        if forwarded is None:
            break
        address = forwarded
    return "" if address is None else str(address)


def home_of(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 network of an IPv6 address."""
    read = _read(address)
    if isinstance(read, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((read, _IPV6_PREFIX), strict=False))
    return address


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
