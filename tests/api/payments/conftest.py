"""Who pays, what is owed, what a line of a payment names, and what that booked: the words that these tests share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import INVOICE, Clerk, Record, address_of

MONEY = ("Payment", "VoidPayment")
"""A payment and its void, which share a number."""


@pytest.fixture
async def payer(clerk: Clerk) -> None:
    """A customer who owes nothing yet."""
    clerk.customer_number = (await clerk.customer(name="Payer AS")).number


async def rates(clerk: Clerk, by_day: Mapping[str, str], currency: str = "EUR") -> None:
    """What a currency is worth in kroner from some days on."""
    for day, rate in by_day.items():
        row = {"fromCurrencyId": currency, "toCurrencyId": "NOK", "effectiveDate": day, "rate": rate}
        answer = await clerk.post("/v2/currencyrate", **row)
        assert answer.status_code == 201, answer.text


def priced(price: Any, **fields: Any) -> dict[str, Any]:
    """Fields of a document over exactly this amount, without VAT."""
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": price, "vatCodeId": "6"}
    return {"lines": [line]} | fields


async def owed(clerk: Clerk, price: Any, kind: str = INVOICE, **fields: Any) -> Record:
    """A released document over exactly this amount, without VAT."""
    return await clerk.issue(kind, **priced(price, **fields))


def on(document: Record, kind: str = "Invoice", **fields: Any) -> dict[str, Any]:
    """A line of a payment on this document, which sends only what is given."""
    return {"documentType": kind, "refNbr": document.number} | fields


async def ledger(
    clerk: Clerk, *documents: Record, types: Sequence[str] = (), purposes: Sequence[str] = ()
) -> dict[str, Decimal]:
    """Account -> debit less credit in base currency of what these documents booked, without what is zero.

    `types` and `purposes` leave some of it: documents of different types may have the same number.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        rows = await clerk.rows(
            """
            select account_number, sum(debit_base - credit_base) as amount from journal_entry
             where company_id = $1 and document_number = $2
               and (cardinality($3::text[]) = 0 or document_type = any ($3))
               and (cardinality($4::text[]) = 0 or purpose = any ($4))
             group by account_number
            """,
            clerk.company_id, document.number, list(types), list(purposes),
        )  # fmt: skip
        for row in rows:
            sums[row["account_number"]] += row["amount"]
    return {account: sums[account] for account in sorted(sums) if sums[account]}


async def state(clerk: Clerk, document: Record) -> tuple[str, Any]:
    """The status of a document or payment, and what is open of it."""
    found = await clerk.get(document)
    return found["status"], found["balance"] if "balance" in found else found["availableBalance"]


async def send_back(clerk: Clerk, payment: Record, **query: Any) -> None:
    """PUT of all that GET shows, to the byte: nothing changes."""
    address = address_of(payment)
    read = await clerk.http.get(address, params=query)
    before = await clerk.newest_change()
    answer = await clerk.http.put(
        address, params=query, content=read.content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 204, answer.text
    assert answer.headers["ETag"] == read.headers["ETag"]
    assert await clerk.newest_change() == before
