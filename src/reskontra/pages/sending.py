"""Sending by a mail that is shown and edited before it goes (documents, letters, statements), or as an e-invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from reskontra.e_invoices.commands.queueing import BrokenRules
from reskontra.e_invoices.e_invoice import Failure
from reskontra.errors import NotFound, Objection, Refusal
from reskontra.pages.api import Trial, segment
from reskontra.pages.document import Document, address_of, read_document
from reskontra.pages.document_kinds import DocumentKind, kind_named
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.sent import (
    E_INVOICES,
    EInvoice,
    Mail,
    Sent,
    sent_of_document,
    sent_of_letter,
    sent_of_statement,
)
from reskontra.pages.statement import Statement, chosen, statement_path, statement_selection
from reskontra.web.errors import status_of

_FIELDS = ("to", "cc", "subject", "text")
_LETTERS = "/v1/reskontra/dunningLetter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is sent. `back` is its page, and `here` where it is sent from; `email` and `pdf` are where the API sends it
    and has its PDF."""

    name: str
    back: str
    here: str
    email: str
    pdf: str
    section: str
    sent: Sent | None


class _Answer(msgspec.Struct):
    mail: Mail


class _Letter(msgspec.Struct, rename="camel"):
    letter_number: int
    status: str


async def show_send(screen: Screen) -> Response:
    """The mail that would go, to be edited."""
    return await _show(screen, await _document(screen))


async def show_send_letter(screen: Screen) -> Response:
    """The mail with a letter that would go, to be edited."""
    return await _show(screen, await _letter(screen))


async def show_send_statement(screen: Screen) -> Response:
    """The mail with a statement that would go, to be edited."""
    return await _show(screen, await _statement(screen))


async def send(screen: Screen) -> Response:
    """POST: send it."""
    return await _send(screen, await _document(screen))


async def send_letter(screen: Screen) -> Response:
    """POST: send it."""
    return await _send(screen, await _letter(screen))


async def send_statement(screen: Screen) -> Response:
    """POST: send it."""
    return await _send(screen, await _statement(screen))


async def _show(
    screen: Screen, matter: Matter, typed: Mapping[str, str] | None = None, refusal: Refusal | None = None
) -> Response:
    """The form, filled with what would go, or with what was typed when it was refused."""
    mail: Mail | None = None
    why = refusal
    try:
        answer = await screen.api.send("POST", matter.email, {"dryRun": True})
        mail = msgspec.json.decode(answer.body, type=_Answer).mail
    except Objection as refused:
        why = refusal or refused
    problems = [screen.problem(why, {name: name for name in _FIELDS})] if why else []
    shown = {"to": "; ".join(mail.to), "cc": "", "subject": mail.subject, "text": mail.text} if mail else {}
    return screen.show(
        "send.html",
        status_of(refusal) if refusal else 200,
        matter=matter,
        mail=mail,
        values={name: (typed or shown).get(name, "") for name in _FIELDS},
        problems=problems,
        wrong=dict.fromkeys(_FIELDS, "") | dict(problems),
    )


async def _send(screen: Screen, matter: Matter) -> Response:
    form = await screen.form()
    sending = form.text("sending") or ""
    body = {name: form.get(name, "").replace("\r\n", "\n") for name in _FIELDS if form.text(name)}
    try:
        answer = await screen.api.send("POST", matter.email, {**body, "sending": sending})
    except Objection as refusal:
        if refusal.field == ("sending",) and sending.isdecimal():
            return screen.go(matter.back, "Nothing was sent: {document} was sent meanwhile.", document=_link(matter))
        return await _show(screen, matter, form, refusal)
    mail = msgspec.json.decode(answer.body, type=_Answer).mail
    return screen.go(matter.back, "{document} goes to {to}.", document=_link(matter), to=", ".join(mail.to))


async def _document(screen: Screen) -> Matter:
    kind, document = await _addressed(screen)
    number = document.reference_number
    back = address_of(kind, number)
    return Matter(
        name=f"{screen.formats.say(kind.words)} {number}",
        back=back,
        here=f"{back}/send",
        email=f"{kind.path_of_ours}/{segment(number)}/action/email",
        pdf=f"{kind.print_path}/{segment(number)}/print",
        section="documents",
        sent=await sent_of_document(screen, kind, number, status=document.status, customer=document.customer.number),
    )


