"""How a customer's figures look on the wire."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from reskontra.balances.store import Balance
from reskontra.web.wire import Answer, MomentOut, field, local_text

_MONEY = Decimal("0.0001")
_NONE = Decimal("0.0000")


class BalanceCustomerAnswer(Answer):
    """Whose figures they are."""

    internal_id: int
    number: str
    name: str


class BalanceAnswer(Answer, kw_only=True):
    """What a customer owes and has bought, in base currency."""

    customer: BalanceCustomerAnswer
    balance: Decimal
    open_orders: Decimal = field(name="totalOrder")
    loans: Decimal = field(name="totalLoan")
    sales_in_period: Decimal = field(name="totalSalePeriod")
    sales_in_year: Decimal = field(name="totalSaleYear")
    discounts_in_period: Decimal = field(name="totalDiscountPeriod")
    discounts_in_year: Decimal = field(name="totalDiscountYear")
    modified_at: MomentOut = field(name="lastModified")


def balance_answer(balance: Balance, zone: ZoneInfo) -> BalanceAnswer:
    """A customer's figures. Orders and loans do not exist here; cash discounts wait for payments (BAL-04)."""
    return BalanceAnswer(
        customer=BalanceCustomerAnswer(internal_id=balance.customer_id, number=balance.number, name=balance.name),
        balance=balance.balance.quantize(_MONEY),
        open_orders=_NONE,
        loans=_NONE,
        sales_in_period=balance.sales_in_period.quantize(_MONEY),
        sales_in_year=balance.sales_in_year.quantize(_MONEY),
        discounts_in_period=_NONE,
        discounts_in_year=_NONE,
        modified_at=local_text(balance.modified_at, zone),
    )
