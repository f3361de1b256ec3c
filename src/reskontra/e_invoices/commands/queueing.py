"""Checking an e-invoice, and letting it wait to be sent. The caller commits, and holds the document's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.e_invoices import store
from reskontra.e_invoices.commands import en16931
from reskontra.e_invoices.e_invoice import EInvoice, Failure
from reskontra.e_invoices.rules.checks import broken_rules
from reskontra.e_invoices.store import Queued
from reskontra.e_invoices.wire.ubl import written
from reskontra.errors import Refused
from reskontra.kinds import Kind

_TOLD = 5
"""How many broken rules a refusal tells; more have mostly one cause."""


class BrokenRules(Refused):
    """A document that cannot be sent as an e-invoice, with each fatal rule that it breaks."""

    def __init__(self, reason: str, *, hint: str, failures: Sequence[Failure]) -> None:
        super().__init__(reason, hint=hint)
        self.failures = tuple(failures)


@dataclass(frozen=True, slots=True)
class Ready:
    """An e-invoice that may be sent, and what it is warned of."""

    queued: Queued
    warnings: Sequence[str]


async def check(invoice: EInvoice, kind: Kind, document_id: int) -> Ready:
    """An e-invoice that breaks no fatal rule; raises `Refused` for any other (EHF-03).

    Our own rules come first, since they say what to mend.
    """
    broken = broken_rules(invoice)
    _refuse(invoice, kind.noun, broken)
    xml = written(invoice)
    _refuse(invoice, kind.noun, await en16931.broken_rules(xml))
    queued = Queued(
        document_id=document_id,
        document_type=kind.document_type,
        number=invoice.number,
        sender=str(invoice.seller.endpoint),
        receiver=str(invoice.buyer.endpoint),
        content=xml,
    )
    return Ready(queued, [str(failure) for failure in broken])


async def queue(connection: Connection, context: Context, ready: Ready, *, again: bool = False) -> None:
    """Let it wait to be sent; `again`, if it was refused before (EHF-06)."""
    await store.queue(connection, context, ready.queued, context.clock.new_id(), again=again)


def _refuse(invoice: EInvoice, noun: str, broken: Sequence[Failure]) -> None:
    fatal = [failure for failure in broken if failure.is_fatal]
    if fatal:
        more = f" And {len(fatal) - _TOLD} more." if len(fatal) > _TOLD else ""
        raise BrokenRules(
            f"The {noun} {invoice.number} cannot be sent as an e-invoice. {' '.join(map(str, fatal[:_TOLD]))}{more}",
            hint="Mend what is said, or set sendToAutoInvoice of the document to false to send it another way.",
            failures=fatal,
        )
