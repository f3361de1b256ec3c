"""From which address a request comes, as far as that can be believed. Not the address that it was sent to."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from reskontra.config import Network

_HOMES_PREFIX = 64  # whoever has one address of IPv6 has all of its network


def address_of(headers: Mapping[str, str], peer: str | None, trusted: Sequence[Network]) -> str:
    """The address of the caller (header names in lower case); "" when it is none, as of a Unix socket.

    A trusted proxy is believed who it speaks for: the last address in X-Forwarded-For that is not a trusted proxy.
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
    """What is to be counted as one caller: an address of IPv4, a network of IPv6."""
    read = _read(address)
    if isinstance(read, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((read, _HOMES_PREFIX), strict=False))
    return address


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
