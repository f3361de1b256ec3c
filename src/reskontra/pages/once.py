"""Forms that make something, sent twice: the second one is led to what the first one made.

A form carries a one-time key (`m.once()` in templates). What is kept under it are the answers of `web/repeats.py`, one
for a key and what was typed, so that a form that somebody goes back to and changes makes another thing. The page may
send several requests and tries, so its key stands before the first and is answered after the last, as that of a run.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from hashlib import sha256

import msgspec
from starlette.responses import Response

from reskontra.errors import Conflict, OutcomeUnknown, Unavailable
from reskontra.pages.api import Engine
from reskontra.pages.screen import ONCE, Form, Screen
from reskontra.web.repeats import Answers, KeptAnswer, KeyedRequest

PageOf = Callable[[Screen], Awaitable[Response]]

_KEY = re.compile(r"[0-9a-f]{32}")
_MAKING = ("", "save", "release", "apply")
"""The buttons that make something; others show the form again."""

_LOOKS, _PAUSE_SECONDS = 100, 0.1
"""How often the second of two at once looks for the answer of the first."""


def once(make: PageOf) -> PageOf:
    """The page that answers a POST, carried out once for each form. Where it shows a page, it made nothing."""

    @wraps(make)
    async def made(screen: Screen) -> Response:
        form = await screen.form()
        key = form.get(ONCE, "")
        if not _KEY.fullmatch(key) or form.get("do", "") not in _MAKING:
            return await make(screen)
        typed = _typed(screen, form)
        request = KeyedRequest(screen.company.company_id, screen.person.actor, f"form {key} {typed.hex()}", typed)
        return await _answer(screen, make, request)

    return made


def _typed(screen: Screen, form: Form) -> bytes:
    """SHA-256 of the address and of what was typed, whichever button was pressed."""
    pairs = [pair for pair in form.pairs if pair[0] not in ("seal", "do", ONCE)]
    return sha256(msgspec.json.encode((screen.here, pairs))).digest()


async def _answer(screen: Screen, make: PageOf, request: KeyedRequest) -> Response:
    engine = screen.api.engine
    standing = await _begun(screen, request, engine.answers)
    if standing is not None:
        return Response(None, standing.status or 303, dict(standing.headers))
    try:
        answer = await make(screen)
    except OutcomeUnknown:
        raise  # sent again, it might make a second one
    except Exception:
        if not screen.api.has_changed:
            await _give_up(engine, request)
        raise
    if answer.status_code != 303 and "hx-redirect" not in answer.headers:
        await _give_up(engine, request)
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    with suppress(Unavailable):  # it is made, so the person is led to it
        async with engine.database.transaction() as connection:
            kept = KeptAnswer(request.fingerprint, answer.status_code, headers, b"")
            await engine.answers.finish(connection, request, kept, engine.clock.now())
    return answer


async def _give_up(engine: Engine, request: KeyedRequest) -> None:
    with suppress(Unavailable):  # why it was not made is to be told, not that
        async with engine.database.transaction() as connection:
            await engine.answers.give_up(connection, request)


async def _begun(screen: Screen, request: KeyedRequest, answers: Answers) -> KeptAnswer | None:
    """None where the form comes for the first time, else its answer, which is waited for. Raises `Conflict`."""
    engine = screen.api.engine
    for _ in range(_LOOKS):
        async with engine.database.transaction() as connection:
            standing = await answers.begin(connection, request, engine.clock.now())
        if standing is None or standing.status is not None:
            return standing
        await asyncio.sleep(_PAUSE_SECONDS)
    raise Conflict(
        screen.formats.say(
            "This form was sent before, and is still worked on or was cut off. Look at what it has made."
        )
    )
