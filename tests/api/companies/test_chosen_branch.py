"""The header `branchid`: the branch of what is created, as long as the company has it."""

from __future__ import annotations

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, KINDS, PAYMENT, Clerk, location_of, refusal

EAST = {"branchid": "12"}


@pytest.fixture
async def branches(clerk: Clerk) -> Clerk:
    """The clerk of a company with a second branch, whose documents and customers have numbers of their own."""
    await clerk.execute(
        """insert into branch (company_id, branch_id, branch_number, name, active, modified_at)
           values (1, 12, 'E', 'East', true, now()), (1, 13, 'W', 'West', false, now())""",
        """insert into number_series_range (company_id, series_id, range_id, branch_number, start_date, start_number,
                                            end_number, last_number)
           values (1, 'INVOICE', 2, 'E', '2025-01-01', 'E001', 'E999', 'E000'),
                  (1, 'CUSTOMER', 2, 'E', '2025-01-01', 'E001', 'E999', 'E000')""",
    )
    return clerk


@pytest.mark.parametrize("kind", KINDS)
async def test_a_new_document_belongs_to_the_chosen_branch(branches: Clerk, kind: str) -> None:
    answer = await branches.post(kind, EAST, **branches.sale())
    document = await branches.get(location_of(answer))
    assert document["branchNumber"]["number"] == "E"
    line = next(iter(document.get("invoiceLines") or document["lines"]))
    assert line["branchNumber"]["number"] == "E"
    assert document.number == "E001" or kind != INVOICE


async def test_a_new_payment_belongs_to_the_chosen_branch(branches: Clerk) -> None:
    answer = await branches.post(PAYMENT, EAST, **branches.paying(10))
    assert (await branches.get(location_of(answer)))["branch"] == "E"


async def test_a_branch_in_the_body_counts_more(branches: Clerk) -> None:
    answer = await branches.post(CREDIT_NOTE, EAST, **branches.sale(branchNumber="1"))
    assert (await branches.get(location_of(answer)))["branchNumber"]["number"] == "1"


async def test_a_new_customer_has_a_number_of_the_chosen_branch(branches: Clerk) -> None:
    answer = await branches.post("customer", EAST, name="Someone")
    assert (await branches.get(location_of(answer))).number == "E001"


async def test_an_existing_document_stays_in_its_branch(branches: Clerk) -> None:
    document = await branches.invoice()
    assert (await branches.put(document, EAST, note="x")).status_code == 204
    assert (await branches.get(document))["branchNumber"]["number"] == "1"


async def test_lists_show_all_branches(branches: Clerk) -> None:
    answer = await branches.http.get("/v1/customerinvoice", headers=EAST)
    assert {row["branchNumber"]["number"] for row in answer.json()} == {"1"}


@pytest.mark.parametrize("sent", ["99", "13", "E", "-1", "x" * 500, "12,12"])
async def test_another_branch_is_refused_with_those_there_are_and_nothing_is_done(branches: Clerk, sent: str) -> None:
    before = await branches.newest_change()
    document = "/v1/customerinvoice/003547"
    for method, address in (("POST", "/v1/customerinvoice"), ("GET", document), ("POST", f"{document}/action/release")):
        answer = await branches.http.request(method, address, headers={"branchid": sent}, content=b"{}")
        assert "The header branchid" in refusal(answer)
        assert "12 (East)" in refusal(answer)
        assert "West" not in refusal(answer)
    assert await branches.newest_change() == before


async def test_an_empty_header_chooses_nothing(branches: Clerk) -> None:
    document = await branches.get(location_of(await branches.post(INVOICE, {"branchid": " "}, **branches.sale())))
    assert document["branchNumber"]["number"] == "1"
