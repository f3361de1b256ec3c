"""SQL of the log of mail, which is also the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import (
    NEW_CHANGE_ID,
    change_row,
    moment_of,
    numbered_change_rows,
    parameters,
    tally,
)
from reskontra.clock import Context
from reskontra.customers.store.fragments import name_of_id, number_of_id
from reskontra.db.constraints import RefusalFactory
from reskontra.db.lists import Sorted
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.dunning.letters.store.for_mails import WANTED_BY_MAIL
from reskontra.errors import Conflict
from reskontra.mails.mail import Mail, MailState, StatementAsked, Words
from reskontra.receivables.store.for_dunning import is_numbered, is_of_type, mention

ENTITY = "Mail"
_TWICE = "The same sending was asked for at the same moment."

CONSTRAINTS: Mapping[str, RefusalFactory] = {
    name: lambda _: Conflict(_TWICE)
    for name in ("mail_document_sending", "mail_letter_sending", "mail_statement_sending")
}

_DOCUMENT = mention("mail.document_id")
_COLUMNS = f"""mail.mail_id, mail.letter_id, mail.sending, mail.is_automatic, mail.state, mail.language,
           mail.recipients, mail.copies, mail.subject, mail.body, mail.attempts, mail.answer, mail.asked_at,
           mail.asked_by, mail.due_at, mail.handed_at, mail.sent_at, mail.version,
           {_DOCUMENT} ->> 'document_type' as document_type, {_DOCUMENT} ->> 'number' as document_number,
           case when mail.statement_as_of is not null then json_build_object(
             'as_of', mail.statement_as_of, 'statement_type', mail.statement_type, 'since', mail.statement_since,
             'known_at', mail.statement_known_at, 'by_currency', mail.statement_by_currency) end as statement,
           {number_of_id("mail.customer_id")} as customer_number, {name_of_id("mail.customer_id")} as customer_name,
           {moment_of("mail.version")} as modified_at"""

MAILS = Paged(
    entity=ENTITY,
    found="select mail.mail_id from mail where mail.company_id = $1",
    key=("mail.mail_id",),
    tables=f"""page
          join lateral (
            select {_COLUMNS} from mail where mail.company_id = $1 and mail.mail_id = page.mail_id) as mail on true""",
    columns="row_to_json(mail.*)::text as record",
    read=json_record(Mail),
    sort_key=lambda mail: (mail.mail_id,),
)
"""All mail, by number."""

IS_OF_DOCUMENT = is_numbered("mail.document_id", "{}")
"""The condition that a mail is of a document with this number."""

IS_OF_TYPE = f"""({is_of_type("mail.document_id", "{0}")}
                or lower({{0}}::text) = case when mail.letter_id is not null then 'dunningletter'
                                           when mail.statement_as_of is not null then 'statement' end)"""
"""The condition that a mail is of a document of this type, of a letter or of a statement."""

IS_OF_STATEMENT = "mail.statement_as_of = {}"
"""The condition that a mail is of a statement as of this day."""

WAS_SENT_AGAIN = """exists (select from mail as later
                         where later.company_id = $1 and later.sending > mail.sending
                           and (later.document_id = mail.document_id or later.letter_id = mail.letter_id
                                or (later.customer_id, later.statement_as_of)
                                 = (mail.customer_id, mail.statement_as_of)))"""
"""The condition that another mail of the same document, letter, or customer's statement of the day followed."""

MODIFIED_AT = moment_of("mail.version")
BACKWARDS = (Sorted("mail.mail_id", is_descending=True, may_be_null=False),)
"""The order with the newest first."""


# Asking for mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A mail that is to be queued. Without words and recipients, they follow from the document when it is sent."""

    document_id: int | None = None
    letter_id: int | None = None
    statement: StatementAsked | None = None
    customer_id: int
    sending: int = 1
    is_automatic: bool = False
    recipients: tuple[str, ...] | None = None
    copies: tuple[str, ...] = ()
    words: Words | None = None


async def last_sending(connection: Connection, company_id: int, asked: Asked) -> int:
    """How often a document, a letter, or a customer's statement of a day was sent or asked to be."""
    last: int = await connection.fetchval(
        """
        select greatest((select max(sending) from mail where company_id = $1 and document_id = $2::bigint),
                        (select max(sending) from mail where company_id = $1 and letter_id = $3::integer),
                        (select max(sending) from mail
                          where company_id = $1 and customer_id = $4 and statement_as_of = $5::date), 0)
        """,
        company_id,
        asked.document_id,
        asked.letter_id,
        asked.customer_id,
        asked.statement.as_of if asked.statement else None,
    )
    return last


def _queue(source: str) -> str:
    """A statement that queues the mail of `source`, a relation with the columns of `Asked`; returns the new ids."""
    return f"""
    with sent as materialized (
        select asked.*, row_number() over () as place, {NEW_CHANGE_ID} as change_id from ({source}) as asked),
    counted as (
        update tally
           set total = total + added.count, last_id = last_id + added.count, last_change_id = added.last_change_id
          from (select count(*) as count, max(change_id) as last_change_id from sent) as added
         where tally.company_id = $1 and tally.entity = '{ENTITY}' and added.count > 0
        returning tally.last_id - added.count as last_id_before),
    numbered as materialized (
        select (counted.last_id_before + sent.place)::integer as new_mail_id, sent.* from counted, sent),
    {numbered_change_rows(f"'{ENTITY}'", "created", "numbered.new_mail_id::text", "numbered")}
    insert into mail (company_id, mail_id, document_id, letter_id, statement_as_of, statement_type, statement_since,
                      statement_known_at, statement_by_currency, customer_id, sending, is_automatic, state, language,
                      recipients, copies, subject, body, asked_at, asked_by, due_at, version)
    select $1, new_mail_id, document_id, letter_id, statement_as_of, statement_type, statement_since,
           statement_known_at, statement_by_currency, customer_id, sending, is_automatic, '{MailState.WAITING}',
           language, recipients, copies, subject, body, $2, $3, $2, change_id
      from numbered
     order by new_mail_id
    returning mail_id"""


