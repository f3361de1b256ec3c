"""SQL of payment methods: reading them for the reference data and for lists, adding them. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.db.lists import Filters
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.upsert import or_write_anew
from reskontra.payment_methods.rules import PaymentMethod
from reskontra.web.query import Comparison

_COLUMNS = "payment_method_id, description, active, cash_account, means_of_payment"

PAYMENT_METHOD_ROWS = f"""
    select {_COLUMNS}
      from payment_method
     where company_id = $1
     order by payment_method_id"""
"""The payment methods of company $1, shaped like `PaymentMethod`."""


async def list_payment_methods(
    connection: Connection,
    company_id: int,
    *,
    payment_method_id: str | None = None,
    greater_than: str | None = None,
    modified: Comparison[datetime] | None = None,
) -> list[PaymentMethod]:
    """Payment methods by id, or the one with an id in any case."""
    filters = Filters([company_id])
    filters.add_same("payment_method_id", payment_method_id)
    filters.add_greater("payment_method_id", greater_than)
    filters.add_comparison("modified_at", modified)
    text = await connection.fetchval(
        f"""
        select coalesce(json_agg(listed), '[]')::text
          from (select {_COLUMNS}
                  from payment_method
                 where company_id = $1 and {filters.where}
                 order by payment_method_id) as listed
        """,
        *filters.parameters,
    )
    return _methods.decode(text)


_methods = msgspec.json.Decoder(list[PaymentMethod])


async def put_payment_methods(
    connection: Connection, company_id: int, methods: Sequence[PaymentMethod], moment: datetime
) -> None:
    """Add payment methods to a company or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        insert into payment_method (company_id, {_COLUMNS}, modified_at)
        select $1, {_COLUMNS}, $3
          from json_to_recordset($2::json) as sent (
               payment_method_id text, description text, active boolean, cash_account text, means_of_payment text)
        {or_write_anew("payment_method_pk", f"{_COLUMNS}, modified_at")}
        """,
        company_id,
        as_json(methods),
        moment,
    )
