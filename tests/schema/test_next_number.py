"""The next number of a series is found by an expression where that can be, and by a function where it cannot."""

from __future__ import annotations

from reskontra.db.pool import Connection

_EACH = """
    select last, step, ends, plain_next_number(last, step, ends) as plain, number_after(last, step) as next
      from unnest(array['AR000001', 'AR000099', 'AR999998', 'AR999999', '7', '9', '00', 'A9', '2026-0001', 'AR1X',
                        '12345678901234567890', 'å08', '99 09']) as last
     cross join unnest(array[1, 2, 7, 10, 950000]) as step
     cross join unnest(array['AR999999', 'AR500000', '9', '8', '99', 'Z9', '2026-9999', '99999999999999999999', 'å99',
                             '99 99', 'AR9X']) as ends"""


async def test_a_plain_next_number_is_the_next_number_within_the_range(connection: Connection) -> None:
    rows = await connection.fetch(_EACH)
    plain = [row for row in rows if row["plain"] is not None]
    assert [row for row in plain if row["plain"] != row["next"]] == []
    assert [row for row in plain if len(row["plain"]) != len(row["ends"]) or row["plain"] > row["ends"]] == []
    found = {(row["last"], row["step"]) for row in plain}
    assert {("AR000001", 1), ("AR000099", 10), ("AR999998", 1), ("7", 2), ("å08", 1), ("99 09", 7)} <= found


async def test_what_is_not_plain_is_left_to_the_function(connection: Connection) -> None:
    rows = await connection.fetch(_EACH)
    plain = {(row["last"], row["step"]) for row in rows if row["plain"] is not None}
    assert not {("AR999999", 1), ("9", 1), ("AR1X", 1), ("00", 950000)} & plain
