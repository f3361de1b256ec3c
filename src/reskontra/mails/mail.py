"""A mail: one sending of a document, a dunning letter or a statement of account."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from reskontra.records import Record
from reskontra.reference.rules.classes import StatementType


class MailState(StrEnum):
    """Where a mail is in its life (MAI-02)."""

    WAITING = "Waiting"
    SENT = "Sent"
    REFUSED = "Refused"
    UNKNOWN = "Unknown"
    """It was handed over and nobody said that it was taken, so it may have arrived."""


class Words(Record, frozen=True, kw_only=True):
    """What a mail says, in a language (ISO 639-1)."""

    language: str
    subject: str
    body: str


class StatementAsked(Record, frozen=True, kw_only=True):
    """Which statement of a customer a mail brings: what its print is asked for. None is what it is by itself."""

    as_of: date
    statement_type: StatementType | None = None
    since: date | None = None
    known_at: datetime | None = None
    by_currency: bool | None = None


class Mail(Record, frozen=True, kw_only=True):
    """A mail as the log has it. Exactly one of document, letter and statement is set.

    `recipients` is None, and so are its words, while they still follow from the document.
    """

    mail_id: int | None = None
    document_type: str | None = None
    document_number: str | None = None
    letter_id: int | None = None
    statement: StatementAsked | None = None
    customer_number: str
    customer_name: str
    sending: int
    """Which sending it is of the document, of the letter, or of the customer's statements of that day, from 1."""

    is_automatic: bool = False
    state: MailState | None = None
    language: str | None = None
    recipients: tuple[str, ...] | None = None
    copies: tuple[str, ...] = ()
    subject: str | None = None
    body: str | None = None
    attempts: int = 0
    answer: str | None = None
    """What the mail server said last, or why the mail was not handed to it."""

    asked_at: datetime | None = None
    asked_by: str = ""
    due_at: datetime | None = None
    handed_at: datetime | None = None
    sent_at: datetime | None = None
    modified_at: datetime | None = None
    version: int = 0

    @property
    def words(self) -> Words | None:
        """What it says, once that is known."""
        if self.language is None or self.subject is None or self.body is None:
            return None
        return Words(language=self.language, subject=self.subject, body=self.body)
