"""Slips in a run or a void, which cannot be taken back: each is refused, and nothing is written."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

RUN, LETTERS = "/v1/reskontra/run/dunning", "/v1/reskontra/dunningLetter"
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
async def test_a_slip_in_a_run_reminds_nobody(client: httpx.AsyncClient, slip: dict[str, Any], named: str) -> None:
    answer = await client.post(RUN, json={"asOf": LATE, "dryRun": False} | slip)
    assert answer.status_code == 400, answer.text
    assert f"Field: {named}." in answer.json()["message"]
    assert (await client.get(LETTERS)).json() == []


async def test_a_trial_asked_for_in_the_address_reminds_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{RUN}?dryRun=true", json={"asOf": LATE})
    assert (answer.status_code, "dryrun" in answer.json()["message"]) == (400, True)
    assert (await client.get(LETTERS)).json() == []


@pytest.mark.parametrize(
    ("slip", "named"),
    [({"voidate": LATE}, "voidate"), ({"voidDate": {}}, "voidDate"), ({"voidDate": "9999-12-31"}, "voidDate")],
)
async def test_a_slip_in_a_void_leaves_the_letter(client: httpx.AsyncClient, slip: dict[str, Any], named: str) -> None:
    made = (await client.post(RUN, json={"asOf": LATE})).json()["created"]
    letter = f"{LETTERS}/{made[0]['letterNumber']}"
    answer = await client.post(f"{letter}/action/void", json=slip)
    assert answer.status_code == 400, answer.text
    assert f"Field: {named}." in answer.json()["message"]
    assert (await client.get(letter)).json()["status"] == "Released"
