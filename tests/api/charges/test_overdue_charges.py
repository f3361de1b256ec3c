"""Overdue charges over HTTP: what a run charges, what becomes of its drafts, and what is refused (OVD, OCH)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from reskontra.errors import Refusal
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, OVERDUE_CHARGE, Clerk, Record, application, decoded, refusal

RUN = "reskontra/run/overdueCharge"


@pytest.fixture(autouse=True)
async def payer(clerk: Clerk) -> None:
    """A customer of class 1, charged by its code and alone."""
    await clerk.sql("update customer set overdue_charge = false where company_id = 1")
    clerk.customer_number = (await clerk.customer(name="Late AS")).number


async def late(clerk: Clerk, price: Any, due: str = "2025-06-01", kind: str = INVOICE, **fields: Any) -> Record:
    """A document of exactly this amount, without VAT, that was due that day."""
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": price, "vatCodeId": "6"}
    sent = {"documentDate": due, "documentDueDate": due, "lines": [line]} | fields
    return await clerk.issue(kind, **sent)


async def paid(clerk: Clerk, document: Record, amount: Any, day: str, kind: str = INVOICE) -> Record:
    return await clerk.pay(amount, application(document, amount, kind=kind), applicationDate=day)


async def use(clerk: Clerk, **columns: Any) -> None:
    """Let the code of the class be another."""
    names = ", ".join(f"{name} = ${position}" for position, name in enumerate(columns, start=1))
    await clerk.sql(f"update overdue_charge set {names} where company_id = 1", *columns.values())


def told(answer: dict[str, Any]) -> list[tuple[str, Decimal]]:
    return [(line["referenceNumber"], line["amount"]) for made in answer["created"] for line in made["lines"]]


# --- the days and what they cost (OCH-02 to OCH-04; the figures are those of the rules' paper)


async def test_interest_is_split_where_the_rate_changes(clerk: Clerk) -> None:
    """OCH-02, OVD-03. 29 days at 12.50 and 31 at 12.25."""
    invoice = await late(clerk, 10_000)
    answer = await clerk.charge("2025-07-31")
    (made,) = answer["created"]
    (line,) = made["lines"]
    assert (made["customer"]["number"], made["currency"], made["amount"]) == (
        clerk.customer_number, "NOK", Decimal("203.36"),
    )  # fmt: skip
    assert (line["documentType"], line["referenceNumber"]) == ("Invoice", invoice.number)
    assert (line["from"], line["to"], line["days"]) == ("2025-06-02T00:00:00", "2025-07-31T00:00:00", 60)
    assert [(it["days"], it["balance"], it["rate"]) for it in line["segments"]] == [
        (29, 10_000, Decimal("12.5")), (31, 10_000, Decimal("12.25")),
    ]  # fmt: skip
    assert (answer["skipped"], answer["warnings"]) == ([], [])


async def test_two_stretches_add_up_to_one(clerk: Clerk) -> None:
    """Invariant 37. 99.32 and 104.04 are 203.36."""
    await late(clerk, 10_000)
    first = await clerk.release(await clerk.charged("2025-06-30"))
    second = await clerk.charged("2025-07-31")
    assert (first["amount"], second["amount"]) == (Decimal("99.32"), Decimal("104.04"))


async def test_days_charged_on_an_invoice_are_not_charged_on_what_corrects_it(clerk: Clerk) -> None:
    """OVD-07. Each of two corrections goes on where the charge before it ended."""
    corrected = await late(clerk, 10_000)
    await clerk.release(await clerk.charged("2025-06-30"))
    for day, days, amount in (("2025-07-31", 31, "104.04"), ("2025-08-31", 31, "104.04")):
        answer = decoded(await clerk.act(corrected, "correct"))
        corrected = await clerk.release(await clerk.get(f"{INVOICE}/{answer['refNbr']}"))
        assert (await clerk.charge("2025-06-30", dryRun=True))["created"] == []
        (made,) = (await clerk.charge(day, dryRun=True))["created"]
        assert [(it["days"], it["amount"]) for it in made["lines"]] == [(days, Decimal(amount))]
        if day < "2025-08":
            await clerk.release(await clerk.charged(day))


@pytest.mark.parametrize(
    ("calculation", "amount"), [("InterestOnProratedBalance", "141.19"), ("InterestOnBalance", "122.01")]
)
async def test_a_part_that_was_paid_counts_until_its_day(clerk: Clerk, calculation: str, amount: str) -> None:
    """OCH-03. By each day's balance, or by that of the last day for all."""
    await use(clerk, calculation=calculation)
    await paid(clerk, await late(clerk, 10_000), 4_000, "2025-06-15")
    assert [it for _, it in told(await clerk.charge("2025-07-31"))] == [Decimal(amount)]