_QUEUE_SENT = _queue("select sent.* from json_populate_recordset(null::mail, $5) as sent")

_QUEUE_LETTERS = _queue(
    f"""select null::bigint as document_id, wanted.letter_id, null::date as statement_as_of, null as statement_type,
               null::date as statement_since, null::timestamptz as statement_known_at,
               null::boolean as statement_by_currency, wanted.customer_id, 1 as sending, true as is_automatic,
               null as language, null::text[] as recipients, '{{}}'::text[] as copies, null as subject, null as body
          from {WANTED_BY_MAIL} as wanted"""
)


async def queue(connection: Connection, context: Context, asked: Asked) -> int:
    """Queue a mail; returns its number."""
    statement = asked.statement
    row = {
        "document_id": asked.document_id,
        "letter_id": asked.letter_id,
        "statement_as_of": statement.as_of if statement else None,
        "statement_type": statement.statement_type if statement else None,
        "statement_since": statement.since if statement else None,
        "statement_known_at": statement.known_at if statement else None,
        "statement_by_currency": statement.by_currency if statement else None,
        "customer_id": asked.customer_id,
        "sending": asked.sending,
        "is_automatic": asked.is_automatic,
        "recipients": asked.recipients,
        "copies": asked.copies,
        "language": asked.words.language if asked.words else None,
        "subject": asked.words.subject if asked.words else None,
        "body": asked.words.body if asked.words else None,
    }
    mail_id: int = await connection.fetchval(_QUEUE_SENT, *parameters(context), as_json([row]))
    return mail_id


async def queue_letters(connection: Connection, context: Context, letter_ids: Sequence[int]) -> None:
    """Queue a mail for each of these letters whose customer wants its letters by mail."""
    await connection.execute(_QUEUE_LETTERS, *parameters(context), letter_ids)


# Sending it


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that this process has taken, and the version of the reference data."""

    company_id: int
    mail: Mail
    reference_version: int


async def take_due(connection: Connection, now: datetime, until: datetime) -> Taken | None:
    """Take the mail that has been due for longest. No other process takes it before `until`."""
    row = await connection.fetchrow(
        """
        update mail
           set due_at = $2, attempts = attempts + (handed_at is null)::integer
         where (company_id, mail_id) in (
            select company_id, mail_id from mail
             where state = 'Waiting' and due_at <= $1
             order by due_at, company_id, mail_id
             limit 1
               for update skip locked)
        returning company_id, mail_id""",
        now,
        until,
    )
    if row is None:
        return None
    found = await MAILS.seek(connection, row["company_id"], row["mail_id"])
    if not found.rows or found.reference_version is None:
        raise LookupError("a mail that was taken is there")
    return Taken(row["company_id"], found.rows[0], found.reference_version)


async def set_handed(
    connection: Connection, context: Context, mail: Mail, words: Words, recipients: Sequence[str]
) -> bool:
    """Note that the mail server gets it now, to whom it goes and what it says. False if another process has it."""
    found = await connection.fetchval(
        """
        update mail
           set handed_at = $4, language = $5, subject = $6, body = $7, recipients = $8
         where company_id = $1 and mail_id = $2 and attempts = $3 and state = 'Waiting' and handed_at is null
        returning true""",
        context.company_id,
        mail.mail_id,
        mail.attempts,
        context.now,
        words.language,
        words.subject,
        words.body,
        recipients,
    )
    return bool(found)


def _settle(event: str, changes: str) -> str:
    return f"""
    with standing as materialized (
        select mail_id from mail
         where company_id = $1 and mail_id = $5 and attempts = $6 and state = '{MailState.WAITING}' for update),
    {change_row(f"'{ENTITY}'", event, "standing.mail_id::text", "standing")},
    {tally(f"'{ENTITY}'", 0)}
    update mail set answer = $7, version = changed.change_id, {changes}
      from changed
     where mail.company_id = $1 and mail.mail_id = $5"""


_SENT = _settle("sent", "state = 'Sent', due_at = null, sent_at = $2")
_REFUSED = _settle("refused", "state = 'Refused', due_at = null")
_UNKNOWN = _settle("unknown", "state = 'Unknown', due_at = null")
_DEFERRED = _settle("deferred", "handed_at = null, due_at = $8")


async def settle(
    connection: Connection, context: Context, mail: Mail, state: MailState, answer: str, *, due_at: datetime | None
) -> None:
    """Note what became of a mail. One that goes on waiting is due at `due_at`."""
    statement = {MailState.SENT: _SENT, MailState.REFUSED: _REFUSED, MailState.UNKNOWN: _UNKNOWN}.get(state, _DEFERRED)
    more = () if due_at is None else (due_at,)
    await connection.execute(statement, *parameters(context), mail.mail_id, mail.attempts, answer, *more)
