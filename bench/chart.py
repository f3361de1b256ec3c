"""Draws lines over a logarithmic axis as an SVG that can be read on light and on dark pages. Knows no bench."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 586, 60, 356
_STEP, _LEAST_TOP = 0.25, 1.5
_LABEL_HEIGHT = 17
_SHAPES = ("circle", "square", "diamond", "triangle")
_STYLE = """
  svg { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d1d9e0; --limit: #b42318;
        --line-0: #0b62a8; --line-1: #b04a00; --line-2: #00735a; --line-3: #8a3f86; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --grid: #2f3742; --limit: #ff8078;
          --line-0: #6cb6ff; --line-1: #f0a35e; --line-2: #4cc9a4; --line-3: #dd9be0; }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 16px; font-weight: 600; }
  .faint { fill: var(--faint); }
  .limit { fill: var(--limit); }
  .grid { stroke: var(--grid); }
  .target { stroke: var(--limit); stroke-dasharray: 6 4; }
  .line { fill: none; stroke-width: 2; }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure at a place of the axis below. `words` are shown by whoever points at it."""

    place: float
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """Points from left to right, and what they are of."""

    name: str
    points: Sequence[Point]


def draw(title: str, about: str, lines: Sequence[Line], *, below: str, target: float) -> str:
    """The picture. Up to four lines; `below` names the axis below; `target` is drawn as a line not to be crossed."""
    places = sorted({point.place for line in lines for point in line.points})
    frame = _Frame.around(places, max([target, *(point.value for line in lines for point in line.points)]))
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="var(--ground)"/>',
        _text(_LEFT, 24, title, "title"),
        _text(_LEFT, 44, about, "faint"),
        *_axes(frame, places, below),
        _limit(frame, target),
    ]
    for number, line in enumerate(lines):
        drawn += _line(frame, line, number)
    drawn += _names(frame, lines)
    return "\n".join([*drawn, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where figures lie on the picture: logarithmic from left to right, from nothing upwards."""

    first: float
    last: float
    top: float

    @classmethod
    def around(cls, places: Sequence[float], highest: float) -> _Frame:
        return cls(places[0], places[-1], max(_LEAST_TOP, math.ceil(highest / _STEP) * _STEP))

    def x(self, place: float) -> float:
        if self.first == self.last:
            return (_LEFT + _RIGHT) / 2
        return _LEFT + 20 + (_RIGHT - _LEFT - 40) * math.log(place / self.first) / math.log(self.last / self.first)

    def y(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * value / self.top


def _axes(frame: _Frame, places: Sequence[float], below: str) -> list[str]:
    drawn = []
    for step in range(round(frame.top / _STEP) + 1):
        value = step * _STEP
        y = frame.y(value)
        drawn.append(f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(_text(_LEFT - 8, y + 4, f"{value:g}", "faint", "end"))
    for place in places:
        x = frame.x(place)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_BOTTOM}" y2="{_BOTTOM + 6}"/>')
        drawn.append(_text(x, _BOTTOM + 22, f"{place:,.0f}", "faint", "middle"))
    drawn.append(_text((_LEFT + _RIGHT) / 2, _BOTTOM + 46, below, "faint", "middle"))
    return drawn


def _limit(frame: _Frame, target: float) -> str:
    y = frame.y(target)
    line = f'<line class="target" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + _text(_LEFT + 6, y - 6, f"at most {target:g}", "limit")


def _line(frame: _Frame, line: Line, number: int) -> list[str]:
    colour, shape = f"var(--line-{number % len(_SHAPES)})", _SHAPES[number % len(_SHAPES)]
    at = [(frame.x(point.place), frame.y(point.value)) for point in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    marks = [_mark(shape, x, y, colour, point.words) for (x, y), point in zip(at, line.points, strict=True)]
    return [f'<polyline class="line" stroke="{colour}" points="{path}"/>', *marks]


def _mark(shape: str, x: float, y: float, colour: str, words: str) -> str:
    outline: Mapping[str, str] = {
        "circle": f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        "square": f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z",
        "diamond": f"M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
        "triangle": f"M{x:.1f} {y - 5:.1f}l5 9h-10z",
    }
    return f'<path class="point" d="{outline[shape]}" fill="{colour}"><title>{escape(words)}</title></path>'


def _names(frame: _Frame, lines: Sequence[Line]) -> list[str]:
    """The name of each line and its last figure beside its end, moved down where another one is in the way."""
    drawn, lowest = [], 0.0
    ends = sorted((frame.y(line.points[-1].value), number) for number, line in enumerate(lines))
    room = _BOTTOM - _LABEL_HEIGHT * len(lines)
    for place, (end, number) in enumerate(ends):
        lowest = min(max(end, lowest + _LABEL_HEIGHT), room + _LABEL_HEIGHT * (place + 1))
        line, colour = lines[number], f"var(--line-{number % len(_SHAPES)})"
        drawn.append(_mark(_SHAPES[number % len(_SHAPES)], _RIGHT + 12, lowest, colour, line.name))
        drawn.append(_text(_RIGHT + 24, lowest + 4, f"{line.name} {line.points[-1].value:.2f}"))
    return drawn


def _text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{escape(words)}</text>'
