"""SQL of payment methods and cash accounts: reading and adding them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.tables import Table
from reskontra.payment_methods.rules import CashAccount, EntryType, PaymentMethod, PaymentMethodDetail

_DETAIL_TABLE = Table("details", "payment_method_detail", PaymentMethodDetail, ("detail_id",))
PAYMENT_METHOD_TABLE = Table(
    "payment_methods",
    "payment_method",
    PaymentMethod,
    ("payment_method_id",),
    entity="PaymentMethod",
    moments=("modified_at",),
    parts=(_DETAIL_TABLE,),
)

_ENTRY_TYPE_TABLE = Table("entry_types", "cash_entry_type", EntryType, ("entry_type_id",), renamed={
    "account_number": "offset_account"})  # fmt: skip
CASH_ACCOUNT_TABLE = Table(
    "cash_accounts",
    "cash_account",
    CashAccount,
    ("account_number",),
    entity="CashAccount",
    moments=("modified_at",),
    parts=(_ENTRY_TYPE_TABLE,),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCashAccount(CashAccount):
    """A cash account and when it was last changed (UTC)."""

    modified_at: datetime


CASH_ACCOUNTS = Paged(
    entity="CashAccount",
    found="select cash_account.* from cash_account where cash_account.company_id = $1",
    key=("cash_account.account_number",),
    columns=as_record(f"{CASH_ACCOUNT_TABLE.select_list}, cash_account.modified_at"),
    read=json_record(ListedCashAccount),
    sort_key=lambda cash_account: (cash_account.account_number,),
    is_tallied=False,
)
"""Cash accounts by number."""
