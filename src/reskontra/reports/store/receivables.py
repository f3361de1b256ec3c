"""SQL that compares the ledger's receivables with the open documents at the end of the period $2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reskontra.db.pool import Connection
from reskontra.posting.store.reading import RECEIVABLE_ACCOUNTS
from reskontra.receivables.store.for_reports import AsOf


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An account in base currency: its balance in the ledger, and what is open on documents posted to it."""

    account_number: str
    description: str | None
    ledger: Decimal
    open_items: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero, if the books are right and nobody posts to the account by hand."""
        return self.ledger - self.open_items


RECONCILED = f"""
    select coalesce(ledger.account_number, item.account_number) as account_number, ledger.description,
           coalesce(ledger.balance, 0.0000) as ledger, coalesce(item.balance, 0.0000) as open_items
      from ({RECEIVABLE_ACCOUNTS}) as ledger
      full join (select open_item.account_number, sum(open_item.balance_base) as balance
                   from ({AsOf(period="$2").open_items()}) as open_item
                  group by open_item.account_number) as item on item.account_number = ledger.account_number
     order by 1"""


async def find_reconciled(connection: Connection, company_id: int, period_id: str) -> Sequence[Reconciled]:
    """Every account that carries what customers owe, by number."""
    rows = await connection.fetch(RECONCILED, company_id, period_id)
    return [Reconciled(**row) for row in rows]


RECONCILED_TABLE = f"""
    select told.account_number as "account", told.description as "description", told.ledger as "ledger",
           told.open_items as "openItems", told.ledger - told.open_items as "difference"
      from ({RECONCILED}) as told"""
"""The same as a table."""
