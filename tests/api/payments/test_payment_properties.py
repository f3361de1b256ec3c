"""What holds of all payments, over random ledgers (invariants 17, 18 and 21 of docs/INVARIANTS.md)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, PAYMENT, Clerk, Record, application

GAIN_AND_LOSS = ["8060", "8160"]
SOME, MANY = range(3), range(60)


@dataclass(frozen=True)
class Debt:
    """A document to be made: what for, of when, in which currency."""

    kind: str
    price: Decimal
    day: date
    terms: str


def some_debts(draw: Random, count: int) -> list[Debt]:
    """In the spring, so that all are there when the payments come; some give a cash discount."""
    return [
        Debt(
            draw.choice((INVOICE, INVOICE, DEBIT_NOTE)),
            Decimal(draw.randrange(1, 500_000)) / 100,
            date(2025, 1, 10) + timedelta(days=draw.randrange(90)),
            draw.choice(("14", "30D2")),
        )
        for _ in range(count)
    ]


async def made(clerk: Clerk, customer: Record, currency: str, debts: list[Debt]) -> list[Record]:
    line = {"description": "x", "quantity": 1, "vatCodeId": "6"}
    return [
        await clerk.issue(
            debt.kind,
            customer,
            documentDate=str(debt.day),
            creditTermsId=debt.terms,
            currencyId=currency,
            lines=[line | {"unitPriceInCurrency": debt.price}],
        )
        for debt in debts
    ]


def line(debit: Record, amount: Decimal, **more: Any) -> dict[str, Any]:
    kind = next(kind for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE) if kind in debit.address)
    return application(debit, amount, kind=kind) | more


BOOKS = """
    select 'document', document_type, number, status, balance::text, balance_base::text, closed_period_id
      from document where customer_id = $1 and document_type in ('Invoice', 'DebitNote', 'CreditNote')
    union all
    select 'account', account_number, '', '', sum(debit - credit)::text, sum(debit_base - credit_base)::text, null
      from journal_entry where customer_id = $1 group by account_number having sum(debit_base - credit_base) <> 0
    union all
    select 'balance', '', '', '', balance::text, unreleased::text, null
      from customer_balance where customer_id = $1
     order by 1, 2, 3"""


async def books_of(clerk: Clerk, customer: Record) -> list[tuple[Any, ...]]:
    """Documents, accounts and balance of a customer."""
    return [tuple(row) for row in await clerk.rows(BOOKS, customer["internalId"])]


async def new_customer(clerk: Clerk, draw: Random) -> tuple[Record, str]:
    currency = draw.choice(("NOK", "EUR", "SEK"))
    return await clerk.customer(currencyId=currency), currency


async def test_what_is_voided_or_undone_was_never_there(clerk: Clerk, whole: bool) -> None:
    """17 and 21: all documents, accounts and balances are as before, whatever was paid, given up and gained."""
    for seed in MANY if whole else SOME:
        draw = Random(seed)
        customer, currency = await new_customer(clerk, draw)
        debits = await made(clerk, customer, currency, some_debts(draw, 4))
        before = await books_of(clerk, customer)
        lines = [line(it, part_of(draw, it["balanceInCurrency"])) for it in draw.sample(debits, 3)]
        lines[0] |= {"balanceWriteOff": Decimal("0.01"), "writeOffReasonCode": "BALANCEWO"}
        lines[0]["amountPaid"] = max(lines[0]["amountPaid"] - Decimal("0.02"), Decimal("0.01"))
        paid = sum(Decimal(it["amountPaid"]) for it in lines) + draw.choice((0, 5))
        fields = {"customer": customer.number, "currency": currency, "applicationDate": "2025-07-10"}
        kind = draw.choice(("Payment", "Prepayment"))
        payment = await clerk.pay(paid, *lines, **fields, type=kind)
        assert await books_of(clerk, customer) != before

        query = {"documentType": kind, "referenceNumber": payment.number, "released": "true"}
        undone = draw.sample(await clerk.get("reskontra/application", **query), draw.randrange(len(lines) + 1))
        for made_one in undone:
            answer = await clerk.act(f"reskontra/application/{made_one['id']}", "undo")
            assert answer.status_code == 200, answer.text
        assert (await clerk.act(payment, "void", type=kind)).status_code == 200
        answer = await clerk.http.post(f"/v1/customerPayment/{payment.number}/action/release?paymentType=VoidPayment")
        assert answer.status_code == 200, answer.text
        assert await books_of(clerk, customer) == before, seed


IN_FORCE = """
    select other.document_type, other.number, sum(side.amount), sum(side.discount), sum(side.write_off)
      from document as payment
      join application using (company_id)
      join settlement using (company_id, settlement_id)
     cross join lateral (values
           (debit_document_id, amount_credit, discount_credit, write_off_credit),
           (credit_document_id, amount_credit, 0, 0)) as side (other_id, amount, discount, write_off)
      join document as other on other.company_id = payment.company_id and other.document_id = side.other_id
     where payment.customer_id = $1 and payment.document_type = $2 and payment.number = $3
       and payment.document_id in (settlement.document_id, credit_document_id, debit_document_id)
       and side.other_id <> payment.document_id and other.voids_document_id is null
       and application.reverses_id is null
       and not exists (select from application as back
                        where back.company_id = payment.company_id and back.reverses_id = application.application_id)
     group by 1, 2"""


async def check_lines(clerk: Clerk, customer: Record, kind: str, number: str) -> None:
    """The lines of a payment, or of a note seen as one, come to what is in force of it on each document."""
    seen = await clerk.get(f"{PAYMENT}/{number}", paymentType=kind)
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for it in seen["paymentLines"]:
        named = it["documentType"], it["refNbr"]
        figures = it["amountPaid"], it["cashDiscountTaken"], it["balanceWriteOff"]
        sums[named] = [sum_ + figure for sum_, figure in zip(sums[named], figures, strict=True)]
    rows = await clerk.rows(IN_FORCE, customer["internalId"], kind, number)
    assert {name: it for name, it in sums.items() if any(it)} == {(row[0], row[1]): list(row)[2:] for row in rows}


async def test_the_lines_of_a_payment_come_to_what_is_in_force(clerk: Clerk, whole: bool) -> None:
    """LNE-13: with notes on its lines, whatever of it is undone, and after its void; so do those of the notes."""
    for seed in MANY if whole else SOME:
        draw = Random(seed)
        customer, currency = await new_customer(clerk, draw)
        debits = await made(clerk, customer, currency, [Debt(INVOICE, Decimal(900), date(2025, 3, 3), "14")] * 4)
        notes = await made(clerk, customer, currency, [Debt(CREDIT_NOTE, Decimal(90), date(2025, 3, 3), "14")] * 2)
        fields = {"customer": customer.number, "currency": currency, "applicationDate": "2025-07-10"}
        given = [line(it, Decimal(draw.randrange(10, 40))) for it in notes]
        first = await clerk.pay(
            2000,
            *given,
            line(debits[0], Decimal(draw.randrange(10, 100)), cashDiscountTaken=Decimal("0.02")),
            line(debits[1], Decimal(200), balanceWriteOff=Decimal("0.01"), writeOffReasonCode="BALANCEWO"),
            **fields,
        )
        second = await clerk.pay(0, line(notes[0], Decimal(20)), line(debits[0], Decimal(20)), **fields)
        await clerk.release(await clerk.change(first, lines=[line(debits[2], Decimal(50)), line(notes[1], Decimal(5))]))
        seen = [("Payment", it.number) for it in (first, second)] + [("CreditNote", it.number) for it in notes]
        standing = []
        for kind, number in seen:
            query = {"documentType": kind, "referenceNumber": number, "released": "true"}
            standing += await clerk.get("reskontra/application", **query)
        for made_one in draw.sample(standing, draw.randrange(1, len(standing))):
            answer = await clerk.act(f"reskontra/application/{made_one['id']}", "undo")
            assert answer.status_code == 200, answer.text
        for kind, number in seen:
            await check_lines(clerk, customer, kind, number)
        assert (await clerk.act(first, "void")).status_code == 200
        answer = await clerk.act(first, "release", type="VoidPayment")
        assert answer.status_code == 200, answer.text
        for kind, number in seen:
            await check_lines(clerk, customer, kind, number)


def part_of(draw: Random, balance: Decimal) -> Decimal:
    part = (balance * Decimal(draw.choice(("0.1", "0.333", "0.98", "1")))).quantize(Decimal("0.01"))
    return max(part, Decimal("0.04"))


async def test_the_order_of_payments_does_not_change_the_end(clerk: Clerk, whole: bool) -> None:
    """18: two customers with the same debts pay them in the same parts, in another order. Nothing is left of either,
    and both gained or lost the same by exchange rates: a cent may be lost on one part and gained on the next.
    """
    for seed in MANY if whole else SOME:
        draw = Random(seed)
        currency, debts = draw.choice(("NOK", "EUR", "SEK")), some_debts(draw, 3)
        thirds = [(debt.price / 3).quantize(Decimal("0.01")) for debt in debts]
        parts = [
            (which, amount, date(2025, 5 + turn, 10))
            for turn in range(3)
            for which, third in enumerate(thirds)
            if (amount := third if turn < 2 else debts[which].price - 2 * third) > 0
        ]
        ends = []
        for _ in range(2):
            customer = await clerk.customer(currencyId=currency)
            debits = await made(clerk, customer, currency, debts)
            for which, amount, day in parts:
                fields = {"customer": customer.number, "currency": currency, "applicationDate": str(day)}
                await clerk.pay(amount, line(debits[which], amount, cashDiscountTaken=0), **fields)
            rows = await clerk.rows(
                """select case when account_number = any($2) then 'exchange difference' else account_number end,
                          sum(debit_base - credit_base)
                     from journal_entry where customer_id = $1
                    group by 1 having sum(debit_base - credit_base) <> 0 order by 1""",
                customer["internalId"],
                GAIN_AND_LOSS,
            )
            ends.append([tuple(row) for row in rows])
            assert {(await clerk.get(debit))["status"] for debit in debits} == {"Closed"}, seed
            assert await clerk.balance(customer) == (Decimal(0), Decimal(0)), seed
            draw.shuffle(parts)
        assert ends[0] == ends[1], seed
