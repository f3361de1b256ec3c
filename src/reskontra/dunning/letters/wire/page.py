"""A dunning letter on paper: its words and figures laid out as a PDF (decision 0013). Decides nothing, reads nothing.

What a customer is called can be anything, so no text of it is ever markup: `letter.typ` gets everything as one JSON
value. The same letter gives the same bytes on every machine: only the fonts that come with the typesetter are used,
and the moment in the file is the letter's own.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from reskontra.dunning.letters.letter import LetterStatus, StoredLine
from reskontra.dunning.letters.rules.wording import account_of
from reskontra.errors import Unavailable

if TYPE_CHECKING:
    from reskontra.customers.customer import Address, Debtor
    from reskontra.dunning.letters.letter import StoredLetter
    from reskontra.dunning.letters.rules.wording import Wording
    from reskontra.reference.reference import Reference
    from reskontra.reference.rules.branches import BranchAddress

PATIENCE_SECONDS = 20.0
_PRINTERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="printing")


async def printed(letter: StoredLetter, wording: Wording, debtor: Debtor, reference: Reference) -> bytes:
    """The letter as a PDF, made aside of the event loop. Raises `Unavailable` when that takes too long."""
    content = msgspec.json.encode(laid_out(letter, wording, debtor, reference))
    work = asyncio.get_running_loop().run_in_executor(_PRINTERS, typeset, content, letter.created_at)
    try:
        return await asyncio.wait_for(work, PATIENCE_SECONDS)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise Unavailable("The letter could not be printed in time.", hint="Try again later.") from None


def typeset(content: bytes, moment: datetime, patience_seconds: float = PATIENCE_SECONDS) -> bytes:
    """`letter.typ` with that content (JSON of `laid_out`) as a PDF made at `moment`.

    Raises `subprocess.TimeoutExpired`; the process has been ended then.
    """
    words = [sys.executable, "-P", "-m", "reskontra.printing.typesetting", str(int(moment.timestamp()))]
    process = subprocess.run(words, input=content, capture_output=True, timeout=patience_seconds, check=False)
    if process.returncode:
        raise RuntimeError(f"the typesetter failed: {process.stderr.decode(errors='replace')[-2000:]}")
    return process.stdout


def laid_out(letter: StoredLetter, wording: Wording, debtor: Debtor, reference: Reference) -> dict[str, Any]:
    """What stands where, as `letter.typ` wants it: texts and lists of texts."""
    labels = wording.language.labels
    mark = {LetterStatus.DRAFT: labels.draft, LetterStatus.VOIDED: labels.voided}.get(letter.status)
    return {
        "language": wording.code,
        "title": wording.words.subject,
        "author": reference.name,
        "mark": mark,
        "sender": [*_sender(letter, reference)],
        "recipient": [*_recipient(letter, debtor, reference)],
        "facts": [*_facts(letter, wording, reference)],
        "opening": _paragraphs(wording.words.opening),
        "closing": _paragraphs(wording.words.closing),
        "head": [labels.document, labels.document_date, labels.due_date, labels.days_overdue, labels.balance],
        "groups": [*_groups(letter, wording, reference)],
        "sums": [*_sums(letter, wording, reference)],
        "footer": f"{reference.name} · {labels.letter_number} {letter.letter_id}",
        "page": labels.page,
        "of": labels.of,
    }


def _sender(letter: StoredLetter, reference: Reference) -> Iterator[str]:
    yield reference.name
    branch = reference.branches.get(letter.branch_number or reference.preferences.default_branch)
    if branch is None:
        return
    if branch.main_address is not None:
        yield from _address(branch.main_address)
    contact = branch.main_contact
    details = (branch.corporate_id, contact and contact.phone_1, contact and contact.email)
    yield from (detail for detail in details if detail)


def _recipient(letter: StoredLetter, debtor: Debtor, reference: Reference) -> Iterator[str]:
    yield letter.customer_name
    if debtor.invoice_contact.attention:
        yield debtor.invoice_contact.attention
    address = debtor.invoice_address
    yield from _address(address)
    if address.country_id and address.country_id != reference.country_id_of_company:
        country = reference.countries.get(address.country_id)
        yield country.name if country else address.country_id


def _address(address: Address | BranchAddress) -> Iterator[str]:
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    yield from (line for line in (address.line_1, address.line_2, address.line_3, town) if line)


def _facts(letter: StoredLetter, wording: Wording, reference: Reference) -> Iterator[tuple[str, str]]:
    language = wording.language
    yield language.labels.letter_number, str(letter.letter_id)
    yield language.labels.letter_date, language.day(letter.letter_date)
    yield language.labels.customer_number, letter.customer_number
    yield language.labels.deadline, language.day(letter.payment_deadline)
    account = account_of(letter, reference)
    if account:
        yield language.labels.pay_to, account


def _paragraphs(text: str) -> list[list[str]]:
    """Lines within paragraphs, which an empty line parts."""
    return [paragraph.split("\n") for paragraph in text.split("\n\n") if paragraph.strip()]


def _groups(letter: StoredLetter, wording: Wording, reference: Reference) -> Iterator[dict[str, Any]]:
    """The documents: first what is asked for, each child of a parent by itself, then what is listed besides."""
    reminded = [line for line in letter.lines if line.is_reminded]
    others = [line for line in letter.lines if not line.is_reminded]
    for (number, name), lines in groupby(
        sorted(reminded, key=_whose), lambda line: (line.document.customer_number, line.document.customer_name)
    ):
        other_customer = number != letter.customer_number
        yield {
            "name": f"{number} {name}" if other_customer else None,
            "rows": [_row(letter, line, wording, reference) for line in lines],
        }
    if others:
        rows = [_row(letter, line, wording, reference) for line in others]
        yield {"name": wording.language.labels.information, "rows": rows}


def _whose(line: StoredLine) -> str:
    return line.document.customer_number


def _row(letter: StoredLetter, line: StoredLine, wording: Wording, reference: Reference) -> list[str]:
    language, document = wording.language, line.document
    days = letter.days_overdue(line)
    return [
        f"{language.labels.of_type(document.document_type)} {document.number}",
        language.day(document.document_date),
        language.day(line.due_date) if line.due_date is not None else "",
        str(days) if days else "",
        _money(line.balance, document.currency_id, wording, reference),
    ]


def _sums(letter: StoredLetter, wording: Wording, reference: Reference) -> Iterator[dict[str, Any]]:
    """For each currency what the documents, the credits and the fee come to, then what is to be paid.

    Documents alone need no row above their total. A fee alone does: nothing else on the page says what it is.
    """
    labels = wording.language.labels
    for owed in letter.owed:
        parts = ((labels.documents, owed.documents), (labels.credits, owed.credits), (labels.fee, owed.fee))
        told = [(label, amount) for label, amount in parts if amount]
        if len(told) > 1 or owed.fee:
            for label, amount in told:
                yield {"label": label, "amount": _money(amount, owed.currency_id, wording, reference), "strong": False}
        total = _money(owed.total, owed.currency_id, wording, reference)
        yield {"label": labels.total, "amount": total, "strong": True}


def _money(amount: Decimal, currency_id: str, wording: Wording, reference: Reference) -> str:
    return f"{wording.language.money(amount, reference.decimals_of(currency_id))} {currency_id}"
