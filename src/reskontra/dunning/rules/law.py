"""Where a letter departs from the legal figures (LAW-01). That is a warning, never a refusal (U1).

The figures are dated rows of the company's file, never constants. What has no row is not checked, except that a letter
with a fee says so when no highest fee is on record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from reskontra.reference.rules.dunning_levels import DunningLevel

FIGURES = (
    "reminder_earliest_days",
    "reminder_fees_max",
    "reminder_fee_cap",
    "collection_notice_days",
    "collection_demand_fee",
)
"""The kinds of legal rates that letters are held against: days, a count, and amounts in base currency."""


def legal_doubts(
    setup: DunningLevel, levels: Sequence[DunningLevel], law: Mapping[str, Decimal], *, fees: int
) -> Iterator[str]:
    """What is doubtful about a letter of the level `setup`.

    `fees` is how many fees the document with the most of them has been charged, with that of the letter; 0 if the
    letter charges none. What counts is what letters charged, also by hand, and not what the levels say.
    The last level counts as the notice that the debt goes to collection.
    """
    notice_days = law.get("collection_notice_days")
    if setup.level == len(levels) and notice_days is not None and setup.days_to_settle < notice_days:
        yield (
            f"The last reminder gives {setup.days_to_settle} days to pay; a notice of debt collection gives at least "
            f"{notice_days.normalize():f}."
        )
    if fees:
        yield from _doubts_about_fee(setup, levels, law, fees)


def _doubts_about_fee(
    setup: DunningLevel, levels: Sequence[DunningLevel], law: Mapping[str, Decimal], fees: int
) -> Iterator[str]:
    earliest = law.get("reminder_earliest_days")
    if earliest is not None and setup.days_past_due < earliest:
        yield (
            f"Level {setup.level} asks for a fee from {setup.days_past_due} days past due; the law allows it from "
            f"{earliest.normalize():f}."
        )
    most = law.get("reminder_fees_max")
    if most is not None and fees > most:
        yield f"This is fee number {fees} for a document on the letter; the law allows {most.normalize():f}."
    cap = law.get("reminder_fee_cap")
    if setup.level == len(levels):
        cap = law.get("collection_demand_fee", cap)
    if cap is None:
        yield "No highest reminder fee is on record for this date; add the legal rate reminder_fee_cap."
    elif setup.fee > cap:
        yield f"The fee of {setup.fee:f} is above the highest that the law allows, {cap.normalize():f}."
