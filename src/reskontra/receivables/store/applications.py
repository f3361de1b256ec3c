"""SQL of applications and settlements, as fragments for the statements that write their documents."""

from __future__ import annotations

import msgspec
from asyncpg import Record as Row

from reskontra.changes.store import STAMP
from reskontra.receivables.rules.items import Application, DiscountVat
from reskontra.records import columns


def propose(credit_id: str, proposals: str, source: str) -> str:
    """CTEs that replace the proposals of a draft by the JSON list `proposals` (keys debit_document_id, amount).

    `credit_id` is an SQL expression over the one row of `source`. Null instead of a list changes nothing.
    """
    sent = f"json_to_recordset({proposals}::json) as sent (debit_document_id bigint, amount numeric)"
    return f"""withdrawn as (
        delete from application using {source}
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null and {proposals}::json is not null
           and application.debit_document_id not in (select sent.debit_document_id from {sent})),
    amended as (
        update application set amount_credit = sent.amount, amount_debit = sent.amount
          from {source}, {sent}
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null and application.debit_document_id = sent.debit_document_id),
    proposed as (
        insert into application (
               company_id, credit_document_id, debit_document_id, amount_credit, amount_debit, created_at, created_by)
        select $1, {credit_id}, sent.debit_document_id, sent.amount, sent.amount, $2, $3
          from {source}, {sent}
         where not exists (
               select from application as standing
                where standing.company_id = $1 and standing.credit_document_id = {credit_id}
                  and standing.debit_document_id = sent.debit_document_id and standing.released_at is null))"""


def withdraw_all(credit_id: str, source: str) -> str:
    """A CTE that deletes the proposals of a draft that is deleted (UND-01)."""
    return f"""withdrawn as (
        delete from application using {source}
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null)"""


def settlement(
    kind: str,
    source: str,
    *,
    settled_on: str,
    period_id: str,
    batch_number: str,
    reverses_id: str = "null::bigint",
    document_id: str = "null::bigint",
) -> str:
    """A CTE `settlement_made` that writes a settlement for the one row of `source` and returns its settlement_id and
    created_at, the moment that its applications are released at.

    The arguments are SQL expressions over `source`; `batch_number` is null if nothing is booked, `document_id` the
    payment that makes it, if one does.
    """
    return f"""settlement_made as (
        insert into settlement (company_id, kind, settled_on, period_id, batch_number, reverses_id, document_id,
                                created_at, created_by)
        select $1, {kind}, {settled_on}, {period_id}, {batch_number}, {reverses_id}, {document_id}, {STAMP}, $3
          from {source}
        returning settlement_id, created_at)"""


_FIGURES = (
    "applied_on", "period_id", "amount_credit", "amount_debit", "base_credit", "base_debit", "discount",
    "discount_base", "discount_credit", "discount_account", "discount_vat", "write_off", "write_off_base",
    "write_off_credit", "write_off_account", "reason_code", "cross_rate", "gain_loss_account", "is_posted",
)  # fmt: skip
_NAMES = ", ".join(_FIGURES)
_SENT = ", ".join(f"sent.{column}" for column in _FIGURES)


_discount_vat = msgspec.json.Decoder(tuple[DiscountVat, ...])


def application_of(row: Row) -> Application:
    """A row of the table `application` that is released."""
    values = {name: row[name] for name in columns(Application)}
    return Application(**values | {"discount_vat": _discount_vat.decode(row["discount_vat"])})


def release(credit_id: str, applications: str) -> str:
    """A CTE after `settlement` that turns the proposals of a credit document into facts.

    `applications` is a JSON list of `rules.items.Application`.
    """
    return f"""applied as (
        update application
           set ({_NAMES}, gain_loss, settlement_id, released_at, released_by) =
               row({_SENT}, sent.base_credit - sent.base_debit, settlement_made.settlement_id,
                   settlement_made.created_at, $3)
          from settlement_made, json_populate_recordset(null::application, {applications}) as sent
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.debit_document_id = sent.debit_document_id and application.released_at is null)"""


