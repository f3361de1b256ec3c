"""How VAT ids, categories and zones look on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from reskontra.accounts.wire.named import CodedAccount, NamedSubaccount, coded_account, named_subaccount
from reskontra.reference.reference import Reference
from reskontra.vat.rules.codes import CalculateOn, EuReportCode, VatCategory, VatId, VatType, VatZone
from reskontra.vat.store import ListedCategory, ListedVatId
from reskontra.web.pairs import NumberDescription
from reskontra.web.wire import Answer, DayOut, MomentOut, day_answer, day_text, field, local_text

_NO_LIMIT = Decimal("0.0000")


class CashDiscount(StrEnum):
    """What a cash discount does to the VAT. Only `NoAdjust` is supported (VAT-07)."""

    TO_TAXABLE_AMOUNT = "ToTaxableAmount"
    TO_PROMPT_PAYMENT = "ToPromtPayment"
    TO_TAX_AMOUNT = "ToTaxAmount"
    ADJUST_TAX = "AdjustTax"
    NO_ADJUST = "NoAdjust"


class Direction(StrEnum):
    """Whether VAT is charged or paid."""

    OUTPUT = "Output"
    INPUT = "Input"


class RateAnswer(Answer):
    """A dated rate as a category shows it."""

    revision_id: str | None = field(name="revisionID", default=None)
    percent: Decimal | None = field(name="vatRate", default=None)
    direction: Direction | None = field(name="groupType", default=None)
    start_date: DayOut | None = None


class CategoryLineAnswer(Answer):
    """A VAT id of a category."""

    vat_id: str | None = None
    agency_number: str | None = field(name="vendorCd", default=None)
    description: str | None = None
    vat_type: VatType | None = field(name="type", default=None)
    calculate_on: CalculateOn | None = None
    cash_discount: CashDiscount | None = None
    rates: list[RateAnswer] | None = field(name="vatRates", default=None)


class CategoryAnswer(Answer):
    """A VAT category: what kind of thing is sold."""

    category_id: str | None = field(name="vatCategoryId", default=None)
    description: str | None = None
    active: bool | None = None
    exclude_listed: bool | None = field(name="excludeListedTaxes", default=None)
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    lines: list[CategoryLineAnswer] | None = field(name="vatCategoryLines", default=None)


class ZoneAnswer(Answer):
    """A VAT zone: where it is sold to."""

    zone_id: str | None = field(name="id", default=None)
    description: str | None = None
    default_category: str | None = field(name="defaultVatCategory", default=None)
    default_tax_category: NumberDescription | None = None


class AgencyAnswer(Answer):
    """The agency that the VAT is reported to. It is not a supplier here, so it has no internal id."""

    number: str | None = None
    name: str | None = None


class AccountsAnswer(Answer):
    """Where VAT is posted. Input VAT belongs to purchases, which do not exist here."""

    payable_account: CodedAccount | None = field(name="vatPayableAccount", default=None)
    payable_subaccount: NamedSubaccount | None = field(name="vatPayableSubaccount", default=None)


class ScheduleAnswer(Answer):
    """A dated rate as a VAT id shows it. There are no limits to the amount that it applies to."""

    start_date: DayOut | None = None
    percent: Decimal | None = field(name="vatRate", default=None)
    amount_min: Decimal | None = field(name="minTaxableAmt", default=None)
    amount_max: Decimal | None = field(name="maxTaxableAmt", default=None)
    direction: Direction | None = field(name="groupType", default=None)


class VatIdAnswer(Answer):
    """A VAT id with its rates, and the categories and zones that list it."""

    category_id: str | None = field(name="vatCategoryId", default=None)
    vat_id: str | None = None
    description: str | None = None
    vat_type: VatType | None = field(name="type", default=None)
    is_deductible: bool | None = field(name="deductibleVat", default=None)
    reverse_charge: bool | None = field(name="reverseVat", default=None)
    is_statistical: bool | None = field(name="statisticalVat", default=None)
    is_pending: bool | None = field(name="pendingVat", default=None)
    exempt: bool | None = field(name="includeinVatExemptTotal", default=None)
    taxable: bool | None = field(name="includeinVatTotal", default=None)
    from_vat_invoice: bool | None = field(name="enterFromVatInvoice", default=None)
    calculate_on: CalculateOn | None = None
    cash_discount: CashDiscount | None = None
    agency: AgencyAnswer | None = field(name="vatAgencyId", default=None)
    not_valid_after: DayOut | None = None
    eu_report_code: EuReportCode | None = None
    document_text: str | None = None
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    accounts: AccountsAnswer | None = field(name="glAccounts", default=None)
    schedules: list[ScheduleAnswer] | None = None
    categories: list[CategoryAnswer] | None = None
    zones: list[ZoneAnswer] | None = None


def vat_id_answer(vat: ListedVatId, reference: Reference) -> VatIdAnswer:
    """What the wire shows of a VAT id."""
    categories = [category for category in reference.vat_categories.values() if vat.vat_id in category.vat_ids]
    zones = [zone for zone in reference.vat_zones.values() if vat.vat_id in zone.vat_ids]
    end = vat.rates[-1].not_valid_after if vat.rates else None
    return VatIdAnswer(
        category_id=categories[0].category_id if categories else None,
        vat_id=vat.vat_id,
        description=vat.description,
        vat_type=vat.vat_type,
        is_deductible=False,
        reverse_charge=vat.reverse_charge,
        is_statistical=vat.vat_type == VatType.STATISTICAL,
        is_pending=vat.vat_type == VatType.PENDING,
        exempt=vat.exempt,
        taxable=not vat.exempt,
        from_vat_invoice=False,
        calculate_on=vat.calculate_on,
        cash_discount=CashDiscount(vat.cash_discount),
        agency=AgencyAnswer(number=vat.agency_number, name=vat.agency_name) if vat.agency_number else None,
        not_valid_after=day_answer(end),
        eu_report_code=vat.eu_report_code,
        document_text=vat.document_text,
        modified_at=local_text(vat.modified_at, reference.zone),
        accounts=_accounts(vat, reference),
        schedules=_schedules(vat),
        categories=[_category(category) for category in categories],
        zones=[zone_answer(zone, reference) for zone in zones],
    )


def category_answer(
    category: ListedCategory,
    zone: ZoneInfo,
    vat_ids: Mapping[str, ListedVatId],
    agency_number: str | None = None,
) -> CategoryAnswer:
    """What the wire shows of a category; `agency_number` leaves the ids that are reported to that agency."""
    found = [vat_ids[vat_id] for vat_id in category.vat_ids if vat_id in vat_ids]
    if agency_number is not None:
        found = [vat for vat in found if (vat.agency_number or "").lower() == agency_number.lower()]
    answer = _category(category)
    answer.modified_at = local_text(category.modified_at, zone)
    answer.lines = [_category_line(vat) for vat in found]
    return answer


def zone_answer(zone: VatZone, reference: Reference) -> ZoneAnswer:
    """What the wire shows of a zone."""
    category = reference.vat_categories.get(zone.default_category or "")
    return ZoneAnswer(
        zone_id=zone.zone_id,
        description=zone.description,
        default_category=zone.default_category,
        default_tax_category=NumberDescription(number=category.category_id, description=category.description)
        if category
        else None,
    )


def _category(category: VatCategory) -> CategoryAnswer:
    return CategoryAnswer(
        category_id=category.category_id,
        description=category.description,
        active=category.active,
        exclude_listed=category.exclude_listed,
    )


def _category_line(vat: ListedVatId) -> CategoryLineAnswer:
    return CategoryLineAnswer(
        vat_id=vat.vat_id,
        agency_number=vat.agency_number,
        description=vat.description,
        vat_type=vat.vat_type,
        calculate_on=vat.calculate_on,
        cash_discount=CashDiscount(vat.cash_discount),
        rates=[
            RateAnswer(
                revision_id=str(position),
                percent=rate.percent,
                direction=Direction.OUTPUT,
                start_date=day_text(rate.start_date),
            )
            for position, rate in enumerate(vat.rates, 1)
        ],
    )


def _schedules(vat: VatId) -> list[ScheduleAnswer]:
    return [
        ScheduleAnswer(
            start_date=day_text(rate.start_date),
            percent=rate.percent,
            amount_min=_NO_LIMIT,
            amount_max=_NO_LIMIT,
            direction=Direction.OUTPUT,
        )
        for rate in vat.rates
    ]


def _accounts(vat: VatId, reference: Reference) -> AccountsAnswer:
    account = reference.accounts.get(vat.payable_account or "")
    subaccount = None if vat.payable_subaccount is None else reference.subaccounts[vat.payable_subaccount]
    return AccountsAnswer(
        payable_account=None if account is None else coded_account(account),
        payable_subaccount=None if subaccount is None else named_subaccount(subaccount),
    )
