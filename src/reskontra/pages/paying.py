"""New and changed payments, and which open documents of the customer they settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, NotFound, Objection, Refusal, Stale
from reskontra.pages.api import Trial
from reskontra.pages.changes import Change, last_change
from reskontra.pages.document import Payment, go_to_saved, read_document
from reskontra.pages.document_form import Difference
from reskontra.pages.document_kinds import CREDITS, DEBITS, DocumentKind, kind_named
from reskontra.pages.documents import DocumentRow
from reskontra.pages.editing import Standing, one_customer
from reskontra.pages.formats import Mistyped, plain_number, typed_number
from reskontra.pages.screen import Form, Screen
from reskontra.web.errors import status_of

_MOST = 200
_FIELDS: Mapping[str, str] = {
    "customer": "customer",
    "date": "applicationDate",
    "amount": "paymentAmount",
    "reference": "paymentRef",
    "method": "paymentMethod",
    "account": "cashAccount",
    "text": "invoiceText",
}
"""A field of the form -> its name on the wire."""

WORDS: Mapping[str, str] = {
    "customer": "Customer", "date": "Date", "amount": "Amount", "reference": "Reference", "method": "Payment method",
    "account": "Bank account", "text": "Text",
}  # fmt: skip
"""What the page calls the fields; all are English keys."""


class Method(msgspec.Struct, rename="camel"):
    """A payment method."""

    number: str = msgspec.field(name="paymentMethodID")
    description: str | None = None


@dataclass(slots=True)
class Paying:
    """What was typed of a payment, the customer's open documents, and what the server makes of it."""

    kind: DocumentKind
    number: str
    header: dict[str, str]
    amounts: dict[str, str]
    """`Invoice/003548` -> what is paid of it, as typed."""

    before: Mapping[str, str] = field(default_factory=dict)
    """The amounts of the stored lines."""

    etag: str = ""
    customer: Standing | None = None
    open: Sequence[DocumentRow] = ()
    computed: Payment | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    is_asked: bool = False
    base: Mapping[str, str] = field(default_factory=dict)
    """What the page showed before anything was typed: fields by name, amounts by `paid.Invoice/003548`."""

    differences: Sequence[Difference] = ()
    changed_by: Change | None = None

    @property
    def packed(self) -> str:
        """`base` as the form carries it."""
        return msgspec.json.encode(self.base).decode()

    def problem(self, name: str) -> str:
        """What is wrong with a field."""
        return next((sentence for named, sentence in self.problems if named == name), "")


async def show_new_payment(screen: Screen) -> Response:
    """An empty payment; the address may name the customer and a document, which is then paid whole."""
    kind, query = _kind(screen), screen.query
    header = {"customer": query.text("customer") or "", "date": f"{screen.today:%Y-%m-%d}"}
    paying = await _with_open(screen, Paying(kind, "", header, {}))
    named = query.text("document") or ""
    for row in paying.open:
        if f"{row.document_type}/{row.reference_number}" == named:
            paying.amounts[named] = typed_number(row.balance_in_currency, screen.formats.language)
            paying.header["amount"] = paying.amounts[named]
    return await _shown(screen, await _computed(screen, paying))


async def show_edit_payment(screen: Screen) -> Response:
    """A draft as it stands."""
    kind, number = _kind(screen), screen.path["number"]
    read = await read_document(screen, kind, number)
    if not isinstance(read.thing, Payment):
        raise NotFound("payment", number)
    stored, language = read.thing, screen.formats.language
    header, amounts = _header_of(stored, language), _amounts_of(stored, language)
    paying = Paying(
        kind, stored.ref_nbr, header, dict(amounts), amounts, read.etag, computed=stored, base=_cells(header, amounts)
    )
    return await _shown(screen, await _with_open(screen, paying))


