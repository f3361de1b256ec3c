"""What projects show of documents."""

from __future__ import annotations

from reskontra.kinds import KINDS

_SALES = ", ".join(f"'{name}'" for name, kind in KINDS.items() if kind.sales_sign)
_RETURNS = ", ".join(f"'{name}'" for name, kind in KINDS.items() if kind.sales_sign < 0)


def sold_on(number: str) -> str:
    """A scalar: the released lines of company $1's documents with this project, net in base currency (PRJ-01).

    `number` is an SQL expression; its case does not count. What was credited is taken off. Instalments sell nothing
    that the document they divide has not sold.
    """
    return f"""(select coalesce(sum(case when document.document_type in ({_RETURNS}) then -line.net_amount_base
                                         else line.net_amount_base end), 0)
                  from document
                  join document_line as line on line.company_id = $1 and line.document_id = document.document_id
                 where document.company_id = $1
                   and lower(document.project_id) collate "C" = lower({number} collate "C")
                   and document.document_type in ({_SALES})
                   and document.released_at is not null and document.master_document_id is null)"""
