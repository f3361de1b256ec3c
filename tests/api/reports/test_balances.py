"""Balances of all customers: as they are today, and what moved them from period to period."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.reports.years import Year
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, Clerk, refusal

BALANCES, MOVEMENTS = "customer/balance", "/v2/customer/balance"
COLUMNS = ("beginBalance", "sales", "paymentsAndPrepayments", "adjustmentsAndDiscounts", "overdueCharges",
           "yearToDateBalance")  # fmt: skip
EUROS = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "5"}


async def moved(clerk: Clerk, customer: str, first: str, last: str | None = None) -> tuple[Any, ...]:
    """The columns of a customer that has one branch."""
    (row,) = await clerk.page(MOVEMENTS, customer=customer, fromFinPeriod=first, toFinPeriod=last or first)
    assert row["customer"]["number"] == customer
    return tuple(row[name] for name in COLUMNS)


async def paid(clerk: Clerk, invoice: Any, amount: Any, day: str, **line: Any) -> Any:
    return await clerk.pay(
        amount,
        {"documentType": "Invoice", "refNbr": invoice.number, **line},
        customer=invoice["customer"]["number"],
        applicationDate=day,
        currency=invoice["currencyId"],
    )


async def test_each_movement_is_in_its_column(clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Moved AS")).number
    invoice = await clerk.issue(INVOICE, customer, documentDate="2025-03-01", creditTermsId="30D2", lines=[ITEM_A] * 8)
    await clerk.issue(DEBIT_NOTE, customer, documentDate="2025-03-05")
    assert await moved(clerk, customer, "202503") == (0, 1125, 0, 0, 0, 1125)
    await paid(clerk, invoice, 490, "2025-03-11", amountPaid=490, cashDiscountTaken=10)
    assert await moved(clerk, customer, "202503") == (0, 1125, 490, -10, 0, 625)
    await clerk.issue(CREDIT_NOTE, customer, documentDate="2025-04-01")
    part = await paid(
        clerk, invoice, 99, "2025-04-02", amountPaid=99, balanceWriteOff=1, writeOffReasonCode="BALANCEWO"
    )
    assert await moved(clerk, customer, "202504") == (625, 0, 99, -126, 0, 400)
    assert (await clerk.act(part, "void")).status_code == 200
    void = f"/v1/customerPayment/{part.number}"
    sent = await clerk.http.put(f"{void}?paymentType=VoidPayment", json={"applicationDate": {"value": "2025-05-10"}})
    assert sent.status_code == 204, sent.text
    assert (await clerk.http.post(f"{void}/action/release?paymentType=VoidPayment")).status_code == 200
    assert await moved(clerk, customer, "202505") == (400, 0, -99, 1, 0, 500)
    assert await moved(clerk, customer, "202503", "052025") == (0, 1125, 490, -135, 0, 500)
    await paid(clerk, invoice, 101, "2025-06-02", amountPaid=100)
    prepaid = await clerk.pay(80, customer=customer, applicationDate="2025-06-03", type="Prepayment")
    assert await moved(clerk, customer, "202506") == (500, 0, 181, 0, 0, 319)
    line = {"documentType": "Prepayment", "refNbr": prepaid.number, "amountPaid": 80}
    await clerk.pay(80, line, customer=customer, applicationDate="2025-07-01", type="Refund")
    assert await moved(clerk, customer, "202507") == (319, 0, -80, 0, 0, 399)
    assert (await clerk.balance(customer))[0] == 399


async def test_a_released_charge_is_in_its_column(clerk: Clerk) -> None:
    """10,000 that were due on 1 June cost 203.36 up to the end of July; a draft costs nothing yet."""
    await clerk.sql("update customer set overdue_charge = false where company_id = 1")
    customer = (await clerk.customer(name="Late AS")).number
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 10_000, "vatCodeId": "6"}
    await clerk.issue(INVOICE, customer, documentDate="2025-06-01", documentDueDate="2025-06-01", lines=[line])
    draft = await clerk.charged("2025-07-31")
    assert await moved(clerk, customer, "202507") == (10_000, 0, 0, 0, 0, 10_000)
    charge = await clerk.release(draft)
    assert await moved(clerk, customer, "202507") == (10_000, 0, 0, 0, Decimal("203.36"), Decimal("10203.36"))
    await clerk.pay(
        "203.36", {"documentType": "FinCharge", "refNbr": charge.number}, customer=customer,
        applicationDate="2025-08-15",
    )  # fmt: skip
    assert await moved(clerk, customer, "202508") == (Decimal("10203.36"), 0, Decimal("203.36"), 0, 0, 10_000)


async def test_an_exchange_gain_raises_what_was_owed(clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Euro AS")).number
    invoice = await clerk.issue(INVOICE, customer, currencyId="EUR", documentDate="2025-03-15", lines=[EUROS])
    await paid(clerk, invoice, 1000, "2025-07-15")
    owed, cash, gain = Decimal(10400), Decimal(10600), Decimal(200)
    assert await moved(clerk, customer, "202503", "202507") == (0, owed, cash, gain, 0, 0)


async def test_documents_of_two_branches_have_a_row_each(clerk: Clerk) -> None:
    await clerk.execute(
        "insert into branch (company_id, branch_number, name, branch_id, modified_at)"
        " values (1, '2', 'Bergen', 2, now())"
    )
    branches = [row["number"] for row in await clerk.page("branch")]
    assert branches == ["1", "2"]
    customer = (await clerk.customer(name="Split AS")).number
    for branch in branches:
        await clerk.issue(INVOICE, customer, documentDate="2025-03-03", branchNumber=branch)
    note = await clerk.issue(CREDIT_NOTE, customer, documentDate="2025-03-04", branchNumber=branches[0])
    (debit,) = await clerk.page(INVOICE, customer=customer, branch=branches[1])
    applied = await clerk.post(
        "reskontra/application",
        credit={"documentType": "CreditNote", "referenceNumber": note.number},
        lines=[{"referenceNumber": debit["referenceNumber"], "amountPaid": 100}],
        applicationDate="2025-04-01",
    )
    assert applied.status_code == 200, applied.text
    query = {"customer": customer, "fromFinPeriod": "202504", "toFinPeriod": "202504"}
    rows = await clerk.page(MOVEMENTS, **query)
    assert [row["branchNumber"]["number"] for row in rows] == sorted(branches)
    found = {row["branchNumber"]["number"]: tuple(row[name] for name in COLUMNS) for row in rows}
    assert found[branches[0]] == (0, 0, 0, 100, 0, 100)
    assert found[branches[1]] == (125, 0, 0, -100, 0, 25)
    (one,) = await clerk.page(MOVEMENTS, **query, branchNumber=branches[1])
    assert {**one, "metadata": None} == {**rows[branches[1] == rows[1]["branchNumber"]["number"]], "metadata": None}
    assert all(row["branchNumber"]["name"] for row in rows)


ADJUSTED = """
    select customer.number, sum(part.amount)
      from (select customer_id, period_id, -amount_base as amount from document
             where company_id = 1 and released_at is not null and document_type = 'CreditNote'
             union all
            select customer_id, application.period_id, gain_loss - discount_base - write_off_base
              from application join document on document_id = debit_document_id
             where application.company_id = 1 and document.company_id = 1 and application.released_at is not null)
           as part
      join customer on customer.company_id = 1 and customer.customer_id = part.customer_id
     where part.period_id = $1 group by 1 having sum(part.amount) <> 0"""
LEDGER = """
    select sum(debit_base - credit_base) from journal_entry
     where company_id = 1 and period_id <= $1 and account_number = any (
         select account_number from journal_entry where purpose in ('receivable', 'prepayment'))"""


async def test_ends_sum_to_the_ledger_and_begin_the_next_period(random_year: Year) -> None:
    clerk = random_year.clerk
    ended: dict[str, Decimal] = {}
    for month in range(1, 13):
        period = f"2025{month:02d}"
        rows = await clerk.page(MOVEMENTS, fromFinPeriod=period, toFinPeriod=period)
        begun = {row["customer"]["number"]: row["beginBalance"] for row in rows if row["beginBalance"]}
        assert month == 1 or begun == ended
        for row in rows:
            begin, sales, payments, adjustments, charges, end = (row[name] for name in COLUMNS)
            assert begin + sales - payments + adjustments + charges == end
        adjusted = {row["customer"]["number"]: row[COLUMNS[3]] for row in rows if row[COLUMNS[3]]}
        assert adjusted == dict(await clerk.rows(ADJUSTED, period))
        ended = {row["customer"]["number"]: row["yearToDateBalance"] for row in rows if row["yearToDateBalance"]}
        assert sum(ended.values()) == await clerk.sql(LEDGER, period)
    assert ended


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"fromFinPeriod": "202501"}, "toFinPeriod is missing"),
        ({"toFinPeriod": "202501"}, "fromFinPeriod is missing"),
        ({"fromFinPeriod": "2025", "toFinPeriod": "202501"}, "fromFinPeriod"),
        ({"fromFinPeriod": "202502", "toFinPeriod": "202501"}, "202501 comes before the period 202502"),
    ],
)
async def test_periods_that_say_nothing_are_refused(bystander: Clerk, query: dict[str, str], says: str) -> None:
    assert says in refusal(await bystander.http.get(MOVEMENTS, params=query))


# Today's


async def test_all_balances_are_those_of_each_customer_alone(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, "20001", documentDate=f"{clerk.clock.now():%Y-%m}-01", creditTermsId="30D2")
    await paid(clerk, invoice, "122.50", f"{clerk.clock.now():%Y-%m}-02")
    rows = await clerk.page(BALANCES)
    numbers = [row["customer"]["number"] for row in rows]
    assert numbers == [row["number"] for row in await clerk.page("customer")]
    for row in rows:
        alone = await clerk.get(f"customer/{row['customer']['number']}/balance")
        assert {name: value for name, value in row.items() if name != "metadata"} == dict(alone)
    (buyer,) = [row for row in rows if row["customer"]["number"] == "20001"]
    assert (buyer["totalDiscountPeriod"], buyer["totalSalePeriod"]) == (Decimal("2.5"), 100)
    assert buyer["totalDiscountYear"] >= Decimal("2.5")
    assert await numbers_of(clerk, greaterThanValue=numbers[2]) == numbers[3:]
    assert await numbers_of(clerk, numberToRead=2, skipRecords=1) == numbers[1:3]


async def test_balances_come_in_the_order_that_is_asked_for(clerk: Clerk) -> None:
    rows = await clerk.page(BALANCES)
    by = {
        "number": lambda row: row["customer"]["number"],
        "name": lambda row: row["customer"]["name"],
        "balance": lambda row: row["balance"],
        "lastModified": lambda row: row["lastModified"],
    }
    for name, key in by.items():
        for direction in ("", " asc", " desc"):
            found = [key(row) for row in await clerk.page(BALANCES, orderBy=f"{name}{direction}")]
            assert len(found) == len(rows)
            if name == "name":  # as the database orders words, in the other direction for `desc`
                by_name = [key(row) for row in await clerk.page(BALANCES, orderBy="name")]
                assert found == (by_name[::-1] if direction == " desc" else by_name)
                assert set(map(key, rows)) == set(found)
            else:
                assert found == sorted(found, reverse=direction == " desc"), name
    answer = await clerk.http.get(f"/v1/{BALANCES}", params={"orderBy": "colour"})
    assert "orderBy" in refusal(answer)


async def test_balances_are_found_by_when_they_changed(clerk: Clerk) -> None:
    before = max(row["lastModified"] for row in await clerk.page(BALANCES))
    query = {"lastModifiedDateTime": before, "lastModifiedDateTimeCondition": ">"}
    assert await numbers_of(clerk, **query) == []
    await clerk.issue(INVOICE, "20003")
    assert await numbers_of(clerk, **query) == ["20003"]


async def numbers_of(clerk: Clerk, **query: Any) -> list[str]:
    return [row["customer"]["number"] for row in await clerk.page(BALANCES, **query)]
