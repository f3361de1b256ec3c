"""What `bench growth` draws and which options it takes. What it measures is seen in test_bench."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import __main__ as command_line
from bench import chart, growth
from bench.growth import Figure, picture, ratios

_SVG = "{http://www.w3.org/2000/svg}"
_ABOUT = {
    "begun": "2026-11-27T22:00:00+00:00",
    "commit": "abc1234",
    "clients": 16,
    "machine": {"cores": 2},
}
_FIGURES = [
    Figure(name, documents, rate=100.0, median=1.0, program_cpu=0.25, database_cpu=0.25 * (place + 1))
    for name in ("get", "page100", "post", "release")
    for place, documents in enumerate((10_000, 200_000, 2_000_000))
]


def _points(svg: str) -> list[str]:
    """The words of each point of a line. The names of lines beside it have a mark, too."""
    titles = [path.findtext(f"{_SVG}title") or "" for path in ElementTree.fromstring(svg).iter(f"{_SVG}path")]
    return [title for title in titles if "documents" in title]


def test_the_picture_is_well_formed_and_has_a_point_for_each_figure() -> None:
    points = _points(picture(_FIGURES, _ABOUT))
    assert len(points) == len(_FIGURES)
    assert "page of 100, 2,000,000 documents: 1.00 ms, 2.00 times" in points


def test_the_picture_names_its_lines_axes_and_target() -> None:
    root = ElementTree.fromstring(picture(_FIGURES, _ABOUT))
    said = [text.text or "" for text in root.iter(f"{_SVG}text")]
    for words in ("get 2.00", "release 2.00", "10,000", "2,000,000", "documents in the books", "at most 1.3"):
        assert words in said
    assert any("abc1234" in words and "2026-11-27" in words for words in said)
    assert len(list(root.iter(f"{_SVG}polyline"))) == 4


def test_the_picture_has_colours_for_light_and_dark_pages() -> None:
    light, dark = picture(_FIGURES, _ABOUT).split("prefers-color-scheme: dark")
    for name in ("--ground", "--ink", "--faint", "--grid", "--limit", *(f"--line-{number}" for number in range(4))):
        assert f"{name}:" in light
        assert f"{name}:" in dark.partition("text {")[0]


def test_everything_lies_within_the_picture_and_no_names_overlap() -> None:
    lines = [chart.Line(f"line {number}", [chart.Point(1, 1, ""), chart.Point(100, 1.01, "")]) for number in range(4)]
    root = ElementTree.fromstring(chart.draw("A & B", "<about>", lines, below="size", target=1.3))
    places = [(float(text.get("x", 0)), float(text.get("y", 0)), text.text or "") for text in root.iter(f"{_SVG}text")]
    assert all(0 <= x <= 760 and 0 <= y <= 420 for x, y, _ in places)
    names = sorted(y for _, y, words in places if words.startswith("line "))
    assert len(names) == 4
    assert all(after - before >= 16 for before, after in pairwise(names))


def test_books_of_one_size_are_drawn_too() -> None:
    assert len(_points(picture(_FIGURES[::3], _ABOUT))) == 4


def test_a_ratio_is_to_the_smallest_books_in_whatever_order_they_come() -> None:
    assert ratios(_FIGURES[:3]) == [1.0, 1.5, 2.0]
    assert ratios(_FIGURES[2::-1]) == [2.0, 1.5, 1.0]


def test_the_options_of_growth() -> None:
    asked = growth.parse([])
    assert (asked.full, asked.clients, asked.rounds, asked.seconds) == (False, 16, 3, 5)
    assert asked.chart == asked.folder / "results" / "growth.svg"
    assert growth.parse(["--full", "--clients", "4"]).full
    with pytest.raises(SystemExit):
        growth.parse(["--again", "a.json", "--full"])
    assert [size.documents for size in growth.SIZES] == [10_000, 200_000, 2_000_000]


def test_figures_of_an_earlier_run_are_drawn_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = [
        {"workload": it.workload, "documents": it.documents, "rate": it.rate, "median": it.median,
         "program_cpu": it.program_cpu, "database_cpu": it.database_cpu} for it in _FIGURES
    ]  # fmt: skip
    kept, drawn = tmp_path / "kept.json", tmp_path / "drawn.svg"
    kept.write_text(json.dumps({**_ABOUT, "figures": figures}))

    assert command_line.main(["growth", "--again", str(kept), "--chart", str(drawn), "--markdown"]) == 0

    assert drawn.read_text() == picture(_FIGURES, _ABOUT)
    assert "| get | 2,000,000 | 100 | 1.00 | 0.25 | 0.75 | 1.00 | 2.00 | 1.3 missed |" in capsys.readouterr().out
    assert command_line.main(["growth", "--again", str(tmp_path / "nothing")]) == 1
    assert "has no figures of growth" in capsys.readouterr().out
