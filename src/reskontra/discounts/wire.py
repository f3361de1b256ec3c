"""How discount series are sent and shown (DCT-02, DCT-05). The shape of version 1's list is that of credit terms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from reskontra.discounts.rules.series import BreakBy, DiscountBy, DiscountSeries, StepFigures
from reskontra.operations import LineOperation
from reskontra.reference.reference import Reference
from reskontra.versions import Stored
from reskontra.web.wire import (
    UNSET,
    Amount,
    Answer,
    Body,
    Day,
    DayOut,
    Flag,
    MomentOut,
    OneOf,
    Percent,
    Quantity,
    Sent,
    Text30,
    Text255,
    UnsetType,
    Whole,
    day_answer,
    field,
    local_text,
    sent,
)

_SIX_PLACES = Decimal("0.000001")


class BreakpointUpdate(Body):
    """A step to insert, update or delete; `operation` travels bare."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    line_number: Sent[Whole] = sent("lineNbr")
    pending_break_amount: Sent[Amount] = UNSET
    pending_date: Sent[Day] = UNSET
    pending_discount_percent: Sent[Percent] = UNSET
    pending_discount_amount: Sent[Amount] = UNSET
    pending_break_quantity: Sent[Quantity] = UNSET
    break_amount: Sent[Amount] = UNSET
    discount_amount: Sent[Amount] = UNSET
    discount_percent: Sent[Percent] = UNSET


class DiscountUpdate(Body):
    """A series of a discount code; what is absent stays as it is."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"discount_code", "series"})

    discount_code: Sent[Text30] = UNSET
    series: Sent[Text30] = UNSET
    description: Sent[Text255] = UNSET
    discount_by: Sent[OneOf[DiscountBy]] = UNSET
    break_by: Sent[OneOf[BreakBy]] = UNSET
    promotional: Sent[Flag] = UNSET
    active: Sent[Flag] = UNSET
    prorate: Sent[Flag] = sent("prorateDiscount")
    effective_date: Sent[Day] = UNSET
    expiration_date: Sent[Day] = UNSET
    breakpoints: list[BreakpointUpdate] | UnsetType | None = sent("discountBreakpoints")


class BreakpointAnswer(Answer):
    """A step: its figures now, those before them, and those that wait for their day."""

    line_number: int | None = field(name="lineNbr", default=None)
    active: bool | None = None
    break_amount: Decimal | None = None
    amount_to: Decimal | None = None
    last_break_amount: Decimal | None = None
    pending_break_amount: Decimal | None = None
    break_quantity: Decimal | None = None
    quantity_to: Decimal | None = None
    last_break_quantity: Decimal | None = None
    pending_break_quantity: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_percent: Decimal | None = None
    last_discount_amount: Decimal | None = None
    last_discount_percent: Decimal | None = None
    pending_discount_amount: Decimal | None = None
    pending_discount_percent: Decimal | None = None
    pending_date: DayOut | None = None
    effective_date: DayOut | None = None


class CustomerAnswer(Answer):
    """A customer that the discount is for."""

    customer: str | None = None


class ItemAnswer(Answer):
    """An item that the discount is for."""

    item_id: str | None = None


class PriceClassAnswer(Answer):
    """A price class of customers that the discount is for."""

    price_class_id: str | None = None


class DiscountAnswer(Answer):
    """A series of a discount code."""

    discount_code: str | None = None
    series: str | None = None
    description: str | None = None
    discount_by: DiscountBy | None = None
    break_by: BreakBy | None = None
    promotional: bool | None = None
    active: bool | None = None
    prorate: bool | None = field(name="prorateDiscount", default=None)
    effective_date: DayOut | None = None
    expiration_date: DayOut | None = None
    line_counter: int | None = field(name="lineCntr", default=None)
    created_at: MomentOut | None = field(name="createdDateTime", default=None)
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    breakpoints: list[BreakpointAnswer] | None = field(name="discountBreakpoints", default=None)
    customers: list[CustomerAnswer] | None = None
    items: list[ItemAnswer] | None = None
    customer_price_classes: list[PriceClassAnswer] | None = None


class DiscountPage(Answer):
    """The one item of version 1's list: a page with its own number, size and total."""

    page_number: int | None = None
    page_size: int | None = None
    total_count: int | None = None
    records: list[DiscountAnswer] | None = None


def discount_answer(stored: Stored[DiscountSeries], reference: Reference, today: date) -> DiscountAnswer:
    """A stored series for the wire, as it is today; moments in the company's zone."""
    series = stored.record
    code = reference.discount_codes[series.discount_code]
    return DiscountAnswer(
        discount_code=series.discount_code,
        series=series.series,
        description=series.description,
        discount_by=series.discount_by,
        break_by=series.break_by,
        promotional=series.promotional,
        active=series.active,
        prorate=False,
        effective_date=day_answer(series.effective_date),
        expiration_date=day_answer(series.expiration_date),
        line_counter=max((step.line_number for step in series.breakpoints), default=0),
        created_at=local_text(stored.created_at, reference.zone),
        modified_at=local_text(stored.modified_at, reference.zone),
        breakpoints=list(_breakpoints(series, today)),
        customers=[CustomerAnswer(customer=number) for number in code.customers],
        items=[ItemAnswer(item_id=number) for number in code.items],
        customer_price_classes=[PriceClassAnswer(price_class_id=price_class) for price_class in code.price_classes],
    )


def _breakpoints(series: DiscountSeries, today: date) -> Iterator[BreakpointAnswer]:
    # Figures are shown as pending until their day is past (DCT-02).
    counted_on = today - timedelta(days=1)
    starts = [figures.start for _, figures in series.steps(counted_on)]
    for step in series.breakpoints:
        now = step.on(counted_on)
        pending = next((it for it in step.figures if it.since is not None and it.since > counted_on), None)
        last = step.figures[step.figures.index(now) - 1] if now is not None and now is not step.figures[0] else None
        answer = BreakpointAnswer(
            line_number=step.line_number,
            active=now is not None,
            pending_date=day_answer(pending.since) if pending else None,
            effective_date=day_answer(now.since) if now else None,
        )
        _show(answer, series, now, "")
        _show(answer, series, last, "last_")
        _show(answer, series, pending, "pending_")
        if now is not None:
            end = next((start for start in starts if start > now.start), None)
            setattr(answer, "quantity_to" if series.break_by is BreakBy.QUANTITY else "amount_to", _figure(end))
        yield answer


def _show(answer: BreakpointAnswer, series: DiscountSeries, figures: StepFigures | None, which: str) -> None:
    """Show one set of a step's figures under the names that begin with `which`."""
    if figures is None:
        return
    start = "break_quantity" if series.break_by is BreakBy.QUANTITY else "break_amount"
    value = "discount_percent" if series.discount_by is DiscountBy.PERCENT else "discount_amount"
    setattr(answer, f"{which}{start}", _figure(figures.start))
    setattr(answer, f"{which}{value}", _figure(figures.value))


def _figure(figure: Decimal | None) -> Decimal | None:
    return None if figure is None else figure.quantize(_SIX_PLACES)
