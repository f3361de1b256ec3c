"""VAT: which ids apply to a line, at what rate, and what a document owes. Not what is reported or posted.

Signs follow the lines: a negative line gives negative VAT, and a credit note is computed like an invoice (VAT-10).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.money import HUNDRED, ZERO, divide, has_at_most, multiply, percent_of, round_money, total
from reskontra.records import Record, replace


class CalculateOn(StrEnum):
    """What the rate of a VAT id is taken of (ledger.md VAT-05). The last spelling is the wire's own."""

    EXTRACT_FROM_ITEM_AMOUNT = "ExtractFromItemAmount"
    ITEM_AMOUNT = "ItemAmount"
    ITEM_TAX_AMOUNT = "ItemTaxAmount"
    DOCUMENT_AMOUNT = "DocumentAmount"
    DOCUMENT_TAX_AMOUNT = "DocumenTaxAmount"


class VatType(StrEnum):
    """The kind of a VAT id as the wire names it (ledger.md VAT-08)."""

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
    """Where sales within the European Union stand in the sales list (ledger.md 2.8)."""

    GOODS = "SalesOfGoods"
    TRIANGULATION = "Triangulation"
    SERVICES = "SalesOfService"


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
    `agency_number` is whom the VAT is reported to; `document_text` is what documents say about it.
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
        """Whether the line amounts hold this VAT already."""
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
    """Where it is sold to: the ids that may apply there and the category of a line without item."""

    zone_id: str
    description: str = ""
    vat_ids: tuple[str, ...] = ()
    default_category: str | None = None


class TaxableLine(Record, frozen=True):
    """A line's amount after discount, as entered (with VAT where an id is inclusive), and the ids that apply."""

    line_number: int
    amount: Decimal
    vat_ids: tuple[str, ...] = ()


class VatRow(Record, frozen=True):
    """One id's VAT on a document: rate in percent as charged, base and VAT in one currency.

    `entered` says that a request put figures of its own in place of the computed ones.
    """

    vat_id: str
    rate: Decimal
    taxable: Decimal
    vat: Decimal
    inclusive: bool = False
    exempt: bool = False
    reverse_charge: bool = False
    entered: bool = False


class VatResult(Record, frozen=True):
    """A document's VAT: one row per id in order of id, and each line's amount without the VAT inside it."""

    rows: tuple[VatRow, ...]
    line_nets: dict[int, Decimal]


@dataclass(frozen=True, slots=True)
class SentVatRow:
    """Figures that a request puts in place of the computed ones; None keeps the computed one."""

    vat_id: str
    taxable: Decimal | None = None
    vat: Decimal | None = None


def rate_on(vat_id: VatId, on: date) -> Decimal:
    """The scheduled percent on a date: the row with the latest start, if still valid (ledger.md VAT-04)."""
    begun = [rate for rate in vat_id.rates if rate.start_date <= on]
    latest = max(begun, key=lambda rate: rate.start_date, default=None)
    if latest is None or (latest.not_valid_after is not None and on > latest.not_valid_after):
        raise Refused(
            f"The VAT id '{vat_id.vat_id}' has no rate on {on.isoformat()}.",
            field=("document_date",),
            value=on.isoformat(),
            hint="Choose another date or VAT category, or add a rate to the id.",
        )
    return latest.percent


def charged_rate(vat_id: VatId, on: date) -> Decimal:
    """The percent a buyer pays: the scheduled one, 0 when exempt or reverse charge (ledger.md VAT-08)."""
    scheduled = rate_on(vat_id, on)
    return ZERO if vat_id.exempt or vat_id.reverse_charge else scheduled


def applied_ids(category: VatCategory, zone: VatZone) -> tuple[str, ...]:
    """The ids of a category in a zone, in the zone's order (ledger.md VAT-03). May be empty."""
    return tuple(vat_id for vat_id in zone.vat_ids if (vat_id in category.vat_ids) != category.exclude_listed)


