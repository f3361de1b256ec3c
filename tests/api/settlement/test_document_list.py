"""The list of documents for people: found in many ways, sorted, added up, and as CSV."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from tests.clerk import Clerk, application, refusal

LIST, SUMS = "/v1/reskontra/document", "/v1/reskontra/documentSum"


async def test_documents_of_all_kinds_are_found_sorted_and_added_up(clerk: Clerk) -> None:
    late = await clerk.release(await clerk.invoice(documentDate="2025-03-03", invoiceText="Spare keys"))
    note = await clerk.release(await clerk.credit_note(documentDate="2025-04-01"))
    draft = await clerk.invoice(documentDate="2025-05-05", customerRefNumber="PO-9")

    async def found(**query: Any) -> list[str]:
        rows = await clerk.get(LIST, pageSize=1000, **query)
        sums = await clerk.get(SUMS, **query)
        assert sums["count"] == len(rows)
        owed = [row for row in rows if row["status"] not in ("Hold", "CreditHold", "Balanced")]
        for name, added in (("amount", rows), ("balance", owed)):
            assert sums[name] == sum(Decimal(row[name]) * row["sign"] for row in added), name
        return [row["referenceNumber"] for row in rows]

    everything = await found()
    assert everything[:3] == [draft.number, note.number, late.number]
    assert await found(text="spare KEYS") == [late.number]
    assert await found(text="PO-9") == [draft.number]
    assert draft.number in await found(text="20001", status="Balanced,Hold")
    assert (await found(documentType="creditnote"))[0] == note.number
    assert draft.number not in await found(released=False, status="Hold")
    assert late.number in await found(overdue=True, customer="20001")
    assert late.number not in await found(overdue=False)
    assert note.number in await found(open=True, documentType="CreditNote,Payment")
    assert await found(fromDate="2025-05-05", toDate="2025-05-05") == [draft.number]
    assert late.number in await found(toDueDate="2025-04-30", fromDueDate="2025-03-01")

    by_number = await clerk.get(LIST, orderBy="number desc", pageSize=1000)
    assert [row["referenceNumber"] for row in by_number] == sorted(everything, reverse=True)
    second = await clerk.get(LIST, pageSize=1, pageNumber=2)
    assert [row["referenceNumber"] for row in second] == [note.number]
    assert second[0]["metadata"]["totalCount"] == len(everything)
    (row,) = await clerk.get(LIST, text="spare keys")
    assert row["customer"]["number"] == "20001"
    assert row["daysOverdue"] > 0

    answer = await clerk.http.get(LIST, params={"format": "csv", "text": note.number})
    assert answer.headers["content-type"].startswith("text/csv")
    assert [line["referenceNumber"] for line in csv.DictReader(io.StringIO(answer.text))] == [note.number]
    for wrong in ({"orderBy": "colour"}, {"documentType": "Order"}, {"status": "asleep"}):
        assert (await clerk.http.get(LIST, params=wrong)).status_code == 400


async def test_what_corrects_a_document_is_found(clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    other = await clerk.release(await clerk.invoice())
    assert await clerk.get(LIST, corrects=f"Invoice/{invoice.number}") == []
    note, of_other = [
        await clerk.release(await clerk.credit_note(applicationLines=[application(it, 10)])) for it in (invoice, other)
    ]
    draft = await clerk.credit_note(applicationLines=[application(invoice, 10)])

    async def found(corrects: str) -> set[str]:
        rows = await clerk.get(LIST, corrects=corrects)
        assert (await clerk.get(SUMS, corrects=corrects))["count"] == len(rows)
        return {row["referenceNumber"] for row in rows}

    assert await found(f"Invoice/{invoice.number}") == {note.number, draft.number}
    assert await found(f" invoice/{other.number}") == {of_other.number}
    assert await found(f"DebitNote/{invoice.number}") == set()
    answer = await clerk.http.get(LIST, params={"format": "csv", "corrects": f"Invoice/{other.number}"})
    assert [line["referenceNumber"] for line in csv.DictReader(io.StringIO(answer.text))] == [of_other.number]
    for wrong in (invoice.number, "Invoice/", "Order/1"):
        said = refusal(await clerk.http.get(LIST, params={"corrects": wrong}))
        assert said.startswith(f"This is no document. Field: corrects. Sent: '{wrong}'. Send its type and number,")


async def test_the_journal_of_one_document(clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    rows = await clerk.get(f"/v1/reskontra/report/journal?documentType=Invoice&referenceNumber={invoice.number}")
    assert {(row["documentType"], row["referenceNumber"]) for row in rows} == {("Invoice", invoice.number)}
    assert len(rows) > 2
    assert await clerk.get(f"/v1/reskontra/report/journal?documentType=Payment&referenceNumber={invoice.number}") == []
    alone = await clerk.http.get(f"/v1/reskontra/report/journal?referenceNumber={invoice.number}")
    assert alone.status_code == 400


async def test_items_are_found_by_what_people_type(clerk: Clerk) -> None:
    (item,) = await clerk.get("/v1/inventory", text="POTATO")
    assert item["inventoryNumber"] == "222"
    assert "222" in [it["inventoryNumber"] for it in await clerk.get("/v1/inventory", text="2")]
    assert await clerk.get("/v1/inventory", text="nothing like it") == []
