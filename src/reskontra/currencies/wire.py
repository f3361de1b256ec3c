"""How currencies and exchange rates look on the wire."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from reskontra.currencies.rules import Operator, reciprocal
from reskontra.currencies.store import ListedCurrency, StoredRate
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Day,
    DayOut,
    OneOf,
    Rate,
    Sent,
    Text30,
    day_text,
    etag_of,
    field,
    sent,
)


class MultDiv(StrEnum):
    """How a rate converts to the other currency, in the wire's words."""

    MULTIPLY = "Multiply"
    DIVIDE = "Divide"

    @property
    def operator(self) -> Operator:
        """The same in our words."""
        return Operator.MULTIPLY if self is MultDiv.MULTIPLY else Operator.DIVIDE


class NewRate(Body):
    """A rate to add."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"from_currency", "rate"})

    from_currency: Sent[Text30] = sent("fromCurrencyId")
    to_currency: Sent[Text30] = sent("toCurrencyId")
    rate_type: Sent[Text30] = UNSET
    effective_date: Sent[Day] = UNSET
    rate: Sent[Rate] = UNSET
    operator: Sent[OneOf[MultDiv]] = sent("multDiv")


class RateUpdate(Body):
    """What may change of a rate: not its currencies, type or date."""

    rate: Sent[Rate] = UNSET
    operator: Sent[OneOf[MultDiv]] = sent("multDiv")


class CurrencyAnswer(Answer):
    """A currency."""

    currency_id: str | None = field(name="id", default=None)
    description: str | None = None
    symbol: str | None = None
    is_base: bool | None = field(name="isBaseCurrency", default=None)
    decimals: int | None = field(name="decimalPrecision", default=None)
    active: bool | None = field(name="isUsedForAccounting", default=None)


class RateAnswer(Answer):
    """A row of the rate table."""

    currency_rate_id: int | None = field(name="id", default=None)
    from_currency: str | None = field(name="fromCurrencyId", default=None)
    to_currency: str | None = field(name="toCurrencyId", default=None)
    rate_type: str | None = None
    rate: Decimal | None = None
    effective_date: DayOut | None = None
    operator: str | None = field(name="multDiv", default=None)
    reciprocal: Decimal | None = field(name="rateReciprocal", default=None)
    time_stamp: str | None = None


def currency_answer(currency: ListedCurrency) -> CurrencyAnswer:
    """What the wire shows of a currency."""
    return CurrencyAnswer(
        currency_id=currency.currency_id,
        description=currency.description,
        symbol=currency.symbol or None,
        is_base=currency.is_base,
        decimals=currency.decimals,
        active=currency.active,
    )


def rate_answer(rate: StoredRate) -> RateAnswer:
    """What the wire shows of a rate."""
    return RateAnswer(
        currency_rate_id=rate.currency_rate_id,
        from_currency=rate.from_currency,
        to_currency=rate.to_currency,
        rate_type=rate.rate_type,
        rate=rate.rate,
        effective_date=day_text(rate.effective_date),
        operator=MultDiv.MULTIPLY if rate.operator == Operator.MULTIPLY else MultDiv.DIVIDE,
        reciprocal=reciprocal(rate.rate),
        time_stamp=etag_of(rate.version),
    )
