"""A clerk who keeps a customer ledger over HTTP: the words that tests of customers and documents share.

Fields have their names on the wire, and values are plain: the clerk wraps them as the wire does. `get`, `create`,
`change`, `release` and the verbs made of them expect success; `post`, `put`, `delete` and `act` hand back the answer
as it is. Whatever is read comes back as a `Record`, which can be changed, released or deleted as it is.
A new kind of document needs its line in `LINES` and `TYPES`, and a verb of its own where it has one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from reskontra.clock import SeededClock
from reskontra.db.pool import Connection, Database

INVOICE, CREDIT_NOTE, DEBIT_NOTE = KINDS = ("customerinvoice", "customerCreditNote", "customerDebitNote")
PAYMENT = "customerPayment"
CASH_SALE, OVERDUE_CHARGE = "cashsale", "customerOverdueCharge"
LINES = {
    INVOICE: "invoiceLines", CREDIT_NOTE: "lines", DEBIT_NOTE: "lines", PAYMENT: "paymentLines",
    CASH_SALE: "cashSaleLines", OVERDUE_CHARGE: "lines",
}  # fmt: skip
"""The name that each kind gives its lines. Tests call them `lines`."""

TYPES = {
    INVOICE: "Invoice", CREDIT_NOTE: "CreditNote", DEBIT_NOTE: "DebitNote", PAYMENT: "Payment", CASH_SALE: "CashSale",
    OVERDUE_CHARGE: "FinCharge",
}  # fmt: skip
"""The name of each kind in a `documentType`."""

LETTERS = "reskontra/dunningLetter"
ITEM_A = {"inventoryNumber": "A", "quantity": 1}
"""One piece of the item that every company of the tests has: 100.00, with VAT 125.00."""

NEEDED: dict[str, dict[str, str]] = {
    "CustomerV2_GetAllCustomerBalance": {"fromFinPeriod": "202401", "toFinPeriod": "202512"},
    "Reskontra_ReportReceivableDifferences": {"account": "1500"},
}
"""Parameters that a list is refused without."""

DEMO_COMPANY = 1
STALE = {"If-Match": '"AAAAAAAAAAE="'}
"""The version of nothing that exists."""

_NEVER_WRAPPED = {"operation", "segmentId", "segmentValue", "overrideWithClassValues"}
_WRAPPED_INSIDE = {"rotRutDetails", "visibility"}
_encoder = msgspec.json.Encoder(decimal_format="number")


# --- what is sent


def wrapped(**fields: Any) -> dict[str, Any]:
    """An object as clients send it: each value as `{"value": ...}`, also in the objects of lists. Once is enough."""
    return {name: _wrapped(name, field) for name, field in fields.items()}


def _wrapped(name: str, field: Any) -> Any:
    if name in _NEVER_WRAPPED or (isinstance(field, Mapping) and list(field) == ["value"]):
        return field
    if isinstance(field, list | tuple):
        return [wrapped(**item) if isinstance(item, Mapping) else item for item in field]
    inner = wrapped(**field) if isinstance(field, Mapping) else field
    return inner if name in _WRAPPED_INSIDE else {"value": inner}


def bare(**fields: Any) -> dict[str, Any]:
    """An object as careless clients send it, with nothing wrapped."""
    return fields


Spelling = Callable[..., dict[str, Any]]


def body(address: str, spelling: Spelling = wrapped, /, **fields: Any) -> dict[str, Any]:
    """The body of a POST or PUT. Actions and our own resources take plain values."""
    if "/action/" in address or "reskontra/" in address:
        return fields
    named = {_name_of(field, address): value for field, value in fields.items()}
    return spelling(**named)


def _name_of(field: str, address: str) -> str:
    kind = next((kind for kind in LINES if kind in address), None)
    return LINES[kind] if kind and field == "lines" else field


def sale(customer: str = "20001", **fields: Any) -> dict[str, Any]:
    """The fields of any document: one line of item A, dated 2025-03-03, unless `fields` say else."""
    return {"customerNumber": customer, "documentDate": "2025-03-03", "lines": [ITEM_A]} | fields


def application(debit: Record | str, amount: Any, operation: str = "Insert", kind: str = INVOICE) -> dict[str, Any]:
    """The line of a credit note that settles so much of a debit."""
    number = debit if isinstance(debit, str) else debit.number
    return {"operation": operation, "documentType": TYPES[kind], "refNbr": number, "amountPaid": amount}


# --- what comes back


class Record(dict[str, Any]):
    """One thing as GET shows it, with its address and its version."""

    def __init__(self, fields: Mapping[str, Any], address: str, etag: str | None = None) -> None:
        super().__init__(fields)
        self.address, self.etag = address, etag

    @property
    def number(self) -> str:
        """The number by which the ledger knows it."""
        found: str = next(self[name] for name in ("referenceNumber", "refNbr", "number") if name in self)
        return found

    @property
    def if_match(self) -> dict[str, str]:
        """The header that makes a request one about this version."""
        assert self.etag is not None
        return {"If-Match": self.etag}


def location_of(answer: httpx.Response) -> str:
    """The address of what was created."""
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def number_of(answer: httpx.Response) -> str:
    """The number of what was created."""
    return location_of(answer).rpartition("/")[2]


def decoded(answer: httpx.Response) -> Any:
    """A successful answer: a `Record` or a list, amounts as exact decimals."""
    assert answer.status_code == 200, f"{answer.request.url}: {answer.status_code} {answer.text}"
    found = json.loads(answer.content, parse_float=Decimal)
    if not isinstance(found, dict):
        return found
    etag = answer.headers.get("ETag")
    assert etag is None or "timeStamp" not in found or etag == f'"{found["timeStamp"]}"'
    return Record(found, str(answer.request.url.copy_with(query=None)), etag)


def refusal(answer: httpx.Response, status: int = 400) -> str:
    """What a refusal says behind its frame."""
    assert answer.status_code == status, f"{answer.request.url}: {answer.status_code} {answer.text}"
    message: str = answer.json()["message"]
    return message.partition(". Error: ")[2]


# --- who asks


@dataclass
class Caller:
    """Somebody who knows one company by its address only.

    What is asked for is a `Record`, an address below `/v1/`, or a whole one.
    """

    http: httpx.AsyncClient
    _: KW_ONLY
    spelling: Spelling = wrapped
    customer_number: str = "20001"
    """Whom documents are for when no customer is named."""

    day: str | date = "2025-03-03"
    """Their date, when none is sent."""

    async def send(
        self, method: str, thing: Record | str, headers: Mapping[str, str] | None = None, /, **fields: Any
    ) -> httpx.Response:
        """One request, whatever comes of it. An action without fields has no body."""
        address = address_of(thing)
        sends = method in ("POST", "PUT") and (fields or "/action/" not in address)
        content = _encoder.encode(body(address, self.spelling, **fields)) if sends else b""
        headers = {"Content-Type": "application/json", **(headers or {})}
        return await self.http.request(method, address, content=content, headers=headers)

    async def post(self, thing: str, headers: Mapping[str, str] | None = None, /, **fields: Any) -> httpx.Response:
        return await self.send("POST", thing, headers, **fields)

    async def put(
        self, thing: Record | str, headers: Mapping[str, str] | None = None, /, **fields: Any
    ) -> httpx.Response:
        return await self.send("PUT", thing, headers, **fields)

    async def delete(self, thing: Record | str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.http.delete(address_of(thing), headers=headers)

    async def act(
        self, thing: Record | str, action: str, headers: Mapping[str, str] | None = None, /, **fields: Any
    ) -> httpx.Response:
        return await self.send("POST", f"{address_of(thing)}/action/{action}", headers, **fields)

    async def get(self, thing: Record | str, **query: Any) -> Any:
        """One thing as a `Record`, or a list."""
        return decoded(await self.http.get(address_of(thing), params=query or None))

    async def status(self, method: str, thing: Record | str, **fields: Any) -> int:
        """How a request ends."""
        return (await self.send(method, thing, **fields)).status_code

    async def page(self, address: str, **query: Any) -> list[dict[str, Any]]:
        """A list whose rows all tell how many may be asked for at once."""
        found: list[dict[str, Any]] = await self.get(address, **query)
        assert all(row["metadata"]["maxPageSize"] == 1000 for row in found)
        return found

    async def numbers(self, address: str, **query: Any) -> list[str]:
        """The numbers on a page of customers or documents."""
        return [Record(row, "").number for row in await self.page(address, **query)]

    async def create(self, address: str, /, **fields: Any) -> Record:
        """POST, and what `Location` leads to."""
        created: Record = await self.get(location_of(await self.post(address, **fields)))
        return created

    async def change(self, thing: Record | str, /, **fields: Any) -> Record:
        """PUT, and what came of it."""
        answer = await self.put(thing, **fields)
        assert answer.status_code == 204, answer.text
        changed: Record = await self.get(answer.headers["Location"])
        return changed

    # Customers

    async def customer(self, **fields: Any) -> Record:
        return await self.create("customer", **{"name": "Someone"} | fields)

    async def contact(self, **fields: Any) -> Record:
        return await self.create("contact", **{"lastName": "Nordmann"} | fields)

    async def location(self, customer: str = "20001", location_id: str = "North", **fields: Any) -> Record:
        return await self.create("location", baccountId=customer, locationId=location_id, **fields)

    # Documents

    def sale(self, customer: Record | str | None = None, **fields: Any) -> dict[str, Any]:
        """The fields of a document of this company that would be taken, but for `fields`."""
        owing = customer.number if isinstance(customer, Record) else customer or self.customer_number
        return sale(owing, **{"documentDate": self.day} | fields)

    async def document(self, kind: str, customer: Record | str | None = None, **fields: Any) -> Record:
        """A draft of that kind: one line of item A, unless `fields` say else."""
        return await self.create(kind, **self.sale(customer, **fields))

    async def invoice(self, customer: Record | str | None = None, **fields: Any) -> Record:
        return await self.document(INVOICE, customer, **fields)

    async def credit_note(self, customer: Record | str | None = None, **fields: Any) -> Record:
        return await self.document(CREDIT_NOTE, customer, **fields)

    async def debit_note(self, customer: Record | str | None = None, **fields: Any) -> Record:
        return await self.document(DEBIT_NOTE, customer, **fields)

    async def release(self, thing: Record | str) -> Record:
        """Release a document or a letter; returns it as it is then."""
        answer = await self.act(thing, "release")
        assert (answer.status_code, answer.json().get("actionResult")) == (200, "Done"), answer.text
        released: Record = await self.get(thing)
        return released

    async def issue(self, kind: str, customer: Record | str | None = None, **fields: Any) -> Record:
        """A document that is released at once."""
        return await self.release(location_of(await self.post(kind, **self.sale(customer, **fields))))

    async def cash_sale(self, customer: Record | str | None = None, **fields: Any) -> Record:
        return await self.document(CASH_SALE, customer, **{"paymentReference": "Receipt 1"} | fields)

    async def cash_return(self, of: Record, **fields: Any) -> Record:
        """A draft return of a released cash sale, with what `fields` change of it."""
        answer = await self.act(of, "reverse")
        assert answer.status_code == 200, answer.text
        back: Record = await self.get(f"{CASH_SALE}/{answer.json()['referenceNumber']}")
        if fields:
            back = await self.change(back, **fields)
        return back

    # Payments

    async def payment(self, amount: Any = None, *lines: dict[str, Any], **fields: Any) -> Record:
        """A draft payment of the customer, dated as documents are."""
        return await self.create(PAYMENT, **self.paying(amount, *lines, **fields))

    async def pay(self, amount: Any = None, *lines: dict[str, Any], **fields: Any) -> Record:
        """A payment that is released at once."""
        return await self.release(await self.payment(amount, *lines, **fields))

    def paying(self, amount: Any, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The fields of a payment that would be taken, but for `fields`."""
        sent = {"customer": self.customer_number, "applicationDate": self.day} | fields
        if amount is not None:
            sent["paymentAmount"] = amount
        return sent | ({"lines": list(lines)} if lines else {})

    # Charging for late payment

    async def charge(self, day: date | str, **run: Any) -> dict[str, Any]:
        """What a run made that charges up to that day, and whom it left out."""
        answer: dict[str, Any] = decoded(await self.post("reskontra/run/overdueCharge", asOf=str(day), **run))
        return answer

    async def charged(self, day: date | str, **run: Any) -> Record:
        """The one charge that a run made, as a draft."""
        (made,) = (await self.charge(day, **run))["created"]
        found: Record = await self.get(f"{OVERDUE_CHARGE}/{made['referenceNumber']}")
        return found

    # Reminding

    async def remind(self, customer: Record | str, day: date | None = None, **levels: int) -> None:
        """Make the letters that are due to a customer on that day."""
        fields = levels | ({"dunningLetterDate": f"{day}T09:39:48.538Z"} if day else {})
        number = customer if isinstance(customer, str) else customer.number
        answer = await self.act(f"customer/{number}", "createDunningLetter", **fields)
        assert (answer.status_code, answer.json().get("actionResult")) == (200, "Done"), answer.text
        assert len(answer.json()["actionId"]) == 36

    async def letters(self, **query: Any) -> list[dict[str, Any]]:
        return await self.page(LETTERS, **query)


