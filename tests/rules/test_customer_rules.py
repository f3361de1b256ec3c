"""What a customer's status and credit allow, and how its master data is put together. No database."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.customers.customer import CUSTOMER_COLUMNS, Address, Customer, Debtor, Location, Status
from reskontra.customers.rules.identifiers import check as check_identifiers
from reskontra.customers.rules.master_data import becomes_inactive, differences
from reskontra.customers.rules.standing import MATRIX, CreditFailure, check_may, credit_check, may
from reskontra.errors import Refused
from reskontra.records import columns, replace
from reskontra.reference.rules.classes import CreditVerification, CustomerClass

# CST-03, one letter per status: Active, oNe time, on Hold, Credit hold, Inactive.
LETTERS = {
    "A": Status.ACTIVE,
    "N": Status.ONE_TIME,
    "H": Status.ON_HOLD,
    "C": Status.CREDIT_HOLD,
    "I": Status.INACTIVE,
}
ALLOWED = {
    "create_debit": "AN",
    "create_credit": "ANHC",
    "release_credit": "ANHC",
    "release_debit": "AN",
    "payment": "ANHC",
    "dunning": "ANHC",
    "overdue_charge": "ANC",
    "edit": "ANHC",
}


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("operation", ALLOWED)
def test_the_status_matrix(operation: str, letter: str) -> None:
    status = LETTERS[letter]
    assert may(status, operation) == (letter in ALLOWED[operation])
    if letter in ALLOWED[operation]:
        check_may(status, operation, "10000")
    else:
        with pytest.raises(Refused) as refusal:
            check_may(status, operation, "10000", ("customer_number",))
        assert status.value in refusal.value.reason
        assert "10000" in refusal.value.reason
        assert "Active" in refusal.value.hint
        assert refusal.value.field == ("customer_number",)


def test_the_matrix_has_no_other_operation() -> None:
    assert MATRIX.keys() == ALLOWED.keys()


AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
TODAY = date(2026, 1, 15)


def asked(rule: CreditVerification, **given_values: object) -> CreditFailure | None:
    values: dict[str, object] = {
        "limit": Decimal(1000),
        "days_past_due": 10,
        "balance": Decimal(0),
        "unreleased": Decimal(0),
        "earliest_due_date": None,
        "today": TODAY,
        "added_amount": Decimal(0),
    }
    return credit_check(rule, **(values | given_values))  # type: ignore[arg-type]


@given(AMOUNTS, AMOUNTS, st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2), st.integers(-400, 400))
def test_disabled_never_fails(balance: Decimal, unreleased: Decimal, limit: Decimal, added: Decimal, days: int) -> None:
    due = TODAY - timedelta(days)
    values = {"limit": limit, "balance": balance, "unreleased": unreleased, "added_amount": added}
    assert asked(CreditVerification.DISABLED, **values, earliest_due_date=due) is None


@given(AMOUNTS, AMOUNTS, st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2))
def test_the_limit_fails_exactly_when_less_than_nothing_is_left(
    balance: Decimal, unreleased: Decimal, limit: Decimal, added: Decimal
) -> None:
    left = limit - balance - unreleased - added
    failure = asked(
        CreditVerification.CREDIT_LIMIT, limit=limit, balance=balance, unreleased=unreleased, added_amount=added
    )
    assert (failure is not None) == (left < 0)
    if failure is not None:
        assert failure.excess == -left
        for amount in (limit, balance, -left):
            assert f"{amount:f}" in failure.reason


def test_exactly_at_the_limit_passes_and_one_cent_more_does_not() -> None:
    values = {"balance": Decimal("900.00"), "unreleased": Decimal("50.00")}
    assert asked(CreditVerification.CREDIT_LIMIT, **values, added_amount=Decimal("50.00")) is None
    failure = asked(CreditVerification.CREDIT_LIMIT, **values, added_amount=Decimal("50.01"))
    assert failure is not None
    assert failure.excess == Decimal("0.01")


@given(st.integers(-400, 400), st.integers(0, 300))
def test_the_days_fail_exactly_when_a_due_date_is_longer_ago(days_ago: int, allowed: int) -> None:
    due = TODAY - timedelta(days_ago)
    failure = asked(CreditVerification.DAYS_PAST_DUE, days_past_due=allowed, earliest_due_date=due)
    assert (failure is not None) == (days_ago > allowed)
    if failure is not None:
        assert failure.excess == 0
        assert due.isoformat() in failure.reason


@given(AMOUNTS, st.integers(-400, 400))
def test_both_fail_when_either_fails(balance: Decimal, days_ago: int) -> None:
    values = {"balance": balance, "earliest_due_date": TODAY - timedelta(days_ago)}
    rules = (CreditVerification.CREDIT_LIMIT, CreditVerification.DAYS_PAST_DUE)
    both = asked(CreditVerification.LIMIT_AND_DAYS, **values)
    assert (both is not None) == any(asked(rule, **values) is not None for rule in rules)


def customer(**values: object) -> Customer:
    plain: dict[str, object] = {"name": "X", "customer_class_id": "1", "terms_id": "14", "currency_id": "NOK"}
    location = Location(location_cd="Main", name="Main", customer_ledger_account="1500")
    return Customer(location=location, **(plain | values))  # type: ignore[arg-type]


def test_differences_name_what_changed_only() -> None:
    stored = customer(note="a")
    assert differences(stored, stored) == {}
    changed = replace(stored, note=None, main_address=Address(city="Oslo"))
    assert differences(stored, changed) == {
        "note": ("a", None),
        "main_address": (Address(), Address(city="Oslo")),
    }


def test_a_new_customers_differences_are_what_is_filled_in() -> None:
    found = differences(None, customer(note="a"))
    assert found["note"] == "a"
    assert "account_reference" not in found


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_only_the_step_to_inactive_needs_the_proof(before: Status, after: Status) -> None:
    needs = becomes_inactive(customer(status=before), customer(status=after))
    assert needs == (after is Status.INACTIVE and before is not Status.INACTIVE)


def test_each_field_that_a_class_supplies_has_its_place_on_the_customer() -> None:
    """CLS-02. The charge code belongs to overdue charges, which look it up in the class."""
    own = set(columns(Customer)) | set(columns(Location))
    elsewhere = {"payment_method_id", "vat_zone_required", "country_id", "description", "overdue_charge_code"}
    assert {field.name for field in dataclasses.fields(CustomerClass)} - own == elsewhere


def test_a_debtor_shows_columns_that_a_customer_has() -> None:
    debtor = set(columns(Debtor)) - {"balance", "unreleased", "salesperson_id", "own_methods"}
    assert debtor <= set(columns(Customer))
    assert "number" not in CUSTOMER_COLUMNS


def with_numbers(country: str | None, corporate: str | None = None, vat: str | None = None) -> Customer:
    plain = customer(main_address=Address(country_id=country))
    return replace(plain, location=replace(plain.location, corporate_id=corporate, vat_registration_id=vat))


@pytest.mark.parametrize(
    ("country", "corporate", "vat"),
    [
        ("NO", "988077917", "NO988077917MVA"),
        ("NO", "988 077 917", "988077917MVA"),
        ("SE", "556188-8404", "SE556188840401"),
        ("NO", None, "DE136695976"),
        ("US", "anything", None),
        (None, "anything", "12"),
    ],
)
def test_numbers_that_can_exist_pass(country: str | None, corporate: str | None, vat: str | None) -> None:
    check_identifiers(with_numbers(country, corporate, vat), None)


@pytest.mark.parametrize(
    ("country", "corporate", "vat", "field"),
    [
        ("NO", "988077918", None, "corporate_id"),
        ("SE", "556188-8405", None, "corporate_id"),
        ("NO", None, "NO988077918MVA", "vat_registration_id"),
        ("NO", None, "DE136695978", "vat_registration_id"),
    ],
)
def test_numbers_that_cannot_exist_are_refused_unless_they_stand_already(
    country: str, corporate: str | None, vat: str | None, field: str
) -> None:
    bad = with_numbers(country, corporate, vat)
    with pytest.raises(Refused) as refusal:
        check_identifiers(bad, None)
    assert refusal.value.field == (field,)
    assert refusal.value.value in (corporate, vat)
    check_identifiers(replace(bad, name="Y"), bad)
