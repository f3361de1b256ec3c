"""docs/QUIRKS.md stays true: each row names code and tests that exist."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from reskontra.app import mounted_routes
from reskontra.web import contract
from reskontra.web.quirks import quirks, quirks_of, read_page, written

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "QUIRKS.md"


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    names = [cells[0] for cells in found]
    return found[names.index("quirk") + 1 :]


def test_each_row_has_evidence_code_and_test() -> None:
    assert len(rows()) > 20
    for cells in rows():
        assert len(cells) == 5, cells
        assert re.search("measured|docs|client|chosen|page", cells[1]), cells


def test_the_code_exists() -> None:
    for quirk, _, code, _, _ in rows():
        for path in re.findall(r"`([\w/]+\.\w+)`", code):
            assert (ROOT / "src" / "reskontra" / path).exists(), (quirk, path)
        for path, name in re.findall(r"`([\w/]+\.py)` (\w+)", code):
            text = (ROOT / "src" / "reskontra" / path).read_text(encoding="utf-8")
            stands = rf"^ *(async def|def|class) {name}\b|^{name}\b.* = "
            assert re.search(stands, text, re.MULTILINE), (quirk, path, name)


def test_the_tests_exist() -> None:
    tests: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):  # two rooms may call a file the same
        tests[path.stem] = tests.get(path.stem, "") + path.read_text(encoding="utf-8")
    for quirk, _, _, named, _ in rows():
        files = re.findall(r"test_\w+", named)
        assert files, quirk
        for name in files:
            assert name in tests, (quirk, name)
        for part in re.findall(r": (\w+)", named):
            assert re.search(rf"def test_\w*{part}|class {part}\b", tests[files[0]]), (quirk, part)


def test_the_package_has_the_rows_of_the_page() -> None:
    found = list(read_page(PAGE.read_text(encoding="utf-8")))
    assert list(quirks()) == found, "run: python tools/write_coverage.py"
    kept = ROOT / "src" / "reskontra" / "web" / "quirks.json"
    assert kept.read_text(encoding="utf-8") == written(found)
    assert len(found) == len(rows())


def test_each_row_names_operations_that_exist() -> None:
    names = set(contract.operations()) | {route.operation for route in mounted_routes()}
    for quirk in quirks():
        assert quirk.operations, quirk.text
        for pattern in quirk.operations:
            is_known = pattern in ("all", "lists") or any(fnmatchcase(name, pattern) for name in names)
            assert is_known, f"no operation is called {pattern}: {quirk.text}"


def test_an_operation_has_its_own_rows() -> None:
    told = {quirk.text[:40]: quirk for quirk in quirks_of("CustomerInvoice_Create")}
    assert not any(quirk.is_general for quirk in told.values())
    assert told["An entered amount of 0 does not override"].is_chosen
    (terms,) = quirks_of("CreditTerm_GetCreditTerms")
    assert not terms.is_chosen
    assert (True, '[{"pageNumber", "pageSize", "totalCount", "records"}]') in terms.parts
    assert [it.text for it in quirks_of("CustomerInvoice_ReverseInvoiceByinvoiceNumber") if not it.is_chosen]


def test_a_row_without_its_operations_is_told() -> None:
    page = "| quirk | evidence | code | test | operations |\n|---|---|---|---|---|\n"
    with pytest.raises(ValueError, match="five cells"):
        list(read_page(page + "| It blinks | chosen | `a.py` | test_a |\n"))
    with pytest.raises(ValueError, match="'blinkers' is no word"):
        list(read_page(page + "| It blinks | chosen | `a.py` | test_a | blinkers |\n"))
