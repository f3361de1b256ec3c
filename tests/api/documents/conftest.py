"""What tests of documents ask for beside a clerk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk
from tests.conftest import open_client


@pytest.fixture
async def bystander(database: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """A clerk in the database that the worker's tests share: for requests that change nothing."""
    async with open_client(Settings(sandbox=True), database, clock) as http:
        yield Clerk(http, database, clock)