async def test_arrears_are_charged_once_the_document_is_settled(clerk: Clerk) -> None:
    """OCH-03."""
    await use(clerk, calculation="InterestOnArrears")
    invoice = await late(clerk, 10_000)
    await paid(clerk, invoice, 4_000, "2025-06-15")
    await paid(clerk, invoice, 6_000, "2025-08-10")
    assert (await clerk.charge("2025-08-09"))["created"] == []
    answer = await clerk.charge("2025-08-31")
    assert told(answer) == [(invoice.number, Decimal("161.33"))]
    assert answer["created"][0]["lines"][0]["to"] == "2025-08-10T00:00:00"


async def test_days_before_a_late_payment_are_charged_after_it(clerk: Clerk) -> None:
    """OCH-02. The day of payment is charged, the due date and later days are not."""
    invoice = await late(clerk, 1_000, "2025-03-31")
    await paid(clerk, invoice, 1_000, "2025-04-30")
    (made,) = (await clerk.charge("2025-06-30"))["created"]
    (line,) = made["lines"]
    assert (line["from"], line["to"], line["days"], line["amount"]) == (
        "2025-04-01T00:00:00", "2025-04-30T00:00:00", 30, Decimal("10.27"),
    )  # fmt: skip


async def test_what_was_paid_in_time_is_not_charged(clerk: Clerk) -> None:
    await paid(clerk, await late(clerk, 1_000), 1_000, "2025-06-01")
    assert await clerk.charge("2025-07-31") | {"actionId": ""} == {
        "actionId": "", "actionResult": "Done", "created": [], "skipped": [], "warnings": [],
    }  # fmt: skip


async def test_an_application_that_is_undone_leaves_its_days_paid(clerk: Clerk) -> None:
    """OCH-02. The balance of a day is that of the applications on their dates, taken back on theirs."""
    invoice = await late(clerk, 10_000)
    payment = await paid(clerk, invoice, 10_000, "2025-06-11")
    (row,) = await clerk.get("reskontra/application", documentType="Payment", referenceNumber=payment.number)
    answer = await clerk.act(f"reskontra/application/{row['id']}", "undo", date="2025-06-21")
    assert answer.status_code == 200, answer.text
    (made,) = (await clerk.charge("2025-06-30"))["created"]
    assert [(it["from"][:10], it["to"][:10]) for it in made["lines"][0]["segments"]] == [
        ("2025-06-02", "2025-06-11"), ("2025-06-22", "2025-06-30"),
    ]  # fmt: skip
    assert made["lines"][0]["days"] == 19


@pytest.mark.parametrize(
    ("charging", "figures", "amount"),
    [
        ("PercentWithMinimum", {"minimum": 50}, "50.00"),
        ("PercentWithMinimum", {"minimum": 0}, "0.34"),
        ("PercentWithThreshold", {"threshold": Decimal("0.34")}, "0.34"),
        ("Fixed", {"amount": 75}, "75.00"),
    ],
)
async def test_how_a_document_is_charged(clerk: Clerk, charging: str, figures: dict[str, Any], amount: str) -> None:
    """OCH-04. 100.00 for 10 days is 0.34."""
    await use(clerk, charging=charging, **figures)
    await late(clerk, 100)
    assert [it for _, it in told(await clerk.charge("2025-06-11"))] == [Decimal(amount)]


