"""What contacts and salespersons do to a document."""

from __future__ import annotations

from typing import Any


async def test_a_contact_is_shown_by_id_and_present_name(api: Any) -> None:
    contact = await api.contact(firstName="Kari", businessAccount="20001")
    read = await api.invoice(contact=contact["contactId"])
    assert read["contact"] == {"id": contact["contactId"], "name": "Kari Nordmann"}
    await api.change(contact["href"], firstName="Anne")
    rows = await api.list("customerinvoice", customer="20001")
    shown = {row["referenceNumber"]: row.get("contact") for row in rows}
    assert shown.pop(read["referenceNumber"]) == {"id": contact["contactId"], "name": "Anne Nordmann"}
    assert set(shown.values()) <= {None}
    for kind in ("customerCreditNote", "customerDebitNote"):
        note = await api.create(
            kind, customerNumber="20001", contact=contact["contactId"], lines=[{"inventoryNumber": "A"}]
        )
        assert note["contact"]["name"] == "Anne Nordmann"


async def test_a_contact_is_one_of_the_customer(api: Any) -> None:
    stranger = (await api.contact(businessAccount="20002"))["contactId"]
    retired = (await api.contact(businessAccount="20001", active=False))["contactId"]
    sent = {"customerNumber": "20001", "invoiceLines": [{"inventoryNumber": "A"}]}
    assert "does not belong" in await api.refused("POST", "customerinvoice", **sent, contact=stranger)
    assert "no longer" in await api.refused("POST", "customerinvoice", **sent, contact=retired)
    assert "Contact '999999' cannot be found" in await api.refused("POST", "customerinvoice", **sent, contact=999999)
    # The main contact of a customer is no such person.
    main = (await api.read("customer/20001"))["mainContact"]["contactId"]
    assert "cannot be found" in await api.refused("POST", "customerinvoice", **sent, contact=main)


async def test_a_contact_is_kept_cleared_and_lost_with_the_customer(api: Any) -> None:
    contact = await api.contact(businessAccount="20001")
    read = await api.invoice(contact=contact["contactId"])
    await api.change(contact["href"], active=False)
    same = await api.change(read["href"], contact=contact["contactId"])
    assert same["etag"] == read["etag"]
    assert "contact" not in await api.change(read["href"], contact={"value": None})
    other = await api.contact(businessAccount="20003")
    read = await api.invoice("20003", contact=other["contactId"])
    assert "contact" not in await api.change(read["href"], customerNumber="20002")


async def test_a_released_document_keeps_its_contact(api: Any) -> None:
    contact = await api.contact(businessAccount="20001")
    read = await api.invoice(contact=contact["contactId"])
    assert (await api.http.post(f"{read['href']}/action/release")).status_code == 200
    address = f"customerinvoice/{read['referenceNumber']}"
    assert (await api.put(address, contact=contact["contactId"])).status_code == 204
    other = await api.contact(businessAccount="20001")
    assert "already released" in await api.refused("PUT", address, contact=other["contactId"])


async def test_salespersons_stand_on_header_and_lines(api: Any) -> None:
    await api.create("salesperson", salespersonID="OLA", name="Ola")
    await api.create("salesperson", salespersonID="PER", name="Per")
    read = await api.invoice(salesperson="ola", invoiceLines=[{"inventoryNumber": "A", "salesperson": "per"}])
    assert read["salesPerson"] == {"id": "OLA", "description": "Ola"}
    assert read["salesPersonDescr"] == "Ola"
    assert read["invoiceLines"][0]["salesperson"] == "PER"
    by_id = await api.invoice(salesPersonID=read["salesPersonID"])
    assert by_id["salesPerson"]["id"] == "OLA"
    await api.change("salesperson/OLA", name="Ola Hansen")
    assert (await api.read(read["href"]))["salesPersonDescr"] == "Ola Hansen"


async def test_a_salesperson_out_of_use_stays_on_drafts_only(api: Any) -> None:
    await api.create("salesperson", salespersonID="OLA", name="Ola")
    read = await api.invoice(salesperson="OLA")
    await api.change("salesperson/OLA", isActive=False)
    assert "not in use" in await api.refused(
        "POST", "customerinvoice", customerNumber="20001", salesperson="OLA", invoiceLines=[{"inventoryNumber": "A"}]
    )
    same = await api.change(read["href"], salesperson="OLA", salesPersonID=read["salesPersonID"])
    assert same["etag"] == read["etag"]


async def test_the_default_seller_is_taken_unless_another_is_sent(api: Any) -> None:
    await api.location()
    await api.create("salesperson", salespersonID="OLA", name="Ola", customers=[{"customerID": "20001"}])
    north = [{"customerID": "20001", "locationID": "North"}]
    await api.create("salesperson", salespersonID="PER", name="Per", customers=north)
    assert (await api.invoice())["salesPerson"]["id"] == "OLA"
    assert (await api.invoice(salesperson="PER"))["salesPerson"]["id"] == "PER"
    assert "salesPerson" not in await api.invoice(salesperson={"value": None})
    assert "salesPerson" not in await api.invoice("20002")
    read = await api.invoice(locationId="North")
    assert read["salesPerson"]["id"] == "PER"
    assert (await api.change(read["href"], locationId="Main"))["salesPerson"]["id"] == "OLA"
    await api.change("salesperson/OLA", isActive=False)
    assert "salesPerson" not in await api.invoice()
