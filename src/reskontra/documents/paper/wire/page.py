"""A printed document as a whole: page, facts, texts and how it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reskontra.currencies.rules import Operator
from reskontra.documents.paper.store import Link
from reskontra.documents.paper.wire.figures import (
    column_heads,
    has_parts,
    line_rows,
    sums_of,
    tables_of,
)
from reskontra.documents.paper.wire.printable import Printable
from reskontra.letterheads.wire import account_lines, page_of, reference_label
from reskontra.printing.page import Group, paragraphs, recipient_lines


def laid_out(it: Printable) -> dict[str, Any]:
    """The content as `document.typ` wants it: texts and lists of texts."""
    texts = it.letterhead.letterhead.texts.get(it.printed.language)
    return {
        "page": _page(it),
        "facts": [(label, value) for label, value in _facts(it) if value],
        "opening": [*paragraphs(texts.above if texts else None), *paragraphs(it.document.invoice_text)],
        "columns": column_heads(it),
        "groups": [Group(rows=[*line_rows(it)])],
        "sums": [*sums_of(it)],
        "tables": [*tables_of(it)],
        "remarks": [*_remarks(it)],
        "payment": [*_payment(it)],
        "closing": paragraphs(texts.below if texts else None),
    }


def _page(it: Printable) -> object:
    document, buyer, labels = it.document, it.shown.buyer, it.language.labels
    mark = None
    if document.status == "Voided":
        mark = labels.voided
    elif not document.is_released:
        mark = labels.draft
    title = it.words.titles.of(document.document_type)
    return page_of(
        it.letterhead.letterhead,
        it.letterhead.logo,
        it.language,
        title=f"{title} {document.number}",
        reference=f"{title} {document.number}",
        recipient=[*recipient_lines(buyer.name, it.printed.attention, buyer.address, it.printed.buyer_country)],
        mark=mark,
    )


def _facts(it: Printable) -> Iterator[tuple[str, str | None]]:
    document, printed, buyer, labels = it.document, it.printed, it.shown.buyer, it.words.labels
    day = it.language.day
    yield labels.date, day(document.document_date)
    if document.vat_date is not None and document.vat_date != document.document_date:
        yield labels.vat_date, day(document.vat_date)
    due_date = printed.due_date or document.due_date
    if it.kind.has_terms and due_date is not None and not has_parts(it):
        yield labels.due_date, day(due_date)
    yield labels.customer_number, buyer.number
    yield labels.buyer_organisation_number, buyer.corporate_id
    yield labels.buyer_vat_number, buyer.vat_registration_id
    yield labels.customer_reference, document.customer_reference
    yield labels.external_reference, document.external_reference
    yield labels.your_reference, printed.your_reference
    yield labels.our_reference, printed.our_reference
    if it.kind.has_terms:
        yield labels.terms, it.shown.terms_text
    if it.kind.is_paid_at_once:
        yield labels.paid_by, printed.payment_method
    yield from _links(it)


def _links(it: Printable) -> Iterator[tuple[str, str | None]]:
    """What a note credits or corrects, what an invoice replaces, and what an instalment is part of (PAP-05)."""
    labels, beside = it.words.labels, it.beside
    if beside.corrects is not None:
        label = (
            labels.credits if it.kind.sales_sign < 0 else labels.corrects if it.kind.may_correct else labels.replaces
        )
        yield label, _named(it, beside.corrects)
    else:
        yield labels.credits, ", ".join(_named(it, link) for link in beside.credits) or None
    if beside.master is not None:
        part = labels.instalment_of.format(number=it.document.instalment_number)
        yield labels.instalment, f"{part} {_named(it, beside.master)}"


def _named(it: Printable, link: Link) -> str:
    return f"{it.words.titles.of(link.document_type)} {link.number} ({it.language.day(link.document_date)})"


def _remarks(it: Printable) -> Iterator[list[str]]:
    """What the document says of its VAT ids, and the rate at which its VAT is in base currency."""
    texts = dict.fromkeys(said.text for said in it.shown.vat_texts if said.text)
    yield from (text.split("\n") for text in texts)
    document, base = it.document, it.reference.base_currency
    if document.vat and document.currency_id != base:
        rate = document.vat_exchange_rate or document.exchange_rate
        one, other = document.currency_id, base
        if document.rate_operator == Operator.DIVIDE:
            one, other = other, one
        yield [f"{it.words.labels.rate}: 1 {one} = {it.plain(rate)} {other}"]


def _payment(it: Printable) -> Iterator[tuple[str, str]]:
    """How it is paid, if it is to be."""
    document, labels = it.document, it.words.labels
    if not it.kind.has_terms or not document.amount or document.status == "Voided":
        return
    if not has_parts(it):
        yield labels.to_pay, it.money(document.amount)
        due_date = it.printed.due_date or document.due_date
        if due_date is not None:
            yield labels.due_date, it.language.day(due_date)
    letterhead = it.letterhead.letterhead
    yield from account_lines(letterhead, it.language.labels)
    if document.payment_reference and not has_parts(it):
        yield reference_label(document.payment_reference, letterhead, it.language.labels), document.payment_reference
    until = it.printed.cash_discount_date
    if until is not None and document.cash_discount:
        told = labels.cash_discount_until.format(amount=it.money(document.cash_discount), day=it.language.day(until))
        yield labels.cash_discount, told