@pytest.mark.parametrize(("charging", "figures"), [("PercentWithMinimum", {"minimum": 50}), ("Fixed", {"amount": 75})])
async def test_without_a_new_day_nothing_is_charged(clerk: Clerk, charging: str, figures: dict[str, Any]) -> None:
    """OCH-04. Not on the due date, not twice up to one day, and not after it was paid; a day later it is."""
    await use(clerk, charging=charging, **figures)
    invoice = await late(clerk, 100)
    assert (await clerk.charge("2025-06-01"))["created"] == []
    await clerk.release(await clerk.charged("2025-06-11"))
    for day in ("2025-06-11", "2025-06-05"):
        assert (await clerk.charge(day))["created"] == []
    await clerk.release(await clerk.charged("2025-06-12"))
    await paid(clerk, invoice, 100, "2025-06-12")
    assert (await clerk.charge("2025-07-31"))["created"] == []


async def test_below_the_threshold_the_days_stay(clerk: Clerk) -> None:
    """OCH-04."""
    await use(clerk, threshold=50)
    invoice = await late(clerk, 1_000)
    answer = await clerk.charge("2025-06-11")
    assert answer["created"] == []
    assert answer["skipped"] == [
        {"ref": f"Invoice {invoice.number}", "reason": "The charge of 3.42 is below the threshold of 50."}
    ]
    assert told(await clerk.charge("2025-12-31")) == [(invoice.number, Decimal("71.68"))]


async def test_a_charge_below_the_total_threshold_is_not_made(clerk: Clerk) -> None:
    """OVD-04, OCH-01. The fee does not count."""
    await use(clerk, total_threshold=10, fee_amount=50, fee_account="8050")
    await late(clerk, 1_000)
    await late(clerk, 1_000, kind=DEBIT_NOTE)
    answer = await clerk.charge("2025-06-11")
    assert answer["created"] == []
    assert answer["skipped"] == [
        {"ref": clerk.customer_number, "reason": "The charge of 6.84 NOK is below the total threshold of 10."}
    ]


async def test_the_fee_is_one_line_of_the_charge(clerk: Clerk) -> None:
    """OCH-01."""
    await use(clerk, fee_amount=50, fee_account="3900", fee_description="For the work")
    await late(clerk, 1_000)
    await late(clerk, 2_000)
    charge = await clerk.release(await clerk.charged("2025-06-11"))
    assert [(line["description"], line["amount"], line["account"]["number"]) for line in charge["lines"][2:]] == [
        ("For the work", 50, "3900")
    ]
    assert charge["amount"] == Decimal("60.27")
    assert {entry[0]: entry[2] for entry in await clerk.entries(charge)} == {
        "1500": 0, "8050": Decimal("10.27"), "3900": 50,
    }  # fmt: skip


async def test_dated_percents_of_the_code_instead_of_the_law(clerk: Clerk) -> None:
    """OCH-11. Days before the first are not charged. 5,000 at 10.50 for 10 days, at 10.00 for 20."""
    await use(clerk, legal=None)
    await clerk.execute(
        "insert into overdue_charge_rate values (1, 'FORSINKELSE', '2025-06-21', 10.5)",
        "insert into overdue_charge_rate values (1, 'FORSINKELSE', '2025-07-01', 10)",
    )
    await late(clerk, 5_000)
    answer = await clerk.charge("2025-07-20")
    assert [it for _, it in told(answer)] == [Decimal("41.78")]
    assert answer["created"][0]["lines"][0]["from"] == "2025-06-21T00:00:00"


async def test_the_last_legal_rate_goes_on_and_says_so(clerk: Clerk) -> None:
    """OCH-11."""
    await late(clerk, 1_000)
    answer = await clerk.charge("2026-07-15")
    assert answer["warnings"] == [
        "The newest legal rate late_interest_percent is that until 2026-06-30; the days after it are charged by it too."
    ]


BOTH_CLAIMED = (
    "The code FORSINKELSE claims compensation for late payment, and reminders have fees; the law gives one of the two."
)


