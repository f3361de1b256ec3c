"""Reminding all customers in one run: what it makes, what it leaves out and says so, and whose letters are one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from reskontra.clock import Context, SeededClock
from reskontra.db.pool import Connection
from reskontra.dunning.commands import reminding, running
from reskontra.errors import Conflict
from tests.api.dunning.debtors import at, debtor, late, letter_rows, level_of, numbered
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, Record, decoded

RUN = "reskontra/run/dunning"


async def run(clerk: Clerk, day: date | None = None, *, dry: bool = False, **filters: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"filters": filters}
    if day:
        body["asOf"] = day.isoformat()
    if dry:
        body["dryRun"] = True
    answer = decoded(await clerk.post(RUN, **body))
    assert answer.pop("actionResult") == "Done"
    assert len(answer.pop("actionId")) == 36
    return dict(answer)


async def customers_with_one_document(clerk: Clerk, count: int) -> dict[str, Record]:
    """Customer -> its document. What the demo company's own customers owe is disputed, so that none is due."""
    await clerk.sql("update document set revoked = true where released_at is not null and balance > 0")
    customers = [await debtor(clerk) for _ in range(count)]
    return {customer: await clerk.issue(INVOICE, customer) for customer in customers}


async def everything(clerk: Clerk) -> list[Any]:
    """All that a run could write."""
    return [
        await clerk.rows(statement)
        for statement in (
            "select * from document order by document_id",
            "select * from dunning_letter order by letter_id",
            "select * from dunning_letter_line order by letter_id, document_id",
            "select * from change order by change_id",
            "select * from tally order by entity",
            "select * from number_series_range order by series_id",
            "select * from customer_balance order by customer_id",
            "select * from journal_entry order by batch_number, line_number",
        )
    ]


async def test_everybody_who_is_due_gets_a_letter_and_nobody_two(clerk: Clerk) -> None:
    owed = await customers_with_one_document(clerk, 3)
    made = await run(clerk, late(15))
    assert made["skipped"] == []
    assert [it["customer"]["number"] for it in made["created"]] == sorted(owed)
    assert made["created"][0] == {
        "letterNumber": 1,
        "customer": {"number": min(owed), "name": "Late payer AS"},
        "level": 1,
        "letterDate": at(late(15)),
        "paymentDeadline": at(late(15) + timedelta(days=14)),
        "documents": 1,
        "oldestDueDate": "2025-01-15T00:00:00",
        "currencyId": "NOK",
        "fee": 0.0,
        "finalReminder": False,
        "warnings": [],
    }
    assert [await level_of(clerk, document) for document in owed.values()] == [(1, at(late(15)))] * 3
    assert await run(clerk, late(15)) == {"created": [], "skipped": []}


async def test_the_third_letter_tells_its_fee_invoice_and_its_doubts(clerk: Clerk) -> None:
    await clerk.sql("update legal_rate set amount = 30 where kind = 'reminder_fee_cap'")
    await customers_with_one_document(clerk, 2)
    for days in (15, 29):
        await run(clerk, late(days))
    made = await run(clerk, late(43))
    fees = await clerk.rows("select number from document where origin = 'dunning_fee' order by number")
    assert [it["feeInvoiceNumber"] for it in made["created"]] == [fee["number"] for fee in fees]
    assert [(it["fee"], it["finalReminder"]) for it in made["created"]] == [(35.0, True)] * 2
    assert "above the highest that the law allows, 30" in " ".join(made["created"][0]["warnings"])


async def test_a_dry_run_tells_what_the_run_will_do_and_writes_nothing(clerk: Clerk) -> None:
    owed = await customers_with_one_document(clerk, 3)
    for days in (15, 29):
        await run(clerk, late(days))
    await clerk.change(f"customer/{min(owed)}", printDunningLetters=False)
    before = await everything(clerk)
    trial = await run(clerk, late(43), dry=True)
    assert await everything(clerk) == before
    made = await run(clerk, late(43))
    assert len(trial["created"]) == 2
    assert all("letterNumber" not in it and "feeInvoiceNumber" not in it for it in trial["created"])
    for letter in made["created"]:
        del letter["letterNumber"], letter["feeInvoiceNumber"]
    assert trial == made


