"""How seals look on the wire, at addresses of our own."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from reskontra.changes.lists.wire import until
from reskontra.changes.seals.store import Seal
from reskontra.web.wire import Answer, MomentOut, field, local_text

FILTERS = (until("to", "change_seal.sealed_at"),)


class SealAnswer(Answer, kw_only=True):
    """A seal: how many changes it covers, up to which, and its digest as 64 hexadecimal digits."""

    seal_number: int
    sealed_at: MomentOut = field(name="sealedDateTime")
    sealed_until: MomentOut = field(name="sealedUntilDateTime")
    newest_change_id: int
    changes: int
    digest: str


def seal_answer(seal: Seal, zone: ZoneInfo) -> SealAnswer:
    """A seal as it is shown."""
    return SealAnswer(
        seal_number=seal.seal_number,
        sealed_at=local_text(seal.sealed_at, zone),
        sealed_until=local_text(seal.sealed_until, zone),
        newest_change_id=seal.newest_change_id,
        changes=seal.changes,
        digest=seal.digest.hex(),
    )
