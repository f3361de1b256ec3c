"""What is sent with a file and about it, and how documents list their files."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import msgspec

from reskontra.web.pairs import AttachmentAnswer
from reskontra.web.wire import Body, Flag, Sent, sent


class AttachmentMetadata(Body):
    """The part `metadata` of an upload (ATT-01)."""

    include_in_mail: Sent[Flag] = sent("includeAttachmentInvoiceEmail")
    send_to_auto_invoice: Sent[Flag] = sent("sendToAutoInvoice")


class AttachmentUpdate(Body):
    """What may be changed about a file (ATT-06)."""

    send_to_auto_invoice: Sent[Flag] = sent("sendToAutoinvoice")


class _Listed(msgspec.Struct):
    """An entry of `store.attachments_of`."""

    line_number: int | None
    name: str
    id: str
    revision: int


_listed = msgspec.json.Decoder(list[_Listed])

FilesByLine = dict[int | None, list[AttachmentAnswer]]
"""Line number -> its files in the order added; the document's own are under None."""


def files_by_line(text: str | None) -> FilesByLine:
    """The column of `store.attachments_of` for an answer (ATT-04)."""
    found: FilesByLine = {}
    for entry in _listed.decode(text) if text else ():
        answer = AttachmentAnswer(name=entry.name, id=entry.id, revision=entry.revision)
        found.setdefault(entry.line_number, []).append(answer)
    return found


def address_of(attachment_id: UUID) -> str:
    """Where a file is found."""
    return f"/v1/attachment/{attachment_id}"


def disposition(name: str) -> str:
    """The Content-Disposition of a download (ATT-03): the name in ASCII for old clients, then as it is."""
    plain = "".join(sign if 32 <= ord(sign) < 127 and sign not in '"\\%' else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
