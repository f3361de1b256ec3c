"""Drives the program with a plan of requests and counts. The generator is wrk; it is part of every printed result."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.program import Program

_SCRIPT = Path(__file__).with_name("load.lua")
_TIMEOUT_SECONDS = 30


class BenchError(Exception):
    """The round measured something else than it says; its figures would be lies."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request about a company. `etag` is sent as If-Match."""

    method: str
    path: str
    company_id: int
    etag: str = ""
    body: str = ""

    @property
    def line(self) -> str:
        return "\t".join((self.method, self.path, str(self.company_id), self.etag, self.body))


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests in their order. `once`: none may be sent twice, as an ETag is true only once."""

    requests: Sequence[Request]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Driven:
    """What a round of requests came to; times in milliseconds, all answers were successes."""

    requests: int
    seconds: float
    median: float
    p99: float
    slowest: float
    bytes: int
    generator_seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def generator() -> str:
    """The load generator and its version; installed where it is missing and root may."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, capture_output=True)
    if shutil.which("wrk") is None:
        raise BenchError("wrk is not installed: apt-get install wrk")
    said = subprocess.run(["wrk", "--version"], check=False, capture_output=True, text=True).stdout
    found = re.search(r"wrk \S*(\d+\.\d+\.\d+)\S*", said)
    return found[0] if found else "wrk"


def drive(program: Program, plan: Plan, *, clients: int, seconds: int) -> Driven:
    """Send a plan's requests with `clients` at a time. Raises `BenchError` unless every answer is a success."""
    if not plan.requests:
        raise BenchError("there is nothing to send")
    with tempfile.NamedTemporaryFile("w", suffix=".plan", encoding="utf-8") as file:
        file.writelines(f"{request.line}\n" for request in plan.requests)
        file.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={_TIMEOUT_SECONDS}s", "-s", str(_SCRIPT)]
        command += [program.url, "--", file.name, program.token, "once" if plan.once else "again"]
        before = os.times()
        said = subprocess.run(command, check=False, capture_output=True, text=True)
        after = os.times()
    result = re.search(r"^RESULT (.*)$", said.stdout, re.MULTILINE)
    if result is None:
        raise BenchError(f"wrk failed: {said.stdout[-500:]} {said.stderr[-500:]}")
    figures = [float(field) for field in result[1].split()]
    requests, microseconds, median, p99, slowest, size, refused, connect, broken, late, ran_out = figures
    if ran_out:
        raise BenchError(f"the plan of {len(plan.requests)} requests was used up")
    if refused or connect or broken or late or not requests:
        raise BenchError(
            f"of {requests:.0f} answers {refused:.0f} were no success; {connect:.0f} connections failed, "
            f"{broken:.0f} broke, {late:.0f} timed out. {_shown(program, plan)}"
        )
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Driven(int(requests), microseconds / 1e6, median / 1e3, p99 / 1e3, slowest / 1e3, int(size), spent)


def send(program: Program, request: Request) -> httpx.Response:
    """Send one request by itself. Raises `BenchError` unless the answer is a success."""
    headers = program.headers(request.company_id, request.etag or None)
    if request.body:
        headers["Content-Type"] = "application/json"
    answer = httpx.request(
        request.method, program.url + request.path, headers=headers, content=request.body, timeout=_TIMEOUT_SECONDS
    )
    if not answer.is_success:
        raise BenchError(f"{request.method} {request.path}: {answer.status_code} {answer.text[:500]}")
    return answer


def _shown(program: Program, plan: Plan) -> str:
    """What one of the requests is answered when it is sent by itself."""
    request = plan.requests[-1 if plan.once else 0]
    try:
        return f"One by itself: {request.method} {request.path}: {send(program, request).status_code}"
    except (BenchError, httpx.HTTPError) as error:
        return f"One by itself: {error}"
