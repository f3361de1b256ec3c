"""Who is late, and by how much: what the tests of reminding begin with. Holds no test."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.clerk import CREDIT_NOTE, LETTERS, Clerk, Record, application

INVOICED = date(2025, 1, 1)
DUE = date(2025, 1, 15)
"""With the demo's terms of 14 days. Its levels: 14, 28 and 42 days past due; the third has a fee of 35.00."""


def late(days: int) -> date:
    return DUE + timedelta(days=days)


def at(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


async def debtor(clerk: Clerk, **fields: Any) -> str:
    """The number of a new customer that letters can be sent to."""
    address = {"addressLine1": "Gata 1", "city": "Oslo", "countryId": "NO"}
    return (await clerk.customer(**{"name": "Late payer AS", "mainAddress": address} | fields)).number


async def level_of(clerk: Clerk, document: Record | str) -> tuple[int, str | None]:
    """The level of a document and the date of its newest letter, as GET shows them."""
    read = await clerk.get(document)
    return read.get("dunningLetterLevel", 0), read.get("dunningLetterDate")


def numbered(number: int) -> str:
    """The address of a letter."""
    return f"{LETTERS}/{number}"


async def letter_rows(clerk: Clerk) -> list[Any]:
    return await clerk.rows("select * from dunning_letter order by letter_id")


async def reminded(clerk: Clerk, customer: str, day: date) -> list[dict[str, Any]]:
    """Make the letters that are due; returns those of the customer that are of that day."""
    await clerk.remind(customer, day)
    return [it for it in await clerk.letters(customer=customer) if it["letterDate"] == at(day)]


async def climb(clerk: Clerk, customer: str, levels: int = 3) -> dict[str, Any]:
    """Remind until that level; returns the last letter."""
    for days in (15, 29, 43)[:levels]:
        made = await reminded(clerk, customer, late(days))
    return made[-1]


async def credited(clerk: Clerk, customer: str, invoice: Record | str, amount: int) -> Record:
    """A draft of a credit note outside VAT that settles so much of an invoice."""
    line = {"inventoryNumber": "PURREGEBYR", "quantity": 1, "manualAmountInCurrency": amount}
    settles = [application(invoice, Decimal(amount))]
    return await clerk.document(
        CREDIT_NOTE, customer, documentDate="2026-01-10", lines=[line], applicationLines=settles
    )
