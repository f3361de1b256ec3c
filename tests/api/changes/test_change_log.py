"""The log of changes over HTTP: what was there before, who changed it, and what a deleted thing was."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import INVOICE, ITEM_A, Clerk, application

LOG = "reskontra/change"


def fields(change: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Attribute -> (old, new), or what there is of the two."""
    return {it["field"]: tuple(it[side] for side in ("old", "new") if side in it) for it in change["fields"]}


async def made_since(clerk: Clerk, change_id: int, **query: Any) -> list[dict[str, Any]]:
    """What was changed after that. The demo company is not made in the order of its clock."""
    return [change for change in await clerk.page(LOG, **query) if change["changeId"] > change_id]


async def test_a_moved_due_date_is_told_with_the_old_one(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    due = invoice["documentDueDate"][:10]
    await clerk.change(invoice, documentDueDate="2026-12-31")
    *_, released, updated = await clerk.page(LOG, entity="Invoice", key=invoice.number)
    assert (updated["event"], updated["actor"]) == ("updated", "open")
    assert fields(updated) == {"due_date": (due, "2026-12-31"), "due_date_entered": (False, True)}
    assert fields(released)["status"] == ("Balanced", "Open")
    assert fields(released)["batch_number"][0] is None


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"note": "Ring"}, {"note": (None, "Ring")}),
        ({"hold": True}, {"status": ("Balanced", "Hold")}),
        ({"revoked": True}, {"revoked": (False, True)}),
        ({"excludeDebtCollection": True}, {"exclude_debt_collection": (False, True)}),
        ({"cashDiscountDate": "2025-03-04"}, {"cash_discount_date": ("2025-03-03", "2025-03-04")}),
    ],
    ids=str,
)
async def test_each_field_of_a_draft_is_told_as_it_was(
    clerk: Clerk, sent: dict[str, Any], told: dict[str, Any]
) -> None:
    invoice = await clerk.invoice(cashDiscountDate="2025-03-03")
    before = await clerk.newest_change()
    await clerk.change(invoice, **sent)
    (change,) = await made_since(clerk, before)
    assert {name: fields(change)[name] for name in told} == told


async def test_changed_added_and_deleted_lines_are_told_as_they_were_and_are(clerk: Clerk) -> None:
    invoice = await clerk.invoice(lines=[ITEM_A, {"inventoryNumber": "A", "quantity": 2}, ITEM_A])
    first, second, third = (line["lineNumber"] for line in invoice["invoiceLines"])
    await clerk.change(
        invoice,
        lines=[
            {"operation": "Update", "lineNumber": first, "quantity": 5},
            {"operation": "Delete", "lineNumber": second},
            {"operation": "Insert", **ITEM_A},
        ],
    )
    *_, change = await clerk.page(LOG, entity="Invoice", key=invoice.number)
    old, new = fields(change)["lines"]
    quantities = [[(line["line_number"], float(line["quantity"])) for line in side] for side in (old, new)]
    assert quantities == [[(first, 1), (second, 2)], [(first, 5), (third + 1, 1)]]
    assert [[Decimal(row["vat"]) for row in side] for side in fields(change)["vat"]] == [[100], [175]]


async def test_a_deleted_draft_tells_whose_it_was_and_over_how_much(clerk: Clerk) -> None:
    invoice = await clerk.invoice(customerRefNumber="PO 7")
    assert (await clerk.delete(invoice)).status_code == 204
    *_, deleted = await clerk.page(LOG, entity="Invoice", key=invoice.number)
    told = fields(deleted)
    assert deleted["event"] == "deleted"
    assert {name: told[name] for name in ("customer_number", "status", "document_date", "customer_reference")} == {
        "customer_number": ("20001",),
        "status": ("Balanced",),
        "document_date": ("2025-03-03",),
        "customer_reference": ("PO 7",),
    }
    assert Decimal(told["amount"][0]) == 125


