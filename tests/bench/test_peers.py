"""The comparison with Tryton: its options and its clients. Tryton itself is not installed here."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

import pytest
from rich.console import Console

from bench.load import BenchError
from bench.peers import __main__ as command_line
from bench.peers.calls import Calls
from bench.peers.company import Company
from bench.peers.crowd import Answer, Line, Work, round_of
from bench.rounds import Round


class _Sleeper:
    """A side whose work is to sleep for ten milliseconds, or to fail."""

    name = "sleeper"
    pids = os.getpid(), os.getpid()

    def __init__(self) -> None:
        self.clients = 0

    def client(self) -> Mapping[str, Work]:
        self.clients += 1
        return {"sleep": lambda: time.sleep(0.01), "fail": _fail}


def _fail() -> None:
    raise BenchError("it went wrong")


def test_a_round_counts_what_all_clients_did() -> None:
    side = _Sleeper()
    done = round_of(side, "sleep", clients=3, seconds=0.3, number=1)
    assert side.clients == 3
    assert (done.side, done.number) == ("sleeper", 1)
    assert 3 <= done.answers <= 95
    assert done.median >= 10
    assert 0 < done.rate <= 300


def test_a_client_works_at_least_once() -> None:
    assert round_of(_Sleeper(), "sleep", clients=2, seconds=0, number=0).answers == 2


def test_work_that_fails_ends_the_round() -> None:
    with pytest.raises(BenchError, match="it went wrong"):
        round_of(_Sleeper(), "fail", clients=2, seconds=0.1, number=1)


def test_the_options_of_the_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    asked = command_line.parse([])
    assert (asked.work, asked.clients, asked.rounds, asked.processes) == (["invoice", "list"], [1, 4], 3, 1)
    assert command_line.parse(["list", "--clients", "2"]).clients == [2]
    for words in (["sell"], ["--clients", "many"]):
        with pytest.raises(SystemExit):
            command_line.parse(words)
    with pytest.raises(SystemExit) as left:
        command_line.parse(["--help"])
    assert left.value.code == 0
    assert "Tryton" in capsys.readouterr().out


def test_the_table_has_medians_of_the_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    rounds = [Round("Tryton", 1, 5, rate, 20.0, 30.0, 2.0, 1.0, 0.5, 1.0, {}) for rate in (1.0, 3.0, 2.0)]
    cell = command_line.Cell("invoice", "Tryton", 4, rounds)
    row = [
        "create and post an invoice of ten lines",
        "Tryton",
        "4",
        "2.00",
        "20.0",
        "2.00",
        "1.00",
        "3.00",
        "0.50",
        "15",
    ]
    assert cell.row == row
    command_line.show([cell], Console(width=160), markdown=True)
    assert f"| {' | '.join(row)} |" in capsys.readouterr().out


def test_trytons_invoice_has_the_lines_that_ours_has() -> None:
    company = Company({}, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    ((_, lines),) = company.invoice()["lines"]
    assert [line["description"] for line in lines][-1] == "Freight"
    assert len(lines) == 10
    assert all(line["unit_price"] > 0 and line["taxes"] == [["add", [6]]] for line in lines)


def test_a_refusal_of_trytons_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Line):
        def __init__(self) -> None: ...

        def ask(self, method: str, path: str, headers: Mapping[str, str], body: str = "") -> Answer:
            return Answer(200, {}, b'{"error": ["UserError", ["A value is required"]]}')

    with pytest.raises(BenchError, match="Tryton refuses model.party.party.create.*A value is required"):
        Calls(Refusing(), "session", 1, {}).create("party.party", {})
