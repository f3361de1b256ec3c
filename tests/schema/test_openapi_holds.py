"""Every operation against its own description: generated requests, valid and not, must be answered as declared.

The checks and what is left out are T2: a request that breaks the schema may still pass, because names,
numbers in quotes and wrapping are lenient on purpose. Only operations that declare 501 are left out. Which requests
are made is the same in every run. Generated alone they would nearly all end at the first look-up, so some paths are
led to what the demo company has, and some bodies are laid over one that would pass.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from reskontra.app import mounted_routes
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.web.openapi import Reference
from tests.clerk import INVOICE, Clerk, application
from tests.conftest import SEEDED_FROM, assert_books_prove_themselves, open_client

if TYPE_CHECKING:
    from tests.conftest import ServerProcess
    from tests.databases import Databases

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
REQUESTS_PER_OPERATION = 10

SERIES, PROJECTS = ("S1", "S2"), ("DOCK", "QUAY")

# Of what a path can name, some that the demo company has. Several, because requests delete and release.
KNOWN: dict[str, Sequence[str]] = {
    "customercd": ("20001", "20019"),
    "customer": ("20003", "20004"),
    "customernumber": ("20001", "20002"),
    "internalid": ("1", "2"),
    "invoicenumber": ("003547", "003527", "003531", "003525", "003535", "003539", "003549", "003551", "003553"),
    "creditnotenumber": ("010001", "010002", "010004"),
    "debitnotenumber": ("001001", "001002"),
    "inventorynumber": ("A", "222"),
    "inventoryid": ("1", "2"),
    "itemclassnumber": ("SALG",),
    "accountcd": ("3000", "1500"),
    "subaccountnumber": ("0",),
    "dimensionid": ("SUBACCOUNT",),
    "segmentid": ("1",),
    "valueid": ("0",),
    "vatid": ("3",),
    "taxcategoryid": ("3",),
    "vatzoneid": ("NO",),
    "curyid": ("EUR", "NOK"),
    "branchnumber": ("1",),
    "organizationnumber": ("1",),
    "countryid": ("NO",),
    "financialperiodid": ("202501", "202002"),
    "numberingid": ("INVOICE",),
    "paymentmethodnumber": ("1",),
    "locationid": ("Main",),
    "baccountid": ("1", "20001"),
    "journaltransactionnumber": ("AR000001",),
    "currencyrateid": ("1", "2"),
    "contactid": ("1", "2"),
    "salespersoncd": ("ANNE",),
    "attributeid": ("COLOUR",),
    "customerclassid": ("1",),
    "customerid": ("20001", "20002"),
    "customerpaymentmethodid": ("2",),
    "recordid": ("1", "2"),
    "discountcode": ("RABATT",),
    "series": SERIES,
    "projectid": PROJECTS,
    "linenumber": ("1",),
    "accountnumber": ("1920",),
    "letternumber": ("1",),
    "documenttype": ("Invoice", "CreditNote"),
    "referencenumber": ("003547", "010001"),
    "refnbr": ("003547",),
    "applicationid": ("1", "2"),
}
"""`_furnish` adds what it makes."""

LINE = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 2}}
OWED_BY = {"customerNumber": {"value": "20001"}, "documentDate": {"value": "2025-03-03"}}
PAID_BY = {
    "customer": {"value": "20001"},
    "applicationDate": {"value": "2025-03-03"},
    "paymentAmount": {"value": 100},
}
PASSING: dict[str, dict[str, Any]] = {
    "customerinvoice": {**OWED_BY, "invoiceLines": [LINE]},
    "customercreditnote": {**OWED_BY, "lines": [LINE]},
    "customerdebitnote": {**OWED_BY, "lines": [LINE]},
    "customer": {"name": {"value": "Fjord Kajakk AS"}},
    "inventory": {"inventoryNumber": {"value": "B"}, "itemClass": {"value": "SALG"}, "description": {"value": "Bolt"}},
    "currencyrate": {
        "fromCurrencyId": {"value": "EUR"},
        "toCurrencyId": {"value": "NOK"},
        "rateType": {"value": "SPOT"},
        "effectiveDate": {"value": "2025-03-03"},
        "rate": {"value": 11.5},
    },
    "attribute": {
        "attributeID": {"value": "COLOUR"},
        "description": {"value": "Colour"},
        "controlType": {"value": "Text"},
    },
    "salesperson": {"salespersonCD": {"value": "ANNE"}, "name": {"value": "Anne"}},
    "contact": {"lastName": {"value": "Lie"}},
    "location": {"baccountId": {"value": "20001"}, "locationId": {"value": "NORD"}, "locationName": {"value": "Nord"}},
    "account": {"accountCD": {"value": "3001"}, "type": {"value": "Income"}, "accountClass": {"value": "SALES"}},
    "subaccount": {"subaccountNumber": {"value": "1"}},
    "payment": PAID_BY,
    "customerpayment": PAID_BY,
    "cashsale": {**OWED_BY, "paymentReference": {"value": "Receipt 1"}, "cashSaleLines": [LINE]},
    "customeroverduecharge": {**OWED_BY, "lines": [LINE]},
    "customersalesprice": {
        "inventoryId": {"value": "A"},
        "price": {"value": 90},
        "priceType": {"value": "Base"},
    },
    "discount": {"discountCode": {"value": "RABATT"}, "series": {"value": "S3"}},
    "customerpaymentmethod": {"customerId": {"value": "20001"}, "paymentMethodId": {"value": "2"}},
    "project": {"projectID": {"value": "PIER"}, "description": {"value": "Pier"}},
}


def _described() -> BaseSchema:
    """The document as a client gets it, with how much is generated from it."""
    generation = GenerationConfig(
        max_examples=REQUESTS_PER_OPERATION, deterministic=True, no_shrink=True, database="none"
    )
    phases = PhasesConfig(examples=ExamplesPhaseConfig(enabled=False), coverage=CoveragePhaseConfig(enabled=False))
    project = ProjectConfig(generation=generation, phases=phases)
    document = json.loads(Reference(mounted_routes()).openapi("http://localhost"))
    described = schemathesis.openapi.from_dict(
        document, config=SchemathesisConfig(projects=ProjectsConfig(default=project))
    )
    return described.exclude(func=_declares_that_it_is_not_served)


def _declares_that_it_is_not_served(context: Any) -> bool:
    return "501" in context.operation.definition.raw["responses"]


schema = _described()


@schema.hook
def map_path_parameters(context: Any, values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Two of three paths lead to something that exists."""
    if values is None or _dice(values, 3) == 0:
        return values
    return {name: _one_of(KNOWN.get(name.lower(), (value,)), values) for name, value in values.items()}


