"""Taking a document out of reminding or blocking it until a day, with the reason, and freeing it again.

An invoice that is taken out without a day is revoked: that is the API's own word, which also keeps interest from it,
and the reason stands in its note. Everything else is a block (`dunning/blocks`), which has its reason and may have a
day.
"""

from __future__ import annotations

from starlette.responses import Response

from reskontra.errors import NotFound, Objection
from reskontra.pages.api import Versioned
from reskontra.pages.blocks import Block, block_of, block_path
from reskontra.pages.document import Document, address_of, link_to
from reskontra.pages.document_kinds import REMINDED, DocumentKind, kind_named
from reskontra.pages.screen import ROOT, Form, Screen
from reskontra.pages.words import later
from reskontra.web.errors import status_of


async def show(screen: Screen) -> Response:
    """Asks for the reason and the day."""
    return await _ask(screen)


async def change(screen: Screen) -> Response:
    """POST: take it out, block it, or free it."""
    form, kind, number = await screen.form(), _kind(screen), screen.path["number"]
    document = (await _read(screen, kind)).thing
    block, frees = await _block(screen, kind, document), form.text("do") == "free"
    if form.text("reason") is None and not (frees and not document.revoked):
        return await _ask(screen, [("reason", screen.formats.say("Say why."))], 400)
    try:
        if frees:
            await _free(screen, kind, document, form, is_blocked=block is not None)
        elif form.text("until") or block is not None or kind.document_type != "Invoice":
            body = {"until": form.text("until"), "reason": form.text("reason")}
            await screen.api.send("PUT", block_path(kind.document_type, number), body, if_match=form.text("etag"))
        else:
            await _revoke(screen, kind, document, form, is_out=True)
    except NotFound:
        raise
    except Objection as refusal:
        problem = screen.problem(refusal, {"until": "until", "reason": "reason"}, elsewhere="reason")
        return await _ask(screen, [problem], status_of(refusal))
    day = form.text("asOf")
    back = f"{ROOT}/reminding?asOf={day}" if day else address_of(kind, document.reference_number)
    link = link_to(screen, kind, document.reference_number)
    if until := None if frees else form.text("until"):
        return screen.go(back, later("{document} is blocked from reminding until {day}."), document=link, day=until)
    said = later("{document} is reminded of again.") if frees else later("{document} is taken out of reminding.")
    return screen.go(back, said, document=link)


async def _free(screen: Screen, kind: DocumentKind, document: Document, form: Form, *, is_blocked: bool) -> None:
    etag = form.text("etag")
    if document.revoked:
        answer = await _revoke(screen, kind, document, form, is_out=False)
        etag = answer.headers.get("etag", etag)
    if is_blocked:
        await screen.api.send("DELETE", block_path(kind.document_type, document.reference_number), if_match=etag)


async def _revoke(screen: Screen, kind: DocumentKind, document: Document, form: Form, *, is_out: bool) -> Response:
    """Take an invoice out, or back in; the note says since when and why."""
    did = later("Taken out of reminding: {reason}") if is_out else later("Taken back into reminding: {reason}")
    said = screen.formats.say(did, reason=form.text("reason") or "")
    note = "\n".join(filter(None, (document.note, f"{screen.today.isoformat()} {screen.person.name}: {said}")))
    body = {"revoked": {"value": is_out}, "note": {"value": note}}
    return await screen.api.send("PUT", kind.address(document.reference_number), body, if_match=form.text("etag"))


async def _ask(screen: Screen, problems: list[tuple[str, str]] | None = None, status: int = 200) -> Response:
    kind = _kind(screen)
    read, form = await _read(screen, kind), await screen.form() if status != 200 else screen.query
    block = await _block(screen, kind, read.thing)
    until = block.until.date().isoformat() if block and block.until else ""
    return screen.show(
        "taking_out.html",
        status,
        kind=kind,
        document=read.thing,
        block=block,
        etag=read.etag,
        day=form.text("asOf") or "",
        reason=form.text("reason") or (block.reason if block and status == 200 else ""),
        until=form.text("until") or (until if status == 200 else ""),
        problems=problems or [],
        back=address_of(kind, read.thing.reference_number),
    )


def _kind(screen: Screen) -> DocumentKind:
    kind = kind_named(screen.path["type"])
    if kind.document_type not in REMINDED:
        raise NotFound(reason=screen.formats.say("No letter reminds of such a document."))
    return kind


async def _read(screen: Screen, kind: DocumentKind) -> Versioned[Document]:
    return await screen.api.read(Document, kind.address(screen.path["number"]))


async def _block(screen: Screen, kind: DocumentKind, document: Document) -> Block | None:
    return await block_of(screen.api, kind.document_type, document.reference_number, document.status)
