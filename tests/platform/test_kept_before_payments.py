"""Books from before payments: all is owed as it was; money that comes in settles it and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest

from reskontra.clock import Clock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk, application
from tests.conftest import open_client
from tests.platform.kept_books import brought_up_to_date

OWED = {
    "002001": ("Open", 1250, 1190), "002002": ("Open", 125, 125), "002003": ("Closed", 0, 0),
    "002004": ("Balanced", 375, 375), "002005": ("Open", Decimal("250.02"), Decimal("250.02")),
}  # fmt: skip


@pytest.fixture
async def clerk(databases: Any, dsn_of: Callable[[str], str], clock: Clock) -> AsyncIterator[Clerk]:
    """Works in those books."""
    async with brought_up_to_date("step4", databases, dsn_of) as dsn:
        database = await Database.connect(dsn)
        async with open_client(Settings(sandbox=True), database, clock) as http:
            yield Clerk(http, database, clock)  # type: ignore[arg-type]
        await database.close()


async def owed(clerk: Clerk) -> dict[str, tuple[Any, ...]]:
    rows = await clerk.page("customerinvoice")
    return {row["referenceNumber"]: (row["status"], row["amount"], row["balance"]) for row in rows}


async def test_what_was_owed_is_owed(clerk: Clerk) -> None:
    assert await owed(clerk) == OWED
    rows = await clerk.get("/v1/reskontra/application")
    assert [(row["amount"], row["debit"]["referenceNumber"]) for row in rows] == [
        (100, "002001"), (-100, "002001"), (60, "002001"),
    ]  # fmt: skip
    balance = await clerk.get("customer/20001/balance")
    assert balance["balance"] == 1190 + 125 + 125 - 440


async def test_money_settles_what_was_owed_then_and_is_taken_back(clerk: Clerk) -> None:
    lines = [application(number, amount) for number, amount in (("002001", 1190), ("002002", 100))]
    payment = await clerk.pay(1300, *lines)
    assert (payment["status"], payment["availableBalance"]) == ("Open", 10)
    assert (await owed(clerk))["002001"] == ("Closed", 1250, 0)
    foreign = await clerk.pay(24.04, application("002005", 24.04), customer="20002", currency="EUR")
    assert foreign["status"] == "Closed"
    settled = ("Closed", Decimal("250.02"), 0)
    assert (await owed(clerk))["002005"] == settled
    assert (await clerk.act(payment, "void")).status_code == 200
    void = await clerk.get(f"customerPayment/{payment.number}", paymentType="VoidPayment")
    released = await clerk.act(f"customerPayment/{payment.number}", "release", type="VoidPayment")
    assert released.status_code == 200, released.text
    assert void["type"] == "VoidPayment"
    assert await owed(clerk) == OWED | {"002005": settled}
