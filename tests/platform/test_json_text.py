"""SQL that writes members of a JSON object, and what completes them."""

from __future__ import annotations

import json

import pytest

from reskontra.db import json_text
from reskontra.db.pool import Connection
from reskontra.web.wire import Answer, completed, members, names_of


class Parcel(Answer):
    """What is sent."""

    number: str | None = None
    weight_in_kilos: str | None = None
    sent_on: str | None = None
    is_heavy: bool | None = None
    note: str | None = None


_VALUES = {
    "number": json_text.text("text 'a \"b\" \\c'"),
    "weight_in_kilos": json_text.number("12.500"),
    "sent_on": json_text.midnight("date '2026-02-28'"),
    "is_heavy": json_text.number("(1 > 2)"),
    "note": json_text.text("null::text"),
}


async def test_members_are_written_and_completed(connection: Connection) -> None:
    await connection.execute("set local datestyle to 'SQL, DMY'")
    written = await connection.fetchval(f"select {json_text.members(names_of(Parcel), _VALUES)}")
    one = json.loads(completed(written, b"", Parcel()), parse_float=str)
    assert one == {
        "number": 'a "b" \\c', "weightInKilos": "12.500", "sentOn": "2026-02-28T00:00:00", "isHeavy": False,
    }  # fmt: skip

    some = await connection.fetchval(f"select {json_text.members(names_of(Parcel), {'number': _VALUES['number']})}")
    assert json.loads(completed(some, b"", Parcel(note="left"))) == {"number": 'a "b" \\c', "note": "left"}
    made = members(Parcel(weight_in_kilos="2"))
    assert json.loads(completed(some, made, Parcel())) == {"number": 'a "b" \\c', "weightInKilos": "2"}
    assert json.loads(completed("", made, Parcel(note="left"))) == {"weightInKilos": "2", "note": "left"}
    assert json.loads(completed("", members(Parcel()), Parcel())) == {}


async def test_an_object_within_leaves_out_what_is_null(connection: Connection) -> None:
    place = json_text.object_of("id", id=json_text.text("text 'Main, '"), name=json_text.text("null::text"))
    assert json.loads(await connection.fetchval(f"select {place}")) == {"id": "Main, "}
    named = json_text.object_of("id", id=json_text.number("7"), name=json_text.text("text 'Main'"))
    assert json.loads(await connection.fetchval(f"select {named}")) == {"id": 7, "name": "Main"}


@pytest.mark.parametrize("count", [0, 101])
def test_more_members_than_a_call_takes_are_a_fault_of_ours(count: int) -> None:
    names = [(f"field_{place}", f"field{place}") for place in range(count)]
    with pytest.raises(ValueError, match=f"{count} members"):
        json_text.members(names, {own: json_text.text("'x'") for own, _ in names})
