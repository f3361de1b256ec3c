"""What is deducted for domestic services, and for whom (RRT), from figures alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reskontra.domestic_services.rules.deduction import (
    Deduction,
    Share,
    check_personal_id,
    deducted,
    limit_warnings,
    shared_out,
)
from reskontra.domestic_services.rules.distribution import detailed, is_echo
from reskontra.domestic_services.rules.work_types import WORK_TYPES, DeductionType, find_work_type
from reskontra.errors import Refused, UnknownReference

ANNA, BO = "198112189876", "191212121212"
NOTHING = Decimal(0)


def deduction(amount: int, *shares: Share, of_type: DeductionType = DeductionType.RUT, **fields: Any) -> Deduction:
    return Deduction(
        type=of_type,
        percent=Decimal(50),
        work_price=Decimal(2 * amount),
        material_cost=NOTHING,
        other_cost=NOTHING,
        amount=Decimal(amount),
        shares=shares,
        **{"distributed_automatically": True} | fields,
    )


def share(number: int, person: str, amount: int, *, extra: bool = False) -> Share:
    return Share(line_number=number, personal_id=person, amount=Decimal(amount), extra=extra)


def test_the_kinds_of_work_are_those_of_the_authority_rot_first() -> None:
    types = [work_type.deduction_type for work_type in WORK_TYPES.values()]
    assert types == ["Rot"] * 7 + ["Rut"] * 13
    assert find_work_type(" STADNING ") is find_work_type("städning") is WORK_TYPES["Stadning"]
    assert find_work_type("Cooking") is None


@pytest.mark.parametrize(
    ("price", "percent", "amount"),
    [("12500", "30", 3750), ("12500", "50", 6250), ("3333", "50", 1666), ("0.01", "50", 0), ("1.99", "50", 0)],
)
def test_a_deduction_is_a_percent_of_the_work_in_whole_kronor(price: str, percent: str, amount: int) -> None:
    assert deducted(Decimal(price), Decimal(percent)) == amount


def test_persons_share_whole_kronor_and_the_first_takes_the_rest() -> None:
    assert shared_out(Decimal(1667), 2) == [834, 833]
    assert shared_out(Decimal(2), 3) == [2, 0, 0]
    for amount in range(40):
        for count in range(1, 8):
            shares = shared_out(Decimal(amount), count)
            assert sum(shares) == amount
            assert len(shares) == count
            assert set(shares[1:]) <= {Decimal(amount // count)}


@pytest.mark.parametrize(
    "sent", [None, "", "8112189876", "198112189877", "19811218987x", "19811218-9876", "١٩٨١١٢١٨٩٨٧٦"]
)
def test_a_personal_number_has_twelve_digits_and_its_check_digit(sent: str | None) -> None:
    with pytest.raises(Refused) as refused:
        check_personal_id(sent, ("personal_id",))
    assert refused.value.field == ("personal_id",)
    assert check_personal_id(ANNA, ()) == ANNA


def test_persons_are_matched_by_line_and_amounts_of_their_own_add_up() -> None:
    sent = {"distribution": [{"personal_id": ANNA}, {"operation": "Insert", "personal_id": BO, "extra": True}]}
    first = detailed(deduction(1667), None, sent)
    assert first.shares == (share(1, ANNA, 834), share(2, BO, 833, extra=True))

    alone = detailed(deduction(1667), first, {"distribution": [{"operation": "Delete", "line_number": 1}]})
    assert alone.shares == (share(2, BO, 1667, extra=True),)

    said = [{"line_number": 1, "amount": Decimal(1000)}, {"line_number": 2, "amount": Decimal(667)}]
    own = detailed(deduction(1667), first, {"distribution": said})
    assert not own.distributed_automatically
    assert [it.amount for it in own.shares] == [1000, 667]
    with pytest.raises(Refused, match="comes to 1667, the deduction to 1700"):
        detailed(deduction(1700), own, {})
    again = detailed(deduction(1700), own, {"distributed_automatically": True})
    assert [it.amount for it in again.shares] == [850, 850]

    for line, reason in (
        ({"personal_id": ANNA}, "twice"),
        ({"line_number": 1, "amount": Decimal("833.5")}, "whole kronor"),
        ({"line_number": 1, "amount": Decimal(-1)}, "whole kronor"),
        ({"personal_id": "198001010000"}, "check digit"),
    ):
        with pytest.raises(Refused, match=reason):
            detailed(deduction(1667), first, {"distribution": [line]})
    with pytest.raises(UnknownReference):
        detailed(deduction(1667), first, {"distribution": [{"operation": "Update", "line_number": 3}]})
    with pytest.raises(Refused, match="at least one person"):
        detailed(deduction(1667), None, {})


def test_rot_names_the_home() -> None:
    person = {"distribution": [{"personal_id": ANNA}]}
    rot = deduction(100, of_type=DeductionType.ROT)
    for place in ({}, {"apartment": "1201"}, {"organisation_number": "716400-0001"}, {"estate": ""}):
        with pytest.raises(Refused) as refused:
            detailed(rot, None, person | place)
        assert refused.value.field == ("rot_rut", "estate")
    assert detailed(rot, None, person | {"estate": "Näs 1:7"}).estate == "Näs 1:7"
    flat = detailed(rot, None, person | {"apartment": "1201", "organisation_number": "716400-0001"})
    assert (flat.apartment, flat.organisation_number) == ("1201", "716400-0001")
    assert detailed(rot, flat, {"estate": None}).apartment == "1201"


def test_what_is_sent_back_unchanged_is_an_echo() -> None:
    stored = deduction(100, share(1, ANNA, 100))
    line = {"line_number": 1, "personal_id": ANNA, "amount": Decimal(100), "extra": False}
    echoes: list[dict[str, Any] | None] = [
        None,
        {},
        {"type": None, "distribution": []},
        {"type": "Rut", "distribution": [line]},
    ]
    for echo in echoes:
        assert is_echo(echo, stored)
    for other in (
        {"type": "Rot"},
        {"estate": "Näs 1:7"},
        {"distribution": [line | {"amount": Decimal(99)}]},
        {"distribution": [{"personal_id": BO}]},
        {"distribution": [line | {"operation": "Delete"}]},
    ):
        assert not is_echo(other, stored)
    assert not is_echo({"type": "Rut"}, None)


def test_limits_count_the_year_by_person_and_type() -> None:
    limits = {"rot_limit": Decimal(50_000), "rut_limit": Decimal(75_000), "rot_rut_limit": Decimal(75_000)}
    claimed = {(ANNA, DeductionType.ROT): Decimal(45_000), (ANNA, DeductionType.RUT): Decimal(20_000)}
    rot = deduction(5_000, share(1, ANNA, 5_000), of_type=DeductionType.ROT)
    assert list(limit_warnings(rot, claimed, limits, 2025)) == []
    more = deduction(10_001, share(1, BO, 0), share(2, ANNA, 10_001), of_type=DeductionType.ROT)
    assert list(limit_warnings(more, claimed, limits, 2025)) == [
        "The person of distribution line 2 has 55001 kronor of ROT in 2025 from this company; the law allows a person "
        "50000.",
        "The person of distribution line 2 has 75001 kronor of ROT and RUT in 2025 from this company; the law allows a "
        "person 75000.",
    ]
    assert list(limit_warnings(more, claimed, {}, 2025)) == []
