"""A letterhead on a page: its lines in the language of the document."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence

from reskontra.letterheads.rules import Letterhead, grouped_iban
from reskontra.printing.languages import Language, PageLabels
from reskontra.printing.page import Page, address_lines
from reskontra.printing.pictures import picture_of

_NORWAY = "NO"
_PAYMENT_REFERENCES = {_NORWAY: "kid", "SE": "ocr"}
_BUSINESS_REGISTER = "Foretaksregisteret"
_F_TAX = "Godkänd för F-skatt"
"""Both as the laws write them, in every language."""


def page_of(
    letterhead: Letterhead,
    logo: str | None,
    language: Language,
    *,
    title: str,
    reference: str,
    recipient: Sequence[str],
    mark: str | None,
    code: str | None = None,
) -> Page:
    """The page that a letterhead makes. `logo` is its file in base64, `reference` what the page is of; `code` is the
    language of the text where it is another than that of the labels."""
    labels = language.labels
    return Page(
        language=code or language.code,
        title=title,
        author=letterhead.company,
        company=letterhead.company,
        logo=picture_of(b64decode(logo)).as_svg if logo else None,
        logo_side=letterhead.logo_side,
        window=letterhead.window,
        accent=letterhead.accent_colour,
        recipient=recipient,
        sender=[letterhead.company, *address_lines(letterhead.address), *_numbers(letterhead, labels)],
        reach=[*_reached(letterhead, labels)],
        bank=[f"{label} {value}" for label, value in account_lines(letterhead, labels)],
        footer=letterhead.footer,
        reference=reference,
        labels=labels,
        mark=mark,
    )


def account_lines(letterhead: Letterhead, labels: PageLabels) -> Iterator[tuple[str, str]]:
    """The account to pay to, as far as it is known: label and value."""
    bank = letterhead.bank
    if "bban" in bank:
        yield labels.account, bank["bban"]
    if "iban" in bank:
        yield "IBAN", grouped_iban(bank["iban"])
    if "bic" in bank:
        yield "BIC", bank["bic"]


def reference_label(payment_reference: str | None, letterhead: Letterhead, labels: PageLabels) -> str:
    """What payment references are called where the seller is."""
    is_rf = (payment_reference or "").startswith("RF")
    name = "rf" if is_rf else _PAYMENT_REFERENCES.get(letterhead.country_id)
    label: str = getattr(labels, name or "payment_reference")
    return label


def _numbers(letterhead: Letterhead, labels: PageLabels) -> Iterator[str]:
    """What the law of the land asks of a seller: its numbers, and what it is registered for (PAP-01)."""
    corporate, vat = letterhead.corporate_id, letterhead.vat_registration_id
    if letterhead.country_id == _NORWAY:
        number = corporate or (vat or "").upper().removeprefix("NO").removesuffix("MVA").strip()
        if number:
            yield f"{labels.organisation_number} {number}{' MVA' if vat else ''}"
    else:
        if corporate:
            yield f"{labels.organisation_number} {corporate}"
        if vat:
            yield f"{labels.vat_number} {vat}"
    if letterhead.in_business_register:
        yield _BUSINESS_REGISTER
    if letterhead.approved_for_f_tax:
        yield _F_TAX
    if letterhead.registered_office:
        yield f"{labels.registered_office}: {letterhead.registered_office}"


def _reached(letterhead: Letterhead, labels: PageLabels) -> Iterator[str]:
    if letterhead.phone:
        yield f"{labels.phone} {letterhead.phone}"
    yield from (line for line in (letterhead.email, letterhead.web) if line)
