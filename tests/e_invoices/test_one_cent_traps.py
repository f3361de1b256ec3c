"""Where an e-invoice may miss the ledger by a cent: each trap, with its figures, passes all judges."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reskontra.currencies.rules import Rate
from reskontra.e_invoices.e_invoice import EInvoice
from reskontra.e_invoices.rules.checks import broken_rules
from reskontra.e_invoices.wire.ubl import written
from reskontra.kinds import CREDIT_NOTE
from reskontra.money import ZERO
from tests.e_invoices.judges import faults, parsed, told
from tests.e_invoices.sellers import INCLUSIVE, PER_LINE, books, drafted, electronic

D = Decimal


def line(quantity: str, price: str, **more: Any) -> dict[str, Any]:
    return {"quantity": D(quantity), "unit_price": D(price), **more}


def sums(invoice: EInvoice) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
    """Without VAT, VAT, with VAT, rounding, payable; nobody has anything to say against it."""
    assert faults(invoice) == []
    return invoice.net_total, invoice.vat_total, invoice.gross_total, invoice.rounding, invoice.payable


def test_the_total_is_that_of_lines_that_were_rounded_one_by_one() -> None:
    invoice = electronic("NO", *[line("1.5", "0.33")] * 3, line("0.333333", "10"))
    assert [it.net_amount for it in invoice.lines] == [D("0.50")] * 3 + [D("3.33")]  # 0.495 three times, not 1.485
    assert sums(invoice) == (D("4.83"), D("1.21"), D("6.04"), ZERO, D("6.04"))


def test_vat_of_a_rate_is_computed_on_the_sum_of_its_lines() -> None:
    invoice = electronic("NO", *[line("1", "33.33")] * 3, line("1", "10.10", vat_category_id="31"))
    assert [(it.rate, it.taxable, it.vat) for it in invoice.vat_groups] == [
        (D(15), D("10.10"), D("1.52")),
        (D(25), D("99.99"), D("25.00")),  # line by line it would be 24.99
    ]
    assert sums(invoice) == (D("110.09"), D("26.52"), D("136.61"), ZERO, D("136.61"))


def test_vat_that_the_ledger_rounds_line_by_line_is_told_as_it_stands_there() -> None:
    invoice = electronic("NO", *[line("1", "33.33", vat_category_id=PER_LINE)] * 3)
    assert sums(invoice) == (D("99.99"), D("24.99"), D("124.98"), ZERO, D("124.98"))


def test_vat_rounded_line_by_line_that_is_off_by_a_whole_krone_is_refused() -> None:
    crowd = electronic("NO", *[line("1", "0.02", vat_category_id=PER_LINE)] * 250)
    assert (crowd.net_total, crowd.vat_total) == (D("5.00"), D("2.50"))
    assert [failure.rule for failure in broken_rules(crowd)] == ["BR-CO-17"]
    assert any("BR-CO-17" in fault for fault in faults(crowd)), "the official rules agree"


def test_two_vat_ids_of_one_rate_are_one_row() -> None:
    invoice = electronic("NO", line("1", "33.33"), line("1", "33.33", vat_category_id=PER_LINE))
    assert [(it.category, it.taxable, it.vat) for it in invoice.vat_groups] == [("S", D("66.66"), D("16.66"))]
    assert sums(invoice) == (D("66.66"), D("16.66"), D("83.32"), ZERO, D("83.32"))


def test_a_price_with_vat_inside_is_told_without_it_and_the_customer_pays_what_the_price_said() -> None:
    invoice = electronic("NO", *[line("1", "9.99", vat_category_id=INCLUSIVE)] * 3)
    assert [(it.price, it.net_amount) for it in invoice.lines] == [(D("7.992"), D("7.99"))] * 3
    assert sums(invoice) == (D("23.97"), D("6.00"), D("29.97"), ZERO, D("29.97"))


def test_a_discount_on_a_price_with_vat_inside_leaves_the_net_amount_of_the_ledger() -> None:
    (sold,) = (
        invoice := electronic("NO", line("3", "99.90", vat_category_id=INCLUSIVE, discount_percent=D("12.5")))
    ).lines
    (allowance,) = sold.allowances
    assert sold.net_amount == D("209.79")  # 299.70 less 37.46 is 262.24, of which 52.45 are VAT
    assert (allowance.base, allowance.percent, allowance.amount) == (D("239.76"), D("12.5"), D("29.97"))
    assert sums(invoice) == (D("209.79"), D("52.45"), D("262.24"), ZERO, D("262.24"))


def test_a_discount_in_money_whose_percent_is_a_fraction_ties_to_the_cent() -> None:
    invoice = electronic(
        "NO", line("1", "1000", discount_amount=D("333.33")), line("3", "0.07", discount_percent=D(50))
    )
    assert [it.allowances[0].amount for it in invoice.lines] == [D("333.33"), D("0.11")]
    assert sums(invoice) == (D("666.77"), D("166.69"), D("833.46"), ZERO, D("833.46"))


@pytest.mark.parametrize(
    ("price", "mode", "step", "rounding", "payable"),
    [
        ("80.39", "Nearest", "1", "-0.49", "100"),
        ("80.40", "Nearest", "1", "0.50", "101"),
        ("80.40", "Up", "10", "9.50", "110"),
        ("80.40", "Down", "0.5", "0", "100.50"),
        ("0.20", "Nearest", "1", "0", "0.25"),
    ],
)
def test_what_the_payable_amount_is_rounded_by_stands_in_its_own_field(
    price: str, mode: str, step: str, rounding: str, payable: str
) -> None:
    invoice = electronic("NO", line("1", price), reference=books("NO", mode, step))
    assert sums(invoice)[3:] == (D(rounding), D(payable))
    shown = told(parsed(written(invoice)), "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount")
    assert shown == (f"{D(rounding):.2f}" if D(rounding) else None)


def test_an_entered_amount_that_no_price_gives_is_the_price_of_the_whole_quantity() -> None:
    (sold,) = (invoice := electronic("NO", line("300007", "1", manual_amount=D("1000.01")))).lines
    assert (sold.quantity, sold.price, sold.base_quantity) == (D(300007), D("1000.01"), D(300007))
    assert sums(invoice)[0] == D("1000.01")


def test_a_line_taken_back_has_a_negative_quantity_and_its_discount_is_a_charge() -> None:
    taken = {"description": "Returned", "discount_percent": D(10)}
    invoice = electronic("NO", line("1", "500"), line("-3", "33.35", **taken), line("3", "-33.35", **taken))
    for returned in invoice.lines[1:]:
        assert (returned.quantity, returned.price, returned.net_amount) == (D(-3), D("33.35"), D("-90.04"))
        (charge,) = returned.allowances
        assert (charge.is_charge, charge.amount, charge.base) == (True, D("10.01"), None)
    assert sums(invoice)[0] == D("319.92")


def test_vat_in_the_currency_of_the_books_is_that_of_the_ledger() -> None:
    rate = Rate(D("11.4321"))
    document, _ = drafted("NO", *[line("1", "33.33")] * 3, rate=rate, currency_id="EUR")
    invoice = electronic("NO", *[line("1", "33.33")] * 3, rate=rate, currency_id="EUR")
    assert sums(invoice) == (D("99.99"), D("25.00"), D("124.99"), ZERO, D("124.99"))
    assert invoice.vat_total_accounted == document.vat_total_base == D("285.80")
    root = parsed(written(invoice))
    assert told(root, "cac:TaxTotal[not(cac:TaxSubtotal)]/cbc:TaxAmount[@currencyID='NOK']") == "285.80"


def test_amounts_have_two_decimals_in_the_xml_in_any_currency() -> None:
    invoice = electronic("SE", line("3", "33.33"), rate=Rate(D("0.98")), currency_id="NOK")
    assert sums(invoice)[4] == D("124.99")
    assert told(parsed(written(electronic("NO", line("1", "80")))), "//cbc:PayableAmount") == "100.00"


def test_a_document_worth_nothing_is_valid() -> None:
    assert sums(electronic("NO", line("1", "100"), line("-1", "100"))) == (ZERO,) * 5
    assert sums(electronic("SE", line("0", "100"), kind=CREDIT_NOTE)) == (ZERO,) * 5
