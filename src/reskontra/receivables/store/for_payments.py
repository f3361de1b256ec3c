"""Open items as payments need them: what is left of cash discounts, and who has a proposal on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from reskontra.customers.store.for_receivables import PAYERS
from reskontra.customers.store.fragments import parent_of_id
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.receivables.rules.items import Application, Payable, name_of
from reskontra.receivables.store.applications import application_of, is_undone, name_of_document
from reskontra.receivables.store.open_items import ITEM_FACTS, named_items

_TAKEN = """(
                   select sum(application.discount) from application
                    where application.company_id = $1 and application.debit_document_id = item.document_id
                      and application.released_at is not null)"""


def _discount_left(offered: str, taken: str) -> str:
    """SQL of what is left of a cash discount: nothing, if more was given than was offered (LNE-06)."""
    return f"greatest({offered} - coalesce({taken}, 0), 0)"


def payables_of(ids: str, settler_id: str, order: str = "item.document_id") -> str:
    """A select of one row: documents of company $1 as payments see them, in an order.

    `payables` is JSON for `read_payables`, `currencies` an array of theirs; both are null if there are no documents.
    `ids` is an SQL expression, an array; `proposer` is another document than the settler, whose id is one too. It is
    named beside the item, whose own `proposer` stays null.
    """
    return f"""
    select json_agg(json_build_object(
               'item', row_to_json(item.*), 'version', item.version,
               'discount_date', item.cash_discount_date,
               'discount_left', {_discount_left("item.cash_discount", _TAKEN)},
               'proposer', case when item.proposed_by <> {settler_id} then {name_of_document("item.proposed_by")} end)
           order by {order}) as payables,
           array_agg(distinct item.currency_id) as currencies
      from (
        select {ITEM_FACTS}, {parent_of_id("document.customer_id")} as parent_customer_id, document.version,
               json_build_object('rate', document.exchange_rate, 'operator', document.rate_operator) as rate,
               document.due_date, document.cash_discount_date, document.cash_discount
          from document
         where document.company_id = $1 and document.document_id = any ({ids}) offset 0) as item"""


def ids_of_named(document_types: str, numbers: str) -> str:
    """A select of the ids of documents with these types and numbers, in any case; two text arrays."""
    return f"select document.document_id from {named_items(document_types, numbers)}"


_payables = msgspec.json.Decoder(list[Payable])


def read_payables(text: str | None) -> list[Payable]:
    """The column `payables` of `payables_of` as records; amounts keep the scale of their columns."""
    return _payables.decode(text) if text else []


def by_name(payables: Iterable[Payable]) -> dict[tuple[str, str], Payable]:
    """Documents under their type and number in lower case."""
    return {name_of(it.item.document_type, it.item.number): it for it in payables}


_FIND = payables_of(f"array({ids_of_named('$3', '$4')})", "$2::bigint")
_FIND_UNSETTLED = payables_of(
    "$2::bigint[]",
    "0",
    "$3 and item.document_type = 'FinCharge' desc, item.due_date, item.document_date, item.document_type, item.number",
)


async def find_payables(
    connection: Connection, company_id: int, names: Sequence[tuple[str, str]], settler_id: int
) -> dict[tuple[str, str], Payable]:
    """Documents by (type, number) in any case, under their lower-case names; `proposer` is another than that one."""
    row = await fetch_one(
        connection,
        _FIND,
        company_id,
        settler_id,
        [document_type for document_type, _ in names],
        [number for _, number in names],
    )
    return by_name(read_payables(row["payables"]))


async def find_unsettled(
    connection: Connection, company_id: int, ids: Sequence[int], *, charges_first: bool
) -> list[Payable]:
    """Documents by id in the order in which they are settled: overdue charges if asked for, due date, date, number."""
    row = await fetch_one(connection, _FIND_UNSETTLED, company_id, ids, charges_first)
    return read_payables(row["payables"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A customer who has both debts and credits that are open; `documents` counts them."""

    customer_id: int
    number: str
    documents: int


