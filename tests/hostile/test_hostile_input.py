"""Hostile input against a server process: it changes nothing, is never a 500, and leaves the server as large as it was.

One process serves all tests of this file. When they are done, its memory has grown by less than 50 MB in all, and its
books prove themselves.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import itertools
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest

from reskontra.app import mounted_routes, served_routes
from reskontra.customers.wire.bodies import CustomerUpdate
from reskontra.db.selfcheck import offences
from reskontra.documents.wire.bodies import CashSaleUpdate, CreditNoteUpdate, DebitNoteUpdate, InvoiceUpdate
from reskontra.payments.wire.bodies import PaymentUpdate
from reskontra.web.routing import Route
from reskontra.web.scalars import DayText
from reskontra.web.shapes import Kind, Shape
from tests.clerk import CASH_SALE, CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, NEEDED, sale, wrapped
from tests.clerk import body as body_of
from tests.places import Json, places

if TYPE_CHECKING:
    from tests.conftest import ServerProcess
    from tests.databases import Databases

MEBIBYTE = 1024 * 1024
GROWTH_MAX = 50 * MEBIBYTE
PEAK_MAX = 200 * MEBIBYTE  # ten megabytes of JSON may take twenty times that for a moment, not a hundred times


class Answer:
    """A status, headers and a body that was read whole."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()

    @property
    def message(self) -> str:
        """The text of an error in the wire's usual shape; anything else fails."""
        parsed = json.loads(self.raw)
        assert isinstance(parsed, dict), self.raw
        text = parsed["message"]
        assert isinstance(text, str)
        assert text
        return text


