"""SQL of open items as dunning reads, moves and names them."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.changes.store import NEW_CHANGE_ID, STAMP, numbered_change_rows, tally_each
from reskontra.customers.store.fragments import id_of_number, name_of_id, number_of_id
from reskontra.db.pool import Connection
from reskontra.kinds import KINDS
from reskontra.receivables.rules.items import FEE_ORIGIN
from reskontra.receivables.store.applications import applications_of
from reskontra.receivables.store.open_items import waiting_correction

_REMINDED = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.may_be_reminded)
_CREDITS = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.balance_sign < 0)

OPEN_DOCUMENTS = f"""
    select document.document_id, document.document_type, document.number, document.origin, document.status,
           document.customer_id, document.branch_number, document.due_date, document.revoked,
           case when document.document_type in ({_CREDITS}) then -document.balance else document.balance end as balance,
           case when document.document_type in ({_CREDITS}) then -document.balance_base else document.balance_base end
               as balance_base,
           document.dunning_level, document.dunning_letter_date, document.reminding_blocked_until,
           document.reminding_block_reason, {waiting_correction("document.document_id")} as waiting_correction
      from document
     where document.company_id = $1 and document.released_at is not null and document.balance > 0"""
"""A select of the released documents that are not settled; credits have negative amounts.

It ends inside its where clause."""


def overdue_by_customer(on: str, document_types: str, branch_number: str, levels: str) -> str:
    """A select that counts each customer's unsettled documents that were due before a date (DUN-01).

    Columns: customer_id, documents, and `reached`, whether one of them is at one of `levels`. The arguments are SQL
    expressions: a date, an array of types, a branch or null for all, an array of levels.
    """
    return f"""
    select document.customer_id, count(*) as documents, bool_or(document.dunning_level = any ({levels})) as reached
      from document
     where document.company_id = $1 and document.released_at is not null and document.balance > 0
       and document.due_date < {on} and document.document_type = any ({document_types})
       and ({branch_number} is null or document.branch_number = {branch_number})
     group by document.customer_id"""


def readiness_by_customer(on: str, first_days: str, gaps: str, branch_number: str, held: str) -> str:
    """A select that counts what may be reminded of (DUN-01), by customer, branch, level reached and `is_held`.

    Arguments are SQL: a date, the days past due of each level from 1 on as an array, the days between each level and
    the one before, the branch or null, and a select of the ids of documents on drafts. Columns besides: `ready` and
    `overdue`, counts of documents as `readiness.is_ready` and `is_overdue` see them, but all that have reached the last
    level are overdue; `oldest`, the earliest due date of what is ready; `next_on`, the earliest day after the date on
    which another one is ready that is on no draft; `is_held`, whether they are on a draft or blocked on that date.

    All of it is read from the index `document_to_remind`.
    """
    return f"""
    select seen.customer_id, seen.branch_number, seen.level, seen.is_held,
           count(*) filter (where seen.ready_on <= {on}) as ready,
           count(*) filter (where seen.due_date < {on} or seen.level >= cardinality({first_days})) as overdue,
           min(seen.due_date) filter (where seen.ready_on <= {on}) as oldest,
           min(seen.free_on) filter (where seen.free_on > {on} and seen.free_on < 'infinity') as next_on
      from (select waiting.*, waiting.is_drafted or waiting.blocked_until > {on} as is_held,
                   case when not waiting.is_drafted then greatest(waiting.ready_on, waiting.blocked_until) end
                       as free_on
              from (select document.customer_id, {branch_number} as branch_number, document.dunning_level as level,
                           document.due_date, coalesce(document.reminding_blocked_until, '-infinity') as blocked_until,
                           greatest(document.due_date + ({first_days})[document.dunning_level + 1] + 1,
                                    document.dunning_letter_date + ({gaps})[document.dunning_level + 1]) as ready_on,
                           document.document_id in ({held}) as is_drafted
                      from document
                     where document.company_id = $1 and document.released_at is not null and document.balance > 0
                       and not document.revoked and document.due_date is not null
                       and document.origin <> '{FEE_ORIGIN}' and document.document_type in ({_REMINDED})
                       and document.document_id not in (
                             select copy.corrects_document_id from document as copy
                              where copy.company_id = $1 and copy.corrects_document_id is not null
                                and copy.document_type = 'Invoice' and copy.released_at is null)
                    offset 0) as waiting) as seen
     group by seen.customer_id, seen.branch_number, seen.level, seen.is_held"""


def names_of(ids: str) -> str:
    """A select of what a letter says of documents: document_id, document_type, number, currency_id, and balance, which
    of credits is negative. `ids` is an SQL array."""
    return f"""
    select document.document_id, document.document_type, document.number, document.currency_id,
           case when document.document_type in ({_CREDITS}) then -document.balance else document.balance end as balance
      from document
     where document.company_id = $1 and document.document_id = any ({ids})"""


def open_credits(customer_id: str, branch_number: str, listed: str) -> str:
    """A scalar: what customers of company $1 have in their favour by currency, as JSON [{currency_id, amount}].

    The customers are the named one and those of the documents that `listed`, a select of ids, has; those documents are
    left out, as is what is held. `branch_number` is an SQL expression; null is the whole company.
    """
    return f"""(select coalesce(json_agg(json_build_object('currency_id', found.currency_id, 'amount', found.amount)
                                         order by found.currency_id), '[]')
                  from (select document.currency_id, sum(document.balance) as amount
                          from document
                         where document.company_id = $1 and document.released_at is not null and document.balance > 0
                           and document.document_type in ({_CREDITS}) and document.status = 'Open'
                           and document.customer_id = any (array(
                                 select {customer_id}
                                  union select owed.customer_id from document as owed
                                         where owed.company_id = $1 and owed.document_id in ({listed})))
                           and ({branch_number} is null or document.branch_number = {branch_number})
                           and document.document_id not in ({listed})
                         group by document.currency_id) as found)"""


def id_of_document(document_type: str, number: str) -> str:
    """A scalar: the id of the document of company $1 with exactly that number, or null."""
    return f"""(select document.document_id from document
                 where document.company_id = $1 and document.document_type = {document_type}
                   and document.number = {number})"""


def set_dunning_state(source: str) -> str:
    """CTEs that give documents the `dunning_level` and `dunning_letter_date` of `source`, by its `document_id`.

    Each document gets its own change row and version, so lists see it as modified.
    """
    return f"""reminded as materialized (
        select document.document_id, document.document_type, document.number,
               {source}.dunning_level, {source}.dunning_letter_date, document.dunning_level as level_before,
               document.dunning_letter_date as letter_date_before, {NEW_CHANGE_ID} as change_id
          from {source}
          join document on document.company_id = $1 and document.document_id = {source}.document_id
         order by document.document_id),
    {set_named_dunning_state("reminded")}"""


def set_named_dunning_state(source: str) -> str:
    """`set_dunning_state` for a materialized CTE that already knows more about each document.

    Its further columns: document_type, number, what stands there now as `level_before` and `letter_date_before`, and
    `change_id` made by `NEW_CHANGE_ID`. The last CTE is called
    `moved_documents` and returns `document_id`.
    """
    return f"""{
        numbered_change_rows(
            f"{source}.document_type",
            "updated",
            f"{source}.number",
            source,
            name="reminder_changes",
            detail=f'''jsonb_build_object(
                    'dunning_level', jsonb_build_array({source}.level_before, {source}.dunning_level),
                    'dunning_letter_date', jsonb_build_array({source}.letter_date_before,
                                                             {source}.dunning_letter_date))''',
        )
    },
    {tally_each("reminder_changes")},
    moved_documents as (
        update document
           set dunning_level = {source}.dunning_level, dunning_letter_date = {source}.dunning_letter_date,
               modified_at = {STAMP}, version = {source}.change_id
          from {source}
         where document.company_id = $1 and document.document_id = {source}.document_id
        returning document.document_id)"""


def mention(document_id: str) -> str:
    """A scalar: the document of company $1 with that id, as JSON with what identifies it to a reader, or null."""
    return f"""(select json_build_object(
                   'document_type', named.document_type, 'number', named.number, 'status', named.status,
                   'document_date', named.document_date, 'currency_id', named.currency_id, 'balance', named.balance,
                   'payment_reference', named.payment_reference, 'customer_number', {number_of_id("named.customer_id")},
                   'customer_name', {name_of_id("named.customer_id")})
                  from document as named
                 where named.company_id = $1 and named.document_id = {document_id})"""


def is_numbered(document_id: str, parameter: str) -> str:
    """The condition that a document of company $1 has this number, in any letter case."""
    return f"""exists (select from document as named
                        where named.company_id = $1 and named.document_id = {document_id}
                          and lower(named.number) collate "C" = lower({parameter}::text collate "C"))"""


def is_of_type(document_id: str, parameter: str) -> str:
    """The condition that a document of company $1 is of this type, in any letter case."""
    return f"""exists (select from document as named
                        where named.company_id = $1 and named.document_id = {document_id}
                          and lower(named.document_type) = lower({parameter}::text))"""


def is_of_customer(document_id: str, parameter: str) -> str:
    """The condition that a document of company $1 is of the customer with this number."""
    return f"""exists (select from document as named
                        where named.company_id = $1 and named.document_id = {document_id}
                          and named.customer_id = {id_of_number(f"{parameter}::text")})"""


async def find_settlers(connection: Connection, company_id: int, document_id: int) -> Sequence[tuple[str, str, bool]]:
    """What settles a debit document or has a proposal on it, by type and number: document type, number, whether that is
    released."""
    rows = await connection.fetch(
        f"""
        select settler.document_type, settler.number, found.is_released
          from (select application.other_document_id as document_id, application.released_at is not null as is_released
                  from {applications_of("$2::bigint")}
                 where not application.is_undone
                union all
                select proposal.proposer_document_id, false from proposal
                 where proposal.company_id = $1 and proposal.document_id = $2) as found
          join document as settler on settler.company_id = $1 and settler.document_id = found.document_id
         order by settler.document_type, settler.number""",
        company_id,
        document_id,
    )
    return [(row["document_type"], row["number"], row["is_released"]) for row in rows]
