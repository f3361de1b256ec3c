"""What a generated client sends that fills in a few fields and leaves the rest at their type's default costs no money.

The bodies are built from the contract, as generators build their classes from it: for each create operation there is
the smallest body that says what is wanted, and the same with every other field at its default. What comes of both is
invoiced, and the invoices must be worth the same, or the body is refused with the field that nobody can be sure about.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

import httpx
import msgspec
import pytest

from reskontra.app import mounted_routes
from reskontra.db.pool import Database
from reskontra.web import contract

ENUMS: dict[str, list[str]] = msgspec.json.decode((files("reskontra") / "contract.json").read_bytes())["enums"]

INVOICE, CREDIT_NOTE, DEBIT_NOTE = "customerinvoice", "customerCreditNote", "customerDebitNote"
CASH_SALE = "cashsale"
LINES = {INVOICE: "invoiceLines", CREDIT_NOTE: "lines", DEBIT_NOTE: "lines", CASH_SALE: "cashSaleLines"}

# What generators of typed clients send for a field that was not set.


@dataclass(frozen=True)
class Dialect:
    """The default of each type. `objects` says whether an object within is made, or is null as a whole."""

    name: str
    text: Any = None
    number: Any = None
    flag: Any = None
    moment: Any = None
    choice: Callable[[list[str]], Any] = lambda names: None
    items: Any = None
    objects: bool = False
    empty_wrappers: bool = False

    def body(self, schema: str) -> dict[str, Any]:
        """Every field of the contract's schema at its default."""
        return {name: self._field(kind) for name, kind in contract.schemas()[schema].items()}

    def _field(self, kind: str) -> Any:
        plain = kind.removeprefix("wrapped ")
        if plain == kind:
            return self._value(plain)
        return {} if self.empty_wrappers else {"value": self._value(plain)}

    def _value(self, kind: str) -> Any:
        if kind.endswith("[]"):
            return self.items
        if kind in ENUMS:
            return self.choice(ENUMS[kind])
        if kind in contract.schemas():
            return self.body(kind) if self.objects else None
        return {
            "string": self.text,
            "number": self.number,
            "integer": self.number,
            "boolean": self.flag,
            "datetime": self.moment,
        }[kind]


GO = Dialect("Go", "", 0, False, "0001-01-01T00:00:00Z", lambda names: "", None, objects=True)
CSHARP = Dialect("C#", None, 0, False, "0001-01-01T00:00:00", lambda names: names[0], [])
TEXTS = Dialect("C# with texts", "", 0.0, False, "0001-01-01T00:00:00", lambda names: names[0], [])
JAVA = Dialect("Java", items=[], objects=True)
WRAPPERS = Dialect("wrappers without a value", items=[], objects=True, empty_wrappers=True)

ZEROS, NULLS = (GO, CSHARP, TEXTS), (JAVA, WRAPPERS)
DIALECTS = (*ZEROS, *NULLS)


def around(defaults: Any, smallest: Any, element: Callable[[str], dict[str, Any]] | None = None) -> Any:
    """`defaults` with all that `smallest` says in its place; each of its lines stands in defaults of its own."""
    if not isinstance(smallest, dict) or not isinstance(defaults, dict):
        return smallest
    merged = dict(defaults)
    for name, value in smallest.items():
        if isinstance(value, list) and element is not None:
            merged[name] = [around(element(name), item) for item in value]
        else:
            merged[name] = around(defaults.get(name), value)
    return merged


def whole(dialect: Dialect, schema: str, smallest: dict[str, Any]) -> dict[str, Any]:
    """The body of a generated client that set what `smallest` says."""
    kinds = contract.schemas()[schema]
    merged: dict[str, Any] = around(
        dialect.body(schema), smallest, lambda name: dialect.body(kinds[name].removesuffix("[]"))
    )
    return merged


def wrapped(**fields: Any) -> dict[str, Any]:
    return {name: value if isinstance(value, list) else {"value": value} for name, value in fields.items()}


# What is created, and how it comes to be worth money.


@dataclass(frozen=True)
class Created:
    """A create operation: the least that it takes, and the fields of an invoice that stands on what it makes.

    Both are made for a number that is another one each time, as two things cannot have one name. `refused` are fields
    that a client whose numbers are 0 by default and flags false has to set, each with what is refused otherwise, and
    whether making it is refused or only using it.
    """

    operation: str
    smallest: Callable[[str], dict[str, Any]]
    invoice: Callable[[str, str], dict[str, Any]] | None
    zeros_are_refused: str | None = None
    sql: str | None = None


def line(**fields: Any) -> dict[str, Any]:
    return wrapped(**{"inventoryNumber": "A", "quantity": 2} | fields)


