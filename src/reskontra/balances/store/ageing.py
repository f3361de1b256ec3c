"""SQL of how old customers' balances are as of the date $2 (AGS-02, AGS-03).

Due dates are those that stood at $3. $4 holds the first day of each bucket but the first, in days overdue. $5 says
whether age is counted from the due date, $6 whether credits age too, $7 is a customer's number, or null for all, and $8
the moment at which things were known, if that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING, id_of_number
from reskontra.receivables.store.for_reports import AsOf, days_overdue

_WHOSE = f"($7::text is null or document.customer_id = {id_of_number('$7::text')})"

_DAYS = days_overdue("$2::date", by_due_date="$5::boolean", ages_credits="$6::boolean")

_buckets = msgspec.json.Decoder(Mapping[str, Decimal])


@dataclass(frozen=True, slots=True)
class Aged:
    """What a customer owed in base currency, in all and by bucket (AGE-04): position from 0 -> amount, empty ones left
    out."""

    number: str
    name: str
    balance: Decimal
    buckets: Mapping[int, Decimal]


@cache
def ageing(*, is_dated: bool) -> Paged[Aged]:
    """Customers by number: those with an open balance in any bucket. `is_dated`: $8 says when it was known."""
    then = AsOf(day="$2::date", dates_at="$3::timestamptz", known_at="$8::timestamptz" if is_dated else "")
    return Paged(
        entity=f"Ageing{is_dated:d}",
        found=f"""
    select customer.number, customer.name, aged.balance, aged.buckets
      from (select by_bucket.customer_id, sum(by_bucket.amount) as balance,
                   json_object_agg(by_bucket.bucket, by_bucket.amount)::text as buckets
              from (select item.customer_id, aged.bucket, sum(item.balance_base) as amount
                      from ({then.open_items(_WHOSE)}) as item
                     cross join lateral (select width_bucket({_DAYS}, $4::integer[]) as bucket) as aged
                     group by item.customer_id, aged.bucket) as by_bucket
             group by by_bucket.customer_id
            having bool_or(by_bucket.amount <> 0)) as aged
      join ({OWING}) as customer on customer.customer_id = aged.customer_id
     where true""",
        key=("customer.number",),
        tables="page as customer",
        columns="customer.*",
        read=lambda row: Aged(
            row["number"],
            row["name"],
            row["balance"],
            {int(bucket): amount for bucket, amount in _buckets.decode(row["buckets"]).items()},
        ),
        sort_key=lambda found: (found.number,),
        is_tallied=False,
        stamp=ANY_CHANGE,
    )
