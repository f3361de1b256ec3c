"""Branches, the organisation and countries over HTTP: read only, as the company file says them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk
from tests.conftest import new_company, open_client

TEMPLATE = Path(__file__).parents[3] / "src" / "reskontra" / "company_file" / "templates" / "no.yaml"
BRANCHES = """branches:
  - branch_number: "1"
    name: Head office
    country_id: "NO"
    subaccount_id: 1
    corporate_id: "987654325"
    vat_registration_id: NO987654325MVA
    vat_zone_id: "NO"
    industry_code: "46.140"
    industry_description: Ships and aircraft
    main_address: {line_1: Kaia 1, line_2: B, line_3: C, postal_code: "0150", city: Oslo, country_id: "NO",
                   county: Oslo}
    main_contact: {name: Anne, attention: Sales, email: a@example.no, web: example.no,
                   phone_1: "1", phone_2: "2", fax: "3"}
    delivery_address: {line_1: Lageret 2, city: Moss, country_id: "NO"}
    delivery_contact: {name: Ola}
    bank: {name: Banken, address_1: Torget, iban: NO9386011117947, bban: "86011117947", bban_2: x, bban_3: y, bic: DNB,
           country: "NO", address_2: z, address_3: w, creditor_id: C1}
  - {branch_number: "2", name: Bergen, currency_id: EUR, vat_zone_id: EX, active: false}
