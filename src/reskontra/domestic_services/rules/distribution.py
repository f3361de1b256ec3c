"""The home that was worked on, and the persons for whom is deducted: after a request, and sent back (RRT-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from reskontra.domestic_services.rules.deduction import Deduction, Share, check_personal_id, shared_out
from reskontra.domestic_services.rules.work_types import DeductionType
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.money import ONE, ZERO, total
from reskontra.operations import LineOperation
from reskontra.records import replace

DETAILS: FieldPath = ("rot_rut",)
_SHARES: FieldPath = (*DETAILS, "distribution")
_PLAIN = ("estate", "apartment", "organisation_number")


def detailed(deduction: Deduction, standing: Deduction | None, details: Mapping[str, Any]) -> Deduction:
    """The deduction with its home and its persons after a request."""
    places = {name: getattr(standing, name, None) for name in _PLAIN}
    places.update({name: details[name] or None for name in _PLAIN if name in details})
    if deduction.type == DeductionType.ROT and not (
        places["estate"] or (places["apartment"] and places["organisation_number"])
    ):
        raise Refused(
            "A ROT deduction needs the home that was worked on.",
            field=(*DETAILS, "estate"),
            hint="Send estate, or appartment and the cooperative's organizationNbr.",
        )
    persons = _persons(standing.shares if standing is not None else (), details.get("distribution") or ())
    if not persons:
        raise Refused("The deduction needs at least one person.", field=_SHARES, hint="Send a line with a personalId.")
    automatic = details.get("distributed_automatically")
    if automatic is None:
        has_amounts = any(line.get("amount") is not None for line in details.get("distribution") or ())
        automatic = not has_amounts and (standing is None or standing.distributed_automatically)
    return replace(
        deduction,
        **places,
        distributed_automatically=automatic,
        shares=_shares(persons, deduction.amount, automatic=automatic),
    )


_Persons = dict[int, tuple[dict[str, Any], FieldPath]]
"""What is known of each person by line number, with the path of the line that was sent."""


def _persons(standing: Sequence[Share], sent: Sequence[Mapping[str, Any]]) -> _Persons:
    """The persons after a request, matched by line number; an unmatched line is a new person."""
    persons: _Persons = {
        share.line_number: (
            {"personal_id": share.personal_id, "amount": share.amount, "extra": share.extra},
            _SHARES,
        )
        for share in standing
    }
    highest = max(persons, default=0)
    for position, line in enumerate(sent):
        field, operation = (*_SHARES, position), line.get("operation")
        number = line.get("line_number") or 0
        said = {name: line[name] for name in ("personal_id", "amount", "extra") if name in line}
        if operation == LineOperation.NOTHING or not (said or operation or number):
            continue
        if number not in persons:
            if operation not in (None, LineOperation.INSERT):
                known = ", ".join(map(str, persons)) or "none"
                raise UnknownReference(
                    field=(*field, "line_number"), value=number, hint=f"The distribution has these lines: {known}."
                )
            number = highest = highest + 1
            persons[number] = {}, field
        if operation == LineOperation.DELETE:
            del persons[number]
        else:
            persons[number] = {**persons[number][0], **said}, field
    return persons


def _shares(persons: _Persons, amount: Decimal, *, automatic: bool) -> tuple[Share, ...]:
    shares: list[Share] = []
    parts = shared_out(amount, len(persons))
    for part, (number, (person, field)) in zip(parts, persons.items(), strict=True):
        personal_id = check_personal_id(person.get("personal_id"), (*field, "personal_id"))
        if any(share.personal_id == personal_id for share in shares):
            raise Refused(
                "The person stands there twice.",
                field=(*field, "personal_id"),
                value=personal_id,
                hint="Send one line for each person.",
            )
        own = part if automatic else _whole(person.get("amount"), (*field, "amount"))
        shares.append(Share(line_number=number, personal_id=personal_id, amount=own, extra=bool(person.get("extra"))))
    distributed = total(share.amount for share in shares)
    if distributed != amount:
        raise Refused(
            f"The distribution comes to {distributed.normalize():f}, the deduction to {amount.normalize():f}.",
            field=_SHARES,
            value=f"{distributed.normalize():f}",
            hint="Send amounts that add up to the deduction, or distributedAutomaticaly true.",
        )
    return tuple(shares)


def _whole(amount: Decimal | None, field: FieldPath) -> Decimal:
    if amount is None or amount < ZERO or amount % ONE:
        raise Refused(
            "A share of the deduction is in whole kronor, 0 or more.",
            field=field,
            value=None if amount is None else f"{amount.normalize():f}",
            hint="Send its amount, or distributedAutomaticaly true.",
        )
    return amount


def says_something(sent: Any) -> bool:
    """Whether a sent value has any content; a line's operation alone does not count."""
    if isinstance(sent, Mapping):
        return any(says_something(value) for name, value in sent.items() if name != "operation")
    if isinstance(sent, list):
        return any(says_something(item) for item in sent)
    return bool(sent)


def is_echo(sent: Mapping[str, Any] | None, standing: Deduction | None) -> bool:
    """Whether the details of a deduction were sent with their stored values (W13)."""
    if not says_something(sent) or sent is None:
        return True
    if standing is None:
        return False
    plain = {name: value for name, value in sent.items() if name != "distribution"}
    shares = {share.line_number: share for share in standing.shares}
    return all(not value or value == getattr(standing, name) for name, value in plain.items()) and all(
        _is_same_share(line, shares.get(line.get("line_number") or 0)) for line in sent.get("distribution") or ()
    )


def _is_same_share(line: Mapping[str, Any], share: Share | None) -> bool:
    if line.get("operation") == LineOperation.NOTHING:
        return True
    if share is None or line.get("operation") == LineOperation.DELETE:
        return False
    names = ("personal_id", "amount", "extra")
    return all(line.get(name) is None or line[name] == getattr(share, name) for name in names)
