"""Kill -9 during the very first start: the next one finishes what it finds, or begins again where nothing was kept."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from random import Random

import asyncpg
import httpx
import pytest

from reskontra import demo
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.migrate import known_migrations
from reskontra.db.selfcheck import offences
from tests.survival.houses import ANSWERS_SECONDS, House, cluster_processes, kill, running

pytestmark = pytest.mark.sampled(0.5)

SEED = 7
ATTEMPTS = 4


SIGNS = {
    "the folder is there": ".",
    "the marker is written": "reskontra.json",
    "initdb has begun": "cluster.new/PG_VERSION",
    "initdb writes its tables": "cluster.new/base/1/PG_VERSION",
    "initdb is done": "cluster.new/base/5/PG_VERSION",
    "the cluster has its name": "cluster/PG_VERSION",
    "PostgreSQL starts": "cluster/postmaster.pid",
}


def is_newer(path: Path, moment: float) -> bool:
    """Whether a file was made after `moment`, and not by an attempt before."""
    try:
        return path.stat().st_ctime >= moment
    except OSError:
        return False


async def test_kill_at_each_step_of_the_first_start(tmp_path: Path) -> None:
    """One folder is killed at one step after the other, and in the end it serves."""
    folder = tmp_path / "books"
    house = House(folder)
    for step, sign in enumerate(SIGNS.values()):
        launched_at = time.time()
        await house.launch()
        async with asyncio.timeout(60):
            while not any(is_newer(folder / it, launched_at) for it in (sign, "cluster/postmaster.pid")):
                await asyncio.sleep(0.002)
        await end(house, all_of_it=step % 2 == 0)
    await serves_whole(house)


async def test_kill_at_random_moments_of_the_first_start(tmp_path: Path) -> None:
    """Mostly while the schema is made: some migrations are in, others are not."""
    folder, random = tmp_path / "books", Random(SEED)
    house = House(folder)
    for attempt in range(ATTEMPTS):
        launched_at = time.time()
        await house.launch()
        async with asyncio.timeout(60):
            while not is_newer(folder / "cluster" / "postmaster.pid", launched_at):
                await asyncio.sleep(0.002)
        await asyncio.sleep(0.1 + random.random() * 0.4)
        await end(house, all_of_it=attempt % 2 == 0)
    await serves_whole(house)


async def test_kill_while_the_demo_company_is_restored(tmp_path: Path) -> None:
    """All of it or nothing: what was cut off is restored by the next start."""
    folder, random = tmp_path / "books", Random(SEED)
    house = House(folder, "sandbox", "--data-dir", str(folder), "--log-format", "json")
    for attempt in range(ATTEMPTS):
        launched_at = time.time()
        await house.launch()
        async with asyncio.timeout(60):
            while not is_newer(folder / "cluster" / "postmaster.pid", launched_at):
                await asyncio.sleep(0.002)
        await asyncio.sleep(0.3 + random.random())
        await end(house, all_of_it=attempt % 2 == 0)
    assert await serves_whole(house) == len(demo.year()) + 63
    assert "Making the" not in house.said()
    assert '"access":"open to this machine without a token"' in house.said().replace('": "', '":"')


WITHOUT_FILE = """
from pathlib import Path
from reskontra import __main__, demo_file
demo_file.SHIPPED = Path("/nowhere/demo.zip")
__main__.main()
"""


@pytest.mark.slow
@pytest.mark.sampled(0.2)  # the demo ships as a file, so that hardly anybody sees it made
async def test_kill_while_the_demo_company_is_made(tmp_path: Path) -> None:
    """The demo is taken up where it ended: not a document too few, not one twice."""
    folder, random = tmp_path / "books", Random(SEED)
    words = ("sandbox", "--data-dir", str(folder), "--log-format", "json")
    house = House(folder, *words, program=("-c", WITHOUT_FILE))
    for attempt in range(2):
        await house.launch()
        async with asyncio.timeout(120):
            while house.said().count("Making the") <= attempt:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5 + random.random() * 2)
        await end(house, all_of_it=attempt % 2 == 0)
    made = await serves_whole(house, 240)  # it makes a year of documents
    assert made == len(demo.year()) + 63


async def end(house: House, *, all_of_it: bool) -> None:
    await house.killed()
    for pid in cluster_processes(house.folder) if all_of_it else ():
        kill(pid)


async def serves_whole(house: House, seconds: float = ANSWERS_SECONDS) -> int:
    """The next start goes through, all that is there proves itself, and nothing of the others runs beside it."""
    async with running(house, seconds):
        async with httpx.AsyncClient(base_url=house.url) as http:
            assert (await http.get("/readyz")).status_code == 200
        assert json.loads((house.folder / "reskontra.json").read_text())["postgres"] >= 15
        assert {it.name for it in house.folder.iterdir()} == {
            "cluster",
            "postgres.log",
            "reskontra.json",
            "reskontra.lock",
        }
    assert list(house.faults()) == []
    server = await asyncio.to_thread(EmbeddedPostgres.start, house.folder)
    try:
        connection = await asyncpg.connect(server.dsn())
        assert [offence.sentence for offence in await offences(connection)] == []
        versions = await connection.fetch("select version from schema_version order by version")
        assert [row["version"] for row in versions] == [migration.version for migration in known_migrations()]
        made: int = await connection.fetchval("select count(*) from document")
        await connection.close()
    finally:
        await asyncio.to_thread(server.stop)
    return made
