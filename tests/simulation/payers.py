"""Clerks who take money too: payments for what is open, in part and in advance, their voids, and what is undone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from tests.clerk import number_of, wrapped
from tests.simulation.clerks import CLOSING, COMMANDS, RandomClerk, applied, copied, path_of
from tests.simulation.clerks import PATH as DOCUMENTS
from tests.simulation.model import (
    CREDIT_NOTE,
    INVOICE,
    PAYMENT,
    PREPAYMENT,
    REFUND,
    Application,
    CashSale,
    Document,
    Line,
    Part,
    Payment,
    cents,
)

PATH = "/v1/customerPayment"
CASH_SALES = "/v1/cashsale"
LAST_DAY = date(2026, 3, 1)
"""Up to then late payment is charged, and small amounts are written off."""


class Payer(RandomClerk):
    """A clerk who also takes payments."""

    @property
    def payments(self) -> list[Payment]:
        return [payment for customer in self.customers for payment in customer.payments if not payment.is_void]

    @property
    def owed(self) -> list[Document]:
        """What may be paid."""
        return [it for it in self.documents if it.sign > 0 and it.status == "Open" and it.proposed_by is None]

    async def pay(self) -> None:
        """Money for one to three open documents, in full, in part, or with something left over."""
        debit = self.some_of(self.owed)
        if debit is None:
            return
        debits = self.alike(debit, 2)
        amount = max(sum((it.balance for it in debits), Decimal(0)), Decimal("0.01"))
        if self.random.random() < 0.4:
            amount = (amount * Decimal(self.random.choice(("0.3", "0.9", "1.25")))).quantize(Decimal("0.01"))
        kind = self.random.choice((PAYMENT, PAYMENT, PAYMENT, PREPAYMENT))
        day = max(self.some_day(may_be_closed=False), *(it.day for it in debits))
        payment = Payment(kind, debit.customer, day, debit.currency, {1: Line(Decimal(1), amount, "6")})
        if payment.amount <= 0:
            return
        lines = self.parts(payment.amount, debits) if self.random.random() < 0.8 else []
        await self.not_before(payment, lines)
        await self.take(payment, lines)

    async def not_before(self, payment: Payment, lines: list[tuple[Document, Decimal]]) -> None:
        """What was taken back later than the payment is not settled by it: it is refused, and gets a later day."""
        freed = max((it.free_from for it, _ in lines), default=payment.day)
        if not all(it.has_on(amount, payment.day) for it, amount in lines):
            fields = {"type": payment.kind, "customer": payment.customer.number, "currency": payment.currency}
            sent = wrapped(**fields, paymentAmount=str(payment.amount), applicationDate=str(payment.day))
            answer = await self.expect(400, "POST", PATH, sent | {"paymentLines": [paying(*line) for line in lines]})
            assert f"was taken back on {freed}" in answer.text or len(lines) > 1
        payment.day = max(payment.day, freed)

    async def take(self, payment: Payment, lines: list[tuple[Document, Decimal]]) -> None:
        """Store and release it. What is offered for paying soon is not taken."""
        answer = await self.enter(payment, [paying(*line) for line in lines])
        if payment.customer.applies_by_itself and payment.kind == PAYMENT and not lines:
            made = payment.customer.applied_by_itself(payment)
            assert told(answer.get("applications", [])) == [named(it) for it in made], payment.number
            self.office.done["applied by itself"] += len(made)
        payment.apply(lines, payment.day)
        await self.verify_payment(payment)

    async def enter(self, payment: Payment, lines: list[dict[str, Any]]) -> Any:
        """Store and release it with these lines; what they settle is for the caller to say. Returns what that said."""
        known = set(self.office.known_rates)
        fields = {"type": payment.kind, "customer": payment.customer.number, "currency": payment.currency}
        more = {"paymentAmount": str(payment.amount), "applicationDate": str(payment.day)}
        body: dict[str, Any] = wrapped(**fields, **more)
        if lines:
            body["paymentLines"] = lines
        payment.number = number_of(await self.expect(201, "POST", PATH, body))
        if payment.currency != "NOK":
            booked = (await self.read(f"{PATH}/{payment.number}"))["paymentAmountInCurrency"]
            rates = self.office.possible_rates(payment.currency, payment.day, known)
            payment.rate = next(rate for rate in rates if cents(payment.amount * rate) == booked)
        released = await self.expect(200, "POST", f"{PATH}/{payment.number}/action/release")
        payment.released, payment.open, payment.open_base = True, payment.amount, payment.amount_base
        payment.customer.payments.append(payment)
        return json.loads(released.text, parse_float=Decimal)

    async def use_up(self) -> None:
        """What is left of a payment, for something else that is open."""
        for payment in self.random.sample(self.payments, min(len(self.payments), 5)):
            debits = [it for it in self.owed if (it.customer, it.currency) == (payment.customer, payment.currency)]
            lines = self.parts(payment.open, debits[:2]) if payment.open else []
            if lines:
                day = max(payment.free_from, *(debit.free_from for debit, _ in lines))
                sent = {**wrapped(applicationDate=str(day)), "paymentLines": [paying(*line) for line in lines]}
                await self.expect(204, "PUT", f"{PATH}/{payment.number}", sent)
                await self.expect(200, "POST", f"{PATH}/{payment.number}/action/release")
                payment.apply(lines, day)
                await self.verify_payment(payment)
                return

    async def void(self) -> None:
        payment = self.some_of([it for it in self.payments if can_be_voided(it)])
        if payment is not None:
            body = wrapped(type=payment.kind)
            await self.expect(200, "POST", f"{PATH}/{payment.number}/action/void", body)
            kind = {"type": {"value": "VoidRefund" if payment.kind == REFUND else "VoidPayment"}}
            await self.expect(200, "POST", f"{PATH}/{payment.number}/action/release", kind)
            taken_back = [*payment.applied, *payment.booked]
            payment.void()
            await self.verify_payment(payment)
            for it in taken_back:
                await self.verify_sides(it)

    async def undo(self) -> None:
        """Of a payment or a credit note, one application, on its own day or later."""
        everyone: list[Document] = [*self.payments, *self.documents]
        credit = self.some_of([it for it in everyone if it.applied and it.status != "Reserved"])
        if credit is None:
            return
        made = self.random.choice(credit.applied)
        if made.debit.kind == REFUND:
            return  # its void takes it back
        found = await self.application_of(made)
        day = max(made.day, date(2025, 2, 1))  # January may be closed
        if day < LAST_DAY and self.random.random() < 0.5:
            day = min(day + timedelta(days=self.random.randrange(90)), LAST_DAY)
        await self.expect(200, "POST", f"/v1/reskontra/application/{found}/action/undo", {"date": str(day)})
        made.undo(day)
        await self.verify(made.debit)

    async def take_back(self) -> None:
        """An invoice by one call: a note over all of it, applied to what is open."""
        invoice = self.some_of([it for it in self.owed if it.kind == INVOICE and can_be_copied(it)])
        if invoice is None:
            return
        answer = await self.expect(200, "POST", f"{path_of(invoice)}/action/reverseandapplytonote", {})
        number = answer.json()["referenceNumber"]
        note = copy_of(invoice, kind=CREDIT_NOTE, number=number)
        note.settles, note.status = [(invoice, min(invoice.balance, note.amount))], "Balanced"
        note.day = date.fromisoformat((await self.read(path_of(note)))["documentDate"][:10])
        invoice.proposed_by = note
        invoice.customer.documents.append(note)
        await self.verify(note)
        await self.release_one(note)

    async def correct(self) -> None:
        """An invoice that nothing has touched, by a copy with another quantity."""
        touched = {id(made.debit) for credit in (*self.payments, *self.documents) for made in credit.applied}
        candidates = [
            it
            for it in self.owed
            if it.kind == INVOICE and can_be_copied(it) and it.customer.limit is None
            and it.period != CLOSING and id(it) not in touched and not it.written_off
        ]  # fmt: skip
        invoice = self.some_of(candidates)
        if invoice is None:
            return
        answer = await self.expect(200, "POST", f"{path_of(invoice)}/action/correct", {})
        copy = copy_of(invoice, number=answer.json()["refNbr"], status="Balanced", replaces=invoice)
        invoice.customer.documents.append(copy)
        await self.verify(copy)
        number = min(copy.lines)
        copy.lines[number].quantity = abs(copy.lines[number].quantity) + 1
        line = {"operation": "Update", **wrapped(lineNumber=number, quantity=str(copy.lines[number].quantity))}
        await self.expect(204, "PUT", path_of(copy), {"invoiceLines": [line]})
        await self.expect(200, "POST", f"{path_of(copy)}/action/release")
        copy.release()
        (shown,) = [it for it in (await self.read(path_of(invoice)))["applications"] if not it["voided"]]
        note = copy_of(invoice, kind=CREDIT_NOTE, number=shown["refNbr"])
        note.day = invoice.free_from
        note.settles = [(invoice, invoice.balance)]
        note.release()
        note.customer.documents.append(note)
        for document in (invoice, copy, note):
            await self.verify(document)

    async def sell_for_cash(self) -> None:
        customer = self.random.choice(self.customers)
        lines = {position: self.some_line(customer) for position in range(1, self.random.randrange(2, 4))}
        sale = CashSale("CashSale", customer, self.some_day(may_be_closed=False), "NOK", lines)
        if sale.amount <= 0:
            return
        fields = {"customerNumber": customer.number, "documentDate": str(sale.day), "paymentReference": "Till"}
        body = {**wrapped(**fields), "cashSaleLines": [self.sent_line(it) for it in lines.values()]}
        sale.number = number_of(await self.expect(201, "POST", CASH_SALES, body))
        await self.expect(200, "POST", f"{CASH_SALES}/{sale.number}/action/release", {})
        sale.released = True
        customer.cash_sales.append(sale)
        shown = await self.read(f"{CASH_SALES}/{sale.number}")
        assert (shown["status"], shown["amount"], shown["balance"]) == ("Closed", sale.amount_base, 0)

    async def application_of(self, made: Application) -> int:
        """Its id: one of those that are in force between the two for that amount."""
        credit, debit = made.credit, made.debit
        rows = await self.read(
            f"/v1/reskontra/application?documentType={credit.kind}&referenceNumber={credit.number}&released=true"
        )
        ids = [
            row["id"]
            for row in rows
            if (row["debit"]["referenceNumber"], row["debit"]["documentType"]) == (debit.number, debit.kind)
            and row["amount"] == made.amount and row.get("undoneBy") is None and row.get("undoes") is None
        ]  # fmt: skip
        same = [it for it in credit.applied if (it.debit, it.amount) == (debit, made.amount)]
        assert len(ids) == len(same), rows
        return int(sorted(ids)[same.index(made)])

    async def verify_payment(self, payment: Payment) -> None:
        """What the payment and what it settled show."""
        shown = await self.read(f"{PATH}/{payment.number}?paymentType={payment.kind}")
        found = (
            shown["status"],
            shown["paymentAmount"],
            shown["availableBalance"],
            shown["availableBalanceInCurrency"],
        )
        expected = payment.status, payment.amount, payment.open, payment.open_base
        assert found == expected, (payment.number, found, expected, payment.rate)
        for made in (*payment.applied, *payment.booked):
            await self.verify_sides(made)

    async def verify_sides(self, made: Application) -> None:
        """The documents of an application show what the model says; payments do in `verify_payment`."""
        for side in (made.credit, made.debit):
            if side.kind in DOCUMENTS:
                await self.verify(side)

    def alike(self, debit: Document, more: int) -> list[Document]:
        """The document, and others that one payment may settle with it."""
        key = debit.customer, debit.currency
        others = [it for it in self.owed if it is not debit and (it.customer, it.currency) == key]
        return [debit, *self.random.sample(others, min(more, len(others)))]

    def parts(self, available: Decimal, debits: list[Document]) -> list[tuple[Document, Decimal]]:
        """What of each is paid: as much as there is, or a third of that."""
        lines = []
        for debit in debits:
            most = min(available, debit.balance)
            third = (most / 3).quantize(Decimal("0.01"), ROUND_DOWN)
            amount = most if self.random.random() < 0.6 else third
            if amount > 0:
                lines.append((debit, amount))
                available -= amount
        return lines


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What an answer says was applied, in the order in which it was done."""
    names = [(side, name) for side in ("credit", "debit") for name in ("documentType", "referenceNumber")]
    return [(*(it[side][name] for side, name in names), it["amount"]) for it in rows]