@schema.hook
def map_body(context: Any, body: Any) -> Any:
    """Two of three objects become one that would pass, with one or two fields of the generated one laid over it."""
    passing = PASSING.get(context.operation.path.split("/")[2].lower(), {})
    if not isinstance(body, dict) or _dice(body, 3) == 0:
        return body
    if context.operation.method.upper() == "PUT":
        passing = {}
    kept = sorted(name for name in body if name not in passing)[_dice(body, 5) :: 7][:2]
    return {**passing, **{name: body[name] for name in kept}}


def _one_of(known: Sequence[str], values: Any) -> str:
    return known[_dice(values, 97) % len(known)]


def _dice(value: Any, sides: int) -> int:
    """A throw that depends on nothing but the value."""
    return zlib.crc32(repr(value).encode("utf-8", "surrogatepass")) % sides


@pytest.fixture(scope="module")
async def running(
    databases: Databases, serving: Callable[[str], AbstractContextManager[ServerProcess]]
) -> AsyncIterator[ServerProcess]:
    """A server process for all operations; after all that was sent to it the books must prove themselves."""
    name = await databases.clone()
    await _furnish(databases.dsn_of(name))
    with serving(databases.dsn_of(name)) as process:
        yield process
    await assert_books_prove_themselves(databases.dsn_of(name))
    await databases.drop(name)


async def _furnish(dsn: str) -> None:
    """What the demo of the tests lacks: some of each kind that a path can name."""
    database, clock = await Database.connect(dsn), SeededClock(SEEDED_FROM)
    async with open_client(Settings(sandbox=True), database, clock) as http:
        clerk = Clerk(http, database, clock)
        owed = [await clerk.issue(INVOICE) for _ in range(3)]
        drafts = [await clerk.payment(50) for _ in range(4)]
        paid = [await clerk.pay(100, application(invoice, 40)) for invoice in owed]
        sold = [await clerk.cash_sale() for _ in range(4)]
        charges = (await clerk.charge("2025-06-01"))["created"]
        await clerk.post("reskontra/run/writeOff", asOf="2025-06-01")
        steps = [{"discountPercent": 5}]
        for answer in (
            *[
                await clerk.post("discount", discountCode="RABATT", series=it, discountBreakpoints=steps)
                for it in SERIES
            ],
            *[await clerk.post("project", projectID=it, description="Harbour") for it in PROJECTS],
            await clerk.post("customerpaymentmethod", customerId="20001", paymentMethodId="2"),
            await clerk.post("customerSalesPrice", inventoryId="A", price=90),
        ):
            assert answer.status_code == 201, answer.text
    await database.close()
    KNOWN["paymentnumber"] = [it.number for it in (*drafts, *paid)]
    KNOWN["documentnumber"] = [it.number for it in sold]
    KNOWN["overduechargenumber"] = [it["referenceNumber"] for it in charges[:5]]


@pytest.fixture(scope="module")
def session(running: ServerProcess) -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.headers["Authorization"] = f"Bearer {running.token}"
        yield opened


@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_operation(case: schemathesis.Case, running: ServerProcess, session: requests.Session) -> None:
    case.call_and_validate(base_url=running.url, session=session, checks=CHECKS)
