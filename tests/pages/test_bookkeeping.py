"""What a bookkeeper reads: the overview, customers, statements, journal, periods, reports, the log, and the search."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import pypdf
import pytest

from reskontra.db.pool import Database
from reskontra.db.selfcheck import Offence, keep
from reskontra.pages import last_check, open_items
from tests.clerk import INVOICE, Clerk
from tests.pages.conftest import OpenTab, Visitor, assert_accessible, some


def money(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("\u2212", "-").replace("\u00a0", "").removesuffix("NOK"))


async def test_the_overview_is_made_of_what_the_api_says(visitor: Visitor) -> None:
    seen = (await visitor.http.get("/v1/reskontra/overview")).json()
    total = (await visitor.http.get("/v1/reskontra/standing/total")).json()
    await visitor.go("")
    figures = [it.get_text(strip=True) for it in visitor.seen.select(".cards .figure")]
    assert [money(it) for it in figures] == [
        Decimal(str(total["balance"])), Decimal(str(total["overdue"])), Decimal(str(seen["paidInMonth"])),
        seen["oldDrafts"],
    ]  # fmt: skip
    assert len(visitor.seen.select(".columns .chart svg a")) == 12
    assert len(visitor.rows(".columns .chart table")) == 12
    (paid,) = [str(it["href"]) for it in visitor.seen.select(".cards a") if "Paid this month" in it.get_text()]
    debtors = visitor.rows("section table.list")
    assert len(debtors) >= 10
    (late,) = [it for it in visitor.seen.select(".todo li") if "Overdue documents" in it.get_text()]
    (due,) = [it for it in visitor.seen.select(".todo li") if "due a letter" in it.get_text()]
    assert len(visitor.seen.select(".behind code")) == 10
    await visitor.go(paid)
    foot = visitor.seen.select_one("tfoot td.money")
    assert foot is not None
    assert money(foot.get_text()) == Decimal(str(seen["paidInMonth"]))
    await visitor.go(str(late.a["href"]))  # type: ignore[index]
    counted = visitor.seen.select_one("tfoot th")
    assert counted is not None
    assert f"All {seen['overdue']:,}" in counted.get_text()
    assert f"{seen['overdue']:,}" in late.get_text()
    await visitor.go(str(due.a["href"]))  # type: ignore[index]
    today = visitor.seen.select_one("input[name=asOf]")
    assert today is not None
    board = (await visitor.http.get("/v1/reskontra/dunningProposal", params={"asOf": str(today["value"])})).json()
    assert f"{board['totalCount'] - board['leftOut']:,}" in due.get_text()


async def test_cash_sales_are_money_that_came_in(bookkeeper: Visitor, clerk: Clerk) -> None:
    await bookkeeper.go("")
    (paid,) = [str(it["href"]) for it in bookkeeper.seen.select(".cards a") if "Paid this month" in it.get_text()]
    today = paid.rpartition("to=")[2]
    before = Decimal(str((await clerk.get("reskontra/overview"))["paidInMonth"]))
    sale = await clerk.release(await clerk.cash_sale(documentDate=today))
    back = await clerk.release(await clerk.cash_return(sale))
    await clerk.release(await clerk.cash_sale(documentDate=today))
    await clerk.pay("40", applicationDate=today)
    after = Decimal(str((await clerk.get("reskontra/overview"))["paidInMonth"]))
    assert after - before == Decimal(str(sale["amount"])) + 40
    await bookkeeper.go(paid)
    foot = bookkeeper.seen.select_one("tfoot td.money")
    assert foot is not None
    assert money(foot.get_text()) == after
    shown = {(row[1], row[2]): money(row[7]) for row in bookkeeper.rows("table.documents")}
    assert shown["Cash sale", sale.number] == Decimal(str(sale["amount"]))
    assert shown["Cash return", back.number] == -Decimal(str(back["amount"]))
    assert next(it for (kind, _), it in shown.items() if kind == "Payment") == 40


async def test_nobody_owes_a_draft(bookkeeper: Visitor, clerk: Clerk) -> None:
    customer = await clerk.customer()
    await clerk.invoice(customer)
    await bookkeeper.go(f"documents?customer={customer.number}")
    assert bookkeeper.rows("table.documents")[0][8] == ""
    foot = [it.get_text() for it in bookkeeper.seen.select("tfoot td.money")]
    assert foot == ["125.00", "0.00"]
    await clerk.release(await clerk.invoice(customer))
    await bookkeeper.go(f"documents?customer={customer.number}")
    assert [it.get_text() for it in bookkeeper.seen.select("tfoot td.money")] == ["250.00", "125.00"]


@pytest.mark.parametrize("path", ["", "customers/20001"])
async def test_each_age_leads_to_its_documents_and_credits_stand_by_themselves(visitor: Visitor, path: str) -> None:
    await visitor.go(path)
    *parts, credit, total = [[cell.get_text(strip=True) for cell in row.select("th, td")]
                              for row in visitor.seen.select(".ages table tr")[1:]]  # fmt: skip
    assert sum(money(part[1]) for part in parts) + money(credit[1]) == money(total[1])
    figure = visitor.seen.select_one(".cards .figure")
    assert figure is not None
    assert money(total[1]) == money(figure.get_text(strip=True))
    assert money(credit[1]) < 0
    links = [str(it["href"]) for it in visitor.seen.select(".ages .legend a, .ages .credits a")]
    assert [str(it["href"]) for it in visitor.seen.select(".ages svg a")] == [
        link for link, part in zip(links, parts, strict=False) if money(part[1])
    ]
    for link, (_, amount, *_) in zip(links, [*parts, credit], strict=True):
        await visitor.go(link)
        foot = visitor.seen.select("tfoot td.money")
        assert money(foot[1].get_text() if foot else "0") == money(amount), link


@pytest.mark.parametrize("asked", ["", "?asOf=2025-06-30", "?asOf=2025-06-30&knownAt=2025-07-01"])
async def test_each_figure_of_the_ageing_leads_to_a_list_of_that_sum(visitor: Visitor, asked: str) -> None:
    await visitor.go(f"reports/ageing{asked}")
    cells = visitor.seen.select("tbody tr")[3].select("a[href*=age]") + visitor.seen.select("tfoot a, .legend a")
    assert len(cells) > 10
    first = [it.select_one("td:nth-of-type(3) a") for it in visitor.seen.select("tbody tr")]
    cells += [it for it in first if it is not None and "\u2212" in it.get_text()][:2]
    for cell in cells:
        await visitor.go(str(cell["href"]))
        foot = visitor.seen.select_one("tfoot td.money")
        assert money(foot.get_text() if foot else "0") == money(cell.get_text()), cell
        assert sum(money(row[-1]) for row in visitor.rows()) == money(cell.get_text())


async def test_the_page_of_open_items_reads_one_page_of_the_api(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sum is of all pages, and the pages together have every document once."""
    monkeypatch.setattr(open_items, "_CUSTOMERS", 4)
    for age in ("", "&age=0", "&age=31-60"):
        await visitor.go(f"reports/open-items?asOf=2025-06-30{age}")
        foot = visitor.seen.select_one("tfoot td.money")
        assert foot is not None
        rows, asked = visitor.rows(), visitor.seen.select(".behind pre")
        assert [it.get_text().partition("?")[0].rpartition("/")[2] for it in asked] == ["total", "openItem"]
        while (following := visitor.seen.select_one('.pager a[rel="next"]')) is not None:
            await visitor.go(f"reports/open-items{following['href']}")
            assert len({row[0] for row in visitor.rows()}) <= 4
            rows += visitor.rows()
        assert len({row[1] for row in rows}) == len(rows) > 4
        assert sum(money(row[-1]) for row in rows) == money(foot.get_text())


