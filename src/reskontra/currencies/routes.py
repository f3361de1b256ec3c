"""The addresses of currencies and exchange rates."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import dated, filtered, same
from reskontra.currencies import commands
from reskontra.currencies.store import CURRENCIES, RATES
from reskontra.currencies.wire import CurrencyAnswer, NewRate, RateAnswer, RateUpdate, currency_answer, rate_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.wire import changes

RATE_FILTERS = (
    same("fromCurrency", "currency_rate.from_currency"),
    same("toCurrency", "currency_rate.to_currency"),
    same("rateType", "currency_rate.rate_type"),
    dated("fromDate", "currency_rate.effective_date >= {}"),
    dated("toDate", "currency_rate.effective_date <= {}"),
)


async def list_(call: Call) -> Response:
    """All currencies by code."""
    return await answer_page(call, CURRENCIES, filtered(call), currency_answer)


async def get(call: Call) -> Response:
    """One currency."""
    return one(call, currency_answer(await call.find("currency", CURRENCIES.find, call.params["curyId"])))


async def rates(call: Call) -> Response:
    """Exchange rates by pair, type and date."""
    return await answer_page(call, RATES, filtered(call), rate_answer)


async def create_rate(call: Call) -> Response:
    """A new exchange rate."""
    sent = changes(call.decode(NewRate))
    async with call.database.transaction() as connection:
        saved = await commands.create_rate(connection, call.context, sent)
    return created(call, _path(saved.number), saved.version)


async def change_rate(call: Call) -> Response:
    """Change the figure of a rate, or how it is applied."""
    currency_rate_id = call.internal_id("currencyRateId")
    sent = changes(call.decode(RateUpdate))
    async with call.database.transaction() as connection:
        version = await commands.change_rate(connection, call.context, currency_rate_id, sent, call.if_match)
    return no_content(call, _path(str(currency_rate_id)), version)


def _path(currency_rate_id: str) -> str:
    return f"/v2/currencyrate/{currency_rate_id}"


_CURRENCIES = Addresses("/v1/currency", "currency", CurrencyAnswer, plural="currencies")
_RATES = Addresses("/v2/currencyrate", "exchange rate", RateAnswer, RateUpdate)
_NEW_RATES = Addresses("/v2/currencyrate", "exchange rate", RateAnswer, NewRate)

ROUTES = (
    _CURRENCIES.many("Currency_GetAll", list_),
    _CURRENCIES.one("Currency_GetSpecificCurrencyBycuryId", get, "{curyId}"),
    _RATES.many("CurrencyRate_GetAll", rates, filters=RATE_FILTERS),
    _NEW_RATES.post("CurrencyRate_PostCurrencyRate", create_rate),
    _RATES.put("CurrencyRate_PutCurrencyRateBycurrencyRateId", change_rate, "{currencyRateId}"),
)
