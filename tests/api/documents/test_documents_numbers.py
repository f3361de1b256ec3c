"""Numbers of documents: sent or taken from the series, unique, without unexplained gaps; deleting drafts."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, KINDS, STALE, Clerk, refusal


async def mode(clerk: Clerk, mode: str) -> None:
    await clerk.sql(f"update number_series set mode = '{mode}' where series_id = 'INVOICE'")


async def test_each_kind_counts_in_its_own_series(clerk: Clerk) -> None:
    numbers = [(await clerk.document(kind)).number for kind in (*KINDS, *KINDS)]
    assert numbers == ["003548", "010002", "001002", "003549", "010003", "001003"]


async def test_a_sent_number_that_is_free_is_used_and_the_series_steps_over_it(clerk: Clerk) -> None:
    assert (await clerk.invoice(referenceNumber="003549")).number == "003549"
    assert (await clerk.invoice(referenceNumber="003550")).number == "003550"
    numbers = [(await clerk.invoice()).number for _ in range(2)]
    assert numbers == ["003548", "003551"]


@pytest.mark.parametrize("number", ["003547", " 003547 "])
async def test_a_number_that_stands_is_refused(bystander: Clerk, number: str) -> None:
    text = await bystander.refuse(INVOICE, referenceNumber=number)
    assert text.startswith("A document with this number exists already. Field: referenceNumber. Sent: '003547'.")


async def test_numbers_compare_without_case_and_are_shown_as_first_written(clerk: Clerk) -> None:
    """Case is that of ASCII letters: keys are ordered and folded alike on every machine (W17)."""
    await clerk.invoice(referenceNumber="Orn-1")
    assert "exists already. Field: referenceNumber. Sent: 'ORN-1'." in await clerk.refuse(
        INVOICE, referenceNumber="ORN-1"
    )
    assert (await clerk.get("customerinvoice/ORN-1"))["referenceNumber"] == "Orn-1"
    # The number belongs to the kind: a credit note may have the same.
    assert (await clerk.post(CREDIT_NOTE, **clerk.sale(referenceNumber="Orn-1"))).status_code == 201


@pytest.mark.parametrize("number", ["a/b", "a.b", "2026_1", "-", "xxxxxxxxxxxxxxx"])
async def test_a_number_of_letters_digits_and_four_signs_has_an_address(clerk: Clerk, number: str) -> None:
    answer = await clerk.post(INVOICE, **clerk.sale(referenceNumber=number))
    assert answer.status_code == 201, answer.text
    read = await clerk.http.get(answer.headers["Location"])
    assert read.json()["referenceNumber"] == number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", ["a b", "50%", "#1", "ÅÄÖ", "\N{ARABIC-INDIC DIGIT THREE}"])
async def test_a_number_of_other_characters_is_refused(bystander: Clerk, kind: str, number: str) -> None:
    text = await bystander.refuse(kind, referenceNumber=number)
    assert "Field: referenceNumber." in text
    assert "Send letters A to Z, digits and - . / _ only." in text


@pytest.mark.parametrize("number", ["a b", "50%", "#1", "ÅÄÖ"])
async def test_an_older_number_of_other_characters_keeps_its_address(clerk: Clerk, number: str) -> None:
    draft = (await clerk.invoice()).number
    await clerk.execute(
        f"update document set number = '{number}' where number = '{draft}'",
        "alter table change disable trigger change_is_append_only",
        f"update change set entity_key = '{number}' where entity_key = '{draft}'",
        "alter table change enable trigger change_is_append_only",
        f"update number_series_range set last_number = '003547' where last_number = '{draft}'",
    )
    address = f"customerinvoice/{quote(number)}"
    assert (await clerk.get(address)).number == number
    assert (await clerk.change(address, referenceNumber=number, note="x"))["note"] == "x"
    assert (await clerk.release(address))["status"] == "Open"


@pytest.mark.parametrize("number", ["a\nb", "a\tb"])
async def test_a_number_that_cannot_be_printed_is_refused(bystander: Clerk, number: str) -> None:
    assert "Field: referenceNumber." in await bystander.refuse(INVOICE, referenceNumber=number)


@pytest.mark.parametrize("empty", ["", "  ", None])
async def test_an_empty_number_means_the_next_one(clerk: Clerk, empty: str | None) -> None:
    assert (await clerk.invoice(referenceNumber=empty)).number == "003548"


async def test_a_strict_series_takes_a_sent_number_only_if_it_is_overridden(clerk: Clerk) -> None:
    await mode(clerk, "strict")
    assert "Field: referenceNumber." in await clerk.refuse(INVOICE, referenceNumber="X1")
    assert "Field: referenceNumber." in await clerk.refuse(INVOICE, referenceNumber="X1", overrideNumberSeries=False)
    assert (await clerk.invoice(referenceNumber="X1", overrideNumberSeries=True)).number == "X1"
    assert (await clerk.invoice(overrideNumberSeries=True)).number == "003548"


async def test_a_manual_series_needs_a_number(clerk: Clerk) -> None:
    await mode(clerk, "manual")
    assert "a number is required. Field: referenceNumber." in await clerk.refuse(INVOICE)
    assert (await clerk.invoice(referenceNumber="M-1")).number == "M-1"


async def test_a_series_that_is_used_up_says_so(clerk: Clerk) -> None:
    await clerk.sql("update number_series_range set end_number = '003548' where series_id = 'INVOICE'")
    await clerk.invoice()
    assert "The number series is used up." in await clerk.refuse(INVOICE, documentDate="2025-03-03")
    assert (await clerk.post(INVOICE, **clerk.sale(referenceNumber="004000"))).status_code == 201


async def test_the_range_is_chosen_by_date_and_branch(clerk: Clerk) -> None:
    await clerk.execute(
        "insert into branch (company_id, branch_id, branch_number, name, modified_at) values (1, 2, '2', 'W', now())",
        """insert into number_series_range (company_id, series_id, range_id, branch_number, start_date, start_number,
                                            end_number, last_number)
           values (1, 'INVOICE', 2, null, '2025-06-01', '500001', '599999', '500000'),
                  (1, 'INVOICE', 3, '2', '2025-01-01', 'W001', 'W999', 'W000')""",
    )
    numbers = {}
    for day, branch in (("2025-05-31", "1"), ("2025-06-01", "1"), ("2025-12-31", "2"), ("2024-12-31", "2")):
        document = await clerk.invoice(documentDate=day, branchNumber=branch)
        numbers[day, branch] = document.number
    assert list(numbers.values()) == ["003548", "500001", "W001", "003549"]


async def test_a_refused_document_takes_no_number(clerk: Clerk) -> None:
    for _ in range(3):
        await clerk.refuse(INVOICE, documentDate="1999-01-01")
        await clerk.refuse(INVOICE, lines=[{"inventoryNumber": "A", "quantity": -1}])
        await clerk.refuse(INVOICE, referenceNumber="003547")
    assert (await clerk.invoice()).number == "003548"


@pytest.mark.plants_fault  # the number that the other series gave out before stands there alone now
async def test_several_kinds_may_share_a_series(clerk: Clerk) -> None:
    await clerk.sql("""update company set preferences = jsonb_set(preferences, '{series, credit_note}', '"INVOICE"')""")
    numbers = [(await clerk.document(kind)).number for kind in (INVOICE, CREDIT_NOTE, INVOICE)]
    assert numbers == ["003548", "003549", "003550"]


# Deleting


@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE])
@pytest.mark.parametrize("hold", [False, True])
async def test_a_draft_is_deleted_and_its_number_is_logged(clerk: Clerk, kind: str, hold: bool) -> None:
    before, total = await clerk.balance(), len(await clerk.numbers(kind))
    document = await clerk.document(kind, hold=hold)
    number = document.number
    answer = await clerk.delete(document)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await clerk.status("GET", document) == await clerk.status("DELETE", document) == 404
    assert await clerk.balance() == before
    page = await clerk.page(kind)
    assert len(page) == page[0]["metadata"]["totalCount"] == total
    [logged] = await clerk.rows("select * from deleted_number")
    assert (logged["entity"], logged["number"], logged["actor"]) == (document["documentType"], number, "open")
    assert logged["used_again_at"] is None
    [change] = await clerk.rows("select event, entity_key from change order by change_id desc limit 1")
    assert tuple(change) == ("deleted", number)
    for table in ("document_line", "document_vat"):
        [rows] = await clerk.rows(
            f"select count(*) from {table} where document_id not in (select document_id from document)"
        )
        assert rows["count"] == 0


async def test_a_deleted_number_may_be_sent_again_and_that_is_noted(clerk: Clerk) -> None:
    document = await clerk.invoice(referenceNumber="Ab-1")
    await clerk.delete(f"customerinvoice/{document['referenceNumber']}")
    assert (await clerk.invoice(referenceNumber="AB-1")).number == "AB-1"
    [logged] = await clerk.rows("select used_again_at from deleted_number")
    assert logged["used_again_at"] is not None


async def test_the_series_never_gives_out_a_number_it_has_given_out_before(clerk: Clerk) -> None:
    for expected in ("003548", "003549"):
        document = await clerk.invoice()
        assert document.number == expected
        await clerk.delete(f"customerinvoice/{expected}")
    assert (await clerk.invoice()).number == "003550"


async def test_the_series_may_reach_a_number_that_was_sent_and_deleted_and_notes_that(clerk: Clerk) -> None:
    await clerk.invoice(referenceNumber="003549")
    await clerk.delete("customerinvoice/003549")
    assert [(await clerk.invoice()).number for _ in range(2)] == ["003548", "003549"]
    [logged] = await clerk.rows("select number, used_again_at from deleted_number")
    assert logged["number"] == "003549"
    assert logged["used_again_at"] is not None


async def test_a_released_document_is_not_deleted(clerk: Clerk) -> None:
    for kind in (INVOICE, CREDIT_NOTE):
        document = await clerk.document(kind)
        await clerk.release(document)
        answer = await clerk.delete(f"{kind}/{document['referenceNumber']}")
        assert answer.status_code == 400
        assert "can't be deleted because it is already released" in answer.json()["message"]
    assert await clerk.rows("select * from deleted_number") == []


async def test_the_wire_has_no_delete_for_a_debit_note_and_we_have_one(clerk: Clerk) -> None:
    answer = await clerk.delete("customerDebitNote/001001")
    assert answer.status_code == 405
    assert "DELETE" not in answer.headers["Allow"]
    for lines in ([ITEM_A], []):
        owed = await clerk.balance()
        draft = await clerk.debit_note(lines=lines)
        address = f"reskontra/customerdebitnote/{draft.number}"
        assert (await clerk.delete(address, STALE)).status_code == 412
        assert (await clerk.delete(address)).status_code == 204
        assert (await clerk.delete(address)).status_code == 404
        assert await clerk.balance() == owed
        [logged] = await clerk.rows("select entity, actor, reason from deleted_number where number = $1", draft.number)
        assert tuple(logged) == ("DebitNote", "open", "deleted before release")


@pytest.mark.parametrize("lines", [[ITEM_A], []], ids=["with lines", "without lines"])
async def test_a_period_closes_once_the_debit_note_that_held_it_up_is_deleted(
    clerk: Clerk, lines: list[dict[str, Any]]
) -> None:
    await clerk.release("customerCreditNote/010001")  # the demo's only draft of that month
    draft = await clerk.debit_note(documentDate="2020-01-10", lines=lines)
    close = "reskontra/financialPeriod/202001/action/close"
    assert f"not released yet: DebitNote {draft.number} (202001)." in refusal(await clerk.post(close))
    assert (await clerk.delete(f"reskontra/customerdebitnote/{draft.number}")).status_code == 204
    assert (await clerk.post(close)).status_code == 200


async def test_a_released_debit_note_stays(clerk: Clerk) -> None:
    document = await clerk.issue(DEBIT_NOTE)
    answer = await clerk.delete(f"reskontra/customerDebitNote/{document.number}")
    assert answer.status_code == 400
    assert "can't be deleted because it is already released" in answer.json()["message"]
    assert await clerk.rows("select * from deleted_number") == []
