"""What pages know of a block of reminding."""

from __future__ import annotations

from datetime import datetime

import msgspec

from reskontra.pages.api import Api, segment
from reskontra.pages.document_kinds import REMINDED


class Block(msgspec.Struct):
    """Until when a document is blocked, if a day was said, and why."""

    reason: str
    until: datetime | None = None


def block_path(document_type: str, number: str) -> str:
    """Where the API has the block of a document."""
    return f"/v1/reskontra/remindingBlock/{document_type}/{segment(number)}"


async def block_of(api: Api, document_type: str, number: str, status: str) -> Block | None:
    """The block of an open document that letters may remind of; None without one."""
    if document_type not in REMINDED or status != "Open":
        return None
    return await api.find(Block, block_path(document_type, number))
