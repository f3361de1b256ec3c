"""Which document each open item becomes (OPN-01, OPN-02, GL-05)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from reskontra.currencies.rules import BASE_RATE, Rate, check_rate, to_base
from reskontra.customers.customer import Debtor, Status
from reskontra.documents.document import Document, Line
from reskontra.errors import Refused
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, PAYMENT, PREPAYMENT, Kind, kind_spelled
from reskontra.money import AMOUNT_LIMIT, ONE, ZERO, round_money
from reskontra.numbering.rules import check_sent_document_number
from reskontra.payments.openings.rules.rows import A_LINE, AN_ITEM, Fault, Row, RowFaults
from reskontra.payments.rules.drafts import accounts_of
from reskontra.receivables.rules.items import OPENING_ORIGIN
from reskontra.records import Record, as_dict, replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

TAKEN = (INVOICE, DEBIT_NOTE, CREDIT_NOTE, PAYMENT, PREPAYMENT)
"""The kinds that are taken over."""

LONGEST_REFERENCE = 40
LONGEST_TEXT = 255
MOST_ROWS = 20_000
"""The most rows of one run, which is one transaction."""

_NOISE = Decimal("0.000001")
"""How far an amount may be from the places of its currency: as far as what clients write who count in binary."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """What all rows of a run have in common: the day, its period, and the account that the other side is booked on."""

    on: date
    period_id: str
    account_number: str
    reference: Reference
    actor: str


class Opening(Record, frozen=True, kw_only=True):
    """An open item as the document that it becomes."""

    place: str
    document: Document
    debtor: Debtor
    original_amount: Decimal

    @property
    def kind(self) -> Kind:
        """The kind of the document."""
        return KINDS[self.document.document_type]

    @property
    def key(self) -> tuple[str, str]:
        """What no two documents share: the series of the kind, and the number in lower case (NUM-05)."""
        return self.kind.series[0], self.document.number.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many documents of a type were taken over, and what is open of them, in base currency."""

    document_type: str
    count: int
    balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What a run took over. `batch_number` is None in a trial."""

    batch_number: str | None
    period_id: str
    account_number: str
    base_currency: str
    totals: Sequence[Total]


def opening_account(sent: str | None, reference: Reference) -> str:
    """The account that the other side of all items is booked on: the one sent, else the company's (OPN-01)."""
    field = ("account_number",)
    wanted = sent or reference.preferences.opening_account
    if wanted is None:
        raise Refused(
            "There is no account for opening balances.",
            field=field,
            hint="Name one, or set preferences.opening_account in the company file.",
        )
    account = reference.active_account(wanted, field).account_number
    if account in reference.control_accounts or account in reference.cash_accounts:
        raise Refused(
            f"The account '{account}' is kept for receivables, VAT or cash.",
            field=field,
            value=wanted,
            hint="Name the account on which the balances of the older system are brought in.",
        )
    return account


def openings_of(
    rows: Sequence[Row], order: Order, debtors: Mapping[str, Debtor]
) -> tuple[Sequence[Opening], Sequence[Fault]]:
    """The documents that the rows become, and all that is wrong with the other rows.

    `debtors` are customers by number in lower case.
    """
    faults: list[Fault] = []
    openings: list[Opening] = []
    places: dict[tuple[str, str], str] = {}
    for row in rows:
        opening = _Reading(row, order, faults).opening(debtors)
        if opening is None:
            continue
        first = places.setdefault(opening.key, row.place)
        if first == row.place:
            openings.append(opening)
        else:
            faults.append(Fault(row.place, "number", row.number, f"The number stands at {first} already."))
    return openings, faults


def check_rows(
    rows: Sequence[Row], faults: Sequence[Fault], openings: Sequence[Opening], taken: Collection[tuple[str, str]]
) -> None:
    """Raises `RowFaults` with the faults of the rows and the numbers that exist, in the order of the rows.

    `taken` are keys of documents that exist, as `Opening.key`.
    """
    exist = [
        Fault(it.place, "number", it.document.number, "A document has this number already.")
        for it in openings
        if it.key in taken
    ]
    if faults or exist:
        places = {row.place: position for position, row in enumerate(rows)}
        raise RowFaults(sorted([*faults, *exist], key=lambda fault: places[fault.place]))


