"""The commands that may meet, as data, and the little company in which they do. Not how they meet: see `meetings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

DAY = "2025-05-05"
INVOICES, CREDIT_NOTES, CUSTOMERS = "/v1/customerinvoice", "/v1/customerCreditNote", "/v1/customer"
PERIODS = "/v1/reskontra/financialPeriod"

# What the company has (see `open_company`): two customers. The first owes all that follows, the second has a limit.
MAIN, OTHER = "20001", "20002"
REMINDED_TWICE, OWED, DRAFT, SECOND_DRAFT = "002001", "002002", "002003", "002004"
NEXT_INVOICE, NEXT_CUSTOMER = "002005", "20003"
NOTE = "010001"


@dataclass(frozen=True)
class Command:
    """One request. `of_draft` sends the ETag that the draft had at the start as If-Match."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    of_draft: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def wrapped(**fields: Any) -> dict[str, Any]:
    """Fields as the wire wraps them; lists and objects stay bare."""
    return {name: value if isinstance(value, list | dict) else {"value": value} for name, value in fields.items()}


def line(number: int | None = None, operation: str = "Insert", **fields: Any) -> dict[str, Any]:
    return {"operation": operation} | ({"lineNumber": {"value": number}} if number else {}) | wrapped(**fields)


def invoice(customer: str = MAIN, day: str = DAY, quantity: int = 1, **more: Any) -> dict[str, Any]:
    lines = [line(inventoryNumber="A", quantity=quantity), line(inventoryNumber="6", quantity=1)]
    return wrapped(customerNumber=customer, documentDate=day, invoiceLines=lines, **more)


def settling(number: str, amount: float, operation: str = "Insert") -> dict[str, Any]:
    return {"operation": operation} | wrapped(documentType="Invoice", refNbr=number, amountPaid=amount)


def credit_note(*applications: dict[str, Any], **more: Any) -> dict[str, Any]:
    lines = [line(inventoryNumber="A", quantity=4)]
    day = "2025-06-06"
    return wrapped(customerNumber=MAIN, documentDate=day, lines=lines, applicationLines=list(applications), **more)


