"""Releasing or deleting many documents: a trial of each first, then those that can be, then what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from reskontra.errors import Malformed, NotFound, Refusal, Unavailable
from reskontra.pages.api import Trial, segment
from reskontra.pages.document import Document, Payment, read_document
from reskontra.pages.document_actions import LIST
from reskontra.pages.document_kinds import DocumentKind, kind_named
from reskontra.pages.screen import Screen

_MOST = 200

Name = tuple[DocumentKind, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A document, and why it is refused; empty if it is not. `thing` is None if there is none any more."""

    kind: DocumentKind
    number: str
    why: str
    thing: Document | Payment | None
    etag: str = ""

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.kind.document_type}/{self.number}"


async def show_bulk(screen: Screen) -> Response:
    """POST: which of the chosen documents can be released or deleted, and why the others cannot."""
    form = await screen.form()
    verb, names = _verb(form.get("do", "")), _named(form.all("document"))
    back = form.get("back", "")
    if not names:
        address = back
        return screen.go(address if address.startswith(LIST) else LIST, "No document was chosen.")
    judged = [await _judged(screen, verb, name) for name in names]
    return screen.show(
        "bulk.html",
        verb=verb,
        ready=[it for it in judged if not it.why],
        refused=[it for it in judged if it.why],
    )


async def run_bulk(screen: Screen) -> Response:
    """POST: do it, each document by itself, and lead to the page that says what came of it."""
    form = await screen.form()
    verb, names = _verb(form.get("do", "")), _named(form.all("document"))
    done, refused = [], []
    for kind, number in names:
        request = _request(verb, kind, number)
        try:
            if_match = form.text(f"etag.{kind.document_type}/{number}")
            await screen.api.send(request.method, request.path, request.content, if_match=if_match)
        except Unavailable:
            raise
        except Refusal:
            refused.append(f"{kind.document_type}/{number}")
        else:
            done.append(f"{kind.document_type}/{number}")
    refused += form.all("refused")
    words = "&".join(
        [f"do={verb}", *(f"done={segment(name)}" for name in done), *(f"refused={segment(name)}" for name in refused)]
    )
    return screen.go(f"/ui/documents/bulk/result?{words}")


async def show_result(screen: Screen) -> Response:
    """What came of it: the address holds which documents, their state is that of now."""
    query = screen.query
    verb = _verb(query.get("do", ""))
    done = [await _as_it_is(screen, name) for name in _named(query.all("done"))]
    refused = [await _judged(screen, verb, name) for name in _named(query.all("refused"))]
    return screen.show("bulk_result.html", verb=verb, done=done, refused=refused)


async def _judged(screen: Screen, verb: str, name: Name) -> Judged:
    """A document by a trial."""
    found = await _as_it_is(screen, name)
    if found.why:
        return found
    try:
        await screen.api.tried(_request(verb, *name))
    except Unavailable:
        raise
    except Refusal as refusal:
        return Judged(found.kind, found.number, screen.why(refusal), found.thing)
    return found


async def _as_it_is(screen: Screen, name: Name) -> Judged:
    kind, number = name
    try:
        read = await read_document(screen, kind, number)
        return Judged(kind, number, "", read.thing, read.etag)
    except NotFound as missing:
        return Judged(kind, number, screen.why(missing), None)


def _request(verb: str, kind: DocumentKind, number: str) -> Trial:
    if verb == "delete":
        return Trial("DELETE", kind.deletion(number))
    body = {"type": {"value": kind.document_type}} if kind.is_payment else None
    return Trial("POST", kind.action(number, "release"), body)


def _verb(text: str) -> str:
    if text not in ("release", "delete"):
        raise Malformed("This cannot be done with many documents.", field=("do",), value=text)
    return text


def _named(texts: Iterable[str]) -> Sequence[Name]:
    names = []
    for text in texts:
        document_type, _, number = text.partition("/")
        names.append((kind_named(document_type), number))
    if len(names) > _MOST:
        raise Malformed(f"{len(names)} documents are too many at once.", hint=f"Choose at most {_MOST}.")
    return names
