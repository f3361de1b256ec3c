"""Reminding over HTTP: levels move, dates are kept, the fee is invoiced once. Real application, real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.db.pool import Database
from reskontra.reference.store import remembered

INVOICED = date(2025, 1, 1)
DUE = date(2025, 1, 15)
"""With the demo's terms of 14 days. Its levels: 14, 28 and 42 days past due; the third has a fee of 35.00."""


@dataclass
class Ledger:
    """The demo company over HTTP, and its rows."""

    http: httpx.AsyncClient
    database: Database

    async def customer(self, **fields: Any) -> str:
        body = {name: {"value": value} for name, value in ({"name": "Late payer"} | fields).items()}
        answer = await self.http.post("/v1/customer", json=body)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    async def put_customer(self, number: str, **fields: Any) -> None:
        body = {name: {"value": value} for name, value in fields.items()}
        answer = await self.http.put(f"/v1/customer/{number}", json=body)
        assert answer.status_code == 204, answer.text

    async def document(
        self, customer: str, *, invoiced: date = INVOICED, path: str = "customerinvoice", lines: str = "invoiceLines"
    ) -> str:
        """A released document over 100.00 plus VAT; returns its path."""
        answer = await self.http.post(
            f"/v1/{path}",
            json={
                "customerNumber": {"value": customer},
                "documentDate": {"value": invoiced.isoformat()},
                lines: [{"operation": "Insert", "inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}],
            },
        )
        assert answer.status_code == 201, answer.text
        address = answer.headers["Location"].removeprefix("http://testserver")
        released = await self.http.post(f"{address}/action/release")
        assert released.status_code == 200, released.text
        return address

    async def remind(self, customer: str, day: date | None = None, **levels: int) -> None:
        answer = await self.ask(customer, **({"dunningLetterDate": f"{day}T09:39:48.538Z"} if day else {}), **levels)
        assert answer.status_code == 200, answer.text
        assert answer.json()["actionResult"] == "Done"
        assert len(answer.json()["actionId"]) == 36

    async def ask(self, customer: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/v1/customer/{customer}/action/createDunningLetter", json=body)

    async def state(self, address: str) -> tuple[int, str | None]:
        """The level and the date of the newest letter, as GET shows them."""
        read = (await self.http.get(address)).json()
        return read.get("dunningLetterLevel", 0), read.get("dunningLetterDate")

    async def letters(self) -> list[asyncpg.Record]:
        return await self.rows("select * from dunning_letter order by letter_id")

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async with self.database.connection() as connection:
            return await connection.fetch(statement, *values)

    async def prefer(self, **preferences: Any) -> None:
        """Change the company's switches of reminding."""
        async with self.database.transaction() as connection:
            await connection.execute(
                """update company set preferences = jsonb_set(preferences, '{dunning}',
                                                              preferences -> 'dunning' || $1::jsonb)""",
                json.dumps(preferences),
            )

    async def set_level(self, level: int, **columns: Any) -> None:
        settings = ", ".join(f"{name} = {value}" for name, value in columns.items())
        async with self.database.transaction() as connection:
            await connection.execute(f"update dunning_level set {settings} where level = $1", level)


@pytest.fixture
async def ledger(client: httpx.AsyncClient, books: Database) -> Ledger:
    remembered.forget()  # another test's clone may have had other preferences under the same version
    return Ledger(client, books)


def late(days: int) -> date:
    return DUE + timedelta(days=days)


def at(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


async def test_an_invoice_climbs_the_levels_and_the_last_one_costs_a_fee(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoice = await ledger.document(customer)

    await ledger.remind(customer, late(14))
    assert await ledger.state(invoice) == (0, None)
    await ledger.remind(customer, late(15))
    assert await ledger.state(invoice) == (1, at(late(15)))
    await ledger.remind(customer, late(29))
    assert await ledger.state(invoice) == (2, at(late(29)))
    assert await ledger.rows("select 1 from document where origin = 'dunning_fee'") == []
    await ledger.remind(customer, late(43))
    assert await ledger.state(invoice) == (3, at(late(43)))
    await ledger.remind(customer, late(400))
    assert await ledger.state(invoice) == (3, at(late(43)))

    letters = await ledger.letters()
    assert [(it["level"], it["status"], it["payment_deadline"] - it["letter_date"]) for it in letters] == [
        (1, "Released", timedelta(14)),
        (2, "Released", timedelta(14)),
        (3, "Released", timedelta(10)),
    ]
    assert [it["fee"] for it in letters] == [0, 0, Decimal("35.0000")]
    assert [it["final_reminder"] for it in letters] == [False, False, True]


async def test_the_fee_is_a_released_invoice_outside_vat_that_is_not_reminded_of(ledger: Ledger) -> None:
    customer = await ledger.customer()
    await ledger.document(customer)
    for days in (15, 29, 43):
        await ledger.remind(customer, late(days))

    letter = (await ledger.letters())[-1]
    (row,) = await ledger.rows("select * from document where origin = 'dunning_fee'")
    assert letter["fee_document_id"] == row["document_id"]
    fee = (await ledger.http.get(f"/v1/customerinvoice/{row['number']}")).json()
    assert (fee["status"], fee["amount"], fee["vatTotal"], fee["balance"]) == ("Open", 35.0, 0.0, 35.0)
    assert fee["documentDate"] == at(late(43))
    assert fee["creditTerms"]["id"] == "14"
    (line,) = fee["invoiceLines"]
    assert (line["inventoryNumber"], line["quantity"], line["amount"]) == ("PURREGEBYR", 1.0, 35.0)
    assert fee["dontPrint"] is True
    assert fee["dontEmail"] is True
    entries = await ledger.rows(
        "select account_number, debit_base, credit_base from journal_entry where batch_number = $1 order by 1",
        row["batch_number"],
    )
    assert [tuple(entry) for entry in entries] == [("1500", 35, 0), ("3900", 0, 35)]

    await ledger.remind(customer, late(43 + 14 + 15))
    assert await ledger.state(f"/v1/customerinvoice/{row['number']}") == (0, None)


async def test_a_late_run_moves_the_following_ones(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoice = await ledger.document(customer)
    await ledger.remind(customer, late(100))
    assert (await ledger.state(invoice))[0] == 1
    await ledger.remind(customer, late(113))
    assert (await ledger.state(invoice))[0] == 1
    await ledger.remind(customer, late(114))
    assert (await ledger.state(invoice))[0] == 2


async def test_a_second_call_on_the_same_day_makes_nothing(ledger: Ledger) -> None:
    customer = await ledger.customer()
    await ledger.document(customer)
    await ledger.remind(customer, late(15))
    await ledger.remind(customer, late(15))
    assert len(await ledger.letters()) == 1


async def test_documents_on_different_levels_get_a_letter_each_level(ledger: Ledger) -> None:
    customer = await ledger.customer()
    older = await ledger.document(customer)
    await ledger.remind(customer, late(15))
    newer = await ledger.document(customer)
    note = await ledger.document(customer, path="customerDebitNote", lines="lines")
    await ledger.remind(customer, late(29))

    assert [(await ledger.state(it))[0] for it in (older, newer, note)] == [2, 1, 1]
    assert [it["level"] for it in await ledger.letters()] == [1, 1, 2]
    lines = await ledger.rows("select count(*) as lines from dunning_letter_line group by letter_id order by letter_id")
    assert [it["lines"] for it in lines] == [1, 2, 1]


@pytest.mark.parametrize(
    ("levels", "reached"), [({"levelFrom": 2}, (2, 0)), ({"levelTo": 1}, (1, 1)), ({"levelFrom": 3}, (1, 0))]
)
async def test_the_levels_sent_are_those_that_a_letter_may_have(
    ledger: Ledger, levels: Mapping[str, int], reached: tuple[int, int]
) -> None:
    customer = await ledger.customer()
    older = await ledger.document(customer)
    await ledger.remind(customer, late(15))
    newer = await ledger.document(customer)
    await ledger.remind(customer, late(29), **levels)
    assert ((await ledger.state(older))[0], (await ledger.state(newer))[0]) == reached


async def test_the_howto_page_s_request_is_taken_as_it_stands(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoice = await ledger.document(customer, invoiced=date(2024, 12, 1))
    answer = await ledger.ask(customer, dunningLetterDate="2025-01-21T09:39:48.538Z", levelFrom=1, levelTo=2)
    assert (answer.status_code, answer.json()["actionResult"]) == (200, "Done")
    assert await ledger.state(invoice) == (1, "2025-01-21T00:00:00")


async def test_without_a_body_the_letter_bears_the_company_s_date_of_today(ledger: Ledger, clock: SeededClock) -> None:
    clock.move_to(datetime(2025, 1, 30, 23, 30, tzinfo=UTC))  # half past midnight in Oslo
    customer = await ledger.customer()
    invoice = await ledger.document(customer)
    answer = await ledger.http.post(f"/v1/customer/{customer}/action/createDunningLetter")
    assert answer.json()["actionResult"] == "Done"
    assert await ledger.state(invoice) == (1, "2025-01-31T00:00:00")


async def test_a_wrapped_body_and_the_number_in_another_case_do(ledger: Ledger) -> None:
    customer = await ledger.customer(number="Late-1")
    assert customer == "Late-1"
    invoice = await ledger.document(customer)
    answer = await ledger.ask("LATE-1", dunningLetterDate={"value": at(late(15))}, LevelFrom={"Value": "1"})
    assert answer.status_code == 200, answer.text
    assert (await ledger.state(invoice))[0] == 1


async def test_what_is_disputed_settled_credited_or_not_released_is_left_alone(ledger: Ledger) -> None:
    customer = await ledger.customer()
    disputed = await ledger.document(customer)
    note = await ledger.document(customer, path="customerCreditNote", lines="lines")
    answer = await ledger.http.put(disputed, json={"revoked": {"value": True}})
    assert answer.status_code == 204, answer.text
    draft = await ledger.http.post(
        "/v1/customerinvoice",
        json={
            "customerNumber": {"value": customer},
            "documentDate": {"value": INVOICED.isoformat()},
            "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}],
        },
    )
    assert draft.status_code == 201, draft.text
    await ledger.remind(customer, late(15))
    assert await ledger.letters() == []
    assert await ledger.state(note) == (0, None)
    await ledger.http.put(disputed, json={"revoked": {"value": False}})
    await ledger.remind(customer, late(15))
    assert (await ledger.state(disputed))[0] == 1


async def test_a_customer_that_takes_no_letters_gets_none(ledger: Ledger) -> None:
    customer = await ledger.customer(printDunningLetters=False, sendDunningLettersViaEMail=False)
    invoice = await ledger.document(customer)
    await ledger.remind(customer, late(15))
    assert await ledger.state(invoice) == (0, None)
    await ledger.put_customer(customer, sendDunningLettersViaEMail=True)
    await ledger.remind(customer, late(15))
    assert (await ledger.state(invoice))[0] == 1


async def test_a_customer_on_hold_is_reminded_but_not_charged(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoice = await ledger.document(customer)
    await ledger.put_customer(customer, status="CreditHold")
    for days in (15, 29, 43):
        await ledger.remind(customer, late(days))
    assert (await ledger.state(invoice))[0] == 3
    letter = (await ledger.letters())[-1]
    assert (letter["fee"], letter["fee_document_id"]) == (0, None)
    assert "the customer's status allows no new invoice" in letter["warnings"]


async def test_a_fee_over_the_credit_limit_stays_on_hold_and_the_letter_says_so(ledger: Ledger) -> None:
    customer = await ledger.customer()
    await ledger.document(customer)
    await ledger.put_customer(customer, creditVerification="CreditLimit", creditLimit=100)
    for days in (15, 29, 43):
        await ledger.remind(customer, late(days))
    (fee,) = await ledger.rows("select number, status from document where origin = 'dunning_fee'")
    assert fee["status"] == "Hold"
    assert f"The credit check holds the fee invoice {fee['number']}" in (await ledger.letters())[-1]["warnings"]


async def test_doubts_about_the_law_stand_on_the_letter_and_refuse_nothing(ledger: Ledger) -> None:
    await ledger.set_level(1, fee=100, days_past_due=7)
    customer = await ledger.customer()
    await ledger.document(customer)
    await ledger.remind(customer, late(8))
    (letter,) = await ledger.letters()
    assert letter["fee"] == 100
    assert "asks for a fee from 7 days past due; the law allows it from 14" in letter["warnings"]
    assert "No highest reminder fee is on record" in letter["warnings"]


async def test_a_fee_in_another_currency_is_converted(ledger: Ledger) -> None:
    customer = await ledger.customer(currencyId="EUR", vatZoneId="EU")
    invoice = await ledger.http.post(
        "/v1/customerinvoice",
        json={
            "customerNumber": {"value": customer},
            "documentDate": {"value": INVOICED.isoformat()},
            "invoiceLines": [
                {"description": {"value": "Work"}, "quantity": {"value": 1}, "unitPriceInCurrency": {"value": 100}}
            ],
        },
    )
    assert invoice.status_code == 201, invoice.text
    address = invoice.headers["Location"].removeprefix("http://testserver")
    assert (await ledger.http.post(f"{address}/action/release")).status_code == 200
    (rule,) = await ledger.rows("select currency_id, currency_override from customer where number = $1", customer)
    for days in (15, 29, 43):
        await ledger.remind(customer, late(days))
    letter = (await ledger.letters())[-1]
    (fee,) = await ledger.rows("select * from document where origin = 'dunning_fee'")
    assert letter["currency_id"] == fee["currency_id"] == ("NOK" if rule["currency_override"] else "EUR")
    assert (fee["amount"], fee["status"]) == (letter["fee"], "Open")
    assert abs(fee["amount_base"] - 35) < Decimal("0.1")


async def test_by_customer_one_letter_takes_what_was_never_reminded_of_along(ledger: Ledger) -> None:
    await ledger.prefer(process="ByCustomer", auto_release=False)
    customer = await ledger.customer()
    older = await ledger.document(customer)
    await ledger.remind(customer, late(15))
    newer = await ledger.document(customer, invoiced=INVOICED + timedelta(days=28))
    await ledger.remind(customer, late(29), levelTo=1)
    assert len(await ledger.letters()) == 1, "the letter would have level 2"
    await ledger.remind(customer, late(29))
    assert [(await ledger.state(it))[0] for it in (older, newer)] == [2, 1]
    assert [(it["level"], it["status"]) for it in await ledger.letters()] == [(1, "Released"), (2, "Released")]
    await ledger.remind(customer, late(43))
    assert [(await ledger.state(it))[0] for it in (older, newer)] == [3, 1]
    await ledger.remind(customer, late(90))
    assert [(await ledger.state(it))[0] for it in (older, newer)] == [3, 1], "after the last letter nothing follows"


async def test_without_auto_release_a_draft_moves_nothing_and_is_not_made_twice(ledger: Ledger) -> None:
    await ledger.prefer(auto_release=False)
    customer = await ledger.customer()
    invoice = await ledger.document(customer)
    await asyncio.gather(*(ledger.remind(customer, late(15)) for _ in range(4)))
    (letter,) = await ledger.letters()
    assert (letter["status"], letter["released_at"]) == ("Draft", None)
    assert await ledger.state(invoice) == (0, None)


async def test_a_fee_can_wait_as_a_draft(ledger: Ledger) -> None:
    await ledger.prefer(auto_release_fee=False, fee_terms_id=None)
    customer = await ledger.customer(creditTermsId="30")
    await ledger.document(customer, invoiced=INVOICED - timedelta(days=16))
    for days in (15, 29, 43):
        await ledger.remind(customer, late(days))
    (fee,) = await ledger.rows("select status, terms_id from document where origin = 'dunning_fee'")
    assert (fee["status"], fee["terms_id"]) == ("Balanced", "30")


async def test_other_unpaid_documents_are_listed_and_stay_where_they_are(ledger: Ledger) -> None:
    await ledger.prefer(include_other_unpaid=True)
    customer = await ledger.customer()
    ready = await ledger.document(customer)
    other = await ledger.document(customer, invoiced=late(10))
    await ledger.remind(customer, late(15))
    assert [(await ledger.state(it))[0] for it in (ready, other)] == [1, 0]
    lines = await ledger.rows("select level_before, level_after from dunning_letter_line order by level_after desc")
    assert [tuple(line) for line in lines] == [(0, 1), (0, 0)]


async def test_a_letter_for_each_document_when_they_are_to_be_split(ledger: Ledger) -> None:
    await ledger.prefer(split_by_document=True)
    customer = await ledger.customer()
    documents = [await ledger.document(customer) for _ in range(2)]
    await ledger.remind(customer, late(15))
    assert [(await ledger.state(it))[0] for it in documents] == [1, 1]
    assert [it["level"] for it in await ledger.letters()] == [1, 1]


async def test_the_lists_find_documents_by_level_and_date(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoice = await ledger.document(customer)
    before = (await ledger.http.get(invoice)).headers["ETag"]
    await ledger.remind(customer, late(15))
    assert (await ledger.http.get(invoice)).headers["ETag"] != before
    query: dict[str, str | int] = {
        "dunningLevel": 1,
        "dunningLetterDateTime": late(15).isoformat(),
        "dunningLetterDateTimeCondition": "=",
        "expandDunningInformation": "true",
    }
    found = (await ledger.http.get("/v1/customerinvoice", params=query)).json()
    assert [(it["dunningLetterLevel"], it["dunningLetterDate"]) for it in found] == [(1, at(late(15)))]
    assert (await ledger.http.get("/v1/customerinvoice", params=query | {"dunningLevel": 2})).json() == []


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ({"levelFrom": 0}, ["levelFrom", "'0'", "Send levels from 1 to 3"]),
        ({"levelTo": -1}, ["levelTo", "'-1'"]),
        ({"levelFrom": 3, "levelTo": 1}, ["levelFrom", "first level 3 is above the last level 1"]),
        ({"levelFrom": 4}, ["levelFrom", "first level 4 is above the last level 3"]),
        ({"levelFrom": "x"}, ["levelFrom", "'x'"]),
        ({"levelFrom": 1.5}, ["levelFrom"]),
        ({"dunningLetterDate": "2025-02-30"}, ["dunningLetterDate", "2025-02-30"]),
        ({"dunningLetterDate": "9999-12-31"}, ["dunningLetterDate", "9999-12-31", "earlier date"]),
    ],
)
async def test_a_bad_request_names_its_field_and_makes_nothing(
    ledger: Ledger, body: Mapping[str, Any], parts: list[str]
) -> None:
    customer = await ledger.customer()
    await ledger.document(customer)
    answer = await ledger.ask(customer, **body)
    assert answer.status_code == 400, answer.text
    for part in parts:
        assert part in answer.json()["message"]
    assert await ledger.letters() == []


async def test_an_unknown_customer_is_not_found(ledger: Ledger) -> None:
    answer = await ledger.ask("99999")
    assert answer.status_code == 404
    assert "99999" in answer.json()["message"]


async def test_a_company_without_levels_is_told_to_set_them_up(ledger: Ledger) -> None:
    async with ledger.database.transaction() as connection:
        await connection.execute("delete from dunning_level")
    answer = await ledger.ask(await ledger.customer())
    assert answer.status_code == 400
    assert "no dunning levels" in answer.json()["message"]


async def test_a_fee_that_cannot_be_posted_refuses_the_letter_whole(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoice = await ledger.document(customer)
    for days in (15, 29):
        await ledger.remind(customer, late(days))
    async with ledger.database.transaction() as connection:
        await connection.execute("update financial_period set active = false where period_id = '202502'")
    answer = await ledger.ask(customer, dunningLetterDate=late(43).isoformat())
    assert answer.status_code == 400, answer.text
    assert "The fee of dunning level 3 cannot be invoiced" in answer.json()["message"]
    assert "Field: dunningLetterDate" in answer.json()["message"]
    assert (await ledger.state(invoice))[0] == 2
    assert len(await ledger.letters()) == 2


async def test_calls_at_once_make_one_letter_and_one_fee(ledger: Ledger) -> None:
    customer = await ledger.customer()
    invoices = [await ledger.document(customer) for _ in range(3)]
    for days in (15, 29):
        await ledger.remind(customer, late(days))
    await asyncio.gather(*(ledger.remind(customer, late(43)) for _ in range(6)))
    assert [(await ledger.state(invoice))[0] for invoice in invoices] == [3, 3, 3]
    assert [it["level"] for it in await ledger.letters()] == [1, 2, 3]
    assert len(await ledger.rows("select 1 from document where origin = 'dunning_fee'")) == 1


async def test_reminding_many_customers_while_others_write_invoices_holds_nobody_up(ledger: Ledger) -> None:
    customers = [await ledger.customer() for _ in range(4)]
    for customer in customers:
        await ledger.document(customer)
        await ledger.document(customer, path="customerDebitNote", lines="lines")
    for days in (15, 29):
        await asyncio.gather(*(ledger.remind(customer, late(days)) for customer in customers))
    # Two requests that waited for each other would be let go with 409 in the end.
    await asyncio.gather(
        *(ledger.remind(customer, late(43)) for customer in customers),
        *(ledger.document(customer) for customer in customers for _ in range(3)),
    )
    assert len(await ledger.letters()) == 3 * len(customers)
    assert len(await ledger.rows("select 1 from document where origin = 'dunning_fee'")) == len(customers)
