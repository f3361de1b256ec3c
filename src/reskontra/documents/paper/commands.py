"""Printing documents: the door for whoever sends them, and the addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reskontra.clock import Context
from reskontra.documents.paper.store import Beside, find_beside
from reskontra.documents.paper.wire.page import laid_out
from reskontra.documents.paper.wire.printable import Printable
from reskontra.documents.rules.instalments import parts_of
from reskontra.documents.rules.issuing import printed_by, shown_by
from reskontra.documents.store.loading import Loaded, load_document
from reskontra.errors import NotFound, Refused
from reskontra.kinds import Kind
from reskontra.letterheads.rules import letterhead_of, logo_of
from reskontra.letterheads.store import KeptLetterhead
from reskontra.printing.pdf import PdfFile, file_name, make_pdf
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.rules.paper import PaperType
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.web.call import Database

LAYOUT = "documents/paper/document.typ"


async def print_document(database: Database, context: Context, kind: Kind, number: str) -> PdfFile:
    """A document as a PDF; a draft or voided one is marked (PAP-07).

    What it shows is what it showed when it was released, so the same document is the same bytes (PAP-03, decision
    0031). Raises `NotFound`, and `Unavailable` if it takes too long.
    """
    return await print_loaded(await load_printable(database, context, kind, number))


async def print_released(database: Database, context: Context, kind: Kind, number: str) -> PdfFile:
    """The same for whoever sends documents. Raises `Refused` for a draft."""
    printable = await load_printable(database, context, kind, number)
    if not printable.document.is_released:
        raise Refused(
            f"The {kind.noun} {printable.document.number} is not released.", hint="Release it before sending it."
        )
    return await print_loaded(printable)


async def load_printable(database: Database, context: Context, kind: Kind, number: str) -> Printable:
    """A document with all that its print shows. Raises `NotFound`."""
    async with database.connection() as connection:
        loaded = await load_document(connection, context, kind.document_type, number, None)
        if loaded is None:
            raise NotFound(kind.noun, number)
        reference = await remembered.at(connection, context.company_id, loaded.reference_version)
        beside = await find_beside(connection, context.company_id, loaded.document_id)
    return _printable(kind, loaded, beside, reference)


async def print_loaded(printable: Printable) -> PdfFile:
    """The PDF of what was loaded."""
    kind, document = printable.kind, printable.document
    moment = document.released_at or document.modified_at
    if moment is None:
        raise LookupError("a stored document has a moment")
    pdf = await make_pdf(LAYOUT, lambda: laid_out(printable), moment, noun=kind.noun)
    return PdfFile(file_name(kind.noun, document.number), pdf)


def _printable(kind: Kind, loaded: Loaded, beside: Beside, reference: Reference) -> Printable:
    document, debtor = loaded.document, loaded.debtor
    if document is None or debtor is None:
        raise LookupError("a document has a customer")
    shown = beside.shown if document.is_released else None
    printed = shown.printed if shown else None
    logo = logo_of(reference, document.branch_number)
    today = KeptLetterhead(
        letterhead_of(reference, document.branch_number, PaperType(document.document_type)),
        logo.content if logo else None,
    )
    return Printable(
        kind=kind,
        document_id=loaded.document_id,
        document=document,
        shown=shown or shown_by(document, debtor, reference),
        printed=printed or replace(printed_by(document, debtor, reference), your_reference=beside.your_reference),
        letterhead=(beside.letterhead if shown else None) or today,
        beside=beside,
        planned=() if document.is_released else parts_of(kind, document, reference),
        reference=reference,
    )
