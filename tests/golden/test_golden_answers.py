"""Whole answers of every operation of step 1, kept as files: what a client sees cannot change without being seen here.

`pytest tests/golden --update-golden` writes the files anew; then read the difference before it is committed.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from reskontra.app import mounted_routes
from reskontra.web.contract import operations
from reskontra.web.routing import Match, Router
from tests.clerk import STALE, wrapped

FILES = Path(__file__).parent / "answers"
HEADERS = ("content-type", "location", "etag", "allow", "x-ratelimit-limit", "x-ratelimit-policy")

Body = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One request of the play. `name` begins with the operation's; what comes after a dot tells scenes apart."""

    name: str
    method: str
    target: str
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        return self.name.partition(".")[0]


def line(**fields: Any) -> Body:
    return {"operation": "Insert", **wrapped(**fields)}


CUSTOMER = wrapped(
    number="10000",
    name="Golden Gate AS",
    customerClassId="1",
    corporateId="910000999",
    mainAddress=wrapped(addressLine1="TestRoad 13", postalCode="0101", city="Oslo", countryId="NO"),
    mainContact=wrapped(name="Kari Nordmann", email="kari@golden.example", phone1="22 00 00 00"),
    invoiceAddress=wrapped(addressLine1="Box 7", postalCode="5003", city="Bergen", countryId="NO"),
    creditVerification="CreditLimit",
    creditLimit=100000,
)
INVOICE = wrapped(
    referenceNumber="156589",
    customerNumber="10000",
    documentDate="2025-01-27",
    invoiceText="Payment for potatoes",
    externalReference="EXT-1",
    customerRefNumber="PO-77",
    note="Two lines, one of them discounted.",
    invoiceLines=[
        line(inventoryNumber="222", quantity=500, uom="STK"),
        line(description="Freight", quantity=1, unitPriceInCurrency=149.5, discountPercent=10),
    ],
)
DIVIDED = wrapped(
    referenceNumber="DIV-1",
    overrideNumberSeries=True,
    customerNumber="10000",
    documentDate="2025-01-27",
    creditTermsId="RATE3",
    invoiceText="Paid in instalments",
    customerRefNumber="PO-78",
    invoiceLines=[line(inventoryNumber="A", quantity=1)],
)
ABROAD = wrapped(
    customerNumber="20020",
    documentDate="2025-01-27",
    currencyId="EUR",
    invoiceLines=[line(inventoryNumber="A", quantity=1.5, unitPriceInCurrency=9.99, vatCodeId="52")],
)
CREDIT_NOTE = wrapped(
    referenceNumber="25698",
    customerNumber="10000",
    documentDate="2025-11-21",
    financialPeriod="202511",
    lines=[line(inventoryNumber="A", quantity=1, unitPriceInCurrency=1)],
)
DEBIT_NOTE = wrapped(
    referenceNumber="000050",
    customerNumber="10000",
    documentDate="2025-01-16",
    invoiceText="DebitNote",
    lines=[line(description="Test", quantity=2, unitPriceInCurrency=2, uom="STK")],
)
FIRST_LINE = [{"operation": "Update", **wrapped(lineNumber=1, inventoryNumber="6", quantity=1)}]

INVOICES, CREDIT_NOTES, DEBIT_NOTES = "/v1/customerinvoice", "/v1/customerCreditNote", "/v1/customerDebitNote"

