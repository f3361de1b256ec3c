"""SQL of e-invoices that were sent or are to be sent. What is due is claimed by one worker at a time (EHF-07)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.changes.store import change_row, parameters, tally
from reskontra.clock import Context
from reskontra.db.lists import Sorted
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.records import Record

ENTITY = "EInvoice"
"""The entity of its change rows; the key is the document's type and number."""


class State(StrEnum):
    """What has become of an e-invoice."""

    WAITING = "Waiting"
    SENT = "Sent"
    REFUSED = "Refused"


class Delivery(Record, frozen=True, kw_only=True):
    """An e-invoice on its way. `answer` is what was last said about it, with its HTTP status if there was one."""

    document_id: int
    document_type: str
    number: str
    sender: str
    receiver: str
    message_id: UUID
    state: State
    attempts: int
    next_attempt_at: datetime | None = None
    answer_status: int | None = None
    answer: str | None = None
    queued_at: datetime
    queued_by: str
    finished_at: datetime | None = None
    modified_at: datetime
    version: int


D = TypeVar("D", bound=Delivery)


class Claimed(Record, frozen=True, kw_only=True):
    """An e-invoice that its claimer alone may send until the claim ends."""

    company_id: int
    company_code: str
    document_id: int
    document_type: str
    number: str
    message_id: UUID
    content: str
    attempts: int
    """With this one."""


class Queued(Record, frozen=True, kw_only=True):
    """An e-invoice that is to be sent: its document, its parties' addresses and its XML."""

    document_id: int
    document_type: str
    number: str
    sender: str
    receiver: str
    content: str


_SHOWN = (
    "document_id", "document_type", "number", "sender", "receiver", "message_id", "state", "attempts",
    "next_attempt_at", "answer_status", "answer", "queued_at", "queued_by", "finished_at", "modified_at", "version",
)  # fmt: skip
_COLUMNS = ", ".join(f"e_invoice_delivery.{column}" for column in _SHOWN)
DOCUMENT_ID = "e_invoice_delivery.document_id"
"""The column of `DELIVERIES` with the id of its document, for rooms that know documents."""

DELIVERIES = Paged(
    entity=ENTITY,
    found=f"select {_COLUMNS} from e_invoice_delivery where e_invoice_delivery.company_id = $1",
    key=("e_invoice_delivery.document_type", "e_invoice_delivery.number"),
    columns=as_record(_COLUMNS),
    read=json_record(Delivery),
    sort_key=lambda delivery: (delivery.document_type, delivery.number),
)
"""Deliveries by the type and number of their documents."""

BACKWARDS = (
    Sorted("e_invoice_delivery.queued_at", is_descending=True, may_be_null=False),
    Sorted("e_invoice_delivery.document_type", may_be_null=False),
    Sorted("e_invoice_delivery.number", may_be_null=False),
)
"""The order with the newest first."""


def listed(shape: type[D], **more: str) -> Paged[D]:
    """`DELIVERIES` with further columns, name -> SQL over `DOCUMENT_ID`, that `shape` has."""
    columns = ", ".join([_COLUMNS, *(f"{sql} as {name}" for name, sql in more.items())])
    return replace(DELIVERIES, columns=as_record(columns), read=json_record(shape))  # type: ignore[return-value]


_BY_NAME = """company_id = $1 and document_type = $2 and lower(number) collate "C" = lower($3 collate "C")"""


async def find_delivery(connection: Connection, company_id: int, document_type: str, number: str) -> Delivery | None:
    """What has become of a document's e-invoice."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} from e_invoice_delivery where {_BY_NAME}", company_id, document_type, number
    )
    return None if row is None else Delivery(**{**row, "state": State(row["state"])})


async def find_content(connection: Connection, company_id: int, document_type: str, number: str) -> str | None:
    """The XML of a document's e-invoice."""
    content: str | None = await connection.fetchval(
        f"select content from e_invoice_delivery where {_BY_NAME}", company_id, document_type, number
    )
    return content


