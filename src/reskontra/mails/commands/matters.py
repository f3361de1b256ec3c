"""What is mailed: a released document or dunning letter, or a statement, with all that its mail needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from reskontra.account_statements.paper import commands as statements
from reskontra.clock import Context
from reskontra.delivery.addresses import read_addresses
from reskontra.documents.paper.commands import load_printable, print_loaded
from reskontra.dunning.letters import commands as letters
from reskontra.dunning.letters.letter import LetterStatus
from reskontra.dunning.letters.rules.wording import placeholder_values
from reskontra.dunning.letters.store.lists import find_letter
from reskontra.errors import NotFound, Refused
from reskontra.kinds import KINDS, Kind
from reskontra.letterheads.rules import Letterhead
from reskontra.mails.mail import Mail, StatementAsked, Words
from reskontra.mails.rules import worded
from reskontra.money import ZERO
from reskontra.printing.pdf import PdfFile
from reskontra.receivables.wire.as_of import Asked
from reskontra.reference.reference import Reference
from reskontra.reference.rules.classes import StatementType
from reskontra.reference.rules.mailing import MailType
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.web.call import Database

LETTER_NOUN = "dunning letter"
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Something that can be mailed. `addresses` is what the customer's contact has, as it was typed."""

    noun: str
    number: str
    document_type: str | None = None
    document_id: int | None = None
    letter_id: int | None = None
    statement: StatementAsked | None = None
    customer_id: int
    customer_number: str
    customer_name: str
    addresses: str | None
    words: Words
    company: str
    answers_to: str | None
    print: Callable[[], Awaitable[PdfFile]]

    @property
    def what(self) -> str:
        """Its name in a sentence."""
        return f"{self.noun} {self.number}"

    def recipients(self) -> tuple[str, ...]:
        """Where it goes unless somebody says otherwise. Raises `Refused`."""
        if not (self.addresses or "").strip():
            raise Refused(
                f"Customer {self.customer_number} has no mail address for invoices.",
                field=("to",),
                hint="Send an address, or give the customer's invoice contact one.",
            )
        return read_addresses(self.addresses or "", ("to",))


async def matter_of(database: Database, context: Context, mail: Mail) -> Matter:
    """What a queued mail is about. Raises `Refused` if it does not stand any more."""
    if mail.letter_id is not None:
        return await letter_matter(database, context, mail.letter_id)
    if mail.statement is not None:
        return await _queued_statement(database, context, mail, mail.statement)
    if mail.document_type is None or mail.document_number is None:
        raise LookupError("a mail is of something")
    return await document_matter(database, context, KINDS[mail.document_type], mail.document_number)


async def document_matter(database: Database, context: Context, kind: Kind, number: str) -> Matter:
    """A released document. Raises `NotFound` and `Refused`."""
    printable = await load_printable(database, context, kind, number)
    document, reference = printable.document, printable.reference
    if not document.is_released:
        state = "voided" if document.released_at else "not released"
        raise Refused(
            f"The {kind.noun} {document.number} is {state}.", hint="Only what is released and stands is sent."
        )
    owes = kind.balance_sign > 0
    head, language = printable.letterhead.letterhead, printable.language
    due_date = printable.printed.due_date if owes else None
    values = {
        "company": head.company,
        "customer": printable.shown.buyer.name,
        "customer_number": printable.shown.buyer.number or "",
        "document": printable.words.titles.of(document.document_type),
        "number": document.number,
        "date": language.day(document.document_date),
        "due_date": language.day(due_date) if due_date else "",
        "amount": printable.money(document.amount),
        "payment_reference": (document.payment_reference or "") if owes else "",
        "account": (head.account or "") if owes else "",
    }
    return Matter(
        noun=kind.noun,
        number=document.number,
        document_type=document.document_type,
        document_id=printable.document_id,
        customer_id=document.customer_id,
        customer_number=values["customer_number"],
        customer_name=values["customer"],
        addresses=(document.invoice_contact or {}).get("email"),
        words=_words(MailType(document.document_type), printable.printed.language, values, reference),
        company=head.company,
        answers_to=_answers_to(head, reference),
        print=lambda: print_loaded(printable),
    )


