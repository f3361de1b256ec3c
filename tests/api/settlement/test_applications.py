"""Open credit notes applied after their release, and applications undone, over HTTP."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from reskontra.db.pool import Database

APPLICATION = "/v1/reskontra/application"


def document(lines: str, price: float, date: str, **more: Any) -> dict[str, Any]:
    item = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}, "unitPriceInCurrency": {"value": price}}
    return {
        "customerNumber": {"value": "20001"},
        "documentDate": {"value": date},
        lines: [item],
        **{name: {"value": value} for name, value in more.items()},
    }


async def issued(client: httpx.AsyncClient, resource: str, price: float, date: str, **more: Any) -> str:
    """A released document over 1.25 times the price."""
    lines = "invoiceLines" if resource == "customerinvoice" else "lines"
    answer = await client.post(f"/v1/{resource}", json=document(lines, price, date, **more))
    assert answer.status_code == 201, answer.text
    number = answer.headers["location"].rpartition("/")[2]
    released = await client.post(f"/v1/{resource}/{number}/action/release")
    assert released.status_code == 200, released.text
    return number


async def read(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def applying(credit: str, *lines: tuple[str, float], **more: Any) -> dict[str, Any]:
    return {
        "credit": {"documentType": "CreditNote", "referenceNumber": credit},
        "lines": [{"referenceNumber": number, "amountPaid": amount} for number, amount in lines],
        **more,
    }


async def applied(client: httpx.AsyncClient, credit: str, *lines: tuple[str, float], **more: Any) -> list[Any]:
    answer = await client.post(APPLICATION, json=applying(credit, *lines, **more))
    assert answer.status_code == 200, answer.text
    made: list[Any] = answer.json()["applications"]
    return made


async def undone(client: httpx.AsyncClient, application_id: int, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{APPLICATION}/{application_id}/action/undo", json=more)
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()["applications"]
    assert isinstance(made, dict)
    assert (answer.json()["applicationId"], made["undoes"]) == (made["id"], application_id)
    return made


async def refused(client: httpx.AsyncClient, body: dict[str, Any], status: int = 400) -> str:
    before = await read(client, f"{APPLICATION}?pageSize=500")
    answer = await client.post(APPLICATION, json=body)
    assert answer.status_code == status, answer.text
    assert await read(client, f"{APPLICATION}?pageSize=500") == before
    message: str = answer.json()["message"]
    return message


async def figures(client: httpx.AsyncClient, *paths: str) -> list[Any]:
    found = [await read(client, f"/v1/{path}") for path in paths]
    return [(it["status"], it["balance"], it["balanceInCurrency"], it.get("closedFinancialPeriod")) for it in found]


async def ledger(database: Database) -> dict[tuple[str, int | None], Decimal]:
    """What each account says, and of receivables each document."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            """
            select account_number, moves_document_id, sum(debit_base - credit_base) as balance
              from journal_entry group by 1, 2 having sum(debit_base - credit_base) <> 0
            """
        )
    return {(row["account_number"], row["moves_document_id"]): row["balance"] for row in rows}


async def test_an_open_credit_note_is_applied_later(client: httpx.AsyncClient) -> None:
    invoice = await issued(client, "customerinvoice", 400, "2025-03-03")
    note = await issued(client, "customerCreditNote", 240, "2025-03-10")
    (made,) = await applied(client, note, (invoice, 300), applicationDate="2025-05-06")
    assert made["credit"] == {"documentType": "CreditNote", "referenceNumber": note}
    assert made["debit"] == {"documentType": "Invoice", "referenceNumber": invoice}
    assert (made["customer"], made["amount"], made["applicationDate"], made["applicationPeriod"], made["released"]) == (
        "20001",
        300,
        "2025-05-06T00:00:00",
        "202505",
        True,
    )
    assert "batchNumber" not in made, "one account at one rate: nothing is booked"
    assert await figures(client, f"customerCreditNote/{note}", f"customerinvoice/{invoice}") == [
        ("Closed", 0, 0, "202505"),
        ("Open", 200, 200, None),
    ]
    (shown,) = (await read(client, f"/v1/customerinvoice/{invoice}"))["applications"]
    assert (shown["refNbr"], shown["amountPaid"], shown["released"], shown["voided"]) == (note, 300, True, False)
    assert (
        await read(client, f"{APPLICATION}?referenceNumber={invoice}")
        == [{**made, "metadata": {"totalCount": 1, "maxPageSize": 1000}}]
        or (await read(client, f"{APPLICATION}?referenceNumber={invoice}"))[0]["id"] == made["id"]
    )


async def test_the_customer_owes_the_same_before_and_after_at_par(client: httpx.AsyncClient) -> None:
    invoice = await issued(client, "customerinvoice", 400, "2025-03-03")
    note = await issued(client, "customerCreditNote", 240, "2025-03-10")
    before = (await read(client, "/v1/customer/20001/balance"))["balance"]
    (made,) = await applied(client, note, (invoice, 100))
    assert (await read(client, "/v1/customer/20001/balance"))["balance"] == before
    await undone(client, made["id"])
    assert (await read(client, "/v1/customer/20001/balance"))["balance"] == before


async def test_one_credit_note_settles_several_documents_in_two_goes(client: httpx.AsyncClient) -> None:
    first = await issued(client, "customerinvoice", 100, "2025-03-03")
    second = await issued(client, "customerinvoice", 100, "2025-03-04")
    debit = await issued(client, "customerDebitNote", 40, "2025-03-05")
    note = await issued(client, "customerCreditNote", 200, "2025-03-10")
    made = await applied(client, note, (first, 125), (second, 25))
    assert [it["amount"] for it in made] == [125, 25]
    body = applying(note, (second, 50))
    body["lines"].append({"documentType": "DebitNote", "referenceNumber": debit, "amountPaid": 50})
    answer = await client.post(APPLICATION, json=body)
    assert answer.status_code == 200, answer.text
    assert [it[0:2] for it in await figures(
        client, f"customerCreditNote/{note}", f"customerinvoice/{first}", f"customerinvoice/{second}",
        f"customerDebitNote/{debit}",
    )] == [("Closed", 0), ("Closed", 0), ("Open", 50), ("Closed", 0)]  # fmt: skip


async def test_foreign_documents_book_the_difference_in_a_batch_of_the_settlement(
    client: httpx.AsyncClient, database: Database
) -> None:
    invoice = await issued(client, "customerinvoice", 800, "2025-03-03", currencyId="EUR", exchangeRate=10.40)
    note = await issued(client, "customerCreditNote", 800, "2025-03-10", currencyId="EUR", exchangeRate=10.60)
    before = await ledger(database)
    (made,) = await applied(client, note, (invoice, 1000), applicationDate="2025-06-02")
    assert (made["currencyId"], made["amount"], made["gainLoss"]) == ("EUR", 1000, 200)
    batch = await read(client, f"/v2/journaltransaction/{made['batchNumber']}")
    assert (batch["financialPeriod"], batch["transactionDate"]) == ("202506", "2025-06-02T00:00:00")
    assert [
        (line["accountNumber"], line["debitAmount"], line["creditAmount"]) for line in batch["journalTransactionLines"]
    ] == [
        ("1500", 10600, 0),
        ("1500", 0, 10400),
        ("8060", 0, 200),
    ]
    assert {line["referenceNumber"] for line in batch["journalTransactionLines"]} == {note}
    back = await undone(client, made["id"], date="2025-06-30")
    assert (back["undoes"], back["gainLoss"], back["applicationDate"]) == (made["id"], -200, "2025-06-30T00:00:00")
    assert await ledger(database) == before, "each account and each document is as it was"
    assert await figures(client, f"customerCreditNote/{note}", f"customerinvoice/{invoice}") == [
        ("Open", 10600, 1000, None),
        ("Open", 10400, 1000, None),
    ]


async def test_an_application_of_a_release_is_undone_and_made_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    invoice = await issued(client, "customerinvoice", 100, "2025-03-03")
    body = document("lines", 100, "2025-03-10")
    body["applicationLines"] = [{"operation": "Insert", "refNbr": {"value": invoice}, "amountPaid": {"value": 125}}]
    posted = await client.post("/v1/customerCreditNote", json=body)
    note = posted.headers["location"].rpartition("/")[2]
    proposed = await read(client, f"{APPLICATION}?referenceNumber={note}")
    assert [(it["released"], it["amount"]) for it in proposed] == [(False, 125)]
    waiting = await client.post(f"{APPLICATION}/{proposed[0]['id']}/action/undo")
    assert waiting.status_code == 400
    assert "only proposed" in waiting.text
    await client.post(f"/v1/customerCreditNote/{note}/action/release")
    (made,) = await read(client, f"{APPLICATION}?referenceNumber={note}&released=true")
    back = await undone(client, made["id"])
    assert back["applicationDate"] == made["applicationDate"], "its period is open, so it is undone on its own day"
    assert [it[0:2] for it in await figures(client, f"customerCreditNote/{note}", f"customerinvoice/{invoice}")] == [
        ("Open", 125),
        ("Open", 125),
    ]
    (shown,) = (await read(client, f"/v1/customerinvoice/{invoice}"))["applications"]
    assert (shown["amountPaid"], shown["voided"]) == (125, True)
    again = await client.post(f"{APPLICATION}/{made['id']}/action/undo")
    assert again.status_code == 400
    assert f"undone already, by application {back['id']}" in again.text
    of_the_mirror = await client.post(f"{APPLICATION}/{back['id']}/action/undo")
    assert of_the_mirror.status_code == 400
    (once_more,) = await applied(client, note, (invoice, 125))
    listed = await read(client, f"{APPLICATION}?customer=20001&documentType=creditnote&referenceNumber={note}")
    assert [(it["id"], it.get("undoes"), it.get("undoneBy")) for it in listed] == [
        (made["id"], None, back["id"]),
        (back["id"], made["id"], None),
        (once_more["id"], None, None),
    ]


async def test_an_application_of_a_closed_period_is_undone_today_or_on_a_later_day(client: httpx.AsyncClient) -> None:
    invoice = await issued(client, "customerinvoice", 100, "2020-01-03")
    note = await issued(client, "customerCreditNote", 100, "2020-01-10")
    (made,) = await applied(client, note, (invoice, 125), applicationDate="2020-01-20")
    assert (await client.post("/v1/customerCreditNote/010001/action/release")).status_code == 200
    closed = await client.post("/v1/reskontra/financialPeriod/202001/action/close")
    assert closed.status_code == 200, closed.text
    early = await client.post(f"{APPLICATION}/{made['id']}/action/undo", json={"date": "2020-01-20"})
    assert early.status_code == 400
    assert "202001" in early.text
    before_it = await client.post(f"{APPLICATION}/{made['id']}/action/undo", json={"date": "2020-01-19"})
    assert before_it.status_code == 400
    assert "Field: date" in before_it.text
    back = await undone(client, made["id"])
    assert back["applicationDate"] > "2020-02"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"credit": {"documentType": "CreditNote"}}, "credit.referenceNumber"),
        ({"credit": {"documentType": "CreditNote", "referenceNumber": "999999"}}, "cannot be found"),
        ({"credit": {"documentType": "Invoice", "referenceNumber": "{invoice}"}}, "cannot be applied to others"),
        ({"credit": {"documentType": "CreditNote", "referenceNumber": "{draft}"}}, "has the status Balanced"),
        ({"lines": []}, "lines"),
        ({"lines": [{"referenceNumber": "{invoice}"}]}, "lines[0].amountPaid"),
        ({"lines": [{"amountPaid": 1}]}, "lines[0].referenceNumber"),
        ({"lines": [{"referenceNumber": "999999", "amountPaid": 1}]}, "999999"),
        ({"lines": [{"referenceNumber": "{invoice}", "amountPaid": 125.01}]}, "at most 125"),
        ({"lines": [{"referenceNumber": "{invoice}", "amountPaid": 0}]}, "lines[0].amountPaid"),
        ({"lines": [{"referenceNumber": "{invoice}", "amountPaid": -5}]}, "lines[0].amountPaid"),
        ({"lines": [{"referenceNumber": "{invoice}", "amountPaid": 1}] * 2}, "stands there twice"),
        ({"lines": [{"documentType": "CreditNote", "referenceNumber": "{note}", "amountPaid": 1}]}, "cannot settle"),
        ({"applicationDate": "2025-03-09"}, "Field: applicationDate"),
        ({"applicationDate": "1999-01-01"}, "Field: applicationDate"),
        ({"applicationDate": "2055-01-01"}, "No financial period"),
        ({"financialPeriod": "202502", "applicationDate": "2025-03-20"}, "The date is in period 202503"),
        ({"financialPeriod": "soon"}, "This is not a financial period"),
        ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
async def test_what_cannot_be_applied_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, change: dict[str, Any], words: str
) -> None:
    invoice = await issued(client, "customerinvoice", 100, "2025-03-03")
    note = await issued(client, "customerCreditNote", 160, "2025-03-10")
    draft = await client.post("/v1/customerCreditNote", json=document("lines", 1, "2025-03-10"))
    names = {
        "{invoice}": invoice, "{note}": note, "{draft}": draft.headers["location"].rpartition("/")[2],
    }  # fmt: skip
    message = await refused(client, _filled(applying(note, (invoice, 100)) | change, names))
    assert words in message
    assert (await figures(client, f"customerCreditNote/{note}"))[0][:2] == ("Open", 200)


def _filled(body: Any, names: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, names) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, names) for value in body]
    return names.get(body, body) if isinstance(body, str) else body


async def test_more_than_the_credit_note_has_is_refused(client: httpx.AsyncClient) -> None:
    first = await issued(client, "customerinvoice", 100, "2025-03-03")
    second = await issued(client, "customerinvoice", 100, "2025-03-03")
    note = await issued(client, "customerCreditNote", 100, "2025-03-10")
    assert "Apply at most 125" in await refused(client, applying(note, (first, 100), (second, 25.01)))


async def test_what_another_credit_note_proposes_to_settle_is_not_settled(client: httpx.AsyncClient) -> None:
    invoice = await issued(client, "customerinvoice", 100, "2025-03-03")
    body = document("lines", 10, "2025-03-10")
    body["applicationLines"] = [{"operation": "Insert", "refNbr": {"value": invoice}, "amountPaid": {"value": 10}}]
    assert (await client.post("/v1/customerCreditNote", json=body)).status_code == 201
    note = await issued(client, "customerCreditNote", 100, "2025-03-10")
    assert "not released yet" in await refused(client, applying(note, (invoice, 10)))


async def test_ten_apply_one_credit_note_and_one_of_them_does(client: httpx.AsyncClient) -> None:
    invoices = [await issued(client, "customerinvoice", 100, "2025-03-03") for _ in range(10)]
    note = await issued(client, "customerCreditNote", 100, "2025-03-10")
    answers = await asyncio.gather(
        *(client.post(APPLICATION, json=applying(note, (invoice, 125))) for invoice in invoices)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9


async def test_ten_undo_one_application_and_one_of_them_does(client: httpx.AsyncClient) -> None:
    invoice = await issued(client, "customerinvoice", 100, "2025-03-03")
    note = await issued(client, "customerCreditNote", 100, "2025-03-10")
    (made,) = await applied(client, note, (invoice, 125))
    answers = await asyncio.gather(*(client.post(f"{APPLICATION}/{made['id']}/action/undo") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9


@pytest.mark.parametrize("key", ["0", "999999", "abc", "-1", "1e3", "9" * 30, "%D9%A3"])
async def test_an_application_that_is_not_there_is_not_undone(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post(f"{APPLICATION}/{key}/action/undo")
    assert answer.status_code in (400, 404), answer.text
    assert (answer.status_code == 404) == key.isdecimal() or len(key) > 20 or not key.isascii()


async def test_applications_are_paged(client: httpx.AsyncClient) -> None:
    invoices = [await issued(client, "customerinvoice", 10, "2025-03-03") for _ in range(5)]
    note = await issued(client, "customerCreditNote", 100, "2025-03-10")
    made = await applied(client, note, *((invoice, 1) for invoice in invoices))
    pages = [await read(client, f"{APPLICATION}?customer=20001&pageSize=2&pageNumber={page}") for page in (1, 2, 3)]
    assert [it["id"] for page in pages for it in page] == [it["id"] for it in made]
    assert {it["metadata"]["totalCount"] for page in pages for it in page} == {5}


async def test_a_note_of_a_later_period_is_applied_and_booked_in_that_period(client: httpx.AsyncClient) -> None:
    foreign = {"currencyId": "EUR", "exchangeRate": 10.40}
    invoice = await issued(client, "customerinvoice", 800, "2025-03-03", **foreign)
    note = await issued(
        client,
        "customerCreditNote",
        800,
        "2025-03-10",
        **foreign | {"exchangeRate": 10.60, "financialPeriod": "202505"},
    )
    early = applying(note, (invoice, 1000), applicationDate="2025-03-20", financialPeriod="202504")
    assert "Nothing is applied before period 202505" in await refused(client, early)
    (made,) = await applied(client, note, (invoice, 1000), applicationDate="2025-03-20")
    batch = await read(client, f"/v2/journaltransaction/{made['batchNumber']}")
    assert (made["applicationPeriod"], batch["financialPeriod"]) == ("202505", "202505")


async def test_an_application_is_undone_in_its_own_period_or_later(client: httpx.AsyncClient) -> None:
    """Else more would be open at the end of a month than there ever was."""
    invoice = await issued(client, "customerinvoice", 100, "2025-03-03")
    note = await issued(client, "customerCreditNote", 100, "2025-03-10")
    later = {"applicationDate": "2025-03-20", "financialPeriod": "202506"}
    (made,) = await applied(client, note, (invoice, 125), **later)
    early = await client.post(f"{APPLICATION}/{made['id']}/action/undo", json={"financialPeriod": "202505"})
    assert early.status_code == 400
    assert "Nothing is applied before period 202506" in early.text
    back = await undone(client, made["id"])
    assert (back["applicationDate"], back["applicationPeriod"]) == ("2025-03-20T00:00:00", "202506")
