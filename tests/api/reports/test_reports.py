"""Statutory reports: each ties to the journal, per period, customer and code, as JSON and as CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from reskontra.app import mounted_routes
from reskontra.web.routing import Route
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, NEEDED, Clerk, application, refusal

REPORT = "reskontra/report"
CUSTOMERS, OPEN_ITEMS, VAT, JOURNAL = (f"{REPORT}/{name}" for name in ("customer", "openItem", "vat", "journal"))
VAT_ELSEWHERE = f"{REPORT}/vatElsewhere"
FIRST, LAST = "202501", "202512"
EUROS = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "3"}


@pytest.fixture
async def year(clerk: Clerk) -> Clerk:
    """A year of the demo company: sales in kroner and euros, over several periods, settled, undone and taken back."""
    for customer in ("20001", "20002", "20003"):
        for month in (1, 3, 6):
            day = f"2025-{month:02d}-15"
            await clerk.issue(INVOICE, customer, documentDate=day, lines=[ITEM_A, {"inventoryNumber": "222"}])
    await clerk.issue(DEBIT_NOTE, "20002", documentDate="2025-04-01")
    # Settled at once, in a later period, and undone in a later one still.
    at_once = await clerk.issue(INVOICE, "20001", documentDate="2025-02-10")
    await clerk.issue(CREDIT_NOTE, "20001", documentDate="2025-02-20", applicationLines=[application(at_once, 125)])
    debit = await clerk.issue(INVOICE, "20003", documentDate="2025-02-10")
    credit = await clerk.issue(CREDIT_NOTE, "20003", documentDate="2025-03-10")
    applied = await clerk.post(
        "reskontra/application",
        credit={"documentType": "CreditNote", "referenceNumber": credit.number},
        lines=[{"referenceNumber": debit.number, "amountPaid": 100}],
        applicationDate="2025-05-05",
        financialPeriod="202505",
    )
    assert applied.status_code == 200, applied.text
    (made,) = applied.json()["applications"]
    undone = await clerk.act(f"reskontra/application/{made['id']}", "undo", date="2025-08-01", financialPeriod="202508")
    assert undone.status_code == 200, undone.text
    # Paid in part, and with more than is owed, which is taken back at once.
    for month, amount, part in ((3, 60, 60), (4, 500, 125)):
        invoice = await clerk.issue(INVOICE, "20005", documentDate=f"2025-{month:02d}-01")
        line = {"documentType": "Invoice", "refNbr": invoice.number, "amountPaid": part}
        paid = await clerk.pay(amount, line, customer="20005", applicationDate=f"2025-{month + 1:02d}-20")
    voided = await clerk.act(paid, "void", returnVoidPayment=True)
    assert voided.status_code == 200, voided.text
    released = await clerk.http.post(f"/v1/customerPayment/{paid.number}/action/release?paymentType=VoidPayment")
    assert released.status_code == 200, released.text
    # At rates of the table that differ: settling them makes an exchange difference, since the later one is sent.
    euros = await clerk.issue(INVOICE, "20004", currencyId="EUR", documentDate="2025-01-15", lines=[EUROS])
    april = await clerk.sql(
        """select rate from currency_rate where company_id = $1 and from_currency = 'EUR'
              and effective_date <= '2025-04-15' order by effective_date desc limit 1""",
        clerk.company_id,
    )
    await clerk.issue(
        CREDIT_NOTE, "20004", currencyId="EUR", documentDate="2025-04-15", lines=[EUROS], exchangeRate=april,
        applicationLines=[application(euros, euros["amountInCurrency"])],
    )  # fmt: skip
    await clerk.issue(INVOICE, "20004", currencyId="EUR", documentDate="2025-05-15", lines=[EUROS])
    assert await clerk.sql("select count(*) from journal_entry where purpose = 'exchange_gain_loss'")
    return clerk


async def sums(clerk: Clerk, statement: str, *values: Any) -> dict[Any, Decimal]:
    rows = await clerk.rows(statement, *values)
    return {row[0]: row[1] for row in rows if row[1]}


async def periods(clerk: Clerk) -> list[str]:
    """The periods of the year, and the first one that the demo company posted in."""
    rows = await clerk.rows("select distinct period_id from journal_entry order by 1")
    assert len(rows) > 6
    return [row["period_id"] for row in rows]


OWED = """
    select customer.number, sum(debit_base - credit_base)
      from journal_entry join customer using (company_id, customer_id)
     where company_id = 1 and purpose in ('receivable', 'prepayment') and period_id <= $1 group by 1"""


async def test_each_customers_specification_ties_to_the_journal_and_to_the_next_period(year: Clerk) -> None:
    closing: dict[str, Decimal] = {}
    for period in await periods(year):
        rows = await year.page(CUSTOMERS, period=period)
        opening = {row["customer"]["number"]: row["openingBalance"] for row in rows if row["openingBalance"]}
        assert opening == closing, period
        for row in rows:
            assert sum(it["debitAmount"] for it in row["postings"]) == row["debitTotal"]
            assert sum(it["creditAmount"] for it in row["postings"]) == row["creditTotal"]
            assert row["openingBalance"] + row["debitTotal"] - row["creditTotal"] == row["closingBalance"]
            assert {it["period"] for it in row["postings"]} <= {period}
        closing = {row["customer"]["number"]: row["closingBalance"] for row in rows if row["closingBalance"]}
        assert closing == await sums(year, OWED, period)
    assert closing, "somebody owes at the end"


async def test_the_posting_of_a_payment_names_the_document_that_it_moves(clerk: Clerk) -> None:
    """On the wire all its entries have the payment's number (PAY-24); receivables are told document by document."""
    customer = (await clerk.customer(name="Payer AS")).number
    first = await clerk.issue(INVOICE, customer, documentDate="2025-03-03", lines=[ITEM_A])
    second = await clerk.issue(DEBIT_NOTE, customer, documentDate="2025-03-03", lines=[ITEM_A])
    lines = [application(first, 125), application(second, 25, kind=DEBIT_NOTE)]
    paid = await clerk.pay(200, *lines, customer=customer, applicationDate="2025-04-03")
    (row,) = [it for it in await clerk.page(CUSTOMERS, period="202504") if it["customer"]["number"] == customer]
    assert [(it["documentType"], it["referenceNumber"], it["creditAmount"]) for it in row["postings"]] == [
        ("Invoice", first.number, 125), ("DebitNote", second.number, 25), ("Payment", paid.number, 50),
    ]  # fmt: skip
    entries = await clerk.page("GeneralLedgerTransactions", fromPeriod="202504", toPeriod="202504")
    assert {it["refNumber"] for it in entries if it["batchNumber"] == row["postings"][0]["batchNumber"]} == {
        paid.number
    }


