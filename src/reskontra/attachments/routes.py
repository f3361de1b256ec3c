"""The addresses of files. They are attached below the address of their document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from reskontra.attachments import commands, store
from reskontra.attachments.rules import UNKNOWN
from reskontra.attachments.wire import AttachmentUpdate, address_of, disposition
from reskontra.errors import NotFound
from reskontra.web.addresses import Addresses
from reskontra.web.answers import no_content
from reskontra.web.call import Call
from reskontra.web.wire import changes, etag_of

# A browser that is led to a file must neither run it nor guess what it is (ATT-03).
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


async def download(call: Call) -> Response:
    """GET the newest revision of a file, byte for byte."""
    found = await call.find("attachment", store.find_file, _id_of(call))
    headers = {
        **_HARMLESS,
        "Content-Type": found.media_type,
        "Content-Disposition": disposition(found.name),
        "Content-Length": str(found.size),
        "ETag": f'"{etag_of(found.version)}"',
    }
    return StreamingResponse(_pieces(call, found), headers=headers)


async def change(call: Call) -> Response:
    """PUT whether a file goes with the electronic invoice."""
    sent = changes(call.decode(AttachmentUpdate))
    attachment_id = _id_of(call)
    async with call.database.transaction() as connection:
        version = await commands.change_file(connection, call.context, attachment_id, sent, call.if_match)
    return no_content(call, address_of(attachment_id), version)


async def _pieces(call: Call, found: store.Found) -> AsyncIterator[bytes]:
    """Each piece by a connection that is given back before it is sent: clients may be slow."""
    position = sent = 0
    while sent < found.size:
        async with call.database.connection() as connection:
            piece = await store.find_piece(connection, call.company_id, found.attachment_id, found.revision, position)
        if piece is None:
            raise LookupError(f"attachment {found.attachment_id} ends too early: its document was deleted")
        yield piece
        position, sent = position + 1, sent + len(piece)


def _id_of(call: Call) -> UUID:
    text = call.params["attachmentId"]
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("attachment", text) from None


_ATTACHMENTS = Addresses("/v1/attachment", "attachment", body=AttachmentUpdate)
ROUTES = [
    _ATTACHMENTS.file("Attachment_GetByattachmentId", download, "{attachmentId}", "reading", UNKNOWN),
    _ATTACHMENTS.put("Attachment_PutByattachmentId", change, "{attachmentId}"),
]
