"""What a person typed about a document with lines, and the request that it becomes.

A form knows what stood in it when it was shown (`base`), so that only what was changed is sent, and what somebody else
changed meanwhile is told from what this person changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from reskontra.errors import Refusal
from reskontra.pages.document import Document
from reskontra.pages.document_kinds import DocumentKind
from reskontra.pages.formats import plain_number
from reskontra.pages.screen import Form

HEADER: Mapping[str, str] = {
    "customer": "customerNumber",
    "date": "documentDate",
    "terms": "creditTermsId",
    "due": "documentDueDate",
    "currency": "currencyId",
    "customer_reference": "customerRefNumber",
    "external_reference": "externalReference",
    "payment_reference": "paymentReference",
    "text": "invoiceText",
}
"""A field of the form -> its name on the wire."""

LINE: Mapping[str, str] = {
    "item": "inventoryNumber",
    "description": "description",
    "quantity": "quantity",
    "price": "unitPriceInCurrency",
    "discount": "discountPercent",
    "vat": "vatCodeId",
    "account": "accountNumber",
}
"""The same of a line."""

WORDS: Mapping[str, str] = {
    "customer": "Customer", "date": "Date", "terms": "Terms", "due": "Due", "currency": "Currency",
    "customer_reference": "Customer's reference", "external_reference": "Our reference",
    "payment_reference": "Payment reference", "text": "Text",
    "item": "Item", "description": "Text", "quantity": "Quantity", "price": "Price", "discount": "Discount %",
    "vat": "VAT", "account": "Account",
}  # fmt: skip
"""What a page calls the fields."""

_NUMBERS = frozenset({"quantity", "price", "discount"})
_LINE_FIELD = re.compile(r"line\.(\d{1,4})\.(\w+)")

Row = dict[str, str]


@dataclass(slots=True)
class DocumentForm:
    """The fields as texts. A line that is stored has its number under `number`."""

    header: Row = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.header = {name: self.header.get(name, "") for name in HEADER}

    @classmethod
    def of(cls, form: Form) -> DocumentForm:
        """What was posted."""
        rows: dict[int, Row] = {}
        for name, value in form.pairs:
            found = _LINE_FIELD.fullmatch(name)
            if found and (found[2] in LINE or found[2] == "number"):
                rows.setdefault(int(found[1]), {})[found[2]] = value.strip()
        header = {name: value.strip() for name, value in form.items() if name in HEADER}
        return cls(header, [rows[position] for position in sorted(rows)])

    @classmethod
    def showing(cls, document: Document, say: Any) -> DocumentForm:
        """A stored document. `say` writes a number as the person does."""
        header = {
            "customer": document.customer.number,
            "date": _day(document.document_date),
            "terms": (document.credit_terms.id or "") if document.credit_terms else "",
            "due": _day(document.document_due_date),
            "currency": document.currency_id,
            "customer_reference": document.customer_ref_number or "",
            "external_reference": document.external_reference or "",
            "payment_reference": document.payment_reference or "",
            "text": document.invoice_text or "",
        }
        lines = [
            {
                "number": str(line.line_number),
                "item": line.inventory_number or "",
                "description": line.description or "",
                "quantity": say(line.quantity),
                "price": say(line.unit_price_in_currency),
                "discount": say(line.discount_percent) if line.discount_percent else "",
                "vat": (line.vat_code.id or "") if line.vat_code else "",
                "account": line.account.number if line.account else "",
            }
            for line in document.lines
        ]
        return cls(header, lines)

    def packed(self) -> str:
        """The form as a hidden field holds it."""
        return msgspec.json.encode({"header": self.header, "lines": self.lines}).decode()

    @classmethod
    def unpacked(cls, text: str) -> DocumentForm:
        """What `packed` made; an empty form of anything else."""
        try:
            found = msgspec.json.decode(text, type=_Packed)
        except msgspec.MsgspecError:
            return cls()
        return cls(found.header, found.lines)

    @property
    def filled_lines(self) -> list[Row]:
        """The lines in which something stands."""
        return [line for line in self.lines if any(line.get(name) for name in LINE)]

    def cells(self) -> Iterator[tuple[tuple[str, str], str]]:
        """Each field of what is stored, by line number (empty: the header) and name."""
        for name, value in self.header.items():
            yield ("", name), value
        for line in self.lines:
            if line.get("number"):
                for name in LINE:
                    yield (line["number"], name), line.get(name, "")


class _Packed(msgspec.Struct):
    header: Row
    lines: list[Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed: whose it was before, what it is by one and the other."""

    line: str
    name: str
    mine: str
    theirs: str


