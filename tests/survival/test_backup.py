"""Backups: whole, of one moment, refused when they are not to be trusted, and restored all or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings, SetupError
from reskontra.db.archive import Manifest, read_archive, write_archive
from reskontra.db.backup import Backup, back_up
from reskontra.db.cluster import find_binaries
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.migrate import known_migrations, names_created
from reskontra.db.pool import Database
from reskontra.db.restore import Restored, books_to_replace, restore
from tests.clerk import Caller
from tests.conftest import NOW, ServerProcess, assert_books_prove_themselves, open_client

pytestmark = pytest.mark.sampled(0.5)

KEPT = Path(__file__).parent.parent / "platform" / "kept" / "step1-books.zip"
OTHER_POSTGRES = Path("/usr/lib/postgresql/15/bin")
READ_BY_EVERYONE = (
    "/v1/customer",
    "/v1/customer/20001",
    "/v1/customerinvoice?pageSize=100",
    "/v1/customerinvoice/003547",
    "/v1/customerinvoice?status=Open&orderBy=customer",
    "/v1/customerCreditNote",
    "/v1/customerDebitNote",
    "/v1/account",
    "/v2/journaltransaction",
    "/v1/financialPeriod",
)


def reskontra(*words: str | Path, limit_bytes: int | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "-m", "reskontra", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**variables),
        timeout=120,
        preexec_fn=limit,
    )


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RESKONTRA_", "DATABASE_"))}
    return {**kept, **variables}


async def back_up_from(dsn: str, path: Path) -> Backup:
    connection = await asyncpg.connect(dsn)
    try:
        return await back_up(connection, path, NOW, "test")
    finally:
        await connection.close()


async def restore_into(dsn: str, path: Path, *, replacing: bool = False) -> Restored:
    connection = await asyncpg.connect(dsn)
    try:
        with read_archive(path) as archive:
            old = await books_to_replace(connection, replacing=replacing)
            return await restore(connection, archive, NOW, replacing=old)
    finally:
        await connection.close()


async def fingerprint(dsn: str) -> dict[str, Any]:
    """Every row of every table, every sequence, and the definition of everything that the schema has."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        rows = {
            name: await connection.fetchval(
                f"select count(*) || md5(coalesce(string_agg(it::text, ',' order by it::text), '')) from {name} as it"
            )
            for (name,) in tables
        }
        asked = {
            "sequences": "select sequencename, last_value from pg_sequences",
            "columns": """select attrelid::regclass::text, attname, atttypid::regtype::text, attnotnull, attidentity,
                                 attgenerated, pg_get_expr(adbin, adrelid)
                            from pg_attribute join pg_class on pg_class.oid = attrelid
                            left join pg_attrdef on adrelid = attrelid and adnum = attnum
                           where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0""",
            "constraints": """select conname, pg_get_constraintdef(oid), convalidated from pg_constraint
                               where connamespace = 'public'::regnamespace and contype <> 'n'""",
            "indexes": "select indexname, indexdef from pg_indexes where schemaname = 'public'",
            "triggers": """select tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid) from pg_trigger
                            where not tgisinternal""",
            "functions": """select proname, md5(pg_get_functiondef(oid)) from pg_proc
                             where pronamespace = 'public'::regnamespace""",
        }
        return {"rows": rows} | {
            what: sorted(str(tuple(row)) for row in await connection.fetch(sql)) for what, sql in asked.items()
        }
    finally:
        await connection.close()


@pytest.fixture
async def backup(fresh_dsn: Any, tmp_path: Path) -> Path:
    """A backup of the demo company."""
    await back_up_from(await fresh_dsn(), tmp_path / "demo.zip")
    return tmp_path / "demo.zip"


# --- round trip


async def test_restored_books_are_the_same_and_go_on(fresh_dsn: Any, empty_dsn: Any, tmp_path: Path) -> None:
    source, target, file = await fresh_dsn(), await empty_dsn(), tmp_path / "books.zip"
    made = reskontra("backup", file, "--database-url", source)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("Backed up demo")
    assert file.stat().st_mode & 0o077 == 0, "secrets are in it"
    done = reskontra("restore", file, DATABASE_URL=target)
    assert (done.returncode, done.stderr) == (0, "")
    assert "checks hold." in done.stdout
    assert await fingerprint(target) == await fingerprint(source)
    answers = []
    for dsn in (source, target):
        database = await Database.connect(dsn)
        async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as client:
            read = [(await client.get(path)).content for path in READ_BY_EVERYONE]
            created = await Caller(client).invoice()
            released = await Caller(client).release(created)
            answers.append((*read, created.address, created.etag, released, released.etag))
        await database.close()
    assert answers[0] == answers[1]
    await assert_books_prove_themselves(target)


