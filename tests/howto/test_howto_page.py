"""The public how-to page, request by request in its own order, over a socket, on the demo company.

`page.txt` holds the requests as the page prints them, `requests/` its bodies byte for byte. What must come back is
written down here from what is known of the API, not from what this program happens to answer.
"""

from __future__ import annotations

import http.client
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import RunningServer

HERE = Path(__file__).parent
BODIES = HERE / "requests"
PAGE_HOST = "https://api.finance.visma.net"
PREFIXES = ("", "/API/controller/api")
ON_EVERY_ANSWER = (
    "Ipp-Request-Id",
    "Request-Context",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-RateLimit-Policy",
)


@dataclass(frozen=True)
class Request:
    """One request of the page: its place on the page, and what goes over the wire."""

    position: str
    method: str
    target: str
    body: bytes | None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def message(self) -> str:
        text: str = self.json["message"]
        return text


class Caller:
    """Sends request targets as they stand: `>` and `=` go unescaped, as the page prints them."""

    def __init__(self, url: str, prefix: str = "") -> None:
        self.address = urlsplit(url).netloc
        self.prefix = prefix

    def send(self, method: str, target: str, body: bytes | None = None) -> Answer:
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.putrequest(method, self.prefix + target, skip_accept_encoding=True)
            connection.putheader("Accept", "application/json")
            if body is not None:
                connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def read(self, target: str) -> Any:
        """What GET shows of one thing; its ETag must be the body's timeStamp."""
        answer = self.send("GET", target)
        assert answer.status == 200, answer.raw
        assert answer.headers["ETag"] == f'"{answer.json["timeStamp"]}"'
        return answer.json

    def location(self, path: str) -> str:
        return f"http://{self.address}{self.prefix}{path}"