async def test_without_auto_release_the_run_makes_drafts(clerk: Clerk) -> None:
    owed = await customers_with_one_document(clerk, 2)
    await clerk.prefer(dunning={"auto_release": False})
    assert len((await run(clerk, late(15)))["created"]) == 2
    assert [it["status"] for it in await letter_rows(clerk)] == ["Draft", "Draft"]
    assert [await level_of(clerk, document) for document in owed.values()] == [(0, None)] * 2
    assert (await run(clerk, late(15)))["created"] == []


async def test_whose_documents_stand_on_a_draft_is_told_and_left_out(clerk: Clerk) -> None:
    owed = await customers_with_one_document(clerk, 2)
    await clerk.prefer(dunning={"auto_release": False})
    drafts = {it["customer"]["number"]: it["letterNumber"] for it in (await run(clerk, late(15)))["created"]}
    waiting, free = sorted(owed)
    assert (await clerk.delete(numbered(drafts[free]))).status_code == 204
    assert (await run(clerk, late(14), dry=True))["skipped"] == [], "without the draft nothing would be ready either"
    assert (await run(clerk, late(15), dry=True, levelFrom=2))["skipped"] == [], "of another level than is asked for"
    trial = await run(clerk, late(15), dry=True)
    made = await run(clerk, late(15))
    for outcome in (trial, made):
        assert [it["customer"]["number"] for it in outcome["created"]] == [free]
        (left_out,) = outcome["skipped"]
        assert left_out["ref"] == waiting
        assert left_out["reason"] == f"Its documents stand on letter {drafts[waiting]}, which is not released yet."
    await clerk.release(numbered(drafts[waiting]))
    assert [it["ref"] for it in (await run(clerk, late(15)))["skipped"]] == [free]


async def test_all_drafts_that_hold_a_customers_documents_are_named(clerk: Clerk) -> None:
    (customer,) = await customers_with_one_document(clerk, 1)
    for _ in range(2):
        await clerk.issue(INVOICE, customer)
    await clerk.prefer(dunning={"auto_release": False, "split_by_document": True})
    first, second, third = [it["letterNumber"] for it in (await run(clerk, late(15)))["created"]]
    (left_out,) = (await run(clerk, late(20)))["skipped"]
    assert left_out["reason"] == (
        f"Its documents stand on letters {first}, {second} and {third}, which are not released yet."
    )


async def test_a_fee_that_cannot_be_posted_leaves_only_its_customer_out(clerk: Clerk) -> None:
    """Of two that are due in February, one is to be charged, and the period of that day takes no postings."""
    owed = await customers_with_one_document(clerk, 2)
    charged, free = sorted(owed)
    for days in (15, 29):
        await clerk.remind(charged, late(days))
    await clerk.sql("update financial_period set active = false where period_id = '202502'")
    trial = await run(clerk, late(43), dry=True)
    made = await run(clerk, late(43))
    assert [it["customer"]["number"] for it in made["created"]] == [free]
    assert trial["skipped"] == made["skipped"]
    (left_out,) = made["skipped"]
    assert left_out["ref"] == charged
    assert "The fee of dunning level 3 cannot be invoiced" in left_out["reason"]
    assert (await level_of(clerk, owed[charged]))[0] == 2
    assert len(await clerk.rows("select 1 from document where origin = 'dunning_fee'")) == 0


async def test_a_fee_without_a_rate_leaves_only_its_customer_out(clerk: Clerk) -> None:
    await customers_with_one_document(clerk, 1)
    foreign = await debtor(clerk)
    await clerk.issue(INVOICE, foreign)
    await clerk.sql(
        "update customer set currency_id = 'SEK', currency_override = false, rate_type = 'NONE' where number = $1",
        foreign,
    )
    await clerk.sql("update dunning_level set fee = 10 where level = 1")
    made = await run(clerk, late(15))
    assert foreign not in [it["customer"]["number"] for it in made["created"]]
    assert len(made["created"]) == 1
    (left_out,) = made["skipped"]
    assert (left_out["ref"], "no exchange rate" in left_out["reason"]) == (foreign, True)


