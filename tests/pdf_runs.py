"""Where the text of a PDF page stands, how wide it is and in which font it is set. Holds no test."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdf
from pypdf._cmap import get_encoding

MM = 72 / 25.4


@dataclass(frozen=True)
class Run:
    """A piece of text that is set at once: `left`, `right` and `base`, its base line, are mm from the page's left and
    upper edge; `size` is in points, `font` the family and weight."""

    text: str
    left: float
    right: float
    base: float
    size: float
    font: str


def runs_of(pdf: bytes, page: int = 0) -> list[Run]:
    """All text of a page, in the order in which it is drawn. Turned text, such as a mark across the page, is left out.

    Reads what typst writes: fonts of two-byte glyph numbers with widths of their own.
    """
    read = pypdf.PdfReader(io.BytesIO(pdf)).pages[page]
    height = float(read.mediabox.height)
    fonts = {name: _Font(font.get_object()) for name, font in read["/Resources"]["/Font"].items()}  # type: ignore[index]
    found: list[Run] = []
    font, size = None, 0.0

    def visit(operator: bytes, operands: Any, matrix: Any, text_matrix: Any) -> None:
        nonlocal font, size
        if operator == b"Tf":
            font, size = fonts[operands[0]], float(operands[1])
        if operator not in (b"Tj", b"TJ") or font is None:
            return
        placed = pypdf.Transformation(tuple(text_matrix)).transform(pypdf.Transformation(tuple(matrix))).ctm
        if placed[1]:
            return
        text, width = font.read(operands[0] if operator == b"TJ" else operands)
        left, scale = placed[4] / MM, placed[0]
        if text.strip():
            right = left + width * size * scale / MM
            found.append(Run(text, left, right, (height - placed[5]) / MM, size * scale, font.name))

    read.extract_text(visitor_operand_before=visit)
    return found


def overlaps(runs: list[Run]) -> Iterator[tuple[str, str]]:
    """Texts that run into one another on one line. An accent may stand in the letter that it belongs to."""
    by_line: dict[float, list[Run]] = {}
    for run in runs:
        by_line.setdefault(round(run.base, 1), []).append(run)
    for line in by_line.values():
        for one, other in pairwise(sorted(line, key=lambda run: run.left)):
            if one.right > other.left + 0.05:
                yield one.text, other.text


class _Font:
    """The widths of glyphs in thousandths of the size, and the text that they stand for."""

    def __init__(self, font: Any) -> None:
        below = font["/DescendantFonts"][0].get_object()
        self.name = str(font["/BaseFont"]).rpartition("+")[2].removesuffix("-Identity-H")
        self._other = float(below.get("/DW", 1000))
        self._widths: dict[int, float] = {}
        row = list(below.get("/W", []))
        while row:
            first, second = int(row.pop(0)), row.pop(0).get_object()
            if isinstance(second, list):
                self._widths |= {first + place: float(width) for place, width in enumerate(second)}
            else:
                self._widths |= dict.fromkeys(range(first, int(second) + 1), float(row.pop(0)))
        _, self._signs = get_encoding(font)

    def read(self, pieces: Iterable[Any]) -> tuple[str, float]:
        """The text of what is drawn, and its width in sizes without the blanks at its end."""
        text, width, end = "", 0.0, 0.0
        for piece in pieces:
            is_text = isinstance(piece, bytes | str)
            if not is_text:
                width -= float(piece)
                continue
            raw: bytes = getattr(piece, "original_bytes", piece)
            for place in range(0, len(raw), 2):
                glyph = int.from_bytes(raw[place : place + 2], "big")
                width += self._widths.get(glyph, self._other)
                sign = self._signs.get(chr(glyph), "")
                text, end = text + sign, width if sign.strip() else end
        return text, end / 1000