async def test_open_items_of_each_period_end_tie_to_the_journal(year: Clerk) -> None:
    for period in await periods(year):
        rows = await year.page(OPEN_ITEMS, period=period)
        for row in rows:
            assert sum(item["balance"] for item in row["items"]) == row["balance"]
        balances = {row["customer"]["number"]: row["balance"] for row in rows if row["balance"]}
        assert balances == await sums(year, OWED, period), period


async def test_an_item_that_was_undone_was_settled_for_a_time(year: Clerk) -> None:
    open_in = {}
    for period in ("202504", "202505", "202507", "202508"):
        (row,) = await year.page(OPEN_ITEMS, period=period, customer="20003")
        open_in[period] = [item["balance"] for item in row["items"] if item["financialPeriod"] in ("202502", "202503")]
    assert open_in["202504"] == open_in["202508"]
    assert open_in["202505"] == open_in["202507"]
    assert sum(open_in["202504"]) == sum(open_in["202505"]), "it only moved between the two"
    assert open_in["202504"] != open_in["202505"]


async def test_vat_ties_to_the_journal_by_period_and_code(year: Clerk) -> None:
    rows = await year.page(VAT, period=FIRST, toPeriod=LAST)
    booked = await sums(
        year,
        """
        select period_id || ' ' || vat_id, sum(credit_base - debit_base) from journal_entry
         where company_id = 1 and purpose = 'vat' and period_id between $1 and $2 group by 1
        """,
        FIRST,
        LAST,
    )
    reported: dict[str, Decimal] = {}
    for row in rows:
        key = f"{row['period']} {row['vatId']}"
        reported[key] = reported.get(key, Decimal(0)) + row["vatAmount"]
        assert (
            abs(row["taxableAmount"] * row["vatRate"] / 100 - row["vatAmount"])
            <= Decimal("0.01") * row["documentCount"]
        )
    assert {key: vat for key, vat in reported.items() if vat} == booked
    revenue = await year.sql(
        """
        select sum(credit_base - debit_base) from journal_entry
         where company_id = 1 and purpose = 'revenue' and period_id between $1 and $2
        """,
        FIRST,
        LAST,
    )
    assert sum(row["taxableAmount"] for row in rows) == revenue, "each line of these has one VAT id"


