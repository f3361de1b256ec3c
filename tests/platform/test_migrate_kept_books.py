"""Books that were kept before the chart of accounts could be written go on: rows get ids, classes and tallies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg

from reskontra.db.migrate import known_migrations, migrate

NOW = datetime(2026, 1, 15, tzinfo=UTC)

KEPT = """
insert into company (code, name, tenant_id, country_id, base_currency, time_zone, preferences, created_at)
values ('old', 'Old', '11111111-2222-4333-8444-555555555555', 'NO', 'NOK', 'Europe/Oslo', '{}', '2025-01-01');
insert into account (company_id, account_number, description, account_type, account_class, modified_at) values
    (1, '1920', 'Bank', 'Asset', 'MONEY', '2025-01-01'), (1, '1500', 'Debtors', 'Asset', null, '2025-01-01'),
    (1, '1910', 'Till', 'Asset', 'MONEY', '2025-01-01');
insert into payment_method (company_id, payment_method_id, description, cash_account, modified_at)
values (1, '1', 'Bank', '1920', '2025-01-01');
insert into segment (company_id, dimension_id, segment_id, length) values (1, 'SUBACCOUNT', 1, 1);
insert into segment_value (company_id, dimension_id, segment_id, value) values (1, 'SUBACCOUNT', 1, '0');
insert into branch (company_id, branch_number, name, modified_at)
values (1, 'B', 'Second', '2025-01-01'), (1, 'A', 'First', '2025-01-01');
insert into financial_period (company_id, period_id, start_date, end_date, modified_at)
values (1, '202501', '2025-01-01', '2025-01-31', '2025-01-01');
insert into batch (company_id, batch_number, period_id, batch_date, status, currency_id, total_base, created_at,
                   created_by)
values (1, 'AR1', '202501', '2025-01-02', 'Posted', 'NOK', 5, '2025-01-02', 'somebody');
insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id, branch_number, debit,
                           credit, debit_base, credit_base, currency_id, exchange_rate, entry_date, period_id,
                           document_type, document_number, customer_id, purpose)
values (1, 'AR1', 1, '1500', 1, 'A', 5, 0, 5, 0, 'NOK', 1, '2025-01-02', '202501', 'Invoice', '1', 1, 'receivable'),
       (1, 'AR1', 2, '1910', 1, 'A', 0, 5, 0, 5, 'NOK', 1, '2025-01-02', '202501', 'Invoice', '1', 1, 'revenue');
"""


async def test_kept_books_get_what_the_chart_of_accounts_asks_for(databases: Any, dsn_of: Callable[[str], str]) -> None:
    name = await databases.create_empty()
    connection = await asyncpg.connect(dsn_of(name))
    try:
        await migrate(connection, NOW, known_migrations()[:5])
        await connection.execute(KEPT)
        await migrate(connection, NOW)
        accounts = await connection.fetch("select account_number, account_id, holds_cash from account order by 1")
        classes = await connection.fetch("select account_class_id, account_type from account_class")
        branches = await connection.fetch("select branch_number, branch_id from branch order by 1")
        values = await connection.fetch("select modified_at, public_id from segment_value")
        tallies = await connection.fetch(
            "select entity, total, last_id from tally where entity = any ($1) order by 1",
            ["Account", "Batch", "JournalEntry"],
        )
    finally:
        await connection.close()
        await databases.drop(name)
    assert [tuple(row) for row in accounts] == [("1500", 1, False), ("1910", 2, False), ("1920", 3, True)]
    assert [tuple(row) for row in classes] == [("MONEY", "Asset")]
    assert [tuple(row) for row in branches] == [("A", 1), ("B", 2)]
    assert values[0]["modified_at"] == datetime(2025, 1, 1, tzinfo=UTC)
    assert values[0]["public_id"]
    assert [tuple(row) for row in tallies] == [("Account", 3, 3), ("Batch", 1, 0), ("JournalEntry", 2, 0)]
