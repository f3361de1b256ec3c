"""The address that the caller used, as far as it can be trusted.

`Location` and the token endpoint's address are built from it, so a Host that is not a host name is never echoed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence

from reskontra.config import Network

_HOST = re.compile(r"([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?", re.ASCII)
_PREFIX = re.compile(r"(/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]{1,60}){1,8}", re.ASCII)


class Origin:
    """Finds the scheme, host and prefix of a request; forwarded headers count only from `trusted` networks."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def base_url(self, scheme: str, server: tuple[str, int | None] | None, headers: Mapping[str, str],
                 peer: str | None) -> str:  # fmt: skip
        """`https://host:port`, with the prefix that a trusted proxy says it cut off; no slash at the end."""
        host = headers.get("host", "")
        prefix = ""
        if self._trusted and self._is_trusted(peer):
            host = _last(headers.get("x-forwarded-host")) or host
            forwarded_scheme = _last(headers.get("x-forwarded-proto")).lower()
            scheme = forwarded_scheme if forwarded_scheme in ("http", "https") else scheme
            prefix = _last(headers.get("x-forwarded-prefix")).rstrip("/")
            prefix = prefix if _PREFIX.fullmatch(prefix) else ""
        if not _HOST.fullmatch(host):
            host = _address(server)
        return f"{scheme}://{host}{prefix}"

    def _is_trusted(self, peer: str | None) -> bool:
        try:
            address = ipaddress.ip_address(peer or "")
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


def _last(header: str | None) -> str:
    """What the nearest proxy wrote: the last of several values."""
    return header.rpartition(",")[2].strip() if header else ""


def _address(server: tuple[str, int | None] | None) -> str:
    host, port = server or ("localhost", None)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