_QUEUE = f"""
    with source as (select $5::text || ' ' || $6::text as key),
    {change_row(f"'{ENTITY}'", "queued", "key", "source", detail="$12::jsonb")},
    {tally(f"'{ENTITY}'", 1)}
    insert into e_invoice_delivery (company_id, document_id, document_type, number, sender, receiver, message_id,
                                    content, state, attempts, next_attempt_at, queued_at, queued_by, modified_at,
                                    version)
    select $1, $7, $5, $6, $8, $9, $10, $11, 'Waiting', 0, stamp, stamp, $3, stamp, change_id from changed"""

_QUEUE_AGAIN = f"""
    with source as (select $5::text || ' ' || $6::text as key),
    {change_row(f"'{ENTITY}'", "queued", "key", "source", detail="$12::jsonb")},
    {tally(f"'{ENTITY}'", 0)}
    update e_invoice_delivery
       set sender = $8, receiver = $9, message_id = $10, content = $11, state = 'Waiting', attempts = 0,
           next_attempt_at = stamp, answer_status = null, answer = null, queued_at = stamp, queued_by = $3,
           finished_at = null, modified_at = stamp, version = change_id
      from changed
     where company_id = $1 and document_id = $7 and state = 'Refused'"""


async def queue(connection: Connection, context: Context, new: Queued, message_id: UUID, *, again: bool) -> None:
    """Let an e-invoice wait to be sent; `again`, if it was refused before. The caller holds the document's lock."""
    await connection.execute(
        _QUEUE_AGAIN if again else _QUEUE,
        *parameters(context),
        new.document_type,
        new.number,
        new.document_id,
        new.sender,
        new.receiver,
        message_id,
        new.content,
        as_json({"receiver": [new.receiver], "message_id": [str(message_id)]}),
    )


# Sending, by whichever process comes first

_CLAIM = """
    with due as (
        select company_id, document_id from e_invoice_delivery
         where state = 'Waiting' and next_attempt_at <= $1
         order by next_attempt_at limit 1
           for update skip locked)
    update e_invoice_delivery as claimed
       set attempts = claimed.attempts + 1, next_attempt_at = $2
      from due
      join company on company.company_id = due.company_id
     where claimed.company_id = due.company_id and claimed.document_id = due.document_id
    returning claimed.company_id, company.code as company_code, claimed.document_id, claimed.document_type,
              claimed.number, claimed.message_id, claimed.content, claimed.attempts"""


async def claim(connection: Connection, now: datetime, until: datetime) -> Claimed | None:
    """The e-invoice of any company that has been due longest, for the caller alone until that moment.

    Whoever claims it and is heard of no more leaves it to others then.
    """
    row = await connection.fetchrow(_CLAIM, now, until)
    return None if row is None else Claimed(**row)


def _answered(event: str, changes: str) -> str:
    return f"""
    with held as (
        select document_type || ' ' || number as key, state, attempts from e_invoice_delivery
         where company_id = $1 and document_id = $5 and state = 'Waiting' and attempts = $6
           for update),
    {
        change_row(
            f"'{ENTITY}'",
            event,
            "key",
            "held",
            detail="jsonb_build_object('attempts', jsonb_build_array(attempts), 'answer', jsonb_build_array($8::text))",
        )
    },
    {tally(f"'{ENTITY}'", 0)}
    update e_invoice_delivery
       set answer_status = $7, answer = $8, modified_at = stamp, version = change_id, {changes}
      from changed
     where company_id = $1 and document_id = $5"""


_SENT = _answered("sent", "state = 'Sent', next_attempt_at = null, finished_at = stamp")
_REFUSED = _answered("refused", "state = 'Refused', next_attempt_at = null, finished_at = stamp")
_POSTPONED = _answered("postponed", "next_attempt_at = $9")


async def record_answer(
    connection: Connection,
    context: Context,
    claimed: Claimed,
    *,
    status: int | None,
    answer: str,
    state: State,
    next_attempt_at: datetime | None = None,
) -> None:
    """Write what came of an attempt, unless the claim has ended and somebody else has made another."""
    statement = {State.SENT: _SENT, State.REFUSED: _REFUSED, State.WAITING: _POSTPONED}[state]
    more = (next_attempt_at,) if state is State.WAITING else ()
    await connection.execute(
        statement, *parameters(context), claimed.document_id, claimed.attempts, status, answer, *more
    )
