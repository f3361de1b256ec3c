"""The demo company: made by our own commands, the same on every machine. Not real: names, rates and figures are ours.

It holds what the public how-to page looks for: invoice 003547, a credit note in 202001, a debit note on project 20,
customers changed before and after 2025-01-14. Numbers 10000, 25698, 000050 and 156589 stay free for its requests.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from reskontra.clock import Clock, Context, SeededClock
from reskontra.companies.commands import create_client, create_company
from reskontra.companies.store import list_companies
from reskontra.customers import commands as customers
from reskontra.db.pool import Connection, Database
from reskontra.documents import commands as documents
from reskontra.documents.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Kind
from reskontra.numbering.store import move_range

CODE = "demo"
NAME = "Demo AS"
TENANT_ID = uuid.UUID("11111111-2222-4333-8444-555555555555")
CLIENT_ID = "isv_demo"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - published on purpose: the demo's books are nobody's

_SEED = 2025
_FIRST_DAY = datetime(2019, 12, 2, 8, tzinfo=UTC)
_PAGE_CUSTOMER_NUMBERS = 20
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


async def load_demo(database: Database, clock: Clock) -> None:
    """Create the demo company unless it is there already; a run that was cut off left nothing behind.

    Dates and ids come from a seed of its own. `clock` is not asked: the demo's past is the same whenever it is made.
    """
    async with database.transaction() as connection:
        if any(company.code == CODE for company in await list_companies(connection)):
            return
        seeded = SeededClock(_FIRST_DAY, seed=_SEED)
        origin = Context(0, "demo", "demo", seeded.now(), seeded)
        company_id = await create_company(connection, "no", code=CODE, name=NAME, tenant_id=TENANT_ID, context=origin)
        await create_client(
            connection, [company_id], ["vismanet_erp_service_api"], name="demo", secret=CLIENT_SECRET, context=origin
        )
        await move_range(connection, company_id, "INVOICE", f"{_FIRST_INVOICE:06d}", f"{_FIRST_INVOICE - 1:06d}")
        await _fill(connection, replace(origin, company_id=company_id))


async def _fill(connection: Connection, origin: Context) -> None:
    numbers = [
        (await customers.create(connection, _at(origin, _customer_day(position)), _customer(position))).number
        for position in range(_PAGE_CUSTOMER_NUMBERS)
    ]
    await documents.create(
        connection,
        _at(origin, date(2020, 1, 15)),
        CREDIT_NOTE,
        _document(numbers[0], date(2020, 1, 15), [_item("A", 1)], invoice_text="Returned goods"),
    )
    await documents.create(
        connection,
        _at(origin, date(2024, 11, 4)),
        DEBIT_NOTE,
        _document(numbers[1], date(2024, 11, 4), [_item("6", 2)], project_id="20"),
    )
    for number in range(_FIRST_INVOICE, _LAST_INVOICE):
        await _invoice(connection, origin, number - _FIRST_INVOICE, numbers)
    last_day = date(2025, 1, 20)
    await documents.create(connection, _at(origin, last_day), INVOICE, _document(numbers[2], last_day, [_item("A", 5)]))


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
    written = await documents.create(connection, context, INVOICE, sent)
    if position % 4 != 3 and not held:
        await _release(connection, context, INVOICE, written.number)


async def _release(connection: Connection, context: Context, kind: Kind, number: str) -> None:
    await documents.release(connection, context, kind, number)


def _customer_day(position: int) -> date:
    """The first half was last changed before 2025-01-14, the rest later."""
    return date(2020, 1, 6) if position < _PAGE_CUSTOMER_NUMBERS // 2 else date(2025, 2, 3)


def _customer(position: int) -> dict[str, Any]:
    postal_code, city = _TOWNS[position % len(_TOWNS)]
    foreign = _ABROAD.get(position, {})
    domain = _NAMES[position].lower().replace(" ", "-")
    customer: dict[str, Any] = {
        "name": f"{_NAMES[position]} AS" if not foreign else _NAMES[position],
        "main_address": {
            "line_1": f"Storgata {position + 1}",
            "postal_code": foreign.get("postal_code", postal_code),
            "city": foreign.get("city", city),
            "country_id": foreign.get("country_id", "NO"),
        },
        "main_contact": {"name": _NAMES[position], "email": f"post@{domain}.example"},
        "corporate_id": f"9{position:02d}000{position:03d}",
    }
    return customer | {name: foreign[name] for name in ("currency_id", "vat_zone_id") if name in foreign}


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
