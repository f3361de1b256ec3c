"""Stands between a pool and PostgreSQL, and loses what passes at the worst moment. Holds no test."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


class Loses(enum.Enum):
    NOTHING = enum.auto()
    REQUEST = enum.auto()
    """The connection breaks before what commits has reached PostgreSQL."""
    ANSWER = enum.auto()
    """What commits is carried out, and the connection breaks before its answer arrives."""


COMMIT = b"COMMIT"
WRITING_STATEMENT = b'"detail_total":'
"""In the parameters of a statement that writes a document, and in no text of a statement."""


class Between:
    """A socket in `folder` that passes everything on to PostgreSQL's socket in `beyond`."""

    def __init__(self, folder: Path, beyond: Path) -> None:
        self.folder = folder
        self.loses = Loses.NOTHING
        self.commits = COMMIT
        """What is lost: bytes of the message that commits."""

        self.lost = 0
        self._beyond = beyond

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(str(self._beyond / ".s.PGSQL.5432"))
        back = asyncio.create_task(self._pass_on(far_reader, writer))
        try:
            while data := await reader.read(65536):
                if self.commits in data and self.loses is not Loses.NOTHING:
                    self.lost += 1
                    await self._lose(data, back, far_reader, far_writer)
                    break
                far_writer.write(data)
                await far_writer.drain()
        except ConnectionError:
            pass
        finally:
            back.cancel()
            far_writer.close()
            writer.close()

    async def _lose(
        self,
        data: bytes,
        back: asyncio.Task[None],
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        if self.loses is Loses.ANSWER:
            back.cancel()
            with suppress(asyncio.CancelledError):
                await back
            far_writer.write(data)
            await far_writer.drain()
            assert await far_reader.read(1)  # it has been carried out

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()


@asynccontextmanager
async def between(folder: Path, beyond: Path) -> AsyncIterator[Between]:
    standing = Between(folder, beyond)
    server = await asyncio.start_unix_server(standing.serve, str(folder / ".s.PGSQL.5432"))
    try:
        yield standing
    finally:
        server.close()
