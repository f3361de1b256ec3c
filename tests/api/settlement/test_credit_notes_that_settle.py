"""Credit notes with applicationLines, over HTTP: proposed, changed, released, refused (APP)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from reskontra.db.pool import Database

INVOICE = {
    "customerNumber": {"value": "20001"},
    "documentDate": {"value": "2025-03-03"},
    "invoiceLines": [{"operation": "Insert", "inventoryNumber": {"value": "A"}, "quantity": {"value": 4}}],
}


def credit_note(number: str, amount: float, **more: Any) -> dict[str, Any]:
    """A credit note over 500.00 with VAT that settles `amount` of an invoice."""
    return {
        "customerNumber": {"value": "20001"},
        "documentDate": {"value": "2025-04-04"},
        "lines": [{"operation": "Insert", "inventoryNumber": {"value": "A"}, "quantity": {"value": 4}}],
        "applicationLines": [application(number, amount)],
        **more,
    }


def application(number: str, amount: float, operation: str = "Insert") -> dict[str, Any]:
    return {
        "operation": operation,
        "documentType": {"value": "Invoice"},
        "refNbr": {"value": number},
        "amountPaid": {"value": amount},
    }


async def posted(client: httpx.AsyncClient, resource: str, body: dict[str, Any]) -> str:
    answer = await client.post(f"/v1/{resource}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"].rpartition("/")[2]


async def released(client: httpx.AsyncClient, resource: str, number: str) -> None:
    answer = await client.post(f"/v1/{resource}/{number}/action/release")
    assert answer.status_code == 200, answer.text


async def read(client: httpx.AsyncClient, resource: str, number: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/{resource}/{number}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
async def invoice(client: httpx.AsyncClient) -> str:
    """A released invoice over 500.00."""
    number = await posted(client, "customerinvoice", INVOICE)
    await released(client, "customerinvoice", number)
    return number


async def test_a_credit_note_settles_an_invoice_when_it_is_released(client: httpx.AsyncClient, invoice: str) -> None:
    number = await posted(client, "customerCreditNote", credit_note(invoice, 500))
    assert (await read(client, "customerinvoice", invoice))["balance"] == 500
    await released(client, "customerCreditNote", number)
    settled = await read(client, "customerinvoice", invoice)
    assert (settled["status"], settled["balance"], settled["closedFinancialPeriod"]) == ("Closed", 0, "202504")
    assert settled["applications"] == [
        {
            "docType": "CreditNote",
            "customerCD": "20001",
            "refNbr": number,
            "amountPaid": 500,
            "cashDiscountTaken": 0,
            "balance": 0,
            "pendingPPD": False,
            "released": True,
            "hold": False,
            "voided": False,
            "status": "Closed",
            "applicationDate": "2025-04-04T00:00:00",
            "applicationPeriod": "202504",
        }
    ]
    note = await read(client, "customerCreditNote", number)
    assert (note["status"], note["balance"], note["closedFinancialPeriod"]) == ("Closed", 0, "202504")
    assert [line["refNbr"] for line in note["applications"]] == [invoice]


async def test_a_part_leaves_both_open(client: httpx.AsyncClient, invoice: str) -> None:
    number = await posted(client, "customerCreditNote", credit_note(invoice, 200.5))
    await released(client, "customerCreditNote", number)
    for resource, name in (("customerinvoice", invoice), ("customerCreditNote", number)):
        document = await read(client, resource, name)
        assert (document["status"], document["balance"]) == ("Open", 299.5)
        assert "closedFinancialPeriod" not in document


async def test_the_customer_owes_nothing_after_a_full_settlement(
    client: httpx.AsyncClient, books: Database, invoice: str
) -> None:
    async def owed() -> Decimal:
        async with books.connection() as connection:
            balance: Decimal = await connection.fetchval(
                "select balance from customer_balance join customer using (company_id, customer_id)"
                " where number = '20001'"
            )
        return balance

    before = await owed()
    number = await posted(client, "customerCreditNote", credit_note(invoice, 500))
    await released(client, "customerCreditNote", number)
    assert await owed() == before - 500


async def test_a_draft_may_change_what_it_settles(client: httpx.AsyncClient, invoice: str) -> None:
    other = await posted(client, "customerinvoice", INVOICE)
    await released(client, "customerinvoice", other)
    number = await posted(client, "customerCreditNote", credit_note(invoice, 300))
    change = {"applicationLines": [application(invoice, 0, "Delete"), application(other, 120)]}
    assert (await client.put(f"/v1/customerCreditNote/{number}", json=change)).status_code == 204
    change = {"applicationLines": [application(other, 150, "Update")]}
    assert (await client.put(f"/v1/customerCreditNote/{number}", json=change)).status_code == 204
    proposed = (await read(client, "customerCreditNote", number))["applications"]
    assert [(line["refNbr"], line["amountPaid"], line["released"]) for line in proposed] == [(other, 150, False)]
    await released(client, "customerCreditNote", number)
    assert (await read(client, "customerinvoice", invoice))["balance"] == 500
    assert (await read(client, "customerinvoice", other))["balance"] == 350


async def test_what_was_sent_before_changes_nothing(client: httpx.AsyncClient, invoice: str) -> None:
    number = await posted(client, "customerCreditNote", credit_note(invoice, 300))
    before = (await client.get(f"/v1/customerCreditNote/{number}")).headers["etag"]
    answer = await client.put(
        f"/v1/customerCreditNote/{number}", json={"applicationLines": [application(invoice, 300, "Update")]}
    )
    assert answer.status_code == 204
    assert answer.headers["etag"] == before


@pytest.mark.parametrize(
    ("line", "field", "named"),
    [
        (application("999999", 10), "refNbr", "AdjdRefNbr '999999' cannot be found in the system."),
        (application("{draft}", 10), "refNbr", "Balanced"),
        (application("003525", 10), "refNbr", "cannot be found in the system."),
        (application("{invoice}", 500.01), "amountPaid", "500"),
        (application("{invoice}", 0), "amountPaid", "0"),
        (application("{invoice}", -5), "amountPaid", "-5"),
        ({**application("{invoice}", 5), "documentType": {"value": "CreditNote"}}, "documentType", "CreditNote"),
    ],
)
async def test_what_cannot_be_settled_is_refused_and_named(
    client: httpx.AsyncClient, invoice: str, line: dict[str, Any], field: str, named: str
) -> None:
    draft = await posted(client, "customerinvoice", INVOICE)
    body = credit_note(invoice, 1)
    wanted = {**line, "refNbr": {"value": line["refNbr"]["value"].format(invoice=invoice, draft=draft)}}
    answer = await client.post("/v1/customerCreditNote", json={**body, "applicationLines": [wanted]})
    assert answer.status_code == 400
    assert f"applicationLines[0].{field}" in answer.json()["message"]
    assert named in answer.json()["message"]


async def test_no_more_can_be_settled_than_the_note_is_over(client: httpx.AsyncClient, invoice: str) -> None:
    note = credit_note(invoice, 300)
    note["lines"][0]["quantity"] = {"value": 2}
    answer = await client.post("/v1/customerCreditNote", json=note)
    assert answer.status_code == 400
    assert "applicationLines" in answer.json()["message"]
    assert "250" in answer.json()["message"]


async def test_an_invoice_waits_for_one_credit_note_at_a_time(client: httpx.AsyncClient, invoice: str) -> None:
    first = await posted(client, "customerCreditNote", credit_note(invoice, 100))
    answer = await client.post("/v1/customerCreditNote", json=credit_note(invoice, 100))
    assert answer.status_code == 400
    assert "applicationLines[0].refNbr" in answer.json()["message"]
    assert (await client.delete(f"/v1/customerCreditNote/{first}")).status_code == 204
    await posted(client, "customerCreditNote", credit_note(invoice, 100))


async def test_two_credit_notes_proposed_at_once_do_not_both_stand(client: httpx.AsyncClient, invoice: str) -> None:
    answers = await asyncio.gather(
        *(client.post("/v1/customerCreditNote", json=credit_note(invoice, 100)) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers)[:2] == [201, 400]


async def test_a_difference_of_rates_is_a_gain_or_loss_and_the_books_agree(
    client: httpx.AsyncClient, books: Database
) -> None:
    euro = {"currencyId": {"value": "EUR"}}
    line = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 4}, "unitPriceInCurrency": {"value": 33.33}}
    invoice = {**INVOICE, **euro, "invoiceLines": [line], "exchangeRate": {"value": 11.2345}}
    number = await posted(client, "customerinvoice", invoice)
    await released(client, "customerinvoice", number)
    balance = (await read(client, "customerinvoice", number))["balanceInCurrency"]
    note = credit_note(number, balance, **euro, lines=[line], exchangeRate={"value": 11.5})
    name = await posted(client, "customerCreditNote", note)
    await released(client, "customerCreditNote", name)
    settled = await read(client, "customerinvoice", number)
    assert (settled["status"], settled["balance"], settled["balanceInCurrency"]) == ("Closed", 0, 0)
    async with books.connection() as connection:
        gained = await connection.fetchval(
            "select sum(credit_base - debit_base) from journal_entry where purpose = 'exchange_gain_loss'"
        )
    invoice_base = (Decimal(str(balance)) * Decimal("11.2345")).quantize(Decimal("0.01"))
    note_base = (Decimal(str(balance)) * Decimal("11.5")).quantize(Decimal("0.01"))
    assert gained == note_base - invoice_base


@pytest.mark.parametrize("amount", [124.999, 0.001])
async def test_an_amount_finer_than_the_currency_is_refused(
    client: httpx.AsyncClient, invoice: str, amount: float
) -> None:
    answer = await client.post("/v1/customerCreditNote", json=credit_note(invoice, amount))
    assert answer.status_code == 400
    assert "applicationLines[0].amountPaid" in answer.json()["message"]
    assert "2 decimals" in answer.json()["message"]


async def test_a_document_named_twice_is_refused(client: httpx.AsyncClient, invoice: str) -> None:
    body = credit_note(invoice, 5)
    body["applicationLines"].append(application(invoice.lower(), 6))
    answer = await client.post("/v1/customerCreditNote", json=body)
    assert answer.status_code == 400
    assert "applicationLines[1].refNbr" in answer.json()["message"]


async def test_gains_and_losses_of_one_note_are_booked_apart(client: httpx.AsyncClient, books: Database) -> None:
    line = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}, "unitPriceInCurrency": {"value": 80}}
    numbers = []
    for rate in (10.0, 12.0):
        body = {**INVOICE, "currencyId": {"value": "EUR"}, "exchangeRate": {"value": rate}, "invoiceLines": [line]}
        numbers.append(await posted(client, "customerinvoice", body))
        await released(client, "customerinvoice", numbers[-1])
    note = credit_note(
        numbers[0],
        100,
        currencyId={"value": "EUR"},
        exchangeRate={"value": 11.0},
        lines=[{**line, "quantity": {"value": 2}}],
        applicationLines=[application(number, 100) for number in numbers],
    )
    await released(client, "customerCreditNote", await posted(client, "customerCreditNote", note))
    async with books.connection() as connection:
        rows = await connection.fetch(
            "select account_number, debit_base, credit_base, period_id from journal_entry"
            " where purpose = 'exchange_gain_loss' order by account_number"
        )
    assert [tuple(row) for row in rows] == [
        ("8060", 0, 100, "202504"),
        ("8160", 100, 0, "202504"),
    ]


async def test_an_exchange_difference_is_not_booked_before_the_invoice(client: httpx.AsyncClient) -> None:
    euro = {"currencyId": {"value": "EUR"}}
    number = await posted(client, "customerinvoice", {**INVOICE, **euro, "documentDate": {"value": "2025-07-15"}})
    await released(client, "customerinvoice", number)
    note = credit_note(number, 1, **euro, documentDate={"value": "2025-02-02"})
    answer = await client.post("/v1/customerCreditNote", json=note)
    assert answer.status_code == 400
    assert "applicationLines[0].refNbr" in answer.json()["message"]
    assert "2025-07-15" in answer.json()["message"]


async def test_credit_notes_released_together_settle_each_their_own(client: httpx.AsyncClient, books: Database) -> None:
    pairs = []
    for _ in range(5):
        number = await posted(client, "customerinvoice", INVOICE)
        await released(client, "customerinvoice", number)
        pairs.append((number, await posted(client, "customerCreditNote", credit_note(number, 500))))
    await asyncio.gather(*(released(client, "customerCreditNote", note) for _, note in pairs))
    for number, note in pairs:
        assert (await read(client, "customerinvoice", number))["status"] == "Closed"
        assert (await read(client, "customerCreditNote", note))["status"] == "Closed"
    async with books.connection() as connection:
        assert await connection.fetchval("select count(*) from application where released_at is not null") == 5


@pytest.mark.parametrize("spelling", ["DebitMemo", "debit memo", "DEBITNOTE"])
async def test_a_debit_note_goes_by_other_names_too(client: httpx.AsyncClient, spelling: str) -> None:
    body = {"customerNumber": {"value": "20001"}, "lines": INVOICE["invoiceLines"]}
    debit = await posted(client, "customerDebitNote", body)
    await released(client, "customerDebitNote", debit)
    settles = [application(debit, 100) | {"documentType": {"value": spelling}}]
    number = await posted(client, "customerCreditNote", credit_note(debit, 100) | {"applicationLines": settles})
    read_back = await read(client, "customerCreditNote", number)
    assert "DebitNote" in str(read_back)
    assert debit in str(read_back)


async def test_a_settlement_sent_to_a_released_note_is_refused_in_a_clients_words(
    client: httpx.AsyncClient, invoice: str
) -> None:
    number = await posted(client, "customerCreditNote", credit_note(invoice, 100))
    await released(client, "customerCreditNote", number)
    body = {"applicationLines": [application(invoice, 50)]}
    answer = await client.put(f"/v1/customerCreditNote/{number}", json=body)
    assert answer.status_code == 400
    text = answer.json()["message"]
    assert "Field: applicationLines. " in text
    assert "Sent:" not in text
    assert "Operation" not in text
