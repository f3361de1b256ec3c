"""What a location does to a document: VAT zone, accounts, address (docs/decisions/0011)."""

from __future__ import annotations

from typing import Any

from tests.clerk import Clerk

EXPORT = [{"inventoryNumber": "A", "quantity": 1, "vatCodeId": "52"}]


async def place(clerk: Clerk, **fields: Any) -> None:
    await clerk.location(
        vatZone="EX", address={"addressLine1": "Kai 3", "city": "Luleå", "countryId": "SE"}, contact={"name": "Kai"},
        **fields,
    )  # fmt: skip
    await clerk.sql(
        """update location set customer_ledger_account = '1920', sales_account = '3120'
            where location_cd = 'North' and customer_id = 1"""
    )


async def test_a_document_takes_what_its_location_gives(clerk: Clerk) -> None:
    await place(clerk)
    lines = [*EXPORT, {"description": "Freight", "quantity": 1, "unitPriceInCurrency": 10}]
    read = await clerk.invoice(locationId="NORTH", lines=lines)
    assert read["location"] == {"countryId": "SE", "id": "North", "name": "North"}
    assert read["customerVatZone"]["id"] == "EX"
    assert read["vatTotal"] == 0
    assert read["account"]["number"] == "1920"
    assert read["invoiceLines"][1]["account"]["number"] == "3120"
    assert read["invoiceLines"][1]["vatCode"]["id"] == "52"
    assert (read["invoiceAddress"]["city"], read["invoiceAddress"]["overrideAddress"]) == ("Luleå", False)
    main = await clerk.invoice()
    assert (main["location"]["id"], main["customerVatZone"]["id"]) == ("Main", "NO")
    assert (main["account"]["number"], main["vatTotal"], main["invoiceAddress"]["city"]) == ("1500", 25, "Oslo")
    for document, account in ((read, "1920"), (main, "1500")):
        await clerk.release(document)
        booked = await clerk.sql(
            """select account_number from journal_entry
                where document_number = $1 and document_type = 'Invoice' and purpose = 'receivable'""",
            document["referenceNumber"],
        )
        assert booked == account


async def test_all_kinds_of_documents_name_a_location(clerk: Clerk) -> None:
    await place(clerk)
    for kind in ("customerCreditNote", "customerDebitNote"):
        read = await clerk.create(kind, customerNumber="20001", locationId="north", lines=EXPORT)
        assert (read["location"]["id"], read["customerVatZone"]["id"]) == ("North", "EX")


async def test_what_is_sent_wins(clerk: Clerk) -> None:
    await place(clerk)
    read = await clerk.invoice(
        locationId="North", customerVatZoneId="NO", billingAddress={"city": "Ås", "overrideAddress": True}
    )
    assert (read["customerVatZone"]["id"], read["vatTotal"], read["invoiceAddress"]["city"]) == ("NO", 25, "Ås")


async def test_another_location_moves_a_draft(clerk: Clerk) -> None:
    await place(clerk)
    read = await clerk.invoice(lines=[{"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 77}])
    moved = await clerk.change(
        read, locationId="north", invoiceLines=[{"operation": "Update", "lineNumber": 1, "vatCodeId": "52"}]
    )
    assert (moved["location"]["id"], moved["customerVatZone"]["id"], moved["vatTotal"]) == ("North", "EX", 0)
    assert (moved["account"]["number"], moved["invoiceAddress"]["city"]) == ("1920", "Luleå")
    assert moved["invoiceLines"][0]["unitPriceInCurrency"] == 77
    assert moved["creditTerms"] == read["creditTerms"]
    kept = await clerk.change(read, invoiceText="still there")
    assert (kept["location"]["id"], kept["account"]["number"]) == ("North", "1920")
    same = await clerk.change(read, locationId="NORTH")
    assert same.etag == kept.etag
    refused = await clerk.refused("PUT", f"customerinvoice/{read['referenceNumber']}", locationId="Main",
                                invoiceLines=[{"lineNumber": 1, "vatCodeId": "52"}])  # fmt: skip
    assert "TaxID '52' cannot be found" in refused


async def test_another_customer_brings_its_own_location(clerk: Clerk) -> None:
    await place(clerk)
    read = await clerk.invoice(locationId="North", lines=EXPORT)
    moved = await clerk.change(read, customerNumber="20002", invoiceLines=[{"lineNumber": 1, "vatCodeId": "3"}])
    assert (moved["location"]["id"], moved["customerVatZone"]["id"]) == ("Main", "NO")
    told = await clerk.refused(
        "PUT", f"customerinvoice/{read['referenceNumber']}", customerNumber="20003", locationId="North"
    )
    assert "LocationId 'North' cannot be found" in told


async def test_a_released_document_keeps_its_location(clerk: Clerk) -> None:
    await place(clerk)
    read = await clerk.invoice()
    await clerk.release(read)
    address = f"customerinvoice/{read['referenceNumber']}"
    assert "already released" in await clerk.refused("PUT", address, locationId="North")
    assert "already released" in await clerk.refused("PUT", address, locationId="nowhere")
    assert (await clerk.put(address, locationId="main")).status_code == 204


async def test_unknown_and_unused_locations_are_refused(clerk: Clerk) -> None:
    await place(clerk)
    await clerk.location("20002", "South")
    sent = {"customerNumber": "20001", "invoiceLines": EXPORT}
    for other in ("nowhere", "South"):
        told = await clerk.refused("POST", "customerinvoice", **sent, locationId=other)
        assert f"LocationId '{other}' cannot be found" in told
    draft = await clerk.invoice(locationId="North", lines=EXPORT)
    await clerk.change("location/20001/North", active=False)
    assert "not in use" in await clerk.refused("POST", "customerinvoice", **sent, locationId="North")
    assert (await clerk.change(draft, locationId="North", invoiceText="x"))["invoiceText"] == "x"


async def test_the_default_location_takes_the_invoices_of_those_who_want_it(clerk: Clerk) -> None:
    await place(clerk)
    await clerk.change("customer/20001", invoiceAddress={"city": "Hamar"}, invoiceContact={"name": "Accounts"})
    read = await clerk.invoice()
    assert (read["invoiceAddress"]["city"], read["invoiceContact"]["businessName"]) == ("Hamar", "Accounts")
    await clerk.change("location/20001/Main", address={"city": "Drammen"})
    assert (await clerk.invoice())["invoiceAddress"]["city"] == "Hamar"
    await clerk.change("customer/20001", invoiceToDefaultLocation=True)
    assert (await clerk.invoice())["invoiceAddress"]["city"] == "Drammen"
    read = await clerk.invoice(locationId="North", lines=EXPORT)
    assert read["invoiceAddress"]["city"] == "Drammen"
    assert read["invoiceContact"]["businessName"] == "Aurdal Bakeri"


async def test_a_location_that_follows_leaves_the_invoice_address_alone(clerk: Clerk) -> None:
    await clerk.location("20001", "South")
    await clerk.change("customer/20001", invoiceAddress={"city": "Hamar"})
    read = await clerk.invoice(locationId="South")
    assert (read["location"]["id"], read["invoiceAddress"]["city"]) == ("South", "Hamar")
