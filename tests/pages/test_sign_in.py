"""People sign in with a password, stay signed in, see what their role and their companies allow, and are signed out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest
from argon2 import Type, extract_parameters
from bs4 import BeautifulSoup

from reskontra.clock import Context, SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Connection, Database
from reskontra.errors import Refused
from reskontra.users import commands, store
from reskontra.users.rules import Role
from tests.clerk import INVOICE, Clerk
from tests.conftest import new_company, open_client
from tests.pages.conftest import Visitor

PASSWORD = "four words are enough"
FEW_WORDS = "Mail address and password do not match a user."


@pytest.fixture
async def company_ids(books: Database, clock: SeededClock) -> list[int]:
    async with books.connection() as connection:
        demo = await connection.fetchval("select min(company_id) from company")
    return [demo, await new_company(books, clock, code="OTHER", name="Other AS")]


@pytest.fixture
async def people(books: Database, clock: SeededClock, company_ids: list[int]) -> None:
    context = Context(0, "test", "test", clock.now(), clock)
    async with books.transaction() as connection:
        for role in Role:
            seen = company_ids if role is Role.ADMIN else company_ids[:1]
            await commands.create_user(
                connection,
                context,
                email=f"{role.value}@example.com",
                name=role.value.title(),
                role=role,
                company_ids=seen,
                password=PASSWORD,
            )


@pytest.fixture
async def stranger(books: Database, clock: SeededClock, people: None) -> AsyncIterator[Visitor]:
    async with open_client(Settings(), books, clock) as http:
        yield Visitor(http)


async def sign_in(visitor: Visitor, role: str, status: int = 200, **fields: str) -> None:
    await visitor.go("sign-in")
    await visitor.send("form", status, **{"email": f"{role}@example.com", "password": PASSWORD} | fields)


async def test_who_is_not_signed_in_signs_in_and_goes_where_they_wanted_to(stranger: Visitor) -> None:
    await stranger.go("customers?status=Active")
    assert stranger.http_path == "/ui/sign-in?to=%2Fui%2Fcustomers%3Fstatus%3DActive"
    await stranger.send("form", email="Reader@Example.com", password=PASSWORD)
    assert stranger.http_path == "/ui/customers?status=Active"
    assert "Aurdal Bakeri AS" in stranger.text


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/ui//evil.example", "/v1/customer"])
async def test_nobody_is_sent_elsewhere(stranger: Visitor, to: str) -> None:
    await stranger.go(f"sign-in?to={quote(to, safe='')}")
    await stranger.send("form", email="reader@example.com", password=PASSWORD)
    assert stranger.http_path == "/ui/"


async def test_every_wrong_pair_gets_one_sentence_and_failures_make_pauses(stranger: Visitor) -> None:
    for role, password in (("reader", "wrong"), ("nobody", PASSWORD), ("reader", "")):
        await sign_in(stranger, role, 403, password=password)
        assert FEW_WORDS in stranger.text
    wrong = {"email": "reader@example.com", "password": "wrong"}
    for _ in range(3):
        await stranger.http.post("/ui/sign-in", data=wrong)
    await sign_in(stranger, "reader", 429)
    assert "Too many attempts. Try again in" in stranger.text


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_cookie_of_a_session(
    books: Database, clock: SeededClock, people: None, scheme: str, keep: bool
) -> None:
    async with open_client(Settings(), books, clock, base_url=f"{scheme}://books.example") as http:
        form = {"email": "reader@example.com", "password": PASSWORD} | ({"keep": "on"} if keep else {})
        answer = await http.post("/ui/sign-in", data=form)
    cookie = SimpleCookie(answer.headers["set-cookie"])["reskontra_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/ui")
    assert bool(cookie["secure"]) is (scheme == "https")
    # Kept for 30 days; else it ends with the browser, and its session after twelve hours.
    month = 30 * 24 * 3600
    assert (month - 60 <= int(cookie["max-age"]) <= month) if keep else cookie["max-age"] == ""
    async with books.connection() as connection:
        lasts = await connection.fetchval("select expires_at - created_at from user_session")
        stored = await connection.fetchval("select session_hash from user_session")
    assert lasts == (timedelta(days=30) if keep else timedelta(hours=12))
    assert cookie.value.encode() not in stored


async def test_a_password_is_stored_as_argon2id(books: Database, people: None) -> None:
    async with books.connection() as connection:
        stored = [row[0] for row in await connection.fetch("select password_hash from user_account")]
    assert len(stored) == len(set(stored)) == len(Role), "each has a salt of its own"
    for text in stored:
        used = extract_parameters(text)
        assert used.type is Type.ID
        assert (used.memory_cost, used.time_cost, used.hash_len) >= (19_456, 2, 32), "no less than OWASP asks for"
        assert PASSWORD not in text


async def test_a_form_of_another_site_signs_nobody_in(stranger: Visitor) -> None:
    form = {"email": "reader@example.com", "password": PASSWORD}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        refused = await stranger.http.post("/ui/sign-in", data=form, headers=headers)
        assert refused.status_code == 400
        assert "set-cookie" not in refused.headers


async def test_a_language_is_the_persons_and_not_the_browsers(stranger: Visitor, books: Database) -> None:
    await sign_in(stranger, "reader")
    await stranger.go("preferences")
    await stranger.send("main form", language="sv")
    await stranger.go("customers")
    assert stranger.seen.html is not None
    assert stranger.seen.html["lang"] == "sv"
    async with books.connection() as connection:
        kept = await connection.fetch("select email, language from user_account where language is not null")
    assert [tuple(it) for it in kept] == [("reader@example.com", "sv")]
    stranger.http.cookies.clear()
    await sign_in(stranger, "reader")
    assert stranger.seen.html is not None
    assert stranger.seen.html["lang"] == "sv", "in another browser too"


async def test_roles_are_kept(stranger: Visitor) -> None:
    await sign_in(stranger, "reader")
    await stranger.go("customers")
    assert "New customer" not in stranger.text
    await stranger.go("periods")
    assert "Close" not in stranger.text
    seal = stranger.seen.select_one("input[name=seal]")
    assert seal is not None
    sent = {"seal": str(seal["value"]), "confirmed": "1"}
    refused = await stranger.http.post("/ui/periods/202501/close", data=sent)
    assert refused.status_code == 403
    assert "controller" in refused.text
    await sign_in(stranger, "controller")
    await stranger.go("periods?year=2025")
    assert "Close" in stranger.text


async def test_a_person_sees_their_companies_only(stranger: Visitor, company_ids: list[int]) -> None:
    await sign_in(stranger, "bookkeeper")
    stranger.http.cookies.set("reskontra_company", str(company_ids[1]), path="/ui")
    await stranger.go("customers")
    assert "Aurdal Bakeri AS" in stranger.text, "a company that they do not see is not chosen"
    await sign_in(stranger, "admin")
    await stranger.go("customers")
    await stranger.send("form.switch", company=str(company_ids[1]))
    await stranger.go("customers")
    assert "No customers yet." in stranger.text


async def test_who_signs_out_or_is_disabled_is_out(stranger: Visitor, books: Database, clock: SeededClock) -> None:
    await sign_in(stranger, "reader")
    cookie = stranger.http.cookies.get("reskontra_session")
    await stranger.send('form[action="/ui/sign-out"]')
    stranger.http.cookies.set("reskontra_session", cookie or "", path="/ui")
    await stranger.go("customers")
    assert stranger.http_path.startswith("/ui/sign-in")
    await sign_in(stranger, "reader")
    context = Context(0, "test", "test", datetime.now(UTC), clock)
    async with books.transaction() as connection:
        assert await commands.set_disabled(connection, context, "reader@example.com", disabled=True)
    await stranger.go("customers")
    assert stranger.http_path.startswith("/ui/sign-in")
    await sign_in(stranger, "reader", 403)
    assert FEW_WORDS in stranger.text


async def test_the_log_names_the_person(stranger: Visitor, books: Database) -> None:
    await sign_in(stranger, "bookkeeper")
    await stranger.go("customers/20001/edit")
    await stranger.send("main form", name="Renamed AS")
    async with books.connection() as connection:
        users = await connection.fetch("select entity_key, event from change where entity = 'User'")
        actor = await connection.fetchval(
            "select actor from change where entity = 'Customer' and entity_key = '20001'"
            " order by change_id desc limit 1"
        )
    assert ("admin@example.com", "created") in {tuple(row) for row in users}
    assert "bookkeeper@example.com" in actor


async def test_passwords_and_addresses_are_checked(books: Database, clock: SeededClock) -> None:
    context = Context(0, "test", "test", clock.now(), clock)
    good = {"email": "a@example.com", "name": "A", "role": Role.READER, "company_ids": [], "password": PASSWORD}
    for wrong, words in (({"password": "short"}, "12 to 200"), ({"email": "nobody"}, "name@example.com")):
        async with books.transaction() as connection:
            with pytest.raises(Refused) as refused:
                await commands.create_user(connection, context, **(good | wrong))  # type: ignore[arg-type]
        assert words in refused.value.hint


async def test_a_reader_sees_what_was_sent_and_sends_nothing(stranger: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    page = f"documents/Invoice/{invoice.number}"
    await sign_in(stranger, "bookkeeper")
    await stranger.go(page)
    assert stranger.seen.select("a[href$='/send']")
    stranger.http.cookies.clear()
    await sign_in(stranger, "reader")
    await stranger.go(page)
    assert "Nothing was sent yet." in stranger.text
    assert not stranger.seen.select("a[href$='/send']")
    for below in (f"{page}/send", f"{page}/e-invoice", "letters/1/send"):
        await stranger.go(below, 403)
    await stranger.go("mails")
    await stranger.go("sandbox/outbox", 404)


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ("customers/20001/edit", "customers/20001/edit"),
        ("documents/Invoice/new?customer=20001", "documents/Invoice/new?customer=20001"),
        ("documents/Invoice/003547/note", "documents/Invoice/003547"),
        ("letters/1/change/fee", "letters/1"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
async def test_a_form_of_an_ended_session_is_told_so_where_it_stands(
    stranger: Visitor, sent: str, back: str, headers: dict[str, str]
) -> None:
    answer = await stranger.http.post(f"/ui/{sent}", data={"name": "Typed"}, headers=headers)
    assert answer.status_code == 401
    stranger.seen = BeautifulSoup(answer.text, "html.parser")
    assert "You are signed out" in stranger.text
    link = stranger.seen.select_one(".problems a[target=_blank]")
    assert link is not None
    assert link["href"] == f"/ui/sign-in?to={quote(f'/ui/{back}', safe='')}"
    assert (await stranger.http.get("/ui/customers", headers={"HX-Request": "true"})).status_code == 401


async def test_people_are_called_by_their_names(stranger: Visitor) -> None:
    """The log has mail addresses; programs are called as it has them."""
    await sign_in(stranger, "bookkeeper")
    await stranger.go("customers/20001/edit")
    await stranger.send("main form", name="Nytt navn AS")
    for path in ("", "log?actor=bookkeeper", "log?actor=bookkeeper@example.com", "customers/20001/log"):
        await stranger.go(path)
        called = {it.get_text() for it in stranger.seen.select('[title="bookkeeper@example.com"]')}
        assert called == {"Bookkeeper"}, path
        assert "bookkeeper@example.com" not in stranger.text, path
    await stranger.go("log?actor=nobody")
    assert not stranger.rows()


async def test_only_pages_that_name_people_read_names_and_only_after_users_were_added(
    stranger: Visitor, books: Database, clock: SeededClock, company_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Mapping[str, str]] = []
    find_names = store.find_names

    async def counted(connection: Connection) -> Mapping[str, str]:
        reads.append(await find_names(connection))
        return reads[-1]

    monkeypatch.setattr(store, "find_names", counted)
    await sign_in(stranger, "bookkeeper", to="/ui/customers")
    for path in ("customers/20001", "customers/20001/edit", "documents", "documents/Invoice/new"):
        await stranger.go(path)
    first = len(reads)
    await stranger.go("customers/20001/edit")
    await stranger.send("main form", name="Nytt navn AS")
    for path in ("log", "", "documents/Invoice/003547", "customers/20001/log", "log?actor=bookkeeper"):
        await stranger.go(path)
    assert len(reads) == 1, "once for all pages"
    async with books.transaction() as connection:
        await commands.create_user(
            connection,
            Context(0, "test", "test", clock.now(), clock),
            email="new@example.com",
            name="Newly Come",
            role=Role.BOOKKEEPER,
            company_ids=company_ids[:1],
            password=PASSWORD,
        )
    await stranger.go("customers")
    assert (first, len(reads)) == (0, 1), "pages that name nobody read none"
    await stranger.go("log")
    assert [set(it) for it in reads[1:]] == [{*reads[0], "new@example.com"}]
    assert "Newly Come" in stranger.text


async def test_who_changed_a_thing_meanwhile_is_called_by_name(stranger: Visitor) -> None:
    await sign_in(stranger, "bookkeeper")
    before = await stranger.go("customers/20001/edit")
    await stranger.send("main form", name="Nytt navn AS")
    stranger.seen = before
    await stranger.send("main form", 412, name="Another AS")
    assert "Bookkeeper changed this at" in stranger.text


async def test_a_session_says_who_it_is_and_no_more(stranger: Visitor, books: Database) -> None:
    """Above all no password, and nothing of others."""
    await sign_in(stranger, "reader")
    secret = stranger.http.cookies["reskontra_session"]
    async with books.connection() as connection:
        found = await store.find_by_session(connection, commands.hash_of(secret), datetime.now(UTC))
    assert found is not None
    told = {it.name for it in fields(found)}
    assert told == {"email", "name", "role", "language", "company_ids", "newest_user_id"}
    assert (found.email, found.role) == ("reader@example.com", Role.READER)