def vat_ids_of_line(
    category: VatCategory | None, zone: VatZone | None, field: FieldPath = ("vat_id",)
) -> tuple[str, ...]:
    """The ids that apply to a line (ledger.md VAT-03, decisions.md D3).

    Without a zone, or with a category that lists nothing or shuts everything out, a line is untaxed. A category
    that lists ids of which the zone knows none is refused: the line would silently go untaxed.
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


def vat_of_document(lines: Sequence[TaxableLine], vat: Mapping[str, VatId], on: date, decimals: int) -> VatResult:
    """The VAT rows of a document dated `on` and the net amounts of its lines (ledger.md VAT-05, VAT-06).

    Inclusive VAT is taken out of the line first; the others are computed on what is left. A compound id
    (ItemTaxAmount, DocumenTaxAmount) is computed on the net amount and the VAT of the ids that are not compound.
    """
    charges = _charges(lines, vat, on)
    taxed = [_tax_line(line, charges, decimals) for line in lines]
    rows = tuple(_row(charges[vat_id], taxed, charges, decimals) for vat_id in sorted(charges))
    return VatResult(rows, {line.line_number: line.net for line in taxed})


def apply_sent_rows(
    rows: Sequence[VatRow],
    sent: Sequence[SentVatRow],
    tolerance: Decimal,
    decimals: int,
    field: FieldPath = ("vat_rows",),
) -> tuple[VatRow, ...]:
    """`rows` with the sent figures in place of the computed ones, each within `tolerance` (ledger.md VAT-09).

    Refused: an id that does not apply, an id sent twice, too many decimals, a figure further off. VAT inside the
    line amounts and VAT at 0 per cent cannot be changed: the lines decide the one, the law the other.
    `field` is the path of the sent rows, `tolerance` is in the document's currency.
    """
    result = {row.vat_id: row for row in rows}
    seen: set[str] = set()
    for position, wanted in enumerate(sent):
        place = (*field, position)
        if wanted.vat_id not in result:
            hint = f"VAT ids of this document: {', '.join(result) or 'none'}."
            raise UnknownReference(field=(*place, "vat_id"), value=wanted.vat_id, hint=hint)
        if wanted.vat_id in seen:
            reason = f"The VAT id '{wanted.vat_id}' stands there twice."
            raise Refused(reason, field=(*place, "vat_id"), value=wanted.vat_id, hint="Send one row for each id.")
        seen.add(wanted.vat_id)
        result[wanted.vat_id] = _replaced(result[wanted.vat_id], wanted, tolerance, decimals, place)
    return tuple(result.values())


def check_vat_id(vat_id: VatId) -> None:
    """Refuses rates that could not be chosen from or computed with (ledger.md VAT-04)."""
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


# The computation


@dataclass(frozen=True, slots=True)
class _Charge:
    """A VAT id with its rate on the document's date."""

    vat_id: VatId
    rate: Decimal


@dataclass(frozen=True, slots=True)
class _TaxedLine:
    """A line without the VAT inside it, and the VAT of each id, rounded on this line."""

    line_number: int
    net: Decimal
    vat: dict[str, Decimal]
    simple_vat: Decimal


_COMPOUND = (CalculateOn.ITEM_TAX_AMOUNT, CalculateOn.DOCUMENT_TAX_AMOUNT)
_ON_DOCUMENT = (CalculateOn.DOCUMENT_AMOUNT, CalculateOn.DOCUMENT_TAX_AMOUNT)


def _charges(lines: Sequence[TaxableLine], vat: Mapping[str, VatId], on: date) -> dict[str, _Charge]:
    charges: dict[str, _Charge] = {}
    for position, line in enumerate(lines):
        for vat_id in line.vat_ids:
            if vat_id in charges:
                continue
            known = vat.get(vat_id)
            if known is None:
                hint = "The VAT zone or category lists an id that does not exist."
                raise UnknownReference(field=("lines", position, "vat_id"), value=vat_id, hint=hint)
            charges[vat_id] = _Charge(known, charged_rate(known, on))
    return charges


