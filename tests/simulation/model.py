"""The books as a pupil would keep them: plain arithmetic over what was asked for. Imports nothing of the program.

The rules of the books are worked out here a second time and in another way: nothing is stored but what was sent and
what became of it, and every figure follows from that when it is asked for. Base currency is NOK.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

INVOICE, CREDIT_NOTE, DEBIT_NOTE = "Invoice", "CreditNote", "DebitNote"
PAYMENT, PREPAYMENT, REFUND = "Payment", "Prepayment", "Refund"
FIN_CHARGE, BALANCE_WRITE_OFF, CREDIT_WRITE_OFF = "FinCharge", "SmallBalanceWo", "SmallCreditWo"
PERCENT = {"3": Decimal(25), "31": Decimal(15), "32": Decimal("11.11"), "33": Decimal(12)} | dict.fromkeys(
    ("5", "51", "52", "6", "7"), Decimal(0)
)
VAT_ACCOUNT = {"3": "2711", "31": "2712", "32": "2714", "33": "2713"}
EXPORT_ACCOUNT = {"EU": "3110", "EX": "3120"}
DEBTORS, ROUNDING, GAIN, LOSS = "1500", "7740", "8060", "8160"
BANK, PREPAID = "1920", "2900"
LATE_PAYMENT, DISCOUNTS = "8050", "8140"
WRITTEN_OFF = {BALANCE_WRITE_OFF: "7830", CREDIT_WRITE_OFF: "7740"}
HIGHEST_LEVEL = 3
WRITE_OFF_LIMIT = Decimal("5.00")
LEGAL_INTEREST = {
    date(2025, 1, 1): Decimal("12.50"), date(2025, 7, 1): Decimal("12.25"), date(2026, 1, 1): Decimal("12.00"),
}  # fmt: skip
"""Percent per year, from that day on."""


def cents(amount: Decimal) -> Decimal:
    """To two places, half away from zero."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Terms:
    """When a document is to be paid: so many days after its date, or in parts from then on."""

    days: int
    parts: tuple[int, ...] = ()
    """The weight of each part."""

    step: str = ""
    """How far parts are apart: "week", "month" or "half month", unless `after` tells the days of each."""

    after: tuple[int, ...] = ()
    vat_first: bool = False
    discount: int = 0
    """Percent off what is paid in `discount_days`."""

    discount_days: int = 0

    def due(self, day: date) -> list[date]:
        """The due date of each part, or the only one, of a document of that day."""
        first = day + timedelta(days=self.days)
        if self.after:
            return [first + timedelta(days=days) for days in self.after]
        return [self._due(first, part) for part in range(max(len(self.parts), 1))]

    def _due(self, first: date, part: int) -> date:
        if self.step == "week":
            return first + timedelta(weeks=part)
        if self.step == "half month":
            return months_on(first, part // 2) + timedelta(days=15 * (part % 2))
        return months_on(first, part)

    def divided(self, amount: Decimal, tax: Decimal) -> list[Decimal]:
        """What each part is of an amount with so much VAT in it: the last one takes what rounding leaves."""
        early = tax if self.vat_first else Decimal(0)
        shares = [cents((amount - early) * weight / sum(self.parts)) for weight in self.parts[:-1]]
        last = amount - early - sum(shares, Decimal(0))
        return [shares[0] + early, *shares[1:], last]


def months_on(first: date, months: int) -> date:
    """The same day so many months on, or the last one of a shorter month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    start = date(year, month + 1, 1)
    end = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    return min(start + timedelta(days=first.day - 1), end)


TERMS = {
    "14": Terms(14),
    "30D2": Terms(30, discount=2, discount_days=10),
    "RATE3": Terms(30, (1, 1, 1), "month"),
    "SIM-VAT": Terms(10, (1, 1), "week", vat_first=True),
    "SIM-HALF": Terms(0, (1, 1, 1, 1), "half month"),
    "SIM-TABLE": Terms(5, (20, 30, 50), after=(0, 14, 45)),
}
"""The usual terms of customers, those that give a cash discount, and all that divide a document."""


@dataclass
class Line:
    """What was sent of a line."""

    quantity: Decimal
    price: Decimal
    category: str
    discount: Decimal = Decimal(0)
    account: str | None = None
    """The account that its item has of its own; else VAT decides."""

    is_priced: bool = True
    """Whether the price was sent; else it is the item's."""

    @property
    def amount(self) -> Decimal:
        whole = cents(self.quantity * self.price)
        return whole - cents(whole * self.discount / 100)


@dataclass(eq=False)
class Application:
    """What a credit settled of a debit: in currency, and in base currency as each of the two books it.

    The debit is less by discount and write-off too. Both are worth what the debit is booked at, so that only what was
    paid gains or loses.
    """

    credit: Document
    debit: Document
    amount: Decimal
    day: date
    booked_by: Document
    """Under whose number it is in the journal."""

    discount: Decimal = Decimal(0)
    write_off: Decimal = Decimal(0)
    ours: Decimal = field(init=False)
    theirs: Decimal = field(init=False)

    def __post_init__(self) -> None:
        self.ours, self.theirs = self.credit.take(self.amount), self.debit.take(self.reduction)
        self.credit.applied.append(self)
        self.debit.settled.append(self)
        self.booked_by.booked.append(self)
        self.debit.discount_taken += self.discount
        self.debit.moves.append((self.day, -self.reduction))
        for side in (self.credit, self.debit):
            side.status = "Open" if side.open else "Closed"

    @property
    def reduction(self) -> Decimal:
        return self.amount + self.discount + self.write_off

    @property
    def discount_base(self) -> Decimal:
        return min(self.debit.base(self.discount), self.theirs)

    @property
    def write_off_base(self) -> Decimal:
        return self.debit.base(self.write_off)

    @property
    def gain(self) -> Decimal:
        """What settling gained by the exchange rate; less than zero is a loss."""
        return self.ours - (self.theirs - self.discount_base - self.write_off_base)

    def undo(self, day: date) -> None:
        """Both sides have open again what was settled, from that day on."""
        self.debit.moves.append((day, self.reduction))
        self.debit.discount_taken -= self.discount
        for side, amount, base in ((self.credit, self.amount, self.ours), (self.debit, self.reduction, self.theirs)):
            side.open += amount
            side.open_base += base
            side.status = "Open"
            if day > self.day:
                side.freed = max(day, side.freed or day)
                side.of_freed += amount
        self.credit.applied.remove(self)
        self.debit.settled.remove(self)
        self.booked_by.booked.remove(self)


@dataclass(eq=False)
class Document:
    """A document of one customer, from its first save on."""

    kind: str
    customer: Customer
    day: date
    currency: str
    lines: dict[int, Line]
    number: str = ""
    rate: Decimal = Decimal(1)
    status: str = "Balanced"
    released: bool = False
    is_fee: bool = False
    level: int = 0
    approved: Decimal = Decimal(0)
    """The amount in base currency that credit was given for when it was last saved without a hold."""

    settles: list[tuple[Document, Decimal]] = field(default_factory=list)
    proposed_by: Document | None = None
    freed: date | None = None
    """The last day on which something of an earlier day was taken back."""

    of_freed: Decimal = Decimal(0)
    """All that was so: before that day, no more is applied than is open without it."""

    open: Decimal = Decimal(0)
    open_base: Decimal = Decimal(0)
    applied: list[Application] = field(default_factory=list)
    """What it settled and still does."""

    settled: list[Application] = field(default_factory=list, repr=False)
    """What settled it and still does."""

    booked: list[Application] = field(default_factory=list)
    """What is in the journal under its number: mostly what it settled."""

    discount_taken: Decimal = Decimal(0)

    terms: str = "14"
    parts: list[Part] = field(default_factory=list)
    """The instalments that its release divided it into."""

    moves: list[tuple[date, Decimal]] = field(default_factory=list)
    """When how much was added to what is owed of it."""

    charged: list[tuple[Charge, date]] = field(default_factory=list)
    """What it was charged for, and up to which day."""

    replaces: Document | None = field(default=None, repr=False)
    """The invoice that it corrects."""

    written_off: bool = False

    @property
    def account(self) -> str:
        """Where its balance is."""
        return DEBTORS

    @property
    def due(self) -> date:
        return TERMS[self.terms].due(self.day)[0]

    @property
    def discount_date(self) -> date:
        return self.day + timedelta(days=TERMS[self.terms].discount_days)

    @property
    def discount_left(self) -> Decimal:
        """What is still offered of the cash discount."""
        return max(cents(self.amount * TERMS[self.terms].discount / 100) - self.discount_taken, Decimal(0))

    def discount_on(self, day: date) -> Decimal:
        """What is given to who pays the rest on a day."""
        return min(self.discount_left, self.open) if day <= self.discount_date else Decimal(0)

    @property
    def tax(self) -> Decimal:
        return sum((tax for _, tax in self.vat.values()), Decimal(0))

    @property
    def is_divided(self) -> bool:
        return self.sign > 0 and bool(TERMS[self.terms].parts) and self.amount != 0

    @property
    def has_worthless_part(self) -> bool:
        """Whether a part would be nothing or less, which is refused."""
        return self.is_divided and min(TERMS[self.terms].divided(self.amount, self.tax)) <= 0

    @property
    def sign(self) -> int:
        return -1 if self.kind == CREDIT_NOTE else 1

    @property
    def held(self) -> bool:
        return self.status == "Hold"

    @property
    def period(self) -> str:
        return f"{self.day:%Y%m}"

    @property
    def detail(self) -> Decimal:
        return sum((line.amount for line in self.lines.values()), Decimal(0))

    @property
    def vat(self) -> dict[str, tuple[Decimal, Decimal]]:
        """By VAT id: what is taxed and the tax, computed once over all lines of the id."""
        taxed: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines.values():
            taxed[line.category] += line.amount
        return {vat_id: (amount, cents(amount * PERCENT[vat_id] / 100)) for vat_id, amount in taxed.items()}

    @property
    def amount(self) -> Decimal:
        return self.detail + self.tax

    @property
    def amount_base(self) -> Decimal:
        return self.base(self.amount)

    def base(self, amount: Decimal) -> Decimal:
        return cents(amount * self.rate)

    @property
    def balance(self) -> Decimal:
        return self.open if self.released else self.amount

    @property
    def balance_base(self) -> Decimal:
        return self.open_base if self.released else self.amount_base

    def has_on(self, amount: Decimal, day: date) -> bool:
        """Whether that much was open from that day on without what was taken back later."""
        return day >= self.free_from or self.freed is None or amount <= self.open - self.of_freed

    @property
    def free_from(self) -> date:
        """The first day on which it settles something, or is settled."""
        return max(self.day, self.freed or self.day)

    def release(self) -> None:
        """Into the books, with what a credit note settles. What is divided owes nothing itself."""
        self.released = True
        self.open, self.open_base = self.amount, self.amount_base
        if self.is_divided:
            self.divide()
        self.apply(sorted(self.settles, key=lambda entry: (entry[0].kind, entry[0].number)))

    def divide(self) -> None:
        """Open an invoice for each instalment instead; base currency is divided by itself."""
        terms = TERMS[self.terms]
        tax_base = sum((self.base(tax) for _, tax in self.vat.values()), Decimal(0))
        amounts = terms.divided(self.amount, self.tax), terms.divided(self.amount_base, tax_base)
        for due, amount, base in zip(terms.due(self.day), *amounts, strict=True):
            line = Line(Decimal(1), amount, "")
            part = Part(
                INVOICE, self.customer, self.day, self.currency, {1: line}, rate=self.rate, of_base=base, by=due
            )
            part.release()
            self.parts.append(part)
        self.open, self.open_base = Decimal(0), Decimal(0)

    def apply(self, settles: list[tuple[Document, Decimal]], day: date | None = None) -> None:
        """Settle debits, each by an amount; on the later date of the two documents unless another is given."""
        for debit, amount in settles:
            Application(self, debit, amount, day or max(self.day, debit.day), self)
            debit.proposed_by = None
        self.status = "Open" if self.open else "Closed"

    def take(self, amount: Decimal) -> Decimal:
        """Settle a part; what empties the document takes all that is left of it in base currency."""
        taken = self.open_base if amount == self.open else min(self.base(amount), self.open_base)
        self.open -= amount
        self.open_base -= taken
        return taken

    def interest(self, on: date) -> Late | None:
        """What a charge up to a date asks for this document: each day costs what was owed when it began."""
        first = max([self.due, *self.charged_until]) + timedelta(days=1)
        days = [first + timedelta(days=days) for days in range((on - first).days + 1)]
        owed, cost = [], Decimal(0)
        for day in days:
            balance = self.amount + sum((amount for moved, amount in self.moves if moved < day), Decimal(0))
            if balance > 0:
                owed.append(day)
                cost += balance * LEGAL_INTEREST[max(since for since in LEGAL_INTEREST if since <= day)]
        amount = cents(cost / 36500)
        return Late(self, owed[0], owed[-1], len(owed), amount) if amount else None

    @property
    def charged_until(self) -> list[date]:
        """The last days of its charges, and of those of what it replaces."""
        return [until for _, until in self.charged] + (self.replaces.charged_until if self.replaces else [])

    def account_of(self, line: Line) -> str:
        """Taxed, untaxed at home, sold abroad: each kind of sale has its account."""
        if PERCENT[line.category]:
            return line.account or "3000"
        return line.account or (EXPORT_ACCOUNT[self.customer.zone] if line.category == "52" else "3100")

    @property
    def entries(self) -> dict[str, Decimal]:
        """By account, debit less credit in base currency: what the journal must hold of this document."""
        own: dict[str, Decimal] = defaultdict(Decimal)
        if not self.released:
            return {}
        own[DEBTORS] += self.sign * self.amount_base
        for line in self.lines.values():
            own[self.account_of(line)] -= self.sign * self.base(line.amount)
        for vat_id, (_, tax) in self.vat.items():
            if tax:
                own[VAT_ACCOUNT[vat_id]] -= self.sign * self.base(tax)
        own[ROUNDING] -= sum(own.values(), Decimal(0))
        return self.with_applications(own)

    def with_applications(self, own: dict[str, Decimal]) -> dict[str, Decimal]:
        """The entries with those of what it settled, under its number."""
        for it in self.booked:
            own[it.credit.account] += it.ours
            own[it.debit.account] -= it.theirs
            own[DISCOUNTS] += it.discount_base
            own[WRITTEN_OFF[BALANCE_WRITE_OFF if it.write_off > 0 else CREDIT_WRITE_OFF]] += it.write_off_base
            own[GAIN] -= max(it.gain, Decimal(0))
            own[LOSS] += max(-it.gain, Decimal(0))
        return {account: amount for account, amount in own.items() if amount}


@dataclass
class Late:
    """What a charge asks for one document, and for which days."""

    document: Document
    first: date
    last: date
    days: int
    amount: Decimal


@dataclass(eq=False)
class Part(Document):
    """An instalment: its share in base currency is not converted, and the whole has the VAT and the entries."""

    of_base: Decimal = Decimal(0)
    by: date = date.min

    @property
    def due(self) -> date:
        return self.by

    @property
    def vat(self) -> dict[str, tuple[Decimal, Decimal]]:
        return {}

    @property
    def amount_base(self) -> Decimal:
        return self.of_base

    @property
    def entries(self) -> dict[str, Decimal]:
        return {}


@dataclass(eq=False)
class Charge(Document):
    """What paying late costs: a line for each document."""

    late: list[Late] = field(default_factory=list)

    def hold_days(self) -> None:
        """No other charge is for these days."""
        for it in self.late:
            it.document.charged.append((self, it.last))

    def free_days(self) -> None:
        for it in self.late:
            it.document.charged.remove((self, it.last))


@dataclass(eq=False)
class WriteOff:
    """What closed a small balance or credit for good."""

    kind: str
    number: str
    settled: Document
    day: date
    amount: Decimal
    base: Decimal

    @property
    def entries(self) -> dict[str, Decimal]:
        base = self.settled.sign * self.base
        return {self.settled.account: -base, WRITTEN_OFF[self.kind]: base} if base else {}


@dataclass(eq=False)
class Payment(Document):
    """Money that came in. Its one line is the amount."""

    is_void: bool = False

    @property
    def sign(self) -> int:
        return -1

    @property
    def figures(self) -> tuple[Any, ...]:
        """Status, amount, and what is left of it in currency and in base currency."""
        return self.status, self.amount, self.open, self.open_base

    @property
    def account(self) -> str:
        return PREPAID if self.kind == PREPAYMENT else DEBTORS

    @property
    def entries(self) -> dict[str, Decimal]:
        if self.is_void:
            return {}
        own: dict[str, Decimal] = defaultdict(Decimal)
        own[BANK] += self.amount_base
        own[self.account] -= self.amount_base
        return self.with_applications(own)

    def void(self) -> None:
        """As if it had never been, from its last application on."""
        taken_back = [*self.applied, *(it for it in self.booked if it.credit is not self)]
        day = max([self.free_from, *(it.day for it in taken_back)])
        for it in taken_back:
            it.undo(day)
        self.is_void, self.status, self.open, self.open_base = True, "Voided", Decimal(0), Decimal(0)


@dataclass(eq=False)
class Refund(Payment):
    """Money that was paid out for credits: it settles nothing itself, they settle it."""

    @property
    def sign(self) -> int:
        return 1

    @property
    def account(self) -> str:
        return BANK

    @property
    def entries(self) -> dict[str, Decimal]:
        return {} if self.is_void else self.with_applications(defaultdict(Decimal))


@dataclass(eq=False)
class CashSale(Document):
    """Sold and paid at once: what is owed never shows it."""

    @property
    def entries(self) -> dict[str, Decimal]:
        return {BANK if account == DEBTORS else account: amount for account, amount in super().entries.items()}


@dataclass(eq=False)
class Customer:
    """A customer and all its documents, also deleted ones' absence: what is here exists."""

    number: str
    name: str
    zone: str = "NO"
    limit: Decimal | None = None
    applies_by_itself: bool = False
    """Whether a payment that names nothing settles what is owed."""

    documents: list[Document] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    cash_sales: list[CashSale] = field(default_factory=list)
    write_offs: list[WriteOff] = field(default_factory=list)
    letters: int = 0

    @property
    def balance(self) -> Decimal:
        open_ones = [it for it in (*self.documents, *self.payments) if it.released]
        return sum((it.sign * it.open_base for it in open_ones), Decimal(0))

    @property
    def unreleased(self) -> Decimal:
        return sum((it.sign * it.amount_base for it in self.documents if not it.released), Decimal(0))

    def is_too_much(self, document: Document) -> bool:
        """Whether credit is refused for a document, which may be among the customer's or not yet."""
        if self.limit is None or document.kind in (CREDIT_NOTE, FIN_CHARGE):
            return False
        others = self.balance + sum(
            it.sign * it.amount_base for it in self.documents if not it.released and it.number != document.number
        )
        return others + document.amount_base > self.limit

    def applied_by_itself(self, payment: Payment) -> list[Application]:
        """What a payment settles on its release: the oldest debts first, by the oldest notes first and then by it."""
        day = payment.day
        found = [it for it in self.documents if it.status == "Open" and it.free_from <= day and it.proposed_by is None]
        found = [it for it in found if it.currency == payment.currency]
        notes = sorted((it for it in found if it.sign < 0), key=lambda it: (it.day, it.number))
        available = payment.open + sum((note.open for note in notes), Decimal(0))
        settled = []
        for debt in sorted((it for it in found if it.sign > 0), key=lambda it: (it.due, it.day, it.kind, it.number)):
            discount = debt.discount_on(day) if available >= debt.open - debt.discount_on(day) else Decimal(0)
            if available > 0:
                settled.append((debt, min(available, debt.open - discount), discount))
                available -= settled[-1][1]
        of_notes = sum((amount for _, amount, _ in settled), Decimal(0))
        made = []
        for debt, amount, discount in settled:
            left = amount
            for note in notes:
                used = min(note.open, left, of_notes)
                is_last = used == left
                if used:
                    made.append(Application(note, debt, used, day, payment, discount if is_last else Decimal(0)))
                    left, of_notes = left - used, of_notes - used
            if left or not made or made[-1].debit is not debt:
                made.append(Application(payment, debt, left, day, payment, discount))
        return made

    def applied_by_run(self, day: date) -> list[Application]:
        """Apply what is open of credits to what is owed up to a day, the oldest first; in the order it is done."""
        both = (*self.documents, *self.payments)
        found = [it for it in both if it.status == "Open" and it.free_from <= day and it.proposed_by is None]
        debts = sorted((it for it in found if it.sign > 0), key=lambda it: (it.due, it.day, it.kind, it.number))
        made = []
        for credit in sorted((it for it in found if it.sign < 0), key=lambda it: (it.day, it.kind, it.number)):
            for debit in debts:
                if credit.open and debit.open and debit.currency == credit.currency:
                    discount = debit.discount_on(day)
                    if credit.open < debit.open - discount:
                        discount = Decimal(0)
                    amount = min(credit.open, debit.open - discount)
                    made.append(Application(credit, debit, amount, day, credit, discount))
        return made

    @property
    def waiting_charge(self) -> Document | None:
        """The draft of a charge, besides which there is no other."""
        return next((it for it in self.documents if it.kind == FIN_CHARGE and not it.released), None)

    def late(self, on: date) -> dict[str, list[Late]]:
        """What charges up to a date are for: one charge for each currency, what was due first first."""
        found: dict[str, list[Late]] = defaultdict(list)
        if self.waiting_charge is not None:
            return found
        for document in sorted(self.documents, key=lambda it: (it.due, it.kind, it.number)):
            is_charged = document.kind in (INVOICE, DEBIT_NOTE) and not document.is_fee and not document.parts
            if document.released and is_charged and (late := document.interest(on)):
                found[document.currency].append(late)
        return found

    def small(self, on: date, limit: Decimal = WRITE_OFF_LIMIT) -> list[Document]:
        """What is written off on a day: as much of a document as is allowed, unless something waits or came later."""
        return [
            it
            for it in (*self.documents, *self.payments)
            if it.status == "Open" and it.free_from <= on and it.open_base <= limit and it.proposed_by is None
            if all(made.day <= on for made in (*it.applied, *it.settled))
        ]

    def write_off(self, document: Document, number: str, on: date) -> None:
        kind = BALANCE_WRITE_OFF if document.sign > 0 else CREDIT_WRITE_OFF
        self.write_offs.append(WriteOff(kind, number, document, on, document.open, document.open_base))
        document.moves.append((on, -document.open))
        document.open, document.open_base = Decimal(0), Decimal(0)
        document.status, document.written_off = "Closed", True

    def remind(self) -> list[int]:
        """One level up for what is overdue; the levels that letters went out for."""
        reached = set()
        for document in self.documents:
            is_overdue = document.status == "Open" and document.sign > 0
            if is_overdue and not document.is_fee and document.level < HIGHEST_LEVEL:
                document.level += 1
                reached.add(document.level)
        return sorted(reached)


def save(document: Document, before: Document | None, hold: bool | None) -> bool:
    """Set the status that saving leaves; False when saving must be refused because credit does not suffice."""
    was_held = before is not None and before.held
    if was_held if hold is None else hold:
        document.status = "Hold"
        return True
    passed = before is not None and not was_held and document.amount_base <= before.approved
    if not passed and document.customer.is_too_much(document):
        document.status = "Hold"
        return not was_held
    document.status, document.approved = "Balanced", document.amount_base
    return True


def differences(document: Document, shown: Mapping[str, Any]) -> Iterator[str]:
    """Where a GET's answer says something else than these books."""
    lines = shown["invoiceLines" if document.kind == INVOICE else "lines"]
    compared = {
        "referenceNumber": (shown["referenceNumber"], document.number),
        "status": (shown["status"], document.status),
        "hold": (shown["hold"], document.status in ("Hold", "Reserved")),
        "customer": (shown["customer"]["number"], document.customer.number),
        "documentDate": (shown["documentDate"], f"{document.day}T00:00:00"),
        "documentDueDate": (shown.get("documentDueDate", ""), f"{document.due}T00:00:00" if document.sign > 0 else ""),
        "financialPeriod": (shown["financialPeriod"], document.period),
        "currencyId": (shown["currencyId"], document.currency),
        "exchangeRate": (shown["exchangeRate"], document.rate),
        "detailTotalInCurrency": (shown["detailTotalInCurrency"], document.detail),
        "vatTotalInCurrency": (shown["vatTotalInCurrency"], sum(tax for _, tax in document.vat.values())),
        "vatTotal": (shown["vatTotal"], sum(document.base(tax) for _, tax in document.vat.values())),
        "amountInCurrency": (shown["amountInCurrency"], document.amount),
        "amount": (shown["amount"], document.amount_base),
        "balanceInCurrency": (shown["balanceInCurrency"], document.balance),
        "balance": (shown["balance"], document.balance_base),
        "dunningLetterLevel": (shown.get("dunningLetterLevel", 0), document.level),
        "taxDetails": ({row["taxId"]: (row["taxableAmount"], row["vatAmount"]) for row in shown["taxDetails"]},
                       document.vat),
        "lines": ({line["lineNumber"]: line["amountInCurrency"] for line in lines},
                  {number: line.amount for number, line in document.lines.items()}),
    }  # fmt: skip
    for name, (found, expected) in compared.items():
        if found != expected:
            yield f"{document.kind} {document.number}: {name} is {found}, expected {expected}"