def add(applications: str) -> str:
    """A CTE `added` after `settlement` that writes released applications, a JSON list of `rules.items.Application`.

    It returns application_id.
    """
    return f"""added as (
        insert into application (
               company_id, settlement_id, credit_document_id, debit_document_id, reverses_id, {_NAMES}, gain_loss,
               created_at, created_by, released_at, released_by)
        select $1, settlement_made.settlement_id, sent.credit_document_id, sent.debit_document_id, sent.reverses_id,
               {_SENT}, sent.base_credit - sent.base_debit, $2, $3, settlement_made.created_at, $3
          from settlement_made, json_populate_recordset(null::application, {applications}) as sent
        returning application_id)"""


def split(parts: str) -> str:
    """A CTE after `settlement` by which a document that is divided is settled by its parts (INS-04).

    `parts` has a row for each: document_id, master_id, amount, amount_base, document_date, period_id. A part loses
    nothing: it takes over what the document had open.
    """
    return f"""divided as (
        insert into application (
               company_id, settlement_id, credit_document_id, debit_document_id, applied_on, period_id, amount_credit,
               base_credit, amount_debit, base_debit, gain_loss, is_posted, is_split, created_at, created_by,
               released_at, released_by)
        select $1, settlement_made.settlement_id, {parts}.document_id, {parts}.master_id, {parts}.document_date,
               {parts}.period_id, 0, 0, {parts}.amount, {parts}.amount_base, 0, true, true, $2, $3,
               settlement_made.created_at, $3
          from settlement_made, {parts})"""


_LINE = "position, document_id, amount, discount, write_off, reason_code, cross_rate, follows"
_SENT_LINE = ", ".join(f"sent.{column.strip()}" for column in _LINE.split(","))


def propose_lines(proposer_id: str, lines: str, source: str, *, otherwise: str = "") -> str:
    """A CTE that gives a new payment its lines: a JSON list of rows of the table `proposal`.

    `proposer_id` is an SQL expression over the one row of `source`.
    """
    return f"""lines_proposed as (
        insert into proposal (company_id, proposer_document_id, {_LINE})
        select $1, {proposer_id}, {_SENT_LINE} from {source}, {_sent_lines(lines)}{otherwise})"""


def replace_lines(proposer_id: str, lines: str, source: str) -> str:
    """CTEs that give a payment these lines instead of those it has; the arguments are those of `propose_lines`."""
    return f"""{withdraw_lines(proposer_id, source, but=f"(select sent.document_id from {_sent_lines(lines)})")},
    {propose_lines(proposer_id, lines, source, otherwise=_AMENDED)}"""


_AMENDED = """
        on conflict on constraint proposal_pk do update
           set (position, amount, discount, write_off, reason_code, cross_rate, follows) =
               row(excluded.position, excluded.amount, excluded.discount, excluded.write_off, excluded.reason_code,
                   excluded.cross_rate, excluded.follows)"""


def _sent_lines(lines: str) -> str:
    return f"json_populate_recordset(null::proposal, {lines}::json) as sent"


def withdraw_lines(proposer_id: str, source: str, *, but: str = "(select null::bigint where false)") -> str:
    """A CTE that deletes the lines of a payment; `but` selects the documents whose lines stay."""
    return f"""lines_withdrawn as (
        delete from proposal using {source}
         where proposal.company_id = $1 and proposal.proposer_document_id = {proposer_id}
           and proposal.document_id not in {but})"""


def lines_of(proposer_id: str) -> str:
    """A scalar: the lines of a payment that wait for release, as a JSON list with the names of their documents."""
    return f"""(
        select json_agg(json_build_object(
                   'document_id', proposal.document_id, 'document_type', named.document_type, 'number', named.number,
                   'amount', proposal.amount, 'discount', proposal.discount, 'write_off', proposal.write_off,
                   'reason_code', proposal.reason_code, 'cross_rate', proposal.cross_rate,
                   'follows', proposal.follows) order by proposal.position)
          from proposal
          join document as named on named.company_id = $1 and named.document_id = proposal.document_id
         where proposal.company_id = $1 and proposal.proposer_document_id = {proposer_id})"""


