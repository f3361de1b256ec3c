"""Who takes mail: a mail server by SMTP, or a folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import aiosmtplib

from reskontra.config import SmtpServer
from reskontra.delivery.message import Message, encoded
from reskontra.power_cut import settle

PATIENCE_SECONDS = 60
"""How long the mail server may take for each of its answers."""

_ANSWER_LENGTH = 500
_UNKNOWN_SIZE = 0


class Deferred(Exception):
    """The mail was not taken, but may be later. `is_server_away`: no other mail would be taken now either."""

    def __init__(self, answer: str, *, is_server_away: bool = False) -> None:
        super().__init__(answer)
        self.is_server_away = is_server_away


class Rejected(Exception):
    """The mail was not taken and never will be."""


class Uncertain(Exception):
    """The mail was handed over, but nobody said that it was taken. It may arrive."""


class Carrier(Protocol):
    """Takes mail for good."""

    @property
    def sender(self) -> str:
        """The address that all mail comes from."""
        ...

    async def carry(self, mail: Message) -> str:
        """Take a mail; returns the answer. Raises `Deferred`, `Rejected` and `Uncertain`, whose text is the answer."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpCarrier:
    """A mail server. Each mail has a connection of its own."""

    server: SmtpServer
    sender: str

    async def carry(self, mail: Message) -> str:
        """Hand a mail over. It goes to all of its addresses that the server takes, unless the server may take more of
        them later: then it goes to none, so that nobody gets it twice."""
        server, content = self.server, await asyncio.to_thread(encoded, mail)
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            timeout=PATIENCE_SECONDS,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise Deferred(_told(error), is_server_away=True) from error
        try:
            refused = await self._addressed(client, mail, len(content))
            answer = await _handed_over(client, content)
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        finally:
            client.close()
        return "; ".join([answer, *(f"not to {address}: {reason}" for address, reason in refused.items())])

    async def _addressed(self, client: aiosmtplib.SMTP, mail: Message, size: int) -> Mapping[str, str]:
        """Say from whom and to whom; returns the addresses that are refused for good, with the reasons."""
        options = []
        if client.supports_extension("size"):
            options.append(f"size={size}")
            largest = int(client.esmtp_extensions.get("size") or _UNKNOWN_SIZE)
            if largest and size > largest:
                raise Rejected(f"The mail has {size} bytes, and the mail server takes at most {largest}.")
        refused, deferred = {}, ""
        try:
            await client.mail(self.sender, options=options)
            for address in mail.everybody:
                try:
                    await client.rcpt(address)
                except aiosmtplib.SMTPRecipientRefused as error:
                    refused[address] = _told(error)
                    deferred = deferred or ("" if _is_final(error) else f"{address}: {refused[address]}")
        except aiosmtplib.SMTPResponseException as error:
            raise (Rejected if _is_final(error) else Deferred)(_told(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Deferred(_told(error)) from error
        if deferred:
            raise Deferred(deferred)
        if len(refused) == len(mail.everybody):
            raise Rejected("; ".join(f"{address}: {reason}" for address, reason in refused.items()))
        return refused


async def _handed_over(client: aiosmtplib.SMTP, content: bytes) -> str:
    try:
        answer = await client.data(content)
    except aiosmtplib.SMTPResponseException as error:
        raise (Rejected if _is_final(error) else Deferred)(_told(error)) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Uncertain(_told(error)) from error
    return _one_line(f"{answer.code} {answer.message}")


def _is_final(error: aiosmtplib.SMTPResponseException) -> bool:
    return 500 <= error.code < 600


def _told(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _one_line(f"{error.code} {error.message}")
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join("".join(it if it.isprintable() else " " for it in text).split())[:_ANSWER_LENGTH]


@dataclass(frozen=True, slots=True)
class FolderCarrier:
    """A folder that mail is written into, as files that mail programs open."""

    folder: Path
    sender: str

    async def carry(self, mail: Message) -> str:
        """Write a mail, all or nothing."""
        try:
            name = await asyncio.to_thread(self._write, mail)
        except OSError as error:
            raise Deferred(f"The mail could not be written: {error.strerror}.", is_server_away=True) from error
        return f"written to {name}"

    def _write(self, mail: Message) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        about = re.sub(r"[^A-Za-z0-9.-]+", "-", mail.message_id.partition("@")[0])
        name = f"{mail.moment:%Y%m%dT%H%M%S%f}-{about}.eml"
        unfinished = self.folder / f".{name}"
        with unfinished.open("wb") as file:
            file.write(encoded(mail))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / name)
        settle(self.folder)
        return name

    def names(self) -> Sequence[str]:
        """The files, the newest first."""
        if not self.folder.is_dir():
            return ()
        return sorted((it.name for it in self.folder.glob("[!.]*.eml")), reverse=True)

    def clear(self) -> None:
        """Delete the files. Raises `OSError`."""
        for name in self.names():
            (self.folder / name).unlink(missing_ok=True)
        if self.folder.is_dir():
            settle(self.folder)

    def read_head(self, name: str) -> tuple[bytes, int]:
        """The header fields of one of the files, and how large it is; nothing if it has gone meanwhile."""
        try:
            with (self.folder / name).open("rb") as file:
                head = takewhile(lambda line: line.strip(), iter(file.readline, b""))
                return b"".join(head), os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            return b"", 0

    def read(self, name: str) -> bytes | None:
        """The content of one of the files."""
        path = self.folder / name
        is_ours = "/" not in name and not name.startswith(".") and name.endswith(".eml")
        return path.read_bytes() if is_ours and path.is_file() else None
