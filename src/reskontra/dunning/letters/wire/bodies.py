"""The bodies in which an existing dunning letter is changed and voided."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from reskontra.operations import LineOperation
from reskontra.web.wire import (
    Amount,
    Body,
    Day,
    OneOf,
    Sent,
    Text15,
    Text30,
    UnsetType,
    sent,
)


class LetterLineUpdate(Body):
    """A document on the letter, and whether it leaves it."""

    operation: OneOf[LineOperation] | UnsetType | None = msgspec.UNSET
    document_type: Text30 | UnsetType | None = msgspec.UNSET
    number: Text15 | UnsetType | None = sent("refNbr")


class LetterUpdate(Body):
    """A draft as it is sent: another fee, and the documents that leave it."""

    fee: Sent[Amount] = msgspec.UNSET
    lines: list[LetterLineUpdate] | UnsetType | None = msgspec.UNSET


class LetterVoid(Body):
    """The day that a letter is voided on, by default today. A void cannot be undone, so unknown fields are refused."""

    refuses_unknown: ClassVar[bool] = True

    void_date: Day | UnsetType = msgspec.UNSET
