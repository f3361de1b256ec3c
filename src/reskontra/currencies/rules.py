"""Exchange rates, and what an amount is worth in base currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from reskontra.errors import FieldPath, Refused
from reskontra.money import (
    AMOUNT_LIMIT,
    HUNDRED,
    MONEY_DECIMALS,
    ONE,
    RATE_DECIMALS,
    ZERO,
    divide,
    has_at_most,
    is_storable,
    multiply,
    round_money,
)

RATE_LIMIT = Decimal(10) ** 8
_SMALLEST_RATE = ONE.scaleb(-RATE_DECIMALS)


class Operator(StrEnum):
    """How a rate converts to base currency: multiply by it or divide by it (CUR-02)."""

    MULTIPLY = "M"
    DIVIDE = "D"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and the decimal places of its amounts (0..4)."""

    currency_id: str
    description: str = ""
    symbol: str = ""
    decimals: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyPosting:
    """Where exchange and rounding differences of a currency go, and whether the currency is in use."""

    currency_id: str
    active: bool = True
    gain_account: str | None = None
    loss_account: str | None = None
    rounding_gain_account: str | None = None
    rounding_loss_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencySetup:
    """All that is kept of a currency, as a company file says it."""

    currency_id: str
    description: str
    symbol: str = ""
    decimals: int = 2
    active: bool = True
    gain_account: str | None = None
    loss_account: str | None = None
    rounding_gain_account: str | None = None
    rounding_loss_account: str | None = None

    @property
    def currency(self) -> Currency:
        """The currency itself."""
        return Currency(self.currency_id, self.description, self.symbol, self.decimals)

    @property
    def posting(self) -> CurrencyPosting:
        """Where its differences go."""
        return CurrencyPosting(
            currency_id=self.currency_id,
            active=self.active,
            gain_account=self.gain_account,
            loss_account=self.loss_account,
            rounding_gain_account=self.rounding_gain_account,
            rounding_loss_account=self.rounding_loss_account,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """A row of the rate table: what one unit of `from_currency` is worth in `to_currency` from a date on."""

    from_currency: str
    to_currency: str
    rate_type: str
    effective_date: date
    rate: Decimal
    operator: Operator = Operator.MULTIPLY


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit is worth in base currency (M), or what one unit of base currency is worth (D)."""

    rate: Decimal
    operator: Operator = Operator.MULTIPLY


BASE_RATE = Rate(ONE)
"""The rate of the base currency itself (CUR-03)."""


def to_base(amount: Decimal, rate: Rate, decimals: int) -> Decimal:
    """`amount` in base currency, rounded half-up to the base currency's `decimals` (CUR-02, CUR-04)."""
    if rate.rate == ONE:
        return round_money(amount, decimals)
    dividing = rate.operator == Operator.DIVIDE
    exact = divide(amount, rate.rate) if dividing else multiply(amount, rate.rate)
    # Checked before rounding: quantize cannot write a number of more than 60 digits.
    if not is_storable(exact):
        raise Refused(
            f"The amount is too large in base currency at the exchange rate {rate.rate:f}.",
            field=("exchange_rate",),
            value=str(amount),
            hint=f"An amount stays below {AMOUNT_LIMIT:f} in base currency.",
        )
    return round_money(exact, decimals)


def from_base(amount: Decimal, rate: Rate, decimals: int) -> Decimal:
    """An `amount` of base currency in the currency of `rate`, rounded half-up to `decimals`."""
    multiplying = rate.operator == Operator.DIVIDE
    exact = multiply(amount, rate.rate) if multiplying else divide(amount, rate.rate)
    if not is_storable(exact):
        raise Refused(
            f"The amount is too large at the exchange rate {rate.rate:f}.",
            field=("exchange_rate",),
            value=str(amount),
            hint=f"An amount stays below {AMOUNT_LIMIT:f}.",
        )
    return round_money(exact, decimals)


def in_currency(amount: Decimal, decimals: int, field: FieldPath) -> Decimal:
    """A sent `amount`, rounded half up to the places of its currency (X6). Refused if it is then too large."""
    rounded = round_money(amount, decimals)
    if not is_storable(rounded):
        raise Refused(
            "The amount is too large.",
            field=field,
            value=f"{amount:f}",
            hint=f"An amount stays below {AMOUNT_LIMIT:f}.",
        )
    return rounded


def check_rate(rate: Decimal, field: FieldPath = ("exchange_rate",)) -> None:
    """Refuses a rate that is not above 0, is 10^8 or more, or needs more than 8 places (W3)."""
    if not (rate.is_finite() and ZERO < rate < RATE_LIMIT and has_at_most(rate, RATE_DECIMALS)):
        raise Refused(
            "This is not an exchange rate.",
            field=field,
            value=str(rate),
            hint=f"Send a number above 0 and below {RATE_LIMIT:f} with at most {RATE_DECIMALS} decimals.",
        )


def check_near(rate: Rate, official: Rate, percent: Decimal, field: FieldPath = ("exchange_rate",)) -> None:
    """Refuses a rate that is more than `percent` per cent above or below the official one (CUR-06)."""
    margin = multiply(official.rate, divide(percent, HUNDRED))
    lowest = max(round_money(official.rate - margin, RATE_DECIMALS), _SMALLEST_RATE)
    highest = round_money(official.rate + margin, RATE_DECIMALS)
    if lowest <= rate.rate <= highest:
        return
    raise Refused(
        f"The exchange rate {rate.rate.normalize():f} is too far from the company's, which is "
        f"{official.rate.normalize():f}.",
        field=field,
        value=f"{rate.rate.normalize():f}",
        hint=f"Send {lowest.normalize():f} to {highest.normalize():f}, or leave it out.",
    )


def in_terms_of(rate: Rate, operator: Operator) -> Rate:
    """The same rate with that operator; turned round, it has 8 places."""
    return rate if rate.operator == operator else Rate(reciprocal(rate.rate), operator)


def reciprocal(rate: Decimal) -> Decimal:
    """The reciprocal rate, with 8 places."""
    return round_money(divide(ONE, rate), RATE_DECIMALS)


def check_currency(currency: Currency) -> None:
    """Refuses places that a stored amount cannot have (W3)."""
    if not 0 <= currency.decimals <= MONEY_DECIMALS:
        raise Refused(
            f"The currency '{currency.currency_id}' cannot have that many decimals.",
            field=("decimals",),
            value=currency.decimals,
            hint=f"Send 0 to {MONEY_DECIMALS}.",
        )


def carry_down(applied: Decimal, rate: Rate, remaining: Decimal, remaining_base: Decimal, decimals: int) -> Decimal:
    """What an application of `applied` takes from `remaining_base` (FX-01, D7).

    `remaining` and `remaining_base` are the document's balances before it. The application that empties one empties
    the other too, and no other takes more than there is: nothing is left over and nothing goes below zero.
    """
    if not ZERO <= applied <= remaining:
        raise Refused(
            "More is applied than is open.",
            field=("amount",),
            value=str(applied),
            hint=f"Send an amount from 0 to {remaining:f}.",
        )
    if applied == remaining:
        return remaining_base
    return min(to_base(applied, rate, decimals), remaining_base)


def gain_or_loss(debit_base: Decimal, credit_base: Decimal) -> Decimal:
    """The exchange gain (above 0) or loss of an application: what came in less what was owed (FX-01)."""
    return credit_base - debit_base
