"""The rules that data of a ledger can break: of EN 16931, and of Peppol which no package ships (EHF-03).

Each is told by the id under which EN 16931 or Peppol publishes it. What the form alone decides, such as codes that are
always written the same and the order of elements, holds by how `wire.ubl` writes; tests hold that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from reskontra.e_invoices.e_invoice import NOT_SUBJECT_TO_VAT, EInvoice, Failure, Identifier, Line, Party, VatGroup
from reskontra.e_invoices.rules.enclosing import broken_by_files
from reskontra.e_invoices.rules.identifiers import GLN, NORWEGIAN, SCHEMES, SWEDISH, is_valid
from reskontra.e_invoices.rules.national import broken_by_country
from reskontra.money import HUNDRED, ONE, ZERO, divide, has_at_most, multiply, percent_of, round_money, total

_SLACK = Decimal("0.02")
"""What Peppol allows between an amount and the product that it should be."""

_OF_THE_BRANCH = "of the branch in the company's file."
_OF_THE_LOCATION = "of the customer's location."
_OF_THE_LEDGER = "This ledger added up wrongly; report it."


def broken_rules(invoice: EInvoice) -> list[Failure]:
    """What an e-invoice breaks, in the order of the document: fatal and not."""
    return [
        *_references(invoice),
        *broken_by_files(invoice),
        *_seller(invoice),
        *_buyer(invoice),
        *_payment(invoice),
        *_delivery(invoice),
        *(failure for line in invoice.lines for failure in _line(invoice, line)),
        *(failure for group in invoice.vat_groups for failure in _vat_group(invoice, group)),
        *_vat_as_a_whole(invoice),
        *_sums(invoice),
        *broken_by_country(invoice),
    ]


def _references(invoice: EInvoice) -> Iterator[Failure]:
    if not (invoice.buyer_reference or invoice.order_reference):
        yield Failure(
            rule="PEPPOL-EN16931-R003",
            reason="The document names neither the buyer's order nor another reference of the buyer.",
            mend="Set customerRefNumber (the order) or externalReference of the document.",
        )
    yield from _period("BR-29", "The invoice period", invoice.start_date, invoice.end_date, "startDate and endDate")


def _seller(invoice: EInvoice) -> Iterator[Failure]:
    seller = invoice.seller
    if seller.endpoint is None:
        yield Failure(
            rule="PEPPOL-EN16931-R020",
            reason="The seller has no electronic address.",
            mend="Set preferences.e_invoices.endpoint, or corporate_id and country_id of the branch, in the company's"
            " file.",
        )
    if not seller.country_id:
        yield Failure(
            rule="BR-09", reason="The seller's address has no country.", mend=f"Set country_id {_OF_THE_BRANCH}"
        )
    if not (seller.vat_number or seller.legal_id or seller.identifier):
        yield Failure(
            rule="BR-CO-26",
            reason="The seller has neither an organisation number nor a VAT number.",
            mend=f"Set corporate_id {_OF_THE_BRANCH}",
        )
    yield from _party(seller, "seller", f"corporate_id {_OF_THE_BRANCH}", f"vat_registration_id {_OF_THE_BRANCH}")


def _buyer(invoice: EInvoice) -> Iterator[Failure]:
    buyer = invoice.buyer
    if buyer.endpoint is None:
        yield Failure(
            rule="PEPPOL-EN16931-R010",
            reason="The buyer has no electronic address.",
            mend=f"Set peppolScheme.endpoint (such as 0192:988077917), gln or corporateId {_OF_THE_LOCATION}",
        )
    if not buyer.country_id:
        yield Failure(
            rule="BR-11",
            reason="The buyer's address has no country.",
            mend="Set countryId in the customer's invoice address, or in that of the document.",
        )
    yield from _party(
        buyer,
        "buyer",
        f"peppolScheme, gln or corporateId {_OF_THE_LOCATION}",
        f"vatRegistrationId {_OF_THE_LOCATION}",
    )


_RULE_OF_SCHEME = {GLN: "PEPPOL-COMMON-R040", NORWEGIAN: "PEPPOL-COMMON-R041", SWEDISH: "PEPPOL-COMMON-R049"}
_NAME_OF_SCHEME = {
    GLN: "global location number",
    NORWEGIAN: "Norwegian organisation number",
    SWEDISH: "Swedish organisation number",
}


def _party(party: Party, who: str, ids: str, vat: str) -> Iterator[Failure]:
    if party.endpoint is not None and party.endpoint.scheme not in SCHEMES:
        yield Failure(
            rule="PEPPOL-EN16931-CL008",
            reason=f"The {who}'s electronic address '{party.endpoint}' has no scheme that Peppol knows.",
            mend=f"Write scheme:number, such as 0192:988077917, in {ids}",
        )
    for identifier in _different(party.endpoint, party.identifier, party.legal_id):
        rule = _RULE_OF_SCHEME.get(identifier.scheme or "")
        if rule is not None and not is_valid(identifier):
            name = _NAME_OF_SCHEME[identifier.scheme or ""]
            yield Failure(rule=rule, reason=f"'{identifier.value}' is no {name}.", mend=f"Correct the {who}'s {ids}")
    if party.vat_number and not party.vat_number[:2].isalpha():
        yield Failure(
            rule="BR-CO-09",
            reason=f"The {who}'s VAT number '{party.vat_number}' does not begin with a country.",
            mend=f"Set {vat}",
        )


def _different(*identifiers: Identifier | None) -> Iterable[Identifier]:
    return dict.fromkeys(identifier for identifier in identifiers if identifier is not None)


def _payment(invoice: EInvoice) -> Iterator[Failure]:
    if invoice.is_credit:
        return
    if invoice.account is None:
        yield Failure(
            rule="BR-61",
            reason="There is no account to pay to.",
            mend=f"Set bank.iban or bank.bban {_OF_THE_BRANCH}",
        )
    if invoice.payable > ZERO and not (invoice.due_date or invoice.payment_terms):
        yield Failure(
            rule="BR-CO-25",
            reason="The document has neither a due date nor terms.",
            mend="Set creditTermsId or documentDueDate of the document.",
        )


def _delivery(invoice: EInvoice) -> Iterator[Failure]:
    if not any(group.category == "K" for group in invoice.vat_groups):
        return
    if invoice.delivery_date is None and invoice.start_date is None and invoice.end_date is None:
        yield Failure(
            rule="BR-IC-11", reason="Goods go to another country of the EU on no day.", mend="Set the VAT date."
        )
    if not invoice.delivered_to_country:
        yield Failure(
            rule="BR-IC-12",
            reason="Goods go to another country of the EU, and none is known.",
            mend="Set countryId in the customer's address.",
        )


# Lines


def _line(invoice: EInvoice, line: Line) -> Iterator[Failure]:
    here = f"Line {line.number}"
    if not line.name:
        yield Failure(
            rule="BR-25", reason=f"{here} does not say what was sold.", mend="Set the description of the line."
        )
    if line.price < ZERO:
        yield Failure(rule="BR-27", reason=f"{here} has a price below zero.", mend=_OF_THE_LEDGER)
    yield from _decimals("BR-DEC-23", here, line.net_amount)
    price = divide(line.price, line.base_quantity or ONE)
    added = total(it.amount if it.is_charge else -it.amount for it in line.allowances)
    if abs(multiply(line.quantity, price) + added - line.net_amount) > _SLACK:
        yield Failure(
            rule="PEPPOL-EN16931-R120",
            reason=f"{here} comes to {line.net_amount:f}, which is not quantity x price with its discount.",
            mend=_OF_THE_LEDGER,
        )
    yield from _period("BR-30", here, line.start_date, line.end_date, "startDate and endDate of the line")
    if invoice.start_date and line.start_date and line.start_date < invoice.start_date:
        yield _outside("PEPPOL-EN16931-R110", f"{here} begins before the invoice period.")
    if invoice.end_date and line.end_date and line.end_date > invoice.end_date:
        yield _outside("PEPPOL-EN16931-R111", f"{here} ends after the invoice period.")


def _outside(rule: str, reason: str) -> Failure:
    return Failure(rule=rule, reason=reason, mend="Change startDate or endDate of the document or of the line.")


def _period(rule: str, what: str, start: date | None, end: date | None, fields: str) -> Iterator[Failure]:
    if start is not None and end is not None and end < start:
        yield Failure(rule=rule, reason=f"{what} ends before it begins.", mend=f"Correct {fields}.")


# VAT

_NAMES = {"S": "S", "Z": "Z", "E": "E", "AE": "AE", "K": "IC", "G": "G", "O": "O"}
"""Category -> how the ids of its rules spell it."""


def _vat_group(invoice: EInvoice, group: VatGroup) -> Iterator[Failure]:
    name = _NAMES[group.category]
    lines = [line for line in invoice.lines if (line.vat_category, line.vat_rate) == (group.category, group.rate)]
    if total(line.net_amount for line in lines) != group.taxable:
        yield Failure(
            rule=f"BR-{name}-08",
            reason=f"The lines with VAT {group.category} at {group.rate.normalize():f} per cent do not add up to"
            f" {group.taxable:f}.",
            mend=_OF_THE_LEDGER,
        )
    computed = percent_of(group.taxable, group.rate, 2)
    if abs(abs(group.vat) - abs(computed)) >= ONE or (group.rate == ZERO and group.vat != ZERO):
        yield Failure(
            rule="BR-CO-17",
            reason=f"VAT of {group.vat:f} is not {group.rate.normalize():f} per cent of {group.taxable:f}.",
            mend="Leave the VAT of the document to be computed, or send fewer lines on one document.",
        )
    if group.category not in ("S", "Z") and not (group.reason or group.reason_code):
        yield Failure(
            rule=f"BR-{name}-10",
            reason="The document does not say why no VAT is charged.",
            mend="Set the text or the description of the VAT id.",
        )
    yield from _decimals("BR-DEC-19", "The amount that VAT is computed on", group.taxable)
    yield from _decimals("BR-DEC-20", "The VAT", group.vat)
    yield from _identified(invoice, group.category, f"BR-{name}-02")


def _identified(invoice: EInvoice, category: str, rule: str) -> Iterator[Failure]:
    """Who must have which number for a category."""
    seller, buyer = invoice.seller, invoice.buyer
    if category == NOT_SUBJECT_TO_VAT:
        return
    needs_vat_number = category in ("K", "G")
    if not (seller.vat_number or (seller.tax_registration and not needs_vat_number)):
        yield Failure(
            rule=rule, reason="The seller has no VAT number.", mend=f"Set vat_registration_id {_OF_THE_BRANCH}"
        )
    lacks_number = (category == "K" and not buyer.vat_number) or (
        category == "AE" and not (buyer.vat_number or buyer.legal_id)
    )
    if lacks_number:
        yield Failure(
            rule=rule,
            reason="The VAT is left to the buyer, who has no VAT number.",
            mend=f"Set vatRegistrationId {_OF_THE_LOCATION}",
        )


def _vat_as_a_whole(invoice: EInvoice) -> Iterator[Failure]:
    categories = {group.category for group in invoice.vat_groups}
    if NOT_SUBJECT_TO_VAT in categories and len(categories) > 1:
        yield Failure(
            rule="BR-O-11",
            reason="What is not subject to VAT stands beside other lines.",
            mend="Send two documents.",
        )
    grouped = {(group.category, group.rate) for group in invoice.vat_groups}
    if grouped != {(line.vat_category, line.vat_rate) for line in invoice.lines}:
        yield Failure(rule="BR-CO-18", reason="A line's VAT is missing in the breakdown.", mend=_OF_THE_LEDGER)
    if invoice.accounting_currency_id is not None:
        if invoice.vat_total_accounted is None:
            yield Failure(rule="BR-53", reason="The VAT is not told in the currency of the books.", mend=_OF_THE_LEDGER)
        elif multiply(invoice.vat_total_accounted, invoice.vat_total) < ZERO:
            yield Failure(
                rule="PEPPOL-EN16931-R055", reason="The two VAT totals have opposite signs.", mend=_OF_THE_LEDGER
            )


# Sums


def _sums(invoice: EInvoice) -> Iterator[Failure]:
    lines = total(line.net_amount for line in invoice.lines)
    vat = total(group.vat for group in invoice.vat_groups)
    for rule, told, computed, what in (
        ("BR-CO-10", invoice.net_total, lines, "lines"),
        ("BR-CO-14", invoice.vat_total, vat, "VAT amounts"),
        ("BR-CO-15", invoice.gross_total, invoice.net_total + invoice.vat_total, "amounts without VAT and VAT"),
        ("BR-CO-16", invoice.payable, invoice.gross_total + invoice.rounding, "total and rounding"),
    ):
        if told != computed:
            yield Failure(
                rule=rule,
                reason=f"The document says {told:f}, but its {what} come to {computed:f}.",
                mend=_OF_THE_LEDGER,
            )
        yield from _decimals("BR-DEC-18", "A total", told)


def _decimals(rule: str, what: str, amount: Decimal) -> Iterator[Failure]:
    if not has_at_most(amount, 2):
        yield Failure(
            rule=rule,
            reason=f"{what} of {amount.normalize():f} has more than two decimals.",
            mend="E-invoices cannot be sent in a currency with more.",
        )


def is_percentage(base: Decimal, percent: Decimal, amount: Decimal) -> bool:
    """Whether an allowance may tell its base and percent (PEPPOL-EN16931-R040)."""
    return abs(round_money(multiply(base, divide(percent, HUNDRED)), 6) - amount) <= _SLACK
