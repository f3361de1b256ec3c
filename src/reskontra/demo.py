"""The demo company, made by our own commands, the same on every machine. Names, rates and figures are invented.

It holds what the public how-to page looks for: invoice 003547, a credit note in 202001, a debit note on project 20,
customers changed before and after 2025-01-14. Numbers 10000, 25698, 000050 and 156589 stay free for its requests.
Size `page` holds little more; size `year` adds a year of business (`demo_year`) and an empty company.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import cache, partial
from typing import Any, NamedTuple

import structlog

from reskontra import demo_payments, demo_year
from reskontra.changes.store import count_events
from reskontra.charges.commands.running import run_overdue_charge
from reskontra.clock import Clock, Context, SeededClock
from reskontra.companies.commands import create_client
from reskontra.companies.store.companies import list_companies
from reskontra.company_file.commands.creating import create_company
from reskontra.customers import commands as customers
from reskontra.db.pool import Connection, Database
from reskontra.db.tables import put_rows
from reskontra.demo_payments import Manner
from reskontra.documents.commands import drafting, releasing
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, OVERDUE_CHARGE
from reskontra.numbering.rules import Mode
from reskontra.numbering.store import move_range
from reskontra.payments.commands import drafting as payment_drafting
from reskontra.payments.commands import releasing as payment_releasing
from reskontra.payments.commands import voiding
from reskontra.payments.write_offs.commands import run_write_offs
from reskontra.projects import commands as projects
from reskontra.receivables.store.open_items import find_open_items
from reskontra.reference.rules.branches import Branch, BranchAddress, BranchBank, BranchContact
from reskontra.reference.store.tables import BRANCH_TABLE
from reskontra.web.secrets import PUBLISHED_CLIENT, PUBLISHED_SECRET, PUBLISHED_TENANT

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

CODE = "demo"
NAME = "Demo AS"
TENANT_ID = uuid.UUID(PUBLISHED_TENANT)
CLIENT_ID = PUBLISHED_CLIENT
CLIENT_SECRET = PUBLISHED_SECRET

_SALT = b"published, too  "  # 16 bytes, as any salt; a secret that everybody knows needs none that is random
# What its letters name as their sender. Organisation numbers that begin with 3 are given to nobody but test companies;
# the account is the one that the registry of IBANs shows as Norway's example.
_OFFICE = Branch(
    branch_number="1",
    name="Head office",
    country_id="NO",
    subaccount_id=1,
    corporate_id="310000078",
    vat_registration_id="NO310000078MVA",
    main_address=BranchAddress(line_1="Bryggekanten 12", postal_code="0150", city="Oslo", country_id="NO"),
    main_contact=BranchContact(name=NAME, phone_1="+47 22 00 00 00", email="regnskap@demo.example", web="demo.example"),
    bank=BranchBank(name="Eksempelbanken", country="NO", iban="NO9386011117947", bban="86011117947"),
)

_ACTOR = "demo"
_SEED = 2025
_FIRST_DAY = datetime(2019, 12, 2, 8, tzinfo=UTC)
_PAGE_CUSTOMERS = 20
_FIRST_CUSTOMER = 20001
_FIRST_OF = {"Invoice": 2001, "DebitNote": 1002}
_FIRST_PAYMENT = 500_001
_CHARGED = range(40, 100)
"""Customers by position: few enough for one transaction, so that the numbers are the same on every machine."""
_MADE_BY_RUNS = {"FinCharge", "SmallBalanceWo", "SmallCreditWo"}
_FIXTURES = 2
_BATCH = 25
_FIRST_INVOICE = 3524
_LAST_INVOICE = 3547

_NAMES = (
    "Aurdal Bakeri", "Bjerke Elektro", "Dalen Rør", "Eikeland Maskin", "Fjellro Hotell", "Granli Gartneri",
    "Havna Fisk", "Isdal Transport", "Jordet Gård", "Kvernes Bygg", "Lillevik Regnskap", "Myrdal Skog",
    "Nordli Tannklinikk", "Oppsal Verksted", "Presthus Trykk", "Rognan Kaffe", "Solheim Rengjøring",
    "Tangen Båtutleie", "Smålands Glas", "Dresdner Werkzeuge",
)  # fmt: skip
_TOWNS = (("0101", "Oslo"), ("5003", "Bergen"), ("7010", "Trondheim"), ("9008", "Tromsø"), ("4006", "Stavanger"))
_ABROAD: Mapping[int, Mapping[str, str]] = {
    18: {"currency_id": "SEK", "country_id": "SE", "vat_zone_id": "EU", "postal_code": "352 30", "city": "Växjö"},
    19: {"currency_id": "EUR", "country_id": "DE", "vat_zone_id": "EU", "postal_code": "01067", "city": "Dresden"},
}


class _Numbered(NamedTuple):
    """A receipt, with its number or that of what it takes back."""

    day: date
    receipt: demo_payments.Receipt
    number: str


class Size(StrEnum):
    """How much the demo holds."""

    PAGE = "page"
    YEAR = "year"


async def load_demo(database: Database, clock: Clock, size: Size = Size.PAGE) -> None:
    """Create the demo company, or what is missing of it: an interrupted run continues where it stopped.

    Dates and ids come from a fixed seed and not from `clock`, so the demo's past is always the same.
    """
    seeded = SeededClock(_FIRST_DAY, seed=_SEED)
    origin = Context(0, _ACTOR, "demo", seeded.now(), seeded)
    async with database.transaction() as connection:
        known = {company.code: company.company_id for company in await list_companies(connection)}
        if size == Size.YEAR:
            await _announce(connection, known.get(CODE))
        company_id = known.get(CODE) or await _create(connection, origin, size)
    if size == Size.YEAR:
        await _fill_year(database, replace(origin, company_id=company_id))


async def _announce(connection: Connection, company_id: int | None) -> None:
    """Log what is about to take a while, since callers of the server have to wait for it."""
    if company_id is None:
        count = f"{round(len(year()), -2):,}"
        log.info(f"Making the demo company: 200 customers and {count} documents, most of a minute ...")
    elif (missing := len(year()) + 1 + _FIXTURES - await _count_documents(connection, company_id)) > 0:
        log.info(f"Making the rest of the demo company: {missing:,} documents ...")


async def _create(connection: Connection, origin: Context, size: Size) -> int:
    """The companies, the client that sees them, customers and fixtures; for `page` everything else too."""
    create = partial(create_company, connection, "no", numbering=Mode.AUTOMATIC, context=origin)
    company_id = await create(code=CODE, name=NAME, tenant_id=TENANT_ID)
    companies = [company_id]
    if size == Size.YEAR:
        companies.append(await create(code="empty", name="Empty AS"))
    await create_client(
        connection, companies, ["vismanet_erp_service_api"], name="demo", secret=CLIENT_SECRET, salt=_SALT,
        context=origin,
    )  # fmt: skip
    await put_rows(connection, company_id, {BRANCH_TABLE: [_OFFICE]}, origin.now)
    origin = replace(origin, company_id=company_id)
    numbers = await _customers(connection, origin, demo_year.CUSTOMERS if size == Size.YEAR else _PAGE_CUSTOMERS)
    await _fixtures(connection, origin, numbers)
    if size == Size.PAGE:
        await move_range(connection, company_id, "INVOICE", f"{_FIRST_INVOICE:06d}", f"{_FIRST_INVOICE - 1:06d}")
        for number in range(_FIRST_INVOICE, _LAST_INVOICE):
            await _invoice(connection, origin, number - _FIRST_INVOICE, numbers)
        await _last_invoice(connection, origin, date(2025, 1, 20))
    return company_id


async def _fill_year(database: Database, origin: Context) -> None:
    """The year's documents in batches: in one long transaction, the counters would become slower and slower to read."""
    async with database.connection() as connection:
        done = await _count_documents(connection, origin.company_id)
    plan = year()
    if done > _FIXTURES + len(plan):
        return
    for start in range(done - _FIXTURES, len(plan), _BATCH):
        async with database.transaction() as connection:
            for step in plan[start : start + _BATCH]:
                await _take_step(connection, _at(origin, step.day), step)
    await _end_year(database, _at(origin, demo_year.LAST_DAY))
    async with database.transaction() as connection:
        await _last_invoice(connection, origin, demo_year.LAST_DAY)


