"""Runs the program under test as an operator would: `reskontra serve` in a process of its own, with tokens required."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import seeding

_START_SECONDS = 30
_ANSWERS = re.compile(r"answers on (http\S+)")


@dataclass(frozen=True, slots=True)
class Program:
    """A server that answers on `url`, and a token that opens all companies of the bench."""

    url: str
    pid: int
    token: str

    def headers(self, company_id: int, etag: str | None = None) -> dict[str, str]:
        """What a request about a company carries; `etag` becomes its If-Match."""
        headers = {"Authorization": f"Bearer {self.token}", "ipp-company-id": str(company_id)}
        return headers | ({"If-Match": f'"{etag}"'} if etag else {})


@contextlib.contextmanager
def serving(dsn: str, log: Path) -> Generator[Program]:
    """The program on a database, with its log lines in a file."""
    command = [sys.executable, "-m", "reskontra", "serve", "--database-url", dsn, "--port", "0"]
    with log.open("w") as lines:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=lines, text=True)
    try:
        url = _wait_for_url(process, log)
        yield Program(url, process.pid, _fetch_token(url))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_START_SECONDS)


def _wait_for_url(process: subprocess.Popen[str], log: Path) -> str:
    for line in process.stdout or ():
        if found := _ANSWERS.search(line):
            return found[1]
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")


def _fetch_token(url: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": seeding.CLIENT_ID,
        "client_secret": seeding.CLIENT_SECRET,
        "scope": seeding.SCOPE,
    }
    token: str = httpx.post(f"{url}/connect/token", data=form).raise_for_status().json()["access_token"]
    return token
