"""A company file: its form, and its rows written out in full (rates by month, periods, numbers).

Decision 0005 describes the file. Its sections are the classes that the rooms compute with, so that a word means the
same in the file, in the table and in a rule.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from reskontra.accounts.rules.accounts import Account, AccountClass
from reskontra.accounts.rules.subaccounts import Dimension, Subaccount
from reskontra.accounts.store.accounts import ACCOUNT_CLASS_TABLE
from reskontra.attributes.rules import Attribute
from reskontra.currencies.rules import CurrencySetup, Operator, RateRow
from reskontra.currencies.store import RATE_TABLE
from reskontra.db.tables import Table
from reskontra.discounts.rules.series import DiscountCode
from reskontra.errors import Refused
from reskontra.items.rules.items import Item, ItemClass, Unit
from reskontra.items.store import ITEM_TABLE
from reskontra.money import RATE_DECIMALS, divide, multiply, round_money
from reskontra.numbering.rules import Series
from reskontra.payment_methods.rules import CashAccount, PaymentMethod
from reskontra.periods.rules import Period
from reskontra.reference.rules.branches import Branch, Country
from reskontra.reference.rules.classes import CustomerClass, ReasonCode, StatementCycle
from reskontra.reference.rules.dunning_levels import DunningLevel, LegalRate
from reskontra.reference.rules.dunning_texts import DunningText
from reskontra.reference.rules.overdue_charges import OverdueCharge
from reskontra.reference.rules.paper import Logo
from reskontra.reference.rules.preferences import Preferences
from reskontra.reference.store.reading import TABLES
from reskontra.salespersons.rules.salespersons import Salesperson
from reskontra.terms.rules.terms import Terms
from reskontra.vat.rules.codes import VatCategory, VatId, VatZone
from reskontra.yaml_file import Given, Month, YamlFile, read_partial_yaml, read_shipped, read_yaml

_NUMBER = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)
_LARGEST_FILE_BYTES = 10 * 1024 * 1024

# The course of a made-up rate within eight months, in halves of its swing.
_WAVE = (0, 1, 2, 1, 0, -1, -2, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFacts:
    """Section `company`. The time zone is an IANA name and says when a day begins."""

    name: str
    country_id: str
    base_currency: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyRates:
    """Made-up rates, one from the first of each month: `base` plus `swing` times 0, 1/2, 1, 1/2, 0, -1/2, -1, -1/2.

    The eight steps repeat from month `first` to month `last`, so that each month's rate is easy to work out.
    """

    first: Month
    last: Month
    base: Decimal
    swing: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRate:
    """A rate that was looked up."""

    effective_date: date
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRates:
    """An entry of section `rates`: either `monthly` or `rows`."""

    from_currency: str
    to_currency: str
    rate_type: str
    operator: Operator = Operator.MULTIPLY
    monthly: MonthlyRates | None = None
    rows: tuple[FileRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSpan:
    """Section `periods`: an open period for each month from `first` to `last`."""

    first: Month
    last: Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A whole company file."""

    company: CompanyFacts
    preferences: Preferences
    currencies: tuple[CurrencySetup, ...]
    accounts: tuple[Account, ...]
    branches: tuple[Branch, ...]
    dimensions: tuple[Dimension, ...]
    subaccounts: tuple[Subaccount, ...]
    terms: tuple[Terms, ...]
    vat: tuple[VatId, ...]
    vat_categories: tuple[VatCategory, ...]
    vat_zones: tuple[VatZone, ...]
    periods: PeriodSpan
    series: tuple[Series, ...]
    customer_classes: tuple[CustomerClass, ...]
    rates: tuple[FileRates, ...] = ()
    account_classes: tuple[AccountClass, ...] = ()
    countries: tuple[Country, ...] | None = None
    units: tuple[Unit, ...] = ()
    item_classes: tuple[ItemClass, ...] = ()
    items: tuple[Item, ...] = ()
    payment_methods: tuple[PaymentMethod, ...] = ()
    cash_accounts: tuple[CashAccount, ...] = ()
    discount_codes: tuple[DiscountCode, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    salespersons: tuple[Salesperson, ...] = ()
    statement_cycles: tuple[StatementCycle, ...] = ()
    reason_codes: tuple[ReasonCode, ...] = ()
    overdue_charges: tuple[OverdueCharge, ...] = ()
    dunning_levels: tuple[DunningLevel, ...] = ()
    dunning_texts: tuple[DunningText, ...] = ()
    legal_rates: tuple[LegalRate, ...] = ()
    logos: tuple[Logo, ...] = ()


SECTIONS = tuple(section.name for section in fields(Template))
"""The sections of a file, in its order."""

_ALL_TABLES = {table.section: table for table in (*TABLES, ACCOUNT_CLASS_TABLE, ITEM_TABLE, RATE_TABLE)}
TABLE_OF: Mapping[str, Table[Any]] = {section: _ALL_TABLES[section] for section in SECTIONS if section in _ALL_TABLES}
"""Section -> the table that holds what it says, of all but `company` and `preferences`, in their order."""

ENTRIES = {section: table for section, table in TABLE_OF.items() if section not in ("rates", "periods")}
"""Those whose entries are the rows; an entry of rates stands for many, as do the periods."""


@dataclass(frozen=True, slots=True)
class _Countries:
    countries: tuple[Country, ...]


def read_template(template: str | Path) -> YamlFile[Template]:
    """The company file of that name: one that ships with the program (`no`, `se`) or a path.

    Only its form is checked; `rules.checks` has the rest. Raises `FileFaults`, and `Refused` if there is no such file.
    """
    shipped = shipped_templates()
    if str(template) in shipped:
        return _shipped(str(template))
    return read_yaml(_text_of(Path(template), shipped), str(template), Template)


def read_partial_template(template: str | Path) -> YamlFile[Given]:
    """The company file of that name, which may leave out anything. Raises what `read_template` raises."""
    shipped = shipped_templates()
    path = files("reskontra.company_file") / "templates" / f"{template}.yaml"
    text = path.read_text(encoding="utf-8") if str(template) in shipped else _text_of(Path(template), shipped)
    return read_partial_yaml(text, str(template), Template)


def shipped_templates() -> list[str]:
    """The names of the templates that come with the program."""
    folder = files("reskontra.company_file") / "templates"
    names = (entry.name for entry in folder.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def countries_of(template: Template) -> tuple[Country, ...]:
    """The countries of the file, else all of ISO 3166-1."""
    return template.countries if template.countries is not None else all_countries()


@cache
def all_countries() -> tuple[Country, ...]:
    """The countries of ISO 3166-1, by code."""
    return read_shipped("reskontra.company_file", "countries.yaml", _Countries).countries


def periods_of(span: PeriodSpan) -> list[Period]:
    """A period for each month, both ends included."""
    return [
        Period(
            f"{year:04d}{month:02d}",
            date(year, month, 1),
            date(year, month, calendar.monthrange(year, month)[1]),
        )
        for year, month in months(span.first, span.last)
    ]


def rates_of(rates: FileRates) -> list[RateRow]:
    """The rows of one entry of section `rates`."""
    dated = [(row.effective_date, row.rate) for row in rates.rows]
    if rates.monthly is not None:
        monthly = rates.monthly
        dated = [
            (date(year, month, 1), _monthly_rate(monthly, position))
            for position, (year, month) in enumerate(months(monthly.first, monthly.last))
        ]
    return [
        RateRow(
            from_currency=rates.from_currency,
            to_currency=rates.to_currency,
            rate_type=rates.rate_type,
            effective_date=effective_date,
            rate=rate,
            operator=rates.operator,
        )
        for effective_date, rate in dated
    ]


def series_in_full(series: Series) -> Series:
    """`series` with an id for each range, and the end and last numbers that the file leaves out.

    A range without an end runs to the last number of the same length; one without a last number has given out none.
    """
    ranges = [
        replace(
            numbers,
            range_id=position,
            end_number=numbers.end_number or _highest_alike(numbers.start_number),
            last_number=numbers.last_number or number_before(numbers.start_number, numbers.step),
        )
        for position, numbers in enumerate(series.ranges, 1)
    ]
    return replace(series, ranges=tuple(ranges))


def months(first: Month, last: Month) -> Iterator[Month]:
    """Each month from `first` to `last`, both included."""
    for count in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield Month(count // 12, count % 12 + 1)


def number_before(start: str, step: int) -> str:
    """The number before `start`, `step` less than it. Raises `ValueError` if that would be below 0."""
    parts = _NUMBER.fullmatch(start)
    if parts is None:
        return start
    if int(parts[2]) < step:
        raise ValueError
    return f"{parts[1]}{int(parts[2]) - step:0{len(parts[2])}d}{parts[3]}"


def _highest_alike(start: str) -> str:
    parts = _NUMBER.fullmatch(start)
    return f"{parts[1]}{'9' * len(parts[2])}{parts[3]}" if parts else start


def _monthly_rate(rates: MonthlyRates, position: int) -> Decimal:
    halves = Decimal(_WAVE[position % len(_WAVE)])
    return round_money(rates.base + divide(multiply(rates.swing, halves), Decimal(2)), RATE_DECIMALS)


@cache
def _shipped(template: str) -> YamlFile[Template]:
    name = f"{template}.yaml"
    text = (files("reskontra.company_file") / "templates" / name).read_text(encoding="utf-8")
    return read_yaml(text, name, Template)


def _text_of(path: Path, shipped: list[str]) -> str:
    hint = f"Name one of {', '.join(shipped)} or a file."
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            raise Refused("The template file is too large.", field=("template",), value=str(path), hint=hint)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = f"The template '{path}' cannot be read: {error.strerror}."
        raise Refused(reason, field=("template",), value=str(path), hint=hint) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        reason = f"{path}:{line}: the file is not written in UTF-8."
        raise Refused(reason, field=("template",), value=str(path), hint="Save it as UTF-8.") from None
