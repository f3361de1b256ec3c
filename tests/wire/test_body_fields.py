"""Every field of every body of the contract acts, or docs/QUIRKS.md says why it may be ignored.

The fields are those of the contract's schemas, so that one which our struct leaves out is found too. A field acts if
some value of its type is refused, or shows in what GET then says, or changes something else there.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from reskontra.app import mounted_routes
from reskontra.web import contract
from reskontra.web.routing import Route
from reskontra.web.scalars import DayText, MomentText
from reskontra.web.shapes import Kind, Shape, plan_of
from tests.clerk import CASH_SALE, CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, Clerk, body, sale
from tests.places import Json, Place, contract_places

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


DOCUMENT_LINES = ("invoiceLines", "lines", "cashSaleLines")

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
    "Customer_PutBycustomerCd": {
        "note": "test_customer_parts",
        "overrideWithClassValues": "test_customers",
    },
    "CustomerInvoice_UpdateByinvoiceNumber": {"invoiceLines.manualDiscount": "test_documents_lines"},
    "CustomerCreditNote_UpdateBycreditNoteNumber": {"lines.manualDiscount": "test_documents_lines"},
    "CustomerDebitNote_UpdateBydebitNoteNumber": {"lines.manualDiscount": "test_documents_lines"},
    "CashSale_PutBydocumentNumber": {"cashSaleLines.manualDiscount": "test_documents_lines"},
}
"""Fields that act only together with others or with what there is, and the test that shows it."""

DOCUMENT_CREATES = {"CustomerInvoice_Create", "CustomerCreditNote_Create", "CustomerDebitNote_Create", "CashSale_Post"}
DOCUMENT_CHANGES = {
    "CustomerInvoice_UpdateByinvoiceNumber",
    "CustomerCreditNote_UpdateBycreditNoteNumber",
    "CustomerDebitNote_UpdateBydebitNoteNumber",
    "CashSale_PutBydocumentNumber",
}
ITEMS = {"Inventory_Post", "Inventory_PutByinventoryNumber"}
CASH_SALES = {"CashSale_Post", "CashSale_PutBydocumentNumber"}

IGNORED = {
    "consolidateInvoices": DOCUMENT_CREATES | DOCUMENT_CHANGES,
    "cashSaleLines.lineNumber": {"CashSale_Post"},
    "cashSaleLines.termStartDate": CASH_SALES,
    "cashSaleLines.termEndDate": CASH_SALES,
    "rotRutDetails.distribution.operation": {
        "CustomerInvoice_Create",
        "CustomerDebitNote_Create",
        "CustomerInvoice_UpdateByinvoiceNumber",
        "CustomerDebitNote_UpdateBydebitNoteNumber",
    },
    "subaccountId": {"Subaccount_Post"},
    "invoiceLines.lineNumber": {"CustomerInvoice_Create"},
    "lines.lineNumber": {"CustomerCreditNote_Create", "CustomerDebitNote_Create"},
    "overrideNumberSeries": {
        *(DOCUMENT_CHANGES - CASH_SALES),
        "Customer_PutBycustomerCd",
        "CustomerPayment_PutBypaymentNumber",
        "Payment_PutBypaymentNumber",
    },
    "defaultWarehouse": ITEMS,
    "defaultIssueFrom": ITEMS,
    "defaultReceiptTo": ITEMS,
    "supplierDetails": ITEMS,
}
"""Fields, and objects all of whose fields, change nothing, with the operations that ignore them."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SUBACCOUNT_VALUES = f"""
insert into segment_value (company_id, dimension_id, segment_id, value, description, modified_at)
select 1, 'SUBACCOUNT', 1, value, value, now() from string_to_table('{LETTERS}', null) as value"""


def schema_of(route: Route) -> str | None:
    """What the contract calls the route's body."""
    operation = contract.operations().get(route.operation)
    return operation.body if operation is not None and route.missing is None else None


def creating() -> list[Route]:
    return [
        route
        for route in mounted_routes()
        if route.method == "POST"
        and schema_of(route)
        and not route.is_action
        and (route.path.startswith("/v1/") or route.path.lower() == "/v2/currencyrate")
    ]


