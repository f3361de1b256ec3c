"""A dunning letter on paper: its words and figures, laid out as a PDF by `letter.typ`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reskontra.dunning.letters.letter import LetterLine, LetterStatus
from reskontra.dunning.letters.rules.wording import account_of, branch_of, money
from reskontra.money import ZERO
from reskontra.printing.page import Page, paragraphs, recipient_lines, sender_lines
from reskontra.printing.pdf import make_pdf

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.dunning.letters.letter import Letter
    from reskontra.dunning.letters.rules.wording import Wording
    from reskontra.reference.reference import Reference

LAYOUT = "dunning/letters/letter.typ"


async def printed(letter: Letter, wording: Wording, debtor: Debtor, reference: Reference) -> bytes:
    """The letter as a PDF. Raises `Unavailable` when that takes too long."""
    content = laid_out(letter, wording, debtor, reference)
    return await make_pdf(LAYOUT, content, letter.created_at, noun="letter")


def laid_out(letter: Letter, wording: Wording, debtor: Debtor, reference: Reference) -> dict[str, Any]:
    """The content as `letter.typ` wants it: texts and lists of texts."""
    labels = wording.labels
    currencies = {line.document.currency_id for line in letter.lines}
    head_currency = currencies.pop() if len(currencies) == 1 else None
    return {
        "page": _page(letter, wording, debtor, reference),
        "facts": [*_facts(letter, wording, reference)],
        "opening": paragraphs(wording.words.opening),
        "closing": paragraphs(wording.words.closing),
        "head": [
            labels.document,
            labels.document_date,
            labels.due_date,
            labels.days_overdue,
            f"{labels.balance} {head_currency}" if head_currency else labels.balance,
        ],
        "groups": [*_groups(letter, wording, reference, head_currency)],
        "sums": [*_sums(letter, wording, reference)],
    }


def _page(letter: Letter, wording: Wording, debtor: Debtor, reference: Reference) -> Page:
    labels = wording.language.labels
    return Page(
        language=wording.code,
        title=wording.words.subject,
        author=reference.name,
        company=reference.name,
        sender=[*sender_lines(branch_of(letter, reference), labels)],
        recipient=[
            *recipient_lines(
                letter.customer_name,
                debtor.invoice_contact.attention,
                debtor.invoice_address,
                home_country_id=reference.country_id_of_company,
                countries=reference.countries,
            )
        ],
        footer=f"{reference.name} · {wording.labels.letter_number} {letter.letter_id}",
        labels=labels,
        mark={LetterStatus.DRAFT: labels.draft, LetterStatus.VOIDED: labels.voided}.get(letter.status),
    )


def _facts(letter: Letter, wording: Wording, reference: Reference) -> Iterator[tuple[str, str]]:
    labels, language = wording.labels, wording.language
    yield labels.letter_number, str(letter.letter_id)
    yield labels.letter_date, language.day(letter.letter_date)
    yield labels.customer_number, letter.customer_number
    yield labels.deadline, language.day(letter.payment_deadline)
    account = account_of(letter, reference)
    if account:
        yield labels.pay_to, account


def _groups(
    letter: Letter, wording: Wording, reference: Reference, head_currency: str | None
) -> Iterator[dict[str, Any]]:
    """The documents: first what is asked for, each child of a parent by itself, then what is listed besides.

    Each row has its cells, and what the rows so far come to. An amount names its currency unless the head does.
    """
    reached: dict[str, Decimal] = {}

    def row(line: LetterLine) -> dict[str, Any]:
        currency_id = line.document.currency_id
        reached[currency_id] = reached.get(currency_id, ZERO) + (line.balance if line.is_summed else ZERO)
        return {
            "cells": _cells(letter, line, wording, reference, head_currency),
            "reached": " + ".join(money(it, currency, wording.language, reference) for currency, it in reached.items()),
        }

    reminded = [line for line in letter.lines if line.is_reminded]
    others = [line for line in letter.lines if not line.is_reminded]
    for (number, name), lines in groupby(
        sorted(reminded, key=_whose), lambda line: (line.document.customer_number, line.document.customer_name)
    ):
        other_customer = number != letter.customer_number
        yield {
            "name": f"{number} {name}" if other_customer else None,
            "rows": [row(line) for line in lines],
        }
    if others:
        yield {"name": wording.labels.information, "rows": [row(line) for line in others]}


def _whose(line: LetterLine) -> str:
    return line.document.customer_number


def _cells(
    letter: Letter, line: LetterLine, wording: Wording, reference: Reference, head_currency: str | None
) -> list[str]:
    language, document = wording.language, line.document
    days = letter.days_overdue(line)
    return [
        f"{wording.labels.of_type(document.document_type)} {document.number}",
        language.day(document.document_date),
        language.day(line.due_date) if line.due_date is not None else "",
        str(days) if days else "",
        language.amount(line.balance, reference.decimals_of(head_currency))
        if head_currency
        else money(line.balance, document.currency_id, language, reference),
    ]


def _sums(letter: Letter, wording: Wording, reference: Reference) -> Iterator[dict[str, Any]]:
    """For each currency what the documents, the credits and the fee come to, then what is to be paid.

    Documents alone need no row above their total. A fee alone does: nothing else on the page says what it is.
    """
    labels, language = wording.labels, wording.language
    for owed in letter.owed:
        parts = ((labels.documents, owed.documents), (labels.credits, owed.credits), (labels.fee, owed.fee))
        told = [(label, amount) for label, amount in parts if amount]
        if len(told) > 1 or owed.fee:
            for label, amount in told:
                yield {"label": label, "amount": money(amount, owed.currency_id, language, reference), "strong": False}
        total = money(owed.total, owed.currency_id, language, reference)
        yield {"label": labels.total, "amount": total, "strong": True}
