"""The accountant's own books: documents, what settles what, and the postings of both.

Imports nothing of the program. Nothing is kept but what was asked for and what came of it. Rule ids: docs/RULES.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from tests.books.accountant.company import Company, Currency, Terms
from tests.books.accountant.figures import ZERO, Figures, Line, cash_discount, due_dates, figures, rounded

Amounts = tuple[Decimal, Decimal]
"""In the document's currency and in base currency."""


def period_of(day: date, later: int = 0) -> str:
    """The financial period of a day, or one so many months later."""
    months = day.year * 12 + day.month - 1 + later
    return f"{months // 12}{months % 12 + 1:02}"


@dataclass(eq=False)
class Customer:
    """A customer. Its receivables account may change; documents keep the one that they took."""

    number: str
    zone: str | None
    currency: str
    terms: str
    receivable: str


@dataclass(eq=False)
class Document:
    """A document from its first save on: what was sent or taken from the customer, and what became of it."""

    company: Company
    kind: str
    customer: Customer
    receivable: str
    zone: str | None
    day: date
    period: str
    currency: Currency
    rate: Decimal
    vat_rate: Decimal
    """The rate at which VAT is reported (VAT-13)."""

    terms: Terms | None
    held: bool
    is_agreed: bool = False
    """Whether the rate is one that was sent, which stays whatever is settled (CUR-02)."""

    lines: dict[int, Line] = field(default_factory=dict)
    original_day: date | None = None
    vat_day_sent: date | None = None
    due_sent: date | None = None
    discount_date_sent: date | None = None
    entered: dict[str, Decimal] = field(default_factory=dict)
    """VAT by id that was entered in place of what is computed (VAT-09)."""

    number: str = ""
    proposals: list[tuple[Document, Decimal]] = field(default_factory=list)
    proposed_by: Document | None = None
    released: bool = False
    open: Decimal = ZERO
    open_base: Decimal = ZERO
    closed_in: str | None = None
    free_from: tuple[date, str] = (date.min, "")
    """Day and period of the last undoing: before them it was settled already."""

    @property
    def name(self) -> str:
        return f"{self.company.code} {self.kind} {self.number}"

    @property
    def sign(self) -> int:
        return -1 if self.kind == "CreditNote" else 1

    @property
    def is_foreign(self) -> bool:
        return self.currency.currency_id != self.company.base

    @property
    def status(self) -> str:
        if not self.released:
            return "Hold" if self.held else "Balanced"
        return "Open" if self.open else "Closed"

    @property
    def vat_day(self) -> date:
        """The day whose VAT rates count: one that was sent, else the usual one (VAT-14)."""
        return self.vat_day_sent or self.usual_vat_day

    @property
    def usual_vat_day(self) -> date:
        """The document's own day; a credit note has that of what it corrects."""
        if self.kind != "CreditNote":
            return self.day
        return self.original_day or max((debit.vat_day for debit, _ in self.proposals), default=self.day)

    @cached_property
    def figures(self) -> Figures:
        return figures(
            self.company,
            self.lines,
            zone=self.zone,
            on=self.vat_day,
            currency=self.currency,
            entered=self.entered,
        )

    def recompute(self) -> None:
        """After a change of anything that figures follow from."""
        vars(self).pop("figures", None)

    def in_base(self, amount: Decimal) -> Decimal:
        """An amount of this document in base currency (CUR-02, CUR-04)."""
        return self._converted(amount, self.rate)

    def vat_in_base(self, amount: Decimal) -> Decimal:
        """The same for VAT, which is reported at the rate of the table, whatever was agreed (VAT-13)."""
        return self._converted(amount, self.vat_rate)

    def _converted(self, amount: Decimal, rate: Decimal) -> Decimal:
        exact = amount * rate if self.currency.operator == "M" else amount / rate
        return rounded(exact, self.company.places)

    def take_rates(self, sent: Decimal | None) -> None:
        """The rates that follow from what is sent and settled (CUR-02, VAT-13).

        A note has both of what it settles if that has one, else the table's. One that is sent stays, with VAT at the
        table's; to send the one that it would have anyway says nothing.
        """
        table = self.currency.rate(self.day)
        settled = {(debit.rate, debit.vat_rate) for debit, _ in self.proposals}
        usual = settled.pop() if len(settled) == 1 else (table, table)
        if sent is None and self.is_agreed:
            return
        self.is_agreed = sent is not None and sent != usual[0]
        self.rate, self.vat_rate = (sent, table) if sent is not None and self.is_agreed else usual

    @property
    def amounts(self) -> Amounts:
        return self.figures.amount, self.in_base(self.figures.amount)

    @property
    def dates(self) -> tuple[date | None, date | None]:
        """Due date and last day of the cash discount (TRM-02, TRM-06, TRM-07)."""
        if self.terms is None:
            return None, None
        counted = self.original_day if self.company.use_original_invoice_date else None
        due, discount = due_dates(self.terms, counted or self.day)
        due = self.due_sent or due
        return due, min(self.discount_date_sent or discount, due)

    @property
    def cash_discount(self) -> Decimal:
        if self.terms is None:
            return ZERO
        return cash_discount(self.terms, self.figures.amount, self.figures.vat_total, self.currency.places)

    def take(self, amount: Decimal) -> Decimal:
        """Settle so much of what is open; returns its share of the base balance (FX-01, D7)."""
        base = self.open_base if amount == self.open else min(self.in_base(amount), self.open_base)
        self.open, self.open_base = self.open - amount, self.open_base - base
        return base


