"""VAT ids with their rates, categories and zones, and which ids apply to a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.money import HUNDRED, ZERO


class CalculateOn(StrEnum):
    """What the rate of a VAT id applies to (VAT-05). The last spelling is the wire's own."""

    EXTRACT_FROM_ITEM_AMOUNT = "ExtractFromItemAmount"
    ITEM_AMOUNT = "ItemAmount"
    ITEM_TAX_AMOUNT = "ItemTaxAmount"
    DOCUMENT_AMOUNT = "DocumentAmount"
    DOCUMENT_TAX_AMOUNT = "DocumenTaxAmount"


class VatType(StrEnum):
    """The kind of a VAT id as the wire names it (VAT-08)."""

    SALES = "Sales"
    USE = "Use"
    VAT = "Vat"
    WITHHOLDING = "Withholding"
    EXEMPT = "ExemptVat"
    STATISTICAL = "StatisticalVat"
    DIRECT = "DirectVat"
    PENDING = "PendingVat"
    REVERSE = "ReverseVat"


class EuReportCode(StrEnum):
    """The column of the EU sales list for sales within the European Union (VAT-12)."""

    GOODS = "SalesOfGoods"
    TRIANGULATION = "Triangulation"
    SERVICES = "SalesOfService"


class SalesArea(StrEnum):
    """Where a VAT zone lies as seen from the seller: at home, in the European Union, beyond."""

    DOMESTIC = "Domestic"
    EU = "EU"
    EXPORT = "Export"


class SaleKind(StrEnum):
    """What a sale is for VAT, and so which of the four sales accounts it goes to (CUS-06, decision 0023)."""

    TAXABLE = "taxable"
    NON_TAXABLE = "non_taxable"
    EU = "eu"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class VatRate:
    """A rate in percent from `start_date` until the next row begins, or until `not_valid_after` (inclusive)."""

    start_date: date
    percent: Decimal
    not_valid_after: date | None = None


@dataclass(frozen=True, slots=True)
class VatId:
    """A VAT id: what it is computed on, where it is posted and its dated rates in any order.

    `exempt` counts its base as VAT-exempt; `reverse_charge` leaves the VAT to the buyer. Both charge nothing.
    `agency_number` is the agency that the VAT is reported to; `document_text` is what documents say about it.
    """

    vat_id: str
    description: str = ""
    vat_type: VatType = VatType.VAT
    calculate_on: CalculateOn = CalculateOn.DOCUMENT_AMOUNT
    payable_account: str | None = None
    payable_subaccount: int | None = None
    exempt: bool = False
    reverse_charge: bool = False
    rates: tuple[VatRate, ...] = ()
    agency_number: str | None = None
    agency_name: str | None = None
    eu_report_code: EuReportCode | None = None
    document_text: str | None = None

    @property
    def inclusive(self) -> bool:
        """Whether the line amounts already include this VAT."""
        return self.calculate_on == CalculateOn.EXTRACT_FROM_ITEM_AMOUNT


@dataclass(frozen=True, slots=True)
class VatCategory:
    """What kind of thing is sold: the ids that may apply, or (`exclude_listed`) those that may not."""

    category_id: str
    description: str = ""
    vat_ids: tuple[str, ...] = ()
    exclude_listed: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class VatZone:
    """Where it is sold to: the ids that may apply there, and the category of a line without an item."""

    zone_id: str
    description: str = ""
    vat_ids: tuple[str, ...] = ()
    default_category: str | None = None
    area: SalesArea = SalesArea.DOMESTIC


def rate_on(vat_id: VatId, on: date, field: FieldPath = ("document_date",)) -> Decimal:
    """The scheduled percent on a date, sent as `field`: the row with the latest start, if still valid (VAT-04)."""
    begun = [rate for rate in vat_id.rates if rate.start_date <= on]
    latest = max(begun, key=lambda rate: rate.start_date, default=None)
    if latest is None or (latest.not_valid_after is not None and on > latest.not_valid_after):
        raise Refused(
            f"The VAT id '{vat_id.vat_id}' has no rate on {on.isoformat()}.",
            field=field,
            value=on.isoformat(),
            hint="Choose another date or VAT category, or add a rate to the id.",
        )
    return latest.percent


