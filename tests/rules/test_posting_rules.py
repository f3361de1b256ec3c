"""Entries of a receivables document: sides, merging, rounding, balance (GL-06, invariant 23)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.errors import Refused
from reskontra.posting.rules import Entry, Part, receivable_entries

CENTS = st.integers(-(10**6), 10**6).map(lambda cents: Decimal(cents) / 100)
DRIFT = st.integers(-3, 3).map(lambda cents: Decimal(cents) / 100)
RATE = Decimal("10.5")


def part(account: str, amount: Decimal, amount_base: Decimal | None = None, *, vat_id: str | None = None) -> Part:
    return Part(
        account_number=account,
        subaccount_id=1,
        branch_number="1",
        amount=amount,
        amount_base=amount if amount_base is None else amount_base,
        purpose="vat" if vat_id else "revenue",
        vat_id=vat_id,
    )


def entries(
    sign: int,
    receivable: Part,
    parts: list[Part],
    rounding: str = "0",
    *,
    gain: str | None = "G",
    loss: str | None = "L",
) -> tuple[Entry, ...]:
    return receivable_entries(
        sign, receivable, parts, rounding=Decimal(rounding), rounding_gain_account=gain, rounding_loss_account=loss
    )


def shown(found: tuple[Entry, ...]) -> list[tuple[str, str, str]]:
    return [(entry.account_number, str(entry.debit_base), str(entry.credit_base)) for entry in found]


def test_a_debit_document_debits_the_receivable_and_a_credit_mirrors_it() -> None:
    receivable, parts = part("1500", Decimal(125)), [part("3000", Decimal(100)), part("2711", Decimal(25), vat_id="3")]
    assert shown(entries(+1, receivable, parts)) == [("1500", "125", "0"), ("3000", "0", "100"), ("2711", "0", "25")]
    assert shown(entries(-1, receivable, parts)) == [("1500", "0", "125"), ("3000", "100", "0"), ("2711", "25", "0")]


def test_parts_of_one_account_and_vat_id_become_one_entry() -> None:
    parts = [part("3000", Decimal(100)), part("3000", Decimal(-40)), part("3000", Decimal(40), vat_id="3")]
    found = entries(+1, part("1500", Decimal(100)), parts)
    assert shown(found) == [("1500", "100", "0"), ("3000", "0", "60"), ("3000", "0", "40")]
    assert [entry.line_number for entry in found] == [1, 2, 3]


def test_parts_that_cancel_out_make_no_entry() -> None:
    assert entries(+1, part("1500", Decimal(0)), [part("3000", Decimal(5)), part("3000", Decimal(-5))]) == ()


def test_rounding_up_is_a_gain_of_a_debit_and_a_loss_of_a_credit() -> None:
    receivable, parts = part("1500", Decimal(101)), [part("3000", Decimal("100.50"))]
    assert shown(entries(+1, receivable, parts, "0.50"))[2] == ("G", "0", "0.50")
    assert shown(entries(-1, receivable, parts, "0.50"))[2] == ("L", "0.50", "0")
    down = part("1500", Decimal(100))
    assert shown(entries(+1, down, parts, "-0.50"))[2] == ("L", "0.50", "0")
    assert shown(entries(-1, down, parts, "-0.50"))[2] == ("G", "0", "0.50")


def test_rounding_that_is_nothing_in_base_currency_goes_by_its_sign_in_the_documents() -> None:
    parts = [part("3000", Decimal("0.40"), Decimal(0))]
    found = [
        entries(sign, part("1500", Decimal(total), Decimal(0)), parts, by)[-1].account_number
        for sign in (+1, -1)
        for total, by in (("0.50", "0.10"), ("0.30", "-0.10"))
    ]
    assert found == ["G", "L", "L", "G"]


def test_what_conversion_leaves_has_no_amount_in_the_currency_of_the_document() -> None:
    receivable = part("1500", Decimal("0.99"), Decimal("9.95"))
    parts = [part(account, Decimal("0.33"), Decimal("3.32")) for account in ("3000", "3100", "3105")]
    rounding = entries(+1, receivable, parts)[-1]
    assert (rounding.purpose, rounding.account_number) == ("rounding", "L")
    assert rounding.debit == rounding.credit == 0
    assert rounding.debit_base == Decimal("0.01")


def test_a_currency_without_a_rounding_account_is_refused_only_when_it_is_needed() -> None:
    receivable, parts = part("1500", Decimal(101)), [part("3000", Decimal("100.50"))]
    with pytest.raises(Refused) as refusal:
        entries(+1, receivable, parts, "0.50", gain=None, loss=None)
    assert refusal.value.field == ("currency_id",)
    assert len(entries(+1, part("1500", Decimal(1)), [part("3000", Decimal(1))], gain=None, loss=None)) == 2


def test_parts_that_do_not_add_up_are_a_bug_and_no_rounding_difference() -> None:
    with pytest.raises(ValueError, match="add up"):
        entries(+1, part("1500", Decimal(125)), [part("3000", Decimal(100))])


@given(
    st.sampled_from([+1, -1]),
    st.lists(st.tuples(st.sampled_from(["3000", "3100", "2711"]), CENTS, DRIFT), max_size=8),
    DRIFT,
)
def test_entries_balance_in_both_currencies_apart_from_conversion(
    sign: int, rows: list[tuple[str, Decimal, Decimal]], rounding: Decimal
) -> None:
    parts = [part(account, amount, round(amount * RATE, 2) + drift) for account, amount, drift in rows]
    amount = sum((row.amount for row in parts), rounding)
    receivable = part("1500", amount, round(amount * RATE, 2))
    found = entries(sign, receivable, parts, str(rounding))
    for debit, credit in (("debit", "credit"), ("debit_base", "credit_base")):
        assert sum(getattr(entry, debit) for entry in found) == sum(getattr(entry, credit) for entry in found)
        assert all(getattr(entry, side) >= 0 for entry in found for side in (debit, credit))
        assert all(not (getattr(entry, debit) and getattr(entry, credit)) for entry in found)
    owed = [entry for entry in found if entry.account_number == "1500"]
    assert sum(entry.debit_base - entry.credit_base for entry in owed) == sign * receivable.amount_base
    assert [entry.line_number for entry in found] == list(range(1, len(found) + 1))
