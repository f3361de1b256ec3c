"""Dated reference data that comes to its end (LAW-01). The day is always given: no test asks what day it is."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from reskontra.codes import Codes
from reskontra.periods.rules import Period
from reskontra.reference.reference import Reference
from reskontra.reference.rules.dunning_levels import LegalRate
from reskontra.reference.rules.expiry import expiring
from reskontra.vat.rules.codes import VatId, VatRate
from tests.rules.test_document_rules import reference


def company(**fields: object) -> Reference:
    """A company in which nothing ends but what is given."""
    bare = {"legal_rates": (), "vat": Codes[VatId](), "ordinary_periods": ()}
    return dataclasses.replace(reference(), **bare | fields)  # type: ignore[arg-type]


def interest(start: date, until: date | None, kind: str = "late_interest_percent") -> LegalRate:
    return LegalRate(kind=kind, start_date=start, amount=Decimal(12), source="x", valid_until=until)


def told(known: Reference, today: date) -> list[str]:
    return [expiry.sentence for expiry in expiring(known, today)]


FIRST_HALF = interest(date(2026, 1, 1), date(2026, 6, 30))
SECOND_HALF = interest(date(2026, 7, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("today", "sentence"),
    [
        (date(2026, 5, 15), None),
        (date(2026, 5, 16), "ends on 2026-06-30"),
        (date(2026, 6, 30), "ends on 2026-06-30"),
        (date(2026, 7, 1), "ended on 2026-06-30"),
        (date(2036, 7, 1), "ended on 2026-06-30"),
    ],
)
def test_a_legal_rate_is_told_of_from_45_days_before_its_end(today: date, sentence: str | None) -> None:
    expected = f"The newest legal rate late_interest_percent {sentence}: look up the figure that follows and add it."
    assert told(company(legal_rates=(FIRST_HALF,)), today) == ([expected] if sentence else [])


def test_only_the_newest_row_of_a_kind_counts() -> None:
    known = company(legal_rates=(FIRST_HALF, SECOND_HALF, interest(date(2015, 1, 1), None, "reminder_fees_max")))
    assert told(known, date(2026, 9, 1)) == []
    assert len(told(known, date(2026, 12, 31))) == 1
    ended = interest(date(2015, 1, 1), date(2015, 12, 31), "reminder_fee_cap")
    assert len(told(company(legal_rates=(SECOND_HALF, ended)), date(2026, 9, 1))) == 1


def test_a_vat_id_whose_last_rate_ends_is_told_of() -> None:
    open_ended = VatId("25", rates=(VatRate(date(2005, 1, 1), Decimal(25)),))
    ending = VatId("12", rates=(VatRate(date(2005, 1, 1), Decimal(12), date(2026, 3, 31)),))
    known = company(vat=Codes([("25", open_ended), ("12", ending), ("0", VatId("0"))]))
    assert told(known, date(2026, 1, 1)) == []
    expected = "VAT id 12 ended on 2026-03-31: add a rate, or take the id out of its categories."
    assert told(known, date(2026, 4, 1)) == [expected]


def test_the_last_period_is_told_of() -> None:
    periods = (Period("202611", date(2026, 11, 1), date(2026, 11, 30)),
               Period("202612", date(2026, 12, 1), date(2026, 12, 31)))  # fmt: skip
    known = company(ordinary_periods=periods)
    assert told(known, date(2026, 11, 1)) == []
    expected = "The last financial period ends on 2026-12-31: add periods: later documents are refused."
    assert told(known, date(2026, 12, 1)) == [expected]
