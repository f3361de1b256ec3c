"""Crediting an invoice, whole or some of its lines: a draft credit note, which then goes the way of every release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, Objection, Unavailable
from reskontra.pages.api import Trial, segment
from reskontra.pages.document import Document, Line, address_of, link_to
from reskontra.pages.document_kinds import KINDS, kind_named
from reskontra.pages.documents import DocumentRow
from reskontra.pages.formats import Mistyped, plain_number, typed_number
from reskontra.pages.screen import Form, Screen
from reskontra.pages.words import later
from reskontra.web.errors import status_of

INVOICE, NOTE = KINDS["Invoice"], KINDS["CreditNote"]
_CENT = Decimal("0.01")
"""Quantity x price is at most half of this from its rounded amount, in the currencies with two decimals."""

_NOTES_MAX = 500
"""The most credit notes of one invoice that are looked at."""


class _Reversed(msgspec.Struct, rename="camel"):
    reference_number: str


@dataclass(frozen=True, slots=True)
class _Note:
    """The draft that was made."""

    number: str
    more: Decimal
    """How much of it is more than what is open of the invoice."""

    why: str = ""
    """Why it does not say what it corrects; empty if it does."""


@dataclass(frozen=True, slots=True)
class _Crediting:
    """An invoice, and what earlier credit notes leave of it."""

    invoice: Document
    notes: Sequence[Document]
    left: Mapping[int, Decimal]
    """Line number -> the quantity that is not credited yet."""

    @property
    def amount_left(self) -> Decimal:
        """What crediting all that is left would come to, VAT included, in the invoice's currency."""
        whole = self.invoice.amount_in_currency
        return max(whole - sum((it.amount_in_currency for it in self.notes), Decimal(0)), Decimal(0))

    @property
    def too_much(self) -> Decimal:
        """How much of it is more than the open balance."""
        return max(self.amount_left - self.invoice.balance_in_currency, Decimal(0))


async def show_credit(screen: Screen) -> Response:
    """The lines of an invoice, chosen as far as they are not credited yet."""
    return await _shown(screen, await _crediting(screen), Form(()))


async def credit(screen: Screen) -> Response:
    """POST: make the credit note over the chosen quantities, and lead to its release."""
    form, crediting = await screen.form(), await _crediting(screen)
    try:
        made = await _made(screen, crediting, form)
    except Objection as refusal:
        problem = screen.problem(refusal, {it: it for it in form if it.startswith("quantity.")})
        return await _shown(screen, crediting, form, [problem], status_of(refusal))
    note = link_to(screen, NOTE, made.number)
    if made.why:
        return screen.go(
            address_of(NOTE, made.number),
            "{document} is saved as a draft, but it does not name {invoice}: {why}",
            document=note,
            invoice=link_to(screen, INVOICE, crediting.invoice.reference_number),
            why=made.why,
        )
    said = later("{document} is saved as a draft.")
    if made.more:
        said = later("{document} is saved as a draft. {amount} of it is more than what is open of the invoice.")
    return screen.go(
        address_of(NOTE, made.number, "release"), said, document=note, amount=screen.formats.amount(made.more)
    )


async def _crediting(screen: Screen) -> _Crediting:
    invoice = await _invoice(screen)
    notes = await _notes_of(screen, invoice)
    left = {line.line_number: line.quantity or Decimal(0) for line in invoice.lines}
    for credited in (line for note in notes for line in note.lines):
        rest = credited.quantity or Decimal(0)
        for line in invoice.lines:
            if _is_of(credited, line) and rest * left[line.line_number] > 0:
                part = min(rest, left[line.line_number], key=abs)
                left[line.line_number] -= part
                rest -= part
    return _Crediting(invoice, notes, left)


def _is_of(credited: Line, line: Line) -> bool:
    """Whether a line of a credit note is over one of the invoice. Nothing on it says so but what was sold."""
    return (credited.inventory_number, credited.unit_price_in_currency, credited.description) == (
        line.inventory_number,
        line.unit_price_in_currency,
        line.description,
    )


async def _notes_of(screen: Screen, invoice: Document) -> list[Document]:
    """The credit notes that correct an invoice, released or drafts: those that settle it, or were told so."""
    listed = await screen.api.list(
        DocumentRow,
        "/v1/reskontra/document",
        corrects=f"{INVOICE.document_type}/{invoice.reference_number}",
        documentType=NOTE.document_type,
        pageSize=_NOTES_MAX,
    )
    return [await screen.api.get(Document, NOTE.address(it.reference_number)) for it in listed.rows]