PLAY = (
    # Customers
    Scene("Customer_GetAll", "GET", "/v1/customer?pageSize=2&expandAccountInformation=true&expandPaymentMethods=true"),
    Scene("Customer_GetAll.bare", "GET", "/v1/customer?pageSize=1&pageNumber=2"),
    Scene("Customer_GetAll.empty", "GET", "/v1/customer?name=nobody"),
    Scene("Customer_GetAll.refused", "GET", "/v1/customer?status=asleep"),
    Scene("Customer_Post", "POST", "/v1/customer", CUSTOMER),
    Scene("Customer_Post.taken", "POST", "/v1/customer", CUSTOMER),
    Scene("Customer_Post.malformed", "POST", "/v1/customer", wrapped(name="x", creditLimit="much")),
    Scene("Customer_GetBycustomerCd", "GET", "/v1/customer/10000"),
    Scene("Customer_GetBycustomerCd.unknown", "GET", "/v1/customer/99"),
    Scene("Customer_PutBycustomerCd", "PUT", "/v1/customer/10000", wrapped(name="Golden Gate Bridge AS")),
    Scene("Customer_PutBycustomerCd.stale", "PUT", "/v1/customer/10000", wrapped(name="x"), STALE),
    Scene("Customer_PutBycustomerCd.unknown", "PUT", "/v1/customer/10000", wrapped(vatZoneId="MARS")),
    Scene("Customer_PutByinternalID", "PUT", "/v1/customer/internal/{internalId}", wrapped(accountReference="ours")),
    Scene("Customer_GetByinternalID", "GET", "/v1/customer/internal/{internalId}"),
    # Invoices
    Scene("CustomerInvoice_Create", "POST", INVOICES, INVOICE),
    Scene("CustomerInvoice_Create.taken", "POST", INVOICES, INVOICE),
    Scene("CustomerInvoice_Create.unknown", "POST", INVOICES, {**INVOICE, **wrapped(creditTermsId="never")}),
    Scene("CustomerInvoice_GetByinvoiceNumber", "GET", f"{INVOICES}/156589"),
    Scene("CustomerInvoice_UpdateByinvoiceNumber", "PUT", f"{INVOICES}/156589", wrapped(invoiceLines=FIRST_LINE)),
    Scene("CustomerInvoice_UpdateByinvoiceNumber.stale", "PUT", f"{INVOICES}/156589", wrapped(note="x"), STALE),
    Scene("CustomerInvoice_GetByinvoiceNumber.changed", "GET", f"{INVOICES}/156589"),
    Scene("CustomerInvoice_ReleaseInvoiceByinvoiceNumber", "POST", f"{INVOICES}/156589/action/release"),
    Scene("CustomerInvoice_ReleaseInvoiceByinvoiceNumber.again", "POST", f"{INVOICES}/156589/action/release"),
    Scene("CustomerInvoice_GetByinvoiceNumber.released", "GET", f"{INVOICES}/156589"),
    Scene("CustomerInvoice_DeleteByinvoiceNumber.released", "DELETE", f"{INVOICES}/156589"),
    Scene("CustomerInvoiceV2_Create", "POST", "/v2/customerinvoice", ABROAD),
    Scene("CustomerInvoice_GetByinvoiceNumber.abroad", "GET", f"{INVOICES}/003548"),
    Scene("CustomerInvoice_DeleteByinvoiceNumber", "DELETE", f"{INVOICES}/003548"),
    Scene("CustomerInvoice_GetAll", "GET", f"{INVOICES}?customer=10000&expandApplications=1&expandInvoiceAddress=1"),
    Scene("CustomerInvoice_GetAll.bare", "GET", f"{INVOICES}?pageSize=1&expandAttachments=0&expandTaxDetails=false"),
    # Credit notes
    Scene("CustomerCreditNote_Create", "POST", CREDIT_NOTES, CREDIT_NOTE),
    Scene("CustomerCreditNote_UpdateBycreditNoteNumber", "PUT", f"{CREDIT_NOTES}/25698", wrapped(lines=FIRST_LINE)),
    Scene("CustomerCreditNote_GetBycreditNoteNumber", "GET", f"{CREDIT_NOTES}/25698"),
    Scene("CustomerCreditNote_ReleaseDocumentBycreditNoteNumber", "POST", f"{CREDIT_NOTES}/25698/action/release"),
    Scene(
        "CustomerCreditNoteV2_Create", "POST", "/v2/customerCreditNote", {**CREDIT_NOTE, **wrapped(referenceNumber="2")}
    ),
    Scene("CustomerCreditNote_DeleteBycreditNoteNumber", "DELETE", f"{CREDIT_NOTES}/2"),
    Scene("CustomerCreditNote_GetAll", "GET", f"{CREDIT_NOTES}?financialPeriod=202001&status=balanced"),
    # Debit notes
    Scene("CustomerDebitNote_Create", "POST", DEBIT_NOTES, DEBIT_NOTE),
    Scene("CustomerDebitNote_UpdateBydebitNoteNumber", "PUT", f"{DEBIT_NOTES}/000050", wrapped(lines=FIRST_LINE)),
    Scene("CustomerDebitNote_GetBydebitNoteNumber", "GET", f"{DEBIT_NOTES}/000050"),
    Scene("CustomerDebitNote_ReleaseDocumentBydebitNoteNumber", "POST", f"{DEBIT_NOTES}/000050/action/release"),
    Scene(
        "CustomerDebitNoteV2_Create", "POST", "/v2/customerDebitNote", {**DEBIT_NOTE, **wrapped(referenceNumber="3")}
    ),
    Scene("CustomerDebitNote_GetAll", "GET", f"{DEBIT_NOTES}?project=20"),
    # Reminding
    Scene(
        "Customer_CreateDunningLetterActionBycustomer",
        "POST",
        "/v1/customer/10000/action/createDunningLetter",
        {"dunningLetterDate": "2025-03-21T09:39:48.538Z", "levelFrom": 1, "levelTo": 2},
    ),
    Scene("CustomerInvoice_GetByinvoiceNumber.reminded", "GET", f"{INVOICES}/156589"),
    # Instalments
    Scene("CustomerInvoice_Create.divided", "POST", INVOICES, DIVIDED),
    Scene("CustomerInvoice_ReleaseInvoiceByinvoiceNumber.divided", "POST", f"{INVOICES}/DIV-1/action/release"),
    Scene("CustomerInvoice_GetByinvoiceNumber.divided", "GET", f"{INVOICES}/DIV-1"),
    Scene("CustomerInvoice_GetAll.instalments", "GET", f"{INVOICES}?externalReference=DIV-1"),
)


