"""What a person chooses for their own browser: company, language, colours, keys. And data as programs get them."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.errors import Malformed
from reskontra.pages.screen import (
    COMPANY_COOKIE,
    KEYS_COOKIE,
    LANGUAGE_COOKIE,
    ROOT,
    THEME_COOKIE,
    THEMES,
    Screen,
)
from reskontra.pages.words import LANGUAGES
from reskontra.users.commands import set_language

_PDF = "application/pdf"
_YEAR_SECONDS = 365 * 24 * 60 * 60


async def choose_company(screen: Screen) -> Response:
    """POST: work in another company from now on."""
    chosen = (await screen.form()).get("company", "")
    if chosen not in {str(company.company_id) for company in screen.person.companies}:
        raise Malformed("There is no such company.", field=("company",), value=chosen)
    return _kept(screen, screen.go(f"{ROOT}/"), COMPANY_COOKIE, chosen)


async def show_preferences(screen: Screen) -> Response:
    """The language, the colours and the keys of this browser."""
    return screen.show("preferences.html")


async def change_preferences(screen: Screen) -> Response:
    """POST: keep what was chosen."""
    form = await screen.form()
    language = form.text("language")
    if language in LANGUAGES and language is not None and not screen.person.is_sandbox:
        async with screen.api.engine.database.transaction() as connection:
            await set_language(connection, screen.person.actor, language)
    answer = screen.go(f"{ROOT}/preferences", "Kept.")
    for cookie, name, allowed in (
        (LANGUAGE_COOKIE, "language", LANGUAGES),
        (THEME_COOKIE, "theme", THEMES),
        (KEYS_COOKIE, "keys", ("on", "off")),
    ):
        chosen = form.text(name)
        if chosen is not None and chosen in allowed:
            _kept(screen, answer, cookie, chosen)
    return answer


def _kept(screen: Screen, answer: Response, cookie: str, value: str) -> Response:
    answer.set_cookie(
        cookie, value, max_age=_YEAR_SECONDS, path=ROOT, httponly=True, samesite="lax", secure=screen.is_secure
    )
    return answer


async def fetch(screen: Screen) -> Response:
    """What GET of the API answers at the rest of the address: JSON, CSV or a PDF to download.

    It has the origin of the pages, so nothing in it may run: an attached file or a logo is somebody else's.
    """
    query = dict(screen.query.pairs)
    accept = screen.visit.headers.get("accept", "")
    address = screen.visit.raw_path.decode("latin-1").partition(f"{ROOT}/api")[2]
    answer = await screen.api.request("GET", address, query=query, accept=accept)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if not answer.headers.get("content-type", "").startswith(_PDF):
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
