"""Clerks: each asks for things at random, through a connection of its own, and keeps the model's books beside.

A clerk owns its customers, their documents and one item, so it knows what must come of a request. Number series,
exchange rates and periods belong to all; where another clerk may have been faster, either outcome passes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any, TypeVar

import httpx

from tests import clerk
from tests.clerk import number_of, wrapped
from tests.simulation.model import (
    CREDIT_NOTE,
    DEBIT_NOTE,
    FIN_CHARGE,
    INVOICE,
    Customer,
    Document,
    Line,
    differences,
    save,
)

PATH = {name: kind for kind, name in clerk.TYPES.items() if name in (INVOICE, CREDIT_NOTE, DEBIT_NOTE, FIN_CHARGE)}
LINES = {name: clerk.LINES[kind] for name, kind in PATH.items()}
CLOSING = "202501"
"""The month that is closed and reopened; few documents go there."""

DOMESTIC, ABROAD = ("3", "3", "31", "33", "32", "5", "6"), ("52", "52", "6", "7")
BACK = {"quantity": -10_000_000, "unitPriceInCurrency": 1000}
"""A line that makes the total of any document negative."""

USUAL_TERMS = "14"
FIRST_LETTER = date(2026, 4, 15)
ATTEMPTS = 8


T = TypeVar("T")


@dataclass
class Office:
    """What the clerks share."""

    rates: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    """Every rate that was asked for, by currency and day."""

    known_rates: set[tuple[str, date]] = field(default_factory=set)
    """Those of them that were acknowledged."""

    deleted: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in PATH})
    done: Counter[str] = field(default_factory=Counter)

    def possible_rates(self, currency: str, day: date, known: set[tuple[str, date]]) -> set[Decimal]:
        """What a document of that day may have got, when `known` was acknowledged before it was asked for."""
        newest = max(at for its, at in known if its == currency and at <= day)
        return {rate for (its, at), rate in self.rates.items() if its == currency and newest <= at <= day}


@dataclass
class RandomClerk:
    """One of several who work at once."""

    position: int
    http: httpx.AsyncClient
    office: Office
    random: Random
    customers: list[Customer] = field(default_factory=list)
    item_price: Decimal = Decimal("100.00")
    commands: Mapping[Any, int] = field(default_factory=lambda: COMMANDS)
    explicit: int = 0
    period_closed: bool = False

    @property
    def documents(self) -> list[Document]:
        return [document for customer in self.customers for document in customer.documents]

    @property
    def drafts(self) -> list[Document]:
        """What a clerk entered; charges are made by runs."""
        return [document for document in self.documents if not document.released and document.kind != FIN_CHARGE]

    @property
    def item(self) -> str:
        return f"SIM{self.position}"

    async def begin(self) -> None:
        """An item of one's own, and a customer of each sort."""
        body = {"inventoryNumber": self.item, "description": self.item, "itemClass": "SALG", "defaultPrice": "100.00"}
        await self.expect(201, "POST", "/v1/inventory", wrapped(**body))
        for sort in ("plain", "abroad", "limited"):
            await self.new_customer(sort)

    async def work(self, commands: int) -> None:
        """Carry out so many commands, drawn at random."""
        chosen = self.random.choices(list(self.commands), list(self.commands.values()), k=commands)
        for command in chosen:
            await command(self)
            self.office.done[command.__name__] += 1

    # What is asked for

    async def new_customer(self, sort: str | None = None) -> None:
        sort = sort or self.random.choice(("plain", "plain", "abroad", "limited"))
        name = f"Clerk {self.position} customer {len(self.customers)}"
        customer = Customer("", name, "EU" if sort == "abroad" else "NO")
        body: dict[str, Any] = {"name": name, "vatZoneId": customer.zone}
        if sort == "limited":
            customer.limit = Decimal(self.random.randrange(500, 20000))
            body |= {"creditVerification": "CreditLimit", "creditLimit": str(customer.limit)}
        answer = await self.expect(201, "POST", "/v1/customer", wrapped(**body))
        customer.number = number_of(answer)
        self.customers.append(customer)

    async def change_customer(self) -> None:
        customer = self.random.choice(self.customers)
        customer.name = f"{customer.name.removesuffix(' AS')} AS"
        body = {"name": customer.name}
        if customer.limit is not None:
            customer.limit = Decimal(self.random.randrange(500, 40000))
            body["creditLimit"] = str(customer.limit)
        await self.expect(204, "PUT", f"/v1/customer/{customer.number}", wrapped(**body))
        shown = await self.read(f"/v1/customer/{customer.number}")
        assert (shown["name"], shown["creditLimit"]) == (customer.name, customer.limit or 0)

    async def new_document(self) -> None:
        document = self.some_document(self.random.choice((INVOICE, INVOICE, INVOICE, CREDIT_NOTE, DEBIT_NOTE)))
        let_in = await self.create(document, hold=self.random.choice((None, None, None, True, False)))
        if let_in and document.period == CLOSING and self.random.random() < 0.9:
            await self.finish(document)

    async def settle(self) -> None:
        """A credit note for one or two open documents, in full or in part, mostly released at once."""
        owed = [it for it in self.documents if it.sign > 0 and it.status == "Open" and it.proposed_by is None]
        debit = self.some_of(owed)
        if debit is None:
            return
        others = [it for it in owed if (it.customer, it.currency) == (debit.customer, debit.currency)]
        debits = [debit, *(it for it in self.random.choices(others, k=1) if it is not debit)]
        price = sum(it.balance for it in debits) if self.random.random() < 0.5 else self.some_price()
        line = Line(Decimal(1), Decimal(price), self.random.choice(list(debit.vat) or ["6"]))
        note = Document(CREDIT_NOTE, debit.customer, self.some_day(), debit.currency, {1: line})
        if not debit.has_on(note.amount, note.day):
            body = {**self.body_of(note), "applicationLines": [applied(debit, note.amount)]}
            await self.expect(400, "POST", f"/v1/{PATH[CREDIT_NOTE]}", body)
        note.day = max([note.day, *(it.freed for it in debits if it.freed)])
        if note.currency != "NOK" and (newest := max(it.day for it in debits)) > note.day:
            body = {**self.body_of(note), "applicationLines": [applied(debit, note.amount)]}
            if debit.day > note.day and debit.rate != 1:  # an exchange difference would be booked before the debt
                await self.expect(400, "POST", f"/v1/{PATH[CREDIT_NOTE]}", body)
            note.day = newest
        left = note.amount
        for it in debits:
            most = min(left, it.balance)
            amount = most if self.random.random() < 0.5 else (most / 3).quantize(Decimal("0.01"), ROUND_DOWN)
            if amount > 0:
                note.settles.append((it, amount))
                left -= amount
        if note.settles and await self.create(note) and self.random.random() < 0.8:
            await self.release_one(note)

    async def change_document(self) -> None:
        drafts = [it for it in self.drafts if not it.settles]
        if not drafts:
            return
        document = self.random.choice(drafts)
        changed = copied(document)
        body: dict[str, Any] = {}
        number = self.random.choice(list(document.lines))
        sort = self.random.choice(("quantity", "price", "discount", "insert", "delete", "date"))
        if sort == "insert":
            position = max(changed.lines) + 1
            changed.lines[position] = self.some_line(document.customer)
            body[LINES[document.kind]] = [self.sent_line(changed.lines[position])]
        elif sort == "delete" and len(document.lines) > 1:
            del changed.lines[number]
            body[LINES[document.kind]] = [{"operation": "Delete", "lineNumber": {"value": number}}]
        elif sort == "date":
            self.move(changed, self.some_day(may_be_closed=False))
            body["documentDate"] = {"value": str(changed.day)}
        else:
            body[LINES[document.kind]] = [{"operation": "Update", "lineNumber": {"value": number}}]
            body[LINES[document.kind]][0] |= self.some_change(changed.lines[number], sort)
        await self.put(document, changed, body)

    async def hold_or_not(self) -> None:
        document = self.some_of(self.drafts)
        if document is not None:
            hold = not document.held
            await self.put(document, copied(document), {"hold": {"value": hold}}, hold=hold)

    async def finish(self, document: Document) -> None:
        """Leave no draft behind: release it, or delete it, or move it where a debit note cannot be deleted."""
        if document.status == "Balanced" and not document.customer.is_too_much(document):
            await self.release_one(document)
        elif document.kind != DEBIT_NOTE:
            await self.delete_one(document)
        else:
            later = copied(document)
            self.move(later, date(2025, 2, 3))
            await self.put(document, later, {"documentDate": {"value": str(later.day)}})

    async def reserve(self) -> None:
        """Hold a released credit note, or take the hold away."""
        note = self.some_of([it for it in self.documents if it.sign < 0 and it.status in ("Open", "Reserved")])
        if note is not None:
            hold = note.status == "Open"
            await self.expect(204, "PUT", path_of(note), {"hold": {"value": hold}})
            note.status = "Reserved" if hold else "Open"

    async def release(self) -> None:
        balanced = [it for it in self.drafts if it.status == "Balanced"]
        document = self.some_of(balanced if self.random.random() < 0.8 else self.drafts)
        if document is not None:
            await self.release_one(document)

    async def release_one(self, document: Document) -> None:
        is_freed = all(it.has_on(amount, document.day) for it, amount in document.settles)
        may = document.status == "Balanced" and not document.customer.is_too_much(document) and is_freed
        await self.expect(200 if may else 400, "POST", f"{path_of(document)}/action/release")
        if may:
            document.release()
            await self.find_parts(document)

    async def find_parts(self, master: Document) -> None:
        """The instalments that a release made are what they should be, and have numbers."""
        if not master.parts:
            return
        shown = (await self.read(f"/v1/reskontra/{PATH[master.kind]}/{master.number}/instalments"))["instalments"]
        assert [(it["documentDueDate"][:10], it["amountInCurrency"], it["amount"]) for it in shown] == [
            (str(part.due), part.amount, part.amount_base) for part in master.parts
        ], master.number
        for part, row in zip(master.parts, shown, strict=True):
            part.number = row["referenceNumber"]
            master.customer.documents.append(part)
        for document in (master, *master.parts):
            await self.verify(document)

    async def delete(self) -> None:
        document = self.some_of([it for it in self.drafts if it.kind != DEBIT_NOTE])
        if document is not None:
            await self.delete_one(document)

    async def delete_one(self, document: Document) -> None:
        await self.expect(204, "DELETE", path_of(document))
        document.customer.documents.remove(document)
        for debit, _ in document.settles:
            debit.proposed_by = None
        self.office.deleted[document.kind].add(document.number)
        await self.expect(404, "GET", path_of(document))

    async def new_rate(self) -> None:
        currency = self.random.choice(("EUR", "SEK"))
        day = self.some_day().replace(day=10 + self.position)  # a day of one's own: no two give one day a rate
        if (currency, day) in self.office.rates:
            return
        rate = Decimal(self.random.randrange(90_000_000, 1_200_000_000)) / 100_000_000
        self.office.rates[currency, day] = rate
        body = {"fromCurrencyId": currency, "toCurrencyId": "NOK", "effectiveDate": str(day), "rate": str(rate)}
        await self.expect(201, "POST", "/v2/currencyrate", wrapped(**body))
        self.office.known_rates.add((currency, day))

    async def change_item_price(self) -> None:
        self.item_price = self.some_price()
        await self.expect(204, "PUT", f"/v1/inventory/{self.item}", wrapped(defaultPrice=str(self.item_price)))

    async def remind(self) -> None:
        """Letters to a customer, by action or run; the third one costs a fee: an invoice that nobody asked for."""
        customer = self.some_of([it for it in self.customers if it.limit is None])
        assert customer is not None
        day = FIRST_LETTER + timedelta(days=30 * customer.letters)
        customer.letters += 1
        reached = customer.remind()
        action = f"/v1/customer/{customer.number}/action/createDunningLetter", {"dunningLetterDate": str(day)}
        run = "/v1/reskontra/run/dunning", {"asOf": str(day), "filters": {"customer": customer.number}}
        await self.expect(200, "POST", *(action if self.random.random() < 0.5 else run))
        if 3 not in reached:
            return
        known = {it.number for it in customer.documents}
        fees = [it for it in await self.invoices_of(customer) if it["referenceNumber"] not in known]
        assert len(fees) == 1, [it["referenceNumber"] for it in fees]
        fee = Document(INVOICE, customer, day, "NOK", {1: Line(Decimal(1), Decimal(35), "7", account="3900")},
                       number=fees[0]["referenceNumber"], is_fee=True)  # fmt: skip
        fee.release()
        customer.documents.append(fee)
        assert not list(differences(fee, fees[0]))

    async def close_or_reopen(self) -> None:
        """The first clerk does. The others finish what they have in the month, as any draft stands in the way."""
        if not self.period_closed:
            for document in [it for it in self.drafts if it.period == CLOSING]:
                await self.finish(document)
        if self.position == 0:
            verb = "reopen" if self.period_closed else "close"
            answer = await self.ask("POST", f"/v1/reskontra/financialPeriod/{CLOSING}/action/{verb}", {})
            assert answer.status_code in ((200,) if self.period_closed else (200, 400)), answer.text
            if answer.status_code == 200:
                self.period_closed = not self.period_closed
                self.office.done[f"period {verb}"] += 1

    async def ask_wrongly(self) -> None:
        """Something that must be refused; afterwards a document of one's own is what it was."""
        document = self.some_of([it for it in self.documents if it.kind != FIN_CHARGE])
        customer = self.random.choice(self.customers)
        path = path_of(document) if document is not None else "/v1/customerinvoice/nothing"
        good = self.sent_line(self.some_line(customer))
        line_of = LINES[document.kind] if document is not None else "invoiceLines"
        wrong: list[tuple[set[int], str, str, Any]] = [
            ({400}, "POST", "/v1/customerinvoice", {**wrapped(customerNumber="none"), "invoiceLines": [good]}),
            ({400}, "POST", "/v1/customerinvoice", self.invoice_with(customer, inventoryNumber="none")),
            ({400}, "POST", "/v1/customerinvoice", self.invoice_with(customer, vatCodeId="none")),
            ({400}, "POST", "/v1/customerinvoice", self.invoice_with(customer, quantity="many")),
            ({400}, "POST", "/v1/customerinvoice", self.invoice_with(customer, quantity=-1000, unitPriceInCurrency=10)),
            (
                {400},
                "POST",
                "/v1/customerCreditNote",
                self.invoice_with(customer, quantity=-1000, unitPriceInCurrency=10),
            ),
            ({400}, "POST", "/v1/customerinvoice", {**self.invoice_with(customer), "currencyId": {"value": "XXX"}}),
            ({400}, "POST", "/v1/customerinvoice", "{"),
            ({400}, "POST", "/v1/customer", wrapped(name="x", customerClassId="none")),
            ({400}, "POST", "/v2/currencyrate", wrapped(fromCurrencyId="EUR", rate="-1")),
            ({400}, "PUT", f"/v1/inventory/{self.item}", wrapped(defaultPrice="cheap")),
            ({404}, "GET", "/v1/customerinvoice/none", None),
            ({404}, "POST", "/v1/customerDebitNote/none/action/release", None),
            ({404}, "PUT", "/v1/customer/none", wrapped(name="x")),
            ({404}, "POST", "/v1/reskontra/financialPeriod/209901/action/close", {}),
        ]
        if document is not None:
            wrong.append(({400}, "PUT", path, wrapped(referenceNumber="another")))
            wrong.append(({400}, "POST", f"/v1/{PATH[document.kind]}", {
                **self.invoice_with(customer), "referenceNumber": {"value": document.number}}))  # fmt: skip
        if document is not None and document.released:
            wrong.append(({400}, "POST", f"{path}/action/release", None))
            wrong.append(({400, 405}, "DELETE", path, None))
            wrong.append(({400}, "PUT", path, {line_of: [{**good, "operation": "Insert"}]}))
            wrong.append(({400}, "PUT", path, wrapped(documentDate="2025-12-31", currencyId="XXX")))
        elif document is not None:
            wrong.append(({400}, "PUT", path, {line_of: [{"operation": "Update", "lineNumber": {"value": 99}}]}))
            wrong.append(({400}, "PUT", path, {line_of: [{**good, **wrapped(**BACK)}]}))
        statuses, method, address, body = self.random.choice(wrong)
        answer = await self.ask(method, address, body)
        assert answer.status_code in statuses, f"{method} {address} {body}: {answer.status_code} {answer.text}"
        if document is not None:
            stale = await self.ask("PUT", path, {"note": {"value": "x"}}, {"If-Match": '"AAAAAAAAAAE="'})
            assert stale.status_code == 412, stale.text
            await self.verify(document)

    async def look(self) -> None:
        document = self.some_of(self.documents)
        if document is not None:
            await self.verify(document)

    async def list_own(self) -> None:
        customer = self.random.choice(self.customers)
        own = {it.number for it in customer.documents if it.kind == INVOICE}
        assert {it["referenceNumber"] for it in await self.invoices_of(customer)} == own
        rows = await self.read(f"/v1/customer/{customer.number}/document?pageSize=3")
        count = len(customer.documents) + len(customer.cash_sales)
        count += len(customer.write_offs) + len(customer.payments) + sum(it.is_void for it in customer.payments)
        assert len(rows) == min(3, count)
        assert all(row["metadata"]["totalCount"] == count for row in rows)

    # How

    async def create(self, document: Document, hold: bool | None = None) -> bool:
        """POST; whether it was let in. Its lines may have no price of their own where the item's is meant."""
        customer, known = document.customer, set(self.office.known_rates)
        body = self.body_of(document)
        if hold is not None:
            body["hold"] = {"value": hold}
        if self.random.random() < 0.03:
            self.explicit += 1
            body["referenceNumber"] = {"value": f"OWN{self.position}-{self.explicit}"}
        if document.settles:
            body["applicationLines"] = [applied(debit, amount) for debit, amount in document.settles]
        answer = await self.ask("POST", f"/v1/{PATH[document.kind]}", body)
        is_wrong = document.amount < 0 or document.has_worthless_part
        if answer.status_code == 400 and (is_wrong or self.says_closed(answer, document)):
            return False
        assert not is_wrong, f"{body}: {answer.text}"
        document.number = number_of(answer)
        await self.take_rate(document, known)
        save(document, None, hold)
        customer.documents.append(document)
        for debit, _ in document.settles:
            debit.proposed_by = document
        if document.currency != "NOK" or self.random.random() < 0.3:
            await self.verify(document)
        return True

    async def put(self, document: Document, changed: Document, body: Any, hold: bool | None = None) -> None:
        """PUT what makes `changed` of a draft, or see it refused."""
        known = set(self.office.known_rates)
        redated = changed.day != document.day
        if redated and document.currency != "NOK":
            await self.expect(204, "PUT", path_of(document), body)
            await self.take_rate(changed, known)
            save(changed, document, hold)
        else:
            passes = changed.amount >= 0 and not changed.has_worthless_part and save(changed, document, hold)
            await self.expect(204 if passes else 400, "PUT", path_of(document), body)
            if not passes:
                return
        document.__dict__.update(changed.__dict__)
        if self.random.random() < 0.3:
            await self.verify(document)

    async def take_rate(self, document: Document, known: set[tuple[str, date]]) -> None:
        """Learn which of the possible rates the document got: the one of what it settles, if that has one rate."""
        if document.currency != "NOK":
            shown = await self.read(path_of(document))
            possible = {debit.rate for debit, _ in document.settles}
            if len(possible) != 1:
                possible = self.office.possible_rates(document.currency, document.day, known)
            assert shown["exchangeRate"] in possible
            document.rate = shown["exchangeRate"]

    async def verify(self, document: Document) -> None:
        found = list(differences(document, await self.read(path_of(document))))
        assert not found, "\n".join(found)

    async def invoices_of(self, customer: Customer) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.read(
            f"/v1/customerinvoice?customer={customer.number}&expandDunningInformation=true"
        )
        return found

    async def read(self, path: str) -> Any:
        answer = await self.expect(200, "GET", path)
        return json.loads(answer.text, parse_float=Decimal)

    async def expect(self, status: int, method: str, path: str, body: Any = None) -> httpx.Response:
        answer = await self.ask(method, path, body)
        assert answer.status_code == status, f"{method} {path} {body}: {answer.status_code} {answer.text}"
        return answer

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a request, and again when it met another one (409 says so)."""
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        for _ in range(ATTEMPTS):
            answer = await self.http.request(
                method, path, content=content, headers={"Content-Type": "application/json", **(headers or {})}
            )
            self.office.done[f"answered {answer.status_code}"] += 1
            if answer.status_code != 409:
                break
        return answer

    def says_closed(self, answer: httpx.Response, document: Document) -> bool:
        return document.period == CLOSING and CLOSING in answer.json()["message"]

    def invoice_with(self, customer: Customer, **line: Any) -> dict[str, Any]:
        """An invoice of one line that would pass but for what is given."""
        sent = {**self.sent_line(self.some_line(customer)), **wrapped(**line)}
        head = wrapped(customerNumber=customer.number, documentDate="2025-05-05")
        return {**head, "lines": [sent]}

    def body_of(self, document: Document) -> dict[str, Any]:
        fields = {"customerNumber": document.customer.number, "documentDate": str(document.day)}
        if document.currency != "NOK":
            fields["currencyId"] = document.currency
        if document.terms != USUAL_TERMS:
            fields["creditTermsId"] = document.terms
        return {**wrapped(**fields), LINES[document.kind]: [self.sent_line(it) for it in document.lines.values()]}

    def sent_line(self, line: Line) -> dict[str, Any]:
        sent = {"inventoryNumber": self.item, "quantity": str(line.quantity), "vatCodeId": line.category}
        if line.is_priced:
            sent["unitPriceInCurrency"] = str(line.price)
        if line.discount:
            sent["discountPercent"] = str(line.discount)
        return {"operation": "Insert", **wrapped(**sent)}

    def some_document(self, kind: str) -> Document:
        customer = self.random.choice(self.customers)
        currency = self.random.choice(("NOK", "NOK", "NOK", "EUR", "SEK"))
        lines = {position: self.some_line(customer) for position in range(1, self.random.randrange(2, 6))}
        if currency == "NOK" and self.random.random() < 0.3:
            lines[1] = replace(lines[1], price=self.item_price, is_priced=False)
        return Document(kind, customer, self.some_day(), currency, lines)

    def some_line(self, customer: Customer) -> Line:
        quantity = Decimal(self.random.randrange(1, 2000)) / self.random.choice((1, 10, 100))
        if self.random.random() < 0.05:
            quantity = -quantity
        discount = self.random.choice((0, 0, 0, "7.5", 10, "33.333333"))
        category = self.random.choice(DOMESTIC if customer.zone == "NO" else ABROAD)
        return Line(quantity, self.some_price(), category, Decimal(discount))

    def some_change(self, line: Line, sort: str) -> dict[str, Any]:
        if sort == "price":
            line.price, line.is_priced = self.some_price(), True
            return wrapped(unitPriceInCurrency=str(line.price))
        if sort == "discount":
            line.discount = Decimal(self.random.choice((5, "12.5", 50)))
            return wrapped(discountPercent=str(line.discount))
        line.quantity = Decimal(self.random.randrange(1, 50))
        return wrapped(quantity=str(line.quantity))

    def move(self, document: Document, day: date) -> None:
        """Another date: lines without an entered price take what the item costs now (PRC-06)."""
        if day != document.day:
            document.day = day
            for line in document.lines.values():
                line.price = line.price if line.is_priced else self.item_price

    def some_price(self) -> Decimal:
        return Decimal(self.random.randrange(1, 100_000)) / self.random.choice((10, 100, 100, 10_000))

    def some_day(self, *, may_be_closed: bool = True) -> date:
        if may_be_closed and self.random.random() < 0.01:
            return date(2025, 1, self.random.randrange(1, 29))
        return date(2025, 2, 1) + timedelta(days=self.random.randrange(330))

    def some_of(self, choices: list[T]) -> T | None:
        return self.random.choice(choices) if choices else None


def copied(document: Document) -> Document:
    """The document to be changed, apart from the one that stands."""
    return replace(document, lines={number: replace(line) for number, line in document.lines.items()})


def path_of(document: Document) -> str:
    return f"/v1/{PATH[document.kind]}/{document.number}"


def applied(debit: Document, amount: Decimal) -> dict[str, Any]:
    return wrapped(documentType=debit.kind, refNbr=debit.number, amountPaid=str(amount))


COMMANDS: dict[Callable[[RandomClerk], Awaitable[None]], int] = {
    RandomClerk.new_document: 24,
    RandomClerk.change_document: 16,
    RandomClerk.release: 18,
    RandomClerk.hold_or_not: 5,
    RandomClerk.delete: 6,
    RandomClerk.settle: 7,
    RandomClerk.reserve: 2,
    RandomClerk.new_customer: 2,
    RandomClerk.change_customer: 3,
    RandomClerk.new_rate: 2,
    RandomClerk.change_item_price: 2,
    RandomClerk.remind: 2,
    RandomClerk.close_or_reopen: 6,
    RandomClerk.ask_wrongly: 8,
    RandomClerk.look: 5,
    RandomClerk.list_own: 3,
}
"""What a clerk does, and how often of a hundred times or so."""