async def _end_year(database: Database, context: Context) -> None:
    """Some customers are charged for late payment, and small balances are written off."""
    order = {"as_of": demo_year.LAST_DAY, "filters": {"customer_numbers": [*map(_customer_number, _CHARGED)]}}
    charged, _ = await run_overdue_charge(database, context, order)
    async with database.transaction() as connection:
        for charge in charged.created:
            await releasing.release(connection, context, OVERDUE_CHARGE, charge.number or "")
    await run_write_offs(database, context, {"as_of": demo_year.LAST_DAY})


@cache
def year() -> Sequence[demo_year.Step | _Numbered]:
    """The year by day, each step of which makes one document."""
    abroad = {position for position in range(demo_year.CUSTOMERS) if position % _PAGE_CUSTOMERS in _ABROAD}
    documents = list(demo_year.steps(_SEED, abroad))
    numbers: dict[demo_payments.Receipt, str] = {}
    receipts = []
    for receipt in demo_payments.receipts(_SEED, documents):
        if receipt.manner != Manner.VOID:
            numbers[receipt] = f"{_FIRST_PAYMENT + len(numbers):06d}"
        receipts.append(_Numbered(receipt.day, receipt, numbers[receipt.of] if receipt.of else numbers[receipt]))
    return sorted([*documents, *receipts], key=lambda step: step.day)  # documents come first, as they stand first


