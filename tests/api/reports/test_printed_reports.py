"""Reports on paper: what JSON says, with the company, the day and the newest change; the same books, the same bytes."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pypdf
import pytest

from reskontra.printed_reports import commands
from reskontra.printing.languages import shipped_languages
from tests.clerk import CREDIT_NOTE, INVOICE, ITEM_A, Clerk, refusal

AGEING, VAT, SALES, RECEIVABLE = (
    "/v1/reskontra/ageing", "/v1/reskontra/report/vat", "/v1/reskontra/report/sales", "/v1/reskontra/report/receivable",
)  # fmt: skip
ALL = {AGEING: {"asOf": "2025-06-30"}, VAT: {"period": "202503"}, SALES: {"period": "202503"},
       RECEIVABLE: {"period": "202503"}}  # fmt: skip


async def printed(clerk: Clerk, path: str, **query: Any) -> bytes:
    answer = await clerk.http.get(f"{path}/print", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


async def sold(clerk: Clerk) -> str:
    customer = (await clerk.customer(name="Buyer AS")).number
    await clerk.issue(INVOICE, customer, documentDate="2025-03-03", lines=[ITEM_A | {"quantity": 70}])
    await clerk.issue(CREDIT_NOTE, customer, documentDate="2025-03-04", lines=[ITEM_A | {"quantity": 3}])
    return customer


@pytest.mark.parametrize("path", ALL)
async def test_it_names_the_company_the_page_and_the_newest_change(clerk: Clerk, path: str) -> None:
    await sold(clerk)
    (page,) = pages_of(await printed(clerk, path, language="en", **ALL[path]))
    assert page.startswith("Demo AS ")
    assert f"Up to change {await clerk.newest_change():,}, 2026-01-15 13:00" in page
    assert "Currency NOK" in page
    assert page.endswith("Page 1 of 1")


@pytest.mark.parametrize("path", ALL)
async def test_the_same_books_give_the_same_bytes_in_each_language(clerk: Clerk, path: str) -> None:
    await sold(clerk)
    texts = set()
    for language in shipped_languages():
        pdf = await printed(clerk, path, language=language, **ALL[path])
        assert pdf == await printed(clerk, path, language=language, **ALL[path])
        texts.add(" ".join(pages_of(pdf)))
    assert len(texts) == 3
    own = await printed(clerk, path, **ALL[path])
    assert own == await printed(clerk, path, language="nb", **ALL[path]), "the language of the company's country"
    await clerk.customer(name="Another AS")
    assert await printed(clerk, path, **ALL[path]) != own, "another change, another cut"


async def test_the_figures_are_those_of_the_reports(clerk: Clerk) -> None:
    customer = await sold(clerk)
    (page,) = pages_of(await printed(clerk, SALES, language="en", **ALL[SALES]))
    assert f"{customer} Buyer AS 2 7,000.00 -300.00 6,700.00 100.0 %" in page.replace("\u00a0", " ")
    (page,) = pages_of(await printed(clerk, SALES, language="en", by="period", **ALL[SALES]))
    assert "2025-03 2 7,000.00 -300.00 6,700.00" in page
    (page,) = pages_of(await printed(clerk, VAT, language="en", **ALL[VAT]))
    assert "25 % 2 6,700.00 1,675.00" in page.replace("\u00a0", " ")
    (page,) = pages_of(await printed(clerk, AGEING, language="en", **ALL[AGEING]))
    assert f"{customer} Buyer AS 8,375.00 -375.00 8,750.00" in page
    assert "As of 2025-06-30" in page
    (aged,) = [it for it in await clerk.page("reskontra/ageing", **ALL[AGEING]) if it["customer"]["number"] == customer]
    assert aged["balance"] == Decimal(8375)
    (page,) = pages_of(await printed(clerk, RECEIVABLE, language="en", **ALL[RECEIVABLE]))
    (account,) = [it for it in await clerk.page("reskontra/report/receivable", period="202503") if it["ledger"]]
    assert f"{account['account']} " in page
    assert f"Sum {account['ledger']:,.2f} {account['openItems']:,.2f} 0.00" in page


async def test_what_was_known_then_is_of_an_earlier_change(clerk: Clerk) -> None:
    await sold(clerk)
    known = {"asOf": "2025-06-30", "knownAt": "2026-01-01", "language": "en"}
    (page,) = pages_of(await printed(clerk, AGEING, **known))
    assert "As known at 2026-01-01 00:00" in page
    before = await clerk.sql("select max(change_id) from change where changed_at < '2025-12-31T23:00Z'")
    assert f"change {before:,}," in page


@pytest.mark.plants_fault
async def test_what_is_behind_a_difference_is_printed(clerk: Clerk) -> None:
    customer = await sold(clerk)
    await clerk.sql(
        "update document set balance = balance - 3, balance_base = balance_base - 3"
        " where company_id = 1 and document_type = 'Invoice' and customer_id ="
        " (select customer_id from customer where company_id = 1 and number = $1) returning number",
        customer,
    )
    (page,) = pages_of(await printed(clerk, RECEIVABLE, language="en", **ALL[RECEIVABLE]))
    assert "What account 1500 differs by" in page
    assert "8,750.00 8,747.00 3.00" in page


@pytest.mark.plants_fault
async def test_of_many_behind_a_difference_the_first_are_printed_and_the_rest_counted(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sold(clerk)
    await clerk.sql(
        "with changed as (update document set balance = balance - 3, balance_base = balance_base - 3"
        "  where company_id = 1 and document_type = 'Invoice' and balance > 3 returning 1) select count(*) from changed"
    )
    monkeypatch.setattr(commands, "MOST_BEHIND", 1)
    monkeypatch.setattr(commands, "MOST_ROWS", 2)
    (page,) = pages_of(await printed(clerk, RECEIVABLE, language="en", **ALL[RECEIVABLE]))
    assert page.count(" 3.00") == 1
    difference = re.search(r" (\d+)\.00 Sum ", page)
    assert difference
    assert f"and {int(difference[1]) // 3 - 1} more" in page


async def test_nothing_to_show_says_so_and_what_does_not_fit_is_refused(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (page,) = pages_of(await printed(clerk, SALES, period="202001", language="en"))
    assert "There is nothing to show." in page
    answer = await clerk.http.get(f"{AGEING}/print", params={"buckets": "0,1,2,3,4,5,6"})
    assert "8 ages do not fit on paper" in refusal(answer)
    answer = await clerk.http.get(f"{SALES}/print", params={"language": "fi"})
    assert "Send one of nb, sv, en" in refusal(answer)
    await sold(clerk)
    monkeypatch.setattr(commands, "MOST_ROWS", 0)
    answer = await clerk.http.get(f"{SALES}/print", params=ALL[SALES])
    assert "rows, which are not printed" in refusal(answer)
