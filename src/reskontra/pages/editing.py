"""Making and changing documents with lines. The server computes everything, by a trial."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

import msgspec
from starlette.responses import Response

from reskontra.errors import NotFound, Objection, Refusal, Stale
from reskontra.pages.api import Trial
from reskontra.pages.changes import Change, last_change
from reskontra.pages.document import Document, Line, go_to_saved
from reskontra.pages.document_form import (
    WORDS,
    Difference,
    DocumentForm,
    Row,
    change_body,
    field_of,
    merged,
    new_body,
)
from reskontra.pages.document_kinds import DocumentKind, kind_named
from reskontra.pages.formats import Mistyped, typed_number
from reskontra.pages.screen import Screen
from reskontra.web.errors import status_of

_CHOICES = 8


class _Category(msgspec.Struct, rename="camel"):
    vat_category_id: str
    description: str | None = None


class _Terms(msgspec.Struct, rename="camel"):
    terms_id: str
    description: str | None = None
    number_of_instalments: int | None = None


class _TermsPage(msgspec.Struct):
    records: list[_Terms] = []


class StandingCustomer(msgspec.Struct):
    """A customer by number and name."""

    number: str
    name: str


class Standing(msgspec.Struct, rename="camel"):
    """How a customer stands."""

    customer: StandingCustomer
    balance: Decimal
    overdue: Decimal
    credit_left: Decimal | None = None


class Item(msgspec.Struct, rename="camel"):
    """An item to choose."""

    inventory_number: str
    description: str | None = None


@dataclass(slots=True)
class Sheet:
    """What the page shows: what was typed, what the server makes of it, and what it refuses."""

    kind: DocumentKind
    number: str
    """Empty for a new document."""

    form: DocumentForm
    base: DocumentForm
    language: str
    etag: str = ""
    computed: Document | None = None
    customer: Standing | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Fields and sentences."""

    is_asked: bool = False
    """Whether the person asked to save, so that problems take the focus."""

    differences: tuple[Difference, ...] = ()
    changed_by: Change | None = None

    def problem(self, name: str) -> str:
        """What is wrong with a field."""
        return next((sentence for named, sentence in self.problems if named == name), "")

    def line_of(self, row: Row) -> Line | None:
        """What the server makes of a line of the form. New ones follow those that are stored."""
        lines = self.computed.lines if self.computed else ()
        if row.get("number"):
            return next((line for line in lines if str(line.line_number) == row["number"]), None)
        added = [it for it in self.form.filled_lines if not it.get("number")]
        stored = sum(1 for it in self.form.filled_lines if it.get("number"))
        position = next((at for at, it in enumerate(added) if it is row), None)
        return None if position is None or stored + position >= len(lines) else lines[stored + position]

    def amount(self, row: Row) -> Decimal | None:
        """What a line comes to."""
        line = self.line_of(row)
        return line.amount_in_currency if line else None

    def filled(self, row: Row, name: str) -> str:
        """What the server puts into an empty field of a line."""
        line = self.line_of(row)
        if line is None:
            return ""
        numbers = {
            "quantity": line.quantity,
            "price": line.unit_price_in_currency,
            "discount": line.discount_percent or None,
        }
        if name in numbers:
            return typed_number(numbers[name], self.language)
        if name == "vat":
            return (line.vat_code.id or "") if line.vat_code else ""
        if name == "account":
            return line.account.number if line.account else ""
        return (line.inventory_number if name == "item" else line.description) or ""


async def show_new(screen: Screen) -> Response:
    """An empty form, for a customer if the address names one."""
    kind = _entered(screen)
    header = {"customer": screen.query.text("customer") or "", "date": f"{screen.today:%Y-%m-%d}"}
    sheet = Sheet(kind, "", DocumentForm(header, [{}]), DocumentForm(), screen.formats.language)
    return await _shown(screen, await _computed(screen, sheet) if header["customer"] else sheet)


async def show_edit(screen: Screen) -> Response:
    """A draft as it stands."""
    kind, number = _entered(screen), screen.path["number"]
    read = await screen.api.read(Document, kind.address(number))
    form = DocumentForm.showing(read.thing, partial(typed_number, language=screen.formats.language))
    sheet = Sheet(
        kind, read.thing.reference_number, form, form, screen.formats.language, read.etag, computed=read.thing
    )
    return await _shown(screen, await _with_customer(screen, sheet))


async def post_document(screen: Screen) -> Response:
    """POST: compute, add or take out a line, or save; a button says which."""
    kind, number = _entered(screen), screen.path.get("number", "")
    sent = await screen.form()
    form = DocumentForm.of(sent)
    base = DocumentForm.unpacked(sent.get("base", ""))
    sheet = Sheet(kind, number, form, base, screen.formats.language, sent.get("etag", ""))
    do, _, position = sent.get("do", "calculate").partition(":")
    if do == "remove" and position.isdecimal() and int(position) < len(form.lines):
        del form.lines[int(position)]
    if do == "add":
        form.lines.append({})
    if do not in ("save", "release"):
        return await _shown(screen, await _computed(screen, sheet))
    try:
        sheet = await _with_customer(screen, sheet)
        saved = await _saved(screen, sheet)
    except Stale:
        return await _shown(screen, await _rebased(screen, sheet), 412)
    except Objection as refusal:
        sheet.problems.append(_problem(screen, refusal, form))
        sheet.is_asked = True
        return await _shown(screen, sheet, status_of(refusal))
    return go_to_saved(screen, kind, saved, do)