"""


@pytest.fixture
async def office(books: Database, clock: SeededClock, tmp_path: Path) -> AsyncIterator[Clerk]:
    """The clerk of a company with two branches, the first of which says all that a branch can say."""
    text = TEMPLATE.read_text(encoding="utf-8")
    start = text.index("branches:\n")
    end = text.index("\n\n", start)
    file = tmp_path / "office.yaml"
    file.write_text(text[:start] + BRANCHES.rstrip() + text[end:], encoding="utf-8")
    company_id = await new_company(books, clock, file, code="OFFICE", name="The office")
    async with open_client(Settings(sandbox=True), books, clock, company_id=company_id) as client:
        yield Clerk(client, books, clock, company_id)


ADDRESS = {
    "addressLine1": "Kaia 1",
    "addressLine2": "B",
    "addressLine3": "C",
    "postalCode": "0150",
    "city": "Oslo",
    "country": {"id": "NO", "name": "Norway"},
    "county": {"id": "Oslo", "name": "Oslo"},
}
CONTACT = {
    "name": "Anne",
    "attention": "Sales",
    "email": "a@example.no",
    "web": "example.no",
    "phone1": "1",
    "phone2": "2",
    "fax": "3",
}
DELIVERY = {"addressLine1": "Lageret 2", "city": "Moss", "country": {"id": "NO", "name": "Norway"}}
BANK = {
    "bankName": "Banken",
    "bankAddress1": "Torget",
    "bankAddress2": "z",
    "bankAddress3": "w",
    "bankCountry": "NO",
    "iban": "NO9386011117947",
    "bban": "86011117947",
    "bbaN2": "x",
    "bbaN3": "y",
    "bic": "DNB",
    "creditorId": "C1",
}
LEDGER = {"id": "1", "description": "General ledger"}


async def test_a_branch_shows_all_that_the_file_says(office: Clerk) -> None:
    branch = await office.get("branch/1")
    assert branch.pop("organizationId") > 1
    assert branch.pop("lastModifiedDateTime").startswith("2026-01-15T13:00:00")
    assert branch == {
        "branchId": 1,
        "number": "1",
        "name": "Head office",
        "isMainBranch": True,
        "isActive": True,
        "corporateId": "987654325",
        "vatRegistrationId": "NO987654325MVA",
        "mainAddress": ADDRESS,
        "mainContact": CONTACT,
        "deliveryAddress": DELIVERY,
        "deliveryContact": {"name": "Ola"},
        "defaultCountry": {"id": "NO", "name": "Norway"},
        "industryCode": {"id": "46.140", "description": "Ships and aircraft"},
        "currency": {"id": "NOK", "description": "Norwegian krone", "symbol": "kr"},
        "vatZone": {"id": "NO", "description": "Norway"},
        "ledger": LEDGER,
        "bankSettings": BANK,
    }


@pytest.mark.parametrize(
    ("flag", "part"),
    [
        ("expandAddress", "mainAddress"),
        ("expandContact", "mainContact"),
        ("expandCurrency", "currency"),
        ("expandVatZone", "vatZone"),
        ("expandLedger", "ledger"),
        ("expandIndustryCode", "industryCode"),
        ("expandDeliveryAddress", "deliveryAddress"),
        ("expandDeliveryContact", "deliveryContact"),
        ("expandDefaultCountry", "defaultCountry"),
        ("expandBankSettings", "bankSettings"),
    ],
)
async def test_a_part_of_a_branch_is_listed_when_it_is_asked_for(office: Clerk, flag: str, part: str) -> None:
    plain, asked = (await office.get("branch"))[0], (await office.get("branch", **{flag: "true"}))[0]
    assert part not in plain
    assert set(asked) - set(plain) == {part}
    assert part not in await office.get("branch/1", **{flag: "false"})


async def test_branches_are_chosen_and_ordered(office: Clerk) -> None:
    async def numbers(**query: Any) -> list[str]:
        return [branch["number"] for branch in await office.get("branch", **query)]

    assert await numbers() == ["1", "2"]
    assert await numbers(orderBy="name") == ["2", "1"]
    assert await numbers(orderBy="branchId desc") == ["2", "1"]
    assert await numbers(greaterThanValue="1") == ["2"]
    assert await numbers(greaterThanValue="2") == []
    assert await numbers(lastModifiedDateTime="2026-01-15", lastModifiedDateTimeCondition=">") == ["1", "2"]
    assert await numbers(lastModifiedDateTime="2026-01-16", lastModifiedDateTimeCondition=">") == []
    assert await numbers(lastModifiedDateTime="2026-01-16") == ["1", "2"]
    assert "branchId" in await office.refused("GET", "branch?orderBy=colour")
    assert (await office.get("branch"))[0]["metadata"] == {"totalCount": 2, "maxPageSize": 1000}
    assert await office.status("GET", "branch/3") == 404


async def test_the_organisation_has_its_main_branchs_particulars(office: Clerk) -> None:
    organisation = await office.get("organization/office")
    assert organisation.pop("timeStamp")
    assert organisation.pop("lastModifiedDateTime")
    assert organisation == {
        "organizationCd": "OFFICE",
        "name": "The office",
        "organizationType": "NotBalancing",
        "fileTaxByBranches": False,
        "baseCurrency": "NOK",
        "mainAddress": ADDRESS,
        "mainContact": CONTACT,
        "deliveryAddress": DELIVERY,
        "deliveryContact": {"name": "Ola"},
        "corporateId": "987654325",
        "vatRegistrationId": "NO987654325MVA",
        "defaultCountry": {"id": "NO", "name": "Norway"},
        "industryCode": {"id": "46.140", "description": "Ships and aircraft"},
        "currency": {
            "id": "NOK",
            "description": "Norwegian krone",
            "symbol": "kr",
            "isBaseCurrency": True,
            "decimalPrecision": 2,
            "isUsedForAccounting": True,
        },
        "vatZone": {
            "id": "NO",
            "description": "Norway",
            "defaultVatCategory": "3",
            "defaultTaxCategory": {"number": "3", "description": "Standard rate"},
        },
        "ledger": LEDGER,
        "bankSettings": BANK,
        "branches": [{"number": "1", "name": "Head office"}, {"number": "2", "name": "Bergen"}],
    }
    assert await office.status("GET", "organization/other") == 404


async def test_organisations_are_listed_one_by_company(office: Clerk) -> None:
    (listed,) = await office.get("organization")
    assert not {"branches", "bankSettings"} & set(listed)
    (expanded,) = await office.get("organization", expandBranches="true", expandBankSettings="true")
    assert set(expanded) - set(listed) == {"branches", "bankSettings"}
    assert await office.get("organization", greaterThanValue="OFFICE") == []
    assert len(await office.get("organization", greaterThanValue="OFF")) == 1
    later = {"lastModifiedDateTime": "2026-01-16", "lastModifiedDateTimeCondition": ">="}
    assert await office.get("organization", **later) == []


async def test_countries_are_listed_in_pages(clerk: Clerk) -> None:
    every = await clerk.get("country")
    codes = [country["id"] for country in every]
    assert codes == sorted(codes)
    assert {country["metadata"]["totalCount"] for country in every} == {len(every)}
    assert len(every) > 200
    second = await clerk.get("country", pageNumber=2, pageSize=100)
    assert [country["id"] for country in second] == codes[100:200]
    assert await clerk.get("country", pageNumber=9, pageSize=100) == []
    assert await clerk.get("country/no") == {"id": "NO", "name": "Norway"}
    assert await clerk.status("GET", "country/XX") == 404
