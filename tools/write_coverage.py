"""Writes docs/COVERAGE.md from the contract and the mounted routes, and the package's quirks from docs/QUIRKS.md.

Run it when a route or a quirk was added.
"""

from __future__ import annotations

from pathlib import Path

from reskontra.app import mounted_routes
from reskontra.web import quirks
from reskontra.web.coverage import coverage_text

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

if __name__ == "__main__":
    (DOCS / "COVERAGE.md").write_text(coverage_text(mounted_routes()), encoding="utf-8")
    rows = quirks.read_page((DOCS / "QUIRKS.md").read_text(encoding="utf-8"))
    package = ROOT / "src" / "reskontra" / "web"
    (package / quirks.RECORDED).write_text(quirks.written(rows), encoding="utf-8")