async def test_who_takes_no_letters_is_told_and_left_out(clerk: Clerk) -> None:
    owed = await customers_with_one_document(clerk, 3)
    silent, gone, _ = sorted(owed)
    await clerk.change(f"customer/{silent}", printDunningLetters=False, sendDunningLettersViaEMail=False)
    await clerk.sql("update customer set status = 'Inactive' where number = $1", gone)
    assert (await run(clerk, late(14)))["skipped"] == [], "nothing is ready yet, so nothing is left out"
    made = await run(clerk, late(15))
    assert len(made["created"]) == 1
    assert {it["ref"]: it["reason"] for it in made["skipped"]} == {
        silent: "The customer takes no dunning letters, neither printed nor by e-mail.",
        gone: "The customer is inactive.",
    }


async def test_filters_say_who_is_reminded(clerk: Clerk) -> None:
    owed = await customers_with_one_document(clerk, 4)
    first, second, third, fourth = sorted(owed)
    assert [it["customer"]["number"] for it in (await run(clerk, late(15), customer=second))["created"]] == [second]
    assert [it["customer"]["number"] for it in (await run(clerk, late(15), customer=[third, first]))["created"]] == [
        first,
        third,
    ]
    assert (await run(clerk, late(15), levelFrom=2))["created"] == []
    assert (await run(clerk, late(15), customer=[]))["created"] == [], "a list of nobody is not everybody"
    assert [
        it["customer"]["number"] for it in (await run(clerk, late(15), customerClass="1", levelTo=1))["created"]
    ] == [fourth]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ({"asOf": "2025-02-30"}, ["Field: asOf", "2025-02-30"]),
        ({"asOf": "9999-12-31"}, ["Field: asOf", "9999-12-31"]),
        ({"filters": {"customer": ["20001", "nobody"]}}, ["'nobody' cannot be found", "Field: filters.customer[1]"]),
        ({"filters": {"customerClass": "none"}}, ["'none'", "Field: filters.customerClass"]),
        ({"filters": {"levelFrom": 0}}, ["Field: filters.levelFrom", "Send levels from 1 to 3"]),
        ({"filters": {"levelFrom": 3, "levelTo": 2}}, ["Field: filters.levelFrom", "above the last level 2"]),
        ({"filters": {"branch": "77"}}, ["'77'", "Field: filters.branch"]),
        ({"filters": {"branch": "1"}}, ["Field: filters.branch", "of the whole company", "consolidation"]),
        ({"filters": {"custmer": "20001"}}, ["'custmer' is not known here", "Field: filters.custmer", "customerClass"]),
        ({"filter": {"customer": "20001"}}, ["'filter' is not known here", "asOf, filters, dryRun"]),
        ({"filters": "20001"}, ["Field: filters"]),
        ({"dryRun": "perhaps"}, ["Field: dryRun", "true or false"]),
    ],
)
async def test_a_bad_run_names_its_field_and_reminds_nobody(
    bystander: Clerk, body: Mapping[str, Any], parts: list[str]
) -> None:
    text = await bystander.refused("POST", RUN, **body)
    for part in parts:
        assert part in text
    assert await letter_rows(bystander) == []


async def test_an_empty_object_reminds_all_as_of_today(clerk: Clerk) -> None:
    made = decoded(await clerk.post(RUN))
    assert {it["letterDate"] for it in made["created"]} == {"2026-01-15T00:00:00"}


# Parents and children (LET-06)


