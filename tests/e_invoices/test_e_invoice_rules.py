"""What an e-invoice must be: each rule that data can break is told by its id, and the field to mend is named."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reskontra.documents.rules.e_invoices import e_invoice_of
from reskontra.documents.rules.issuing import shown_by
from reskontra.domestic_services.rules.deduction import Deduction
from reskontra.domestic_services.rules.work_types import DeductionType
from reskontra.e_invoices.commands.en16931 import check
from reskontra.e_invoices.e_invoice import Account, EInvoice, Identifier, Party
from reskontra.e_invoices.rules.checks import broken_rules
from reskontra.e_invoices.rules.identifiers import is_valid, read_identifier, vat_number
from reskontra.e_invoices.rules.units import unit_code
from reskontra.e_invoices.wire.ubl import written
from reskontra.errors import Refused
from reskontra.kinds import CREDIT_NOTE, INVOICE
from reskontra.records import replace
from tests.e_invoices.judges import faults, parsed, schema_faults, told
from tests.e_invoices.sellers import books, debtor, drafted, electronic

D = Decimal
GOLDEN = Path(__file__).parent / "golden"


def invoice(country: str = "NO", **changes: Any) -> EInvoice:
    """A valid invoice with these attributes instead."""
    return replace(electronic(country, {"unit_price": D(100)}), **changes)


def party(it: Party, **changes: Any) -> Party:
    return replace(it, **changes)


def with_line(**changes: Any) -> EInvoice:
    it = invoice()
    return replace(it, lines=(replace(it.lines[0], **changes),))


def with_group(**changes: Any) -> EInvoice:
    it = invoice()
    return replace(it, vat_groups=(replace(it.vat_groups[0], **changes),))


def with_seller(country: str = "NO", **changes: Any) -> EInvoice:
    it = invoice(country)
    return replace(it, seller=party(it.seller, **changes))


def with_buyer(**changes: Any) -> EInvoice:
    it = invoice()
    return replace(it, buyer=party(it.buyer, **changes))


def in_category(category: str, *, seller: dict[str, Any] | None = None, buyer: dict[str, Any] | None = None,
                **changes: Any) -> EInvoice:  # fmt: skip
    it = invoice()
    line = replace(it.lines[0], vat_category=category, vat_rate=D(0))
    group = replace(it.vat_groups[0], category=category, rate=D(0), vat=D(0), **({"reason": "Why"} | changes))
    return replace(
        it,
        lines=(line,),
        vat_groups=(group,),
        vat_total=D(0),
        gross_total=D(100),
        payable=D(100),
        seller=party(it.seller, **(seller or {})),
        buyer=party(it.buyer, **(buyer or {})),
    )


BROKEN = {
    "PEPPOL-EN16931-R003": (lambda: invoice(order_reference=None), "customerRefNumber"),
    "PEPPOL-EN16931-R010": (lambda: with_buyer(endpoint=None), "peppolScheme.endpoint"),
    "PEPPOL-EN16931-R020": (lambda: with_seller(endpoint=None), "preferences.e_invoices.endpoint"),
    "PEPPOL-EN16931-CL008": (lambda: with_buyer(endpoint=Identifier("x", "1234")), "peppolScheme"),
    "PEPPOL-COMMON-R040": (lambda: with_buyer(endpoint=Identifier("7080000000013", "0088")), "gln"),
    "PEPPOL-COMMON-R041": (lambda: with_buyer(endpoint=Identifier("988077918", "0192")), "corporateId"),
    "PEPPOL-COMMON-R049": (lambda: with_buyer(legal_id=Identifier("5560360794", "0007")), "corporateId"),
    "BR-09": (lambda: with_seller(country_id=None), "country_id of the branch"),
    "BR-11": (lambda: with_buyer(country_id=None), "countryId"),
    "BR-CO-26": (lambda: with_seller(legal_id=None, vat_number=None), "corporate_id"),
    "BR-CO-09": (lambda: with_buyer(vat_number="988077917"), "vatRegistrationId"),
    "BR-61": (lambda: invoice(account=None), "bank.iban"),
    "BR-CO-25": (lambda: invoice(due_date=None, payment_terms=None), "creditTermsId"),
    "BR-29": (lambda: invoice(start_date=date(2025, 2, 2), end_date=date(2025, 2, 1)), "startDate"),
    "BR-25": (lambda: with_line(name=""), "description"),
    "BR-27": (lambda: with_line(price=D(-100), quantity=D(-1)), ""),
    "BR-30": (lambda: with_line(start_date=date(2025, 2, 2), end_date=date(2025, 2, 1)), "startDate"),
    "PEPPOL-EN16931-R110": (
        lambda: replace(with_line(start_date=date(2025, 1, 1)), start_date=date(2025, 1, 2)), "startDate"),
    "PEPPOL-EN16931-R111": (
        lambda: replace(with_line(end_date=date(2025, 1, 3)), end_date=date(2025, 1, 2)), "endDate"),
    "PEPPOL-EN16931-R120": (lambda: with_line(price=D("100.03")), ""),
    "BR-S-02": (lambda: with_seller("SE", vat_number=None, tax_registration=None), "vat_registration_id"),
    "BR-S-08": (lambda: with_group(taxable=D("100.01")), ""),
    "BR-CO-17": (lambda: with_group(vat=D("26.00")), ""),
    "BR-E-10": (lambda: in_category("E", reason=None), "VAT id"),
    "BR-AE-02": (lambda: in_category("AE", buyer={"vat_number": None, "legal_id": None}), "vatRegistrationId"),
    "BR-IC-02": (lambda: in_category("K", buyer={"vat_number": None}), "vatRegistrationId"),
    "BR-IC-11": (lambda: in_category("K"), "VAT date"),
    "BR-IC-12": (lambda: in_category("K"), "countryId"),
    "BR-G-02": (lambda: in_category("G", seller={"vat_number": None}), "vat_registration_id"),
    "BR-O-11": (lambda: replace(invoice(), vat_groups=(*invoice().vat_groups, *in_category("O").vat_groups)), ""),
    "BR-CO-18": (lambda: invoice(vat_groups=()), ""),
    "BR-53": (lambda: invoice(accounting_currency_id="EUR"), ""),
    "PEPPOL-EN16931-R055": (lambda: invoice(accounting_currency_id="EUR", vat_total_accounted=D(-1)), ""),
    "BR-CO-10": (lambda: invoice(net_total=D("100.01")), ""),
    "BR-CO-14": (lambda: invoice(vat_total=D("25.01")), ""),
    "BR-CO-15": (lambda: invoice(gross_total=D("125.01")), ""),
    "BR-CO-16": (lambda: invoice(payable=D("125.01")), ""),
    "BR-DEC-18": (lambda: invoice(payable=D("125.001"), rounding=D("0.001")), "currency"),
    "BR-DEC-23": (lambda: with_line(net_amount=D("100.001")), "currency"),
    "NO-R-001": (lambda: with_seller(vat_number="NO974760673"), "vat_registration_id"),
    "NO-R-002": (lambda: with_seller(tax_registration=None), "tax_registration"),
    "SE-R-001": (lambda: with_seller("SE", vat_number="SE2120000142"), "vat_registration_id"),
    "SE-R-002": (lambda: with_seller("SE", vat_number="SE21200001420X"), "vat_registration_id"),
    "SE-R-003": (lambda: with_seller("SE", legal_id=Identifier("21200X0142")), "corporate_id"),
    "SE-R-004": (lambda: with_seller("SE", legal_id=Identifier("162120000142")), "corporate_id"),
    "SE-R-005": (lambda: with_seller("SE", tax_registration="F-skatt"), "tax_registration"),
    "SE-R-006": (lambda: electronic("SE", {"unit_price": D(100), "vat_category_id": "15"},
                                    reference=_with_fifteen()), "VAT codes"),
    "SE-R-007": (lambda: invoice("SE", account=Account(number="12-3", branch="SE:PLUSGIRO")), "bank.bban"),
    "SE-R-008": (lambda: invoice("SE", account=Account(number="5050-10", branch="SE:BANKGIRO")), "bank.bban"),
    "SE-R-009": (lambda: invoice("SE", account=Account(number="505010", branch="SE:BANKGIRO")), "bank.bban"),
    "SE-R-010": (lambda: invoice("SE", account=Account(number="1", branch="SE:PLUSGIRO")), "bank.bban"),
    "SE-R-013": (lambda: with_seller("SE", legal_id=Identifier("2120000143")), "corporate_id"),
}  # fmt: skip
WARNINGS = {"NO-R-002", "SE-R-003", "SE-R-004", "SE-R-007", "SE-R-008", "SE-R-009", "SE-R-010", "SE-R-013"}
STRICTER = {"BR-61", "BR-CO-25", "BR-DEC-18", "BR-DEC-23", "BR-S-08"}
"""What the official rules for UBL do not ask, allow more of, or never see as we write it."""


def _with_fifteen() -> Any:
    """A Swedish company that keeps a rate which Sweden does not have."""
    known = books("SE")
    vat = known.vat["25"]
    odd = dataclasses.replace(vat, vat_id="15", rates=(dataclasses.replace(vat.rates[0], percent=D(15)),))
    category = dataclasses.replace(known.vat_categories["25"], category_id="15", vat_ids=("15",))
    zone = known.vat_zones["SE"]
    zone = dataclasses.replace(zone, vat_ids=(*zone.vat_ids, "15"))
    return dataclasses.replace(
        known,
        vat=type(known.vat)([*known.vat.items(), ("15", odd)]),
        vat_categories=type(known.vat_categories)([*known.vat_categories.items(), ("15", category)]),
        vat_zones=type(known.vat_zones)([*known.vat_zones.items(), ("SE", zone)]),
    )


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_told_by_its_id_with_the_field_to_mend(rule: str) -> None:
    make, field = BROKEN[rule]
    broken = {failure.rule: failure for failure in broken_rules(make())}
    assert rule in broken, broken
    assert field in broken[rule].mend
    assert broken[rule].is_fatal == (rule not in WARNINGS)
    assert broken[rule].mend.endswith(".")


def test_the_official_rules_tell_the_same_of_what_they_know() -> None:
    for rule in sorted(rule for rule in BROKEN if rule.startswith("BR-") and rule not in STRICTER):
        assert rule in {failure.rule for failure in check(written(BROKEN[rule][0]()))}, rule


@pytest.mark.parametrize("country", ["NO", "SE"])
def test_a_plain_invoice_breaks_no_rule(country: str) -> None:
    assert faults(invoice(country)) == []


# What is read and normalised


@pytest.mark.parametrize(
    ("text", "scheme", "value"),
    [
        ("0192:988077917", "0192", "988077917"),
        (" 0192 : 988 077 917", "0192", "988077917"),
        ("iso6523-actorid-upis::0007:556036-0793", "0007", "5560360793"),
        ("0007:165560360793", "0007", "5560360793"),
        ("9930:DE136695976", "9930", "DE136695976"),
    ],
)
def test_a_participant_is_read_in_the_spellings_of_the_network(text: str, scheme: str, value: str) -> None:
    found = read_identifier(text)
    assert found == Identifier(value, scheme)
    assert is_valid(found)


def test_what_names_no_scheme_is_no_participant() -> None:
    assert [read_identifier(text) for text in ("988077917", "192:988077917", "0192:", "")] == [None] * 4


@pytest.mark.parametrize(
    ("number", "country", "written_as"),
    [
        ("974 760 673 MVA", "NO", "NO974760673MVA"),
        ("974760673", "NO", "NO974760673MVA"),
        ("no974760673mva", "NO", "NO974760673MVA"),
        ("212000014201", "SE", "SE212000014201"),
        ("123456789", "GR", "EL123456789"),
        (" ", "NO", None),
    ],
)
def test_vat_numbers_begin_with_their_country(number: str, country: str, written_as: str | None) -> None:
    assert vat_number(number, country) == written_as


def test_units_have_the_codes_of_recommendation_20() -> None:
    units = ("STK", "stk", "TIME", "TIM", "KG", "KGM", "ROLL", None)
    assert [unit_code(unit) for unit in units] == ["H87", "H87", "HUR", "HUR", "KGM", "KGM", "C62", "C62"]


@pytest.mark.parametrize(
    ("location", "endpoint"),
    [
        ({"peppol_endpoint": "0088:7080000000012"}, "0088:7080000000012"),
        ({"peppol_endpoint": "0088", "gln": "7080000000012"}, "0088:7080000000012"),
        ({"peppol_endpoint": "0192"}, "0192:988077917"),
        ({"gln": "7080000000012"}, "0088:7080000000012"),
        ({}, "0192:988077917"),
        ({"corporate_id": None}, None),
    ],
)
def test_the_buyer_is_found_by_what_the_location_says_of_it(location: dict[str, Any], endpoint: str | None) -> None:
    it = electronic("NO", {"unit_price": D(100)}, owing=debtor("NO", **location))
    assert (str(it.buyer.endpoint) if it.buyer.endpoint else None) == endpoint


# VAT categories


@pytest.mark.parametrize(
    ("country", "category", "buyer", "expected"),
    [
        ("NO", "3", None, "S"),
        ("NO", "5", None, "Z"),
        ("NO", "6", None, "E"),
        ("NO", "7", None, "O"),
        ("NO", "51", None, "AE"),
        ("NO", "52", ("US", "EX"), "G"),
        ("SE", "0", None, "E"),
        ("SE", "RC", None, "AE"),
        ("SE", "25", ("DE", "EU"), "K"),
        ("SE", "25", ("US", "EX"), "G"),
    ],
)
def test_the_category_follows_from_the_settings_of_the_vat_id(
    country: str, category: str, buyer: tuple[str, str] | None, expected: str
) -> None:
    owing = debtor(country, buyer_country=buyer[0], zone=buyer[1]) if buyer else debtor(country)
    it = electronic(country, {"unit_price": D(100), "vat_category_id": category}, owing=owing)
    assert [group.category for group in it.vat_groups] == [expected]
    assert faults(it) == []
    assert (told(parsed(written(it)), "//cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReason") is None) == (
        expected in ("S", "Z")
    )


def test_what_is_not_subject_to_vat_is_exempt_beside_other_lines() -> None:
    it = electronic("NO", {"unit_price": D(100)}, {"unit_price": D(35), "vat_category_id": "7"})
    assert [(group.category, group.taxable) for group in it.vat_groups] == [("E", D(35)), ("S", D(100))]
    assert faults(it) == []


def test_a_line_with_two_vat_ids_is_refused() -> None:
    known = books("NO")
    category = dataclasses.replace(known.vat_categories["3"], category_id="TWO", vat_ids=("3", "31"))
    more = dataclasses.replace(
        known, vat_categories=type(known.vat_categories)([*known.vat_categories.items(), ("TWO", category)])
    )
    with pytest.raises(Refused, match=r"BR-CO-04.*Line 1 has 2 VAT ids \(3, 31\)"):
        electronic("NO", {"unit_price": D(100), "vat_category_id": "TWO"}, reference=more)


def test_a_deduction_that_the_tax_authority_pays_is_refused() -> None:
    document, basis = drafted("SE", {"unit_price": D(100)})
    deduction = Deduction(
        type=DeductionType.ROT,
        percent=D(30),
        work_price=D(125),
        material_cost=D(0),
        other_cost=D(0),
        amount=D(37),
        distributed_automatically=True,
    )
    shown = shown_by(document, basis.debtor, basis.reference)
    with pytest.raises(Refused, match="deducts what the tax authority pays"):
        e_invoice_of(INVOICE, replace(document, deduction=deduction), shown, basis.debtor, basis.reference)


# Whole documents


def golden_invoice() -> EInvoice:
    return electronic(
        "NO",
        {"description": "Sild\nLevert på kaien", "quantity": D("12.5"), "unit_price": D("41.90"),
         "vat_category_id": "31", "discount_percent": D(10), "unit_id": "KG"},
        {"description": "Frakt", "unit_price": D("499.90"), "note": "Fryst"},
        {"description": "Pant", "quantity": D(3), "unit_price": D("35"), "vat_category_id": "7"},
        reference=books("NO", "Nearest", "1"),
        external_reference="Avd. 7",
        invoice_text="Takk for handelen",
        start_date=date(2025, 2, 1),
        end_date=date(2025, 2, 28),
        accounting_cost_reference="4711",
        contract_document_reference="K-9",
        originator_document_reference="T-3",
    )  # fmt: skip


def golden_credit_note() -> EInvoice:
    return electronic(
        "SE",
        {"description": "Konsulttimmar", "quantity": D("2.5"), "unit_price": D("1190"), "unit_id": None},
        {"description": "Bok", "quantity": D(1), "unit_price": D("199"), "vat_category_id": "6"},
        kind=CREDIT_NOTE,
        referred=[("002000", date(2025, 2, 14))],
    )


@pytest.mark.parametrize(
    ("name", "make"), [("norwegian_invoice", golden_invoice), ("swedish_credit_note", golden_credit_note)]
)
def test_whole_documents_stand_as_they_were_looked_at(name: str, make: Any, request: pytest.FixtureRequest) -> None:
    it, path = make(), GOLDEN / f"{name}.xml"
    assert faults(it) == []
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written(it), encoding="utf-8")
    assert written(it) == path.read_text(encoding="utf-8")


def test_a_cash_discount_stands_in_the_terms_with_its_figures() -> None:
    it = electronic("SE", {"unit_price": D(100)}, terms_id="30D2")
    assert it.payment_terms == ("30 days net, 2 % cash discount within 10 days; Kassarabatt 2.50 SEK till 2025-03-13")
    assert schema_faults(written(it)) == []


def test_an_invoice_pays_to_a_swedish_giro_by_its_own_scheme() -> None:
    it = electronic("SE", {"unit_price": D(100)})
    assert it.account == Account(number="50501055", branch="SE:BANKGIRO")