async def test_the_answers_are_those_on_file(client: httpx.AsyncClient, pytestconfig: pytest.Config):
    differences = await played(client, PLAY, FILES, update=bool(pytestconfig.getoption("--update-golden")))
    assert not differences, "\n".join(differences[:200])


async def played(client: httpx.AsyncClient, play: Sequence[Scene], files: Path, *, update: bool) -> list[str]:
    """Play the scenes in order; returns where the answers differ from the files, which `update` writes anew."""
    differences: list[str] = []
    ids = {"internalId": "0"}
    for scene in play:
        target = scene.target.format_map(ids)
        answer = await client.request(scene.method, target, json=scene.body, headers=scene.headers)
        if scene.name == "Customer_GetBycustomerCd":
            ids["internalId"] = str(answer.json()["internalId"])
        text = written(scene, answer)
        path = files / f"{scene.name}.txt"
        if update:
            files.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        before, now = in_any_order(kept).splitlines(), in_any_order(text).splitlines()
        differences += difflib.unified_diff(before, now, scene.name, "now", lineterm="", n=1)
    return differences


def test_no_file_is_left_over():
    assert sorted(path.name for path in FILES.iterdir()) == sorted(f"{scene.name}.txt" for scene in PLAY)


def test_every_operation_of_step_1_is_played_at_its_own_address():
    step_1 = {name for name, operation in operations().items() if operation.step == 1}
    assert {scene.operation for scene in PLAY} == step_1
    router = Router(mounted_routes())
    for scene in PLAY:
        match = router.find(scene.method, scene.target.partition("?")[0].encode())
        assert isinstance(match, Match)
        assert match.route.operation == scene.operation


def written(scene: Scene, answer: httpx.Response) -> str:
    """The request and the answer as a file holds them; numbers keep every digit that was sent."""
    parts = [f"{scene.method} {scene.target}"]
    parts += [f"{name}: {value}" for name, value in scene.headers.items()]
    if scene.body is not None:
        parts += [json.dumps(scene.body, ensure_ascii=False)]
    parts += ["", str(answer.status_code)]
    parts += [f"{name}: {answer.headers[name]}" for name in HEADERS if name in answer.headers]
    if answer.content:
        parts += ["", msgspec.json.format(answer.content, indent=2).decode()]
    return redacted("\n".join(parts)) + "\n"


def in_any_order(text: str) -> str:
    """A file with the names in its answer sorted: their order says nothing. Numbers stay as they are written."""
    head, blank, body = text.rpartition("\n\n")
    if not body.startswith(("{", "[")):
        return text
    parsed = json.loads(body.replace(": <number>", ': "<number>"'), parse_float=_digits, parse_int=_digits)
    return head + blank + json.dumps(parsed, ensure_ascii=False, indent=2, sort_keys=True)


def _digits(written: str) -> str:
    return f"number {written}"


MOVING = (
    (re.compile(r'^etag: "[^"]{12}"$', re.MULTILINE), 'etag: "<version>"'),
    (re.compile(r'"timeStamp": "[^"]{12}"'), '"timeStamp": "<version>"'),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r'"2026-01-15T13:00:00(\.\d{1,3})?"'), '"<now>"'),
    (re.compile(r'"(internalId|addressId|contactId)": \d+'), r'"\1": <number>'),
)
"""What differs from run to run, or when the demo company is made of more: versions, ids, the moment of the test."""


def redacted(text: str) -> str:
    for pattern, instead in MOVING:
        text = pattern.sub(instead, text)
    return text
