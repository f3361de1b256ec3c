"""What is done with a document in a second step: a page shows what would happen, and its button does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, NotFound, Objection, Refusal, Stale
from reskontra.pages.api import Trial, Tried, segment
from reskontra.pages.changes import last_change
from reskontra.pages.document import (
    Application,
    Document,
    Entry,
    NamedDocument,
    Payment,
    address_of,
    applications_at,
    applications_of,
    entries_at,
    entries_of,
    link_to,
    read_document,
    show_document,
)
from reskontra.pages.document_kinds import DRAFTS, DocumentKind, kind_named
from reskontra.pages.ledger import Batch
from reskontra.pages.screen import Screen
from reskontra.web.errors import status_of

Thing = Document | Payment
LIST = "/ui/documents"
PageOf = Callable[[Screen], Awaitable[Response]]
Work = Callable[[Screen, DocumentKind, str, str | None], Awaitable[Response]]
"""Does a step to the document of a kind and number for good, if it has the version that the page showed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a second step asks. `done` is the sentence afterwards; all are English keys."""

    heading: str
    question: str
    button: str
    done: str
    is_dangerous: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A step for one document; `application` is what is undone."""

    step: Step
    kind: DocumentKind
    number: str
    trial: Trial
    application: str = ""


ActionOf = Callable[[DocumentKind, str], Action]

RELEASE = Step(
    heading="Release {document}?",
    question="It is posted to the ledger and can no longer be changed. The way back is a credit note, or the void of a "
    "payment.",
    button="Release {document}",
    done="{document} is released. Journal {batch}.",
)
DELETE = Step(
    heading="Delete {document}?",
    question="The draft goes for good. Its number is not used again, and stays in the log of deleted numbers.",
    button="Delete {document}",
    done="{document} is deleted.",
    is_dangerous=True,
)
RELEASE_OF_CASH = replace(
    RELEASE,
    question="It is posted to the ledger and can no longer be changed. The way back of a cash sale is its button Take "
    "it back, which makes a return.",
)
VOID = Step(
    heading="Void {document}?",
    question="A void is made as a draft. Its release takes back the payment and opens again what it settled.",
    button="Make the void of {document}",
    done="{document} is the void. It takes effect when it is released.",
    is_dangerous=True,
)
CORRECT = Step(
    heading="Correct {document}?",
    question="A copy is made as a draft. Its release credits and closes this one, which stays open until then.",
    button="Make the correction of {document}",
    done="{document} replaces the other one when it is released.",
)
RETURN = Step(
    heading="Take back {document}?",
    question="A return over the whole sale is made as a draft. Lines can be taken out of it before its release, which "
    "pays the money back.",
    button="Make the return of {document}",
    done="{document} takes effect when it is released.",
)
UNDO = Step(
    heading="Undo what {document} settled?",
    question="Both documents are open again by that amount, with postings of today. The way back is to apply it again.",
    button="Undo the application",
    done="{document} is open again by what was undone.",
)


_RELEASES = (RELEASE, RELEASE_OF_CASH)


def _pages(action_of: ActionOf, work: Work) -> tuple[PageOf, PageOf]:
    """The page that shows what a step would do, and the POST of its button, which does it."""

    async def show(screen: Screen) -> Response:
        return await _ask(screen, action_of(*_addressed(screen)))

    async def do(screen: Screen) -> Response:
        kind, number = _addressed(screen)
        return await _do(screen, action_of(kind, number), lambda if_match: work(screen, kind, number, if_match))

    return show, do


def _releasing(kind: DocumentKind, number: str) -> Action:
    ours = NamedDocument(kind.document_type, number)
    reads = [entries_at(ours), applications_at(ours)]
    step = RELEASE_OF_CASH if kind.document_type == "CashSale" else RELEASE
    return Action(step, kind, number, Trial("POST", kind.action(number, "release"), kind.body, reads))


async def _release(screen: Screen, kind: DocumentKind, number: str, if_match: str | None) -> Response:
    await screen.api.send("POST", kind.action(number, "release"), kind.body, if_match=if_match)
    entries = await entries_of(screen, NamedDocument(kind.document_type, number))
    batch = entries[0].batch_number if entries else ""
    said = f"[{batch}](/ui/journal/{segment(batch)})" if batch else screen.formats.say("without postings")
    return screen.go(address_of(kind, number), RELEASE.done, document=link_to(screen, kind, number), batch=said)


def _deleting(kind: DocumentKind, number: str) -> Action:
    return Action(DELETE, kind, number, Trial("DELETE", kind.deletion(number)))


