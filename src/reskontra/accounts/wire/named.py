"""How accounts and subaccounts look where another answer names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reskontra.accounts.rules.accounts import Account
from reskontra.accounts.rules.subaccounts import Segment, Subaccount, subaccount_segments
from reskontra.web.wire import UNSET, Answer, Body, Text30, UnsetType, Whole, field


class SegmentUpdate(Body):
    """One segment of a subaccount number as it is sent; both fields travel bare."""

    segment_id: Whole | UnsetType | None = UNSET
    segment_value: Text30 | UnsetType | None = UNSET


Segments = list[SegmentUpdate] | UnsetType | None
"""A subaccount as it is sent where it is named by its segments."""


class NamedAccount(Answer):
    """An account by its number and its words."""

    account_type: str | None = field(default=None, name="type")
    number: str | None = None
    description: str | None = None


class CodedAccount(Answer):
    """An account with the codes that other systems know it by."""

    account_type: str | None = field(default=None, name="type")
    external_code_1: str | None = field(default=None, name="externalCode1")
    external_code_2: str | None = field(default=None, name="externalCode2")
    active: bool | None = None
    number: str | None = None
    description: str | None = None


class NamedSubaccount(Answer):
    """A subaccount by its number and its words."""

    active: bool | None = None
    number: str | None = field(default=None, name="id")
    description: str | None = None


class SegmentAnswer(Answer):
    """A segment of a subaccount number."""

    segment_id: int | None = None
    description: str | None = field(default=None, name="segmentDescription")
    value: str | None = field(default=None, name="segmentValue")
    value_description: str | None = field(default=None, name="segmentValueDescription")


class SegmentedSubaccount(Answer):
    """A subaccount with its segments."""

    subaccount_number: str | None = None
    subaccount_id: int | None = None
    description: str | None = None
    active: bool | None = None
    segments: list[SegmentAnswer] | None = None


def named_account(account: Account) -> NamedAccount:
    """An account, short."""
    return NamedAccount(account.account_type, account.account_number, account.description)


def named_account_of(accounts: Mapping[str, Account], number: str | None) -> NamedAccount | None:
    """The account with a number, short; None if there is none."""
    account = accounts.get(number or "")
    return named_account(account) if account else None


def coded_account(account: Account) -> CodedAccount:
    """An account with its codes."""
    return CodedAccount(
        account_type=account.account_type,
        external_code_1=account.external_code_1,
        external_code_2=account.external_code_2,
        active=account.active,
        number=account.account_number,
        description=account.description,
    )


def named_subaccount(subaccount: Subaccount) -> NamedSubaccount:
    """A subaccount, short."""
    return NamedSubaccount(subaccount.active, subaccount.subaccount_number, subaccount.description or None)


def segmented_subaccount(subaccount: Subaccount, segments: Sequence[Segment]) -> SegmentedSubaccount:
    """A subaccount; `segments` are those of the dimension."""
    return SegmentedSubaccount(
        subaccount_number=subaccount.subaccount_number,
        subaccount_id=subaccount.subaccount_id,
        description=subaccount.description or None,
        active=subaccount.active,
        segments=segment_answers(subaccount.subaccount_number, segments),
    )


def segment_answers(number: str, segments: Sequence[Segment]) -> list[SegmentAnswer]:
    """The segments of a subaccount number with their words."""
    return [
        SegmentAnswer(part.segment_id, part.description, part.value, part.value_description)
        for part in subaccount_segments(number, segments)
    ]
