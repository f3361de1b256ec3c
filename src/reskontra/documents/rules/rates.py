"""A document's exchange rates: the one that it has, and the company's, at which its VAT is reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import BASE_RATE, Operator, Rate, check_near, check_rate, in_terms_of
from reskontra.documents.rules.links import is_replacement, named_by
from reskontra.errors import Refused
from reskontra.kinds import KINDS
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.documents.document import Basis, Document
    from reskontra.receivables.rules.items import OpenItem
    from reskontra.reference.rules.preferences import Preferences

_RATES = ("exchange_rate", "rate_operator", "vat_exchange_rate")


def _linked(draft: Document, basis: Basis) -> OpenItem | None:
    """A document that says which rates the draft has: any that it settles or else corrects, if all have one rate."""
    items = named_by(basis.links)
    rates = {(item.currency_id, item.rate, item.vat_exchange_rate) for item in items}
    return items[0] if len(rates) == 1 and items[0].currency_id == draft.currency_id else None


def _was_linked(before: Document | None) -> bool:
    if before is None or is_replacement(KINDS[before.document_type], before):
        return False
    return bool(before.proposals or before.corrects_document_id)


def rate_of(document: Document) -> Rate:
    """The document's exchange rate."""
    return Rate(document.exchange_rate, Operator(document.rate_operator))


def vat_rate_of(document: Document) -> Rate:
    """The exchange rate at which the document's VAT is reported (VAT-13)."""
    return Rate(document.vat_exchange_rate or document.exchange_rate, Operator(document.rate_operator))


def with_rate(before: Document | None, draft: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    """CUR-02, CUR-03. A sent rate stays until it is cleared or the currency changes.

    Without one it is the rate of the documents that it settles or corrects, if they have one rate (REV-04), else the
    table's of the date. In base currency, 0 is what typed clients send if the rate was not set (X7).
    """
    reference = basis.reference
    sent = changes.get("exchange_rate")
    if draft.currency_id == reference.base_currency:
        if sent and sent != BASE_RATE.rate:
            raise Refused(
                "The exchange rate of the base currency is 1.",
                field=("exchange_rate",),
                value=str(sent),
                hint="Send 1 or leave it out.",
            )
        return _at_rate(draft, BASE_RATE, basis)
    linked = _linked(draft, basis)
    same_currency = before is not None and before.currency_id == draft.currency_id
    same_date = before is not None and before.document_date == draft.document_date
    if sent is not None and not (same_currency and sent == draft.exchange_rate):
        return _at_sent_rate(draft, sent, linked, basis)
    is_cleared = sent is None and "exchange_rate" in changes
    if same_currency and not is_cleared:
        if draft.rate_entered:
            return draft if same_date else replace(_at_rate(draft, rate_of(draft), basis), rate_entered=True)
        if linked is None and same_date and not _was_linked(before):
            return draft
    return _at_rate_of(draft, linked) if linked is not None else _at_table_rate(draft, basis)


def check_agreed_rate(
    before: Document | None, draft: Document, preferences: Preferences, settled: Iterable[OpenItem]
) -> None:
    """Refuses a rate that came with the request, or a date, and is far from the company's on that date (CUR-06).

    A credit note may have the rate of a document that it settles, however long ago that was.
    """
    official = vat_rate_of(draft)
    is_new = before is None or any(getattr(before, name) != getattr(draft, name) for name in _RATES)
    if not is_new or preferences.accept_rates_beyond_tolerance or rate_of(draft) in [item.rate for item in settled]:
        return
    check_near(rate_of(draft), official, preferences.rate_tolerance_percent)


def _sent_rate(sent: Any, basis: Basis) -> Rate:
    check_rate(sent)
    if basis.table_rate is not None and sent == basis.table_rate.rate:
        return basis.table_rate
    if not basis.debtor.rate_override:
        raise Refused(
            f"Customer {basis.debtor.number} does not allow another exchange rate than the company's.",
            field=("exchange_rate",),
            value=str(sent),
            hint="Leave it out"
            + (f", or send {basis.table_rate.rate:f}." if basis.table_rate is not None else ", and add a rate."),
        )
    return Rate(sent, basis.table_rate.operator) if basis.table_rate is not None else Rate(sent)


def _at_sent_rate(draft: Document, sent: Any, linked: OpenItem | None, basis: Basis) -> Document:
    if linked is None:
        return _at_rate(draft, _sent_rate(sent, basis), basis)
    if sent == linked.rate.rate:
        return _at_rate_of(draft, linked)
    return replace(_at_rate(draft, _sent_rate(sent, basis), basis), rate_entered=True)


def _at_table_rate(draft: Document, basis: Basis) -> Document:
    if basis.table_rate is None:
        raise Refused(
            f"There is no exchange rate for {draft.currency_id} on {draft.document_date.isoformat()}.",
            field=("currency_id",),
            value=draft.currency_id,
            hint="Add a rate that is effective on or before that date, or send exchangeRate.",
        )
    return _at_rate(draft, basis.table_rate, basis)


def _at_rate_of(draft: Document, linked: OpenItem) -> Document:
    """`draft` with both rates of another document, so that nothing is left over the pair (REV-04)."""
    return replace(
        draft,
        exchange_rate=linked.rate.rate,
        rate_operator=str(linked.rate.operator),
        rate_entered=False,
        vat_exchange_rate=linked.vat_exchange_rate,
    )


def _at_rate(draft: Document, rate: Rate, basis: Basis) -> Document:
    """`draft` at that rate, with the company's beside it where that is another (VAT-13)."""
    official = in_terms_of(basis.table_rate, rate.operator) if basis.table_rate is not None else rate
    return replace(
        draft,
        exchange_rate=rate.rate,
        rate_operator=str(rate.operator),
        rate_entered=draft.currency_id != basis.reference.base_currency and rate != basis.table_rate,
        vat_exchange_rate=official.rate if official != rate else None,
    )
