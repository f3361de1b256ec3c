"""Crediting an invoice, whole or some of its lines: a draft credit note, which then goes the way of every release."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, Refusal, Unavailable
from reskontra.pages.api import Trial
from reskontra.pages.document import Document, Line, address_of, link_to
from reskontra.pages.document_kinds import KINDS, kind_named
from reskontra.pages.formats import plain_number, typed_number
from reskontra.pages.screen import Form, Screen
from reskontra.web.errors import status_of

INVOICE, NOTE = KINDS["Invoice"], KINDS["CreditNote"]
_CENT = Decimal("0.01")
"""Quantity x price is at most half of this from its rounded amount, in the currencies with two decimals."""


class _Made(msgspec.Struct, rename="camel"):
    reference_number: str


async def show_credit(screen: Screen) -> Response:
    """The lines of an invoice, all of them chosen."""
    return await _shown(screen, await _invoice(screen), Form(()))


async def credit(screen: Screen) -> Response:
    """POST: make the credit note over the chosen quantities, and lead to its release."""
    form, invoice = await screen.form(), await _invoice(screen)
    try:
        number = await _made(screen, invoice, form)
    except Unavailable:
        raise
    except Refusal as refusal:
        return await _shown(screen, invoice, form, screen.why(refusal), status_of(refusal))
    return screen.go(
        address_of(NOTE, number, "release"),
        "{document} is saved as a draft.",
        document=link_to(screen, NOTE, number),
    )


async def _made(screen: Screen, invoice: Document, form: Form) -> str:
    chosen = _chosen(screen, invoice, form)
    if all(quantity == line.quantity for line, quantity in chosen) and len(chosen) == len(invoice.lines):
        action = "reverseandapplytonote" if invoice.balance_in_currency else "reverse"
        answer = await screen.api.send("POST", INVOICE.action(invoice.reference_number, action), {})
        return msgspec.json.decode(answer.body, type=_Made).reference_number
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
    if not settled:
        corrects = {"documentType": {"value": "Invoice"}, "referenceNumber": {"value": invoice.reference_number}}
        await screen.api.send(
            "PUT", f"/v1/reskontra/customerCreditNote/{number}/vat", {"corrects": {"value": corrects}}
        )
    return number


def _chosen(screen: Screen, invoice: Document, form: Form) -> list[tuple[Line, Decimal]]:
    """The chosen lines with the quantities to credit. Raises `Malformed`."""
    chosen = []
    for line in invoice.lines:
        if str(line.line_number) not in form.all("line"):
            continue
        text = form.get(f"quantity.{line.line_number}", "")
        try:
            quantity = Decimal(plain_number(text, screen.formats.language, f"quantity.{line.line_number}"))
        except InvalidOperation:
            quantity = Decimal(0)
        if not quantity:
            raise Malformed(screen.formats.say("'{text}' is no quantity.", text=text))
        chosen.append((line, quantity))
    if not chosen:
        raise Malformed(screen.formats.say("No line was chosen."))
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


async def _shown(screen: Screen, invoice: Document, form: Form, why: str = "", status: int = 200) -> Response:
    language = screen.formats.language
    quantities = {
        line.line_number: form.get(f"quantity.{line.line_number}") or typed_number(line.quantity, language)
        for line in invoice.lines
    }
    chosen = form.all("line") if form else [str(line.line_number) for line in invoice.lines]
    return screen.show(
        "credit.html",
        status,
        invoice=invoice,
        quantities=quantities,
        chosen=chosen,
        problems=[("", why)] if why else [],
    )
