"""The two dates of a payment as it is read (PAY-02), and the orders of its list (PAY-13)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.api.payments.conftest import on, owed
from tests.clerk import CREDIT_NOTE, PAYMENT, Clerk, Record

pytestmark = pytest.mark.usefixtures("payer")


async def dates(clerk: Clerk, payment: Record, **query: Any) -> tuple[str, str, str]:
    """Application date and period, and the payment's own date; the list and a page of it show the same."""
    found = await clerk.get(payment, **query)
    wanted = {"paymentType": found["type"]}
    (listed,) = [it for it in await clerk.page(PAYMENT, **wanted) if it["refNbr"] == payment.number]
    assert (listed["applicationDate"], listed["applicationPeriod"]) == (
        found["applicationDate"], found["applicationPeriod"],
    )  # fmt: skip
    return found["applicationDate"][:10], found["applicationPeriod"], found["financialDetails"]["paymentDate"][:10]


async def test_a_date_that_waits_is_not_shown_before_its_release(clerk: Clerk) -> None:
    paid = await clerk.pay(100)
    first, second = await owed(clerk, 30), await owed(clerk, 40)
    changed = await clerk.change(paid, applicationDate="2025-05-05", lines=[on(first)])
    assert await dates(clerk, paid) == ("2025-03-03", "202503", "2025-03-03")
    await clerk.release(changed)
    assert await dates(clerk, paid) == ("2025-05-05", "202505", "2025-03-03")
    (row,) = await clerk.rows("select applied_on from application where application_id = (select max(application_id)"
                              " from application)")  # fmt: skip
    assert str(row["applied_on"]) == "2025-05-05"
    changed = await clerk.change(paid, applicationDate="2025-07-07", lines=[on(second)])
    assert await dates(clerk, paid) == ("2025-05-05", "202505", "2025-03-03")
    await clerk.release(changed)
    assert await dates(clerk, paid) == ("2025-07-07", "202507", "2025-03-03")


async def test_a_draft_shows_its_own_date(clerk: Clerk) -> None:
    draft = await clerk.payment(100, on(await owed(clerk, 30)))
    moved = await clerk.change(draft, applicationDate="2025-05-05")
    assert await dates(clerk, moved) == ("2025-05-05", "202505", "2025-05-05")


@pytest.mark.parametrize("way", ["run", "extension"])
async def test_what_others_apply_later_is_shown(clerk: Clerk, way: str) -> None:
    invoice, paid = await owed(clerk, 40), await clerk.pay(100)
    if way == "run":
        order: dict[str, Any] = {"asOf": "2025-06-06", "filters": {"customer": [clerk.customer_number]}}
        answer = await clerk.post("reskontra/run/autoApply", **order)
    else:
        answer = await clerk.post(
            "reskontra/application",
            credit={"documentType": "Payment", "referenceNumber": paid.number},
            lines=[{"documentType": "Invoice", "referenceNumber": invoice.number, "amountPaid": 40}],
            applicationDate="2025-06-06",
        )
    assert answer.status_code == 200, answer.text
    assert await dates(clerk, paid) == ("2025-06-06", "202506", "2025-03-03")
    (shown,) = (await clerk.get(invoice))["applications"]
    assert shown["applicationDate"][:10] == "2025-06-06"


async def test_documents_that_settle_others_on_different_days(clerk: Clerk) -> None:
    """A payment of nothing that matches a note with an invoice dates itself, though neither side is its own."""
    note, early, late = (
        await owed(clerk, 50, CREDIT_NOTE),
        await owed(clerk, 20),
        await owed(clerk, 30, documentDate="2025-04-04"),
    )
    paid = await clerk.pay(None, on(note, "CreditNote"), on(early), on(late))
    assert await dates(clerk, paid) == ("2025-04-04", "202504", "2025-03-03")
    assert await dates(clerk, paid.__class__(note, f"/v1/{PAYMENT}/{note.number}"), paymentType="CreditNote") == (
        "2025-04-04", "202504", "2025-03-03",
    )  # fmt: skip


