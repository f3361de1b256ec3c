"""How accounts, subaccounts and dimensions are answered."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from reskontra.accounts.rules.subaccounts import Segment
from reskontra.accounts.store.accounts import FoundAccount
from reskontra.accounts.store.dimensions import FoundDimension, FoundSegment, FoundValue
from reskontra.accounts.store.subaccounts import FoundSubaccount
from reskontra.accounts.wire.named import SegmentAnswer, segment_answers
from reskontra.web.pairs import NumberDescription
from reskontra.web.wire import (
    Answer,
    MomentOut,
    etag_of,
    local_text,
)


class AccountAnswer(Answer):
    """An account as it is answered."""

    account_id: int | None = msgspec.field(default=None, name="accountID")
    account_number: str | None = msgspec.field(default=None, name="accountCD")
    account_group: str | None = msgspec.field(default=None, name="accountGroupCD")
    account_class: str | None = None
    account_type: str | None = msgspec.field(default=None, name="type")
    active: bool | None = None
    description: str | None = None
    account_class_description: str | None = None
    default_subaccount: bool | None = msgspec.field(default=None, name="useDefaultSub")
    post_option: str | None = None
    currency_id: str | None = msgspec.field(default=None, name="currency")
    vat_category_id: str | None = msgspec.field(default=None, name="taxCategory")
    cash_account: bool | None = None
    public_code_1: str | None = msgspec.field(default=None, name="publicCode1")
    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    external_code_1: NumberDescription | None = msgspec.field(default=None, name="externalCode1Info")
    external_code_2: NumberDescription | None = msgspec.field(default=None, name="externalCode2Info")
    analysis_code: NumberDescription | None = msgspec.field(default=None, name="analisysCodeInfo")
    time_stamp: str | None = None


class SubaccountAnswer(Answer):
    """A subaccount as it is answered."""

    subaccount_number: str | None = None
    subaccount_id: int | None = None
    description: str | None = None
    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    active: bool | None = None
    segments: list[SegmentAnswer] | None = None
    time_stamp: str | None = None


class SegmentValueAnswer(Answer):
    """A value that a segment may take."""

    segment_id: int | None = None
    value: str | None = msgspec.field(default=None, name="valueId")
    description: str | None = None
    public_id: str | None = None
    active: bool | None = None
    time_stamp: str | None = None
    last_modified: MomentOut | None = None


class DimensionSegmentAnswer(Answer):
    """A segment of a dimension."""

    segment_id: int | None = None
    description: str | None = None
    length: int | None = None
    public_id: str | None = None
    time_stamp: str | None = None
    last_modified: MomentOut | None = None
    validated: bool | None = msgspec.field(default=None, name="validate")
    values: list[SegmentValueAnswer] | None = msgspec.field(default=None, name="segmentValues")
    numbered: bool | None = msgspec.field(default=None, name="isAutoNumber")


class DimensionAnswer(Answer):
    """A dimension; its length is that of a whole code without separators."""

    dimension_id: str | None = msgspec.field(default=None, name="id")
    length: int | None = None
    description: str | None = None
    segments: list[DimensionSegmentAnswer] | None = None


def account_answer(found: FoundAccount, zone: ZoneInfo, *, class_description: bool = True) -> AccountAnswer:
    """An account for the wire; `class_description` is left out of lists that do not ask for it."""
    account = found.account
    return AccountAnswer(
        account_id=found.account_id,
        account_number=account.account_number,
        account_group=account.account_group,
        account_class=account.account_class,
        account_type=account.account_type,
        active=account.active,
        description=account.description,
        account_class_description=found.class_description if class_description else None,
        default_subaccount=account.default_subaccount,
        post_option=account.post_option,
        currency_id=account.currency_id,
        vat_category_id=account.vat_category_id,
        cash_account=account.holds_cash,
        public_code_1=account.public_code_1,
        last_modified=local_text(found.modified_at, zone),
        external_code_1=_code(account.external_code_1),
        external_code_2=_code(account.external_code_2),
        analysis_code=_code(account.analysis_code),
        time_stamp=etag_of(found.version),
    )


def subaccount_answer(found: FoundSubaccount, segments: Sequence[Segment], zone: ZoneInfo) -> SubaccountAnswer:
    """A subaccount for the wire; `segments` are those that its number is made of."""
    subaccount = found.subaccount
    return SubaccountAnswer(
        subaccount_number=subaccount.subaccount_number,
        subaccount_id=subaccount.subaccount_id,
        description=subaccount.description or None,
        last_modified=local_text(found.modified_at, zone),
        active=subaccount.active,
        segments=segment_answers(subaccount.subaccount_number, segments),
        time_stamp=etag_of(found.version),
    )


def dimension_answer(
    found: FoundDimension, segments: Sequence[FoundSegment], zone: ZoneInfo, *, values: bool
) -> DimensionAnswer:
    """A dimension with those of its segments that were asked for."""
    return DimensionAnswer(
        dimension_id=found.dimension_id,
        length=sum(segment.length for segment in found.segments),
        description=found.description or None,
        segments=[dimension_segment_answer(segment, zone, values=values) for segment in segments],
    )


def dimension_segment_answer(found: FoundSegment, zone: ZoneInfo, *, values: bool = True) -> DimensionSegmentAnswer:
    """A segment of a dimension. It takes only known values, and none is numbered automatically."""
    return DimensionSegmentAnswer(
        segment_id=found.segment_id,
        description=found.description or None,
        length=found.length,
        public_id=str(found.public_id),
        time_stamp=etag_of(found.version),
        last_modified=local_text(found.modified_at, zone),
        validated=True,
        values=[segment_value_answer(found, value, zone) for value in found.values] if values else None,
        numbered=False,
    )


def segment_value_answer(segment: FoundSegment, found: FoundValue, zone: ZoneInfo) -> SegmentValueAnswer:
    """A value of a segment."""
    return SegmentValueAnswer(
        segment_id=segment.segment_id,
        value=found.value,
        description=found.description or None,
        public_id=str(found.public_id),
        active=found.active,
        time_stamp=etag_of(found.version),
        last_modified=local_text(found.modified_at, zone),
    )


def _code(code: str | None) -> NumberDescription | None:
    return NumberDescription(number=code) if code else None