def charged_rate(vat_id: VatId, on: date, field: FieldPath = ("document_date",)) -> Decimal:
    """The percent a buyer pays: the scheduled one, 0 when exempt or reverse charge (VAT-08)."""
    scheduled = rate_on(vat_id, on, field)
    return ZERO if vat_id.exempt or vat_id.reverse_charge else scheduled


def applied_ids(category: VatCategory, zone: VatZone) -> tuple[str, ...]:
    """The ids of a category in a zone, in the zone's order (VAT-03). May be empty."""
    return tuple(vat_id for vat_id in zone.vat_ids if (vat_id in category.vat_ids) != category.exclude_listed)


def vat_ids_of_line(
    category: VatCategory | None, zone: VatZone | None, field: FieldPath = ("vat_id",)
) -> tuple[str, ...]:
    """The ids that apply to a line (VAT-03, D3).

    A line is untaxed without a zone, or with a category that lists nothing or excludes everything. A category whose ids
    are all unknown to the zone is refused: the line would silently be untaxed.
    """
    if zone is None or category is None:
        return ()
    if not category.active:
        reason = f"The VAT category '{category.category_id}' is not active."
        raise Refused(reason, field=field, value=category.category_id, hint="Choose an active VAT category.")
    applied = applied_ids(category, zone)
    if category.vat_ids and not category.exclude_listed and not applied:
        hint = f"VAT zone '{zone.zone_id}' knows these VAT ids: {', '.join(zone.vat_ids) or 'none'}."
        raise UnknownReference(field=field, value=category.category_id, hint=hint, subject="vat_id")
    return applied


def kind_of_sale(vat_ids: Sequence[VatId], zone: VatZone | None) -> SaleKind:
    """What a sale with these ids in this zone is (decision 0023). Dates do not matter: an id is of one kind for good.

    A sale is taxable if an id asks the buyer for VAT. Of the others, what is exempt or outside the VAT act is not
    taxable wherever the buyer is; the rest goes by where it is sold to. Without a zone nothing is known: taxable.
    """
    if zone is None or any(_asks_for_vat(vat_id) for vat_id in vat_ids):
        return SaleKind.TAXABLE
    if any(vat_id.exempt for vat_id in vat_ids):
        return SaleKind.NON_TAXABLE
    if zone.area == SalesArea.EU or any(vat_id.eu_report_code for vat_id in vat_ids):
        return SaleKind.EU
    return SaleKind.EXPORT if zone.area == SalesArea.EXPORT else SaleKind.NON_TAXABLE


def _asks_for_vat(vat_id: VatId) -> bool:
    charges = not (vat_id.exempt or vat_id.reverse_charge)
    return charges and any(rate.percent > ZERO for rate in vat_id.rates)


def check_vat_id(vat_id: VatId) -> None:
    """Refuses rates that could not be chosen from or computed with (VAT-04)."""
    starts: set[date] = set()
    for position, rate in enumerate(vat_id.rates):
        field = ("rates", position)
        if not ZERO <= rate.percent <= HUNDRED:
            raise _broken(vat_id, (*field, "percent"), rate.percent, "Send a percent from 0 to 100.")
        if rate.start_date in starts:
            raise _broken(vat_id, (*field, "start_date"), rate.start_date, "Send each start date once.")
        if rate.not_valid_after is not None and rate.not_valid_after < rate.start_date:
            hint = f"Send {rate.start_date.isoformat()} or a later date."
            raise _broken(vat_id, (*field, "not_valid_after"), rate.not_valid_after, hint)
        starts.add(rate.start_date)


def _broken(vat_id: VatId, field: FieldPath, value: object, hint: str) -> Refused:
    return Refused(f"The VAT id '{vat_id.vat_id}' is set up wrongly.", field=field, value=str(value), hint=hint)
