"""How documents of all kinds look on the wire: the fields they share, and a row of the list of all documents.

Plain amounts are in base currency, `...InCurrency` ones in the document's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from reskontra.accounts.wire.named import CodedAccount, SegmentedSubaccount, coded_account, segment_answers
from reskontra.kinds import KINDS, kind_spelled
from reskontra.web.pairs import IdDescription, NumberName
from reskontra.web.wire import Answer, DayOut, MomentOut, Text30, completed, members

if TYPE_CHECKING:
    from asyncpg import Record

    from reskontra.accounts.rules.subaccounts import Subaccount
    from reskontra.reference.reference import Reference


class _Spelled(StrEnum):
    """The base of `DocumentType`, which finds a kind by each of its spellings."""

    @classmethod
    def _missing_(cls, value: object) -> _Spelled | None:
        kind = kind_spelled(str(value))
        return cls(kind.document_type) if kind else None


DocumentType: type[_Spelled] = _Spelled("DocumentType", {it: it for it in KINDS})  # type: ignore[call-arg, assignment]
"""The kinds of documents that are served, as the wire spells them."""


def _spelled_here(sent: str) -> str:
    """The document type in our spelling, from any case or other name; unknown ones as sent, for the rules."""
    kind = kind_spelled(sent)
    return kind.document_type if kind else sent


DocumentTypeText = Annotated[Text30, _spelled_here]
"""A document type that is sent in a body."""


class Status(StrEnum):
    """The statuses of a document, as the wire spells them."""

    HOLD = "Hold"
    BALANCED = "Balanced"
    VOIDED = "Voided"
    SCHEDULED = "Scheduled"
    OPEN = "Open"
    CLOSED = "Closed"
    PENDING_PRINT = "PendingPrint"
    PENDING_EMAIL = "PendingEmail"
    CREDIT_HOLD = "CreditHold"
    CARD_HOLD = "CcHold"
    RESERVED = "Reserved"


class NamedLocation(Answer):
    """Where the customer bought."""

    country_id: str | None = None
    id: str | None = None
    name: str | None = None


class DatedSubaccount(SegmentedSubaccount):
    """A subaccount and its segments. The contract also has the time of its last change, which is not shown here."""

    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")


class ProjectAnswer(Answer):
    """A project or a project task."""

    internal_id: int | None = None
    id: str | None = None
    description: str | None = None


class ItemAnswer(Answer):
    """The fields that documents of all kinds share."""

    customer: NumberName | None = None
    document_type: str | None = None
    number: str | None = msgspec.field(default=None, name="referenceNumber")
    post_period: str | None = None
    financial_period: str | None = None
    closed_period: str | None = msgspec.field(default=None, name="closedFinancialPeriod")
    document_date: DayOut | None = None
    original_invoice_date: DayOut | None = msgspec.field(default=None, name="origInvoiceDate")
    status: str | None = None
    currency_id: str | None = None
    amount_base: Decimal | None = msgspec.field(default=None, name="amount")
    amount: Decimal | None = msgspec.field(default=None, name="amountInCurrency")
    balance_base: Decimal | None = msgspec.field(default=None, name="balance")
    balance: Decimal | None = msgspec.field(default=None, name="balanceInCurrency")
    cash_discount_base: Decimal | None = msgspec.field(default=None, name="cashDiscount")
    cash_discount: Decimal | None = msgspec.field(default=None, name="cashDiscountInCurrency")
    payment_method: IdDescription | None = None
    customer_reference: str | None = msgspec.field(default=None, name="customerRefNumber")
    invoice_text: str | None = None
    modified_at: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    created_at: MomentOut | None = msgspec.field(default=None, name="createdDateTime")
    note: str | None = None
    vat_total_base: Decimal | None = msgspec.field(default=None, name="vatTotal")
    vat_total: Decimal | None = msgspec.field(default=None, name="vatTotalInCurrency")
    location: NamedLocation | None = None
    branch_number: NumberName | None = None
    cash_account: str | None = None
    project: ProjectAnswer | None = None
    account: CodedAccount | None = None
    subaccount: DatedSubaccount | None = None
    customer_project: str | None = None


class CustomerDocumentAnswer(ItemAnswer):
    """A document of any kind in the list of all. It never has lines, and its payment method stays empty."""

    due_date: DayOut | None = msgspec.field(default=None, name="documentDueDate")
    branch: NumberName | None = None


_codes_of = itemgetter("branch_number", "account_number", "subaccount_id")
"""What `named_by` reads of a row."""


def looked_up(struct: type[ItemAnswer], row: Record, reference: Reference) -> bytes:
    """The members of a document's JSON object that depend on its codes alone, with a comma after each. All documents
    with the same codes share them."""
    return reference.once((struct, _codes_of(row)), lambda: members(struct(**named_by(row, reference))))


def named_by(row: Record, reference: Reference) -> dict[str, Any]:
    """The fields of an `ItemAnswer` that reference data fill, by the codes of a row and by nothing else of it."""
    return {
        "branch_number": branch_answer(row["branch_number"], reference),
        "account": account_answer(row["account_number"], reference),
        "subaccount": subaccount_answer(row["subaccount_id"], reference),
    }


def project_answer(project_id: str | None, reference: Reference) -> ProjectAnswer | None:
    """A document's project: any text, with what is known of it if the company has such a project (PRJ-02)."""
    if not project_id:
        return None
    known = reference.projects.find(project_id)
    return ProjectAnswer(known.project_id, project_id, known.description) if known else ProjectAnswer(id=project_id)


def customer_document_answer(row: Record, reference: Reference) -> bytes:
    """A row of `lists.items` as the list of all documents shows it, as JSON."""
    rest = CustomerDocumentAnswer(
        project=project_answer(row["project_id"], reference),
        branch=branch_answer(row["branch_number"], reference),
        customer_project=particulars_of(row).get("customer_project"),
    )
    return completed(row["written"], looked_up(CustomerDocumentAnswer, row, reference), rest)


def particulars_of(row: Record) -> Mapping[str, Any]:
    """What is only stored and echoed of a document (W14)."""
    stored = row["particulars"]
    particulars: Mapping[str, Any] = msgspec.json.decode(stored) if stored and stored != "{}" else {}
    return particulars


def branch_answer(branch_number: str, reference: Reference) -> NumberName:
    """A branch with its name. It is shared: do not change it."""
    return reference.once((NumberName, branch_number), lambda: _branch(branch_number, reference))


def _branch(branch_number: str, reference: Reference) -> NumberName:
    branch = reference.branches.get(branch_number)
    return NumberName(branch_number, branch.name if branch else None)


def account_answer(account_number: str | None, reference: Reference) -> CodedAccount | None:
    """An account as documents and lines show it. It is shared: do not change it."""
    account = reference.accounts.get(account_number or "")
    return reference.once((CodedAccount, account_number), lambda: coded_account(account)) if account else None


def subaccount_answer(subaccount_id: int | None, reference: Reference) -> DatedSubaccount | None:
    """A subaccount with its segments. It is shared: do not change it."""
    subaccount = reference.subaccounts.get(subaccount_id or 0)
    if subaccount is None:
        return None
    return reference.once((DatedSubaccount, subaccount_id), lambda: _subaccount(subaccount, reference))


def _subaccount(subaccount: Subaccount, reference: Reference) -> DatedSubaccount:
    return DatedSubaccount(
        subaccount_number=subaccount.subaccount_number,
        subaccount_id=subaccount.subaccount_id,
        description=subaccount.description or None,
        active=subaccount.active,
        segments=segment_answers(subaccount.subaccount_number, reference.subaccounts.segments),
    )
