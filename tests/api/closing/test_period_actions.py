"""Opening, closing and reopening financial periods over HTTP (PER-05, PER-06)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.clerk import INVOICE, KINDS, TYPES, Clerk


async def act(clerk: Clerk, period: str, verb: str, **body: str) -> httpx.Response:
    return await clerk.act(f"reskontra/financialPeriod/{period}", verb, **body)


async def sell(clerk: Clerk, day: str, **fields: Any) -> httpx.Response:
    """Ask for an invoice of that day."""
    return await clerk.post(INVOICE, **clerk.sale(documentDate=day, **fields))


@pytest.fixture
async def early(clerk: Clerk) -> list[str]:
    """The demo's drafts up to March 2024 are gone, so that those months may be closed."""
    drafts = await clerk.rows(
        "select document_type, number from document where released_at is null and period_id <= '202403'"
    )
    kinds = {TYPES[kind]: kind for kind in KINDS}
    for draft in drafts:
        assert await clerk.status("DELETE", f"{kinds[draft['document_type']]}/{draft['number']}") == 204
    return [draft["number"] for draft in drafts]


@pytest.mark.usefixtures("early")
async def test_a_closed_month_takes_no_document_and_the_next_one_does(clerk: Clerk) -> None:
    answer = await act(clerk, "202403", "close")
    assert answer.status_code == 200
    assert answer.json()["actionResult"] == "Done"
    assert answer.json()["periods"][-3:] == ["202401", "202402", "202403"]
    late = await sell(clerk, "2024-03-20")
    assert late.status_code == 400
    assert "202403" in late.json()["message"]
    assert (await sell(clerk, "2024-03-20", financialPeriod="202404")).status_code == 201


@pytest.mark.usefixtures("early")
async def test_a_debit_note_saved_by_mistake_does_not_block_closing_for_ever(clerk: Clerk) -> None:
    draft = await clerk.debit_note(documentDate="2024-03-20")
    refused = await act(clerk, "202403", "close")
    assert refused.status_code == 400
    assert f"DebitNote {draft.number} (202403)" in refused.json()["message"]
    assert (await clerk.delete(f"reskontra/customerDebitNote/{draft.number}")).status_code == 204
    assert (await act(clerk, "202403", "close")).status_code == 200


async def test_a_month_with_drafts_is_not_closed_and_names_them(clerk: Clerk) -> None:
    answer = await act(clerk, "202402", "close")
    assert answer.status_code == 400
    assert "CreditNote 010001 (202001)" in answer.json()["message"]
    assert (await sell(clerk, "2024-02-20")).status_code == 201


@pytest.mark.usefixtures("early")
async def test_reopening_a_month_reopens_those_after_it(clerk: Clerk) -> None:
    await act(clerk, "202403", "close")
    answer = await act(clerk, "202402", "reopen")
    assert answer.json()["periods"] == ["202402", "202403"]
    assert (await sell(clerk, "2024-01-20")).status_code == 400
    assert (await sell(clerk, "2024-02-20")).status_code == 201


@pytest.mark.usefixtures("early")
async def test_the_general_ledger_closes_after_and_reopens_before_the_customer_ledger(
    clerk: Clerk,
) -> None:
    assert (await act(clerk, "202401", "close", ledger="GeneralLedger")).status_code == 400
    await act(clerk, "202401", "close")
    assert (await act(clerk, "202401", "close", ledger="generalledger")).status_code == 200
    refused = await act(clerk, "202401", "reopen")
    assert refused.status_code == 400
    assert "general ledger" in refused.json()["message"]
    assert (await act(clerk, "202401", "reopen", ledger="GeneralLedger")).status_code == 200
    assert (await act(clerk, "202401", "reopen")).status_code == 200


async def test_an_inactive_period_can_be_opened(clerk: Clerk) -> None:
    await clerk.sql("update financial_period set active = false where period_id = '203012'")
    assert (await sell(clerk, "2030-12-03")).status_code == 400
    answer = await act(clerk, "203012", "open")
    assert answer.json()["periods"] == ["203012"]
    assert (await sell(clerk, "2030-12-03")).status_code == 201