async def test_who_has_many_open_items_has_the_others_as_a_table(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_items, "_EACH", 1)
    await visitor.go("reports/open-items?asOf=2025-06-30")
    link = visitor.seen.select_one("tbody a[download]")
    assert link is not None
    count, _, name = link.get_text().removesuffix(", as CSV").partition(" more of ")
    assert len({row[0] for row in visitor.rows() if row[0]}) == len([row for row in visitor.rows() if row[0]])
    table = csv.DictReader(io.StringIO((await visitor.http.get(f"/ui/reports/open-items{link['href']}")).text))
    assert [row["customerName"] for row in table] == [name] * (int(count) + 1)


async def test_open_items_are_taken_along(visitor: Visitor) -> None:
    await visitor.go("reports/open-items?asOf=2025-06-30&age=31-60")
    assert all(31 <= int(row[4]) <= 60 for row in visitor.rows())
    link = visitor.seen.select_one(".head a[download]")
    assert link is not None
    rows = list(csv.DictReader(io.StringIO((await visitor.http.get(f"/ui/reports/open-items{link['href']}")).text)))
    foot = visitor.seen.select_one("tfoot td.money")
    assert foot is not None
    assert sum(Decimal(row["balance"]) for row in rows) == money(foot.get_text())
    await visitor.go("reports/open-items?asOf=1999-01-01")
    assert "Nothing was open on that day." in visitor.text
    await visitor.go("reports/open-items?asOf=soon", 400)
    assert "soon" in visitor.text