def new_body(kind: DocumentKind, form: DocumentForm, language: str) -> dict[str, Any]:
    """The POST that makes the document: what is empty is filled by the server."""
    body: dict[str, Any] = {
        HEADER[name]: _wrapped(value) for name, value in form.header.items() if value and name not in kind.lacks
    }
    body[kind.lines] = [
        {LINE[name]: _sent(name, line[name], language, at) for name in LINE if line.get(name)}
        for at, line in enumerate(form.filled_lines)
    ]
    return body


def change_body(kind: DocumentKind, form: DocumentForm, base: DocumentForm, language: str) -> dict[str, Any]:
    """The PUT that changes what the person changed, and nothing else."""
    body: dict[str, Any] = {
        HEADER[name]: _wrapped(value or None)
        for name, value in form.header.items()
        if value != base.header.get(name, "") and name not in kind.lacks
    }
    before = {line["number"]: line for line in base.lines if line.get("number")}
    lines: list[dict[str, Any]] = []
    for at, line in enumerate(form.filled_lines):
        standing = before.pop(line.get("number", ""), None)
        if standing is None:
            added = {LINE[name]: _sent(name, line[name], language, at) for name in LINE if line.get(name)}
            lines.append({"operation": "Insert", **added})
            continue
        changed = {
            LINE[name]: _sent(name, line.get(name, ""), language, at)
            for name in LINE
            if line.get(name, "") != standing.get(name, "")
        }
        # A line that stays is named too, so that the server counts lines as the form does.
        operation = "Update" if changed else "Nothing"
        lines.append({"operation": operation, "lineNumber": _wrapped(int(line["number"])), **changed})
    lines += [{"operation": "Delete", "lineNumber": _wrapped(int(number))} for number in before]
    if any(line["operation"] != "Nothing" for line in lines):
        body[kind.lines] = lines
    return body


def merged(form: DocumentForm, base: DocumentForm, theirs: DocumentForm) -> tuple[DocumentForm, Sequence[Difference]]:
    """The form with what somebody else changed, where this person did not; and what they changed, side by side."""
    before, mine = dict(base.cells()), dict(form.cells())
    told = []
    header, lines = dict(form.header), {line["number"]: dict(line) for line in form.lines if line.get("number")}
    for (line, name), value in theirs.cells():
        if value == before.get((line, name), "") or value == mine.get((line, name)):
            continue
        told.append(Difference(line, name, mine.get((line, name), ""), value))
        if mine.get((line, name), "") == before.get((line, name), ""):
            (header if not line else lines.setdefault(line, {"number": line}))[name] = value
    added = [dict(line) for line in form.lines if not line.get("number")]
    gone = {line.get("number") for line in base.lines} - {line.get("number") for line in theirs.lines}
    kept = [line for number, line in sorted(lines.items(), key=lambda it: int(it[0])) if number not in gone]
    return DocumentForm(header, [*kept, *added]), told


def field_of(refusal: Refusal, form: DocumentForm) -> str:
    """The field of the form that a refusal is about; empty if it is none."""
    path = [str(step) for step in refusal.field]
    names = {wire: name for name, own in {**HEADER, **LINE}.items() for wire in (name, own)}
    if len(path) >= 3 and path[1].isdigit():
        filled = form.filled_lines
        position = int(path[1])
        if position < len(filled) and path[2] in names:
            return f"line.{form.lines.index(filled[position])}.{names[path[2]]}"
        return ""
    name = names.get(path[0], "") if path else ""
    return name if name in HEADER else ""


def _sent(name: str, value: str, language: str, at: int) -> dict[str, Any]:
    """A field of the filled line at a position. Raises `Malformed` for it."""
    return _wrapped((plain_number(value, language, "lines", at, name) if name in _NUMBERS else value) or None)


def _wrapped(value: object) -> dict[str, Any]:
    return {"value": value}


def _day(day: datetime | None) -> str:
    return "" if day is None else f"{day:%Y-%m-%d}"