def post(path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Command:
    return Command("POST", path, body, **more)


def put(path: str, body: Mapping[str, Any], **more: Any) -> Command:
    return Command("PUT", path, body, **more)


def reminder(level: int, day: str) -> Mapping[str, Any]:
    return {"dunningLetterDate": f"{day}T09:00:00Z", "levelFrom": level, "levelTo": level}


_DRAFT = f"{INVOICES}/{DRAFT}"
_NOTE = f"{CREDIT_NOTES}/{NOTE}"
_MAIN = f"{CUSTOMERS}/{MAIN}"
_REMIND = f"{_MAIN}/action/createDunningLetter"

COMMANDS: Mapping[str, Command] = {
    # Invoices and their series
    "create": post(INVOICES, invoice()),
    "create the largest that credit allows": post(INVOICES, invoice(OTHER, quantity=40)),
    "create under the next number": post(INVOICES, invoice(referenceNumber=NEXT_INVOICE)),
    "create under a number of its own": post(INVOICES, invoice(referenceNumber="X-1")),
    "create for the other customer": post(INVOICES, invoice(OTHER)),
    "create in the closed month": post(INVOICES, invoice(day="2024-12-20")),
    "change the header of what was read": put(_DRAFT, wrapped(invoiceText="anew, as read"), of_draft=True),
    "change a line": put(_DRAFT, wrapped(invoiceLines=[line(1, "Update", quantity=3)])),
    "add a line": put(_DRAFT, wrapped(invoiceLines=[line(inventoryNumber="222", quantity=2)])),
    "delete a line": put(_DRAFT, wrapped(invoiceLines=[line(2, "Delete")])),
    "change the customer": put(_DRAFT, wrapped(customerNumber=OTHER)),
    "delete": Command("DELETE", _DRAFT),
    "release": post(f"{_DRAFT}/action/release"),
    "release what was read": post(f"{_DRAFT}/action/release", of_draft=True),
    "release another one": post(f"{INVOICES}/{SECOND_DRAFT}/action/release"),
    "change the note of what is owed": put(f"{INVOICES}/{OWED}", wrapped(note="called them")),
    # Settlement
    "create a note that settles": post(CREDIT_NOTES, credit_note(settling(OWED, 50))),
    "settle another one too": put(_NOTE, wrapped(applicationLines=[settling(OWED, 70)])),
    "delete the note": Command("DELETE", _NOTE),
    "release the note": post(f"{_NOTE}/action/release"),
    # Reminding
    "remind": post(_REMIND, reminder(1, "2025-03-10")),
    "remind for a fee": post(_REMIND, reminder(3, "2025-04-15")),
    # Customers and their series
    "create a customer": post(CUSTOMERS, wrapped(name="New AS")),
    "create a customer under the next number": post(CUSTOMERS, wrapped(number=NEXT_CUSTOMER, name="Next AS")),
    "create a child": post(CUSTOMERS, wrapped(name="Child AS", parentRecordNumber=MAIN)),
    "rename the customer": put(_MAIN, wrapped(name="Renamed AS")),
    "renumber to the next number": post(f"{CUSTOMERS}/action/changeCustomerCd/1", {"customerCd": NEXT_CUSTOMER}),
    "hold the customer's credit": put(_MAIN, wrapped(status="CreditHold")),
    "take the other class": put(_MAIN, wrapped(customerClassId="2") | {"overrideWithClassValues": True}),
    "give the invoices an address": put(_MAIN, wrapped(invoiceAddress={"value": wrapped(addressLine1="Box 1")})),
    "end the other customer": put(f"{CUSTOMERS}/{OTHER}", wrapped(status="Inactive")),
    "rename the place": put(f"/v1/location/{MAIN}/Main", wrapped(locationName="The yard")),
    # What documents show and stand on
    "change the item": put("/v1/inventory/A", wrapped(description="Advice", defaultPrice=120)),
    "rename the account": put("/v1/account/3000", wrapped(description="Sales, all of them")),
    "change rules and words by the file": Command("APPLY", ""),
    "close the month": post(f"{PERIODS}/202505/action/close"),
    "reopen the closed month": post(f"{PERIODS}/202412/action/reopen"),
}
"""Each may meet any other, and itself."""

APPLIED = """
series:
  - series_id: INVOICE
    ranges:
      - {start_number: "002001", end_number: "888888", warn_number: "880000"}
vat:
  - vat_id: "3"
    description: Domestic VAT, full rate
"""
"""The company file of "change rules and words by the file"."""


OTHER_CLASS = """
    insert into customer_class
    select (json_populate_record(standing, '{"customer_class_id": "2", "terms_id": "30"}')).*
      from customer_class as standing where company_id = $1"""
"""The class of "take the other class"."""


async def open_company(client: httpx.AsyncClient) -> None:
    """Make what the commands name, in an empty company whose year 2024 is closed."""
    limit = wrapped(creditVerification="CreditLimit", creditLimit=6000)
    await _ok(client.post(CUSTOMERS, json=wrapped(name="Main AS")))
    await _ok(client.post(CUSTOMERS, json=wrapped(name="Other AS") | limit))
    await _ok(client.post(f"{PERIODS}/202412/action/close", json={}))
    for day in ("2025-01-01", "2025-02-01"):
        created = await _ok(client.post(INVOICES, json=invoice(day=day)))
        await _ok(client.post(f"{created.headers['location']}/action/release"))
        if day == "2025-01-01":
            for level, reminded in ((1, "2025-02-01"), (2, "2025-03-01")):
                await _ok(client.post(_REMIND, json=reminder(level, reminded)))
    await _ok(client.post(INVOICES, json=invoice()))
    await _ok(client.post(INVOICES, json=invoice(day="2025-06-01")))
    await _ok(client.post(CREDIT_NOTES, json=credit_note(settling(REMINDED_TWICE, 100))))


async def _ok(answering: Any) -> httpx.Response:
    answer: httpx.Response = await answering
    assert answer.is_success, answer.text
    return answer
