"""The fee of a letter, and the invoice for it (FEE)."""

from __future__ import annotations

from typing import Any

from reskontra.dunning.new_letter import Fee, NewLetter
from reskontra.money import ONE
from reskontra.reference.rules.preferences import DunningPreferences


def fee_of_letter(letter: NewLetter, customer_number: str) -> Fee | None:
    """The fee that the letter charges; None without one."""
    if not letter.fee:
        return None
    return Fee(
        customer_number=customer_number,
        level=letter.level,
        letter_date=letter.letter_date,
        currency_id=letter.currency_id,
        amount=letter.fee,
        branch_number=letter.branch_number,
    )


def fee_invoice(fee: Fee, preferences: DunningPreferences) -> dict[str, Any]:
    """The invoice for a letter's fee, as the documents room takes it: one line, not printed, not sent (FEE-01)."""
    invoice: dict[str, Any] = {
        "customer_number": fee.customer_number,
        "document_date": fee.letter_date,
        "currency_id": fee.currency_id,
        "hold": False,
        "dont_print": True,
        "dont_email": True,
        "send_to_auto_invoice": False,
        "lines": [
            {
                "item_number": preferences.fee_item,
                "quantity": ONE,
                "unit_price": fee.amount,
                "manual_amount": fee.amount,
            }
        ],
    }
    optional = {"terms_id": preferences.fee_terms_id, "branch_number": fee.branch_number}
    return invoice | {name: value for name, value in optional.items() if value is not None}
