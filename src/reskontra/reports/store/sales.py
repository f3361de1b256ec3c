"""SQL of what was sold from the period $2 to the period $3, without VAT, as the journal's revenue has it (BAL-06)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from reskontra.accounts.store.accounts import description_of
from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import name_of_id, number_of_id
from reskontra.db.lists import Sorted, ordered_by
from reskontra.kinds import KINDS
from reskontra.posting.store.reading import REVENUE_ENTRIES
from reskontra.receivables.store.for_reports import SALES_DOCUMENTS
from reskontra.reference.store.tables import name_of_branch


class SoldBy(enum.Enum):
    """What sales are added up by."""

    CUSTOMER = "customer"
    BRANCH = "branch"
    ACCOUNT = "account"
    PERIOD = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold to one customer, or by what else sales are added up; base currency, what takes sales back is
    negative. `name` is None of a period."""

    code: str
    name: str | None
    documents: int
    invoiced: Decimal
    cash: Decimal
    credited: Decimal
    returned: Decimal
    sales: Decimal


def _types(*, at_once: bool, sign: int) -> str:
    found = (it for it in KINDS.values() if it.sales_sign == sign and it.is_paid_at_once is at_once)
    return ", ".join(f"'{kind.document_type}'" for kind in found)


def _sum(*, at_once: bool, sign: int) -> str:
    of_type = f"entry.document_type in ({_types(at_once=at_once, sign=sign)})"
    return f"coalesce(sum(entry.amount) filter (where {of_type}), 0.0000)"


_KEYS = {
    SoldBy.CUSTOMER: ("entry.customer_id", number_of_id("part.key"), name_of_id("part.key")),
    SoldBy.BRANCH: ("entry.branch_number", "part.key", name_of_branch("part.key")),
    SoldBy.ACCOUNT: ("entry.account_number", "part.key", description_of("part.key")),
    SoldBy.PERIOD: ("entry.period_id", "part.key", "null::text"),
}


def _found(by: SoldBy) -> str:
    key, code, name = _KEYS[by]
    return f"""
    select sold.*
      from (select {code} as code, {name} as name, part.*
              from (select {key} as key, count(distinct (entry.document_type, entry.document_number)) as documents,
                           {_sum(at_once=False, sign=1)} as invoiced, {_sum(at_once=True, sign=1)} as cash,
                           {_sum(at_once=False, sign=-1)} as credited, {_sum(at_once=True, sign=-1)} as returned,
                           sum(entry.amount) as sales
                      from ({REVENUE_ENTRIES} and entry.period_id between $2::text and $3::text) as entry
                      join ({SALES_DOCUMENTS}) as document
                        on document.document_type = entry.document_type and document.number = entry.document_number
                     group by {key}) as part) as sold
     where true"""


_LARGEST_FIRST = (
    Sorted("sold.sales", is_descending=True, may_be_null=False),
    Sorted("sold.code", may_be_null=False),
)
_BY_CODE = (Sorted("sold.code", may_be_null=False),)


@cache
def sold_by(by: SoldBy) -> Paged[Sold]:
    """What was sold, the largest first; of periods, in their order."""
    return Paged(
        entity=f"Sales{by.value}",
        found=_found(by),
        key=("sold.code",),
        columns="sold.*",
        read=lambda row: Sold(**{name: row[name] for name in Sold.__slots__}),
        sort_key=lambda found: (),
        order=_BY_CODE if by is SoldBy.PERIOD else _LARGEST_FIRST,
        is_tallied=False,
        stamp=ANY_CHANGE,
    )


@cache
def sold_table(by: SoldBy) -> str:
    """The same as a table."""
    return f"""
    select sold.code as "{by.value}", sold.name as "name", sold.documents as "documentCount",
           sold.invoiced as "invoiced", sold.cash as "cashSales", sold.credited as "credited",
           sold.returned as "cashReturns", sold.sales as "sales"
      from ({_found(by)}) as sold
     order by {ordered_by(sold_by(by).order)}"""
