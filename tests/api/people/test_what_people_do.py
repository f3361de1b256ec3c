"""What contacts and salespersons do to a document."""

from __future__ import annotations

from tests.clerk import Clerk


async def test_a_contact_is_shown_by_id_and_present_name(clerk: Clerk) -> None:
    contact = await clerk.contact(firstName="Kari", businessAccount="20001")
    read = await clerk.invoice(contact=contact["contactId"])
    assert read["contact"] == {"id": contact["contactId"], "name": "Kari Nordmann"}
    await clerk.change(contact, firstName="Anne")
    rows = await clerk.page("customerinvoice", customer="20001")
    shown = {row["referenceNumber"]: row.get("contact") for row in rows}
    assert shown.pop(read["referenceNumber"]) == {"id": contact["contactId"], "name": "Anne Nordmann"}
    assert set(shown.values()) <= {None}
    for kind in ("customerCreditNote", "customerDebitNote"):
        note = await clerk.create(
            kind, customerNumber="20001", contact=contact["contactId"], lines=[{"inventoryNumber": "A"}]
        )
        assert note["contact"]["name"] == "Anne Nordmann"


async def test_a_contact_is_one_of_the_customer(clerk: Clerk) -> None:
    stranger = (await clerk.contact(businessAccount="20002"))["contactId"]
    retired = (await clerk.contact(businessAccount="20001", active=False))["contactId"]
    sent = {"customerNumber": "20001", "invoiceLines": [{"inventoryNumber": "A"}]}
    assert "does not belong" in await clerk.refused("POST", "customerinvoice", **sent, contact=stranger)
    assert "no longer" in await clerk.refused("POST", "customerinvoice", **sent, contact=retired)
    assert "Contact '999999' cannot be found" in await clerk.refused("POST", "customerinvoice", **sent, contact=999999)
    # The main contact of a customer is no such person.
    main = (await clerk.get("customer/20001"))["mainContact"]["contactId"]
    assert "cannot be found" in await clerk.refused("POST", "customerinvoice", **sent, contact=main)


async def test_a_contact_is_kept_cleared_and_lost_with_the_customer(clerk: Clerk) -> None:
    contact = await clerk.contact(businessAccount="20001")
    read = await clerk.invoice(contact=contact["contactId"])
    await clerk.change(contact, active=False)
    same = await clerk.change(read, contact=contact["contactId"])
    assert same.etag == read.etag
    assert "contact" not in await clerk.change(read, contact={"value": None})
    other = await clerk.contact(businessAccount="20003")
    read = await clerk.invoice("20003", contact=other["contactId"])
    assert "contact" not in await clerk.change(read, customerNumber="20002")


async def test_a_released_document_keeps_its_contact(clerk: Clerk) -> None:
    contact = await clerk.contact(businessAccount="20001")
    read = await clerk.invoice(contact=contact["contactId"])
    await clerk.release(read)
    address = f"customerinvoice/{read['referenceNumber']}"
    assert (await clerk.put(address, contact=contact["contactId"])).status_code == 204
    other = await clerk.contact(businessAccount="20001")
    assert "already released" in await clerk.refused("PUT", address, contact=other["contactId"])


async def test_salespersons_stand_on_header_and_lines(clerk: Clerk) -> None:
    await clerk.create("salesperson", salespersonID="OLA", name="Ola")
    await clerk.create("salesperson", salespersonID="PER", name="Per")
    read = await clerk.invoice(salesperson="ola", lines=[{"inventoryNumber": "A", "salesperson": "per"}])
    assert read["salesPerson"] == {"id": "OLA", "description": "Ola"}
    assert read["salesPersonDescr"] == "Ola"
    assert read["invoiceLines"][0]["salesperson"] == "PER"
    by_id = await clerk.invoice(salesPersonID=read["salesPersonID"])
    assert by_id["salesPerson"]["id"] == "OLA"
    await clerk.change("salesperson/OLA", name="Ola Hansen")
    assert (await clerk.get(read))["salesPersonDescr"] == "Ola Hansen"


async def test_a_salesperson_out_of_use_stays_on_drafts_only(clerk: Clerk) -> None:
    await clerk.create("salesperson", salespersonID="OLA", name="Ola")
    read = await clerk.invoice(salesperson="OLA")
    await clerk.change("salesperson/OLA", isActive=False)
    assert "not in use" in await clerk.refused(
        "POST", "customerinvoice", customerNumber="20001", salesperson="OLA", invoiceLines=[{"inventoryNumber": "A"}]
    )
    same = await clerk.change(read, salesperson="OLA", salesPersonID=read["salesPersonID"])
    assert same.etag == read.etag


async def test_the_default_seller_is_taken_unless_another_is_sent(clerk: Clerk) -> None:
    await clerk.location()
    await clerk.create("salesperson", salespersonID="OLA", name="Ola", customers=[{"customerID": "20001"}])
    north = [{"customerID": "20001", "locationID": "North"}]
    await clerk.create("salesperson", salespersonID="PER", name="Per", customers=north)
    assert (await clerk.invoice())["salesPerson"]["id"] == "OLA"
    assert (await clerk.invoice(salesperson="PER"))["salesPerson"]["id"] == "PER"
    assert "salesPerson" not in await clerk.invoice(salesperson={"value": None})
    assert "salesPerson" not in await clerk.invoice("20002")
    read = await clerk.invoice(locationId="North")
    assert read["salesPerson"]["id"] == "PER"
    assert (await clerk.change(read, locationId="Main"))["salesPerson"]["id"] == "OLA"
    await clerk.change("salesperson/OLA", isActive=False)
    assert "salesPerson" not in await clerk.invoice()
