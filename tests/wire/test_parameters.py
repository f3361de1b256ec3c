"""Every query parameter that an operation declares is read, or docs/QUIRKS.md says why it may be ignored.

What is read acts or is refused: `Query` refuses by name what a parameter cannot take.
"""

from __future__ import annotations

import enum
import re
from pathlib import Path

import pytest

from reskontra.app import mounted_routes
from reskontra.web.query import Query
from reskontra.web.routing import Route
from tests.clerk import NEEDED, Clerk

QUIRKS = (Path(__file__).parents[2] / "docs" / "QUIRKS.md").read_text(encoding="utf-8")

IN_ADDRESSES = {
    "customerCd": "20001",
    "customerNumber": "20001",
    "bAccountId": "20001",
    "customerId": "20001",
    "branchNumber": "1",
    "organizationNumber": "demo",
    "dimensionId": "SUBACCOUNT",
    "taxCategoryId": "3",
}
"""What there is in the demo company at addresses whose parameters are read last."""

OF_ONE_KIND = {
    "CustomerInvoice", "CustomerCreditNote", "CustomerDebitNote", "CustomerOverdueCharge", "Customer_GetAllInvoices",
}  # fmt: skip
OF_ALL_KINDS = {"CustomerDocument", "Customer_GetAllDocuments"}
IGNORED = {
    "documentType": OF_ONE_KIND,
    "expandApplications": OF_ALL_KINDS,
    "expandAttachments": OF_ALL_KINDS,
    "expandDunningInformation": OF_ALL_KINDS,
    "expandInvoiceAddress": OF_ALL_KINDS,
    "expandTaxDetails": OF_ALL_KINDS,
    "addCostPriceStatistics": {"Inventory_GetAll"},
    "expandAttachment": {"Inventory_GetAll"},
    "expandInventoryUnits": {"Inventory_GetAll"},
    "expandSalesCategories": {"Inventory_GetAll"},
    "expandSupplierDetails": {"Inventory_GetAll"},
    "expandWarehouseDetail": {"Inventory_GetAll"},
    "greaterThanValue": {"Customer_GetAll", "Organization_GetByOrganizationCd"},
    "lastModifiedDateTime": {"Organization_GetByOrganizationCd"},
    "lastModifiedDateTimeCondition": {"Organization_GetByOrganizationCd"},
}
"""Parameters that change nothing, with how the names of the operations begin that ignore them."""

PAGED_OTHERWISE = {"numbertoread", "skiprecords"}
"""What lists with pages ignore (W11)."""


def routes() -> list[Route]:
    return [route for route in mounted_routes() if route.method == "GET" and route.missing is None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The parameters that are read from now on, in lower case."""
    found: set[str] = set()
    text, choices = Query.text, Query.choices

    def noting_text(query: Query, name: str) -> str | None:
        found.add(name.lower())
        return text(query, name)

    def noting_choices(query: Query, name: str, of: type[enum.Enum]) -> list[enum.Enum] | None:
        found.add(name.lower())
        return choices(query, name, of)

    monkeypatch.setattr(Query, "text", noting_text)
    monkeypatch.setattr(Query, "choices", noting_choices)
    return found


def is_known(route: Route, parameter: str) -> bool:
    if parameter in PAGED_OTHERWISE:
        return "pagenumber" in route.declared
    return any(route.operation.startswith(begin) for name, begins in IGNORED.items() if name.lower() == parameter
               for begin in begins)  # fmt: skip


async def test_every_declared_parameter_is_read_or_known_to_be_ignored(bystander: Clerk, names: set[str]) -> None:
    for route in routes():
        names.clear()
        address = re.sub(r"\{(\w+)\}", lambda name: IN_ADDRESSES.get(name[1], "1"), route.path)
        answer = await bystander.http.get(address, params=NEEDED.get(route.operation))
        assert answer.status_code in (200, 404), (route.operation, answer.text)
        ignored = {name for name in route.declared - names if not is_known(route, name)}
        assert not ignored, (
            f"{route.operation} declares {ignored} and reads none of them: add a filter, or say in IGNORED and in "
            "docs/QUIRKS.md why it may be ignored"
        )
        assert not names - route.declared, f"{route.operation} reads what its address does not declare"


@pytest.mark.parametrize("name", [*IGNORED, "numberToRead", "skipRecords"])
def test_what_is_ignored_is_declared_and_said_to_be(name: str) -> None:
    declaring = [route.operation for route in routes() if name.lower() in route.declared]
    for begin in IGNORED.get(name, ()):
        assert any(operation.startswith(begin) for operation in declaring), begin
    assert f"`{name}`" in QUIRKS
