"""What the chart of accounts is made of, and what may become of it. Not what is posted to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeVar

from reskontra.codes import known_codes
from reskontra.errors import FieldPath, Refused, UnknownReference

T = TypeVar("T")

SUBACCOUNT_DIMENSION = "SUBACCOUNT"
"""The dimension whose segments make up a subaccount number."""


class AccountType(StrEnum):
    """Where an account stands in the balance sheet or the result."""

    ASSET = "Asset"
    LIABILITY = "Liability"
    INCOME = "Income"
    EXPENSE = "Expense"


class PostOption(StrEnum):
    """Whether the entries of a batch on an account are kept apart or may be added up (ledger.md GL-03)."""

    DETAIL = "Detail"
    SUMMARY = "Summary"


@dataclass(frozen=True, slots=True)
class Ledger:
    """A set of books. A company has one here: the actual ledger in its base currency."""

    ledger_id: str
    description: str


LEDGER = Ledger("1", "General ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClass:
    """A group of accounts of one type."""

    account_class_id: str
    description: str
    account_type: AccountType


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the general ledger. `default_subaccount` tells clients to leave the subaccount alone."""

    account_number: str
    description: str
    account_type: AccountType
    account_class: str | None = None
    active: bool = True
    currency_id: str | None = None
    vat_category_id: str | None = None
    external_code_1: str | None = None
    external_code_2: str | None = None
    account_group: str | None = None
    analysis_code: str | None = None
    public_code_1: str | None = None
    post_option: PostOption = PostOption.DETAIL
    default_subaccount: bool = False
    holds_cash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentValue:
    """A value that a segment may take."""

    value: str
    description: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of fixed `length` of a dimension's codes; `separator` stands between it and the next."""

    segment_id: int
    description: str = ""
    length: int
    separator: str = "-"
    values: tuple[SegmentValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A way to make codes of segments, in order of `segment_id`."""

    dimension_id: str
    description: str = ""
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class SubaccountSegment:
    """One segment of a subaccount number, with the words for both."""

    segment_id: int
    description: str
    value: str
    value_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subaccount:
    """A subaccount; its number is written with the separators of its segments."""

    subaccount_id: int
    subaccount_number: str
    description: str = ""
    active: bool = True


def subaccount_segments(number: str, segments: Iterable[Segment]) -> tuple[SubaccountSegment, ...]:
    """The parts of a subaccount number. Characters past the last segment are left out."""
    parts = []
    position = 0
    for segment in sorted(segments, key=lambda segment: segment.segment_id):
        value = number[position : position + segment.length]
        position += segment.length + len(segment.separator)
        known = next((known for known in segment.values if known.value == value), None)
        words = known.description if known else ""
        parts.append(SubaccountSegment(segment.segment_id, segment.description, value, words))
    return tuple(parts)


def subaccount_number(values: Iterable[str], segments: Iterable[Segment]) -> str:
    """The number that these segment values make, in the order of the segments; short values are filled with blanks."""
    number = ""
    separator = ""
    for value, segment in zip(values, sorted(segments, key=lambda segment: segment.segment_id), strict=True):
        number += separator + value.ljust(segment.length)
        separator = segment.separator
    return number


# The subaccount mask (ledger.md SUB-01)

MASK_SOURCES = {"C": "branch", "I": "item", "L": "location", "S": "salesperson"}
"""What a letter of the mask takes a segment from. `E`, the employee, is not kept here and is refused."""


def mask_letters(mask: str, segments: Iterable[Segment]) -> dict[int, str]:
    """The letter of each segment. The mask has a letter for each character of a number, dashes do not count."""
    letters = mask.replace("-", "")
    chosen: dict[int, str] = {}
    position = 0
    for segment in sorted(segments, key=lambda segment: segment.segment_id):
        chosen[segment.segment_id] = letters[position : position + 1]
        position += segment.length
    return chosen


def masked_number(mask: str, numbers: Mapping[str, str], segments: Sequence[Segment], field: FieldPath) -> str:
    """The number whose segments each come from the number that its letter names in `numbers` (SUB-01)."""
    values = []
    for segment_id, letter in mask_letters(mask, segments).items():
        if letter not in numbers:
            raise Refused(
                f"The subaccount mask '{mask}' takes segment {segment_id} from what is not kept here.",
                field=field,
                hint=f"Send the subaccount, or use {', '.join(MASK_SOURCES)} in the company's mask.",
            )
        parts = {part.segment_id: part.value for part in subaccount_segments(numbers[letter], segments)}
        values.append(parts[segment_id].rstrip())
    return subaccount_number(values, segments)


def followed_number(
    number: str, mask: str, segments: Sequence[Segment], *, letter: str, before: str, after: str
) -> str:
    """`number` when the source of `letter` changes from `before` to `after`: segments that were its, follow it."""
    letters = mask_letters(mask, segments)
    old = {part.segment_id: part.value for part in subaccount_segments(before, segments)}
    new = {part.segment_id: part.value for part in subaccount_segments(after, segments)}
    values = [
        new[part.segment_id]
        if letters[part.segment_id] == letter and part.value == old[part.segment_id]
        else part.value
        for part in subaccount_segments(number, segments)
    ]
    return subaccount_number([value.rstrip() for value in values], segments)


# Writing accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a sent account may name: codes in use of other rooms, and the company's classes."""

    currency_ids: Sequence[str]
    vat_category_ids: Sequence[str]
    classes: Sequence[AccountClass]


ACCOUNT_COLUMNS = tuple(column.name for column in fields(Account))
_CODE_HINT = "Send 1 to 30 characters without blanks around them."
_CLEARED = ("external_code_1", "external_code_2", "account_group", "analysis_code", "public_code_1")


def new_account(sent: Mapping[str, Any], known: Known) -> Account:
    """An account from what was sent; its type is the sent one, else its class's. Raises `Refused`."""
    number = sent.get("account_number") or ""
    if not number or number != number.strip():
        raise Refused("An account needs a number.", field=("account_number",), value=number or None, hint=_CODE_HINT)
    account_class = _class(sent.get("account_class"), known)
    account_type = sent.get("account_type") or (account_class.account_type if account_class else None)
    if account_type is None:
        raise Refused(
            "An account needs a type.",
            field=("account_type",),
            hint="Send Asset, Liability, Income or Expense, or an account class.",
        )
    blank = Account(account_number=number, description="", account_type=AccountType(account_type))
    return _with_sent(blank, sent, known)


def changed_account(account: Account, sent: Mapping[str, Any], known: Known) -> Account:
    """`account` after a PUT; what is absent stays. Its number stays in any case. Raises `Refused`."""
    number = sent.get("account_number")
    if number is not None and number.strip().lower() != account.account_number.lower():
        raise Refused(
            "The number of an account cannot be changed.",
            field=("account_number",),
            value=number,
            hint=f"Send {account.account_number} or leave it out.",
        )
    return _with_sent(account, sent, known)


def _with_sent(account: Account, sent: Mapping[str, Any], known: Known) -> Account:
    values: dict[str, Any] = {name: sent[name] or None for name in _CLEARED if name in sent}
    if "description" in sent or not account.description:
        values["description"] = _description(sent.get("description"))
    for name, cleared in (("active", False), ("default_subaccount", False), ("post_option", PostOption.DETAIL)):
        if name in sent:
            values[name] = cleared if sent[name] is None else sent[name]
    if sent.get("account_type") is not None:
        values["account_type"] = AccountType(sent["account_type"])
    if "account_class" in sent:
        account_class = _class(sent["account_class"], known)
        values["account_class"] = account_class.account_class_id if account_class else None
    if "currency_id" in sent:
        values["currency_id"] = _code(sent["currency_id"], known.currency_ids, ("currency_id",), "currencies")
    if "vat_category_id" in sent:
        field = ("vat_category_id",)
        values["vat_category_id"] = _code(sent["vat_category_id"], known.vat_category_ids, field, "VAT categories")
    changed = replace(account, **values)
    account_class = _class(changed.account_class, known)
    if account_class is not None and account_class.account_type != changed.account_type:
        raise Refused(
            f"Accounts of class {account_class.account_class_id} are of type {account_class.account_type}.",
            field=("account_class",) if "account_class" in sent else ("account_type",),
            value=account_class.account_class_id if "account_class" in sent else str(changed.account_type),
            hint="Send a type and a class that agree.",
        )
    return changed


def _description(text: str | None) -> str:
    if not text or not text.strip():
        raise Refused("An account needs a description.", field=("description",), hint="Send 1 to 256 characters.")
    return text


def _class(sent: str | None, known: Known) -> AccountClass | None:
    if not sent:
        return None
    classes = {account_class.account_class_id.lower(): account_class for account_class in known.classes}
    found = classes.get(sent.lower())
    if found is None:
        codes = [account_class.account_class_id for account_class in known.classes]
        raise UnknownReference(field=("account_class",), value=sent, hint=known_codes("account classes", codes))
    return found


def _code(sent: str | None, codes: Sequence[str], field: FieldPath, noun: str) -> str | None:
    if not sent:
        return None
    found = next((code for code in codes if code.lower() == sent.lower()), None)
    if found is None:
        raise UnknownReference(field=field, value=sent, hint=known_codes(noun, codes))
    return found


# Writing subaccounts

SUBACCOUNT_COLUMNS = ("subaccount_number", "description", "active")


def new_subaccount(sent: Mapping[str, Any], segments: Sequence[Segment]) -> Subaccount:
    """A subaccount from what was sent; each segment's value exists and is in use (ledger.md SUB-01). Without an id."""
    number = (sent.get("subaccount_number") or "").rstrip()
    if not number:
        raise Refused(
            "A subaccount needs a number.", field=("subaccount_number",), hint=f"Send one like {_sample(segments)}."
        )
    return Subaccount(
        subaccount_id=0,
        subaccount_number=checked_number(number, segments, ("subaccount_number",)),
        description=sent.get("description") or "",
        active=True if sent.get("active") is None else sent["active"],
    )


def changed_subaccount(subaccount: Subaccount, sent: Mapping[str, Any]) -> Subaccount:
    """`subaccount` after a PUT; number and id stay. Raises `Refused`."""
    number, subaccount_id = sent.get("subaccount_number"), sent.get("subaccount_id")
    if number is not None and number.strip().lower() != subaccount.subaccount_number.strip().lower():
        raise Refused(
            "The number of a subaccount cannot be changed.",
            field=("subaccount_number",),
            value=number,
            hint=f"Send {subaccount.subaccount_number} or leave it out.",
        )
    if subaccount_id is not None and subaccount_id.strip() != str(subaccount.subaccount_id):
        raise Refused(
            "The id of a subaccount cannot be changed.",
            field=("subaccount_id",),
            value=subaccount_id,
            hint=f"Send {subaccount.subaccount_id} or leave it out.",
        )
    values: dict[str, Any] = {}
    if "description" in sent:
        values["description"] = sent["description"] or ""
    if "active" in sent:
        values["active"] = bool(sent["active"])
    return replace(subaccount, **values)


def checked_number(sent: str, segments: Sequence[Segment], field: FieldPath) -> str:
    """The subaccount number that `sent` means, with or without separators: each value exists and is in use (SUB-01)."""
    ordered = sorted(segments, key=lambda segment: segment.segment_id)
    values = _split(sent, ordered)
    if values is None:
        raise Refused(
            "This is not a subaccount number.", field=field, value=sent, hint=f"Send one like {_sample(ordered)}."
        )
    chosen = []
    for segment, value in zip(ordered, values, strict=True):
        known = next((known for known in segment.values if known.value.lower() == value.lower()), None)
        if known is None or not known.active:
            in_use = [known.value for known in segment.values if known.active]
            raise Refused(
                f"Segment {segment.segment_id} of the subaccount has no value '{value}' that is in use.",
                field=field,
                value=sent,
                hint=known_codes("values", in_use),
            )
        chosen.append(known.value)
    return subaccount_number(chosen, ordered)


def _split(number: str, segments: Sequence[Segment]) -> list[str] | None:
    """The value of each segment, None where the number is not built of them."""
    for separated in (True, False):
        values, rest = [], number
        for position, segment in enumerate(segments):
            values.append(rest[: segment.length].rstrip())
            rest = rest[segment.length :]
            separator = segment.separator if separated and position < len(segments) - 1 else ""
            if not rest.startswith(separator):
                break
            rest = rest[len(separator) :]
        else:
            if segments and not rest and all(values):
                return values
    return None


def _sample(segments: Sequence[Segment]) -> str:
    return subaccount_number(["X" * segment.length for segment in segments], segments)


def differences(before: T | None, after: T, names: Iterable[str]) -> dict[str, Any]:
    """What the change row tells: attribute -> new value, of those that differ."""
    return {
        name: getattr(after, name) for name in names if before is None or getattr(before, name) != getattr(after, name)
    }
