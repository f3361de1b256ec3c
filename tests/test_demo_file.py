"""The demo that ships as a file: never stale, restored into empty books, and made where it does not fit."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from reskontra import demo, sandbox
from reskontra.clock import SeededClock
from reskontra.db.archive import write_archive
from reskontra.demo import Size
from reskontra.demo_file import SHIPPED, books_of, restore_demo, write_demo
from tests.conftest import NOW, assert_books_prove_themselves, make_books
from tests.databases import Databases

STALE = "src/reskontra/demo.zip is not the demo that this program makes: run `make demo` and commit the file"
DOCUMENTS = len(demo.year()) + 63


@pytest.fixture
async def empty(databases: Databases) -> AsyncIterator[str]:
    """The URL of a database without a table."""
    name = await databases.create_empty()
    yield databases.dsn_of(name)
    await databases.drop(name)


@pytest.mark.slow
async def test_the_demo_that_ships_is_the_one_made_anew(empty: str, tmp_path: Path) -> None:
    again = tmp_path / "demo.zip"
    assert await write_demo(empty, again)
    made, ships = await books_of(again), await books_of(SHIPPED)
    assert sorted(made) == sorted(ships), STALE
    assert [name for name in made if made[name] != ships[name]] == [], STALE


async def test_the_demo_that_ships_is_small_and_holds_no_secret() -> None:
    books = await books_of(SHIPPED)
    assert SHIPPED.stat().st_size < 1_500_000
    assert SHIPPED.stat().st_mode & 0o044 == 0o044
    assert books["server_secret"] == [], "a key that signs tokens would be known to everybody"
    assert len(books["api_client"]) == 1
    assert len(books["document"]) == DOCUMENTS


async def test_empty_books_are_filled_from_the_file_at_once(empty: str) -> None:
    steps: list[str] = []
    for _ in range(2):
        with capture_logs() as logged:
            await sandbox.furnish(empty, SeededClock(NOW), step=steps.append)
        assert [entry["event"] for entry in logged] == (["demo restored"] if len(steps) == 1 else [])
        steps.append("again")
    assert steps == ["Restoring the demo company ...", "again", "again"]
    assert await _counted(empty) == DOCUMENTS
    await assert_books_prove_themselves(empty)


async def test_books_with_a_company_are_never_replaced(databases: Databases, empty: str) -> None:
    await make_books(empty)
    before = await _counted(empty)
    connection = await asyncpg.connect(empty)
    try:
        assert not await restore_demo(connection, NOW, step=pytest.fail)
    finally:
        await connection.close()
    assert await _counted(empty) == before


def _of_another_schema(file: Path) -> None:
    """A whole file, with a right seal, of a program that had one migration less."""
    with zipfile.ZipFile(SHIPPED) as source, write_archive(file) as archive:
        for entry in source.namelist():
            if entry.startswith("tables/"):
                with archive.table(entry.removeprefix("tables/").removesuffix(".copy")) as table:
                    table.write(source.read(entry))
        manifest = msgspec.json.decode(source.read("manifest.json"))
        archive._archive.writestr(
            "manifest.json", msgspec.json.encode(manifest | {"migrations": manifest["migrations"][:-1]})
        )


def _damaged(file: Path) -> None:
    content = bytearray(SHIPPED.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _missing(file: Path) -> None:
    assert not file.exists()


@pytest.mark.parametrize("spoil", [_of_another_schema, _damaged, _missing])
async def test_the_demo_is_made_where_the_file_will_not_do(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any
) -> None:
    file = tmp_path / "demo.zip"
    spoil(file)
    asked: list[Size] = []

    async def load_demo(_database: object, _clock: object, size: Size) -> None:
        asked.append(size)

    monkeypatch.setattr("reskontra.demo_file.SHIPPED", file)
    monkeypatch.setattr(sandbox, "load_demo", load_demo)
    with capture_logs() as logged:
        await sandbox.furnish(empty, SeededClock(NOW), step=pytest.fail)
    assert [entry["event"] for entry in logged] == ["demo not restored"]
    assert asked == [Size.YEAR]
    assert await _counted(empty) == 0


async def _counted(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval("select count(*) from document")
    finally:
        await connection.close()
    return count
