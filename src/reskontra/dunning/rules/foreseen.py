"""What reminding would do on a day: who is due which letter, and who gets none and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from reskontra.records import Record

if TYPE_CHECKING:
    from reskontra.dunning.new_letter import Candidate, NewLetter, NewLetterLine
    from reskontra.reference.reference import Reference


class LevelCount(Record, frozen=True, kw_only=True):
    """How many customers get letters of a level, and of how many documents those remind."""

    level: int
    customers: int
    documents: int


class NextDay(Record, frozen=True, kw_only=True):
    """The next day on which documents are ready that are not yet, and of how many customers."""

    on: date
    customers: int


class Found(Record, frozen=True, kw_only=True):
    """Whom a letter goes to."""

    customer_id: int
    number: str
    name: str
    printed: bool
    emailed: bool


class Counted(Record, frozen=True, kw_only=True):
    """Who is due a letter."""

    levels: list[LevelCount]
    left_out: int
    """How many customers get none, though a letter is due: they take none, or their documents are on drafts."""

    count: int
    """How many customers there are in all, with those who are left out."""

    found: list[Found]
    """Those of one page, whose documents have been overdue longest first."""

    next: NextDay | None


class ProposedDocument(Record, frozen=True, kw_only=True):
    """What a letter says of a document. The balance is in its currency, and of a credit negative."""

    document_id: int
    document_type: str
    number: str
    currency_id: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class ProposedLetter:
    """A letter that would be made, and what is on it."""

    letter: NewLetter
    documents: Sequence[tuple[NewLetterLine, ProposedDocument]]
    next_on: date | None
    """When the letter after it is due, if nothing is paid; None after the last level."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The letters that one customer would get, or why it gets none, or none of a document. `language` is a code."""

    party: Found
    language: str
    letters: Sequence[ProposedLetter]
    reason: str | None = None
    blocked: Sequence[Candidate] = ()
    """Documents that would be on a letter if they were not blocked."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Who is due a letter on a day: all of them counted, and a page of them with their letters."""

    reference: Reference
    letter_date: date
    counted: Counted
    proposals: Sequence[Proposal]
