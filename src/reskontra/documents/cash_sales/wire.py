"""What the actions on cash sales answer. They are extensions of ours."""

from __future__ import annotations

from reskontra.documents.wire.answers import ReleaseAnswer


class CashReturnAnswer(ReleaseAnswer):
    """The result of reversing a cash sale: the return that it made."""

    document_type: str | None = None
    reference_number: str | None = None
