"""A wire tap between the program and PostgreSQL: it passes everything on and counts how often an answer is awaited."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_SYNC, _QUERY = b"S", b"Q"
_BRACKETS = (b"BEGIN", b"COMMIT", b"ROLLBACK")


@dataclass
class Traffic:
    """Round trips so far: those of statements, and those that only begin or end a transaction."""

    statements: int = 0
    brackets: int = 0

    def reset(self) -> None:
        self.statements = self.brackets = 0

    def note(self, kind: bytes, content: bytes) -> None:
        """Of the messages of a client (PostgreSQL's protocol, chapter 55) these two make it wait for an answer."""
        if kind == _QUERY and content.startswith(_BRACKETS):
            self.brackets += 1
        elif kind in (_SYNC, _QUERY):
            self.statements += 1


@asynccontextmanager
async def tapped(socket_folder: Path, to: Path) -> AsyncIterator[Traffic]:
    """Listen as PostgreSQL would in `socket_folder`, and pass on to the one that listens in the folder `to`."""
    traffic = Traffic()

    async def serve(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        replies, server = await asyncio.open_unix_connection(_socket(to))
        back = asyncio.create_task(_pass_on(replies, answers))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await _listen(client, server, traffic)
        server.close()
        await back

    listening = await asyncio.start_unix_server(serve, _socket(socket_folder))
    try:
        yield traffic
    finally:
        listening.close()


async def _listen(client: asyncio.StreamReader, server: asyncio.StreamWriter, traffic: Traffic) -> None:
    length = await client.readexactly(4)  # the first message of a connection has no kind
    server.write(length + await client.readexactly(struct.unpack("!I", length)[0] - 4))
    while True:
        head = await client.readexactly(5)
        content = await client.readexactly(struct.unpack("!I", head[1:])[0] - 4)
        traffic.note(head[:1], content)
        server.write(head + content)
        await server.drain()


async def _pass_on(replies: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await replies.read(65536):
            answers.write(data)
            await answers.drain()
    answers.close()


def _socket(folder: Path) -> str:
    return str(folder / ".s.PGSQL.5432")