@pytest.mark.parametrize(
    ("fee", "fee_legal", "warnings"),
    [
        (35, "late_payment_compensation", [BOTH_CLAIMED]),
        (0, "late_payment_compensation", []),
        (35, None, []),
    ],
)
async def test_compensation_besides_reminder_fees_is_doubtful(
    clerk: Clerk, fee: int, fee_legal: str | None, warnings: list[str]
) -> None:
    """OCH-12. It is charged all the same, and told in a trial too."""
    await clerk.sql("update dunning_level set fee = $1 where company_id = 1 and fee > 0", fee)
    await use(clerk, fee_legal=fee_legal, fee_amount=0 if fee_legal else 50, fee_account="3900")
    await late(clerk, 10_000)
    for sent in ({"dryRun": True}, {}):
        answer = await clerk.charge("2025-06-11", **sent)
        assert answer["warnings"] == warnings
    (made,) = answer["created"]
    assert made["amount"] == Decimal("34.25") + (470 if fee_legal else 50)


async def test_other_currencies_have_charges_of_their_own(clerk: Clerk) -> None:
    """OCH-05."""
    await late(clerk, 1_000, currencyId="EUR")
    await late(clerk, 1_000)
    made = (await clerk.charge("2025-07-01"))["created"]
    assert [(it["currency"], it["amount"]) for it in made] == [("EUR", Decimal("10.27")), ("NOK", Decimal("10.27"))]
    charge = await clerk.release(f"{OVERDUE_CHARGE}/{made[0]['referenceNumber']}")
    assert (charge["exchangeRate"], charge["amount"], charge["amountInCurrency"]) == (
        Decimal("10.6"), Decimal("108.86"), Decimal("10.27"),
    )  # fmt: skip


async def test_a_code_in_base_currency_makes_one_charge(clerk: Clerk) -> None:
    """OCH-05. EUR 1,000 at 10.55 and NOK 1,000."""
    await use(clerk, in_base_currency=True)
    invoice = await late(clerk, 1_000, currencyId="EUR")
    await late(clerk, 1_000)
    (made,) = (await clerk.charge("2025-07-01"))["created"]
    assert made["currency"] == "NOK"
    assert [line["balance"] for line in made["lines"]] == [invoice["amount"], 1_000]


# --- who is charged, and what for (OCH-06, OCH-07)


async def test_reminder_fees_charges_and_revoked_documents_are_not_charged(clerk: Clerk) -> None:
    """OCH-06, OVD-05."""
    await clerk.change(await late(clerk, 1_000), revoked=True)
    assert (await clerk.charge("2025-06-30"))["created"] == []
    invoice = await late(clerk, 10_000)
    await clerk.release(await clerk.charged("2025-06-30"))
    await clerk.sql("update document set origin = 'dunning_fee' where number = $1", (await late(clerk, 70)).number)
    assert [number for number, _ in told(await clerk.charge("2025-12-31"))] == [invoice.number]
    await clerk.sql("update document set origin = 'entered' where origin = 'dunning_fee'")


async def test_who_is_left_out_is_told(clerk: Clerk) -> None:
    """OCH-07, OCH-08."""
    await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    assert (await clerk.charge("2025-07-31"))["skipped"] == [
        {"ref": clerk.customer_number, "reason": f"The draft {draft.number} waits: release or delete it first."}
    ]
    await clerk.release(draft)
    await clerk.change(f"customer/{clerk.customer_number}", status="OnHold")
    assert (await clerk.charge("2025-07-31"))["skipped"] == [
        {"ref": clerk.customer_number, "reason": "The customer has the status OnHold."}
    ]
    await clerk.change(f"customer/{clerk.customer_number}", status="Active")
    await clerk.sql("update customer_class set overdue_charge_code = null where company_id = 1")
    assert (await clerk.charge("2025-07-31"))["skipped"] == [
        {
            "ref": clerk.customer_number,
            "reason": "The customer's class or statement cycle has no code for overdue charges.",
        }
    ]


async def test_by_preference_the_code_is_that_of_the_statement_cycle(clerk: Clerk) -> None:
    """OVD-09."""
    await late(clerk, 10_000)
    await clerk.prefer(overdue_charges_by_cycle=True)
    assert len((await clerk.charge("2025-06-30"))["skipped"]) == 1
    await clerk.sql(
        """
        update statement_cycle set detail = detail || '{"overdue_charge_code": "FORSINKELSE"}' where company_id = 1
        """
    )
    assert len((await clerk.charge("2025-06-30"))["created"]) == 1