async def _delete(screen: Screen, kind: DocumentKind, number: str, if_match: str | None) -> Response:
    await screen.api.send("DELETE", kind.deletion(number), if_match=if_match)
    return screen.go(LIST, DELETE.done, document=f"{screen.formats.say(kind.words)} {number}")


class _MadeVoid(msgspec.Struct, rename="camel"):
    type: str
    ref_nbr: str


def _voiding(kind: DocumentKind, number: str) -> Action:
    return Action(VOID, kind, number, Trial("POST", kind.action(number, "void"), kind.body))


async def _void(screen: Screen, kind: DocumentKind, number: str, if_match: str | None) -> Response:
    """Make the void, which is then released like any other document."""
    answer = await screen.api.send("POST", kind.action(number, "void"), kind.body, if_match=if_match)
    made = msgspec.json.decode(answer.body, type=_MadeVoid)
    new = kind_named(made.type)
    return screen.go(address_of(new, made.ref_nbr), VOID.done, document=link_to(screen, new, made.ref_nbr))


class _MadeCopy(msgspec.Struct, rename="camel"):
    ref_nbr: str


def _correcting(kind: DocumentKind, number: str) -> Action:
    return Action(CORRECT, kind, number, Trial("POST", kind.action(number, "correct")))


async def _correct(screen: Screen, kind: DocumentKind, number: str, if_match: str | None) -> Response:
    """Make the draft that replaces the invoice, to be edited."""
    answer = await screen.api.send("POST", kind.action(number, "correct"), if_match=if_match)
    made = msgspec.json.decode(answer.body, type=_MadeCopy).ref_nbr
    return screen.go(address_of(kind, made, "edit"), CORRECT.done, document=link_to(screen, kind, made))


class _MadeReturn(msgspec.Struct, rename="camel"):
    document_type: str
    reference_number: str


def _returning(kind: DocumentKind, number: str) -> Action:
    return Action(RETURN, kind, number, Trial("POST", kind.action(number, "reverse")))


async def _return(screen: Screen, kind: DocumentKind, number: str, if_match: str | None) -> Response:
    """Make the return of a cash sale, which is then edited and released like any other document."""
    answer = await screen.api.send("POST", kind.action(number, "reverse"), if_match=if_match)
    made = msgspec.json.decode(answer.body, type=_MadeReturn)
    new, at = kind_named(made.document_type), made.reference_number
    return screen.go(address_of(new, at), RETURN.done, document=link_to(screen, new, at))


show_release, release = _pages(_releasing, _release)
show_delete, delete = _pages(_deleting, _delete)
show_void, void = _pages(_voiding, _void)
show_correct, correct = _pages(_correcting, _correct)
show_return, take_back = _pages(_returning, _return)


async def show_undo(screen: Screen) -> Response:
    """What undoing an application would do."""
    kind, number = _addressed(screen)
    application = screen.query.text("application") or ""
    return await _ask(screen, Action(UNDO, kind, number, _undoing(kind, number, application), application))


async def undo(screen: Screen) -> Response:
    """POST: undo it."""
    kind, number = _addressed(screen)
    application = (await screen.form()).text("application") or ""

    async def work(if_match: str | None) -> Response:
        if if_match and (await read_document(screen, kind, number)).etag != if_match:
            raise Stale(screen.formats.say("The document was changed since it was shown."))
        await screen.api.send("POST", f"/v1/reskontra/application/{segment(application)}/action/undo", {})
        return screen.go(address_of(kind, number), UNDO.done, document=link_to(screen, kind, number))

    return await _do(screen, Action(UNDO, kind, number, _undoing(kind, number, application), application), work)


async def hold(screen: Screen) -> Response:
    """POST: put a document on hold, or lift that."""
    form = await screen.form()
    held = form.text("hold") == "true"
    said = "{document} is on hold." if held else "{document} is no longer on hold."
    return await _put(screen, {"hold": {"value": held}}, said)


async def skip(screen: Screen) -> Response:
    """POST: release a document without printing or sending it first."""
    is_print = (await screen.form()).text("skip") == "print"
    return await _put(
        screen,
        {"dontPrint" if is_print else "dontEmail": {"value": True}},
        "{document} does not wait for that any more.",
    )


async def change_due(screen: Screen) -> Response:
    """POST: another due date of an open document."""
    form = await screen.form()
    return await _put(
        screen, {"documentDueDate": {"value": form.text("due")}}, "The due date of {document} is changed."
    )


async def keep_note(screen: Screen) -> Response:
    """POST: the note of a document."""
    form = await screen.form()
    note = form.get("note", "")
    return await _put(screen, {"note": {"value": note.strip() or None}}, "The note of {document} is kept.", note=note)