def page() -> Iterator[Request]:
    """The requests of `page.txt`, placeholders filled."""
    for line in (HERE / "page.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        position, method, url, *words = line.split()
        given = dict(word.split("=", 1) for word in words)
        body = (BODIES / given.pop("body")).read_bytes() if "body" in given else None
        assert url.startswith(PAGE_HOST), line
        yield Request(position, method, url.removeprefix(PAGE_HOST).format(**given), body)


# --- what each request of the page must come to: the answer, and what a GET shows afterwards

Check = Callable[[Caller, Answer], None]
CHECKS: dict[str, Check] = {}


def after(position: str) -> Callable[[Check], Check]:
    def keep(check: Check) -> Check:
        CHECKS[position] = check
        return check

    return keep


@after("01")
def customers_changed_since_are_listed(caller: Caller, answer: Answer) -> None:
    rows = assert_list(answer, "number", [str(number) for number in range(20011, 20021)])
    assert all(row["lastModifiedDateTime"] >= "2025-01-14" for row in rows)


@after("02")
def the_customer_is_created(caller: Caller, answer: Answer) -> None:
    assert_created(caller, answer, "/v1/customer/10000")
    customer = caller.read("/v1/customer/10000")
    assert customer["name"] == "NewCustomer"
    assert customer["customerClass"]["id"] == "1"
    assert address(customer["mainAddress"]) == ("TestRoad 13", "0101", "NO")
    # What was not sent comes from class 1.
    assert customer["creditTerms"]["id"] == "14"
    assert customer["currencyId"] == "NOK"
    assert customer["vatZone"]["id"] == "NO"
    assert customer["status"] == "Active"


@after("03")
def reminding_is_done(caller: Caller, answer: Answer) -> None:
    assert answer.status == 200, answer.raw
    assert set(answer.json) == {"actionId", "actionResult"}
    assert answer.json["actionResult"] == "Done"
    uuid.UUID(answer.json["actionId"])


@after("04")
def the_customer_has_moved(caller: Caller, answer: Answer) -> None:
    assert_changed(caller, answer, "/v1/customer/10000")
    customer = caller.read("/v1/customer/10000")
    assert address(customer["mainAddress"]) == ("TestRoad 50", "0101", "NO")
    assert address(customer["invoiceAddress"]) == ("TestRoad 50", "0101", "NO")
    assert customer["name"] == "NewCustomer"


@after("05")
def the_balanced_credit_note_is_listed(caller: Caller, answer: Answer) -> None:
    (note,) = assert_list(answer, "referenceNumber", ["010001"])
    assert note["status"] == "Balanced"
    assert note["financialPeriod"] == "202001"
    assert "attachments" not in note
    assert "taxDetails" not in note


@after("06")
def the_credit_note_is_created(caller: Caller, answer: Answer) -> None:
    assert_created(caller, answer, "/v1/customerCreditNote/25698")
    note = caller.read("/v1/customerCreditNote/25698")
    assert note["documentType"] == "CreditNote"
    assert note["customer"] == {"number": "10000", "name": "NewCustomer"}
    assert note["currencyId"] == "NOK"
    assert note["externalReference"] == "ExRef"
    assert note["documentDate"] == "2025-11-21T00:00:00"
    assert (note["postPeriod"], note["financialPeriod"]) == ("202511", "202511")
    assert_balanced(note, detail_total=1, vat=0.25)
    assert_line(note["lines"], number=1, item="A", quantity=1, price=1, amount=1)


@after("07")
def the_credit_notes_line_is_changed(caller: Caller, answer: Answer) -> None:
    assert_changed(caller, answer, "/v1/customerCreditNote/25698")
    note = caller.read("/v1/customerCreditNote/25698")
    assert_line(note["lines"], number=1, item="6", quantity=1, price=1, amount=1)
    assert_balanced(note, detail_total=1, vat=0.25)
    assert note["externalReference"] == "ExRef"


@after("08")
def the_projects_debit_note_is_listed(caller: Caller, answer: Answer) -> None:
    assert_list(answer, "referenceNumber", ["001001"])


@after("09")
def the_debit_note_is_created(caller: Caller, answer: Answer) -> None:
    assert_created(caller, answer, "/v1/customerDebitNote/000050")
    note = caller.read("/v1/customerDebitNote/000050")
    assert note["documentType"] == "DebitNote"
    assert note["documentDate"] == "2025-01-16T00:00:00"
    assert note["financialPeriod"] == "202501"
    assert note["invoiceText"] == "DebitNote"
    assert_balanced(note, detail_total=4, vat=1)
    (line,) = note["lines"]
    assert "inventoryNumber" not in line
    assert (line["description"], line["uom"], line["amountInCurrency"]) == ("Test", "STK", 4)


@after("10")
def the_debit_notes_line_is_changed_by_insert(caller: Caller, answer: Answer) -> None:
    # "we update the first line": the page says so of an Insert that names an existing line.
    assert_changed(caller, answer, "/v1/customerDebitNote/000050")
    note = caller.read("/v1/customerDebitNote/000050")
    assert_line(note["lines"], number=1, item="6", quantity=1, price=1, amount=1)
    assert_balanced(note, detail_total=1, vat=0.25)


@after("11")
def invoices_changed_since_are_listed(caller: Caller, answer: Answer) -> None:
    assert_list(answer, "referenceNumber", ["003547"])


@after("12")
def the_invoice_is_created(caller: Caller, answer: Answer) -> None:
    assert_created(caller, answer, "/v1/customerinvoice/156589")
    invoice = caller.read("/v1/customerinvoice/156589")
    assert invoice["documentType"] == "Invoice"
    assert invoice["invoiceText"] == "Payment for potatoes"
    assert invoice["documentDate"] == "2025-01-27T00:00:00"
    assert invoice["documentDueDate"] == "2025-02-10T00:00:00"  # terms 14 of the customer
    assert invoice["financialPeriod"] == "202501"
    assert_line(invoice["invoiceLines"], number=1, item="222", quantity=500, price=12.5, amount=6250)
    assert invoice["invoiceLines"][0]["uom"] == "STK"
    assert_balanced(invoice, detail_total=6250, vat=1562.5)


@after("13")
def the_invoices_line_is_changed_by_insert(caller: Caller, answer: Answer) -> None:
    assert_changed(caller, answer, "/v1/customerinvoice/003547")
    invoice = caller.read("/v1/customerinvoice/003547")
    assert_line(invoice["invoiceLines"], number=1, item="6", quantity=1, price=1, amount=1)
    assert_balanced(invoice, detail_total=1, vat=0.25)


# --- the tests


def test_every_body_and_every_request_of_the_page_is_used():
    files = {path.name for path in BODIES.iterdir()}
    named = set(re.findall(r"body=(\S+)", (HERE / "page.txt").read_text(encoding="utf-8")))
    assert named == files
    assert [request.position for request in page()] == sorted(CHECKS)


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_the_page_runs(server: RunningServer, prefix: str):
    caller = Caller(server.url, prefix)
    for request in page():
        answer = caller.send(request.method, request.target, request.body)
        for name in ON_EVERY_ANSWER:
            assert answer.headers[name], f"{request.position}: no {name}"
        CHECKS[request.position](caller, answer)


# Each GET of the page with one filter value that no row has.
WRONG_FILTERS = (
    "/v1/customer?lastModifiedDateTime=2101-01-14&lastModifiedDateTimeCondition=>=",
    "/v1/customer?lastModifiedDateTime=2019-01-14&lastModifiedDateTimeCondition=<",
    "/v1/customerCreditNote?financialPeriod=202002&status=balanced&expandAttachments=false&expandTaxDetails=false",
    "/v1/customerCreditNote?financialPeriod=202001&status=hold&expandAttachments=false&expandTaxDetails=false",
    "/v1/customerDebitNote?project=21",
    "/v1/CustomerInvoice?lastModifiedDateTime=2101-01-14&lastModifiedDateTimeCondition=>=",
    "/v1/CustomerInvoice?lastModifiedDateTime=2019-01-14&lastModifiedDateTimeCondition=<=",
)


async def test_a_wrong_filter_value_empties_the_list(server: RunningServer):
    caller = Caller(server.url)
    for target in WRONG_FILTERS:
        answer = caller.send("GET", target)
        assert (answer.status, answer.raw) == (200, b"[]"), target
        bare = caller.send("GET", target.partition("?")[0])
        assert bare.json, "a filter that empties an empty list shows nothing"


DUPLICATES = {"02": "10000", "06": "25698", "09": "000050", "12": "156589"}


async def test_a_second_run_meets_duplicate_numbers_and_changes_nothing(
    server: RunningServer, contents: Callable[[str], Awaitable[dict[str, str]]]
):
    caller = Caller(server.url)
    for request in page():
        assert caller.send(request.method, request.target, request.body).status < 300
    before = await contents(server.dsn)
    for request in page():
        answer = caller.send(request.method, request.target, request.body)
        if request.position in DUPLICATES:
            assert answer.status == 400
            assert re.match(r"VismaId: [0-9a-f-]{36}\. Error creating \w+\. Error: ", answer.message)
            assert DUPLICATES[request.position] in answer.message
        else:
            assert answer.status < 300, answer.raw
    assert await contents(server.dsn) == before


@pytest.fixture
def contents() -> Callable[[str], Awaitable[dict[str, str]]]:
    """Reads what stands in each table of a database, as one hash per table."""

    async def read(dsn: str) -> dict[str, str]:
        connection = await asyncpg.connect(dsn)
        try:
            tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            return {
                table: await connection.fetchval(
                    f"select md5(coalesce(string_agg(it::text, ';' order by it::text), '')) from {table} as it"
                )
                for (table,) in tables
            }
        finally:
            await connection.close()

    return read


# --- what several checks ask


def assert_list(answer: Answer, key: str, expected: list[str]) -> list[Any]:
    """A bare array of exactly these rows in this order, each with the list's size."""
    assert answer.status == 200, answer.raw
    assert answer.headers["Content-Type"].startswith("application/json")
    rows: list[Any] = answer.json
    assert [row[key] for row in rows] == expected
    assert all(row["metadata"] == {"totalCount": len(expected), "maxPageSize": 1000} for row in rows)
    return rows


def assert_created(caller: Caller, answer: Answer, path: str) -> None:
    assert (answer.status, answer.raw) == (201, b"")
    assert answer.headers["Location"] == caller.location(path)
    assert answer.headers["ETag"] == f'"{caller.read(path)["timeStamp"]}"'


def assert_changed(caller: Caller, answer: Answer, path: str) -> None:
    assert (answer.status, answer.raw) == (204, b"")
    assert answer.headers["Location"] == caller.location(path)
    assert answer.headers["ETag"] == f'"{caller.read(path)["timeStamp"]}"'


def address(shown: dict[str, Any]) -> tuple[str, str, str]:
    return shown["addressLine1"], shown["postalCode"], shown["country"]["id"]


def assert_line(
    lines: list[dict[str, Any]], *, number: int, item: str, quantity: float, price: float, amount: float
) -> None:
    """The document has this one line."""
    (line,) = lines
    assert line["lineNumber"] == number
    assert line["inventoryNumber"] == item
    assert line["description"], "the item's own"
    assert line["quantity"] == quantity
    assert line["unitPriceInCurrency"] == price
    assert line["amountInCurrency"] == amount
    assert line["vatCode"]["id"] == "3"


def assert_balanced(document: dict[str, Any], *, detail_total: float, vat: float) -> None:
    """Not on hold, not released, and adding up; all VAT of the page is 25 %."""
    assert document["status"] == "Balanced"
    assert document["hold"] is False
    assert document["detailTotalInCurrency"] == detail_total
    assert document["vatTotalInCurrency"] == vat
    assert document["amountInCurrency"] == document["balanceInCurrency"] == detail_total + vat
    (row,) = document["taxDetails"]
    assert (row["taxId"], row["vatRate"], row["taxableAmount"], row["vatAmount"]) == ("3", 25, detail_total, vat)
