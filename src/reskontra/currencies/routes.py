"""The addresses of currencies and exchange rates: decode, open the transaction, run the command. Decides nothing."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from reskontra.currencies import commands
from reskontra.currencies.store import list_currencies, list_rates
from reskontra.currencies.wire import CurrencyAnswer, NewRate, RateAnswer, RateUpdate, currency_answer, rate_answer
from reskontra.errors import NotFound
from reskontra.web.answers import created, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.routing import Route
from reskontra.web.scalars import shown
from reskontra.web.wire import changes


async def list_(call: Call) -> Response:
    """All currencies by code."""
    async with call.database.connection() as connection:
        listed = cut(await list_currencies(connection, call.company_id), call.query)
    return page(call, map(currency_answer, listed.rows), listed.total)


async def get(call: Call) -> Response:
    """One currency."""
    sent = call.params["curyId"]
    async with call.database.connection() as connection:
        found = await list_currencies(connection, call.company_id, currency_id=sent)
    if not found:
        raise NotFound("currency", sent)
    return one(call, currency_answer(found[0]))


async def rates(call: Call) -> Response:
    """Exchange rates by pair, type and date."""
    query = call.query
    async with call.database.connection() as connection:
        found = await list_rates(
            connection,
            call.company_id,
            from_currency=query.text("fromCurrency"),
            to_currency=query.text("toCurrency"),
            rate_type=query.text("rateType"),
            from_date=_day(call, "fromDate"),
            to_date=_day(call, "toDate"),
        )
    listed = cut(found, query)
    return page(call, map(rate_answer, listed.rows), listed.total)


async def create_rate(call: Call) -> Response:
    """A new exchange rate."""
    sent = changes(call.decode(NewRate))
    async with call.database.transaction() as connection:
        currency_rate_id, version = await commands.create_rate(connection, call.context, sent)
    return created(call, _path(currency_rate_id), version)


async def change_rate(call: Call) -> Response:
    """Change the figure of a rate, or how it is applied."""
    text = call.params["currencyRateId"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(reason=f"'{shown(text)}' is not the id of an exchange rate.", hint="The ids are whole numbers.")
    sent = changes(call.decode(RateUpdate))
    async with call.database.transaction() as connection:
        version = await commands.change_rate(connection, call.context, int(text), sent, call.if_match)
    return no_content(call, _path(int(text)), version)


def _day(call: Call, name: str) -> date | None:
    comparison = call.query.day(name)
    return None if comparison is None else comparison.value


def _path(currency_rate_id: int) -> str:
    return f"/v2/currencyrate/{currency_rate_id}"


ROUTES = (
    Route("Currency_GetAll", "GET", "/v1/currency", list_, "reading currencies", answer=CurrencyAnswer, lists=True),
    Route(
        "Currency_GetSpecificCurrencyBycuryId",
        "GET",
        "/v1/currency/{curyId}",
        get,
        "reading currency",
        answer=CurrencyAnswer,
    ),
    Route(
        "CurrencyRate_GetAll",
        "GET",
        "/v2/currencyrate",
        rates,
        "reading exchange rates",
        answer=RateAnswer,
        lists=True,
    ),
    Route(
        "CurrencyRate_PostCurrencyRate",
        "POST",
        "/v2/currencyrate",
        create_rate,
        "creating exchange rate",
        body=NewRate,
    ),
    Route(
        "CurrencyRate_PutCurrencyRateBycurrencyRateId",
        "PUT",
        "/v2/currencyrate/{currencyRateId}",
        change_rate,
        "updating exchange rate",
        body=RateUpdate,
    ),
)
