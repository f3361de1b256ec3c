"""Storing files and saying where they go. Who may attach what to a document is up to the room of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from reskontra.attachments import store
from reskontra.attachments.rules import Owner, ReceivedFile, check_total
from reskontra.attachments.store import Named
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.versions import Expected, check_expected


async def store_file(
    connection: Connection, context: Context, owner: Owner, file: ReceivedFile, *, total_limit: int | None
) -> Named:
    """Keep a file: a new one, or a new revision of the one that has its name (ATT-02). The caller locks the owner."""
    if total_limit is not None:
        check_total(await store.lock_total(connection, context.company_id), file.size, total_limit)
    standing = await store.find_named(connection, context.company_id, owner, file.name)
    named = Named(standing.attachment_id, standing.revision + 1) if standing else Named(context.clock.new_id(), 1)
    await store.store_revision(connection, context, owner, file, named)
    return named


async def change_file(
    connection: Connection, context: Context, attachment_id: UUID, changes: Mapping[str, Any], expected: Expected
) -> int:
    """Mark a file for the electronic invoice or not (ATT-06); returns its version, a new one if that changed it."""
    found = await store.lock_file(connection, context.company_id, attachment_id)
    if found is None:
        raise NotFound("attachment", attachment_id)
    check_expected(expected, found.version, what=f"attachment {attachment_id}")
    wanted = bool(changes.get("send_to_auto_invoice", found.send_to_auto_invoice))
    if wanted == found.send_to_auto_invoice:
        return found.version
    return await store.mark_file(connection, context, attachment_id, send_to_auto_invoice=wanted)
