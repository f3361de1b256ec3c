"""A year of sales, notes and money that is drawn from a seed, for tests of what was owed when."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.clerk import CREDIT_NOTE, INVOICE, PAYMENT, Clerk

FIRST, LAST = date(2025, 1, 1), date(2025, 11, 20)

_FREED = re.compile("was taken back on ([0-9-]{10})")


class Year:
    """A year of sales, notes and money at three customers, drawn from a seed. What is refused did not happen."""

    def __init__(self, clerk: Clerk, seed: int) -> None:
        self.clerk, self.chance = clerk, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.customers: list[str] = []

    async def live(self, steps: int) -> None:
        for _ in range(2):
            self.customers.append((await self.clerk.customer(name="Random AS")).number)
        self.customers.append("20004")
        for _ in range(steps):
            work = self.chance.choice(
                (self.sell, self.sell, self.take_back, self.collect, self.collect, self.undo, self.void)
            )
            self.done[work.__name__] += await work()

    def day(self, after: date = FIRST) -> date:
        return after + timedelta(days=self.chance.randrange(max((LAST - after).days, 1)))

    def lines(self) -> list[dict[str, Any]]:
        price = Decimal(self.chance.randrange(100, 500_000)) / 100
        return [{"description": "Work", "unitPriceInCurrency": price, "quantity": 1, "vatCodeId": "3"}]

    async def issued(self, kind: str, **fields: Any) -> bool:
        answer = await self.clerk.post(kind, **fields)
        if later := _FREED.search(answer.text):  # what it settles was taken back later: it may be of that day
            day = "applicationDate" if kind == PAYMENT else "documentDate"
            answer = await self.clerk.post(kind, **fields | {day: later[1]})
        if answer.status_code != 201:
            return False
        return (await self.clerk.act(answer.headers["Location"], "release")).status_code == 200

    async def sell(self) -> bool:
        customer = self.chance.choice(self.customers)
        terms = self.chance.choice(("14", "30D2"))
        more = {"currencyId": "EUR"} if customer == "20004" else {}
        fields = self.clerk.sale(
            customer, documentDate=str(self.day()), lines=self.lines(), creditTermsId=terms, **more
        )
        return await self.issued(INVOICE, **fields)

    async def open_invoice(self) -> dict[str, Any] | None:
        rows = await self.clerk.page(INVOICE, customer=self.chance.choice(self.customers), status="Open")
        return self.chance.choice(rows) if rows else None

    async def take_back(self) -> bool:
        invoice = await self.open_invoice()
        if invoice is None:
            return False
        day = self.day(date.fromisoformat(invoice["documentDate"][:10]))
        line = {"documentType": "Invoice", "refNbr": invoice["referenceNumber"]}
        part = min(invoice["balanceInCurrency"], Decimal(100))
        fields = self.clerk.sale(
            invoice["customer"]["number"], documentDate=str(day), currencyId=invoice["currencyId"], lines=self.lines(),
        )  # fmt: skip
        if self.chance.random() < 0.7:
            fields["applicationLines"] = [{**line, "operation": "Insert", "amountPaid": part}]
        return await self.issued(CREDIT_NOTE, **fields)

    async def collect(self) -> bool:
        invoice = await self.open_invoice()
        if invoice is None:
            return False
        day = self.day(date.fromisoformat(invoice["documentDate"][:10]))
        owed: Decimal = invoice["balanceInCurrency"]
        line: dict[str, Any] = {"documentType": "Invoice", "refNbr": invoice["referenceNumber"]}
        way = self.chance.choice(("part", "in time", "in time", "small rest", "more"))
        amount = owed
        if way == "in time":
            day = date.fromisoformat(invoice["documentDate"][:10]) + timedelta(days=self.chance.randrange(11))
        elif way == "part":
            amount = (owed * Decimal("0.4")).quantize(Decimal("0.01"))
            line["amountPaid"] = amount
        elif way == "small rest" and owed > 2:
            amount = owed - 1
            line |= {
                "amountPaid": amount,
                "cashDiscountTaken": 0,
                "balanceWriteOff": 1,
                "writeOffReasonCode": "BALANCEWO",
            }
        elif way == "more":
            amount = owed + 50
        return await self.issued(
            PAYMENT, customer=invoice["customer"]["number"], applicationDate=str(day), paymentAmount=amount,
            currency=invoice["currencyId"], lines=[line],
        )  # fmt: skip

    async def undo(self) -> bool:
        rows = await self.clerk.page("reskontra/application")
        rows = [row for row in rows if not row.get("undoneBy") and not row.get("reverses")]
        if not rows:
            return False
        made = self.chance.choice(rows)
        day = self.day(date.fromisoformat(made["applicationDate"][:10]))
        answer = await self.clerk.act(f"reskontra/application/{made['id']}", "undo", date=str(day))
        return answer.status_code == 200

    async def void(self) -> bool:
        rows = [
            row for row in await self.clerk.page(PAYMENT, paymentType="Payment") if row["status"] in ("Open", "Closed")
        ]
        if not rows:
            return False
        payment = self.chance.choice(rows)
        if (await self.clerk.act(f"{PAYMENT}/{payment['refNbr']}", "void")).status_code != 200:
            return False
        void = f"/v1/{PAYMENT}/{payment['refNbr']}"
        day = self.day(date.fromisoformat(payment["applicationDate"][:10]))
        await self.clerk.http.put(f"{void}?paymentType=VoidPayment", json={"applicationDate": {"value": str(day)}})
        released = await self.clerk.http.post(f"{void}/action/release?paymentType=VoidPayment")
        return released.status_code == 200
