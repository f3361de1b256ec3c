"""PostgreSQL gone, slow, locked, full of callers or closed to changes: 503 or 409, nothing by half, and then on again.

The application runs in this process on a PostgreSQL of the test's own, which is stopped, killed and frozen under it.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.clock import SystemClock
from reskontra.config import Settings
from reskontra.db import pool
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.pool import Database
from reskontra.db.selfcheck import offences
from reskontra.errors import OutcomeUnknown, Unavailable
from tests.clerk import INVOICE, body, number_of, sale
from tests.conftest import open_client
from tests.survival.between import WRITING_STATEMENT, Between, Loses, between
from tests.survival.houses import cluster_processes
from tests.survival.integrators import Integrator, Tally

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("demo folder")]

INVOICES = "/v1/customerinvoice"
BODY = body(INVOICE, **sale())


@pytest.fixture(scope="module")
async def postgres(made: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL that belongs to this module, with the demo company; afterwards its books must prove themselves."""
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("outage") / "books", symlinks=True))
    # Without a group of its own it would end with the thread that started it; it is not thrown away but durable.
    server = await asyncio.to_thread(EmbeddedPostgres.start, folder)
    try:
        yield server
        assert [offence.sentence for offence in await ask(server.dsn(), offences)] == []
    finally:
        await asyncio.to_thread(server.stop)


@pytest.fixture(autouse=True)
async def runs(postgres: EmbeddedPostgres) -> None:
    """Each test finds it running, whatever became of the one before."""
    if not cluster_processes(postgres.folder):
        await start(postgres)


async def ask(dsn: str, question: Callable[[asyncpg.Connection[Any]], Any]) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await question(connection)
    finally:
        await connection.close()


@dataclass(frozen=True)
class Application:
    """The application as a caller sees it, and what it stands on."""

    http: httpx.AsyncClient
    database: Database
    dsn: str

    async def post(self) -> httpx.Response:
        return await self.http.post(INVOICES, json=BODY)

    async def count(self) -> int:
        found: int = await ask(self.dsn, lambda it: it.fetchval("select count(*) from document"))
        return found

    async def works(self) -> str:
        """A new invoice goes through now; its number."""
        number = number_of(await self.post())
        assert (await self.http.get("/readyz")).json() == {"status": "ready"}
        return number

    async def is_out(self, reason: str) -> None:
        """It lives, says that it is not ready and why, and refuses."""
        assert (await self.http.get("/healthz")).status_code == 200
        ready = await self.http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
        assert reason in ready.json()["reason"]
        assert int(ready.headers["Retry-After"]) >= 1
        refused(await self.post(), 503, reason)


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    """The wire's shape, a reason, and when to come back."""
    assert answer.status_code == status, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert re.match(r"VismaId: [0-9a-f-]{36}\. Error [a-z ]+\. Error: ", answer.json()["message"])
    assert reason in answer.json()["message"]


@asynccontextmanager
async def application_on(dsn: str, beside: str | None = None, **limits: Any) -> AsyncIterator[Application]:
    """The application on the database at `dsn`, where `beside` leads to the same one by another way."""
    database = await Database.connect(dsn, **limits)
    try:
        async with open_client(Settings(sandbox=True), database, SystemClock()) as http:
            await http.get(f"{INVOICES}/003547")
            yield Application(http, database, beside or dsn)
    finally:
        database.terminate()


@pytest.fixture
async def application(postgres: EmbeddedPostgres) -> AsyncIterator[Application]:
    async with application_on(postgres.dsn()) as made:
        yield made


