"""Drives the program with a plan of requests, by wrk or autocannon, and reads what came of it. Times nothing itself."""

from __future__ import annotations

import json
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

_HERE = Path(__file__).parent
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
    reached: int
    """How many requests of the plan were sent, if only to hang up before the answer."""

    generator_seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Generator:
    """The program that sends the requests. `folder` is where autocannon's packages are, None for wrk."""

    name: str
    folder: Path | None = None

    def command(self, program: Program, plan_file: str, *, once: bool, clients: int, seconds: int) -> list[str]:
        """What to run; it prints a line RESULT with the fields of `_read`."""
        repeat = "once" if once else "again"
        if self.folder is None:
            options = ["-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={_TIMEOUT_SECONDS}s", "-s"]
            return ["wrk", *options, str(_HERE / "load.lua"), program.url, "--", plan_file, program.token, repeat]
        script = [str(_HERE / "load.mjs"), str(self.folder)]
        return ["node", *script, program.url, plan_file, program.token, str(clients), str(seconds), repeat]


def find_generator(folder: Path) -> Generator:
    """wrk, installed where it is missing and root may; else autocannon, installed into `folder` by npm."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, capture_output=True)
    if shutil.which("wrk"):
        said = subprocess.run(["wrk", "--version"], check=False, capture_output=True, text=True).stdout
        found = re.search(r"wrk \S+", said)
        return Generator(found[0] if found else "wrk")
    return _autocannon(folder / "autocannon")


def _autocannon(folder: Path) -> Generator:
    manifest = folder / "node_modules" / "autocannon" / "package.json"
    if not manifest.exists():
        if shutil.which("npm") is None:
            raise BenchError("there is no load generator: install wrk (apt-get install wrk), or npm to get autocannon")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "autocannon@8"]
        subprocess.run(command, check=True, capture_output=True)
    return Generator(f"autocannon {json.loads(manifest.read_text())['version']}", folder)


def drive(program: Program, generator: Generator, plan: Plan, *, clients: int, seconds: int) -> Driven:
    """Send a plan's requests with `clients` at a time. Raises `BenchError` unless every answer is a success."""
    if not plan.requests:
        raise BenchError("there is nothing to send")
    with tempfile.NamedTemporaryFile("w", suffix=".plan", encoding="utf-8") as file:
        file.writelines(f"{request.line}\n" for request in plan.requests)
        file.flush()
        command = generator.command(program, file.name, once=plan.once, clients=clients, seconds=seconds)
        before = os.times()
        said = subprocess.run(command, check=False, capture_output=True, text=True)
        after = os.times()
    result = re.search(r"^RESULT (.*)$", said.stdout, re.MULTILINE)
    if result is None:
        raise BenchError(f"{generator.name} failed: {said.stdout[-500:]} {said.stderr[-500:]}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return _read(result[1], program, plan, spent)


def _read(fields: str, program: Program, plan: Plan, generator_seconds: float) -> Driven:
    figures = [float(field) for field in fields.split()]
    requests, microseconds, median, p99, slowest, size, refused, connect, broken, late, ran_out, reached = figures
    if ran_out:
        raise BenchError(f"the plan of {len(plan.requests)} requests was used up")
    if refused or connect or broken or late or not requests:
        raise BenchError(
            f"of {requests:.0f} answers {refused:.0f} were no success; {connect:.0f} connections failed, "
            f"{broken:.0f} broke, {late:.0f} timed out. {_shown(program, plan)}"
        )
    return Driven(
        requests=int(requests),
        seconds=microseconds / 1e6,
        median=median / 1e3,
        p99=p99 / 1e3,
        slowest=slowest / 1e3,
        bytes=int(size),
        reached=int(reached),
        generator_seconds=generator_seconds,
    )


def send(program: Program, request: Request, media_type: str = "application/json") -> httpx.Response:
    """Send one request by itself. Raises `BenchError` unless the answer is a success."""
    headers = program.headers(request.company_id, request.etag or None)
    if request.body:
        headers["Content-Type"] = media_type
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
