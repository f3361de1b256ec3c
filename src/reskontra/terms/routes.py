"""The address of credit terms: read only, they come with the company file. Decides nothing."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.terms.store import list_terms
from reskontra.terms.wire import TermsPage, terms_answer
from reskontra.web.answers import json_answer
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.routing import Route


async def list_(call: Call) -> Response:
    """Credit terms by id: an array whose only item is the page (docs/QUIRKS.md)."""
    async with call.database.connection() as connection:
        terms = await list_terms(
            connection,
            call.company_id,
            terms_id=call.query.text("termsId"),
            created=call.query.moment("createdDateTime"),
            modified=call.query.moment("lastModifiedDateTime"),
        )
    page = page_of(call.query)
    shown = TermsPage(
        page_number=page.offset // page.limit + 1,
        page_size=page.limit,
        total_count=len(terms),
        records=[terms_answer(found, call.zone) for found in terms[page.offset : page.offset + page.limit]],
    )
    return json_answer([shown])


ROUTES = (
    Route(
        "CreditTerm_GetCreditTerms",
        "GET",
        "/v1/creditTerm",
        list_,
        "reading credit terms",
        answer=TermsPage,
        lists=True,
    ),
)