async def family(clerk: Clerk) -> tuple[str, str, str]:
    """A parent and its two children, each with a document that is 15 days late on `late(15)`."""
    parent, *_ = owed = list(await customers_with_one_document(clerk, 3))
    for child in owed[1:]:
        await clerk.change(f"customer/{child}", parentRecordNumber=parent)
    return parent, owed[1], owed[2]


async def test_children_have_letters_of_their_own_unless_the_company_says_otherwise(clerk: Clerk) -> None:
    members = await family(clerk)
    assert [it["customer"]["number"] for it in (await run(clerk, late(15)))["created"]] == sorted(members)


@pytest.mark.parametrize("process", ["ByDocument", "ByCustomer"])
async def test_one_letter_to_the_parent_lists_what_its_children_owe(clerk: Clerk, process: str) -> None:
    await clerk.prefer(dunning={"letters_to_parent": True, "process": process})
    parent, child, other = await family(clerk)
    await clerk.change(f"customer/{child}", printDunningLetters=False)
    (letter,) = (await run(clerk, late(15)))["created"]
    assert (letter["customer"]["number"], letter["documents"]) == (parent, 3)
    lines = await clerk.rows(
        """select customer.number from dunning_letter_line as line
             join document using (company_id, document_id) join customer using (company_id, customer_id)"""
    )
    assert sorted(line["number"] for line in lines) == sorted((parent, child, other))
    for days in (29, 43):
        (letter,) = (await run(clerk, late(days), customer=other))["created"]
    fees = await clerk.rows(
        """select customer.number from document join customer using (company_id, customer_id)
            where origin = 'dunning_fee'"""
    )
    assert [fee["number"] for fee in fees] == [parent]
    assert letter["fee"] == 35.0


async def test_reminding_a_child_is_reminding_its_family(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"letters_to_parent": True})
    parent, child, _ = await family(clerk)
    await clerk.remind(child, late(15))
    (letter,) = await letter_rows(clerk)
    (addressee,) = await clerk.rows("select customer_id from customer where number = $1", parent)
    assert letter["customer_id"] == addressee["customer_id"]
    await clerk.remind(parent, late(15))
    assert len(await letter_rows(clerk)) == 1


async def test_an_inactive_child_is_not_reminded_and_an_inactive_parent_silences_all(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"letters_to_parent": True})
    parent, child, _ = await family(clerk)
    await clerk.sql("update customer set status = 'Inactive' where number = $1", child)
    (letter,) = (await run(clerk, late(15), dry=True))["created"]
    assert letter["documents"] == 2
    await clerk.sql("update customer set status = 'Inactive' where number = $1", parent)
    silenced = await run(clerk, late(15))
    assert silenced["created"] == []
    assert [it["ref"] for it in silenced["skipped"]] == [parent]


# Branches, and what is listed for information (DUN-06, DUN-07)


async def move_to_branch(clerk: Clerk, document: Record) -> None:
    """Another branch, and the document in it, as if it had been written there."""
    await clerk.execute(
        "set local session_replication_role = replica",
        """insert into branch (company_id, branch_id, branch_number, name, modified_at)
           values (1, 2, '2', 'Second', '2024-01-01') on conflict do nothing""",
        f"update document set branch_number = '2' where number = '{document.number}'",
        "update journal_entry set branch_number = '2' where moves_document_id ="
        f" (select document_id from document where document_type = 'Invoice' and number = '{document.number}')",
        "update document set figures_hash = document_figures(company_id, document_id)",
        "update company set reference_version = nextval('change_id')",
    )


async def test_each_branch_writes_letters_of_its_own(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"consolidation": "Branch"})
    ((customer, first),) = (await customers_with_one_document(clerk, 1)).items()
    second = await clerk.issue(INVOICE, customer)
    await move_to_branch(clerk, second)
    assert [it["branch"] for it in (await run(clerk, late(15), branch="2"))["created"]] == ["2"]
    assert [(await level_of(clerk, it))[0] for it in (first, second)] == [0, 1]
    assert [it["branch"] for it in (await run(clerk, late(15)))["created"]] == ["1"]
    for days in (29, 43):
        made = await run(clerk, late(days))
    assert [(it["branch"], it["fee"]) for it in made["created"]] == [("1", 35.0), ("2", 35.0)]
    fees = await clerk.rows("select branch_number from document where origin = 'dunning_fee' order by 1")
    assert [fee["branch_number"] for fee in fees] == ["1", "2"]