async def find_matches(
    connection: Connection,
    company_id: int,
    *,
    debit_types: Sequence[str],
    credit_types: Sequence[str],
    customer_ids: Sequence[int] | None,
    classes: Sequence[str] | None,
    cycles: Sequence[str] | None,
) -> list[Match]:
    """Customers whose open credits could settle open debts, their own or a child's, by number."""
    rows = await connection.fetch(
        f"""
        with {PAYERS}
        select payers.customer_id, payers.number, count(*) as documents
          from payers
          join lateral (
            select document.document_type from document
             where document.company_id = $1 and document.released_at is not null and document.balance > 0
               and document.customer_id = any (payers.family)
               and (document.document_type = any ($5::text[])
                    or document.document_type = any ($6::text[]) and document.customer_id = payers.customer_id)
            ) as unsettled on true
         group by payers.customer_id, payers.number
        having bool_or(unsettled.document_type = any ($5::text[]))
           and bool_or(unsettled.document_type = any ($6::text[]))
         order by payers.number
        """,
        company_id,
        customer_ids,
        classes,
        cycles,
        debit_types,
        credit_types,
    )
    return [Match(**row) for row in rows]


async def find_in_force(connection: Connection, company_id: int, document_id: int) -> Mapping[int, Application]:
    """The applications of a payment or refund that nobody took back, by id, the newest first: those from or to it, and
    those of credit notes that it applied."""
    rows = await connection.fetch(
        f"""
        select application.* from application
          join settlement on settlement.company_id = $1 and settlement.settlement_id = application.settlement_id
         where application.company_id = $1 and application.reverses_id is null
           and ($2 in (application.credit_document_id, application.debit_document_id) or settlement.document_id = $2)
           and not {is_undone("application")}
         order by application.application_id desc
        """,
        company_id,
        document_id,
    )
    return {row["application_id"]: application_of(row) for row in rows}


_ORIGIN = "coalesce(document.voids_document_id, document.document_id)"
_OWN = f"(document.document_id, {_ORIGIN})"
# What takes a note's part back names neither the payment nor a settlement of it: it is found by what it reverses.
# The offsets keep the order of the joins: by id from the document's own applications. A plan that was made while the
# tables were all but empty would otherwise walk all applications of the company for each line.
_FACTS = f"""
           from (
            select application_id from application
             where company_id = $1 and credit_document_id in {_OWN}
            union
            select application_id from application
             where company_id = $1 and debit_document_id in {_OWN}
            union
            select made_or_back.application_id
              from (select settlement_id from settlement
                     where company_id = $1 and document_id in {_OWN} offset 0) as settlement
             cross join lateral (
                select application_id, credit_document_id, debit_document_id from application
                 where company_id = $1 and settlement_id = settlement.settlement_id offset 0) as made
             cross join lateral (
                select made.application_id
                union all
                select back.application_id from application as back
                 where back.company_id = $1 and back.reverses_id = made.application_id
                   and made.credit_document_id not in {_OWN} and made.debit_document_id not in {_OWN}) as made_or_back
              ) as own
          cross join lateral (
            select * from application as found
             where found.company_id = $1 and found.application_id = own.application_id offset 0) as application
          cross join lateral (
            select document_id from settlement as found
             where found.company_id = $1 and found.settlement_id = application.settlement_id offset 0) as settlement
          where case when document.voids_document_id is null then true
                     when document.released_at is not null then settlement.document_id = document.document_id
                     else application.reverses_id is null and not {is_undone("application")} end"""
_FACTOR = "case when document.voids_document_id is not null and document.released_at is null then -1 else 1 end"

# What takes an application back dates nothing; nor does a line of a void, which has its own date.
_DATES = "application.reverses_id is null and document.voids_document_id is null"
_DATED = f"""case when {_DATES} then application.applied_on end as applied_on,
                       case when {_DATES} then application.period_id end as applied_period_id"""


def latest_applied(condition: str = "true") -> str:
    """A lateral source over `document`, a payment or credit note: the latest day and period of its released
    applications, undone ones too (PAY-02), null if there are none or the condition does not hold. `SHOWN_LINES` has the
    same for each line.

    Those are what others applied of it, and what its own releases did: those of a refund, and of credit notes too.
    """
    # Fenced: planned while the tables are all but empty, joins would go through all that the company has.
    return f"""(
        select max(one.applied_on) as applied_on, max(one.period_id) as period_id
          from (
            select application.applied_on, application.period_id
              from (
                select * from application
                 where company_id = $1 and credit_document_id = document.document_id offset 0) as application
             cross join lateral (
                select kind from settlement as found
                 where found.company_id = $1 and found.settlement_id = application.settlement_id offset 0) as settlement
             where settlement.kind <> 'void' and {_DATES}
            union all
            select application.applied_on, application.period_id
              from (
                select settlement_id from settlement
                 where company_id = $1 and document_id = document.document_id offset 0) as settlement
             cross join lateral (
                select * from application as found
                 where found.company_id = $1 and found.settlement_id = settlement.settlement_id offset 0) as application
             where {_DATES}) as one
         where {condition})"""


