"""The kinds of documents as pages know them: what they are called, and where the API has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from reskontra.errors import NotFound
from reskontra.pages.api import segment
from reskontra.pages.screen import Screen


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind. `lines` is the name of the lines in its bodies; without it, it is money or a write-off."""

    document_type: str
    words: str
    path: str
    lines: str = ""
    is_entered: bool = False
    """Whether people make it on a page."""

    @property
    def is_payment(self) -> bool:
        """Whether it is shown as money that settles documents."""
        return not self.lines

    def address(self, number: str) -> str:
        """Where the API has a document of this kind."""
        address = f"{self.path}/{segment(number)}"
        return f"{address}?paymentType={self.document_type}" if self.path == _PAYMENTS else address

    def action(self, number: str, action: str) -> str:
        """Where the API does something with it."""
        return f"{self.path}/{segment(number)}/action/{action}"

    def deletion(self, number: str) -> str:
        """Where the API deletes a draft of it."""
        ours = self.document_type not in ("Invoice", "CreditNote")
        path = self.path.replace("/v1/", "/v1/reskontra/") if ours else self.path
        address = f"{path}/{segment(number)}"
        return f"{address}?paymentType={self.document_type}" if self.path == _PAYMENTS else address


_PAYMENTS = "/v1/customerPayment"

KINDS: Mapping[str, DocumentKind] = {
    kind.document_type: kind
    for kind in (
        DocumentKind("Invoice", "Invoice", "/v1/customerinvoice", "invoiceLines", is_entered=True),
        DocumentKind("CreditNote", "Credit note", "/v1/customerCreditNote", "lines", is_entered=True),
        DocumentKind("DebitNote", "Debit note", "/v1/customerDebitNote", "lines", is_entered=True),
        DocumentKind("FinCharge", "Overdue charge", "/v1/customerOverdueCharge", "lines"),
        DocumentKind("Payment", "Payment", _PAYMENTS, is_entered=True),
        DocumentKind("Prepayment", "Prepayment", _PAYMENTS, is_entered=True),
        DocumentKind("Refund", "Refund", _PAYMENTS, is_entered=True),
        DocumentKind("VoidPayment", "Void of a payment", _PAYMENTS),
        DocumentKind("VoidRefund", "Void of a refund", _PAYMENTS),
        DocumentKind("SmallBalanceWo", "Balance write-off", _PAYMENTS),
        DocumentKind("SmallCreditWo", "Credit write-off", "/v1/customerCreditWriteOff"),
        DocumentKind("CashSale", "Cash sale", "/v1/cashsale", "cashSaleLines"),
        DocumentKind("CashReturn", "Cash return", "/v1/cashsale", "cashSaleLines"),
    )
}

DRAFTS = ("Hold", "CreditHold", "Balanced", "PendingPrint", "PendingEmail")
"""The statuses of what is not released."""


def kind_named(document_type: str) -> DocumentKind:
    """The kind with this type in any case. Raises `NotFound`."""
    for kind in KINDS.values():
        if kind.document_type.lower() == document_type.lower():
            return kind
    raise NotFound("document type", document_type)


Make = Callable[[Screen], Awaitable[Response]]


def by_kind(with_lines: Make, money: Make) -> Make:
    """The page of documents with lines, or that of money, as the address says."""

    async def make(screen: Screen) -> Response:
        return await (money if kind_named(screen.path["type"]).is_payment else with_lines)(screen)

    return make
