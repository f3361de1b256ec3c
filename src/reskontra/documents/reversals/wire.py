"""What reversing and correcting take and answer."""

from __future__ import annotations

import msgspec

from reskontra.documents.wire.answers import CreditNoteAnswer
from reskontra.web.wire import Answer, Body, Flag, sent


class ReversalRequest(Body):
    """Whether the answer shows the credit note."""

    returns_note: Flag | msgspec.UnsetType | None = sent("returnCreditNote")


class ReversalAnswer(Answer):
    """The result of reversing an invoice: the credit note's number, and the note itself if it was asked for."""

    number: str | None = msgspec.field(default=None, name="referenceNumber")
    credit_note: CreditNoteAnswer | None = msgspec.field(default=None, name="creditNoteDto")
    action_id: str | None = None
    action_result: str | None = None


class CorrectionAnswer(Answer):
    """The result of correcting an invoice: the draft that is to replace it."""

    number: str | None = msgspec.field(default=None, name="refNbr")
    document_type: str | None = None
    action_id: str | None = None
    action_result: str | None = None
