"""The clerk of a company of its own per test, who wraps nothing: what is bare is understood as well."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk, bare
from tests.conftest import new_company, open_client


@pytest.fixture
async def clerk(books: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """A company of the Norwegian template with customer K."""
    company_id = await new_company(books, clock)
    settings = Settings(sandbox=True)
    async with open_client(settings, books, clock, company_id=company_id, base_url="http://books.test") as http:
        opened = Clerk(http, books, clock, company_id, spelling=bare, customer_number="K")
        await opened.customer(number="K", name="Kunde")
        yield opened
