"""Attaching a file to a document or to one of its lines, whatever the document's status (ATT-04)."""

from __future__ import annotations

from reskontra.attachments.commands import store_file
from reskontra.attachments.rules import Owner, ReceivedFile
from reskontra.attachments.store import Named
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.documents.store import attaching
from reskontra.errors import NotFound
from reskontra.kinds import Kind
from reskontra.receivables.commands import locks
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected


async def attach(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    *,
    line_number: int | None,
    file: ReceivedFile,
    expected_version: Expected,
) -> tuple[Named, int]:
    """Store a file on a document, or on a line of it; returns the file and the document's new version (ATT-02)."""
    await locks.take_documents(connection, context, [(kind.document_type, number)])
    found = await attaching.find_owner(connection, context.company_id, kind.document_type, number, line_number)
    if found is None:
        raise NotFound(kind.noun, number)
    if not found.has_line:
        raise NotFound(reason=f"The {kind.noun} {found.number} has no line {line_number}.")
    check_expected(expected_version, found.version, what=f"{kind.noun} {found.number}")
    reference = await remembered.at(connection, context.company_id, None)
    limit = reference.preferences.attachments.max_total
    named = await store_file(connection, context, Owner(found.document_id, line_number), file, total_limit=limit)
    version = await attaching.note_attachment(
        connection,
        context,
        kind.document_type,
        found,
        attached={"attachment": [named.attachment_id], "name": [file.name], "revision": [named.revision]},
    )
    return named, version
