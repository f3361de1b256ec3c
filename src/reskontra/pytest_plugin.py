"""The pytest fixture `reskontra`: a server with the demo company, of its own and the same before each test.

pytest loads this module in every project that has Reskontra installed, so it imports the rest only when it is used.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Reskontra:
    """A running server: its `url`, and what a client needs for a token. From this machine it needs none."""

    url: str
    client_id: str
    client_secret: str
    tenant_id: str

    @property
    def token_url(self) -> str:
        """Where a client gets its token."""
        return f"{self.url}/connect/token"


class _Process:
    """`reskontra.resettable` as a process of its own: it obeys lines on its input and ends when that is closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reskontra.resettable"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, line: str = "") -> str:
        """Send a line, if there is one; returns the answer. Raises `RuntimeError` if the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if line:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise RuntimeError("Reskontra ended; what it said is above, on stderr.")
        return answer

    def __enter__(self) -> _Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@pytest.fixture(scope="session")
def _reskontra_process() -> Iterator[tuple[_Process, str]]:
    with _Process() as process:
        yield process, process.ask()


@pytest.fixture
def reskontra(_reskontra_process: tuple[_Process, str]) -> Reskontra:
    """A server with the small demo company, on a port of its own, without anything that earlier tests did.

    It starts when the first test asks for it, and stops at the end of the session. Under pytest-xdist each worker has
    its own.
    """
    from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID

    process, url = _reskontra_process
    process.ask("reset")
    return Reskontra(url, CLIENT_ID, CLIENT_SECRET, str(TENANT_ID))
