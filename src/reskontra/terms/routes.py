"""The address of credit terms: read only, they come with the company file."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import read_list
from reskontra.changes.lists.wire import filtered, moment, same
from reskontra.terms.store import TERMS
from reskontra.terms.wire import TermsPage, terms_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import json_answer
from reskontra.web.call import Call
from reskontra.web.listing import page_of

FILTERS = (
    same("termsId", "credit_terms.terms_id"),
    moment("createdDateTime", "credit_terms.created_at"),
    moment("lastModifiedDateTime", "credit_terms.modified_at"),
)


async def list_(call: Call) -> Response:
    """Credit terms by id: an array whose only item is the page (docs/QUIRKS.md)."""
    page, filters = page_of(call.query), filtered(call)
    async with call.database.connection() as connection:
        listed = await read_list(call, connection, TERMS, filters)
        # Such a page says how many terms there are when it has none, too.
        total = listed.total or (await TERMS.total(connection, filters)).count
    shown = TermsPage(
        page_number=page.offset // page.limit + 1,
        page_size=page.limit,
        total_count=total,
        records=[terms_answer(found, call.zone) for found in listed.rows],
    )
    return json_answer([shown])


ROUTES = (
    Addresses("/v1/creditTerm", "credit terms", TermsPage, plural="credit terms").many(
        "CreditTerm_GetCreditTerms", list_, filters=FILTERS
    ),
)
