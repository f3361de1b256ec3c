"""`Idempotency-Key`: a request with a key is carried out once, whatever happens to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.app import mounted_routes
from reskontra.clock import SeededClock
from reskontra.companies.store.request_keys import StoredAnswers
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.errors import OutcomeUnknown, Unavailable
from reskontra.runs import chunks
from tests.api.dunning.debtors import debtor
from tests.clerk import INVOICE, ITEM_A, Clerk, body, refusal, sale
from tests.conftest import RunningServer, new_company, open_client

SOURCE = Path(__file__).parents[2] / "src" / "reskontra"
DRAFT = body(INVOICE, **sale(lines=[ITEM_A]))
REPLAYED = "idempotency-replayed"


def keyed(key: str = "0d6f1c9e") -> dict[str, str]:
    return {"Idempotency-Key": key}


async def keys(clerk: Clerk) -> int:
    (row,) = await clerk.rows("select count(*) from request_key")
    return int(row[0])


async def documents(clerk: Clerk) -> int:
    (row,) = await clerk.rows("select count(*) from document where company_id = 1")
    return int(row[0])


async def test_the_same_request_is_answered_again_and_done_once(clerk: Clerk) -> None:
    before = await documents(clerk)
    first = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    assert first.status_code == 201
    assert REPLAYED not in first.headers
    assert await documents(clerk) == before + 1
    newest = await clerk.newest_change()
    again = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    assert (again.status_code, again.content, again.headers[REPLAYED]) == (201, first.content, "true")
    for name in ("location", "etag"):
        assert again.headers[name] == first.headers[name]
    assert await clerk.newest_change() == newest
    assert await documents(clerk) == before + 1
    other = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed("another"))
    assert other.headers["location"] != first.headers["location"]
    plain = await clerk.http.post("/v1/customerinvoice", json=DRAFT)
    assert REPLAYED not in plain.headers
    assert await keys(clerk) == 2


async def test_each_kind_of_answer_is_given_again_whole(clerk: Clerk) -> None:
    draft = await clerk.invoice()
    address = f"/v1/customerinvoice/{draft.number}"
    await clerk.http.put(address, json={"note": "a"})
    for n, (method, path, content) in enumerate(
        (
            ("PUT", address, {"note": "b"}),
            ("POST", f"{address}/action/release", {}),
            ("POST", f"{address}/action/reverse", {}),
            ("POST", "/v1/customerPayment", {"customer": "20001", "paymentAmount": 100}),
            ("DELETE", f"/v1/customerinvoice/{(await clerk.invoice()).number}", None),
        )
    ):
        more: dict[str, Any] = {} if content is None else {"json": content}
        first = await clerk.http.request(method, path, headers=keyed(str(n)), **more)
        assert first.is_success, first.text
        newest = await clerk.newest_change()
        again = await clerk.http.request(method, path, headers=keyed(str(n)), **more)
        assert (again.status_code, again.content) == (first.status_code, first.content), path
        for name in ("location", "etag", "content-type"):
            assert again.headers.get(name) == first.headers.get(name), (path, name)
        assert again.headers[REPLAYED] == "true"
        assert await clerk.newest_change() == newest, path


async def test_the_address_in_an_answer_is_on_the_host_that_asks(clerk: Clerk) -> None:
    first = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    elsewhere = keyed() | {"Host": "127.0.0.1:9000"}
    again = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=elsewhere)
    path = first.headers["location"].removeprefix("http://localhost")
    assert again.headers["location"] == f"http://127.0.0.1:9000{path}"


@pytest.mark.parametrize(
    "other",
    [
        {"url": "/v1/customerinvoice", "json": DRAFT | {"note": "x"}},
        {"url": "/v1/customerdebitnote", "json": DRAFT},
        {"url": "/v1/customerinvoice?x=1", "json": DRAFT},
        {"url": "/v1/customerinvoice/003547", "json": DRAFT, "method": "PUT"},
        {"url": "/v1/customerinvoice", "json": DRAFT, "headers": {**keyed(), "branchid": "1"}},
    ],
    ids=["body", "address", "query", "method", "branch"],
)
async def test_another_request_with_the_same_key_is_refused(clerk: Clerk, other: dict[str, Any]) -> None:
    await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    newest = await clerk.newest_change()
    text = refusal(await clerk.http.request(**({"method": "POST", "headers": keyed()} | other)))
    assert text.startswith("The Idempotency-Key came with another request before: ")
    assert "Send a new key with a new request" in text
    assert await clerk.newest_change() == newest


async def test_what_was_refused_leaves_the_key_free(clerk: Clerk) -> None:
    for content, status in (({"customerNumber": "99999"}, 400), ({}, 400), (DRAFT, 201)):
        answer = await clerk.http.post("/v1/customerinvoice", json=content, headers=keyed())
        assert answer.status_code == status, answer.text
        assert REPLAYED not in answer.headers
        assert await keys(clerk) == (status == 201)
    draft = answer.headers["location"]
    stale = keyed("b") | {"If-Match": '"AAAAAAAAAAE="'}
    assert (await clerk.http.put(draft, json={"note": "x"}, headers=stale)).status_code == 412
    assert (await clerk.http.put(draft, json={"note": "x"}, headers=keyed("b"))).status_code == 204


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "The header Idempotency-Key is empty."),
        (" ", "The header Idempotency-Key is empty."),
        ("x" * 256, "The header Idempotency-Key is not a key."),
        ("nøkkel".encode("latin-1"), "The header Idempotency-Key is not a key."),
        ("a\tb", "The header Idempotency-Key is not a key."),
    ],
)
async def test_what_is_no_key_is_refused(clerk: Clerk, key: Any, said: str) -> None:
    newest = await clerk.newest_change()
    answer = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers={"Idempotency-Key": key})
    assert refusal(answer).startswith(f"{said} Send 1 to 255 printable ASCII characters")
    assert await clerk.newest_change() == newest


async def test_a_long_key_and_one_in_quotes_are_keys(clerk: Clerk) -> None:
    for key in ("x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b"):
        for is_replayed in (False, True):
            answer = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed(key))
            assert (answer.status_code, REPLAYED in answer.headers) == (201, is_replayed)


async def test_reading_takes_no_key(clerk: Clerk) -> None:
    for _ in range(2):
        answer = await clerk.http.get("/v1/customerinvoice/003547", headers=keyed())
        assert (answer.status_code, REPLAYED in answer.headers) == (200, False)
    assert await keys(clerk) == 0


@pytest.mark.parametrize("path", ["customerinvoice/003547/attachment", "reskontra/trial", "reskontra/sandbox/reset"])
async def test_where_a_key_could_not_be_kept_to_it_is_refused(clerk: Clerk, path: str) -> None:
    content = {"request": {"method": "POST", "path": "/v1/customerinvoice", "content": DRAFT}}
    answer = await clerk.http.post(f"/v1/{path}", json=content, headers=keyed())
    assert " takes no Idempotency-Key" in refusal(answer)
    assert await keys(clerk) == 0


# Whose a key is, and for how long


async def test_another_companys_key_is_another_key(clerk: Clerk, books: Database, clock: SeededClock) -> None:
    company_id = await new_company(books, clock)
    async with open_client(Settings(sandbox=True), books, clock, company_id=company_id) as other:
        for http, company in ((clerk.http, "1"), (other, str(company_id))):
            headers = keyed() | {"ipp-company-id": company}
            for is_replayed in (False, True):
                answer = await http.post("/v1/customer", json={"name": "Somebody"}, headers=headers)
                assert (answer.status_code, REPLAYED in answer.headers) == (201, is_replayed)


async def test_another_clients_key_is_another_key(clerk: Clerk) -> None:
    await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    await clerk.sql("update request_key set actor = 'somebody else'")
    answer = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


async def test_a_key_is_kept_for_a_day(clerk: Clerk) -> None:
    first = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    began = clerk.clock.now()
    clerk.clock.move_to(began + timedelta(hours=23, minutes=59))
    again = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    assert (again.headers["location"], REPLAYED in again.headers) == (first.headers["location"], True)
    clerk.clock.move_to(began + timedelta(hours=24))
    for is_replayed in (False, True):
        other = await clerk.http.post("/v1/customerinvoice", json=DRAFT | {"note": "x"}, headers=keyed())
        assert (other.status_code, REPLAYED in other.headers) == (201, is_replayed)
    assert other.headers["location"] != first.headers["location"]


async def test_old_keys_go_when_new_ones_come(clerk: Clerk) -> None:
    await clerk.execute(
        """insert into request_key (company_id, actor, request_key, fingerprint, begun_at)
           select 1, 'open', 'old ' || n, '', timestamptz '2020-01-01' + n * interval '1 hour'
             from generate_series(1, 50) as n"""
    )
    for n, left in enumerate((31, 12, 3, 4)):
        await clerk.http.post("/v1/customer", json={"name": "Somebody"}, headers=keyed(str(n)))
        assert await keys(clerk) == left


# At the same time, and cut off


async def test_two_at_once_make_one_invoice(server: RunningServer) -> None:
    """Over real connections: the second request waits for the first, which waits for a number here."""
    holder = await asyncpg.connect(server.dsn)
    try:
        number = "select count(*) from document where company_id = 1 and document_type = 'Invoice'"
        before = await holder.fetchval(number)
        async with (
            httpx.AsyncClient(base_url=server.url) as one,
            httpx.AsyncClient(base_url=server.url) as two,
        ):
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("select from number_series_range for update")
            asked = [
                asyncio.create_task(http.post("/v1/customerinvoice", json=DRAFT, headers=keyed()))
                for http in (one, two, one, two)
            ]
            await waiting(server.dsn, 4)
            assert not any(task.done() for task in asked)
            await transaction.rollback()
            answers = await asyncio.gather(*asked)
        assert [answer.status_code for answer in answers] == [201] * 4
        assert sorted(answer.headers.get(REPLAYED, "") for answer in answers) == ["", "true", "true", "true"]
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert await holder.fetchval(number) == before + 1
    finally:
        await holder.close()


async def waiting(dsn: str, how_many: int) -> None:
    """Until so many sessions wait for a lock."""
    asks = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(8):
            while await connection.fetchval(asks) < how_many:
                await asyncio.sleep(0.02)
    finally:
        await connection.close()


async def test_who_waits_too_long_is_told_to_come_back(
    fresh_dsn: Callable[[], Awaitable[str]], clock: SeededClock
) -> None:
    books = await Database.connect(await fresh_dsn(), lock_timeout_seconds=0.1)
    try:
        async with open_client(Settings(sandbox=True), books, clock) as http:
            async with books.transaction() as holder:
                await holder.execute(
                    """insert into request_key (company_id, actor, request_key, fingerprint, begun_at)
                       values (1, 'open', '0d6f1c9e', '', now())"""
                )
                answer = await http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
                await holder.execute("delete from request_key")
            assert answer.status_code == 409
            assert "A request with this Idempotency-Key is still under way." in answer.json()["message"]
            assert (await http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())).status_code == 201
    finally:
        await books.close()


Cut = Callable[[Any], Awaitable[None]]


async def connection_lost(connection: Any) -> None:
    await connection.execute("select pg_terminate_backend(pg_backend_pid())")


async def bug(connection: Any) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize(("cut", "status"), [(connection_lost, 503), (bug, 500)])
async def test_what_is_cut_off_before_its_commit_leaves_nothing(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, cut: Cut, status: int
) -> None:
    """The invoice is written by then, and so is its key: only the commit is missing."""
    before, newest = await documents(clerk), await clerk.newest_change()

    async def finish(_: StoredAnswers, connection: Any, *rest: Any) -> None:
        assert await connection.fetchval("select count(*) from request_key") == 1
        assert await connection.fetchval("select count(*) from document where company_id = 1") == before + 1
        await cut(connection)

    with monkeypatch.context() as patched:
        patched.setattr(StoredAnswers, "finish", finish)
        answer = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
        assert answer.status_code == status, answer.text
    assert (await keys(clerk), await documents(clerk), await clerk.newest_change()) == (0, before, newest)
    answer = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)
    assert await documents(clerk) == before + 1


async def test_an_answer_that_was_lost_after_the_commit_is_given_again(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await documents(clerk)
    together = Database.together

    def lost(self: Database) -> Any:
        inner = together(self)

        class Lost:
            async def __aenter__(self) -> Any:
                return await inner.__aenter__()

            async def __aexit__(self, *error: Any) -> None:
                await inner.__aexit__(*error)
                raise RuntimeError("the process dies")

        return Lost()

    with monkeypatch.context() as patched:
        patched.setattr(Database, "together", lost)
        answer = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
        assert answer.status_code == 500
    again = await clerk.http.post("/v1/customerinvoice", json=DRAFT, headers=keyed())
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert (await clerk.http.get(again.headers["location"])).status_code == 200
    assert await documents(clerk) == before + 1


# Letters, and runs, which are many transactions


async def late_payer(clerk: Clerk) -> str:
    """The number of a customer who owes since January."""
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer, documentDate="2025-01-02")
    return customer


async def test_letters_are_made_once(clerk: Clerk) -> None:
    customer = await late_payer(clerk)
    for is_replayed in (False, True, True):
        answer = await clerk.http.post(
            f"/v1/customer/{customer}/action/createDunningLetter",
            json={"dunningLetterDate": "2025-06-20T09:00:00"},
            headers=keyed(),
        )
        assert (answer.status_code, REPLAYED in answer.headers) == (200, is_replayed), answer.text
        assert answer.json()["actionResult"] == "Done"
        assert len(await clerk.letters(customer=customer)) == 1


RUN: dict[str, Any] = {"url": "/v1/reskontra/run/dunning", "json": {"asOf": "2025-06-20"}, "headers": keyed()}


async def test_a_run_is_answered_again(clerk: Clerk) -> None:
    await late_payer(clerk)
    first = await clerk.http.post(**RUN)
    assert first.status_code == 200, first.text
    newest = await clerk.newest_change()
    again = await clerk.http.post(**RUN)
    assert (again.content, again.headers[REPLAYED]) == (first.content, "true")
    assert await clerk.newest_change() == newest
    text = refusal(await clerk.http.post(**RUN | {"json": {"asOf": "2025-06-21"}}))
    assert text.startswith("The Idempotency-Key came with another request before: ")


async def test_a_run_that_was_refused_or_failed_leaves_the_key_free(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal(await clerk.http.post(**RUN | {"json": {"asOf": "never"}}))
    assert await keys(clerk) == 0
    with monkeypatch.context() as patched:
        patched.setattr("reskontra.runs.chunks._attempted", bug)
        await late_payer(clerk)
        assert (await clerk.http.post(**RUN)).status_code == 500
    assert await keys(clerk) == 0
    assert (await clerk.http.post(**RUN)).status_code == 200


async def test_a_run_of_which_a_commit_is_in_doubt_is_not_begun_again(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await debtor(clerk)
    attempted = chunks._attempted

    async def in_doubt(*what: Any, **how: Any) -> None:
        await attempted(*what, **how)
        raise OutcomeUnknown

    with monkeypatch.context() as patched:
        patched.setattr(chunks, "_attempted", in_doubt)
        assert (await clerk.http.post(**RUN)).status_code == 503
    newest = await clerk.newest_change()
    answer = await clerk.http.post(**RUN)
    assert answer.status_code == 409
    assert "or was cut off: how far it came is not known." in answer.json()["message"]
    assert await clerk.newest_change() == newest


@pytest.mark.parametrize(("method", "day", "status"), [("give_up", "never", 400), ("finish", "2025-06-20", 200)])
async def test_what_came_of_a_run_is_told_though_its_key_cannot_be_written(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, method: str, day: str, status: int
) -> None:
    async def away(*_: Any) -> None:
        raise Unavailable

    await debtor(clerk)
    monkeypatch.setattr(StoredAnswers, method, away)
    assert (await clerk.http.post(**RUN | {"json": {"asOf": day}})).status_code == status


async def test_a_run_that_is_under_way_or_was_cut_off_is_not_begun_again(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the process had died before the run's answer was stored."""
    await late_payer(clerk)

    async def dies(*_: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(StoredAnswers, "finish", dies)
        with pytest.raises(asyncio.CancelledError):
            await clerk.http.post(**RUN)
    newest = await clerk.newest_change()
    answer = await clerk.http.post(**RUN)
    assert answer.status_code == 409
    assert "or was cut off: how far it came is not known." in answer.json()["message"]
    assert "With a new key it goes on, and skips what is done already." in answer.json()["message"]
    assert await clerk.newest_change() == newest
    assert (await clerk.http.post(**RUN | {"headers": keyed("new")})).status_code == 200


def test_runs_are_what_is_more_than_one_transaction() -> None:
    assert {route.operation for route in mounted_routes() if route.is_run} == {
        "Reskontra_RunAutoApply",
        "Reskontra_RunDunning",
        "Reskontra_RunOverdueCharge",
        "Reskontra_RunStatements",
        "Reskontra_RunWriteOff",
    }
    chunked = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if "run_in_chunks(" in path.read_text(encoding="utf-8") and path.name != "chunks.py"
    }
    assert chunked == {"account_statements", "charges", "dunning", "payments"}, "is it one of the operations above?"
