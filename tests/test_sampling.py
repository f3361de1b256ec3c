"""What a run leaves out is drawn by its seed: the same again for the same seed, and in time everything."""

from __future__ import annotations

import subprocess
import sys
from math import comb
from pathlib import Path

from tests.concurrency.encounters import COMMANDS
from tests.sampling import SEED, is_drawn

CASES = [f"case {number}" for number in range(700)]
PAIRS = "tests/concurrency/test_pairs.py"


def test_a_share_of_the_cases_is_drawn_and_some_seed_draws_each() -> None:
    draws = [{case for case in CASES if is_drawn(f"seed {number}", case, 1 / 4)} for number in range(60)]
    assert all(130 < len(drawn) < 220 for drawn in draws)
    assert draws[0] == {case for case in CASES if is_drawn("seed 0", case, 1 / 4)} != draws[1]
    assert set().union(*draws) == set(CASES)


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
