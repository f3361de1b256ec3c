"""SQL that finds who is overdue and what a letter may list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.customers.customer import Status
from reskontra.customers.store.for_dunning import Addressee, members, parties
from reskontra.db.pool import Connection
from reskontra.dunning.new_letter import CANDIDATE_COLUMNS, Candidate
from reskontra.receivables.store.for_dunning import (
    OPEN_DOCUMENTS,
    overdue_by_customer,
)
from reskontra.records import Record


class Overdue(Record, frozen=True, kw_only=True):
    """Someone who may get a letter, the number of overdue documents, and whether one may cost a fee."""

    customer_id: int
    number: str
    documents: int
    charged: bool


# Materialized: plans are made without knowing the company, and for an average one it looks cheap to go through all that
# is overdue once more for each customer.
_FIND_OVERDUE = f"""
    with overdue as materialized (
        {overdue_by_customer("$3::date", "$4::text[]", "$5::text", "$6::integer[]")})
    select addressed.addressee_id as customer_id, addressed.addressee_number as number,
           sum(overdue.documents)::integer as documents, bool_or(overdue.reached) as charged
      from overdue
      join ({members("$2::boolean")}) as addressed using (customer_id)
     where ($7::integer[] is null or addressed.addressee_id = any ($7))
       and ($8::text[] is null or addressed.addressee_class_id = any ($8))
     group by addressed.addressee_id, addressed.addressee_number
     order by addressed.addressee_id"""


async def find_overdue(
    connection: Connection,
    company_id: int,
    *,
    letters_go_to_parent: bool,
    on: date,
    document_types: Sequence[str],
    branch_number: str | None,
    charged_levels: Sequence[int],
    customer_ids: Sequence[int] | None,
    classes: Sequence[str] | None,
) -> list[Overdue]:
    """Who may be due a letter, by id. `charged_levels` are those that documents have before a level with a fee."""
    rows = await connection.fetch(
        _FIND_OVERDUE,
        company_id,
        letters_go_to_parent,
        on,
        document_types,
        branch_number,
        charged_levels,
        customer_ids,
        classes,
    )
    return [Overdue(**row) for row in rows]


_PARTY_RATE = {
    "from_currency": "case when party.currency_override then company.base_currency else party.currency_id end",
    "to_currency": "company.base_currency",
    "rate_type": "coalesce(party.rate_type, company.preferences ->> 'default_rate_type', 'SPOT')",
    "on": "$3::date",
}

_FIND_PARTIES = f"""
    select party.*, {rate_on("rate", **_PARTY_RATE)} as rate, {rate_on("operator", **_PARTY_RATE)} as rate_operator
      from ({parties("$2::integer[]")}) as party
      join company on company.company_id = $1
     order by party.customer_id"""


async def find_parties(
    connection: Connection, company_id: int, customer_ids: Sequence[int], letter_date: date
) -> list[tuple[Addressee, Rate | None]]:
    """Customers whom letters go to, by id, and the table's rate of their letters' currency; None for base currency."""
    rows = await connection.fetch(_FIND_PARTIES, company_id, customer_ids, letter_date)
    found = []
    for row in rows:
        facts = dict(row)
        rate, operator = facts.pop("rate"), facts.pop("rate_operator")
        party = Addressee(**facts | {"status": Status(facts["status"])})
        found.append((party, Rate(rate, Operator(operator)) if rate is not None else None))
    return found


# Most companies have no drafts and most documents were never reminded of, so that little is looked up for each.
_FIND_CANDIDATES = f"""
    with drafts as materialized (
        select exists (select from dunning_letter where company_id = $1 and status = 'Draft') as any)
    select {", ".join(f"unsettled.{column}" for column in CANDIDATE_COLUMNS)},
           case when (select drafts.any from drafts)
                then exists (select from dunning_letter_line as line
                               join dunning_letter as letter using (company_id, letter_id)
                              where line.company_id = $1 and line.document_id = unsettled.document_id
                                and line.level_after > line.level_before and letter.status = 'Draft')
                else false end as in_draft,
           case when unsettled.dunning_level = 0 then 0
                else (select count(*) from dunning_letter_line as line
                        join dunning_letter as letter using (company_id, letter_id)
                       where line.company_id = $1 and line.document_id = unsettled.document_id
                         and line.level_after > line.level_before and letter.status = 'Released' and letter.fee > 0)
                end as fees_charged
      from unnest($2::bigint[]) with ordinality as locked (document_id, position)
      join ({OPEN_DOCUMENTS}) as unsettled using (document_id)
     order by locked.position"""


async def find_candidates(connection: Connection, company_id: int, document_ids: Sequence[int]) -> list[Candidate]:
    """Those of these documents that are unsettled, as reminding sees them, in the order of the ids."""
    rows = await connection.fetch(_FIND_CANDIDATES, company_id, document_ids)
    return [Candidate(**row) for row in rows]


async def find_drafts(connection: Connection, company_id: int, document_ids: Sequence[int]) -> dict[int, list[int]]:
    """The letters that are not released yet and remind of these documents, by document; in the order of their ids."""
    rows = await connection.fetch(
        """
        select line.document_id, array_agg(letter.letter_id order by letter.letter_id) as letter_ids
          from dunning_letter_line as line
          join dunning_letter as letter using (company_id, letter_id)
         where line.company_id = $1 and line.document_id = any ($2::bigint[])
           and line.level_after > line.level_before and letter.status = 'Draft'
         group by line.document_id
        """,
        company_id,
        document_ids,
    )
    return {row["document_id"]: row["letter_ids"] for row in rows}