async def show_choices(screen: Screen) -> Response:
    """The customers or the items that look like what is being typed, as options."""
    typed = next((value for name, value in screen.query.pairs if name != "of"), "").strip()
    if screen.query.text("of") == "customer":
        found = (await _customers(screen, typed)) if typed else []
        options = [(it.customer.number, it.customer.name) for it in found]
    else:
        items = await screen.api.list(Item, "/v1/inventory", text=typed, status="Active", pageSize=_CHOICES)
        options = [(it.inventory_number, it.description or "") for it in items.rows]
    return screen.show("choices.html", options=options)


def _problem(screen: Screen, refusal: Refusal, form: DocumentForm) -> tuple[str, str]:
    field = field_of(refusal, form)
    return field, screen.why(refusal, field)


async def _customers(screen: Screen, typed: str) -> list[Standing]:
    return (await screen.api.list(Standing, "/v1/reskontra/standing", text=typed, pageSize=_CHOICES)).rows


async def one_customer(screen: Screen, typed: str) -> Standing:
    """The customer that was meant: by number, or by a text that only one looks like. Raises `Mistyped`."""
    found = await _customers(screen, typed)
    exact = [it for it in found if it.customer.number.lower() == typed.lower()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    names = ", ".join(f"{it.customer.number} {it.customer.name}" for it in found)
    say = screen.formats.say
    reason = (
        say("Several customers look like '{text}': {names}.", text=typed, names=names)
        if found
        else say("No customer looks like '{text}'.", text=typed)
    )
    raise Mistyped(reason, field=("customer",))


async def _with_customer(screen: Screen, sheet: Sheet) -> Sheet:
    """With the customer that was meant, if any. Raises `Mistyped`."""
    if typed := sheet.form.header["customer"]:
        sheet.customer = await one_customer(screen, typed)
        sheet.form.header["customer"] = sheet.customer.customer.number
    return sheet


async def _computed(screen: Screen, sheet: Sheet) -> Sheet:
    """With what the server would make of the form. What it refuses stands at its field."""
    try:
        sheet = await _with_customer(screen, sheet)
        if sheet.customer is None or not sheet.form.filled_lines:
            return sheet
        language = screen.formats.language
        if sheet.number:
            path = sheet.kind.address(sheet.number)
            body = change_body(sheet.kind, sheet.form, sheet.base, language)
            trial = Trial("PUT", path, body, reads=[path])
        else:
            trial = Trial("POST", sheet.kind.path, new_body(sheet.kind, sheet.form, language), reads=["{resource}"])
        sheet.computed = (await screen.api.tried(trial)).read(0, Document)
    except Objection as refusal:
        sheet.problems.append(_problem(screen, refusal, sheet.form))
    return sheet


async def _saved(screen: Screen, sheet: Sheet) -> str:
    """Save the form; the document's number."""
    language = screen.formats.language
    if not sheet.number:
        answer = await screen.api.send("POST", sheet.kind.path, new_body(sheet.kind, sheet.form, language))
        return answer.headers["location"].rpartition("/")[2]
    body = change_body(sheet.kind, sheet.form, sheet.base, language)
    await screen.api.send("PUT", sheet.kind.address(sheet.number), body, if_match=sheet.etag or None)
    return sheet.number


async def _rebased(screen: Screen, sheet: Sheet) -> Sheet:
    """After somebody else changed the draft: on top of their version, with what they changed beside what is typed."""
    read = await screen.api.read(Document, sheet.kind.address(sheet.number))
    theirs = DocumentForm.showing(read.thing, partial(typed_number, language=screen.formats.language))
    form, differences = merged(sheet.form, sheet.base, theirs)
    rebased = replace(
        sheet,
        form=form,
        base=theirs,
        etag=read.etag,
        differences=tuple(differences),
        changed_by=await last_change(screen, sheet.kind.document_type, read.thing.reference_number),
        is_asked=True,
    )
    return await _computed(screen, rebased)


async def _shown(screen: Screen, sheet: Sheet, status: int = 200) -> Response:
    if not sheet.form.lines:
        sheet.form.lines.append({})
    categories = await screen.api.list(_Category, "/v1/vatCategory")
    (terms,) = await screen.api.get(list[_TermsPage], "/v1/creditTerm")
    return screen.show(
        "document_form.html",
        status,
        sheet=sheet,
        kind=sheet.kind,
        form=sheet.form,
        document=sheet.computed,
        words=WORDS,
        categories=[(it.vat_category_id, it.description or "") for it in categories.rows],
        terms=[
            (it.terms_id, it.description or it.terms_id)
            for it in terms.records
            if not (it.number_of_instalments and sheet.kind.rules.is_paid_at_once)
        ],
    )


def _entered(screen: Screen) -> DocumentKind:
    kind = kind_named(screen.path["type"])
    if kind.is_payment or not (kind.is_edited if "number" in screen.path else kind.is_entered):
        raise NotFound(reason=screen.formats.say("This kind of document is not entered here."))
    return kind
