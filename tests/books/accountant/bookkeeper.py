"""A bookkeeper of one company: asks over HTTP for what is drawn, and keeps the accountant's books beside."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import msgspec

from tests.books.accountant import drawing
from tests.books.accountant.books import Application, Books, Customer, Document, period_of
from tests.books.accountant.company import FIRST_NUMBERS, RECEIVABLES
from tests.books.accountant.comparing import (
    application_differences,
    assert_same,
    document_differences,
    vat_differences,
)
from tests.books.accountant.figures import rounded

PATH = {"Invoice": "customerinvoice", "CreditNote": "customerCreditNote", "DebitNote": "customerDebitNote"}
SERIES = {"Invoice": "invoice", "CreditNote": "credit_note", "DebitNote": "debit_note"}
_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass
class Bookkeeper:
    """Keeps one company. Every request must end as the books say."""

    http: httpx.AsyncClient
    random: Random
    books: Books
    made: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PATH, 0))
    """How many documents of each kind were made, also those that are deleted."""

    async def work(self, documents: int) -> None:
        """Make so many documents, and let become of them what may."""
        for class_id in [*self.books.company.classes] * 2:
            await self.new_customer(class_id)
        while sum(self.made.values()) < documents:
            await self.random.choices(list(_COMMANDS), list(_COMMANDS.values()))[0](self)
        for document in self.drafts:
            if self.random.random() < 0.8:
                await self.release_one(document)
        for _ in range(documents // 10):
            await self.apply()

    @property
    def drafts(self) -> list[Document]:
        return [it for it in self.books.documents if not it.released]

    async def expect(self, status: int, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """One request that must end like that."""
        content = b"" if body is None else _encoder.encode(body)
        answer = await self.http.request(method, path, content=content, headers={"Content-Type": "application/json"})
        asked = f"{method} {path} {content.decode()}"
        assert answer.status_code == status, f"{asked}: {answer.status_code} {answer.text}"
        return answer

    async def read(self, path: str) -> Any:
        """What a GET shows, with exact decimals."""
        return json.loads((await self.expect(200, "GET", path)).text, parse_float=Decimal)

    async def pages(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list."""
        rows: list[dict[str, Any]] = []
        while page := await self.read(f"{path}pageNumber={len(rows) // 1000 + 1}"):
            rows += page
            if len(page) < 1000:
                break
        return rows

    # Customers

    async def new_customer(self, class_id: str) -> None:
        own, count = self.books.company.classes[class_id], len(self.books.customers)
        body = {"name": f"{class_id} {count}", "customerClassId": class_id}
        answer = await self.expect(201, "POST", "/v1/customer", body)
        number = _number_in(answer, FIRST_NUMBERS["customer"] + count)
        self.books.customers.append(Customer(number, own.zone, own.currency_id, own.terms_id, own.receivable))

    async def change_customer(self) -> None:
        """Another receivables account, for documents to come."""
        customer = self.random.choice(self.books.customers)
        customer.receivable = self.random.choice(RECEIVABLES)
        body = {"glAccounts": {"value": {"customerLedgerAccount": customer.receivable}}}
        await self.expect(204, "PUT", f"/v1/customer/{customer.number}", body)

    # Drafts

    async def new_document(self) -> None:
        kind = self.random.choice(("Invoice", "Invoice", "Invoice", "CreditNote", "CreditNote", "DebitNote"))
        customer = self.random.choice(self.books.customers)
        document, body = drawing.new_document(self.random, self.books.company, customer, kind)
        if kind == "CreditNote" and self.random.random() < 0.7:
            body |= self._propose(document, body.get("exchangeRate"))
        answer = await self.expect(201, "POST", f"/v1/{PATH[kind]}", body)
        document.number = _number_in(answer, FIRST_NUMBERS[SERIES[kind]] + self.made[kind])
        self.made[kind] += 1
        self.books.documents.append(document)
        if document.proposals:
            await self.compare(document, f"after {body}")

    def _propose(self, note: Document, sent: Decimal | None) -> dict[str, Any]:
        """Application lines, for some of what the customer owes, with the rate that is `sent` or one in its place."""
        drawn = self._debits(note.customer, note.currency.currency_id, note.figures.amount)
        drawn = [it for it in drawn if _can_settle(note, it[0])]
        before = note.rate, note.vat_rate, note.vat_day
        note.proposals = drawn
        if note.is_foreign and sent is None and self.random.random() < 0.5:
            sent = note.rate
        note.take_rates(sent)
        note.recompute()
        is_other = (note.rate, note.vat_rate, note.vat_day) != before
        if (is_other and note.entered) or not _covers(note):
            note.proposals = []
            note.take_rates(sent)
            note.recompute()
        for debit, _ in note.proposals:
            debit.proposed_by = note
        lines = [
            {"operation": "Insert", "documentType": it.kind, "refNbr": it.number, "amountPaid": amount}
            for it, amount in note.proposals
        ]
        rate = {} if sent is None else {"exchangeRate": sent}
        return {"applicationLines": lines} | rate if lines else {}

    async def edit(self) -> None:
        """Change a draft, which is compared before and after."""
        drafts = [it for it in self.drafts if not it.proposals]
        if not drafts:
            return
        document = self.random.choice(drafts)
        await self.compare(document)
        changed, body = drawing.changed_document(self.random, document)
        if drawing.can_be(changed):
            await self.expect(204, "PUT", f"/v1/{PATH[document.kind]}/{document.number}", body)
            vars(document).update(vars(changed))
            await self.compare(document, f"after {body}")

    async def date_vat(self) -> None:
        """Say or clear the VAT date of a draft."""
        if not (drafts := self.drafts):
            return
        document = self.random.choice(drafts)
        changed, body = drawing.dated_vat(self.random, document)
        if _covers(changed):
            await self.expect(204, "PUT", f"/v1/reskontra/{PATH[document.kind]}/{document.number}/vat", body)
            vars(document).update(vars(changed))
            await self.compare(document, f"after {body}")

    async def withdraw(self) -> None:
        """Take back one thing that a draft was to settle."""
        notes = [it for it in self.drafts if it.proposals]
        if notes:
            note = self.random.choice(notes)
            left = copy(note)
            left.proposals = [*note.proposals]
            debit, _ = left.proposals.pop(self.random.randrange(len(left.proposals)))
            left.take_rates(None)
            if (left.rate, left.vat_rate, left.vat_day) != (note.rate, note.vat_rate, note.vat_day):
                left.entered = {}
            left.recompute()
            if not _covers(left):
                return
            debit.proposed_by = None
            vars(note).update(vars(left))
            line = {"operation": "Delete", "documentType": debit.kind, "refNbr": debit.number}
            await self.expect(204, "PUT", f"/v1/{PATH[note.kind]}/{note.number}", {"applicationLines": [line]})
            await self.compare(note, f"after {line}")

    async def delete(self) -> None:
        drafts = [it for it in self.drafts if it.kind != "DebitNote"]
        if drafts:
            document = self.random.choice(drafts)
            await self.expect(204, "DELETE", f"/v1/{PATH[document.kind]}/{document.number}")
            for debit, _ in document.proposals:
                debit.proposed_by = None
            self.books.documents.remove(document)

    async def compare(self, document: Document, after: str = "") -> None:
        shown = await self.read(f"/v1/{PATH[document.kind]}/{document.number}")
        vat = await self.read(f"/v1/reskontra/{PATH[document.kind]}/{document.number}/vat")
        wrong = document_differences(document, shown) + vat_differences(document, vat)
        assert_same(wrong, f"{after} {document.lines} {document.entered}")

    # Releases, and what settles what

    async def release(self) -> None:
        if drafts := self.drafts:
            await self.release_one(self.random.choice(drafts))

    async def release_one(self, document: Document) -> None:
        path = f"/v1/{PATH[document.kind]}/{document.number}"
        if document.held:
            await self.expect(204, "PUT", path, {"hold": False})
            document.held = False
        answer = await self.expect(200, "POST", f"{path}/action/release")
        assert answer.json()["actionResult"] == "Done"
        if made := self.books.release(document):
            query = f"documentType=CreditNote&referenceNumber={document.number}&released=true"
            self._adopt(made, await self.read(f"/v1/reskontra/application?{query}"))

    async def apply(self) -> None:
        """Use an open credit note for one to three documents of its customer and currency."""
        notes = [it for it in self.books.documents if it.kind == "CreditNote" and it.status == "Open"]
        for note in self.random.sample(notes, len(notes)):
            if debits := self._debits(note.customer, note.currency.currency_id, note.open):
                await self._apply(note, debits)
                return

    async def _apply(self, note: Document, debits: list[tuple[Document, Decimal]]) -> None:
        together = [note, *(debit for debit, _ in debits)]
        earliest = max(max(it.day, it.free_from[0]) for it in together)
        day = earliest + timedelta(days=self.random.choice((0, 0, 1, 10, 45)))
        period = max(period_of(day), *(max(it.period, it.free_from[1]) for it in together))
        body: dict[str, Any] = {
            "credit": {"documentType": note.kind, "referenceNumber": note.number},
            "lines": [
                {"documentType": it.kind, "referenceNumber": it.number, "amountPaid": amount} for it, amount in debits
            ],
            "applicationDate": day.isoformat(),
        }
        if period > max(period_of(day), note.period) or self.random.random() < 0.5:
            body["financialPeriod"] = period
        answer = await self.expect(200, "POST", "/v1/reskontra/application", body)
        made = self.books.apply(note, debits, day, period)
        self._adopt(made, json.loads(answer.text, parse_float=Decimal)["applications"])

    async def undo(self) -> None:
        """Take an application back, on its own day or later, in its own period or later."""
        done = [it for it in self.books.applications if it.undoes is None and it.undone_by is None]
        if not done:
            return
        it = self.random.choice(done)
        body, day = {}, it.day
        if self.random.random() < 0.6:
            day += timedelta(days=self.random.choice((0, 1, 20, 50)))
            body["date"] = day.isoformat()
        period = max(it.period, period_of(day))
        if self.random.random() < 0.3:
            period = body["financialPeriod"] = max(period, period_of(day, 1))
        answer = await self.expect(200, "POST", f"/v1/reskontra/application/{it.id}/action/undo", body)
        back = self.books.undo(it, day, period)
        self._adopt([back], json.loads(answer.text, parse_float=Decimal)["applications"])

    def _adopt(self, made: list[Application], shown: list[dict[str, Any]]) -> None:
        """What was made is what is shown; from here on it has an id."""
        rows = {(row["debit"]["documentType"], row["debit"]["referenceNumber"]): row for row in shown}
        assert len(rows) == len(shown) == len(made)
        for it in made:
            it.id = rows[it.debit.kind, it.debit.number]["id"]
            assert_same(application_differences(it, rows[it.debit.kind, it.debit.number]))

    def _debits(self, customer: Customer, currency: str, available: Decimal) -> list[tuple[Document, Decimal]]:
        """One to three open debits, and how much of each is settled."""
        found = [
            it
            for it in self.books.documents
            if (it.customer, it.currency.currency_id, it.sign, it.status) == (customer, currency, 1, "Open")
            and it.proposed_by is None
        ]
        chosen = []
        for debit in self.random.sample(found, min(len(found), self.random.randint(1, 3))):
            amount = min(debit.open, available)
            if self.random.random() < 0.4:
                amount = rounded(amount * self.random.randint(1, 99) / 100, debit.currency.places)
            if amount > 0:
                chosen.append((debit, amount))
                available -= amount
        return chosen


