"""What a released document shows, whatever becomes of its customer, branch, terms and VAT ids."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, TYPES, Clerk, Record

REVERSE_CHARGE = "51"


async def shown(clerk: Clerk, document: Record) -> Any:
    return await clerk.get(f"reskontra/issuedDocument/{document['documentType']}/{document.number}")


async def named(clerk: Clerk, **fields: Any) -> Record:
    """A customer with a name, an address and registrations."""
    address = {"addressLine1": "Storgata 1", "postalCode": "0101", "city": "Oslo", "countryId": "NO"}
    return await clerk.customer(
        **{"name": "Kari Nordmann AS", "mainAddress": address, "corporateId": "987654325",
           "vatRegistrationId": "NO987654325MVA"} | fields
    )  # fmt: skip


@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE, DEBIT_NOTE])
async def test_a_released_document_keeps_what_its_customer_was(clerk: Clerk, kind: str) -> None:
    customer = await named(clerk)
    document = await clerk.issue(kind, customer)
    before = await shown(clerk, document)
    assert (before["documentType"], before["referenceNumber"]) == (TYPES[kind], document.number)
    assert before["buyer"] == {
        "number": customer.number,
        "name": "Kari Nordmann AS",
        "corporateId": "987654325",
        "vatRegistrationId": "NO987654325MVA",
        "countryId": "NO",
        "address": {"addressLine1": "Storgata 1", "postalCode": "0101", "city": "Oslo", "countryId": "NO"},
    }
    assert before["seller"]["name"] == await clerk.sql("select name from company where company_id = 1")
    assert before["releasedDateTime"] == before["takenDateTime"]
    assert before["vatTexts"]
    unlinked = ["The credit note does not say which invoice it corrects."]
    assert before["warnings"] == (unlinked if kind == CREDIT_NOTE else [])
    await clerk.change(
        customer, name="Another AB", corporateId="5560360793", vatRegistrationId="SE556036079301",
        mainAddress={"addressLine1": "Kungsgatan 1", "city": "Stockholm", "countryId": "SE"},
    )  # fmt: skip
    assert (
        await clerk.post(f"customer/action/changeCustomerCd/{customer['internalId']}", customerCd="NEW-1")
    ).is_success
    await clerk.execute(
        "update company set name = 'Renamed AS'",
        "update branch set name = 'Renamed'",
        "update credit_terms set description = 'Renamed'",
        "update vat set description = 'Renamed', document_text = 'Renamed'",
    )
    assert await shown(clerk, document) == before


async def test_the_wire_goes_on_showing_the_customer_as_it_is(clerk: Clerk) -> None:
    customer = await named(clerk)
    document = await clerk.issue(INVOICE, customer)
    await clerk.change(customer, name="Another AS")
    assert (await clerk.get(document))["customer"]["name"] == "Another AS"


async def test_terms_and_the_text_of_a_vat_id_are_kept(clerk: Clerk) -> None:
    await clerk.execute("update vat set document_text = 'Reverse charge' where vat_id = '51'")
    document = await clerk.issue(
        INVOICE, lines=[{"description": "Hours", "unitPriceInCurrency": 100, "quantity": 1, "vatCodeId": "51"}]
    )
    found = await shown(clerk, document)
    assert [said.get("documentText") for said in found["vatTexts"] if said["vatId"] == REVERSE_CHARGE] == [
        "Reverse charge"
    ]
    terms = document["creditTerms"]["description"]
    assert found["termsText"] == terms


async def test_a_location_of_its_own_gives_its_registrations(clerk: Clerk) -> None:
    customer = await named(clerk)
    await clerk.location(customer.number, "North", corporateId="974760673", vatRegistrationId="NO974760673MVA")
    document = await clerk.issue(INVOICE, customer, locationId="North")
    buyer = (await shown(clerk, document))["buyer"]
    assert (buyer["corporateId"], buyer["vatRegistrationId"]) == ("974760673", "NO974760673MVA")


@pytest.mark.parametrize(("vat_number", "warns"), [(None, True), ("SE556036079301", False)])
async def test_reverse_charge_without_the_buyers_vat_number_warns(
    clerk: Clerk, vat_number: str | None, warns: bool
) -> None:
    customer = await named(clerk, vatRegistrationId=vat_number)
    lines = [{"description": "Hours", "unitPriceInCurrency": 100, "quantity": 1, "vatCodeId": REVERSE_CHARGE}]
    with capture_logs() as logs:
        document = await clerk.issue(INVOICE, customer, lines=lines)
    warnings = (await shown(clerk, document))["warnings"]
    assert [entry["warning"] for entry in logs if entry.get("log_level") == "warning"] == warnings
    assert len(warnings) == warns
    assert all(f"customer {customer.number} has no VAT number" in warning for warning in warnings)


async def test_a_draft_and_what_does_not_exist_show_nothing(clerk: Clerk) -> None:
    draft = await clerk.invoice()
    assert await clerk.status("GET", f"reskontra/issuedDocument/Invoice/{draft.number}") == 404
    for path in ("Invoice/nope", "Payment/003524", "nope/003524"):
        assert await clerk.status("GET", f"reskontra/issuedDocument/{path}") == 404, path
    released = await clerk.release(draft)
    again = await clerk.get(f"reskontra/issuedDocument/invoice/{released.number}")
    assert again["buyer"]["number"] == "20001"