async def test_a_settled_invoice_tells_its_balance_before_and_after(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    note = await clerk.credit_note(applicationLines=[application(invoice, 125)])
    before = await clerk.newest_change()
    await clerk.release(note)
    changes = {change["entity"]: change for change in await made_since(clerk, before)}
    assert changes["Invoice"]["event"] == "settled"
    told = fields(changes["Invoice"])
    assert [Decimal(balance) for balance in told["balance"]] == [125, 0]
    assert told["status"] == ("Open", "Closed")
    assert fields(changes["CreditNote"])["status"] == ("Balanced", "Closed")


async def test_closing_and_reopening_a_period_is_told(clerk: Clerk) -> None:
    assert (await clerk.delete("customerCreditNote/010001")).status_code == 204  # a draft in that period
    before = await clerk.newest_change()
    for action in ("close", "reopen"):
        answer = await clerk.act("reskontra/financialPeriod/202001", action)
        assert answer.status_code == 200, answer.text
    told = [(it["event"], fields(it)) for it in await made_since(clerk, before, key="202001")]
    assert told == [
        ("closed", {"closed_in_customer_ledger": (False, True)}),
        ("reopened", {"closed_in_customer_ledger": (True, False)}),
    ]


async def test_master_data_are_told_as_they_were(clerk: Clerk) -> None:
    before = await clerk.newest_change()
    await clerk.create("attribute", attributeID="COLOUR", controlType="Text")
    await clerk.change("customer/20001", creditLimit=500)
    assert (await clerk.delete("attribute/COLOUR")).status_code == 204
    created, limit, deleted = await made_since(clerk, before)
    assert fields(created)["attribute_id"] == fields(deleted)["attribute_id"] == ("COLOUR",)
    assert "new" in created["fields"][0]
    assert "old" in deleted["fields"][0]
    assert [Decimal(it) for it in fields(limit)["credit_limit"]] == [0, 500]


# Finding


async def test_the_log_is_filtered_by_thing_person_attribute_and_kind_of_change(clerk: Clerk) -> None:
    first, second = [await clerk.invoice() for _ in range(2)]
    await clerk.change(first, note="x")
    await clerk.change(second, documentDueDate="2025-12-31")

    async def found(**query: Any) -> list[tuple[str, str]]:
        return [(change["key"], change["event"]) for change in await clerk.page(LOG, entity="Invoice", **query)]

    assert await found(key=first.number) == [(first.number, "created"), (first.number, "updated")]
    assert await found(field="due_date") == [(second.number, "updated")]
    assert await found(event="updated", actor="open") == [(first.number, "updated"), (second.number, "updated")]
    assert await found(actor="nobody") == []
    assert {change["entity"] for change in await clerk.page(LOG, entity="CreditNote")} == {"CreditNote"}


async def test_the_log_is_filtered_by_time_and_a_day_is_whole(clerk: Clerk) -> None:
    before = await clerk.newest_change()
    invoice = await clerk.invoice()
    day = clerk.clock.now().date()
    for query, is_found in (
        ({"from": day}, True),
        ({"from": day, "to": day}, True),
        ({"to": day - timedelta(days=1)}, False),
        ({"from": day + timedelta(days=1)}, False),
        ({"from": f"{day}T00:00:00", "to": f"{day}T00:00:00"}, False),
    ):
        changes = await made_since(clerk, before, entity="Invoice", **query)
        assert [change["key"] for change in changes] == ([invoice.number] if is_found else []), query


async def test_a_reader_goes_on_after_the_last_change_that_he_read(clerk: Clerk) -> None:
    for _ in range(3):
        await clerk.invoice()
    everything = await clerk.page(LOG)
    assert everything[0]["metadata"]["totalCount"] == len(everything)
    read: list[dict[str, Any]] = []
    while page := await clerk.page(LOG, pageSize=2, **({"after": read[-1]["changeId"]} if read else {})):
        read += page
    assert [it["changeId"] for it in read] == [it["changeId"] for it in everything]
    moments = [it["changedDateTime"] for it in read]
    assert moments == sorted(moments)


@pytest.mark.parametrize("after", ["999999999", "x", "-1", "9" * 40])
async def test_after_what_nobody_changed_is_refused(bystander: Clerk, after: str) -> None:
    answer = await bystander.http.get(f"/v1/{LOG}", params={"after": after})
    assert answer.status_code == 400
    assert f"There is no change {after}" in answer.json()["message"]


async def test_payments_are_told_like_documents(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    before = await clerk.newest_change()
    gone = await clerk.payment(10, referenceNumber="PMT-1")
    assert (await clerk.delete(f"reskontra/customerPayment/{gone.number}")).status_code == 204
    paid = await clerk.payment(100, {"documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 100})
    await clerk.change(paid, invoiceText="Thanks")
    await clerk.release(paid)
    told = [(it["entity"], it["event"], fields(it)) for it in await made_since(clerk, before)]
    (_, _, sent), (_, _, deleted), _, (_, _, text), (_, _, released), (kind, event, settled) = sorted(
        told, key=lambda it: it[1] == "settled"
    )
    assert sent == {"number": ("PMT-1",)}
    assert (deleted["customer_number"], Decimal(deleted["amount"][0])) == (("20001",), Decimal(10))
    assert text["invoice_text"] == (None, "Thanks")
    assert released["status"] == ("Balanced", "Closed")
    assert (kind, event) == ("Invoice", "settled")
    assert [Decimal(balance) for balance in settled["balance"]] == [125, 25]
