"""The bench itself: it comes to an end, what it sends is answered, its books are sound. Its figures are not judged."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from bench import __main__ as command_line
from bench import applications, bulk, ceiling, growth, load, pages, plumbing, runs, seeding
from bench.books import Books, opened, self_check
from bench.compare import compare
from bench.load import BenchError, Generator, Plan, Request
from bench.program import Program, serving
from bench.rounds import Bench, stored_texts
from bench.stock import ARTICLES, Article, stocks
from bench.workloads import WORKLOADS, Scene, Workload
from reskontra.pages.table import PAGES
from reskontra.serve import plain_connection

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("bench")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's books are kept between its tests."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def books(folder: Path) -> Iterator[Books]:
    with opened(seeding.TINY, folder=folder) as tiny:
        yield tiny


@pytest.fixture(scope="module")
def program(books: Books, folder: Path) -> Iterator[Program]:
    with serving(books.dsn, folder / "server.log") as served:
        yield served


@pytest.fixture(scope="module")
def generator(folder: Path) -> Generator:
    try:
        return load.find_generator(folder)
    except (BenchError, OSError) as error:
        pytest.skip(f"nothing here can send requests: {error}")


def test_the_command_measures_and_tells(folder: Path, generator: Generator, capsys: pytest.CaptureFixture[str]) -> None:
    own = folder / "command"
    path = own / "figures.json"
    words = ["get", "release", "--size", "tiny", "--rounds", "1", "--seconds", "1", "--clients", "2"]

    code = command_line.main([*words, "--cold", "--folder", str(own), "--json", str(path)])

    said = capsys.readouterr().out
    assert code == 0, said
    written = json.loads(path.read_text())
    assert [(result["workload"], result["clients"]) for result in written["results"]] == [("get", 2), ("release", 2)]
    for result in written["results"]:
        sides = {one["side"]: one for one in result["rounds"]}
        assert set(sides) == {"program", "ceiling"}
        assert all(side["answers"] > 0 and side["rate"] > 0 for side in sides.values())
    assert written["machine"]["cores"] >= 1
    assert written["generators"]["requests"] == generator.name
    assert all(title in said for title in ("get one invoice", "release"))


def test_the_growth_of_books_is_measured_and_drawn(
    folder: Path, generator: Generator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "SIZES", (seeding.TINY,))
    own = folder / "command"
    figures, drawn = own / "growth.json", own / "growth.svg"
    words = ["growth", "--rounds", "1", "--seconds", "1", "--clients", "2", "--folder", str(own)]

    code = command_line.main([*words, "--json", str(figures), "--chart", str(drawn)])

    said = capsys.readouterr().out
    assert code == 0, said
    measured = json.loads(figures.read_text())["figures"]
    assert [it["workload"] for it in measured] == ["get", "page100", "post", "release"]
    assert all(it["documents"] == seeding.TINY.documents and it["database_cpu"] > 0 for it in measured)
    assert drawn.read_text().count('class="point"') == 2 * len(measured), "figures, and the names of lines"


def test_the_command_starts_the_sandbox_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "starts.json"
    code = command_line.main(["start", "--rounds", "1", "--folder", str(folder / "command"), "--json", str(path)])
    assert code == 0, capsys.readouterr().out
    first, second = json.loads(path.read_text())["results"]
    assert (first["workload"], second["workload"]) == ("start, first", "start, second")
    assert first["target"]["milliseconds"] == 4000
    spent = [sum(it["rounds"][0][name] for name in ("program_cpu", "database_cpu")) for it in (first, second)]
    assert spent[0] > spent[1] > 0, "the first one sets up its database"
    assert 20 < second["rounds"][0]["megabytes"] < 1000
    assert "Sandbox and database at rest: " in capsys.readouterr().out


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.name)
def test_seeded_books_and_the_stock_made_between_rounds_prove_themselves(books: Books, article: Article) -> None:
    assert self_check(books.dsn) == []

    stock = stocks(books.dsn, books.size)[article]
    stock.reserve(20)
    stock.used = 20
    stock.reserve(20)

    assert self_check(books.dsn) == []
    assert len(stock.next(5)) == 5
    books.copy_anew()


@pytest.fixture(scope="module")
def bench(books: Books, program: Program) -> Bench:
    scene = Scene(books.size, stocks(books.dsn, books.size), datetime.now(UTC).date(), random.Random(1))
    return Bench(books, program, scene, stored_texts(books.dsn), Generator("none"))


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_request_of_each_workload_is_answered_and_its_ceiling_finds_rows(bench: Bench, workload: Workload) -> None:
    sent = workload.plan(bench.scene, 3).requests[0]

    load.send(bench.program, sent)

    if workload.uses:
        bench.scene.stocks[workload.uses].used += 1
    ceiling.prove(bench.books.dsn, workload.script, bench.values(workload, 1))
    assert ceiling.reach_once(bench.books.dsn, workload.script, bench.values(workload, 1)).transactions == 1


_WRITTEN = ("document", "payment", "proposal", "settlement", "application", "batch", "journal_entry", "change")


def _rows(dsn: str) -> dict[str, int]:
    async def ask() -> dict[str, int]:
        async with plain_connection(dsn) as connection:
            return {table: await connection.fetchval(f"select count(*) from {table}") for table in _WRITTEN}

    return asyncio.run(ask())


@pytest.mark.parametrize("name", ["pay-post", "pay-release"])
def test_the_ceiling_of_a_payment_writes_as_many_rows_as_the_program(bench: Bench, name: str) -> None:
    (workload,) = (it for it in WORKLOADS if it.name == name)
    assert workload.uses
    stock = bench.scene.stocks[workload.uses]
    stock.skip_used()
    sent = workload.plan(bench.scene, 1).requests[0]
    stock.reserve(2)
    before = _rows(bench.books.dsn)

    load.send(bench.program, sent)
    stock.used += 1
    by_program = _rows(bench.books.dsn)
    ceiling.reach_once(bench.books.dsn, workload.script, bench.values(workload, 1))
    stock.skip_used()
    by_ceiling = _rows(bench.books.dsn)

    added = {table: by_program[table] - before[table] for table in _WRITTEN}
    assert added == {table: by_ceiling[table] - by_program[table] for table in _WRITTEN}
    assert added["change"] == (1 if name == "pay-post" else 2)


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        pytest.param(Plan([Request("GET", "/v1/customerinvoice/999999", 1)]), "were no success.* 404 ", id="refused"),
        pytest.param(Plan([Request("GET", "/v1/customerinvoice/002004", 1)] * 3, once=True), "used up", id="too short"),
    ],
)
def test_a_round_that_measured_something_else_fails(
    program: Program, generator: Generator, plan: Plan, complaint: str
) -> None:
    with pytest.raises(BenchError, match=complaint):
        load.drive(program, generator, plan, clients=2, seconds=1)


def test_what_a_request_costs_is_told_beside_servers_that_do_nothing(bench: Bench) -> None:
    cells = {(cell.workload.name, cell.clients): cell for cell in plumbing.measure(bench, rounds=1, seconds=1)}

    assert [name for name, _ in cells] == ["bare protocol", "bare ASGI application", "/healthz"]
    costs = [cell.rounds[0].program_cpu for cell in cells.values()]
    assert 0 < costs[0] < costs[1] < costs[2]
    (sentence,) = plumbing.said(cells)
    assert "(target 45 " in sentence


def test_bulks_are_timed_beside_single_requests(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "INVOICES", {1: 30, 10: 20})
    cells = {(cell.workload.name, cell.clients): cell for cell in bulk.measure(bench, rounds=1, seconds=1)}

    assert [name for name, _ in cells] == ["single-1", "bulk-1", "single-10", "bulk-10"]
    assert [cells[f"bulk-{lines}", 1].rounds[0].answers for lines in bulk.INVOICES] == [30, 20]
    first, second = bulk.said(cells)
    assert first.startswith("Invoices of one line in a bulk: ")
    assert "times the rate of single requests (target 10 " in second


@pytest.mark.parametrize("run", runs.RUNS, ids=lambda run: run.name)
def test_a_run_over_all_open_documents_is_timed_on_fresh_books(books: Books, folder: Path, run: runs.Run) -> None:
    (cell,) = runs.measure(run, books, folder / "run.log", rounds=1)

    sides = ("program", "ceiling") if run.script else ("program",)
    assert {one.side: one.answers for one in cell.rounds} == dict.fromkeys(sides, seeding.TINY.large_documents)


def test_the_ceiling_of_write_offs_writes_as_many_rows_as_the_program(books: Books, folder: Path) -> None:
    (run,) = (it for it in runs.RUNS if it.name == "write-offs")
    books.copy_anew()
    seeded, left = Counter(_rows(books.dsn)), []
    for side in (partial(runs.drive, run, books, folder / "run.log"), partial(runs.reach, run, books)):
        books.copy_anew()
        side(1)
        left.append(Counter(_rows(books.dsn)) - seeded)
    books.copy_anew()

    assert left[0] == left[1]
    assert left[0]["change"] == 3 * seeding.TINY.large_documents


def test_two_runs_are_compared_by_their_processor_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def result(name: str, *workloads: tuple[str, float, float]) -> str:
        results = [
            {"workload": workload, "clients": 16, "rounds": [
                {"side": "program", "program_cpu": program * share, "database_cpu": database} for share in (1, 1, 5)
            ] + [{"side": "ceiling", "program_cpu": 0, "database_cpu": 99}]}
            for workload, program, database in workloads
        ]  # fmt: skip
        path = tmp_path / name
        path.write_text(json.dumps({"results": results}))
        return str(path)

    before, after = result("a", ("get", 0.2, 0.1), ("put", 1, 1)), result("b", ("get", 0.1, 0.05), ("post", 1, 1))
    assert compare(Path(before), Path(after)) == [["get", "16", "0.2", "0.1", "0.50", "0.1", "0.05", "0.50", "0.50"]]
    assert command_line.main(["compare", before, after]) == 0
    assert "0.50" in capsys.readouterr().out
    assert command_line.main(["compare", before, str(tmp_path / "nothing")]) == 1
    assert "is no result of the bench" in capsys.readouterr().out


def test_every_page_is_visited_or_known_to_be_left_out() -> None:
    there = {page.path for page in PAGES if page.method == "GET"}
    visited = {name.partition(",")[0] for name in pages.VISITED}
    assert visited | pages.NOT_VISITED == there
    assert not visited & pages.NOT_VISITED


@pytest.fixture
def anew(books: Books, folder: Path) -> Iterator[Program]:
    """A server on a copy of the books that is the test's own."""
    books.copy_anew()
    with serving(books.dsn, folder / "server.log") as served:
        yield served


def test_the_pages_are_timed_and_shown(books: Books, anew: Program) -> None:
    cells = list(pages.measure(books, anew, rounds=1))
    assert [cell.workload.name for cell in cells] == list(pages.VISITED)
    assert all(0 < cell.typical("program", "median") <= cell.typical("program", "p99") for cell in cells)


def test_a_payment_of_many_invoices_is_timed(books: Books, anew: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "COUNTS", (3, 6))
    cells = list(applications.measure(books, anew, rounds=1))
    assert [cell.rounds[0].answers for cell in cells] == [3, 6]
    assert self_check(books.dsn) == []