async def attach(screen: Screen) -> Response:
    """POST: a file for a document. The form is multipart, so its seal is in the address."""
    screen.check_seal(screen.query.text("seal") or "")
    kind, number = _addressed(screen)
    try:
        await screen.api.upload(f"{kind.path}/{segment(number)}/attachment")
    except Objection as refusal:
        return await show_document(screen, problems=[screen.problem(refusal)], status=status_of(refusal))
    return screen.go(
        address_of(kind, number), "The file is attached to {document}.", document=link_to(screen, kind, number)
    )


async def _put(screen: Screen, body: dict[str, object], said: str, note: str | None = None) -> Response:
    """A change of one field. A refusal is shown above the document, in which the `note` that was typed stays."""
    kind, number = _addressed(screen)
    form = await screen.form()
    try:
        await screen.api.send("PUT", kind.address(number), body, if_match=form.text("etag"))
    except Objection as refusal:
        is_stale = isinstance(refusal, Stale)
        return await show_document(
            screen,
            problems=[screen.problem(refusal)],
            status=status_of(refusal),
            changed=await last_change(screen, kind.document_type, number) if is_stale else None,
            typed_note=note,
        )
    return screen.go(address_of(kind, number), said, document=link_to(screen, kind, number))


# --- the second step


async def _ask(screen: Screen, action: Action, refusal: Refusal | None = None) -> Response:
    """The page that shows what would happen; `refusal` is why it did not when it was tried for good."""
    step, kind = action.step, action.kind
    read = await read_document(screen, kind, action.number)
    tried: Tried | None = None
    why = refusal
    try:
        tried = await screen.api.tried(action.trial)
    except Objection as refused:
        why = refusal or refused
    ours = NamedDocument(kind.document_type, _number_of(read.thing))
    entries: Sequence[Entry] = ()
    settles: Sequence[Application] = ()
    if tried is not None and step in _RELEASES:
        entries = tried.read(0, list[Entry])
        settles = [it for it in tried.read(1, list[Application]) if ours in (it.credit, it.debit)]
    elif step is UNDO:
        found = await applications_of(screen, ours)
        settles = [it for it in found if str(it.id) == action.application]
        if tried is not None:
            entries = await _entries_of_undo(screen, action, tried)
    is_stale = isinstance(refusal, Stale)
    return screen.show(
        "second_step.html",
        status_of(refusal) if refusal else 200,
        step=step,
        kind=kind,
        number=ours.reference_number,
        document=read.thing,
        etag=read.etag,
        name=f"{screen.formats.say(kind.words)} {ours.reference_number}",
        problems=[screen.problem(why)] if why else [],
        can=tried is not None,
        may_edit=step in _RELEASES and kind.is_edited and read.thing.status in DRAFTS,
        entries=entries,
        settles=settles,
        ours=ours,
        changed=await last_change(screen, ours.document_type, ours.reference_number) if is_stale else None,
        application=action.application,
        kind_of=kind_named,
        back=address_of(kind, ours.reference_number),
    )


async def _entries_of_undo(screen: Screen, action: Action, tried: Tried) -> Sequence[Entry]:
    """What undoing would post. Its batch is asked for by the number that a trial gave it."""
    made = next((it for it in tried.read(0, list[Application]) if str(it.undoes) == action.application), None)
    if made is None or made.batch_number is None:
        return ()
    trial = replace(action.trial, reads=[f"/v2/journaltransaction/{segment(made.batch_number)}"])
    batch = (await screen.api.tried(trial)).read(0, Batch)
    return [
        Entry(batch.batch_number, it.account_number, it.debit_amount, it.credit_amount, it.description)
        for it in batch.journal_transaction_lines
    ]


async def _do(screen: Screen, action: Action, work: Callable[[str | None], Awaitable[Response]]) -> Response:
    form = await screen.form()
    try:
        return await work(form.text("etag"))
    except NotFound:
        raise
    except Objection as refusal:
        return await _ask(screen, action, refusal)


def _undoing(kind: DocumentKind, number: str, application: str) -> Trial:
    if not application:
        raise Malformed("The application is missing.", field=("application",))
    path = f"/v1/reskontra/application/{segment(application)}/action/undo"
    return Trial("POST", path, {}, [applications_at(NamedDocument(kind.document_type, number))])


def _addressed(screen: Screen) -> tuple[DocumentKind, str]:
    return kind_named(screen.path["type"]), screen.path["number"]


def _number_of(thing: Thing) -> str:
    return thing.ref_nbr if isinstance(thing, Payment) else thing.reference_number
