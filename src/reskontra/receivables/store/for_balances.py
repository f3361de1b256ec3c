"""SQL fragments that add up what customers owe, were given and have paid."""

from __future__ import annotations

from reskontra.kinds import KINDS
from reskontra.receivables.rules.items import NO_SALES

_SALES = ", ".join(f"('{kind.document_type}', {kind.sales_sign})" for kind in KINDS.values() if kind.sales_sign)
_REMINDED = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.may_be_reminded)
_NO_SALES = ", ".join(f"'{origin}'" for origin in NO_SALES)
_MONEY = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.is_money)


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


def open_by_age(day: str) -> str:
    """A select of what customers owe by how long it has been due at a date, in base currency; one row a customer.

    Columns: customer_id, bucket_0 (not overdue, and all credits) to bucket_4, oldest_due_date of what is overdue, and
    the highest dunning_level. `day` is an SQL expression.
    """
    bounds = [None, *LAST_DAYS]
    sums = []
    for position, (first, last) in enumerate(zip(bounds, [*LAST_DAYS, None], strict=True)):
        inside = [f"overdue_days > {first}"] if first is not None else []
        inside += [f"overdue_days <= {last}"] if last is not None else []
        sums.append(f"coalesce(sum(item.open) filter (where {' and '.join(inside)}), 0.0000) as bucket_{position}")
    return f"""
        select item.customer_id, {", ".join(sums)},
               min(item.due_date) filter (where item.overdue_days > 0) as oldest_due_date,
               max(item.dunning_level) as dunning_level
          from (select document.customer_id, document.due_date, document.dunning_level,
                       document_kind.balance_sign * document.balance_base as open,
                       case when document_kind.balance_sign > 0
                            then {day} - coalesce(document.due_date, document.document_date) else 0 end as overdue_days
                  from document
                  join document_kind on document_kind.document_type = document.document_type
                 where document.company_id = $1 and document.balance > 0 and document.released_at is not null) as item
         group by item.customer_id"""


def billed_by_month(first_day: str) -> str:
    """A select of what was sold by month of the document's date from a day on, VAT included, and what of it is open.

    Columns: month (YYYYMM), billed, open; base currency, credit notes subtracted. Parts of an invoice, tax claims, and
    what was taken over from an older system, are left out, as they are no sales.
    """
    return f"""
        select to_char(document.document_date, 'YYYYMM') as month, sum(kind.sign * document.amount_base) as billed,
               sum(kind.sign * document.balance_base) as open
          from document
          join (values {_SALES}) as kind (document_type, sign) on kind.document_type = document.document_type
         where document.company_id = $1 and document.released_at is not null and document.master_document_id is null
           and document.origin not in ({_NO_SALES}) and document.document_date >= {first_day}
         group by to_char(document.document_date, 'YYYYMM')"""


def waiting(day: str) -> str:
    """Columns about documents of company $1 at a date: unreleased, old_drafts (made a week before or earlier), on_hold,
    overdue, and paid_in_month, the money that came in less what went out in its month, in base currency."""
    draft = "document.company_id = $1 and document.released_at is null"
    return f"""
        (select count(*) from document where {draft}) as unreleased,
        (select count(*) from document where {draft} and document.created_at < {day} - interval '7 days') as old_drafts,
        (select count(*) from document where {draft} and document.status in ('Hold', 'CreditHold')) as on_hold,
        (select count(*) from document
          where document.company_id = $1 and document.balance > 0 and document.released_at is not null
            and document.due_date < {day} and document.document_type in ({_REMINDED})) as overdue,
        (select coalesce(sum(-document_kind.balance_sign * document.amount_base), 0.0000)
           from document join document_kind on document_kind.document_type = document.document_type
          where document.company_id = $1 and document.released_at is not null
            and document.document_type in ({_MONEY})
            and document.document_date >= date_trunc('month', {day}::timestamp)::date
            and document.document_date <= {day}) as paid_in_month"""
