"""Reports as people read them and take them along: ageing, sales, reconciliation."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pypdf
import pytest

from reskontra.pages import downloads
from tests.clerk import INVOICE, Clerk
from tests.pages.conftest import OpenTab, Visitor, assert_accessible, some


async def taken_along(visitor: Visitor, words: str) -> str:
    """What a link of the page's head downloads."""
    (link,) = [str(it["href"]) for it in visitor.seen.select(".head a, .downloads a") if it.get_text() == words]
    answer = await visitor.http.get(link)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return answer.text


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("size", [1000, 7])
async def test_reports_are_taken_along_whole(visitor: Visitor, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """However many pages of the API they are."""
    monkeypatch.setattr(downloads, "_ROWS", size)
    await visitor.go("reports/ageing?asOf=2025-06-30")
    names = [row[0] for row in visitor.rows()]
    rows = rows_of(await taken_along(visitor, "CSV"))
    assert [row["customerName"] for row in rows] == names
    assert len(names) > 10
    ages = ("notDue", "days1to30", "days31to60", "days61to90", "daysOver90")
    assert all(Decimal(row["balance"]) == sum(Decimal(row[age]) for age in ages) for row in rows)
    found = json.loads(await taken_along(visitor, "JSON"))
    assert [it["customer"]["name"] for it in found] == names
    await visitor.go("reports/sales?period=202501&toPeriod=202506")
    rows = rows_of(await taken_along(visitor, "CSV"))
    assert [row["name"] for row in rows] == [row[0] for row in visitor.rows()]
    assert [it["name"] for it in json.loads(await taken_along(visitor, "JSON"))] == [row["name"] for row in rows]
    await visitor.go("reports/movements?period=202501&toPeriod=202506")
    rows = rows_of(await taken_along(visitor, "CSV"))
    assert sorted(row["customerName"] for row in rows) == sorted(row[0] for row in visitor.rows())
    assert len(json.loads(await taken_along(visitor, "JSON"))) == len(rows)
    await visitor.go("reports/reconcile?period=202506")
    assert [row["account"] for row in rows_of(await taken_along(visitor, "CSV"))] == [
        row[0].split()[0] for row in visitor.rows()
    ]


@pytest.mark.parametrize("language", ["en", "nb"])
async def test_reports_are_printed_in_the_readers_language(visitor: Visitor, language: str) -> None:
    titles = {
        "ageing?asOf=2025-06-30": {"en": "Ageing 2025-06-30", "nb": "Aldersfordelt saldo 30.06.2025"},
        "vat?period=202501&toPeriod=202503": {"en": "VAT 2025-01 – 2025-03", "nb": "Merverdiavgift 2025-01 – 2025-03"},
        "sales?period=202503&toPeriod=202503&by=account": {"en": "Sales 2025-03", "nb": "Salg 2025-03"},
        "reconcile?period=202503": {"en": "Reconciliation of receivables", "nb": "Avstemming av kundefordringer"},
    }
    for path, title in titles.items():
        await visitor.go(f"reports/{path}", 200, **{"Accept-Language": language})
        link = visitor.seen.select_one(".head a[data-key=p]")
        assert link is not None
        answer = await visitor.http.get(str(link["href"]))
        assert answer.headers["content-type"] == "application/pdf", answer.text
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        assert title[language] in " ".join(pages[0].extract_text().split())
        if path.startswith("sales"):
            assert "3000" in pages[0].extract_text(), "added up as on the page"


async def test_more_than_a_page_of_the_api_is_taken_along(visitor: Visitor) -> None:
    await visitor.go("documents")
    found = json.loads(await taken_along(visitor, "JSON"))
    assert len(found) == 3235
    assert len({(it["documentType"], it["referenceNumber"]) for it in found}) == 3235
    answer = await visitor.http.get("/ui/whole/v1/reskontra/document?status=asleep")
    assert answer.status_code == 400
    assert "asleep" in answer.text
    answer = await visitor.http.get("/ui/whole/v1/reskontra/document?customer=nobody")
    assert answer.json() == []


@pytest.mark.plants_fault
async def test_the_rows_behind_a_difference_are_shown(bookkeeper: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, documentDate="2025-03-03")
    await bookkeeper.go("reports/reconcile?period=202503")
    assert "differs by" not in bookkeeper.text
    await clerk.sql(
        "update document set balance = balance - 3, balance_base = balance_base - 3"
        " where company_id = 1 and document_type = 'Invoice' and number = $1 returning number",
        invoice.number,
    )
    await bookkeeper.go("reports/reconcile?period=202503")
    assert "What account 1500 differs by" in bookkeeper.text
    assert bookkeeper.rows("section table") == [[f"Invoice {invoice.number}", "", "", "125.00", "122.00", "3.00"]]


@pytest.mark.xdist_group("browser")
async def test_reports_are_accessible(look: OpenTab) -> None:
    page = await look("reports/ageing?asOf=2025-06-30")
    for path in some("reports/ageing?asOf=2025-06-30", "reports/ageing?asOf=1999-01-01", "reports/sales?period=199901",
                 "reports/vat?period=never"):  # fmt: skip
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)