async def test_things_are_called_by_their_words(visitor: Visitor) -> None:
    for path in ("", "customers/20001?all=1", "customers/20001/statement", "search?q=Aurdal", "journal?period=202512",
                 "log", "documents", "letters"):  # fmt: skip
        await visitor.go(path)
        for name in ("CreditNote", "DebitNote", "FinCharge", "SmallBalanceWo", "CashSale", "DunningLetter"):
            assert f"{name} " not in visitor.text, path


async def test_an_empty_company_is_told_three_steps(visitor: Visitor) -> None:
    empty = next(it for it in (await visitor.http.get("/resources/v1/context")).json() if it["name"] != "Demo AS")
    visitor.http.cookies.set("reskontra_company", str(empty["id"]), path="/ui")
    await visitor.go("")
    assert len(visitor.seen.select(".steps li")) == 3
    assert "/v1/customerinvoice" in visitor.text
    await visitor.go("customers")
    assert "No customers yet." in visitor.text
    visitor.http.cookies.clear()


async def test_customers_are_filtered_sorted_summed_and_taken_along(visitor: Visitor) -> None:
    await visitor.go("customers?overdue=true&order=overdue+desc")
    rows = visitor.rows("table.list")
    owed = [money(row[4]) for row in rows]
    assert len(rows) == 50
    assert owed == sorted(owed, reverse=True)
    foot = visitor.seen.select_one("tfoot")
    total = (await visitor.http.get("/v1/reskontra/standing/total?overdue=true")).json()
    assert foot is not None
    assert f"{total['overdue']:,.2f}" in foot.get_text()
    assert f"1-50 of {total['count']}" in visitor.text
    await visitor.go("customers?q=aurdal")
    assert [row[2] for row in visitor.rows("table.list")] == ["Aurdal Bakeri AS"]
    await visitor.go("customers?q=%25")
    assert "No customer matches Name, number, phone = %." in visitor.text, "a text is a text and no pattern"
    await visitor.go("customers?overdue=true&format=csv")
    assert visitor.answer is not None
    lines = visitor.answer.text.splitlines()
    assert len(lines) == total["count"] + 1
    assert sum(Decimal(line.split(",")[-4]) for line in lines[1:]) == Decimal(str(total["overdue"]))


async def test_a_customer_has_its_documents_statement_details_letters_and_log(visitor: Visitor) -> None:
    await visitor.go("customers/20001")
    open_rows = visitor.rows("table.list")
    assert open_rows
    assert all(row[8] == "Open" for row in open_rows)
    await visitor.go("customers/20001?all=1")
    assert len(visitor.rows("table.list")) > len(open_rows)
    balance = (await visitor.http.get("/v1/customer/20001/balance")).json()["balance"]
    await visitor.go("customers/20001/statement")
    assert f"NOK: {balance:,.2f}" in visitor.text
    await visitor.go("customers/20001/statement?asOf=2025-06-30&type=BalanceBroughtForward&from=2025-06-01")
    assert "Balance brought forward" in visitor.text
    assert "Balance on 2025-06-30" in visitor.text
    await visitor.go("customers/20001/statement?asOf=2025-06-30&type=OpenItem&from=2025-06-01", 400)
    assert "Send type=BalanceBroughtForward with from" in visitor.text
    for tab, words in (
        ("details", "14 days net"),
        ("places", "Main"),
        ("letters", "never reminded"),
        ("log", "created"),
    ):
        await visitor.go(f"customers/20001/{tab}")
        assert words in visitor.text, tab
    await visitor.go("customers/nobody", 404)
    assert "cannot be found" in visitor.text


