"""Release over HTTP: preconditions in their order, exact journal entries, balances, and once only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, Clerk

LINES = [
    {"inventoryNumber": "A", "quantity": 3},
    {"inventoryNumber": "222", "quantity": 2, "vatCodeId": "31"},
    {"inventoryNumber": "PURREGEBYR"},
    {"inventoryNumber": "A", "quantity": -1},
]


def money(entries: list[tuple[Any, ...]]) -> list[tuple[str, str, str, str]]:
    """Entries of a document in base currency: account, debit, credit, purpose."""
    for _, debit, credit, debit_base, credit_base, _ in entries:
        assert (debit, credit) == (debit_base, credit_base)
    return [(entry[0], f"{entry[3]:.2f}", f"{entry[4]:.2f}", entry[5]) for entry in entries]


@pytest.mark.parametrize("kind", [INVOICE, DEBIT_NOTE])
async def test_a_debit_document_debits_the_customer_and_credits_sales_and_vat(clerk: Clerk, kind: str) -> None:
    document = await clerk.document(kind, lines=LINES)
    released = await clerk.release(document)
    assert money(await clerk.entries(document)) == [
        ("1500", "313.75", "0.00", "receivable"),
        ("3000", "0.00", "200.00", "revenue"),
        ("3000", "0.00", "25.00", "revenue"),
        ("3900", "0.00", "35.00", "revenue"),
        ("2711", "0.00", "50.00", "vat"),
        ("2712", "0.00", "3.75", "vat"),
    ]
    moving = {"timeStamp", "lastModifiedDateTime", "status"}
    assert released["status"] == "Open"
    assert {name: released[name] for name in released if name not in moving} == {
        name: document[name] for name in document if name not in moving
    }


async def test_a_credit_note_is_the_mirror_of_it(clerk: Clerk) -> None:
    document = await clerk.document(CREDIT_NOTE, lines=LINES)
    assert (await clerk.release(document))["status"] == "Open"
    assert money(await clerk.entries(document)) == [
        ("1500", "0.00", "313.75", "receivable"),
        ("3000", "200.00", "0.00", "revenue"),
        ("3000", "25.00", "0.00", "revenue"),
        ("3900", "35.00", "0.00", "revenue"),
        ("2711", "50.00", "0.00", "vat"),
        ("2712", "3.75", "0.00", "vat"),
    ]


async def test_a_line_that_gives_back_more_than_the_others_is_debited(clerk: Clerk) -> None:
    lines = [
        {"inventoryNumber": "A", "quantity": 2, "vatCodeId": "6"},
        {"inventoryNumber": "A", "accountNumber": "3090", "quantity": -1, "vatCodeId": "6"},
    ]
    document = await clerk.invoice(lines=lines)
    await clerk.release(document)
    assert money(await clerk.entries(document)) == [
        ("1500", "100.00", "0.00", "receivable"),
        ("3100", "0.00", "200.00", "revenue"),
        ("3090", "100.00", "0.00", "revenue"),
    ]


async def test_a_document_of_zero_closes_at_once(clerk: Clerk) -> None:
    before = await clerk.balance()
    lines = [{"inventoryNumber": "A"}, {"inventoryNumber": "A", "quantity": -1, "accountNumber": "3090"}]
    document = await clerk.invoice(lines=lines)
    released = await clerk.release(document)
    assert (released["status"], released["closedFinancialPeriod"]) == ("Closed", "202503")
    assert money(await clerk.entries(document)) == [
        ("3000", "0.00", "100.00", "revenue"),
        ("3090", "100.00", "0.00", "revenue"),
    ]
    empty = await clerk.invoice(lines=[{"description": "Free", "unitPriceInCurrency": 0}])
    assert (await clerk.release(empty))["status"] == "Closed"
    assert await clerk.entries(empty) == []
    assert await clerk.balance() == before


async def test_the_batch_says_where_it_comes_from(clerk: Clerk) -> None:
    document = await clerk.invoice(financialPeriod="202504", invoiceText="Spring")
    await clerk.release(document)
    [batch] = await clerk.rows("select * from batch where document_number = $1", document.number)
    assert (batch["module"], batch["document_type"], batch["status"], batch["description"]) == (
        "AR", "Invoice", "Posted", "Spring",
    )  # fmt: skip
    assert (str(batch["batch_date"]), batch["period_id"], batch["total_base"]) == ("2025-03-03", "202504", 125)
    rows = await clerk.rows("select * from journal_entry where batch_number = $1", batch["batch_number"])
    assert {(str(row["entry_date"]), row["period_id"], row["currency_id"]) for row in rows} == {
        ("2025-03-03", "202504", "NOK")
    }
    assert {row["vat_id"] for row in rows} == {None, "3"}


async def test_batches_are_numbered_without_a_gap_and_stay_unposted_if_preferred(clerk: Clerk) -> None:
    await clerk.prefer(auto_post_batches=False)
    for kind in KINDS:
        document = await clerk.document(kind)
        await clerk.release(document)
    rows = await clerk.rows("select batch_number, status from batch order by batch_number desc limit 3")
    last, middle, first = (int(row["batch_number"][2:]) for row in rows)
    assert (last, middle) == (first + 2, first + 1)
    assert {row["status"] for row in rows} == {"Unposted"}


async def test_the_customers_balance_moves_from_unreleased_to_owed(clerk: Clerk) -> None:
    owed, waiting = await clerk.balance()
    invoice = await clerk.invoice(lines=[{"inventoryNumber": "A", "quantity": 3}])
    credit = await clerk.document(CREDIT_NOTE)
    assert await clerk.balance() == (owed, waiting + 375 - 125)
    await clerk.release(invoice)
    assert await clerk.balance() == (owed + 375, waiting - 125)
    await clerk.release(credit)
    assert await clerk.balance() == (owed + 375 - 125, waiting)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_second_release_is_refused_and_posts_nothing(clerk: Clerk, kind: str) -> None:
    document = await clerk.document(kind)
    await clerk.release(document)
    entries = await clerk.entries(document)
    assert "because it is already released" in await clerk.refuse_release(document)
    assert await clerk.entries(document) == entries


async def test_the_answer_names_the_action_and_the_new_version(clerk: Clerk) -> None:
    for body in (b"", b"{}", b'{"type": {"value": "Invoice"}}'):
        document = await clerk.invoice()
        address = f"/v1/customerinvoice/{document['referenceNumber']}/action/release"
        answer = await clerk.http.post(address, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200
        assert answer.json().keys() == {"actionId", "actionResult"}
        assert len(answer.json()["actionId"]) == 36
        read = await clerk.get(document)
        assert answer.headers["ETag"] == f'"{read["timeStamp"]}"' != f'"{document["timeStamp"]}"'


# What must hold before


async def test_a_document_on_hold_is_not_released(clerk: Clerk) -> None:
    document = await clerk.invoice(hold=True)
    text = await clerk.refuse_release(document)
    assert "is not balanced: its status is Hold. Remove" in text


async def test_a_document_without_lines_is_not_released(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[])
    assert "has no lines. Add a line first." in await clerk.refuse_release(document)


MATRIX = {
    # what may be created and what may be released (CST-03)
    "Active": (KINDS, KINDS),
    "OneTime": (KINDS, KINDS),
    "OnHold": ((CREDIT_NOTE,), (CREDIT_NOTE,)),
    "CreditHold": ((CREDIT_NOTE,), (CREDIT_NOTE,)),
    "Inactive": ((), ()),
}


@pytest.mark.parametrize("status", MATRIX)
async def test_the_status_of_the_customer_decides(clerk: Clerk, status: str) -> None:
    creatable, releasable = MATRIX[status]
    drafts = {kind: (await clerk.document(kind)).number for kind in KINDS}
    await clerk.sql(f"update customer set status = '{status}' where number = '20001'")
    for kind in KINDS:
        answer = await clerk.post(kind, **clerk.sale())
        assert answer.status_code == (201 if kind in creatable else 400), (kind, answer.text)
        if kind not in creatable:
            assert f"Customer 20001 has the status {status}" in answer.json()["message"]
            assert "Field: customerNumber." in answer.json()["message"]
        if kind in releasable:
            assert (await clerk.release(f"{kind}/{drafts[kind]}"))["status"] == "Open"
        else:
            assert f"has the status {status}" in await clerk.refuse_release(f"{kind}/{drafts[kind]}")


PERIOD_STATES = {
    "active = false": "is not active",
    "closed_in_customer_ledger = true": "is closed in the customer ledger",
    "closed_in_general_ledger = true": "is closed in the general ledger",
}


@pytest.mark.parametrize(("state", "reason"), PERIOD_STATES.items())
async def test_a_period_that_is_not_open_is_refused_when_saved_and_when_released(
    clerk: Clerk, state: str, reason: str
) -> None:
    document = await clerk.invoice()
    await clerk.sql(f"update financial_period set {state} where period_id = '202503'")
    assert f"The financial period 202503 {reason}. Field: documentDate." in await clerk.refuse(
        INVOICE, documentDate="2025-03-31"
    )
    assert f"{reason}. Field: financialPeriod." in await clerk.refuse(INVOICE, financialPeriod="202503")
    assert f"{reason}. Field: postPeriod." in await clerk.refuse_change("customerinvoice/003547", postPeriod="032025")
    assert f"{reason}. Field: documentDate." in await clerk.refuse_change(
        "customerinvoice/003547", documentDate="2025-03-01"
    )
    text = await clerk.refuse_release(document)
    assert f"{reason}. " in text
    assert "Field:" not in text
    # What is there already may still be changed, and moved to a period that is open.
    changed = await clerk.change(document, note="Late", financialPeriod="202504")
    assert (changed["financialPeriod"], changed["documentDate"]) == ("202504", "2025-03-03T00:00:00")
    assert (await clerk.release(document))["status"] == "Open"


async def test_closed_periods_take_postings_if_preferred_and_inactive_ones_do_not(clerk: Clerk) -> None:
    await clerk.prefer(allow_posting_to_closed_periods=True)
    await clerk.sql("update financial_period set closed_in_customer_ledger = true where period_id = '202503'")
    document = await clerk.invoice()
    assert (await clerk.release(document))["status"] == "Open"
    await clerk.sql("update financial_period set active = false where period_id = '202503'")
    assert "is not active" in await clerk.refuse(INVOICE, documentDate="2025-03-31")


@pytest.mark.parametrize(
    ("account", "field"),
    [("1500", "account"), ("3000", "invoiceLines[0].accountNumber"), ("2711", "vatId")],
)
async def test_every_account_that_is_posted_to_is_in_use(clerk: Clerk, account: str, field: str) -> None:
    document = await clerk.invoice()
    await clerk.sql(f"update account set active = false where account_number = '{account}'")
    text = await clerk.refuse_release(document)
    assert text.startswith(f"'{account}' (account) is not in use. Field: {field}.")


async def test_every_subaccount_that_is_posted_to_is_in_use(clerk: Clerk) -> None:
    document = await clerk.invoice()
    await clerk.sql("update subaccount set active = false")
    assert "'0' (subaccount) is not in use." in await clerk.refuse_release(document)


async def test_vat_without_an_account_to_post_it_to_is_refused(clerk: Clerk) -> None:
    await clerk.sql("update vat set payable_account = null where vat_id = '3'")
    document = await clerk.invoice()
    text = await clerk.refuse_release(document)
    assert "The VAT id '3' has no account for VAT payable." in text
    untaxed = await clerk.invoice(lines=[{"inventoryNumber": "A", "vatCodeId": "5"}])
    assert (await clerk.release(untaxed))["status"] == "Open"


async def test_rounding_of_the_amount_is_posted_as_gain_and_as_loss(clerk: Clerk) -> None:
    await clerk.prefer(document_rounding={"mode": "Nearest", "precision": 1})
    await clerk.sql("update currency set rounding_loss_account = '7770' where currency_id = 'NOK'")
    expected = {
        (INVOICE, "100.49"): [("1500", "100.00", "0.00"), ("3100", "0.00", "100.49"), ("7770", "0.49", "0.00")],
        (INVOICE, "100.50"): [("1500", "101.00", "0.00"), ("3100", "0.00", "100.50"), ("7740", "0.00", "0.50")],
        (CREDIT_NOTE, "100.49"): [("1500", "0.00", "100.00"), ("3100", "100.49", "0.00"), ("7740", "0.00", "0.49")],
        (CREDIT_NOTE, "100.50"): [("1500", "0.00", "101.00"), ("3100", "100.50", "0.00"), ("7770", "0.50", "0.00")],
    }
    for (kind, price), entries in expected.items():
        line = {"inventoryNumber": "A", "unitPriceInCurrency": Decimal(price), "vatCodeId": "6"}
        document = await clerk.document(kind, lines=[line])
        assert document["roundingDiff"] == document["amount"] - Decimal(price)
        await clerk.release(document)
        assert [entry[:3] for entry in money(await clerk.entries(document))] == entries


async def test_release_writes_one_change(clerk: Clerk) -> None:
    document = await clerk.invoice()
    before = await clerk.newest_change()
    released = await clerk.release(document)
    rows = await clerk.rows("select entity, entity_key, event from change where change_id > $1", before)
    assert [tuple(row) for row in rows] == [("Invoice", document.number, "released")]
    assert released["lastModifiedDateTime"] > document["lastModifiedDateTime"]