def invoiced(**fields: Any) -> dict[str, Any]:
    sent = {"customerNumber": "20001", "documentDate": "2025-03-20", "invoiceLines": [line(unitPriceInCurrency=90)]}
    return wrapped(**sent | fields)


OTHERS = [
    Created("Customer_Post", lambda mark: wrapped(name=f"C{mark}"), lambda mark, at: invoiced(customerNumber=at)),
    Created(
        "Location_Create",
        lambda mark: wrapped(baccountId="20001", locationId=f"L{mark}", locationName="Yard"),
        lambda mark, at: invoiced(locationId=f"L{mark}"),
        zeros_are_refused="locationId",
    ),
    Created(
        "Contact_CreateContact",
        lambda mark: wrapped(lastName="Berg", businessAccount="20001"),
        lambda mark, at: invoiced(contact=int(at)),
        zeros_are_refused="contact",
    ),
    Created(
        "SalesPerson_CreateSalesperson",
        lambda mark: wrapped(salespersonID=f"S{mark}", name="Kari"),
        lambda mark, at: invoiced(salesperson=f"S{mark}"),
        zeros_are_refused="salesperson",
    ),
    Created(
        "Inventory_Post",
        lambda mark: wrapped(inventoryNumber=f"I{mark}", description="Thing", itemClass="SALG", defaultPrice=99.5),
        lambda mark, at: invoiced(invoiceLines=[wrapped(inventoryNumber=f"I{mark}", quantity=2)]),
    ),
    Created(
        "CustomerSalesPrice_PostCustomerSalesPrice",
        lambda mark: wrapped(inventoryId="A", price=f"8{mark}.5"),
        lambda mark, at: invoiced(),
    ),
    Created(
        "Discount_Post",
        lambda mark: wrapped(
            discountCode="RABATT", series=f"S{mark}", active=True, discountBreakpoints=[wrapped(discountPercent=5)]
        ),
        lambda mark, at: invoiced(invoiceLines=[line(discountCode="RABATT")]),
    ),
    Created(
        "Project_Post",
        lambda mark: wrapped(projectID=f"P{mark}", description="Dock"),
        lambda mark, at: invoiced(project=f"P{mark}"),
    ),
    Created(
        "CustomerPaymentMethod_CreateCustomerPaymentMethod",
        lambda mark: wrapped(customerId=f"200{mark:0>2}", paymentMethodId="2", active=True, cashAccountId="1920"),
        lambda mark, at: invoiced(),
    ),
    Created(
        "Account_Post",
        lambda mark: wrapped(accountCD=f"32{mark:0>2}", description="Sales", type="Income"),
        lambda mark, at: invoiced(invoiceLines=[line(accountNumber=f"32{mark:0>2}", unitPriceInCurrency=90)]),
        zeros_are_refused="accountNumber",
    ),
    Created(
        "Subaccount_Post",
        lambda mark: wrapped(subaccountNumber=mark),
        lambda mark, at: invoiced(
            invoiceLines=[line(unitPriceInCurrency=90) | {"subaccount": [{"segmentId": 1, "segmentValue": mark}]}]
        ),
        zeros_are_refused="subaccount",
        sql="""
        insert into segment_value (company_id, dimension_id, segment_id, value, description, modified_at)
        select 1, 'SUBACCOUNT', 1, value::text, 'Place', now() from generate_series(1, 9) as value
        """,
    ),
    Created(
        "CurrencyRate_PostCurrencyRate",
        lambda mark: wrapped(fromCurrencyId="EUR", rate=11.5, effectiveDate=f"2025-03-1{mark}"),
        lambda mark, at: invoiced(currencyId="EUR", documentDate=f"2025-03-1{mark}"),
    ),
    Created("Attribute_Post", lambda mark: wrapped(attributeID=f"A{mark}", description="Colour"), None),
]

