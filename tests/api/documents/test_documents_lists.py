"""Lists of documents: filters, pages, totals, what is expanded, and the stored text of the lines."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from reskontra.clock import Context
from reskontra.documents.store import loading
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.reference.store import remembered
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, Clerk


async def test_a_list_is_in_the_order_of_numbers_and_each_item_says_how_many_there_are(bystander: Clerk) -> None:
    items = await bystander.page(INVOICE)
    numbers = [item["referenceNumber"] for item in items]
    assert numbers == [f"{number:06d}" for number in range(3524, 3548)]
    assert all(item["metadata"] == {"totalCount": 24, "maxPageSize": 1000} for item in items)


async def test_pages_cover_the_list_once_and_one_past_the_end_is_empty(bystander: Clerk) -> None:
    whole = await bystander.numbers(INVOICE)
    for size in (1, 5, 7, 24, 25):
        walked: list[str] = []
        for number in range(1, 26):
            page = await bystander.page(INVOICE, pageSize=size, pageNumber=number)
            walked += [item["referenceNumber"] for item in page]
            assert all(item["metadata"]["totalCount"] == 24 for item in page)
        assert walked == whole
    # A cold jump finds what the walk found.
    assert (
        await bystander.numbers(INVOICE, pageSize=5, pageNumber=4, released=1)
        == (await bystander.numbers(INVOICE, released=1))[15:20]
    )


@pytest.mark.parametrize("query", [{"pageSize": 0}, {"pageNumber": 0}, {"pageSize": 5000}, {"pageSize": -3}])
async def test_a_size_or_page_that_cannot_be_means_the_default(bystander: Clerk, query: dict[str, Any]) -> None:
    assert len(await bystander.page(INVOICE, **query)) == 24


async def test_the_total_follows_every_write(clerk: Clerk) -> None:
    for expected in (25, 26):
        await clerk.invoice(hold=True)
        assert (await clerk.page(INVOICE, pageSize=1))[0]["metadata"]["totalCount"] == expected
    assert (await clerk.page(INVOICE, pageSize=1, status="hold"))[0]["metadata"]["totalCount"] == 4
    await clerk.change("customerinvoice/003549", hold=False)
    assert (await clerk.page(INVOICE, pageSize=1, status="hold"))[0]["metadata"]["totalCount"] == 3
    await clerk.delete("customerinvoice/003549")
    assert (await clerk.page(INVOICE, pageSize=1))[0]["metadata"]["totalCount"] == 25


# name, value that finds, value that does not
FILTERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"status": "Hold"}, {"status": "Voided"}),
    ({"status": "hold"}, {"status": "ccHold"}),
    ({"released": 0}, {"released": 1}),
    ({"customer": "20004"}, {"customer": "20005"}),
    ({"customer": "20004"}, {"customer": "nobody"}),
    ({"branch": "1"}, {"branch": "2"}),
    ({"financialPeriod": "202504"}, {"financialPeriod": "202503"}),
    ({"financialPeriod": "042025"}, {"financialPeriod": "032025"}),
    ({"externalReference": "WEB 1"}, {"externalReference": "WEB 2"}),
    ({"customerRefNumber": "PO-1"}, {"customerRefNumber": "PO-2"}),
    ({"project": "77"}, {"project": "78"}),
    ({"greaterThanValue": "9"}, {"greaterThanValue": "9-1"}),
    ({"documentDate": "2025-03-09", "documentDateCondition": ">="},
     {"documentDate": "2025-03-09", "documentDateCondition": ">"}),
    ({"documentDate": "2025-03-10", "documentDateCondition": "<"},
     {"documentDate": "2025-03-09", "documentDateCondition": "<"}),
    ({"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": ">="},
     {"lastModifiedDateTime": "2026-01-16", "lastModifiedDateTimeCondition": ">="}),
    ({"lastModifiedDateTime": "2026-01-15 13:00:00", "lastModifiedDateTimeCondition": ">"},
     {"lastModifiedDateTime": "2026-01-15T12:59:59.999", "lastModifiedDateTimeCondition": "<"}),
    ({"createdDateTime": "2026-01-16", "createdDateTimeCondition": "<"},
     {"createdDateTime": "2026-01-15", "createdDateTimeCondition": "<"}),
]  # fmt: skip
OF_OWED = [
    ({"paymentReference": "KID-1"}, {"paymentReference": "KID-2"}),
    ({"documentDueDate": "2025-12-24", "documentDueDateCondition": ">="},
     {"documentDueDate": "2025-12-24", "documentDueDateCondition": "<"}),
    ({"documentDueDate": "2025-12-24", "documentDueDateCondition": "=<"},
     {"documentDueDate": "2025-12-25", "documentDueDateCondition": "=>"}),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_each_filter_finds_what_fits_and_a_wrong_value_empties_the_list(clerk: Clerk, kind: str) -> None:
    owed = {} if kind == CREDIT_NOTE else {"paymentReference": "KID-1", "documentDueDate": "2025-12-24"}
    # Debit notes take no project on the wire; the demo's own one has one.
    project = {} if kind == DEBIT_NOTE else {"project": "77"}
    sent: dict[str, Any] = {
        "customerNumber": "20004",
        "documentDate": "2025-03-09",
        "financialPeriod": "202504",
        "externalReference": "WEB 1",
        "customerRefNumber": "PO-1",
        "hold": True,
    }
    document = await clerk.document(kind, referenceNumber="9-1", **sent, **owed, **project)
    other = await clerk.document(kind, referenceNumber="0-1")
    await clerk.sql("update document set created_at = '2020-01-01', modified_at = '2020-01-01' where number = '0-1'")
    filters = FILTERS + ([] if kind == CREDIT_NOTE else OF_OWED)
    for finding, missing in filters:
        if "project" in finding and kind == DEBIT_NOTE:
            continue
        assert document.number in await clerk.numbers(kind, **finding), finding
        assert document.number not in await clerk.numbers(kind, **missing), missing
    everything = {name: value for finding, _ in filters[2:] for name, value in finding.items()} | project
    if kind == DEBIT_NOTE:
        del everything["project"]
    found = await clerk.page(kind, **everything)
    assert [item["referenceNumber"] for item in found] == ["9-1"]
    assert found[0]["metadata"]["totalCount"] == 1
    assert other.number in await clerk.numbers(kind)


@pytest.mark.plants_fault  # a level without its letter
async def test_the_filters_on_reminders_and_closing_find_what_fits(clerk: Clerk) -> None:
    closed = await clerk.invoice(lines=[{"description": "Free", "unitPriceInCurrency": 0}])
    await clerk.release(closed)
    assert await clerk.numbers(INVOICE, closedFinancialPeriod="202503") == [closed.number]
    assert await clerk.numbers(INVOICE, closedFinancialPeriod="202504") == []
    await clerk.sql("update document set dunning_level = 2, dunning_letter_date = '2025-05-05' where number = '003524'")
    assert await clerk.numbers(INVOICE, dunningLevel=2) == ["003524"]
    assert await clerk.numbers(INVOICE, dunningLevel=1) == []
    reminded = {"dunningLetterDateTime": "2025-05-05T00:00:00"}
    assert await clerk.numbers(INVOICE, **reminded, dunningLetterDateTimeCondition=">=") == ["003524"]
    assert await clerk.numbers(INVOICE, **reminded, dunningLetterDateTimeCondition=">") == []
    [item] = await clerk.page(INVOICE, dunningLevel=2, expandDunningInformation="true")
    assert (item["dunningLetterLevel"], item["dunningLetterDate"]) == (2, "2025-05-05T00:00:00")
    [item] = await clerk.page(INVOICE, dunningLevel=2)
    assert not {"dunningLetterLevel", "dunningLetterDate"} & item.keys()


@pytest.mark.parametrize(
    "query",
    [
        {"documentDate": "1999-01-01"},
        {"documentDate": "1999-01-01", "documentDateCondition": "?"},
        {"lastModifiedDateTimeCondition": ">"},
        {"documentType": "CreditNote"},
        {"unheardOf": "1"},
        {"status": ""},
        {"numberToRead": 1, "skipRecords": 5},
    ],
)
async def test_what_says_nothing_filters_nothing(bystander: Clerk, query: dict[str, Any]) -> None:
    assert len(await bystander.page(INVOICE, **query)) == 24


@pytest.mark.parametrize(
    "query",
    [
        {"status": "Lost"},
        {"released": "maybe"},
        {"financialPeriod": "2025"},
        {"closedFinancialPeriod": "209914"},
        {"documentDate": "soon", "documentDateCondition": ">"},
        {"expandApplications": "perhaps"},
        {"pageNumber": "one"},
    ],
)
async def test_what_cannot_be_read_is_refused_and_named(bystander: Clerk, query: dict[str, str]) -> None:
    answer = await bystander.http.get("/v1/customerinvoice", params=query)
    assert answer.status_code == 400, answer.text
    assert next(iter(query)) in answer.json()["message"]


async def test_parts_come_and_go_with_their_flags(bystander: Clerk) -> None:
    [plain] = await bystander.page(INVOICE, greaterThanValue="003546")
    assert {"attachments", "taxDetails", "invoiceLines"} <= plain.keys()
    assert not {"applications", "invoiceAddress", "invoiceContact"} & plain.keys()
    flags = {"expandAttachments": "false", "expandTaxDetails": "0"}
    [less] = await bystander.page(INVOICE, greaterThanValue="003546", **flags)
    assert not {"attachments", "taxDetails"} & less.keys()
    flags = {"expandApplications": "true", "expandInvoiceAddress": "1", "expandDunningInformation": "TRUE"}
    [more] = await bystander.page(INVOICE, greaterThanValue="003546", **flags)
    assert {"applications", "invoiceAddress", "invoiceContact"} <= more.keys()
    single = await bystander.get("customerinvoice/003547")
    del more["metadata"]
    assert more == single


# The stored text of the lines and VAT rows


async def random_session(clerk: Clerk, chance: random.Random) -> None:
    """Some dozens of requests as they come; what is refused is refused."""

    def lines() -> list[dict[str, Any]]:
        return [
            {
                "operation": chance.choice(["Insert", "Update", "Delete", None]),
                "lineNumber": chance.choice([0, 1, 2, 3]),
                "inventoryNumber": chance.choice(["A", "6", "222", "PURREGEBYR"]),
                "quantity": Decimal(chance.randint(-200, 900)) / 100,
                "vatCodeId": chance.choice(["3", "31", "32", "6", "51"]),
                "discountPercent": chance.choice([0, 5, Decimal("12.345678")]),
                "note": chance.choice([None, 'Quoted "text" \\ with Æ and \u2028']),
            }
            for _ in range(chance.randint(0, 4))
        ]

    for _ in range(40):
        kind = chance.choice(KINDS)
        numbers = await clerk.numbers(kind)
        number = chance.choice(numbers or ["none"])
        fields: dict[str, Any] = {"currencyId": chance.choice(["NOK", "EUR", "SEK"]), "lines": lines()}
        match chance.choice(["create", "create", "change", "change", "release", "delete"]):
            case "create":
                fields["lines"] = [line | {"operation": "Insert"} for line in fields["lines"]]
                await clerk.post(kind, **clerk.sale(**fields))
            case "change":
                await clerk.send("PUT", f"{kind}/{number}", **fields)
            case "release":
                await clerk.send("POST", f"{kind}/{number}/action/release")
            case "delete":
                await clerk.delete(f"{kind}/{number}")


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_stored_text_is_what_the_rows_say(clerk: Clerk, seed: int) -> None:
    await random_session(clerk, random.Random(seed))
    context = Context(1, "test", "test", clerk.clock.now(), clerk.clock)
    stored = await clerk.rows("select document_type, number, lines_json, vat_json from document")
    assert len(stored) > 30
    async with clerk.database.transaction() as connection:
        reference = await remembered.at(connection, 1, None)
        for row in stored:
            loaded = await loading.load_document(
                connection, context, row["document_type"], row["number"], loading.Wanted()
            )
            assert loaded is not None
            assert loaded.document is not None
            assert row["lines_json"] == lines_text(loaded.document, reference)
            assert row["vat_json"] == vat_text(loaded.document, reference)


@pytest.mark.parametrize(("spelling", "kind"), [("DebitMemo", "DebitNote"), ("credit%20memo", "CreditNote")])
async def test_notes_are_found_by_their_other_names(bystander: Clerk, spelling: str, kind: str) -> None:
    other = (await bystander.http.get(f"/v1/customerdocument?documentType={spelling}")).json()
    assert other
    assert other == (await bystander.http.get(f"/v1/customerdocument?documentType={kind}")).json()


async def test_released_is_a_flag(bystander: Clerk) -> None:
    for word, same in (("1", "true"), ("0", "FALSE")):
        found = (await bystander.http.get(f"/v1/customerinvoice?released={word}")).json()
        assert found == (await bystander.http.get(f"/v1/customerinvoice?released={same}")).json()
        assert found
    for word in ("2", "-1", "yes"):
        assert (await bystander.http.get(f"/v1/customerinvoice?released={word}")).status_code == 400
