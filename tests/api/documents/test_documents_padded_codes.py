"""Blanks around codes and numbers, as systems with columns of fixed width send them, do not count (W26)."""

from __future__ import annotations

from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, application, location_of


async def test_the_codes_of_a_document_may_be_padded(clerk: Clerk) -> None:
    line = {"inventoryNumber": " A ", "quantity": 1, "vatCodeId": "3   ", "accountNumber": "3000 ", "uom": "STK  "}
    fields = {
        "customerNumber": "20001     ",
        "currencyId": "nok ",
        "creditTermsId": " 30",
        "locationId": "Main ",
        "branchNumber": "1 ",
        "externalReference": " WEB-1 ",
    }
    invoice = await clerk.invoice(**fields, lines=[line])
    assert invoice["customer"]["number"] == "20001"
    assert invoice["creditTerms"]["id"] == "30"
    (shown,) = invoice["invoiceLines"]
    assert (shown["inventoryNumber"], shown["vatCode"]["id"], shown["uom"]) == ("A", "3", "STK")
    assert await clerk.numbers(INVOICE, externalReference="WEB-1") == [invoice.number]


async def test_a_padded_number_finds_what_a_credit_note_settles(clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    lines = [application(f"{invoice.number}  ", 50)]
    note = await clerk.get(location_of(await clerk.post(CREDIT_NOTE, **clerk.sale(applicationLines=lines))))
    assert (await clerk.get(note, expandApplications=True)).number == note.number


async def test_addresses_and_filters_take_padded_numbers(bystander: Clerk) -> None:
    invoice = await bystander.get(f"{INVOICE}/003547")
    assert await bystander.get(f"{INVOICE}/003547%20%20") == invoice
    assert (await bystander.get("customer/20001%20"))["number"] == "20001"
    number = invoice["customer"]["number"]
    found = await bystander.numbers(INVOICE, customer=number)
    assert await bystander.numbers(INVOICE, customer=f" {number}   ") == found
    assert found != []
    assert await bystander.numbers("customer", greaterThanValue=" ") == await bystander.numbers("customer")
