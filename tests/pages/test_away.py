"""What people see when the database is away, or something breaks: a page, with what they typed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from starlette.responses import Response

from reskontra import pages
from reskontra.clock import Context, SeededClock
from reskontra.config import Settings
from reskontra.db.faults import GONE
from reskontra.db.pool import Database
from reskontra.errors import OutcomeUnknown, Unavailable
from reskontra.pages.api import Api
from reskontra.users.commands import create_user
from reskontra.users.rules import Role
from tests.clerk import Clerk
from tests.conftest import open_client
from tests.pages.conftest import Visitor

_PAGES = Path(pages.__file__).parent
PASSWORD = "four words are enough"


@contextmanager
def away(database: Database, failure: Exception | None = None, *, takes_reads: bool = False) -> Iterator[None]:
    """The database cannot be reached."""

    def refuse() -> NoReturn:
        raise failure or Unavailable("The database cannot be reached: it is a test.")

    async def write(_: object) -> None:
        raise failure or Unavailable("The database cannot be reached: it is a test.")

    with pytest.MonkeyPatch.context() as patched:
        if not takes_reads:
            patched.setattr(database, "connection", refuse)
        patched.setattr(database, "transaction", refuse)
        patched.setattr(database, "write", write)
        yield


@pytest.fixture
async def signed_in(books: Database, clock: SeededClock) -> AsyncIterator[Visitor]:
    async with books.transaction() as connection:
        demo = await connection.fetchval("select min(company_id) from company")
        await create_user(
            connection, Context(0, "test", "test", clock.now(), clock), email="kari@example.com", name="Kari",
            role=Role.BOOKKEEPER, company_ids=[demo], password=PASSWORD,
        )  # fmt: skip
    async with open_client(Settings(), books, clock) as http:
        visitor = Visitor(http)
        await visitor.go("sign-in")
        await visitor.send("form", email="kari@example.com", password=PASSWORD)
        yield visitor


async def test_who_is_signed_in_reads_it_in_their_language_and_tries_again(signed_in: Visitor, books: Database) -> None:
    with away(books):
        await signed_in.go("customers?status=Active", 503, **{"Accept-Language": "nb"})
    assert signed_in.seen.select_one("html[lang=nb]")
    assert "Databasen er borte. Ingenting ble endret." in signed_in.text
    assert signed_in.seen.select("link[rel=stylesheet]")
    link = signed_in.seen.select_one("main a.main")
    assert link is not None
    assert link.get_text() == "Prøv igjen"
    await signed_in.go(str(link["href"]))
    assert signed_in.http_path == "/ui/customers?status=Active"


async def test_what_was_typed_is_sent_again(signed_in: Visitor, books: Database) -> None:
    await signed_in.go("customers/20001/edit")
    with away(books):
        await signed_in.send("main form", 503, name="Typed <b> AS", note="two\nlines")
    assert "Typed <b> AS" in signed_in.text
    assert "What you typed is kept on this page." in signed_in.text
    await signed_in.send("main form")
    assert signed_in.said == "Customer 20001 changed."
    assert "Typed <b> AS" in signed_in.text


async def test_a_password_is_not_kept_on_a_page(signed_in: Visitor, books: Database) -> None:
    await signed_in.go("sign-in?to=/ui/journal")
    with away(books):
        await signed_in.send("form", 503, email="kari@example.com", password="my very own secret")
    assert signed_in.answer is not None
    assert "my very own secret" not in signed_in.answer.text
    await signed_in.go(str(signed_in.seen.select("main a.main")[0]["href"]))
    assert signed_in.seen.select("#password")


async def test_a_person_who_is_known_sees_it_in_the_frame(bookkeeper: Visitor, books: Database) -> None:
    await bookkeeper.go("customers/new")
    with away(books, takes_reads=True):
        await bookkeeper.send("main form", 503, name="Fjord Kajakk AS")
    assert bookkeeper.seen.select("nav.main")
    field = bookkeeper.seen.select_one("main input[name=name]")
    assert field is not None
    assert field["value"] == "Fjord Kajakk AS"
    with away(books):
        await bookkeeper.send("main form", 503)
    assert "The database is away. Nothing was changed." in bookkeeper.text
    await bookkeeper.send("main form")
    assert "Fjord Kajakk AS" in bookkeeper.text


async def test_what_may_have_been_saved_is_not_called_unchanged(bookkeeper: Visitor, books: Database) -> None:
    await bookkeeper.go("customers/new")
    with away(books, OutcomeUnknown("The connection was lost while the change was confirmed.")):
        await bookkeeper.send("main form", 503, name="Fjord Kajakk AS")
    assert "Nothing was changed" not in bookkeeper.text
    assert "while the change was confirmed" in bookkeeper.text


@pytest.mark.parametrize(
    ("page", "method", "path"),
    [
        ("customers/new", "POST", "/v1/customer"),
        ("customers/20001/edit", "PUT", "/v1/customer/20001"),
        ("sandbox/state/reset", "POST", "/v1/reskontra/sandbox/reset"),
        ("periods/202501/close", "GET", "/v1/reskontra/financialPeriod/202501/closing"),
    ],
)
async def test_that_the_database_is_away_is_no_fault_of_what_was_typed(
    bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch, page: str, method: str, path: str
) -> None:
    answer = Api.request

    async def request(api: Api, asked: str, address: str, **how: Any) -> Response:
        if (asked, address) == (method, path):
            raise Unavailable(GONE)
        return await answer(api, asked, address, **how)

    if method != "GET":
        await bookkeeper.go(page)
    monkeypatch.setattr(Api, "request", request)
    await (bookkeeper.go(page, 503) if method == "GET" else bookkeeper.send("main form[method=post]", 503))
    assert bookkeeper.text.startswith("The database is away The database cannot be reached at the moment;")


@pytest.mark.parametrize("many", [True, False])
async def test_what_was_done_before_the_database_went_away_is_not_called_unchanged(
    bookkeeper: Visitor, clerk: Clerk, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    """Of several releases the second one fails, or of one what is read after it."""
    drafts = [await clerk.invoice() for _ in range(2)]
    answer, done = Api.request, list[str]()

    async def request(api: Api, asked: str, address: str, **how: Any) -> Response:
        if done:
            raise Unavailable(GONE)
        found = await answer(api, asked, address, **how)
        done.extend([address] if address.endswith("/release") else [])
        return found

    if many:
        names = [f"Invoice/{it.number}" for it in drafts]
        await bookkeeper.go("documents")
        await bookkeeper.send('form[action$="/bulk"]', document=names, do="release")
    else:
        await bookkeeper.go(f"documents/Invoice/{drafts[0].number}/release")
    monkeypatch.setattr(Api, "request", request)
    await bookkeeper.send("main form[method=post]", 503)
    assert len(done) == 1
    assert "The database went away after some of it was done." in bookkeeper.text
    assert "othing was changed" not in bookkeeper.text


def test_pages_show_beside_a_form_only_what_can_be_mended_there() -> None:
    """`except Refusal` would take `Unavailable` too."""
    wide = {path.name for path in _PAGES.glob("*.py") if re.search(r"except .*\bRefusal\b", path.read_text("utf-8"))}
    assert wide == {"site.py", "outside.py"}, "catch `Objection`"


async def test_what_breaks_is_a_page_with_the_number_of_the_request(
    bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> Response:
        raise RuntimeError("a secret of the program")

    monkeypatch.setattr(Api, "request", broken)
    await bookkeeper.go("letters", 500)
    assert bookkeeper.answer is not None
    assert "Something broke here" in bookkeeper.text
    assert f"500 · {bookkeeper.answer.headers['ipp-request-id']}" in bookkeeper.text
    assert "a secret of the program" not in bookkeeper.answer.text
    assert bookkeeper.seen.select_one("main a[href='/ui/']")
