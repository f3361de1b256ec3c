"""A deduction: how much of the work the tax authority pays, and for which persons (RRT-03, RRT-04)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from reskontra.domestic_services.rules.work_types import DeductionType
from reskontra.errors import FieldPath, Refused
from reskontra.money import HUNDRED, ONE, ZERO, Rounding, divide, multiply, round_to_step
from reskontra.records import Record

COUNTRY_ID = "SE"
CURRENCY_ID = "SEK"
"""Where there are such deductions, and in what they are paid."""

PERCENT = {DeductionType.ROT: "rot_percent", DeductionType.RUT: "rut_percent"}
"""The kind of legal rates that says how much of the work is deducted."""

LIMITS = {
    "rot_limit": frozenset({DeductionType.ROT}),
    "rut_limit": frozenset({DeductionType.RUT}),
    "rot_rut_limit": frozenset(DeductionType),
}
"""The kinds of legal rates that say how much may be deducted for a person in a year, each with what it counts."""


class Share(Record, frozen=True, kw_only=True):
    """What is deducted for one person, in whole kronor. `extra` is only stored and shown."""

    line_number: int
    personal_id: str
    amount: Decimal
    extra: bool = False


class Deduction(Record, frozen=True, kw_only=True):
    """The deduction of one document, in its currency. Prices are with VAT; `amount` is in whole kronor."""

    type: DeductionType
    percent: Decimal
    work_price: Decimal
    material_cost: Decimal
    other_cost: Decimal
    amount: Decimal
    distributed_automatically: bool
    estate: str | None = None
    apartment: str | None = None
    organisation_number: str | None = None
    """The housing cooperative's, for an apartment."""

    shares: tuple[Share, ...] = ()


def deducted(work_price: Decimal, percent: Decimal) -> Decimal:
    """What is deducted of a price with VAT: whole kronor, rounded down (RRT-03)."""
    return round_to_step(divide(multiply(work_price, percent), HUNDRED), Rounding.DOWN, ONE, 0)


def shared_out(amount: Decimal, count: int) -> list[Decimal]:
    """Whole kronor for each of `count` persons, equal but for the first, who takes the rest (RRT-04)."""
    each = amount // count
    return [amount - each * (count - 1), *[each] * (count - 1)]


_DIGITS = 12


def check_personal_id(sent: str | None, field: FieldPath) -> str:
    """A personal identity number of 12 digits, whose last ten end with their check digit (Luhn, RRT-04)."""
    if sent is None or len(sent) != _DIGITS or not (sent.isascii() and sent.isdigit()):
        raise Refused(
            "A personal identity number has 12 digits.", field=field, value=sent, hint="Send it as YYYYMMDDNNNN."
        )
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(sent[2:])]
    if sum(digit // 10 + digit % 10 for digit in doubled) % 10:
        raise Refused(
            "The personal identity number has a wrong check digit.",
            field=field,
            value=sent,
            hint="Send the number as it stands on the person's papers.",
        )
    return sent


def limit_warnings(
    deduction: Deduction,
    claimed: Mapping[tuple[str, DeductionType], Decimal],
    limits: Mapping[str, Decimal],
    year: int,
) -> Iterator[str]:
    """What a person is over the yearly limits by what this company deducts (RRT-03).

    `claimed` is what its other documents of the year deduct, by person and type. It is no refusal: the seller knows
    neither what others deduct nor what the person has left. Persons are named by their line, as the text is shown.
    """
    for share in deduction.shares:
        for kind, limit in limits.items():
            counted = LIMITS[kind]
            if deduction.type not in counted:
                continue
            claims = (claimed.get((share.personal_id, of_type), ZERO) for of_type in counted)
            has = sum(claims, share.amount)
            if has > limit:
                names = " and ".join(sorted(of_type.upper() for of_type in counted))
                yield (
                    f"The person of distribution line {share.line_number} has {has.normalize():f} kronor "
                    f"of {names} in {year} from this company; the law allows a person {limit.normalize():f}."
                )
