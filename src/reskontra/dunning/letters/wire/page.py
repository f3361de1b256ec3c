"""A dunning letter on paper: its words and figures, laid out as a PDF by `letter.typ`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reskontra.dunning.letters.letter import LetterLine, LetterStatus, Mention
from reskontra.dunning.letters.rules.wording import money
from reskontra.letterheads.wire import page_of, reference_label
from reskontra.money import ZERO
from reskontra.printing.page import Column, Group, Page, Row, Sum, paragraphs, recipient_lines
from reskontra.printing.pdf import make_pdf
from reskontra.records import as_dict

if TYPE_CHECKING:
    from reskontra.dunning.letters.letter import Letter
    from reskontra.dunning.letters.rules.wording import Labels, Wording
    from reskontra.dunning.letters.store.lists import Paper
    from reskontra.reference.reference import Reference

LAYOUT = "dunning/letters/letter.typ"
LAYOUT_OF_MANY = "dunning/letters/letters.typ"


@dataclass(frozen=True, slots=True)
class Worded:
    """A letter in words, and the paper it is written on."""

    letter: Letter
    wording: Wording
    paper: Paper
    reference: Reference


async def printed(letter: Letter, wording: Wording, paper: Paper, reference: Reference) -> bytes:
    """The letter as a PDF. Raises `Unavailable` when that takes too long."""
    return await make_pdf(LAYOUT, lambda: laid_out(letter, wording, paper, reference), letter.created_at, noun="letter")


async def printed_together(letters: Sequence[Worded]) -> bytes:
    """The letters, at least one, in one PDF, each on pages of its own. Raises `Unavailable` when it takes too long."""
    moment = max(it.letter.created_at for it in letters)
    return await make_pdf(LAYOUT_OF_MANY, lambda: _laid_out_together(letters), moment, noun="letters")


def _laid_out_together(letters: Sequence[Worded]) -> dict[str, Any]:
    """The content as `letters.typ` wants it. A logo is told once, and by its place in `logos` from then on."""
    logos: dict[str | None, int] = {}
    contents = []
    for it in letters:
        content = laid_out(it.letter, it.wording, it.paper, it.reference)
        page: Page = content["page"]
        place = logos.setdefault(page.logo, len(logos))
        contents.append({**content, "page": replace(page, logo=None), "logo": place})
    first: Page = contents[0]["page"]
    return {"title": first.title, "author": first.author, "logos": list(logos), "letters": contents}


def laid_out(letter: Letter, wording: Wording, paper: Paper, reference: Reference) -> dict[str, Any]:
    """The content as `letter.typ` wants it: texts and lists of texts."""
    labels = wording.labels
    currencies = {line.document.currency_id for line in letter.lines}
    head_currency = currencies.pop() if len(currencies) == 1 else None
    return {
        "page": _page(letter, wording, paper, reference),
        "facts": [*_facts(letter, wording, paper)],
        "opening": paragraphs(wording.words.opening),
        "closing": paragraphs(wording.words.closing),
        "columns": [*_columns(labels, head_currency)],
        "groups": [*_groups(letter, wording, paper, reference, head_currency)],
        "sums": [*_sums(letter, wording, paper, reference)],
        "credits": paragraphs(wording.in_favour),
    }


def _columns(labels: Labels, head_currency: str | None) -> Iterator[Column]:
    """The widest that stands in each fits: a reference of 25 digits, and an amount of 12, with its currency if it names
    one."""
    day, days, balance = (26, 26, 38) if head_currency else (24, 20, 46)
    yield Column(label=labels.document, right=False)
    yield Column(label=labels.document_date, width=day, right=False)
    yield Column(label=labels.due_date, width=day, right=False)
    yield Column(label=labels.days_overdue, width=days)
    yield Column(label=f"{labels.balance} {head_currency}" if head_currency else labels.balance, width=balance)


def _page(letter: Letter, wording: Wording, paper: Paper, reference: Reference) -> Page:
    labels, addressed, letterhead = wording.language.labels, paper.addressed, paper.kept.letterhead
    to = addressed.address
    country = reference.countries.get(to.country_id or "") if to.country_id != letterhead.country_id else None
    return page_of(
        letterhead,
        paper.kept.logo,
        wording.language,
        code=wording.code,
        title=wording.words.subject,
        reference=f"{wording.labels.letter_number} {letter.letter_id}",
        recipient=[
            *recipient_lines(
                addressed.name,
                addressed.attention,
                as_dict(to),
                country.name if country else None,
            )
        ],
        mark={LetterStatus.DRAFT: labels.draft, LetterStatus.VOIDED: labels.voided}.get(letter.status),
    )


def _facts(letter: Letter, wording: Wording, paper: Paper) -> Iterator[tuple[str, str]]:
    labels, language = wording.labels, wording.language
    yield labels.letter_number, str(letter.letter_id)
    yield labels.letter_date, language.day(letter.letter_date)
    yield labels.customer_number, letter.customer_number
    yield labels.deadline, language.day(letter.payment_deadline)
    account = paper.kept.letterhead.account
    if account:
        yield labels.pay_to, account


def _groups(
    letter: Letter, wording: Wording, paper: Paper, reference: Reference, head_currency: str | None
) -> Iterator[Group]:
    """The documents: first what is asked for, each child of a parent by itself, then what is listed besides.

    Each row has its cells, the reference to pay it with, and what the rows so far come to. An amount names its currency
    unless the head does.
    """
    reached: dict[str, Decimal] = {}

    def row(line: LetterLine) -> Row:
        currency_id = line.document.currency_id
        reached[currency_id] = reached.get(currency_id, ZERO) + (line.balance if line.is_summed else ZERO)
        return Row(
            cells=_cells(letter, line, wording, reference, head_currency),
            notes=[*_to_pay_with(line.document, wording, paper)] if line.balance > ZERO else (),
            reached=" + ".join(money(it, currency, wording.language, reference) for currency, it in reached.items()),
        )

    reminded = [line for line in letter.lines if line.is_reminded]
    others = [line for line in letter.lines if not line.is_reminded]
    for (number, name), lines in groupby(
        sorted(reminded, key=_whose), lambda line: (line.document.customer_number, line.document.customer_name)
    ):
        other_customer = number != letter.customer_number
        yield Group(name=f"{number} {name}" if other_customer else None, rows=[row(line) for line in lines])
    if others:
        yield Group(name=wording.labels.information, rows=[row(line) for line in others])


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


def _to_pay_with(document: Mention, wording: Wording, paper: Paper) -> Iterator[str]:
    """The payment reference under its name; nothing if there is none."""
    if document.payment_reference:
        label = reference_label(document.payment_reference, paper.kept.letterhead, wording.language.labels)
        yield f"{label} {document.payment_reference}"


def _sums(letter: Letter, wording: Wording, paper: Paper, reference: Reference) -> Iterator[Sum]:
    """For each currency what the documents, the credits and the fee come to, then what is to be paid.

    Documents alone need no row above their total. A fee alone does: nothing else on the page says what it is. Once it
    is invoiced, it has a reference of its own to pay it with.
    """
    labels, language = wording.labels, wording.language
    fee = ", ".join([labels.fee, *(_to_pay_with(letter.fee_invoice, wording, paper) if letter.fee_invoice else ())])
    for owed in letter.owed:
        parts = ((labels.documents, owed.documents), (labels.credits, owed.credits), (fee, owed.fee))
        told = [(label, amount) for label, amount in parts if amount]
        if len(told) > 1 or owed.fee:
            for label, amount in told:
                yield Sum(label=label, amount=money(amount, owed.currency_id, language, reference))
        total = money(owed.total, owed.currency_id, language, reference)
        yield Sum(label=labels.total, amount=total, strong=True)
