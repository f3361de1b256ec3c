"""Settlement as rules: what may settle what, and that no øre is lost or made (APP, FX-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.currencies.rules import BASE_RATE, CurrencyPosting, Rate
from reskontra.errors import Conflict, Refused, UnknownReference
from reskontra.posting.rules import Part
from reskontra.receivables.rules.items import OpenItem, Proposal, Settled
from reskontra.receivables.rules.proposals import check_proposal, check_total
from reskontra.receivables.rules.settling import settle as settle_with
from reskontra.receivables.rules.settling import settlement_parts, undone
from reskontra.records import replace

CREDIT = OpenItem(
    document_id=1,
    document_type="CreditNote",
    number="010001",
    status="Open",
    customer_id=7,
    account_number="1500",
    subaccount_id=1,
    branch_number="1",
    document_date=date(2025, 2, 1),
    period_id="202502",
    currency_id="NOK",
    rate=BASE_RATE,
    balance=Decimal("100.00"),
    balance_base=Decimal("100.00"),
)
DEBIT = replace(
    CREDIT, document_id=2, document_type="Invoice", number="002001", document_date=date(2025, 1, 5), period_id="202501"
)

POSTING = CurrencyPosting(currency_id="NOK", gain_account="8060", loss_account="8160")


def settle(credit: OpenItem, proposals: Sequence[Proposal], debits: Mapping[int, OpenItem]) -> Settled:
    return settle_with(credit, proposals, debits, 2, posting=POSTING)


def parts_of(settled: Settled, credit: OpenItem, debits: Mapping[int, OpenItem]) -> list[tuple[Part, int]]:
    return settlement_parts(settled, {credit.document_id: credit, **debits})


def proposal(amount: str, debit: OpenItem = DEBIT) -> Proposal:
    return Proposal(
        debit_document_id=debit.document_id,
        document_type=debit.document_type,
        number=debit.number,
        amount=Decimal(amount),
    )


def refusal_of(wanted: Proposal, debit: OpenItem | None, credit: OpenItem = CREDIT) -> Refused | None:
    try:
        check_proposal(wanted, debit, ("application_lines", 0), credit=credit)
    except Refused as refused:
        return refused
    return None


def test_an_open_debit_of_the_same_customer_may_be_settled() -> None:
    assert refusal_of(proposal("100.00"), DEBIT) is None


@pytest.mark.parametrize(
    ("wanted", "debit", "field"),
    [
        (proposal("1"), None, "number"),
        (proposal("1"), replace(DEBIT, customer_id=8), "number"),
        (proposal("1"), replace(DEBIT, status="Balanced"), "number"),
        (proposal("1"), replace(DEBIT, status="Closed"), "number"),
        (proposal("1"), replace(DEBIT, status="Reserved"), "number"),
        (proposal("1"), replace(DEBIT, currency_id="EUR"), "number"),
        (proposal("1"), replace(DEBIT, proposed_by=9, proposer="CreditNote 9"), "number"),
        (proposal("0"), DEBIT, "amount_paid"),
        (proposal("-1"), DEBIT, "amount_paid"),
        (proposal("100.01"), DEBIT, "amount_paid"),
        (proposal("100.001"), DEBIT, "amount_paid"),
        (replace(proposal("1"), document_type="CreditNote"), DEBIT, "document_type"),
    ],
)
def test_what_may_not_be_settled_is_refused_with_its_field(
    wanted: Proposal, debit: OpenItem | None, field: str
) -> None:
    refused = refusal_of(wanted, debit)
    assert refused is not None
    assert refused.field == ("application_lines", 0, field)


def test_an_unknown_document_cannot_be_found() -> None:
    assert isinstance(refusal_of(proposal("1"), None), UnknownReference)


def test_what_would_be_booked_before_the_debt_itself_is_refused() -> None:
    later = replace(DEBIT, document_date=date(2025, 3, 1), period_id="202503")
    assert refusal_of(proposal("1"), later) is None, "at one rate on one account nothing is booked"
    changes: list[dict[str, Any]] = [{"rate": Rate(Decimal("11.5"))}, {"account_number": "1510"}]
    for changed in changes:
        refused = refusal_of(proposal("1"), replace(later, **changed))
        assert refused is not None
        assert refused.field == ("application_lines", 0, "number")
        assert refusal_of(proposal("1"), replace(DEBIT, **changed)) is None


def test_a_debt_at_a_rate_of_exactly_one_meets_a_credit_at_another() -> None:
    later = replace(DEBIT, document_date=date(2025, 3, 1), period_id="202503", currency_id="SEK")
    assert refusal_of(proposal("1"), later, replace(CREDIT, currency_id="SEK", rate=Rate(Decimal("1.03")))) is not None


def test_two_proposals_on_one_document_are_a_bug() -> None:
    with pytest.raises(ValueError, match="two proposals"):
        settle(CREDIT, [proposal("1"), proposal("2")], {2: DEBIT})


def test_no_more_is_applied_than_the_credit_has() -> None:
    check_total([proposal("60"), proposal("40")], Decimal(100))
    with pytest.raises(Refused):
        check_total([proposal("60"), proposal("40.01")], Decimal(100))


def test_a_full_application_closes_both() -> None:
    settled = settle(CREDIT, [proposal("100.00")], {2: DEBIT})
    assert (settled.item(1).status, settled.item(2).status) == ("Closed", "Closed")
    assert settled.applications[0].applied_on == date(2025, 2, 1)
    assert settled.applications[0].period_id == "202502"
    assert settled.applications[0].gain_loss == 0


def test_a_debit_that_was_settled_meanwhile_is_a_conflict() -> None:
    with pytest.raises(Conflict):
        settle(CREDIT, [proposal("100.00")], {2: replace(DEBIT, balance=Decimal("99.99"))})


def test_an_exchange_difference_is_what_the_base_amounts_differ_by() -> None:
    debit = replace(DEBIT, balance=Decimal(1000), rate=Rate(Decimal("11.2345")), balance_base=Decimal("11234.50"))
    credit = replace(CREDIT, balance=Decimal(1000), rate=Rate(Decimal("11.5000")), balance_base=Decimal("11500.00"))
    settled = settle(credit, [proposal("1000")], {2: debit})
    assert settled.applications[0].gain_loss == Decimal("265.50")
    parts = parts_of(settled, credit, {2: debit})
    assert [(part.amount_base, side, part.moves_document_id) for part, side in parts] == [
        (Decimal("11500.00"), +1, 1),
        (Decimal("11234.50"), -1, 2),
        (Decimal("265.50"), -1, None),
    ]
    assert (parts[2][0].account_number, settled.applications[0].gain_loss_account) == ("8060", "8060")


def test_a_difference_without_an_account_is_refused() -> None:
    debit = replace(DEBIT, rate=Rate(Decimal(2)), balance_base=Decimal(200))
    with pytest.raises(Refused, match="no account for exchange differences"):
        settle_with(CREDIT, [proposal("1")], {2: debit}, 2, posting=CurrencyPosting(currency_id="NOK"))


def test_documents_on_one_account_at_one_rate_make_no_entry() -> None:
    settled = settle(CREDIT, [proposal("40.00")], {2: DEBIT})
    assert not settled.applications[0].is_posted
    assert parts_of(settled, CREDIT, {2: DEBIT}) == []


cents = st.integers(min_value=1, max_value=10_000_00).map(lambda value: Decimal(value) / 100)
rates = st.integers(min_value=1, max_value=2_000_000).map(lambda value: Decimal(value) / 100_000)


@given(parts=st.lists(cents, min_size=1, max_size=8), credit_rate=rates, debit_rate=rates)
def test_parts_that_use_up_a_credit_use_up_its_base_too(
    parts: list[Decimal], credit_rate: Decimal, debit_rate: Decimal
) -> None:
    amount = sum(parts, Decimal(0))
    credit = replace(
        CREDIT, rate=Rate(credit_rate), balance=amount, balance_base=(amount * credit_rate).quantize(Decimal("0.01"))
    )
    debits = {
        number: replace(
            DEBIT,
            document_id=number,
            rate=Rate(debit_rate),
            balance=part,
            balance_base=(part * debit_rate).quantize(Decimal("0.01")),
        )
        for number, part in enumerate(parts, 2)
    }
    proposals = [
        Proposal(debit_document_id=number, document_type="Invoice", number=str(number), amount=part)
        for number, part in enumerate(parts, 2)
    ]
    settled = settle(credit, proposals, debits)
    assert settled.item(1).balance == settled.item(1).balance_base == Decimal(0)
    moved = [item for item in settled.items if item.document_id != 1]
    assert all(debit.balance == debit.balance_base == Decimal(0) for debit in moved)
    assert {debit.status for debit in moved} == {"Closed"}
    gained = sum(application.gain_loss for application in settled.applications)
    assert gained == credit.balance_base - sum(debit.balance_base for debit in debits.values())
    assert all(application.base_credit >= 0 and application.base_debit >= 0 for application in settled.applications)
    entries = parts_of(settled, credit, debits)
    assert sum(side * part.amount_base for part, side in entries) == 0, "what a settlement books balances"
    assert sum(side * part.amount for part, side in entries) == 0


@given(data=st.data(), credit_rate=rates, debit_rate=rates, parts=st.lists(cents, min_size=1, max_size=6))
def test_taking_applications_back_in_any_order_restores_both_sides(
    data: st.DataObject, credit_rate: Decimal, debit_rate: Decimal, parts: list[Decimal]
) -> None:
    amount = sum(parts, Decimal(0)) + Decimal(5)
    credit = replace(
        CREDIT, rate=Rate(credit_rate), balance=amount, balance_base=(amount * credit_rate).quantize(Decimal("0.01"))
    )
    debits = {
        number: replace(
            DEBIT,
            document_id=number,
            account_number="1510",
            rate=Rate(debit_rate),
            balance=part,
            balance_base=(part * debit_rate).quantize(Decimal("0.01")),
        )
        for number, part in enumerate(parts, 2)
    }
    proposals = [
        Proposal(debit_document_id=number, document_type="Invoice", number=str(number), amount=part)
        for number, part in enumerate(parts, 2)
    ]
    settled = settle(credit, proposals, debits)
    before = {1: credit, **debits}
    items = {item.document_id: item for item in settled.items}
    booked = settlement_parts(settled, before)
    for application in data.draw(st.permutations(settled.applications)):
        back = undone(application, 99, items[1], items[application.debit_document_id], (date(2025, 4, 1), "202504"))
        assert back.applications[0].reverses_id == 99
        items |= {item.document_id: item for item in back.items}
        booked += settlement_parts(back, before)
    assert items == before, "balances, statuses and closing periods are as they were"
    left: dict[tuple[str, int | None], Decimal] = {}
    for part, side in booked:
        key = (part.account_number, part.moves_document_id)
        left[key] = left.get(key, Decimal(0)) + side * part.amount_base
    assert set(left.values()) == {Decimal(0)}, "each account and each document nets to zero"
