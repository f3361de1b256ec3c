"""What runs out is told by the company's own date: of all companies, and in the log of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from reskontra.clock import Context, SeededClock, SystemClock
from reskontra.command_line.app import app
from reskontra.companies.commands import find_expiring
from reskontra.company_file.commands import creating
from reskontra.db.pool import Connection, Database
from reskontra.serve import warn_of_expiry


async def kinds(connection: Connection, moment: datetime, code: str) -> dict[str, str]:
    """The kinds of legal rates that run out at a moment in one company, and their last days."""
    return {
        expiry.what.rpartition(" ")[2]: expiry.until.isoformat()
        for company, expiry in await find_expiring(connection, moment)
        if company == code
    }


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 5, 15, 12, tzinfo=UTC), {}),
        # 00:30 on the 16th in Oslo, which is 45 days before the end of June
        (datetime(2026, 5, 15, 22, 30, tzinfo=UTC),
         {"late_interest_percent": "2026-06-30", "late_payment_compensation": "2026-06-30"}),
        (datetime(2026, 12, 1, tzinfo=UTC),
         {"late_interest_percent": "2026-06-30", "late_payment_compensation": "2026-06-30",
          "reminder_fee_cap": "2026-12-31"}),
    ],
)  # fmt: skip
async def test_the_norwegian_figures_of_2026_run_out_by_the_date_in_oslo(
    connection: Connection, clock: SeededClock, moment: datetime, expected: dict[str, str]
) -> None:
    context = Context(company_id=0, actor="test", request_id="", now=clock.now(), clock=clock)
    await creating.create_company(connection, "no", code="norge", context=context)
    await creating.create_company(connection, "se", code="sverige", context=context)
    assert await kinds(connection, moment, "norge") == expected
    assert await kinds(connection, moment, "sverige") == {"late_interest_percent": "2025-12-31"}


async def test_a_server_logs_what_runs_out_by_its_clock(
    fresh_database: Callable[[], Awaitable[Database]], clock: SeededClock
) -> None:
    books = await fresh_database()
    clock.move_to(datetime(2026, 5, 1, tzinfo=UTC))
    with capture_logs() as early:
        await warn_of_expiry(books, clock)
    clock.move_to(datetime(2026, 7, 1, tzinfo=UTC))
    with capture_logs() as late:
        await warn_of_expiry(books, clock)
    assert early == []
    assert [(line["log_level"], line["company"], line["says"].partition(":")[0]) for line in late] == [
        ("warning", "demo", "The newest legal rate late_interest_percent ended on 2026-06-30"),
        ("warning", "demo", "The newest legal rate late_payment_compensation ended on 2026-06-30"),
    ]


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 5, 15, 21, 59, tzinfo=UTC), []),
        # 00:00 on the 16th in Oslo, where the demo company is
        (datetime(2026, 5, 15, 22, 0, tzinfo=UTC),
         ["The newest legal rate late_interest_percent ends on 2026-06-30",
          "The newest legal rate late_payment_compensation ends on 2026-06-30"]),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
         ["The newest legal rate late_interest_percent ended on 2026-06-30",
          "The newest legal rate late_payment_compensation ended on 2026-06-30"]),
    ],
)  # fmt: skip
async def test_the_command_check_warns_of_what_runs_out_by_the_companys_date(
    fresh_dsn: Callable[[], Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    moment: datetime,
    told: list[str],
) -> None:
    dsn = await fresh_dsn()
    monkeypatch.setattr(SystemClock, "now", lambda _: moment)
    await asyncio.to_thread(app, ["check", "--database-url", dsn], result_action="return_value")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[2] for line in lines if line.startswith("warning: company demo: ")] == told
    assert "checks hold" in lines[-1], "what runs out fails no check"
