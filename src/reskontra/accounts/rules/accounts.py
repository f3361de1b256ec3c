"""Accounts and their classes, and how they may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from reskontra.codes import known_codes
from reskontra.errors import FieldPath, Refused, UnknownReference

T = TypeVar("T")


class AccountType(StrEnum):
    """Where an account stands in the balance sheet or the result."""

    ASSET = "Asset"
    LIABILITY = "Liability"
    INCOME = "Income"
    EXPENSE = "Expense"


class PostOption(StrEnum):
    """Whether the entries of a batch on an account are kept separate or may be added up (GL-03)."""

    DETAIL = "Detail"
    SUMMARY = "Summary"


@dataclass(frozen=True, slots=True)
class Ledger:
    """A set of books. Here a company has one: the actual ledger in its base currency."""

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


# Writing accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a sent account may refer to: codes of other rooms that are in use, and the company's classes."""

    currency_ids: Sequence[str]
    vat_category_ids: Sequence[str]
    classes: Sequence[AccountClass]


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
    """`account` after a PUT; what is absent stays. Its number never changes. Raises `Refused`."""
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
