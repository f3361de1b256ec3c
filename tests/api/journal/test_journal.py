"""The journal over HTTP: what release posted, found by every filter, with the balances before and after each entry."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from reskontra.clock import SeededClock
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, Clerk

ENTRIES = "/v1/GeneralLedgerTransactions"
BATCHES = "/v2/journaltransaction"


DRAFT = "customerinvoice/003547"
"""An invoice of the demo over 625.00, not released yet."""


async def entries_of(clerk: Clerk, number: str, **query: Any) -> list[dict[str, Any]]:
    return [entry for entry in await clerk.get(ENTRIES, **query) if entry["refNumber"] == number]


async def batch_of(clerk: Clerk, description: str) -> dict[str, Any]:
    """The batch with that description, as the list shows it."""
    (batch,) = [batch for batch in await clerk.get(BATCHES) if batch["description"] == description]
    listed: dict[str, Any] = batch
    return listed


async def test_an_invoices_three_entries_are_seen_as_release_posted_them(clerk: Clerk) -> None:
    invoice = await clerk.release(DRAFT)
    entries = await entries_of(clerk, "003547")
    assert [
        (entry["account"]["number"], entry["debitAmount"], entry["creditAmount"], entry["lineNumber"])
        for entry in entries
    ] == [("1500", 625, 0, 1), ("3000", 0, 500, 2), ("2711", 0, 125, 3)]
    receivable = entries[0]
    assert receivable.pop("lastModifiedDateTime").startswith("2026-01-15T13:00:00")
    assert receivable.pop("metadata")["totalCount"] > 3
    assert receivable.pop("batchNumber").startswith("AR")
    assert receivable == {
        "lineNumber": 1,
        "module": "AR",
        "tranDate": invoice["documentDate"],
        "period": invoice["financialPeriod"],
        "description": "Invoice 003547",
        "refNumber": "003547",
        "branch": {"number": "1"},
        "account": {"number": "1500"},
        "ledger": {"id": "1", "description": "General ledger"},
        "subaccount": "0",
        "debitAmount": Decimal("625.0000"),
        "creditAmount": Decimal("0.0000"),
        "currency": "NOK",
        "currDebitAmount": Decimal("625.0000"),
        "currCreditAmount": Decimal("0.0000"),
    }


async def test_a_batch_shows_the_same_entries(clerk: Clerk) -> None:
    invoice = await clerk.release(DRAFT)
    entry = (await entries_of(clerk, "003547"))[0]
    answer = await clerk.http.get(f"{BATCHES}/{entry['batchNumber'].lower()}")
    batch = json.loads(answer.text, parse_float=Decimal)
    assert answer.headers["ETag"] == f'"{batch.pop("timeStamp")}"'
    assert batch.pop("lastModifiedDateTime")
    lines = batch.pop("journalTransactionLines")
    assert batch == {
        "module": "ModuleAR",
        "batchNumber": entry["batchNumber"],
        "status": "Posted",
        "hold": False,
        "transactionDate": invoice["documentDate"],
        "postPeriod": invoice["financialPeriod"],
        "financialPeriod": invoice["financialPeriod"],
        "ledger": "1",
        "ledgerDescription": "General ledger",
        "currencyId": "NOK",
        "exchangeRate": 1,
        "autoReversing": False,
        "reversingEntry": False,
        "description": "Invoice 003547",
        "debitTotal": 625,
        "debitTotalInCurrency": 625,
        "creditTotal": 625,
        "creditTotalInCurrency": 625,
        "controlTotal": 625,
        "controlTotalInCurrency": 625,
        "createVatTransaction": False,
        "skipVatAmountValidation": False,
        "branch": "1",
        "attachments": [],
    }
    assert [(line["accountNumber"], line["debitAmount"], line["creditAmountInCurrency"]) for line in lines] == [
        ("1500", 625, 0),
        ("3000", 0, 500),
        ("2711", 0, 125),
    ]
    assert lines[1] == {
        "lineNumber": 2,
        "accountNumber": "3000",
        "description": "Sales, taxable",
        "subaccount": {
            "subaccountNumber": "0",
            "subaccountId": 1,
            "description": "No department",
            "active": True,
            "segments": [
                {
                    "segmentId": 1,
                    "segmentDescription": "Department",
                    "segmentValue": "0",
                    "segmentValueDescription": "No department",
                }
            ],
        },
        "referenceNumber": "003547",
        "debitAmount": 0,
        "debitAmountInCurrency": 0,
        "creditAmount": 500,
        "creditAmountInCurrency": 500,
        "transactionDescription": "Invoice 003547",
        "vatCode": {"id": "3", "description": "Outgoing VAT, standard rate"},
        "vat": {"id": "3", "description": "Outgoing VAT, standard rate"},
        "branch": "1",
        "customerSupplier": invoice["customer"]["number"],
        "transactionType": "INV",
        "module": "ModuleAR",
        "attachments": [],
    }


async def test_a_batch_that_is_not_there_is_not_found(clerk: Clerk) -> None:
    assert (await clerk.http.get(f"{BATCHES}/AR999999")).status_code == 404


async def test_what_is_not_released_is_not_in_the_journal(clerk: Clerk) -> None:
    assert await entries_of(clerk, "003547", includeUnposted="true", includeUnreleased="true") == []


class TestEntries:
    async def test_are_ordered_by_period_batch_and_line_and_counted_exactly(self, clerk: Clerk) -> None:
        await clerk.issue(INVOICE, documentDate="2025-01-10")
        await clerk.issue(INVOICE, documentDate="2024-06-10")
        every = await clerk.get(ENTRIES)
        keys = [(entry["period"], entry["batchNumber"], entry["lineNumber"]) for entry in every]
        assert keys == sorted(keys)
        assert {entry["metadata"]["totalCount"] for entry in every} == {len(every)}

    async def test_pages_join(self, clerk: Clerk) -> None:
        every = await clerk.get(ENTRIES)
        pieces = []
        for number in range(1, len(every) // 7 + 3):
            pieces += await clerk.get(ENTRIES, pageNumber=number, pageSize=7)
        assert pieces == every

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"branch": "1"}, {"branch": "9"}),
            ({"ledger": "1"}, {"ledger": "2"}),
            ({"fromPeriod": "202703"}, {"fromPeriod": "202704"}),
            ({"fromPeriod": "202703", "toPeriod": "032027"}, {"fromPeriod": "202701", "toPeriod": "202702"}),
            ({"account": "3000"}, {"account": "3100"}),
            ({"subaccountId": "1"}, {"subaccountId": "2"}),
            ({"fromDate": "2027-03-05"}, {"fromDate": "2027-03-06"}),
            ({"fromDate": "2027-01-01", "toDate": "2027-03-05"}, {"fromDate": "2027-01-01", "toDate": "2027-03-04"}),
        ],
    )
    async def test_each_filter_finds_its_own_and_a_wrong_value_finds_nothing(
        self, clerk: Clerk, query: dict[str, str], wrong: dict[str, str]
    ) -> None:
        number = (await clerk.issue(INVOICE, documentDate="2027-03-05")).number
        scope = {"fromPeriod": "202703"}
        assert {entry["refNumber"] for entry in await clerk.get(ENTRIES, **scope | query)} == {number}
        assert await clerk.get(ENTRIES, **scope | wrong) == []

    async def test_are_found_by_when_they_were_written(self, clerk: Clerk) -> None:
        await clerk.release(DRAFT)
        since = {"lastModifiedDateTime": "2026-01-15T13:00:00", "lastModifiedDateTimeCondition": ">="}
        assert {entry["refNumber"] for entry in await clerk.get(ENTRIES, **since)} == {"003547"}
        assert await clerk.get(ENTRIES, **since | {"lastModifiedDateTime": "2026-01-16"}) == []
        unfiltered = await clerk.get(ENTRIES, lastModifiedDateTime="2026-01-16")
        assert len(unfiltered) > 3

    async def test_tell_more_of_account_and_branch_when_asked(self, clerk: Clerk) -> None:
        await clerk.change("account/1500", extenalCode1="X1", externalCode2="X2")
        (told,) = await clerk.get(ENTRIES, account="1500", pageSize=1, expandAccountInfo="true")
        assert told["account"] == {
            "type": "Asset",
            "externalCode1": "X1",
            "externalCode2": "X2",
            "externalCode1Info": {"number": "X1"},
            "externalCode2Info": {"number": "X2"},
            "number": "1500",
            "description": "Trade debtors",
        }
        (told,) = await clerk.get(ENTRIES, account="1500", pageSize=1, expandBranchInfo="true")
        assert told["branch"] == {"number": "1", "name": "Head office"}
        assert "begBalance" not in told

    async def test_of_batches_that_are_not_posted_are_shown_when_asked(self, clerk: Clerk) -> None:
        await clerk.prefer(auto_post_batches=False)
        await clerk.release(DRAFT)
        assert await entries_of(clerk, "003547") == []
        shown = await entries_of(clerk, "003547", includeUnposted="true")
        assert len(shown) == 3
        assert shown[0]["metadata"]["totalCount"] == len(await clerk.get(ENTRIES)) + 3
        assert len(await clerk.get(BATCHES, status="unposted")) == 1

    @pytest.mark.parametrize(
        ("name", "value"),
        [("fromPeriod", "2025"), ("toPeriod", "202514"), ("fromDate", "soon"), ("includeUnposted", "maybe")],
    )
    async def test_refuse_a_value_that_cannot_be_read(self, clerk: Clerk, name: str, value: str) -> None:
        answer = await clerk.http.get(ENTRIES, params={name: value})
        assert answer.status_code == 400
        assert name in answer.json()["message"]


class TestBalances:
    async def test_go_on_from_entry_to_entry_of_an_account(self, clerk: Clerk) -> None:
        for day in ("2025-01-10", "2025-02-10", "2025-12-31", "2026-01-02"):
            await clerk.issue(INVOICE, documentDate=day)
        for account, sign in (("1500", 1), ("2711", -1)):
            standing = Decimal(0)
            rows = await clerk.get(ENTRIES, account=account, includeTransactionBalance="true")
            for row in rows:
                assert row["begBalance"] == standing
                standing += sign * (row["debitAmount"] - row["creditAmount"])
                assert row["endingBalance"] == standing
            assert len(rows) > 4
            assert standing > 0

    async def test_have_the_scale_of_money(self, clerk: Clerk) -> None:
        answer = await clerk.http.get(ENTRIES, params={"pageSize": 1, "includeTransactionBalance": "true"})
        assert '"begBalance":0.0000,' in answer.text
        assert '"currBegBalance":0.0000,' in answer.text

    async def test_of_income_begin_each_year_at_zero(self, clerk: Clerk) -> None:
        for day in ("2028-01-10", "2028-02-10", "2029-01-02"):
            await clerk.issue(INVOICE, documentDate=day)
        query = {"account": "3000", "fromPeriod": "202801", "includeTransactionBalance": "true"}
        rows = await clerk.get(ENTRIES, **query)
        assert [(row["begBalance"], row["endingBalance"]) for row in rows] == [(0, 100), (100, 200), (0, 100)]

    async def test_do_not_depend_on_which_entries_are_asked_for(self, clerk: Clerk) -> None:
        asked = {"account": "1500", "includeTransactionBalance": "true"}
        every = await clerk.get(ENTRIES, **asked)
        last = every[-1]
        (alone,) = await clerk.get(ENTRIES, pageSize=1, pageNumber=len(every), **asked)
        assert alone == last
        later = await clerk.get(ENTRIES, fromPeriod=last["period"], **asked)
        assert later[-1]["begBalance"] == last["begBalance"] > 0

    async def test_in_currency_are_kept_by_currency(self, clerk: Clerk) -> None:
        await clerk.issue(INVOICE, documentDate="2027-05-03")
        foreign = next(
            customer["number"] for customer in await clerk.get("customer") if customer["currencyId"] == "EUR"
        )
        invoice = await clerk.issue(INVOICE, foreign, documentDate="2027-05-04", lines=[ITEM_A | {"vatCodeId": "52"}])
        query = {"account": "1500", "includeTransactionBalance": "true"}
        rows = [row for row in await clerk.get(ENTRIES, **query) if row["currency"] == "EUR"]
        assert rows[-1]["refNumber"] == invoice.number
        owed = sum(row["currDebitAmount"] - row["currCreditAmount"] for row in rows)
        assert rows[-1]["currEndingBalance"] == owed
        assert rows[-1]["endingBalance"] > owed

    async def test_leave_out_what_is_not_posted_unless_it_is_shown(self, clerk: Clerk) -> None:
        await clerk.issue(INVOICE, documentDate="2027-05-03")
        await clerk.prefer(auto_post_batches=False)
        await clerk.issue(INVOICE, documentDate="2027-05-04")
        await clerk.prefer(auto_post_batches=True)
        await clerk.issue(INVOICE, documentDate="2027-05-05")
        query = {"account": "3000", "fromPeriod": "202705", "includeTransactionBalance": "true"}
        posted = await clerk.get(ENTRIES, **query)
        assert [row["begBalance"] for row in posted] == [0, 100]
        everything = await clerk.get(ENTRIES, includeUnposted="true", **query)
        assert [row["begBalance"] for row in everything] == [0, 100, 200]


class TestBatches:
    async def test_are_listed_by_period_and_number(self, clerk: Clerk) -> None:
        await clerk.issue(INVOICE, documentDate="2024-06-10")
        every = await clerk.get(BATCHES)
        keys = [(batch["financialPeriod"], batch["batchNumber"]) for batch in every]
        assert keys == sorted(keys)
        assert {batch["metadata"]["totalCount"] for batch in every} == {len(every)}
        pieces = []
        for number in range(1, len(every) // 3 + 3):
            pieces += await clerk.get(BATCHES, pageNumber=number, pageSize=3)
        assert pieces == every

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"periodId": "202703"}, {"periodId": "202704"}),
            ({"module": "moduleAR"}, {"module": "ModuleGL"}),
            ({"status": "posted"}, {"status": "Hold"}),
            ({"branch": "1"}, {"branch": "2"}),
        ],
    )
    async def test_each_filter_finds_its_own_and_a_wrong_value_finds_nothing(
        self, clerk: Clerk, query: dict[str, str], wrong: dict[str, str]
    ) -> None:
        number = (await clerk.issue(INVOICE, documentDate="2027-03-05")).number
        (batch,) = await clerk.get(BATCHES, **{"periodId": "032027"} | query)
        assert batch["journalTransactionLines"][0]["referenceNumber"] == number
        assert await clerk.get(BATCHES, **{"periodId": "202703"} | wrong) == []

    async def test_are_found_by_when_they_were_written(self, clerk: Clerk) -> None:
        await clerk.release(DRAFT)
        (batch,) = await clerk.get(BATCHES, lastModifiedDateTime="2026-01-15T13:00:00")
        assert batch["description"] == "Invoice 003547"
        assert await clerk.get(BATCHES, lastModifiedDateTime="2026-01-16") == []

    async def test_leave_attachments_out_when_they_are_declined(self, clerk: Clerk) -> None:
        plain = (await clerk.get(BATCHES, pageSize=1))[0]
        declined = (await clerk.get(BATCHES, pageSize=1, expandAttachments="false"))[0]
        assert plain["attachments"] == plain["journalTransactionLines"][0]["attachments"] == []
        assert "attachments" not in declined
        assert "attachments" not in declined["journalTransactionLines"][0]

    async def test_refuse_an_unknown_module(self, clerk: Clerk) -> None:
        answer = await clerk.http.get(f"{BATCHES}?module=ModuleXX")
        assert answer.status_code == 400
        assert "ModuleAR" in answer.json()["message"]


async def test_a_walk_through_the_journal_goes_on_when_something_is_posted(clerk: Clerk, clock: SeededClock) -> None:
    await clerk.issue(INVOICE, documentDate="2027-03-05")
    first = await clerk.get(ENTRIES, fromPeriod="202703", pageSize=2, pageNumber=1)
    assert first[0]["metadata"]["totalCount"] == 3
    await clerk.issue(INVOICE, documentDate="2027-04-05")
    second = await clerk.get(ENTRIES, fromPeriod="202703", pageSize=2, pageNumber=2)
    assert [entry["lineNumber"] for entry in second] == [3, 1]
    assert second[0]["metadata"]["totalCount"] == 6


@pytest.mark.parametrize(
    "lines",
    [
        [{"unitPriceInCurrency": 100, "discountPercent": 100}],
        [{"unitPriceInCurrency": 0}],
        [{"unitPriceInCurrency": 100}, {"unitPriceInCurrency": 100, "quantity": -1}],
    ],
    ids=["discount of 100 per cent", "price of 0", "lines that cancel out"],
)
async def test_the_journal_shows_the_batch_of_a_document_worth_nothing_as_empty(
    clerk: Clerk, lines: list[dict[str, Any]]
) -> None:
    invoice = await clerk.issue(INVOICE, lines=[ITEM_A | line for line in lines])
    assert (invoice["status"], invoice["amount"], invoice["balance"]) == ("Closed", 0, 0)
    assert [(row["taxId"], row["taxableAmount"], row["vatAmount"]) for row in invoice["taxDetails"]] == [("3", 0, 0)]

    batch = await batch_of(clerk, f"Invoice {invoice.number}")
    totals = [batch[name] for name in ("debitTotal", "creditTotal", "debitTotalInCurrency", "controlTotal")]
    assert [str(total) for total in totals] == ["0.0000"] * 4
    assert (batch["journalTransactionLines"], batch["currencyId"]) == ([], "NOK")
    assert await clerk.get(f"{BATCHES}/{batch['batchNumber']}") == {
        name: value for name, value in batch.items() if name != "metadata"
    }
    assert await entries_of(clerk, invoice.number) == []
    assert len(await clerk.get(ENTRIES)) == (await clerk.get(ENTRIES))[0]["metadata"]["totalCount"]


@pytest.mark.parametrize(
    ("kind", "noun", "currency"),
    [(CREDIT_NOTE, "Credit note", "NOK"), (DEBIT_NOTE, "Debit note", "NOK"), (INVOICE, "Invoice", "EUR")],
)
async def test_documents_of_all_kinds_and_currencies_that_are_worth_nothing_have_readable_batches(
    clerk: Clerk, kind: str, noun: str, currency: str
) -> None:
    document = await clerk.issue(kind, lines=[ITEM_A | {"unitPriceInCurrency": 0}], currencyId=currency)
    batch = await batch_of(clerk, f"{noun} {document.number}")
    assert (batch["journalTransactionLines"], batch["currencyId"]) == ([], currency)
    assert "exchangeRate" not in batch
    assert "branch" not in batch