DOCUMENTS = {
    "CustomerInvoice_Create": ("v1", INVOICE),
    "CustomerInvoiceV2_Create": ("v2", INVOICE),
    "CustomerCreditNote_Create": ("v1", CREDIT_NOTE),
    "CustomerCreditNoteV2_Create": ("v2", CREDIT_NOTE),
    "CustomerDebitNote_Create": ("v1", DEBIT_NOTE),
    "CustomerDebitNoteV2_Create": ("v2", DEBIT_NOTE),
    "CashSale_Post": ("v1", CASH_SALE),
}
PAYMENTS = {"CustomerPayment_CreatePayment": "customerPayment", "Payment_CreatePayment": "payment"}
NEEDED = {CASH_SALE: wrapped(paymentReference="Receipt 1")}
"""What a kind needs besides customer and lines."""
# The smallest lines, and what is refused where all that is not said is 0: whether the item's price was meant, or one
# piece, or nothing at all, nobody can tell.
SMALLEST_LINES: dict[str, tuple[dict[str, Any], str | None]] = {
    "an item": (wrapped(inventoryNumber="A"), "quantity"),
    "some of an item": (wrapped(inventoryNumber="A", quantity=2), "unitPriceInCurrency"),
    "an item at a price": (wrapped(inventoryNumber="A", unitPriceInCurrency=90), "quantity"),
    "some of an item at a price": (wrapped(inventoryNumber="A", quantity=2, unitPriceInCurrency=90.5), None),
    "something at a price": (wrapped(description="Work", quantity=3, unitPriceInCurrency=33.333), None),
    "an item for an amount": (wrapped(inventoryNumber="A", manualAmountInCurrency=150), None),
    "an item at a discount": (
        wrapped(inventoryNumber="A", quantity=2, unitPriceInCurrency=90, discountPercent=12.5),
        None,
    ),
    "a discount as an amount": (
        wrapped(inventoryNumber="A", quantity=2, unitPriceInCurrency=90, discountAmountInCurrency=10),
        None,
    ),
    "a free item": (wrapped(inventoryNumber="A", quantity=2, discountPercent=100), None),
    "a text": (wrapped(description="Thank you"), None),
}

HEADER_FIGURES = (
    "currencyId", "exchangeRate", "amount", "amountInCurrency", "balance", "vatTotal", "vatTotalInCurrency",
    "detailTotalInCurrency", "vatTaxableTotalInCurrency", "vatExemptTotalInCurrency", "discountTotalInCurrency",
    "cashDiscountInCurrency", "roundingDiff", "documentDate", "documentDueDate", "cashDiscountDate", "financialPeriod",
    "creditTerms", "customerVatZone", "paymentMethod", "cashAccount", "status", "branchNumber",
)  # fmt: skip
LINE_FIGURES = ("amount", "amountInCurrency", "account", "vatCode", "uom")


def worth(document: Mapping[str, Any], lines: str) -> Any:
    """All of a document that money hangs on. Quantity, price and discount only make the amount of a line."""
    rows = document.get("taxDetails", [])  # cash sales do not show them
    taxes = [{name: row[name] for name in ("taxId", "taxableAmount", "vatAmount")} for row in rows]
    figures = [{name: row.get(name) for name in LINE_FIGURES} for row in document[lines]]
    return {name: document.get(name) for name in HEADER_FIGURES}, taxes, figures


