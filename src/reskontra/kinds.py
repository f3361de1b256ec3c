"""The kinds of documents in a customer ledger, and everything that differs between them in accounting.

Ask a kind a question (`kind.balance_sign`); never compare it with a name outside this file, `routes.py` and
`resources.py`. The room that serves a kind knows how it looks on the wire. The table `document_kind` tells the database
the same; `tests/rules/test_kinds.py` keeps its rows equal.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of document (KND-01). The defaults answer questions that make no sense for a kind."""

    document_type: str
    """The name that is stored, and the entity of its tally, change rows and deleted numbers."""

    other_spellings: tuple[str, ...] = ()
    """Its other names on the wire (W23)."""

    noun: str
    """Its name in a sentence."""

    word: str | None = None
    """The label of `dunning.letters` for its name in a letter; None for a kind that is never open."""

    journal_code: str
    """Its short name in the journal."""

    series: tuple[str, ...]
    """The preference keys of the series that number it, the usual one first (NUM-02). A void has none: its number is
    that of what it voids."""

    create_operation: str
    release_operation: str
    """The rows of the customer status matrix that apply (CST-03)."""

    balance_sign: int
    """+1 if it makes the customer owe more, -1 if less, 0 if it is never open."""

    account_role: str | None = "receivable"
    """The purpose of the journal entry that carries its balance; None if it is never open."""

    settles: tuple[str, ...] = ()
    """The document types that it is applied to (APP-01), which have the opposite sign."""

    may_be_reserved: bool = False
    """Whether a hold after release keeps it from being applied (APP-09)."""

    may_be_reminded: bool = False
    """Whether dunning lists it (DUN-01)."""

    has_lines: bool = False
    """Whether it has lines with VAT, like an invoice; otherwise it is just an amount."""

    may_correct: tuple[str, ...] = ()
    """The document types that it may correct (REV-06)."""

    may_be_replaced: bool = False
    """Whether a copy of it may be made that replaces it (CRR)."""

    may_deduct: bool = False
    """Whether the tax authority may pay some of it, as a deduction for domestic services (RRT)."""

    sales_sign: int = 0
    """+1 if its lines are sales, -1 if they take sales back, 0 if neither (BAL-04)."""

    has_terms: bool = False
    """Whether it has a due date and a cash discount (TRM-07)."""

    checks_credit: bool = False
    """Whether saving and releasing it checks credit (CRD-04)."""

    has_wire_delete: bool = False
    """Whether the wire has a DELETE for its drafts; if not, there is one of our own (DST-05)."""

    reference_digit: str | None = None
    """The digit that stands for it in payment references (REFN-03); None if it has none of its own."""

    made_by_run: bool = False
    """Whether only a run makes it, from documents of one customer in one currency, both of which it keeps (DST-04,
    OCH-08)."""

    is_money: bool = False
    """Whether money comes in or goes out with it, through a cash account."""

    e_invoice_type: str | None = None
    """The code of its e-invoices (UNTDID 1001); None if it is never sent as one."""

    settles_for_good: bool = False
    """Whether what it settled is never undone or voided, but taken back by a note (UNP-03, WRO-05)."""

    @property
    def is_paid_at_once(self) -> bool:
        """Whether its release pays it too, so that it is never open (CSH-01)."""
        return self.account_role is None

    @property
    def entry_sign(self) -> int:
        """+1 if its release debits receivables or cash and credits sales and VAT, -1 the other way round."""
        return self.balance_sign or self.sales_sign

    @property
    def movement(self) -> str:
        """The column of balances by period that it counts in (BLN-01): sales, payments, charges or adjustments."""
        if self.is_money:
            return "payments"
        if self.has_lines and self.balance_sign > 0:
            return "sales" if self.sales_sign else "charges"
        return "adjustments"


DEBITS = ("Invoice", "DebitNote", "FinCharge")
"""What a credit note or payment may settle (APP-01)."""

CREDITS = ("CreditNote", "Payment", "Prepayment")
"""What a refund may pay back, and a write-off may close (APP-01)."""

INVOICE = Kind(
    document_type="Invoice",
    noun="invoice",
    word="invoice",
    journal_code="INV",
    series=("invoice", "dunning_fee"),
    create_operation="create_debit",
    release_operation="release_debit",
    balance_sign=+1,
    may_be_reminded=True,
    has_lines=True,
    may_be_replaced=True,
    may_deduct=True,
    sales_sign=+1,
    has_terms=True,
    checks_credit=True,
    has_wire_delete=True,
    reference_digit="1",
    e_invoice_type="380",
)

DEBIT_NOTE = Kind(
    document_type="DebitNote",
    other_spellings=("DebitMemo",),
    noun="debit note",
    word="debit_note",
    journal_code="DRM",
    series=("debit_note",),
    create_operation="create_debit",
    release_operation="release_debit",
    balance_sign=+1,
    may_be_reminded=True,
    has_lines=True,
    may_correct=("Invoice", "CreditNote"),
    may_deduct=True,
    sales_sign=+1,
    has_terms=True,
    checks_credit=True,
    reference_digit="2",
    e_invoice_type="383",
)

