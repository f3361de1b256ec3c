"""Names that one kind of document has and another one spells otherwise, or does not have at all.

The contract calls the same list `lines`, `invoiceLines` or `cashSaleLines`, by kind. A client that writes all kinds
with one piece of code sends one of these names everywhere, and would otherwise make documents without lines. What a
kind cannot do is refused where passing over it would change what is owed (W14); docs/QUIRKS.md names the rest.
"""

from __future__ import annotations

LINES = {"lines": "lines", "invoiceLines": "lines", "cashSaleLines": "lines"}
VAT_ROWS = {"taxDetails": "vat_rows", "taxDetailLines": "vat_rows"}
ADDRESSES = {"billingAddress": "invoice_address", "invoiceAddress": "invoice_address"}

NO_APPLICATIONS = {"applicationLines": "Only a credit note is applied to other documents when it is released."}
_DEDUCTS_NOTHING = "Only an invoice or a debit note takes a deduction for domestic services."
NO_ROT_RUT_DETAILS = {"rotRutDetails": _DEDUCTS_NOTHING}
NO_DEDUCTION = {**NO_ROT_RUT_DETAILS, "domesticServicesDeductibleDocument": _DEDUCTS_NOTHING}
NO_DEDUCTION_ON_LINES = {"domesticServicesDeductible": _DEDUCTS_NOTHING}
NO_VAT = dict.fromkeys(("taxDetailLines", "customerVatZoneId"), "The VAT of an overdue charge cannot be entered.")
"""`taxDetails` is what its answer calls them, so clients send it back as they read it: there it says nothing."""

CASH_SALE_HAS_NO = {
    **NO_APPLICATIONS,
    **NO_DEDUCTION,
    "customerVatZoneId": "A cash sale is taxed by its customer's VAT zone.",
    **dict.fromkeys(VAT_ROWS, "The VAT of a cash sale is computed."),
}
CASH_SALE_LINES_HAVE_NO = {
    **NO_DEDUCTION_ON_LINES,
    "discountCode": "A cash sale's line takes no discount code, but a percentage or an amount.",
}
