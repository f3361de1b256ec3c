"""SQL of overdue charges: who is late, what each late day costs, and which days are charged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from reskontra.charges.charge import LateCustomer, LateDocument
from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.customers.store.for_charges import charged_among
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.errors import Conflict
from reskontra.receivables.store.for_charges import late_documents, reductions, replaced_by, waiting_charge
from reskontra.records import Record

if TYPE_CHECKING:
    from reskontra.clock import Context


class Late(Record, frozen=True, kw_only=True):
    """A customer who paid late, or has not paid, and how many documents that are."""

    customer_id: int
    number: str
    customer_class_id: str
    statement_cycle_id: str | None
    documents: int


_FIND_LATE = f"""
    select charged.customer_id, charged.number, charged.customer_class_id, charged.statement_cycle_id,
           count(*)::integer as documents
      from ({late_documents("$2::date", "$3::text[]", "$4::text[]", "$5::text")}) as late
      join ({charged_among("$6::integer[]", "$7::text[]", "$8::text[]")}) as charged using (customer_id)
     group by charged.customer_id, charged.number, charged.customer_class_id, charged.statement_cycle_id
     order by charged.number"""


async def find_late(
    connection: Connection,
    company_id: int,
    *,
    on: date,
    document_types: Sequence[str],
    excluded_origins: Sequence[str],
    branch_number: str | None,
    customer_ids: Sequence[int] | None,
    classes: Sequence[str] | None,
    cycles: Sequence[str] | None,
) -> list[Late]:
    """Customers who may be charged up to a date, by number: each for itself, not for its family (PAR-05)."""
    rows = await connection.fetch(
        _FIND_LATE,
        company_id,
        on,
        document_types,
        excluded_origins,
        branch_number,
        customer_ids,
        classes,
        cycles,
    )
    return [Late(**row) for row in rows]


async def find_waiting(
    connection: Connection, company_id: int, customer_ids: Sequence[int], document_type: str
) -> dict[int, str]:
    """Customer -> the charge of theirs that is not released (OCH-08)."""
    rows = await connection.fetch(
        f"""
        select customer_id, {waiting_charge("wanted.customer_id", "$3::text")} as number
          from unnest($2::integer[]) as wanted (customer_id)
        """,
        company_id,
        customer_ids,
        document_type,
    )
    return {row["customer_id"]: row["number"] for row in rows if row["number"] is not None}


# Day k is charged by the balance at the end of day k - 1 and the percent in force on day k (OCH-02). So the balance
# changes on the day after an application, and a stretch begins wherever balance or percent may change. Several events
# on one day make stretches without days, which are left out.
#
# Every step looks up its rows one by one and carries along what the next one needs: a join of two steps, whose sizes
# nobody knows, may be planned as all rows against all.
_FIND_CHARGES = f"""
    with code as materialized (
        select * from jsonb_to_recordset($6) as code (
               overdue_charge_id text, calculation text, charging text, amount numeric, minimum numeric,
               threshold numeric, in_base_currency boolean)),
    rate as materialized (
        select overdue_charge_id, start_date, percent,
               lead(start_date, 1, 'infinity') over (partition by overdue_charge_id order by start_date) as next_start
          from jsonb_to_recordset($7) as rate (overdue_charge_id text, start_date date, percent numeric)),
    decimals as materialized (
        select * from jsonb_to_recordset($8) as decimals (currency_id text, places integer)),
    late as materialized (
        select late.document_id, late.document_type, late.number, late.customer_id, late.due_date,
               case when in_base_currency then $9 else late.currency_id end as currency_id,
               case when in_base_currency then late.amount_base else late.amount end as open_amount,
               late.waiting_correction, charged.until, charged.start, code.*
          from unnest($3::integer[], $11::text[]) as payer (customer_id, code_id)
         cross join lateral (select * from code where overdue_charge_id = payer.code_id offset 0) as code
         cross join lateral (
            {late_documents("$2::date", "$4::text[]", "$10::text[]", "$5::text")}
               and document.customer_id = payer.customer_id offset 0) as late
         cross join lateral (
            select own.until, greatest(late.due_date, own.until, case when late.replaces_document_id is not null then (
                       with {replaced_by("late.replaces_document_id")}
                       select max(last_day) from replaced, charged_days
                        where company_id = $1 and source_document_id = replaced.document_id) end) as start
              from (select max(last_day) as until from charged_days
                     where company_id = $1 and source_document_id = late.document_id) as own offset 0) as charged
         where charged.start < $2::date),
    stretch as (
        select late.*, event.day as first_day, lead(event.day, 1, $2::date + 1) over days - 1 as last_day,
               open_amount - sum(event.reduction) over days as balance,
               open_amount - sum(event.reduction) over (partition by document_id) as balance_left
          from late
         cross join lateral (
            select late.start + 1 as day, 0 as reduction
             union all
            select case late.calculation when 'InterestOnBalance' then late.start
                                         else greatest(late.start, applied_on) end + 1,
                   case when late.in_base_currency then reduction_base else reduction end
              from ({reductions("late.document_id", "$2::date")}) as reduced
             union all
            select start_date, 0 from rate
             where overdue_charge_id = late.overdue_charge_id
               and start_date > late.start + 1 and start_date <= $2::date) as event
        window days as (partition by document_id order by event.day)),
    priced as (
        select stretch.*, last_day - first_day + 1 as days, coalesce(percent, 0) as percent
          from stretch
          left join lateral (
            select percent from rate
             where overdue_charge_id = stretch.overdue_charge_id
               and start_date <= stretch.first_day and next_start > stretch.first_day offset 0) as in_force on true
         where first_day <= last_day and balance > 0 and (charging = 'Fixed' or percent > 0)
           and (calculation <> 'InterestOnArrears' or balance_left <= 0)),
    computed as (
        select document_id, document_type, number, customer_id, currency_id, due_date, until, waiting_correction,
               charging, minimum, threshold,
               case charging when 'Fixed' then amount
                             else round(sum(balance * percent * days) / 36500,
                                        (select places from decimals where decimals.currency_id = priced.currency_id))
                             end as computed,
               json_agg(json_build_object('first_day', first_day, 'last_day', last_day, 'days', days,
                                          'balance', balance, 'percent', percent) order by first_day) as stretches
          from priced
         group by document_id, document_type, number, customer_id, currency_id, due_date, until, waiting_correction,
                  charging, amount, minimum, threshold)
    select customer_id, currency_id,
           json_agg(json_build_object(
               'document_id', document_id, 'document_type', document_type, 'number', number, 'charged_until', until,
               'waiting_correction', waiting_correction, 'computed', computed,
               'amount', case charging when 'PercentWithMinimum' then greatest(computed, minimum)
                                       when 'PercentWithThreshold' then case when computed >= threshold then computed
                                                                             else 0 end
                                       else computed end,
               'stretches', stretches) order by due_date, document_type, number)::text as documents
      from computed
     group by customer_id, currency_id
     order by customer_id, currency_id"""

_documents = msgspec.json.Decoder(tuple[LateDocument, ...])


async def find_charges(
    connection: Connection,
    company_id: int,
    *,
    on: date,
    payers: Mapping[int, str],
    document_types: Sequence[str],
    excluded_origins: Sequence[str],
    branch_number: str | None,
    codes: Iterable[Mapping[str, Any]],
    rates: Iterable[Mapping[str, Any]],
    decimals: Mapping[str, int],
    base_currency: str,
) -> list[LateCustomer]:
    """What the days up to a date cost that nobody charged yet, by customer and currency.

    Rules: OVD-02, OVD-03, OCH-02 to OCH-05.

    `payers` are customers with the id of their code, `codes` the codes, `rates` their dated percents, `decimals` the
    places of each currency.
    """
    rows = await connection.fetch(
        _FIND_CHARGES,
        company_id,
        on,
        list(payers),
        document_types,
        branch_number,
        as_json(list(codes)),
        as_json(list(rates)),
        as_json([{"currency_id": currency_id, "places": places} for currency_id, places in decimals.items()]),
        base_currency,
        excluded_origins,
        list(payers.values()),
    )
    return [
        LateCustomer(
            customer_id=row["customer_id"],
            currency_id=row["currency_id"],
            documents=_documents.decode(row["documents"]),
        )
        for row in rows
    ]


_RATE = {
    "from_currency": "wanted.currency_id",
    "to_currency": "company.base_currency",
    "rate_type": "wanted.rate_type",
    "on": "$4::date",
}


async def find_rates(
    connection: Connection, company_id: int, wanted: Sequence[tuple[str, str]], on: date
) -> dict[tuple[str, str], Rate]:
    """(currency, rate type) -> the company's rate on a date; a pair without one is left out."""
    if not wanted:
        return {}
    rows = await connection.fetch(
        f"""
        select wanted.*, {rate_on("rate", **_RATE)} as rate, {rate_on("operator", **_RATE)} as operator
          from unnest($2::text[], $3::text[]) as wanted (currency_id, rate_type)
          join company on company.company_id = $1
        """,
        company_id,
        [currency_id for currency_id, _ in wanted],
        [rate_type for _, rate_type in wanted],
        on,
    )
    return {
        (row["currency_id"], row["rate_type"]): Rate(row["rate"], Operator(row["operator"]))
        for row in rows
        if row["rate"] is not None
    }


async def insert_days(
    connection: Connection, context: Context, charged: Sequence[tuple[int, int, LateDocument]]
) -> None:
    """Keep which days the lines of charges are for: (charge, line number, document)."""
    await connection.execute(
        """
        insert into charged_days (company_id, document_id, line_number, source_document_id, first_day, last_day,
                                  charged_until)
        select $1, * from unnest($2::bigint[], $3::integer[], $4::bigint[], $5::date[], $6::date[], $7::date[])
        """,
        context.company_id,
        [charge_id for charge_id, _, _ in charged],
        [line_number for _, line_number, _ in charged],
        [document.document_id for _, _, document in charged],
        [document.first_day for _, _, document in charged],
        [document.last_day for _, _, document in charged],
        [document.charged_until for _, _, document in charged],
    )


_TWICE = "Another run charged the same days at the same moment."
CONSTRAINTS: dict[str, RefusalFactory] = {
    name: lambda value: Conflict(_TWICE)
    for name in ("charged_days_once", "charged_days_end_once", "charged_days_follow_a_charge")
}
"""Two runs at once: the later one begins its part again, and finds the draft of the earlier."""
