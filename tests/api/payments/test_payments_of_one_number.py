"""Which document an address means, where the type says more than the number does (PAY-10)."""

from __future__ import annotations

import pytest

from tests.clerk import CREDIT_NOTE, PAYMENT, Clerk

TYPES = ("Payment", "Prepayment", "Refund", "VoidPayment", "VoidRefund", "CreditNote", "SmallBalanceWo")


@pytest.mark.parametrize("address", [PAYMENT, "payment"])
@pytest.mark.parametrize("wanted", [it for it in TYPES if it != "Payment"])
async def test_a_type_that_the_number_does_not_have_is_not_found(clerk: Clerk, address: str, wanted: str) -> None:
    draft = await clerk.payment(100)
    this, other = f"{address}/{draft.number}", f"?paymentType={wanted}"
    assert await clerk.status("GET", this + other) == 404
    assert await clerk.status("PUT", this + other, invoiceText="Mine") == 404
    assert await clerk.status("POST", f"{this}/action/release", type=wanted) == 404
    assert await clerk.status("POST", f"{this}/action/void", type=wanted) == 404
    assert await clerk.status("DELETE", f"reskontra/customerPayment/{draft.number}{other}") == 404
    assert (await clerk.get(draft)) == draft


async def test_the_type_of_a_number_is_found(clerk: Clerk) -> None:
    draft = await clerk.payment(100, type="Prepayment")
    this = f"{PAYMENT}/{draft.number}?paymentType=prepayment"
    changed = await clerk.put(this, invoiceText="Mine", type="Prepayment")
    assert changed.status_code == 204, changed.text
    assert (await clerk.get(draft))["invoiceText"] == "Mine"
    assert (await clerk.delete(f"reskontra/customerPayment/{draft.number}?paymentType=Prepayment")).status_code == 204


async def test_a_type_in_the_body_is_a_value_or_picks_what_is_not_entered(clerk: Clerk) -> None:
    draft = await clerk.payment(100)
    assert "cannot be changed" in await clerk.refuse_change(draft, type="Refund")
    paid = await clerk.release(draft)
    assert await clerk.status("PUT", paid, type="VoidPayment", applicationDate="2025-04-07") == 404
    assert (await clerk.act(paid, "void")).status_code == 200
    moved = await clerk.put(paid, type="VoidPayment", applicationDate="2025-04-07")
    assert moved.status_code == 204, moved.text
    void = await clerk.get(paid, paymentType="VoidPayment")
    assert void["applicationDate"] == "2025-04-07T00:00:00"
    text = await clerk.refused("PUT", f"{PAYMENT}/{paid.number}?paymentType=Payment", type="VoidPayment")
    assert "cannot change" in text


async def test_a_note_is_picked_by_both(clerk: Clerk) -> None:
    note = await clerk.issue(CREDIT_NOTE)
    for sent in ({"type": "CreditNote"}, {}):
        address = f"{PAYMENT}/{note.number}" + ("" if sent else "?paymentType=CreditNote")
        answer = await clerk.put(address, **sent, invoiceText=f"By {len(sent)}")
        assert answer.status_code == 204, answer.text
        assert (await clerk.get(address, paymentType="CreditNote"))["invoiceText"] == f"By {len(sent)}"
