"""The claim on the tax authority that a release makes of a deduction (RRT-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reskontra.currencies.rules import to_base
from reskontra.documents.document import Document
from reskontra.documents.rules.deductions import claim_account
from reskontra.documents.rules.figures import with_one_amount
from reskontra.documents.rules.rates import rate_of
from reskontra.domestic_services.rules.deduction import LIMITS, Deduction
from reskontra.kinds import Kind
from reskontra.records import replace

if TYPE_CHECKING:
    from decimal import Decimal

    from reskontra.reference.reference import Reference


def claimed_part(kind: Kind, document: Document, deduction: Deduction, reference: Reference) -> Document:
    """What the tax authority pays of a document, as a document of its own that a credit note can take back.

    Its line is on the account of such claims and has no VAT, which is the seller's on the full price. It is no sale, so
    it belongs to no project.
    """
    part = with_one_amount(
        document,
        deduction.amount,
        to_base(deduction.amount, rate_of(document), reference.base_decimals),
        description=f"Deduction for domestic services ({deduction.type.upper()}) on {kind.noun} {document.number}",
        account_number=claim_account(reference),
    )
    return replace(part, deduction=None, project_id=None)


def limits_on(document: Document, reference: Reference) -> dict[str, Decimal]:
    """How much may be deducted for a person in the document's year, by kind of legal rate; those that are known."""
    rates = {kind: reference.legal_rate(kind, document.document_date) for kind in LIMITS}
    return {kind: rate.amount for kind, rate in rates.items() if rate is not None}
