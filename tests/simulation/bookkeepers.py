"""Clerks who also let documents be paid in parts, charge for late payment and write small amounts off, by runs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.simulation.cashiers import CASHING, Cashier
from tests.simulation.clerks import path_of
from tests.simulation.model import (
    BALANCE_WRITE_OFF,
    CREDIT_WRITE_OFF,
    DEBIT_NOTE,
    FIN_CHARGE,
    INVOICE,
    LATE_PAYMENT,
    PAYMENT,
    TERMS,
    WRITE_OFF_LIMIT,
    Charge,
    Customer,
    Line,
    Payment,
)
from tests.simulation.payers import LAST_DAY

CHARGE_RUN, WRITE_OFF_RUN = "/v1/reskontra/run/overdueCharge", "/v1/reskontra/run/writeOff"
IN_PARTS = [terms for terms in TERMS if TERMS[terms].parts]

OF_THE_SIMULATION = """
insert into credit_terms
select (json_populate_record(standing, parts)).*
  from credit_terms as standing
 cross join json_array_elements('[
    {"terms_id": "SIM-VAT", "due_day_1": 10, "instalment_count": 2, "instalment_frequency": "W",
     "instalment_method": "A"},
    {"terms_id": "SIM-HALF", "due_day_1": 0, "instalment_count": 4, "instalment_frequency": "B"},
    {"terms_id": "SIM-TABLE", "due_day_1": 5, "instalment_count": 3, "instalment_method": "S", "instalment_parts": [
     {"days": 0, "percent": 20}, {"days": 14, "percent": 30}, {"days": 45, "percent": 50}]}]') as parts
 where company_id = 1 and terms_id = 'RATE3'
