"""How the period actions look on the wire. They are an extension of ours, so all fields are bare."""

from __future__ import annotations

import msgspec

from reskontra.closing.rules import Ledger
from reskontra.web.wire import Answer, Body, OneOf, UnsetType


class PeriodAction(Body):
    """Which ledger is meant; by default the customer ledger."""

    ledger: OneOf[Ledger] | UnsetType | None = msgspec.UNSET


class PeriodActionAnswer(Answer):
    """The result of the action, and the periods that changed, oldest first."""

    action_id: str | None = None
    action_result: str | None = None
    periods: list[str] | None = None