def named(made: Application) -> tuple[Any, ...]:
    return made.credit.kind, made.credit.number, made.debit.kind, made.debit.number, made.amount


def can_be_voided(payment: Payment) -> bool:
    """It did something, nothing was paid out of it or written off, and nothing that it would give back is on hold."""
    is_paid_out = any(it.debit.kind == REFUND for it in payment.applied)
    waits = any(it.credit.status == "Reserved" for it in payment.booked)
    return bool(payment.amount or payment.booked) and not (payment.written_off or is_paid_out or waits)


def paying(debit: Document, amount: Decimal) -> dict[str, Any]:
    """A line of a payment, which may have been applied to that document before."""
    more = wrapped(cashDiscountTaken="0") if debit.discount_left else {}
    return {"operation": "Insert", **applied(debit, amount), **more}


def can_be_copied(invoice: Document) -> bool:
    return not invoice.is_fee and not isinstance(invoice, Part) and invoice.amount > 0


def copy_of(invoice: Document, **changes: Any) -> Document:
    """A document with the lines of an invoice, and nothing of what became of it."""
    fresh: dict[str, Any] = {name: [] for name in ("applied", "settled", "booked", "parts", "moves", "charged")}
    fresh["discount_taken"] = Decimal(0)
    return replace(
        copied(invoice),
        **{
            "released": False,
            "level": 0,
            "written_off": False,
            "freed": None,
            "of_freed": Decimal(0),
            **fresh,
            **changes,
        },
    )


def figures(shown: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an answer says of a payment, as `Payment.figures` does."""
    return tuple(shown[name] for name in ("status", "paymentAmount", "availableBalance", "availableBalanceInCurrency"))


PAYING: dict[Callable[[Any], Awaitable[None]], int] = {
    **COMMANDS,
    Payer.pay: 14,
    Payer.use_up: 5,
    Payer.void: 3,
    Payer.undo: 4,
    Payer.take_back: 3,
    Payer.correct: 3,
    Payer.sell_for_cash: 3,
}
"""What a clerk does who takes money too."""
