"""The typesetter, run as a process of its own: JSON on standard input, PDF on standard output.

Typst remembers what it has laid out, some 100 MiB for a thousand lines, and cannot be stopped from outside. A process
gives the memory back when it ends, and ends when it is told to.
"""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import typst

PACKAGE = Path(__file__).parents[1]
"""Where layouts are, and the only place that a layout reads from."""

FONTS = PACKAGE / "printing" / "fonts"
"""The house's face, Inter in two weights; the typesetter's own fonts step in for what it lacks."""


def main() -> None:
    """Lay out standard input. Arguments: the layout, and the moment of the file in seconds since 1970."""
    layout, moment = sys.argv[1:]
    pdf: bytes = typst.compile(  # type: ignore[call-overload]  # its stubs want a root of the layout's own type
        find_layout(layout).read_bytes(),
        root=PACKAGE,
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[FONTS]),
        ignore_system_fonts=True,
        sys_inputs={"content": sys.stdin.buffer.read().decode()},
        timestamp=int(moment),
    )
    sys.stdout.buffer.write(pdf)


def find_layout(name: str) -> Path:
    """The file of a layout such as `dunning/letters/letter.typ`. Raises `ValueError` unless it is in the package."""
    path = PurePosixPath(name)
    if path.suffix != ".typ" or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"not a layout of the package: {name}")
    return PACKAGE / path


if __name__ == "__main__":
    main()
