"""SQL of credit terms: reading them for the reference data and for lists, adding them. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.upsert import or_write_anew
from reskontra.terms.rules.terms import Terms

_COLUMNS = """terms_id, description, due_type, due_day_1, due_day_2, day_to_1, discount_type, discount_day,
           discount_percent, visible_to, weekend_rule, calculation, delay_days, instalment_type, instalment_count,
           instalment_frequency, instalment_method, instalment_parts as instalment_schedule"""

TERMS_ROWS = f"""
    select {_COLUMNS}
      from credit_terms
     where company_id = $1
     order by terms_id"""
"""The terms of company $1, shaped like `Terms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTerms(Terms):
    """Terms and when they were made and changed (UTC)."""

    created_at: datetime
    modified_at: datetime


TERMS = Paged(
    entity="CreditTerms",
    found="select credit_terms.* from credit_terms where credit_terms.company_id = $1",
    key=("credit_terms.terms_id",),
    columns=as_record(f"{_COLUMNS}, created_at, modified_at"),
    read=json_record(ListedTerms),
    sort_key=lambda terms: (terms.terms_id,),
    is_tallied=False,
)
"""Terms by id."""


_WRITTEN = """description, visible_to, due_type, due_day_1, due_day_2, day_from_1, day_to_1, day_from_2, day_to_2,
           discount_type, discount_day, discount_percent, weekend_rule, calculation, delay_days, instalment_type,
           instalment_count, instalment_frequency, instalment_method, instalment_parts, active, modified_at"""


async def put_terms(connection: Connection, company_id: int, terms: Sequence[Terms], moment: datetime) -> None:
    """Add terms to a company or write them anew. `moment` is in UTC.

    The days that follow from others (TRM-08) are stored too.
    """
    await connection.execute(
        f"""
        insert into credit_terms (
               company_id, terms_id, description, visible_to, due_type, due_day_1, due_day_2,
               day_from_1, day_to_1, day_from_2, day_to_2, discount_type, discount_day, discount_percent,
               weekend_rule, calculation, delay_days, instalment_type, instalment_count, instalment_frequency,
               instalment_method, instalment_parts, active, created_at, modified_at)
        select $1, terms_id, description, visible_to, due_type, due_day_1, due_day_2,
               case due_type when 'C' then 1 else 0 end, day_to_1,
               case due_type when 'C' then day_to_1 + 1 else 0 end, case due_type when 'C' then 31 else 0 end,
               discount_type, discount_day, discount_percent,
               weekend_rule, calculation, delay_days, instalment_type, instalment_count, instalment_frequency,
               instalment_method, instalment_schedule, visible_to <> 'DS', $3, $3
          from json_to_recordset($2::json) as sent (
               terms_id text, description text, visible_to text, due_type text, due_day_1 integer, due_day_2 integer,
               day_to_1 integer, discount_type text, discount_day integer, discount_percent numeric,
               weekend_rule smallint, calculation text, delay_days integer, instalment_type text,
               instalment_count integer, instalment_frequency text, instalment_method text,
               instalment_schedule jsonb)
        {or_write_anew("credit_terms_pk", _WRITTEN)}
        """,
        company_id,
        as_json(terms),
        moment,
    )
