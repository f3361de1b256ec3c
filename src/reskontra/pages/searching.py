"""What a word finds: commands, customers and documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from reskontra.errors import Malformed
from reskontra.pages.customers import Standing
from reskontra.pages.documents import DocumentRow
from reskontra.pages.formats import readings
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.words import later

_FOUND_MAX = 20
_CUSTOMERS_MAX = 5
_LEAST = 2
"""The letters from which on a command may be meant."""


@dataclass(frozen=True, slots=True)
class Command:
    """What can be typed to get to a page. `takes` is what may follow: a customer, a month, or nothing."""

    words: str
    path: str
    role: str = "reader"
    takes: str = ""


COMMANDS = (
    Command(later("new invoice"), "documents/Invoice/new", "bookkeeper", "customer"),
    Command(later("new credit note"), "documents/CreditNote/new", "bookkeeper", "customer"),
    Command(later("new payment"), "documents/Payment/new", "bookkeeper", "customer"),
    Command(later("new customer"), "customers/new", "bookkeeper"),
    Command(later("statement"), "customers/{}/statement", takes="customer"),
    Command(later("remind"), "reminding"),
    Command(later("close"), "periods", "controller", "month"),
    Command(later("journal"), "journal", takes="month"),
    Command(later("ageing"), "reports/ageing"),
    Command(later("sales"), "reports/sales"),
    Command(later("reconcile"), "reports/reconcile"),
    Command(later("log"), "log"),
)

MONTHS = (
    later("January"), later("February"), later("March"), later("April"), later("May"), later("June"), later("July"),
    later("August"), later("September"), later("October"), later("November"), later("December"),
)  # fmt: skip

_JOINING = ("for ", "til ", "till ", "för ", "of ", "av ")
_NUMERALS = re.compile(r"\+?[\d\s.\-/]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command as it is offered: its words in the person's language, and its address below the root."""

    words: str
    address: str


async def search(screen: Screen) -> Response:
    """What is typed into the search field finds: commands; customers by name, number, organisation number, mail address
    or phone; documents by number, payment reference, reference, text or amount."""
    words = screen.query.text("q")
    if words is None:
        return screen.show("search.html", words="", commands=[], customers=[], documents=[], searched="")
    commands = await _commands(screen, words)
    customers = await _customers(screen, words)
    documents = await _documents(screen, words)
    if len(customers) + len(documents) == 1 and not commands:
        if documents:
            return screen.go(f"{ROOT}/documents/{documents[0].document_type}/{documents[0].reference_number}")
        return screen.go(f"{ROOT}/customers/{customers[0].customer.number}")
    return screen.show(
        "search.html", words=words, commands=commands, customers=customers, documents=documents, searched=words
    )


def _spellings(words: str) -> Sequence[str]:
    """A text as it was typed, and a number also without what people put between its digits."""
    if not _NUMERALS.fullmatch(words):
        return [words]
    return list(dict.fromkeys((words, re.sub(r"[^\d+]", "", words) or words)))


async def _customers(screen: Screen, words: str) -> Sequence[Standing]:
    found: dict[str, Standing] = {}
    for text in _spellings(words):
        rows = await screen.api.list(Standing, "/v1/reskontra/standing", text=text, pageNumber=1, pageSize=_FOUND_MAX)
        found |= {row.customer.number: row for row in rows.rows}
    return list(found.values())


async def _documents(screen: Screen, words: str) -> Sequence[DocumentRow]:
    asked: list[dict[str, object]] = [{"text": text} for text in _spellings(words)]
    asked += [{"amount": amount} for amount in _amounts(words, screen.formats.language)]
    found: dict[tuple[str, str], DocumentRow] = {}
    for sent in asked:
        try:
            rows = await screen.api.list(
                DocumentRow, "/v1/reskontra/document", **sent, pageNumber=1, pageSize=_FOUND_MAX
            )
        except Malformed:
            if "amount" not in sent:
                raise
            continue  # more digits than an amount has
        found |= {(it.document_type, it.reference_number): it for it in rows.rows}
    return list(found.values())


def _amounts(words: str, language: str) -> Sequence[Decimal]:
    """The amounts that somebody may have typed: none, one, or two of a number that can be read in two ways."""
    try:
        amounts = [Decimal(it) for it in readings(words, language)]
    except InvalidOperation:
        return []
    return [abs(it) for it in amounts if it.is_finite()]


async def _commands(screen: Screen, words: str) -> Sequence[Suggestion]:
    """The commands that the words begin, or that begin the words and are followed by what they take."""
    typed, suggestions = " ".join(words.lower().split()), list[Suggestion]()
    if len(typed) < _LEAST:
        return []
    for command in COMMANDS:
        if not screen.api.may(command.role):
            continue
        own = screen.formats.say(command.words)
        for phrase in dict.fromkeys((own, command.words)):
            if phrase.startswith(typed) and "{}" not in command.path:
                suggestions.append(Suggestion(own, command.path))
                break
            if typed.startswith(f"{phrase} "):
                suggestions += await _followed(screen, command, own, typed[len(phrase) + 1 :])
                break
    return suggestions


async def _followed(screen: Screen, command: Command, own: str, rest: str) -> Sequence[Suggestion]:
    if command.takes == "customer":
        name = next((rest.removeprefix(word) for word in _JOINING if rest.startswith(word)), rest)
        rows = await screen.api.list(
            Standing, "/v1/reskontra/standing", text=name, pageNumber=1, pageSize=_CUSTOMERS_MAX
        )
        return [
            Suggestion(
                screen.formats.say("{command} for {customer}", command=own, customer=row.customer.name),
                command.path.format(row.customer.number)
                if "{}" in command.path
                else f"{command.path}?customer={row.customer.number}",
            )
            for row in rows.rows
        ]
    if command.takes == "month":
        month = month_of(rest, screen)
        if month is not None:
            address = f"{command.path}?year={month[:4]}" if command.path == "periods" else f"journal?period={month}"
            return [Suggestion(f"{own} {screen.formats.month(month)}", address)]
        if screen.formats.say("month").startswith(rest) or "month".startswith(rest):
            return [Suggestion(own, command.path)]
    return []


def month_of(text: str, screen: Screen) -> str | None:
    """The month that somebody means, as `YYYYMM`: 2025-05, 202505, May, May 2025. Without a year it is the last one."""
    digits = re.fullmatch(r"(\d{4})-?(\d{2})", text)
    if digits is not None:
        year, month = int(digits[1]), int(digits[2])
        return f"{year}{month:02d}" if 1 <= month <= len(MONTHS) else None
    name, _, at = text.partition(" ")
    for month, english in enumerate(MONTHS, start=1):
        spelled = (english.lower(), screen.formats.say(english).lower())
        if any(len(name) > _LEAST and it.startswith(name) for it in spelled):
            if at and not re.fullmatch(r"\d{4}", at):
                return None
            today = screen.today
            year = int(at) if at else today.year - (month > today.month)
            return f"{year}{month:02d}"
    return None