async def letter_matter(database: Database, context: Context, letter_id: int) -> Matter:
    """A released dunning letter. Raises `NotFound` and `Refused`."""
    async with database.connection() as connection:
        found = await find_letter(connection, context.company_id, letter_id)
        if found is None:
            raise NotFound(LETTER_NOUN, letter_id)
        reference = await remembered.at(connection, context.company_id, found.reference_version)
    letter = found.letter
    if letter.status != LetterStatus.RELEASED:
        state = "voided" if letter.status == LetterStatus.VOIDED else "not released"
        raise Refused(f"The {LETTER_NOUN} {letter_id} is {state}.", hint="Only what is released and stands is sent.")
    paper, wording = letters.paper_of(found, reference), letters.wording_of(found, reference)
    said = placeholder_values(letter, paper.addressed, paper.kept.letterhead, wording.language, reference)
    values = {
        **{name: said[name] for name in ("company", "customer", "customer_number", "account")},
        "document": wording.words.subject,
        "number": said["letter_number"],
        "date": said["letter_date"],
        "due_date": said["deadline"],
        "amount": said["total"],
        "payment_reference": "",
    }
    return Matter(
        noun=LETTER_NOUN,
        number=str(letter_id),
        letter_id=letter_id,
        customer_id=letter.customer_id,
        customer_number=letter.customer_number,
        customer_name=letter.customer_name,
        addresses=found.debtor.invoice_contact.email,
        words=_words(MailType.LETTER, wording.code, values, reference),
        company=paper.kept.letterhead.company,
        answers_to=_answers_to(paper.kept.letterhead, reference),
        print=lambda: letters.print_letter(found, reference),
    )


async def _queued_statement(database: Database, context: Context, mail: Mail, statement: StatementAsked) -> Matter:
    """The statement as it was when its mail was asked for: what the mail says was said of that (MAI-05)."""
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
    return await statement_matter(
        database,
        context,
        mail.customer_number,
        Asked(statement.as_of, statement.known_at, reference.zone),
        statement_type=statement.statement_type,
        since=statement.since,
        by_currency=statement.by_currency,
        seen_before=mail.asked_at + _INSTANT if mail.asked_at else None,
    )


async def statement_matter(
    database: Database,
    context: Context,
    number: str,
    asked: Asked,
    *,
    statement_type: StatementType | None,
    since: date | None,
    by_currency: bool | None = None,
    seen_before: datetime | None = None,
) -> Matter:
    """A customer's statement of account, as of now or as it was just before a moment. Raises `NotFound`."""
    printable = await statements.load_printable(
        database,
        context,
        number,
        asked,
        statement_type=statement_type,
        since=since,
        by_currency=by_currency,
        seen_before=seen_before,
    )
    sheet = printable.sheet
    customer, blocks, head = sheet.statement.customer, sheet.statement.currencies, sheet.letterhead.letterhead
    owes = any(block.closing_balance > ZERO for block in blocks)
    values = {
        "company": head.company,
        "customer": customer.name,
        "customer_number": customer.number,
        "document": sheet.words.title,
        "number": "",
        "date": sheet.language.day(printable.day),
        "due_date": "",
        "amount": ", ".join(sheet.money(block.closing_balance, block.currency) for block in blocks),
        "payment_reference": "",
        "account": (head.account or "") if owes else "",
    }
    return Matter(
        noun="statement",
        number=f"{customer.number} as of {printable.day}",
        statement=StatementAsked(
            as_of=printable.day,
            statement_type=statement_type,
            since=since,
            known_at=asked.known_at,
            by_currency=by_currency,
        ),
        customer_id=printable.customer_id,
        customer_number=customer.number,
        customer_name=customer.name,
        addresses=printable.addresses,
        words=_words(MailType.STATEMENT, sheet.addressed.language, values, sheet.reference),
        company=head.company,
        answers_to=_answers_to(head, sheet.reference),
        print=lambda: statements.print_loaded(printable),
    )


def _words(mail_type: MailType, language: str, values: Mapping[str, str], reference: Reference) -> Words:
    return worded(mail_type, language, reference.preferences.mail.texts, values)


def _answers_to(head: Letterhead, reference: Reference) -> str | None:
    return reference.preferences.mail.reply_to or head.email
