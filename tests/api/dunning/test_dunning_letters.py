"""A stored letter over HTTP: read, changed, deleted, released, voided. Real application, real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from reskontra.db.pool import Database
from reskontra.reference.store import remembered

INVOICED = date(2025, 1, 1)
DUE = date(2025, 1, 15)
"""With the demo's terms of 14 days. Its levels: 14, 28 and 42 days past due; the third has a fee of 35.00."""

LETTERS = "/v1/reskontra/dunningLetter"


@dataclass
class Office:
    """The demo company over HTTP, as somebody who writes reminders sees it."""

    http: httpx.AsyncClient
    database: Database

    async def customer(self, **fields: Any) -> str:
        sent = {"name": "Late payer AS", "mainAddress": {"addressLine1": "Gata 1", "city": "Oslo", "countryId": "NO"}}
        body = {name: {"value": value} for name, value in (sent | fields).items()}
        answer = await self.http.post("/v1/customer", json=body)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    async def invoice(self, customer: str, invoiced: date = INVOICED, quantity: int = 1, **fields: Any) -> str:
        """A released invoice over 125.00 for each piece; returns its number."""
        answer = await self.http.post(
            "/v1/customerinvoice",
            json={
                "customerNumber": {"value": customer},
                "documentDate": {"value": invoiced.isoformat()},
                "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": quantity}}],
            }
            | {name: {"value": value} for name, value in fields.items()},
        )
        assert answer.status_code == 201, answer.text
        number = answer.headers["Location"].rpartition("/")[2]
        released = await self.http.post(f"/v1/customerinvoice/{number}/action/release")
        assert released.status_code == 200, released.text
        return number

    async def credit_note(
        self, customer: str, invoice: str, amount: float, *, releases: bool = True, **fields: Any
    ) -> str:
        """A credit note outside VAT that settles so much of an invoice; returns its number."""
        answer = await self.http.post(
            "/v1/customerCreditNote",
            json={
                "customerNumber": {"value": customer},
                "documentDate": {"value": "2026-01-10"},
                "lines": [
                    {
                        "inventoryNumber": {"value": "PURREGEBYR"},
                        "quantity": {"value": 1},
                        "manualAmountInCurrency": {"value": amount},
                    }
                ],
                "applicationLines": [
                    {
                        "documentType": {"value": "Invoice"},
                        "refNbr": {"value": invoice},
                        "amountPaid": {"value": amount},
                    }
                ],
            }
            | fields,
        )
        assert answer.status_code == 201, answer.text
        number = answer.headers["Location"].rpartition("/")[2]
        if releases:
            released = await self.http.post(f"/v1/customerCreditNote/{number}/action/release")
            assert released.status_code == 200, released.text
        return number

    async def remind(self, customer: str, day: date) -> list[dict[str, Any]]:
        """Make the letters that are due; returns those of the customer that are of that day."""
        answer = await self.http.post(
            f"/v1/customer/{customer}/action/createDunningLetter", json={"dunningLetterDate": day.isoformat()}
        )
        assert answer.status_code == 200, answer.text
        return [it for it in await self.letters(customer=customer) if it["letterDate"] == at(day)]

    async def climb(self, customer: str, levels: int = 3) -> dict[str, Any]:
        """Remind until that level; returns the last letter."""
        for days in (15, 29, 43)[:levels]:
            made = await self.remind(customer, late(days))
        return made[-1]

    async def letters(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get(LETTERS, params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def letter(self, number: int) -> dict[str, Any]:
        answer = await self.http.get(f"{LETTERS}/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def put(
        self, number: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await self.http.put(f"{LETTERS}/{number}", json=body, headers=headers)

    async def act(
        self,
        number: int,
        action: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        return await self.http.post(f"{LETTERS}/{number}/action/{action}", json=body, headers=headers)

    async def document(self, number: str, path: str = "customerinvoice") -> dict[str, Any]:
        answer = await self.http.get(f"/v1/{path}/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def state(self, number: str) -> tuple[int, str | None]:
        """The level of an invoice and the date of its newest letter."""
        read = await self.document(number)
        return read.get("dunningLetterLevel", 0), read.get("dunningLetterDate")

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *values)]

    async def prefer(self, **preferences: Any) -> None:
        """Change the company's switches of reminding."""
        await self.write(
            """update company set preferences = jsonb_set(preferences, '{dunning}',
                                                          preferences -> 'dunning' || $1::jsonb)""",
            json.dumps(preferences),
        )

    @asynccontextmanager
    async def closed(self, period_id: str) -> AsyncIterator[None]:
        """A period that is closed for a while, whatever drafts of the demo lie in it."""
        change = "update financial_period set closed_in_customer_ledger = $2 where period_id = $1"
        await self.write(change, period_id, True)
        yield
        await self.write(change, period_id, False)

    async def write(self, statement: str, *values: Any) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(statement, *values)


@pytest.fixture
async def office(client: httpx.AsyncClient, books: Database) -> Office:
    remembered.forget()  # another test's clone may have had other preferences under the same version
    return Office(client, books)


def late(days: int) -> date:
    return DUE + timedelta(days=days)


def at(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def message(answer: httpx.Response, status: int = 400) -> str:
    """What a refusal says behind its frame."""
    assert answer.status_code == status, answer.text
    text: str = answer.json()["message"]
    return text.partition(". Error: ")[2]


# --- reading


async def test_a_letter_shows_what_it_reminds_of_and_what_it_asks_for(office: Office) -> None:
    customer = await office.customer()
    invoice = await office.invoice(customer, quantity=2)
    number = (await office.climb(customer))["letterNumber"]
    answer = await office.http.get(f"{LETTERS}/{number}")
    letter = answer.json()

    assert answer.headers["ETag"] == f'"{letter["timeStamp"]}"'
    assert (letter["status"], letter["level"], letter["finalReminder"]) == ("Released", 3, True)
    assert letter["levelDescription"] == "Notice of debt collection"
    assert letter["customer"] == {"number": customer, "name": "Late payer AS"}
    assert (letter["letterDate"], letter["paymentDeadline"]) == (at(late(43)), at(late(53)))
    assert (letter["currencyId"], letter["fee"], letter["feeEntered"]) == ("NOK", 35.0, False)
    assert letter["feeInvoice"]["status"] == "Open"
    assert letter["feeInvoice"]["balanceInCurrency"] == 35.0
    (line,) = letter["lines"]
    assert line == {
        "documentType": "Invoice",
        "refNbr": invoice,
        "customer": {"number": customer, "name": "Late payer AS"},
        "documentDate": at(INVOICED),
        "dueDate": at(DUE),
        "daysOverdue": 43,
        "currencyId": "NOK",
        "balance": 250.0,
        "balanceInCurrency": 250.0,
        "reminded": True,
        "levelBefore": 2,
        "levelAfter": 3,
        "previousLetterDate": at(late(29)),
    }
    assert letter["totals"] == [{"currencyId": "NOK", "claims": 250.0, "credits": 0, "fee": 35.0, "total": 285.0}]
    assert letter["text"]["language"] == "nb"
    assert letter["text"]["subject"] == "Inkassovarsel"
    assert "285,00" in letter["text"]["closing"]
    assert "09.03.2025" in letter["text"]["closing"]
    assert "inkasso" in letter["text"]["closing"]
    assert letter["warnings"]
    assert "voidDate" not in letter


@pytest.mark.parametrize(
    "number", ["0", "1", "-1", "01", "1.0", "abc", "99999999999", "2147483648", "%D9%A1", "b64(MQ)"]
)
async def test_a_letter_that_is_not_there_is_not_found_by_any_method(office: Office, number: str) -> None:
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/print"), ("POST", "/action/release"),
                         ("POST", "/action/void")):  # fmt: skip
        sends = method in ("PUT", "POST")
        answer = await office.http.request(method, f"{LETTERS}/{number}{path}", content=b"{}" if sends else None)
        assert "cannot be found in the system." in message(answer, 404)


async def test_the_list_has_its_filters_and_exact_totals(office: Office) -> None:
    await office.prefer(auto_release=False)
    one, two = await office.customer(), await office.customer(name="Another")
    first = await office.invoice(one)
    await office.invoice(two, INVOICED - timedelta(days=60))
    await office.remind(one, late(15))
    await office.remind(two, late(20))
    await office.act(2, "release")
    await office.remind(two, late(40))

    async def numbers(**query: Any) -> list[int]:
        found = await office.letters(**query)
        assert all(it["metadata"] == {"totalCount": len(found), "maxPageSize": 1000} for it in found)
        return [it["letterNumber"] for it in found]

    assert await numbers() == [1, 2, 3]
    assert await numbers(customer=two) == [2, 3]
    assert await numbers(customer="nobody") == []
    assert await numbers(status="draft") == [1, 3]
    assert await numbers(level=2) == [3]
    assert await numbers(level=7) == []
    assert await numbers(finalReminder="false") == [1, 2, 3]
    assert await numbers(finalReminder="true") == []
    assert await numbers(refNbr=first) == [1]
    assert await numbers(refNbr="9999") == []
    assert await numbers(letterDate=late(20).isoformat()) == [1, 2, 3]  # a date without its condition filters nothing
    assert await numbers(letterDate=late(20).isoformat(), letterDateCondition=">=") == [2, 3]
    assert await numbers(letterDate=late(20).isoformat(), letterDateCondition="<") == [1]
    assert await numbers(lastModifiedDateTime="2020-01-01", lastModifiedDateTimeCondition=">") == [1, 2, 3]
    assert await numbers(lastModifiedDateTime="2020-01-01", lastModifiedDateTimeCondition="<") == []
    assert await numbers(STATUS="Released", customer=two, level=1) == [2]
    bare = await office.letters(expandLines="false")
    assert all("lines" not in it and "totals" not in it for it in bare)
    assert [len(it["lines"]) for it in await office.letters()] == [1, 1, 1]

    page = await office.letters(pageNumber=2, pageSize=1)
    assert [(it["letterNumber"], it["metadata"]["totalCount"]) for it in page] == [(2, 3)]
    assert await office.letters(pageNumber=9, pageSize=1) == []
    for name, value in (("level", "high"), ("status", "Sent"), ("finalReminder", "maybe"), ("level", "9" * 30)):
        assert name in message(await office.http.get(LETTERS, params={name: value}))
    wrong = await office.http.get(LETTERS, params={"letterDate": "soon", "letterDateCondition": ">"})
    assert "letterDate" in message(wrong)


async def test_last_modified_follows_what_is_done_to_a_letter(office: Office) -> None:
    await office.prefer(auto_release=False)
    customer = await office.customer()
    await office.invoice(customer)
    (letter,) = await office.remind(customer, late(15))
    assert letter["lastModifiedDateTime"] == letter["createdDateTime"]
    assert (await office.put(1, {"fee": 10})).status_code == 204
    changed = await office.letter(1)
    assert changed["lastModifiedDateTime"] > letter["lastModifiedDateTime"]
    query = {"lastModifiedDateTimeCondition": ">", "lastModifiedDateTime": letter["lastModifiedDateTime"]}
    assert [it["letterNumber"] for it in await office.letters(**query)] == [1]
    query["lastModifiedDateTime"] = changed["lastModifiedDateTime"]
    assert len(await office.letters(**query)) <= 1  # thousandths are cut off, so the same moment may pass
    query["lastModifiedDateTimeCondition"] = "<"
    assert await office.letters(**query) == []


# --- changing and deleting drafts


@pytest.fixture
async def drafts(office: Office) -> Office:
    await office.prefer(auto_release=False)
    return office


async def mixed_draft(office: Office, customer: str) -> tuple[int, str, str]:
    """A draft at level 3 with a document at each of two levels: its number, the higher document, the lower one."""
    higher = await office.invoice(customer)
    for days in (15, 29):
        (made,) = await office.remind(customer, late(days))
        assert (await office.act(made["letterNumber"], "release")).status_code == 200
    lower = await office.invoice(customer)
    on_one, on_two = sorted(await office.remind(customer, late(43)), key=lambda it: it["level"])
    assert [on_one["level"], on_two["level"]] == [1, 3]
    await office.write(
        "update dunning_letter_line set letter_id = $1 where letter_id = $2",
        on_two["letterNumber"],
        on_one["letterNumber"],
    )
    assert (await office.http.delete(f"{LETTERS}/{on_one['letterNumber']}")).status_code == 204
    return on_two["letterNumber"], higher, lower


async def test_taking_a_document_off_can_lower_the_level_and_with_it_fee_and_deadline(drafts: Office) -> None:
    customer = await drafts.customer()
    number, higher, lower = await mixed_draft(drafts, customer)
    before = await drafts.letter(number)
    assert (before["level"], before["fee"], before["paymentDeadline"]) == (3, 35.0, at(late(53)))

    answer = await drafts.put(
        number, {"lines": [{"operation": "Delete", "refNbr": higher}]}, {"If-Match": f'"{before["timeStamp"]}"'}
    )
    assert answer.status_code == 204
    after = await drafts.letter(number)
    assert answer.headers["ETag"] == f'"{after["timeStamp"]}"'
    assert answer.headers["Location"].endswith(f"{LETTERS}/{number}")
    assert [it["refNbr"] for it in after["lines"]] == [lower]
    assert (after["level"], after["fee"], after["paymentDeadline"]) == (1, 0.0, at(late(57)))
    assert (after["finalReminder"], after["text"]["subject"]) == (False, "Betalingspåminnelse")
    assert (before["warnings"] == [], after["warnings"]) == (False, [])
    # What left the letter may be reminded of again.
    assert [it["level"] for it in await drafts.remind(customer, late(44))] == [3]
    ((told,),) = await drafts.rows(
        "select detail from change where entity = 'DunningLetter' and event = 'updated' and entity_key = $1",
        str(number),
    )
    assert json.loads(told)["removed"] == [higher]
    assert json.loads(told)["level"] == 1


async def test_a_fee_set_by_hand_stays_when_the_level_falls(drafts: Office) -> None:
    number, higher, _ = await mixed_draft(drafts, await drafts.customer())
    assert (await drafts.put(number, {"fee": {"value": 12.5}})).status_code == 204
    await drafts.put(number, {"lines": [{"operation": "delete", "documentType": "Invoice", "refNbr": higher.upper()}]})
    letter = await drafts.letter(number)
    assert (letter["level"], letter["fee"], letter["feeEntered"]) == (1, 12.5, True)
    assert (await drafts.put(number, {"fee": {"value": None}})).status_code == 204
    letter = await drafts.letter(number)
    assert (letter["fee"], letter["feeEntered"]) == (0.0, False)


async def test_a_fee_set_by_hand_is_held_against_the_law_and_invoiced(drafts: Office) -> None:
    await drafts.write(
        "insert into legal_rate (company_id, kind, start_date, amount, source) values (1, 'reminder_fee_cap', "
        "'2020-01-01', 35, 'test')"
    )
    customer = await drafts.customer()
    await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    assert (await drafts.letter(1))["warnings"] == []
    await drafts.put(1, {"fee": 70})
    assert any("70" in warning and "35" in warning for warning in (await drafts.letter(1))["warnings"])
    await drafts.put(1, {"fee": 20})
    assert not any("above the highest" in warning for warning in (await drafts.letter(1))["warnings"])
    assert (await drafts.act(1, "release")).status_code == 200
    fee = (await drafts.letter(1))["feeInvoice"]
    assert (await drafts.document(fee["refNbr"]))["amount"] == 20.0


async def test_a_put_that_changes_nothing_keeps_the_version(drafts: Office) -> None:
    customer = await drafts.customer()
    invoice = await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    before = await drafts.letter(1)
    whole = {
        **before,
        "lines": [{"operation": "Update", **before["lines"][0]}, {"operation": "Nothing", "refNbr": invoice}],
    }
    whole.pop("fee")
    echoes: list[dict[str, Any]] = [{}, {"lines": []}, {"lines": None, "fee": None}, whole]
    for body in echoes:
        answer = await drafts.put(1, body)
        assert (answer.status_code, answer.headers["ETag"]) == (204, f'"{before["timeStamp"]}"'), answer.text
    assert await drafts.letter(1) == before


REFUSED_CHANGES: list[tuple[Mapping[str, Any], str]] = [
    ({"fee": -1}, "A fee is not negative. Field: fee. Sent: '-1'. Send 0 or more."),
    ({"fee": 1.005}, "An amount in NOK has at most 2 decimals. Field: fee. Sent: '1.005'."),
    ({"fee": 1e13}, "Field: fee."),
    ({"fee": "much"}, "Field: fee."),
    ({"fee": {"value": [1]}}, "Field: fee"),
    ({"fee": True}, "Field: fee"),
    ({"lines": {"refNbr": "1"}}, "Field: lines"),
    ({"lines": ["003524"]}, "Field: lines[0]"),
    ({"lines": [{"operation": "Delete"}]}, "A line needs a document. Field: lines[0].refNbr."),
    ({"lines": [{"operation": "Delete", "refNbr": "999"}]}, "RefNbr '999' cannot be found in the system."),
    ({"lines": [{"operation": "Insert", "refNbr": "999"}]}, "Field: lines[0].operation"),
    ({"lines": [{"operation": "Delete", "refNbr": "x" * 16}]}, "Field: lines[0].refNbr"),
    ({"lines": [{"operation": "Delete", "refNbr": {"value": "INVOICE"}}]}, "would remind of nothing. Field: lines."),
    ({"lines": [{"operation": "Delete", "documentType": "DebitNote", "refNbr": "INVOICE"}]}, "cannot be found"),
]


async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(drafts: Office) -> None:
    customer = await drafts.customer()
    invoice = await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    before = await drafts.letter(1)
    for body, says in REFUSED_CHANGES:
        sent = json.loads(json.dumps(body).replace("INVOICE", invoice))
        assert says in message(await drafts.put(1, sent)), body
    assert (await drafts.http.put(f"{LETTERS}/1", content=b'{"fee": 1' + b"0" * 5000 + b"}")).status_code == 400
    assert (await drafts.http.put(f"{LETTERS}/1", content=b"[]")).status_code == 400
    assert (await drafts.http.put(f"{LETTERS}/1", content=b"")).status_code == 400
    await drafts.prefer(fee_item=None)
    assert "the company has no item for it" in message(await drafts.put(1, {"fee": 5}))
    assert await drafts.letter(1) == before


async def test_if_match_is_honoured_wherever_it_is_sent(drafts: Office) -> None:
    customer = await drafts.customer()
    await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    stale = {"If-Match": '"AAAAAAAAAAE="'}
    assert (await drafts.put(1, {"fee": 1}, stale)).status_code == 412
    assert (await drafts.http.delete(f"{LETTERS}/1", headers=stale)).status_code == 412
    assert (await drafts.act(1, "release", headers=stale)).status_code == 412
    assert (await drafts.act(1, "void", headers=stale)).status_code == 412
    current = {"If-Match": f'"{(await drafts.letter(1))["timeStamp"]}"'}
    released = await drafts.act(1, "release", headers=current)
    assert released.status_code == 200
    assert released.headers["ETag"] == f'"{(await drafts.letter(1))["timeStamp"]}"'
    assert (await drafts.act(1, "void", headers=current)).status_code == 412
    voided = await drafts.act(1, "void", headers={"If-Match": released.headers["ETag"]})
    assert voided.status_code == 200
    assert voided.headers["ETag"] == f'"{(await drafts.letter(1))["timeStamp"]}"'


async def test_a_draft_is_deleted_and_its_documents_are_free_again(drafts: Office) -> None:
    customer = await drafts.customer()
    invoice = await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    assert await drafts.remind(customer, late(16)) == []
    assert (await drafts.http.delete(f"{LETTERS}/1")).status_code == 204
    assert (await drafts.http.get(f"{LETTERS}/1")).status_code == 404
    assert await drafts.letters() == []
    assert await drafts.state(invoice) == (0, None)
    (again,) = await drafts.remind(customer, late(16))
    assert again["letterNumber"] == 2
    assert again["metadata"]["totalCount"] == 1


async def test_only_a_draft_is_changed_deleted_or_released(drafts: Office) -> None:
    customer = await drafts.customer()
    await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    await drafts.act(1, "release")
    hint = "Only a draft can be; a released letter can be voided."
    assert message(await drafts.put(1, {"fee": 1})) == (
        f"The dunning letter 1 can't be changed because it is already released. {hint}"
    )
    assert "can't be deleted because it is already released" in message(await drafts.http.delete(f"{LETTERS}/1"))
    assert "can't be released because it is already released" in message(await drafts.act(1, "release"))
    await drafts.act(1, "void")
    assert "can't be changed because it is already voided" in message(await drafts.put(1, {}))
    assert "can't be deleted because it is already voided" in message(await drafts.http.delete(f"{LETTERS}/1"))
    assert "can't be released because it is already voided" in message(await drafts.act(1, "release"))


# --- releasing


async def test_release_moves_the_documents_and_invoices_the_fee(drafts: Office) -> None:
    customer = await drafts.customer()
    number, higher, lower = await mixed_draft(drafts, customer)
    assert await drafts.state(higher) == (2, at(late(29)))
    answer = await drafts.act(number, "release", {})
    assert answer.json()["actionResult"] == "Done"
    assert len(answer.json()["actionId"]) == 36
    assert await drafts.state(higher) == (3, at(late(43)))
    assert await drafts.state(lower) == (1, at(late(43)))
    letter = await drafts.letter(number)
    assert (letter["status"], letter["feeInvoice"]["status"]) == ("Released", "Open")
    assert letter["releasedDateTime"] > letter["createdDateTime"]
    fee = await drafts.document(letter["feeInvoice"]["refNbr"])
    assert (fee["amount"], fee["documentDate"]) == (35.0, at(late(43)))


async def test_release_says_what_is_open_today(drafts: Office) -> None:
    customer = await drafts.customer()
    invoice = await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    await drafts.credit_note(customer, invoice, 25)
    assert (await drafts.letter(1))["lines"][0]["balance"] == 125.0
    assert (await drafts.act(1, "release")).status_code == 200
    assert (await drafts.letter(1))["lines"][0]["balance"] == 100.0
    assert (await drafts.letter(1))["totals"][0]["total"] == 100.0


async def test_what_changed_since_the_draft_was_made_keeps_it_from_release(drafts: Office) -> None:
    customer = await drafts.customer()
    settled, disputed, postponed = [await drafts.invoice(customer) for _ in range(3)]
    kept = await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    await drafts.credit_note(customer, settled, 125)
    await drafts.http.put(f"/v1/customerinvoice/{disputed}", json={"revoked": {"value": True}})
    await drafts.http.put(f"/v1/customerinvoice/{postponed}", json={"documentDueDate": {"value": "2025-12-31"}})
    refused = message(await drafts.act(1, "release"))
    assert refused == (
        f"The dunning letter 1 reminds of what has changed since: {settled} is settled, {disputed} is disputed, "
        f"{postponed} is not overdue on the letter's date. "
        "Take it off the letter first, or delete the letter and make a new one."
    )
    gone = [{"operation": "Delete", "refNbr": number} for number in (settled, disputed, postponed)]
    assert (await drafts.put(1, {"lines": gone})).status_code == 204
    assert (await drafts.act(1, "release")).status_code == 200
    assert [it["refNbr"] for it in (await drafts.letter(1))["lines"]] == [kept]


async def test_a_refused_fee_leaves_the_draft_as_it_was(drafts: Office) -> None:
    customer = await drafts.customer()
    await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    await drafts.put(1, {"fee": 10})
    await drafts.prefer(fee_item=None)
    before = await drafts.letter(1)
    assert "the company has no item for it" in message(await drafts.act(1, "release"))
    await drafts.prefer(fee_item="PURREGEBYR")
    async with drafts.closed("202501"):
        assert "The fee of dunning level 1 cannot be invoiced." in message(await drafts.act(1, "release"))
    assert await drafts.letter(1) == before


async def test_two_releases_at_once_are_one(drafts: Office) -> None:
    customer = await drafts.customer()
    await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    await drafts.put(1, {"fee": 10})
    answers = await asyncio.gather(*(drafts.act(1, "release") for _ in range(4)))
    assert sorted(it.status_code for it in answers) == [200, 400, 400, 400]
    assert await drafts.rows("select count(*) from document where origin = 'dunning_fee'") == [(1,)]


# --- voiding


async def test_a_void_takes_documents_back_and_credits_the_fee(office: Office) -> None:
    customer = await office.customer()
    invoice = await office.invoice(customer)
    third = await office.climb(customer)
    fee = third["feeInvoice"]["refNbr"]
    answer = await office.act(third["letterNumber"], "void")
    assert answer.json()["actionResult"] == "Done"

    letter = await office.letter(third["letterNumber"])
    assert (letter["status"], letter["voidDate"]) == ("Voided", "2026-01-15T00:00:00")
    assert letter["voidedDateTime"] > letter["releasedDateTime"]
    assert (letter["feeInvoice"]["status"], letter["feeCreditNote"]["status"]) == ("Closed", "Closed")
    note = await office.document(letter["feeCreditNote"]["refNbr"], "customerCreditNote")
    assert (note["amount"], note["balance"], note["documentDate"]) == (35.0, 0.0, "2026-01-15T00:00:00")
    assert [(it["refNbr"], it["amountPaid"]) for it in note["applications"]] == [(fee, 35.0)]
    (line,) = note["lines"]
    assert (line["inventoryNumber"], line["account"]["number"]) == ("PURREGEBYR", "3900")
    assert await office.state(invoice) == (2, at(late(29)))
    entries = await office.rows(
        "select account_number, sum(debit_base - credit_base) from journal_entry where account_number = '3900'"
        " group by account_number"
    )
    assert entries == [("3900", 0)]

    # The same step may be taken again, and the second letter is the next one to void.
    assert [it["level"] for it in await office.remind(customer, late(44))] == [3]
    assert "can't be voided because the later letter" in message(await office.act(2, "void"))
    assert (await office.act(4, "void")).status_code == 200
    for number, left in ((2, (1, at(late(15)))), (1, (0, None))):
        assert (await office.act(number, "void")).status_code == 200
        assert await office.state(invoice) == left


async def test_a_void_deletes_a_fee_invoice_that_is_not_released(office: Office) -> None:
    await office.prefer(auto_release_fee=False)
    customer = await office.customer()
    await office.invoice(customer)
    third = await office.climb(customer)
    fee = third["feeInvoice"]["refNbr"]
    assert third["feeInvoice"]["status"] == "Balanced"
    assert (await office.act(third["letterNumber"], "void")).status_code == 200
    letter = await office.letter(third["letterNumber"])
    assert "feeInvoice" not in letter
    assert "feeCreditNote" not in letter
    assert (await office.http.get(f"/v1/customerinvoice/{fee}")).status_code == 404
    assert await office.rows("select entity, number from deleted_number") == [("Invoice", fee)]
    ((told,),) = await office.rows("select detail from change where entity = 'DunningLetter' and event = 'voided'")
    assert json.loads(told)["deleted_fee_invoice"] == fee


async def test_a_fee_that_was_deleted_by_hand_does_not_stand_in_the_way(office: Office) -> None:
    await office.prefer(auto_release_fee=False)
    customer = await office.customer()
    await office.invoice(customer)
    third = await office.climb(customer)
    assert (await office.http.delete(f"/v1/customerinvoice/{third['feeInvoice']['refNbr']}")).status_code == 204
    assert "feeInvoice" not in await office.letter(third["letterNumber"])
    assert (await office.act(third["letterNumber"], "void")).status_code == 200


async def test_a_settled_fee_is_to_be_dealt_with_first(office: Office) -> None:
    customer = await office.customer()
    invoice = await office.invoice(customer)
    third = await office.climb(customer)
    number, fee = third["letterNumber"], third["feeInvoice"]["refNbr"]
    proposed = await office.credit_note(customer, fee, 10, releases=False)
    refused = (
        f"The dunning letter {number} can't be voided because its fee invoice {fee} is settled: CreditNote {proposed}"
    )
    assert message(await office.act(number, "void")) == (
        f"{refused} is about to settle it. Release or delete CreditNote {proposed} first."
    )
    await office.http.post(f"/v1/customerCreditNote/{proposed}/action/release")
    assert message(await office.act(number, "void")) == (
        f"{refused} settles a part of it. Settle the rest, 25.0000 NOK, by a credit note first."
    )
    assert await office.state(invoice) == (3, at(late(43)))
    # Credited by hand, there is nothing left to credit: the letter can be voided.
    await office.credit_note(customer, fee, 25)
    assert (await office.act(number, "void")).status_code == 200
    letter = await office.letter(number)
    assert letter["feeInvoice"]["status"] == "Closed"
    assert "feeCreditNote" not in letter


async def test_only_a_released_letter_is_voided_and_only_once(drafts: Office) -> None:
    customer = await drafts.customer()
    await drafts.invoice(customer)
    await drafts.remind(customer, late(15))
    assert message(await drafts.act(1, "void")) == (
        "The dunning letter 1 can't be voided because it is a draft. A draft is deleted, not voided."
    )
    await drafts.act(1, "release")
    (second,) = await drafts.remind(customer, late(29))
    assert message(await drafts.act(1, "void")).endswith("(Draft) lists 003548. Delete letter 2 first.")
    await drafts.http.delete(f"{LETTERS}/{second['letterNumber']}")
    assert (await drafts.act(1, "void")).status_code == 200
    assert message(await drafts.act(1, "void")) == (
        "The dunning letter 1 can't be voided because it is already voided. There is nothing left to void."
    )


async def test_a_void_has_a_day_in_an_open_period(office: Office) -> None:
    customer = await office.customer()
    await office.invoice(customer)
    number = (await office.climb(customer))["letterNumber"]
    assert message(await office.act(number, "void", {"voidDate": "2025-02-26"})) == (
        "The letter is of 2025-02-27. Field: voidDate. Sent: '2025-02-26'. Send that day or a later one."
    )
    days: list[object] = ["yesterday", 20250301, True, [], {"value": {}}, "2025-02-30"]
    for wrong in days:
        assert "voidDate" in message(await office.act(number, "void", {"voidDate": wrong})), wrong
    async with office.closed("202502"):
        closed = message(await office.act(number, "void", {"voidDate": "2025-02-28"}))
    assert "cannot be credited." in closed
    assert "Field: voidDate. Sent: '2025-02-28'." in closed
    nowhere = message(await office.act(number, "void", {"voidDate": "2099-01-01"}))
    assert "Field: voidDate. Sent: '2099-01-01'." in nowhere
    assert (await office.letter(number))["status"] == "Released"
    assert (await office.act(number, "void", {"VoidDate": {"value": "2025-03-01T10:00:00"}})).status_code == 200
    note = (await office.letter(number))["feeCreditNote"]["refNbr"]
    assert (await office.document(note, "customerCreditNote"))["documentDate"] == "2025-03-01T00:00:00"


async def test_two_voids_at_once_are_one(office: Office) -> None:
    customer = await office.customer()
    await office.invoice(customer)
    number = (await office.climb(customer))["letterNumber"]
    answers = await asyncio.gather(*(office.act(number, "void") for _ in range(4)))
    assert sorted(it.status_code for it in answers) == [200, 400, 400, 400]
    assert await office.rows("select count(*) from document where origin = 'dunning_void'") == [(1,)]


async def test_a_void_and_a_settlement_at_once_end_as_one_after_the_other(office: Office) -> None:
    customer = await office.customer()
    await office.invoice(customer)
    third = await office.climb(customer)
    number, fee = third["letterNumber"], third["feeInvoice"]["refNbr"]
    note = await office.credit_note(customer, (await office.invoice(customer)), 1, releases=False)
    line = {"operation": "Insert", "documentType": {"value": "Invoice"}, "refNbr": {"value": fee}}

    async def settle() -> httpx.Response:
        body = {"applicationLines": [{**line, "amountPaid": {"value": 1}}]}
        return await office.http.put(f"/v1/customerCreditNote/{note}", json=body)

    voided, settled = await asyncio.gather(office.act(number, "void"), settle())
    assert {voided.status_code, settled.status_code} <= {200, 204, 400, 409}, (voided.text, settled.text)
    status = (await office.letter(number))["status"]
    assert (status == "Voided") == (voided.status_code == 200)


async def test_voiding_and_reminding_at_once_never_wait_for_each_other(office: Office) -> None:
    customers = [await office.customer() for _ in range(3)]
    for customer in customers:
        await office.invoice(customer)
    letters = [await office.climb(customer) for customer in customers]
    others = [await office.customer() for _ in range(3)]
    for other in others:
        await office.invoice(other)

    async def remind(customer: str) -> httpx.Response:
        body = {"dunningLetterDate": late(60).isoformat()}
        return await office.http.post(f"/v1/customer/{customer}/action/createDunningLetter", json=body)

    answers = await asyncio.gather(
        *(office.act(it["letterNumber"], "void") for it in letters), *(remind(it) for it in (*others, *customers))
    )
    assert {it.status_code for it in answers} == {200}, [it.text for it in answers]


async def test_a_letter_in_another_currency_is_voided_without_an_exchange_difference(office: Office) -> None:
    customer = await office.customer(currencyId="EUR")
    await office.write("update customer set currency_override = false where number = $1", customer)
    invoice = await office.invoice(customer)
    third = await office.climb(customer)
    assert third["currencyId"] == "EUR"
    assert third["fee"] > 0
    answer = await office.act(third["letterNumber"], "void")
    assert answer.status_code == 200, answer.text
    letter = await office.letter(third["letterNumber"])
    assert (letter["feeInvoice"]["status"], letter["feeCreditNote"]["status"]) == ("Closed", "Closed")
    assert await office.rows("select count(*) from journal_entry where account_number in ('8060', '8160')") == [(0,)]
    assert await office.state(invoice) == (2, at(late(29)))
