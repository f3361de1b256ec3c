"""An application between documents of two customers or branches is booked, so that the ledger has what each owes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, Record, application, refusal

PAYMENT = "customerPayment"
WEST = "insert into branch (company_id, branch_id, branch_number, name, modified_at) values ($1, 2, '2', 'West', now())"
WORK = {"operation": "Insert", "description": "Work", "accountNumber": "3000", "vatCodeId": "7"}


def over(amount: int) -> dict[str, Any]:
    return {"lines": [WORK | {"unitPriceInCurrency": amount}]}


async def owed(clerk: Clerk, *customers: str) -> dict[tuple[str, str], tuple[Any, Any]]:
    """(customer, branch) -> what the ledger has on its documents, and what these have open."""
    rows = await clerk.rows(
        """select customer.number, document.branch_number,
                  coalesce(sum((select sum(entry.debit_base - entry.credit_base) from journal_entry as entry
                                 where entry.company_id = $1 and entry.moves_document_id = document.document_id)), 0),
                  sum(document_kind.balance_sign * document.balance_base)
             from document join document_kind using (document_type) join customer using (company_id, customer_id)
            where document.company_id = $1 and document.released_at is not null
              and customer.number = any ($2)
            group by 1, 2""",
        clerk.company_id,
        list(customers),
    )
    return {(number, branch): (ledger, items) for number, branch, ledger, items in rows}


async def by_release(clerk: Clerk, note: Record, invoice: Record) -> None:
    line = {"operation": "Insert", "documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 40}
    changed = await clerk.put(f"{PAYMENT}/{note.number}?paymentType=CreditNote", paymentLines=[line])
    assert changed.status_code == 204, changed.text
    done = await clerk.http.post(f"/v1/{PAYMENT}/{note.number}/action/release", json={"type": {"value": "CreditNote"}})
    assert done.status_code == 200, done.text


async def by_run(clerk: Clerk, note: Record, invoice: Record) -> None:
    done = await clerk.post("reskontra/run/autoApply", filters={"customer": [note["customer"]["number"]]})
    assert done.status_code == 200, done.text


async def at_once(clerk: Clerk, note: Record, invoice: Record) -> None:
    body = {
        "credit": {"documentType": "CreditNote", "referenceNumber": note.number},
        "lines": [{"referenceNumber": invoice.number, "amountPaid": 40}],
    }
    done = await clerk.http.post("/v1/reskontra/application", json=body)
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("applied", [by_release, by_run, at_once])
async def test_the_ledger_has_what_parent_and_child_owe(clerk: Clerk, applied: Any) -> None:
    parent = (await clerk.customer(name="Parent AS")).number
    child = (await clerk.customer(name="Child AS", parentRecordNumber=parent)).number
    invoice = await clerk.issue(INVOICE, child, **over(100))
    note = await clerk.issue(CREDIT_NOTE, parent, **over(40))
    await applied(clerk, note, invoice)
    assert (await clerk.get(invoice))["balance"] == 60
    assert await owed(clerk, parent, child) == {(parent, "1"): (0, 0), (child, "1"): (60, 60)}
    of_both = [await clerk.get("reskontra/application", customer=it, released="true") for it in (parent, child)]
    assert len(of_both[0]) == 1
    assert of_both[0] == of_both[1], "a parent finds what it paid for its child"
    await clerk.change(f"customer/{child}", parentRecordNumber="")  # what was applied stays lawful
    (told,) = await clerk.get("reskontra/report/customer", period="202401", toPeriod="203012", customer=child)
    assert told["closingBalance"] == 60


async def test_a_childs_note_does_not_pay_for_its_parent(clerk: Clerk) -> None:
    parent = (await clerk.customer(name="Parent AS")).number
    child = (await clerk.customer(name="Child AS", parentRecordNumber=parent)).number
    invoice = await clerk.issue(INVOICE, parent, **over(100))
    note = await clerk.issue(CREDIT_NOTE, child, **over(40))
    body = {
        "credit": {"documentType": "CreditNote", "referenceNumber": note.number},
        "lines": [{"referenceNumber": invoice.number, "amountPaid": 40}],
    }
    text = refusal(await clerk.http.post("/v1/reskontra/application", json=body))
    assert "cannot be found in the system" in text
    assert "or of one whose parent it is" in text


async def test_the_ledger_has_what_each_branch_is_owed_also_when_it_is_undone(clerk: Clerk) -> None:
    await clerk.sql(WEST, clerk.company_id)
    customer = (await clerk.customer(name="Of two branches AS")).number
    invoice = await clerk.issue(INVOICE, customer, branchNumber="2", **over(100))
    note = await clerk.issue(CREDIT_NOTE, customer, branchNumber="1", **over(60))
    body = {
        "credit": {"documentType": "CreditNote", "referenceNumber": note.number},
        "lines": [{"referenceNumber": invoice.number, "amountPaid": 60}],
    }
    made = await clerk.http.post("/v1/reskontra/application", json=body)
    assert made.status_code == 200, made.text
    assert await owed(clerk, customer) == {(customer, "1"): (0, 0), (customer, "2"): (40, 40)}
    (line,) = made.json()["applications"]
    assert (await clerk.http.post(f"/v1/reskontra/application/{line['id']}/action/undo", json={})).status_code == 200
    assert await owed(clerk, customer) == {(customer, "1"): (-60, -60), (customer, "2"): (100, 100)}


async def test_a_note_that_settles_another_branch_on_release_books_it(clerk: Clerk) -> None:
    await clerk.sql(WEST, clerk.company_id)
    customer = (await clerk.customer(name="Of two branches AS")).number
    invoice = await clerk.issue(INVOICE, customer, branchNumber="2", documentDate="2025-03-01", **over(100))
    settling = {"applicationLines": [application(invoice, 60)], **over(60)}
    await clerk.issue(CREDIT_NOTE, customer, branchNumber="1", documentDate="2025-03-02", **settling)
    assert await owed(clerk, customer) == {(customer, "1"): (0, 0), (customer, "2"): (40, 40)}


async def test_what_is_booked_is_not_older_than_the_debt(clerk: Clerk) -> None:
    """Its batch would have the branch's receivable before the invoice (LNE-09)."""
    await clerk.sql(WEST, clerk.company_id)
    customer = (await clerk.customer(name="Of two branches AS")).number
    invoice = await clerk.issue(INVOICE, customer, branchNumber="2", documentDate="2025-03-05", **over(100))
    note = {"documentDate": "2025-03-02", "applicationLines": [application(invoice, 60)], **over(60)}
    text = refusal(await clerk.post(CREDIT_NOTE, customerNumber=customer, branchNumber="1", **note))
    assert "later than the credit note" in text
