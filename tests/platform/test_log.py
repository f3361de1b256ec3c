"""Log lines as an operator reads them: short for a request, whole and without a caller's data for a fault."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import sys, structlog
from reskontra.log import configure_logging, log_request
configure_logging(sys.argv[1])
log = structlog.get_logger("reskontra.web.server")
structlog.contextvars.bind_contextvars(request_id="id-1")
for path in ("/v1/x\\x1b[31m", "/v1/x"):
    facts = dict(method="GET", path=path, status=200, milliseconds=3.21)
    log_request(**facts, operation="Find", actor="Kari", request_id="id-1")
log.info("GET /v1/x 200 3.21 ms")
def decode(depth, body):
    if depth == 0:
        raise ValueError("no such thing")
    parse(depth - 1, body)
def parse(depth, body):
    decode(depth, body)
try:
    decode(100, "".join(("told in ", "confidence")))
except ValueError:
    log.exception("unexpected failure")
"""


def logged(log_format: str) -> str:
    command = [sys.executable, "-c", PROGRAM, log_format]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_fault_is_told_without_the_values_that_a_caller_sent(log_format: str) -> None:
    text = logged(log_format)
    assert "no such thing" in text
    assert "told in confidence" not in text


def test_a_fault_is_told_in_thirty_frames_at_most() -> None:
    assert logged("console").count("File ") == 30
    frames = json.loads(logged("json").splitlines()[-1])["exception"][0]["frames"]
    assert len([frame for frame in frames if frame["lineno"] > 0]) == 30


def test_a_request_is_one_short_line_for_people_and_all_that_is_known_for_machines() -> None:
    line = logged("console").splitlines()[0]
    assert line.endswith("GET '/v1/x\\x1b[31m' 200 3.21 ms request_id=id-1")
    said = json.loads(logged("json").splitlines()[0])
    assert (said["path"], said["operation"], said["actor"]) == ("/v1/x\x1b[31m", "Find", "Kari")


def test_the_line_of_a_request_has_the_form_of_all_others() -> None:
    """It is written past structlog, for its speed."""
    of_request, of_structlog = logged("console").splitlines()[1:3]
    after_the_moment = len("2026-01-01T00:00:00.000000Z")
    assert of_request[after_the_moment:] == of_structlog[after_the_moment:]
    assert len(of_request) == len(of_structlog)
