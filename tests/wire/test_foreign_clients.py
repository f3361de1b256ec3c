"""Requests of clients that were written for the real API, as those clients put them on the wire.

Each client that is known spells things in its own way. What it sends here has the same names, wrappers, types and
order of calls as in its code or its tests; only numbers and texts are the demo company's. What must come back is what
that client reads.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.conftest import new_company, open_client

ENCODER = msgspec.json.Encoder(decimal_format="number")
TEMPLATE = Path(__file__).parents[2] / "src" / "reskontra" / "company_file" / "templates" / "se.yaml"


def v(value: Any) -> dict[str, Any]:
    return {"value": value}


def capital(value: Any) -> dict[str, Any]:
    return {"Value": value}


async def read(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def created(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The number, as the last part of `Location`, and what that address shows in version 1."""
    content = ENCODER.encode(body)
    answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    address = answer.headers["Location"]
    return address.rpartition("/")[2], await read(client, address)


# A Go client (MjukBiltvatt/go-visma-net). Its tests ran against the live API: they are these requests.

SEGMENTS = """dimensions:
  - dimension_id: SUBACCOUNT
    description: Subaccount
    segments:
      - {segment_id: 1, description: Department, length: 2, values: [{value: "00"}]}
      - {segment_id: 2, description: Project, length: 3, values: [{value: "000"}]}
      - {segment_id: 3, description: Place, length: 2, values: [{value: "00"}]}

subaccounts:
  - {subaccount_id: 1, subaccount_number: "00-000-00", description: None}

"""


