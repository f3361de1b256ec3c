"""Each query of the self-check finds the fault that it is there for: the fault is planted, then the check is asked.

Faults are planted with triggers off and the constraint in the way dropped, as a broken disk or a hand in the
database would; everything is rolled back.
"""

from __future__ import annotations

import pytest

from reskontra.db.pool import Connection
from reskontra.db.selfcheck import known_checks, offences

RELEASED = "document_type = 'Invoice' and number = '003524'"
DRAFT = "document_type = 'Invoice' and number = '003547'"
OF_RELEASED = f"(select document_id from document where {RELEASED})"
OF_DRAFT = f"(select document_id from document where {DRAFT})"
FAULTS = {
    "migrations-in-sequence": ["update schema_version set version = version + 100 where version > 1"],
    "document-balance-range": [
        "alter table document drop constraint document_balance_range",
        f"update document set balance = amount + 1 where {RELEASED}",
    ],
    "document-balance-settled": [f"update document set balance = balance - 1 where {RELEASED}"],
    "document-status-balance": [
        "alter table document drop constraint document_closed_balance",
        f"update document set status = 'Closed' where {RELEASED}",
    ],
    "unreleased-not-posted": [
        "alter table document drop constraint document_released_status",
        f"update document set status = 'Balanced', released_at = null where {RELEASED}",
    ],
    "released-figures-frozen": [f"update document_line set quantity = quantity + 1 where document_id = {OF_RELEASED}"],
    "document-amount-adds-up": [f"update document set rounding_difference = 0.01 where {DRAFT}"],
    "document-lines-add-up": [f"update document set detail_total_base = detail_total_base + 1 where {DRAFT}"],
    "document-vat-adds-up": [f"update document_vat set taxable = taxable + 1 where document_id = {OF_DRAFT}"],
    "numbers-unbroken": ["update number_series_range set last_number = '003560' where series_id = 'INVOICE'"],
    "batch-balances": ["update journal_entry set credit = credit + 1 where purpose = 'revenue'"],
    "batch-total": ["update batch set total_base = total_base + 1 where batch_number = 'AR000001'"],
    "receivables-tie-to-ledger": ["delete from journal_entry where batch_number = 'AR000001'"],
    "customer-balance": ["update customer_balance set unreleased = unreleased + 0.01 where customer_id = 1"],
    "customer-has-balance": ["delete from customer_balance where customer_id = 1"],
    "closed-period-finished": [
        "update financial_period set closed_in_customer_ledger = true where period_id = '202501'",
    ],
    "posted-to-known-period": ["delete from financial_period where period_id = '202401'"],
    "released-has-batch": ["delete from batch where batch_number = 'AR000001'"],
    "vat-ties-to-ledger": [
        "update journal_entry set vat_id = '31' where purpose = 'vat' and batch_number = 'AR000001'"
    ],
    "revenue-ties-to-ledger": [
        "update journal_entry set account_number = '3100' where purpose = 'revenue' and batch_number = 'AR000001'"
    ],
    "lines-have-documents": [f"update document_line set document_id = 99999 where document_id = {OF_DRAFT}"],
    "stored-text-has-rows": [f"update document set lines_json = '[]' where {DRAFT}"],
    "tally-exact": ["update tally set total = total + 1 where entity = 'CreditNote'"],
    "version-is-newest-change": [f"update document set version = 1 where {DRAFT}"],
}


@pytest.mark.parametrize("name", [check.name for check in known_checks()])
async def test_the_check_finds_its_planted_fault(connection: Connection, name: str) -> None:
    assert name in FAULTS, f"plant a fault for {name}: a check that nobody saw fail proves nothing"
    assert await offences(connection) == []
    # A column that refuses the fault refuses it before the check could see it, so the guard goes first.
    await connection.execute("set local session_replication_role = replica")
    for statement in FAULTS[name]:
        await connection.execute(statement)
    assert name in [offence.name for offence in await offences(connection)]