async def test_a_customer_whose_charge_is_refused_is_left_out(clerk: Clerk) -> None:
    await late(clerk, 10_000, currencyId="EUR")
    await clerk.sql("update customer set currency_override = false where company_id = 1")
    (skipped,) = (await clerk.charge("2025-06-30"))["skipped"]
    assert skipped["reason"] == f"Customer {clerk.customer_number} is invoiced in NOK only."


async def test_a_code_whose_terms_divide_charges_nobody(clerk: Clerk) -> None:
    """IPL-04: a company's file cannot say so, but terms may change behind a code."""
    await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    await clerk.sql("update document set terms_id = 'RATE3' where number = $1", draft.number)
    assert "this overdue charge is paid at once" in await clerk.refuse_release(draft)
    assert (await clerk.delete(f"reskontra/{OVERDUE_CHARGE}/{draft.number}")).status_code == 204
    await use(clerk, terms_id="RATE3")
    (skipped,) = (await clerk.charge("2025-06-30"))["skipped"]
    assert "this overdue charge is paid at once." in skipped["reason"]


async def test_a_customer_without_the_flag_is_not_charged(clerk: Clerk) -> None:
    """OCH-06."""
    await late(clerk, 10_000)
    await clerk.sql("update customer set overdue_charge = false where company_id = 1")
    answer = await clerk.charge("2025-06-30")
    assert (answer["created"], answer["skipped"]) == ([], [])


async def test_filters_say_who_is_charged(clerk: Clerk) -> None:
    """OCH-07."""
    await late(clerk, 10_000)
    for filters, count in [
        ({"customer": [clerk.customer_number]}, 1),
        ({"customer": ["20001"]}, 0),
        ({"customerClass": "1"}, 1),
        ({"statementCycle": "monthly"}, 1),
        ({"branch": "1"}, 1),
    ]:
        answer = await clerk.charge("2025-06-30", filters=filters, dryRun=True)
        assert len(answer["created"]) == count, filters


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"filters": {"colour": "red"}}, "colour"),
        ({"filters": {"customer": ["4711"]}}, "4711"),
        ({"filters": {"customerClass": "9"}}, "CustomerClass '9'"),
        ({"filters": {"statementCycle": "9"}}, "StatementCycle '9'"),
        ({"filters": {"branch": "9"}}, "Branch '9'"),
        ({"asOf": "1999-01-01"}, "1999"),
        ({"trial": True}, "trial"),
    ],
)
async def test_a_run_refuses_what_it_does_not_know(clerk: Clerk, sent: dict[str, Any], says: str) -> None:
    assert says in await clerk.refused("POST", RUN, **sent)


async def test_a_run_takes_no_parameters_in_its_address(clerk: Clerk) -> None:
    assert "dryrun" in refusal(await clerk.post(f"{RUN}?dryRun=true"))


async def test_a_run_into_a_closed_period_is_refused(clerk: Clerk) -> None:
    await clerk.sql(
        "update financial_period set closed_in_customer_ledger = true where company_id = 1 and period_id = '202506'"
    )
    assert "202506" in await clerk.refused("POST", RUN, asOf="2025-06-30")


async def test_a_trial_says_the_same_and_leaves_nothing(clerk: Clerk) -> None:
    """OCH-07."""
    await late(clerk, 10_000)
    before = await clerk.newest_change()
    (tried,) = (await clerk.charge("2025-06-30", dryRun=True))["created"]
    assert "referenceNumber" not in tried
    assert await clerk.newest_change() == before
    (made,) = (await clerk.charge("2025-06-30"))["created"]
    assert tried == {name: value for name, value in made.items() if name != "referenceNumber"}


# --- the draft, and what becomes of it (OCH-08 to OCH-10)


