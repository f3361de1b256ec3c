"""How much memory our own PostgreSQL uses for its shared buffers."""

from __future__ import annotations

import os
from pathlib import Path

_MEBIBYTE = 1024 * 1024
_LEAST, _MOST = 128, 1024
_SHARE = 8
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def shared_buffers(limits: tuple[Path, ...] = _CGROUP_LIMITS) -> str:
    """The setting: an eighth of the memory that this process may use, from 128 MB to 1 GB. It is only used as needed.

    `limits` are files that may hold a container's limit in bytes.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in limits:
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            memory = min(memory, int(text))
    return f"{max(_LEAST, min(memory // _SHARE // _MEBIBYTE, _MOST))}MB"
