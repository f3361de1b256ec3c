"""Databases to write to: clones of a template that was filled once. Holds no test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from reskontra.db.cluster import OWNER

TEMPLATE = "template_books"


@dataclass(frozen=True)
class Databases:
    """Makes and drops databases; a clone starts as a copy of the seeded template."""

    dsn_of: Callable[[str], str]
    superuser_dsn_of: Callable[[str], str]
    worker: str
    numbers: Iterator[int]
    administrator: asyncpg.Connection[asyncpg.Record]

    async def clone(self) -> str:
        """A new copy of the template; returns its name. Copying its files costs a third of logging its pages."""
        name = f"books_{self.worker}_{next(self.numbers)}"
        await self.administer(f"create database {name} owner {OWNER} template {TEMPLATE} strategy file_copy")
        return name

    async def create_empty(self) -> str:
        """A new database without any table; returns its name."""
        name = f"empty_{self.worker}_{next(self.numbers)}"
        await self.administer(f"create database {name} owner {OWNER}")
        return name

    async def drop(self, name: str) -> None:
        await self.administer(f"drop database if exists {name} with (force)")

    async def administer(self, statement: str) -> None:
        await self.administrator.execute(statement)


@asynccontextmanager
async def cloned(databases: Databases) -> AsyncIterator[str]:
    """The URL of a new clone, which is dropped afterwards."""
    name = await databases.clone()
    try:
        yield databases.dsn_of(name)
    finally:
        await databases.drop(name)
