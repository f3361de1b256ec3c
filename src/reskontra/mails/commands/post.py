"""How mail leaves this process, and waking who sends it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from reskontra.config import Settings
from reskontra.delivery.carriers import Carrier, FolderCarrier, SmtpCarrier
from reskontra.errors import Refused

SANDBOX_SENDER = "sandbox@reskontra.example"


@dataclass(slots=True)
class Post:
    """Who carries the mail, and whether mail is taken to be carried."""

    carrier: Carrier | None = None
    takes_mail: bool = False
    is_over: bool = False
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def empty_outbox(self) -> None:
        """Delete the mail that was written into a folder, as the documents that it was about are gone.

        Raises `Refused`, which names what is in the way.
        """
        if isinstance(self.carrier, FolderCarrier):
            try:
                await asyncio.to_thread(self.carrier.clear)
            except OSError as error:
                reason = f"The companies are as they were, but the outbox could not be emptied: {error.strerror}."
                raise Refused(reason, hint=f"Empty {self.carrier.folder}.") from error

    def wake(self) -> None:
        """Have the waiting mail looked at now."""
        self._wanted.set()

    def stop(self) -> None:
        """Have the sending end after the mail that is being sent."""
        self.is_over = True
        self._wanted.set()

    async def rest(self, seconds: float) -> None:
        """Wait until somebody wakes it, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        self._wanted.clear()


def post_of(settings: Settings, outbox: Path | None = None) -> Post:
    """How a server with these settings sends mail: a sandbox into the folder `outbox`, never over the network."""
    if settings.sandbox:
        folder = outbox or (settings.data_dir / "outbox" if settings.data_dir else None)
        carrier = FolderCarrier(folder, settings.mail_from or SANDBOX_SENDER) if folder else None
        return Post(carrier, takes_mail=True)
    if settings.smtp and settings.mail_from:
        return Post(SmtpCarrier(settings.smtp, settings.mail_from), takes_mail=True)
    return Post()
