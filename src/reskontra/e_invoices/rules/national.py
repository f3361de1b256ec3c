"""The rules that Peppol publishes for Norwegian and Swedish sellers, in our own words under their ids (EHF-03).

Rules about what we never write have nothing to check: SE-R-011 and SE-R-012 ask for the code 30, which is the only one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reskontra.e_invoices.e_invoice import EInvoice, Failure, Identifier
from reskontra.e_invoices.rules.identifiers import NORWEGIAN, SWEDISH, is_valid

FORETAKSREGISTERET = "Foretaksregisteret"
F_TAX = "Godkänd för F-skatt"
BANKGIRO, PLUSGIRO = "SE:BANKGIRO", "SE:PLUSGIRO"

_SWEDISH_RATES = frozenset(map(Decimal, (6, 12, 25)))


def broken_by_country(invoice: EInvoice) -> Iterator[Failure]:
    """What an e-invoice breaks of the rules of its seller's country."""
    seller = invoice.seller
    country = seller.vat_number[:2] if seller.vat_number else seller.country_id
    if country == "NO":
        yield from _norwegian(invoice)
    if seller.country_id == "SE":
        yield from _swedish(invoice)


def _norwegian(invoice: EInvoice) -> Iterator[Failure]:
    number = invoice.seller.vat_number
    if number and not (re.fullmatch(r"NO\d{9}MVA", number) and is_valid(Identifier(number[2:11], NORWEGIAN))):
        yield Failure(
            rule="NO-R-001",
            reason=f"The seller's VAT number '{number}' is not NO, a Norwegian organisation number and MVA.",
            mend="Correct vat_registration_id of the branch in the company's file.",
        )
    if invoice.seller.tax_registration != FORETAKSREGISTERET:
        yield Failure(
            rule="NO-R-002",
            reason=f"Most Norwegian companies must say {FORETAKSREGISTERET} on their invoices.",
            mend="Set preferences.e_invoices.tax_registration in the company's file if it is one of them.",
            is_fatal=False,
        )


def _swedish(invoice: EInvoice) -> Iterator[Failure]:
    seller = invoice.seller
    vat_number = seller.vat_number or ""
    if vat_number.startswith("SE"):
        if len(vat_number) != 14:
            yield _vat_number("SE-R-001", f"The seller's VAT number '{vat_number}' does not have 14 characters.")
        elif not vat_number[2:].isdigit():
            yield _vat_number("SE-R-002", f"The seller's VAT number '{vat_number}' is not SE and twelve digits.")
        for rate in dict.fromkeys(group.rate for group in invoice.vat_groups if group.category == "S"):
            if rate not in _SWEDISH_RATES:
                yield Failure(
                    rule="SE-R-006",
                    reason=f"There is no Swedish VAT of {rate.normalize():f} per cent.",
                    mend="Choose other VAT codes on the lines.",
                )
    if seller.legal_id is not None:
        yield from _organisation_number(seller.legal_id)
        if seller.tax_registration and seller.tax_registration.upper() != F_TAX.upper():
            yield Failure(
                rule="SE-R-005",
                reason=f"A Swedish seller's tax registration says '{F_TAX}' and nothing else.",
                mend="Correct preferences.e_invoices.tax_registration in the company's file.",
            )
    yield from _giro(invoice)


def _vat_number(rule: str, reason: str) -> Failure:
    return Failure(rule=rule, reason=reason, mend="Correct vat_registration_id of the branch in the company's file.")


def _organisation_number(legal_id: Identifier) -> Iterator[Failure]:
    number = legal_id.value
    for rule, holds, reason in (
        ("SE-R-003", number.isdigit(), "is not all digits"),
        ("SE-R-004", len(number) == 10, "does not have ten digits"),
        ("SE-R-013", is_valid(Identifier(number, SWEDISH)), "has a wrong check digit"),
    ):
        if not holds:
            yield Failure(
                rule=rule,
                reason=f"The seller's organisation number '{number}' {reason}.",
                mend="Correct corporate_id of the branch in the company's file.",
                is_fatal=False,
            )


def _giro(invoice: EInvoice) -> Iterator[Failure]:
    account = invoice.account
    if account is None or account.branch not in (BANKGIRO, PLUSGIRO):
        return
    numeric, length, shortest, longest = (
        ("SE-R-008", "SE-R-009", 7, 8) if account.branch == BANKGIRO else ("SE-R-007", "SE-R-010", 2, 8)
    )
    for rule, holds, reason in (
        (numeric, account.number.isdigit(), "is not all digits"),
        (length, shortest <= len(account.number) <= longest, f"does not have {shortest} to {longest} digits"),
    ):
        if not holds:
            yield Failure(
                rule=rule,
                reason=f"The giro '{account.number}' {reason}.",
                mend="Correct bank.bban of the branch in the company's file.",
                is_fatal=False,
            )
