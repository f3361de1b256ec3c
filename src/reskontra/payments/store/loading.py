"""Loads what a decision about a payment depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec
from asyncpg import Record as Row

from reskontra.changes.store import HELD_REFERENCE
from reskontra.clock import Context
from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on, whole_rate_on
from reskontra.customers.customer import Payer
from reskontra.customers.store.for_documents import for_payment, has_moved_on, location_id_of, read_payer
from reskontra.customers.store.fragments import by_id, by_number
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.payments.payment import HEADER_COLUMNS, Charge, Payment, PaymentLine, ShownLine
from reskontra.receivables.rules.items import Payable
from reskontra.receivables.store.applications import freed, ids_on_lines, lines_of
from reskontra.receivables.store.for_payments import (
    SHOWN_LINES,
    by_name,
    ids_of_named,
    latest_applied,
    payables_of,
    read_payables,
)
from reskontra.records import replace


@dataclass(frozen=True, slots=True)
class Stored:
    """A payment as it is stored."""

    payment: Payment
    document_id: int
    version: int
    waiting_void: int | None
    """The void of it that waits for release, if there is one."""


SEEN_AS_PAYMENT = "(document.document_type <> 'CreditNote' or document.released_at is not null)"
"""The condition over `document` that leaves credit notes out until they are released (CNP-01)."""

# A payment that is used up or voided takes no more lines: it has the date that it shows.
_IS_DONE = "document.status in ('Closed', 'Voided')"
_SHOWN = f"""left join lateral {latest_applied(_IS_DONE)} as latest on true
     cross join lateral (
        select case when {_IS_DONE} then greatest(document.document_date, latest.applied_on)
                    else coalesce(payment.applied_on, document.taken_over_on, document.document_date) end as applied_on,
               case when {_IS_DONE} then greatest(document.period_id, latest.period_id)
                    else coalesce(payment.applied_period_id, document.period_id) end as applied_period_id) as shown"""
# Nothing of a draft was ever applied, so nothing of it was taken back.
_COLUMNS = ", ".join(f"document.{column}" for column in (*HEADER_COLUMNS, "number", "batch_number"))
_HEADER = f"""(
               select row_to_json(header.*)
                 from (select {_COLUMNS}, shown.applied_on, shown.applied_period_id,
                              case when document.released_at is not null
                                   then {freed("document.document_id")} end as freed,
                              coalesce(payment.amount_entered, true) as amount_entered) as header)"""

CHARGES = """(
        select json_agg(charge order by charge.line_number) from payment_charge as charge
         where charge.company_id = $1 and charge.document_id = document.document_id)"""
"""A scalar over `document`: its charges as JSON. A void has its own, copied from the payment (CHG-04)."""

_FIND = f"""
    select document.document_id, document.document_type, document.version, document.customer_id, document.currency_id,
           shown.applied_on, {_HEADER} as header,
           {lines_of("document.document_id")} as lines, {CHARGES} as charges,
           (select void.document_id from document as void
             where void.company_id = $1 and void.voids_document_id = document.document_id
               and void.released_at is null) as waiting_void
      from document
      left join payment using (company_id, document_id)
      {_SHOWN}
     where document.company_id = $1 and document.document_type = any ($2::text[])
       and lower(document.number) collate "C" = lower($3 collate "C") and {SEEN_AS_PAYMENT}"""

_payments = msgspec.json.Decoder(Payment)
_lines = msgspec.json.Decoder(tuple[PaymentLine, ...])
_charges = msgspec.json.Decoder(tuple[Charge, ...])


async def find_payments(
    connection: Connection, company_id: int, document_types: Sequence[str], number: str
) -> list[Stored]:
    """The documents of these types with that number in any case, in the order of the types."""
    rows = await connection.fetch(
        f"{_FIND} order by array_position($2::text[], document.document_type)", company_id, document_types, number
    )
    return [_stored(row) for row in rows]


def _stored(row: Row) -> Stored:
    return Stored(
        payment=replace(
            _payments.decode(row["header"]),
            lines=_lines.decode(row["lines"]) if row["lines"] else (),
            charges=_charges.decode(row["charges"]) if row["charges"] else (),
        ),
        document_id=row["document_id"],
        version=row["version"],
        waiting_void=row["waiting_void"],
    )


_SHOWN_OF = f"""
    select {SHOWN_LINES} as lines from document
     where document.company_id = $1 and document.document_id = $2"""


_shown_lines = msgspec.json.Decoder(list[ShownLine])


async def find_released_lines(connection: Connection, company_id: int, document_id: int) -> list[ShownLine]:
    """The lines of a payment that answers show, without those that wait."""
    row = await fetch_one(connection, _SHOWN_OF, company_id, document_id)
    lines = _shown_lines.decode(row["lines"]) if row["lines"] else []
    return [line for line in lines if not line.is_proposed]


# Everything at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a request names that must be read for the decision; None is "not sent"."""

    location_cd: str | None = None
    names: Sequence[tuple[str, str]] = ()
    """Type and number of the documents on its lines."""

    currency_id: str | None = None
    on: date | None = None
    """The date of the exchange rates."""

    @property
    def parameters(self) -> tuple[object, ...]:
        """The values of $4 and more of both statements."""
        types, numbers = [document_type for document_type, _ in self.names], [number for _, number in self.names]
        place = (self.location_cd,) if self.location_cd else ()
        return types, numbers, self.currency_id, self.on, *place


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a decision depends on besides the payment, as of one moment.

    `rates` has the currencies of everything that was found and of what was sent, except the base currency.
    """

    reference_version: int
    payer: Payer | None
    payables: Mapping[tuple[str, str], Payable]
    rates: Mapping[str, Rate | None]


_NAMED = f"({ids_of_named('$4', '$5')})"


def _surroundings(own_currency: str, day: str) -> str:
    """Columns over `company`, `party (payer)` and `payable (payables, currencies)`."""
    exact = {
        "from_currency": "wanted.currency_id",
        "to_currency": "company.base_currency",
        "rate_type": "coalesce(party.payer ->> 'rate_type', company.preferences ->> 'default_rate_type', 'SPOT')",
        "on": day,
    }
    return f"""company.reference_version, party.payer, payable.payables, (
               select json_object_agg(wanted.currency_id, {whole_rate_on(**exact)})
                 from (select distinct unnest(payable.currencies || array[$6::text, {own_currency}])
                      ) as wanted (currency_id)
                where wanted.currency_id <> company.base_currency) as rates"""


def _see_new(place: str | None) -> str:
    today = "($3::timestamptz at time zone company.time_zone)::date"
    return f"""
    with party as materialized (select ({for_payment(place)} and {by_number("$2::text")}) as payer)
    select {_surroundings("party.payer ->> 'currency_id'", f"coalesce($7::date, {today})")}
      from company
     cross join party
     cross join ({payables_of(f"array{_NAMED}", "0")}) as payable
     where company.company_id = $1"""


def _see(place: str | None) -> str:
    ids = f"array({ids_on_lines('found.document_id')} union {_NAMED})"
    return f"""
    with found as materialized ({_FIND})
    select found.*, {_surroundings("found.currency_id", "coalesce($7::date, found.applied_on)")}
      from found
      join company on company.company_id = $1
     cross join lateral (
        select ({for_payment(place)} and {by_id("found.customer_id")}) as payer offset 0) as party
     cross join lateral ({payables_of(ids, "found.document_id")}) as payable
     order by array_position($2::text[], found.document_type)"""


_PLACES = {False: None, True: f"coalesce({location_id_of('$8::text')}, customer.default_location_id)"}
"""By whether a location was sent, as few are: finding out what it changes costs the others time too."""

_SEE_NEW = {is_sent: _see_new(place) for is_sent, place in _PLACES.items()}
_SEE = {is_sent: _see(place) for is_sent, place in _PLACES.items()}
_rates = msgspec.json.Decoder(dict[str, Rate | None])


async def see_new(connection: Connection, context: Context, customer_number: str, wanted: Wanted) -> Seen:
    """What a new payment depends on. Nothing is locked: the writing statement proves that it still holds."""
    statement = _SEE_NEW[bool(wanted.location_cd)]
    return _seen(
        await fetch_one(connection, statement, context.company_id, customer_number, context.now, *wanted.parameters)
    )


async def see(
    connection: Connection, context: Context, document_types: Sequence[str], number: str, wanted: Wanted
) -> list[tuple[Stored, Seen]]:
    """The documents that `find_payments` finds, each with what a decision about it depends on. Nothing is locked."""
    statement = _SEE[bool(wanted.location_cd)]
    rows = await connection.fetch(statement, context.company_id, document_types, number, *wanted.parameters)
    return [(_stored(row), _seen(row)) for row in rows]


def _seen(row: Row) -> Seen:
    return Seen(
        reference_version=row["reference_version"],
        payer=read_payer(row["payer"]) if row["payer"] else None,
        payables=by_name(read_payables(row["payables"])),
        rates=_rates.decode(row["rates"]) if row["rates"] else {},
    )


# With locks


def _hold(which: str) -> str:
    place = f"coalesce({location_id_of('$3::text')}, customer.default_location_id)"
    return f"""
    with held as materialized (select {HELD_REFERENCE} as version),
    party as materialized (
        select ({for_payment(place)} and {which} for key share of customer) as facts from held)
    select held.version, party.facts,
           held.version <> company.reference_version or {has_moved_on("party.facts")} as is_outdated
      from held cross join party join company on company.company_id = $1"""


_HOLD_BY_NUMBER, _HOLD_BY_ID = _hold(by_number("$2::text")), _hold(by_id("$2::integer"))


async def hold_payer(
    connection: Connection, context: Context, customer: str | int, location_cd: str | None = None
) -> tuple[int, Payer | None]:
    """The version of the reference data and the customer by number or id, kept unchanged until the transaction ends.

    Both are read once more if they changed during the wait for a lock.
    """
    statement = _HOLD_BY_NUMBER if isinstance(customer, str) else _HOLD_BY_ID
    row = await connection.fetchrow(statement, context.company_id, customer, location_cd)
    if row is not None and row["is_outdated"]:
        row = await connection.fetchrow(statement, context.company_id, customer, location_cd)
    if row is None:
        raise LookupError(f"there is no company {context.company_id}")
    return row["version"], read_payer(row["facts"]) if row["facts"] else None


async def find_rates(
    connection: Connection, company_id: int, currency_ids: Sequence[str], *, base: str, rate_type: str, on: date
) -> dict[str, Rate | None]:
    """Currency -> its rate to base currency on a date, None where there is none."""
    if not currency_ids:
        return {}
    exact = {
        "from_currency": "wanted.currency_id",
        "to_currency": "$3::text",
        "rate_type": "$4::text",
        "on": "$5::date",
    }
    rows = await connection.fetch(
        f"""
        select wanted.currency_id, {rate_on("rate", **exact)} as rate, {rate_on("operator", **exact)} as operator
          from unnest($2::text[]) as wanted (currency_id)
         where $1::integer is not null
        """,
        company_id,
        currency_ids,
        base,
        rate_type,
        on,
    )
    return {
        row["currency_id"]: Rate(row["rate"], Operator(row["operator"])) if row["rate"] is not None else None
        for row in rows
    }


async def names_of_ids(connection: Connection, company_id: int, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Type and number of documents by id."""
    rows = await connection.fetch(
        """
        select document_id, document_type, number from document
         where company_id = $1 and document_id = any ($2::bigint[])
        """,
        company_id,
        ids,
    )
    return {row["document_id"]: (row["document_type"], row["number"]) for row in rows}
