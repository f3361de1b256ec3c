"""SQL of payment methods: reading them for the reference data and for lists, adding them. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.upsert import or_write_anew
from reskontra.payment_methods.rules import PaymentMethod

_COLUMNS = "payment_method_id, description, active, cash_account, means_of_payment"

PAYMENT_METHOD_ROWS = f"""
    select {_COLUMNS}
      from payment_method
     where company_id = $1
     order by payment_method_id"""
"""The payment methods of company $1, shaped like `PaymentMethod`."""


PAYMENT_METHODS = Paged(
    entity="PaymentMethod",
    found="select payment_method.* from payment_method where payment_method.company_id = $1",
    key=("payment_method.payment_method_id",),
    columns=as_record(_COLUMNS),
    read=json_record(PaymentMethod),
    sort_key=lambda method: (method.payment_method_id,),
    is_tallied=False,
)
"""Payment methods by id."""


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
