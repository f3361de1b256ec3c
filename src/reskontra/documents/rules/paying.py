"""How a cash sale is paid: its payment reference, and the cash account that the money lies on (CSA-01)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import Document
from reskontra.errors import Malformed
from reskontra.kinds import Kind
from reskontra.receivables.rules.cash_accounts import check_cash_account
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


def paid_at_once(
    kind: Kind, draft: Document, changes: Mapping[str, Any], reference: Reference, standing_account: str | None
) -> Document:
    """The draft with its payment reference and cash account. Raises `Malformed` and `Refused`.

    A payment method that is cleared, or that has no cash account, leaves the account as it was.
    """
    if not draft.payment_reference:
        raise Malformed(
            f"A {kind.noun} needs a payment reference.",
            field=("payment_reference",),
            hint="Send what the payment is known by, such as the number of the receipt.",
        )
    if draft.cash_account is None and not changes.get("cash_account"):
        draft = replace(draft, cash_account=standing_account)
    check_cash_account(kind, draft.cash_account, draft.currency_id, reference, changes)
    return draft
