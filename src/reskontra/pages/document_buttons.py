"""What can be done with a document of each kind in each state (docs/STATES.md): one word for each button."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from reskontra.kinds import CREDITS, DEBITS
from reskontra.pages.changes import Change
from reskontra.pages.document_kinds import DRAFTS, REMINDED, DocumentKind

if TYPE_CHECKING:
    from reskontra.pages.document import Document, Payment

ROLES: Mapping[str, str] = {"print": "reader", "void": "controller", "write off": "controller"}
"""Who may use a button, where that is not a bookkeeper."""

_VOIDED = ("Payment", "Prepayment", "Refund")
_WAITING = ("PendingPrint", "PendingEmail")
_TAKEN_OVER = "opening"
"""The origin, in the log, of what an older system made: it is neither reversed, corrected nor voided."""


def buttons_of(kind: DocumentKind, document: Document | Payment, changes: Sequence[Change]) -> frozenset[str]:
    """The actions that the document takes now, as far as its state tells."""
    if document.status in DRAFTS:
        return frozenset(_of_draft(kind, document))
    return frozenset(_of_released(kind, document, changes[0].new("origin") if changes else ""))


def _of_draft(kind: DocumentKind, document: Document | Payment) -> Iterator[str]:
    if kind.print_path:
        yield "print"
    if kind.is_edited:
        yield "edit"
    yield "delete"
    if document.status in _WAITING:
        yield "skip"
    yield "lift" if document.hold else "hold"
    if document.status == "Balanced":
        yield "release"


def _of_released(kind: DocumentKind, document: Document | Payment, origin: str) -> Iterator[str]:
    name, status = kind.document_type, document.status
    is_owed, is_credit = name in DEBITS, name in CREDITS
    if kind.print_path:
        yield "print"
    if kind.rules.may_be_reserved and status in ("Open", "Reserved"):
        yield "lift" if status == "Reserved" else "hold"
    if is_credit and status == "Open":
        yield "apply"
    if (is_owed or is_credit) and status == "Open":
        yield "write off"
    if is_owed and status == "Open":
        yield "pay"
        yield "due"
    if name in REMINDED and status == "Open":
        yield "reminding"
    if origin == _TAKEN_OVER:
        return
    if name in _VOIDED and status in ("Open", "Closed", "Reserved"):
        yield "void"
    if name == "Invoice" and status in ("Open", "Closed"):
        yield "credit"
        if status == "Open" and _is_whole(document):
            yield "correct"
    if name == "CashSale" and status == "Closed":
        yield "return"


def _is_whole(document: Document | Payment) -> bool:
    """Whether nothing settled it yet."""
    return getattr(document, "balance", None) == getattr(document, "amount", 0)
