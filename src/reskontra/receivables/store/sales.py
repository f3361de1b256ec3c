"""SQL of which documents are sales (BAL-04)."""

from __future__ import annotations

from reskontra.kinds import KINDS
from reskontra.receivables.rules.items import NO_SALES

SALES_KINDS = ", ".join(f"('{kind.document_type}', {kind.sales_sign})" for kind in KINDS.values() if kind.sales_sign)
"""Rows for `values`: a kind of document that sells, with 1, or that takes sales back, with -1."""

IS_SALE = "document.origin not in ({})".format(", ".join(f"'{origin}'" for origin in NO_SALES))
"""The condition that the lines of a document of such a kind are sales."""
