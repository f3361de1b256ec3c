"""The fixtures of reports."""

from __future__ import annotations

import pytest

from tests.api.reports.years import Year
from tests.clerk import Clerk

_RARE = """
    select count(*) filter (where discount <> 0), count(*) filter (where write_off <> 0),
           count(*) filter (where gain_loss <> 0)
      from application where released_at is not null"""


@pytest.fixture
async def random_year(clerk: Clerk, request: pytest.FixtureRequest) -> Year:
    """A year in which everything happened: also discounts, write-offs and exchange differences."""
    lived = Year(clerk, getattr(request, "param", 1))
    await lived.live(70)
    assert set(lived.done) == {"sell", "take_back", "collect", "undo", "void"}
    assert all(lived.done.values()), lived.done
    rare = await clerk.rows(_RARE)
    assert all(rare[0]), (rare, lived.done)
    return lived
