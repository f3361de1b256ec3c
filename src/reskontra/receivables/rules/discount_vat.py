"""The VAT in a cash discount, which goes back with it if the company wants that (VAT-15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reskontra.money import ZERO, divide, multiply, round_money, total
from reskontra.receivables.rules.items import Application, DiscountVat, OpenItem, Settled
from reskontra.records import Record, replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


class VatShare(Record, frozen=True, kw_only=True):
    """A VAT row of a released document: what a discount asks of it."""

    vat_id: str
    rate: Decimal
    exempt: bool
    reverse_charge: bool
    taxable: Decimal
    vat: Decimal
    taxable_base: Decimal
    vat_base: Decimal
    payable_account: str | None = None
    payable_subaccount_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """A released document and its VAT rows: an instalment has those of the document that was divided."""

    amount: Decimal
    has_vat_rate: bool
    """Whether its VAT has an exchange rate of its own (VAT-13)."""

    rows: Sequence[VatShare]


def with_discount_vat(
    settled: Settled, before: Mapping[int, OpenItem], taxed: Mapping[int, Taxed], reference: Reference
) -> Settled:
    """The settlement whose discounts give back their share of the VAT of what they settle; linear in the VAT rows.

    `before` are the documents by id, `taxed` is the VAT of those that have some.
    """

    def corrected(application: Application) -> Application:
        of = taxed.get(application.debit_document_id) if application.discount else None
        if of is None:
            return application
        decimals = reference.decimals_of(before[application.debit_document_id].currency_id)
        rows = discount_vat(application, of, decimals=decimals, base_decimals=reference.base_decimals)
        return replace(application, discount_vat=rows)

    return replace(settled, applications=tuple(corrected(it) for it in settled.applications))


def discount_vat(
    application: Application, taxed: Taxed, *, decimals: int, base_decimals: int
) -> tuple[DiscountVat, ...]:
    """The discount divided among VAT ids and rates, as the document is. Empty if there is no VAT in it.

    All rows together are exactly the discount, in both currencies: what rounding leaves is on the largest taxable
    amount. In base currency VAT is at the rate that the document's VAT has (VAT-13); where that is not the document's,
    so is the taxable amount, and the rows are not the discount in base currency.
    """
    rows = [_share(row, application.discount, taxed.amount, decimals, base_decimals) for row in taxed.rows]
    if not any(row.vat or row.vat_base for row in rows):
        return ()
    largest = max(range(len(rows)), key=lambda position: abs(rows[position].taxable))
    left = application.discount - total(row.taxable + row.vat for row in rows)
    left_base = application.discount_base - total(row.taxable_base + row.vat_base for row in rows)
    rows[largest] = replace(
        rows[largest],
        taxable=rows[largest].taxable + left,
        taxable_base=rows[largest].taxable_base + (ZERO if taxed.has_vat_rate else left_base),
    )
    return tuple(rows)


def _share(row: VatShare, discount: Decimal, amount: Decimal, decimals: int, base_decimals: int) -> DiscountVat:
    def of(figure: Decimal, places: int) -> Decimal:
        return round_money(divide(multiply(figure, discount), amount), places)

    return DiscountVat(
        vat_id=row.vat_id,
        rate=row.rate,
        exempt=row.exempt,
        reverse_charge=row.reverse_charge,
        taxable=of(row.taxable, decimals),
        vat=of(row.vat, decimals),
        taxable_base=of(row.taxable_base, base_decimals),
        vat_base=of(row.vat_base, base_decimals),
        account_number=row.payable_account,
        subaccount_id=row.payable_subaccount_id,
    )
