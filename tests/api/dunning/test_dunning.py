"""Reminding over HTTP: levels move, dates are kept, the fee is invoiced once. Real application, real database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reskontra.clock import SeededClock
from tests.api.dunning.debtors import INVOICED, at, debtor, late, letter_rows, level_of
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk


async def set_level(clerk: Clerk, level: int, **columns: Any) -> None:
    settings = ", ".join(f"{name} = {value}" for name, value in columns.items())
    await clerk.sql(f"update dunning_level set {settings} where level = $1", level)


async def test_an_invoice_climbs_the_levels_and_the_last_one_costs_a_fee(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)

    await clerk.remind(customer, late(14))
    assert await level_of(clerk, invoice) == (0, None)
    await clerk.remind(customer, late(15))
    assert await level_of(clerk, invoice) == (1, at(late(15)))
    await clerk.remind(customer, late(29))
    assert await level_of(clerk, invoice) == (2, at(late(29)))
    assert await clerk.rows("select 1 from document where origin = 'dunning_fee'") == []
    await clerk.remind(customer, late(43))
    assert await level_of(clerk, invoice) == (3, at(late(43)))
    await clerk.remind(customer, late(400))
    assert await level_of(clerk, invoice) == (3, at(late(43)))

    letters = await letter_rows(clerk)
    assert [(it["level"], it["status"], it["payment_deadline"] - it["letter_date"]) for it in letters] == [
        (1, "Released", timedelta(14)),
        (2, "Released", timedelta(14)),
        (3, "Released", timedelta(14)),
    ]
    assert [it["fee"] for it in letters] == [0, 0, Decimal("35.0000")]
    assert [it["final_reminder"] for it in letters] == [False, False, True]


async def test_the_fee_is_a_released_invoice_outside_vat_that_is_not_reminded_of(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    for days in (15, 29, 43):
        await clerk.remind(customer, late(days))

    letter = (await letter_rows(clerk))[-1]
    (row,) = await clerk.rows("select * from document where origin = 'dunning_fee'")
    assert letter["fee_document_id"] == row["document_id"]
    fee = await clerk.get(f"customerinvoice/{row['number']}")
    assert (fee["status"], fee["amount"], fee["vatTotal"], fee["balance"]) == ("Open", 35.0, 0.0, 35.0)
    assert fee["documentDate"] == at(late(43))
    assert fee["creditTerms"]["id"] == "14"
    (line,) = fee["invoiceLines"]
    assert (line["inventoryNumber"], line["quantity"], line["amount"]) == ("PURREGEBYR", 1.0, 35.0)
    assert fee["dontPrint"] is True
    assert fee["dontEmail"] is True
    entries = await clerk.rows(
        "select account_number, debit_base, credit_base from journal_entry where batch_number = $1 order by 1",
        row["batch_number"],
    )
    assert [tuple(entry) for entry in entries] == [("1500", 35, 0), ("3900", 0, 35)]

    await clerk.remind(customer, late(43 + 14 + 15))
    assert await level_of(clerk, fee) == (0, None)


async def test_a_late_run_moves_the_following_ones(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(100))
    assert (await level_of(clerk, invoice))[0] == 1
    await clerk.remind(customer, late(113))
    assert (await level_of(clerk, invoice))[0] == 1
    await clerk.remind(customer, late(114))
    assert (await level_of(clerk, invoice))[0] == 2


async def test_a_second_call_on_the_same_day_makes_nothing(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(15))
    await clerk.remind(customer, late(15))
    assert len(await letter_rows(clerk)) == 1


async def test_documents_on_different_levels_get_a_letter_each_level(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    older = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(15))
    newer = await clerk.issue(INVOICE, customer)
    note = await clerk.issue(DEBIT_NOTE, customer)
    await clerk.remind(customer, late(29))

    assert [(await level_of(clerk, it))[0] for it in (older, newer, note)] == [2, 1, 1]
    assert [it["level"] for it in await letter_rows(clerk)] == [1, 1, 2]
    lines = await clerk.rows("select count(*) as lines from dunning_letter_line group by letter_id order by letter_id")
    assert [it["lines"] for it in lines] == [1, 2, 1]


@pytest.mark.parametrize(
    ("levels", "reached"), [({"levelFrom": 2}, (2, 0)), ({"levelTo": 1}, (1, 1)), ({"levelFrom": 3}, (1, 0))]
)
async def test_the_levels_sent_are_those_that_a_letter_may_have(
    clerk: Clerk, levels: Mapping[str, int], reached: tuple[int, int]
) -> None:
    customer = await debtor(clerk)
    older = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(15))
    newer = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(29), **levels)
    assert ((await level_of(clerk, older))[0], (await level_of(clerk, newer))[0]) == reached


async def test_the_howto_page_s_request_is_taken_as_it_stands(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer, documentDate=date(2024, 12, 1))
    answer = await clerk.act(
        f"customer/{customer}",
        "createDunningLetter",
        dunningLetterDate="2025-01-21T09:39:48.538Z",
        levelFrom=1,
        levelTo=2,
    )
    assert (answer.status_code, answer.json()["actionResult"]) == (200, "Done")
    assert await level_of(clerk, invoice) == (1, "2025-01-21T00:00:00")


async def test_without_a_body_the_letter_bears_the_company_s_date_of_today(clerk: Clerk, clock: SeededClock) -> None:
    clock.move_to(datetime(2025, 1, 30, 23, 30, tzinfo=UTC))  # half past midnight in Oslo
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    answer = await clerk.act(f"customer/{customer}", "createDunningLetter")
    assert answer.json()["actionResult"] == "Done"
    assert await level_of(clerk, invoice) == (1, "2025-01-31T00:00:00")


async def test_a_wrapped_body_and_the_number_in_another_case_do(clerk: Clerk) -> None:
    customer = await debtor(clerk, number="Late-1")
    assert customer == "Late-1"
    invoice = await clerk.issue(INVOICE, customer)
    answer = await clerk.act(
        "customer/LATE-1", "createDunningLetter", dunningLetterDate={"value": at(late(15))}, LevelFrom={"Value": "1"}
    )
    assert answer.status_code == 200, answer.text
    assert (await level_of(clerk, invoice))[0] == 1


async def test_what_is_disputed_settled_credited_or_not_released_is_left_alone(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    disputed = await clerk.issue(INVOICE, customer)
    note = await clerk.issue(CREDIT_NOTE, customer)
    await clerk.change(disputed, revoked=True)
    await clerk.invoice(customer)
    await clerk.remind(customer, late(15))
    assert await letter_rows(clerk) == []
    assert await level_of(clerk, note) == (0, None)
    await clerk.change(disputed, revoked=False)
    await clerk.remind(customer, late(15))
    assert (await level_of(clerk, disputed))[0] == 1


async def test_a_customer_that_takes_no_letters_gets_none(clerk: Clerk) -> None:
    customer = await debtor(clerk, printDunningLetters=False, sendDunningLettersViaEMail=False)
    invoice = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(15))
    assert await level_of(clerk, invoice) == (0, None)
    await clerk.change(f"customer/{customer}", sendDunningLettersViaEMail=True)
    await clerk.remind(customer, late(15))
    assert (await level_of(clerk, invoice))[0] == 1


async def test_a_customer_on_hold_is_reminded_but_not_charged(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    await clerk.change(f"customer/{customer}", status="CreditHold")
    for days in (15, 29, 43):
        await clerk.remind(customer, late(days))
    assert (await level_of(clerk, invoice))[0] == 3
    letter = (await letter_rows(clerk))[-1]
    assert (letter["fee"], letter["fee_document_id"]) == (0, None)
    assert "the customer's status allows no new invoice" in letter["warnings"]


async def test_a_fee_over_the_credit_limit_stays_on_hold_and_the_letter_says_so(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await clerk.change(f"customer/{customer}", creditVerification="CreditLimit", creditLimit=100)
    for days in (15, 29, 43):
        await clerk.remind(customer, late(days))
    (fee,) = await clerk.rows("select number, status from document where origin = 'dunning_fee'")
    assert fee["status"] == "Hold"
    assert f"The credit check holds the fee invoice {fee['number']}" in (await letter_rows(clerk))[-1]["warnings"]


async def test_doubts_about_the_law_stand_on_the_letter_and_refuse_nothing(clerk: Clerk) -> None:
    await set_level(clerk, 1, fee=100, days_past_due=7)
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(8))
    (letter,) = await letter_rows(clerk)
    assert letter["fee"] == 100
    assert "asks for a fee from 7 days past due; the law allows it from 14" in letter["warnings"]
    assert "The fee of 100.0000 is above the highest that the law allows, 35." in letter["warnings"]
    await clerk.sql("delete from legal_rate where kind = 'reminder_fee_cap'")
    await clerk.issue(INVOICE, customer, documentDate=late(-13))
    await clerk.remind(customer, late(9))
    assert "No highest reminder fee is on record" in (await letter_rows(clerk))[-1]["warnings"]


@pytest.mark.parametrize(
    ("day", "told"),
    [("2020-09-30", None), ("2020-10-01", "The fee of 70.0000 is above the highest that the law allows")],
)
async def test_the_highest_fee_is_that_of_the_letters_date(clerk: Clerk, day: str, told: str | None) -> None:
    """The invoice was due before the law lowered it on 1 October 2020 (QUIRKS)."""
    await set_level(clerk, 1, fee=70)
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer, documentDate="2020-08-01", documentDueDate="2020-08-15")
    await clerk.remind(customer, date.fromisoformat(day))
    (letter,) = await letter_rows(clerk)
    assert ("above the highest" in letter["warnings"]) == (told is not None)
    assert (told or "") in letter["warnings"]


async def test_a_fee_in_another_currency_is_converted(clerk: Clerk) -> None:
    customer = await debtor(clerk, currencyId="EUR", vatZoneId="EU")
    await clerk.issue(INVOICE, customer, lines=[{"description": "Work", "quantity": 1, "unitPriceInCurrency": 100}])
    (rule,) = await clerk.rows("select currency_id, currency_override from customer where number = $1", customer)
    for days in (15, 29, 43):
        await clerk.remind(customer, late(days))
    letter = (await letter_rows(clerk))[-1]
    (fee,) = await clerk.rows("select * from document where origin = 'dunning_fee'")
    assert letter["currency_id"] == fee["currency_id"] == ("NOK" if rule["currency_override"] else "EUR")
    assert (fee["amount"], fee["status"]) == (letter["fee"], "Open")
    assert abs(fee["amount_base"] - 35) < Decimal("0.1")


async def test_by_customer_one_letter_takes_what_was_never_reminded_of_along(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"process": "ByCustomer", "auto_release": False})
    customer = await debtor(clerk)
    older = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(15))
    newer = await clerk.issue(INVOICE, customer, documentDate=INVOICED + timedelta(days=28))
    await clerk.remind(customer, late(29), levelTo=1)
    assert len(await letter_rows(clerk)) == 1, "the letter would have level 2"
    await clerk.remind(customer, late(29))
    assert [(await level_of(clerk, it))[0] for it in (older, newer)] == [2, 1]
    assert [(it["level"], it["status"]) for it in await letter_rows(clerk)] == [(1, "Released"), (2, "Released")]
    await clerk.remind(customer, late(43))
    assert [(await level_of(clerk, it))[0] for it in (older, newer)] == [3, 1]
    await clerk.remind(customer, late(90))
    assert [(await level_of(clerk, it))[0] for it in (older, newer)] == [3, 1], "after the last letter nothing follows"


async def test_without_auto_release_a_draft_moves_nothing_and_is_not_made_twice(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    await asyncio.gather(*(clerk.remind(customer, late(15)) for _ in range(4)))
    (letter,) = await letter_rows(clerk)
    assert (letter["status"], letter["released_at"]) == ("Draft", None)
    assert await level_of(clerk, invoice) == (0, None)


async def test_a_fee_can_wait_as_a_draft(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release_fee": False, "fee_terms_id": None})
    customer = await debtor(clerk, creditTermsId="30")
    await clerk.issue(INVOICE, customer, documentDate=INVOICED - timedelta(days=16))
    for days in (15, 29, 43):
        await clerk.remind(customer, late(days))
    (fee,) = await clerk.rows("select status, terms_id from document where origin = 'dunning_fee'")
    assert (fee["status"], fee["terms_id"]) == ("Balanced", "30")


async def test_other_unpaid_documents_are_listed_and_stay_where_they_are(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"include_other_unpaid": True})
    customer = await debtor(clerk)
    ready = await clerk.issue(INVOICE, customer)
    other = await clerk.issue(INVOICE, customer, documentDate=late(10))
    await clerk.remind(customer, late(15))
    assert [(await level_of(clerk, it))[0] for it in (ready, other)] == [1, 0]
    lines = await clerk.rows("select level_before, level_after from dunning_letter_line order by level_after desc")
    assert [tuple(line) for line in lines] == [(0, 1), (0, 0)]


async def test_a_letter_for_each_document_when_they_are_to_be_split(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"split_by_document": True})
    customer = await debtor(clerk)
    documents = [await clerk.issue(INVOICE, customer) for _ in range(2)]
    await clerk.remind(customer, late(15))
    assert [(await level_of(clerk, it))[0] for it in documents] == [1, 1]
    assert [it["level"] for it in await letter_rows(clerk)] == [1, 1]


async def test_the_lists_find_documents_by_level_and_date(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    await clerk.remind(customer, late(15))
    assert (await clerk.get(invoice)).etag != invoice.etag
    query: dict[str, str | int] = {
        "dunningLevel": 1,
        "dunningLetterDateTime": late(15).isoformat(),
        "dunningLetterDateTimeCondition": "=",
        "expandDunningInformation": "true",
    }
    found = await clerk.page(INVOICE, **query)
    assert [(it["dunningLetterLevel"], it["dunningLetterDate"]) for it in found] == [(1, at(late(15)))]
    assert await clerk.page(INVOICE, **query | {"dunningLevel": 2}) == []


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
    clerk: Clerk, body: Mapping[str, Any], parts: list[str]
) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    answer = await clerk.act(f"customer/{customer}", "createDunningLetter", **body)
    assert answer.status_code == 400, answer.text
    for part in parts:
        assert part in answer.json()["message"]
    assert await letter_rows(clerk) == []


async def test_an_unknown_customer_is_not_found(clerk: Clerk) -> None:
    answer = await clerk.act("customer/99999", "createDunningLetter")
    assert answer.status_code == 404
    assert "99999" in answer.json()["message"]


async def test_a_company_without_levels_is_told_to_set_them_up(clerk: Clerk) -> None:
    await clerk.sql("delete from dunning_level")
    answer = await clerk.act(f"customer/{await debtor(clerk)}", "createDunningLetter")
    assert answer.status_code == 400
    assert "no dunning levels" in answer.json()["message"]


async def test_a_fee_that_cannot_be_posted_refuses_the_letter_whole(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    for days in (15, 29):
        await clerk.remind(customer, late(days))
    await clerk.sql("update financial_period set active = false where period_id = '202502'")
    answer = await clerk.act(f"customer/{customer}", "createDunningLetter", dunningLetterDate=late(43).isoformat())
    assert answer.status_code == 400, answer.text
    assert "The fee of dunning level 3 cannot be invoiced" in answer.json()["message"]
    assert "Field: dunningLetterDate" in answer.json()["message"]
    assert (await level_of(clerk, invoice))[0] == 2
    assert len(await letter_rows(clerk)) == 2


async def test_calls_at_once_make_one_letter_and_one_fee(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoices = [await clerk.issue(INVOICE, customer) for _ in range(3)]
    for days in (15, 29):
        await clerk.remind(customer, late(days))
    await asyncio.gather(*(clerk.remind(customer, late(43)) for _ in range(6)))
    assert [(await level_of(clerk, invoice))[0] for invoice in invoices] == [3, 3, 3]
    assert [it["level"] for it in await letter_rows(clerk)] == [1, 2, 3]
    assert len(await clerk.rows("select 1 from document where origin = 'dunning_fee'")) == 1


async def test_reminding_many_customers_while_others_write_invoices_holds_nobody_up(clerk: Clerk) -> None:
    customers = [await debtor(clerk) for _ in range(4)]
    for customer in customers:
        await clerk.issue(INVOICE, customer)
        await clerk.issue(DEBIT_NOTE, customer)
    for days in (15, 29):
        await asyncio.gather(*(clerk.remind(customer, late(days)) for customer in customers))
    # Two requests that waited for each other would be let go with 409 in the end. What is issued meanwhile is not due.
    await asyncio.gather(
        *(clerk.remind(customer, late(43)) for customer in customers),
        *(clerk.issue(INVOICE, customer, documentDate=late(43)) for customer in customers for _ in range(3)),
    )
    assert len(await letter_rows(clerk)) == 3 * len(customers)
    assert len(await clerk.rows("select 1 from document where origin = 'dunning_fee'")) == len(customers)
