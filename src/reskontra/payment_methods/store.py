"""SQL of payment methods: reading and adding them."""

from __future__ import annotations

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.tables import Table
from reskontra.payment_methods.rules import PaymentMethod

PAYMENT_METHOD_TABLE = Table(
    "payment_methods",
    "payment_method",
    PaymentMethod,
    ("payment_method_id",),
    entity="PaymentMethod",
    moments=("modified_at",),
)


PAYMENT_METHODS = Paged(
    entity="PaymentMethod",
    found="select payment_method.* from payment_method where payment_method.company_id = $1",
    key=("payment_method.payment_method_id",),
    columns=as_record(PAYMENT_METHOD_TABLE.select_list),
    read=json_record(PaymentMethod),
    sort_key=lambda method: (method.payment_method_id,),
    is_tallied=False,
)
"""Payment methods by id."""
