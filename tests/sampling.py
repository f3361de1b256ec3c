"""What an ordinary run leaves to `make test-all`: cases that are drawn by a seed, and long tests that run shorter.

A test marked `sampled(share)` runs so much of its cases, others at each commit; one that asks for `draws` goes through
cases itself and takes so many of them; one that asks for `whole` runs in full only there. The last lines of a run say
what was left. Whoever names cases, by their id or with -k, gets them all.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

SEED = "RESKONTRA_TEST_SEED"


@dataclass
class Left:
    """What a run leaves out."""

    seed: str
    cases: int = 0
    inside: int = 0
    """Cases that tests go through themselves."""
    shorter: set[str] = field(default_factory=set)
    """The tests that did not run in full."""


_left = pytest.StashKey[Left]()


def add_option(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="every case, and long tests in full, as `make test-all`")


def pytest_configure(config: pytest.Config) -> None:
    workerinput = getattr(config, "workerinput", None)
    config.stash[_left] = Left(workerinput["seed"] if workerinput else os.environ.get(SEED) or _seed_of_the_day())


def _seed_of_the_day() -> str:
    """The commit, so that each draws other cases, or the date where there is none."""
    command = ["git", "rev-parse", "--short=10", "HEAD"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return datetime.now(UTC).date().isoformat()
    return done.stdout.strip()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)  # no worker is to be left with one at the end
    if _takes_all(config):
        return
    left = config.stash[_left]
    drawn = {item: _is_drawn(item, left.seed) for item in items}
    items[:] = [item for item in drawn if drawn[item]]
    left.cases = len(drawn) - len(items)
    config.hook.pytest_deselected(items=[item for item in drawn if not drawn[item]])


def _takes_all(config: pytest.Config) -> bool:
    return bool(config.getoption("--all") or config.option.keyword or any("::" in word for word in config.args))


def _is_drawn(item: pytest.Item, seed: str) -> bool:
    mark = item.get_closest_marker("sampled")
    return mark is None or is_drawn(seed, item.name, mark.args[0])


def is_drawn(seed: str, case: str, share: float) -> bool:
    """Whether a case is among those of a run. It does not depend on which others there are."""
    return Random(f"{seed} {case}").random() < share


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether a long test runs in full."""
    if not request.config.getoption("--all"):
        request.config.stash[_left].shorter.add(request.node.name)
    return bool(request.config.getoption("--all"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> str:
    """What a run draws by, for tests that draw cases themselves."""
    return request.config.stash[_left].seed


@dataclass
class Draws:
    """Which of the cases that a long test goes through itself are among those of the run; counts those that are not."""

    left: Left
    takes_all: bool

    def takes(self, case: str, share: float) -> bool:
        """Whether this one is."""
        taken = self.takes_all or is_drawn(self.left.seed, case, share)
        self.left.inside += not taken
        return taken

    def some(self, cases: Iterable[str], share: float) -> list[str]:
        """Those that are: at least one, so that the test has something to say."""
        every = list(cases)
        drawn = [it for it in every if self.takes_all or is_drawn(self.left.seed, it, share)]
        drawn = drawn or [Random(f"{self.left.seed} {every}").choice(every)]
        self.left.inside += len(every) - len(drawn)
        return drawn


@pytest.fixture(scope="session")
def draws(request: pytest.FixtureRequest) -> Draws:
    """For long tests that go through cases themselves."""
    return Draws(request.config.stash[_left], _takes_all(request.config))


# --- told at the end; under xdist the workers tell the controller


def pytest_configure_node(node: Any) -> None:
    node.workerinput["seed"] = node.config.stash[_left].seed


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        left = session.config.stash[_left]
        output["left"] = {"cases": left.cases, "inside": left.inside, "shorter": sorted(left.shorter)}


def pytest_testnodedown(node: Any) -> None:
    left, told = node.config.stash[_left], getattr(node, "workeroutput", {}).get("left")
    if told:  # a worker that crashed tells nothing
        left.cases = told["cases"]  # each of them collects all
        left.inside += told["inside"]
        left.shorter.update(told["shorter"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left = config.stash[_left]
    again = f"{SEED}={left.seed} draws the same again"
    if left.cases:
        terminalreporter.write_line(f"{left.cases} cases are left to `make test-all` ({again}).")
    if left.inside:
        terminalreporter.write_line(f"{left.inside} cases inside tests are left to `make test-all` ({again}).")
    if left.shorter:
        names = ", ".join(sorted(left.shorter))
        terminalreporter.write_line(f"{len(left.shorter)} ran shorter than in `make test-all`: {names}.")
