"""Writes docs/COVERAGE.md from the contract and the mounted routes; run it when a route was added."""

from __future__ import annotations

from pathlib import Path

from reskontra.app import mounted_routes
from reskontra.web.coverage import coverage_text

PAGE = Path(__file__).parent.parent / "docs" / "COVERAGE.md"

if __name__ == "__main__":
    PAGE.write_text(coverage_text(mounted_routes()), encoding="utf-8")