async def test_attached_files_come_back_byte_for_byte(fresh_dsn: Any, empty_dsn: Any, tmp_path: Path) -> None:
    source, target, file = await fresh_dsn(), await empty_dsn(), tmp_path / "books.zip"
    content = random.Random(7).randbytes(600_000)
    database = await Database.connect(source)
    async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as client:
        files = {"file": ("drawing.bin", content)}
        answer = await client.post("/v1/customerinvoice/003547/1/attachment", files=files)
        assert answer.status_code == 201, answer.text
    await database.close()
    await back_up_from(source, file)
    assert reskontra("restore", file, DATABASE_URL=target).returncode == 0
    assert await fingerprint(target) == await fingerprint(source)
    database = await Database.connect(target)
    async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as client:
        assert (await client.get(answer.headers["Location"])).content == content
    await database.close()
    await assert_books_prove_themselves(target)


async def test_backup_while_others_write_is_of_one_moment(
    server_process: Callable[..., ServerProcess], empty_dsn: Any, tmp_path: Path
) -> None:
    server = server_process()
    acknowledged: list[str] = []
    stopping = asyncio.Event()

    async def write(seed: int) -> None:
        chance = random.Random(seed)
        headers = {"Authorization": f"Bearer {server.token}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
            while not stopping.is_set():
                customer = f"{20001 + chance.randrange(10)}"
                created = await Caller(client).invoice(customer)
                acknowledged.append(created.number)
                if chance.random() < 0.5:
                    await Caller(client).release(created)

    writers = [asyncio.create_task(write(seed)) for seed in range(8)]
    backups: list[tuple[Backup, Path, set[str]]] = []
    while len(backups) < 3:
        while len(acknowledged) < 15 * (len(backups) + 1):
            await asyncio.sleep(0.01)
            assert not any(writer.done() for writer in writers)
        before = set(acknowledged)
        path = tmp_path / f"{len(backups)}.zip"
        backups.append((await back_up_from(server.dsn, path), path, before))
    stopping.set()
    await asyncio.gather(*writers)
    with pytest.raises(SetupError, match="A reskontra is serving this database: stop it first"):
        await restore_into(server.dsn, backups[0][1], replacing=True)
    for made, path, before in backups:
        target = await empty_dsn()
        assert (await restore_into(target, path)).offences == []
        await assert_is_one_moment(target, made.manifest, before)


async def assert_is_one_moment(dsn: str, manifest: Manifest, acknowledged: set[str]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        numbers = {row[0] for row in await connection.fetch("select number from document")}
        count = await connection.fetchval("select count(*) from document")
        newest = await connection.fetchval("select max(change_id) from change")
        later = await connection.fetch("select number from document where version > $1", newest)
        unknown = await connection.fetch(
            "select number from document where version not in (select change_id from change)"
        )
    finally:
        await connection.close()
    assert acknowledged <= numbers
    assert newest == manifest.newest_change
    assert count == manifest.documents
    assert (later, unknown) == ([], [])


def test_folder_is_backed_up_whether_it_is_served_or_not(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    restored = reskontra("restore", KEPT, "--data-dir", folder)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert reskontra("backup", tmp_path / "stopped.zip", "--data-dir", folder).returncode == 0
    command = [sys.executable, "-m", "reskontra", "serve", "--data-dir", str(folder), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment())
    with server:
        try:
            assert server.stdout is not None
            assert "http://" in server.stdout.readline()
            served = reskontra("backup", tmp_path / "served.zip", "--data-dir", folder)
            refused = reskontra("restore", KEPT, "--data-dir", folder, "--replace", "--yes")
        finally:
            server.terminate()
    assert (served.returncode, served.stderr) == (0, "")
    assert (refused.returncode, "is running on the data folder" in refused.stderr) == (2, True)
    with read_archive(tmp_path / "stopped.zip") as stopped, read_archive(tmp_path / "served.zip") as again:
        assert stopped.manifest.tables == again.manifest.tables
        assert stopped.manifest.schema == known_migrations()[-1].version


async def test_owner_of_a_database_needs_no_other_right(
    backup: Path, databases: Any, dsn_of: Callable[[str], str], tmp_path: Path
) -> None:
    name = await databases.create_empty()
    await databases.administer("create role keeper login nosuperuser nocreatedb nocreaterole")
    await databases.administer(f"alter database {name} owner to keeper")
    dsn = dsn_of(name).replace("//ledger@", "//keeper@")
    for replacing in (False, True):
        assert (await restore_into(dsn, backup, replacing=replacing)).offences == []
    made = await back_up_from(dsn, tmp_path / "again.zip")
    with read_archive(backup) as archive:
        assert made.manifest.tables == archive.manifest.tables
    await databases.drop(name)
    await databases.administer("drop role keeper")


@pytest.mark.skipif(not OTHER_POSTGRES.exists(), reason="no PostgreSQL 15 on this machine")
async def test_backup_goes_from_one_postgresql_to_an_older_one_and_back(
    fresh_dsn: Any, empty_dsn: Any, tmp_path: Path
) -> None:
    source, target = await fresh_dsn(), await empty_dsn()
    await back_up_from(source, tmp_path / "newer.zip")
    with EmbeddedPostgres.start_throw_away(binaries=find_binaries(OTHER_POSTGRES)) as older:
        assert (await restore_into(older.dsn(), tmp_path / "newer.zip")).offences == []
        made = await back_up_from(older.dsn(), tmp_path / "older.zip")
    assert made.manifest.postgres == 15
    assert (await restore_into(target, tmp_path / "older.zip")).offences == []
    assert await fingerprint(target) == await fingerprint(source)


# --- what is ours


async def test_every_table_and_sequence_of_the_schema_is_backed_up(backup: Path, fresh_dsn: Any) -> None:
    connection = await asyncpg.connect(await fresh_dsn())
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        sequences = await connection.fetch("select sequencename from pg_sequences")
    finally:
        await connection.close()
    with read_archive(backup) as archive:
        assert {table.name for table in archive.manifest.tables} == {row[0] for row in tables}
        assert set(archive.manifest.sequences) == {row[0] for row in sequences}
    assert {row[0] for row in tables} <= names_created("table", known_migrations())


async def test_a_table_of_somebody_else_is_left_out_and_never_dropped(
    fresh_dsn: Any, empty_dsn: Any, tmp_path: Path
) -> None:
    dsn, stranger = await fresh_dsn(), await empty_dsn()
    for url in (dsn, stranger):
        connection = await asyncpg.connect(url)
        await connection.execute("create table reports (id integer)")
        await connection.close()
    made = await back_up_from(dsn, tmp_path / "books.zip")
    assert made.left_out == ["reports"]
    for url in (dsn, stranger):
        with pytest.raises(SetupError, match=r"not Reskontra's \(reports\)"):
            await restore_into(url, tmp_path / "books.zip", replacing=True)


# --- refusals


async def test_books_are_replaced_only_when_that_is_said_and_confirmed(backup: Path, fresh_dsn: Any) -> None:
    dsn = await fresh_dsn()
    before = await fingerprint(dsn)
    with pytest.raises(SetupError, match=r"There are books already \(demo"):
        await restore_into(dsn, backup)
    unasked = reskontra("restore", backup, "--replace", DATABASE_URL=dsn)
    assert (unasked.returncode, "nobody is there to be asked" in unasked.stderr) == (2, True)
    assert await fingerprint(dsn) == before
    assert (await restore_into(dsn, backup, replacing=True)).offences == []
    assert await fingerprint(dsn) == before


async def test_empty_database_has_nothing_to_back_up(empty_dsn: Any, tmp_path: Path) -> None:
    refused = reskontra("backup", tmp_path / "none.zip", DATABASE_URL=await empty_dsn())
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("reskontra: There are no books to back up")
    assert list(tmp_path.iterdir()) == []


def damaged_files(whole: bytes) -> dict[str, bytes]:
    chance = random.Random(4711)
    files = {"empty": b"", "one byte more": whole + b"0", "a text": b"not a backup\n" * 100}
    for size in (1, 29, 60, len(whole) // 2, len(whole) - 64, len(whole) - 1):
        files[f"cut at {size}"] = whole[:size]
    for position in [0, 31, len(whole) - 1, len(whole) - 70, *(chance.randrange(len(whole)) for _ in range(60))]:
        flipped = bytes([whole[position] ^ (1 << chance.randrange(8))])
        files[f"flipped at {position}"] = whole[:position] + flipped + whole[position + 1 :]
    middle = len(whole) // 2
    files["a hole of zeros"] = whole[:middle] + bytes(512) + whole[middle + 512 :]
    files["pieces swapped"] = whole[: middle - 4096] + whole[middle : middle + 4096] + whole[middle - 4096 : middle]
    return files


async def test_damaged_file_is_refused_before_anything_is_touched(backup: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    for name, content in damaged_files(backup.read_bytes()).items():
        bad.write_bytes(content)
        with pytest.raises(SetupError) as refused, read_archive(bad):
            pytest.fail(f"{name} was taken for a backup")
        assert str(bad) in str(refused.value), name
    folder = tmp_path / "never made"
    said = reskontra("restore", bad, "--data-dir", folder)
    assert (said.returncode, said.stdout, folder.exists()) == (2, "", False)
    assert said.stderr.startswith("reskontra: The backup ")
    for missing in (tmp_path / "missing.zip", tmp_path):
        with pytest.raises(SetupError, match=f"{missing} cannot be read"), read_archive(missing):
            pass


def rewritten(good: Path, path: Path, *, without: str = "", **changed: Any) -> Path:
    """A file with a right checksum, whose manifest says something else."""
    with zipfile.ZipFile(good) as source, write_archive(path) as archive:
        for entry in source.namelist():
            if entry.startswith("tables/") and entry != f"tables/{without}.copy":
                with archive.table(entry.removeprefix("tables/").removesuffix(".copy")) as table:
                    table.write(source.read(entry))
        manifest = msgspec.json.decode(source.read("manifest.json")) | changed
        archive._archive.writestr("manifest.json", msgspec.json.encode(manifest))
    return path


async def test_file_that_says_what_cannot_be_is_refused_and_the_books_stay(
    backup: Path, fresh_dsn: Any, tmp_path: Path
) -> None:
    dsn = await fresh_dsn()
    before = await fingerprint(dsn)
    with read_archive(backup) as archive:
        said = archive.manifest
    migrations, tables = (msgspec.to_builtins(it) for it in (said.migrations, said.tables))
    change = next(table for table in tables if table["name"] == "change")
    rest = [table for table in tables if table is not change]
    lies: dict[str, dict[str, Any]] = {
        "restore it with a newer reskontra": {"migrations": [*migrations, {**migrations[-1], "version": 9999}]},
        "made by another build": {"migrations": [{**migrations[0], "checksum": "0" * 64}, *migrations[1:]]},
        "it names no migration": {"migrations": []},
        "does not have the tables of its schema": {"tables": rest},
        "does not hold the": {"tables": [*rest, {**change, "rows": change["rows"] + 1}]},
        "could not be restored": {"tables": [*rest, {**change, "columns": ["nonsense", *change["columns"][1:]]}]},
        "not a backup that this reskontra can read": {"tables": [*tables, {**change, "name": "../../etc/passwd"}]},
        "Expected `array`": {"tables": "none"},
    }
    for number, (sentence, changed) in enumerate(lies.items()):
        path = rewritten(backup, tmp_path / f"{number}.zip", **changed)
        with pytest.raises(SetupError, match=sentence):
            await restore_into(dsn, path, replacing=True)
    with pytest.raises(SetupError, match="not a backup that this reskontra can read"):
        await restore_into(dsn, rewritten(backup, tmp_path / "hole.zip", without="change"), replacing=True)
    packed = bytearray(backup.read_bytes())
    with zipfile.ZipFile(backup) as zipped:
        tables = [entry for entry in zipped.infolist() if entry.filename.startswith("tables/")]
        largest = max(tables, key=lambda entry: entry.compress_size)
    packed[largest.header_offset + largest.compress_size // 2] ^= 1  # in its data, not in what describes it
    sealed = tmp_path / "sealed.zip"
    sealed.write_bytes(bytes(packed[:-64]) + hashlib.sha256(packed[:-64]).hexdigest().encode())
    with pytest.raises(SetupError, match="cannot be unpacked|could not be restored"):
        await restore_into(dsn, sealed, replacing=True)
    assert await fingerprint(dsn) == before


async def test_format_of_a_newer_program_is_refused(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reskontra.db.archive._EXPLANATION", "2\nAnother form.\n")
    newer = rewritten(backup, tmp_path / "newer.zip")
    with pytest.raises(SetupError, match="made by a newer reskontra"), read_archive(newer):
        pass


# --- interruptions


async def test_killed_restore_leaves_the_old_books(
    backup: Path, fresh_dsn: Any, empty_dsn: Any, tmp_path: Path
) -> None:
    restored = await empty_dsn()
    await restore_into(restored, backup)
    new = await fingerprint(restored)
    dsn = await fresh_dsn()
    database = await Database.connect(dsn)
    async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as client:
        await Caller(client).invoice()
    await database.close()
    old = await fingerprint(dsn)
    cut_short = 0
    for delay in (0.0, 0.05, 0.2):
        await kill_restore(dsn, backup, delay)
        found = await fingerprint(dsn)
        if found == new:
            break
        assert found == old
        cut_short += 1
    assert cut_short >= 2, "the restore was too fast to be interrupted"
    await restore_into(dsn, backup, replacing=True)
    assert await fingerprint(dsn) == new


async def kill_restore(dsn: str, file: Path, delay: float) -> None:
    """Start a restore and kill it `delay` seconds after its transaction has begun to write."""
    words = ["-m", "reskontra", "restore", str(file), "--replace", "--yes"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        env=environment(DATABASE_URL=dsn),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    at_work = """select from pg_stat_activity
                  where datname = current_database() and application_name = 'reskontra restore'"""
    connection = await asyncpg.connect(dsn)
    try:
        begun = f"select exists ({at_work} and backend_xid is not null)"
        while process.returncode is None and not await connection.fetchval(begun):
            await asyncio.sleep(0.001)
        await asyncio.sleep(delay)
        if process.returncode is None:
            process.kill()
        await process.wait()
        deadline = time.monotonic() + 30
        while await connection.fetchval(f"select exists ({at_work})"):
            assert time.monotonic() < deadline, "PostgreSQL still works for a client that is gone"
            await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def test_full_disk_keeps_the_old_backup(fresh_dsn: Any, tmp_path: Path) -> None:
    dsn, file = await fresh_dsn(), tmp_path / "books.zip"
    shutil.copy(KEPT, file)
    full = reskontra("backup", file, DATABASE_URL=dsn, limit_bytes=16 * 1024)
    assert (full.returncode, full.stdout) == (2, "")
    assert full.stderr.startswith(f"reskontra: The backup could not be written to {file}: ")
    assert full.stderr.count("\n") == 1, full.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["books.zip"]
    assert file.read_bytes() == KEPT.read_bytes()


async def test_only_a_backup_is_written_over(fresh_dsn: Any, tmp_path: Path) -> None:
    dsn, notes, link, empty = await fresh_dsn(), tmp_path / "notes", tmp_path / "link", tmp_path / "empty"
    notes.write_text("dear diary")
    for place in (notes, tmp_path, Path("/dev/null"), tmp_path / "no folder" / "books.zip"):
        with pytest.raises(SetupError, match=str(place)):
            await back_up_from(dsn, place)
    assert notes.read_text() == "dear diary"
    empty.touch()
    link.symlink_to(empty)
    for _ in range(2):
        await back_up_from(dsn, link)
    assert link.is_symlink()
    with read_archive(empty) as archive:
        assert archive.manifest.companies[0] == "demo"


def test_a_polite_kill_leaves_no_half_backup(tmp_path: Path) -> None:
    folder, file = tmp_path / "books", tmp_path / "books.zip"
    assert reskontra("restore", KEPT, "--data-dir", folder).returncode == 0
    shutil.copy(KEPT, file)
    command = [sys.executable, "-m", "reskontra", "backup", str(file), "--data-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    with process:
        while process.poll() is None and not list(tmp_path.glob("books.zip.partial-*")):
            time.sleep(0.0005)
        process.terminate()
        try:
            said, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # one that does not end fails the test, and must not hold up the run
    assert (process.returncode, "Traceback" in errors) in ((130, False), (0, False)), said + errors
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["books", "books.zip"]
    with read_archive(file):
        pass
    assert not (folder / "cluster" / "postmaster.pid").exists()
