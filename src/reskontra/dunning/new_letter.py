"""A letter that a run makes: the documents it may list, its lines, its fee, and what the run reports of it.

The attributes of letter and line are columns of the tables `dunning_letter` and `dunning_letter_line`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Self

from reskontra.currencies.rules import Rate
from reskontra.records import Record, columns
from reskontra.reference.rules.dunning_levels import DunningLevel
from reskontra.reference.rules.preferences import DunningPreferences


class Candidate(Record, frozen=True, kw_only=True):
    """An unsettled document that a letter may list. `balance` is in its own currency, less than zero for a credit."""

    document_id: int
    document_type: str
    customer_id: int
    branch_number: str
    origin: str
    status: str
    due_date: date | None
    balance: Decimal
    revoked: bool
    dunning_level: int
    """The level of the last released letter that reminded of it; 0 without one (DUN-03)."""

    dunning_letter_date: date | None
    waiting_correction: str | None = None
    """The number of the draft invoice that is to replace it, if any (CRR-04)."""

    in_draft: bool = False
    """Whether a letter that is not released yet reminds of it."""

    fees_charged: int = 0
    """How many released letters with a fee reminded of it."""

    number: str = ""
    reminding_blocked_until: date | None = None
    """The first day whose letters may remind of it again; `date.max` until the block is lifted, None without one."""

    reminding_block_reason: str | None = None

    def is_blocked_on(self, letter_date: date) -> bool:
        """Whether a letter of that date may not remind of it (DUN-08)."""
        return self.reminding_blocked_until is not None and self.reminding_blocked_until > letter_date


CANDIDATE_COLUMNS = tuple(column for column in columns(Candidate) if column not in ("in_draft", "fees_charged"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the letters of one customer on one date depend on."""

    customer_id: int
    letter_date: date
    levels: Sequence[DunningLevel]
    """From level 1 on, without a gap; days past due increase."""

    preferences: DunningPreferences
    candidates: Sequence[Candidate]
    currency_id: str
    decimals: int = 2
    rate: Rate | None = None
    """The rate of the letters' currency on the letter date; None when there is none."""

    may_be_invoiced: bool = True
    """Whether the customer's status allows the invoice for a fee (CST-03)."""

    branches_without_account: Container[str | None] = ()
    """Branches that no bank account is known of; with None, if letters of the whole company lack one."""

    law: Mapping[str, Decimal] = field(default_factory=dict)
    """The legal figures in force on the letter date (LAW-01), in base currency or days."""


class NewLetterLine(Record, frozen=True, kw_only=True):
    """A document on a letter: reminded of when its level moves, else listed for information (DUN-06)."""

    document_id: int
    level_before: int
    level_after: int
    previous_letter_date: date | None
    due_date: date | None

    @property
    def is_reminded(self) -> bool:
        return self.level_after > self.level_before


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to one customer. `fee` is in the letter's currency; the lines are in their documents' and in base."""

    customer_id: int
    level: int
    letter_date: date
    payment_deadline: date
    currency_id: str
    fee: Decimal
    final_reminder: bool
    branch_number: str | None = None
    """The branch that the letter is of; None when letters are of the whole company."""

    warnings: tuple[str, ...] = ()
    """What the law or the set-up makes doubtful, for the accountant to read; a letter is never refused for it (U1)."""

    lines: tuple[NewLetterLine, ...]


LETTER_COLUMNS = tuple(column.name for column in fields(NewLetter) if column.name not in ("warnings", "lines"))
"""What the creating statement takes from the record as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """The fee that a letter charges when it is released: an invoice to that customer with the letter's date."""

    customer_number: str
    level: int
    letter_date: date
    currency_id: str
    amount: Decimal
    branch_number: str | None = None
    """The branch that the letter is of; None is the company's default branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A letter that a run made. Of a trial it has no id, and its fee invoice no number."""

    letter: NewLetter
    customer_number: str
    customer_name: str
    letter_id: int | None = None
    fee_number: str | None = None

    def without_ids(self) -> Self:
        """The letter as a trial reports it."""
        return replace(self, letter_id=None, fee_number=None)
