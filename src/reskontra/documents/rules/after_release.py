"""What may still change on a released document. Fields sent back unchanged pass silently (W13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import Document, Line
from reskontra.documents.rules.deductions import is_same_work
from reskontra.documents.rules.header import (
    PARTICULARS,
    check_discount_date,
    check_due_date,
    check_same_number,
    particulars,
)
from reskontra.documents.rules.pricing import amounts_in_currency
from reskontra.domestic_services.rules.distribution import is_echo
from reskontra.errors import FieldPath, Refused
from reskontra.kinds import KINDS, Kind
from reskontra.money import round_money
from reskontra.operations import LineOperation
from reskontra.periods.rules import parse_period
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.documents.document import Basis

_OPEN_MAY_CHANGE = ("due_date", "cash_discount_date")
_FLAGS_MAY_CHANGE = ("revoked", "exclude_debt_collection", "dont_print", "dont_email")
_DEBT_COLLECTION = tuple(name for name in PARTICULARS if name.startswith("debt_collection_"))


def changed_after_release(kind: Kind, document: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    """The released document after a PUT (W13). A field sent with its stored value passes silently."""
    check_same_number(kind, document, changes)
    legal = _legal_fields(kind, document)
    values: dict[str, Any] = {}
    for name, sent in changes.items():
        if name in legal:
            values[name] = bool(sent) if name in _FLAGS_MAY_CHANGE else sent
        elif name == "lines":
            _check_lines_echoed(document, sent or (), basis)
        elif not _is_echo(name, sent, document, basis):
            raise _frozen(kind, document, (name,), sent)
    _check_due_dates(document, values)
    hold = values.pop("hold", None)
    if hold is not None:
        values["status"] = "Reserved" if hold else "Open"
    kept = particulars(document.particulars, {name: values.pop(name) for name in _DEBT_COLLECTION if name in values})
    for name in _OPEN_MAY_CHANGE:
        if name in values and values[name] != getattr(document, name):
            values[f"{name}_entered"] = True
    after = replace(document, particulars=kept, **values)
    if after.due_date != document.due_date:
        check_due_date(after)
    if (after.due_date, after.cash_discount_date) != (document.due_date, document.cash_discount_date):
        check_discount_date(after)
    return after


def _legal_fields(kind: Kind, document: Document) -> tuple[str, ...]:
    if document.status == "Voided":
        return ()
    if document.status == "Closed":
        return ("note",)
    dates = _OPEN_MAY_CHANGE if kind.has_terms else ()
    hold = ("hold",) if kind.may_be_reserved else ()
    return (*dates, *hold, *_FLAGS_MAY_CHANGE, *_DEBT_COLLECTION, "note")


def _check_due_dates(document: Document, values: Mapping[str, Any]) -> None:
    for name in _OPEN_MAY_CHANGE:
        if name in values and values[name] is None:
            raise Refused(
                "A released document keeps its due date and its cash discount date.",
                field=(name,),
                hint="Send a date.",
            )


def _frozen(kind: Kind, document: Document, field: FieldPath, sent: object) -> Refused:
    return Refused(
        f"The {kind.noun} {document.number} can't be updated because it is already released.",
        field=field,
        value=sent,
        hint=_still_open(kind, document),
    )


def _still_open(kind: Kind, document: Document) -> str:
    """What `_legal_fields` allows, in a client's words."""
    if document.status == "Voided":
        return "Nothing of a voided document may change."
    if document.status == "Closed":
        return "Only the note may still change."
    dates = "Due date, cash discount date, " if kind.has_terms else ""
    hold = "hold, " if kind.may_be_reserved else ""
    rest = "the flags for printing, e-mail, revocation and debt collection, and the note may still change."
    text = f"{dates}{hold}{rest}"
    return text[:1].upper() + text[1:]


def _is_echo(name: str, sent: Any, document: Document, basis: Basis) -> bool:
    """Whether a field was sent with its stored value."""
    if name in ("post_period", "financial_period"):
        return sent is None or parse_period(sent, (name,)) == document.period_id
    if name in ("number", "override_number_series"):
        return True
    if name in ("customer_number", "child_customer_number", "location_cd"):
        return _is_same_party(name, sent, document, basis)
    if name in ("corrects", "rot_rut"):
        is_deduction = name == "rot_rut"
        return is_echo(sent, document.deduction) if is_deduction else _is_same_correction(sent, document, basis)
    if name in ("vat_rows", "application_lines"):
        decimals = basis.reference.decimals_of(document.currency_id)
        return not sent or (name == "vat_rows" and vat_rows_echoed(document, sent, decimals))
    return _is_same(sent, _standing(name, document, basis))


