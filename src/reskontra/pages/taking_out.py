"""Taking a document out of reminding, and back into it, with the reason in its note."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.errors import NotFound, Objection
from reskontra.pages.api import Versioned
from reskontra.pages.document import Document, address_of, link_to
from reskontra.pages.document_kinds import DocumentKind, kind_named
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.words import later
from reskontra.web.errors import status_of


async def show(screen: Screen) -> Response:
    """Asks for the reason."""
    return await _ask(screen)


async def change(screen: Screen) -> Response:
    """POST: take it out, or back in; the note says since when and why."""
    form, kind, number = await screen.form(), _kind(screen), screen.path["number"]
    is_out, reason = form.text("revoked") == "true", form.text("reason")
    if reason is None:
        return await _ask(screen, [("reason", screen.formats.say("Say why."))], 400)
    document = (await _read(screen, kind)).thing
    did = later("Taken out of reminding: {reason}") if is_out else later("Taken back into reminding: {reason}")
    line = f"{screen.today.isoformat()} {screen.person.name}: {screen.formats.say(did, reason=reason)}"
    note = "\n".join(filter(None, (document.note, line)))
    body = {"revoked": {"value": is_out}, "note": {"value": note}}
    try:
        await screen.api.send("PUT", kind.address(number), body, if_match=form.text("etag"))
    except NotFound:
        raise
    except Objection as refusal:
        return await _ask(screen, [("reason", screen.why(refusal))], status_of(refusal))
    said = later("{document} is taken out of reminding.") if is_out else later("{document} is reminded of again.")
    day = form.text("asOf")
    back = f"{ROOT}/reminding?asOf={day}" if day else address_of(kind, document.reference_number)
    return screen.go(back, said, document=link_to(screen, kind, document.reference_number))


async def _ask(screen: Screen, problems: list[tuple[str, str]] | None = None, status: int = 200) -> Response:
    kind = _kind(screen)
    read, form = await _read(screen, kind), await screen.form() if status != 200 else screen.query
    return screen.show(
        "taking_out.html",
        status,
        kind=kind,
        document=read.thing,
        etag=read.etag,
        day=form.text("asOf") or "",
        reason=form.text("reason") or "",
        problems=problems or [],
        back=address_of(kind, read.thing.reference_number),
    )


def _kind(screen: Screen) -> DocumentKind:
    kind = kind_named(screen.path["type"])
    if kind.document_type != "Invoice":  # the API has no such field for others
        raise NotFound(reason=screen.formats.say("Only invoices can be taken out of reminding."))
    return kind


async def _read(screen: Screen, kind: DocumentKind) -> Versioned[Document]:
    return await screen.api.read(Document, kind.address(screen.path["number"]))