async def read(client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = json.loads((await client.get(answer.headers["Location"])).text, parse_float=Decimal)
    return document


def test_every_create_body_of_the_contract_is_tried() -> None:
    operations = contract.operations()
    creates = {
        route.operation
        for route in mounted_routes()
        if route.method == "POST" and route.missing is None and route.body is not None
        if (operation := operations.get(route.operation)) is not None and "/action/" not in operation.path
    }
    assert creates == {*DOCUMENTS, *PAYMENTS, *(created.operation for created in OTHERS)}


def test_a_dialect_fills_in_every_field() -> None:
    body = whole(GO, "CustomerInvoiceUpdateDto", wrapped(customerNumber="20001", invoiceLines=[line()]))
    assert body.keys() == contract.schemas()["CustomerInvoiceUpdateDto"].keys()
    assert body["invoiceLines"][0].keys() == contract.schemas()["CustomerInvoiceLinesUpdateDto"].keys()
    assert (body["customerNumber"], body["exchangeRate"]) == ({"value": "20001"}, {"value": 0})
    assert body["invoiceLines"][0]["quantity"] == {"value": 2}
    assert body["invoiceLines"][0]["manualAmountInCurrency"] == {"value": 0}
    assert body["documentDate"] == {"value": "0001-01-01T00:00:00Z"}
    assert body["billingAddress"]["value"]["countryId"] == {"value": ""}
    assert whole(CSHARP, "CustomerInvoiceUpdateDto", {})["billingAddress"] == {"value": None}


@pytest.mark.parametrize("operation", DOCUMENTS)
async def test_a_document_of_a_generated_client_is_worth_what_was_meant(
    client: httpx.AsyncClient, operation: str
) -> None:
    version, kind = DOCUMENTS[operation]
    schema = contract.operations()[operation].body
    assert schema is not None
    lines = LINES[kind]
    for (sent, refused), dialect in itertools.product(SMALLEST_LINES.values(), DIALECTS):
        smallest = wrapped(customerNumber="20001") | NEEDED.get(kind, {}) | {lines: [sent]}
        expected = await read(client, await client.post(f"/{version}/{kind}", json=smallest))
        answer = await client.post(f"/{version}/{kind}", json=whole(dialect, schema, smallest))
        if dialect in ZEROS and refused:
            assert answer.status_code == 400, (dialect.name, sent, answer.text)
            assert f"Field: {lines}[0].{refused}. For " in answer.json()["message"]
        else:
            assert worth(await read(client, answer), lines) == worth(expected, lines), (dialect.name, sent)


@pytest.mark.parametrize("operation", PAYMENTS)
async def test_a_payment_of_a_generated_client_settles_what_was_meant(
    client: httpx.AsyncClient, operation: str
) -> None:
    """What is settled is said in full: with an amount of 0 on a line nobody can tell how much was meant."""
    schema = contract.operations()[operation].body
    assert schema is not None
    invoice = await client.post("/v1/customerinvoice", json=invoiced())
    address = invoice.headers["Location"]
    assert (await client.post(f"{address}/action/release")).status_code == 200
    settling = wrapped(refNbr=address.rpartition("/")[2], amountPaid=40)
    smallest = wrapped(customer="20001", applicationDate="2025-03-20", paymentAmount=50) | {"paymentLines": [settling]}

    async def made(body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(f"/v1/{PAYMENTS[operation]}", json=body)
        payment = await read(client, answer)
        emptied = await client.delete(f"/v1/reskontra/customerPayment/{payment['refNbr']}")
        assert emptied.status_code == 204, emptied.text
        return {name: value for name, value in payment.items() if name not in NAMES}

    expected = await made(smallest)
    for dialect in DIALECTS:
        assert await made(whole(dialect, schema, smallest)) == expected, dialect.name


NAMES = ("refNbr", "paymentRef", "lastModifiedDateTime", "timeStamp")
"""What differs between two payments that are the same."""


@pytest.mark.parametrize("kind", LINES)
async def test_a_customer_of_another_currency_zone_or_terms_keeps_them(client: httpx.AsyncClient, kind: str) -> None:
    schema = contract.operations()[{path: name for name, (_, path) in DOCUMENTS.items()}[kind]].body
    assert schema is not None
    for customer, dialect in itertools.product(("20020", "20019"), DIALECTS):
        smallest = wrapped(customerNumber=customer, documentDate="2025-03-20") | NEEDED.get(kind, {})
        smallest[LINES[kind]] = [wrapped(description="Work", quantity=3, unitPriceInCurrency=33.333, vatCodeId="52")]
        expected = await read(client, await client.post(f"/v1/{kind}", json=smallest))
        answer = await client.post(f"/v1/{kind}", json=whole(dialect, schema, smallest))
        if dialect in ZEROS and kind != CASH_SALE:  # whose rate cannot be sent
            assert answer.status_code == 400, (dialect.name, answer.text)
            assert "Field: exchangeRate. Sent: '0'." in answer.json()["message"]
            answer = await client.post(
                f"/v1/{kind}",
                json=whole(dialect, schema, smallest | wrapped(exchangeRate=float(expected["exchangeRate"]))),
            )
        assert worth(await read(client, answer), LINES[kind]) == worth(expected, LINES[kind]), (customer, dialect.name)


@pytest.mark.parametrize("created", OTHERS, ids=lambda created: created.operation)
async def test_what_a_generated_client_makes_costs_nothing_when_it_is_invoiced(
    client: httpx.AsyncClient, books: Database, created: Created
) -> None:
    if created.sql is not None:
        async with books.transaction() as connection:
            await connection.execute(created.sql)
    operation = contract.operations()[created.operation]
    schema = operation.body or ""
    marks = (str(mark) for mark in range(1, 10))

    async def made(body: Callable[[str], dict[str, Any]]) -> httpx.Response | None:
        mark = next(marks)
        answer = await client.post(operation.path, json=body(mark))
        assert answer.status_code == 201, answer.text
        if created.invoice is None:
            return None
        at = answer.headers["Location"].rpartition("/")[2]
        return await client.post("/v1/customerinvoice", json=created.invoice(mark, at))

    first = await made(created.smallest)
    expected = None if first is None else worth(await read(client, first), "invoiceLines")
    for dialect in DIALECTS:
        answer = await made(lambda mark: whole(dialect, schema, created.smallest(mark)))  # noqa: B023
        if answer is None:
            continue
        if dialect in ZEROS and created.zeros_are_refused:
            assert answer.status_code == 400, (dialect.name, answer.text)
            assert created.zeros_are_refused in answer.json()["message"]
        else:
            found = worth(await read(client, answer), "invoiceLines")
            assert masked(found) == masked(expected), dialect.name


def masked(figures: Any) -> str:
    """The figures without what has another name each time: the date of the rate, and codes with a mark."""
    header, taxes, lines = figures
    dates = {"documentDate", "documentDueDate", "cashDiscountDate"}
    kept = {name: value for name, value in header.items() if name not in dates}
    return json.dumps(
        [kept, taxes, [{**row, "account": row["account"]["type"]} for row in lines]], default=str, sort_keys=True
    )
