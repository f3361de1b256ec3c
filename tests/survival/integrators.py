"""Careful integrators: they write through HTTP, and where no answer comes they look before they send again.

Each owns its customers and documents and gives every one a reference of its own, so it can tell what arrived.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx

from tests.clerk import ITEM_A, LINES, TYPES, body, sale, wrapped

PATH = {name: kind for kind, name in TYPES.items() if name in ("Invoice", "CreditNote", "DebitNote")}
PAYMENTS = "/v1/customerPayment"
PRICE = 125
"""What one of item A costs with VAT."""

PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 60
LETTERS_MAX = 2
"""The third letter would cost a fee."""


@dataclass
class Document:
    kind: str
    number: str
    customer: str
    reference: str
    quantities: list[int]
    text: str = ""
    released: bool = False
    paid: bool = False
    level: int = 0
    files: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/{PATH[self.kind]}/{self.number}"

    @property
    def shown(self) -> tuple[object, ...]:
        """What its answer must say."""
        status = "Closed" if self.paid else "Open" if self.released else "Balanced"
        return (
            self.customer,
            self.reference,
            Decimal(PRICE * sum(self.quantities)),
            len(self.quantities),
            self.text,
            status,
            self.files,
        )


@dataclass
class Customer:
    number: str
    name: str
    letters: int = 0


@dataclass
class Tally:
    """What the integrators did between them."""

    done: Counter[str] = field(default_factory=Counter)
    answered: Counter[int | str] = field(default_factory=Counter)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    payments: dict[str, Decimal] = field(default_factory=dict)
    """What came in, by number."""

    @property
    def writes(self) -> int:
        return self.done.total()


@dataclass
class Integrator:
    """One of several who write at once."""

    position: int
    http: httpx.AsyncClient
    tally: Tally
    random: Random
    customers: list[Customer] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    _references: int = 0

    async def work(self, writes: int) -> None:
        await self.new_customer()
        for write in self.random.choices(list(WRITES), list(WRITES.values()), k=writes - 1):
            await write(self)

    # What they write

    async def new_customer(self) -> None:
        name = f"Customer {self._reference()}"
        address = await self._sent("POST", "/v1/customer", wrapped(name=name), lambda: self._customer_named(name))
        self.customers.append(Customer(address.rpartition("/")[2], name))
        self.tally.done["customer created"] += 1

    async def change_customer(self) -> None:
        customer = self.random.choice(self.customers)
        name = f"Customer {self._reference()}"
        path = f"/v1/customer/{customer.number}"

        async def has_arrived() -> str | None:
            return path if (await self._read(path))["name"] == name else None

        await self._sent("PUT", path, wrapped(name=name), has_arrived)
        customer.name = name
        self.tally.done["customer changed"] += 1

    async def new_document(self) -> None:
        kind = self.random.choice(("Invoice",) * 8 + ("CreditNote", "DebitNote"))
        customer, reference = self.random.choice(self.customers), self._reference()
        quantities = [self.random.randrange(1, 9) for _ in range(self.random.randrange(1, 5))]
        lines = [ITEM_A | {"quantity": quantity} for quantity in quantities]
        sent = body(PATH[kind], **sale(customer.number, externalReference=reference, lines=lines))
        listed = f"/v1/{PATH[kind]}?externalReference={reference}"

        async def find() -> str | None:
            found = await self._read(listed)
            assert len(found) <= 1, f"{reference} is there {len(found)} times"
            return str(found[0]["referenceNumber"]) if found else None

        address = await self._sent("POST", f"/v1/{PATH[kind]}", sent, find)
        number = address.rpartition("/")[2]
        self.documents.append(Document(kind, number, customer.number, reference, quantities))
        self.tally.done[f"{kind} created"] += 1

    async def change_document(self) -> None:
        """Another text and another quantity at once, on the version that was read."""
        document = self._draft()
        if document is None:
            return await self.new_document()
        read = await self._looked(document.path)
        shown, etag = read.json(), read.headers["ETag"]
        text, quantity = self._reference(), self.random.randrange(1, 9)
        first = shown[LINES[PATH[document.kind]]][0]["lineNumber"]
        line = {"operation": "Update", "lineNumber": first, "quantity": quantity}
        sent = body(PATH[document.kind], note=text, lines=[line])

        async def has_arrived() -> str | None:
            return document.path if (await self._read(document.path)).get("note") == text else None

        await self._sent("PUT", document.path, sent, has_arrived, etag)
        document.text, document.quantities[0] = text, quantity
        self.tally.done["document changed"] += 1
        return None

    async def release(self) -> None:
        document = self._draft()
        if document is None:
            return await self.new_document()

        async def has_arrived() -> str | None:
            return document.path if (await self._read(document.path))["status"] != "Balanced" else None

        await self._sent("POST", f"{document.path}/action/release", None, has_arrived)
        document.released = True
        self.tally.done["document released"] += 1
        return None

    async def delete(self) -> None:
        document = self._draft(("Invoice", "CreditNote"))
        if document is None:
            return await self.new_document()

        async def has_arrived() -> str | None:
            return document.path if (await self._looked(document.path)).status_code == 404 else None

        await self._sent("DELETE", document.path, None, has_arrived)
        self.documents.remove(document)
        self.tally.deleted.add((document.kind, document.number))
        self.tally.done["document deleted"] += 1
        return None

    async def remind(self) -> None:
        """One letter more to a customer that has not got them all: the documents that it names go up a level."""
        owed = self._owed()
        customer = next(
            (
                it
                for it in self.customers
                if it.letters < LETTERS_MAX and any(its.customer == it.number for its in owed)
            ),
            None,
        )
        if customer is None:
            return await self.new_document()
        watched = max((it for it in owed if it.customer == customer.number), key=lambda it: it.level)
        listed = f"/v1/{PATH[watched.kind]}?externalReference={watched.reference}&expandDunningInformation=true"

        async def has_arrived() -> str | None:
            return watched.path if level_of((await self._read(listed))[0]) > watched.level else None

        day = date(2026, 3, 1) + timedelta(days=30 * customer.letters)
        path = f"/v1/customer/{customer.number}/action/createDunningLetter"
        await self._sent("POST", path, {"dunningLetterDate": str(day)}, has_arrived)
        customer.letters += 1
        for document in owed:
            if document.customer == customer.number:
                document.level += 1
        self.tally.done["customer reminded"] += 1
        return None

    async def pay(self) -> None:
        """All of a document, by a payment that is stored and then released."""
        owed = self._owed()
        if not owed:
            return await self.new_document()
        document, reference = self.random.choice(owed), self._reference()
        amount = Decimal(PRICE * sum(document.quantities))
        line = wrapped(documentType=document.kind, refNbr=document.number, amountPaid=str(amount))
        sent = wrapped(customer=document.customer, paymentAmount=str(amount), paymentRef=reference)

        async def find() -> str | None:
            rows = await self._read(f"{PAYMENTS}?customer={document.customer}")
            found = [row["refNbr"] for row in rows if row["paymentRef"] == reference]
            assert len(found) <= 1, f"{reference} is there {len(found)} times"
            return f"{PAYMENTS}/{found[0]}" if found else None

        address = await self._sent("POST", PAYMENTS, sent | {"paymentLines": [line]}, find)
        number = address.rpartition("/")[2]
        path = f"{PAYMENTS}/{number}"

        async def is_released() -> str | None:
            return path if (await self._read(path))["status"] != "Balanced" else None

        await self._sent("POST", f"{path}/action/release", None, is_released)
        document.paid = True
        self.tally.payments[number] = amount
        self.tally.done["document paid"] += 1
        return None

    async def attach(self) -> None:
        if not self.documents:
            return await self.new_document()
        document, name = self.random.choice(self.documents), f"{self._reference()}.txt"

        async def has_arrived() -> str | None:
            named = [it["name"] for it in (await self._read(document.path))["attachments"]]
            assert named.count(name) <= 1
            return document.path if name in named else None

        await self._sent("POST", f"{document.path}/attachment", {"file": (name, b"x" * 300_000)}, has_arrived)
        document.files.append(name)
        self.tally.done["file attached"] += 1
        return None

    # How they do it

    def _owed(self) -> list[Document]:
        return [it for it in self.documents if it.released and not it.paid and it.kind != "CreditNote"]

    async def _sent(
        self,
        method: str,
        path: str,
        body: object,
        find: Callable[[], Awaitable[str | None]],
        etag: str | None = None,
    ) -> str:
        """Send a write until it is certain that it is done, once. Returns the Location, or what `find` found of it."""
        headers = {"If-Match": etag} if etag else {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self._asked(method, path, body, headers)
                if answer is not None and answer.status_code in (200, 201, 204):
                    return str(answer.headers.get("Location", path))
                assert answer is None or answer.status_code in (409, 503), (
                    f"{method} {path} {body}: {answer.status_code} {answer.text}"
                )
                if answer is None or "it is not known whether" in answer.text:
                    found = await find()
                    if found is not None:
                        self.tally.answered["found to have arrived"] += 1
                        return found
                await asyncio.sleep(PAUSE_SECONDS)

    async def _asked(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response | None:
        """The answer, or None where the connection broke."""
        sent: dict[str, Any] = {"headers": {"Content-Type": "application/json", **(headers or {})}}
        if path.endswith("/attachment"):
            sent = {"files": body}
        elif body is not None:
            sent["content"] = json.dumps(body)
        try:
            answer = await self.http.request(method, path, **sent)
        except httpx.TransportError:
            self.tally.answered["no answer"] += 1
            return None
        self.tally.answered[answer.status_code] += 1
        if answer.status_code in (409, 503):
            assert int(answer.headers["Retry-After"]) >= 1
            assert "VismaId: " in answer.json()["message"]
        return answer

    async def _looked(self, path: str) -> httpx.Response:
        """The answer to a question, which is asked until there is one."""
        while True:
            answer = await self._asked("GET", path)
            if answer is not None and answer.status_code in (200, 404):
                return answer
            assert answer is None or answer.status_code == 503, f"GET {path}: {answer.status_code} {answer.text}"
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self, path: str) -> Any:
        answer = await self._looked(path)
        assert answer.status_code == 200, f"GET {path}: {answer.text}"
        return json.loads(answer.text, parse_float=Decimal)

    async def _customer_named(self, name: str) -> str | None:
        found = await self._read(f"/v1/customer?name={name.replace(' ', '%20')}")
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return str(found[0]["number"]) if found else None

    def _draft(self, kinds: tuple[str, ...] = tuple(PATH)) -> Document | None:
        drafts = [it for it in self.documents if not it.released and it.kind in kinds]
        return self.random.choice(drafts) if drafts else None

    def _reference(self) -> str:
        self._references += 1
        return f"R{self.position}-{self._references}"


def level_of(row: Mapping[str, Any]) -> int:
    """How far a document has been reminded of; nothing is said of one that has not."""
    level: int = row.get("dunningLetterLevel", 0)
    return level


WRITES: dict[Callable[[Integrator], Awaitable[None]], int] = {
    Integrator.new_document: 40,
    Integrator.change_document: 22,
    Integrator.release: 22,
    Integrator.delete: 8,
    Integrator.new_customer: 2,
    Integrator.change_customer: 3,
    Integrator.remind: 3,
    Integrator.pay: 12,
    Integrator.attach: 6,
}
"""What they write, and how often of a hundred times."""