async def _made(screen: Screen, crediting: _Crediting, form: Form) -> _Note:
    """Make the credit note. Raises `Refusal` if none was made."""
    invoice, chosen = crediting.invoice, _chosen(screen, crediting, form)
    if all(quantity == line.quantity for line, quantity in chosen) and len(chosen) == len(invoice.lines):
        action = "reverseandapplytonote" if invoice.balance_in_currency else "reverse"
        answer = await screen.api.send("POST", INVOICE.action(invoice.reference_number, action), {})
        number = msgspec.json.decode(answer.body, type=_Reversed).reference_number
        return _Note(number, invoice.amount_in_currency - invoice.balance_in_currency)
    body: dict[str, Any] = {
        "customerNumber": {"value": invoice.customer.number},
        "documentDate": {"value": f"{screen.today:%Y-%m-%d}"},
        "currencyId": {"value": invoice.currency_id},
        NOTE.lines: [_line(line, quantity) for line, quantity in chosen],
    }
    note = (await screen.api.tried(Trial("POST", NOTE.path, body, ["{resource}"]))).read(0, Document)
    settled = min(note.amount_in_currency, invoice.balance_in_currency)
    if settled:
        applied = {"documentType": "Invoice", "refNbr": invoice.reference_number, "amountPaid": str(settled)}
        body["applicationLines"] = [{name: {"value": value} for name, value in applied.items()}]
    answer = await screen.api.send("POST", NOTE.path, body)
    number = answer.headers["location"].rpartition("/")[2]
    why = "" if settled else await _named(screen, number, invoice)
    return _Note(number, note.amount_in_currency - settled, why)


async def _named(screen: Screen, number: str, invoice: Document) -> str:
    """Have a draft that settles nothing say what it corrects; why it does not, else empty. The draft stays anyway."""
    corrects = {"documentType": {"value": "Invoice"}, "referenceNumber": {"value": invoice.reference_number}}
    path = f"/v1/reskontra/customerCreditNote/{segment(number)}/vat"
    try:
        await screen.api.send("PUT", path, {"corrects": {"value": corrects}})
    except (Objection, Unavailable) as refusal:
        return screen.why(refusal)
    return ""


def _chosen(screen: Screen, crediting: _Crediting, form: Form) -> list[tuple[Line, Decimal]]:
    """The chosen lines with the quantities to credit. Raises `Malformed`."""
    chosen, formats = [], screen.formats
    for line in crediting.invoice.lines:
        if str(line.line_number) not in form.all("line"):
            continue
        field, left = f"quantity.{line.line_number}", crediting.left[line.line_number]
        text = form.get(field, "")
        try:
            quantity = Decimal(plain_number(text, formats.language, field))
        except InvalidOperation:
            quantity = Decimal(0)
        if not quantity or not quantity.is_finite():
            raise Mistyped(formats.say("'{text}' is no quantity.", text=text), field=(field,))
        if abs(quantity) > abs(left):
            said = formats.say("Only {left} of this line is not credited yet.", left=formats.number(left))
            raise Mistyped(said, field=(field,))
        chosen.append((line, quantity))
    if not chosen:
        raise Malformed(formats.say("No line was chosen."))
    return chosen


def _line(line: Line, quantity: Decimal) -> dict[str, Any]:
    """A line of the invoice as the credit note's. A discount in money becomes one in percent of that quantity."""
    sent = {
        "inventoryNumber": line.inventory_number,
        "description": line.description,
        "quantity": str(quantity),
        "uom": line.uom,
        "unitPriceInCurrency": None if line.unit_price_in_currency is None else str(line.unit_price_in_currency),
        "manualAmountInCurrency": _entered_part(line, quantity),
        "discountPercent": str(line.discount_percent) if line.discount_percent else None,
        "vatCodeId": line.vat_code.id if line.vat_code else None,
        "accountNumber": line.account.number if line.account else None,
    }
    return {name: {"value": value} for name, value in sent.items() if value is not None}


def _entered_part(line: Line, quantity: Decimal) -> str | None:
    """The share of an amount that was entered in place of quantity x price; None: the price says it all."""
    whole, price, entered = line.quantity, line.unit_price_in_currency, line.manual_amount_in_currency
    if not whole or price is None or entered is None or abs(whole * price - entered) < _CENT:
        return None
    return f"{(entered * quantity / whole):.4f}"


async def _invoice(screen: Screen) -> Document:
    if kind_named(screen.path["type"]) is not INVOICE:
        raise Malformed(screen.formats.say("Only an invoice is credited here."))
    return await screen.api.get(Document, INVOICE.address(screen.path["number"]))


async def _shown(
    screen: Screen, crediting: _Crediting, form: Form, problems: Sequence[tuple[str, str]] = (), status: int = 200
) -> Response:
    language, left = screen.formats.language, crediting.left
    quantities = {
        number: form.get(f"quantity.{number}") or typed_number(quantity, language) for number, quantity in left.items()
    }
    return screen.show(
        "credit.html",
        status,
        invoice=crediting.invoice,
        crediting=crediting,
        left=left,
        quantities=quantities,
        chosen=form.all("line") if form else [str(number) for number, quantity in left.items() if quantity],
        problems=problems,
    )