@dataclass(eq=False)
class Application:
    """So much of a credit note went to a debit; with amounts below zero, it came back."""

    credit: Document
    debit: Document
    amount: Decimal
    day: date
    period: str
    credit_base: Decimal
    debit_base: Decimal
    id: int = 0
    undoes: Application | None = None
    undone_by: Application | None = None

    @property
    def gain(self) -> Decimal:
        return self.credit_base - self.debit_base

    @property
    def is_posted(self) -> bool:
        """Whether it books anything (GL-06)."""
        return self.credit.receivable != self.debit.receivable or self.gain != 0


@dataclass
class Posting:
    """One batch: what each account moved by, debits above zero."""

    day: date
    period: str
    currency: str
    moved: dict[str, Amounts] = field(default_factory=lambda: defaultdict(lambda: (ZERO, ZERO)))

    def add(self, account: str, amount: Decimal, base: Decimal) -> None:
        before = self.moved[account]
        self.moved[account] = before[0] + amount, before[1] + base

    def told(self) -> tuple[date, str, str, dict[str, Amounts]]:
        """All of it, without accounts that did not move."""
        moved = {account: amounts for account, amounts in self.moved.items() if any(amounts)}
        return self.day, self.period, self.currency, moved

    def __str__(self) -> str:
        moved = ", ".join(f"{account} {amount:f} ({base:f})" for account, (amount, base) in self.told()[3].items())
        return f"{self.day} {self.period} {self.currency}: {moved}"


@dataclass
class Books:
    """All of one company."""

    company: Company
    customers: list[Customer] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    """In the order of their batch numbers."""

    def release(self, document: Document) -> list[Application]:
        """Into the books, with what it is to settle (REL-02).

        No paper says in which order a note settles, which decides where an øre of gain falls: here, as in the program,
        by kind and number.
        """
        document.released, document.vat_day_sent = True, document.vat_day  # from here on it stands
        document.open, document.open_base = document.amounts
        document.closed_in = None if document.open else document.period
        posting = self._post(document)
        order = sorted(document.proposals, key=lambda proposal: (proposal[0].kind, proposal[0].number))
        for debit, _ in order:
            debit.proposed_by = None
        document.proposals = []
        made = self._settle(document, order, document.day, document.period)
        for it in made:
            self._book(it, posting)
        return made

    def apply(
        self, credit: Document, debits: Iterable[tuple[Document, Decimal]], day: date, period: str
    ) -> list[Application]:
        """Use what an open credit note still has."""
        made = self._settle(credit, debits, day, period)
        self._post_settlement(made)
        return made

    def undo(self, done: Application, day: date, period: str) -> Application:
        """Take an application back (UND-02)."""
        for document, base in ((done.credit, done.credit_base), (done.debit, done.debit_base)):
            document.open, document.open_base = document.open + done.amount, document.open_base + base
            document.closed_in = None
            document.free_from = max(document.free_from[0], day), max(document.free_from[1], period)
        bases = -done.credit_base, -done.debit_base
        done.undone_by = Application(done.credit, done.debit, -done.amount, day, period, *bases, undoes=done)
        self.applications.append(done.undone_by)
        self._post_settlement([done.undone_by])
        return done.undone_by

    def _settle(
        self, credit: Document, debits: Iterable[tuple[Document, Decimal]], day: date, period: str
    ) -> list[Application]:
        """Each is of the latest day and period of the settlement and both documents (APP-07, PER-07)."""
        made: list[Application] = []
        for debit, amount in debits:
            when = max(day, credit.day, debit.day), max(period, credit.period, debit.period)
            bases = credit.take(amount), debit.take(amount)
            made.append(Application(credit, debit, amount, *when, *bases))
            debit.closed_in = None if debit.open else made[-1].period
        if not credit.open:
            credit.closed_in = max(it.period for it in made) if made else period
        self.applications += made
        return made

    # The journal (GL-01, GL-02, GL-06, CUR-04)

    def _post(self, document: Document) -> Posting:
        found, sign, vat = document.figures, document.sign, self.company.vat
        posting = Posting(document.day, document.period, document.currency.currency_id)
        amount, left = document.amounts
        posting.add(document.receivable, sign * amount, sign * left)
        more_vat = ZERO
        for number, line in document.lines.items():
            part = found.nets[number]
            posting.add(line.account, -sign * part, -sign * document.in_base(part))
            left -= document.in_base(part)
        for vat_id, (_, tax) in found.vat.items():
            posting.add(vat[vat_id].account, -sign * tax, -sign * document.vat_in_base(tax))
            left -= document.in_base(tax)
            more_vat += sign * (document.vat_in_base(tax) - document.in_base(tax))
        currency = document.currency
        posting.add(currency.loss if more_vat > 0 else currency.gain, ZERO, more_vat)
        is_gain = sign * (left or found.rounding) > 0
        account = currency.rounding_gain if is_gain else currency.rounding_loss
        posting.add(account, -sign * found.rounding, -sign * left)
        self.postings.append(posting)
        return posting

    def _post_settlement(self, made: list[Application]) -> None:
        if any(it.is_posted for it in made):
            posting = Posting(made[0].day, made[0].period, made[0].credit.currency.currency_id)
            for it in made:
                self._book(it, posting)
            self.postings.append(posting)

    def _book(self, it: Application, posting: Posting) -> None:
        posting.add(it.credit.receivable, it.amount, it.credit_base)
        posting.add(it.debit.receivable, -it.amount, -it.debit_base)
        was_gain = (it.undoes or it).gain > 0
        posting.add(it.credit.currency.gain if was_gain else it.credit.currency.loss, ZERO, -it.gain)
