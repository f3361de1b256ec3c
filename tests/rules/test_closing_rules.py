"""Which periods closing and reopening touch, and what stands in their way (PER-06)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.closing.rules import (
    Ledger,
    Unfinished,
    check_finished,
    is_open,
    periods_to_close,
    periods_to_open,
    periods_to_reopen,
)
from reskontra.errors import NotFound, Refused
from reskontra.periods.rules import Period


def year(**states: str) -> dict[str, Period]:
    """Twelve months of 2025; `m03="CG"`: March is closed in the customer and general ledger, "-": not active."""
    return {
        f"2025{month:02d}": Period(
            f"2025{month:02d}",
            date(2025, month, 1),
            date(2025, month, 28),
            active="-" not in states.get(f"m{month:02d}", ""),
            closed_in_customer_ledger="C" in states.get(f"m{month:02d}", ""),
            closed_in_general_ledger="G" in states.get(f"m{month:02d}", ""),
        )
        for month in range(1, 13)
    }


def test_closing_a_period_closes_all_before_it() -> None:
    assert periods_to_close("202503", Ledger.CUSTOMER, year()) == ["202501", "202502", "202503"]
    assert periods_to_close("202503", Ledger.CUSTOMER, year(m01="C")) == ["202502", "202503"]


def test_closing_what_is_closed_touches_nothing() -> None:
    assert periods_to_close("202501", Ledger.CUSTOMER, year(m01="C")) == []


def test_the_general_ledger_waits_for_the_customer_ledger() -> None:
    with pytest.raises(Refused, match="202502"):
        periods_to_close("202502", Ledger.GENERAL, year(m01="C"))
    assert periods_to_close("202501", Ledger.GENERAL, year(m01="C")) == ["202501"]


def test_an_inactive_period_cannot_be_closed_but_opened() -> None:
    with pytest.raises(Refused, match="not active"):
        periods_to_close("202501", Ledger.CUSTOMER, year(m01="-"))
    assert periods_to_open("202501", year(m01="-")) == ["202501"]
    assert periods_to_open("202502", year(m01="-")) == []


def test_reopening_a_period_reopens_all_after_it() -> None:
    states = year(m01="C", m02="C", m03="C")
    assert periods_to_reopen("202502", Ledger.CUSTOMER, states) == ["202502", "202503"]


def test_the_customer_ledger_is_not_reopened_under_a_closed_general_ledger() -> None:
    with pytest.raises(Refused, match="general ledger"):
        periods_to_reopen("202501", Ledger.CUSTOMER, year(m01="CG"))


@pytest.mark.parametrize("ledger", list(Ledger))
def test_an_unknown_period_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        periods_to_close("209901", ledger, year())
    with pytest.raises(NotFound):
        periods_to_reopen("209901", ledger, year())


def test_documents_that_are_not_released_stand_in_the_way_and_are_named() -> None:
    check_finished([])
    with pytest.raises(Refused, match=r"Invoice 002001 \(202501\)"):
        check_finished([Unfinished("Invoice", "002001", "202501")])


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["close", "reopen"]), st.integers(1, 12), st.sampled_from(list(Ledger))), max_size=12
    )
)
def test_the_closed_periods_are_always_the_earliest_ones(steps: list[tuple[str, int, Ledger]]) -> None:
    periods = year()
    for verb, month, ledger in steps:
        wanted = f"2025{month:02d}"
        try:
            touched = (periods_to_close if verb == "close" else periods_to_reopen)(wanted, ledger, periods)
        except Refused:
            continue
        for period_id in touched:
            period = periods[period_id]
            customer, general = period.closed_in_customer_ledger, period.closed_in_general_ledger
            if ledger == Ledger.CUSTOMER:
                customer = verb == "close"
            else:
                general = verb == "close"
            periods[period_id] = Period(
                period_id,
                period.start_date,
                period.end_date,
                closed_in_customer_ledger=customer,
                closed_in_general_ledger=general,
            )
        for ledger_seen in Ledger:
            states = [is_open(period, ledger_seen) for _, period in sorted(periods.items())]
            assert states == sorted(states)
        assert all(it.closed_in_customer_ledger or not it.closed_in_general_ledger for it in periods.values())
