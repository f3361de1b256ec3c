"""What is done with many documents: a trial of each first, then those that can be, then what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, NotFound, Objection
from reskontra.pages.api import Trial, segment
from reskontra.pages.document import Document, Payment, read_document
from reskontra.pages.document_actions import LIST
from reskontra.pages.document_kinds import DocumentKind, kind_named
from reskontra.pages.screen import Screen

_MOST = 200

Name = tuple[DocumentKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What can be done with many. All words are English keys; `can`, `button` and `done` are counted."""

    heading: str
    can: str
    button: str
    done: str
    is_dangerous: bool = False


VERBS: Mapping[str, Verb] = {
    "release": Verb(
        heading="Release the chosen",
        can="{count} can be released",
        button="Release one document|Release {count} documents",
        done="1 released|{count} released",
    ),
    "send": Verb(
        heading="Send the chosen by mail",
        can="{count} can be sent",
        button="Send one mail|Send {count} mails",
        done="1 mail goes out|{count} mails go out",
    ),
    "hold": Verb(
        heading="Put the chosen on hold",
        can="{count} can be put on hold",
        button="Put one document on hold|Put {count} documents on hold",
        done="1 put on hold|{count} put on hold",
    ),
    "delete": Verb(
        heading="Delete the chosen drafts",
        can="{count} can be deleted",
        button="Delete one draft|Delete {count} drafts",
        done="1 deleted|{count} deleted",
        is_dangerous=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A document, and why it is refused; empty if it is not. `thing` is None if there is none any more."""

    kind: DocumentKind
    number: str
    why: str
    thing: Document | Payment | None
    etag: str = ""
    to: str = ""
    """Whom a mail goes to."""

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.kind.document_type}/{self.number}"


async def show_bulk(screen: Screen) -> Response:
    """POST: which of the chosen documents it can be done with, and why not with the others. Printing needs no trial."""
    form = await screen.form()
    asked, names = form.get("do", ""), _named(form.all("document"))
    if not names:
        back = form.get("back", "")
        return screen.go(back if back.startswith(LIST) else LIST, "No document was chosen.")
    if asked == "print":
        words = "&".join(f"document={segment(f'{kind.document_type}/{number}')}" for kind, number in names)
        return screen.go(f"{LIST}/bulk/print?{words}")
    verb = _verb(asked)
    judged = [await _judged(screen, asked, name) for name in names]
    return screen.show(
        "bulk.html",
        verb=verb,
        do=asked,
        ready=[it for it in judged if not it.why],
        refused=[it for it in judged if it.why],
    )


async def show_print(screen: Screen) -> Response:
    """The PDF of each of some documents, as links."""
    found = [await _as_it_is(screen, name) for name in _named(screen.query.all("document"))]
    printed = [it for it in found if it.thing is not None and it.kind.print_path]
    why = screen.formats.say("This kind of document is not printed.")
    refused = [it if it.why else replace(it, why=why) for it in found if it not in printed]
    return screen.show("bulk_print.html", printed=printed, refused=refused)


async def run_bulk(screen: Screen) -> Response:
    """POST: do it, each document by itself, and lead to the page that says what came of it."""
    form = await screen.form()
    do, names = form.get("do", ""), _named(form.all("document"))
    _verb(do)
    done, refused = [], []
    for kind, number in names:
        request = _request(screen, do, kind, number)
        try:
            if_match = form.text(f"etag.{kind.document_type}/{number}") if do != "send" else None
            await screen.api.send(request.method, request.path, request.content, if_match=if_match)
        except Objection:
            refused.append(f"{kind.document_type}/{number}")
        else:
            done.append(f"{kind.document_type}/{number}")
    refused += form.all("refused")
    words = "&".join(
        [f"do={do}", *(f"done={segment(name)}" for name in done), *(f"refused={segment(name)}" for name in refused)]
    )
    return screen.go(f"/ui/documents/bulk/result?{words}")


async def show_result(screen: Screen) -> Response:
    """What came of it: the address holds which documents, their state is that of now."""
    query = screen.query
    do = query.get("do", "")
    verb = _verb(do)
    done = [await _as_it_is(screen, name) for name in _named(query.all("done"))]
    refused = [await _judged(screen, do, name) for name in _named(query.all("refused"))]
    return screen.show("bulk_result.html", verb=verb, done=done, refused=refused)


class _Mail(msgspec.Struct):
    to: list[str] = []


class _Asked(msgspec.Struct):
    mail: _Mail


async def _judged(screen: Screen, do: str, name: Name) -> Judged:
    """A document by a trial. A mail has a trial of its own, which says where it would go."""
    found = await _as_it_is(screen, name)
    if found.why:
        return found
    try:
        request = _request(screen, do, *name)
        if do == "send":
            answer = await screen.api.send(request.method, request.path, {"dryRun": True})
            return replace(found, to=", ".join(msgspec.json.decode(answer.body, type=_Asked).mail.to))
        await screen.api.tried(request)
    except Objection as refusal:
        return Judged(found.kind, found.number, screen.why(refusal), found.thing)
    return found


async def _as_it_is(screen: Screen, name: Name) -> Judged:
    kind, number = name
    try:
        read = await read_document(screen, kind, number)
        return Judged(kind, number, "", read.thing, read.etag)
    except NotFound as missing:
        return Judged(kind, number, screen.why(missing), None)


def _request(screen: Screen, do: str, kind: DocumentKind, number: str) -> Trial:
    """What does it. Raises `Malformed` where a kind has nothing of the sort."""
    if do == "delete":
        return Trial("DELETE", kind.deletion(number))
    if do == "hold":
        return Trial("PUT", kind.address(number), {"hold": {"value": True}})
    if do == "send":
        if not kind.is_mailed:
            raise Malformed(screen.formats.say("This kind of document is not sent by mail."))
        return Trial("POST", f"{kind.path_of_ours}/{segment(number)}/action/email", {})
    return Trial("POST", kind.action(number, "release"), kind.body)


def _verb(text: str) -> Verb:
    if text not in VERBS:
        raise Malformed("This cannot be done with many documents.", field=("do",), value=text)
    return VERBS[text]


def _named(texts: Iterable[str]) -> Sequence[Name]:
    names = []
    for text in texts:
        document_type, _, number = text.partition("/")
        names.append((kind_named(document_type), number))
    if len(names) > _MOST:
        raise Malformed(f"{len(names)} documents are too many at once.", hint=f"Choose at most {_MOST}.")
    return names