SHOWN_ON = f"greatest(document.document_date, (select latest.applied_on from {latest_applied()} as latest))"
"""The `applicationDate` of a payment."""

# A filter and no condition: with one, the plan may walk all applications of the company for each line.
_UNTIL = """application.released_at is not null
                               and (shown.settlement_id is null or application.application_id <= shown.last_id)"""

SHOWN_LINES = f"""(
    select json_agg(line order by line.is_proposed, line.first_id, line.document_type = 'CreditNote')
      from (
        select shown.settlement_id is null as is_proposed, shown.first_id, other.document_type, other.number,
               shown.amount, shown.discount, shown.write_off, shown.reason_code, shown.cross_rate,
               shown.applied_on, shown.applied_period_id,
               other.document_date, other.due_date, other.cash_discount_date, other.invoice_text, other.currency_id,
               other.period_id, other.customer_reference,
               other.amount - coalesce(paid.amount, 0) - coalesce(given.amount, 0) as balance,
               {_discount_left("other.cash_discount", "paid.discount")} as discount_left
          from (
            select settlement_id, other_id, min(application_id) as first_id, max(application_id) as last_id,
                   sum(amount) as amount, sum(discount) as discount, sum(write_off) as write_off,
                   max(reason_code) as reason_code, max(cross_rate) as cross_rate,
                   max(applied_on) as applied_on, max(applied_period_id) as applied_period_id
              from (
                select application.settlement_id, application.application_id, application.debit_document_id as other_id,
                       application.amount_credit * {_FACTOR} as amount,
                       application.discount_credit * {_FACTOR} as discount,
                       application.write_off_credit * {_FACTOR} as write_off, application.reason_code,
                       application.cross_rate, {_DATED}
                  {_FACTS} and application.debit_document_id not in {_OWN}
                union all
                select application.settlement_id, application.application_id, application.credit_document_id,
                       case when application.debit_document_id in {_OWN} then application.amount_debit
                            else application.amount_credit end * {_FACTOR},
                       0, 0, null, application.cross_rate, {_DATED}
                  {_FACTS} and application.credit_document_id not in {_OWN}) as side
             group by settlement_id, other_id
            union all
            select null, proposal.document_id, proposal.position, null, proposal.amount, proposal.discount,
                   proposal.write_off, proposal.reason_code, proposal.cross_rate, null, null
              from proposal
             where proposal.company_id = $1 and proposal.proposer_document_id = document.document_id) as shown
         cross join lateral (
            select * from document as found
             where found.company_id = $1 and found.document_id = shown.other_id offset 0) as other
          left join lateral (
            select sum(application.amount_debit + application.discount + application.write_off)
                       filter (where {_UNTIL}) as amount,
                   sum(application.discount) filter (where {_UNTIL}) as discount
              from application
             where application.company_id = $1 and application.debit_document_id = other.document_id) as paid on true
          left join lateral (
            select sum(application.amount_credit) filter (where {_UNTIL}) as amount
              from application
             where application.company_id = $1 and application.credit_document_id = other.document_id) as given on true
         where other.voids_document_id is null) as line)"""
"""A scalar over `document`, a payment or credit note: its lines as JSON, what was released before what waits (LNE-13).

`balance` and `discount_left` are in the other document's currency: after this line if it is released, else before it.
What is taken back has a second line with figures below zero; so has a void for each line that it takes back (VDP-02).
"""


def has_line_on(number: str) -> str:
    """The condition that a payment has a line, released or not, on the document with that number, an SQL expression."""
    return f"""document.document_id in (
        select paying.document_id
          from (select settled.document_id from document as settled
                 where settled.company_id = $1
                   and lower(settled.number) collate "C" = lower({number} collate "C")) as settled
         cross join lateral (
            select proposal.proposer_document_id as document_id from proposal
             where proposal.company_id = $1 and proposal.document_id = settled.document_id
            union all
            select coalesce(settlement.document_id, application.credit_document_id)
              from application
              left join settlement on settlement.company_id = $1
               and settlement.settlement_id = application.settlement_id
             where application.company_id = $1
               and settled.document_id in (application.debit_document_id, application.credit_document_id)) as paying)"""