async def test_documents_that_are_dated_in_another_term_make_the_difference_between_period_and_date(
    year: Clerk,
) -> None:
    late = await year.issue(INVOICE, "20001", documentDate="2025-02-28", financialPeriod="202503")
    later = await year.issue(CREDIT_NOTE, "20002", documentDate="2025-01-31", financialPeriod="202504")
    await year.issue(INVOICE, "20001", documentDate="2025-01-31", financialPeriod="202502")  # within the first term
    by_date = """
        select coalesce(sum(row.vat_base * case when document_type = 'CreditNote' then -1 else 1 end), 0)
          from document_vat as row join document using (company_id, document_id)
         where company_id = 1 and released_at is not null and document_date between $1::text::date and $2::text::date"""
    told = []
    for first, last, begins, ends in (
        ("202501", "202502", "2025-01-01", "2025-02-28"),
        ("202503", "202504", "2025-03-01", "2025-04-30"),
        ("202505", "202506", "2025-05-01", "2025-06-30"),
    ):
        term = {"period": first, "toPeriod": last}
        rows = await year.page(VAT_ELSEWHERE, **term)
        told.append([(row["referenceNumber"], row["period"], row["isInTerm"]) for row in rows])
        moved = sum(row["vatAmount"] * (-1 if row["isInTerm"] else 1) for row in rows)
        by_period = sum(row["vatAmount"] for row in await year.page(VAT, **term))
        assert by_period + moved == await year.sql(by_date, begins, ends), term
        as_table = await table(year, VAT_ELSEWHERE, **term)
        names = ("documentType", "referenceNumber", "customerNumber", "vatId")
        assert [[row[name] for name in names] for row in as_table] == [[row[name] for name in names] for row in rows]
        figures = [(row["documentDate"], Decimal(row["taxableAmount"]), Decimal(row["vatAmount"])) for row in as_table]
        assert figures == [(row["documentDate"][:10], row["taxableAmount"], row["vatAmount"]) for row in rows]
    assert told == [
        [(late.number, "202503", False), (later.number, "202504", False)],
        [(late.number, "202503", True), (later.number, "202504", True)],
        [],
    ]
    (row,) = [row for row in await year.page(VAT_ELSEWHERE, period="202504") if row["isInTerm"]]
    assert (row["taxableAmount"], row["vatAmount"], row["vatRate"]) == (-100, -25, 25)


async def test_each_entry_that_moves_what_customers_owe_names_the_document_that_it_moves(year: Clerk) -> None:
    stored = {
        (row["batch_number"], row["line_number"]): (row["document_type"], row["number"])
        for row in await year.rows(
            """
            select entry.batch_number, entry.line_number, moved.document_type, moved.number
              from journal_entry as entry
              left join document as moved
                on moved.company_id = entry.company_id and moved.document_id = entry.moves_document_id
             where entry.company_id = 1
            """
        )
    }
    moves: dict[tuple[str, int], tuple[str, str]] = {}
    for period in await periods(year):
        rows = await year.page(JOURNAL, period=period)
        for row in rows:
            moved = (row.get("movesDocumentType"), row.get("movesReferenceNumber"))
            assert moved == stored[row["batchNumber"], row["lineNumber"]], row
            if moved[0]:
                moves[row["batchNumber"], row["lineNumber"]] = moved
                assert row["purpose"] in ("receivable", "prepayment")
        as_table = await table(year, JOURNAL, period=period)
        for row in as_table:
            moved = (row["movesDocumentType"] or None, row["movesReferenceNumber"] or None)
            assert moved == stored[row["batchNumber"], int(row["lineNumber"])]
    assert {key: named for key, named in stored.items() if named[0]} == moves
    posted = {
        (it["batchNumber"], it["lineNumber"]): (it["documentType"], it["referenceNumber"])
        for period in await periods(year)
        for row in await year.page(CUSTOMERS, period=period)
        for it in row["postings"]
    }
    assert posted == moves, "a customer's specification names the same"
    batches = {
        (row["documentType"], row["referenceNumber"], row.get("movesReferenceNumber"))
        for row in await year.page(JOURNAL, period=FIRST, toPeriod=LAST)
    }
    assert any(moved not in (None, number) for _, number, moved in batches), (
        "a batch moves other documents than its own"
    )