async def test_a_statement_is_taken_along_and_says_what_it_knows(visitor: Visitor) -> None:
    await visitor.go("customers/20001/statement?asOf=2025-06-30&type=BalanceBroughtForward&from=2025-06-01")
    assert "As it is known today" in visitor.text
    pdf, _, table = (str(it["href"]) for it in visitor.seen.select(".downloads a"))
    assert (await visitor.http.get(pdf)).content.startswith(b"%PDF")
    lines = (await visitor.http.get(table)).text.splitlines()
    assert lines[1].startswith("NOK,2025-06-01,OpeningBalance")
    assert len(lines) - 2 == len(visitor.rows(":not(details) > table")), (
        "the closing balance is no row of the table's body"
    )
    await visitor.go("customers/20001/statement?asOf=2025-06-30&known=then")
    assert "As it was known on 2025-06-30: what was posted later is left out." in visitor.text
    files = [str(it["href"]) for it in visitor.seen.select(".downloads a[href*='/ui/api/']")]
    assert len(files) == 2
    assert all("knownAt=2025-07-01" in it for it in files)
    assert visitor.seen.select_one("input[name=known][checked]")
    await visitor.go("customers/20001/statement?asOf=soon&known=then", 400)


async def test_a_statement_has_a_block_for_each_currency(bookkeeper: Visitor, clerk: Clerk) -> None:
    number = (await clerk.customer(name="Euro AS", currencyId="EUR", overrideCurrency=True)).number
    assert (await clerk.get(f"customer/{number}")).get("multiCurrencyStatements") in (None, False)
    hours = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "5"}
    await clerk.issue(INVOICE, number, currencyId="EUR", documentDate="2025-03-15", lines=[hours])
    await clerk.issue(INVOICE, number, currencyId="NOK", documentDate="2025-03-16", lines=[hours])
    for kind in ("OpenItem", "BalanceBroughtForward"):
        await bookkeeper.go(f"customers/{number}/statement?asOf=2025-06-30&type={kind}")
        heads = [it.get_text() for it in bookkeeper.seen.select("section > h2")]
        assert heads[:2] == ["EUR: 1,000.00", "NOK: 1,000.00"]
        pdf, _, table = (str(it["href"]) for it in bookkeeper.seen.select(".downloads a"))
        lines = (await bookkeeper.http.get(table)).text.splitlines()
        closing = [it.split(",")[0] for it in lines if "ClosingBalance" in it]
        assert closing == ["EUR", "NOK"]
        text = pypdf.PdfReader(io.BytesIO((await bookkeeper.http.get(pdf)).content)).pages[0].extract_text()
        assert "EUR" in text
        assert "NOK" in text
    await bookkeeper.go(f"customers/{number}/statement/send?asOf=2025-06-30")
    assert "byCurrency=true" in str(bookkeeper.seen.select_one("main form a[href*='/print']"))