def _is_same(sent: Any, standing: Any) -> bool:
    """Whether what was sent says what stands; of an object, only the parts that were sent count."""
    if isinstance(sent, Mapping):
        parts = standing if isinstance(standing, Mapping) else {}
        return all(_same(value, parts.get(part)) for part, value in sent.items())
    return _same(sent, standing)


def _is_same_correction(sent: Any, document: Document, basis: Basis) -> bool:
    """Whether the request named what the document corrects. The basis holds what was named, if it exists."""
    corrected = basis.links.corrects
    named = corrected.document_id if sent and corrected is not None else None
    return named == document.corrects_document_id and bool(sent) == (named is not None)


def _is_same_party(name: str, sent: Any, document: Document, basis: Basis) -> bool:
    """Whether the request named the document's own parties. The basis holds the ones that it named.

    A number that nobody has finds no child, an unknown location leaves the stored one, and no customer is refused.
    """
    if name == "customer_number":
        return basis.debtor.customer_id == document.customer_id
    if name == "location_cd":
        location = basis.debtor.location
        return sent is None or (location.location_id == document.location_id and _same(sent, location.location_cd))
    child_customer_id = basis.child.customer_id if basis.child else None
    return child_customer_id == document.child_customer_id and bool(sent) == (child_customer_id is not None)


def _same(sent: Any, standing: Any) -> bool:
    if isinstance(sent, date) and isinstance(standing, str):
        sent = sent.isoformat()
    if isinstance(sent, str) and isinstance(standing, str):
        return sent.lower() == standing.lower()
    return bool(sent == standing) or (not sent and not standing)


def _standing(name: str, document: Document, basis: Basis) -> Any:
    if name in PARTICULARS:
        return document.particulars.get(name)
    other = {
        "hold": document.is_held,
        "salesperson": basis.reference.salesperson_cd(document.salesperson_id),
        "deductible": document.deduction is not None,
    }
    return other[name] if name in other else getattr(document, name, None)


def vat_rows_echoed(document: Document, sent: Sequence[Mapping[str, Any]], decimals: int) -> bool:
    """Whether VAT rows were sent with their stored figures; `decimals` are the places of the document's currency."""
    return all(
        any(
            row.get("vat_id") == standing.vat_id
            and all(
                row.get(name) is None or round_money(row[name], decimals) == getattr(standing, name)
                for name in ("taxable", "vat")
            )
            for standing in document.vat
        )
        for row in sent
    )


_LINE_NAMES = {"manual_amount": "extended_amount"}


def _check_lines_echoed(document: Document, sent: Any, basis: Basis) -> None:
    standing = {line.line_number: line for line in document.lines}
    decimals = basis.reference.decimals_of(document.currency_id)
    for position, sent_line in enumerate(sent):
        change = amounts_in_currency(sent_line, decimals, ("lines", position))
        if change.get("operation") == LineOperation.NOTHING:
            continue
        line = standing.get(change.get("line_number") or 0)
        if line is None or change.get("operation") == LineOperation.DELETE:
            raise _frozen_line(document, (position,), change.get("line_number"))
        for name, value in change.items():
            if name not in ("operation", "line_number") and not _is_line_echo(name, value, line, basis):
                raise _frozen_line(document, (position, name), value)


def _is_line_echo(name: str, value: Any, line: Line, basis: Basis) -> bool:
    if name == "subaccount":
        return not value or basis.reference.subaccounts.in_use(value, ("lines", "subaccount")) == line.subaccount_id
    if name == "salesperson":
        return _same(value, basis.reference.salesperson_cd(line.salesperson_id))
    if name in ("deductible", "work_type"):
        return is_same_work(name, value, line)
    return _same(value, getattr(line, _LINE_NAMES.get(name, name), None))


def _frozen_line(document: Document, where: FieldPath, value: object) -> Refused:
    return Refused(
        f"The lines of {document.number} can't be updated because it is already released.",
        field=("lines", *where),
        value=value,
        hint="Reverse it with POST /v1/cashsale/{number}/action/reverse."
        if KINDS[document.document_type].is_paid_at_once
        else "Correct it with a credit note or a debit note.",
    )
