"""Every field of every body that creates something acts, or docs/QUIRKS.md says why it may be ignored.

A field acts if some value of its type is refused, or shows in what GET then says, or changes something else there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import msgspec
import pytest

from reskontra.app import mounted_routes
from reskontra.web.routing import Route
from reskontra.web.scalars import DayText, MomentText
from reskontra.web.shapes import Kind, Shape
from tests.clerk import CASH_SALE, CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, Clerk, body, sale
from tests.places import Json, Place, places

QUIRKS = (Path(__file__).parents[2] / "docs" / "QUIRKS.md").read_text(encoding="utf-8")

_codes, _days = count(1), count(1)
_pairs = ((f"{20001 + n}", method) for method in ("2", "1") for n in range(20))


def code() -> str:
    """A code that nothing has yet."""
    return f"Q{next(_codes)}"


def letter() -> str:
    """One of the letters that the subaccounts of this test may be called."""
    return LETTERS[next(_codes) % len(LETTERS)]


def day() -> str:
    """A day that no exchange rate is from yet."""
    return (date(2027, 1, 1) + timedelta(days=next(_days))).isoformat()


def document(kind: str) -> Callable[[], Json]:
    return lambda: body(kind, **sale(documentDate="2025-05-05", lines=[ITEM_A]))


MINIMAL: dict[str, Callable[[], Json]] = {
    "/v1/customerinvoice": document(INVOICE),
    "/v1/customercreditnote": document(CREDIT_NOTE),
    "/v1/customerdebitnote": document(DEBIT_NOTE),
    "/v1/cashsale": lambda: document(CASH_SALE)() | body(CASH_SALE, paymentReference="Receipt 1"),
    "/v1/customer": lambda: {"name": "Somebody"},
    "/v1/customerpayment": lambda: {"customer": "20001", "applicationDate": "2025-05-05", "paymentAmount": 100},
    "/v1/payment": lambda: {"customer": "20001", "applicationDate": "2025-05-05", "paymentAmount": 100},
    "/v1/contact": lambda: {"lastName": "Nordmann"},
    "/v1/location": lambda: {"baccountId": "20001", "locationId": code()},
    "/v1/salesperson": lambda: {"salespersonID": code(), "name": "Selma"},
    "/v1/account": lambda: {"accountCD": code(), "description": "x", "type": "Income"},
    "/v1/subaccount": lambda: {"subaccountNumber": letter()},
    "/v1/attribute": lambda: {"attributeID": code(), "description": "x", "controlType": "Text"},
    "/v1/inventory": lambda: {"inventoryNumber": code(), "description": "x"},
    "/v1/customersalesprice": lambda: {"inventoryId": "A", "price": 90},
    "/v1/customerpaymentmethod": lambda: dict(zip(("customerId", "paymentMethodId"), next(_pairs), strict=True)),
    "/v1/project": lambda: {"description": "Dock"},
    "/v1/discount": lambda: {"discountCode": "RABATT", "series": code()},
    "/v2/currencyrate": lambda: {"fromCurrencyId": "EUR", "rate": 11, "effectiveDate": day()},
}
"""The least that each address takes to create something."""


ELSEWHERE = {
    "Customer_Post": {
        "note": "test_customer_parts",
        "overrideNumberSeries": "test_customers",
        "overrideWithClassValues": "test_customers",
        "defaultPaymentMethod.isDefault": "test_customers",
    },
    "CustomerPayment_CreatePayment": {"overrideNumberSeries": "test_payments"},
    "Payment_CreatePayment": {"overrideNumberSeries": "test_payments"},
    "CustomerInvoice_Create": {
        "overrideNumberSeries": "test_documents_numbers",
        "invoiceLines.manualDiscount": "test_documents_lines",
    },
    "CustomerCreditNote_Create": {
        "overrideNumberSeries": "test_documents_numbers",
        "lines.manualDiscount": "test_documents_lines",
    },
    "CashSale_Post": {"cashSaleLines.manualDiscount": "test_documents_lines"},
    "CustomerDebitNote_Create": {
        "overrideNumberSeries": "test_documents_numbers",
        "lines.manualDiscount": "test_documents_lines",
    },
}
"""Fields that act only together with others or with what there is, and the test that shows it."""

IGNORED = {
    "consolidateInvoices": {
        "CustomerInvoice_Create",
        "CustomerCreditNote_Create",
        "CustomerDebitNote_Create",
        "CashSale_Post",
    },
    "cashSaleLines.lineNumber": {"CashSale_Post"},
    "cashSaleLines.termStartDate": {"CashSale_Post"},
    "cashSaleLines.termEndDate": {"CashSale_Post"},
    "rotRutDetails.distribution.operation": {"CustomerInvoice_Create", "CustomerDebitNote_Create"},
    "subaccountId": {"Subaccount_Post"},
    "invoiceLines.lineNumber": {"CustomerInvoice_Create"},
    "lines.lineNumber": {"CustomerCreditNote_Create", "CustomerDebitNote_Create"},
}
"""Fields that change nothing when something is created, with the operations that ignore them."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SUBACCOUNT_VALUES = f"""
insert into segment_value (company_id, dimension_id, segment_id, value, description, modified_at)
select 1, 'SUBACCOUNT', 1, value, value, now() from string_to_table('{LETTERS}', null) as value"""


def routes() -> list[Route]:
    return [
        route
        for route in mounted_routes()
        if route.method == "POST"
        and route.body is not None
        and not route.is_action
        and "/reskontra/" not in route.path
        and (route.path.startswith("/v1/") or route.path.lower() == "/v2/currencyrate")
    ]


def candidates(shape: Shape) -> list[Any]:
    """Values of the type, one of which ought to make a difference."""
    if isinstance(shape.rule, DayText | MomentText):
        return ["2025-05-06"]
    if shape.kind is Kind.CHOICE:
        assert shape.choices is not None
        return [member.value for member in shape.choices]
    if shape.kind is Kind.LIST:
        assert shape.item is not None
        return [[value] for value in candidates(shape.item)]
    plain: dict[Kind, list[Any]] = {
        Kind.TEXT: ["NO SUCH", "1"],
        Kind.NUMBER: [7],
        Kind.WHOLE: [7],
        Kind.FLAG: [True, False],
    }
    return plain[shape.kind]


def leaves(struct: type[msgspec.Struct]) -> Iterator[Place]:
    for place in places(struct):
        shape = place.last.shape
        if (shape.item or shape).struct is None:
            yield place


def flat(found: Any, path: str = "") -> dict[str, Any]:
    """Each value of an answer under its path."""
    if isinstance(found, dict):
        return {key: value for name, part in found.items() for key, value in flat(part, f"{path}.{name}").items()}
    if isinstance(found, list):
        return {key: value for n, part in enumerate(found) for key, value in flat(part, f"{path}[{n}]").items()}
    return {path: found}


async def made(client: httpx.AsyncClient, route: Route, content: bytes) -> dict[str, Any] | None:
    """What GET says of what was created; None if it was refused."""
    answer = await client.post(route.path, content=content, headers={"Content-Type": "application/json"})
    if answer.status_code == 400:
        return None
    assert answer.status_code == 201, answer.text
    path = urlsplit(answer.headers["Location"]).path
    if route.operation == "CurrencyRate_PostCurrencyRate":  # there is no address to read one rate
        listed = await client.get(route.path, params={"fromDate": "2025-05-01"})
        return next(flat(rate) for rate in listed.json() if path.endswith(f"/{rate['id']}"))
    if route.operation == "Discount_Post":  # nor one series
        listed = await client.get("/v2/discount", params={"series": unquote(path.rpartition("/")[2])})
        return flat(listed.json()[0])
    read = await client.get(path)
    assert read.status_code == 200, read.text
    return flat(read.json())


async def acts(
    client: httpx.AsyncClient, route: Route, place: Place, usual: dict[str, Any], unsteady: set[str]
) -> bool:
    minimal = MINIMAL[route.path.lower()]
    for value in candidates(place.last.shape):
        found = await made(client, route, place.body(minimal(), json.dumps(value)))
        if found is None or found.keys() != usual.keys():
            return True
        if any(found[path] != usual[path] for path in usual if path not in unsteady):
            return True
        if any(found[path] in (value, f"{value}T00:00:00") for path in unsteady):
            return True
    return False


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.operation)
async def test_every_field_acts_or_is_known_to_be_ignored(clerk: Clerk, route: Route) -> None:
    assert route.body is not None
    await clerk.execute(SUBACCOUNT_VALUES)
    minimal = MINIMAL[route.path.lower()]
    usual = await made(clerk.http, route, json.dumps(minimal()).encode())
    assert usual is not None, f"MINIMAL no longer makes anything at {route.path}"
    again = await made(clerk.http, route, json.dumps(minimal()).encode())
    assert again is not None
    unsteady = {path for path in usual if usual[path] != again.get(path)}
    known = {path for path, operations in IGNORED.items() if route.operation in operations}
    known |= set(ELSEWHERE.get(route.operation, ()))
    silent = {place.path for place in leaves(route.body) if not await acts(clerk.http, route, place, usual, unsteady)}
    assert silent == known, (
        "What is silent must act, or stand in IGNORED and in docs/QUIRKS.md; what acts must not stand there"
    )


@pytest.mark.parametrize("path", IGNORED)
def test_what_is_ignored_is_said_to_be(path: str) -> None:
    assert f"`{path.rpartition('.')[2]}`" in QUIRKS


@pytest.mark.parametrize(("path", "test"), [pair for shown in ELSEWHERE.values() for pair in shown.items()])
def test_what_acts_together_with_others_is_shown_by_a_test(path: str, test: str) -> None:
    (file,) = Path(__file__).parents[1].rglob(f"{test}.py")
    assert path.rpartition(".")[2] in file.read_text(encoding="utf-8")
