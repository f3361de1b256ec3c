"""The clerk of a company of the Norwegian template, who wraps nothing: what is bare is understood as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk, bare
from tests.conftest import NOW, new_company, open_client
from tests.databases import Databases, cloned
from tests.standing import StandingBooks, standing_books


@asynccontextmanager
async def at_work(database: Database, clock: SeededClock, company_id: int) -> AsyncIterator[Clerk]:
    async with open_client(Settings(sandbox=True), database, clock, company_id=company_id) as http:
        yield Clerk(http, database, clock, company_id, spelling=bare, customer_number="K")


async def prepare(database: Database) -> int:
    """A company of the Norwegian template with customer K; its id."""
    clock = SeededClock(NOW)
    company_id = await new_company(database, clock)
    async with at_work(database, clock, company_id) as clerk:
        await clerk.customer(number="K", name="Kunde")
    return company_id


@pytest.fixture(scope="session")
async def standing(databases: Databases) -> AsyncIterator[StandingBooks]:
    async with standing_books(databases, prepare) as books:
        yield books


@pytest.fixture
async def clerk(standing: StandingBooks, books: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """The clerk of that company."""
    async with at_work(books, clock, standing.prepared) as clerk:
        yield clerk


@pytest.fixture(scope="session")
async def bystander(databases: Databases) -> AsyncIterator[Clerk]:
    """One for all tests whose requests change nothing."""
    async with cloned(databases) as dsn:
        database = await Database.connect(dsn)
        async with at_work(database, SeededClock(NOW), await prepare(database)) as clerk:
            yield clerk
        await database.close()