@asynccontextmanager
async def session(dsn: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """Somebody else at the same database, in a transaction that is rolled back."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            yield connection
            await connection.execute("rollback")
            await connection.execute("begin")
    finally:
        await connection.close()


async def stop(server: EmbeddedPostgres, how: signal.Signals) -> None:
    os.kill(server.pid, how)
    await asyncio.to_thread(server.wait)


async def start(server: EmbeddedPostgres) -> None:
    await asyncio.to_thread(server.start_again)


# --- gone


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["stopped", "crashed", "killed"])
async def test_gone_and_back(postgres: EmbeddedPostgres, application: Application, how: signal.Signals) -> None:
    first = await application.works()
    await stop(postgres, how)
    await application.is_out("cannot be reached")
    refused(await application.http.get(f"{INVOICES}/003547"), 503, "cannot be reached")
    await start(postgres)
    assert int(await application.works()) == int(first) + 1


async def test_killed_again_and_again_while_others_write(postgres: EmbeddedPostgres, application: Application) -> None:
    tally = Tally()
    writers = [Integrator(50 + position, application.http, tally, Random(position)) for position in range(6)]
    working = asyncio.gather(*(writer.work(40) for writer in writers))
    for how in (signal.SIGKILL, signal.SIGINT, signal.SIGQUIT):
        await asyncio.sleep(0.3)
        await stop(postgres, how)
        await asyncio.sleep(0.2)
        await start(postgres)
    await working
    assert tally.answered[503] > 0
    doubled = (
        "select external_reference from document where external_reference is not null group by 1 having count(*) > 1"
    )
    assert await ask(application.dsn, lambda it: it.fetch(doubled)) == []
    for writer in writers:
        for document in writer.documents:
            shown = (await application.http.get(document.path)).json()
            assert (shown["amount"], shown["status"]) == (document.shown[2], document.shown[5])


async def test_frozen(postgres: EmbeddedPostgres) -> None:
    """A server that neither answers nor hangs up: a machine that swaps, a network that swallows."""
    async with application_on(postgres.dsn(), statement_timeout_seconds=0.5, acquire_timeout_seconds=1) as application:
        first = await application.works()
        frozen = [postgres.pid, *cluster_processes(postgres.folder)]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            answers = await asyncio.gather(*(application.post() for _ in range(4)), application.http.get("/readyz"))
            assert time.monotonic() - begin < 15
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        assert [answer.status_code for answer in answers] == [503] * 5
        for answer in answers[:4]:
            refused(answer, 503, "nothing was changed")
        assert int(await application.works()) == int(first) + 1


async def test_nothing_is_remembered_of_the_server_before(postgres: EmbeddedPostgres, application: Application) -> None:
    """What a crash took back was numbered, and the numbers may be given again: here to another text, by hand."""
    path = f"{INVOICES}/{await application.works()}"
    assert (await application.http.get(path)).json()["creditTerms"]["description"] == "14 days net"
    await stop(postgres, signal.SIGKILL)
    await start(postgres)
    for text in ("Fourteen days", "14 days net"):
        unnumbered = UNNUMBERED.format(text)
        await ask(postgres.superuser_dsn(), partial(asyncpg.Connection.execute, query=unnumbered))
        assert (await application.http.get(path)).json()["creditTerms"]["description"] == text
        await ask(postgres.dsn(), lambda it: it.execute(CUT_OURS))
        await asyncio.sleep(0.1)


UNNUMBERED = """
set session_replication_role = replica;
update credit_terms set description = '{}' where terms_id = '14'
"""


# --- there, but not for us


async def test_every_connection_is_borrowed(postgres: EmbeddedPostgres) -> None:
    async with application_on(postgres.dsn(), size_max=2, acquire_timeout_seconds=0.2) as application:
        before = await application.count()
        async with application.database.connection(), application.database.connection():
            await application.is_out("too busy")
        assert await application.count() == before
        await application.works()


async def test_too_many_connections(postgres: EmbeddedPostgres) -> None:
    async with application_on(postgres.dsn()) as application, AsyncExitStack() as others:
        await ask(application.dsn, lambda it: it.execute(CUT_OURS))
        with pytest.raises(asyncpg.TooManyConnectionsError):
            while True:
                other = await asyncpg.connect(application.dsn)
                others.push_async_callback(other.close)
        await application.is_out("too busy")
        await others.aclose()
        await asyncio.sleep(0.2)
        await application.works()


CUT_OURS = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reskontra'"


async def test_the_database_takes_no_changes(postgres: EmbeddedPostgres, application: Application) -> None:
    before = await application.count()
    try:
        await ask(
            postgres.superuser_dsn(), lambda it: it.execute("alter system set default_transaction_read_only = on")
        )
        await reload(postgres)
        await application.is_out("takes no changes")
        assert (await application.http.get(f"{INVOICES}/003547")).status_code == 200
    finally:
        await ask(postgres.superuser_dsn(), be_writable)
        await reload(postgres)
    assert await application.count() == before
    await application.works()


async def be_writable(connection: asyncpg.Connection[Any]) -> None:
    await connection.execute("set default_transaction_read_only = off")
    await connection.execute("alter system reset default_transaction_read_only")


async def reload(postgres: EmbeddedPostgres) -> None:
    await ask(postgres.superuser_dsn(), lambda it: it.execute("select pg_reload_conf()"))
    await asyncio.sleep(0.1)


async def test_a_standby_serves_reads_and_once_promoted_writes(
    postgres: EmbeddedPostgres, application: Application
) -> None:
    first = await application.works()
    await stop(postgres, signal.SIGINT)
    (postgres.folder / "cluster" / "standby.signal").touch()
    await asyncio.to_thread(postgres.start_again)
    await application.is_out("takes no changes")
    assert (await application.http.get(f"{INVOICES}/{first}")).status_code == 200
    await ask(postgres.superuser_dsn(), lambda it: it.execute("select pg_promote()"))
    assert int(await application.works()) == int(first) + 1


# --- slow, locked


async def test_a_statement_over_its_time(postgres: EmbeddedPostgres) -> None:
    async with application_on(postgres.dsn(), statement_timeout_seconds=0.5) as application:
        before = await application.count()
        await ask(application.dsn, lambda it: it.execute(SLOW_TRIGGER))
        try:
            refused(await application.post(), 503, "did not answer in time")
        finally:
            await ask(application.dsn, lambda it: it.execute("drop trigger slow on document; drop function be_slow"))
        assert await application.count() == before
        await application.works()


SLOW_TRIGGER = """
create function be_slow() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$;
create trigger slow before insert on document for each row execute function be_slow();
"""


async def test_a_lock_that_somebody_holds(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_TURN_SECONDS", 0.5)
    async with application_on(postgres.dsn(), lock_timeout_seconds=0.5) as application:
        before = await application.count()
        async with session(application.dsn) as somebody:
            await somebody.execute("select from number_series_range for update")
            begin = time.monotonic()
            answers = await asyncio.gather(*(application.post() for _ in range(6)))
            assert time.monotonic() - begin < 5, "those who queue for the series wait no longer than one lock"
        for answer in answers:
            refused(answer, answer.status_code, "")
        assert {answer.status_code for answer in answers} == {409, 503}
        assert await application.count() == before
        await application.works()


async def test_a_deadlock(postgres: EmbeddedPostgres, application: Application) -> None:
    number = await application.works()
    async with session(postgres.superuser_dsn()) as somebody:
        await somebody.execute("set local deadlock_timeout = '1min'; set local lock_timeout = '1min'")
        await somebody.execute("select from customer_balance for update")
        releasing = asyncio.create_task(application.http.post(f"{INVOICES}/{number}/action/release"))
        await waits_for_lock(postgres)
        await somebody.execute("select from document where number = $1 for update", number)
        refused(await releasing, 409, "send it again")
    assert (await application.http.get(f"{INVOICES}/{number}")).json()["status"] == "Balanced"
    assert (await application.http.post(f"{INVOICES}/{number}/action/release")).status_code == 200


async def waits_for_lock(postgres: EmbeddedPostgres) -> None:
    """Wait until one of our sessions waits for a lock."""
    query = (
        "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'reskontra')"
    )
    async with asyncio.timeout(10):
        while not await ask(postgres.dsn(), lambda it: it.fetchval(query)):
            await asyncio.sleep(0.02)


# --- what was lost on the way


@pytest.mark.parametrize(("loses", "saved"), [(Loses.REQUEST, 0), (Loses.ANSWER, 1)])
async def test_a_writing_statement_without_an_answer_is_neither_success_nor_failure(
    postgres: EmbeddedPostgres, tmp_path: Path, loses: Loses, saved: int
) -> None:
    """A new invoice is one statement, which commits by itself (decision 0017)."""
    async with lossy_application(postgres, tmp_path) as (application, standing):
        standing.commits = WRITING_STATEMENT
        before = await application.count()
        standing.loses = loses
        answer = await application.post()
        standing.loses = Loses.NOTHING
        assert standing.lost == 1
        outcome_is_unknown(answer)
        assert await application.count() == before + saved
        await application.works()


@pytest.mark.parametrize(("loses", "gone"), [(Loses.REQUEST, 0), (Loses.ANSWER, 1)])
async def test_a_commit_without_an_answer_is_neither_success_nor_failure(
    postgres: EmbeddedPostgres, tmp_path: Path, loses: Loses, gone: int
) -> None:
    """Deleting a draft has a transaction."""
    async with lossy_application(postgres, tmp_path) as (application, standing):
        number = await application.works()
        before = await application.count()
        standing.loses = loses
        answer = await application.http.delete(f"{INVOICES}/{number}")
        standing.loses = Loses.NOTHING
        assert standing.lost == 1
        outcome_is_unknown(answer)
        assert await application.count() == before - gone
        await application.works()


@asynccontextmanager
async def lossy_application(postgres: EmbeddedPostgres, folder: Path) -> AsyncIterator[tuple[Application, Between]]:
    beyond = Path(re.findall(r"host=([^&]+)", postgres.dsn())[0].replace("%2F", "/"))
    async with between(folder, beyond) as standing:
        dsn = f"postgresql://ledger@/reskontra?host={folder}"
        async with application_on(dsn, beside=postgres.dsn()) as application:
            await application.works()
            yield application, standing


def outcome_is_unknown(answer: httpx.Response) -> None:
    refused(answer, 503, "it is not known whether it was saved; read it back before sending it again")
    assert "nothing was changed" not in answer.text


async def test_a_connection_that_breaks_before_commit_has_changed_nothing(postgres: EmbeddedPostgres) -> None:
    database = await Database.connect(postgres.dsn())
    with pytest.raises(Unavailable, match="nothing was changed") as told:
        async with database.transaction() as connection:
            await connection.execute("create table never_seen ()")
            await ask(
                postgres.dsn(), lambda it: it.execute("select pg_terminate_backend($1)", connection.get_server_pid())
            )
            await asyncio.sleep(0.1)
    assert not isinstance(told.value, OutcomeUnknown)
    async with database.connection() as connection:
        assert await connection.fetchval("select to_regclass('never_seen')") is None
    await database.close()


async def cut(postgres: EmbeddedPostgres, connection: Any) -> None:
    """Let PostgreSQL end a connection."""
    pid = connection.get_server_pid()
    await ask(postgres.dsn(), lambda it: it.execute("select pg_terminate_backend($1)", pid))
    await asyncio.sleep(0.1)


async def test_what_was_refused_stays_told_when_the_connection_breaks(postgres: EmbeddedPostgres) -> None:
    database = await Database.connect(postgres.dsn())
    with pytest.raises(LookupError, match="a rule said no"):
        async with database.transaction() as connection:
            await ask(
                postgres.dsn(), lambda it: it.execute("select pg_terminate_backend($1)", connection.get_server_pid())
            )
            await asyncio.sleep(0.1)
            raise LookupError("a rule said no")
    await database.close()


async def test_a_migration_under_a_running_server(postgres: EmbeddedPostgres) -> None:
    database = await Database.connect(postgres.dsn())
    async with database.transaction() as connection:
        await connection.execute("create table parcel (content integer); insert into parcel values (7)")
        assert await connection.fetchval("select * from parcel") == 7
    await ask(postgres.dsn(), lambda it: it.execute("alter table parcel alter content type text"))
    with pytest.raises(Unavailable, match="another schema"):
        async with database.transaction() as connection:
            await connection.fetchval("select * from parcel")
    for borrow in (database.transaction, database.connection):
        async with borrow() as connection:
            assert await connection.fetchval("select * from parcel") == "7"
    async with database.transaction() as connection:
        await connection.execute("drop table parcel")
    await database.close()


# --- callers who go away


async def test_a_cancelled_request_gives_back_its_turn_and_its_connection(postgres: EmbeddedPostgres) -> None:
    async with application_on(postgres.dsn(), size_max=4) as application:
        before = await application.count()
        async with session(application.dsn) as somebody:
            await somebody.execute("select from number_series_range for update")
            requests = [asyncio.create_task(application.post()) for _ in range(6)]
            await waits_for_lock(postgres)
            for request in requests:
                request.cancel()
            assert await asyncio.gather(*requests, return_exceptions=True) != []
            assert all(request.cancelled() for request in requests)
            async with asyncio.timeout(3), AsyncExitStack() as borrowed:
                for _ in range(4):
                    await borrowed.enter_async_context(application.database.connection())
        async with asyncio.timeout(3):
            await application.works()
        assert await application.count() == before + 1


async def test_callers_who_hang_up_while_they_wait_block_nobody(server: Any) -> None:
    """Over real sockets: twenty send an invoice each and are gone before their turn for the number comes."""
    url = httpx.URL(server.url)
    content = httpx.Request("POST", server.url, json=BODY).content
    length = f"Content-Length: {len(content)}"
    head = f"POST {INVOICES} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    async with session(server.dsn) as somebody:
        await somebody.execute("select from number_series_range for update")
        for part in (content, content[:20]) * 20:
            _, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(head.encode() + part)
            await writer.drain()
            writer.transport.abort()
        await asyncio.sleep(0.3)
    async with httpx.AsyncClient(base_url=server.url) as http, asyncio.timeout(5):
        answer = await http.post(INVOICES, json=BODY)
        assert answer.status_code == 201, answer.text
