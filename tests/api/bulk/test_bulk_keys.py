"""Many requests with an `Idempotency-Key`: sent again, what was done is not done again, and the rest goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from reskontra.companies.store.request_keys import StoredAnswers
from reskontra.errors import Unavailable
from reskontra.web.bulk import work
from reskontra.web.repeats import KeptPart, KeyedRequest
from tests.api.bulk.sending import answers, drafting, line, send, statuses
from tests.clerk import CREDIT_NOTE, Clerk, body, refusal

KEY = {"Idempotency-Key": "7a1c"}
REPLAYED = "idempotency-replayed"
WRONG = drafting(customerNumber="99999")
NEW = line("POST", "/v1/customer", body("customer", name="New"))
SENT = [drafting(), drafting(), WRONG, drafting(CREDIT_NOTE), NEW, drafting(), drafting()]


async def keys(clerk: Clerk) -> list[tuple[str, int | None]]:
    return [tuple(it) for it in await clerk.rows("select request_key, status from request_key order by 1")]


@pytest.mark.parametrize("atomic", ["line", "group", "all"])
async def test_the_same_lines_are_answered_again_and_done_once(clerk: Clerk, atomic: str) -> None:
    sent = SENT if atomic != "all" else [it for it in SENT if it is not WRONG]
    first = await send(clerk, sent, KEY, atomic=atomic)
    assert (first.status_code, REPLAYED in first.headers) == (200, False)
    newest = await clerk.newest_change()
    again = await send(clerk, sent, KEY, atomic=atomic)
    assert (again.status_code, again.content, again.headers[REPLAYED]) == (200, first.content, "true")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await clerk.newest_change() == newest
    assert await keys(clerk) == [("7a1c", 200)]
    text = refusal(await send(clerk, [*sent, drafting()], KEY, atomic=atomic))
    assert text.startswith("The Idempotency-Key came with another request before")
    assert await clerk.newest_change() == newest


async def test_all_that_are_refused_leave_the_key_free(clerk: Clerk) -> None:
    assert (await send(clerk, SENT, KEY, atomic="all")).status_code == 400
    assert await keys(clerk) == []
    assert statuses(await answers(clerk, [drafting()], KEY, atomic="all")) == [201]


def cut_off_after(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = StoredAnswers.keep_part

    async def keep(self: Any, connection: Any, request: KeyedRequest, part: KeptPart, now: Any) -> None:
        if part.before >= parts:
            raise Unavailable("cut off")
        await stored(self, connection, request, part, now)

    monkeypatch.setattr(StoredAnswers, "keep_part", keep)


@pytest.mark.parametrize("atomic", ["line", "group"])
@pytest.mark.parametrize("parts", [0, 1, 2, 3])
async def test_what_was_cut_off_goes_on_when_it_is_sent_again(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, atomic: str, parts: int
) -> None:
    monkeypatch.setattr(work, "_CHUNK_LINES", 2)
    (before,) = await clerk.rows("select count(*) from document")
    with monkeypatch.context() as patched:
        cut_off_after(parts, patched)
        assert 503 in statuses(await answers(clerk, SENT, KEY, atomic=atomic))
    kept = await keys(clerk)
    assert kept[0] == ("7a1c", None)
    found = await answers(clerk, SENT, KEY, atomic=atomic)
    assert [it["line"] for it in found] == list(range(1, 8))
    assert statuses(found) == [201, 201, 400, 201, 201, 201, 201]
    (after,) = await clerk.rows("select count(*) from document")
    assert after[0] - before[0] == 5
    assert len({(it["resource"]) for it in found if it["statusCode"] == 201}) == 6
    newest = await clerk.newest_change()
    assert await answers(clerk, SENT, KEY, atomic=atomic) == found
    assert await clerk.newest_change() == newest
    assert await keys(clerk) == [("7a1c", 200)]


async def test_of_two_at_once_with_one_key_nothing_is_done_twice(clerk: Clerk) -> None:
    (before,) = await clerk.rows("select count(*) from document")
    sent = [drafting() if n % 3 else drafting(referenceNumber=f"9{n:05}") for n in range(40)]
    found = await asyncio.gather(*(send(clerk, sent, KEY) for _ in range(3)))
    assert {it.status_code for it in found} == {200}
    told = await answers(clerk, sent, KEY)
    assert statuses(told) == [201] * 40
    (after,) = await clerk.rows("select count(*) from document")
    assert after[0] - before[0] == 40


async def test_a_key_is_free_after_a_day_and_its_parts_are_forgotten(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        cut_off_after(2, patched)
        assert 503 in statuses(await answers(clerk, SENT, KEY))
    clerk.clock.move_to(clerk.clock.now() + timedelta(hours=24))
    found = await answers(clerk, [drafting()], KEY)
    assert statuses(found) == [201]
    assert await keys(clerk) == [("7a1c", 200)]


async def test_a_trial_of_many_takes_no_key(clerk: Clerk) -> None:
    text = refusal(await send(clerk, [drafting()], KEY, dryRun=True))
    assert text == "A trial takes no Idempotency-Key. Leave it out."
    assert await keys(clerk) == []
