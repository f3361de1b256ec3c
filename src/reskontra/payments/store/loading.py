"""Loads what a decision about a payment depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from reskontra.changes.store import HELD_REFERENCE
from reskontra.clock import Context
from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.customers.customer import Debtor
from reskontra.customers.store.for_documents import for_document, has_moved_on, location_id_of, read_debtor
from reskontra.customers.store.fragments import by_id, by_number
from reskontra.db.pool import Connection
from reskontra.payments.payment import Charge, Payment, PaymentLine
from reskontra.receivables.store.applications import lines_of
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

_HEADER = """(to_jsonb(document.*) - 'lines_json' - 'vat_json') || jsonb_build_object(
               'applied_on', coalesce(payment.applied_on, document.taken_over_on, document.document_date),
               'applied_period_id', coalesce(payment.applied_period_id, document.period_id),
               'amount_entered', coalesce(payment.amount_entered, true))"""

_CHARGES = """(
        select json_agg(charge order by charge.line_number) from payment_charge as charge
         where charge.company_id = $1 and charge.document_id = document.document_id)"""

_FIND = f"""
    select document.document_id, document.version, ({_HEADER})::text as header,
           {lines_of("document.document_id")} as lines, {_CHARGES} as charges,
           (select void.document_id from document as void
             where void.company_id = $1 and void.voids_document_id = document.document_id
               and void.released_at is null) as waiting_void
      from document
      left join payment using (company_id, document_id)
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
    return [
        Stored(
            payment=replace(
                _payments.decode(row["header"]),
                lines=_lines.decode(row["lines"]) if row["lines"] else (),
                charges=_charges.decode(row["charges"]) if row["charges"] else (),
            ),
            document_id=row["document_id"],
            version=row["version"],
            waiting_void=row["waiting_void"],
        )
        for row in rows
    ]


def _hold(which: str) -> str:
    place = f"coalesce({location_id_of('$3::text')}, customer.default_location_id)"
    return f"""
    with held as materialized (select {HELD_REFERENCE} as version),
    party as materialized (
        select ({for_document(place)} and {which} for key share of customer) as facts from held)
    select held.version, party.facts,
           held.version <> company.reference_version or {has_moved_on("party.facts")} as is_outdated
      from held cross join party join company on company.company_id = $1"""


_HOLD_BY_NUMBER, _HOLD_BY_ID = _hold(by_number("$2::text")), _hold(by_id("$2::integer"))


async def hold_debtor(
    connection: Connection, context: Context, customer: str | int, location_cd: str | None = None
) -> tuple[int, Debtor | None]:
    """The version of the reference data and the customer by number or id, kept unchanged until the transaction ends.

    Both are read once more if they changed during the wait for a lock.
    """
    statement = _HOLD_BY_NUMBER if isinstance(customer, str) else _HOLD_BY_ID
    row = await connection.fetchrow(statement, context.company_id, customer, location_cd)
    if row is not None and row["is_outdated"]:
        row = await connection.fetchrow(statement, context.company_id, customer, location_cd)
    if row is None:
        raise LookupError(f"there is no company {context.company_id}")
    return row["version"], read_debtor(row["facts"]) if row["facts"] else None


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
