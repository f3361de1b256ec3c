"""docs/QUIRKS.md stays true: each row names code and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "QUIRKS.md"


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [cells for cells in found if cells[0] != "quirk"]


def test_each_row_has_evidence_code_and_test() -> None:
    assert len(rows()) > 20
    for cells in rows():
        assert len(cells) == 4, cells
        assert re.search("measured|docs|client|chosen|page", cells[1]), cells


def test_the_code_exists() -> None:
    for quirk, _, code, _ in rows():
        for path in re.findall(r"`([\w/]+\.\w+)`", code):
            assert (ROOT / "src" / "reskontra" / path).exists(), (quirk, path)
        for path, name in re.findall(r"`([\w/]+\.py)` (\w+)", code):
            text = (ROOT / "src" / "reskontra" / path).read_text(encoding="utf-8")
            stands = rf"^ *(async def|def|class) {name}\b|^{name}\b.* = "
            assert re.search(stands, text, re.MULTILINE), (quirk, path, name)


def test_the_tests_exist() -> None:
    tests = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    for quirk, _, _, named in rows():
        files = re.findall(r"test_\w+", named)
        assert files, quirk
        for name in files:
            assert name in tests, (quirk, name)
        for part in re.findall(r": (\w+)", named):
            assert re.search(rf"def test_\w*{part}|class {part}\b", tests[files[0]]), (quirk, part)
