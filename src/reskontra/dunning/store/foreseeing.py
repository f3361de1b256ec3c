"""SQL that counts who is due which letter, without making one.

It follows `rules.new_letters`, which alone makes letters: tests compare the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import msgspec

from reskontra.customers.customer import Addressed
from reskontra.customers.rules.standing import MATRIX
from reskontra.customers.store.for_dunning import addressed, members
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.dunning.rules.foreseen import Counted, ProposedDocument
from reskontra.receivables.store.for_dunning import names_of, readiness_by_customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose letters are counted: of which day, levels and addressees; None is all."""

    on: date
    levels: range
    first_days: Sequence[int]
    """Days past due of each level of the company, from 1 on."""

    is_by_customer: bool
    is_by_branch: bool
    letters_go_to_parent: bool
    classes: Sequence[str] | None = None
    customer_ids: Sequence[int] | None = None
    is_printed: bool | None = None
    is_emailed: bool | None = None


_ALLOWED = ", ".join(f"'{status}'" for status in sorted(MATRIX["dunning"]))

_LAST = "cardinality($3::integer[])"
_WANTED = "between $7::integer and $8::integer"


_LETTERS = f"""letter as materialized (
        select addressee_id, addressee_number, is_addressed, level + 1 as level, ready as documents,
               level + 1 as held_level, held_ready as held, level + 1 as next_level, next_on, oldest
          from ready
         where is_wanted and not $6::boolean and level < {_LAST}
         union all
        select addressee_id, addressee_number, is_addressed, ready_level + 1,
               case when ready_level is not null and not is_out then documents else 0 end, held_level + 1,
               case when held_level is not null and not is_out_with_held then held else 0 end, next_level + 1,
               case when not is_out then next_on end, oldest
          from (select addressee_id, addressee_number, bool_and(is_addressed) as is_addressed,
                       max(level) filter (where ready > 0) as ready_level,
                       max(level) filter (where ready + held_ready > 0) as held_level,
                       max(level) filter (where level < {_LAST}) as next_level,
                       sum(case when level = 0 then overdue else ready end)::bigint as documents,
                       sum(case when level = 0 then held_overdue else held_ready end)::bigint as held,
                       bool_or(level >= {_LAST} and overdue > 0) as is_out,
                       bool_or(level >= {_LAST} and overdue + held_overdue > 0) as is_out_with_held,
                       min(next_on) as next_on, min(oldest) as oldest
                  from ready
                 where is_wanted and $6::boolean
                 group by addressee_id, addressee_number, branch_number) as customer)"""

_TOLD = f"""json_build_object(
               'levels', (select coalesce(json_agg(by_level.* order by by_level.level), '[]')
                            from (select level, count(distinct addressee_id) as customers,
                                         sum(documents)::bigint as documents
                                    from letter
                                   where is_addressed and documents > 0 and level {_WANTED}
                                   group by level) as by_level),
               'left_out', (select count(*) from found where not (is_addressed and documents > 0)),
               'count', (select count(*) from found),
               'found', (select coalesce(json_agg(page.* order by page.oldest, page.number), '[]')
                           from (select found.oldest, member.customer_id, member.number, member.addressee_name as name,
                                        member.printed, member.emailed
                                   from found
                                   join member on member.customer_id = found.addressee_id
                                  order by found.oldest, found.addressee_number limit $13 offset $14) as page),
               'next', (select json_build_object('on', next_on, 'customers', count(distinct addressee_id))
                          from letter
                         where is_addressed and next_level {_WANTED} and next_on is not null
                         group by next_on
                         order by next_on
                         limit 1))::text as counted"""


