"""What a file may be called, and what it may be shown as."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from typing import IO

from reskontra.errors import Refused

NAME_LENGTH = 255
UNKNOWN = "application/octet-stream"

_TEXT = "text/plain"
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Owner:
    """What a file is on: a document, or one of its lines."""

    document_id: int
    line_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file that is to be stored. `size` in bytes; `sha256` in hex; a flag that was not sent is None."""

    name: str
    content: IO[bytes]
    size: int
    sha256: str
    media_type: str
    include_in_mail: bool | None = None
    send_to_auto_invoice: bool | None = None


def file_name(sent: str) -> str:
    """The name that a file is kept under (ATT-02): the last segment of a path, without control characters, in NFC.

    Raises `Refused` for a name without an extension (ATT-01) or of more than 255 characters.
    """
    segment = re.split(r"[/\\]", sent)[-1]
    name = unicodedata.normalize("NFC", "".join(sign for sign in segment if unicodedata.category(sign)[0] != "C"))
    name = name.strip()
    stem, _, extension = name.rpartition(".")
    if not stem or not extension:
        raise Refused(f"The file name '{name}' has no extension.", value=sent, hint="Send a name such as contract.pdf.")
    if len(name) > NAME_LENGTH:
        raise Refused(
            f"The file name '{name[:40]}...' has {len(name)} characters.", hint=f"Send at most {NAME_LENGTH}."
        )
    return name


def name_key(name: str) -> str:
    """What two names have in common that differ in case only."""
    return unicodedata.normalize("NFC", name.casefold())


def media_type_of(start: bytes) -> str:
    """What a file that begins so may be shown as (ATT-03). Whatever a browser could run is text or unknown."""
    for signature, media_type in _SIGNATURES:
        if start.startswith(signature):
            return media_type
    return _TEXT if _is_text(start) else UNKNOWN


def _is_text(start: bytes) -> bool:
    """The start may end inside a character."""
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return not _CONTROL.search(codecs.getincrementaldecoder(encoding)().decode(start))
    except UnicodeDecodeError:
        return False


def check_total(total: int, added: int, limit: int | None) -> None:
    """Refuses a file for which the company has no room left (ATT-05). All are numbers of bytes; None is no limit."""
    if limit is not None and total + added > limit:
        raise Refused(
            f"The files of the company take {total} bytes; with {added} more they would exceed its limit of {limit}.",
            hint="Send a smaller file, or raise preferences.attachments.max_total.",
        )
