"""What sending an e-invoice answers."""

from __future__ import annotations

from reskontra.web.wire import Answer, field


class SendingAnswer(Answer):
    """The result of sending a document: which one waits to be sent, or was sent before."""

    number: str | None = field(default=None, name="refNbr")
    document_type: str | None = None
    action_id: str | None = None
    action_result: str | None = None