async def test_the_journal_has_every_entry_once_and_balances(year: Clerk) -> None:
    for period in await periods(year):
        rows = await year.page(JOURNAL, period=period)
        booked = await year.rows(
            """
            select batch_number, line_number, account_number, debit_base, credit_base from journal_entry
             where company_id = 1 and period_id = $1 order by batch_number, line_number
            """,
            period,
        )
        names = ("batchNumber", "lineNumber", "account", "debitAmount", "creditAmount")
        assert [tuple(row[name] for name in names) for row in rows] == [tuple(row) for row in booked]
        assert sum(row["debitAmount"] for row in rows) == sum(row["creditAmount"] for row in rows)
        assert all(row["accountDescription"] and row["createdBy"] for row in rows)


async def test_the_journal_is_narrowed_by_batch_account_and_text(year: Clerk) -> None:
    entries = await year.page(JOURNAL, period=FIRST, toPeriod=LAST)
    batch = entries[len(entries) // 2]["batchNumber"]
    of_batch = [it for it in entries if it["batchNumber"] == batch]
    assert await year.page(JOURNAL, batch=batch) == _recounted(of_batch), "a batch needs no period"
    assert await year.page(JOURNAL, batch=batch, period="203001") == []
    span = {"period": FIRST, "toPeriod": LAST}
    account = of_batch[0]["account"]
    found = await year.page(JOURNAL, **span, account=account)
    assert found == _recounted([it for it in entries if it["account"] == account])
    text = next(it["description"] for it in entries if it["description"])
    word = text[1:].upper()
    found = await year.page(JOURNAL, **span, text=word)
    assert found == _recounted([it for it in entries if word.lower() in (it["description"] or "").lower()])
    for narrow in ({"batch": batch}, {**span, "account": account}, {**span, "text": word}):
        pairs = [(it["batchNumber"], str(it["lineNumber"])) for it in await year.page(JOURNAL, **narrow)]
        rows = await table(year, JOURNAL, **narrow)
        assert [(it["batchNumber"], it["lineNumber"]) for it in rows] == pairs
    number = next(it["referenceNumber"] for it in entries if it["documentType"] == "Invoice")
    named = {"documentType": "Invoice", "referenceNumber": number}
    assert len(await table(year, JOURNAL, **named)) == len(await year.page(JOURNAL, **named)) > 1


def _reports() -> list[Route]:
    return [it for it in mounted_routes() if it.path.startswith(f"/v1/{REPORT}/")]


GOOD = {
    "period": FIRST, "toPeriod": LAST, "asOf": "2025-06-30", "knownAt": "2030-01-01T00:00:00Z", "customer": "20003",
    "account": "1500", "text": "a", "series": "INVOICE", "format": "csv",
}  # fmt: skip
NOWHERE = {"customer": "no one", "account": "0", "batch": "none", "text": "said nowhere", "referenceNumber": "none"}
"""What nothing is found by. A value that a parameter cannot take must be refused."""
NOTHING: Any = ([], {"customerCount": 0, "documentCount": 0, "balance": 0})
"""What then is answered: a list, or sums."""


@pytest.mark.parametrize("route", _reports(), ids=lambda it: it.operation)
async def test_a_reports_parameter_acts_or_is_refused_beside_each_other(year: Clerk, route: Route) -> None:
    """A value that finds nothing leaves nothing, and a bad one is refused, whatever is sent with it."""
    (entry,) = await year.page(JOURNAL, period=FIRST, text="invoice", documentType="", pageSize=1)
    good = GOOD | {"batch": entry["batchNumber"]}
    named = {"documentType": "Invoice", "referenceNumber": entry["referenceNumber"]}
    own = {it.name for it in (*route.query, *(to for known in route.filters for to in known.parameters))}
    own -= {"pageNumber", "pageSize"}  # a table is of everything
    needed = {name: good[name] for name in route.needed}
    ignored = []
    for odd in sorted(own):
        beside: list[dict[str, str]] = [{name: good[name]} for name in sorted(own & set(good) - {odd})]
        beside += [named] if "documentType" in own else []
        for query in ({}, *beside):
            sent = {**needed, **query, odd: NOWHERE.get(odd, "?!")}
            answer = await year.http.get(route.path, params=sent)
            empty = (
                answer.text.count("\n") == 1 if "csv" in answer.headers["content-type"] else answer.json() in NOTHING
            )
            if not (answer.status_code == 400 or (answer.status_code == 200 and empty and odd in NOWHERE)):
                ignored.append((sent, answer.status_code))
    assert ignored == []


async def test_periods_narrow_a_batch_and_a_document_too(year: Clerk) -> None:
    (entry,) = await year.page(JOURNAL, period="202506", documentType="", text="Invoice", pageSize=1)
    document = {"documentType": entry["documentType"], "referenceNumber": entry["referenceNumber"]}
    for named in ({"batch": entry["batchNumber"]}, document):
        whole = await year.page(JOURNAL, **named)
        assert len(whole) > 1
        for periods_, found in (
            ({"toPeriod": "202505"}, []),
            ({"toPeriod": "202506"}, whole),
            ({"period": "202507", "toPeriod": "202508"}, []),
            ({"period": "202501", "toPeriod": "202506"}, whole),
        ):
            assert await year.page(JOURNAL, **named, **periods_) == found, (named, periods_)


def _recounted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they would be in a list of their own."""
    return [{**row, "metadata": {**row["metadata"], "totalCount": len(rows)}} if "metadata" in row else row
            for row in rows]  # fmt: skip


# The ledger's receivables against what is open

RECEIVABLES, DIFFERENCES = f"{REPORT}/receivable", f"{REPORT}/receivable/difference"


async def test_accounts_tie_to_the_open_items_of_each_period_end(year: Clerk) -> None:
    for period in [*await periods(year), "202412"]:
        found = {row["account"]: row for row in await year.page(RECEIVABLES, period=period)}
        open_items: dict[str, Decimal] = {}
        for customer in await year.page(OPEN_ITEMS, period=period):
            for item in customer["items"]:
                open_items[item["account"]] = open_items.get(item["account"], Decimal(0)) + item["balance"]
        ledger = await year.rows(
            """
            select account_number, sum(debit_base - credit_base) from journal_entry
             where company_id = 1 and period_id <= $1 and account_number = any (
                 select account_number from journal_entry where moves_document_id is not null) group by 1 order by 1
            """,
            period,
        )
        assert [(row["account"], row["ledger"]) for row in found.values()] == [tuple(row) for row in ledger]
        assert {name: row["openItems"] for name, row in found.items() if row["openItems"]} == {
            name: balance for name, balance in open_items.items() if balance
        }
        assert all(row["difference"] == 0 for row in found.values())
        for account in found:
            assert await year.page(DIFFERENCES, period=period, account=account) == []


@pytest.mark.plants_fault
async def test_what_is_behind_a_difference_is_told(year: Clerk) -> None:
    """An entry by hand, and a document whose entries come to something else than its balance."""
    await year.execute(
        """
        insert into batch (company_id, batch_number, module, period_id, batch_date, description, status, currency_id,
                           total_base, created_at, created_by)
        select company_id, 'HAND1', module, period_id, batch_date, 'By hand', status, currency_id, 7, created_at,
               created_by
          from batch where company_id = 1 and batch_number = 'AR000001'""",
        """
        insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id, branch_number,
                                   debit, credit, debit_base, credit_base, currency_id, exchange_rate, entry_date,
                                   period_id, document_type, document_number, customer_id, purpose, description)
        select company_id, 'HAND1', line.number, line.account, subaccount_id, branch_number, line.debit, line.credit,
               line.debit, line.credit, currency_id, exchange_rate, entry_date, period_id, document_type,
               document_number, customer_id, 'rounding', 'By hand'
          from journal_entry
         cross join (values (1, '1500', 7, 0), (2, '3000', 0, 7)) as line (number, account, debit, credit)
         where company_id = 1 and batch_number = 'AR000001' and line_number = 1""",
    )
    period = await year.sql("select period_id from batch where batch_number = 'HAND1'")
    (account,) = [it for it in await year.page(RECEIVABLES, period=period) if it["account"] == "1500"]
    assert account["difference"] == 7
    (row,) = await year.page(DIFFERENCES, period=period, account="1500")
    assert (row["batchNumber"], row["lineNumber"], row["description"], row["ledger"], row["openItems"]) == (
        "HAND1", 1, "By hand", 7, 0,
    )  # fmt: skip
    number = await year.sql(
        """update document set balance_base = balance_base - 3, balance = balance - 3
            where document_id = (select document_id from document where company_id = 1 and document_type = 'Invoice'
              and currency_id = 'NOK' and balance > 3 and period_id <= $1 order by document_id limit 1)
           returning number""",
        period,
    )
    rows = await year.page(DIFFERENCES, period=period, account="1500")
    assert [(it.get("referenceNumber"), it.get("batchNumber"), it["difference"]) for it in rows] == [
        (number, None, 3), (None, "HAND1", 7),
    ]  # fmt: skip
    as_table = await table(year, DIFFERENCES, period=period, account="1500")
    assert [Decimal(it["difference"]) for it in as_table] == [3, 7]
    pages = [await year.page(DIFFERENCES, period=period, account="1500", pageSize=1, pageNumber=it) for it in (1, 2, 3)]
    assert pages == [rows[:1], rows[1:], []]
    assert rows[0]["metadata"]["totalCount"] == 2


async def test_differences_are_of_an_account_that_there_is(bystander: Clerk) -> None:
    for query, reason in (
        ({}, "account is missing"),
        ({"account": "nowhere"}, "'nowhere' cannot be found"),
        ({"account": "nowhere", "format": "csv"}, "'nowhere' cannot be found"),
    ):
        assert reason in refusal(await bystander.http.get(f"/v1/{DIFFERENCES}", params=query)), query


# As a table


async def table(clerk: Clerk, report: str, **query: Any) -> list[dict[str, str]]:
    answer = await clerk.http.get(f"/v1/{report}", params={"format": "csv", **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_the_specification_as_a_table_says_the_same(year: Clerk) -> None:
    rows = await table(year, CUSTOMERS, period=FIRST, toPeriod=LAST)
    for found in await year.page(CUSTOMERS, period=FIRST, toPeriod=LAST):
        opening, *postings, closing = [row for row in rows if row["customerNumber"] == found["customer"]["number"]]
        assert (opening["rowType"], Decimal(opening["balance"])) == ("Opening", found["openingBalance"])
        assert (closing["rowType"], Decimal(closing["balance"])) == ("Closing", found["closingBalance"])
        assert [Decimal(closing[side]) for side in ("debitAmount", "creditAmount")] == [
            found["debitTotal"],
            found["creditTotal"],
        ]
        assert [(row["batchNumber"], row["referenceNumber"], row["date"]) for row in postings] == [
            (it["batchNumber"], it["referenceNumber"], it["date"][:10]) for it in found["postings"]
        ]
        moved = found["openingBalance"]
        for row in postings:
            moved += Decimal(row["debitAmount"]) - Decimal(row["creditAmount"])
            assert Decimal(row["balance"]) == moved
    assert {row["customerNumber"] for row in rows} == {
        row["customer"]["number"] for row in await year.page(CUSTOMERS, period=FIRST, toPeriod=LAST)
    }


async def test_open_items_vat_and_journal_as_tables_say_the_same(year: Clerk) -> None:
    items = [
        (row["customer"]["number"], item["referenceNumber"], item["balance"])
        for row in await year.page(OPEN_ITEMS, period="202506")
        for item in row["items"]
    ]
    as_table = await table(year, OPEN_ITEMS, period="202506")
    assert [(row["customerNumber"], row["referenceNumber"], Decimal(row["balance"])) for row in as_table] == items
    span = {"period": FIRST, "toPeriod": LAST}
    assert [(row["period"], row["vatId"], Decimal(row["vatAmount"])) for row in await table(year, VAT, **span)] == [
        (row["period"], row["vatId"], row["vatAmount"]) for row in await year.page(VAT, **span)
    ]
    entries = await year.page(JOURNAL, **span)
    as_table = await table(year, JOURNAL, **span)
    names = ("batchNumber", "account", "accountDescription", "customerNumber", "purpose")
    assert [[row[name] for name in names] for row in as_table] == [[row[name] for name in names] for row in entries]


async def test_accept_asks_for_a_table_too(bystander: Clerk) -> None:
    for accept, is_table in (
        ("text/csv", True),
        ("text/csv, */*;q=0.1", True),
        ("application/json, text/csv", False),
        ("*/*", False),
    ):
        answer = await bystander.http.get(f"/v1/{JOURNAL}", headers={"Accept": accept})
        assert answer.headers["content-type"].startswith("text/csv") == is_table, accept
    answer = await bystander.http.get(f"/v1/{JOURNAL}", params={"format": "json"}, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("application/json")
    assert "xml" in refusal(await bystander.http.get(f"/v1/{JOURNAL}", params={"format": "xml"}))


# Asking


async def test_two_tables_are_made_at_a_time_whatever_they_are_of(
    bystander: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes a connection, for minutes if it is long; other requests need some, too."""
    writing, most, made = 0, 0, 0
    write = asyncpg.Connection.copy_from_query

    async def counted(connection: Any, statement: str, *values: Any, **options: Any) -> str:
        nonlocal writing, most, made
        writing, made = writing + 1, made + 1
        most = max(most, writing)
        try:
            await asyncio.sleep(0.02)
            status: str = await write(connection, statement, *values, **options)
        finally:
            writing -= 1
        return status

    monkeypatch.setattr(asyncpg.Connection, "copy_from_query", counted)
    routes = [it for it in mounted_routes() if it.has_table and it.lists]
    asked = [bystander.http.get(it.path, params={**NEEDED.get(it.operation, {}), "format": "csv"}) for it in routes]
    answers = await asyncio.gather(*asked)
    assert [it.headers["content-type"] for it in answers] == ["text/csv; charset=utf-8"] * len(routes)
    assert (most, made) == (2, len(routes))
    assert made > 8