async def _addressed(screen: Screen) -> tuple[DocumentKind, Document]:
    kind = kind_named(screen.path["type"])
    read = await read_document(screen, kind, screen.path["number"])
    if not isinstance(read.thing, Document) or not kind.is_mailed:
        raise NotFound(reason="There is no such page.")
    return kind, read.thing


async def _letter(screen: Screen) -> Matter:
    number = screen.path["number"]
    path = f"{_LETTERS}/{segment(number)}"
    letter = await screen.api.get(_Letter, path)
    back = f"{ROOT}/letters/{letter.letter_number}"
    return Matter(
        name=screen.formats.say("Letter {number}", number=letter.letter_number),
        back=back,
        here=f"{back}/send",
        email=f"{path}/action/email",
        pdf=f"{path}/print",
        section="reminding",
        sent=await sent_of_letter(screen, letter.letter_number, letter.status),
    )


async def _statement(screen: Screen) -> Matter:
    """The statement that the address names. A refusal of what it says is the page's own."""
    number, selection = screen.path["number"], statement_selection(screen)
    path = statement_path(number)
    statement = await screen.api.get(Statement, path, **selection)
    day = statement.as_of.date()
    wanted = urlencode({**selection, "asOf": day.isoformat()})
    back = f"{ROOT}/customers/{segment(number)}/statement"
    words = urlencode({**chosen(screen), "asOf": day.isoformat()})
    return Matter(
        name=screen.formats.say("Statement as of {day}", day=screen.formats.day(day)),
        back=f"{back}?{words}",
        here=f"{back}/send?{words}",
        email=f"{path}/action/email?{wanted}",
        pdf=f"{path}/print?{wanted}",
        section="customers",
        sent=await sent_of_statement(screen, number, day),
    )


def _link(matter: Matter) -> str:
    return f"[{matter.name}]({matter.back})"


# --- e-invoices


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that an e-invoice breaks, and the address of the field to mend, below the root; empty if it has none."""

    failure: Failure
    where: str


_ON_CUSTOMER = ("corporateId", "vatRegistrationId", "countryId")


async def show_e_invoice(screen: Screen) -> Response:
    """Whether a document can go as an e-invoice, and where; else what to mend."""
    return await _show_e_invoice(screen)


async def send_e_invoice(screen: Screen) -> Response:
    """POST: send it."""
    await screen.form()
    kind, document = await _addressed(screen)
    number = document.reference_number
    try:
        await screen.api.send("POST", kind.action(number, "sendToAutoInvoice"))
    except NotFound:
        raise
    except Objection as refusal:
        return await _show_e_invoice(screen, refusal)
    back = address_of(kind, number)
    name = f"{screen.formats.say(kind.words)} {number}"
    return screen.go(back, "{document} goes as an e-invoice.", document=f"[{name}]({back})")


async def _show_e_invoice(screen: Screen, refusal: Refusal | None = None) -> Response:
    kind, document = await _addressed(screen)
    number, why, ready = document.reference_number, refusal, None
    read = f"{E_INVOICES}/{kind.document_type}/{segment(number)}"
    try:
        tried = await screen.api.tried(Trial("POST", kind.action(number, "sendToAutoInvoice"), reads=[read]))
        ready = tried.read(0, EInvoice)
    except NotFound:
        raise
    except Objection as refused:
        why = refusal or refused
    broken = _broken(why, document.customer.number)
    return screen.show(
        "e_invoice.html",
        status_of(refusal) if refusal else 200,
        name=f"{screen.formats.say(kind.words)} {number}",
        document=document,
        back=address_of(kind, number),
        ready=ready,
        broken=broken,
        problems=[screen.problem(why)] if why and not broken else [],
    )


def _broken(why: Refusal | None, customer: str) -> Sequence[Broken]:
    if not isinstance(why, BrokenRules):
        return ()
    return [Broken(it, _where(it, customer)) for it in why.failures]


def _where(failure: Failure, customer: str) -> str:
    """The field of the customer's form that a rule is about, if it is about one."""
    if "customer's" not in failure.mend:
        return ""
    field = next((name for name in _ON_CUSTOMER if name in failure.mend), "")
    return f"customers/{segment(customer)}/edit#{field}" if field else ""