@pytest.fixture
async def swedish(books: Database, clock: SeededClock, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A Swedish company as that client's tests expect one: an account 3015, subaccounts of three segments."""
    text = TEMPLATE.read_text(encoding="utf-8")
    text = text[: text.index("dimensions:\n")] + SEGMENTS + text[text.index("branches:\n") :]
    text = text.replace("subaccount_mask: L\n", "subaccount_mask: LLLLLLL\n").replace(
        "accounts:\n",
        'accounts:\n  - {account_number: "3015", description: Services, account_type: Income, account_class: SALES}\n',
        1,
    )
    file = tmp_path / "company.yaml"
    file.write_text(text, encoding="utf-8")
    company_id = await new_company(books, clock, file, code="GO")
    async with open_client(Settings(sandbox=True), books, clock, company_id=company_id) as opened:
        yield opened


async def test_the_go_client_passes_its_own_tests(swedish: httpx.AsyncClient) -> None:
    address = {
        "addressLine1": v("123 Test St"),
        "postalCode": v("12345"),
        "city": v("Testville"),
        "countryId": v("US"),
    }
    number, customer = await created(swedish, "/v1/customer", {"name": v("Test"), "mainAddress": v(address)})
    assert (customer["number"], customer["mainAddress"]["country"]["id"]) == (number, "US")
    renamed = await swedish.put(f"/v1/customer/{number}", json={"name": v("Test 2")})
    assert (renamed.status_code, renamed.headers["Location"].rpartition("/")[2]) == (204, number)

    moved = await swedish.put(f"/v1/location/{number}/Main", json={"locationName": v("Location 1234")})
    assert (moved.status_code, moved.headers["Location"].rpartition("/")[2]) == (204, "Main")

    line = {
        "operation": "Insert",
        "itemType": v("Service"),
        "description": v("Test"),
        "quantity": v(1),
        "unitPriceInCurrency": v(100),
        "accountNumber": v("3015"),
        "subaccount": [
            {"segmentId": 1, "segmentValue": "00"},
            {"segmentId": 2, "segmentValue": "000"},
            {"segmentId": 3, "segmentValue": "00"},
        ],
        "branchNumber": v("1"),
    }
    body = {"currencyId": v("SEK"), "invoiceLines": [line], "customerNumber": v(number)}
    answer = await swedish.post("/v2/customerinvoice", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Ipp-Request-Id"]
    assert answer.headers["Request-Context"]
    invoice_number = answer.headers["Location"].rpartition("/")[2]

    invoice = await read(swedish, f"/v1/customerinvoice/{invoice_number}")
    assert invoice["referenceNumber"] == invoice_number
    [read_line] = invoice["invoiceLines"]
    assert (read_line["itemType"], read_line["isRotRutDeductible"]) == ("Service", False)
    assert (read_line["account"]["number"], read_line["subaccount"]["subaccountNumber"]) == ("3015", "00-000-00")
    assert (invoice["isRotRutDeductible"], invoice["amount"], invoice["vatTotal"]) == (False, 125, 25)

    listed = await swedish.get("/v1/customerinvoice", params={"documentType": "Invoice", "status": "Balanced"})
    assert [row["referenceNumber"] for row in listed.json()] == [invoice_number]
    assert listed.json()[0]["metadata"] == {"totalCount": 1, "maxPageSize": 1000}
    assert (await swedish.delete("/v1/customerinvoice/1")).status_code == 404, "which its test passes"
    assert (await swedish.delete(f"/v1/customerinvoice/{invoice_number}")).status_code == 204


async def test_the_go_client_attaches_a_file_and_marks_it_for_the_electronic_invoice(client: httpx.AsyncClient) -> None:
    """Its part has no name, and its body spells the flag with a capital I."""
    files = {"": ("Test.txt", b"test")}
    answer = await client.post("/v1/customerinvoice/003547/attachment", files=files)
    assert answer.status_code == 201, answer.text
    marked = await client.put(answer.headers["Location"], json={"sendToAutoInvoice": v(True)})
    assert marked.status_code == 204, marked.text


async def test_an_older_go_client_sends_dates_that_it_did_not_set(client: httpx.AsyncClient) -> None:
    """Its dates were no pointers, and Go's `omitempty` leaves no struct out."""
    no_date = v("0001-01-01T00:00:00Z")
    plain: dict[str, Any] = {
        "customerNumber": v("20001"),
        "invoiceLines": [{"inventoryNumber": v("A"), "quantity": v(1)}],
    }
    dates = dict.fromkeys(
        ("cashDiscountDate", "documentDueDate", "startDate", "endDate", "documentDate", "origDocumentDate"), no_date
    )
    line = dict.fromkeys(("startDate", "endDate", "termStartDate", "termEndDate"), no_date)
    _, expected = await created(client, "/v2/customerinvoice", plain)
    _, found = await created(
        client, "/v2/customerinvoice", plain | dates | {"invoiceLines": [plain["invoiceLines"][0] | line]}
    )
    for name in ("documentDate", "documentDueDate", "cashDiscountDate", "amount", "invoiceLines", "startDate"):
        assert found.get(name) == expected.get(name)


# The C# client (ON-IT/Visma.Net): capital `Value`, decimals of 28 digits, whole lines sent back.


async def test_the_c_sharp_client_creates_reads_changes_and_releases(client: httpx.AsyncClient) -> None:
    line = {
        "operation": "Insert",
        "lineNumber": capital(0),
        "inventoryNumber": capital("A"),
        "description": capital("Line"),
        "quantity": capital(2.0),
        "unitPriceInCurrency": capital(Decimal("86.95652173913043478260869565")),
        "itemType": capital("Service"),
        "domesticServicesDeductible": capital(False),
        "uOM": capital("STK"),
        "termStartDate": capital("2025-03-01T00:00:00.000"),
    }
    body = {
        "customerNumber": capital("20001"),
        "documentDate": capital("2025-03-03T00:00:00.000"),
        "hold": capital(False),
        "invoiceLines": [line, {**line, "operation": "Insert", "itemType": capital("MaterialCost")}],
    }
    number, invoice = await created(client, "/API/controller/api/v2/customerinvoice", body)
    path = f"/API/controller/api/v1/customerinvoice/{number}"
    first, second = invoice["invoiceLines"]
    assert (first["itemType"], second["itemType"]) == ("Service", "MaterialCost")
    assert (first["unitPriceInCurrency"], first["amount"]) == (86.956522, 173.91)

    # All lines that it read come back as an Update with the amount they had; a new one beside them.
    whole = {
        "operation": "Update",
        "lineNumber": capital(1),
        "inventoryNumber": capital("A"),
        "description": capital("Line"),
        "quantity": capital(3.0),
        "unitPriceInCurrency": capital(100.0),
        "manualAmountInCurrency": capital(first["manualAmountInCurrency"]),
        "discountPercent": capital(0.0),
        "itemType": capital("Service"),
        "vatCodeId": capital("3"),
        "accountNumber": capital("3000"),
    }
    new = {"operation": "Insert", "lineNumber": capital(0), "description": capital("Freight"), "quantity": capital(1.0)}
    lines = [whole, {"operation": "Delete", "lineNumber": capital(2)}, {"operation": "Nothing"}, new]
    assert (await client.put(path, json={"invoiceLines": lines})).status_code == 204
    after = await read(client, path)
    assert [(line["lineNumber"], line["amount"]) for line in after["invoiceLines"]] == [(1, 300), (3, 0)]
    done = await client.post(f"{path}/action/release", json={})
    assert done.json()["actionResult"] == "Done"


# Another Go client (omniboost/go-visma.net): every figure of a line is sent, also 0, and the VAT code as null.


def of_omniboost(**fields: Any) -> dict[str, Any]:
    numbers = {name: v(0) for name in ("lineNumber", "quantity", "unitPriceInCurrency", "manualAmountInCurrency")}
    rest = {"itemType": {}, "operation": "", "description": {}, "accountNumber": {}, "vatCodeId": v(None), "note": {}}
    return rest | numbers | {name: v(value) for name, value in fields.items()}


async def test_a_hotels_go_client_is_invoiced_for_price_and_quantity(client: httpx.AsyncClient) -> None:
    body = {
        "currencyId": v("NOK"),
        "documentDueDate": v("2025-04-03T00:00:00+02:00"),
        "externalReference": v("folio 1"),
        "invoiceLines": [
            of_omniboost(description="Room", quantity=2, unitPriceInCurrency=1200.5, accountNumber="3000"),
            of_omniboost(inventoryNumber="A", quantity=1, unitPriceInCurrency=0.3),
            of_omniboost(description="Breakfast, included", quantity=2),
        ],
        "sendToAutoInvoice": v(False),
        "overrideNumberSeries": v(False),
        "referenceNumber": {},
        "customerNumber": v("20001"),
        "documentDate": v("2025-03-03T00:00:00+01:00"),
        "hold": v(False),
        "postPeriod": {},
        "financialPeriod": {},
        "invoiceText": {},
        "note": {},
        "dontPrint": v(False),
        "dontEmail": v(False),
    }
    _, invoice = await created(client, "/API/controller/api/v2/customerinvoice", body)
    assert [line["amount"] for line in invoice["invoiceLines"]] == [2401, 0.3, 0]
    assert [line["vatCode"]["id"] for line in invoice["invoiceLines"]] == ["3", "3", "3"]
    assert (invoice["vatTotal"], invoice["documentDueDate"]) == (600.33, "2025-04-03T00:00:00")

    note = {
        "lines": [of_omniboost(description="Room", quantity=1, unitPriceInCurrency=100, accountNumber="3000")],
        "customerNumber": v("20001"),
    }
    _, credit = await created(client, "/API/controller/api/v2/customerCreditNote", note)
    assert (credit["amount"], credit["vatTotal"]) == (125, 25)


async def test_a_hotels_go_client_asks_who_it_is(books: Database, clock: SeededClock) -> None:
    """Source: a Java class that was generated from the vendor's document has these three names."""
    credentials = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    form = {"grant_type": "client_credentials", "tenant_id": str(TENANT_ID)}
    async with open_client(Settings(), books, clock) as client:
        token = await client.post("/connect/token", data=form, headers={"Authorization": f"Basic {credentials}"})
        for prefix in ("", "/API", "/API/controller/api"):
            path = f"{prefix}/resources/v1/context/userdetails"
            assert (await client.get(path)).status_code == 401
            headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
            [user] = (await client.get(path, headers=headers)).json()
            assert user == {"emailAddress": "", "firstName": CLIENT_ID, "lastName": ""}


# A PHP client (Pionect/visma-php-sdk): nulls are left out, and its pages are those of `maxPageSize`.


async def test_the_php_client_walks_its_pages(client: httpx.AsyncClient) -> None:
    query = {"expandApplications": "1", "pageNumber": "", "pageSize": ""}
    first = (await client.get("/API/v1/customerinvoice", params=query)).json()
    metadata = first[0]["metadata"]
    assert len(first) == min(metadata["totalCount"], metadata["maxPageSize"])
    assert "applications" in first[0]
    last = -(-metadata["totalCount"] // metadata["maxPageSize"])
    assert (await client.get("/API/v1/customerinvoice", params={"pageNumber": last + 1})).json() == []


async def test_the_php_client_clears_a_text_and_leaves_nulls_out(client: httpx.AsyncClient) -> None:
    body = {
        "customerNumber": v("20001"),
        "externalReference": v("shop 7"),
        "taxDetailLines": [],
        "invoiceLines": [{"operation": "Insert", "inventoryNumber": v("A"), "unitPriceInCurrency": v(199.9 / 1.25)}],
    }
    number, invoice = await created(client, "/API/v2/customerinvoice", body)
    assert (invoice["amount"], invoice["invoiceLines"][0]["unitPriceInCurrency"]) == (199.9, 159.92)
    cleared = await client.put(f"/API/v1/customerinvoice/{number}", json={"externalReference": v("")})
    assert cleared.status_code == 204
    assert "externalReference" not in await read(client, f"/v1/customerinvoice/{number}")


# A Java client (SystemaAS): boxed types, so a field that was not set is null inside its wrapper.


async def test_the_java_client_invoices_and_releases(client: httpx.AsyncClient) -> None:
    headers = {"ipp-company-id": "1", "ipp-application-type": "Visma.net Financials"}
    line = {
        "operation": "INSERT",
        "inventoryNumber": v("A"),
        "quantity": v(2),
        "unitPriceInCurrency": v(None),
        "manualAmountInCurrency": v(None),
        "accountNumber": v(None),
        "vatCodeId": v(None),
        "uom": v(None),
        "subaccount": [],
    }
    body = {
        "customerNumber": v("20001"),
        "creditTermsId": v(None),
        "currencyId": v(None),
        "exchangeRate": v(None),
        "customerVatZoneId": v(None),
        "documentDate": v(None),
        "invoiceLines": [line],
    }
    answer = await client.post("/API/controller/api/v1/customerinvoice", json=body, headers=headers)
    assert answer.headers["Location"].startswith("http://localhost/API/controller/api/v1/customerinvoice/")
    invoice = await read(client, answer.headers["Location"])
    assert (invoice["amount"], invoice["vatTotal"], invoice["creditTerms"]["id"]) == (250, 50, "14")
    done = await client.post(f"{answer.headers['Location']}/action/release", headers=headers)
    assert done.json()["actionResult"] == "Done"
    assert (await client.get("/API/controller/api/v1/customerinvoice/nobody", headers=headers)).status_code == 404


# TypeScript: connectors and shops, with JavaScript's floats and with names of their own.


async def test_a_shops_prices_are_javascripts_floats(client: httpx.AsyncClient) -> None:
    gross = (199.9, 108.695, 54.6875)
    lines = [
        {"description": v("Thing"), "vatCodeId": v("3"), "quantity": v(1), "unitPriceInCurrency": v(it / 1.25)}
        for it in gross
    ]
    lines.append({"description": v("Noise"), "vatCodeId": v("3"), "unitPriceInCurrency": v(0.1 + 0.2)})
    lines.append({"description": v("Offer"), "unitPriceInCurrency": v(30), "discountPercent": v(100 / 3)})
    body = {"customerNumber": v("20001"), "invoiceLines": lines}
    _, invoice = await created(client, "/v2/customerinvoice", body)
    assert [line["unitPriceInCurrency"] for line in invoice["invoiceLines"]] == [159.92, 86.956, 43.75, 0.3, 30]
    assert (invoice["invoiceLines"][4]["discountPercent"], invoice["invoiceLines"][4]["amount"]) == (33.333333, 20)


async def test_a_connector_with_names_of_its_own_is_told_which_is_missing(client: httpx.AsyncClient) -> None:
    body = {"customerId": "20001", "lines": [{"inventoryId": "A", "quantity": 1, "unitPrice": 10}]}
    answer = await client.post("/api/v1/customerinvoice", json=body)
    assert answer.status_code == 400
    assert "Field: customerNumber." in answer.json()["message"]
    body = {"customerNumber": "20001", "lines": [{"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 10}]}
    _, invoice = await created(client, "/api/v1/customerinvoice", body)
    assert invoice["amount"] == 12.5


async def test_an_importer_filters_by_the_measured_names(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/customerinvoice", params={"customer": "20001"})).json()
    assert {row["customer"]["number"] for row in found} == {"20001"}
    ignored = (await client.get("/v1/customerinvoice", params={"customerNumber": "20001", "skip": "5"})).json()
    assert len(ignored) > len(found)


# The vendor's own example of a credit note that settles an invoice (community thread 584910).


async def test_the_vendors_example_of_a_credit_note(client: httpx.AsyncClient) -> None:
    line = {"operation": "Insert", "inventoryNumber": v("A"), "quantity": v(1), "unitPriceInCurrency": v(50)}
    number, _ = await created(client, "/v2/customerinvoice", {"customerNumber": v("20001"), "invoiceLines": [line]})
    assert (await client.post(f"/v1/customerinvoice/{number}/action/release")).status_code == 200
    body = {
        "currencyId": v("NOK"),
        "customerRefNumber": v("cust"),
        "externalReference": v("ext"),
        "project": v("X"),
        "lines": [
            {
                **line,
                "lineNumber": v(1),
                "description": v("line1"),
                "quantity": v(10),
                "manualAmountInCurrency": v(50),
                "accountNumber": v("3000"),
                "vatCodeId": v("3"),
                "uom": v("STK"),
                "subaccount": [{"segmentId": 1, "segmentValue": "0"}],
                "note": v("a note"),
            }
        ],
        "applicationLines": [
            {"operation": "Insert", "documentType": v("Invoice"), "refNbr": v(number), "amountPaid": v(50)}
        ],
        "customerVatZoneId": v("NO"),
        "invoiceAddress": v(
            {
                "overrideAddress": v(True),
                "addressLine1": v("one"),
                "postalCode": v("7005"),
                "city": v("Trondheim"),
                "countryId": v("NO"),
                "county": v("1601"),
            }
        ),
        "invoiceContact": v({"overrideContact": v(True), "name": v("x"), "email": v("x@x.com"), "phone1": v("11111")}),
        "customerNumber": v("20001"),
        "documentDate": v("2026-01-15T10:46:10.777Z"),
        "hold": v(False),
        "postPeriod": v("012026"),
        "financialPeriod": v("202601"),
        "invoiceText": v("text"),
        "locationId": v("MAIN"),
        "note": v("Test"),
        "cashAccount": v("1920"),
    }
    note, credit = await created(client, "/v2/customerCreditNote", body)
    assert (credit["amount"], credit["applications"][0]["amountPaid"]) == (62.5, 50)
    assert (await client.post(f"/v1/customerCreditNote/{note}/action/release")).status_code == 200
    assert (await read(client, f"/v1/customerinvoice/{number}"))["balance"] == 12.5
    assert (await read(client, f"/v1/customerCreditNote/{note}"))["balance"] == 12.5
