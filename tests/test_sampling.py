"""What a run leaves out is drawn by its seed: the same again for the same seed, and in time everything."""

from __future__ import annotations

import os
import subprocess
import sys
from math import comb
from pathlib import Path

import pytest

from tests.concurrency.encounters import COMMANDS
from tests.sampling import SEED, Draws, Left, is_drawn

CASES = [f"case {number}" for number in range(700)]
PAIRS = "tests/concurrency/test_pairs.py"


def test_a_share_of_the_cases_is_drawn_and_some_seed_draws_each() -> None:
    draws = [{case for case in CASES if is_drawn(f"seed {number}", case, 1 / 4)} for number in range(60)]
    assert all(130 < len(drawn) < 220 for drawn in draws)
    assert draws[0] == {case for case in CASES if is_drawn("seed 0", case, 1 / 4)} != draws[1]
    assert set().union(*draws) == set(CASES)


def test_who_draws_cases_himself_gets_at_least_one_and_another_by_another_seed() -> None:
    few, taken = CASES[:5], set()
    for number in range(100):
        left = Left(f"seed {number}")
        (drawn,) = Draws(left, takes_all=False).some(few, 1e-9)
        assert left.inside == 4
        taken.add(drawn)
    assert taken == set(few)
    left = Left("seed")
    assert Draws(left, takes_all=True).some(few, 1e-9) == few
    assert Draws(left, takes_all=True).takes("case", 1e-9)
    assert left.inside == 0


CONFTEST = """
from tests import sampling


def pytest_addoption(parser):
    sampling.add_option(parser)


def pytest_configure(config):
    config.pluginmanager.register(sampling)
"""
GOING_THROUGH = """
def test_one(draws):
    assert len(draws.some("abcdef", 1e-9)) == 1
    assert not draws.takes("a case", 1e-9)
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_run_says_what_tests_leave_of_what_they_go_through(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(GOING_THROUGH, encoding="utf-8")
    plugins = ("-p", "no:cacheprovider", "-p", "xdist.plugin")
    command = [sys.executable, "-m", "pytest", "-q", *plugins, "--rootdir", str(tmp_path), *workers]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), SEED: "one"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment.pop("PYTEST_XDIST_WORKER", None)

    def told(*words: str) -> str:
        return subprocess.run(
            [*command, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        ).stdout

    assert f"12 cases inside tests are left to `make test-all` ({SEED}=one draws the same again)." in told(".")
    everything = told(".", "--all")
    assert "2 failed" in everything
    assert "inside tests" not in everything
    assert "1 failed" in told("test_a.py::test_one")


def collected(*words: str) -> str:
    plugins = ("-p", "xdist.plugin", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *plugins, *words]
    environment = {"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", SEED: "one"}
    root = Path(__file__).parent.parent
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_run_says_what_it_leaves_and_whoever_names_a_case_gets_it() -> None:
    some = collected(PAIRS).splitlines()
    assert f"({SEED}=one draws the same again)." in some[-2]
    left = int(some[-2].split(" cases are left to `make test-all`")[0])
    assert f"({left} deselected)" in some[-1]
    assert f"{comb(len(COMMANDS) + 1, 2)} tests collected" in collected(PAIRS, "--all")
    named = f"{PAIRS}::test_pair[create + create]"
    assert named in collected(named)
