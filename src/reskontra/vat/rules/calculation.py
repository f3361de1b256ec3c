"""The VAT of a document: what each VAT id takes of which line, and VAT rows that were sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.money import HUNDRED, ONE, ZERO, divide, is_storable, multiply, percent_of, round_money, total
from reskontra.records import Record, replace
from reskontra.vat.rules.codes import CalculateOn, VatId, charged_rate


class TaxableLine(Record, frozen=True):
    """A line's amount after discount, as entered (with VAT if an id is inclusive), and the ids that apply.

    `on` is the day whose rates it has, if that is not the document's.
    """

    line_number: int
    amount: Decimal
    vat_ids: tuple[str, ...] = ()
    on: date | None = None


class VatRow(Record, frozen=True):
    """One id's VAT at one rate on a document: the rate in percent as charged, base and VAT in one currency.

    `line_count` is on how many lines the id stands at that rate. `entered` says that a request put a figure of its own
    instead of the computed VAT.
    """

    vat_id: str
    rate: Decimal
    taxable: Decimal
    vat: Decimal
    inclusive: bool = False
    exempt: bool = False
    reverse_charge: bool = False
    entered: bool = False
    line_count: int = 1


class VatResult(Record, frozen=True):
    """A document's VAT: a row for each id and rate, in that order, and each line's amount without the VAT inside it."""

    rows: tuple[VatRow, ...]
    line_nets: dict[int, Decimal]


@dataclass(frozen=True, slots=True)
class SentVatRow:
    """Figures that a request sends for a VAT id; None keeps the computed one."""

    vat_id: str
    taxable: Decimal | None = None
    vat: Decimal | None = None


def vat_of_document(
    lines: Sequence[TaxableLine],
    vat: Mapping[str, VatId],
    on: date,
    decimals: int,
    field: FieldPath = ("document_date",),
) -> VatResult:
    """The VAT rows of a document with the rates of the day `on`, and the net amounts of its lines (VAT-05, VAT-06,
    VAT-14). `field` is what that day was sent as.

    Inclusive VAT is taken out of the line first; the others are computed on what is left. A compound id
    (ItemTaxAmount, DocumenTaxAmount) is computed on the net amount and the VAT of the ids that are not compound.
    """
    charges = _charges(lines, vat, on, field)
    applied = {key: _applied(*key, charges) for key in {(line.vat_ids, line.on) for line in lines}}
    taxed = [_tax_line(line, applied[line.vat_ids, line.on], decimals) for line in lines]
    different = {charge.key: charge for charge in charges.values()}
    rows = tuple(_row(different[key], taxed, different, decimals) for key in sorted(different))
    return VatResult(rows, {line.line_number: line.net for line in taxed})


def apply_sent_rows(
    rows: Sequence[VatRow],
    sent: Sequence[SentVatRow],
    tolerance: Decimal,
    decimals: int,
    field: FieldPath = ("vat_rows",),
) -> tuple[VatRow, ...]:
    """`rows` with the sent VAT instead of the computed one, where rounding can explain the difference (VAT-09).

    Sent figures are rounded first (X6). Rounding explains one smallest unit of the currency for each line and one for
    the document; `tolerance`, in the document's currency, may allow less. VAT never changes its sign, and the taxable
    amount is that of the lines.

    Refused: an id that does not apply, an id sent twice or with several rates, a figure further off. VAT inside the
    line amounts and VAT at 0 per cent cannot be changed: the lines decide the first, the law the second. `field` is the
    path of the sent rows.
    """
    result = {(row.vat_id, row.rate): row for row in rows}
    seen: set[str] = set()
    for position, wanted in enumerate(sent):
        place = (*field, position)
        keys = [key for key in result if key[0] == wanted.vat_id]
        if not keys:
            known = ", ".join(dict.fromkeys(vat_id for vat_id, _ in result))
            hint = f"VAT ids of this document: {known or 'none'}."
            raise UnknownReference(field=(*place, "vat_id"), value=wanted.vat_id, hint=hint)
        if wanted.vat_id in seen:
            reason = f"The VAT id '{wanted.vat_id}' stands there twice."
            raise Refused(reason, field=(*place, "vat_id"), value=wanted.vat_id, hint="Send one row for each id.")
        if len(keys) > 1:
            raise Refused(
                f"The VAT id '{wanted.vat_id}' has lines at {len(keys)} rates.",
                field=(*place, "vat_id"),
                value=wanted.vat_id,
                hint="Leave it out: its VAT cannot be entered.",
            )
        seen.add(wanted.vat_id)
        result[keys[0]] = _replaced(result[keys[0]], wanted, tolerance, decimals, place)
    return tuple(result.values())


# The computation


_Key: TypeAlias = tuple[str, Decimal]
"""A VAT id and a rate in percent."""


@dataclass(frozen=True, slots=True)
class _Charge:
    """A VAT id with its rate on the day that counts."""

    vat_id: VatId
    rate: Decimal
    key: _Key


@dataclass(frozen=True, slots=True)
class _Applied:
    """What is charged on lines that have the same ids on the same day: many lines, few of these."""

    inside: Sequence[_Charge]
    whole: Decimal
    """An amount with the VAT inside it, in percent of the amount without."""

    simple: Sequence[_Charge]
    compound: Sequence[_Charge]


@dataclass(frozen=True, slots=True)
class _TaxedLine:
    """A line without the VAT inside it, and the VAT of each id, rounded on this line."""

    line_number: int
    net: Decimal
    vat: dict[_Key, Decimal]
    simple_vat: Decimal


_COMPOUND = (CalculateOn.ITEM_TAX_AMOUNT, CalculateOn.DOCUMENT_TAX_AMOUNT)
_ON_DOCUMENT = (CalculateOn.DOCUMENT_AMOUNT, CalculateOn.DOCUMENT_TAX_AMOUNT)


def _charges(
    lines: Sequence[TaxableLine], vat: Mapping[str, VatId], on: date, field: FieldPath
) -> dict[tuple[str, date | None], _Charge]:
    """What is charged, by VAT id and the line's own day."""
    charges: dict[tuple[str, date | None], _Charge] = {}
    for position, line in enumerate(lines):
        for vat_id in line.vat_ids:
            if (vat_id, line.on) in charges:
                continue
            known = vat.get(vat_id)
            if known is None:
                hint = "The VAT zone or category lists an id that does not exist."
                raise UnknownReference(field=("lines", position, "vat_id"), value=vat_id, hint=hint)
            sent_as = field if line.on is None else ("lines", position, "vat_date")
            rate = charged_rate(known, line.on or on, sent_as)
            charges[vat_id, line.on] = _Charge(known, rate, (vat_id, rate))
    return charges


