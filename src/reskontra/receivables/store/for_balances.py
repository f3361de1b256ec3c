"""SQL fragments that add up what customers owe, were given and have paid."""

from __future__ import annotations

import itertools

from reskontra.kinds import KINDS
from reskontra.receivables.store.sales import IS_SALE, SALES_KINDS

_REMINDED = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.may_be_reminded)
_CREDITS = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.balance_sign < 0)
_MONEY = ", ".join(
    f"('{kind.document_type}', {-kind.balance_sign or kind.sales_sign})" for kind in KINDS.values() if kind.is_money
)
"""Kinds of money with 1 for what came in, -1 for what went out."""


def discounts(customer_id: str, condition: str) -> str:
    """A scalar: cash discounts that a customer of company $1 took, in base currency (BAL-04).

    What was undone is subtracted. `condition` is over `application`, for example on its period.
    """
    return f"""(select coalesce(sum(application.discount_base), 0.0000)
                  from document
                  join application on application.company_id = $1
                   and application.debit_document_id = document.document_id
                 where document.company_id = $1 and document.customer_id = {customer_id}
                   and application.released_at is not null and application.discount_base <> 0 and {condition})"""


LAST_DAYS = (0, 30, 60, 90)
"""The last day of each bucket but the last, in days overdue."""


def open_by_age(day: str, customer_id: str | None = None) -> str:
    """A select of what customers owe by how long it has been due at a date, in base currency; one row a customer.

    Columns: customer_id, bucket_0 (not overdue, and all credits) to bucket_4, oldest_due_date of what is overdue, and
    the highest dunning_level. `day` is an SQL expression, as is `customer_id`, which makes it a lateral table of one
    customer.
    """
    return f"""
        select item.customer_id, {_bucket_sums("item.owed")},
               min(item.due_date) filter (where item.days > 0) as oldest_due_date,
               max(item.dunning_level) as dunning_level
          from (select document.customer_id, document.due_date, document.dunning_level,
                       document.balance_base as owed, {_days(day)} as days
                  from document
                 where {_OPEN} and {f"document.customer_id = {customer_id}" if customer_id else "true"}
                offset 0) as item
         group by item.customer_id"""


def open_by_age_of_all(day: str, customers: str) -> str:
    """A select of one row: the buckets of `open_by_age` of all customers, or of those whose ids `customers` selects."""
    return f"""
        select {_bucket_sums("item.owed")}
          from (select sum(due.owed) as owed, {_days(day, "due")} as days
                  from (select document.document_type, document.due_date, document.document_date,
                               sum(document.balance_base) as owed
                          from document
                         where {_OPEN} and {f"document.customer_id in ({customers})" if customers else "true"}
                         group by document.document_type, document.due_date, document.document_date) as due
                 group by days) as item"""


_OPEN = "document.company_id = $1 and document.balance > 0 and document.released_at is not null"
"""What document_unpaid has, an index in which all is that is read here."""


def _days(day: str, table: str = "document") -> str:
    """Days overdue of what is owed; null of what the customer is owed."""
    return f"""case when {table}.document_type not in ({_CREDITS})
                            then {day} - coalesce({table}.due_date, {table}.document_date) end"""


def _bucket_sums(owed: str) -> str:
    """The columns bucket_0 to bucket_4 over `item`."""
    sums = [f"coalesce(sum({owed}) filter (where item.days <= 0), 0.0000)"
            f" - coalesce(sum({owed}) filter (where item.days is null), 0.0000)"]  # fmt: skip
    for first, last in itertools.pairwise((*LAST_DAYS, None)):
        inside = f"item.days > {first}" + (f" and item.days <= {last}" if last is not None else "")
        sums.append(f"coalesce(sum({owed}) filter (where {inside}), 0.0000)")
    return ", ".join(f"{total} as bucket_{position}" for position, total in enumerate(sums))


def billed_by_month(first_day: str) -> str:
    """A select of what was sold by month of the document's date from a day on, VAT included, and what of it is open.

    Columns: month (YYYYMM), billed, open; base currency, credit notes subtracted. Parts of an invoice, tax claims, and
    what was taken over from an older system, are left out, as they are no sales.
    """
    return f"""
        select to_char(sold.document_date, 'YYYYMM') as month, sum(kind.sign * sold.billed) as billed,
               sum(kind.sign * sold.open) as open
          from (select document.document_type, document.document_date, sum(document.amount_base) as billed,
                       sum(document.balance_base) as open
                  from document
                 where document.company_id = $1 and document.released_at is not null
                   and document.master_document_id is null and {IS_SALE}
                   and document.document_date >= {first_day}
                 group by document.document_type, document.document_date) as sold
          join (values {SALES_KINDS}) as kind (document_type, sign) on kind.document_type = sold.document_type
         group by to_char(sold.document_date, 'YYYYMM')"""


def waiting(day: str) -> str:
    """Columns about documents of company $1 at a date: unreleased, old_drafts (made a week before or earlier), on_hold,
    overdue, and paid_in_month, the money that came in less what went out in its month, in base currency, also by
    cash sales."""
    draft = "document.company_id = $1 and document.released_at is null"
    return f"""
        (select count(*) from document where {draft}) as unreleased,
        (select count(*) from document where {draft} and document.created_at < {day} - interval '7 days') as old_drafts,
        (select count(*) from document where {draft} and document.status in ('Hold', 'CreditHold')) as on_hold,
        (select count(*) from document
          where document.company_id = $1 and document.balance > 0 and document.released_at is not null
            and document.due_date < {day} and document.document_type in ({_REMINDED})) as overdue,
        (select coalesce(sum(kind.sign * document.amount_base), 0.0000)
           from document join (values {_MONEY}) as kind (document_type, sign)
             on kind.document_type = document.document_type
          where document.company_id = $1 and document.released_at is not null
            and document.document_date >= date_trunc('month', {day}::timestamp)::date
            and document.document_date <= {day}) as paid_in_month"""