async def test_documents_of_a_customer_are_sorted_and_added_up(visitor: Visitor) -> None:
    await visitor.go("customers/20001?all=1&order=amount+desc")
    rows = visitor.rows("#list table")
    amounts = [money(row[5]) for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert len(set(amounts)) > 5
    foot = [it.get_text() for it in visitor.seen.select("#list tfoot td.money")]
    sums = (await visitor.http.get("/v1/reskontra/documentSum?customer=20001")).json()
    assert [money(it) for it in foot] == [Decimal(str(sums["amount"])), Decimal(str(sums["balance"]))]


async def test_customers_and_the_log_are_taken_along_as_json(visitor: Visitor) -> None:
    for path, total in (
        ("customers?overdue=true", "/v1/reskontra/standing?overdue=true"),
        ("log?entity=Customer&actor=demo", "/v1/reskontra/change?entity=Customer&actor=demo"),
    ):
        await visitor.go(path)
        (link,) = [str(it["href"]) for it in visitor.seen.select(".head a") if it.get_text() == "JSON"]
        found, wanted = (await visitor.http.get(link)).json(), (await visitor.http.get(total)).json()
        assert len(found) == wanted[0]["metadata"]["totalCount"] > 10


async def test_journal_and_batches_balance(visitor: Visitor) -> None:
    await visitor.go("journal?period=202512")
    rows = visitor.rows()
    assert len(rows) == 100
    count = int(visitor.text.rpartition("1-100 of ")[2].split()[0].replace(",", ""))
    first = visitor.seen.select_one("tbody a")
    assert first is not None
    await visitor.go(str(first["href"]))
    sums = [it.get_text(strip=True) for it in visitor.seen.select("tfoot td.money")]
    assert sums[0] == sums[1]
    assert all(it.get_text() for it in visitor.seen.select("tbody a")), "every entry names its document"
    await visitor.go(f"journal?period=202512&page={-(-count // 100)}")
    last = [it.get_text() for it in visitor.seen.select('tbody a[href^="/ui/journal/"]')][-1]
    await visitor.go(f"journal/{last}")
    rows = visitor.rows()
    assert len(visitor.seen.select('tbody a[href^="/ui/documents/"]')) == len(rows) > 1, "also late in a period"
    await visitor.go("journal?period=203001")
    assert "Nothing was posted in 2030-01." in visitor.text
    await visitor.go("journal?period=209913", 400)
    await visitor.go("journal/nothing", 404)


async def test_the_journal_is_narrowed_and_taken_along(visitor: Visitor) -> None:
    await visitor.go("journal?period=202512&customer=20001&account=1500&text=inv")
    rows = visitor.rows()
    assert rows
    assert {row[2][:4] for row in rows} == {"1500"}
    (link,) = [str(it["href"]) for it in visitor.seen.select(".head a") if it.get_text() == "CSV"]
    found = await visitor.http.get(link)
    assert found.text.count("\n") == len(rows) + 1, "the file has the filters of the page"
    await visitor.go("journal?period=202512&account=9999&text=R%26D")
    assert "Nothing posted in 2025-12 matches Account = 9999, Text = R&D." in visitor.text
    assert visitor.seen.select_one('.empty a[href="/ui/journal?period=202512"]')


async def test_reports_add_up(visitor: Visitor) -> None:
    await visitor.go("reports/reconcile?period=202512")
    assert all(money(row[3]) == 0 for row in visitor.rows())
    assert money(visitor.rows()[0][1]) == money(visitor.rows()[0][2]) != 0
    await visitor.go("reports/ageing?asOf=2025-06-30")
    rows = visitor.rows()
    assert all(money(row[1]) == sum(money(cell or "0") for cell in row[2:]) for row in rows)
    await visitor.go("reports/vat?period=202501&toPeriod=202512")
    assert len(visitor.rows()) > 11
    await visitor.go("reports/movements?period=202501&toPeriod=202512")
    assert all(money(row[1] or "0") + sum(money(it or "0") for it in (row[2], row[4], row[5])) - money(row[3] or "0")
               == money(row[6] or "0") for row in visitor.rows())  # fmt: skip
    sold: dict[str, Decimal] = {}
    for by in ("customer", "branch", "account", "period"):
        await visitor.go(f"reports/sales?period=202501&toPeriod=202512&by={by}")
        figures = [[money(cell or "0") for cell in row[2:7]] for row in visitor.rows()]
        assert all(sum(it[:4]) == it[4] for it in figures)
        sold[by] = sum((it[4] for it in figures), Decimal(0))
        assert money(visitor.seen.select("tfoot td.money")[-1].get_text()) == sold[by]
    assert len(set(sold.values())) == 1, sold
    journal = (await visitor.http.get("/v1/reskontra/report/journal?period=202501&toPeriod=202512&format=csv")).text
    kinds = ("Invoice", "DebitNote", "CashSale", "CreditNote", "CashReturn")
    posted = sum(
        Decimal(row["creditAmount"]) - Decimal(row["debitAmount"])
        for row in csv.DictReader(io.StringIO(journal))
        if row["purpose"] == "revenue" and row["documentType"] in kinds
    )
    assert posted == sold["customer"], "as the journal has it"
    await visitor.go("reports/sales?by=colour", 400)
    assert "customer, branch, account, period" in visitor.text
    await visitor.go("reports/ageing?asOf=soon", 400)
    assert "soon" in visitor.text
    await visitor.go("reports/nothing", 404)


async def test_the_log_tells_who_changed_what(visitor: Visitor) -> None:
    await visitor.go("log?entity=Customer&key=20001")
    assert visitor.rows()[0][:3][1] == "demo"
    await visitor.go("log?actor=nobody")
    assert "No change matches Who = nobody." in visitor.text


async def test_the_log_tells_how_far_it_is_sealed_and_verified(bookkeeper: Visitor, books: Database) -> None:
    await bookkeeper.go("log")
    assert "ealed until" not in bookkeeper.text
    newest = (await bookkeeper.http.post("/v1/reskontra/change/action/seal")).json()["newestChangeId"]
    await bookkeeper.go("log")
    assert f"Sealed until change {newest}, " in bookkeeper.text
    assert "Not verified yet: reskontra check" in bookkeeper.text.replace("`", "")
    async with books.connection() as connection:
        await keep(connection, [], datetime.now(UTC))
    await recheck(bookkeeper)
    assert f"Chain verified until change {newest}, " in bookkeeper.text
    async with books.connection() as connection:
        await keep(connection, [Offence("changes-fit-their-seals", "", [])], datetime.now(UTC))
    await recheck(bookkeeper)
    assert "the log was altered after it was sealed" in bookkeeper.text


async def recheck(bookkeeper: Visitor) -> None:
    """The log once what was remembered of the last check is forgotten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(last_check, "_FRESH_SECONDS", -1.0)
        await bookkeeper.go("log")


async def test_the_log_is_taken_along_as_it_is_filtered(visitor: Visitor) -> None:
    await visitor.go("log?entity=Customer&key=20001&from=2020-01-01")
    links = {it.get_text(): str(it["href"]) for it in visitor.seen.select(".head a[download]")}
    file = (await visitor.http.get(links["CSV"])).text.splitlines()
    assert file[0] == "changeId,changedDateTime,actor,requestId,entity,key,event,field,old,new"
    assert len(file) > 2
    assert all(",Customer,20001," in line for line in file[1:])
    kept = (await visitor.http.get(links["JSON"])).json()
    assert {str(it["changeId"]) for it in kept} == {line.partition(",")[0] for line in file[1:]}


@pytest.mark.xdist_group("browser")
async def test_what_stands_beside_a_list_follows_its_filters(look: OpenTab) -> None:
    page = await look("journal?period=202512")
    await page.fill("main input[name=account]", "1500")
    await page.wait_for_url("**account=1500**")
    link = page.locator(".head a:text('CSV')")
    await page.wait_for_function("document.querySelector('.head a[href*=csv]').href.includes('account=1500')")
    assert "period=202512" in str(await link.get_attribute("href"))
    assert "account=1500" in str(await page.text_content("#behind")), "also the requests behind the page"
    await page.goto("/ui/documents")
    await page.check("main input[name=overdue]")
    await page.wait_for_selector(".chips [aria-current]:text('Overdue')")


@pytest.mark.xdist_group("browser")
async def test_what_is_read_is_accessible(look: OpenTab) -> None:
    page = await look("")
    for path in some(
        "", "customers", "customers?q=xyzzy", "customers/20001", "customers/20001/statement", "customers/20001/details",
        "customers/20001/places", "customers/20001/log", "customers/new", "customers/20001/edit", "reminding",
        "reminding?asOf=2020-01-01", "letters", "journal?period=202512", "periods", "reports/ageing", "reports/vat",
        "reports/sales", "reports/movements", "reports/reconcile", "log", "search?q=skog", "search",
    ):  # fmt: skip
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)


_NORWEGIAN: dict[str, Any] = {"Accept-Language": "nb"}


@pytest.mark.parametrize(
    ("language", "told"), [("en", "On hold, Credit hold, One-time"), ("nb", "På vent, Kredittsperre, Engangskunde")]
)
async def test_statuses_are_told_in_words(visitor: Visitor, language: str, told: str) -> None:
    as_: dict[str, Any] = {"Accept-Language": language}
    await visitor.go("customers", **as_)
    words = [it.get_text() for it in visitor.seen.select("select[name=status] option")]
    assert [words[2], words[3], words[5]] == told.split(", ")
    await visitor.go("documents?type=Refund&status=PendingPrint&q=none", **as_)
    empty = visitor.seen.select_one("#list .empty")
    assert empty is not None
    assert "PendingPrint" not in empty.get_text()


async def test_the_log_tells_of_periods_and_one_field_in_words(bookkeeper: Visitor) -> None:
    await bookkeeper.go("documents/CreditNote/010001/delete")
    await bookkeeper.send("main form")
    await bookkeeper.go("periods/202001/close")
    await bookkeeper.send("main form")
    await bookkeeper.go("log?entity=FinancialPeriod&key=202001", **_NORWEGIAN)
    (row,) = bookkeeper.rows("#list table")
    assert row[2] == "Periode 2020-01: lukket"
    assert row[3].startswith("1 felt ")


async def test_the_main_address_is_no_menu(visitor: Visitor) -> None:
    await visitor.go("customers/20001/details", **_NORWEGIAN)
    assert visitor.seen.find("dt", string="Hovedadresse")
    assert not visitor.seen.find("dt", string="Hovedmeny")


async def test_a_period_has_the_sum_of_its_vat(visitor: Visitor) -> None:
    await visitor.go("periods?year=2025")
    heads = [it.get_text() for it in visitor.seen.select("thead th")]
    sums = {row[0][:7]: row[heads.index("VAT")].split()[0] for row in visitor.rows()}
    assert len(sums) == 12
    for period in ("2025-02", "2025-11"):
        await visitor.go(f"reports/vat?period={period.replace('-', '')}")
        assert visitor.seen.select("tfoot td.money")[-1].get_text() == sums[period]


async def test_customers_are_filtered_by_currency_and_class(visitor: Visitor) -> None:
    await visitor.go("customers")
    await visitor.send(".filters form", currency="SEK")
    found = (await visitor.http.get("/v1/reskontra/standing?currency=SEK&pageSize=50")).json()
    assert [row[1] for row in visitor.rows("table.list")] == [it["customer"]["number"] for it in found]
    assert "currency=SEK" in str(visitor.seen.select_one(".head a[download]")), "the file has the same"
    await visitor.go("customers?currency=SEK&q=nobody")
    assert "No customer matches Name, number, phone = nobody, Currency = SEK." in visitor.text


async def test_customers_are_filtered_by_salesperson(bookkeeper: Visitor, clerk: Clerk) -> None:
    await bookkeeper.go("customers")
    assert not bookkeeper.seen.select("[name=salesperson]"), "there are none"
    sold = [{"customerID": number} for number in ("20002", "20001")]
    await clerk.create("salesperson", salespersonID="OLA", name="Ola", customers=sold)
    await clerk.create("salesperson", salespersonID="ÅSE", name="Åse")
    await clerk.create("salesperson", salespersonID="PER", name="Per", isActive=False)
    await bookkeeper.go("customers?order=name+desc")
    options = [it.get_text() for it in bookkeeper.seen.select("[name=salesperson] option")]
    assert sorted(options) == ["All", "Ola (OLA)", "Åse (ÅSE)"]
    await bookkeeper.send(".filters form", salesperson="OLA")
    assert [row[1] for row in bookkeeper.rows("table.list")] == ["20002", "20001"]
    assert "All 2" in bookkeeper.text
    assert all("salesperson=OLA" in str(it["href"]) for it in bookkeeper.seen.select("thead a"))
    for link in bookkeeper.seen.select(".head a[download]"):
        file = await bookkeeper.http.get(urljoin("/ui/customers", str(link["href"])))
        assert ("20002" in file.text, "20003" in file.text) == (True, False), link
    boxes = [str(it["value"]) for it in bookkeeper.seen.select("#list [name=customer]")]
    await bookkeeper.send("#list form", customer=boxes)
    assert "Bjerke Elektro AS" in bookkeeper.text
    assert "Dalen Rør AS" not in bookkeeper.text
    await bookkeeper.go("customers?salesperson=per")
    assert "No customer matches Salesperson = per." in bookkeeper.text
    (chosen,) = bookkeeper.seen.select("[name=salesperson] option[selected]")
    assert chosen.get_text() == "Per (PER)", "who is not in use, but asked for, stays chosen"
    await bookkeeper.go("customers?salesperson=nobody", 400)
    assert "SalesPerson 'nobody' cannot be found" in bookkeeper.text


async def test_a_statement_calls_the_ages_of_its_day_what_the_head_calls_those_of_today(visitor: Visitor) -> None:
    """The head has open credits beside what is not due, a statement has one less the other; each says so."""
    await visitor.go("customers/20001/statement?type=OpenItem")
    assert "Balance by age today" in visitor.text
    head = [money(row[1]) for row in visitor.rows("figure.ages table")]
    told = [it.get_text(" ", strip=True) for it in visitor.seen.select("section .legend li")]
    assert told[0].startswith("Not due, less credits ")
    assert [money(it.rpartition(" ")[2]) for it in told] == [head[0] + head[5], *head[1:5]]
    await visitor.go("customers/20001/statement?asOf=2025-06-30&type=OpenItem")
    assert "By age on 2025-06-30" in visitor.text