async def post_payment(screen: Screen) -> Response:
    """POST: compute, or save; a button says which."""
    kind, number = _kind(screen), screen.path.get("number", "")
    form, language = await screen.form(), screen.formats.language
    header = {name: form.get(name, "").strip() for name in _FIELDS}
    base = _unpacked(form.get("base", ""))
    paying = Paying(kind, number, header, typed_amounts(form), etag=form.get("etag", ""), base=base)
    if number:
        stored = (await read_document(screen, kind, number)).thing
        paying.before = _amounts_of(stored, language) if isinstance(stored, Payment) else {}
    do = form.get("do", "calculate")
    if do not in ("save", "release"):
        return await _shown(screen, await _computed(screen, await _with_open(screen, paying)))
    try:
        _check_refund(screen, await _found(screen, paying))
        saved = await _saved(screen, paying)
    except Stale:
        return await _shown(screen, await _rebased(screen, paying), 412)
    except Objection as refusal:
        paying.problems = [_problem(screen, paying, refusal)]
        paying.is_asked = True
        return await _shown(screen, paying, status_of(refusal))
    return go_to_saved(screen, kind, saved, do)


def _check_refund(screen: Screen, paying: Paying) -> None:
    """Raises `Mistyped` where a refund pays nothing back (RFD-01), which its release would refuse."""
    if paying.kind.document_type != "Refund" or any(paying.amounts.values()):
        return
    say = screen.formats.say
    if not paying.open:
        raise Mistyped(say("The customer has no open credit that could be paid back."), field=("customer",))
    first = paying.open[0]
    raise Mistyped(
        say("A refund pays back open credits. Enter the amount at one of them."),
        field=(f"{_PAID}{first.document_type}/{first.reference_number}",),
    )


async def _saved(screen: Screen, paying: Paying) -> str:
    kind = paying.kind
    if not paying.number:
        answer = await screen.api.send("POST", kind.path, _body(paying, screen.formats.language))
        return answer.headers["location"].rpartition("/")[2]
    body = _body(paying, screen.formats.language)
    await screen.api.send("PUT", kind.address(paying.number), body, if_match=paying.etag or None)
    return paying.number


async def _rebased(screen: Screen, paying: Paying) -> Paying:
    """After somebody else changed the draft: on top of their version, with what they changed beside what is typed."""
    read = await read_document(screen, paying.kind, paying.number)
    if not isinstance(read.thing, Payment):
        raise NotFound("payment", paying.number)
    language = screen.formats.language
    amounts = _amounts_of(read.thing, language)
    theirs, mine = _cells(_header_of(read.thing, language), amounts), _cells(paying.header, paying.amounts)
    before = paying.base
    told = []
    for name in dict.fromkeys([*theirs, *before]):
        now, was, own = theirs.get(name, ""), before.get(name, ""), mine.get(name, "")
        if now in (was, own):
            continue
        told.append(Difference("", name, own, now))
        if own == was:
            mine[name] = now
    rebased = replace(
        paying,
        header={name: mine.get(name, "") for name in paying.header},
        amounts={name.removeprefix(_PAID): value for name, value in mine.items() if name.startswith(_PAID)},
        before=amounts,
        etag=read.etag,
        base=theirs,
        differences=told,
        changed_by=await last_change(screen, paying.kind.document_type, read.thing.ref_nbr),
        is_asked=True,
    )
    return await _computed(screen, await _with_open(screen, rebased))


def _header_of(stored: Payment, language: str) -> dict[str, str]:
    return {
        "customer": stored.customer.number,
        "date": f"{stored.application_date:%Y-%m-%d}",
        "amount": typed_number(stored.payment_amount, language),
        "reference": stored.payment_ref or "",
        "method": (stored.payment_method.id or "") if stored.payment_method else "",
        "account": stored.cash_account or "",
        "text": stored.invoice_text or "",
    }


_PAID = "paid."


def _cells(header: Mapping[str, str], amounts: Mapping[str, str]) -> dict[str, str]:
    """All fields of the form, those of documents as it calls them."""
    return {**header, **{f"{_PAID}{name}": amount for name, amount in amounts.items()}}


def _unpacked(packed: str) -> Mapping[str, str]:
    try:
        return msgspec.json.decode(packed, type=dict[str, str]) if packed else {}
    except msgspec.DecodeError:
        return {}


async def _computed(screen: Screen, paying: Paying) -> Paying:
    """With what the server would make of it."""
    if paying.customer is None or not paying.header.get("amount"):
        return paying
    method, path = ("PUT", paying.kind.address(paying.number)) if paying.number else ("POST", paying.kind.path)
    reads = [path if paying.number else f"{{resource}}?paymentType={paying.kind.document_type}"]
    try:
        trial = Trial(method, path, _body(paying, screen.formats.language), reads)
        paying.computed = (await screen.api.tried(trial)).read(0, Payment)
    except Objection as refusal:
        paying.problems.append(_problem(screen, paying, refusal))
    return paying


