"""What accounting says differs between an invoice, a credit note and a debit note. Not how they look on the wire.

Ask a kind a question (`kind.balance_sign`); never compare it with a name outside this file and `routes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of receivables document (KND-01)."""

    document_type: str
    """The name that is stored, and the entity of its tally, change rows and deleted numbers."""

    noun: str
    """How a sentence calls it."""

    balance_sign: int
    """+1 when the document makes the customer owe more, -1 when less."""

    series: tuple[str, ...]
    """The keys in the company's preferences of the series that number it: first the usual one (NUM-02)."""

    has_terms: bool
    """Whether it has a due date and a cash discount (TRM-07)."""

    checks_credit: bool
    """Whether saving and releasing it asks for credit (CRD-04)."""

    create_operation: str
    release_operation: str
    """The rows of the customer status matrix that apply (CST-03)."""

    may_be_deleted: bool = True
    """Whether a draft may be deleted on the wire (DST-05)."""

    may_be_reserved: bool = False
    """Whether a hold after release keeps it from being applied (APP-09)."""

    settles: bool = False
    """Whether it is applied to other documents (APP-01); else others are applied to it."""

    may_be_reminded: bool = True
    """Whether dunning lists it (DUN-01)."""


INVOICE = Kind(
    document_type="Invoice",
    noun="invoice",
    balance_sign=+1,
    series=("invoice", "dunning_fee"),
    has_terms=True,
    checks_credit=True,
    create_operation="create_debit",
    release_operation="release_debit",
)

DEBIT_NOTE = Kind(
    document_type="DebitNote",
    noun="debit note",
    balance_sign=+1,
    series=("debit_note",),
    has_terms=True,
    checks_credit=True,
    create_operation="create_debit",
    release_operation="release_debit",
    may_be_deleted=False,
)

CREDIT_NOTE = Kind(
    document_type="CreditNote",
    noun="credit note",
    balance_sign=-1,
    series=("credit_note",),
    has_terms=False,
    checks_credit=False,
    create_operation="create_credit",
    release_operation="release_credit",
    settles=True,
    may_be_reserved=True,
    may_be_reminded=False,
)

KINDS = {kind.document_type: kind for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE)}
