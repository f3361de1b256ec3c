"""How accounts and subaccounts are sent: the bodies."""

from __future__ import annotations

from typing import ClassVar

from reskontra.accounts.rules.accounts import AccountType, PostOption
from reskontra.web.wire import (
    UNSET,
    Body,
    Flag,
    OneOf,
    Sent,
    Text30,
    Text255,
    Text256,
    sent,
)


class AccountUpdate(Body):
    """An account as it is sent. The contract spells the first external code without its r."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"account_number", "description"})

    account_number: Sent[Text30] = sent("accountCD")
    active: Sent[Flag] = UNSET
    account_class: Sent[Text30] = UNSET
    analysis_code: Sent[Text30] = UNSET
    currency_id: Sent[Text30] = sent("currency")
    description: Sent[Text256] = UNSET
    external_code_1: Sent[Text30] = sent("extenalCode1")
    external_code_2: Sent[Text30] = sent("externalCode2")
    account_group: Sent[Text30] = sent("accountGroupCD")
    post_option: Sent[OneOf[PostOption]] = UNSET
    public_code_1: Sent[Text30] = sent("publicCode1")
    account_type: Sent[OneOf[AccountType]] = sent("type")
    default_subaccount: Sent[Flag] = sent("useDefaultSub")
    vat_category_id: Sent[Text30] = sent("taxCategory")


class SubaccountUpdate(Body):
    """A subaccount as it is sent; it gets its id from us."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"subaccount_number"})

    subaccount_number: Sent[Text30] = UNSET
    subaccount_id: Sent[Text30] = UNSET
    description: Sent[Text255] = UNSET
    active: Sent[Flag] = UNSET
