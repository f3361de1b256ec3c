"""Companies drawn at random: what the books are kept by, and the file that makes such a company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

FIRST, LAST = date(2020, 1, 1), date(2025, 12, 31)
"""The days of documents: 72 months."""

RECEIVABLES, SALES, USUAL_SALES = ("1500", "1510"), ("3000", "3010", "3020"), "3020"
FIRST_NUMBERS = {
    "customer": 20001, "invoice": 2001, "credit_note": 10001, "debit_note": 1001, "payment": 1, "cash_sale": 1,
    "write_off": 1, "overdue_charge": 1, "project": 1, "batch": 1,
}  # fmt: skip

INSIDE, ON_LINE, ON_LINE_AND_VAT = "ExtractFromItemAmount", "ItemAmount", "ItemTaxAmount"
ON_DOCUMENT, ON_DOCUMENT_AND_VAT = "DocumentAmount", "DocumenTaxAmount"

VAT_IDS = {
    "DATED": ON_DOCUMENT, "LINE": ON_LINE, "IN": INSIDE, "INTOO": INSIDE, "ONTOP": ON_LINE, "ONE": ON_DOCUMENT,
    "TWO": ON_DOCUMENT, "UNDER": ON_LINE, "OVER": ON_LINE_AND_VAT, "UNDERALL": ON_DOCUMENT,
    "OVERALL": ON_DOCUMENT_AND_VAT, "ZERO": ON_DOCUMENT, "ABROAD": ON_DOCUMENT, "EXEMPT": ON_DOCUMENT,
    "REVERSE": ON_DOCUMENT,
}  # fmt: skip
UNTAXED = ("ZERO", "ABROAD", "EXEMPT", "REVERSE")
ZONES = {"HOME": tuple(it for it in VAT_IDS if it != "ABROAD"), "ABROAD": UNTAXED}
CATEGORIES = {
    "STANDARD": ("DATED", "ABROAD"), "LINE": ("LINE",), "INSIDE": ("IN",), "INANDOUT": ("INTOO", "ONTOP"),
    "BOTH": ("ONE", "TWO"), "COMPOUND": ("UNDER", "OVER"), "COMPOUNDALL": ("UNDERALL", "OVERALL"), "ZERO": ("ZERO",),
    "EXEMPT": ("EXEMPT",), "REVERSE": ("REVERSE",), "ALLBUT": ("DATED",),
}  # fmt: skip
"""What a category's lines bear. ALLBUT says it the other way round: it names all other ids, which do not apply."""


@dataclass(frozen=True)
class VatId:
    """One VAT id; `rates` are percents from a day on, the first of them from before all documents."""

    vat_id: str
    calculate_on: str
    account: str
    rates: tuple[tuple[date, Decimal], ...]

    def percent(self, on: date) -> Decimal:
        """What is charged on a day (VAT-04, VAT-08)."""
        return Decimal(0) if self.vat_id in UNTAXED else max(row for row in self.rates if row[0] <= on)[1]


@dataclass(frozen=True)
class Terms:
    """Credit terms, by the letters that the wire has for them (TRM-09)."""

    terms_id: str
    due_type: str
    due_day_1: int
    due_day_2: int
    day_to_1: int
    discount_type: str
    discount_day: int
    discount_percent: Decimal
    weekend_rule: int
    calculation: str


@dataclass(frozen=True)
class Currency:
    """A currency: its places, how a rate leads to base currency (M or D), its rates from a day on, and its accounts."""

    currency_id: str
    places: int
    operator: str
    rates: tuple[tuple[date, Decimal], ...]
    gain: str
    loss: str
    rounding_gain: str
    rounding_loss: str

    def rate(self, on: date) -> Decimal:
        """The rate of a day (CUR-02, CUR-03)."""
        return max(row for row in self.rates if row[0] <= on)[1]


@dataclass(frozen=True)
class Item:
    """What a line gets from its item."""

    item_number: str
    price: Decimal
    category: str
    account: str | None


@dataclass(frozen=True)
class CustomerClass:
    """What a customer gets from its class. Without a zone it is untaxed."""

    class_id: str
    terms_id: str
    currency_id: str
    zone: str | None
    receivable: str


@dataclass(frozen=True)
class Company:
    """What the books are kept by."""

    code: str
    base: str
    currencies: Mapping[str, Currency]
    vat: Mapping[str, VatId]
    terms: Mapping[str, Terms]
    items: Mapping[str, Item]
    classes: Mapping[str, CustomerClass]
    discount_basis: str
    rounding: Mapping[str, tuple[str, Decimal]]
    """By currency: how totals are rounded, and to which step; the rest as the currency has places (TOT-03)."""

    credit_terms_in_credit_notes: bool
    use_original_invoice_date: bool
    hold_on_entry: bool

    @property
    def places(self) -> int:
        """The places of the base currency."""
        return self.currencies[self.base].places

    def vat_ids(self, category: str, zone: str | None) -> tuple[str, ...]:
        """Which ids a line of a category bears in a zone (VAT-03)."""
        return tuple(it for it in CATEGORIES[category] if zone and it in ZONES[zone])


