"""Runs the rounds of a workload, program and ceiling in turns, and keeps what each came to. Prints nothing."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from bench import ceiling, load, machine, seeding
from bench.books import Books
from bench.load import Generator
from bench.program import Program
from bench.workloads import Scene, Target, Workload
from reskontra.serve import plain_connection

_SETTLE_SECONDS = 0.2
_RATE_AT_FIRST = {"program": 1200, "ceiling": 3000}
_ROOM = 2.0  # the fastest client of pgbench is well before the mean one


@dataclass(frozen=True, slots=True)
class Round:
    """One round. Times in milliseconds; processor time in milliseconds per answer; `machine` are shares of the time."""

    side: str
    number: int
    answers: int
    rate: float
    median: float
    p99: float | None
    program_cpu: float
    database_cpu: float
    generator_cpu: float
    load: float
    machine: Mapping[str, float]
    megabytes: float | None = None
    """Memory at rest, where that is measured."""


@dataclass(slots=True)
class Cell:
    """A workload at a number of clients: all its rounds."""

    workload: Workload
    clients: int
    rounds: list[Round] = field(default_factory=list)

    def typical(self, side: str, figure: str) -> float:
        """The median over the rounds of a side."""
        values = [getattr(one, figure) for one in self.rounds if one.side == side]
        return statistics.median(values) if values else 0.0

    @property
    def target(self) -> Target | None:
        """What is to be reached, if anything is at this number of clients."""
        target = self.workload.target
        return target if target and target.clients == self.clients else None

    @property
    def processor(self) -> float:
        """Milliseconds of processor time of the program and its database for an answer."""
        return self.typical("program", "program_cpu") + self.typical("program", "database_cpu")

    @property
    def processor_ratio(self) -> float:
        """The ceiling's processor time as a share of the program's: it hardly depends on who else uses the machine."""
        return self.typical("ceiling", "database_cpu") / self.processor if self.processor else 0.0

    @property
    def has_ceiling(self) -> bool:
        return any(one.side == "ceiling" for one in self.rounds)

    @property
    def ratio(self) -> float:
        ceiling_rate = self.typical("ceiling", "rate")
        return self.typical("program", "rate") / ceiling_rate if ceiling_rate else 0.0


@dataclass(slots=True)
class Bench:
    """All that a round needs."""

    books: Books
    program: Program
    scene: Scene
    texts: Mapping[str, str]
    generator: Generator
    rates: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """The latest rate of a workload, a side and a number of clients: a round makes as many documents as it may use."""

    def measure(self, workload: Workload, clients: int, *, rounds: int, seconds: int, warm: bool) -> Cell:
        """The rounds of a cell, alternating; each side also begins every second pair."""
        cell = Cell(workload, clients)
        ceiling.prove(self.books.dsn, workload.script, self.values(workload, 1))
        if warm:
            self.drive(workload, clients, 1, 0)
        for number in range(1, rounds + 1):
            sides = [self.drive, self._reach]
            for side in sides if number % 2 else reversed(sides):
                cell.rounds.append(side(workload, clients, seconds, number))
        return cell

    def drive(self, workload: Workload, clients: int, seconds: int, number: int) -> Round:
        """A round of the program by itself."""
        count = self._needed(workload, "program", clients, seconds)
        plan = workload.plan(self.scene, count)
        self.scene.rounds_done += 1
        meter = Meter(self.program.pid, self.books.server.pid)
        driven = load.drive(self.program, self.generator, plan, clients=clients, seconds=seconds)
        # wrk hangs up while its last requests are under way: they must not reach into what comes next.
        machine.wait_until_quiet(self.program.pid)
        spent = meter.read(driven.requests)
        if number:  # a first round, which does not count, is slower than what follows
            self.rates[workload.name, "program", clients] = driven.rate
        if workload.uses:
            self.scene.stocks[workload.uses].used += driven.reached
        return Round(
            "program", number, driven.requests, driven.rate, driven.median, driven.p99,
            generator_cpu=driven.generator_seconds * 1000 / driven.requests, **asdict(spent),
        )  # fmt: skip

    def _reach(self, workload: Workload, clients: int, seconds: int, number: int) -> Round:
        self._needed(workload, "ceiling", clients, seconds)
        values = self.values(workload, clients)
        meter = Meter(self.program.pid, self.books.server.pid)
        reached = ceiling.reach(self.books.dsn, workload.script, values, clients=clients, seconds=seconds)
        spent = meter.read(reached.transactions)
        self.rates[workload.name, "ceiling", clients] = reached.rate
        if workload.uses:
            self.scene.stocks[workload.uses].skip_used()
        return Round(
            "ceiling",
            number,
            reached.transactions,
            reached.rate,
            reached.mean,
            None,
            generator_cpu=0.0,
            **asdict(spent),
        )

    def values(self, workload: Workload, clients: int) -> dict[str, object]:
        """What a script is told."""
        size = self.scene.size
        return {
            "clients": clients,
            "companies": size.companies,
            "large_documents": size.large_documents,
            "small_released": size.small_released,
            "large_customers": size.large_customers,
            "small_customers": size.small_customers,
            "first_number": seeding.NUMBER_BEFORE_FIRST,
            "first_customer": seeding.CUSTOMER_BEFORE_FIRST,
            "last_moment": f"{seeding.LAST_DAY} 17:00+00",
            "day": self.scene.today,
            "period": f"{self.scene.today:%Y%m}",
            **self.texts,
            **workload.values(self.scene),
        }

    def _needed(self, workload: Workload, side: str, clients: int, seconds: int) -> int:
        """How many documents a round may use up; they are there afterwards."""
        guess = min(_RATE_AT_FIRST[side], 500 * clients)
        count = int(self.rates.get((workload.name, side, clients), guess) * seconds * _ROOM) + 4 * clients
        if workload.uses:
            self.scene.stocks[workload.uses].reserve(count)
        return count


@dataclass(frozen=True, slots=True)
class _Spent:
    program_cpu: float
    database_cpu: float
    load: float
    machine: Mapping[str, float]


class Meter:
    """Reads processor time between two moments."""

    def __init__(self, program: int, database: int) -> None:
        time.sleep(_SETTLE_SECONDS)
        self._program, self._database = program, database
        self._busy = machine.Busy.now()
        self._before = machine.processor_seconds(program), machine.processor_seconds(database)

    def read(self, answers: int) -> _Spent:
        program = machine.processor_seconds(self._program) - self._before[0]
        database = machine.processor_seconds(self._database) - self._before[1]
        return _Spent(
            program_cpu=program * 1000 / answers,
            database_cpu=database * 1000 / answers,
            load=machine.load_average(),
            machine=machine.Busy.now().since(self._busy),
        )


def stored_texts(dsn: str) -> dict[str, str]:
    """The texts of an invoice of 10 lines that writing scripts are handed, as the program wrote them."""

    async def ask() -> dict[str, str]:
        async with plain_connection(dsn) as connection:
            row = await connection.fetchrow(
                """
                select lines_json as lines_text, vat_json as vat_text, invoice_address::text as address,
                       invoice_contact::text as contact,
                       (select json_agg(line order by line_number)::text
                          from (select line_number, item_id, item_number, description, quantity, unit_id, unit_price,
                                       amount
                                  from bench.document_line where stencil = $1) as line) as lines,
                       (select json_agg(entry order by line_number)::text
                          from (select line_number, account_number, debit, credit, debit_base, credit_base, vat_id,
                                       purpose
                                  from bench.journal_entry where stencil = $2) as entry) as entries
                  from bench.document where stencil = $1
                """,
                seeding.DRAFT_OF_TEN_LINES,
                seeding.RELEASED_OF_TEN_LINES,
            )
            return dict(row) if row else {}

    return asyncio.run(ask())
