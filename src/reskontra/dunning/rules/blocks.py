"""Blocks of reminding: which documents may be kept from letters, until when, and how that is told (DUN-08)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import UNRELEASED
from reskontra.errors import Refused
from reskontra.kinds import KINDS
from reskontra.receivables.rules.items import ENDLESS, FEE_ORIGIN, day_freed

if TYPE_CHECKING:
    from reskontra.receivables.store.blocks import Blockable


def check_blockable(found: Blockable) -> None:
    """Refuses to block what no letter would remind of anyway."""
    kind = KINDS[found.document_type]
    name = f"The {kind.noun} {found.number}"
    if not kind.may_be_reminded:
        nouns = [it.noun for it in KINDS.values() if it.may_be_reminded]
        raise Refused(
            f"{name} can't be blocked: a {kind.noun} is never reminded of.",
            hint=f"Only documents that letters remind of are blocked: {', '.join(nouns)}.",
        )
    if found.origin == FEE_ORIGIN:
        raise Refused(f"{name} can't be blocked: it is the fee of a letter, which no letter reminds of.")
    if found.status in UNRELEASED:
        raise Refused(f"{name} can't be blocked because it is not released.", hint="Release it first.")
    if found.status != "Open":
        raise Refused(
            f"{name} can't be blocked because it is {found.status.lower()}.",
            hint="Only an open document is reminded of.",
        )


def asked_block(changes: Mapping[str, Any], today: date) -> tuple[date, str]:
    """The day until which a document is to be blocked (`ENDLESS` if none was sent), and why."""
    until, reason = changes.get("until") or ENDLESS, (changes.get("reason") or "").strip()
    if until <= today:
        raise Refused(
            f"A block until {until} holds for no letter any more: today is {today}.",
            field=("until",),
            value=until.isoformat(),
            hint="Send a later day, the first on which a letter may remind of it again; or none, to block it until "
            "the block is lifted.",
        )
    if not reason:
        raise Refused(
            "A block needs a reason.",
            field=("reason",),
            value=changes.get("reason"),
            hint="Send why it is not reminded of, in up to 255 characters.",
        )
    return until, reason


def block_told(document_type: str, number: str, until: date | None, reason: str | None) -> str:
    """A block as a sentence."""
    freed = day_freed(until)
    day = f" until {freed}" if freed else ""
    end = "" if (reason or "").endswith((".", "!", "?")) else "."
    noun = KINDS[document_type].noun
    return f"{noun[:1].upper()}{noun[1:]} {number} is blocked{day}: {reason}{end}"