def _tax_line(line: TaxableLine, charges: Mapping[str, _Charge], decimals: int) -> _TaxedLine:
    applied = [charges[vat_id] for vat_id in dict.fromkeys(line.vat_ids)]
    inside = [charge for charge in applied if charge.vat_id.inclusive]
    whole = HUNDRED + total(charge.rate for charge in inside)
    vat = {
        charge.vat_id.vat_id: round_money(divide(multiply(line.amount, charge.rate), whole), decimals)
        for charge in inside
    }
    net = line.amount - total(vat.values())
    for charge in applied:
        if not charge.vat_id.inclusive and charge.vat_id.calculate_on not in _COMPOUND:
            vat[charge.vat_id.vat_id] = percent_of(net, charge.rate, decimals)
    simple_vat = total(vat.values())
    for charge in applied:
        if charge.vat_id.calculate_on in _COMPOUND:
            vat[charge.vat_id.vat_id] = percent_of(net + simple_vat, charge.rate, decimals)
    return _TaxedLine(line.line_number, net, vat, simple_vat)


def _row(charge: _Charge, taxed: Sequence[_TaxedLine], charges: Mapping[str, _Charge], decimals: int) -> VatRow:
    vat_id = charge.vat_id
    own = [line for line in taxed if vat_id.vat_id in line.vat]
    taxable = total(line.net for line in own)
    if vat_id.calculate_on == CalculateOn.ITEM_TAX_AMOUNT:
        taxable += total(line.simple_vat for line in own)
    elif vat_id.calculate_on == CalculateOn.DOCUMENT_TAX_AMOUNT:
        taxable += _simple_vat_of(own, charges, decimals)
    if vat_id.calculate_on in _ON_DOCUMENT:
        amount = percent_of(taxable, charge.rate, decimals)
    else:
        amount = total(line.vat[vat_id.vat_id] for line in own)
    return VatRow(
        vat_id.vat_id,
        charge.rate,
        taxable,
        amount,
        inclusive=vat_id.inclusive,
        exempt=vat_id.exempt,
        reverse_charge=vat_id.reverse_charge,
    )


def _simple_vat_of(lines: Collection[_TaxedLine], charges: Mapping[str, _Charge], decimals: int) -> Decimal:
    """The VAT that is not compound of these lines; an id computed on the document is rounded once here too."""
    amount = ZERO
    for vat_id, charge in charges.items():
        own = [line for line in lines if vat_id in line.vat]
        if charge.vat_id.calculate_on == CalculateOn.DOCUMENT_AMOUNT:
            amount += percent_of(total(line.net for line in own), charge.rate, decimals)
        elif charge.vat_id.calculate_on not in _COMPOUND:
            amount += total(line.vat[vat_id] for line in own)
    return amount


def _replaced(row: VatRow, sent: SentVatRow, tolerance: Decimal, decimals: int, field: FieldPath) -> VatRow:
    fixed = row.inclusive or row.rate == ZERO
    for name, computed, wanted, allowed in (
        ("taxable", row.taxable, sent.taxable, ZERO if row.inclusive else tolerance),
        ("vat", row.vat, sent.vat, ZERO if fixed else tolerance),
    ):
        if wanted is None or (abs(wanted - computed) <= allowed and has_at_most(wanted, decimals)):
            continue
        raise Refused(
            f"The figures of VAT id '{row.vat_id}' do not agree with the lines.",
            field=(*field, name),
            value=str(wanted),
            hint=f"Computed: {computed:f}; send that, or at most {allowed:f} more or less with {decimals} decimals.",
        )
    taxable = row.taxable if sent.taxable is None else round_money(sent.taxable, decimals)
    charged = row.vat if sent.vat is None else round_money(sent.vat, decimals)
    return replace(row, taxable=taxable, vat=charged, entered=True)


def _broken(vat_id: VatId, field: FieldPath, value: object, hint: str) -> Refused:
    return Refused(f"The VAT id '{vat_id.vat_id}' is set up wrongly.", field=field, value=str(value), hint=hint)
