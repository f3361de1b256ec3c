"""The levels of reminding: which ones a letter may have, and what its level gives a letter (ACT, LET, FEE)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from reskontra.currencies.rules import BASE_RATE, from_base, to_base
from reskontra.dunning.new_letter import Basis
from reskontra.dunning.rules.law import legal_doubts
from reskontra.errors import FieldPath, Refused
from reskontra.money import ZERO
from reskontra.reference.rules.dunning_levels import DunningLevel


def letter_levels(first: int | None, last: int | None, levels: Sequence[DunningLevel], within: FieldPath = ()) -> range:
    """The levels that a letter may have: `first` to `last`, by default all (ACT-02, Q2). Refused: ACT-03.

    `within` is the path of what holds the fields level_from and level_to.
    """
    if not levels:
        raise Refused(
            "Dunning is not set up: the company has no dunning levels.",
            hint="Add dunning_levels to the company's file.",
        )
    known = f"Send levels from 1 to {len(levels)}, the first not above the last."
    for name, sent in (("level_from", first), ("level_to", last)):
        if sent is not None and sent < 1:
            raise Refused("A dunning level is 1 or more.", field=(*within, name), value=sent, hint=known)
    lowest, highest = first or 1, last or len(levels)
    if lowest > highest:
        raise Refused(
            f"The first level {lowest} is above the last level {highest}.",
            field=(*within, "level_from" if first is not None else "level_to"),
            value=first if first is not None else last,
            hint=known,
        )
    return range(lowest, highest + 1)


def check_letter_date(letter_date: date, levels: Sequence[DunningLevel]) -> None:
    """Refused: a date that leaves no time to pay (LET-04). The calendar ends with the year 9999."""
    if (date.max - letter_date).days < max(level.days_to_settle for level in levels):
        raise Refused(
            "The date of the letter leaves no time to pay.",
            field=("letter_date",),
            value=letter_date.isoformat(),
            hint="Send an earlier date.",
        )


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """What a letter gets from its level. `fee` is in the letter's currency."""

    payment_deadline: date
    fee: Decimal
    final_reminder: bool
    warnings: tuple[str, ...]


def terms_of_level(basis: Basis, level: int, *, fees_charged: int, entered_fee: Decimal | None = None) -> LevelTerms:
    """Deadline, fee and doubts of a letter of that level (LET-04, FEE-01); a fee set by hand is not the level's."""
    setup = basis.levels[level - 1]
    if entered_fee is not None:
        setup = replace(setup, fee=to_base(entered_fee, basis.rate or BASE_RATE, basis.decimals))
    wants_fee = setup.fee > ZERO and basis.preferences.fee_item is not None
    charged = wants_fee and basis.may_be_invoiced
    fee = entered_fee
    if fee is None:
        fee = _fee(basis, setup) if charged else ZERO
    return LevelTerms(
        payment_deadline=basis.letter_date + timedelta(days=setup.days_to_settle),
        fee=fee,
        final_reminder=level == len(basis.levels),
        warnings=tuple(
            _warnings(basis, setup, left_out=wants_fee and not charged, fees=fees_charged + 1 if charged else 0)
        ),
    )


def payment_doubts(basis: Basis, branch_number: str | None) -> Iterator[str]:
    """What keeps the customer from paying the letter of a branch; None is the whole company (LET-07)."""
    if branch_number in basis.branches_without_account:
        whose = f"branch {branch_number}" if branch_number else "the company's default branch"
        yield f"The letter names no account to pay to: no bank account of {whose} is known."


def _fee(basis: Basis, setup: DunningLevel) -> Decimal:
    """The level's fee, which is set in base currency, in the letter's currency."""
    if basis.rate is None:
        raise Refused(
            f"The fee cannot be asked for in {basis.currency_id}: there is no exchange rate on the letter's date.",
            field=("letter_date",),
            value=basis.letter_date.isoformat(),
            hint="Add a rate that is effective on or before that date, or send a later date.",
        )
    return from_base(setup.fee, basis.rate, basis.decimals)


def _warnings(basis: Basis, setup: DunningLevel, *, left_out: bool, fees: int) -> Iterator[str]:
    """What does not agree with the status or the law (LAW-01)."""
    if left_out:
        yield f"The fee of {setup.fee:f} was left out: the customer's status allows no new invoice."
    if basis.preferences.jurisdiction is not None:
        yield from legal_doubts(setup, basis.levels, basis.law, fees=fees)
