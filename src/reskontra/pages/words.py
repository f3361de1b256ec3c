"""What pages say in each language. The English sentence is the key; a catalogue has its translation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {"en": "English", "nb": "Norsk", "sv": "Svenska"}
"""The languages of pages: code and own name."""

KIND_WORDS: Mapping[str, str] = {
    "Invoice": "Invoice", "CreditNote": "Credit note", "DebitNote": "Debit note", "FinCharge": "Overdue charge",
    "Payment": "Payment", "Prepayment": "Prepayment", "Refund": "Refund", "VoidPayment": "Void of a payment",
    "VoidRefund": "Void of a refund", "SmallBalanceWo": "Balance write-off", "SmallCreditWo": "Credit write-off",
    "CashSale": "Cash sale", "CashReturn": "Cash return",
}  # fmt: skip
"""What people call each type of document."""

_THINGS: Mapping[str, str] = {"DunningLetter": "Letter", "FinancialPeriod": "Period"}
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

_ENGLISH: Mapping[str, str] = {
    "OnHold": "On hold", "CreditHold": "Credit hold", "OneTime": "One-time", "PendingPrint": "Waits for print",
    "PendingEmail": "Waits for e-mail", "PaidInFull": "Paid in full",
}  # fmt: skip
"""Statuses whose names in the API are no English words."""

_ALSO = {"no": "nb", "nn": "nb"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Key, an English sentence or a name of the API -> what is said in `language`; nothing where that is the key."""
    if language == ENGLISH:
        return _ENGLISH
    found: Mapping[str, str] = shipped(language)
    return found


def shipped(name: str) -> Any:
    """What a file of words holds that ships with the pages."""
    return yaml.safe_load((files("reskontra.pages") / "languages" / f"{name}.yaml").read_text(encoding="utf-8"))


def say(language: str, sentence: str, **values: object) -> str:
    """`sentence` in `language`, with `{names}` replaced by values. What is not translated stays English.

    A sentence about a number has two forms, `1 document|{count} documents`: the first for a `count` of one.
    """
    text = catalogue(language).get(sentence, sentence)
    if "count" in values and "|" in text:
        text = text.split("|")[str(values["count"]) != "1"]
    return text.format(**values) if values else text


def later(sentence: str) -> str:
    """Marks a sentence that is said somewhere else, so that the catalogues have it."""
    return sentence


def words_of(entity: str) -> str:
    """What people call a thing, by its name in the API: a document of a type, or what the log names; an English key."""
    return KIND_WORDS.get(entity) or _THINGS.get(entity) or _HUMP.sub(" ", entity).capitalize()


def choose(preferred: str | None, accepted: str) -> str:
    """A person's language: the one of their choice, else the first of `accepted` (Accept-Language) that there is."""
    for part in [preferred or "", *accepted.split(",")]:
        code = part.partition(";")[0].strip().partition("-")[0].lower()
        code = _ALSO.get(code, code)
        if code in LANGUAGES:
            return code
    return ENGLISH
