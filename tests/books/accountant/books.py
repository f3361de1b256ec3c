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
    terms: Terms | None
    held: bool
    lines: dict[int, Line] = field(default_factory=dict)
    original_day: date | None = None
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
        """The day whose VAT rates count: a credit note has that of what it corrects (VAT-14)."""
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
            places=self.currency.places,
            entered=self.entered,
        )

    def recompute(self) -> None:
        """After a change of anything that figures follow from."""
        vars(self).pop("figures", None)

    def in_base(self, amount: Decimal) -> Decimal:
        """An amount of this document in base currency (CUR-02, CUR-04)."""
        exact = amount * self.rate if self.currency.operator == "M" else amount / self.rate
        return rounded(exact, self.company.places)

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
        document.released = True
        document.open, document.open_base = document.amounts
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
        parts = [(line.account, found.nets[number]) for number, line in document.lines.items()]
        parts += [(vat[vat_id].account, tax) for vat_id, (_, tax) in found.vat.items()]
        amount, left = document.amounts
        posting.add(document.receivable, sign * amount, sign * left)
        for account, part in parts:
            posting.add(account, -sign * part, -sign * document.in_base(part))
            left -= document.in_base(part)
        is_gain = sign * left > 0
        account = document.currency.rounding_gain if is_gain else document.currency.rounding_loss
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
