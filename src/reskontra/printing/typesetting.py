"""The typesetter, run as a process of its own: JSON in, PDF out. Knows the layout's file and nothing of letters.

Typst remembers what it has laid out, some 100 MiB for a thousand lines, and cannot be stopped from outside. A process
gives the memory back when it ends, and ends when it is told to.
"""

from __future__ import annotations

import sys
from importlib.resources import files

import typst


def main() -> None:
    """Lay out what comes in on standard input. The one argument is the moment of the file in seconds since 1970."""
    pdf = typst.compile(
        files("reskontra.dunning.letters").joinpath("letter.typ").read_bytes(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False),
        ignore_system_fonts=True,
        sys_inputs={"letter": sys.stdin.buffer.read().decode()},
        timestamp=int(sys.argv[1]),
    )
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
