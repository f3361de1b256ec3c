"""How reminding looks on the wire: what the action takes, what it answers. Decides nothing."""

from __future__ import annotations

import msgspec

from reskontra.web.wire import Answer, Body, Day, UnsetType, Whole, sent


class DunningLetterAction(Body):
    """Which letters to make: their date and the levels they may have. All may be left out; nothing is wrapped."""

    letter_date: Day | UnsetType | None = sent("dunningLetterDate")
    level_from: Whole | UnsetType | None = msgspec.UNSET
    level_to: Whole | UnsetType | None = msgspec.UNSET


class DunningLetterActionOut(Answer):
    """What became of the action."""

    action_id: str | None = None
    action_result: str | None = None
