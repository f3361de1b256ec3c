"""Makes a PDF file from content, with the typesetter (decision 0013).

The same content gives the same bytes on every machine: only the fonts that come with the program and the typesetter are
used, and the time in the file is an argument.
"""

from __future__ import annotations

import asyncio
import os
import re
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import msgspec

from reskontra.errors import Unavailable

PATIENCE_SECONDS = 20.0
_TYPESETTERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="printing")
_WORDS = (sys.executable, "-P", "-m", "reskontra.printing.typesetting")
_TRIES = 2
"""A process that was idle or has grown ends by itself, perhaps at the moment when it is asked."""


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A printed document, and what it is called as a file."""

    name: str
    content: bytes


def file_name(*parts: str) -> str:
    """The name of a PDF file: the parts with dashes between them, and only what any system has in a name."""
    return "-".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-.") for part in parts) + ".pdf"


async def make_pdf(layout: str, lay_out: Callable[[], Mapping[str, object]], moment: datetime, *, noun: str) -> bytes:
    """A PDF of what `lay_out` returns as `layout` places it, made at `moment`, in another thread and process.

    `layout` is a file of the package, such as `dunning/letters/letter.typ`; it gets the content as JSON, so none of it
    is markup. `noun` is what the refusal calls the thing: "letter". Raises `Unavailable` when it takes too long.
    """
    patience = PATIENCE_SECONDS
    work = asyncio.get_running_loop().run_in_executor(
        _TYPESETTERS, lambda: typeset(layout, msgspec.json.encode(lay_out()), moment, patience)
    )
    try:
        return await asyncio.wait_for(work, patience)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise Unavailable(f"The {noun} could not be printed in time.", hint="Try again later.") from None


def typeset(layout: str, content: bytes, moment: datetime, patience_seconds: float = PATIENCE_SECONDS) -> bytes:
    """A PDF of `content` (JSON), made by the typesetter of this thread.

    Raises `subprocess.TimeoutExpired` when that had to be ended, `RuntimeError` when the layout does not fit.
    """
    typesetter: _Typesetter | None = getattr(_of_thread, "typesetter", None)
    if typesetter is None:
        typesetter = _of_thread.typesetter = _Typesetter()
    request = f"{layout} {int(moment.timestamp())} {len(content)}\n".encode() + content
    return typesetter.answer_to(request, patience_seconds)


_of_thread = threading.local()


class _Typesetter:
    """A process of `typesetting.py`, started when it is needed. It ends with this program, which holds its input."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def answer_to(self, request: bytes, patience_seconds: float) -> bytes:
        """The PDF that a request asks for. Raises what `typeset` raises."""
        last_moment = time.monotonic() + patience_seconds
        for _ in range(_TRIES):
            process = self._running()
            try:
                answer = self._answer(process, request, last_moment)
            except TimeoutError:
                process.kill()
                raise subprocess.TimeoutExpired(_WORDS, patience_seconds) from None
            if answer is not None:
                break
            process.wait()
        else:
            raise RuntimeError("the typesetter ended without an answer")
        is_pdf, content = answer
        if not is_pdf:
            raise RuntimeError(f"the typesetter failed: {content.decode(errors='replace')[-2000:]}")
        return content

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(_WORDS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        return self._process

    @staticmethod
    def _answer(process: subprocess.Popen[bytes], request: bytes, last_moment: float) -> tuple[bool, bytes] | None:
        """Whether the answer is a PDF, and the answer; None if the process ended. Raises `TimeoutError`."""
        source, target = process.stdout, process.stdin
        if source is None or target is None:
            raise RuntimeError("the typesetter has no pipes")
        with selectors.DefaultSelector() as selector:
            try:
                _write_all(target.fileno(), request)
            except BrokenPipeError:
                return None
            selector.register(source, selectors.EVENT_READ)
            received = bytearray()
            while True:
                remaining = last_moment - time.monotonic()
                if remaining <= 0 or not selector.select(remaining):
                    raise TimeoutError
                piece = os.read(source.fileno(), 1 << 20)
                if not piece:
                    return None
                received += piece
                head, newline, content = bytes(received).partition(b"\n")
                if newline and len(content) == int(head.split()[1]):
                    return head.startswith(b"1"), content


def _write_all(target: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(target, rest) :]
