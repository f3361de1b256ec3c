"""The addresses outside the API: health, metrics, tokens, the companies of a token, the reference."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.responses import RedirectResponse, Response

from reskontra.errors import Refusal
from reskontra.web.answers import json_answer
from reskontra.web.auth import Guard
from reskontra.web.metrics import Metrics
from reskontra.web.openapi import Reference
from reskontra.web.query import Query
from reskontra.web.reference import script
from reskontra.web.routing import PREFIXES
from reskontra.web.server import PageHandler
from reskontra.web.tokens import TokenDesk, discovery
from reskontra.web.visit import Visit

_TOKEN_REQUEST_LIMIT = 16 * 1024
_HTML = "text/html; charset=utf-8"


TOKEN_PATHS = ("/connect/token", *("/".join(("", *prefix, "security/api/v2/token")) for prefix in PREFIXES))
"""Where tokens are, in lower case: now, and on the old host."""


def pages(
    *,
    guard: Guard,
    tokens: TokenDesk,
    metrics: Metrics,
    is_ready: Callable[[], Awaitable[bool]],
    reference: Reference,
    front: str,
) -> Mapping[str, Mapping[str, PageHandler]]:
    """The table of pages: path in lower case -> method -> handler. `front` is where browsers are led from `/`."""

    async def healthy(visit: Visit) -> Response:
        return json_answer({"status": "ok"})

    async def ready(visit: Visit) -> Response:
        try:
            if await is_ready():
                return json_answer({"status": "ready"})
            reason = ""
        except Refusal as refusal:
            reason = refusal.reason
        return json_answer({"status": "not ready", "reason": reason}, 503, {"Retry-After": "1"})

    async def figures(visit: Visit) -> Response:
        return metrics.answer()

    async def openapi_document(visit: Visit) -> Response:
        served_only = Query(visit.query_string).flag("served")
        text = await asyncio.to_thread(reference.openapi, visit.base_url, served_only=served_only)
        return json_answer(text)

    async def openid(visit: Visit) -> Response:
        return json_answer(discovery(visit.base_url))

    async def token(visit: Visit) -> Response:
        return await tokens.answer(visit.headers, visit.peer, await visit.body(_TOKEN_REQUEST_LIMIT))

    async def context(visit: Visit) -> Response:
        caller = await guard.caller(visit.headers, visit.peer)
        found = [{"id": company.company_id, "name": company.name, "type": "company"} for company in caller.companies]
        return json_answer(found)

    table: dict[str, Mapping[str, PageHandler]] = {
        "/": {"GET": partial(_home, front)},
        "/healthz": {"GET": healthy},
        "/readyz": {"GET": ready},
        "/metrics": {"GET": figures},
        "/openapi.json": {"GET": openapi_document},
        "/docs": {"GET": partial(_reference_page, reference)},
        "/docs.js": {"GET": _reference_script},
        "/.well-known/openid-configuration": {"GET": openid},
        **{path: {"POST": token} for path in TOKEN_PATHS},
    }
    for prefix in PREFIXES:
        table["/".join(("", *prefix, "resources/v1/context"))] = {"GET": context}
        table["/".join(("", *prefix, "resources/v1/context/userdetails"))] = {"GET": partial(_user, guard)}
    return table


async def _home(front: str, visit: Visit) -> Response:
    is_browser = "text/html" in visit.headers.get("accept", "").lower()
    return RedirectResponse(visit.base_url + (front if is_browser else "/docs"), 302, {"Vary": "Accept"})


async def _reference_page(reference: Reference, visit: Visit) -> Response:
    query, base_url = Query(visit.query_string), visit.base_url
    name, status = query.text("operation"), 200
    if name:
        page = await asyncio.to_thread(reference.operation_page, base_url, name)
        if page is None:
            page, status = await asyncio.to_thread(reference.page_without, base_url, name), 404
    elif query.flag("quirks"):
        page = await asyncio.to_thread(reference.quirks_page, base_url)
    else:
        page = await asyncio.to_thread(reference.page, base_url, query.text("q") or "")
    return Response(page, status, headers={"Content-Type": _HTML, "Content-Security-Policy": _NOTHING_FOREIGN})


async def _reference_script(visit: Visit) -> Response:
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return Response(script(), headers=headers)


async def _user(guard: Guard, visit: Visit) -> Response:
    """Whom the token belongs to. No person stands behind an API client, so its id is all there is to tell."""
    caller = await guard.caller(visit.headers, visit.peer)
    return json_answer([{"emailAddress": "", "firstName": caller.actor, "lastName": ""}])


_NOTHING_FOREIGN = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
