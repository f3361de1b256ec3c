"""The kinds of documents as pages know them: what they are called, and where the API has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from reskontra import kinds
from reskontra.errors import NotFound
from reskontra.kinds import Kind
from reskontra.pages.api import segment
from reskontra.pages.screen import Screen
from reskontra.pages.words import KIND_WORDS


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind. `lines` is the name of the lines in its bodies; without it, it is money or a write-off."""

    document_type: str
    words: str
    path: str
    lines: str = ""
    is_entered: bool = False
    """Whether people make it on a page."""

    is_edited: bool = False
    """Whether people change its drafts on a page."""

    print_path: str = ""
    """Where the API prints it, before its number; empty if it does not."""

    lacks: frozenset[str] = frozenset()
    """The fields of the form that it does not take."""

    @property
    def is_payment(self) -> bool:
        """Whether it is shown as money that settles documents."""
        return not self.lines

    @property
    def rules(self) -> Kind:
        """What the ledger tells of this kind."""
        return kinds.KINDS[self.document_type]

    @property
    def is_mailed(self) -> bool:
        """Whether its documents are sent by e-mail."""
        return not self.is_payment

    @property
    def path_of_ours(self) -> str:
        """Where the API has what it can do beyond the contract."""
        return self.path.replace("/v1/", "/v1/reskontra/", 1)

    @property
    def body(self) -> dict[str, object] | None:
        """What an action is sent, so that it tells payments of one number apart."""
        return {"type": {"value": self.document_type}} if self.is_payment else None

    def address(self, number: str) -> str:
        """Where the API has a document of this kind."""
        address = f"{self.path}/{segment(number)}"
        return f"{address}?paymentType={self.document_type}" if self.path == _PAYMENTS else address

    def action(self, number: str, action: str) -> str:
        """Where the API does something with it."""
        return f"{self.path}/{segment(number)}/action/{action}"

    def deletion(self, number: str) -> str:
        """Where the API deletes a draft of it."""
        address = f"{self.path if self.rules.has_wire_delete else self.path_of_ours}/{segment(number)}"
        return f"{address}?paymentType={self.document_type}" if self.path == _PAYMENTS else address


_PAYMENTS = "/v1/customerPayment"
_RECEIPT = frozenset({"payment_reference"})


def _made(
    document_type: str, path: str, lines: str, *, is_entered: bool = True, print_path: str = "", **more: Any
) -> DocumentKind:
    """A kind with lines."""
    return DocumentKind(
        document_type,
        KIND_WORDS[document_type],
        path,
        lines,
        is_entered,
        is_edited=True,
        print_path=print_path or path,
        **more,
    )


def _money(document_type: str, *, is_entered: bool = False) -> DocumentKind:
    return DocumentKind(
        document_type, KIND_WORDS[document_type], _PAYMENTS, is_entered=is_entered, is_edited=is_entered
    )


_CASH: Mapping[str, Any] = {
    "path": "/v1/cashsale",
    "lines": "cashSaleLines",
    "print_path": "/v1/reskontra/cashsale",
    "lacks": frozenset({"due", "currency", "customer_reference", "external_reference"}),
}

KINDS: Mapping[str, DocumentKind] = {
    kind.document_type: kind
    for kind in (
        _made("Invoice", "/v1/customerinvoice", "invoiceLines", lacks=_RECEIPT),
        _made("CreditNote", "/v1/customerCreditNote", "lines", lacks=_RECEIPT | {"terms", "due"}),
        _made("DebitNote", "/v1/customerDebitNote", "lines", lacks=_RECEIPT),
        _made(
            "FinCharge",
            "/v1/customerOverdueCharge",
            "lines",
            is_entered=False,
            lacks=_RECEIPT | {"customer", "currency"},
            print_path="/v1/reskontra/customerOverdueCharge",
        ),
        _money("Payment", is_entered=True),
        _money("Prepayment", is_entered=True),
        _money("Refund", is_entered=True),
        _money("VoidPayment"),
        _money("VoidRefund"),
        _money("SmallBalanceWo"),
        DocumentKind("SmallCreditWo", KIND_WORDS["SmallCreditWo"], "/v1/customerCreditWriteOff"),
        _made("CashSale", **_CASH),
        _made("CashReturn", is_entered=False, **_CASH),
    )
}

DEBITS, CREDITS = ",".join(kinds.DEBITS), ",".join(kinds.CREDITS)
"""The types of what customers owe, and of what they are owed, as a list in an address names them."""

CASH = ",".join(name for name, kind in kinds.KINDS.items() if kind.is_paid_at_once)
MONEY = ",".join(name for name, kind in kinds.KINDS.items() if kind.is_money)
"""The types of the documents that money comes in or goes out with, cash sales and others."""

REMINDED = tuple(name for name, kind in kinds.KINDS.items() if kind.may_be_reminded)
"""The types of the documents that letters remind of."""

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
