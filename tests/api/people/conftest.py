"""The demo company's clerk as one who wraps nothing: what is bare is understood as well."""

from __future__ import annotations

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.db.pool import Database
from tests.clerk import Clerk, bare


@pytest.fixture
def clerk(client: httpx.AsyncClient, books: Database, clock: SeededClock) -> Clerk:
    return Clerk(client, books, clock, spelling=bare, day="2026-01-15")