async def test_what_is_taken_back_moves_no_date(clerk: Clerk) -> None:
    """Undoing and voiding are later events; a closed or voided payment takes back what it shows (invariant 40)."""
    invoice, paid = await owed(clerk, 100), await clerk.pay(100)
    await clerk.release(await clerk.change(paid, applicationDate="2025-05-05", lines=[on(invoice)]))
    closed = await clerk.get(paid)
    assert (await clerk.change(closed, applicationDate="2025-05-05", applicationPeriod="202505")).etag == closed.etag
    assert "cannot change" in await clerk.refuse_change(closed, applicationDate="2025-03-03")
    (made,) = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    undone = await clerk.post(f"reskontra/application/{made['id']}/action/undo", date="2025-06-06")
    assert undone.status_code == 200, undone.text
    assert await dates(clerk, paid) == ("2025-05-05", "202505", "2025-03-03")
    assert (await clerk.act(paid, "void")).status_code == 200
    moved = await clerk.put(f"{PAYMENT}/{paid.number}?paymentType=VoidPayment", applicationDate="2025-08-08")
    assert moved.status_code == 204, moved.text
    assert (await clerk.act(paid, "release", type="VoidPayment")).status_code == 200
    assert await dates(clerk, paid) == ("2025-05-05", "202505", "2025-03-03")
    assert await dates(clerk, paid, paymentType="VoidPayment") == ("2025-08-08", "202508", "2025-08-08")
    voided = await clerk.get(paid)
    assert (await clerk.change(voided, applicationDate="2025-05-05", applicationPeriod="202505")).etag == voided.etag


# Orders


@pytest.fixture
async def payments(clerk: Clerk) -> list[dict[str, Any]]:
    """Payments of all kinds, in another order by each column; a customer's number may come before his id."""
    invoice = await owed(clerk, 40)
    early = await clerk.pay(300, applicationDate="2025-01-10")
    await clerk.pay(200, type="Prepayment", applicationDate="2025-04-10")
    last = (await clerk.customer(name="Last AS", number="ZZ-9")).number
    first = (await clerk.customer(name="First AS", number="AA-1")).number
    voided = await clerk.pay(150, customer=last, applicationDate="2025-02-10")
    await clerk.act(voided, "void")
    await clerk.payment(90, customer=first, type="Refund", hold=True)
    await clerk.release(await clerk.change(early, applicationDate="2025-05-05", lines=[on(invoice)]))
    return await clerk.page(PAYMENT)


TYPES = ("Payment", "CreditNote", "Prepayment", "Refund", "VoidPayment", "SmallBalanceWo", "VoidRefund")
ORDERS = {
    "type": lambda it: TYPES.index(it["type"]),
    "refNbr": lambda it: it["refNbr"],
    "customer": lambda it: it["customer"]["number"],
    "docDate": lambda it: it["financialDetails"]["paymentDate"],
    "applicationDate": lambda it: it["applicationDate"],
    "paymentAmount": lambda it: abs(it["paymentAmount"]),
    "status": lambda it: it["status"],
    "lastModifiedDateTime": lambda it: it["lastModifiedDateTime"],
}


@pytest.mark.parametrize("is_filtered", [False, True], ids=["all", "filtered"])
async def test_each_order_in_both_directions(
    clerk: Clerk, payments: list[dict[str, Any]], *, is_filtered: bool
) -> None:
    more = {"docDate": "2000-01-01", "docDateCondition": ">"} if is_filtered else {}
    for name, value in ORDERS.items():
        assert len({value(it) for it in payments}) > 2, name
        for words, is_descending in ((name, False), (f"{name} ASC", False), (f"{name.upper()} desc", True)):
            found = await clerk.page(PAYMENT, orderBy=words, **more)
            assert sorted(found, key=str) == sorted(payments, key=str)
            keys = [(value(it), it["refNbr"], TYPES.index(it["type"])) for it in found]
            for one, two in pairwise(keys):
                ahead = one[0] > two[0] if is_descending else one[0] < two[0]
                assert ahead or one[0] == two[0], (words, keys)
                assert ahead or name == "refNbr" or one[1:] < two[1:], (words, keys)


async def test_an_order_of_several_columns(clerk: Clerk, payments: list[dict[str, Any]]) -> None:
    found = await clerk.page(PAYMENT, orderBy="status desc, applicationDate")
    keys = [(it["status"], it["applicationDate"]) for it in found]
    by_date = sorted(keys, key=lambda key: key[1])
    assert keys == sorted(by_date, key=lambda key: key[0], reverse=True)
    assert keys != sorted(keys, reverse=True)