@pytest.mark.usefixtures("early")
async def test_a_closed_period_is_reopened_not_opened(clerk: Clerk) -> None:
    await act(clerk, "202403", "close")
    refused = await act(clerk, "202403", "open")
    assert refused.status_code == 400
    assert "The financial period 202403 is closed. Reopen it instead." in refused.json()["message"]


@pytest.mark.usefixtures("early")
async def test_a_draft_cannot_be_moved_into_a_closed_period(clerk: Clerk) -> None:
    await act(clerk, "202403", "close")
    draft = await clerk.invoice(documentDate="2024-05-20")
    assert (await clerk.put(draft, financialPeriod="202403")).status_code == 400


@pytest.mark.usefixtures("early")
async def test_the_database_has_the_last_word_on_drafts(clerk: Clerk) -> None:
    """Somebody closes the month between the read and the write of a request."""
    await act(clerk, "202403", "close")
    async with clerk.database.connection() as connection:
        refused = None
        try:
            await connection.execute("update document set period_id = '202403' where number = '003547'")
        except Exception as error:
            refused = getattr(error, "constraint_name", None)
    assert refused == "journal_period_is_open"


async def test_what_stands_in_the_way_of_closing_is_counted_and_named(clerk: Clerk) -> None:
    drafts = await clerk.rows(
        """select document_type, number, period_id from document
            where released_at is null and status <> 'Voided' and period_id <= '202402' order by 3, 1, 2"""
    )
    assert len({draft["period_id"] for draft in drafts}) > 1
    found = await clerk.get("reskontra/financialPeriod/202402/closing")
    named = [(it["documentType"], it["referenceNumber"], it["period"]) for it in found["unreleased"]]
    assert named == [(it["document_type"], it["number"], it["period_id"]) for it in drafts]
    assert found["unreleasedCount"] == len(drafts) == sum(it["unreleasedDocuments"] for it in found["periods"])
    assert found["periods"][-1]["period"] == "202402"
    waiting = {it["period"]: it["unreleasedDocuments"] for it in await clerk.get("reskontra/financialPeriod")}
    assert {it["period"]: it["unreleasedDocuments"] for it in found["periods"]}.items() <= waiting.items()
    for query, status in (("202402/closing?ledger=GeneralLedger", 400), ("2024/closing", 404), ("209901/closing", 404)):
        assert (await clerk.http.get(f"/v1/reskontra/financialPeriod/{query}")).status_code == status


async def test_batches_that_are_not_posted_are_counted(clerk: Clerk) -> None:
    await clerk.prefer(auto_post_batches=False)
    await clerk.issue(INVOICE, "20001", documentDate="2024-02-20")
    waiting = {it["period"]: it["unpostedBatches"] for it in await clerk.get("reskontra/financialPeriod")}
    assert (waiting["202401"], waiting["202402"]) == (0, 1)


@pytest.mark.usefixtures("early")
async def test_closing_is_tried_and_the_reason_of_reopening_is_kept(clerk: Clerk) -> None:
    request = {"method": "POST", "path": "/v1/reskontra/financialPeriod/202403/action/close", "content": {}}
    tried = await clerk.post("reskontra/trial", request=request)
    assert tried.status_code == 200, tried.text
    assert await clerk.sql("select count(*) from financial_period where closed_in_customer_ledger") == 0
    await act(clerk, "202403", "close")
    await act(clerk, "202402", "reopen", reason="A forgotten invoice")
    logged = await clerk.rows(
        "select entity_key, detail ->> 'reason' as reason from change where event = 'reopened' order by entity_key"
    )
    kept = '[null, "A forgotten invoice"]'
    assert [tuple(it.values()) for it in logged] == [("202402", kept), ("202403", kept)]


@pytest.mark.parametrize(
    ("period", "verb", "body", "status"),
    [
        ("209901", "close", {}, 404),
        ("2024", "close", {}, 400),
        ("202401", "close", {"ledger": "Sales"}, 400),
        ("202401", "shut", {}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused(
    bystander: Clerk, period: str, verb: str, body: dict[str, str], status: int
) -> None:
    assert (await act(bystander, period, verb, **body)).status_code == status
