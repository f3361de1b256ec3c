"""Applying an open credit note or payment to open documents of its customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.errors import Objection
from reskontra.pages.api import Trial
from reskontra.pages.document import (
    Application,
    Document,
    NamedDocument,
    address_of,
    applications_at,
    applications_of,
    link_to,
    read_document,
)
from reskontra.pages.document_kinds import DEBITS, DocumentKind, kind_named
from reskontra.pages.documents import DocumentRow
from reskontra.pages.formats import plain_number, typed_number
from reskontra.pages.paying import open_documents, paid_field, typed_amounts
from reskontra.pages.screen import Screen
from reskontra.web.errors import status_of


@dataclass(slots=True)
class Applying:
    """An open credit, and what is to be settled with it."""

    kind: DocumentKind
    number: str
    left: Decimal
    currency: str
    open: Sequence[DocumentRow]
    amounts: dict[str, str]
    applied: Sequence[Application] = ()
    problems: Sequence[tuple[str, str]] = ()


class _Applied(msgspec.Struct):
    applications: list[Application]


async def show_apply(screen: Screen) -> Response:
    """The customer's open documents, with what is left of the credit proposed for the earliest."""
    applying = await _applying(screen)
    left = applying.left
    for row in applying.open:
        if row.currency_id == applying.currency and left > 0:
            part = min(left, row.balance_in_currency)
            name = f"{row.document_type}/{row.reference_number}"
            applying.amounts[name] = typed_number(part, screen.formats.language)
            left -= part
    return screen.show("apply.html", applying=applying, kind_of=kind_named)


async def apply(screen: Screen) -> Response:
    """POST: first show what would happen, then do it."""
    form, applying = await screen.form(), await _applying(screen)
    applying.amounts = typed_amounts(form)
    language = screen.formats.language
    ours = NamedDocument(applying.kind.document_type, applying.number)
    try:
        body = {"credit": ours, "lines": _lines(applying, language)}
        if form.get("do") == "apply":
            answer = await screen.api.send("POST", "/v1/reskontra/application", body)
            made = msgspec.json.decode(answer.body, type=_Applied, strict=False).applications
            return screen.go(
                address_of(applying.kind, applying.number),
                "{document} is applied to one document.|{document} is applied to {count} documents.",
                document=link_to(screen, applying.kind, applying.number),
                count=len(made),
            )
        tried = await screen.api.tried(Trial("POST", "/v1/reskontra/application", body, [applications_at(ours)]))
        before = {it.id for it in await applications_of(screen, ours)}
        applying.applied = [it for it in tried.read(0, list[Application]) if it.id not in before]
    except Objection as refusal:
        field = paid_field(refusal, [name for name, amount in applying.amounts.items() if amount])
        applying.problems = [(field, screen.why(refusal, field))]
        return screen.show("apply.html", status_of(refusal), applying=applying, kind_of=kind_named)
    return screen.show("apply.html", applying=applying, kind_of=kind_named)


def _lines(applying: Applying, language: str) -> list[dict[str, str]]:
    lines = []
    for name, amount in applying.amounts.items():
        document_type, _, number = name.partition("/")
        if amount:
            paid = plain_number(amount, language, f"paid.{name}")
            lines.append({"documentType": document_type, "referenceNumber": number, "amountPaid": paid})
    return lines


async def _applying(screen: Screen) -> Applying:
    kind, number = kind_named(screen.path["type"]), screen.path["number"]
    thing = (await read_document(screen, kind, number)).thing
    if isinstance(thing, Document):
        left, currency, number = thing.balance_in_currency, thing.currency_id, thing.reference_number
    else:
        left, currency, number = thing.available_balance, thing.currency, thing.ref_nbr
    return Applying(kind, number, left, currency, await open_documents(screen, thing.customer.number, DEBITS), {})