async def test_credit_notes_are_listed_as_minus_amounts_and_stay_where_they_are(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"include_credit_notes": True})
    ((customer, invoice),) = (await customers_with_one_document(clerk, 1)).items()
    note = await clerk.issue(CREDIT_NOTE, customer)
    (letter,) = (await run(clerk, late(15)))["created"]
    assert letter["documents"] == 1
    lines = await clerk.rows("select * from dunning_letter_line order by balance desc")
    assert [(line["balance"], line["level_after"], line["due_date"] is None) for line in lines] == [
        (125, 1, False),
        (-125, 0, True),
    ]
    assert (await level_of(clerk, invoice))[0] == 1
    assert (await level_of(clerk, note))[0] == 0


# Chunks


async def test_a_run_that_was_cut_off_is_gone_on_with(
    clerk: Clerk, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = await customers_with_one_document(clerk, 6)
    monkeypatch.setattr(running, "CHUNK_DOCUMENTS", 1)
    real = reminding.remind
    calls: list[Any] = []

    async def dies_in_the_fourth_chunk(connection: Connection, context: Context, *rest: Any, **more: Any) -> Any:
        made = await real(connection, context, *rest, **more)
        calls.extend(made.created)
        if len(calls) == 4:
            raise RuntimeError("the machine stops before the fourth chunk is saved")
        return made

    monkeypatch.setattr(running, "remind", dies_in_the_fourth_chunk)
    context = Context(1, "test", "test", clock.now(), clock)
    with pytest.raises(RuntimeError, match="the machine stops"):
        await running.run_dunning(clerk.database, context, {"letter_date": late(15)})
    done = len(await letter_rows(clerk))
    assert done in (3, 4), "one chunk may have been under way"
    monkeypatch.setattr(running, "remind", real)
    rest = await run(clerk, late(15))
    assert len(rest["created"]) == 6 - done
    assert [await level_of(clerk, document) for document in owed.values()] == [(1, at(late(15)))] * 6
    assert [letter["letter_id"] for letter in await letter_rows(clerk)] == [1, 2, 3, 4, 5, 6], "no number is lost"


async def test_a_chunk_that_meets_somebody_elses_change_is_tried_again_and_in_the_end_left_out(
    clerk: Clerk, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    met, unlucky, _ = sorted(await customers_with_one_document(clerk, 3))
    monkeypatch.setattr(running, "CHUNK_DOCUMENTS", 1)
    meetings = {met: 2, unlucky: 3}

    async def meets(connection: Connection, context: Context, *rest: Any, **more: Any) -> Any:
        made = await reminding.remind(connection, context, *rest, **more)
        for letter in made.created:
            if meetings.get(letter.customer_number):
                meetings[letter.customer_number] -= 1
                raise Conflict("Another request changed the same data at the same moment; send it again.")
        return made

    monkeypatch.setattr(running, "remind", meets)
    context = Context(1, "test", "test", clock.now(), clock)
    outcome = await running.run_dunning(clerk.database, context, {"letter_date": late(15)})
    assert len(outcome.created) == 2
    assert [(it.ref, it.reason[:15]) for it in outcome.skipped] == [(unlucky, "Another request")]
    assert [letter["letter_id"] for letter in await letter_rows(clerk)] == [1, 2]


async def test_small_chunks_make_the_same_letters_as_one(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    await customers_with_one_document(clerk, 5)
    for days in (15, 29):
        await run(clerk, late(days))
    whole = await run(clerk, late(43), dry=True)
    monkeypatch.setattr(running, "CHUNK_DOCUMENTS", 1)
    assert await run(clerk, late(43), dry=True) == whole
