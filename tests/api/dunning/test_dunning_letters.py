"""A stored letter over HTTP: read, changed, deleted, released, voided. Real application, real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.api.dunning.debtors import DUE, INVOICED, at, climb, credited, debtor, late, level_of, numbered, reminded
from tests.clerk import INVOICE, ITEM_A, LETTERS, STALE, Clerk, Record, application, refusal


@asynccontextmanager
async def closed(clerk: Clerk, period_id: str) -> AsyncIterator[None]:
    """A period that is closed for a while, whatever drafts of the demo lie in it."""
    change = "update financial_period set closed_in_customer_ledger = $2 where period_id = $1"
    await clerk.sql(change, period_id, True)
    yield
    await clerk.sql(change, period_id, False)


# --- reading


async def test_a_letter_shows_what_it_reminds_of_and_what_it_asks_for(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer, lines=[ITEM_A | {"quantity": 2}])
    number = (await climb(clerk, customer))["letterNumber"]
    letter = await clerk.get(numbered(number))

    assert letter.etag == f'"{letter["timeStamp"]}"'
    assert (letter["status"], letter["level"], letter["finalReminder"]) == ("Released", 3, True)
    assert letter["levelDescription"] == "Notice of debt collection"
    assert letter["customer"] == {"number": customer, "name": "Late payer AS"}
    assert (letter["letterDate"], letter["paymentDeadline"]) == (at(late(43)), at(late(57)))
    assert (letter["currencyId"], letter["fee"], letter["feeEntered"]) == ("NOK", 35.0, False)
    assert letter["feeInvoice"]["status"] == "Open"
    assert letter["feeInvoice"]["balanceInCurrency"] == 35.0
    (line,) = letter["lines"]
    assert line == {
        "documentType": "Invoice",
        "refNbr": invoice.number,
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
    assert "13.03.2025" in letter["text"]["closing"]
    assert "inkasso" in letter["text"]["closing"]
    assert letter["warnings"] == []
    assert "voidDate" not in letter


@pytest.mark.parametrize(
    "number", ["0", "1", "-1", "01", "1.0", "abc", "99999999999", "2147483648", "%D9%A1", "b64(MQ)"]
)
async def test_a_letter_that_is_not_there_is_not_found_by_any_method(clerk: Clerk, number: str) -> None:
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/print"), ("POST", "/action/release"),
                         ("POST", "/action/void")):  # fmt: skip
        sends = method in ("PUT", "POST")
        content = b"{}" if sends else None
        answer = await clerk.http.request(method, f"/v1/{LETTERS}/{number}{path}", content=content)
        assert "cannot be found in the system." in refusal(answer, 404)


async def test_the_list_has_its_filters_and_exact_totals(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    one, two = await debtor(clerk), await debtor(clerk, name="Another")
    first = await clerk.issue(INVOICE, one)
    await clerk.issue(INVOICE, two, documentDate=INVOICED - timedelta(days=60))
    await reminded(clerk, one, late(15))
    await reminded(clerk, two, late(20))
    await clerk.act(numbered(2), "release")
    await reminded(clerk, two, late(40))

    async def numbers(**query: Any) -> list[int]:
        found = await clerk.letters(**query)
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
    assert await numbers(refNbr=first.number) == [1]
    assert await numbers(refNbr="9999") == []
    assert await numbers(letterDate=late(20).isoformat()) == [1, 2, 3]  # a date without its condition filters nothing
    assert await numbers(letterDate=late(20).isoformat(), letterDateCondition=">=") == [2, 3]
    assert await numbers(letterDate=late(20).isoformat(), letterDateCondition="<") == [1]
    assert await numbers(lastModifiedDateTime="2020-01-01", lastModifiedDateTimeCondition=">") == [1, 2, 3]
    assert await numbers(lastModifiedDateTime="2020-01-01", lastModifiedDateTimeCondition="<") == []
    assert await numbers(STATUS="Released", customer=two, level=1) == [2]
    bare = await clerk.letters(expandLines="false")
    assert all("lines" not in it and "totals" not in it for it in bare)
    assert [len(it["lines"]) for it in await clerk.letters()] == [1, 1, 1]

    page = await clerk.letters(pageNumber=2, pageSize=1)
    assert [(it["letterNumber"], it["metadata"]["totalCount"]) for it in page] == [(2, 3)]
    assert await clerk.letters(pageNumber=9, pageSize=1) == []
    for name, value in (("level", "high"), ("status", "Sent"), ("finalReminder", "maybe"), ("level", "9" * 30)):
        assert name in await clerk.refused("GET", f"{LETTERS}?{name}={value}")
    assert "letterDate" in await clerk.refused("GET", f"{LETTERS}?letterDate=soon&letterDateCondition=>")


async def test_last_modified_follows_what_is_done_to_a_letter(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    (letter,) = await reminded(clerk, customer, late(15))
    assert letter["lastModifiedDateTime"] == letter["createdDateTime"]
    assert (await clerk.put(numbered(1), fee=10)).status_code == 204
    changed = await clerk.get(numbered(1))
    assert changed["lastModifiedDateTime"] > letter["lastModifiedDateTime"]
    query = {"lastModifiedDateTimeCondition": ">", "lastModifiedDateTime": letter["lastModifiedDateTime"]}
    assert [it["letterNumber"] for it in await clerk.letters(**query)] == [1]
    query["lastModifiedDateTime"] = changed["lastModifiedDateTime"]
    assert len(await clerk.letters(**query)) <= 1  # thousandths are cut off, so the same moment may pass
    query["lastModifiedDateTimeCondition"] = "<"
    assert await clerk.letters(**query) == []


# --- changing and deleting drafts


@pytest.fixture
async def drafts(clerk: Clerk) -> Clerk:
    """A clerk whose letters wait for their release."""
    await clerk.prefer(dunning={"auto_release": False})
    return clerk


async def mixed_draft(clerk: Clerk, customer: str) -> tuple[int, Record, Record]:
    """A draft at level 3 with a document at each of two levels: its number, the higher document, the lower one."""
    higher = await clerk.issue(INVOICE, customer)
    for days in (15, 29):
        (made,) = await reminded(clerk, customer, late(days))
        assert (await clerk.act(numbered(made["letterNumber"]), "release")).status_code == 200
    lower = await clerk.issue(INVOICE, customer)
    on_one, on_two = sorted(await reminded(clerk, customer, late(43)), key=lambda it: it["level"])
    assert [on_one["level"], on_two["level"]] == [1, 3]
    await clerk.sql(
        "update dunning_letter_line set letter_id = $1 where letter_id = $2",
        on_two["letterNumber"],
        on_one["letterNumber"],
    )
    assert (await clerk.delete(numbered(on_one["letterNumber"]))).status_code == 204
    return on_two["letterNumber"], higher, lower


async def test_taking_a_document_off_can_lower_the_level_and_with_it_fee_and_deadline(drafts: Clerk) -> None:
    await drafts.sql("update legal_rate set amount = 30 where kind = 'reminder_fee_cap'")
    customer = await debtor(drafts)
    number, higher, lower = await mixed_draft(drafts, customer)
    before = await drafts.get(numbered(number))
    assert (before["level"], before["fee"], before["paymentDeadline"]) == (3, 35.0, at(late(57)))

    answer = await drafts.put(
        numbered(number),
        {"If-Match": f'"{before["timeStamp"]}"'},
        lines=[{"operation": "Delete", "refNbr": higher.number}],
    )
    assert answer.status_code == 204
    after = await drafts.get(numbered(number))
    assert answer.headers["ETag"] == f'"{after["timeStamp"]}"'
    assert answer.headers["Location"].endswith(f"{LETTERS}/{number}")
    assert [it["refNbr"] for it in after["lines"]] == [lower.number]
    assert (after["level"], after["fee"], after["paymentDeadline"]) == (1, 0.0, at(late(57)))
    assert (after["finalReminder"], after["text"]["subject"]) == (False, "Betalingspåminnelse")
    assert (before["warnings"] == [], after["warnings"]) == (False, [])
    # What left the letter may be reminded of again.
    assert [it["level"] for it in await reminded(drafts, customer, late(44))] == [3]
    ((told,),) = await drafts.rows(
        "select detail from change where entity = 'DunningLetter' and event = 'updated' and entity_key = $1",
        str(number),
    )
    assert json.loads(told)["documents"] == [[it["refNbr"] for it in before["lines"]], [lower.number]]
    assert json.loads(told)["level"] == [before["level"], 1]


async def test_a_fee_set_by_hand_stays_when_the_level_falls(drafts: Clerk) -> None:
    number, higher, _ = await mixed_draft(drafts, await debtor(drafts))
    assert (await drafts.put(numbered(number), fee={"value": 12.5})).status_code == 204
    await drafts.put(
        numbered(number), lines=[{"operation": "delete", "documentType": "Invoice", "refNbr": higher.number.upper()}]
    )
    letter = await drafts.get(numbered(number))
    assert (letter["level"], letter["fee"], letter["feeEntered"]) == (1, 12.5, True)
    assert (await drafts.put(numbered(number), fee=1.005)).status_code == 204
    assert (await drafts.get(numbered(number)))["fee"] == Decimal("1.01")
    assert (await drafts.put(numbered(number), fee={"value": None})).status_code == 204
    letter = await drafts.get(numbered(number))
    assert (letter["fee"], letter["feeEntered"]) == (0.0, False)


async def test_a_fee_set_by_hand_is_held_against_the_law_and_invoiced(drafts: Clerk) -> None:
    await drafts.sql(
        "insert into legal_rate (company_id, kind, start_date, amount, source) values (1, 'reminder_fee_cap', "
        "'2020-01-01', 35, 'test')"
    )
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    assert (await drafts.get(numbered(1)))["warnings"] == []
    await drafts.put(numbered(1), fee=70)
    assert any("70" in warning and "35" in warning for warning in (await drafts.get(numbered(1)))["warnings"])
    await drafts.put(numbered(1), fee=20)
    assert not any("above the highest" in warning for warning in (await drafts.get(numbered(1)))["warnings"])
    assert (await drafts.act(numbered(1), "release")).status_code == 200
    fee = (await drafts.get(numbered(1)))["feeInvoice"]
    assert (await drafts.get(f"customerinvoice/{fee['refNbr']}"))["amount"] == 20.0


async def test_fees_are_counted_over_the_letters_of_a_document_also_those_set_by_hand(drafts: Clerk) -> None:
    """The first two levels have no fee; the law allows two of them."""
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    said = []
    for number, days in ((1, 15), (2, 29), (3, 43)):
        await reminded(drafts, customer, late(days))
        if number < 3:
            await drafts.put(numbered(number), fee=20)
        said.append((await drafts.get(numbered(number)))["warnings"])
        await drafts.act(numbered(number), "release")
    assert said == [[], [], ["This is fee number 3 for a document on the letter; the law allows 2."]]
    await drafts.act(numbered(3), "void")
    await reminded(drafts, customer, late(50))
    again = await drafts.get(numbered(4))
    assert again["warnings"] == said[2]
    await drafts.put(numbered(4), fee=0)
    assert (await drafts.get(numbered(4)))["warnings"] == []


async def test_a_put_that_changes_nothing_keeps_the_version(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    invoice = await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    before = await drafts.get(numbered(1))
    whole = {
        **before,
        "lines": [{"operation": "Update", **before["lines"][0]}, {"operation": "Nothing", "refNbr": invoice.number}],
    }
    whole.pop("fee")
    echoes: list[dict[str, Any]] = [{}, {"lines": []}, {"lines": None, "fee": None}, whole]
    for body in echoes:
        answer = await drafts.put(numbered(1), **body)
        assert (answer.status_code, answer.headers["ETag"]) == (204, f'"{before["timeStamp"]}"'), answer.text
    assert await drafts.get(numbered(1)) == before


REFUSED_CHANGES: list[tuple[Mapping[str, Any], str]] = [
    ({"fee": -1}, "A fee is not negative. Field: fee. Sent: '-1'. Send 0 or more."),
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


async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    invoice = await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    before = await drafts.get(numbered(1))
    for body, says in REFUSED_CHANGES:
        sent = json.loads(json.dumps(body).replace("INVOICE", invoice.number))
        assert says in refusal(await drafts.put(numbered(1), **sent)), body
    assert (await drafts.http.put(f"/v1/{LETTERS}/1", content=b'{"fee": 1' + b"0" * 5000 + b"}")).status_code == 400
    assert (await drafts.http.put(f"/v1/{LETTERS}/1", content=b"[]")).status_code == 400
    assert (await drafts.http.put(f"/v1/{LETTERS}/1", content=b"")).status_code == 400
    await drafts.prefer(dunning={"fee_item": None})
    assert "the company has no item for it" in refusal(await drafts.put(numbered(1), fee=5))
    assert await drafts.get(numbered(1)) == before


async def test_if_match_is_honoured_wherever_it_is_sent(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    stale = STALE
    assert (await drafts.put(numbered(1), stale, fee=1)).status_code == 412
    assert (await drafts.delete(numbered(1), headers=stale)).status_code == 412
    assert (await drafts.act(numbered(1), "release", stale)).status_code == 412
    assert (await drafts.act(numbered(1), "void", stale)).status_code == 412
    current = {"If-Match": f'"{(await drafts.get(numbered(1)))["timeStamp"]}"'}
    released = await drafts.act(numbered(1), "release", current)
    assert released.status_code == 200
    assert released.headers["ETag"] == f'"{(await drafts.get(numbered(1)))["timeStamp"]}"'
    assert (await drafts.act(numbered(1), "void", current)).status_code == 412
    voided = await drafts.act(numbered(1), "void", {"If-Match": released.headers["ETag"]})
    assert voided.status_code == 200
    assert voided.headers["ETag"] == f'"{(await drafts.get(numbered(1)))["timeStamp"]}"'


async def test_a_draft_is_deleted_and_its_documents_are_free_again(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    invoice = await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    assert await reminded(drafts, customer, late(16)) == []
    assert (await drafts.delete(numbered(1))).status_code == 204
    assert await drafts.status("GET", numbered(1)) == 404
    assert await drafts.letters() == []
    assert await level_of(drafts, invoice) == (0, None)
    (again,) = await reminded(drafts, customer, late(16))
    assert again["letterNumber"] == 2
    assert again["metadata"]["totalCount"] == 1


async def test_only_a_draft_is_changed_deleted_or_released(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    await drafts.act(numbered(1), "release")
    hint = "Only a draft can be; a released letter can be voided."
    assert refusal(await drafts.put(numbered(1), fee=1)) == (
        f"The dunning letter 1 can't be changed because it is already released. {hint}"
    )
    assert "can't be deleted because it is already released" in refusal(await drafts.delete(numbered(1)))
    assert "can't be released because it is already released" in refusal(await drafts.act(numbered(1), "release"))
    await drafts.act(numbered(1), "void")
    assert "can't be changed because it is already voided" in refusal(await drafts.put(numbered(1)))
    assert "can't be deleted because it is already voided" in refusal(await drafts.delete(numbered(1)))
    assert "can't be released because it is already voided" in refusal(await drafts.act(numbered(1), "release"))


# --- releasing


async def test_release_moves_the_documents_and_invoices_the_fee(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    number, higher, lower = await mixed_draft(drafts, customer)
    assert await level_of(drafts, higher) == (2, at(late(29)))
    answer = await drafts.http.post(f"/v1/{numbered(number)}/action/release", json={})
    assert answer.json()["actionResult"] == "Done"
    assert len(answer.json()["actionId"]) == 36
    assert await level_of(drafts, higher) == (3, at(late(43)))
    assert await level_of(drafts, lower) == (1, at(late(43)))
    letter = await drafts.get(numbered(number))
    assert (letter["status"], letter["feeInvoice"]["status"]) == ("Released", "Open")
    assert letter["releasedDateTime"] > letter["createdDateTime"]
    fee = await drafts.get(f"customerinvoice/{letter['feeInvoice']['refNbr']}")
    assert (fee["amount"], fee["documentDate"]) == (35.0, at(late(43)))


async def test_release_says_what_is_open_today(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    invoice = await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    await drafts.release(await credited(drafts, customer, invoice, 25))
    assert (await drafts.get(numbered(1)))["lines"][0]["balance"] == 125.0
    assert (await drafts.act(numbered(1), "release")).status_code == 200
    assert (await drafts.get(numbered(1)))["lines"][0]["balance"] == 100.0
    assert (await drafts.get(numbered(1)))["totals"][0]["total"] == 100.0


async def test_what_changed_since_the_draft_was_made_keeps_it_from_release(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    settled, disputed, postponed = [await drafts.issue(INVOICE, customer) for _ in range(3)]
    kept = await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    await drafts.release(await credited(drafts, customer, settled, 125))
    await drafts.change(disputed, revoked=True)
    await drafts.change(postponed, documentDueDate="2025-12-31")
    refused = refusal(await drafts.act(numbered(1), "release"))
    assert refused == (
        f"The dunning letter 1 reminds of what has changed since: {settled.number} is settled, "
        f"{disputed.number} is disputed, {postponed.number} is not overdue on the letter's date. "
        "Take it off the letter first, or delete the letter and make a new one."
    )
    gone = [{"operation": "Delete", "refNbr": it.number} for it in (settled, disputed, postponed)]
    assert (await drafts.put(numbered(1), lines=gone)).status_code == 204
    assert (await drafts.act(numbered(1), "release")).status_code == 200
    assert [it["refNbr"] for it in (await drafts.get(numbered(1)))["lines"]] == [kept.number]


async def test_a_refused_fee_leaves_the_draft_as_it_was(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    await drafts.put(numbered(1), fee=10)
    await drafts.prefer(dunning={"fee_item": None})
    before = await drafts.get(numbered(1))
    assert "the company has no item for it" in refusal(await drafts.act(numbered(1), "release"))
    await drafts.prefer(dunning={"fee_item": "PURREGEBYR"})
    async with closed(drafts, "202501"):
        assert "The fee of dunning level 1 cannot be invoiced." in refusal(await drafts.act(numbered(1), "release"))
    assert await drafts.get(numbered(1)) == before


async def test_two_releases_at_once_are_one(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    await drafts.put(numbered(1), fee=10)
    answers = await asyncio.gather(*(drafts.act(numbered(1), "release") for _ in range(4)))
    assert sorted(it.status_code for it in answers) == [200, 400, 400, 400]
    assert await drafts.rows("select count(*) from document where origin = 'dunning_fee'") == [(1,)]


# --- voiding


async def test_a_void_takes_documents_back_and_credits_the_fee(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    third = await climb(clerk, customer)
    fee = third["feeInvoice"]["refNbr"]
    answer = await clerk.act(numbered(third["letterNumber"]), "void")
    assert answer.json()["actionResult"] == "Done"

    letter = await clerk.get(numbered(third["letterNumber"]))
    assert (letter["status"], letter["voidDate"]) == ("Voided", "2026-01-15T00:00:00")
    assert letter["voidedDateTime"] > letter["releasedDateTime"]
    assert (letter["feeInvoice"]["status"], letter["feeCreditNote"]["status"]) == ("Closed", "Closed")
    note = await clerk.get(f"customerCreditNote/{letter['feeCreditNote']['refNbr']}")
    assert (note["amount"], note["balance"], note["documentDate"]) == (35.0, 0.0, "2026-01-15T00:00:00")
    assert [(it["refNbr"], it["amountPaid"]) for it in note["applications"]] == [(fee, 35.0)]
    (line,) = note["lines"]
    assert (line["inventoryNumber"], line["account"]["number"]) == ("PURREGEBYR", "3900")
    assert await level_of(clerk, invoice) == (2, at(late(29)))
    entries = await clerk.rows(
        "select account_number, sum(debit_base - credit_base) from journal_entry where account_number = '3900'"
        " group by account_number"
    )
    assert entries == [("3900", 0)]

    # The same step may be taken again, and the second letter is the next one to void.
    assert [it["level"] for it in await reminded(clerk, customer, late(44))] == [3]
    assert "can't be voided because the later letter" in refusal(await clerk.act(numbered(2), "void"))
    assert (await clerk.act(numbered(4), "void")).status_code == 200
    for number, left in ((2, (1, at(late(15)))), (1, (0, None))):
        assert (await clerk.act(numbered(number), "void")).status_code == 200
        assert await level_of(clerk, invoice) == left


async def test_a_void_deletes_a_fee_invoice_that_is_not_released(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release_fee": False})
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    third = await climb(clerk, customer)
    fee = third["feeInvoice"]["refNbr"]
    assert third["feeInvoice"]["status"] == "Balanced"
    assert (await clerk.act(numbered(third["letterNumber"]), "void")).status_code == 200
    letter = await clerk.get(numbered(third["letterNumber"]))
    assert "feeInvoice" not in letter
    assert "feeCreditNote" not in letter
    assert await clerk.status("GET", f"customerinvoice/{fee}") == 404
    assert await clerk.rows("select entity, number from deleted_number") == [("Invoice", fee)]
    ((told,),) = await clerk.rows("select detail from change where entity = 'DunningLetter' and event = 'voided'")
    assert json.loads(told)["fee_invoice"] == [fee, None]
    assert json.loads(told)["status"] == ["Released", "Voided"]


async def test_a_fee_that_was_deleted_by_hand_does_not_stand_in_the_way(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release_fee": False})
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    third = await climb(clerk, customer)
    assert (await clerk.delete(f"customerinvoice/{third['feeInvoice']['refNbr']}")).status_code == 204
    assert "feeInvoice" not in await clerk.get(numbered(third["letterNumber"]))
    assert (await clerk.act(numbered(third["letterNumber"]), "void")).status_code == 200


async def test_a_settled_fee_is_to_be_dealt_with_first(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    third = await climb(clerk, customer)
    number, fee = third["letterNumber"], third["feeInvoice"]["refNbr"]
    proposed = await credited(clerk, customer, fee, 10)
    note = f"CreditNote {proposed.number}"
    refused = f"The dunning letter {number} can't be voided because its fee invoice {fee} is settled: {note}"
    assert refusal(await clerk.act(numbered(number), "void")) == (
        f"{refused} is about to settle it. Release or delete {note} first."
    )
    await clerk.release(proposed)
    assert refusal(await clerk.act(numbered(number), "void")) == (
        f"{refused} settles a part of it. Settle the rest, 25.0000 NOK, by a credit note first."
    )
    assert await level_of(clerk, invoice) == (3, at(late(43)))
    clerk.customer_number = customer
    payment = await clerk.payment(25, application(fee, 25))
    money = f"Payment {payment.number}"
    assert refusal(await clerk.act(numbered(number), "void")) == (
        f"{refused.removesuffix(note)}{money} is about to settle it. Release or delete {money} first."
    )
    assert (await clerk.delete(f"reskontra/customerPayment/{payment.number}")).status_code == 204
    # Credited by hand, there is nothing left to credit: the letter can be voided.
    await clerk.release(await credited(clerk, customer, fee, 25))
    assert (await clerk.act(numbered(number), "void")).status_code == 200
    letter = await clerk.get(numbered(number))
    assert letter["feeInvoice"]["status"] == "Closed"
    assert "feeCreditNote" not in letter


async def test_only_a_released_letter_is_voided_and_only_once(drafts: Clerk) -> None:
    customer = await debtor(drafts)
    await drafts.issue(INVOICE, customer)
    await reminded(drafts, customer, late(15))
    assert refusal(await drafts.act(numbered(1), "void")) == (
        "The dunning letter 1 can't be voided because it is a draft. A draft is deleted, not voided."
    )
    await drafts.act(numbered(1), "release")
    (second,) = await reminded(drafts, customer, late(29))
    assert refusal(await drafts.act(numbered(1), "void")).endswith("(Draft) lists 003548. Delete letter 2 first.")
    await drafts.delete(numbered(second["letterNumber"]))
    assert (await drafts.act(numbered(1), "void")).status_code == 200
    assert refusal(await drafts.act(numbered(1), "void")) == (
        "The dunning letter 1 can't be voided because it is already voided. There is nothing left to void."
    )


async def test_a_void_has_a_day_in_an_open_period(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    number = (await climb(clerk, customer))["letterNumber"]
    assert refusal(await clerk.act(numbered(number), "void", voidDate="2025-02-26")) == (
        "The letter is of 2025-02-27. Field: voidDate. Sent: '2025-02-26'. Send that day or a later one."
    )
    days: list[object] = ["yesterday", 20250301, True, [], {"value": {}}, "2025-02-30"]
    for wrong in days:
        assert "voidDate" in refusal(await clerk.act(numbered(number), "void", voidDate=wrong)), wrong
    async with closed(clerk, "202502"):
        told = refusal(await clerk.act(numbered(number), "void", voidDate="2025-02-28"))
    assert "cannot be credited." in told
    assert "Field: voidDate. Sent: '2025-02-28'." in told
    nowhere = refusal(await clerk.act(numbered(number), "void", voidDate="2099-01-01"))
    assert "Field: voidDate. Sent: '2099-01-01'." in nowhere
    assert (await clerk.get(numbered(number)))["status"] == "Released"
    assert (await clerk.act(numbered(number), "void", VoidDate={"value": "2025-03-01T10:00:00"})).status_code == 200
    note = (await clerk.get(numbered(number)))["feeCreditNote"]["refNbr"]
    assert (await clerk.get(f"customerCreditNote/{note}"))["documentDate"] == "2025-03-01T00:00:00"


async def test_two_voids_at_once_are_one(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    number = (await climb(clerk, customer))["letterNumber"]
    answers = await asyncio.gather(*(clerk.act(numbered(number), "void") for _ in range(4)))
    assert sorted(it.status_code for it in answers) == [200, 400, 400, 400]
    assert await clerk.rows("select count(*) from document where origin = 'dunning_void'") == [(1,)]


async def test_a_void_and_a_settlement_at_once_end_as_one_after_the_other(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    third = await climb(clerk, customer)
    number, fee = third["letterNumber"], third["feeInvoice"]["refNbr"]
    note = await credited(clerk, customer, await clerk.issue(INVOICE, customer), 1)

    async def settle() -> httpx.Response:
        return await clerk.put(note, applicationLines=[application(fee, 1)])

    voided, settled = await asyncio.gather(clerk.act(numbered(number), "void"), settle())
    assert {voided.status_code, settled.status_code} <= {200, 204, 400, 409}, (voided.text, settled.text)
    status = (await clerk.get(numbered(number)))["status"]
    assert (status == "Voided") == (voided.status_code == 200)


async def test_voiding_and_reminding_at_once_never_wait_for_each_other(clerk: Clerk) -> None:
    customers = [await debtor(clerk) for _ in range(3)]
    for customer in customers:
        await clerk.issue(INVOICE, customer)
    letters = [await climb(clerk, customer) for customer in customers]
    others = [await debtor(clerk) for _ in range(3)]
    for other in others:
        await clerk.issue(INVOICE, other)

    async def remind(customer: str) -> httpx.Response:
        return await clerk.act(f"customer/{customer}", "createDunningLetter", dunningLetterDate=late(60))

    answers = await asyncio.gather(
        *(clerk.act(numbered(it["letterNumber"]), "void") for it in letters),
        *(remind(it) for it in (*others, *customers)),
    )
    assert {it.status_code for it in answers} == {200}, [it.text for it in answers]


async def test_a_letter_in_another_currency_is_voided_without_an_exchange_difference(clerk: Clerk) -> None:
    customer = await debtor(clerk, currencyId="EUR")
    await clerk.sql("update customer set currency_override = false where number = $1", customer)
    invoice = await clerk.issue(INVOICE, customer)
    third = await climb(clerk, customer)
    assert third["currencyId"] == "EUR"
    assert third["fee"] > 0
    answer = await clerk.act(numbered(third["letterNumber"]), "void")
    assert answer.status_code == 200, answer.text
    letter = await clerk.get(numbered(third["letterNumber"]))
    assert (letter["feeInvoice"]["status"], letter["feeCreditNote"]["status"]) == ("Closed", "Closed")
    assert await clerk.rows("select count(*) from journal_entry where account_number in ('8060', '8160')") == [(0,)]
    assert await level_of(clerk, invoice) == (2, at(late(29)))
