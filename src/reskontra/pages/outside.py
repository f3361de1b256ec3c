"""Pages for people of whom nothing is known yet: because the database is away, or because they may not come in."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.responses import Response

from reskontra.errors import NotAuthenticated, OutcomeUnknown, Refusal, Unavailable
from reskontra.pages.formats import Formats
from reskontra.pages.screen import FORM_LIMIT, HEADERS, LANGUAGE_COOKIE, Doorstep, cookies_of, render
from reskontra.pages.words import choose, later
from reskontra.web.errors import status_of
from reskontra.web.visit import Visit

_SECRET = "password"  # noqa: S105 - the name of a field
_FIELDS_MAX = 20_000


async def refused(visit: Visit, refusal: Refusal, *, is_read: bool) -> Response:
    """Why nobody could be let in, in the language of the browser, with what was typed to be sent again.

    `is_read`: whether the body was read already, which can be done once only. Raises `ClientGone`.
    """
    cookies = cookies_of(visit.headers)
    formats = Formats(choose(cookies.get(LANGUAGE_COOKIE), visit.headers.get("accept-language", "")))
    was_sent = visit.method == "POST" and not is_read
    values = {"was_sent": was_sent, "refusal": refusal, "sentence": _sentence(refusal), "status": status_of(refusal)}
    typed = await _typed(visit) if isinstance(refusal, Unavailable) and not is_read else []
    step = Doorstep(visit, formats, cookies)
    return Response(
        render("outside.html", step, typed=typed, here=here_of(visit), **values), status_of(refusal), HEADERS
    )


def signed_out(visit: Visit, form_at: str) -> Response:
    """What is told whoever sent a form after the session had ended. `form_at` is where the form is.

    The form is not carried along: it is sealed for the session that ended, and a page of ours that had a button for
    whatever was sent to it would lend its seal to other sites.
    """
    cookies = cookies_of(visit.headers)
    formats = Formats(choose(cookies.get(LANGUAGE_COOKIE), visit.headers.get("accept-language", "")))
    query = visit.query_string.decode("latin-1")
    to = here_of(visit) if query and visit.raw_path.decode("latin-1") == form_at else form_at
    step = Doorstep(visit, formats, cookies)
    is_script = "hx-request" in visit.headers
    return Response(render("signed_out.html", step, to=to, is_script=is_script), 401, HEADERS)


def is_safe_to_repeat(refusal: Refusal | None) -> bool:
    """Whether it is known that nothing was changed, since the database was away."""
    return isinstance(refusal, Unavailable) and not isinstance(refusal, OutcomeUnknown)


def kept(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was typed into a form, without passwords."""
    return [(name, value) for name, value in pairs if name != _SECRET]


def here_of(visit: Visit) -> str:
    """The address that was asked for, parameters included, from the root of the server on."""
    query = visit.query_string.decode("latin-1")
    return visit.raw_path.decode("latin-1") + (f"?{query}" if query else "")


def _sentence(refusal: Refusal) -> str | None:
    if isinstance(refusal, NotAuthenticated):
        return later("This page is only for people on the machine that the sandbox runs on.")
    if is_safe_to_repeat(refusal):
        return later("The database is away. Nothing was changed. Try again in a moment.")
    return None


async def _typed(visit: Visit) -> list[tuple[str, str]]:
    """What a form sent, if it was one."""
    media = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    if visit.method != "POST" or media != "application/x-www-form-urlencoded":
        return []
    try:
        text = (await visit.body(FORM_LIMIT)).decode("utf-8", "replace")
        return kept(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX))
    except (Refusal, ValueError):
        return []
