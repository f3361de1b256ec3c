"""What was sold: invoices, debit notes and cash sales less what takes them back, without VAT, as the journal has it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from tests.api.reports.years import Year
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, Clerk, application

SALES = "reskontra/report/sales"
EUROS = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "3"}
REVENUE = """
    select {} as code, sum(credit_base - debit_base)
      from journal_entry join customer using (company_id, customer_id)
     where company_id = 1 and purpose = 'revenue' and period_id between $1 and $2
       and document_type in ('Invoice', 'DebitNote', 'CashSale', 'CreditNote', 'CashReturn')
     group by 1"""
KEYS = {"customer": "customer.number", "branch": "branch_number", "account": "account_number", "period": "period_id"}


def pieces(count: int) -> list[dict[str, Any]]:
    """That many of the item that costs 100 without VAT."""
    return [ITEM_A | {"quantity": count}]


async def of_customer(clerk: Clerk, customer: str, period: str, last: str | None = None) -> dict[str, Any]:
    rows = await clerk.page(SALES, period=period, toPeriod=last or period, pageSize=1000)
    (row,) = [it for it in rows if it["code"] == customer]
    del row["metadata"]
    return row


async def test_sales_are_what_was_invoiced_and_sold_for_cash_less_what_was_taken_back(clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Buyer AS")).number
    day = {"documentDate": "2025-03-03"}
    await clerk.issue(INVOICE, customer, lines=pieces(7), **day)
    await clerk.issue(DEBIT_NOTE, customer, lines=pieces(2), **day)
    sold = await clerk.release(await clerk.cash_sale(customer, lines=pieces(5), **day))
    await clerk.issue(CREDIT_NOTE, customer, lines=pieces(3), **day)
    await clerk.release(await clerk.cash_return(sold, documentDate="2025-03-04"))
    await clerk.invoice(customer, lines=pieces(50), **day)  # a draft is no sale
    assert await of_customer(clerk, customer, "202503") == {
        "code": customer,
        "name": "Buyer AS",
        "documentCount": 5,
        "invoiced": 900.0,
        "cashSales": 500.0,
        "credited": -300.0,
        "cashReturns": -500.0,
        "sales": 600.0,
    }


async def test_exchange_differences_discounts_interest_and_openings_are_no_sales(clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Buyer AS", currencyId="EUR", overrideCurrency=True)).number
    euros = await clerk.issue(INVOICE, customer, currencyId="EUR", documentDate="2025-01-15", lines=[EUROS])
    before = await of_customer(clerk, customer, "202501", "202512")
    rate = Decimal(str(euros["exchangeRate"]))
    assert before["sales"] == round(1000 * rate, 2)
    paid = await clerk.payment(
        euros["amountInCurrency"],
        application(euros, euros["amountInCurrency"]),
        customer=customer,
        currency="EUR",
        applicationDate="2025-04-15",
        exchangeRate=rate + 1,
    )
    await clerk.release(paid)
    assert await clerk.sql("select count(*) from journal_entry where purpose = 'exchange_gain_loss'")
    taken = {
        "documentType": "Invoice",
        "referenceNumber": "OLD-1",
        "customer": customer,
        "documentDate": "2024-12-05",
        "dueDate": "2024-12-19",
        "balance": 70,
    }
    await clerk.post("reskontra/openItems", asOf="2025-06-06", items=[taken])
    assert await of_customer(clerk, customer, "202501", "202512") == before


@pytest.mark.parametrize("by", sorted(KEYS))
async def test_sales_tie_to_the_revenue_of_the_journal(random_year: Year, by: str) -> None:
    clerk = random_year.clerk
    sold = await clerk.release(await clerk.cash_sale("20001", documentDate="2025-03-03", lines=pieces(4)))
    await clerk.release(await clerk.cash_return(sold))
    for first, last in (("202503", "202503"), ("202501", "202512")):
        rows = await clerk.page(SALES, by=by, period=first, toPeriod=last, pageSize=1000)
        ledger = {row[0]: row[1] for row in await clerk.rows(REVENUE.format(KEYS[by]), first, last)}
        assert {row["code"]: row["sales"] for row in rows if row["sales"]} == {
            code: sum_ for code, sum_ in ledger.items() if sum_
        }
        for row in rows:
            parts = sum(row[name] for name in ("invoiced", "cashSales", "credited", "cashReturns"))
            assert parts == row["sales"]
        if by != "period":
            assert [row["sales"] for row in rows] == sorted((row["sales"] for row in rows), reverse=True)
        assert await as_csv(clerk, by=by, period=first, toPeriod=last) == [(row["code"], row["sales"]) for row in rows]


async def as_csv(clerk: Clerk, **query: str) -> list[tuple[str, Decimal]]:
    answer = await clerk.http.get(f"/v1/{SALES}", params={"format": "csv"} | query)
    rows = csv.DictReader(io.StringIO(answer.text))
    return [(row[query["by"]], Decimal(row["sales"])) for row in rows]


async def test_what_sales_are_not_added_up_by_is_refused(clerk: Clerk) -> None:
    answer = await clerk.http.get(f"/v1/{SALES}", params={"by": "colour"})
    assert answer.status_code == 400
    assert "customer, branch, account, period" in answer.text
