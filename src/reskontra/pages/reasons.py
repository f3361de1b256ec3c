"""Why a run passed something over, in the person's language.

The ledger says it in English, with figures in it. What is not known here stays as the ledger says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

from reskontra.pages.formats import Formats
from reskontra.pages.words import later

_KNOWN = (
    later("The customer has the status {status}."),
    later("Customer {number} has no limit for write-offs."),
    later("Its balance of {balance} is above the limit of {limit}."),
    later("It is {status}."),
    later("It has a pending application of {document}, which waits for release."),
    later("A void of it waits for release."),
    later("The correction {number} of it waits for release."),
    later("It is of the period {period}, later than the run."),
    later("Something applied on it was taken back on {day}, later than the run."),
    later("It changed at the same moment."),
    later("The customer takes no dunning letters, neither printed nor by e-mail."),
    later("The customer is inactive."),
)


def reason(formats: Formats, text: str) -> str:
    """A reason of a run as people read it."""
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return formats.say(
                sentence, **{name: _written(formats, name, value) for name, value in found.groupdict().items()}
            )
    return text


def _written(formats: Formats, name: str, value: str) -> str:
    ways: Mapping[str, Callable[[str], str]] = {
        "balance": lambda it: formats.amount(Decimal(it)),
        "limit": lambda it: formats.amount(Decimal(it)),
        "status": formats.say,
        "period": formats.month,
    }
    return ways[name](value) if name in ways else value


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    figure = re.compile(r"\\{(balance|limit)\\}")
    return tuple(
        (
            sentence,
            re.compile(
                re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", figure.sub(r"(?P<\1>-?\\d+\\.\\d+)", re.escape(sentence)))
            ),
        )
        for sentence in _KNOWN
    )
