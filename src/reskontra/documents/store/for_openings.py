"""Fragments that write the lines of documents which are taken over from an older system, and what they show."""

from __future__ import annotations

from reskontra.documents.store.writing import LINE, SENT_LINE, keep_shown


def opened_lines(source: str) -> str:
    """CTEs `lined` and `issued`: lines and what is shown of the documents of `source`.

    `source` has document_id, `lines` and `shown`, both JSON, and lines_text, which is null for money.
    """
    shown = f"(select document_id, shown from {source} where lines_text is not null) as opened"
    return f"""lined as (
        insert into document_line (company_id, document_id, {LINE})
        select $1, {source}.document_id, {SENT_LINE}
          from {source}, json_populate_recordset(null::document_line, {source}.lines) as line),
    {keep_shown(shown, "opened.document_id", "opened.shown")}"""