def _applied(vat_ids: tuple[str, ...], on: date | None, charges: Mapping[tuple[str, date | None], _Charge]) -> _Applied:
    own = [charges[vat_id, on] for vat_id in dict.fromkeys(vat_ids)]
    inside = [charge for charge in own if charge.vat_id.inclusive]
    return _Applied(
        inside=inside,
        whole=HUNDRED + total(charge.rate for charge in inside),
        simple=[it for it in own if not it.vat_id.inclusive and it.vat_id.calculate_on not in _COMPOUND],
        compound=[it for it in own if it.vat_id.calculate_on in _COMPOUND],
    )


def _tax_line(line: TaxableLine, applied: _Applied, decimals: int) -> _TaxedLine:
    vat = {
        charge.key: round_money(divide(multiply(line.amount, charge.rate), applied.whole), decimals)
        for charge in applied.inside
    }
    net = line.amount - total(vat.values())
    for charge in applied.simple:
        vat[charge.key] = percent_of(net, charge.rate, decimals)
    simple_vat = total(vat.values())
    for charge in applied.compound:
        vat[charge.key] = percent_of(net + simple_vat, charge.rate, decimals)
    return _TaxedLine(line.line_number, net, vat, simple_vat)


def _row(charge: _Charge, taxed: Sequence[_TaxedLine], charges: Mapping[_Key, _Charge], decimals: int) -> VatRow:
    vat_id = charge.vat_id
    own = [line for line in taxed if charge.key in line.vat]
    taxable = total(line.net for line in own)
    if vat_id.calculate_on == CalculateOn.ITEM_TAX_AMOUNT:
        taxable += total(line.simple_vat for line in own)
    elif vat_id.calculate_on == CalculateOn.DOCUMENT_TAX_AMOUNT:
        taxable += _simple_vat_of(own, charges, decimals)
    if vat_id.calculate_on in _ON_DOCUMENT:
        amount = percent_of(taxable, charge.rate, decimals)
    else:
        amount = total(line.vat[charge.key] for line in own)
    return VatRow(
        vat_id.vat_id,
        charge.rate,
        taxable,
        amount,
        inclusive=vat_id.inclusive,
        exempt=vat_id.exempt,
        reverse_charge=vat_id.reverse_charge,
        line_count=len(own),
    )


