"""Random documents of Norwegian and Swedish companies: each is an e-invoice that all judges let pass.

150 in an ordinary run, others at each commit; 2,000 in `make test-all`.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from reskontra.currencies.rules import Rate
from reskontra.e_invoices.e_invoice import EInvoice
from reskontra.errors import Refused
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE
from tests.e_invoices.judges import faults
from tests.e_invoices.sellers import INCLUSIVE, NORWAY, PER_LINE, SELLERS, books, debtor, electronic

CATEGORIES = {
    "NO": ["3", "31", "32", "33", "5", "51", "6", "7", INCLUSIVE, PER_LINE],
    "SE": ["25", "LIVS", "12", "6", "0", "RC", INCLUSIVE, PER_LINE],
}
ABROAD = {"NO": (("DE", "EU", "52"), ("US", "EX", "52")), "SE": (("DE", "EU", "25"), ("US", "EX", "25"))}
ROUNDINGS = [("UseCurrencyPrecision", "1"), ("Nearest", "1"), ("Up", "0.5"), ("Down", "10")]


def test_generated_documents_are_valid_e_invoices(whole: bool, seed: str) -> None:
    """Lines of any sign, prices with VAT, discounts, entered amounts, rates, roundings, currencies, buyers abroad."""
    count = 2000 if whole else 150
    random = Random(seed)
    made = 0
    while made < count:
        invoice = some_e_invoice(random)
        if invoice is not None:
            made += 1
            assert faults(invoice) == [], invoice


def some_e_invoice(random: Random) -> EInvoice | None:
    """One at random; None for one that the ledger refuses, because its total is negative."""
    country = random.choice(["NO", "SE"])
    seller = SELLERS[country]
    kind = random.choice([INVOICE, INVOICE, CREDIT_NOTE, DEBIT_NOTE])
    reference = books(country, *random.choice(ROUNDINGS))
    sent: dict[str, Any] = {"terms_id": ("30D2" if seller is not NORWAY else "14")} if kind.has_terms else {}
    owing, categories = debtor(country), CATEGORIES[country]
    if random.random() < 0.25:
        buyer_country, zone, category = random.choice(ABROAD[country])
        owing, categories = debtor(country, buyer_country=buyer_country, zone=zone), [category]
    rate = None
    if random.random() < 0.3:
        rate = Rate(Decimal(random.randint(50_000, 2_000_000)).scaleb(-5))
        sent["currency_id"] = "EUR"
    if random.random() < 0.2:
        sent |= {"external_reference": "YR-REF", "customer_reference": None}
    used = random.sample(categories, k=min(len(categories), random.randint(1, 3)))
    lines = [some_line(random, used) for _ in range(random.randint(1, 8))]
    try:
        return electronic(country, *lines, kind=kind, reference=reference, owing=owing, rate=rate, **sent)
    except Refused as refusal:
        if "negative" in refusal.reason or "would be free" in refusal.reason:
            return None
        raise


def some_line(random: Random, categories: list[str]) -> dict[str, Any]:
    line: dict[str, Any] = {
        "description": random.choice(["Fish", "Æ & <Ø>\nmore", "Ünï\x01t"]),
        "quantity": round(Decimal(random.choice([1, 3, 7, random.randint(-5, 200)])) / random.choice([1, 1, 3, 8]), 6),
        "unit_price": Decimal(random.randint(-2000, 500_000)).scaleb(-random.choice([2, 2, 4])),
        "vat_category_id": random.choice(categories),
        "unit_id": random.choice([None, "KG" if "3" in categories else None]),
    }
    if random.random() < 0.4:
        line["discount_percent"] = Decimal(random.randint(-1000, 10_000)).scaleb(-2)
    if random.random() < 0.15:
        line["manual_amount"] = Decimal(random.randint(-1000, 90_000)).scaleb(-2)
        line["quantity"] *= random.choice([1, 1, 100_003])
    return line