async def _count_documents(connection: Connection, company_id: int) -> int:
    """How many documents this module has made so far, deleted ones included. Those of others do not count."""
    return await count_events(connection, company_id, _ACTOR, "created", list(KINDS.keys() - _MADE_BY_RUNS))


async def _take_step(connection: Connection, context: Context, step: demo_year.Step | _Numbered) -> None:
    if isinstance(step, _Numbered):
        await _pay(connection, context, step)
    else:
        await _write(connection, context, step)


async def _pay(connection: Connection, context: Context, step: _Numbered) -> None:
    """A payment, refund or void. `number` is what it is going to have, or that of what it takes back."""
    receipt, number = step.receipt, step.number
    if receipt.manner == Manner.VOID:
        await voiding.void(connection, context, number)
        await payment_releasing.release(connection, context, number, document_type="VoidPayment")
        return
    sent: dict[str, Any] = {"customer_number": _customer_number(receipt.customer), "application_date": receipt.day}
    if receipt.manner == Manner.REFUND:
        sent |= {"document_type": "Refund", "lines": [{"document_type": "Payment", "number": number}]}
    else:
        names = [(kind, f"{_FIRST_OF[kind] + position:06d}") for kind, position in receipt.debts]
        sent |= await _received(connection, context, receipt.manner, names)
    written = await payment_drafting.create(connection, context, sent)
    await payment_releasing.release(connection, context, written.number)


