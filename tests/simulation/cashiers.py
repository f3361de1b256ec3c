"""Clerks who also pay out, match and forgive: refunds, credit notes on payments, cash discounts, write-offs on a line,
and runs that apply what is open.

Commands of step 4 that no clerk draws yet, and where they are tested instead: charges on a payment (tests/api/payments/
test_payment_edges.py), a payment in another currency than what it settles (test_cross_currencies.py), a credit note
seen as a payment (test_payments.py), VAT given back with a discount (test_discount_vat.py), the return of a cash sale
(tests/api/documents/test_cash_sales.py), statements (tests/api/reports/test_account_statements.py), uploads
(tests/api/documents/test_attachments.py), opening items (tests/api/openings), and prices, discount series and
deductions, which change what is asked of a document and not what becomes of it. Pairs of commands over one document
meet in tests/concurrency/test_pairs.py.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

from tests.clerk import wrapped
from tests.simulation.clerks import applied
from tests.simulation.model import (
    CREDIT_NOTE,
    INVOICE,
    PAYMENT,
    REFUND,
    Application,
    Document,
    Line,
    Payment,
    Refund,
)
from tests.simulation.payers import PATH as PAYMENTS
from tests.simulation.payers import PAYING, Payer, named, told

APPLY_RUN = "/v1/reskontra/run/autoApply"
AT_A_DISCOUNT = "30D2"
NOTHING = Decimal(0)


class Cashier(Payer):
    """A clerk who does all that may be done with money and what it settles."""

    def credits_like(self, document: Document) -> list[Document]:
        """Open credits of the same customer in the same currency."""
        both: list[Document] = [*self.documents, *self.payments]
        key = document.customer, document.currency
        return [it for it in both if it.sign < 0 and it.status == "Open" and (it.customer, it.currency) == key]

    async def refund(self) -> None:
        """Money back for one or two credits, all of it or a part. What was paid out is not taken back."""
        both: list[Document] = [*self.documents, *self.payments]
        credit = self.some_of([it for it in both if it.sign < 0 and it.status == "Open"])
        if credit is None:
            return
        others = [it for it in self.credits_like(credit) if it is not credit]
        lines = [(credit, credit.open), *((it, it.open) for it in others[:1])]
        if self.random.random() < 0.4:
            lines = [(it, (amount / 3).quantize(Decimal("0.01"), ROUND_DOWN)) for it, amount in lines]
        lines = [(it, amount) for it, amount in lines if amount]
        if not lines:
            return
        day = max(self.some_day(may_be_closed=False), *(it.free_from for it, _ in lines))
        refund = Refund(REFUND, credit.customer, day, credit.currency, money(sum(amount for _, amount in lines)))
        await self.enter(refund, [applied(it, amount) for it, amount in lines])
        for it, amount in lines:
            Application(it, refund, amount, day, refund)
        await self.verify_payment(refund)
        if isinstance(credit, Payment):
            answer = await self.expect(400, "POST", f"{PAYMENTS}/{credit.number}/action/void", {})
            assert refund.number in answer.text or any(
                it.debit.kind == REFUND and it.debit.number in answer.text for it in credit.applied
            )

    async def pay_with_note(self) -> None:
        """An invoice by a credit note and, for the rest, by money: none if the note is enough."""
        debit = self.some_of([it for it in self.owed if any(is_note(c) for c in self.credits_like(it))])
        if debit is None:
            return
        notes = [it for it in self.credits_like(debit) if is_note(it)]
        note = self.random.choice(notes)
        amount = debit.balance if self.random.random() < 0.7 else (debit.balance / 2).quantize(Decimal("0.01"))
        used = min(note.open, amount)
        rest = amount - used
        over = Decimal("12.50") if self.random.random() < 0.2 else NOTHING
        day = max(self.some_day(may_be_closed=False), debit.free_from, note.free_from)
        payment = Payment(PAYMENT, debit.customer, day, debit.currency, money(rest + over))
        sent = [applied(note, used), no_discount(debit, amount)]
        self.random.shuffle(sent)
        await self.enter(payment, sent)
        Application(note, debit, used, day, payment)
        if rest:
            Application(payment, debit, rest, day, payment)
        payment.status = "Open" if payment.open else "Closed"
        await self.verify_payment(payment)

    async def sell_at_a_discount(self) -> None:
        """An invoice that costs less if it is paid soon."""
        document = self.some_document(INVOICE)
        document.terms = AT_A_DISCOUNT
        if await self.create(document) and self.random.random() < 0.9:
            await self.release_one(document)

    async def pay_less(self) -> None:
        """A payment with a cash discount: the one that is offered in time, or one that is given freely."""
        offering = [it for it in self.owed if it.discount_left]
        if not offering or self.random.random() < 0.3:
            await self.give_a_discount()
            return
        debit = self.random.choice(offering)
        soon = self.random.random() < 0.7
        day = debit.discount_date if soon else max(self.some_day(may_be_closed=False), debit.free_from)
        offered = debit.discount_on(day)
        whole = debit.balance - offered
        amount = self.random.choice((whole, whole, whole + 100, (whole / 2).quantize(Decimal("0.01"))))
        if amount <= 0 or (day.year, day.month) < (2025, 2) or day < debit.free_from:
            return
        # Where the discount would be all that is left, it is paid: no discount is given for no money.
        taken, paid = (offered, whole) if amount >= whole > 0 else (NOTHING, min(amount, debit.balance))
        payment = Payment(PAYMENT, debit.customer, day, debit.currency, money(amount))
        sent = applied(debit, amount)
        del sent["amountPaid"]
        await self.enter(payment, [sent])
        await self.settled(payment, debit, paid, discount=taken)

    async def give_a_discount(self) -> None:
        debit = self.some_of([it for it in self.owed if it.balance > 1])
        if debit is None:
            return
        given = (debit.balance / self.random.choice((20, 50, 3))).quantize(Decimal("0.01"))
        paid = debit.balance - given if self.random.random() < 0.7 else given
        day = max(self.some_day(may_be_closed=False), debit.free_from)
        payment = Payment(PAYMENT, debit.customer, day, debit.currency, money(paid))
        await self.enter(payment, [applied(debit, paid) | wrapped(cashDiscountTaken=str(given))])
        await self.settled(payment, debit, paid, discount=given)

    async def forgive(self) -> None:
        """A little too little, or too much, that is written off on the line; above the limit it is refused."""
        debit = self.some_of([it for it in self.owed if it.balance > 10])
        if debit is None:
            return
        limit = Decimal("4.99") / debit.rate
        small = (limit * self.random.randrange(1, 101) / 100).quantize(Decimal("0.01"), ROUND_DOWN)
        if not small:
            return
        written_off = self.random.choice((small, -small))
        paid = debit.balance - written_off
        day = max(self.some_day(may_be_closed=False), debit.free_from)
        payment = Payment(PAYMENT, debit.customer, day, debit.currency, money(paid))
        code = "BALANCEWO" if written_off > 0 else "CREDITWO"
        more = wrapped(balanceWriteOff=str(written_off), writeOffReasonCode=code)
        await self.enter(payment, [no_discount(debit, paid) | more])
        await self.settled(payment, debit, paid, write_off=written_off)

    async def settled(self, payment: Payment, debit: Document, paid: Decimal, **less: Decimal) -> None:
        """Into the model's books too, and both show it."""
        Application(payment, debit, paid, payment.day, payment, **less)
        await self.verify_payment(payment)
        (shown,) = (await self.read(f"{PAYMENTS}/{payment.number}"))["paymentLines"]
        found = shown["amountPaid"], shown["cashDiscountTaken"], shown["balanceWriteOff"], shown["balance"]
        assert found == (paid, less.get("discount", 0), less.get("write_off", 0), debit.open), payment.number

    async def apply_by_run(self) -> None:
        """A run for one customer, as a trial first now and then; the next one finds nothing."""
        customer = self.random.choice(self.customers)
        day = self.some_day(may_be_closed=False)
        order: dict[str, Any] = {"asOf": str(day), "filters": {"customer": [customer.number]}}
        trial = await self.run(**order, dryRun=True) if self.random.random() < 0.3 else None
        made = customer.applied_by_run(day)
        expected = [named(it) for it in made]
        done = await self.run(**order)
        assert done == expected, (order, done, expected)
        assert trial in (None, expected)
        assert await self.run(**order) == []
        for it in made:
            await self.verify_sides(it)

    async def run(self, **order: Any) -> list[tuple[Any, ...]]:
        answer = json.loads((await self.expect(200, "POST", APPLY_RUN, order)).text, parse_float=Decimal)
        return told(answer["created"])


def is_note(document: Document) -> bool:
    return document.kind == CREDIT_NOTE


def money(amount: Decimal | int) -> dict[int, Line]:
    """The one line of a payment."""
    return {1: Line(Decimal(1), Decimal(amount), "6")}


def no_discount(debit: Document, amount: Decimal) -> dict[str, Any]:
    return applied(debit, amount) | wrapped(cashDiscountTaken="0")


CASHING: dict[Callable[[Any], Awaitable[None]], int] = {
    **PAYING,
    Cashier.refund: 4,
    Cashier.pay_with_note: 4,
    Cashier.sell_at_a_discount: 5,
    Cashier.pay_less: 5,
    Cashier.forgive: 3,
    Cashier.apply_by_run: 4,
}
"""What a clerk does who handles money in every way."""
