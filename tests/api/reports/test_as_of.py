"""Random ledgers as of random dates: what was owed is the journal's, whoever tells it.

Ageing, open items and brought-forward balances are compared with sums over the journal and with amounts less
applications up to the date, which is how a reader would work them out.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.api.reports.years import Year
from tests.clerk import Clerk

AGEING, OPEN_ITEMS = "reskontra/ageing", "reskontra/report/openItem"

FORWARD = """
    select customer.number, sum(sign * (amount_base - coalesce(taken, 0)))
      from (select document.*, kind.balance_sign as sign,
                   (select sum(case when credit_document_id = document_id then base_credit
                                    else base_debit + discount_base + write_off_base end)
                      from application
                     where application.company_id = 1 and application.released_at is not null
                       and document_id in (credit_document_id, debit_document_id) and {applied}) as taken
              from document join document_kind as kind using (document_type)
             where company_id = 1 and released_at is not null and {made}) as document
      join customer using (company_id, customer_id)
     group by 1 having sum(sign * (amount_base - coalesce(taken, 0))) <> 0"""
BY_DATE = FORWARD.format(applied="applied_on <= $1::date", made="document_date <= $1::date")

BOOKED = """
    select customer.number, sum(debit_base - credit_base)
      from journal_entry join customer using (company_id, customer_id)
     where company_id = 1 and moves_document_id is not null and {until}
     group by 1 having sum(debit_base - credit_base) <> 0"""
BOOKED_BY_DATE = BOOKED.format(until="entry_date <= $1::date")
BOOKED_BY_PERIOD = BOOKED.format(until="period_id <= $1::text")


async def sums(clerk: Clerk, statement: str, *values: Any) -> dict[str, Decimal]:
    return {row[0]: row[1] for row in await clerk.rows(statement, *values)}


@pytest.mark.parametrize("random_year", [1, 2], indirect=True)
async def test_what_was_owed_on_a_day_is_told_alike_by_all(random_year: Year) -> None:
    year, clerk = random_year, random_year.clerk
    ends = [date(2025, month, 1) - timedelta(days=1) for month in range(1, 13)]
    for day in (*ends, *(year.day() for _ in range(6))):
        aged = await clerk.page(AGEING, asOf=str(day), ageCredits=year.chance.choice(("true", "false")))
        assert all(sum(bucket["amount"] for bucket in row["buckets"]) == row["balance"] for row in aged)
        owed = {row["customer"]["number"]: row["balance"] for row in aged if row["balance"]}
        assert owed == await sums(clerk, BY_DATE, day), day
        items = await clerk.page(OPEN_ITEMS, asOf=str(day))
        assert {row["customer"]["number"]: row["balance"] for row in items if row["balance"]} == owed
    for day in ends[1:]:
        items = await clerk.page(OPEN_ITEMS, period=f"{day:%Y%m}")
        owed = {row["customer"]["number"]: row["balance"] for row in items if row["balance"]}
        assert owed == await sums(clerk, BOOKED_BY_PERIOD, f"{day:%Y%m}")
        assert owed == await sums(clerk, BOOKED_BY_DATE, day), "nothing here was booked in a later period"
    now = {row["customer"]["number"]: row["balance"] for row in await clerk.page(AGEING, asOf="2030-01-01")}
    kept = await sums(
        clerk,
        "select number, balance from customer_balance join customer using (company_id, customer_id)"
        " where company_id = 1 and balance <> 0",
    )
    assert {number: balance for number, balance in now.items() if balance} == kept
