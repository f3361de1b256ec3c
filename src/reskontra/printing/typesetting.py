"""The typesetter: a process that lays out one document after another, JSON on standard input, PDF on standard output.

Typst remembers what it has laid out, which makes the next page of a layout fast, and cannot be stopped from outside.
So it has a process of its own, which ends when it has grown, after a while without work, and when it is told to.
"""

from __future__ import annotations

import resource
import select
import sys
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import typst

PACKAGE = Path(__file__).parents[1]
"""Where layouts are, and the only place that a layout reads from."""

FONTS = PACKAGE / "printing" / "fonts"
"""The house's face, Inter in two weights, and DejaVu Sans for what it lacks of Latin, Greek and Cyrillic."""

IDLE_SECONDS = 60.0
LARGEST_MEMORY_KIB = 192 * 1024
_STATM = Path("/proc/self/statm")


def main() -> None:
    """Answer requests until there are none, or too much memory is in use."""
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while _has_more(source) and (request := _read_request(source)) is not None:
        try:
            answer, is_pdf = _compiled(*request, fonts), True
        except (RuntimeError, ValueError, OSError) as error:
            answer, is_pdf = str(error).encode(), False
        target.write(f"{int(is_pdf)} {len(answer)}\n".encode())
        target.write(answer)
        target.flush()
        if _memory_kib() > LARGEST_MEMORY_KIB:
            break


def _has_more(source: BinaryIO) -> bool:
    """Whether a request comes before the process has been idle for too long. Nothing of it has been read ahead."""
    return bool(select.select([source], [], [], IDLE_SECONDS)[0])


def _memory_kib() -> int:
    """The memory that this process holds. The kernel's peak is no measure on Linux: it begins with the parent's."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize() // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _read_request(source: BinaryIO) -> tuple[str, int, bytes] | None:
    """Layout, moment of the file in seconds since 1970, and content; None at the end of the input."""
    head = source.readline()
    if not head:
        return None
    layout, moment, size = head.decode().rsplit(maxsplit=2)
    return layout, int(moment), source.read(int(size))


def _compiled(layout: str, moment: int, content: bytes, fonts: typst.Fonts) -> bytes:
    pdf: bytes = typst.compile(  # type: ignore[call-overload]  # its stubs want a root of the layout's own type
        find_layout(layout).read_bytes(),
        root=PACKAGE,
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"content": content.decode()},
        timestamp=moment,
    )
    return pdf


def find_layout(name: str) -> Path:
    """The file of a layout such as `dunning/letters/letter.typ`. Raises `ValueError` unless it is in the package."""
    path = PurePosixPath(name)
    if path.suffix != ".typ" or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"not a layout of the package: {name}")
    return PACKAGE / path


if __name__ == "__main__":
    main()
