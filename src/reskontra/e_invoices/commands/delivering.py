"""Sending the e-invoices that wait: into a folder, or to an access point of the Peppol network (EHF-07).

Each is claimed for a while by one worker of whatever process. One that dies leaves its claim to run out; what it sent
then comes again under the same id and name, by which folder and access point know it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import httpx
import structlog

from reskontra.clock import Clock, Context
from reskontra.db.pool import Database
from reskontra.e_invoices import store
from reskontra.e_invoices.store import Claimed, State
from reskontra.errors import Refusal
from reskontra.power_cut import settle

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

ACTOR = "e-invoice delivery"

CLAIM = timedelta(minutes=5)
_ATTEMPT_SECONDS = 60  # far below the claim

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
ATTEMPTS_MAX = 16
"""With growing pauses, two days."""

_POLL_SECONDS = 5
_ANSWER_CHARACTERS = 4000
_TRANSIENT = frozenset({408, 425, 429})
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an attempt: `status` is that of HTTP. A transient failure may be gone at the next attempt."""

    is_taken: bool
    text: str
    status: int | None = None
    is_transient: bool = False


class Channel(Protocol):
    """Where e-invoices go."""

    async def send(self, claimed: Claimed) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in which each company has one of its own. A file is there whole or not at all."""

    path: Path

    async def send(self, claimed: Claimed) -> Answer:
        """Write the file. The same e-invoice has the same name."""
        try:
            written = await asyncio.to_thread(self._write, claimed)
        except OSError as error:
            return Answer(is_taken=False, text=f"The file cannot be written: {error}.", is_transient=True)
        return Answer(is_taken=True, text=f"Written to {written}.")

    def _write(self, claimed: Claimed) -> Path:
        folder = self.path / _UNSAFE.sub("_", claimed.company_code)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{claimed.document_type}-{_UNSAFE.sub('_', claimed.number)}-{claimed.message_id}.xml"
        draft = path.with_suffix(".part")
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(claimed.content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        settle(folder)
        return path


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """An HTTP address that takes one e-invoice in each POST."""

    url: str
    token: str | None
    client: httpx.AsyncClient

    async def send(self, claimed: Claimed) -> Answer:
        """POST the XML. The access point tells by the Idempotency-Key whether it has it already."""
        headers = {"Content-Type": "application/xml; charset=utf-8", "Idempotency-Key": str(claimed.message_id)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                answer = await self.client.post(self.url, content=claimed.content.encode(), headers=headers)
        except (httpx.HTTPError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            return Answer(is_taken=False, text=f"The access point cannot be reached: {reason}.", is_transient=True)
        text = answer.text.replace("\x00", "")[:_ANSWER_CHARACTERS] or answer.reason_phrase
        return Answer(
            is_taken=answer.is_success,
            text=text,
            status=answer.status_code,
            is_transient=answer.is_server_error or answer.status_code in _TRANSIENT,
        )


@contextlib.asynccontextmanager
async def keep_delivering(database: Database, clock: Clock, channel: Channel | None) -> AsyncGenerator[None]:
    """While the context is open, send what waits, soon after it came to wait."""
    if channel is None:
        yield
        return
    worker = asyncio.create_task(_deliver_for_ever(database, clock, channel))
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def _deliver_for_ever(database: Database, clock: Clock, channel: Channel) -> None:
    while True:
        try:
            await deliver_waiting(database, clock, channel)
        except Refusal as refusal:
            _log.warning("e-invoices cannot be sent now", reason=str(refusal))
        except Exception:  # whatever one e-invoice does, the others are sent
            _log.exception("an e-invoice could not be sent")
        await asyncio.sleep(_POLL_SECONDS)


async def deliver_waiting(database: Database, clock: Clock, channel: Channel) -> int:
    """Try once to send each e-invoice that is due; returns how many attempts that took. Raises `Unavailable`."""
    attempts = 0
    while await _deliver_one(database, clock, channel):
        attempts += 1
    return attempts


async def _deliver_one(database: Database, clock: Clock, channel: Channel) -> bool:
    now = clock.now()
    async with database.transaction() as connection:
        claimed = await store.claim(connection, now, now + CLAIM)
    if claimed is None:
        return False
    answer = await channel.send(claimed)
    state, pause = _outcome(answer, claimed.attempts)
    context = Context(claimed.company_id, ACTOR, str(clock.new_id()), clock.now(), clock)
    async with database.transaction() as connection:
        await store.record_answer(
            connection,
            context,
            claimed,
            status=answer.status,
            answer=answer.text,
            state=state,
            next_attempt_at=context.now + pause,
        )
    _log.info(
        "e-invoice", state=state.value, company=claimed.company_code, document_type=claimed.document_type,
        number=claimed.number, attempts=claimed.attempts, status=answer.status,
    )  # fmt: skip
    return True


def _outcome(answer: Answer, attempts: int) -> tuple[State, timedelta]:
    """What an answer to that attempt makes of an e-invoice, and how long to wait if it waits on."""
    if answer.is_taken:
        return State.SENT, timedelta()
    if answer.is_transient and attempts < ATTEMPTS_MAX:
        return State.WAITING, min(_FIRST_PAUSE * 2 ** (attempts - 1), _LONGEST_PAUSE)
    return State.REFUSED, timedelta()