async def _with_open(screen: Screen, paying: Paying) -> Paying:
    """As `_found`, if a customer was typed; where it is not one, that is a problem of the field."""
    if not paying.header.get("customer"):
        return paying
    try:
        return await _found(screen, paying)
    except Malformed as refusal:
        paying.problems.append(_problem(screen, paying, refusal))
        return paying


async def _found(screen: Screen, paying: Paying) -> Paying:
    """With the customer that was meant and what can be settled. Raises `Malformed` where it is not one customer."""
    paying.customer = await one_customer(screen, paying.header["customer"])
    paying.header["customer"] = paying.customer.customer.number
    types = CREDITS if paying.kind.document_type == "Refund" else DEBITS
    paying.open = await open_documents(screen, paying.customer.customer.number, types)
    return paying


async def open_documents(screen: Screen, customer: str, types: str) -> Sequence[DocumentRow]:
    """What a customer has open of some kinds, the earliest due first."""
    found = await screen.api.list(
        DocumentRow,
        "/v1/reskontra/document",
        customer=customer,
        documentType=types,
        open=True,
        orderBy="documentDueDate",
        pageSize=_MOST,
    )
    return found.rows


def _body(paying: Paying, language: str) -> dict[str, Any]:
    header = {**paying.header}
    if paying.customer is not None:
        header["customer"] = paying.customer.customer.number
    header["amount"] = plain_number(header.get("amount", ""), language, "amount")
    body: dict[str, Any] = {
        wire: {"value": header.get(name) or None}
        for name, wire in _FIELDS.items()
        if header.get(name) or (paying.number and name in ("reference", "text"))
    }
    body["type"] = {"value": paying.kind.document_type}
    lines = []
    for name in _sent(paying):
        amount = paying.amounts[name]
        operation = "Insert" if name not in paying.before else "Update" if amount else "Delete"
        document_type, _, number = name.partition("/")
        paid = plain_number(amount, language, f"{_PAID}{name}")
        line = {"documentType": document_type, "refNbr": number, "amountPaid": paid}
        lines.append({"operation": operation, **{wire: {"value": value} for wire, value in line.items() if value}})
    body["paymentLines"] = lines
    return body


def typed_amounts(form: Form) -> dict[str, str]:
    """What is paid of each document, by `Invoice/003548`."""
    return {name.removeprefix(_PAID): value.strip() for name, value in form.pairs if name.startswith(_PAID)}


def _amounts_of(stored: Payment, language: str) -> dict[str, str]:
    return {f"{it.document_type}/{it.ref_nbr}": typed_number(it.amount_paid, language) for it in stored.payment_lines}


def _problem(screen: Screen, paying: Paying, refusal: Refusal) -> tuple[str, str]:
    """The field of the form that a refusal is about, and why."""
    names = {wire: name for name, own in _FIELDS.items() for wire in (name, own)}
    field = paid_field(refusal, _sent(paying)) or (names.get(str(refusal.field[0]), "") if refusal.field else "")
    return field, screen.why(refusal, field)


def _sent(paying: Paying) -> Sequence[str]:
    """The documents that the lines of a request are about, in order."""
    return [name for name, amount in paying.amounts.items() if amount or name in paying.before]


def paid_field(refusal: Refusal, sent: Sequence[str]) -> str:
    """The field of the document that a refusal is about; empty if it is about none. `sent` are those of the lines."""
    match refusal.field:
        case (str(name), *_) if name.startswith(_PAID):
            return name
        case (_, int(position), *_) if position < len(sent):
            return f"{_PAID}{sent[position]}"
    return ""


def _kind(screen: Screen) -> DocumentKind:
    kind = kind_named(screen.path["type"])
    if not kind.is_entered or not kind.is_payment:
        raise NotFound(reason=screen.formats.say("This kind of document is not entered here."))
    return kind


async def _shown(screen: Screen, paying: Paying, status: int = 200) -> Response:
    methods = await screen.api.list(Method, "/v1/paymentmethod")
    return screen.show(
        "payment_form.html",
        status,
        paying=paying,
        kind=paying.kind,
        methods=[(it.number, it.description or it.number) for it in methods.rows],
        kind_of=kind_named,
        words=WORDS,
    )