async def _received(
    connection: Connection, context: Context, manner: Manner, names: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """How much comes in, and for what. What is left out is as much as the documents need."""
    lines: list[dict[str, Any]] = [{"document_type": kind, "number": number} for kind, number in names]
    if manner == Manner.FULL:
        return {"lines": lines}
    (item,) = (await find_open_items(connection, context.company_id, names)).values()
    owed, (line,) = item.balance, lines
    if manner == Manner.OVER:
        rounded = owed.quantize(Decimal("1e2"), ROUND_CEILING)
        return {"amount": rounded if rounded > owed else owed + 100, "lines": [line | {"amount_paid": owed}]}
    if manner == Manner.PART:
        return {"lines": [line | {"amount_paid": (owed * Decimal("0.6")).quantize(Decimal(1)) or owed}]}
    short = min(owed - owed.to_integral(ROUND_FLOOR), Decimal("0.30")) or Decimal("0.30")
    return {"lines": [line | {"amount_paid": owed - short, "write_off": short}]}


async def _write(connection: Connection, context: Context, step: demo_year.Step) -> None:
    sent = _document(_customer_number(step.customer), step.day, list(step.lines))
    if KINDS[step.document_type].has_terms and demo_payments.takes_discount(step.customer):
        sent["terms_id"] = "30D2"
    if step.outcome == "hold":
        sent["hold"] = True
    if step.repeats is not None:
        taken = [("Invoice", f"{_FIRST_OF['Invoice'] + step.repeats:06d}")]
        sent["application_lines"] = [
            {"document_type": item.document_type, "number": item.number, "amount_paid": item.balance}
            for item in (await find_open_items(connection, context.company_id, taken)).values()
        ]
    kind = KINDS[step.document_type]
    written = await drafting.create(connection, context, kind, sent)
    if step.outcome in ("release", "settle", "reserve"):
        await releasing.release(connection, context, kind, written.number)
    if step.outcome == "reserve":
        await drafting.change(connection, context, kind, written.number, {"hold": True})


async def _customers(connection: Connection, origin: Context, count: int) -> list[str]:
    return [
        (await customers.create(connection, _at(origin, _customer_day(position)), _customer(position))).number
        for position in range(count)
    ]


async def _fixtures(connection: Connection, origin: Context, numbers: list[str]) -> None:
    """What the page's requests look for."""
    await projects.create(connection, _at(origin, date(2024, 1, 8)), {"number": "20", "description": "New warehouse"})
    await drafting.create(
        connection,
        _at(origin, date(2020, 1, 15)),
        CREDIT_NOTE,
        _document(numbers[0], date(2020, 1, 15), [_item("A", 1)], invoice_text="Returned goods"),
    )
    await drafting.create(
        connection,
        _at(origin, date(2024, 11, 4)),
        DEBIT_NOTE,
        _document(numbers[1], date(2024, 11, 4), [_item("6", 2)], project_id="20"),
    )


async def _last_invoice(connection: Connection, origin: Context, day: date) -> None:
    sent = _document(_customer_number(2), day, [_item("A", 5)])
    await drafting.create(connection, _at(origin, day), INVOICE, sent)


async def _invoice(connection: Connection, origin: Context, position: int, numbers: list[str]) -> None:
    """One of a spread of invoices: every fourth stays a draft, every tenth is on hold, the others are released."""
    day = date(2024, 1, 8) + timedelta(days=position * 16)
    context = _at(origin, day)
    lines = [_item("A", 1 + position % 4), _item("222", 10 * (1 + position % 3))]
    if position % 5 == 0:
        lines.append({"description": "Freight", "quantity": Decimal(1), "unit_price": Decimal("149.00")})
    customer = position % len(numbers)
    if customer in _ABROAD:
        lines = [{**line, "vat_category_id": "52"} for line in lines]
    held = {"hold": True} if position % 10 == 9 else {}
    sent = _document(numbers[customer], day, lines, **held)
    written = await drafting.create(connection, context, INVOICE, sent)
    if position % 4 != 3 and not held:
        await releasing.release(connection, context, INVOICE, written.number)


def _customer_day(position: int) -> date:
    """The first ten were last changed before 2025-01-14, the rest later."""
    return date(2020, 1, 6) if position < _PAGE_CUSTOMERS // 2 else date(2025, 2, 3)


def _customer(position: int) -> dict[str, Any]:
    postal_code, city = _TOWNS[position % len(_TOWNS)]
    foreign = _ABROAD.get(position % _PAGE_CUSTOMERS, {})
    name = _NAMES[position] if position < len(_NAMES) else demo_year.names(_SEED)[position]
    domain = name.lower().replace(" ", "-")
    customer: dict[str, Any] = {
        "name": f"{name} AS" if not foreign else name,
        "main_address": {
            "line_1": f"Storgata {position + 1}",
            "postal_code": foreign.get("postal_code", postal_code),
            "city": foreign.get("city", city),
            "country_id": foreign.get("country_id", "NO"),
        },
        "main_contact": {"name": name, "email": f"post@{domain}.example"},
        "corporate_id": f"9{position:02d}000{position:03d}" if position < 100 else f"9{position:03d}00{position:03d}",
    }
    return customer | {name: foreign[name] for name in ("currency_id", "vat_zone_id") if name in foreign}


def _customer_number(position: int) -> str:
    return str(_FIRST_CUSTOMER + position)


def _document(customer_number: str, day: date, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"customer_number": customer_number, "document_date": day, "lines": lines, **more}


def _item(number: str, quantity: int) -> dict[str, Any]:
    return {"item_number": number, "quantity": Decimal(quantity)}


def _at(origin: Context, day: date) -> Context:
    """The context at nine in the morning of a day, so that history has its own dates."""
    moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    clock = origin.clock
    if isinstance(clock, SeededClock):
        clock.move_to(moment)
    return replace(origin, now=clock.now())
