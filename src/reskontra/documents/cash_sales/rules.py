"""What may be returned of a cash sale (CSA-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from reskontra.documents.document import Document
from reskontra.errors import Refused
from reskontra.money import ONE, ZERO
from reskontra.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A cash sale and what has come back of it, in its currency."""

    number: str
    currency_id: str
    amount: Decimal
    """Its total before that was rounded: each return is rounded by itself."""

    returned: Decimal
    """The total of its released returns, likewise."""

    returns: int
    """How many those are."""

    vat: Mapping[str, VatLeft]
    """VAT id -> what of it has not come back."""

    waiting: str | None
    """The number of a return that is not released yet."""


class VatLeft(Record, frozen=True, kw_only=True):
    """What of a sale's base and VAT at one id has not come back, in its currency."""

    taxable: Decimal = ZERO
    vat: Decimal = ZERO


def check_reversible(sale: Document, found: Returned) -> None:
    """Refuses to reverse a draft, or a sale that is coming back or has come back already."""
    if not sale.is_released:
        raise Refused(
            f"The cash sale {sale.number} can't be reversed because it is not released: its status is {sale.status}.",
            hint="Change it with PUT, or release it first.",
        )
    if found.waiting is not None:
        raise Refused(
            f"The return {found.waiting} of the cash sale {sale.number} waits for release.",
            hint="Release or delete that one first.",
        )
    if found.amount and found.returned >= found.amount:
        raise Refused(
            f"The cash sale {sale.number} has come back already: {found.returned.normalize():f} was returned."
        )


def check_returnable(back: Document, found: Returned, decimals: int) -> None:
    """Refuses to release a return that would give back more than was paid, in all or of one VAT id, or in another
    currency, which has so many `decimals`."""
    if back.currency_id != found.currency_id:
        raise Refused(
            f"The return {back.number} is in {back.currency_id}, but {found.number} was paid in {found.currency_id}.",
            hint=f"Name another sale with PUT /v1/reskontra/cashsale/{back.number}/vat.",
        )
    off = found.returns * ONE.scaleb(-decimals)  # the sale was rounded once, its parts each by itself
    left = found.amount - found.returned
    total = back.amount - back.rounding_difference
    if total > left + off:
        raise Refused(
            f"The return {back.number} is over {total.normalize():f}, but of the cash sale {found.number} only "
            f"{left.normalize():f} can come back: {found.amount.normalize():f} was paid, "
            f"{found.returned.normalize():f} was returned.",
            hint="Lower or delete lines of the return first.",
        )
    for figure in back.vat:
        kept = found.vat.get(figure.vat_id, VatLeft())
        for what, given, most in (("", figure.taxable, kept.taxable), ("VAT ", figure.vat, kept.vat)):
            if given > most + off:
                raise Refused(
                    f"The return {back.number} gives {what}{given.normalize():f} of VAT id {figure.vat_id} back, but "
                    f"of the cash sale {found.number} only {most.normalize():f} can come back.",
                    hint="Lower or delete lines of the return first.",
                )
