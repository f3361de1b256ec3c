"""The address of credit terms: read only, they come with the company file."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page_object
from reskontra.changes.lists.wire import filtered, moment, same
from reskontra.terms.store import TERMS
from reskontra.terms.wire import TermsPage, terms_answer
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call

FILTERS = (
    same("termsId", "credit_terms.terms_id"),
    moment("createdDateTime", "credit_terms.created_at"),
    moment("lastModifiedDateTime", "credit_terms.modified_at"),
)


async def list_(call: Call) -> Response:
    """Credit terms by id: an array whose only item is the page (docs/QUIRKS.md)."""
    return await answer_page_object(
        call, TERMS, filtered(call), lambda found: terms_answer(found, call.zone), TermsPage
    )


ROUTES = (
    Addresses("/v1/creditTerm", "credit terms", TermsPage, plural="credit terms").many(
        "CreditTerm_GetCreditTerms", list_, filters=FILTERS
    ),
)
