"""The pages of the sandbox: where one begins, the live list of requests, one request, coverage and reset."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import httpx
import pytest
from playwright.async_api import expect

from reskontra.app import create_app
from reskontra.clock import Context, SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.errors import Refused
from reskontra.pages.json_text import pretty
from reskontra.users.commands import create_user
from reskontra.users.rules import Role
from tests.clerk import Clerk
from tests.conftest import RunningServer, open_client
from tests.pages.conftest import MORNING, OpenTab, Visitor, assert_accessible, some

SALE = {
    "customerNumber": {"value": "20001"}, "nonsense": 1,
    "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}],
}  # fmt: skip


async def test_the_first_page_says_how_to_begin(visitor: Visitor) -> None:
    answer = await visitor.http.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.headers["location"] == "http://localhost/ui/sandbox"
    await visitor.go("sandbox")
    assert "Waiting for it." in visitor.text
    assert "None yet." in visitor.text
    token = visitor.seen.select_one("#curl")
    assert token is not None
    assert "client_secret=demo-secret" in token.get_text()
    assert visitor.rows("main table") == [
        ["Demo AS", "1", "200", "3,235", "2025-12-31"], ["Empty AS", "2", "0", "0", "2025-12-31"],
    ]  # fmt: skip
    await visitor.http.get("/v1/customer/20001")
    await visitor.go("sandbox")
    assert "It arrived: GET /v1/customer/20001 answered 200 in" in visitor.text


async def test_no_page_of_the_sandbox_is_large(visitor: Visitor) -> None:
    """Under 60 KB compressed, also with as many requests as a page of the list shows."""
    for number in range(60):
        await visitor.http.get(f"/v1/customer/{20000 + number}", headers={"x-note": "a" * 200})
    made = await visitor.http.get("/v1/customer/20001")
    one = f"sandbox/requests/{made.headers['ipp-request-id']}"
    for path in ("sandbox", "sandbox/requests", one, "sandbox/coverage", "sandbox/state", "sandbox/state/reset",
                 "sandbox/requests/clear", "/docs", "/docs?quirks=true"):  # fmt: skip
        async with visitor.http.stream(
            "GET", path if path.startswith("/") else f"/ui/{path}", headers={"Accept-Encoding": "gzip"}
        ) as answer:
            size = sum([len(piece) async for piece in answer.aiter_raw()])
        assert answer.status_code == 200
        assert size < 60_000, path


async def test_requests_are_listed_filtered_and_forgotten(visitor: Visitor) -> None:
    await visitor.go("sandbox/requests")
    assert "Nothing was asked of this sandbox yet." in visitor.text
    await visitor.http.get("/v1/customer")
    await visitor.http.get("/v1/customer/nobody")
    await visitor.go("sandbox/requests")
    refused, listed = visitor.rows()
    assert refused[1:4] == ["GET", "GET /v1/customer/nobody", "404"]
    assert listed[2:4] + listed[9:] == ["GET /v1/customer", "200", "List without paging"]
    await visitor.go("sandbox/requests?failed=true&method=GET")
    assert [row[3] for row in visitor.rows()] == ["404"]
    archive = visitor.seen.select_one("a[download='requests.har']")
    assert archive is not None
    assert len((await visitor.http.get(str(archive["href"]))).json()["log"]["entries"]) == 1
    await visitor.go("sandbox/requests?path=nothing")
    assert "No request matches." in visitor.text
    await visitor.go("sandbox/requests?status=9", 400)
    assert "Send 2 for 200 to 299" in visitor.text

    await visitor.go("sandbox/coverage?show=called")
    assert [row[0] for row in visitor.rows()] == ["GET /v1/customer", "GET /v1/customer/{customerCd}"]
    assert "2 of the" in visitor.text
    await visitor.go("sandbox/coverage?q=rotrut")
    assert "Not served" in visitor.text
    await visitor.go("sandbox/coverage?q=CustomerInvoice_Create")
    (invoice,) = visitor.rows()[:1]
    assert invoice[0] == "POST /v1/customerinvoice"
    assert invoice[6].endswith("choices of ours")
    await visitor.go("sandbox/coverage?q=CreditTerm&show=certain")
    assert [row[6] for row in visitor.rows()] == ["Certain"]
    link = visitor.seen.select_one("main tbody a[href$='#quirks']")
    assert link is not None
    await visitor.go(str(link["href"]))
    assert "Credit terms come as an array whose only item is the page" in visitor.text
    await visitor.go("sandbox/coverage?q=nowhere")
    assert "No operation matches." in visitor.text

    await visitor.go("sandbox/requests/clear")
    assert "Forget 2 requests" in visitor.text
    await visitor.send("main form")
    assert visitor.said == "2 requests were forgotten."
    assert "Nothing was asked of this sandbox yet." in visitor.text


async def test_a_request_is_shown_with_what_it_did_and_how_it_was_read(bookkeeper: Visitor, clerk: Clerk) -> None:
    made = await clerk.http.post("/v1/customerinvoice", json=SALE)
    number = made.headers["location"].rpartition("/")[2]
    released = await clerk.http.post(f"/v1/customerinvoice/{number}/action/release")
    refused = await clerk.http.put("/v1/customer/20001", json={"status": {"value": "activ"}})

    await bookkeeper.go(f"sandbox/requests/{released.headers['ipp-request-id']}")
    assert f"Invoice {number} : released" in bookkeeper.text
    links = {str(it["href"]) for it in bookkeeper.seen.select("main a")}
    assert f"/ui/documents/Invoice/{number}" in links
    (batch,) = [it for it in links if it.startswith("/ui/journal/")]
    await bookkeeper.go(batch)
    await bookkeeper.go(f"sandbox/requests/{made.headers['ipp-request-id']}")
    assert "Passed over nonsense" in bookkeeper.text
    assert "Unknown field ignored Compare the spelling with the reference" in bookkeeper.text

    await bookkeeper.go(f"sandbox/requests/{refused.headers['ipp-request-id']}")
    assert "'activ' is not one of the values" in bookkeeper.text
    assert [it.get_text() for it in bookkeeper.seen.select("#sent mark")] == ['"status": {', '"value": "activ"', "}"]
    corrected = bookkeeper.seen.select_one("#corrected")
    assert corrected is not None
    assert '"value": "Active"' in corrected.get_text()
    await bookkeeper.go("sandbox/requests/0", 404)
    assert "The recorded request '0' cannot be found" in bookkeeper.text


def test_a_body_is_indented_with_its_digits_and_as_text() -> None:
    assert pretty('{"a":[1.50,{}],"b":"<i>"}', ["a", 0]).splitlines() == [
        "{", "  &#34;a&#34;: [", "    <mark>1.50,</mark>", "    {}", "  ],", "  &#34;b&#34;: &#34;&lt;i&gt;&#34;", "}",
    ]  # fmt: skip
    assert pretty("<no json") == "&lt;no json"
    linked = pretty(
        '{"invoiceLines":[{"uom":{"value":1},"odd":2}]}', None, "/docs?operation=X", ["invoiceLines[0].odd"]
    )
    assert '<a href="/docs?operation=X#field-invoicelines.uom">&#34;uom&#34;</a>: {' in linked
    assert "      &#34;odd&#34;: 2" in linked.splitlines()
    assert "&#34;value&#34;: 1" in linked
    deep = "[" * 5_000 + "]" * 5_000
    assert len(pretty(deep)) >= len(deep)


async def test_a_request_tells_what_it_left_out_and_is_sent_again(bookkeeper: Visitor) -> None:
    made = await bookkeeper.http.post("/v1/customerinvoice", json=SALE)
    address = f"sandbox/requests/{made.headers['ipp-request-id']}"
    await bookkeeper.go(address)
    rows = {row[0]: row[1:] for row in bookkeeper.rows("#defaults")}
    assert rows["creditTermsId"] == ["14", "from the customer creditTerms.id"]
    assert rows["invoiceLines[0].description"][1] == "from the item description"
    assert rows["hold"] == ["false", "company preference"]
    raw = bookkeeper.seen.select_one("#raw")
    assert raw is not None
    assert raw.get_text() == made.request.content.decode()
    field = bookkeeper.seen.select_one('#sent a[href$="#field-invoicelines.quantity"]')
    assert field is not None
    reference = await bookkeeper.http.get(str(field["href"]).partition("#")[0])
    assert 'id="field-invoicelines.quantity"' in reference.text
    assert not bookkeeper.seen.select('#sent a[href$="#field-nonsense"]')

    await bookkeeper.go(f"{address}/again")
    assert "Send POST /v1/customerinvoice again?" in bookkeeper.text
    assert "invoice 003548 created" in bookkeeper.text
    await bookkeeper.send("main form")
    assert bookkeeper.said == "It was sent again, and answered 201."
    assert "Invoice 003549 : created" in bookkeeper.text

    asked = await bookkeeper.http.post("/v1/customer", json={"password": "x"})
    await bookkeeper.go(f"sandbox/requests/{asked.headers['ipp-request-id']}")
    assert "It carried a secret, which is not kept." in bookkeeper.text
    await bookkeeper.go(f"{bookkeeper.http_path}/again")
    assert not bookkeeper.seen.select("main form")


async def test_real_books_have_none_of_these_pages_and_a_reader_resets_nothing(
    books: Database, clock: SeededClock
) -> None:
    async with books.transaction() as connection:
        company_ids = [await connection.fetchval("select min(company_id) from company")]
        await create_user(
            connection, Context(0, "test", "test", clock.now(), clock), email="reader@example.com", name="Reader",
            role=Role.READER, company_ids=company_ids, password="four words are enough",
        )  # fmt: skip
    for settings, status in ((Settings(), 404), (Settings(sandbox=True, host="0.0.0.0"), 200)):
        async with open_client(settings, books, clock) as http:
            reader = Visitor(http)
            await reader.go("sign-in")
            await reader.send("form", email="reader@example.com", password="four words are enough")
            for path in ("sandbox", "sandbox/requests", "sandbox/coverage", "sandbox/state"):
                await reader.go(path, status)
            assert not reader.seen.select("main a[href$=reset]")
            assert "demo-secret" not in (await reader.http.get("/ui/sandbox")).text, (
                "its secret is not the published one"
            )
            for path in ("sandbox/state/reset", "sandbox/requests/clear"):
                await reader.go(path, 404 if status == 404 else 403)


@pytest.fixture
async def resets(year_books: Database) -> AsyncIterator[tuple[Visitor, list[str]]]:
    """A visitor of a sandbox whose reset is only counted, and refused the second time."""
    done: list[str] = []

    async def reset(done: list[str]) -> None:
        if done:
            raise Refused("It was reset already.", hint="Wait.")
        done.append("reset")

    again: Callable[[], Awaitable[None]] = partial(reset, done)
    app = create_app(Settings(sandbox=True), year_books, SeededClock(MORNING), reset=again)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield Visitor(http), done


async def test_companies_are_reset_in_two_steps(resets: tuple[Visitor, list[str]]) -> None:
    visitor, done = resets
    await visitor.go("sandbox/state")
    (link,) = [it for it in visitor.seen.select("main .actions a") if it.get_text() == "Reset"]
    await visitor.go(str(link["href"]))
    assert "There is no way back." in visitor.text
    await visitor.send("main form", 403, seal="0" * 64)
    assert done == []
    await visitor.go(str(link["href"]))
    assert "Reset 2 companies" in visitor.text
    await visitor.send("main form")
    assert done == ["reset"]
    assert visitor.said == "The companies are as they were. The start says how to begin."
    await visitor.go(str(link["href"]))
    await visitor.send("main form", 400)
    assert "It was reset already. Wait." in visitor.text


@pytest.mark.xdist_group("browser")
async def test_a_request_appears_while_one_looks_and_tells_what_it_did(tab: OpenTab, site: RunningServer) -> None:
    start = await tab("sandbox")
    page = await tab("sandbox/requests")
    arrival = start.locator("[data-arrival]")
    await expect(arrival).to_contain_text("Waiting for it.")
    async with httpx.AsyncClient(base_url=site.url) as http:
        made = await http.post("/v1/customerinvoice", json=SALE)
        number = made.headers["location"].rpartition("/")[2]
        await expect(arrival).to_contain_text("POST /v1/customerinvoice answered 201")
        row = page.locator("tbody tr")
        await expect(row).to_contain_text([f"invoice {number} created"])
        await expect(page.locator(".empty")).to_be_hidden()

        await page.keyboard.press("Space")
        await http.get("/v1/customer/20001")
        await http.get("/v1/customer/20002")
        await expect(page.get_by_role("button", name="2 new")).to_be_visible()
        await expect(row).to_have_count(1)
        await page.get_by_role("button", name="2 new").click()
        await expect(row).to_have_count(3)
        await expect(row.first).to_contain_text("/v1/customer/20002")

        await page.get_by_label("Address").fill("invoice")
        await expect(row).to_have_count(1)
        await http.get("/v1/customer/20003")
        await http.post(f"/v1/customerinvoice/{number}/action/release")
        await expect(row).to_have_count(2)
        await expect(row.first).to_contain_text(f"invoice {number} released, 1 batch")
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="What it did")).to_be_visible()
    await expect(page.get_by_role("link", name=f"Invoice {number}")).to_be_visible()


@pytest.mark.xdist_group("browser")
async def test_the_pages_of_the_sandbox_are_accessible(look: OpenTab, year_site: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=year_site.url) as http:
        await http.delete("/v1/reskontra/sandbox/requests")
        page = await look("sandbox/requests")
        await assert_accessible(page)
        await page.goto("/ui/sandbox")
        await assert_accessible(page)
        await http.get("/v1/customer")
        refused = await http.put("/v1/customer/20001", json={"status": {"value": "activ"}})
    for path in some(
        "sandbox", "sandbox/requests", f"sandbox/requests/{refused.headers['ipp-request-id']}", "sandbox/state",
        "sandbox/coverage?q=customerinvoice", "sandbox/requests/clear",
        f"sandbox/requests/{refused.headers['ipp-request-id']}/again",
    ):  # fmt: skip
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)
    for address in ("/docs?q=customerinvoice release", "/docs?quirks=true", "/docs?operation=CustomerInvoice_Create"):
        await page.goto(address)
        for closed in await page.locator("main details").all():
            await closed.evaluate("it => { it.open = true; }")
        await page.wait_for_load_state("networkidle")
        await assert_accessible(page)


@pytest.mark.xdist_group("browser")
async def test_the_reference_finds_operations_while_one_types(look: OpenTab) -> None:
    page = await look()
    await page.goto("/docs")
    await page.keyboard.press("/")
    await page.keyboard.type("customer getall")
    found = page.locator("details.operation:visible")
    await expect(page.locator("[data-count]")).to_have_text(f"{await found.count()} operations")
    await expect(found.locator("summary").first).to_contain_text("GET")
    await page.locator("#Customer_GetAll > summary").click()
    await page.locator("#Customer_GetAll .send").click()
    assert page.url.endswith("/v1/customer?status=Active&pageSize=2")


@pytest.mark.xdist_group("browser")
async def test_an_example_that_changes_something_is_sent_after_a_question(site: RunningServer, tab: OpenTab) -> None:
    page = await tab()
    await page.goto("/docs#Customer_Post")
    entry = page.locator("#Customer_Post")
    async with httpx.AsyncClient(base_url=site.url) as http:
        before = (await http.get("/v1/customer?pageSize=1")).json()[0]["metadata"]["totalCount"]
        await entry.locator("textarea").fill('{"number": {"value": "77001"}, "name": {"value": "From the page"}}')
        await entry.get_by_role("button", name="Send ...").click()
        await expect(page.get_by_role("dialog")).to_contain_text("POST /v1/customer")
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        after = (await http.get("/v1/customer?pageSize=1")).json()[0]["metadata"]["totalCount"]
        assert after == before
        await entry.get_by_role("button", name="Send ...").click()
        await page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
        await expect(entry.get_by_role("status")).to_contain_text("Answered 201, Location: ")
        assert (await http.get("/v1/customer/77001")).json()["name"] == "From the page"
    await entry.get_by_role("link", name="What it did").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("POST /v1/customer")
    await expect(page.locator("#defaults")).to_contain_text("from the customer's class")
    await assert_accessible(page)
