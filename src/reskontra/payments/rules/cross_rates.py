"""What an amount of one currency is in another, on the lines of a payment (XCU)."""

from __future__ import annotations

from decimal import Decimal

from reskontra.currencies.rules import BASE_RATE, Operator, Rate
from reskontra.errors import FieldPath, Refused
from reskontra.money import ONE, divide, multiply, round_money
from reskontra.payments.payment import Basis, Payment


def has_value(currency_id: str, basis: Basis) -> bool:
    """Whether `value_of` knows it."""
    return currency_id == basis.reference.base_currency or basis.rates.get(currency_id) is not None


def value_of(currency_id: str, payment: Payment, basis: Basis, field: FieldPath) -> Decimal:
    """What one unit is worth in base currency on the day of the application."""
    rate: Rate | None = BASE_RATE if currency_id == basis.reference.base_currency else basis.rates.get(currency_id)
    if rate is None:
        raise Refused(
            f"There is no exchange rate for {currency_id} on {payment.applied_on.isoformat()}.",
            field=field,
            value=None,
            hint="Send a crossRate, or enter the rate with POST /v2/currencyrate.",
        )
    return divide(ONE, rate.rate) if rate.operator == Operator.DIVIDE else rate.rate


def in_payment_currency(amount: Decimal, cross_rate: Decimal, decimals: int) -> Decimal:
    """An amount of a document in the payment's currency."""
    return amount if cross_rate == ONE else round_money(multiply(amount, cross_rate), decimals)


def in_document_currency(
    amount: Decimal, cross_rate: Decimal, balance: Decimal, *, decimals: int, payment_decimals: int
) -> Decimal:
    """What an amount of the payment's currency settles of a document (XCU-02): all of it if it is all that is owed."""
    if cross_rate == ONE:
        return amount
    if amount == in_payment_currency(balance, cross_rate, payment_decimals):
        return balance
    return round_money(divide(amount, cross_rate), decimals)
