"""How the deduction of a document looks on the wire."""

from __future__ import annotations

from decimal import Decimal

from reskontra.documents.deductions.store import FoundDeduction
from reskontra.money import ZERO, total
from reskontra.web.wire import Answer, field


class ShareAnswer(Answer, kw_only=True):
    """What is deducted for one person."""

    line_number: int = field(name="lineNbr")
    personal_id: str
    amount: Decimal
    extra: bool


class DeductionAnswer(Answer, kw_only=True):
    """The deduction of a document; zeros where nothing is deducted (RRT-06)."""

    document_type: str = field(name="docType")
    number: str = field(name="refNbr")
    distributed_automatically: bool | None = field(name="distributedAutomaticaly", default=None)
    type: str | None = None
    amount: Decimal = field(name="totalDeductableAmount")
    other_cost: Decimal
    material_cost: Decimal
    work_price: Decimal
    distributed_amount: Decimal
    apartment: str | None = field(name="appartment", default=None)
    estate: str | None = None
    organisation_number: str | None = field(name="organizationNbr", default=None)
    shares: list[ShareAnswer] = field(name="distribution")


_MONEY = Decimal("0.0001")


def deduction_answer(found: FoundDeduction) -> DeductionAnswer:
    """What a document deducts, and for whom."""
    deduction = found.deduction
    if deduction is None:
        none = ZERO.quantize(_MONEY)
        return DeductionAnswer(
            document_type=found.document_type,
            number=found.number,
            amount=none,
            other_cost=none,
            material_cost=none,
            work_price=none,
            distributed_amount=none,
            shares=[],
        )
    return DeductionAnswer(
        document_type=found.document_type,
        number=found.number,
        distributed_automatically=deduction.distributed_automatically,
        type=deduction.type,
        amount=deduction.amount.quantize(_MONEY),
        other_cost=deduction.other_cost.quantize(_MONEY),
        material_cost=deduction.material_cost.quantize(_MONEY),
        work_price=deduction.work_price.quantize(_MONEY),
        distributed_amount=total(share.amount for share in deduction.shares).quantize(_MONEY),
        apartment=deduction.apartment,
        estate=deduction.estate,
        organisation_number=deduction.organisation_number,
        shares=[
            ShareAnswer(
                line_number=share.line_number,
                personal_id=share.personal_id,
                amount=share.amount.quantize(_MONEY),
                extra=share.extra,
            )
            for share in deduction.shares
        ],
    )
