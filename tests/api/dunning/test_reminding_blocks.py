"""A document is blocked from reminding until a day, with a reason; letters leave it out, and runs say why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.api.dunning.debtors import at, debtor, late, level_of, numbered
from tests.api.dunning.test_dunning_proposals import assert_foreseen, proposals
from tests.api.dunning.test_dunning_runs import customers_with_one_document, run
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, STALE, Clerk, Record, refusal

BLOCKS = "reskontra/remindingBlock"
UNTIL = "2027-04-01"
"""The clock of the tests stands before it, and so do the letters."""


def block(document: Record, kind: str = "Invoice") -> str:
    return f"{BLOCKS}/{kind}/{document.number}"


async def blocked(clerk: Clerk, document: Record, kind: str = "Invoice", **fields: Any) -> None:
    answer = await clerk.put(block(document, kind), **{"reason": "The price is disputed"} | fields)
    assert answer.status_code == 204, answer.text


async def test_a_run_leaves_a_blocked_document_out_until_its_day_and_says_why(clerk: Clerk) -> None:
    ((customer, invoice),) = (await customers_with_one_document(clerk, 1)).items()
    await blocked(clerk, invoice, until=UNTIL)
    why = f"Invoice {invoice.number} is blocked until {UNTIL}: The price is disputed."
    for dry in (True, False):
        assert await run(clerk, late(15), dry=dry) == {"created": [], "skipped": [{"ref": customer, "reason": why}]}
    await clerk.remind(customer, late(15))
    assert await level_of(clerk, invoice) == (0, None), "one customer is not reminded either"
    last, first = date(2027, 3, 31), date(2027, 4, 1)
    assert (await run(clerk, last, dry=True))["created"] == []
    (made,) = (await run(clerk, first))["created"]
    assert (made["customer"]["number"], made["documents"]) == (customer, 1)


async def test_the_other_documents_of_the_customer_are_reminded_of(clerk: Clerk) -> None:
    ((customer, first),) = (await customers_with_one_document(clerk, 1)).items()
    second = await clerk.issue(INVOICE, customer)
    await clerk.prefer(dunning={"include_other_unpaid": True})
    await blocked(clerk, first)
    why = f"Invoice {first.number} is blocked: The price is disputed."
    proposed = await proposals(clerk, late(15))
    (it,) = proposed["proposals"]
    assert [line["refNbr"] for line in it["letters"][0]["documents"]] == [second.number], "nor is it listed"
    assert it["reason"] == why
    assert it["blocked"] == [
        {
            "documentType": "Invoice",
            "refNbr": first.number,
            "dueDate": at(date(2025, 1, 15)),
            "balanceInCurrency": 125.0,
            "reason": "The price is disputed",
        }
    ]
    made = await run(clerk, late(15))
    assert made["skipped"] == [{"ref": customer, "reason": why}]
    assert [it["documents"] for it in made["created"]] == [1]
    assert (await level_of(clerk, first), (await level_of(clerk, second))[0]) == ((0, None), 1)


@pytest.mark.parametrize("process", ["ByDocument", "ByCustomer"])
async def test_the_board_counts_what_is_blocked_as_left_out_and_knows_when_it_is_free(
    clerk: Clerk, process: str
) -> None:
    await clerk.prefer(dunning={"process": process})
    owed = await customers_with_one_document(clerk, 3)
    first, second, _ = owed.values()
    await blocked(clerk, first, until=UNTIL)
    await blocked(clerk, second)
    await clerk.issue(INVOICE, list(owed)[1])
    for days in (-5, 14, 15, 29):
        await assert_foreseen_but_for_blocks(clerk, late(days))
    for days in (15, 29, 43):
        await run(clerk, late(days))
        await assert_foreseen_but_for_blocks(clerk, late(days))
    await assert_foreseen_but_for_blocks(clerk, date(2027, 3, 31))
    told = await proposals(clerk, date(2027, 3, 31), levelTo=1)
    left_out = 2 if process == "ByDocument" else 1  # by customer, the second is out after the last level
    assert (told["totalCount"], told["leftOut"]) == (left_out, left_out)
    assert told["next"] == {"letterDate": at(date(2027, 4, 1)), "customerCount": 1}


async def assert_foreseen_but_for_blocks(clerk: Clerk, day: date) -> None:
    """What is proposed is what a run makes; who gets a letter may also be told of what is blocked."""
    outcome = await run(clerk, day, dry=True)
    reasons = {it["ref"]: it["reason"] for it in outcome["skipped"]}
    proposed = await proposals(clerk, day)
    assert {it["customer"]["number"]: it["reason"] for it in proposed["proposals"] if it.get("reason")} == reasons
    reminded = {it["customer"]["number"] for it in outcome["created"]}
    assert {it["customer"]["number"] for it in proposed["proposals"] if it["letters"]} == reminded
    assert (proposed["leftOut"], proposed["totalCount"]) == (len(set(reasons) - reminded), len(reminded | set(reasons)))


async def test_drafts_and_blocks_are_told_together(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    ((customer, _),) = (await customers_with_one_document(clerk, 1)).items()
    await run(clerk, late(15))
    second = await clerk.issue(INVOICE, customer)
    await blocked(clerk, second, until=UNTIL)
    await assert_foreseen(clerk, late(15))
    (skipped,) = (await run(clerk, late(15)))["skipped"]
    assert skipped["reason"] == (
        "Its documents stand on letter 1, which is not released yet. "
        f"Invoice {second.number} is blocked until {UNTIL}: The price is disputed."
    )


async def test_debit_notes_charges_and_instalments_are_blocked_too(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    note = await clerk.issue(DEBIT_NOTE, customer)
    await blocked(clerk, note, "DebitNote", until=UNTIL)
    master = await clerk.issue(INVOICE, customer, creditTermsId="RATE3")
    part = (await clerk.numbers(INVOICE, externalReference=master.number))[-1]
    assert (await clerk.put(f"{BLOCKS}/Invoice/{part}", reason="Wait")).status_code == 204
    assert "because it is closed" in refusal(await clerk.put(block(master), reason="Wait"))
    charge = await clerk.charged(late(60), filters={"customer": ["20001"]})
    await clerk.release(charge)
    await blocked(clerk, charge, "FinCharge")
    told = {(it["documentType"], it["referenceNumber"]) for it in await clerk.page(BLOCKS)}
    assert told == {("DebitNote", note.number), ("Invoice", part), ("FinCharge", charge.number)}
    assert [it["referenceNumber"] for it in await clerk.page(BLOCKS, documentType="FinCharge")] == [charge.number]
    assert len(await clerk.page(BLOCKS, customer=customer)) == 2


async def test_a_block_is_read_changed_and_taken_away_and_the_log_tells_it(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    assert await clerk.status("GET", block(invoice)) == 404
    await blocked(clerk, invoice, until=UNTIL)
    read = await clerk.get(block(invoice))
    assert read == {
        "documentType": "Invoice",
        "referenceNumber": invoice.number,
        "customer": {"number": customer, "name": "Late payer AS"},
        "documentDueDate": at(date(2025, 1, 15)),
        "currencyId": "NOK",
        "balanceInCurrency": 125.0,
        "until": f"{UNTIL}T00:00:00",
        "reason": "The price is disputed",
    }
    etag = (await clerk.send("GET", block(invoice))).headers["etag"]
    await blocked(clerk, invoice, until=UNTIL)
    assert (await clerk.send("GET", block(invoice))).headers["etag"] == etag, "nothing changed, nothing is written"
    assert (await clerk.put(block(invoice), STALE, reason="x")).status_code == 412
    await blocked(clerk, invoice, reason=" They will pay in May ")
    assert (await clerk.get(block(invoice))).get("until") is None
    assert (await clerk.delete(block(invoice), STALE)).status_code == 412
    assert (await clerk.delete(block(invoice))).status_code == 204
    assert await clerk.status("GET", block(invoice)) == 404
    gone = await clerk.delete(block(invoice))
    assert refusal(gone, 404) == f"The invoice {invoice.number} is not blocked from reminding."
    log = await clerk.page("reskontra/change", key=invoice.number, field="reminding_block_reason")
    told = [{it["field"]: (it["old"], it["new"]) for it in change["fields"]} for change in log]
    assert told == [
        {
            "reminding_blocked_until": (None, UNTIL),
            "reminding_block_reason": (None, "The price is disputed"),
        },
        {
            "reminding_blocked_until": (UNTIL, "until it is freed"),
            "reminding_block_reason": ("The price is disputed", "They will pay in May"),
        },
        {
            "reminding_blocked_until": ("until it is freed", None),
            "reminding_block_reason": ("They will pay in May", None),
        },
    ]


async def test_what_is_never_reminded_of_and_a_bad_block_are_refused_by_field(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)

    async def refused(address: str, status: int = 400, **fields: Any) -> str:
        return refusal(await clerk.put(address, **{"reason": "Why not"} | fields), status)

    assert await refused(block(invoice), reason=" ") == (
        "A block needs a reason. Field: reason. Send why it is not reminded of, in up to 255 characters."
    )
    today = await refused(block(invoice), until="2025-02-01")
    assert today.startswith("A block until 2025-02-01 holds for no letter any more: today is 2026-01-15. Field: until")
    assert "Send a later day" in today
    assert "until" in await refused(block(invoice), until="soon")
    assert "dag" in await refused(block(invoice), dag="2027-01-01")
    draft = await clerk.invoice(customer)
    assert "because it is not released. Release it first." in await refused(block(draft))
    note = await clerk.issue(CREDIT_NOTE, customer)
    assert "a credit note is never reminded of" in await refused(block(note, "CreditNote"))
    assert "cannot be found" in await refused(f"{BLOCKS}/Invoice/999999", 404)
    assert "cannot be found" in await refused(f"{BLOCKS}/Letter/1", 404)
    for days in (15, 29, 43):
        await clerk.remind(customer, late(days))
    (letter,) = await clerk.letters(customer=customer, level=3)
    assert "which no letter reminds of" in await refused(f"{BLOCKS}/Invoice/{letter['feeInvoice']['refNbr']}")


async def test_a_draft_letter_with_a_blocked_document_is_not_released(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    ((_, invoice),) = (await customers_with_one_document(clerk, 1)).items()
    await run(clerk, late(15))
    await blocked(clerk, invoice, until=UNTIL)
    told = refusal(await clerk.act(numbered(1), "release"))
    assert f"{invoice.number} is blocked until {UNTIL} (The price is disputed)." in told
    await clerk.delete(block(invoice))
    assert (await clerk.act(numbered(1), "release")).status_code == 200


async def test_interest_runs_on_for_a_blocked_invoice(clerk: Clerk) -> None:
    before = (await clerk.charge(late(60), dryRun=True))["created"]
    for it in await clerk.page("reskontra/document", documentType="Invoice", open=True, customer="20001"):
        await blocked(clerk, Record(it, ""))
    assert before
    assert (await clerk.charge(late(60), dryRun=True))["created"] == before