CREDIT_NOTE = Kind(
    document_type="CreditNote",
    other_spellings=("CreditMemo",),
    noun="credit note",
    word="credit_note",
    journal_code="CRM",
    series=("credit_note",),
    create_operation="create_credit",
    release_operation="release_credit",
    balance_sign=-1,
    settles=DEBITS,
    may_be_reserved=True,
    has_lines=True,
    may_correct=DEBITS,
    sales_sign=-1,
    has_wire_delete=True,
    e_invoice_type="381",
)

OVERDUE_CHARGE = Kind(
    document_type="FinCharge",
    noun="overdue charge",
    word="charge",
    journal_code="FCH",
    series=("overdue_charge",),
    create_operation="overdue_charge",
    release_operation="release_credit",
    balance_sign=+1,
    may_be_reminded=True,
    has_lines=True,
    has_terms=True,
    made_by_run=True,
    reference_digit="3",
)

PAYMENT = Kind(
    document_type="Payment",
    noun="payment",
    word="payment",
    journal_code="PMT",
    series=("payment",),
    create_operation="payment",
    release_operation="payment",
    balance_sign=-1,
    settles=DEBITS,
    may_be_reserved=True,
    is_money=True,
)

PREPAYMENT = Kind(
    document_type="Prepayment",
    noun="prepayment",
    word="payment",
    journal_code="PPM",
    series=("payment",),
    create_operation="payment",
    release_operation="payment",
    balance_sign=-1,
    account_role="prepayment",
    settles=DEBITS,
    may_be_reserved=True,
    is_money=True,
)

REFUND = Kind(
    document_type="Refund",
    noun="refund",
    journal_code="REF",
    series=("payment",),
    create_operation="payment",
    release_operation="payment",
    balance_sign=+1,
    settles=CREDITS,
    is_money=True,
)

VOID_PAYMENT = Kind(
    document_type="VoidPayment",
    noun="void of a payment",
    journal_code="RPM",
    series=(),
    create_operation="payment",
    release_operation="payment",
    balance_sign=+1,
    is_money=True,
    settles=("Payment", "Prepayment"),
)

VOID_REFUND = Kind(
    document_type="VoidRefund",
    noun="void of a refund",
    journal_code="VRF",
    series=(),
    create_operation="payment",
    release_operation="payment",
    balance_sign=-1,
    is_money=True,
    settles=("Refund",),
)

BALANCE_WRITE_OFF = Kind(
    document_type="SmallBalanceWo",
    noun="balance write-off",
    journal_code="SMB",
    series=("write_off",),
    create_operation="payment",
    release_operation="payment",
    balance_sign=-1,
    settles=DEBITS,
    settles_for_good=True,
)

CREDIT_WRITE_OFF = Kind(
    document_type="SmallCreditWo",
    noun="credit write-off",
    journal_code="SMC",
    series=("write_off",),
    create_operation="payment",
    release_operation="payment",
    balance_sign=+1,
    settles=CREDITS,
    settles_for_good=True,
)

CASH_SALE = Kind(
    document_type="CashSale",
    noun="cash sale",
    journal_code="CSL",
    series=("cash_sale",),
    create_operation="create_debit",
    release_operation="release_debit",
    balance_sign=0,
    account_role=None,
    has_lines=True,
    sales_sign=+1,
    is_money=True,
)

CASH_RETURN = Kind(
    document_type="CashReturn",
    noun="cash return",
    journal_code="RCS",
    series=("cash_sale",),
    create_operation="create_credit",
    release_operation="release_credit",
    balance_sign=0,
    account_role=None,
    has_lines=True,
    may_correct=("CashSale",),
    sales_sign=-1,
    is_money=True,
)

KINDS = {kind.document_type: kind for kind in (
    INVOICE, CREDIT_NOTE, DEBIT_NOTE, OVERDUE_CHARGE, PAYMENT, PREPAYMENT, REFUND, VOID_PAYMENT, VOID_REFUND,
    BALANCE_WRITE_OFF, CREDIT_WRITE_OFF, CASH_SALE, CASH_RETURN,
)}  # fmt: skip
"""Document type -> kind: all that there are."""

_BY_SPELLING = {
    spelling.lower(): kind for kind in KINDS.values() for spelling in (kind.document_type, *kind.other_spellings)
}


def kind_spelled(sent: str) -> Kind | None:
    """The kind of that name, whatever its case, blanks and other spelling; None for any other."""
    return _BY_SPELLING.get(sent.replace(" ", "").lower())


def document_spelled(sent: str) -> tuple[str, str] | None:
    """Type and number of a document that is named in one word, such as `Invoice/003548`; None if it names none."""
    document_type, _, number = sent.strip().partition("/")
    kind = kind_spelled(document_type)
    return None if kind is None or not number else (kind.document_type, number)
