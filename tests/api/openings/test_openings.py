"""Open items of an older system: what they become, what may be done with them, and what is refused (OPN)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from reskontra.errors import Refused
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, PAYMENT, Clerk, application, decoded, refusal

OPEN_ITEMS = "reskontra/openItems"
DAY, ACCOUNT = "2025-01-01", "9990"


@pytest.fixture(autouse=True)
async def owing(clerk: Clerk) -> None:
    """A customer."""
    clerk.customer_number = (await clerk.customer(name="Moved AS")).number


def item(clerk: Clerk, number: str, balance: Any, document_type: str = "Invoice", **fields: Any) -> dict[str, Any]:
    """An open item that would be taken, but for `fields`; None leaves one out."""
    sent = {
        "documentType": document_type,
        "referenceNumber": number,
        "customer": clerk.customer_number,
        "documentDate": "2024-11-15",
        "dueDate": "2024-12-15",
        "balance": balance,
    } | fields
    return {name: value for name, value in sent.items() if value is not None}


async def take(clerk: Clerk, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    sent = {"asOf": DAY, "account": ACCOUNT, "items": list(items)} | fields
    answer = await clerk.post(OPEN_ITEMS, **{name: it for name, it in sent.items() if it is not None})
    taken: dict[str, Any] = decoded(answer)
    return taken


async def refused(clerk: Clerk, *items: Any, **fields: Any) -> str:
    sent = {"asOf": DAY, "account": ACCOUNT, "items": list(items)} | fields
    return refusal(await clerk.post(OPEN_ITEMS, **{name: it for name, it in sent.items() if it is not None}))


async def booked(clerk: Clerk, batch_number: str) -> dict[tuple[str, str], Any]:
    """(account, document) -> debit less credit in base currency."""
    rows = await clerk.rows(
        """
        select account_number, document_type || ' ' || document_number as document,
               sum(debit_base - credit_base) as amount
          from journal_entry where company_id = $1 and batch_number = $2 group by 1, 2
        """,
        clerk.company_id,
        batch_number,
    )
    return {(row["account_number"], row["document"]): row["amount"] for row in rows}


async def test_the_five_kinds_are_taken_over_by_one_batch(clerk: Clerk) -> None:
    """Receivables, or prepayments, against one account: no revenue and no VAT (OPN-01)."""
    taken = await take(
        clerk,
        item(clerk, "4711", 4500, originalAmount=12500, paymentReference="00047111", text="Boat"),
        item(clerk, "D-1", 300, "DebitNote"),
        item(clerk, "C-1", 200, "CreditNote", dueDate=None),
        item(clerk, "P-1", 100, "Payment"),
        item(clerk, "P-2", 50, "Prepayment"),
    )
    assert (taken["actionResult"], taken["period"], taken["currency"]) == ("Done", "202501", "NOK")
    assert [(it["documentType"], it["count"], it["balance"]) for it in taken["totals"]] == [
        ("Invoice", 1, 4500), ("DebitNote", 1, 300), ("CreditNote", 1, 200), ("Payment", 1, 100), ("Prepayment", 1, 50),
    ]  # fmt: skip
    assert await booked(clerk, taken["batchNumber"]) == {
        ("1500", "Invoice 4711"): 4500, (ACCOUNT, "Invoice 4711"): -4500,
        ("1500", "DebitNote D-1"): 300, (ACCOUNT, "DebitNote D-1"): -300,
        ("1500", "CreditNote C-1"): -200, (ACCOUNT, "CreditNote C-1"): 200,
        ("1500", "Payment P-1"): -100, (ACCOUNT, "Payment P-1"): 100,
        ("2900", "Prepayment P-2"): -50, (ACCOUNT, "Prepayment P-2"): 50,
    }  # fmt: skip
    assert list(await clerk.balance(clerk.customer_number)) == [4450, 0]
    invoice = await clerk.get(f"{INVOICE}/4711")
    assert (invoice["status"], invoice["amount"], invoice["balance"], invoice["vatTotal"]) == ("Open", 4500, 4500, 0)
    assert (invoice["documentDate"][:10], invoice["documentDueDate"][:10]) == ("2024-11-15", "2024-12-15")
    assert (invoice["paymentReference"], invoice["invoiceText"]) == ("00047111", "Boat")
    (line,) = invoice["invoiceLines"]
    assert line["description"] == "Taken over from an older system, originally 12500.00 NOK: Boat"
    assert (await clerk.get(f"{PAYMENT}/P-2"))["type"] == "Prepayment"
    for address, number in ((DEBIT_NOTE, "D-1"), (CREDIT_NOTE, "C-1"), (PAYMENT, "P-1")):
        assert (await clerk.get(f"{address}/{number}"))["status"] == "Open"
        assert number in await clerk.numbers(address, customer=clerk.customer_number)


async def test_what_was_taken_over_is_paid_applied_and_reminded_of(clerk: Clerk) -> None:
    await take(
        clerk,
        item(clerk, "4711", 4500, originalAmount=12500),
        item(clerk, "C-1", 200, "CreditNote"),
        item(clerk, "P-1", 100, "Payment"),
        item(clerk, "P-2", 50, "Prepayment"),
    )
    clerk.day = "2025-02-01"
    paid = await clerk.pay(1000, application("4711", 1000))
    assert paid["status"] == "Closed"
    await clerk.change(f"{PAYMENT}/P-1", lines=[application("4711", 100)], applicationDate="2025-02-01")
    await clerk.release(f"{PAYMENT}/P-1")
    await clerk.change(f"{PAYMENT}/P-2", lines=[application("4711", 20)], applicationDate="2025-02-01")
    await clerk.release(f"{PAYMENT}/P-2")
    note = {"documentType": "CreditNote", "referenceNumber": "C-1"}
    line = {"documentType": "Invoice", "referenceNumber": "4711", "amountPaid": 200}
    applied = await clerk.post("reskontra/application", credit=note, lines=[line], applicationDate="2025-02-01")
    assert applied.status_code in (200, 201), applied.text
    assert (await clerk.get(f"{INVOICE}/4711"))["balance"] == 4500 - 1000 - 100 - 20 - 200
    assert (await clerk.get(f"{PAYMENT}/P-2"))["availableBalance"] == 30
    await clerk.remind(clerk.customer_number, date(2025, 2, 10))
    (letter,) = await clerk.letters(customer=clerk.customer_number)
    assert [line["refNbr"] for line in letter["lines"]] == ["4711"]
    # 12.5 percent of 4,500.00 from the old due date to the payment, 48 days, and of 3,180.00 for 27 days after it.
    (charge,) = (await clerk.charge("2025-02-28", filters={"customer": [clerk.customer_number]}))["created"]
    assert charge["amount"] == Decimal("103.38")
    refund = await clerk.pay(
        30, {"documentType": "Prepayment", "refNbr": "P-2", "amountPaid": 30, "operation": "Insert"}, type="Refund"
    )
    assert refund["status"] == "Closed"
    assert (await clerk.get(f"{PAYMENT}/P-2"))["status"] == "Closed"


async def test_what_is_small_is_written_off(clerk: Clerk) -> None:
    await take(clerk, item(clerk, "4711", 2.5), item(clerk, "P-1", 1, "Payment"))
    day, filters = "2025-01-31", {"customer": [clerk.customer_number]}
    run = decoded(await clerk.post("reskontra/run/writeOff", asOf=day, filters=filters))
    assert [it["settled"]["referenceNumber"] for it in run["created"]] == ["4711", "P-1"]
    assert await clerk.balance(clerk.customer_number) == (Decimal(0), Decimal(0))


async def test_what_has_its_lines_elsewhere_is_not_reversed_corrected_or_voided(clerk: Clerk) -> None:
    """OPN-05."""
    await take(
        clerk, item(clerk, "4711", 4500), item(clerk, "P-1", 100, "Payment"), item(clerk, "P-2", 5, "Prepayment")
    )
    for action in ("reverse", "reverseandapplytonote"):
        assert "taken over from an older system" in await clerk.refused("POST", f"{INVOICE}/4711/action/{action}")
    assert "cannot be corrected" in await clerk.refused("POST", f"{INVOICE}/4711/action/correct")
    for number in ("P-1", "P-2"):
        assert "its money came in there" in await clerk.refused("POST", f"{PAYMENT}/{number}/action/void")
    assert "released" in await clerk.refused("POST", f"{INVOICE}/4711/action/release")
    changed = await clerk.change(f"{INVOICE}/4711", note="Called on Monday", documentDueDate="2025-01-31")
    assert changed["documentDueDate"][:10] == "2025-01-31"


async def test_all_that_is_wrong_with_all_rows_is_told_at_once(clerk: Clerk) -> None:
    """Place, field, value and what would pass; nothing is taken over (OPN-03)."""
    said = await refused(
        clerk,
        item(clerk, "1", 100),
        item(clerk, "2", -5, customer="99999", documentDate="2025-01-02", dueDate=None),
        item(clerk, "1", 100.005, "Invoice", currency="NOK", exchangeRate=2),
        item(clerk, "", None, "Refund", branch="77"),
        item(clerk, "Å", 100, currency="XYZ", originalAmount=99),
        item(clerk, "5", 100, dueDate="2024-11-14", paymentReference="0" * 41),
        {},
    )
    first, *faults = said.strip().split("\n")
    assert first.endswith("Nothing was taken over.")
    assert faults == [
        "items[1]: customer '99999': Give the number of a customer that exists.",
        "items[1]: documentDate '2025-01-02': It is later than the opening on 2025-01-01.",
        "items[1]: dueDate: Give the day on which it falls due, as 2026-01-31.",
        "items[1]: balance '-5': Give an amount above zero; the type says whether it is a debt or a credit.",
        "items[2]: exchangeRate '2': In NOK it is 1; leave it out.",
        "items[2]: balance '100.005': NOK has 2 decimals.",
        "items[3]: documentType 'Refund': Use one of: Invoice, DebitNote, CreditNote, Payment, Prepayment.",
        "items[3]: branch '77': Known branches: 1.",
        "items[3]: balance: Give the amount that is open.",
        "items[4]: referenceNumber 'Å': This cannot be the number of a document. "
        "Send letters A to Z, digits and - . / _ only.",
        "items[4]: currency 'XYZ': Known currencies: EUR, NOK, SEK.",
        "items[4]: originalAmount '99': It is less than the open balance 100.",
        "items[5]: dueDate '2024-11-14': It is before the document's date 2024-11-15.",
        f"items[5]: paymentReference '{'0' * 41}': Use at most 40 characters.",
        "items[6]: documentType: Use one of: Invoice, DebitNote, CreditNote, Payment, Prepayment.",
        "items[6]: customer: Give the number of a customer that exists.",
        "items[6]: documentDate: Give the date of the document, as 2025-12-31.",
        "items[6]: balance: Give the amount that is open.",
    ]
    assert await clerk.numbers(INVOICE, customer=clerk.customer_number) == []


async def test_what_cannot_be_read_hides_no_other_fault(clerk: Clerk) -> None:
    """OPN-03: not in its row, not in others, and not that a number exists already."""
    await take(clerk, item(clerk, "OLD", 1))
    said = await refused(
        clerk,
        item(clerk, "1", "a lot", "Cheque", documentDate="soon", dueDate="2024-11-14", colour="red", text="x" * 256),
        item(clerk, "2", -5, currency="C" * 31, exchangeRate=2),
        item(clerk, "OLD", 1),
        5,
        {},
    )
    first, *faults = said.strip().split("\n")
    assert first.endswith("Nothing was taken over.")
    assert faults == [
        "items[0]: documentDate 'soon': Send a date such as 2025-01-27 or 2025-01-27T00:00:00.",
        "items[0]: balance 'a lot': Send a number below 10^13, for example 12.5; it is rounded to its currency.",
        "items[0]: colour: Send documentType, referenceNumber, customer, documentDate, dueDate, currency, "
        "exchangeRate, originalAmount, balance, paymentReference, text, branch.",
        f"items[0]: text '{'x' * 39}…': At most 255 characters fit.",
        "items[0]: documentType 'Cheque': Use one of: Invoice, DebitNote, CreditNote, Payment, Prepayment.",
        f"items[1]: currency '{'C' * 31}': At most 30 characters fit.",
        "items[1]: balance '-5': Give an amount above zero; the type says whether it is a debt or a credit.",
        "items[2]: referenceNumber 'OLD': A document has this number already.",
        'items[3]: item: Send an object: {"name": ...}.',
        "items[4]: documentType: Use one of: Invoice, DebitNote, CreditNote, Payment, Prepayment.",
        "items[4]: customer: Give the number of a customer that exists.",
        "items[4]: documentDate: Give the date of the document, as 2025-12-31.",
        "items[4]: balance: Give the amount that is open.",
    ]
    assert "Field: asOf" in await refused(clerk, item(clerk, "4", "x"), asOf="soon")


async def test_nothing_is_applied_before_the_day_of_the_takeover(clerk: Clerk) -> None:
    """OPN-06: from either side; the refusal names the date that was sent and the first day that passes."""
    early, day = "2025-01-14", "2025-01-15"
    await take(
        clerk,
        item(clerk, "4711", 4500), item(clerk, "C-1", 200, "CreditNote"), item(clerk, "P-1", 100, "Payment"),
        asOf=day,
    )  # fmt: skip
    before = f"Field: applicationDate. Sent: '{early}'. Send {day} or a later day."
    taken = "{} was taken over from an older system on 2025-01-15: before that, nothing is applied to it or from it. "
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, application("4711", 100), applicationDate=early))
    assert taken.format("4711") + before in text
    refund = {"documentType": "CreditNote", "refNbr": "C-1", "amountPaid": 200, "operation": "Insert"}
    sent = clerk.paying(200, refund) | {"type": "Refund", "applicationDate": early}
    assert taken.format("C-1") + before in await clerk.refused("POST", PAYMENT, **sent)
    text = await clerk.refuse_change(f"{PAYMENT}/P-1", lines=[application("4711", 100)], applicationDate=early)
    assert f"The payment was taken over on {day}; nothing is applied before it. Field: applicationDate." in text
    text = await clerk.refuse(CREDIT_NOTE, applicationLines=[application("4711", 100)], documentDate=early)
    assert f"{taken.format('4711')}Field: documentDate. Sent: '{early}'. Send {day} or a later day." in text
    owed = {"documentType": "Invoice", "referenceNumber": "4711", "amountPaid": 10}
    for kind, number in (("CreditNote", "C-1"), ("Payment", "P-1")):
        credit = {"documentType": kind, "referenceNumber": number}
        text = await clerk.refused("POST", "reskontra/application", credit=credit, lines=[owed], applicationDate=early)
        assert f"Nothing is applied before {day}. Field: applicationDate. Sent: '{early}'." in text
    note = await clerk.issue(CREDIT_NOTE, documentDate="2025-01-02")
    credit = {"documentType": "CreditNote", "referenceNumber": note.number}
    text = await clerk.refused("POST", "reskontra/application", credit=credit, lines=[owed], applicationDate=early)
    assert taken.format("4711") + before in text

    filters = {"customer": [clerk.customer_number]}
    run = decoded(await clerk.post("reskontra/run/autoApply", asOf=early, filters=filters))
    assert run["created"] == []
    assert {it["ref"]: it["reason"] for it in run["skipped"]}["CreditNote C-1"] == (
        "It was taken over on 2025-01-15, later than the run."
    )
    await clerk.sql("update customer set write_off_limit = 9999 where number = $1", clerk.customer_number)
    run = decoded(await clerk.post("reskontra/run/writeOff", asOf=early, filters=filters))
    assert [it["settled"]["referenceNumber"] for it in run["created"]] == [note.number]

    await clerk.change(f"{PAYMENT}/C-1?paymentType=CreditNote", lines=[application("4711", 200)])
    released = await clerk.act(f"{PAYMENT}/C-1", "release", type="CreditNote")
    assert released.status_code == 200, released.text
    assert (await clerk.pay(100, application("4711", 100), applicationDate=day))["status"] == "Closed"
    assert [it["applicationDate"][:10] for it in (await clerk.get(f"{INVOICE}/4711"))["applications"]] == [day, day]
    with pytest.raises(Refused, match="already released"):
        await clerk.sql("update document set taken_over_on = '2025-01-01' where number = '4711'")


async def test_a_second_run_is_refused_since_the_numbers_exist(clerk: Clerk) -> None:
    items = [item(clerk, "4711", 10), item(clerk, "P-1", 5, "Payment")]
    await take(clerk, *items)
    said = await refused(clerk, *items)
    assert "items[0]: referenceNumber '4711': A document has this number already." in said
    assert "items[1]: referenceNumber 'P-1'" in said
    assert "items[0]: referenceNumber 'p-1'" in await refused(clerk, item(clerk, "p-1", 5, "Prepayment"))


async def test_a_trial_takes_nothing_over(clerk: Clerk) -> None:
    trial = await take(clerk, item(clerk, "4711", 10), dryRun=True)
    assert "batchNumber" not in trial
    assert trial["totals"][0]["balance"] == 10
    assert await clerk.status("GET", f"{INVOICE}/4711") == 404
    assert (await take(clerk, item(clerk, "4711", 10)))["batchNumber"]


async def test_numbers_are_kept_and_the_series_skips_them(clerk: Clerk) -> None:
    """The series gives out the number before, then the one behind (OPN-02)."""
    first = (await clerk.invoice()).number
    following = [f"{int(first) + step:0{len(first)}d}" for step in (1, 2, 3)]
    await take(clerk, item(clerk, following[1], 10))
    assert [(await clerk.invoice()).number for _ in range(2)] == [following[0], following[2]]


async def test_the_control_of_numbers_says_where_they_come_from(clerk: Clerk) -> None:
    await take(clerk, item(clerk, "OLD/4711", 10), item(clerk, "900001", 5, "Payment"))
    report = await clerk.http.get("/v1/reskontra/report/number?format=csv")
    explained = [line for line in report.text.splitlines() if "taken over from an older system" in line]
    assert [line.split(",")[1] for line in explained] == ["OLD/4711", "900001"]


async def test_a_currency_is_booked_at_the_rate_of_the_older_system(clerk: Clerk) -> None:
    euro = await clerk.customer(name="Euro AS", overrideWithClassValues=False, currencyId="EUR")
    clerk.customer_number = euro.number
    assert "exchangeRate: Give the rate" in await refused(clerk, item(clerk, "E-1", 100))
    taken = await take(clerk, item(clerk, "E-1", 100, exchangeRate=11.25), item(clerk, "E-2", 10, exchangeRate=11))
    assert taken["totals"] == [{"documentType": "Invoice", "count": 2, "balance": 1235}]
    assert (await booked(clerk, taken["batchNumber"]))["1500", "Invoice E-1"] == 1125
    invoice = await clerk.get(f"{INVOICE}/E-1")
    assert (invoice["amountInCurrency"], invoice["amount"], invoice["exchangeRate"]) == (100, 1125, 11.25)


async def test_it_is_no_sale_and_moves_the_balance_as_an_adjustment(clerk: Clerk) -> None:
    await take(clerk, item(clerk, "4711", 4500), item(clerk, "P-1", 100, "Payment"))
    assert (await clerk.get(f"customer/{clerk.customer_number}/balance"))["totalSaleYear"] == 0
    periods = await clerk.get("/v2/customer/balance", fromFinPeriod="202501", toFinPeriod="202501", pageSize=1000)
    (moved,) = [it for it in periods if it["customer"]["number"] == clerk.customer_number]
    assert (moved["sales"], moved["paymentsAndPrepayments"], moved["adjustmentsAndDiscounts"]) == (0, 0, 4400)
    (aged,) = await clerk.page("reskontra/ageing", asOf="2025-01-31", customer=clerk.customer_number)
    assert [it["amount"] for it in aged["buckets"]] == [-100, 0, 4500, 0, 0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"asOf": None}, "Field: asOf"),
        ({"asOf": "2019-01-01"}, "Field: asOf"),
        ({"account": "1500"}, "kept for receivables, VAT or cash"),
        ({"account": "1920"}, "kept for receivables, VAT or cash"),
        ({"account": "2711"}, "kept for receivables, VAT or cash"),
        ({"account": "0000"}, "Field: account"),
        ({"items": []}, "no open items"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_a_run_is_refused_for(clerk: Clerk, fields: dict[str, Any], words: str) -> None:
    assert words in await refused(clerk, item(clerk, "4711", 10), **fields)


async def test_the_account_is_the_companys_unless_one_is_sent(clerk: Clerk) -> None:
    assert (await take(clerk, item(clerk, "1", 10), account=None))["account"] == ACCOUNT
    await clerk.sql("update company set preferences = preferences - 'opening_account'")
    assert "There is no account for opening balances" in await refused(clerk, item(clerk, "2", 10), account=None)


async def test_a_customer_on_hold_is_taken_over_and_an_inactive_one_is_not(clerk: Clerk) -> None:
    await clerk.sql("update customer set status = 'OnHold' where number = $1", clerk.customer_number)
    await take(clerk, item(clerk, "1", 10))
    await clerk.sql("update customer set status = 'Inactive' where number = $1", clerk.customer_number)
    assert "make it active first" in await refused(clerk, item(clerk, "2", 10))


async def test_a_number_that_stands_twice_is_told(clerk: Clerk) -> None:
    """Payments and prepayments share their numbers; an invoice and a debit note do not (PAY-03)."""
    said = await refused(clerk, item(clerk, "7", 1, "Payment"), item(clerk, "7", 1, "Prepayment"))
    assert "items[1]: referenceNumber '7': The number stands at items[0] already." in said
    await take(clerk, item(clerk, "7", 1), item(clerk, "7", 1, "DebitNote"))


async def test_a_thousand_rows_are_one_batch(clerk: Clerk) -> None:
    """The statements do not grow with the rows: 10,000 took nine seconds on two busy cores."""
    kinds = ("Invoice", "DebitNote", "CreditNote", "Payment", "Prepayment")
    rows = [item(clerk, f"OLD-{place}", 1 + place / 100, kinds[place % 5]) for place in range(1000)]
    taken = await take(clerk, *rows)
    assert [it["count"] for it in taken["totals"]] == [200] * 5
    lines = await clerk.sql("select count(*) from journal_entry where batch_number = $1", taken["batchNumber"])
    assert lines == 2000


async def test_a_due_date_of_a_credit_is_not_kept(clerk: Clerk) -> None:
    await take(clerk, item(clerk, "C-1", 10, "CreditNote", dueDate="2024-12-15"))
    assert await clerk.sql("select due_date from document where number = 'C-1'") is None


async def test_a_document_that_was_taken_over_keeps_what_it_was_worth(clerk: Clerk) -> None:
    await take(clerk, item(clerk, "4711", 10, originalAmount=99))
    assert await clerk.sql("select original_amount from opening_item") == 99
    with pytest.raises(asyncpg.CheckViolationError, match="cannot change"):
        await clerk.sql("update opening_item set original_amount = 1")
