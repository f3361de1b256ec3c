"""How mail looks on the wire: the body that asks for it, and what the log answers."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from reskontra.account_statements.paper.commands import name_of_file
from reskontra.kinds import KINDS
from reskontra.mails.mail import Mail
from reskontra.printing.pdf import file_name
from reskontra.reference.rules.classes import StatementType
from reskontra.web.pairs import NumberName
from reskontra.web.wire import (
    Answer,
    Body,
    DayOut,
    Flag,
    MomentOut,
    Text255,
    Text512,
    Text32000,
    UnsetType,
    Whole,
    day_text,
    etag_of,
    field,
    local_text,
)


class MailRequest(Body):
    """Where a document goes and what the mail says. A mail cannot be taken back, so unknown fields are refused."""

    refuses_unknown: ClassVar[bool] = True

    to: Text512 | UnsetType = msgspec.UNSET
    cc: Text512 | UnsetType = msgspec.UNSET
    subject: Text255 | UnsetType = msgspec.UNSET
    text: Text32000 | UnsetType = msgspec.UNSET
    sending: Whole | UnsetType = msgspec.UNSET
    dry_run: Flag | UnsetType = msgspec.UNSET


class MailStatementAnswer(Answer):
    """Which statement of the customer a mail brings: what its print is asked for."""

    as_of: DayOut
    type: StatementType | None = None
    since: DayOut | None = field(name="from", default=None)
    known_at: MomentOut | None = None
    by_currency: bool | None = None


class MailAnswer(Answer):
    """A mail as the log has it. One with a statement has no reference number, but says which statement it is."""

    mail_id: int | None = None
    state: str | None = None
    document_type: str | None = None
    number: str | None = field(default=None, name="referenceNumber")
    statement: MailStatementAnswer | None = None
    customer: NumberName | None = None
    sending: int | None = None
    is_automatic: bool | None = field(default=None, name="automatic")
    language: str | None = None
    to: list[str] | None = None
    cc: list[str] | None = None
    subject: str | None = None
    text: str | None = None
    attachment: str | None = None
    attempts: int | None = None
    answer: str | None = field(default=None, name="serverAnswer")
    due_at: MomentOut | None = field(default=None, name="nextAttemptDateTime")
    sent_at: MomentOut | None = field(default=None, name="sentDateTime")
    asked_at: MomentOut | None = field(default=None, name="createdDateTime")
    asked_by: str | None = field(default=None, name="createdBy")
    modified_at: MomentOut | None = field(default=None, name="lastModifiedDateTime")
    time_stamp: str | None = None


class MailActionAnswer(Answer):
    """What became of the action, and the mail."""

    action_id: str | None = None
    action_result: str | None = None
    mail: MailAnswer | None = None


class OutboxMailAnswer(Answer):
    """A mail in the sandbox's outbox."""

    name: str
    address: str
    message_id: str | None = None
    date: str | None = None
    to: str | None = None
    cc: str | None = None
    subject: str | None = None
    size: int | None = None


def _attachment(mail: Mail) -> str | None:
    """What the PDF in it is called."""
    if mail.letter_id is not None:
        return file_name("dunning-letter", str(mail.letter_id))
    if mail.statement is not None:
        return name_of_file(mail.customer_number, mail.statement.as_of)
    if mail.document_type is None or mail.document_number is None:
        return None
    return file_name(KINDS[mail.document_type].noun, mail.document_number)


def mail_answer(mail: Mail, zone: ZoneInfo) -> MailAnswer:
    """A mail as answers show it; one of a trial has neither number nor state."""

    def moment(at: datetime | None) -> str | None:
        return local_text(at, zone) if at is not None else None

    is_letter, statement = mail.letter_id is not None, mail.statement
    document_type = "DunningLetter" if is_letter else "Statement" if statement else mail.document_type
    return MailAnswer(
        mail_id=mail.mail_id,
        state=mail.state.value if mail.state else None,
        document_type=document_type,
        number=str(mail.letter_id) if is_letter else mail.document_number,
        statement=MailStatementAnswer(
            as_of=day_text(statement.as_of),
            type=statement.statement_type,
            since=day_text(statement.since) if statement.since else None,
            known_at=moment(statement.known_at),
            by_currency=statement.by_currency,
        )
        if statement
        else None,
        customer=NumberName(number=mail.customer_number, name=mail.customer_name),
        sending=mail.sending,
        is_automatic=mail.is_automatic,
        language=mail.language,
        to=list(mail.recipients) if mail.recipients is not None else None,
        cc=list(mail.copies),
        subject=mail.subject,
        text=mail.body,
        attachment=_attachment(mail),
        attempts=mail.attempts,
        answer=mail.answer,
        due_at=moment(mail.due_at),
        sent_at=moment(mail.sent_at),
        asked_at=moment(mail.asked_at),
        asked_by=mail.asked_by or None,
        modified_at=moment(mail.modified_at),
        time_stamp=etag_of(mail.version) if mail.version else None,
    )
