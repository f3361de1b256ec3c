"""Credit notes that settle other documents: what a request proposes, and what release makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import in_currency
from reskontra.documents.document import Document
from reskontra.documents.rules.rates import rate_of
from reskontra.errors import FieldPath, Malformed, Refused
from reskontra.money import ZERO
from reskontra.operations import LineOperation
from reskontra.receivables.rules.items import Application, OpenItem, Proposal, Settled, name_of, named_on
from reskontra.receivables.rules.proposals import check_freed, check_proposal, check_total
from reskontra.receivables.rules.settling import reduced, settle
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """A settlement in progress: the documents of both sides as they were, by id, and the outcome."""

    credit_id: int
    before: Mapping[int, OpenItem]
    settled: Settled

    @property
    def credit(self) -> OpenItem:
        """The credit document as the settlement leaves it."""
        return self.settled.item(self.credit_id)

    @property
    def debits(self) -> tuple[OpenItem, ...]:
        """The debit documents as the settlement leaves them."""
        return tuple(item for item in self.settled.items if item.document_id != self.credit_id)


def proposals_after(
    standing: Sequence[Proposal], sent: Sequence[Mapping[str, Any]]
) -> list[tuple[Proposal, FieldPath]]:
    """The proposals after a request, each with the path of its line; lines are matched by type and number."""
    wanted: dict[tuple[str, str], tuple[Proposal, FieldPath]] = {
        name_of(proposal.document_type, proposal.number): (proposal, ("application_lines",)) for proposal in standing
    }
    seen: set[tuple[str, str]] = set()
    for position, line in enumerate(sent):
        field: FieldPath = ("application_lines", position)
        if line.get("operation") == LineOperation.NOTHING:
            continue
        document_type, number = named_on(line)
        if not number:
            raise Malformed("An application needs a document.", field=(*field, "number"), hint="Send its number.")
        key = name_of(document_type, number)
        if key in seen:
            raise Refused(
                f"{number} stands there twice.", field=(*field, "number"), value=number, hint="Send one line for it."
            )
        seen.add(key)
        if line.get("operation") == LineOperation.DELETE:
            wanted.pop(key, None)
            continue
        before = wanted.get(key)
        amount = line.get("amount_paid")
        if amount is None:
            amount = before[0].amount if before else ZERO
        proposal = Proposal(debit_document_id=0, document_type=document_type, number=number, amount=amount)
        wanted[key] = (replace(before[0], amount=amount) if before else proposal, field)
    return list(wanted.values())


def with_proposals(
    draft: Document,
    wanted: Sequence[tuple[Proposal, FieldPath]],
    debits: Mapping[tuple[str, str], OpenItem],
    *,
    document_id: int,
    decimals: int,
) -> Document:
    """The draft with these proposals, each rounded (X6) and checked against the document that it names (APP)."""
    credit = _item(draft, document_id)
    proposals = []
    for sent, field in wanted:
        proposal = replace(sent, amount=in_currency(sent.amount, decimals, (*field, "amount_paid")))
        debit = debits.get(name_of(proposal.document_type, proposal.number))
        check_proposal(proposal, debit, field, credit=credit)
        if debit is not None:
            proposals.append(
                replace(
                    proposal,
                    debit_document_id=debit.document_id,
                    document_type=debit.document_type,
                    number=debit.number,
                )
            )
    check_total(proposals, draft.amount)
    return replace(draft, proposals=tuple(proposals))


def settling_of(draft: Document, document_id: int, debits: Mapping[int, OpenItem], reference: Reference) -> Settling:
    """The settlement that release makes of a draft's proposals (REL-02). Raises `Conflict`.

    In order of kind and number, not of entry: which application takes the last øre must not depend on edits.
    """
    credit = _item(draft, document_id)
    proposals = sorted(draft.proposals, key=lambda proposal: (proposal.document_type, proposal.number))
    for it in proposals:
        debit, day = debits[it.debit_document_id], ("document_date",)
        check_freed(debit.number, debit.freed, draft.document_date, day, amount=it.amount, balance=debit.balance)
    posting = reference.currency_postings[draft.currency_id]
    settled = settle(credit, proposals, debits, reference.base_decimals, posting=posting)
    return Settling(credit_id=document_id, before={document_id: credit, **debits}, settled=settled)


def paid_by_itself(draft: Document, document_id: int) -> Settling | None:
    """The settlement by which a cash sale or return closes (CSH-01): all of it, as its release makes it.

    One application stands on both of its sides. None if the document is worth nothing.
    """
    if not draft.amount:
        return None
    before = _item(draft, document_id)
    paid = Application(
        credit_document_id=document_id,
        debit_document_id=document_id,
        applied_on=draft.document_date,
        period_id=draft.period_id,
        amount_credit=draft.amount,
        amount_debit=draft.amount,
        base_credit=draft.amount_base,
        base_debit=draft.amount_base,
        is_posted=True,
    )
    after = reduced(before, draft.amount, draft.amount_base, draft.period_id)
    settled = Settled(items=(after,), applications=(paid,))
    return Settling(credit_id=document_id, before={document_id: before}, settled=settled)


def _item(draft: Document, document_id: int) -> OpenItem:
    """The document as its release leaves it before it settles anything."""
    return OpenItem(
        document_id=document_id,
        document_type=draft.document_type,
        number=draft.number,
        status="Open",
        customer_id=draft.customer_id,
        account_number=draft.account_number,
        subaccount_id=draft.subaccount_id,
        branch_number=draft.branch_number,
        document_date=draft.document_date,
        period_id=draft.period_id,
        currency_id=draft.currency_id,
        rate=rate_of(draft),
        balance=draft.amount,
        balance_base=draft.amount_base,
    )
