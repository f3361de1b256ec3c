"""A mail server, and an office whose mail it gets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import httpx
import pytest
from aiosmtpd import smtp
from aiosmtpd.controller import Controller

from reskontra.clock import SeededClock
from reskontra.config import Settings, SmtpServer
from reskontra.db.pool import Database
from reskontra.mails.commands.post import Post, post_of
from reskontra.mails.commands.sending import send_next
from tests.api.dunning.debtors import debtor
from tests.clerk import Clerk, Record
from tests.conftest import open_client

SENDER = "invoices@demo.example"


@dataclass
class MailServer:
    """What the server got, and what it answers instead of taking a mail: by address, or for the content."""

    taken: list[smtp.Envelope] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    of_content: str = ""
    hangs_up: bool = False
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: N802
        if self.of_content:
            return self.of_content
        self.taken.append(envelope)
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 queued"

    @property
    def messages(self) -> list[EmailMessage]:
        contents = [it.content for it in self.taken]
        return [message_from_bytes(it, policy=SMTP) for it in contents if isinstance(it, bytes)]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def post(mail_server: MailServer) -> Post:
    server = SmtpServer(host="127.0.0.1", port=mail_server.port, tls="none")
    return post_of(Settings(smtp=server, mail_from=SENDER))


@dataclass
class Office:
    """A clerk, and who sends the clerk's mail."""

    clerk: Clerk
    database: Database
    clock: SeededClock
    post: Post

    async def send(self) -> bool:
        assert self.post.carrier is not None
        return await send_next(self.database, self.clock, self.post.carrier)

    async def email(self, thing: Record | str, **fields: Any) -> httpx.Response:
        return await self.clerk.http.post(action_of(thing), json=fields)

    async def asked(self, thing: Record | str, **fields: Any) -> dict[str, Any]:
        answer = await self.email(thing, **fields)
        assert answer.status_code == 200, answer.text
        assert answer.json()["actionResult"] == "Done"
        mail: dict[str, Any] = answer.json()["mail"]
        return mail

    async def log(self, **query: Any) -> list[dict[str, Any]]:
        return await self.clerk.page("reskontra/mail", **query)

    def wait(self, time: timedelta) -> None:
        self.clock.move_to(self.clock.now() + time)


def action_of(thing: Record | str) -> str:
    """Where it is mailed: below our own addresses, whosever its own is."""
    address = thing if isinstance(thing, str) else thing.address
    below = (address.partition("/v1/")[2] or address).removeprefix("reskontra/")
    return f"/v1/reskontra/{below}/action/email"


@pytest.fixture
async def office(books: Database, clock: SeededClock, post: Post) -> AsyncIterator[Office]:
    async with open_client(Settings(sandbox=True), books, clock) as http:
        yield Office(Clerk(http, books, clock), books, clock, post)


async def customer(office: Office, email: str | None = "kari@bücher.example; ola@kunde.example", **fields: Any) -> str:
    contact = {} if email is None else {"mainContact": {"name": "Kari", "email": email}}
    return await debtor(office.clerk, name="Ærlig Øl AS", **contact, **fields)