# --- drawing one


def some_day(random: Random) -> date:
    """A day of the 72 months; the last of a month comes more often."""
    day = FIRST + timedelta(days=random.randint(0, (LAST - FIRST).days))
    return max(FIRST, day.replace(day=1) - timedelta(days=1)) if random.random() < 0.2 else day


def drawn(random: Random, code: str) -> Company:
    """A company with settings of every sort."""
    base = random.choice(("NOK", "SEK"))
    currencies = [_currency(random, name, places) for name, places in (("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3))]
    own = ((date.min, Decimal(1)),)
    currencies.append(Currency(base, random.choice((2, 2, 2, 0, 3)), "M", own, "8060", "8160", "7741", "7742"))
    terms = [_terms(random, f"T{number}", due_type) for number, due_type in enumerate("NNNDEMTTPPCC")]
    items = [Item("A", Decimal("100.00"), "STANDARD", "3000"), Item("B", Decimal("249.995"), "LINE", "3010")]
    items.append(Item("C", Decimal("0.123456"), "INSIDE", None))
    classes = [
        CustomerClass(name, random.choice(terms).terms_id, currency, zone, receivable)
        for name, currency, zone, receivable in (
            ("HOME", base, "HOME", "1500"),
            ("ABROAD", "EUR", "ABROAD", "1510"),
            ("UNTAXED", random.choice((base, "JPY")), None, "1500"),
        )
    ]
    return Company(
        code=code,
        base=base,
        currencies={it.currency_id: it for it in currencies},
        vat={name: _vat(random, name, f"27{place:02}") for place, name in enumerate(VAT_IDS)},
        terms={it.terms_id: it for it in terms},
        items={it.item_number: it for it in items},
        classes={it.class_id: it for it in classes},
        discount_basis=random.choice(("ExtendedPrice", "UnitPrice")),
        rounding={it.currency_id: rule for it in currencies if (rule := _rounding(random))},
        credit_terms_in_credit_notes=random.random() < 0.5,
        use_original_invoice_date=random.random() < 0.5,
        hold_on_entry=random.random() < 0.3,
    )


def _rounding(random: Random) -> tuple[str, Decimal] | None:
    mode, step = random.choice((None, None, "Nearest", "Up", "Down")), Decimal(random.choice(("0.5", "1", "10")))
    return (mode, step) if mode else None


def _currency(random: Random, name: str, places: int) -> Currency:
    level = Decimal(random.randint(10**4, 10**9)).scaleb(-8) * random.choice((1, 1, 10))
    days = [date(2019, 1, 1), *sorted({some_day(random) for _ in range(24)})]
    rates = tuple((day, round(level * random.randint(960, 1040) / 1000, 8)) for day in days)
    accounts = random.choice((("8060", "8160", "7741", "7742"), ("8061", "8161", "7743", "7744")))
    return Currency(name, places, random.choice("MD"), rates, *accounts)


def _vat(random: Random, name: str, account: str) -> VatId:
    first, second = (Decimal(it) for it in random.sample(("25", "15", "12", "11.11", "6", "7.333333"), 2))
    start = date(2015, 1, 1)
    rates = {"ZERO": ((start, Decimal(0)),), "DATED": ((start, first), (some_day(random), second))}
    return VatId(
        name, VAT_IDS[name], account, rates.get(name, rates["ZERO"] if name == "ABROAD" else ((start, first),))
    )


_DISCOUNTS = {"N": "N", "D": "DET", "E": "", "M": "DEMT", "T": "T", "P": "P", "C": "NDEMTP"}
"""Which types of discount a type of due date may have (TRM-04)."""


def _terms(random: Random, terms_id: str, due_type: str) -> Terms:
    is_custom, by_days = due_type == "C", due_type in "NP"
    discount = random.choice(_DISCOUNTS[due_type]) if due_type != "E" and random.random() < 0.6 else ""
    days = {"N": (0, 40), "P": (0, 40), "D": (1, 31), "T": (1, 31)}
    return Terms(
        terms_id=terms_id,
        due_type=due_type,
        due_day_1=random.randint(0, 60) if by_days else random.randint(1, 31) if due_type in "DTC" else 0,
        due_day_2=random.randint(1, 31) if is_custom else 0,
        day_to_1=random.randint(1, 30) if is_custom else 0,
        discount_type=discount or "N",
        discount_day=random.randint(*days.get(discount, (0, 0))),
        discount_percent=Decimal(random.choice(("2", "3.5", "1.234567")) if discount else 0),
        weekend_rule=random.choice((1, 2, 3)),
        calculation=random.choice("GN"),
    )


# --- the file that makes it


def file_of(company: Company) -> dict[str, Any]:
    """The company's file (decision 0005), as data."""
    payable = [it.account for it in company.vat.values()]
    foreign = [it for it in company.currencies.values() if it.currency_id != company.base]
    segment = {"segment_id": 1, "length": 1, "values": [{"value": 0}]}
    differences = ("7741", "7742", "7743", "7744", "8060", "8061", "8160", "8161")
    return {
        "company": {"name": company.code, "country_id": "NO", "base_currency": company.base, "time_zone": "UTC"},
        "preferences": {
            "default_customer_class_id": "HOME",
            "default_branch": "1",
            "default_subaccount_id": 1,
            "series": {key: key.upper() for key in FIRST_NUMBERS},
            "hold_on_entry": company.hold_on_entry,
            "credit_terms_in_credit_notes": company.credit_terms_in_credit_notes,
            "use_original_invoice_date": company.use_original_invoice_date,
            "discount_basis": company.discount_basis,
            "document_rounding": _rounding_in_file(company),
        },
        "currencies": [_currency_in_file(it) for it in company.currencies.values()],
        "rates": [_rates_in_file(it, company.base) for it in foreign],
        "accounts": [
            {"account_number": number, "description": number, "account_type": kind}
            for kind, numbers in (
                ("Asset", RECEIVABLES), ("Liability", payable), ("Income", SALES), ("Expense", differences),
            )
            for number in numbers
        ],
        "dimensions": [{"dimension_id": "SUBACCOUNT", "segments": [segment]}],
        "subaccounts": [{"subaccount_id": 1, "subaccount_number": 0}],
        "branches": [{"branch_number": 1, "name": "Head office", "country_id": "NO", "subaccount_id": 1}],
        "countries": [{"country_id": "NO", "name": "Norway"}],
        "terms": [vars(it) for it in company.terms.values()],
        "vat": [_vat_in_file(it) for it in company.vat.values()],
        "vat_categories": [_category_in_file(it) for it in CATEGORIES],
        "vat_zones": [{"zone_id": it, "vat_ids": ids, "default_category": "ZERO"} for it, ids in ZONES.items()],
        "units": [{"unit_id": "STK"}],
        "items": [_item_in_file(it, number) for number, it in enumerate(company.items.values(), 1)],
        "periods": {"first": "2020-01", "last": "2027-12"},
        "series": [_series_in_file(key, number) for key, number in FIRST_NUMBERS.items()],
        "customer_classes": [_class_in_file(it) for it in company.classes.values()],
    }  # fmt: skip


def _rounding_in_file(company: Company) -> dict[str, Any]:
    rules = {it: {"mode": mode, "precision": step} for it, (mode, step) in company.rounding.items()}
    own = rules.pop(company.base, {"mode": "UseCurrencyPrecision"})
    return {**own, "currencies": [{"currency_id": it, **rule} for it, rule in rules.items()]}


def _currency_in_file(it: Currency) -> dict[str, Any]:
    exchange = {"gain_account": it.gain, "loss_account": it.loss}
    rounding = {"rounding_gain_account": it.rounding_gain, "rounding_loss_account": it.rounding_loss}
    return {"currency_id": it.currency_id, "description": "-", "decimals": it.places, **exchange, **rounding}


def _rates_in_file(it: Currency, base: str) -> dict[str, Any]:
    rows = [{"effective_date": day, "rate": rate} for day, rate in it.rates]
    pair = {"from_currency": it.currency_id, "to_currency": base, "rate_type": "SPOT"}
    return {**pair, "operator": it.operator, "rows": rows}


def _vat_in_file(it: VatId) -> dict[str, Any]:
    return {
        "vat_id": it.vat_id,
        "vat_type": {"EXEMPT": "ExemptVat", "REVERSE": "ReverseVat"}.get(it.vat_id, "Vat"),
        "exempt": it.vat_id == "EXEMPT",
        "reverse_charge": it.vat_id == "REVERSE",
        "calculate_on": it.calculate_on,
        "payable_account": it.account,
        "rates": [{"start_date": day, "percent": percent} for day, percent in it.rates],
    }


def _category_in_file(name: str) -> dict[str, Any]:
    if name == "ALLBUT":
        return {"category_id": name, "exclude_listed": True, "vat_ids": [it for it in VAT_IDS if it != "DATED"]}
    return {"category_id": name, "vat_ids": CATEGORIES[name]}


def _item_in_file(it: Item, number: int) -> dict[str, Any]:
    account = {"sales_account": it.account} if it.account else {}
    named = {"item_id": number, "item_number": it.item_number, "description": it.item_number, "unit_id": "STK"}
    return {**named, "unit_price": it.price, "vat_category_id": it.category, **account}


def _series_in_file(key: str, number: int) -> dict[str, Any]:
    first = f"{'AR' if key == 'batch' else ''}{number:06}"
    return {"series_id": key.upper(), "description": key, "mode": "automatic", "ranges": [{"start_number": first}]}


def _class_in_file(it: CustomerClass) -> dict[str, Any]:
    """Only one sales account is given: which of the four counts when is a matter of its own."""
    return {
        "customer_class_id": it.class_id,
        "description": it.class_id,
        "terms_id": it.terms_id,
        "currency_id": it.currency_id,
        "currency_override": True,
        "rate_type": "SPOT",
        "rate_override": True,
        "customer_ledger_account": it.receivable,
        "customer_ledger_subaccount_id": 1,
        "sales_account": USUAL_SALES,
        "sales_subaccount_id": 1,
        "country_id": "NO",
        **({"vat_zone_id": it.zone} if it.zone else {}),
    }
