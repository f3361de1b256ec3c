"""What an amount of one currency is in another, on the lines of a payment (XCU)."""

from __future__ import annotations

from decimal import Decimal

from reskontra.currencies.rules import BASE_RATE, Operator, Rate, check_near
from reskontra.errors import FieldPath, Refused
from reskontra.money import ONE, RATE_DECIMALS, divide, multiply, round_money
from reskontra.payments.payment import Basis, Payment

_SMALLEST_RATE = Decimal("0.00000001")


def _value_of(currency_id: str, payment: Payment, basis: Basis, field: FieldPath) -> Decimal:
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


def rate_of_day(currency_id: str, payment: Payment, basis: Basis, field: FieldPath) -> Decimal:
    """The payment's currency per unit of another by the company's rates (XCU-01). Raises `Refused` without a rate."""
    document, own = (_value_of(it, payment, basis, field) for it in (currency_id, payment.currency_id))
    return max(round_money(divide(document, own), RATE_DECIMALS), _SMALLEST_RATE)


def check_agreed(sent: Decimal, currency_id: str, payment: Payment, basis: Basis, field: FieldPath) -> None:
    """Refuse a cross rate that is far from the company's on the day, if it has one (CUR-06)."""
    foreign = {currency_id, payment.currency_id} - {basis.reference.base_currency}
    preferences = basis.reference.preferences
    if preferences.accept_rates_beyond_tolerance or any(basis.rates.get(it) is None for it in foreign):
        return
    official = Rate(rate_of_day(currency_id, payment, basis, field))
    check_near(Rate(sent), official, preferences.rate_tolerance_percent, field)


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
