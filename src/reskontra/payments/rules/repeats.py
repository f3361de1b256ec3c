"""What a request repeats of an answer. It asks for nothing, so a payment that was read may be sent back as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from reskontra.errors import Refused
from reskontra.money import ZERO
from reskontra.operations import LineOperation
from reskontra.payments.payment import Basis, Payment, PaymentLine, ShownLine
from reskontra.payments.rules.charges import total_of
from reskontra.payments.rules.drafts import is_location
from reskontra.payments.rules.lines import LINES
from reskontra.periods.rules import parse_period
from reskontra.receivables.rules.items import name_of, named_on

_NOTHING = {"operation": LineOperation.NOTHING}


def asked_of_new(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a POST asks for: the sum of the charges of another payment, if it is not 0, is none of its own."""
    changes = dict(changes)
    if isinstance(changes.get("charges"), Decimal):
        _check_total(changes.pop("charges"), ZERO)
    return changes


def asked(payment: Payment, changes: Mapping[str, Any], released: Sequence[ShownLine], basis: Basis) -> dict[str, Any]:
    """What a PUT asks for: `changes` without what the payment, with these released lines, shows already.

    An amount that follows from the lines is repeated if all lines are; alone, or beside another line, it is entered.
    """
    changes = dict(changes)
    if isinstance(changes.get("charges"), Decimal):
        _check_total(changes.pop("charges"), total_of(payment.charges) * (-1 if payment.is_void else 1))
    sent = changes.get("lines")
    if sent:
        changes["lines"] = lines_asked(payment, sent, released)
    repeats_lines = "lines" in changes and not changes["lines"]
    if sent and repeats_lines and not payment.amount_entered and changes.get("amount") == payment.amount:
        del changes["amount"]
    if changes.get("location_cd") and is_location(basis, changes["location_cd"], payment.location_id):
        del changes["location_cd"]
    _leave_out(changes, payment, ("branch_number",))
    _leave_out(changes, payment, ("payment_method_id", "cash_account"))
    if not payment.is_released:
        _leave_out_date(changes, payment.document_date, payment.period_id)
    elif repeats_lines and not payment.lines:
        # What others applied of it later dates it too; the date of its next lines stays what it is.
        days = [payment.document_date, *(it.applied_on for it in released if it.applied_on)]
        periods = [payment.period_id, *(it.applied_period_id for it in released if it.applied_period_id)]
        _leave_out_date(changes, max(days), max(periods))
    return changes


def lines_asked(
    payment: Payment, sent: Sequence[Mapping[str, Any]], released: Sequence[ShownLine]
) -> list[Mapping[str, Any]]:
    """The lines that ask for something, the others in their places as `Nothing`; none at all if none does (LNE-02).

    Only a line without operation can be a repetition. One that says what a released line of its document shows is that
    line, one that says all of a line that waits is that one. Another amount for a document changes the line that waits,
    and where there is none but money stands applied it is refused: whether its sender means so much more, or so much in
    all, nobody can tell, so he has to say `Insert`. Where everything was taken back the document is free again: the
    line and what took it back say nothing together, the line alone applies the amount anew.
    """
    rows: dict[tuple[str, str], list[ShownLine]] = defaultdict(list)
    for row in released:
        rows[name_of(row.document_type, row.number)].append(row)
    unread = {name: list(found) for name, found in rows.items()}
    waiting = {name_of(line.document_type, line.number): line for line in payment.lines}
    repeated: dict[tuple[str, str], dict[int, ShownLine]] = defaultdict(dict)
    lines = list(sent)
    for position, line in enumerate(sent):
        if line.get("operation") is not None:
            continue
        name = name_of(*named_on(line))
        row_found = next((it for it in unread.get(name, ()) if _repeats(line, it)), None)
        if row_found is not None:
            unread[name].remove(row_found)
            repeated[name][position] = row_found
        elif name in waiting:
            if _is_whole(line) and _repeats(line, waiting[name]):
                lines[position] = _NOTHING
        elif payment.status in ("Open", "Reserved") and _is_applied(rows.get(name, ())):
            raise _applied_already(payment, line, rows[name], position)
    for name, found in repeated.items():
        is_free = name not in waiting and not _is_applied(rows[name])
        for position in set(found) - (_anew(found) if is_free else set()):
            lines[position] = _NOTHING
    return [] if all(it.get("operation") == LineOperation.NOTHING for it in lines) else lines


def _repeats(line: Mapping[str, Any], row: ShownLine | PaymentLine) -> bool:
    """Whether all that a line says is what an answer shows; a rate of 0 is a generated client's default (X7)."""
    if line.get("amount_paid") is None:
        return False
    figures = {"amount_paid": row.amount, "discount": row.discount, "write_off": row.write_off}
    return (
        all(line[name] == value for name, value in figures.items() if name in line)
        and ("reason_code" not in line or _folded(line["reason_code"]) == _folded(row.reason_code))
        and (not line.get("cross_rate") or line["cross_rate"] == row.cross_rate)
    )


def _is_whole(line: Mapping[str, Any]) -> bool:
    """Whether a line says all that answers show of one."""
    return all(line.get(name) is not None for name in ("amount_paid", "discount", "write_off", "cross_rate"))


def _is_applied(rows: Sequence[ShownLine]) -> bool:
    return sum((row.reduction for row in rows), ZERO) != ZERO


def _anew(repeated: Mapping[int, ShownLine]) -> set[int]:
    """The places of lines that were taken back and are sent without what took them back."""
    back = [row.reduction for row in repeated.values() if row.reduction < ZERO]
    anew = set()
    for position, row in repeated.items():
        if row.reduction > ZERO and -row.reduction in back:
            back.remove(-row.reduction)
        elif row.reduction > ZERO:
            anew.add(position)
    return anew


def _applied_already(payment: Payment, line: Mapping[str, Any], rows: Sequence[ShownLine], position: int) -> Refused:
    amount, stands = line.get("amount_paid"), sum((row.amount for row in rows), ZERO)
    return Refused(
        f"The {payment.kind.noun} has applied {stands:f} to {rows[0].number} already, which is released.",
        field=(*LINES, position, "amount_paid"),
        value=None if amount is None else f"{amount:f}",
        hint="Send the operation Insert to apply more, or leave the line out. What is released is taken back with"
        " POST /v1/reskontra/application/{id}/action/undo.",
    )


def _check_total(sent: Decimal, total: Decimal) -> None:
    if sent != total:
        raise Refused(
            "The sum of the charges follows from the charges.",
            field=("charges",),
            value=f"{sent:f}",
            hint=f"Send a list of charges: [ ... ], {total:f} or nothing at all.",
        )


def _leave_out(changes: dict[str, Any], payment: Payment, names: Sequence[str]) -> None:
    """Leave out fields if none of them has another value than the payment."""
    if all(changes[name] and changes[name] == getattr(payment, name) for name in names if name in changes):
        for name in names:
            changes.pop(name, None)


def _leave_out_date(changes: dict[str, Any], day: object, period_id: str) -> None:
    sent_day, sent_period = changes.get("application_date"), changes.get("application_period")
    if sent_day in (None, day) and (not sent_period or parse_period(sent_period, ("application_period",)) == period_id):
        changes.pop("application_date", None)
        changes.pop("application_period", None)


def _folded(code: str | None) -> str:
    return (code or "").lower()
