"""Slips in a run or a void, which cannot be taken back: each is refused, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.dunning.debtors import numbered
from tests.clerk import Clerk, decoded

RUN = "reskontra/run/dunning"
LATE = "2025-06-01"


@pytest.mark.parametrize(
    ("slip", "named"),
    [
        ({"filters": {"customer": {}}}, "filters.customer"),
        ({"filters": {"customer": None}}, "filters.customer"),
        ({"filters": {"customer": {"value": None}}}, "filters.customer"),
        ({"filters": {"customer": {"value": None, "number": "20001"}}}, "filters.customer"),
        ({"filters": {"customr": "20001"}}, "filters.customr"),
        ({"filters": None}, "filters"),
        ({"dryRun": {}}, "dryRun"),
        ({"dryRun": None}, "dryRun"),
        ({"asOf": {}}, "asOf"),
        ({"asOff": LATE}, "asOff"),
    ],
)
async def test_a_slip_in_a_run_reminds_nobody(bystander: Clerk, slip: dict[str, Any], named: str) -> None:
    assert f"Field: {named}." in await bystander.refused("POST", RUN, **{"asOf": LATE, "dryRun": False} | slip)
    assert await bystander.letters() == []


async def test_a_trial_asked_for_in_the_address_reminds_nobody(bystander: Clerk) -> None:
    assert "dryrun" in await bystander.refused("POST", f"{RUN}?dryRun=true", asOf=LATE)
    assert await bystander.letters() == []


@pytest.mark.parametrize(
    ("slip", "named"),
    [({"voidate": LATE}, "voidate"), ({"voidDate": {}}, "voidDate"), ({"voidDate": "9999-12-31"}, "voidDate")],
)
async def test_a_slip_in_a_void_leaves_the_letter(clerk: Clerk, slip: dict[str, Any], named: str) -> None:
    made = decoded(await clerk.post(RUN, asOf=LATE))["created"]
    letter = numbered(made[0]["letterNumber"])
    assert f"Field: {named}." in await clerk.refused("POST", f"{letter}/action/void", **slip)
    assert (await clerk.get(letter))["status"] == "Released"
