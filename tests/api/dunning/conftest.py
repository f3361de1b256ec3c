"""The demo company's clerk, whose documents have been due for a year."""

from __future__ import annotations

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.db.pool import Database
from tests.api.dunning.debtors import INVOICED
from tests.clerk import Clerk


@pytest.fixture
def clerk(client: httpx.AsyncClient, books: Database, clock: SeededClock) -> Clerk:
    return Clerk(client, books, clock, day=INVOICED)