"""
"""The terms of the model that no template has."""


class Bookkeeper(Cashier):
    """A clerk who does all of it."""

    async def sell_in_parts(self) -> None:
        """A document that its release divides, unless a part would be worth nothing."""
        kind = self.random.choice((INVOICE, INVOICE, INVOICE, DEBIT_NOTE))
        document = replace(self.some_document(kind), terms=self.random.choice(IN_PARTS))
        if self.random.random() < 0.1:
            document.lines = {1: Line(Decimal(1), Decimal(self.random.randrange(1, 8)) / 100, "6")}
        if await self.create(document) and self.random.random() < 0.8:
            await self.release_one(document)

    async def charge(self) -> None:
        """A run for one's customers, or for one of them; a trial says the same before it."""
        chosen = self.customers if self.random.random() < 0.3 else [self.random.choice(self.customers)]
        day = min(self.some_day(may_be_closed=False) + timedelta(days=60), LAST_DAY)
        if self.random.random() < 0.3:
            assert all("referenceNumber" not in made for made in await self.run_charges(chosen, day, dryRun=True))
        await self.take_charges(chosen, day)

    async def take_charges(self, customers: Sequence[Customer], day: date) -> None:
        """The drafts of a run are what they should be."""
        known = set(self.office.known_rates)
        made = await self.run_charges(customers, day)
        numbers = {(row["customer"]["number"], row["currency"]): row["referenceNumber"] for row in made}
        for customer in customers:
            for currency, late in customer.late(day).items():
                lines = {
                    position: Line(Decimal(1), it.amount, "7", account=LATE_PAYMENT)
                    for position, it in enumerate(late, start=1)
                }
                charge = Charge(FIN_CHARGE, customer, day, currency, lines, late=late)
                charge.number = numbers[customer.number, currency]
                await self.take_rate(charge, known)
                charge.hold_days()
                customer.documents.append(charge)
                await self.verify(charge)

    async def run_charges(self, customers: Sequence[Customer], day: date, **more: bool) -> list[dict[str, Any]]:
        """What a run made: charges for exactly the days and amounts of the model."""
        body = {"asOf": str(day), "filters": {"customer": [it.number for it in customers]}, **more}
        answer = json.loads((await self.expect(200, "POST", CHARGE_RUN, body)).text, parse_float=Decimal)
        waiting = {customer.number for customer in customers if customer.waiting_charge is not None}
        assert {row["ref"] for row in answer["skipped"] if "waits" in row["reason"]} <= waiting
        made: list[dict[str, Any]] = answer["created"]
        found = {(row["customer"]["number"], row["currency"]): [*map(line_told, row["lines"])] for row in made}
        assert found == {
            (customer.number, currency): [
                (it.document.kind, it.document.number, str(it.first), str(it.last), it.days, it.amount) for it in late
            ]
            for customer in customers
            for currency, late in customer.late(day).items()
        }, day
        return made

    async def finish_charge(self) -> None:
        """Release a draft, or delete it: then its days are charged by the next run."""
        waiting = [customer.waiting_charge for customer in self.customers]
        charge = self.some_of([it for it in waiting if isinstance(it, Charge)])
        if charge is None:
            return
        if self.random.random() < 0.7:
            await self.release_one(charge)
        else:
            own = path_of(charge).replace("/v1/", "/v1/reskontra/")
            await self.expect(204, "DELETE", own)
            charge.free_days()
            charge.customer.documents.remove(charge)
            self.office.deleted[FIN_CHARGE].add(charge.number)

    async def leave_small(self) -> None:
        """A payment that leaves a small balance, or is a little too much."""
        debit = self.some_of([it for it in self.owed if it.balance > 10])
        if debit is not None:
            small = Decimal(self.random.randrange(1, 600)) / 100 / debit.rate
            amount = (debit.balance + self.random.choice((small, -small))).quantize(Decimal("0.01"))
            day = max(self.some_day(may_be_closed=False), debit.free_from)
            payment = Payment(PAYMENT, debit.customer, day, debit.currency, {1: Line(Decimal(1), amount, "6")})
            await self.take(payment, [(debit, min(amount, debit.balance))])

    async def write_off(self) -> None:
        """A run for one's customers, or for one of them, as a trial first now and then."""
        if self.random.random() < 0.7:
            await self.leave_small()
        chosen = self.customers if self.random.random() < 0.3 else [self.random.choice(self.customers)]
        day = self.random.choice((LAST_DAY, self.some_day(may_be_closed=False)))
        limit = self.random.choice((WRITE_OFF_LIMIT, WRITE_OFF_LIMIT, Decimal("2.00")))
        if self.random.random() < 0.3:
            await self.run_write_offs(chosen, day, limit, dryRun=True)
        await self.take_write_offs(chosen, day, limit)

    async def take_write_offs(self, customers: Sequence[Customer], day: date, limit: Decimal = WRITE_OFF_LIMIT) -> None:
        """What a run wrote off is closed; the next run finds nothing."""
        made = await self.run_write_offs(customers, day, limit)
        small = {(it.kind, it.number): it for customer in customers for it in customer.small(day, limit)}
        for row in made:
            settled = row["settled"]
            document = small[settled["documentType"], settled["referenceNumber"]]
            document.customer.write_off(document, row["referenceNumber"], day)
        for document in small.values():
            await (self.verify_payment(document) if isinstance(document, Payment) else self.verify(document))
        assert not made or await self.run_write_offs(customers, day, limit) == []

    async def run_write_offs(
        self, customers: Sequence[Customer], day: date, limit: Decimal, **more: bool
    ) -> list[dict[str, Any]]:
        """What a run wrote off: exactly what the model calls small."""
        filters = {"customer": [it.number for it in customers], "limit": str(limit)}
        answer = await self.expect(200, "POST", WRITE_OFF_RUN, {"asOf": str(day), "filters": filters, **more})
        made: list[dict[str, Any]] = json.loads(answer.text, parse_float=Decimal)["created"]
        found = {
            (row["settled"]["documentType"], row["settled"]["referenceNumber"]): (row["documentType"], row["amount"])
            for row in made
        }
        assert found == {
            (it.kind, it.number): (BALANCE_WRITE_OFF if it.sign > 0 else CREDIT_WRITE_OFF, it.open)
            for customer in customers
            for it in customer.small(day, limit)
        }
        return made


def line_told(line: dict[str, Any]) -> tuple[Any, ...]:
    """What an answer says of a document that is charged for."""
    days = line["from"][:10], line["to"][:10], line["days"]
    return line["documentType"], line["referenceNumber"], *days, line["amount"]


async def end_the_year(bookkeeper: Bookkeeper, customers: Sequence[Customer]) -> None:
    """One run of each sort over everybody's customers, and no charge is left as a draft."""
    await bookkeeper.take_write_offs(customers, LAST_DAY)
    await bookkeeper.take_charges(customers, LAST_DAY)
    for customer in customers:
        while (charge := customer.waiting_charge) is not None:
            await bookkeeper.release_one(charge)


KEEPING: dict[Callable[[Any], Awaitable[None]], int] = {
    **CASHING,
    Bookkeeper.sell_in_parts: 8,
    Bookkeeper.charge: 4,
    Bookkeeper.finish_charge: 4,
    Bookkeeper.write_off: 4,
}
"""What a clerk does who keeps all of the ledger."""
