"""How the period actions look on the wire. They are an extension of ours, so all fields are bare."""

from __future__ import annotations

import msgspec

from reskontra.closing.rules import Ledger
from reskontra.web.pairs import NumberName
from reskontra.web.wire import Answer, Body, OneOf, Text255, UnsetType


class PeriodAction(Body):
    """Which ledger is meant; by default the customer ledger."""

    ledger: OneOf[Ledger] | UnsetType | None = msgspec.UNSET


class PeriodReopening(PeriodAction):
    """Which ledger is reopened, and why, which the log keeps."""

    reason: Text255 | UnsetType | None = msgspec.UNSET


class PeriodActionAnswer(Answer):
    """The result of the action, and the periods that changed, oldest first."""

    action_id: str | None = None
    action_result: str | None = None
    periods: list[str] | None = None


class WaitingAnswer(Answer, kw_only=True):
    """What waits in a financial period: documents that are not released, batches that are not posted."""

    period: str
    unreleased_documents: int
    unposted_batches: int


class UnreleasedAnswer(Answer, kw_only=True):
    """A document that keeps a period from being closed."""

    document_type: str
    reference_number: str
    period: str
    status: str
    customer: NumberName


class ClosingAnswer(Answer, kw_only=True):
    """What closing a period would close, oldest first, and the documents in the way: all counted, the first named."""

    period: str
    ledger: str
    periods: list[WaitingAnswer]
    unreleased_count: int
    unreleased: list[UnreleasedAnswer]