def _simple_vat_of(lines: Collection[_TaxedLine], charges: Mapping[_Key, _Charge], decimals: int) -> Decimal:
    """The VAT of these lines that is not compound. An id computed on the document is rounded only once here too."""
    amount = ZERO
    for key, charge in charges.items():
        own = [line for line in lines if key in line.vat]
        if charge.vat_id.calculate_on == CalculateOn.DOCUMENT_AMOUNT:
            amount += percent_of(total(line.net for line in own), charge.rate, decimals)
        elif charge.vat_id.calculate_on not in _COMPOUND:
            amount += total(line.vat[key] for line in own)
    return amount


def _replaced(row: VatRow, sent: SentVatRow, tolerance: Decimal, decimals: int, field: FieldPath) -> VatRow:
    taxable = row.taxable if sent.taxable is None else _rounded(sent.taxable, decimals)
    charged = row.vat if sent.vat is None else _rounded(sent.vat, decimals)
    if taxable != row.taxable:
        raise _disagrees(row, (*field, "taxable"), taxable, f"Send {row.taxable:f}, the sum of its lines.")
    lowest, highest = _explained_by_rounding(row, tolerance, decimals)
    if not lowest <= charged <= highest:
        hint = f"Computed: {row.vat:f}; send that or leave it out."
        if lowest < highest:
            hint = f"Computed: {row.vat:f}; send {lowest:f} to {highest:f}."
        raise _disagrees(row, (*field, "vat"), charged, hint)
    return replace(row, vat=charged, entered=True)


def _rounded(sent: Decimal, decimals: int) -> Decimal:
    """A sent figure at the places of the currency. One that is too large for an amount stays, to be refused."""
    return round_money(sent, decimals) if is_storable(sent) else sent


def _explained_by_rounding(row: VatRow, tolerance: Decimal, decimals: int) -> tuple[Decimal, Decimal]:
    """The lowest and the highest VAT that another way of rounding may come to."""
    if row.inclusive or row.rate == ZERO:
        return row.vat, row.vat
    unit = ONE.scaleb(-decimals)
    allowed = min(unit * (row.line_count + 1), tolerance)
    lowest, highest = row.vat - allowed, row.vat + allowed
    if row.taxable >= ZERO:
        lowest = max(lowest, min(row.vat, ZERO))
    if row.taxable <= ZERO:
        highest = min(highest, max(row.vat, ZERO))
    return lowest, highest


def _disagrees(row: VatRow, field: FieldPath, sent: Decimal, hint: str) -> Refused:
    reason = f"The figures of VAT id '{row.vat_id}' do not agree with the lines."
    return Refused(reason, field=field, value=str(sent), hint=hint)
