"""SQL of what moved the balances of customers from the period $2 to the period $3 (BAL-05, BLN-01)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING
from reskontra.posting.store.reading import RECEIVABLE_ENTRIES
from reskontra.receivables.store.for_reports import MADE, UNBOOKED


@dataclass(frozen=True, slots=True)
class Movements:
    """What a customer owed on the documents of a branch before the first period and after the last, and what moved it
    in between; base currency."""

    customer_id: int
    number: str
    name: str
    branch_number: str
    beginning: Decimal
    sales: Decimal
    payments: Decimal
    charges: Decimal
    ending: Decimal

    @property
    def adjustments(self) -> Decimal:
        """Whatever else the ledger has on these documents: credit notes, discounts, write-offs, exchange differences,
        and what applications moved between branches or customers. Signed by its effect."""
        return self.ending - self.beginning - self.sales + self.payments - self.charges


def _made(movement: str) -> str:
    return f"coalesce(sum(made) filter (where movement = '{movement}' and period_id >= $2), 0.0000)"


MOVEMENTS = Paged(
    entity="CustomerMovements",
    found=f"""
    select moved.*
      from (select part.*, customer.number, customer.name
              from (select customer_id, branch_number,
                           coalesce(sum(moved) filter (where period_id < $2), 0.0000) as beginning,
                           {_made("sales")} as sales, -{_made("payments")} as payments, {_made("charges")} as charges,
                           sum(moved) as ending
                      from (select customer_id, branch_number, period_id, debit_base - credit_base as moved,
                                   null as movement, 0.0000 as made
                              from ({RECEIVABLE_ENTRIES}) as entry
                             union all
                            select customer_id, branch_number, period_id, amount, null, 0.0000
                              from ({UNBOOKED}) as side
                             union all
                            select customer_id, branch_number, period_id, 0.0000, movement, amount
                              from ({MADE}) as document) as moves
                     where period_id <= $3::text
                     group by customer_id, branch_number
                    having bool_or(period_id >= $2::text and (moved, made) <> (0.0, 0.0)) or sum(moved) <> 0) as part
              join ({OWING}) as customer on customer.customer_id = part.customer_id) as moved
     where true""",
    key=("moved.number", "moved.branch_number"),
    columns="moved.*",
    read=lambda row: Movements(**{name: row[name] for name in Movements.__slots__}),
    sort_key=lambda found: (found.number, found.branch_number),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Customers by number, each with its branches: those with a balance or a movement. Their ends sum to the ledger, which
they are read from (BLN-02)."""
