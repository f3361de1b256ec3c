"""A recorded request as a program that sends it again: a curl command, a Python script, a pytest file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from reskontra.requests.recorded import Recorded

_NOT_SENT = frozenset(
    {
        "accept", "accept-encoding", "authorization", "connection", "content-length", "cookie", "expect", "host",
        "origin", "referer", "te", "transfer-encoding", "upgrade", "user-agent",
    }
)  # fmt: skip
"""Headers that a program sends by itself, or that say nothing about the request. Tables are asked for by `accept`."""

_TOO_LONG = "the body was longer than what is kept of it"
_IN_ADDRESS, _IN_JSON, _WHOLE = r"(?<=/){}(?=/|\?|$)", r'(?<="){}(?=")', r"^{}$"
"""Where numbers and versions may stand that are taken from answers."""

_UNREACHED = (401, 403, 429, 499)
"""Statuses that say nothing about the request itself, which a new sandbox would let pass."""


def curl(request: Recorded) -> str:
    """The request as a command for a POSIX shell; a token stands as `$TOKEN`."""
    words = ["curl", "-i"]
    if request.method == "HEAD":
        words.append("-I")
    elif request.method != "GET":
        words += ["-X", request.method]
    lines = [" ".join((*words, shlex.quote(request.url)))]
    if request.sent.header("authorization") is not None:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(request)]
    text = _text(request)
    if text is None:
        lines.append("--data-binary @body")
    elif text:
        lines.append(f"--data-raw {shlex.quote(text)}")
    command = " \\\n  ".join(lines)
    return command if request.sent.is_whole else f"# {_TOO_LONG}\n{command}"


def python(request: Recorded) -> str:
    """The request as a script that needs httpx; a token is taken from the environment."""
    has_token = request.sent.header("authorization") is not None
    headers = [f"{name!r}: {value!r}" for name, value in _headers(request)]
    if has_token:
        headers.append('"Authorization": f"Bearer {os.environ[\'TOKEN\']}"')
    lines = [*(["import os", ""] if has_token else []), "import httpx", ""]
    if not request.sent.is_whole:
        lines.append(f"# {_TOO_LONG}")
    lines += ["answer = httpx.request(", f"    {request.method!r},", f"    {request.url!r},"]
    if headers:
        lines.append(f"    headers={{{', '.join(headers)}}},")
    if request.sent.body:
        lines.append(f"    content={_content(request)!r},")
    return "\n".join([*lines, ")", "print(answer.status_code, answer.text)", ""])


def pytest_file(requests: Sequence[Recorded], made_at: datetime) -> str:
    """Requests, in the order in which they came, as one test with the fixture `reskontra` that is installed with it.

    Each must be answered with the status that it had. Numbers and versions that an earlier answer gave are taken from
    the new answers, as they may differ. Left out are requests for tokens, which the fixture does not need, those that
    were not let in, and those whose bodies are not kept whole.
    """
    lines = [
        f'"""Requests that were recorded in a Reskontra sandbox until {made_at:%Y-%m-%d %H:%M} UTC, as a test."""',
        "",
        "import httpx",
        "",
        "",
        "def test_requests_are_answered_as_they_were(reskontra):",
        "    with httpx.Client(base_url=reskontra.url) as http:",
    ]
    told: dict[str, str] = {}
    steps = [request for request in requests if _can_be_repeated(request)]
    for place, request in enumerate(steps, 1):
        lines += [f"        {line}" for line in _step(request, told)]
        lines += [f"        {line}" for line in _told_by(request, place, told, steps[place:])]
    if not steps:
        lines.append("        assert http.get('/healthz').status_code == 200")
    return "\n".join(lines) + "\n"


def _can_be_repeated(request: Recorded) -> bool:
    return request.route is not None and request.status not in _UNREACHED and request.sent.is_whole


def _step(request: Recorded, told: dict[str, str]) -> Iterator[str]:
    yield ""
    yield "answer = http.request("
    yield f"    {request.method!r},"
    yield f"    {_expression(request.target, told, _IN_ADDRESS)},"
    headers = [f"{name!r}: {_expression(value, told, _WHOLE)}" for name, value in _headers(request)]
    if headers:
        yield f"    headers={{{', '.join(headers)}}},"
    text = _text(request)
    if text:
        yield f"    content={_expression(text, told, _IN_JSON)},"
    elif text is None:
        yield f"    content={request.sent.body!r},"
    yield ")"
    yield f"assert answer.status_code == {request.status}, answer.text"


def _told_by(request: Recorded, place: int, told: dict[str, str], later: Sequence[Recorded]) -> Iterator[str]:
    """Lines that keep what this answer gave and a later request used. Adds them to `told`: text -> variable."""
    location, etag = request.answer.header("location"), request.answer.header("etag")
    if location and request.status == 201:
        number = urlsplit(location).path.rpartition("/")[2]
        if number and any(number in other.target or number.encode() in other.sent.body for other in later):
            told[number] = f"made_{place}"
            yield f'made_{place} = answer.headers["Location"].rpartition("/")[2]'
    if etag and any(other.sent.header("if-match") == etag for other in later):
        told[etag] = f"version_{place}"
        yield f'version_{place} = answer.headers["ETag"]'


def _expression(text: str, told: dict[str, str], frame: str) -> str:
    """Python for `text`, with variables in place of what was told, where it stands in this frame."""
    if told:
        known = "|".join(re.escape(value) for value in sorted(told, key=len, reverse=True))
        pieces = re.split(frame.replace("{}", f"({known})"), text)
        parts = [told[piece] if place % 2 else repr(piece) for place, piece in enumerate(pieces) if piece]
        if len(pieces) > 1:
            return " + ".join(parts)
    return repr(text)


def _headers(request: Recorded) -> Iterable[tuple[str, str]]:
    asks_for_table = "csv" in (request.sent.header("accept") or "")
    for name, value in request.sent.headers:
        lower = name.lower()
        if lower == "content-encoding" or (lower in _NOT_SENT and not (lower == "accept" and asks_for_table)):
            continue  # the body is kept decompressed
        yield name, value


def _text(request: Recorded) -> str | None:
    """The body as text; None if it is none."""
    try:
        text = request.sent.body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def _content(request: Recorded) -> str | bytes:
    text = _text(request)
    return request.sent.body if text is None else text