def changing() -> list[tuple[Route, Route]]:
    """Each PUT at the address of what a POST creates, with that POST."""
    return [
        (route, create)
        for create in creating()
        for route in mounted_routes()
        if route.method == "PUT" and schema_of(route) and route.path.lower().startswith(f"{create.path.lower()}/{{")
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


def leaves(schema: str) -> Iterator[Place]:
    for place in contract_places(schema):
        shape = place.last.shape
        if (shape.item or shape).kind is not Kind.NESTED:
            yield place


def flat(found: Any, path: str = "") -> dict[str, Any]:
    """Each value of an answer under its path."""
    if isinstance(found, dict):
        return {key: value for name, part in found.items() for key, value in flat(part, f"{path}.{name}").items()}
    if isinstance(found, list):
        return {key: value for n, part in enumerate(found) for key, value in flat(part, f"{path}[{n}]").items()}
    return {path: found}


async def read(client: httpx.AsyncClient, create: Route, location: str) -> dict[str, Any]:
    path = urlsplit(location).path
    if create.operation == "CurrencyRate_PostCurrencyRate":  # there is no address to read one rate
        listed = await client.get(create.path, params={"fromDate": "2025-05-01"})
        return next(flat(rate) for rate in listed.json() if path.endswith(f"/{rate['id']}"))
    if create.operation == "Discount_Post":  # nor one series
        listed = await client.get("/v2/discount", params={"series": unquote(path.rpartition("/")[2])})
        return flat(listed.json()[0])
    found = await client.get(path)
    assert found.status_code == 200, found.text
    return flat(found.json())


async def made(client: httpx.AsyncClient, create: Route, content: bytes) -> dict[str, Any] | None:
    """What GET says of what was created; None if it was refused."""
    answer = await client.post(create.path, content=content, headers={"Content-Type": "application/json"})
    if answer.status_code == 400:
        return None
    assert answer.status_code == 201, answer.text
    return await read(client, create, answer.headers["Location"])


NAMED_BY = {"CustomerPayment_CreatePayment": "type", "Payment_CreatePayment": "type"}
"""What is named by its number and by a field of the body: another value names another, which there need not be."""


async def changed(client: httpx.AsyncClient, create: Route, content: bytes) -> dict[str, Any] | None:
    """What GET says of something new after a PUT; None if the PUT was refused."""
    answer = await client.post(create.path, json=MINIMAL[create.path.lower()]())
    location = answer.headers["Location"]
    answer = await client.put(location, content=content, headers={"Content-Type": "application/json"})
    if answer.status_code == 404:
        assert NAMED_BY.get(create.operation) in json.loads(content), answer.text
        return None
    if answer.status_code == 400:
        return None
    assert answer.status_code == 204, answer.text
    return await read(client, create, location)


Outcome = Callable[[bytes], Awaitable[dict[str, Any] | None]]


async def silent(schema: str, outcome: Outcome, around: Callable[[Place], Json]) -> set[str]:
    """The fields, and objects all of whose fields, make no difference to the outcome of what is sent around them."""
    groups: dict[str, tuple[dict[str, Any], set[str]]] = {}
    found = set()
    for place in leaves(schema):
        group = place.slots[0].wire if len(place.slots) > 1 else ""
        if group not in groups:
            usual = await outcome(json.dumps(around(place)).encode())
            again = await outcome(json.dumps(around(place)).encode())
            assert usual is not None, f"what is sent around {place.path} no longer passes"
            assert again is not None
            groups[group] = usual, {path for path in usual if usual[path] != again.get(path)}
        if not await acts(place, outcome, around, *groups[group]):
            found.add(place.path)
    objects = {path.partition(".")[0] for path in found if "." in path}
    whole = {name for name in objects if {it.path for it in leaves(schema) if it.slots[0].wire == name} <= found}
    return {path for path in found if path.partition(".")[0] not in whole} | whole


async def acts(
    place: Place, outcome: Outcome, around: Callable[[Place], Json], usual: dict[str, Any], unsteady: set[str]
) -> bool:
    for value in candidates(place.last.shape):
        found = await outcome(place.body(around(place), json.dumps(value)))
        if found is None or found.keys() != usual.keys():
            return True
        if any(found[path] != usual[path] for path in usual if path not in unsteady):
            return True
        if any(found[path] in (value, f"{value}T00:00:00") for path in unsteady):
            return True
    return False


def known(route: Route) -> set[str]:
    ignored = {path for path, operations in IGNORED.items() if route.operation in operations}
    return ignored | set(ELSEWHERE.get(route.operation, ()))


MEANING = "What is silent must act, or stand in IGNORED and in docs/QUIRKS.md; what acts must not stand there"


@pytest.mark.parametrize("route", creating(), ids=lambda route: route.operation)
async def test_every_field_acts_or_is_known_to_be_ignored(clerk: Clerk, route: Route) -> None:
    schema = schema_of(route)
    assert schema is not None
    await clerk.execute(SUBACCOUNT_VALUES)

    async def outcome(content: bytes) -> dict[str, Any] | None:
        return await made(clerk.http, route, content)

    assert await silent(schema, outcome, lambda _: MINIMAL[route.path.lower()]()) == known(route), MEANING


@pytest.mark.parametrize(("route", "create"), changing(), ids=lambda route: route.operation)
async def test_every_field_of_a_change_acts_or_is_known_to_be_ignored(
    clerk: Clerk, route: Route, create: Route
) -> None:
    schema = schema_of(route)
    assert schema is not None
    await clerk.execute(SUBACCOUNT_VALUES)

    async def outcome(content: bytes) -> dict[str, Any] | None:
        return await changed(clerk.http, create, content)

    def around(place: Place) -> Json:
        name = place.slots[0].wire
        return {name: [{"operation": "Update", "lineNumber": 1}]} if name in DOCUMENT_LINES else {}

    assert await silent(schema, outcome, around) == known(route), MEANING


def test_every_field_of_the_contract_is_known_to_our_structs() -> None:
    """Those of actions and aliases too, which the tests above do not send."""
    unheard = set()
    for route in mounted_routes():
        schema = schema_of(route)
        for place in contract_places(schema) if schema else ():
            struct = route.body
            for slot in place.slots:
                found = plan_of(struct).by_lower_name.get(slot.wire.lower()) if struct is not None else None
                if found is None:
                    unheard.add(place.slots[0].wire)
                    break
                struct = (found.shape.item or found.shape).struct
    assert {"defaultWarehouse", "supplierDetails"} <= unheard
    assert unheard <= set(IGNORED), "what no struct has is dropped: say so in IGNORED and in docs/QUIRKS.md"


@pytest.mark.parametrize("path", IGNORED)
def test_what_is_ignored_is_said_to_be(path: str) -> None:
    assert f"`{path.rpartition('.')[2]}`" in QUIRKS


@pytest.mark.parametrize(("path", "test"), [pair for shown in ELSEWHERE.values() for pair in shown.items()])
def test_what_acts_together_with_others_is_shown_by_a_test(path: str, test: str) -> None:
    (file,) = Path(__file__).parents[1].rglob(f"{test}.py")
    assert path.rpartition(".")[2] in file.read_text(encoding="utf-8")