async def test_reports_are_of_one_customer_where_that_is_asked_for(year: Clerk) -> None:
    span = {"period": FIRST, "toPeriod": LAST, "customer": "20003"}
    for report in (CUSTOMERS, OPEN_ITEMS):
        assert [row["customer"]["number"] for row in await year.page(report, **span)] == ["20003"]
    for report in (CUSTOMERS, OPEN_ITEMS, JOURNAL):
        assert {row["customerNumber"] for row in await table(year, report, **span)} == {"20003"}
    assert {row["customerNumber"] for row in await year.page(JOURNAL, **span)} == {"20003"}


async def test_without_a_period_the_one_of_today_is_meant(bystander: Clerk) -> None:
    today = f"{bystander.clock.now():%Y%m}"
    for report in (CUSTOMERS, OPEN_ITEMS, VAT, JOURNAL):
        assert await bystander.get(report) == await bystander.get(report, period=today)


@pytest.mark.parametrize("report", [CUSTOMERS, VAT, JOURNAL])
async def test_periods_that_do_not_exist_or_end_before_they_begin_are_refused(bystander: Clerk, report: str) -> None:
    for query, reason in (
        ({"period": "2025"}, "not a financial period"),
        ({"period": "190001"}, "'190001' cannot be found"),
        ({"period": FIRST, "toPeriod": "202413"}, "'202413' cannot be found"),
        ({"period": "202503", "toPeriod": "022025"}, "202502 comes before the period 202503"),
    ):
        assert reason in refusal(await bystander.http.get(f"/v1/{report}", params=query)), query


async def test_pages_of_a_report_are_those_of_the_whole(year: Clerk) -> None:
    for report in (CUSTOMERS, OPEN_ITEMS, VAT, JOURNAL):
        span = {"period": FIRST, "toPeriod": LAST} if report != OPEN_ITEMS else {"period": LAST}
        whole = await year.page(report, **span)
        paged = [
            row for number in range(1, 4) for row in await year.page(report, **span, pageSize=2, pageNumber=number)
        ]
        assert paged == whole[:6]
        assert whole[0]["metadata"]["totalCount"] == len(whole)


async def test_a_customers_rows_are_found_whatever_its_letters(clerk: Clerk) -> None:
    customer = await clerk.customer(number="ÅS1")
    await clerk.issue(INVOICE, customer.number, documentDate="2025-01-15")
    for report in (CUSTOMERS, OPEN_ITEMS, JOURNAL):
        query = {"period": "202501", "customer": "Ås1"}
        assert await clerk.page(report, **query), report
        answer = await clerk.http.get(f"/v1/{report}", params={**query, "format": "csv"})
        assert len(answer.text.splitlines()) > 1, report
