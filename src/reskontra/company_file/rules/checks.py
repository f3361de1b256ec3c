"""What must be consistent in a company file: codes, references between sections, the rules of each room.

The form of the file was checked when it was read; faults here are about meaning.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reskontra.accounts.rules.subaccounts import (
    MASK_SOURCES,
    SUBACCOUNT_DIMENSION,
    subaccount_number,
    subaccount_segments,
)
from reskontra.company_file.file import (
    ENTRIES,
    MonthlyRates,
    PeriodSpan,
    Template,
    countries_of,
    number_before,
    rates_of,
)
from reskontra.currencies.rules import check_currency, check_rate
from reskontra.discounts.rules.series import check_discount_code
from reskontra.errors import Refused
from reskontra.money import AMOUNT_LIMIT, ZERO
from reskontra.numbering.rules import Mode, check_series
from reskontra.payment_methods.rules import check_payment_method
from reskontra.printing.pictures import picture_of
from reskontra.reference.rules.dunning_texts import faults_of
from reskontra.reference.rules.mailing import faults_of_mail
from reskontra.reference.rules.overdue_charges import COMPENSATION, Charging, OverdueCharge
from reskontra.reference.rules.paper import faults_of_paper
from reskontra.reference.rules.preferences import CheckDigit, ReferencePart, ReferenceScheme
from reskontra.terms.rules.terms import InstalmentType, check_terms
from reskontra.vat.rules.codes import applied_ids, check_vat_id
from reskontra.yaml_file import Fault, FileFaults, Path, YamlFile

LONGEST_CODE = 30

Found = Iterator[tuple[Path, object, str]]
"""A fault: where it is, the value there, what would pass."""

# Section -> keys that must differ from entry to entry; texts ignoring case.
_CODES = {section: (*table.key, *table.also_unique) for section, table in ENTRIES.items() if len(table.key) == 1}

# Keys that refer to an entry of another section, wherever they are; they hold the first code of that section.
_REFERENCES: dict[str, str] = {
    "base_currency": "currencies",
    "currency_id": "currencies",
    "from_currency": "currencies",
    "to_currency": "currencies",
    "country_id": "countries",
    "terms_id": "terms",
    "fee_terms_id": "terms",
    "vat_ids": "vat",
    "vat_category_id": "vat_categories",
    "default_category": "vat_categories",
    "vat_zone_id": "vat_zones",
    "unit_id": "units",
    "default_unit_id": "units",
    "item_class_id": "item_classes",
    "payment_method_id": "payment_methods",
    "default_customer_class_id": "customer_classes",
    "default_branch": "branches",
    "branch": "branches",
    "statement_cycle_id": "statement_cycles",
    "account_number": "accounts",
    "account_class": "account_classes",
    "payable_subaccount": "subaccounts",
    "fee_item": "items",
    "overdue_charge_code": "overdue_charges",
}


def check_template(file: YamlFile[Template]) -> None:
    """Raises `FileFaults` with everything in the file that could not work."""
    faults: list[Fault] = [file.fault(path, value, hint) for path, value, hint in find_faults(file.content)]
    if faults:
        raise FileFaults(file.name, faults)


def find_faults(template: Template) -> list[tuple[Path, object, str]]:
    """Everything in a company file that could not work: where it is, the value there, what would pass."""
    return [
        *_duplicates(template),
        *_broken_references(template),
        *_company(template),
        *_payment_reference(template),
        *_figures(template, ()),
        *_rules_of_rooms(template),
        *_rates(template),
        *_classes(template),
        *_subaccounts(template),
        *_zones(template),
        *_numbering(template),
        *_dunning(template),
        *_dunning_texts(template),
        *_legal_rates(template),
        *_overdue_charges(template),
        *_paper(template),
        *_mail(template),
    ]


def _duplicates(template: Template) -> Found:
    for section, keys in _CODES.items():
        for key in keys:
            first: dict[object, int] = {}
            for position, entry in enumerate(_entries(template, section)):
                code = getattr(entry, key)
                path = (section, position, key)
                if isinstance(code, str) and (not code or code != code.strip() or len(code) > LONGEST_CODE):
                    yield path, code, f"Write 1 to {LONGEST_CODE} characters without blanks around them."
                folded = code.lower() if isinstance(code, str) else code
                if folded in first:
                    yield path, code, f"This stands there twice, first as entry {first[folded]} of {section}."
                first.setdefault(folded, position)


def _broken_references(template: Template) -> Found:
    known = {
        section: [getattr(entry, keys[0]) for entry in _entries(template, section)] for section, keys in _CODES.items()
    }
    known["items"] = [item.item_number for item in template.items]
    for path, key, code in _leaves(template, (), ""):
        section = "series" if path[:2] == ("preferences", "series") else _section_named_by(key)
        if section is None or code is None or code in known[section]:
            continue
        some = ", ".join(str(code) for code in known[section][:20]) or "none"
        yield path, code, f"This is not in section {section}. It has: {some}."


def _section_named_by(key: str) -> str | None:
    if key.endswith("_account"):
        return "accounts"
    if key.endswith("subaccount_id"):
        return "subaccounts"
    return _REFERENCES.get(key)


def _company(template: Template) -> Found:
    zone = template.company.time_zone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("company", "time_zone"), zone, "Write an IANA time zone like Europe/Oslo."
    span = template.periods
    if not _is_span(span):
        yield ("periods", "last"), _month(span.last), _span_hint(span)
    distance = template.preferences.period_distance
    if distance is not None and distance < 0:
        yield ("preferences", "period_distance"), distance, "Write 0 or more, or leave it out."
    yield from _document_rounding(template)


def _document_rounding(template: Template) -> Found:
    rounding = template.preferences.document_rounding
    path: Path = ("preferences", "document_rounding")
    if rounding.precision == ZERO:
        yield (*path, "precision"), rounding.precision, "Write a number above 0."
    seen = {template.company.base_currency: "The base currency has its mode and precision above."}
    for position, named in enumerate(rounding.currencies):
        place = (*path, "currencies", position)
        if named.precision == ZERO:
            yield (*place, "precision"), named.precision, "Write a number above 0."
        if named.currency_id in seen:
            yield (*place, "currency_id"), named.currency_id, seen[named.currency_id]
        seen.setdefault(named.currency_id, "This currency stands there twice.")


# Characters that a reference may have: banks take no longer KID or OCR, and ISO 11649 no longer RF.
_REFERENCE_LENGTHS = {ReferenceScheme.KID: (4, 25), ReferenceScheme.OCR: (2, 25), ReferenceScheme.RF: (5, 25)}


def _payment_reference(template: Template) -> Found:
    preference = template.preferences.payment_reference
    path = ("preferences", "payment_reference")
    seen = []
    for position, (part, width) in enumerate((entry.part, entry.width) for entry in preference.parts):
        if part in seen:
            yield (*path, "parts", position, "part"), part, "This part stands there twice."
        if part == ReferencePart.TYPE and width != 1:
            yield (*path, "parts", position, "width"), width, "The type is one digit: write 1."
        elif width == 0:
            yield (*path, "parts", position, "width"), width, "Write 1 or more."
        seen.append(part)
    if preference.scheme == ReferenceScheme.NONE:
        return
    for needed in (ReferencePart.TYPE, ReferencePart.NUMBER):
        if needed not in seen:
            yield (*path, "parts"), None, f"Add the part {needed}: without it references are not unique."
    if preference.algorithm != CheckDigit.MOD10 and preference.scheme != ReferenceScheme.KID:
        yield (*path, "algorithm"), preference.algorithm, "Only KIDs have a choice: leave it out."
    if preference.length_digit and preference.scheme != ReferenceScheme.OCR:
        yield (*path, "length_digit"), preference.length_digit, "Only OCR numbers have one: leave it out."
    shortest, longest = _REFERENCE_LENGTHS[preference.scheme]
    if not shortest <= preference.length <= longest:
        hint = f"References would have {preference.length} characters; choose widths that make {shortest} to {longest}."
        yield (*path, "parts"), None, hint


# Decimal places of values that are not stored with 8.
_PLACES = {
    "fee": 4,
    "credit_limit": 4,
    "write_off_limit": 4,
    "vat_tolerance": 4,
    "precision": 4,
    "unit_price": 6,
    "percent": 6,
    "discount_percent": 6,
    "commission_percent": 6,
    "amount": 6,
}


def _figures(template: Template, start: Path) -> Found:
    for path, key, figure in _leaves(template, start, ""):
        if isinstance(figure, bool) or not isinstance(figure, (int, Decimal)):
            continue
        if figure < 0:
            yield path, figure, "Write 0 or more."
        if isinstance(figure, Decimal) and -int(figure.as_tuple().exponent) > _PLACES.get(key, 8):
            yield path, figure, f"Write at most {_PLACES[key]} decimals."
        if key == "commission_percent" and figure > 100:
            yield path, figure, "Write a percent from 0 to 100."
        if figure >= AMOUNT_LIMIT:
            yield path, figure, f"Write less than {AMOUNT_LIMIT}."


def _rules_of_rooms(template: Template) -> Found:
    checks: dict[str, tuple[Sequence[Any], Callable[[Any], None]]] = {
        "currencies": ([entry.currency for entry in template.currencies], check_currency),
        "terms": (template.terms, check_terms),
        "vat": (template.vat, check_vat_id),
        "series": (template.series, check_series),
        "discount_codes": (template.discount_codes, check_discount_code),
        "payment_methods": (template.payment_methods, check_payment_method),
    }
    for section, (entries, check) in checks.items():
        for position, entry in enumerate(entries):
            try:
                check(entry)
            except Refused as refusal:
                yield (section, position, *refusal.field), refusal.value, f"{refusal.reason} {refusal.hint}"


def _rates(template: Template) -> Found:
    seen: set[tuple[object, ...]] = set()
    for position, rates in enumerate(template.rates):
        path = ("rates", position)
        if (rates.monthly is None) == (not rates.rows):
            yield path, rates.from_currency, "Write either monthly or rows."
        if rates.monthly is not None and not _is_span(rates.monthly):
            yield (*path, "monthly", "last"), _month(rates.monthly.last), _span_hint(rates.monthly)
            continue
        for row in rates_of(rates):
            try:
                check_rate(row.rate)
            except Refused as refusal:
                yield path, row.rate, f"{refusal.reason} {refusal.hint}"
                break
            dated = (row.from_currency, row.to_currency, row.rate_type, row.effective_date)
            if dated in seen:
                yield path, row.effective_date, "Two rates of one type cannot begin on the same date."
            seen.add(dated)


def _classes(template: Template) -> Found:
    classes = {entry.account_class_id: entry for entry in template.account_classes}
    for position, account in enumerate(template.accounts):
        account_class = classes.get(account.account_class or "")
        if account_class is not None and account_class.account_type != account.account_type:
            hint = f"Accounts of this class are of type {account_class.account_type}."
            yield ("accounts", position, "account_type"), account.account_type, hint


def _subaccounts(template: Template) -> Found:
    segments = next(
        (entry.segments for entry in template.dimensions if entry.dimension_id == SUBACCOUNT_DIMENSION), None
    )
    if not segments:
        yield ("dimensions",), None, f"Add the dimension {SUBACCOUNT_DIMENSION} with at least one segment."
        return
    known = {segment.segment_id: [entry.value for entry in segment.values] for segment in segments}
    for position, subaccount in enumerate(template.subaccounts):
        parts = subaccount_segments(subaccount.subaccount_number, segments)
        path = ("subaccounts", position, "subaccount_number")
        if subaccount_number([part.value for part in parts], segments) != subaccount.subaccount_number:
            sample = subaccount_number(["X" * segment.length for segment in segments], segments)
            yield path, subaccount.subaccount_number, f"Write it like {sample}, one part for each segment."
        for part in parts:
            values = known[part.segment_id]
            if part.value not in values:
                hint = f"Segment {part.segment_id} has no value '{part.value}'. It has: {', '.join(values) or 'none'}."
                yield path, subaccount.subaccount_number, hint
    mask = template.preferences.subaccount_mask
    length = sum(segment.length for segment in segments)
    if mask is not None and (len(mask.replace("-", "")) != length or set(mask) - {*MASK_SOURCES, "-"}):
        hint = f"Write {length} letters of C (branch), I (item), L (location), S (salesperson)."
        yield ("preferences", "subaccount_mask"), mask, hint


def _zones(template: Template) -> Found:
    categories = {category.category_id: category for category in template.vat_categories}
    for position, zone in enumerate(template.vat_zones):
        category = categories.get(zone.default_category or "")
        if category is not None and category.vat_ids and not applied_ids(category, zone):
            hint = f"This category has no VAT id that the zone knows: {', '.join(zone.vat_ids) or 'none'}."
            yield ("vat_zones", position, "default_category"), category.category_id, hint


def _numbering(template: Template) -> Found:
    for position, series in enumerate(template.series):
        if not series.ranges and series.mode != Mode.MANUAL:
            yield ("series", position), series.series_id, "Add a range, or write mode: manual."
        for row, numbers in enumerate(series.ranges):
            if numbers.last_number is not None:
                continue
            try:
                number_before(numbers.start_number, numbers.step)
            except ValueError:
                hint = f"Begin with a number whose last digits are {numbers.step} or more."
                yield ("series", position, "ranges", row, "start_number"), numbers.start_number, hint


def _dunning(template: Template) -> Found:
    levels = template.dunning_levels
    for position, level in enumerate(levels):
        if level.level != position + 1:
            yield ("dunning_levels", position, "level"), level.level, f"Number the levels: this one is {position + 1}."
        if position and level.days_past_due <= levels[position - 1].days_past_due:
            hint = f"Write more than the {levels[position - 1].days_past_due} days of the level before."
            yield ("dunning_levels", position, "days_past_due"), level.days_past_due, hint
        if level.fee > ZERO and template.preferences.dunning.fee_item is None:
            hint = "A fee needs an item: set preferences.dunning.fee_item."
            yield ("dunning_levels", position, "fee"), level.fee, hint


def _dunning_texts(template: Template) -> Found:
    levels = [level.level for level in template.dunning_levels]
    knows_account = any(branch.account for branch in template.branches)
    first: dict[tuple[int, str], int] = {}
    for position, text in enumerate(template.dunning_texts):
        if text.level not in levels:
            hint = f"This is not in section dunning_levels. It has: {', '.join(map(str, levels)) or 'none'}."
            yield ("dunning_texts", position, "level"), text.level, hint
        earlier = first.setdefault((text.level, text.language), position)
        if earlier != position:
            hint = f"This level has a text in this language already, entry {earlier} of dunning_texts."
            yield ("dunning_texts", position, "language"), text.language, hint
        for key, value, hint in faults_of(text, knows_account=knows_account):
            yield ("dunning_texts", position, key), value, hint


def _mail(template: Template) -> Found:
    knows_account = any(branch.account for branch in template.branches)
    for path, value, hint in faults_of_mail(template.preferences.mail, knows_account=knows_account):
        yield ("preferences", "mail", *path), value, hint


def _paper(template: Template) -> Found:
    for path, value, hint in faults_of_paper(template.preferences.paper):
        yield ("preferences", "paper", *path), value, hint
    numbers = [branch.branch_number for branch in template.branches]
    for position, logo in enumerate(template.logos):
        if logo.branch_number not in numbers:
            hint = f"This is not in section branches. It has: {', '.join(numbers[:20])}."
            yield ("logos", position, "branch_number"), logo.branch_number, hint
        try:
            picture_of(b64decode(logo.content))
        except ValueError as error:
            yield ("logos", position, "content"), logo.content[:20], str(error)


def _legal_rates(template: Template) -> Found:
    first: dict[tuple[str, date], int] = {}
    for position, rate in enumerate(template.legal_rates):
        earlier = first.setdefault((rate.kind, rate.start_date), position)
        if earlier != position:
            hint = f"There is a figure of this kind from this date already, entry {earlier} of legal_rates."
            yield ("legal_rates", position, "start_date"), rate.start_date, hint
        if rate.valid_until is not None and rate.valid_until < rate.start_date:
            hint = f"Write {rate.start_date} or a later date."
            yield ("legal_rates", position, "valid_until"), rate.valid_until, hint


def _overdue_charges(template: Template) -> Found:
    kinds = {rate.kind for rate in template.legal_rates}
    control = {entry.customer_ledger_account for entry in template.customer_classes}
    divided = {terms.terms_id for terms in template.terms if terms.instalment_type == InstalmentType.MULTIPLE}
    for position, code in enumerate(template.overdue_charges):
        path: Path = ("overdue_charges", position)
        for within, value, hint in _faults_of_charge(template, code):
            yield (*path, *within), value, hint
        for key in ("legal", "fee_legal"):
            kind = getattr(code, key)
            if kind is not None and kind not in kinds:
                yield (
                    (*path, key),
                    kind,
                    f"Add legal rates of this kind. There are: {', '.join(sorted(kinds)) or 'none'}.",
                )
        if code.terms_id in divided:
            yield (*path, "terms_id"), code.terms_id, "A charge is paid at once: write terms without instalments."
        for key in ("charge_account", "fee_account"):
            if getattr(code, key) in control:
                yield (*path, key), getattr(code, key), "Receivables stand there: write an account of type Income."
        if len({rate.start_date for rate in code.rates}) < len(code.rates):
            yield (*path, "rates"), None, "Two rates of one code cannot begin on the same date."


def _faults_of_charge(template: Template, code: OverdueCharge) -> Found:
    if code.charging == Charging.FIXED:
        if code.amount == ZERO:
            yield ("amount",), code.amount, "Write the fixed amount."
        if code.legal is not None or code.rates:
            yield ("charging",), code.charging, "A fixed amount has no percents: leave legal and rates out."
    elif (code.legal is None) == (not code.rates):
        yield ("charging",), code.charging, "Write either legal, the kind of a legal rate, or rates."
    has_fee = code.fee_amount > ZERO or code.fee_legal is not None
    if code.fee_amount > ZERO and code.fee_legal is not None:
        yield ("fee_legal",), code.fee_legal, "Write either fee_amount or fee_legal."
    if has_fee and code.fee_account is None:
        yield ("fee_account",), None, "The fee needs an account."
    if code.fee_legal is not None and not code.in_base_currency:
        yield ("in_base_currency",), code.in_base_currency, "A legal figure is in base currency: write true."
    if code.fee_legal == COMPENSATION and not template.preferences.sells_to_businesses_only:
        hint = "Only businesses owe it: set preferences.sells_to_businesses_only if all customers are businesses."
        yield ("fee_legal",), code.fee_legal, hint


def _entries(template: Template, section: str) -> Sequence[Any]:
    entries: Sequence[Any] = countries_of(template) if section == "countries" else getattr(template, section)
    return entries


def _leaves(part: object, path: Path, key: str) -> Iterator[tuple[Path, str, object]]:
    """Every single value below `part`, with its path and its key."""
    if is_dataclass(part):
        for attribute in fields(part):
            yield from _leaves(getattr(part, attribute.name), (*path, attribute.name), attribute.name)
    elif isinstance(part, tuple) and not hasattr(part, "_fields"):
        for position, entry in enumerate(part):
            yield from _leaves(entry, (*path, position), key)
    else:
        yield path, key, part


def _is_span(span: PeriodSpan | MonthlyRates) -> bool:
    return span.first <= span.last <= (span.first.year + 100, span.first.month)


def _span_hint(span: PeriodSpan | MonthlyRates) -> str:
    return f"Write a month from {_month(span.first)} to 100 years later."


def _month(month: tuple[int, int]) -> str:
    return f"{month[0]:04d}-{month[1]:02d}"
