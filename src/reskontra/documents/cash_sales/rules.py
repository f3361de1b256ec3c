"""What may be returned of a cash sale (CSA-04)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reskontra.documents.document import Document
from reskontra.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A cash sale and what has come back of it, in its currency."""

    number: str
    currency_id: str
    amount: Decimal
    returned: Decimal
    """The total of its released returns."""

    waiting: str | None
    """The number of a return that is not released yet."""


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
            hint="Change and release that one first.",
        )
    if found.amount and found.returned >= found.amount:
        raise Refused(
            f"The cash sale {sale.number} has come back already: {found.returned.normalize():f} was returned."
        )


def check_returnable(back: Document, found: Returned) -> None:
    """Refuses to release a return that would give back more than was paid, or in another currency."""
    if back.currency_id != found.currency_id:
        raise Refused(
            f"The return {back.number} is in {back.currency_id}, but {found.number} was paid in {found.currency_id}.",
            hint=f"Name another sale with PUT /v1/reskontra/cashsale/{back.number}/vat.",
        )
    left = found.amount - found.returned
    if back.amount > left:
        raise Refused(
            f"The return {back.number} is over {back.amount.normalize():f}, but of the cash sale {found.number} only "
            f"{left.normalize():f} can come back: {found.amount.normalize():f} was paid, "
            f"{found.returned.normalize():f} was returned.",
            hint="Lower or delete lines of the return first.",
        )
