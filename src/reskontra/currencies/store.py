"""SQL of currencies and exchange rates: reading, adding, and the rate on a date as a fragment. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import msgspec

from reskontra.currencies.rules import Currency, Operator
from reskontra.db.pool import Connection

CURRENCY_ROWS = """
    select currency_id, description, coalesce(symbol, '') as symbol, decimals
      from currency
     where company_id = $1
     order by currency_id"""
"""The currencies of company $1, shaped like `Currency`."""

POSTING_ROWS = """
    select currency_id, active, gain_account, loss_account, rounding_gain_account, rounding_loss_account
      from currency
     where company_id = $1
     order by currency_id"""
"""Where the differences of the currencies of company $1 are posted, shaped like `CurrencyPosting`."""


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
class RateRow:
    """A row of the rate table: what one unit of `from_currency` is worth in `to_currency` from a date on."""

    from_currency: str
    to_currency: str
    rate_type: str
    effective_date: date
    rate: Decimal
    operator: Operator = Operator.MULTIPLY


def rate_on(column: str, *, from_currency: str, to_currency: str, rate_type: str, on: str) -> str:
    """An SQL expression: `column` ("rate" or "operator") of the row in force on a date, or null (ledger.md CUR-02).

    The other arguments are SQL expressions; the row is the one with the latest effective date up to `on`.
    """
    return f"""(
        select currency_rate.{column} from currency_rate
         where currency_rate.company_id = $1 and currency_rate.from_currency = {from_currency}
           and currency_rate.to_currency = {to_currency} and currency_rate.rate_type = {rate_type}
           and currency_rate.effective_date <= {on}
         order by currency_rate.effective_date desc
         limit 1)"""


async def insert_currencies(
    connection: Connection,
    company_id: int,
    currencies: Sequence[Currency],
    postings: Sequence[CurrencyPosting],
    moment: datetime,
) -> None:
    """Add currencies with their accounts (one posting per currency) to a company. `moment` is in UTC."""
    await connection.execute(
        """
        insert into currency (
               company_id, currency_id, description, symbol, decimals, active, gain_account, loss_account,
               rounding_gain_account, rounding_loss_account, modified_at)
        select $1, currency_id, description, symbol, decimals, active, gain_account, loss_account,
               rounding_gain_account, rounding_loss_account, $4
          from json_to_recordset($2::json) as currencies (
               currency_id text, description text, symbol text, decimals smallint)
          join json_to_recordset($3::json) as postings (
               currency_id text, active boolean, gain_account text, loss_account text,
               rounding_gain_account text, rounding_loss_account text) using (currency_id)
        """,
        company_id,
        msgspec.json.encode(currencies).decode(),
        msgspec.json.encode(postings).decode(),
        moment,
    )


async def insert_rates(connection: Connection, company_id: int, rates: Sequence[RateRow], moment: datetime) -> None:
    """Add the first exchange rates of a company, with ids from 1 in their order. `moment` is in UTC."""
    await connection.execute(
        """
        insert into currency_rate (
               company_id, currency_rate_id, rate_type, from_currency, to_currency, effective_date, operator, rate,
               modified_at)
        select $1, row_number() over (), rate_type, from_currency, to_currency, effective_date, operator, rate, $3
          from json_to_recordset($2::json) as sent (
               rate_type text, from_currency text, to_currency text, effective_date date, operator text, rate numeric)
        """,
        company_id,
        msgspec.json.encode(rates).decode(),
        moment,
    )
