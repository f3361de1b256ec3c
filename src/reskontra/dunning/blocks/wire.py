"""How blocks of reminding look on the wire, at an address of our own."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec

from reskontra.receivables.rules.items import day_freed
from reskontra.receivables.store.blocks import ListedBlock
from reskontra.web.pairs import NumberName
from reskontra.web.wire import Answer, Body, Day, DayOut, Text255, UnsetType, day_answer, day_text, field


class BlockUpdate(Body):
    """A block: why, and until when; without a day it holds until it is deleted. Nothing is wrapped."""

    refuses_unknown: ClassVar[bool] = True

    until: Day | UnsetType | None = msgspec.UNSET
    reason: Text255 | UnsetType | None = msgspec.UNSET


class BlockAnswer(Answer, kw_only=True):
    """A blocked document with its balance in its currency. Letters dated before `until` do not remind of it."""

    document_type: str
    number: str = field(name="referenceNumber")
    customer: NumberName
    due_date: DayOut | None = field(name="documentDueDate", default=None)
    currency_id: str
    balance: Decimal = field(name="balanceInCurrency")
    until: DayOut | None = None
    reason: str


def block_answer(found: ListedBlock) -> BlockAnswer:
    """A block for the wire."""
    return BlockAnswer(
        document_type=found.document_type,
        number=found.number,
        customer=NumberName(found.customer_number, found.customer_name),
        due_date=day_text(found.due_date) if found.due_date else None,
        currency_id=found.currency_id,
        balance=found.balance,
        until=day_answer(day_freed(found.until)),
        reason=found.reason,
    )