class _Reading:
    """One row while it is read: each fault is noted and the next attribute is looked at."""

    def __init__(self, row: Row, order: Order, faults: list[Fault]) -> None:
        self._row, self._order, self._faults = row, order, faults
        self._reference = order.reference
        faults.extend(row.unread)
        self._unread = {fault.attribute for fault in row.unread}
        self._failed = bool(row.unread)

    def opening(self, debtors: Mapping[str, Debtor]) -> Opening | None:
        """The document; None if anything is wrong."""
        if self._unread & {A_LINE, AN_ITEM}:
            return None
        row, reference = self._row, self._reference
        kind = self._kind()
        number = self._number(kind) if kind else None
        debtor = self._debtor(debtors)
        branch = self._tried("branch_number", lambda: reference.active_branch(self._branch, ()).branch_number)
        document_date = self._date()
        due_date = self._due_date(kind) if kind else None
        currency_id = self._currency(debtor) if debtor else None
        rate = self._rate(currency_id) if currency_id else None
        balance, original = self._amounts(currency_id)
        base = self._base(balance, rate) if balance and rate else None
        self._texts()
        accounts = (
            self._tried("customer_number", lambda: accounts_of(kind, debtor, reference)) if (kind and debtor) else None
        )
        if (
            self._failed or kind is None or debtor is None or document_date is None or rate is None or base is None
            or accounts is None
        ):  # fmt: skip
            return None
        zone = debtor.location.vat_zone_id or reference.branches[branch or ""].vat_zone_id
        document = Document(
            document_type=kind.document_type,
            number=number or "",
            customer_id=debtor.customer_id,
            location_id=debtor.location.location_id or 0,
            branch_number=branch or "",
            document_date=document_date,
            due_date=due_date,
            due_date_entered=due_date is not None,
            period_id=self._order.period_id,
            currency_id=currency_id or "",
            exchange_rate=rate.rate,
            rate_operator=rate.operator,
            rate_entered=True,
            account_number=accounts[0],
            subaccount_id=accounts[1],
            vat_zone_id=zone if kind.has_lines else None,
            vat_date=document_date if kind.has_lines else None,
            payment_reference=row.payment_reference or None,
            invoice_text=row.text or None,
            amount=balance,
            amount_base=base,
            balance=balance,
            balance_base=base,
            exclude_debt_collection=debtor.exclude_debt_collection,
            origin=OPENING_ORIGIN,
            taken_over_on=self._order.on,
            created_by=self._order.actor,
        )
        if kind.has_lines:
            document = self._with_line(document, debtor, original)
        return Opening(place=row.place, document=document, debtor=debtor, original_amount=original)

    def _with_line(self, document: Document, debtor: Debtor, original: Decimal) -> Document:
        """The document with the one line that says where it comes from. It has no VAT and is no sale."""
        amount, base = document.amount, document.amount_base
        decimals = self._reference.decimals_of(document.currency_id)
        was = f"{round_money(original, decimals):f} {document.currency_id}"
        text = f": {self._row.text}" if self._row.text else ""
        line = Line(
            line_number=1,
            description=f"Taken over from an older system, originally {was}{text}",
            quantity=ONE,
            unit_price=amount,
            unit_price_base=base,
            price_entered=True,
            extended_amount=amount,
            extended_amount_base=base,
            amount=amount,
            amount_base=base,
            net_amount=amount,
            net_amount_base=base,
            account_number=self._order.account_number,
            subaccount_id=self._reference.subaccounts.default_id,
            branch_number=document.branch_number,
        )
        return replace(
            document,
            lines=(line,),
            detail_total=amount,
            detail_total_base=base,
            dont_print=not debtor.print_invoices,
            dont_email=not debtor.email_invoices,
            invoice_address={**as_dict(debtor.invoice_address), "override": False},
            invoice_contact={**as_dict(debtor.invoice_contact), "override": False},
        )

    # Attributes

    def _note(self, attribute: str, hint: str) -> None:
        self._failed = True
        if attribute in self._unread:
            return  # what is wrong with it is told already
        self._faults.append(Fault(self._row.place, attribute, getattr(self._row, attribute), hint))

    def _tried(self, attribute: str, look: Callable[[], T]) -> T | None:
        """What `look` finds; what it refuses is noted."""
        try:
            return look()
        except Refused as refused:
            self._note(attribute, " ".join(filter(None, (refused.reason, refused.hint))))
            return None

    def _kind(self) -> Kind | None:
        kind = kind_spelled(self._row.document_type or "")
        if kind not in TAKEN:
            self._note("document_type", f"Use one of: {', '.join(it.document_type for it in TAKEN)}.")
            return None
        return kind

    def _number(self, kind: Kind) -> str | None:
        sent = (self._row.number or "").strip()
        if not sent:
            self._note("number", "Give the number that the document has in the older system.")
            return None
        series = self._reference.series_of(kind.series[0])
        return self._tried("number", lambda: check_sent_document_number(series, sent, True, ("number",)))

    def _debtor(self, debtors: Mapping[str, Debtor]) -> Debtor | None:
        debtor = debtors.get((self._row.customer_number or "").strip().lower())
        if debtor is None:
            self._note("customer_number", "Give the number of a customer that exists.")
        elif debtor.status == Status.INACTIVE:
            self._note("customer_number", "The customer is inactive: make it active first.")
            return None
        return debtor

    @property
    def _branch(self) -> str:
        return self._row.branch_number or self._reference.preferences.default_branch

    def _date(self) -> date | None:
        day = self._row.document_date
        if day is None:
            self._note("document_date", "Give the date of the document, as 2025-12-31.")
        elif day > self._order.on:
            self._note("document_date", f"It is later than the opening on {self._order.on.isoformat()}.")
        return day

    def _due_date(self, kind: Kind) -> date | None:
        """Of debts only: a credit may come with one from the older system, but it falls due to nobody."""
        if not kind.has_terms:
            return None
        due, day = self._row.due_date, self._row.document_date
        if due is None:
            self._note("due_date", "Give the day on which it falls due, as 2026-01-31.")
        elif day is not None and due < day:
            self._note("due_date", f"It is before the document's date {day.isoformat()}.")
        return due

    def _currency(self, debtor: Debtor) -> str | None:
        sent = self._row.currency_id
        if "currency_id" in self._unread:
            return None
        if not sent:
            return debtor.currency_id
        found = self._tried("currency_id", lambda: self._reference.currency_id(sent, ()))
        if found is not None and found != debtor.currency_id and not debtor.currency_override:
            self._note("currency_id", f"The customer has the currency {debtor.currency_id} only.")
            return None
        return found

    def _rate(self, currency_id: str) -> Rate | None:
        sent, base = self._row.exchange_rate, self._reference.base_currency
        if currency_id == base:
            if sent is not None and sent != ONE:
                self._note("exchange_rate", f"In {base} it is 1; leave it out.")
                return None
            return BASE_RATE
        if sent is None:
            self._note("exchange_rate", f"Give the rate at which it is booked: {base} for one {currency_id}.")
            return None
        return self._tried("exchange_rate", lambda: _rate_of(sent))

    def _amounts(self, currency_id: str | None) -> tuple[Decimal, Decimal]:
        """What is open, and what the document was once worth."""
        balance, original = self._row.balance, self._row.original_amount
        decimals = 4 if currency_id is None else self._reference.decimals_of(currency_id)
        for attribute, amount in (("balance", balance), ("original_amount", original)):
            if amount is None:
                continue
            if not ZERO < amount < AMOUNT_LIMIT:
                self._note(attribute, "Give an amount above zero; the type says whether it is a debt or a credit.")
            elif abs(round_money(amount, decimals) - amount) > _NOISE:
                self._note(attribute, f"{currency_id} has {decimals} decimals.")
        if balance is None:
            self._note("balance", "Give the amount that is open.")
            return ZERO, ZERO
        balance = round_money(balance, decimals)
        original = balance if original is None else round_money(original, decimals)
        if original < balance:
            self._note("original_amount", f"It is less than the open balance {balance.normalize():f}.")
        return balance, original

    def _base(self, balance: Decimal, rate: Rate) -> Decimal | None:
        base = self._tried("exchange_rate", lambda: to_base(balance, rate, self._reference.base_decimals))
        if base == ZERO:
            self._note("balance", f"It is worth nothing in {self._reference.base_currency} at this rate.")
        return base

    def _texts(self) -> None:
        for attribute, longest in (("payment_reference", LONGEST_REFERENCE), ("text", LONGEST_TEXT)):
            text = getattr(self._row, attribute) or ""
            if len(text) > longest or "\x00" in text:
                self._note(attribute, f"Use at most {longest} characters.")


def _rate_of(sent: Decimal) -> Rate:
    check_rate(sent)
    return Rate(sent)


def totals_of(openings: Sequence[Opening]) -> list[Total]:
    """What is taken over of each kind."""
    totals = []
    for kind in TAKEN:
        found = [it.document.balance_base for it in openings if it.kind is kind]
        if found:
            totals.append(Total(document_type=kind.document_type, count=len(found), balance=sum(found, ZERO)))
    return totals