class Target:
    """The server under attack, a connection to it, and one to its database to see what moved."""

    def __init__(self, server: ServerProcess, database: asyncpg.Connection[asyncpg.Record]) -> None:
        self.server = server
        self.address = urlsplit(server.url).netloc
        self.database = database
        self._connection = http.client.HTTPConnection(self.address, timeout=30)
        self._counts = ""

    async def prepare(self) -> None:
        tables = await self.database.fetch("select tablename from pg_tables where schemaname = 'public'")
        counts = " || ',' || ".join(f"(select count(*) from {table})" for (table,) in tables)
        self._counts = (
            f"select {counts} || ' ' || (select max(change_id) from change)"
            " || (select string_agg(last_number, ',' order by series_id, range_id) from number_series_range)"
        )

    async def state(self) -> str:
        """Differs after any write: every table's count of rows, the newest change, the last number of each series."""
        state: str = await self.database.fetchval(self._counts)
        return state

    def send(
        self, method: str, target: str, body: bytes | Json | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Any answer but a 5xx. The request target goes out as it stands."""
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        given = {"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/json", **(headers or {})}
        connection = self._connection
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in given.items():
                connection.putheader(name, value.encode("latin-1"))
            if raw is not None:
                connection.putheader("Content-Length", str(len(raw)))
            connection.endheaders(raw)
            answer = Answer(connection.getresponse())
        except (http.client.HTTPException, OSError):
            connection.close()
            raise
        assert answer.status < 500, (method, target[:200], (raw or b"")[:300], answer.raw)
        return answer

    async def refused(
        self,
        method: str,
        target: str,
        body: bytes | Json | None = None,
        *,
        status: int = 400,
        says: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends what must be refused: with this status, in JSON, saying so, and nothing moved."""
        before = await self.state()
        answer = self.send(method, target, body, headers)
        assert answer.status == status, (method, target[:200], str(body)[:300], headers, answer.status, answer.raw)
        assert says.lower() in answer.message.lower(), (says, answer.message)
        assert await self.state() == before, (method, target[:200], str(body)[:300])
        return answer

    def raw(self, request: bytes) -> socket.socket:
        """A new connection on which `request` was sent, or as much of it as the server took."""
        host, port = self.address.split(":")
        opened = socket.create_connection((host, int(port)), timeout=30)
        with contextlib.suppress(ConnectionError):
            opened.sendall(request)
        return opened

    def memory(self, entry: str = "VmRSS") -> int:
        """Bytes that the server process holds (or, with `VmHWM`, held at most)."""
        status = Path(f"/proc/{self.server.pid}/status").read_text(encoding="ascii")
        found = re.search(rf"{entry}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@pytest.fixture(scope="module")
async def target(
    databases: Databases, serving: Callable[[str], AbstractContextManager[ServerProcess]]
) -> AsyncIterator[Target]:
    name = await databases.clone()
    dsn = databases.dsn_of(name)
    database = await asyncpg.connect(dsn)
    with serving(dsn) as server:
        opened = Target(server, database)
        await opened.prepare()
        for _ in range(10):  # what the server learns once: statements, plans, reference data
            warm_up(opened)
        memory_before = opened.memory()
        yield opened
        grown = opened.memory() - memory_before
        peak = opened.memory("VmHWM") - memory_before
        found = await offences(database)
        await database.close()
    await databases.drop(name)
    assert not found, [(offence.name, offence.rows[:3]) for offence in found]
    assert grown < GROWTH_MAX, f"the server grew by {grown / MEBIBYTE:.1f} MB"
    assert peak < PEAK_MAX, f"the server held {peak / MEBIBYTE:.1f} MB more for a while"


def warm_up(target: Target) -> None:
    for resource in RESOURCES.values():
        single = resource.draft(target)
        assert target.send("PUT", single, resource.minimal()).status == 204
        assert target.send("GET", single).status == 200
        assert target.send("GET", resource.path).status == 200


# --- what is attacked


class Resource:
    """An address that takes bodies, their struct, and the least that makes a good one."""

    def __init__(self, path: str, struct: type[msgspec.Struct], minimal: Callable[[], Json]) -> None:
        self.path = path
        self.struct = struct
        self.minimal = minimal

    def draft(self, target: Target) -> str:
        """The path of a new one, to attack by PUT."""
        answer = target.send("POST", self.path, self.minimal())
        assert answer.status == 201, answer.raw
        return urlsplit(answer.headers["Location"]).path


def document(kind: str) -> Callable[[], Json]:
    return lambda: body_of(kind, **sale(documentDate="2025-05-05", lines=[ITEM_A | {"lineNumber": 1}]))


RESOURCES = {
    "customer": Resource("/v1/customer", CustomerUpdate, lambda: {"name": {"value": "Somebody"}}),
    "invoice": Resource("/v1/customerinvoice", InvoiceUpdate, document(INVOICE)),
    "credit note": Resource("/v1/customerCreditNote", CreditNoteUpdate, document(CREDIT_NOTE)),
    "debit note": Resource("/v1/customerDebitNote", DebitNoteUpdate, document(DEBIT_NOTE)),
    "cash sale": Resource(
        "/v1/cashsale", CashSaleUpdate, lambda: document(CASH_SALE)() | wrapped(paymentReference="Receipt 1")
    ),
    "payment": Resource("/v1/customerPayment", PaymentUpdate, lambda: wrapped(customer="20001", paymentAmount=10)),
}
DOCUMENTS = [name for name in RESOURCES if name not in ("customer", "payment", "cash sale")]
REMIND = "/v1/customer/20001/action/createDunningLetter"


# --- wrong types at every level

WRONG = {
    "an object": '{"unexpected": {"deep": 1}}',
    "a list": "[1, [2]]",
    "true": "true",
    "a text": '"neither here nor there"',
    "a fraction": "1.5",
    "a huge number": "9" * 70,
    "a huge exponent": "1e999",
    "null": "null",
    "an empty text": '""',
    "a wrapped wrapper": '{"value": {"value": {"value": "A"}}}',
    "a lone surrogate": '"\\ud800"',
    "NUL": '"\\u0000"',
    "not a number": "NaN",
}
NO_JSON = {"not a number", "a lone surrogate"}
# What is taken on purpose (W2, EDT-01): a text for a number and a number for a text, null and an
# object without known names as "not sent", an empty text to clear, also a number or a choice (X7).
TAKEN: dict[Kind, set[str]] = {
    Kind.TEXT: {"a text", "a fraction", "a huge number", "a huge exponent", "null", "an empty text"},
    Kind.NUMBER: {"a fraction", "null", "an empty text"},
    Kind.WHOLE: {"null"},
    Kind.FLAG: {"true", "null"},
    Kind.CHOICE: {"null", "an empty text"},
    Kind.NESTED: {"an object", "null", "a wrapped wrapper"},
    Kind.LIST: {"null"},
    Kind.ANY: set(WRONG),  # what is tried is read by the operation that it is sent to
}


def taken(shape: Shape) -> set[str]:
    """What a field of this shape takes. A list of codes takes one code too."""
    is_of_codes = shape.item is not None and shape.item.kind is Kind.TEXT
    return TAKEN[shape.kind] | (TAKEN[Kind.TEXT] if is_of_codes else set())


@pytest.mark.parametrize("name", RESOURCES)
async def test_a_wrong_type_at_any_place_is_refused_by_name_or_taken_on_purpose(target: Target, name: str):
    resource = RESOURCES[name]
    draft = resource.draft(target)
    by_turns = itertools.cycle(itertools.product((("PUT", draft), ("POST", resource.path)), (True, False)))
    state = await target.state()
    for place, (wrong, value) in itertools.product(places(resource.struct), WRONG.items()):
        (method, path), wrapped = next(by_turns)  # 13 wrong values and 4 turns: each value meets each turn
        answer = target.send(method, path, place.body(resource.minimal(), value, wrapped=wrapped))
        where = (method, place.path, wrong, answer.status, answer.raw)
        before, state = state, await target.state()
        is_taken = wrong in taken(place.last.shape)
        if answer.status in (201, 204):
            assert is_taken, where
            continue
        assert answer.status == 400, where
        assert state == before, where
        assert re.match(r"VismaId: [0-9a-f-]{36}\. Error \w+ ", answer.message), where
        if is_taken:  # a rule that comes later may name a neighbour
            assert place.slots[0].wire in answer.message, where
        elif wrong not in NO_JSON:
            assert place.last.wire in answer.message, where


async def test_the_body_of_an_action_is_read_as_carefully(target: Target):
    good = {"dunningLetterDate": '"2025-01-21T09:39:48.538Z"', "levelFrom": "1", "levelTo": "2"}
    bad = ('"x"', "[]", '{"a": 1}', "true", "1e999", "9" * 70, '"\\u0000"', "-1.5")
    for name, value in itertools.product(good, bad):
        text = ", ".join(f'"{it}": {value if it == name else rest}' for it, rest in good.items())
        await target.refused("POST", REMIND, f"{{{text}}}".encode(), says=name)


OTHERS = [
    route
    for route in served_routes()
    if route.body is not None and route.body not in {resource.struct for resource in RESOURCES.values()}
]


@pytest.mark.parametrize("route", OTHERS, ids=[route.operation for route in OTHERS])
async def test_a_wrong_type_in_any_other_body_is_refused_by_name(target: Target, route: Route):
    assert route.body is not None
    # Customer 20001, whose internal id is 1, must keep its number: the tests below ask for it.
    path = re.sub(r"\{\w+\}", "1", route.path.replace("{internalId}", "2"))
    state = await target.state()
    for place, (wrong, value) in itertools.product(places(route.body), WRONG.items()):
        answer = target.send(route.method, path, place.body({}, value))
        where = (place.path, wrong, answer.status, answer.raw)
        before, state = state, await target.state()
        if wrong in taken(place.last.shape):
            assert answer.status < 300 or state == before, where
            continue
        assert answer.status == 400, where
        assert state == before, where
        assert wrong in NO_JSON or place.last.wire in answer.message, where


# --- bodies that are not what they should be

MILLION = 1_000_000
DEEP = 10_000
DEEP_LISTS = b"[" * DEEP + b"]" * DEEP


def named(value: bytes) -> bytes:
    return b'{"name": {"value": ' + value + b"}}"


BROKEN = {
    "a list": b"[]",
    "a list of bodies": b'[{"name": {"value": "x"}}]',
    "a text": b'"name"',
    "a number": b"1",
    "cut off": b'{"name": {"value": "x"',
    "cut off in a text": b'{"name": {"value": "x',
    "two objects": b'{"name": {"value": "x"}} {}',
    "a comma too much": b'{"name": {"value": "x"},}',
    "single quotes": b"{'name': {'value': 'x'}}",
    "a comment": b'{"name": {"value": "x"}} // x',
    "a form": b"name=x&number=1",
    "invalid UTF-8": named(b'"\xff\xfe"'),
    "UTF-8 too long": named(b'"\xc0\xaf"'),
    "a surrogate in UTF-8": named(b'"\xed\xa0\x80"'),
    "invalid UTF-8 in a name": b'{"\xff": 1}',
    "UTF-16": '{"name": {"value": "x"}}'.encode("utf-16"),
    "a raw control character": named(b'"\x01"'),
    "NUL bytes": b"\x00" * 100,
    "deep lists": DEEP_LISTS,
    "deep lists that never end": b"[" * DEEP,
    "deep objects": b'{"name":' * DEEP + b"1" + b"}" * DEEP,
    "deep lists in a field": named(DEEP_LISTS),
    "deep objects in a field": named(b'{"value":' * DEEP + b"1" + b"}" * DEEP),
    "deep lists in lines": b'{"invoiceLines": ' + DEEP_LISTS + b', "lines": ' + DEEP_LISTS + b"}",
    "deep lists in a field that nobody knows": b'{"unknown": ' + DEEP_LISTS + b"}",
    "a whole number of a million digits": b'{"numberOfEmployees": ' + b"9" * MILLION + b"}",
    "a million digits in a field that nobody knows": b'{"unknown": ' + b"9" * MILLION + b"}",
}
NUMBERS = {
    "a fraction of a million digits": b"0." + b"1" * MILLION,
    "a text of a million digits": b'"' + b"9" * MILLION + b'"',
    "a million zeros and a one": b'"0.' + b"0" * MILLION + b'1"',
    "an exponent that is huge": b"1e999999999",
    "an exponent that is hugely negative": b"1e-999999999",
    "an exponent of a million digits": b"1e" + b"9" * MILLION,
    "an exponent in a text": b'"1e999999999"',
    "infinity in a text": b'"Infinity"',
    "not a number in a text": b'"NaN"',
    "minus": b'"-"',
    "a comma": b'"1,5"',
    "hexadecimal": b'"0x10"',
}


@pytest.mark.parametrize("name", RESOURCES)
async def test_a_broken_body_is_refused(target: Target, name: str):
    resource = RESOURCES[name]
    draft = resource.draft(target)
    for fault, body in {**BROKEN, "nothing": b"", "blanks": b" \n ", "null": b"null"}.items():
        for method, path in (("POST", resource.path), ("PUT", draft)):
            answer = await target.refused(method, path, body)
            assert len(answer.raw) < 1000, f"{fault}: an error text is not to repeat what was sent"


async def test_a_broken_body_of_an_action_is_refused(target: Target):
    for action in (REMIND, "/v1/customerinvoice/003547/action/release"):
        for body in BROKEN.values():
            await target.refused("POST", action, body)


async def test_a_number_that_cannot_be_stored_is_refused(target: Target):
    for value in NUMBERS.values():
        line = b'{"inventoryNumber": {"value": "A"}, "quantity": {"value": ' + value + b"}}"
        body = b'{"customerNumber": {"value": "20001"}, "invoiceLines": [' + line + b"]}"
        await target.refused("POST", "/v1/customerinvoice", body, says="invoiceLines[0].quantity")
        body = b'{"creditLimit": {"value": ' + value + b"}}"
        await target.refused("PUT", "/v1/customer/20001", body, says="creditLimit")


async def test_what_is_odd_but_says_what_is_meant_is_taken(target: Target):
    for body in (
        b"\xef\xbb\xbf" + named(b'"with a byte order mark"'),
        b'{"name": {"value": "first"}, "name": {"value": "sent twice: the last counts"}}',
        b'{"NAME": {"VALUE": "in capitals"}}',
        b'{"name": "bare"}',
    ):
        assert target.send("POST", "/v1/customer", body).status == 201, body


# --- sizes

LIMIT = 10 * MEBIBYTE


def filled(start: bytes, piece: bytes, end: bytes) -> bytes:
    """Just within the limit of a body: `start`, then as many pieces as fit, then `end`."""
    return start + piece * ((LIMIT - len(start) - len(end)) // len(piece)) + end


async def test_bodies_just_within_the_limit_are_refused_for_what_they_hold(target: Target):
    customer, invoice = "/v1/customer", "/v1/customerinvoice"
    head = b'{"customerNumber": {"value": "20001"}, "invoiceLines": ['
    line = b'{"description": {"value": "x"}, "quantity": {"value": 1}}'
    await target.refused("POST", customer, filled(b'{"name": {"value": "', b"x", b'"}}'), says="name")
    await target.refused("POST", customer, filled(b'{"note": {"value": "', b"\\n", b'"}}'), says="note")
    await target.refused("POST", invoice, filled(head + b'{"quantity": {"value": 0.', b"9", b"}}]}"), says="quantity")
    await target.refused("POST", invoice, head + (line + b",") * 60_000 + line + b"]}", says="at most 5000 lines")
    # Millions of values that are nothing each, but would fill the memory together.
    for path, body in (
        (customer, filled(b'{"attributeLines": [', b"{},", b"{}]}")),
        (invoice, filled(head, b"{},", b"{}]}")),
        (invoice, filled(head, b"[],", b"[]]}")),
        (invoice, filled(head, line + b",", line + b"]}")),
        (invoice, filled(b"[", b"1,", b"1]")),
        (invoice, filled(b'{"unknown": [', b"1.5,", b"1]}")),
        (invoice, filled(b"{", b'"a": 1,', b'"a": 1}')),
    ):
        await target.refused("POST", path, body, says="too many")


async def test_a_body_of_50_megabytes_is_refused_without_being_held(target: Target):
    state = await target.state()
    piece = b" " * MEBIBYTE
    for resource in RESOURCES.values():
        head = "\r\n".join(
            (
                f"POST {resource.path} HTTP/1.1",
                f"Host: {target.address}",
                f"Authorization: Bearer {target.server.token}",
                "Content-Type: application/json",
            )
        )
        announced = f"{head}\r\nContent-Length: {50 * MEBIBYTE}\r\n\r\n".encode()
        assert status_of(target.raw(announced)) == 413, "before a byte of it was sent"
        assert status_of(target.raw(announced + piece * 50)) in (413, None)
        chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        chunked = f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        assert status_of(target.raw(chunked + chunk * 11)) == 413, "as soon as the limit is passed"
        assert status_of(target.raw(chunked + chunk * 50 + b"0\r\n\r\n")) in (413, None)
    assert await target.state() == state


async def test_what_is_no_http_does_not_disturb_the_next_request(target: Target):
    head = f"Host: {target.address}\r\nAuthorization: Bearer {target.server.token}\r\n"
    get, post = f"GET /v1/customer HTTP/1.1\r\n{head}", f"POST /v1/customer HTTP/1.1\r\n{head}"
    state = await target.state()
    for request in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # a TLS handshake
        b"GET\r\n\r\n",
        b"\x00" * 1000,
        f"{post}Content-Length: -1\r\n\r\n{{}}".encode(),
        f"{post}Content-Length: ten\r\n\r\n{{}}".encode(),
        f"{post}Content-Length: 99999999999999999999999\r\n\r\n{{}}".encode(),
        f"{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}".encode(),
        f"{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n".encode(),
        f"{get}X-Long: {'x' * 200_000}\r\n\r\n".encode(),
        f"GET /v1/customer?name={'x' * 200_000} HTTP/1.1\r\n{head}\r\n".encode(),
        f"GET /v1/customer/{'x' * 200_000} HTTP/1.1\r\n{head}\r\n".encode(),
    ):
        status = status_of(target.raw(request))
        assert status in (None, 400, 414, 431), (request[:80], status)
    assert status_of(target.raw(b"GET / HTTP/9.9\r\n\r\n")) == 505
    target.raw(f"{post}Content-Length: 100\r\n\r\n{{".encode()).close()
    assert target.send("GET", "/v1/customer/20001").status == 200
    assert await target.state() == state


def status_of(opened: socket.socket) -> int | None:
    """The status of what comes back; None when the server hung up without a word."""
    with opened:
        try:
            line = opened.recv(65536).partition(b"\r\n")[0]
        except ConnectionError:
            return None
    return int(line.split()[1]) if line else None


# --- addresses, queries, headers

ODD_IDS = (
    "%00", "%ff", "%", "%zz", "%C0%AF", "%2F", "%2F..%2F", "..%2f..%2fetc%2fpasswd", "%0d%0aX:%201", "b64(", "b64()",
    "b64(!!!)", "b64(AA)", "b64(_w)", "b64(YQ=)", "B64(" + base64.urlsafe_b64encode(b"x" * 3000).decode() + ")",
    "b64(L2V0Yy9wYXNzd2Q)", "x" * 7000, "%F0%9F%92%A9", "%E2%80%AE", "'%20or%201=1%20--", "*", "null", "0", "-1",
    "9" * 400, "1e99", "%7B%7D", "1;2", "a,b", "%25", "+", "~",
)  # fmt: skip
DELETABLE = ("customerinvoice", "customerCreditNote")


async def test_an_odd_id_in_the_address_is_refused(target: Target):
    state = await target.state()
    for odd, path in itertools.product(
        ODD_IDS, ("customer", "customer/internal", "customerinvoice", "customerCreditNote", "customerDebitNote")
    ):
        single = f"/v1/{path}/{odd}"
        requests: list[tuple[str, str, bytes | None]] = [("GET", single, None), ("PUT", single, named(b'"x"'))]
        if path == "customer":
            requests.append(("POST", f"{single}/action/createDunningLetter", b'{"levelFrom": 1, "levelTo": 2}'))
        elif not path.startswith("customer/"):
            requests.append(("POST", f"{single}/action/release", None))
        if path in DELETABLE:
            requests.append(("DELETE", single, None))
        elif path == "customerDebitNote":
            requests.append(("DELETE", f"/v1/reskontra/{path}/{odd}", None))
        for request in requests:
            answer = target.send(*request)
            assert answer.status in (400, 404), (request, answer.status, answer.raw)
            assert answer.message
    assert await target.state() == state


ODD_VALUES = (
    "x" * 5000, "%00", "%ff", "%", "1e999", "9" * 400, "-1", "-9223372036854775809", "2147483648", "NaN", "Infinity",
    "'%20or%201=1%20--", "%25", "0000-01-01", "0001-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999",
    "9999-12-31T23:59:59-14:00", "99999-01-01", "2025-02-30", "2025-01-01T25:00:00", "2025-01-01%2000:00:00.1234567890",
    "[" * 3000, "%7B%22a%22:1%7D", "%F0%9F%92%A9", "a=b==c", "%EF%BB%BF", "true", "%D9%A1%D9%A2",
)  # fmt: skip


LISTS = [route for route in mounted_routes() if route.lists and route.missing is None and route.alias_of is None]


def send_odd_values(target: Target, path: str, parameter: str, others: Mapping[str, str] | None = None) -> None:
    beside = "".join(f"&{name}={value}" for name, value in (others or {}).items() if name != parameter)
    for odd in ODD_VALUES:
        condition = "" if parameter.endswith("Condition") else f"&{parameter}Condition=%3E="
        answer = target.send("GET", f"{path}?{parameter}={odd}{condition}{beside}")
        assert answer.status in (200, 400), (path, parameter, odd, answer.status)
        if answer.status == 400:
            assert parameter in answer.message, (path, odd, answer.message)


@pytest.mark.parametrize("name", RESOURCES)
async def test_an_odd_value_of_a_parameter_is_refused_by_name_or_finds_nothing(target: Target, name: str):
    state = await target.state()
    path = RESOURCES[name].path
    (route,) = (it for it in LISTS if it.path.lower() == path.lower())
    for parameter in route.query:
        send_odd_values(target, path, parameter.name)
    for query in ("=", "&&&", "?", "=&=&", "&".join(f"p{n}=1" for n in range(3000)), "%00=1", "pageSize=5" * 500):
        assert target.send("GET", f"{path}?{query}").status in (200, 400), query
    assert await target.state() == state


async def test_an_odd_value_of_a_parameter_of_any_other_list_is_refused_by_name_or_finds_nothing(target: Target):
    state = await target.state()
    paths = {resource.path.lower() for resource in RESOURCES.values()}
    tried = {parameter.name for route in LISTS if route.path.lower() in paths for parameter in route.query}
    for route in LISTS:
        for parameter in route.query:
            if parameter.name not in tried:
                path = re.sub(r"\{\w+\}", "20001", route.path)
                send_odd_values(target, path, parameter.name, NEEDED.get(route.operation))
                tried.add(parameter.name)
    assert await target.state() == state


STALE = ("garbage", '"', '""', '"AAAAAAAAAAE="', "W/", '"AAAA"', "AAAAAAAAAAE=, AAAAAAAAAAI=", "x" * 5000, "\xff\xfe")
MEDIA = ("application/xml", "text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
         "text/plain", "application/octet-stream", "garbage", "/", "application/json/x")  # fmt: skip
TOKENS = ("Bearer", "Bearer x", "Bearer " + "x" * 9000, "Basic eDp5", "Bearer a.b.c", "\xff", "Bearer " + "." * 50)


async def test_odd_headers_are_refused(target: Target):
    body = b'{"invoiceText": {"value": "x"}}'
    draft = RESOURCES["invoice"].draft(target)
    for etag in STALE:
        for method, path in (("PUT", draft), ("DELETE", draft), ("POST", f"{draft}/action/release")):
            sent = body if method == "PUT" else None
            await target.refused(method, path, sent, status=412, headers={"If-Match": etag})
        await target.refused("PUT", "/v1/customer/20001", named(b'"x"'), status=412, headers={"If-Match": etag})
    for media in MEDIA:
        await target.refused("PUT", draft, body, status=415, headers={"Content-Type": media})
        await target.refused("POST", "/v1/customer", named(b'"x"'), status=415, headers={"Content-Type": media})
    for token in TOKENS:
        await target.refused("PUT", draft, body, status=401, headers={"Authorization": token})


async def test_an_odd_company_is_refused_and_an_odd_host_is_not_echoed(target: Target):
    state = await target.state()
    for company in ("x", "-1", "0", "9" * 400, "1.5", "999"):
        answer = target.send("PUT", "/v1/customer/20001", named(b'"x"'), headers={"ipp-company-id": company})
        assert answer.status == 400
        assert json.loads(answer.raw)["ExceptionFaultCode"] == "12002"
    assert await target.state() == state
    made = target.send("POST", "/v1/customer", named(b'"x"'), headers={"X-Forwarded-Host": "evil.example"})
    assert made.headers["Location"].startswith(f"http://{target.address}/v1/customer/")


# --- what the books do not allow

REFERENCES = {
    "invoice": (
        "customerNumber", "creditTermsId", "currencyId", "paymentMethodId", "branchNumber", "customerVatZoneId",
        "locationId", "cashAccount", "invoiceLines.inventoryNumber", "invoiceLines.accountNumber",
        "invoiceLines.vatCodeId", "invoiceLines.branchNumber", "billingAddress.countryId",
    ),
    "credit note": (
        "customerNumber", "currencyId", "branchNumber", "customerVatZoneId", "lines.inventoryNumber",
        "lines.accountNumber", "lines.vatCodeId",
    ),
    "debit note": ("customerNumber", "creditTermsId", "currencyId", "lines.inventoryNumber", "lines.accountNumber"),
    "cash sale": (
        "customerNumber", "creditTermsId", "paymentMethodId", "branchNumber", "locationId", "cashAccount",
        "cashSaleLines.inventoryNumber", "cashSaleLines.accountNumber", "cashSaleLines.vatCodeId",
    ),
    "payment": ("customer", "paymentMethod", "cashAccount", "currency", "branch", "location"),
    "customer": (
        "customerClassId", "creditTermsId", "currencyId", "parentRecordNumber", "vatZoneId", "mainAddress.countryId",
        "deliveryAddress.countryId", "defaultPaymentMethod.paymentMethodId", "glAccounts.salesAccount",
        "attributeLines.attributeId",
    ),
}  # fmt: skip
MEASURED_NAMES = {"vatCodeId": "TaxCategoryID"}


@pytest.mark.parametrize("name", RESOURCES)
async def test_an_unknown_reference_is_named_with_its_value(target: Target, name: str):
    resource = RESOURCES[name]
    draft = resource.draft(target)
    by_path = {place.path: place for place in places(resource.struct)}
    for path in REFERENCES[name]:
        field = by_path[path].last.wire
        says = f"{MEASURED_NAMES.get(field, field)} 'NO SUCH' cannot be found in the system."
        body = by_path[path].body(resource.minimal(), '"NO SUCH"')
        await target.refused("POST", resource.path, body, says=says)
        await target.refused("PUT", draft, body, says=says)


@pytest.mark.parametrize("name", RESOURCES)
async def test_a_text_that_is_too_long_is_refused_by_name(target: Target, name: str):
    resource = RESOURCES[name]
    draft = resource.draft(target)
    for place in places(resource.struct):
        meta = place.last.shape.meta
        if meta is not None and meta.max_length is not None:
            text = json.dumps("å" * (meta.max_length + 1))
            await target.refused("PUT", draft, place.body(resource.minimal(), text), says=place.last.wire)


NO_DAYS = ("0000-01-01", "99999-01-01", "2025-02-30", "2025-13-01", "yesterday", "20250101", "01.02.2025", "2025-1-1",
           "2025-01-01T99:00:00", "-2025-01-01")  # fmt: skip
LAST_DAYS = ("0001-01-01", "0001-01-01T00:00:00Z", "1899-12-31", "9999-12-31", "9999-12-31T23:59:59.999-14:00")


@pytest.mark.parametrize("name", RESOURCES)
async def test_a_day_that_does_not_exist_is_refused_and_the_ends_of_the_calendar_do_no_harm(target: Target, name: str):
    resource = RESOURCES[name]
    for place in places(resource.struct):
        if not isinstance(place.last.shape.rule, DayText):
            continue
        draft = resource.draft(target)
        for day in NO_DAYS:
            body = place.body(resource.minimal(), json.dumps(day))
            await target.refused("PUT", draft, body, says=place.last.wire)
        for day in LAST_DAYS:
            answer = target.send("PUT", draft, place.body(resource.minimal(), json.dumps(day)))
            assert answer.status in (204, 400), (place.path, day, answer.raw)
            assert target.send("GET", draft).status == 200, (place.path, day)


@pytest.mark.parametrize("name", RESOURCES)
async def test_absurd_figures_are_refused_by_name(target: Target, name: str):
    resource = RESOURCES[name]
    draft = resource.draft(target)
    absurd = {
        Kind.NUMBER: ("1e13", "-1e13", "99999999999999999999", "1e-61"),
        Kind.WHOLE: ("2147483648", "-2147483649", "99999999999999999999", "0.5"),
    }
    for place in places(resource.struct):
        for value in absurd.get(place.last.shape.kind, ()):
            await target.refused("PUT", draft, place.body(resource.minimal(), value), says=place.last.wire)


async def test_figures_whose_product_cannot_be_stored_are_refused(target: Target):
    path, minimal = RESOURCES["invoice"].path, RESOURCES["invoice"].minimal
    for price, quantity in (("9999999999999", "999999999"), ("-9999999999999", "999999999"), ("9999999999999", "-1")):
        line = {"description": {"value": "x"}, "quantity": {"value": quantity}, "unitPriceInCurrency": {"value": price}}
        await target.refused("POST", path, {**minimal(), "invoiceLines": [line] * 3})
    abroad = {**minimal(), "customerNumber": {"value": "20020"}, "currencyId": {"value": "EUR"}}
    line = {"description": {"value": "x"}, "quantity": {"value": "1"}, "unitPriceInCurrency": {"value": "9999999999"}}
    for rate in ("999999999", "0", "-1"):
        body = {**abroad, "exchangeRate": {"value": rate}, "invoiceLines": [line]}
        await target.refused("POST", path, body)


async def test_a_number_that_is_taken_is_refused(target: Target):
    for name, field, number in (
        ("customer", "number", "20001"),
        ("invoice", "referenceNumber", "003547"),
        ("credit note", "referenceNumber", "010001"),
        ("debit note", "referenceNumber", "001001"),
    ):
        resource = RESOURCES[name]
        for same in (number, f" {number} "):
            await target.refused("POST", resource.path, {**resource.minimal(), field: {"value": same}}, says="exists")
    resource = RESOURCES["invoice"]
    mixed = {**resource.minimal(), "referenceNumber": {"value": "Aoa-1"}}
    assert target.send("POST", resource.path, mixed).status == 201
    await target.refused("POST", resource.path, {**mixed, "referenceNumber": {"value": "aOA-1"}}, says="exists")
    for foreign in ("Æøå-1", "İ1", "i̇1", "٣"):
        sent = {**mixed, "referenceNumber": {"value": foreign}}
        await target.refused("POST", resource.path, sent, says="letters A to Z")


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_the_wrong_status_is_refused(target: Target, name: str):
    resource = RESOURCES[name]
    lines = "invoiceLines" if name == "invoice" else "lines"

    def update(number: int) -> Json:
        return {lines: [{"operation": "Update", "lineNumber": {"value": number}, "quantity": {"value": 2}}]}

    draft = resource.draft(target)
    await target.refused("PUT", draft, update(99), says="lineNumber")
    assert target.send("PUT", draft, {"hold": {"value": True}}).status == 204
    await target.refused("POST", f"{draft}/action/release", says="balanced")
    assert target.send("PUT", draft, {"hold": {"value": False}}).status == 204
    assert target.send("POST", f"{draft}/action/release").status == 200
    await target.refused("POST", f"{draft}/action/release", says="already released")
    await target.refused("PUT", draft, update(1), says="released")
    if name == "debit note":
        await target.refused("DELETE", draft, status=405)
    else:
        await target.refused("DELETE", draft, says="already released")


async def test_a_closed_period_is_refused(target: Target):
    invoice = RESOURCES["invoice"]
    early = {**invoice.minimal(), "documentDate": {"value": "2029-03-03"}}
    draft = urlsplit(target.send("POST", invoice.path, early).headers["Location"]).path
    closing = "update financial_period set closed_in_customer_ledger = {} where period_id = '202903'"
    await target.database.execute(closing.format("true"))
    try:
        await target.refused("POST", invoice.path, early, says="202903")
        await target.refused("POST", f"{draft}/action/release", says="202903")
        await target.refused("PUT", invoice.draft(target), {"documentDate": {"value": "2029-03-03"}}, says="202903")
    finally:
        await target.database.execute(closing.format("false"))
