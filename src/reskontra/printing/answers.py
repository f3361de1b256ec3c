"""The answer that is a printed document."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.printing.pdf import PdfFile

PDF = "application/pdf"


def pdf_answer(file: PdfFile) -> Response:
    """200 with a PDF that a browser may show."""
    return Response(file.content, 200, {"Content-Disposition": f'inline; filename="{file.name}"'}, media_type=PDF)
