"""Makes a PDF file from content, with the typesetter (decision 0013).

The same content gives the same bytes on every machine: only the fonts that come with the typesetter are used, and the
time in the file is an argument.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from reskontra.errors import Unavailable

PATIENCE_SECONDS = 20.0
_TYPESETTERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="printing")


async def make_pdf(layout: str, content: Mapping[str, object], moment: datetime, *, noun: str) -> bytes:
    """A PDF of `content` as `layout` places it, made at `moment`. Raises `Unavailable` when that takes too long.

    `layout` is a file of the package, such as `dunning/letters/letter.typ`; it gets the content as JSON, so none of it
    is markup. `noun` is what the refusal calls the thing: "letter".
    """
    work = asyncio.get_running_loop().run_in_executor(
        _TYPESETTERS, typeset, layout, msgspec.json.encode(content), moment
    )
    try:
        return await asyncio.wait_for(work, PATIENCE_SECONDS)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise Unavailable(f"The {noun} could not be printed in time.", hint="Try again later.") from None


def typeset(layout: str, content: bytes, moment: datetime, patience_seconds: float = PATIENCE_SECONDS) -> bytes:
    """A PDF of `content` (JSON), made in a process that ends with it.

    Raises `subprocess.TimeoutExpired` when the process had to be ended, `RuntimeError` when the layout does not fit.
    """
    words = [sys.executable, "-P", "-m", "reskontra.printing.typesetting", layout, str(int(moment.timestamp()))]
    process = subprocess.run(words, input=content, capture_output=True, timeout=patience_seconds, check=False)
    if process.returncode:
        raise RuntimeError(f"the typesetter failed: {process.stderr.decode(errors='replace')[-2000:]}")
    return process.stdout