_COUNTED = {
    "account": "Account",
    "attribute": "Attribute",
    "currency_rate": "CurrencyRate",
    "salesperson": "Salesperson",
    "subaccount": "Subaccount",
}


async def count_rows(connection: Connection, statement: str) -> None:
    """Keep the counts exact where a test writes rows by hand (`tally-exact`)."""
    written = re.match(r"\s*(?:insert into|delete from) (\w+)", statement)
    entity = _COUNTED.get(written[1]) if written else None
    if written and entity:
        await connection.execute(
            f"update tally set total = (select count(*) from {written[1]} as counted"
            f" where counted.company_id = tally.company_id) where entity = '{entity}'"
        )


@dataclass
class Clerk(Caller):
    """A caller in the test's own process, the database behind the company and its clock."""

    database: Database
    clock: SeededClock
    company_id: int = DEMO_COMPANY

    async def refused(self, method: str, thing: Record | str, /, **fields: Any) -> str:
        """The text of a 400; nothing was written."""
        before = await self.newest_change()
        answer = await self.send(method, thing, **fields)
        text = refusal(answer)
        assert await self.newest_change() == before
        return text

    async def refuse_change(self, thing: Record | str, /, **fields: Any) -> str:
        """The text of a PUT's refusal; nothing was written."""
        return await self.refused("PUT", thing, **fields)

    async def refuse(self, kind: str, **fields: Any) -> str:
        """The text that refuses a document which would be taken but for `fields`; nothing was written."""
        return await self.refused("POST", kind, **self.sale(**fields))

    async def refuse_release(self, thing: Record | str) -> str:
        """The text that refuses a release; nothing was written."""
        return await self.refused("POST", f"{address_of(thing)}/action/release")

    # What no answer tells, and what no request may change

    async def balance(self, customer: Record | str = "20001") -> tuple[Decimal, Decimal]:
        """What a customer owes, and what is saved but not released."""
        (row,) = await self.rows(
            """
            select balance, unreleased from customer_balance join customer using (company_id, customer_id)
             where company_id = $1 and number = $2
            """,
            self.company_id,
            customer if isinstance(customer, str) else customer.number,
        )
        return row["balance"], row["unreleased"]

    async def entries(self, document: Record) -> list[tuple[Any, ...]]:
        """What a document put on the journal: account, debit and credit in its currency and in base, purpose."""
        rows = await self.rows(
            """
            select account_number, debit, credit, debit_base, credit_base, purpose from journal_entry
             where company_id = $1 and document_type = $2 and document_number = $3 order by batch_number, line_number
            """,
            self.company_id,
            document["documentType"] if "documentType" in document else document["type"],
            document.number,
        )
        return [tuple(row) for row in rows]

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """The rows of a query: records of asyncpg, which are equal to tuples."""
        async with self.database.connection() as connection:
            return await connection.fetch(statement, *values)

    async def sql(self, statement: str, *values: Any) -> Any:
        """Run a statement and commit; returns the first value, where there is one."""
        async with self.database.transaction() as connection:
            first = await connection.fetchval(statement, *values)
            await count_rows(connection, statement)
            return first

    async def execute(self, *statements: str) -> None:
        """Run statements and commit."""
        async with self.database.transaction() as connection:
            for statement in statements:
                await connection.execute(statement)
                await count_rows(connection, statement)

    async def newest_change(self) -> int:
        """The id of the last change that was committed."""
        newest: int = await self.sql("select coalesce(max(change_id), 0) from change")
        return newest

    async def prefer(self, **preferences: Any) -> None:
        """Change preferences of the company; of a group of them, those that are named."""
        statement = "select preferences from company where company_id = $1"
        stored = json.loads(await self.sql(statement, self.company_id))
        for name, value in preferences.items():
            stored[name] = {**stored[name], **value} if isinstance(value, dict) else value
        statement = "update company set preferences = $2::jsonb where company_id = $1"
        await self.sql(statement, self.company_id, json.dumps(stored))


def address_of(thing: Record | str) -> str:
    """Where to ask: the address of a `Record`; others are below `/v1/` unless they are whole."""
    address = thing.address if isinstance(thing, Record) else thing
    return address if address.startswith(("http", "/")) else f"/v1/{address}"
