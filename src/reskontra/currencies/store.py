"""SQL of currencies and exchange rates: reading, writing, and the rate on a date as a fragment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.currencies.rules import Currency, CurrencySetup, RateRow
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.tables import Table
from reskontra.errors import Refused
from reskontra.versions import Saved

CURRENCY_TABLE = Table(
    "currencies",
    "currency",
    CurrencySetup,
    ("currency_id",),
    entity="Currency",
    read={"symbol": "coalesce(currency.symbol, '')"},
    moments=("modified_at",),
)
RATE_TABLE = Table(
    "rates",
    "currency_rate",
    RateRow,
    ("from_currency", "to_currency", "rate_type", "effective_date"),
    entity="CurrencyRate",
    numbered="currency_rate_id",
    moments=("modified_at",),
)
"""Exchange rates as a company file says them: without the versions that the API asks for."""


def rate_on(column: str, *, from_currency: str, to_currency: str, rate_type: str, on: str) -> str:
    """An SQL expression: `column` ("rate" or "operator") of the row in force on a date, or null (CUR-02).

    The other arguments are SQL expressions; the row is the one with the latest effective date up to `on`.
    """
    return _in_force(f"currency_rate.{column}", from_currency, to_currency, rate_type, on)


def whole_rate_on(*, from_currency: str, to_currency: str, rate_type: str, on: str) -> str:
    """Rate and operator together, as JSON of `rules.Rate`, or null: one search where `rate_on` takes two."""
    both = "json_build_object('rate', currency_rate.rate, 'operator', currency_rate.operator)"
    return _in_force(both, from_currency, to_currency, rate_type, on)


def _in_force(value: str, from_currency: str, to_currency: str, rate_type: str, on: str) -> str:
    return f"""(
        select {value} from currency_rate
         where currency_rate.company_id = $1 and currency_rate.from_currency = {from_currency}
           and currency_rate.to_currency = {to_currency} and currency_rate.rate_type = {rate_type}
           and currency_rate.effective_date <= {on}
         order by currency_rate.effective_date desc
         limit 1)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCurrency(Currency):
    """A currency, whether it is in use, and whether the company keeps its books in it."""

    active: bool
    is_base: bool


CURRENCIES = Paged(
    entity="Currency",
    found="""select currency.currency_id, currency.description, coalesce(currency.symbol, '') as symbol,
                   currency.decimals, currency.active, currency.currency_id = company.base_currency as is_base
              from currency
              join company on company.company_id = currency.company_id
             where currency.company_id = $1""",
    key=("currency.currency_id",),
    read=json_record(ListedCurrency),
    sort_key=lambda currency: (currency.currency_id,),
    is_tallied=False,
)
"""Currencies by code."""


# Exchange rates


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRate(RateRow):
    """A rate with its id and version."""

    currency_rate_id: int
    version: int


_RATE_COLUMNS = "from_currency, to_currency, rate_type, effective_date, rate, operator, currency_rate_id, version"
_stored_rates = msgspec.json.Decoder(list[StoredRate])


RATES = Paged(
    entity="CurrencyRate",
    found=f"select {_RATE_COLUMNS} from currency_rate where currency_rate.company_id = $1",
    key=(
        "currency_rate.from_currency",
        "currency_rate.to_currency",
        "currency_rate.rate_type",
        "currency_rate.effective_date",
    ),
    read=json_record(StoredRate),
    sort_key=lambda rate: (rate.from_currency, rate.to_currency, rate.rate_type, rate.effective_date),
)
"""Rates by pair, type and date."""


async def find_rate_types(connection: Connection, company_id: int) -> list[str]:
    """The types for which the company has rates, and the type for documents that name none."""
    rows = await connection.fetch(
        """
        select rate_type from currency_rate where company_id = $1
         union
        select coalesce(preferences ->> 'default_rate_type', 'SPOT') from company where company_id = $1
         order by rate_type
        """,
        company_id,
    )
    return [row["rate_type"] for row in rows]


async def lock_rate(connection: Connection, company_id: int, currency_rate_id: int) -> StoredRate | None:
    """A rate by its id, locked for the rest of the transaction."""
    text = await connection.fetchval(
        f"""
        select json_agg(locked)::text
          from (select {_RATE_COLUMNS}
                  from currency_rate
                 where company_id = $1 and currency_rate_id = $2
                   for update) as locked
        """,
        company_id,
        currency_rate_id,
    )
    return _stored_rates.decode(text)[0] if text else None


_RATE_KEY = "concat_ws(' ', $5::text, $6::text, $7::text, $8::date)"

_INSERT_RATE = f"""
    with once as (select 1),
    {change_row("'CurrencyRate'", "created", _RATE_KEY, "once", detail="$11::jsonb")},
    {count_new("CurrencyRate")}
    insert into currency_rate (
           company_id, currency_rate_id, from_currency, to_currency, rate_type, effective_date, rate, operator,
           modified_at, version)
    select $1, counted.id, $5, $6, $7, $8, $9, $10, changed.stamp, changed.change_id
      from counted, changed
    returning currency_rate_id::text as number, version"""


async def insert_rate(connection: Connection, context: Context, rate: RateRow, detail: Mapping[str, Any]) -> Saved:
    """Add a rate; it has an id for a number."""
    row = await connection.fetchrow(
        _INSERT_RATE,
        *parameters(context),
        rate.from_currency,
        rate.to_currency,
        rate.rate_type,
        rate.effective_date,
        rate.rate,
        rate.operator,
        as_json(detail),
    )
    if row is None:
        raise LookupError(f"company {context.company_id} counts no exchange rates")
    return Saved(**row)


_SAVE_RATE = f"""
    with before as (
        select from_currency, to_currency, rate_type, effective_date, rate, operator
          from currency_rate where company_id = $1 and currency_rate_id = $5),
    {
    change_row(
        "'CurrencyRate'",
        "updated",
        "concat_ws(' ', from_currency, to_currency, rate_type, effective_date)",
        "before",
        detail="$8::jsonb",
    )
},
    {tally("'CurrencyRate'", 0)}
    update currency_rate set rate = $6, operator = $7, modified_at = changed.stamp, version = changed.change_id
      from changed
     where company_id = $1 and currency_rate_id = $5
    returning version"""


async def save_rate(connection: Connection, context: Context, rate: StoredRate, detail: Mapping[str, Any]) -> int:
    """Write rate and operator of a rate that is locked; its new version."""
    version: int = await connection.fetchval(
        _SAVE_RATE, *parameters(context), rate.currency_rate_id, rate.rate, rate.operator, as_json(detail)
    )
    return version


def _rate_exists(value: str) -> Refused:
    return Refused(
        "There is a rate for these currencies, this type and this date already.",
        field=("effective_date",),
        value=value.rpartition(", ")[2],
        hint="Send another date, or change the rate that is there.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {"currency_rate_unique": _rate_exists}
"""Constraint -> what the caller is told."""