_COMMANDS = {
    Bookkeeper.new_document: 50,
    Bookkeeper.edit: 12,
    Bookkeeper.date_vat: 4,
    Bookkeeper.withdraw: 2,
    Bookkeeper.delete: 3,
    Bookkeeper.release: 45,
    Bookkeeper.apply: 8,
    Bookkeeper.undo: 5,
    Bookkeeper.change_customer: 1,
}


def _covers(note: Document) -> bool:
    """Whether it can be, and is worth what it is to settle."""
    return drawing.can_be(note) and note.figures.amount >= sum(amount for _, amount in note.proposals)


def _can_settle(note: Document, debit: Document) -> bool:
    """Whether a note may propose to settle it: a later debit only where that books nothing (APP-07, GL-06)."""
    is_later = debit.day > note.day or debit.period > note.period
    books_nothing = not note.is_foreign and debit.receivable == note.receivable
    freed = debit.free_from[0] <= max(note.day, debit.day) and debit.free_from[1] <= max(note.period, debit.period)
    return freed and (books_nothing or not is_later)


def _number_in(answer: httpx.Response, expected: int) -> str:
    """The number of what was created, which is the next one of its series."""
    number: str = answer.headers["Location"].rpartition("/")[2]
    assert number == f"{expected:06}"
    return number