# $1 company, $2 day, $3 days past due of each level, $4 days between two levels, $5 letters go to the parent, $6 by
# customer, $7 and $8 the first and last level, $9 classes, $10 addressees, $11 printed, $12 emailed, $13 limit,
# $14 offset. Materialized, and filtered late: plans are made without knowing the company.
def _counting(branch_number: str) -> str:
    return f"""
    with held as materialized (
        select line.document_id
          from dunning_letter as letter
          join dunning_letter_line as line using (company_id, letter_id)
         where letter.company_id = $1 and letter.status = 'Draft' and line.level_after > line.level_before),
    counted as materialized ({
        readiness_by_customer(
            "$2::date", "$3::integer[]", "$4::integer[]", branch_number, "select document_id from held"
        )
    }),
    member as materialized ({members("$5::boolean")}),
    ready as materialized (
        select member.addressee_id, member.addressee_number, counted.branch_number, counted.level,
               coalesce(sum(counted.ready) filter (where not counted.is_held), 0)::bigint as ready,
               coalesce(sum(counted.ready) filter (where counted.is_held), 0)::bigint as held_ready,
               coalesce(sum(counted.overdue) filter (where not counted.is_held), 0)::bigint as overdue,
               coalesce(sum(counted.overdue) filter (where counted.is_held), 0)::bigint as held_overdue,
               min(counted.oldest) as oldest, min(counted.next_on) as next_on,
               bool_and(member.addressee_status in ({_ALLOWED}) and (member.printed or member.emailed)) as is_addressed,
               bool_and(($9::text[] is null or member.addressee_class_id = any ($9))
                        and ($10::integer[] is null or member.addressee_id = any ($10))
                        and ($11::boolean is null or member.printed = $11)
                        and ($12::boolean is null or member.emailed = $12)) as is_wanted
          from counted
          join member using (customer_id)
         where not $5::boolean or member.status in ({_ALLOWED})
         group by member.addressee_id, member.addressee_number, counted.branch_number, counted.level),
    {_LETTERS},
    addressee as materialized (
        select addressee_id, addressee_number, is_addressed, min(oldest) as oldest,
               coalesce(sum(documents) filter (where level {_WANTED}), 0) as documents,
               coalesce(sum(held) filter (where held_level {_WANTED}), 0) as held
          from letter
         group by addressee_id, addressee_number, is_addressed),
    found as materialized (select * from addressee where documents + held > 0)
    select {_TOLD}"""


_COUNT = {"of the company": _counting("null::text"), "of branches": _counting("document.branch_number")}
"""Letters are of the whole company, or of branches."""

_counted = msgspec.json.Decoder(Counted)


async def count_due(connection: Connection, company_id: int, wanted: Wanted, *, limit: int, offset: int) -> Counted:
    """Who is due a letter, and the ids of a page of them."""
    days = wanted.first_days
    row = await fetch_one(
        connection,
        _COUNT["of branches" if wanted.is_by_branch else "of the company"],
        company_id,
        wanted.on,
        days,
        [0, *(after - before for before, after in pairwise(days))],
        wanted.letters_go_to_parent,
        wanted.is_by_customer,
        wanted.levels.start,
        wanted.levels.stop - 1,
        wanted.classes,
        wanted.customer_ids,
        wanted.is_printed,
        wanted.is_emailed,
        limit,
        offset,
    )
    return _counted.decode(row["counted"])


async def find_names(
    connection: Connection, company_id: int, document_ids: Sequence[int]
) -> dict[int, ProposedDocument]:
    """Documents by id."""
    rows = await connection.fetch(names_of("$2::bigint[]"), company_id, document_ids)
    return {row["document_id"]: ProposedDocument(**row) for row in rows}


_addressed = msgspec.json.Decoder(Addressed)


async def find_addressed(connection: Connection, company_id: int, customer_ids: Sequence[int]) -> dict[int, Addressed]:
    """Where the post of customers goes, by id."""
    rows = await connection.fetch(
        f"""
        select wanted.customer_id, {addressed("wanted.customer_id")}::text as addressed
          from unnest($2::integer[]) as wanted (customer_id)""",
        company_id,
        customer_ids,
    )
    return {row["customer_id"]: _addressed.decode(row["addressed"]) for row in rows}
