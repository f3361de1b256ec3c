"""SQL of credit terms: reading and adding them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.tables import Table
from reskontra.terms.rules.terms import Terms

TERMS_TABLE = Table(
    "terms",
    "credit_terms",
    Terms,
    ("terms_id",),
    entity="CreditTerms",
    renamed={"instalment_schedule": "instalment_parts"},
    # The days that follow from others (TRM-08) are stored too.
    written={
        "day_from_1": "case (sent).due_type when 'C' then 1 else 0 end",
        "day_from_2": "case (sent).due_type when 'C' then (sent).day_to_1 + 1 else 0 end",
        "day_to_2": "case (sent).due_type when 'C' then 31 else 0 end",
        "active": "(sent).visible_to <> 'DS'",
    },
    moments=("created_at", "modified_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTerms(Terms):
    """Terms and when they were made and changed (UTC)."""

    created_at: datetime
    modified_at: datetime


TERMS = Paged(
    entity="CreditTerms",
    found="select credit_terms.* from credit_terms where credit_terms.company_id = $1",
    key=("credit_terms.terms_id",),
    columns=as_record(f"{TERMS_TABLE.select_list}, created_at, modified_at"),
    read=json_record(ListedTerms),
    sort_key=lambda terms: (terms.terms_id,),
    is_tallied=False,
)
"""Terms by id."""