async def test_the_draft_is_a_document(clerk: Clerk) -> None:
    """OCH-08."""
    invoice = await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    assert (draft["documentType"], draft["status"], draft["documentDate"][:10], draft["documentDueDate"][:10]) == (
        "FinCharge", "Balanced", "2025-06-30", "2025-07-14",
    )  # fmt: skip
    assert draft.number == "030001"
    assert draft["paymentReference"][:-1] == f"{clerk.customer_number:0>6}3{draft.number:0>8}"
    (line,) = draft["lines"]
    assert line["description"] == f"Invoice {invoice.number}: 29 days, 2025-06-02 to 2025-06-30"
    assert (line["account"]["number"], line["vatCode"]["id"], line["amount"]) == ("8050", "7", Decimal("99.32"))
    assert await clerk.balance(clerk.customer_number) == (Decimal(10_000), Decimal("99.32"))
    assert [row["event"] for row in await clerk.get("reskontra/change", entity="FinCharge", key=draft.number)] == [
        "created"
    ]


async def test_by_preference_the_draft_is_on_hold(clerk: Clerk) -> None:
    """OCH-08."""
    await late(clerk, 10_000)
    await clerk.prefer(hold_on_entry=True)
    assert (await clerk.charged("2025-06-30"))["status"] == "Hold"


async def test_release_books_the_charge(clerk: Clerk) -> None:
    """OCH-10."""
    await late(clerk, 10_000)
    charge = await clerk.release(await clerk.charged("2025-07-31"))
    assert (charge["status"], charge["balance"]) == ("Open", Decimal("203.36"))
    assert [entry[:3] for entry in await clerk.entries(charge)] == [
        ("1500", Decimal("203.36"), 0), ("8050", 0, Decimal("203.36")),
    ]  # fmt: skip
    assert "already released" in await clerk.refuse_release(charge)
    payment = await paid(clerk, charge, Decimal("203.36"), "2025-08-01", kind=OVERDUE_CHARGE)
    assert ((await clerk.get(charge))["status"], payment["status"]) == ("Closed", "Closed")


async def test_a_deleted_draft_gives_its_days_back(clerk: Clerk) -> None:
    """OCH-08, OVD-07."""
    invoice = await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    answer = await clerk.delete(f"reskontra/{OVERDUE_CHARGE}/{draft.number}", draft.if_match)
    assert answer.status_code == 204, answer.text
    assert await clerk.status("GET", draft) == 404
    assert told(await clerk.charge("2025-07-31")) == [(invoice.number, Decimal("203.36"))]


async def test_a_released_charge_is_not_deleted(clerk: Clerk) -> None:
    await late(clerk, 10_000)
    charge = await clerk.release(await clerk.charged("2025-06-30"))
    text = await clerk.refused("DELETE", f"reskontra/{OVERDUE_CHARGE}/{charge.number}")
    assert "already released" in text


async def test_lines_may_be_changed_left_out_and_added(clerk: Clerk) -> None:
    """OCH-09. Days of a line that is left out stay to be charged."""
    first, second = await late(clerk, 10_000), await late(clerk, 20_000)
    draft = await clerk.charged("2025-06-30")
    charge = await clerk.change(
        draft,
        documentDueDate="2025-08-01",
        invoiceText="For June",
        lines=[
            {"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 90, "description": "Rounded down"},
            {"operation": "Delete", "lineNumber": 2},
            {
                "operation": "Insert",
                "description": "Postage",
                "unitPriceInCurrency": 10,
                "accountNumber": "3900",
                "vatCodeId": "7",
            },
        ],
    )
    assert [(line["lineNumber"], line["amount"]) for line in charge["lines"]] == [(1, 90), (3, 10)]
    assert (charge["amount"], charge["documentDueDate"][:10], charge["invoiceText"]) == (100, "2025-08-01", "For June")
    await clerk.release(charge)
    (made,) = (await clerk.charge("2025-07-31"))["created"]
    assert [(line["referenceNumber"], line["from"][:10]) for line in made["lines"]] == [
        (first.number, "2025-07-01"), (second.number, "2025-06-02"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"customerNumber": "20001"}, "customer"),
        ({"currencyId": "EUR"}, "currency"),
        ({"documentDate": "1999-01-01"}, "1999"),
        (
            {"creditTermsId": "RATE3"},
            "The terms RATE3 divide a document into instalments, and this overdue charge is paid at once. "
            "Field: creditTermsId. Choose terms with one due date.",
        ),
    ],
)
async def test_what_a_draft_keeps(clerk: Clerk, sent: dict[str, Any], says: str) -> None:
    """OCH-08, OCH-09."""
    await late(clerk, 10_000)
    assert says in await clerk.refuse_change(await clerk.charged("2025-06-30"), **sent)


