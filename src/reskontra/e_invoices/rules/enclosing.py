"""Which files may go with an e-invoice (ATT-06)."""

from __future__ import annotations

from collections.abc import Iterator

from reskontra.e_invoices.e_invoice import EInvoice, Failure

LARGEST = 10 * 1024 * 1024
"""Bytes of all files of an e-invoice; access points of the network take little more."""

_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
"""By the end of the name: those that the network takes."""


def media_type_of(name: str) -> str | None:
    """The type of a file by its name; None if the network does not take it."""
    return _MEDIA_TYPES.get(name.rpartition(".")[2].lower())


def broken_by_files(invoice: EInvoice) -> Iterator[Failure]:
    """What the files of an e-invoice break."""
    for file in invoice.attachments:
        if media_type_of(file.name) is None:
            yield Failure(
                rule="PEPPOL-EN16931-CL001",
                reason=f"The file '{file.name}' is of no type that e-invoices take.",
                mend=f"Take its mark sendToAutoInvoice away; {', '.join(_MEDIA_TYPES)} are taken.",
            )
    if any(file.content is None for file in invoice.attachments):
        size = sum(file.size for file in invoice.attachments)
        yield Failure(
            rule="ATT-06",
            reason=f"The files of the e-invoice have {size} bytes, more than {LARGEST}.",
            mend="Take the mark sendToAutoInvoice of some of them away.",
        )
