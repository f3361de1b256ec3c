"""A bookkeeper whose runs are killed in the middle, and who asks for each again until it is answered. Holds no test.

A run does a few documents at a time here, so that it is long and much of it is committed when it ends too early.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import asyncpg

from tests.survival.integrators import PAUSE_SECONDS, Integrator

IN_SMALL_CHUNKS = """
from reskontra import __main__
from reskontra.charges.commands import running
from reskontra.payments.write_offs import commands
running.CHUNK_DOCUMENTS = commands.CHUNK_DOCUMENTS = 4
__main__.main()
"""

CUSTOMERS, LATE_OF_EACH, PAGE = 16, 2, 1000
CHARGES, CHARGE_RUN, WRITE_OFF_RUN = (
    "/v1/customerOverdueCharge",
    "/v1/reskontra/run/overdueCharge",
    "/v1/reskontra/run/writeOff",
)
SMALL = Decimal("4.50")
DUE, FIRST_RUN, NEVER_LATE = date(2025, 1, 10), date(2025, 2, 28), "2025-12-31"
LEGAL_INTEREST = {date(2025, 1, 1): Decimal("12.50"), date(2025, 7, 1): Decimal("12.25")}


@dataclass
class Bookkeeper(Integrator):
    """Charges the customers of its own for paying late and writes small amounts off, time and again."""

    runs: Counter[str] = field(default_factory=Counter)
    is_running: bool = False
    late: dict[str, str] = field(default_factory=dict)
    """The number of each late document, and whose it is."""

    small: list[str] = field(default_factory=list)
    charged_to: date = DUE
    _numbers: int = 0

    async def keep(self, reaper: asyncio.Task[Any]) -> None:
        """One run after the other, as long as anything is killed."""
        for _ in range(CUSTOMERS):
            await self.new_customer()
        for customer in self.customers * LATE_OF_EACH:
            self.late[self._next_number()] = customer.number
        await self._take_over({it: (whose, 1000 + int(it), str(DUE)) for it, whose in self.late.items()})
        day = FIRST_RUN
        while not reaper.done():
            await self._charge(day)
            await self._write_off(day)
            day += timedelta(days=3)

    async def _charge(self, day: date) -> None:
        """A charge for each customer and each day up to this one, however often the run was begun; then released."""
        told = await self._run(CHARGE_RUN, day, self._drafts)
        drafts = await self._drafts()
        assert told <= drafts.keys()
        assert sorted(row["customer"]["number"] for row in drafts.values()) == [it.number for it in self.customers]
        for number, row in drafts.items():
            owed = [1000 + int(it) for it, whose in self.late.items() if whose == row["customer"]["number"]]
            assert row["amount"] == sum(interest(it, self.charged_to, day) for it in owed), number
            assert row["documentDate"][:10] == str(day)
        for number in drafts:
            path = f"{CHARGES}/{number}"

            async def is_released(path: str = path) -> str | None:
                return path if (await self._read(path))["status"] != "Balanced" else None

            await self._sent("POST", f"{path}/action/release", None, is_released)
        self.charged_to = day
        self.runs["charged"] += 1

    async def _write_off(self, day: date) -> None:
        """What is small enough goes, once."""
        new = {self._next_number(): (it.number, SMALL, NEVER_LATE) for it in self.customers}
        await self._take_over(new)
        self.small += new
        told = await self._run(WRITE_OFF_RUN, day, self._written_off)
        written = await self._written_off()
        assert told <= written.keys()
        # A charge for few days is small, too, and goes with them.
        taken_over = [row for row in written.values() if row["paymentAmount"] == SMALL]
        assert len(taken_over) == len(self.small), f"{day}: {len(taken_over)} of {len(self.small)}"
        for number in new:
            shown = await self._read(f"/v1/customerinvoice/{number}")
            assert (shown["status"], shown["balance"], len(shown["applications"])) == ("Closed", 0, 1), number
        self.runs["written off"] += 1

    async def _run(self, path: str, day: date, made: Any) -> set[str]:
        """Begin a run until one is answered; the numbers of what that one made."""
        before = len(await made())
        body = {"asOf": str(day), "filters": {"customer": [it.number for it in self.customers]}}
        async with asyncio.timeout(120):
            while True:
                self.is_running = True
                answer = await self._asked("POST", path, body)
                self.is_running = False
                if answer is not None and answer.status_code == 200:
                    numbers = {row["referenceNumber"] for row in answer.json()["created"]}
                    if 0 < len(numbers) < len(await made()) - before:
                        self.runs["continued"] += 1
                    return numbers
                assert answer is None or answer.status_code in (409, 503), answer.text
                self.runs["interrupted"] += 1
                await asyncio.sleep(PAUSE_SECONDS)

    async def _take_over(self, items: Mapping[str, tuple[str, Any, str]]) -> None:
        """Open items by number: whose, how much and when due."""
        sent = [
            {"documentType": "Invoice", "referenceNumber": number, "customer": customer, "documentDate": "2024-11-15",
             "dueDate": due, "balance": str(balance)}
            for number, (customer, balance, due) in items.items()
        ]  # fmt: skip
        path = f"/v1/customerinvoice/{next(iter(items))}"

        async def has_arrived() -> str | None:
            return path if (await self._looked(path)).status_code == 200 else None

        body = {"asOf": "2025-01-01", "account": "9990", "items": sent}
        await self._sent("POST", "/v1/reskontra/openItems", body, has_arrived)

    async def _drafts(self) -> dict[str, Any]:
        rows = await self._read(f"{CHARGES}?released=0&pageSize=1000")
        return {row["referenceNumber"]: row for row in rows}

    async def _written_off(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while len(found) % PAGE == 0:
            page = f"pageSize={PAGE}&pageNumber={len(found) // PAGE + 1}"
            rows = await self._read(f"/v1/customerPayment?paymentType=SmallBalanceWo&{page}")
            if not rows:
                break
            found |= {row["refNbr"]: row for row in rows}
        return found

    def _next_number(self) -> str:
        """A number below those of the invoices."""
        self._numbers += 1
        return str(self._numbers)


def interest(balance: int, after: date, until: date) -> Decimal:
    """What a document costs for the days after one and up to another."""
    days = [after + timedelta(days=day) for day in range(1, (until - after).days + 1)]
    percents = [LEGAL_INTEREST[max(since for since in LEGAL_INTEREST if since <= day)] for day in days]
    return (balance * sum(percents, Decimal(0)) / 36500).quantize(Decimal("0.01"), ROUND_HALF_UP)


async def assert_runs_are_whole(connection: asyncpg.Connection[asyncpg.Record], bookkeeper: Bookkeeper) -> None:
    """No day is charged twice or left out, nothing is written off twice, and both series are without a gap."""
    for number in bookkeeper.late:
        days = await connection.fetch(
            """
            select first_day, last_day from charged_days
              join document on document.company_id = charged_days.company_id
                           and document.document_id = source_document_id
             where document_type = 'Invoice' and number = $1 order by first_day
            """,
            number,
        )
        ends = [DUE, *(row["last_day"] for row in days)]
        assert [row["first_day"] for row in days] == [end + timedelta(days=1) for end in ends[:-1]], number
        assert ends[-1] == bookkeeper.charged_to
    settled = await connection.fetch(
        """
        select debit.number from application
          join document as credit on credit.company_id = application.company_id
                                 and credit.document_id = credit_document_id
          join document as debit on debit.company_id = application.company_id and debit.document_id = debit_document_id
         where credit.document_type = 'SmallBalanceWo' and debit.document_type = 'Invoice'
        """
    )
    assert sorted(row["number"] for row in settled) == sorted(bookkeeper.small)
    for document_type, first, least in (
        ("FinCharge", 30001, CUSTOMERS * bookkeeper.runs["charged"]),
        ("SmallBalanceWo", 600001, len(bookkeeper.small)),  # and one for each small charge
    ):
        rows = await connection.fetch("select number from document where document_type = $1", document_type)
        assert len(rows) >= least
        assert sorted(int(row["number"]) for row in rows) == list(range(first, first + len(rows))), document_type