async def test_a_released_charge_is_frozen_like_any_document(clerk: Clerk) -> None:
    await late(clerk, 10_000)
    charge = await clerk.release(await clerk.charged("2025-06-30"))
    assert "already released" in await clerk.refuse_change(charge, invoiceText="Too late")
    assert (await clerk.change(charge, documentDueDate="2025-12-24"))["documentDueDate"][:10] == "2025-12-24"


async def test_versions_are_heeded(clerk: Clerk) -> None:
    await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    await clerk.change(draft, note="Seen")
    assert (await clerk.put(draft, draft.if_match, note="Again")).status_code == 412
    assert (await clerk.act(draft, "release", draft.if_match)).status_code == 412


async def test_nobody_enters_a_charge(clerk: Clerk) -> None:
    """OCH-09, DST-04."""
    assert (await clerk.post(OVERDUE_CHARGE, customerNumber=clerk.customer_number)).status_code in (404, 405)


async def test_a_credit_note_takes_a_charge_back_and_its_days_stay_charged(clerk: Clerk) -> None:
    """OCH-10."""
    await late(clerk, 10_000)
    charge = await clerk.release(await clerk.charged("2025-06-30"))
    line = {
        "description": "Goodwill",
        "unitPriceInCurrency": charge["amount"],
        "accountNumber": "8050",
        "vatCodeId": "7",
    }
    await clerk.issue(
        CREDIT_NOTE,
        documentDate="2025-06-30",
        lines=[line],
        applicationLines=[application(charge, charge["amount"], kind=OVERDUE_CHARGE)],
    )
    assert (await clerk.get(charge))["status"] == "Closed"
    assert (await clerk.charge("2025-06-30"))["created"] == []


async def test_charges_are_listed_as_documents_are(clerk: Clerk) -> None:
    """OCH-09."""
    await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    queries: list[dict[str, Any]] = [
        {"customer": clerk.customer_number}, {"status": "Balanced"}, {"released": 0},
        {"documentDate": "2025-06-30"}, {"paymentReference": draft["paymentReference"]},
    ]  # fmt: skip
    for query in queries:
        assert await clerk.numbers(OVERDUE_CHARGE, **query) == [draft.number], query
    assert await clerk.numbers(OVERDUE_CHARGE, released=1) == []
    assert draft.number in await clerk.numbers("customerdocument", documentType="FinCharge")


async def test_no_day_is_charged_twice(clerk: Clerk) -> None:
    """Invariant 36: the database refuses it, whoever asks."""
    invoice = await late(clerk, 10_000)
    draft = await clerk.charged("2025-06-30")
    charge_id, source_id = [
        await clerk.sql("select document_id from document where document_type = $1 and number = $2", *named)
        for named in (("FinCharge", draft.number), ("Invoice", invoice.number))
    ]
    await clerk.change(draft, lines=[{"operation": "Insert", "description": "Again", "accountNumber": "8050"}])
    for until, first, last in [
        ("null", "2025-06-30", "2025-07-31"), ("null", "2025-07-01", "2025-07-31"),
        ("'2025-06-30'", "2025-06-30", "2025-07-31"), ("'2025-06-15'", "2025-07-01", "2025-07-31"),
    ]:  # fmt: skip
        with pytest.raises((Refusal, asyncpg.CheckViolationError)):
            await clerk.execute(
                f"insert into charged_days values (1, {charge_id}, 2, {source_id}, '{first}', '{last}', {until})"
            )
    rows = f"charged_days values (1, {charge_id}, 2, {source_id}, '2025-07-01', '2025-07-31', '2025-06-30')"
    await clerk.execute(f"insert into {rows}")  # the next days, for once
    assert await clerk.sql("select sum(last_day - first_day + 1) from charged_days") == 60
