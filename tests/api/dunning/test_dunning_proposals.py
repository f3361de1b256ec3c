"""What reminding would do is told without doing it, and is what a run then does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.dunning.debtors import at, debtor, late
from tests.api.dunning.test_dunning_runs import customers_with_one_document, everything, move_to_branch, run
from tests.clerk import INVOICE, Clerk

PROPOSALS = "reskontra/dunningProposal"


async def proposals(clerk: Clerk, day: date, **query: Any) -> dict[str, Any]:
    found = await clerk.get(PROPOSALS, asOf=day.isoformat(), **query)
    assert isinstance(found, dict)
    return found


def letters_of(proposed: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The proposed letters, as far as a run tells of those that it makes."""
    return sorted(
        (
            it["customer"]["number"],
            letter["level"],
            letter.get("branch") or "",
            sum(line["reminded"] for line in letter["documents"]),
            letter["currencyId"],
            letter["fee"],
            letter["finalReminder"],
            letter["paymentDeadline"],
            letter["warnings"],
        )
        for it in proposed["proposals"]
        for letter in it["letters"]
    )


def made_by(outcome: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted(
        (
            it["customer"]["number"],
            it["level"],
            it.get("branch") or "",
            it["documents"],
            it["currencyId"],
            it["fee"],
            it["finalReminder"],
            it["paymentDeadline"],
            it["warnings"],
        )
        for it in outcome["created"]
    )


async def assert_foreseen(clerk: Clerk, day: date, **filters: Any) -> dict[str, Any]:
    """Fails unless what is proposed, and what is counted, is what a run would make."""
    outcome, proposed = await run(clerk, day, dry=True, **filters), await proposals(clerk, day, **filters)
    made = made_by(outcome)
    assert letters_of(proposed) == made
    reasons = {it["customer"]["number"]: it.get("reason") for it in proposed["proposals"] if not it["letters"]}
    assert reasons == {it["ref"]: it["reason"] for it in outcome["skipped"]}
    assert (proposed["leftOut"], proposed["totalCount"]) == (len(reasons), len(proposed["proposals"]))
    levels: dict[int, tuple[set[str], int]] = {}
    for number, level, _, documents, *_ in made:
        numbers, before = levels.get(level, (set(), 0))
        levels[level] = numbers | {number}, before + documents
    counted = [(it["level"], it["customerCount"], it["documentCount"]) for it in proposed["levels"]]
    assert counted == [(level, len(numbers), sum_) for level, (numbers, sum_) in sorted(levels.items())]
    return proposed


@pytest.mark.parametrize(
    "preferences",
    [
        {"process": "ByDocument"},
        {"process": "ByCustomer"},
        {"process": "ByDocument", "letters_to_parent": True, "include_other_unpaid": True},
        {"process": "ByCustomer", "letters_to_parent": True, "include_credit_notes": True},
        {"process": "ByDocument", "consolidation": "Branch"},
        {"process": "ByCustomer", "consolidation": "Branch"},
        {"process": "ByDocument", "split_by_document": True},
    ],
    ids=lambda preferences: " ".join(map(str, preferences.values())),
)
async def test_what_is_foreseen_is_what_a_run_makes(clerk: Clerk, preferences: dict[str, Any]) -> None:
    """Over the demo's own documents and some that are older, level by level, with drafts between."""
    await clerk.prefer(dunning=preferences)
    parent, child, silent, away = [await debtor(clerk) for _ in range(4)]
    await clerk.change(f"customer/{child}", parentRecordNumber=parent)
    for customer, laters in ((parent, (0, 20)), (child, (0, 3)), (silent, (5,)), (away, (0, 0))):
        for later in laters:
            await clerk.issue(INVOICE, customer, documentDate=(date(2025, 1, 1) + timedelta(days=later)).isoformat())
    await move_to_branch(clerk, await clerk.issue(INVOICE, away))
    await clerk.change(f"customer/{silent}", printDunningLetters=False)
    revoked = await clerk.issue(INVOICE, away)
    await clerk.change(revoked, revoked=True)
    for days in (-30, 14, 15, 16, 29, 33, 43, 47, 60, 100, 400):
        await assert_foreseen(clerk, late(days))
        if days in (15, 33, 60):
            await run(clerk, late(days))
        if days == 29:  # drafts hold what stands on them, which by customer there are none of
            await clerk.prefer(dunning={"auto_release": False})
            await run(clerk, late(days), customer=[parent, away])
            held = await assert_foreseen(clerk, late(days))
            await clerk.prefer(dunning={"auto_release": True})
            waiting = [it["reason"] for it in held["proposals"] if "not released yet" in it.get("reason", "")]
            assert bool(waiting) == (preferences["process"] == "ByDocument")
    await clerk.sql("update customer set status = 'Inactive' where number = $1", away)
    await assert_foreseen(clerk, late(400))
    await assert_foreseen(clerk, late(400), levelFrom=2, levelTo=2)


async def test_a_proposal_tells_all_that_its_letter_would_ask_for(clerk: Clerk) -> None:
    ((customer, invoice),) = (await customers_with_one_document(clerk, 1)).items()
    for days in (15, 29):
        await run(clerk, late(days))
    charge = await clerk.issue(INVOICE, customer)
    await clerk.execute(
        "set local session_replication_role = replica",
        f"update document set due_date = '2026-01-01' where number = '{charge.number}'",
    )
    before = await everything(clerk)
    found = await proposals(clerk, late(43))
    assert await everything(clerk) == before, "nothing is made"
    amount = (await clerk.get(invoice))["amountInCurrency"]
    assert found == {
        "letterDate": at(late(43)),
        "levels": [
            {
                "level": 3,
                "levelDescription": "Notice of debt collection",
                "finalReminder": True,
                "customerCount": 1,
                "documentCount": 1,
            }
        ],
        "leftOut": 0,
        "totalCount": 1,
        "next": {"letterDate": "2026-01-16T00:00:00", "customerCount": 1},
        "proposals": [
            {
                "customer": {"number": customer, "name": "Late payer AS"},
                "printed": True,
                "emailed": False,
                "language": "nb",
                "blocked": [],
                "letters": [
                    {
                        "level": 3,
                        "finalReminder": True,
                        "paymentDeadline": at(late(57)),
                        "currencyId": "NOK",
                        "fee": 35.0,
                        "warnings": [],
                        "totals": [
                            {
                                "currencyId": "NOK",
                                "claims": amount,
                                "interest": 0.0,
                                "credits": 0.0,
                                "fee": 35.0,
                                "total": amount + 35,
                            }
                        ],
                        "documents": [
                            {
                                "documentType": "Invoice",
                                "refNbr": invoice.number,
                                "dueDate": at(late(0)),
                                "daysOverdue": 43,
                                "currencyId": "NOK",
                                "balanceInCurrency": amount,
                                "reminded": True,
                                "levelBefore": 2,
                                "levelAfter": 3,
                            }
                        ],
                    }
                ],
            }
        ],
    }


async def test_the_next_letter_is_foreseen(clerk: Clerk) -> None:
    ((customer, _),) = (await customers_with_one_document(clerk, 1)).items()
    early = await proposals(clerk, late(10))
    assert (early["proposals"], early["next"]) == ([], {"letterDate": at(late(15)), "customerCount": 1})
    (proposed,) = (await proposals(clerk, late(20)))["proposals"]
    letter = proposed["letters"][0]
    assert (letter["nextLevel"], letter["nextLetterDate"]) == (2, at(late(34)))
    await run(clerk, late(20))
    assert (await proposals(clerk, late(33)))["proposals"] == []
    (after,) = (await proposals(clerk, late(34)))["proposals"]
    assert (after["customer"]["number"], after["letters"][0]["level"]) == (customer, 2)


async def test_proposals_are_filtered_and_paged(clerk: Clerk) -> None:
    paper, mail, both, other = list(await customers_with_one_document(clerk, 4))
    await clerk.change(f"customer/{mail}", printDunningLetters=False, sendDunningLettersViaEMail=True)
    await clerk.change(f"customer/{both}", sendDunningLettersViaEMail=True)
    klass = (await clerk.get(f"customer/{other}"))["customerClass"]["id"]

    async def numbers(**query: Any) -> list[str]:
        return [it["customer"]["number"] for it in (await proposals(clerk, late(15), **query))["proposals"]]

    assert await numbers() == sorted([paper, mail, both, other])
    assert await numbers(way="Email") == sorted([mail, both])
    assert await numbers(way="Paper") == sorted([paper, both, other])
    assert await numbers(customer=mail) == [mail]
    assert len(await numbers(customerClass=klass)) == 4
    assert await numbers(levelFrom=2) == []
    pages = [await numbers(pageNumber=number, pageSize=3) for number in (1, 2, 3)]
    assert [*pages[0], *pages[1]] == sorted([paper, mail, both, other])
    assert pages[2] == []
    wrongs: tuple[dict[str, Any], ...] = (
        {"customerClass": "NONE"},
        {"customer": "none"},
        {"levelFrom": 9},
        {"levelFrom": 3, "levelTo": 2},
    )
    for wrong in wrongs:
        answer = await clerk.http.get(f"/v1/{PROPOSALS}", params={"asOf": "2025-02-01", **wrong})
        assert answer.status_code == 400, wrong
