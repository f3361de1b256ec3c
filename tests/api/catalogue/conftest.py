"""The clerk of a company of the test's own, who wraps nothing: what is bare is understood as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk, bare
from tests.conftest import NOW, Databases, cloned, new_company, open_client


@asynccontextmanager
async def hired(database: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """A company of the Norwegian template with customer K, and its clerk."""
    company_id = await new_company(database, clock)
    settings = Settings(sandbox=True)
    async with open_client(settings, database, clock, company_id=company_id, base_url="http://localhost") as http:
        clerk = Clerk(http, database, clock, company_id, spelling=bare, customer_number="K")
        await clerk.customer(number="K", name="Kunde")
        yield clerk


@pytest.fixture
async def clerk(books: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    async with hired(books, clock) as clerk:
        yield clerk


@pytest.fixture(scope="session")
async def bystander(databases: Databases) -> AsyncIterator[Clerk]:
    """One for all tests whose requests change nothing."""
    async with cloned(databases) as dsn:
        database = await Database.connect(dsn)
        async with hired(database, SeededClock(NOW)) as clerk:
            yield clerk
        await database.close()
