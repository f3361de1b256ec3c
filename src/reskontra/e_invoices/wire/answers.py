"""Deliveries of e-invoices in the API, an address of our own."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from reskontra.e_invoices.store import Delivery
from reskontra.web.pairs import NumberName
from reskontra.web.wire import Answer, MomentOut, field, local_text


class DeliveryAnswer(Answer, kw_only=True):
    """What has become of a document's e-invoice. `answer` is what the receiver or the disk last said."""

    document_type: str
    number: str = field(name="referenceNumber")
    customer: NumberName | None = None
    state: str
    sender: str
    receiver: str
    message_id: str
    attempts: int
    next_attempt_at: MomentOut | None = field(default=None, name="nextAttemptDateTime")
    answer_status: int | None = None
    answer: str | None = None
    queued_at: MomentOut = field(name="queuedDateTime")
    queued_by: str
    finished_at: MomentOut | None = field(default=None, name="finishedDateTime")
    modified_at: MomentOut = field(name="lastModifiedDateTime")


def delivery_answer(delivery: Delivery, zone: ZoneInfo, customer: NumberName | None = None) -> DeliveryAnswer:
    """A delivery, with the customer where it is known."""
    return DeliveryAnswer(
        document_type=delivery.document_type,
        number=delivery.number,
        customer=customer,
        state=delivery.state.value,
        sender=delivery.sender,
        receiver=delivery.receiver,
        message_id=str(delivery.message_id),
        attempts=delivery.attempts,
        next_attempt_at=local_text(delivery.next_attempt_at, zone) if delivery.next_attempt_at else None,
        answer_status=delivery.answer_status,
        answer=delivery.answer,
        queued_at=local_text(delivery.queued_at, zone),
        queued_by=delivery.queued_by,
        finished_at=local_text(delivery.finished_at, zone) if delivery.finished_at else None,
        modified_at=local_text(delivery.modified_at, zone),
    )