def ids_on_lines(proposer_id: str) -> str:
    """A select of the ids of the documents that the lines of a payment name."""
    return f"""select proposal.document_id from proposal
         where proposal.company_id = $1 and proposal.proposer_document_id = {proposer_id}"""


def proposals_of(credit_id: str) -> str:
    """A lateral source `proposal` of a draft's proposals."""
    return f"""lateral (
        select application.application_id, application.debit_document_id, application.amount_debit as amount
          from application
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null) as proposal"""


def proposed_by(document_id: str) -> str:
    """A scalar: the credit note, payment or refund that has a proposal on a document, or null (APP-08)."""
    return f"""coalesce(
        (select application.credit_document_id from application
          where application.company_id = $1 and application.debit_document_id = {document_id}
            and application.released_at is null),
        (select proposal.proposer_document_id from proposal
          where proposal.company_id = $1 and proposal.document_id = {document_id}))"""


def name_of_document(document_id: str) -> str:
    """A scalar: the type and number of that document, or null if the id, an SQL expression, is null."""
    return f"""(
        select named.document_type || ' ' || named.number from document as named
         where named.company_id = $1 and named.document_id = {document_id})"""


def proposer_of(document_id: str) -> str:
    """A scalar: the type and number of what `proposed_by` finds, or null."""
    return name_of_document(proposed_by(document_id))


def freed(document_id: str) -> str:
    """A scalar: what was applied from or to a document and taken back on a later day, as JSON of `rules.items.Freed`,
    or null (UND-04). What was taken back on its own day was never in force.
    """
    sides = " union all ".join(
        f"""select back.applied_on, back.reverses_id, {amount} as amount from application as back
                 where back.company_id = $1 and back.{side}_document_id = {document_id}
                   and back.reverses_id is not null"""
        for side, amount in (
            ("credit", "back.amount_credit"),
            ("debit", "back.amount_debit + back.discount + back.write_off"),
        )
    )
    return f"""(
        select case when count(*) > 0
                    then json_build_object('on', max(back.applied_on), 'amount', -sum(back.amount)) end
          from ({sides}) as back
         where back.applied_on > (
               select taken.applied_on from application as taken
                where taken.company_id = $1 and taken.application_id = back.reverses_id))"""


def is_undone(application: str) -> str:
    """A condition over a row of `application` that goes by this name: it was taken back."""
    return f"""exists (select from application as back
                        where back.company_id = $1 and back.reverses_id = {application}.application_id)"""


def settled_on(document_id: str, is_debit: str) -> str:
    """A scalar: the last day on which something that is in force was applied to a debit or from a credit, or null."""
    # Fenced, as `max` makes the plan walk all applications of the company by their day, of which there is an index.
    to_debit, from_credit = (
        f"""(
        select max(given.applied_on)
          from (select application.* from application
                 where company_id = $1 and {side}_document_id = {document_id} offset 0) as given
         where given.released_at is not null and given.reverses_id is null
           and not {is_undone("given")})"""
        for side in ("debit", "credit")
    )
    return f"case when {is_debit} then {to_debit} else {from_credit} end"


def applications_of(document_id: str) -> str:
    """A lateral source `application` of all applications from or to a document, in the order they were made.

    Reversing rows are left out; the rows they reverse have `is_undone`. So are what divides a document, as nobody paid
    it, and what a cash sale was paid with (CSA-02). `amount` is in the document's currency.
    """
    return f"""lateral (
        select application.*,
               case application.credit_document_id when {document_id} then application.debit_document_id
                                                   else application.credit_document_id end as other_document_id,
               case application.credit_document_id when {document_id} then application.amount_credit
                                                   else application.amount_debit end as amount,
               {is_undone("application")} as is_undone
          from application
         where application.company_id = $1 and application.reverses_id is null and not application.is_split
           and application.credit_document_id <> application.debit_document_id
           and {document_id} in (application.credit_document_id, application.debit_document_id)) as application"""
