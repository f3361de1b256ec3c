"""A company file that cannot work says where and why: each fault names its line, its value and what would pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reskontra.company_file.file import read_template
from reskontra.company_file.rules.checks import check_template
from reskontra.errors import Refused
from reskontra.yaml_file import FileFaults

NO = Path("src/reskontra/company_file/templates/no.yaml").read_text(encoding="utf-8")


def faults_of(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "company.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileFaults) as refused:
        check_template(read_template(path))
    return [line.removeprefix(f"{path}:") for line in refused.value.reason.splitlines()]


def _rounded_currency(entries: str) -> tuple[str, str]:
    """What to replace in the template, and by what, so that other currencies are rounded too."""
    mode = "    mode: UseCurrencyPrecision\n"
    return mode, f"{mode}    currencies: [{entries}]\n"


# What is replaced, by what, the text whose place is named, and what the fault says behind that place.
ONE_FAULT = [
    # form
    ("hold_on_entry: false", "hold_on_entry: maybe", "maybe",
     "preferences.hold_on_entry 'maybe': Write true or false."),
    ("due_day_1: 14}", "due_day_1: two}", "two}", "terms[0].due_day_1 'two': Write a whole number."),
    ("vat_tolerance: 1.00", "vat_tolerance: 1,00", "1,00",
     "preferences.vat_tolerance '1,00': Write a number with a point and at most 8 decimals."),
    ("start_date: 2018-01-01", "start_date: 2018-02-30", "2018-02-30",
     "vat[3].rates[0].start_date '2018-02-30': Write a date like 2025-01-31."),
    ("periods: {first: 2020-01", "periods: {first: 2020-13", "2020-13, last: 2030-12}\n\n# automatic",
     "periods.first '2020-13': Write a month like 2025-01."),
    ("account_type: Income, account_class: SALES}", "account_type: Revenue, account_class: SALES}", "Revenue",
     "accounts[8].account_type 'Revenue': Write one of Asset, Liability, Income, Expense."),
    ("due_type: M}", "due_type: Z}", "Z}", "terms[3].due_type 'Z': Write one of N, D, E, M, T, P, C."),
    ("description: 30 days net,", "colour: red, description: 30 days net,", "colour",
     "terms[1].colour: This key is unknown. Known keys: terms_id, description, due_type"),
    ("  time_zone: Europe/Oslo\n", "  time_zone: Europe/Oslo\n  name: Again\n", "name: Again",
     "company.name: This key stands there twice, first in line 5."),
    ("  time_zone: Europe/Oslo\n", "", 'name: Norsk', "company: Add the missing time_zone."),
    ("  country_id: \"NO\"\n  base", "  country_id:\n  base", "\n  base_currency",
     "company.country_id '': Write a text of at most 255 printable characters."),
    ("units:\n  - {unit_id: STK, description: Piece}", "units:\n  - STK", "STK\n  - {unit_id: TIME",
     "units[0] 'STK': Write keys with values. Known keys: unit_id, description."),
    ('vat_ids: ["31", "52"]}', 'vat_ids: "31"}', '"31"}', "vat_categories[1].vat_ids '31': Write a list."),
    ("name: Norsk Firma AS", "name: [Norsk, Firma]", "[Norsk", "company.name 'a list': Write a text of at most 255"),
    ("name: Norsk Firma AS", f"name: {'x' * 256}", "xxx", "company.name 'xxxx"),
    # codes
    ('{terms_id: "30", ', '{terms_id: "14", ', '"14", description: 30',
     "terms[1].terms_id '14': This stands there twice, first as entry 0 of terms."),
    ("{unit_id: TIME,", "{unit_id: stk,", "stk", "units[1].unit_id 'stk': This stands there twice"),
    ("item_id: 3\n", "item_id: 2\n", "2\n    item_number: \"222\"", "items[2].item_id '2': This stands there twice"),
    ("{unit_id: KG,", '{unit_id: "",', '""',
     "units[2].unit_id '': Write 1 to 30 characters without blanks around them."),
    # references
    ('    terms_id: "14"\n    currency_id', '    terms_id: "15"\n    currency_id', '"15"',
     "customer_classes[0].terms_id '15': This is not in section terms. It has: 14, 30, 30D2, EOM, KONTANT, RATE3."),
    ('terms_id: "14"\n    charge_account', "terms_id: RATE3\n    charge_account", "RATE3\n    charge",
     "overdue_charges[0].terms_id 'RATE3': A charge is paid at once: write terms without instalments."),
    ("    legal: late_interest_percent\n",
     "    legal: late_interest_percent\n    in_base_currency: true\n    fee_account: \"3900\"\n"
     "    fee_legal: late_payment_compensation\n", "late_payment_compensation\n",
     "overdue_charges[0].fee_legal 'late_payment_compensation': Only businesses owe it: set preferences."),
    ('sales_account: "3000"', 'sales_account: "3333"', '"3333"',
     "item_classes[0].sales_account '3333': This is not in section accounts. It has: 1500, 1920"),
    ('vat_ids: ["33"]', 'vat_ids: ["34"]', '"34"', "vat_categories[3].vat_ids[0] '34': This is not in section vat."),
    ('vat_category_id: "7"\n', 'vat_category_id: "8"\n', '"8"', "items[3].vat_category_id '8': This is not in section"),
    ('    vat_zone_id: "NO"', "    vat_zone_id: DK", "DK", "customer_classes[0].vat_zone_id 'DK': This is not in"),
    ("invoice: INVOICE", "invoice: INV", "INV\n", "preferences.series.invoice 'INV': This is not in section series."),
    ("fee_item: PURREGEBYR", "fee_item: FEE", "FEE",
     "preferences.dunning.fee_item 'FEE': This is not in section items."),
    ("base_currency: NOK", "base_currency: USD", "USD",
     "company.base_currency 'USD': This is not in section currencies."),
    ('  country_id: "NO"\n  base', "  country_id: XX\n  base", "XX", "company.country_id 'XX': This is not in section"),
    ("sales_subaccount_id: 1", "sales_subaccount_id: 9", "9\n    discount_account",
     "customer_classes[0].sales_subaccount_id '9': This is not in section subaccounts. It has: 1."),
    # payment references
    ("      - {part: type, width: 1}\n", "", "- {part: customer",
     "preferences.payment_reference.parts: Add the part type: without it references are not unique."),
    ("{part: type, width: 1}", "{part: type, width: 2}", "2}",
     "preferences.payment_reference.parts[1].width '2': The type is one digit: write 1."),
    ("{part: number, width: 8}", "{part: number, width: 0}", "0}",
     "preferences.payment_reference.parts[2].width '0': Write 1 or more."),
    ("{part: number, width: 8}", "{part: number, width: 18}", "- {part: customer",
     "preferences.payment_reference.parts: References would have 26 characters; choose widths that make 4 to"),
    ("    algorithm: MOD10\n", "    algorithm: MOD10\n    length_digit: true\n", "true\n    parts",
     "preferences.payment_reference.length_digit 'True': Only OCR numbers have one: leave it out."),
    # figures
    ("unit_price: 12.50", "unit_price: -12.50", "-12.50", "items[2].unit_price '-12.50': Write 0 or more."),
    ("fee: 35.00", "fee: 35.00001", "35.00001", "dunning_levels[2].fee '35.00001': Write at most 4 decimals."),
    # the rules of the rooms
    ("discount_day: 10\n    discount_percent: 2\n", "discount_day: 10\n    discount_percent: 200\n", "200\n",
     "terms[2].discount_percent '200': Credit terms '30D2' cannot work like that. Send a percent from 0 to 100."),
    ("percent: 15}", "percent: 150}", "150}", "vat[1].rates[0].percent '150': "),
    ("    symbol: €\n", "    symbol: €\n    decimals: 5\n", "5\n    gain",
     "currencies[1].decimals '5': The currency 'EUR' cannot have that many decimals. Send 0 to 4."),
    ('start_number: "20001"', 'start_number: "none"', '"none"', "series[0].ranges[0].start_number 'none': The number"),
    ('ranges: [{start_number: "20001", end_number: "99999"}]', 'ranges: [{start_number: "00000"}]', '"00000"',
     "series[0].ranges[0].start_number '00000': Begin with a number whose last digits are 1 or more."),
    ('    ranges: [{start_number: "20001", end_number: "99999"}]\n', "", "series_id: CUSTOMER",
     "series[0] 'CUSTOMER': Add a range, or write mode: manual."),
    ("{detail_id: BANK, description", "{detail_id: account, description", "account, description",
     "payment_methods[0].details[1].detail_id 'account': The detail ACCOUNT stands there twice."),
    ("{detail_id: BIC, description: BIC}", "{detail_id: BIC, description: BIC, is_identifier: true}", "true}\n\ncash",
     "payment_methods[1].details[1].is_identifier 'True': Another detail is the identifier. Leave one of them."),
    ("{discount_code: RABATT, ", "{discount_code: RABATT, kind: Group, ", "Group,",
     "discount_codes[0].kind 'Group': Write one of Line."),
    ("{discount_code: RABATT, ", "{discount_code: RABATT, applies_to: Customer, ", "{discount_code",
     "discount_codes[0].customers: A code that applies to Customer needs them. List some."),
    ("{discount_code: RABATT, ", "{discount_code: RABATT, items: [A], ", "[A], ",
     "discount_codes[0].items 'A': The code does not look at these. Leave it out, or write another applies_to than"),
    # what a section must be in itself
    ("time_zone: Europe/Oslo", "time_zone: Europe/Trondheim", "Europe/Trondheim",
     "company.time_zone 'Europe/Trondheim': Write an IANA time zone like Europe/Oslo."),
    ("periods: {first: 2020-01, last: 2030-12}", "periods: {first: 2020-01, last: 2019-12}", "2019-12",
     "periods.last '2019-12': Write a month from 2020-01 to 100 years later."),
    ("last: 2030-12, base: 1.02", "last: 2019-12, base: 1.02", "2019-12",
     "rates[1].monthly.last '2019-12': Write a month from 2020-01 to 100 years later."),
    ("    monthly: {first: 2020-01, last: 2030-12, base: 1.02, swing: 0.02}\n", "", "from_currency: SEK",
     "rates[1] 'SEK': Write either monthly or rows."),
    ("base: 1.02, swing: 0.02", "base: 1.02, swing: 1.02", "from_currency: SEK",
     "rates[1] '0.00000000': This is not an exchange rate."),
    ('subaccount_number: "0"', 'subaccount_number: "1"', '"1", description: No',
     "subaccounts[0].subaccount_number '1': Segment 1 has no value '1'. It has: 0."),
    ("subaccount_mask: L", "subaccount_mask: XX", "XX", "preferences.subaccount_mask 'XX': Write 1 letters of C"),
    ('default_category: "3"', 'default_category: "52"', '"52"\n  - zone_id: EU',
     "vat_zones[0].default_category '52': This category has no VAT id that the zone knows"),
    ("{level: 3,", "{level: 4,", "4, description", "dunning_levels[2].level '4': Number the levels: this one is 3."),
    ("days_past_due: 28", "days_past_due: 14", "14, days_to_settle: 14}\n  - {level: 3",
     "dunning_levels[1].days_past_due '14': Write more than the 14 days of the level before."),
    ("    fee_item: PURREGEBYR\n", "", "35.00}", "dunning_levels[2].fee '35.00': A fee needs an item"),
    ("  - kind: reminder_fees_max", "  - kind: reminder_earliest_days", "2015-01-01\n    amount: 2",
     "legal_rates[1].start_date '2015-01-01': There is a figure of this kind from this date already, entry 0 of"),
    ("amount: 65\n    valid_until: 2015-12-31", "amount: 65\n    valid_until: 2014-12-31", "2014-12-31",
     "legal_rates[3].valid_until '2014-12-31': Write 2015-01-01 or a later date."),
    ("area: EU", "area: Asia", "Asia", "vat_zones[1].area 'Asia': Write one of Domestic, EU, Export."),
    ("mode: UseCurrencyPrecision", "mode: Nearest\n    precision: 0", "0\n  discount_basis",
     "preferences.document_rounding.precision '0': Write a number above 0."),
    (*_rounded_currency("{currency_id: EUR, mode: Nearest, precision: 0}"), "0}",
     "preferences.document_rounding.currencies[0].precision '0': Write a number above 0."),
    (*_rounded_currency("{currency_id: GBP, mode: Nearest}"), "GBP",
     "preferences.document_rounding.currencies[0].currency_id 'GBP': This is not in section currencies."),
    (*_rounded_currency("{currency_id: NOK, mode: Nearest}"), "NOK, mode",
     "preferences.document_rounding.currencies[0].currency_id 'NOK': The base currency has its mode and precision"),
    (*_rounded_currency("{currency_id: EUR, mode: Up}, {currency_id: EUR, mode: Down}"), "EUR, mode: Down",
     "preferences.document_rounding.currencies[1].currency_id 'EUR': This currency stands there twice."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "says"), ONE_FAULT)
def test_a_fault_names_its_place_its_value_and_what_would_pass(
    tmp_path: Path, old: str, new: str, at: str, says: str
) -> None:
    assert old in NO
    text = NO.replace(old, new, 1)
    places = [found.start() for found in re.finditer(re.escape(at), text)]
    position = min(places, key=lambda place: abs(place - NO.index(old)))
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    (fault,) = faults_of(text, tmp_path)
    assert fault.startswith(f"{line}:{column}: {says}")


TEXTS = """
dunning_texts:
  - level: 3
    language: nb
    subject: Inkasso
    opening: |
      Til {customer},

      betal {totl} til {account}.
"""
KNOWN_PLACEHOLDERS = "Known placeholders: {company}, {customer}, {customer_number}, {letter_number}, {letter_date}, "


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        (" til {account}", "", "opening: |", "opening '{totl}': In line 3 of the text: This is no placeholder. " +
         KNOWN_PLACEHOLDERS),
        ("{totl} til ", "", "opening: |", "opening '{account}': In line 3 of the text: No branch has a bank account: "),
        ("{totl} til {account}", "{total!r}", "opening: |", "opening '{total}': In line 3 of the text: This is no"),
        ("{totl} til {account}", "{total.real}", "opening: |", "opening '{total.real}': In line 3 of the text: "),
        ("{totl} til {account}", "{total:>9}", "opening: |", "opening '{total}': In line 3 of the text: This is no"),
        ("{totl} til {account}", "{}", "opening: |", "opening '{}': In line 3 of the text: This is no placeholder."),
        ("{totl} til {account}", "{total", "opening: |", "opening 'betal {total.': In line 3 of the text: "),
        ("level: 3", "level: 4", "level: 4", "level '4': This is not in section dunning_levels. It has: 1, 2, 3."),
        ("language: nb", "language: norsk", "language: norsk", "language 'norsk': Write two small letters: nb"),
        ("subject: Inkasso", 'subject: "{{x}} {sum}"', 'subject: "', "subject '{sum}': This is no"),
    ],
)  # fmt: skip
def test_a_text_of_a_letter_names_what_cannot_stand_in_it(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    assert old in TEXTS
    text = NO + TEXTS.replace(old, new, 1)
    if "{totl}" not in old and "opening '" not in says:
        text = text.replace("{totl} til {account}", "{total}")
    (fault,) = faults_of(text, tmp_path)
    line = text[: text.index(key, len(NO))].count("\n") + 1
    assert re.fullmatch(rf"{line}:\d+: {re.escape('dunning_texts[0].' + says)}.*", fault)


@pytest.mark.parametrize(
    ("paper", "says"),
    [
        ("accent_colour: blue", "accent_colour 'blue': Write # and six hexadecimal digits"),
        ("columns: [unit, unit]", "columns 'unit': Name each column once."),
        ("columns: [colour]", "columns[0] 'colour': Write one of item, quantity"),
        ("footer: [a, b, c, d, e]", "footer '5': Write at most 4 lines."),
        ("texts: [{document_type: Letter, language: nb}]", "texts[0].document_type 'Letter': Write one of Invoice"),
        ("texts: [{document_type: Invoice, language: norsk, above: Hei}]", "texts[0].language 'norsk': Write two"),
        ("texts: [{document_type: Invoice, language: nb}]", "texts[0].above: Write a text above or below."),
        ("texts: [{document_type: Invoice, language: nb, above: A}, {document_type: Invoice, language: nb, below: B}]",
         "texts[1].language 'nb': This type has its text in this language already."),
    ],
)  # fmt: skip
def test_the_paper_of_a_company_names_what_it_cannot_have(tmp_path: Path, paper: str, says: str) -> None:
    text = NO.replace("preferences:\n", f"preferences:\n  paper: {{{paper}}}\n", 1)
    (fault,) = faults_of(text, tmp_path)
    assert f"preferences.paper.{says}" in fault


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        ("reply_to: nobody", "reply_to 'nobody': Write one address"),
        ("texts: [{document_type: Payment, language: nb}]", "texts[0].document_type 'Payment': Write one of"),
        ("texts: [{document_type: Invoice, language: nb}]", "texts[0].subject: Write a subject or a body."),
        ("texts: [{document_type: Invoice, language: NO, body: Hei}]", "texts[0].language 'NO': Write two"),
        ('texts: [{document_type: Invoice, language: nb, subject: "{amout}"}]', "texts[0].subject '{amout}': This is"),
        ("texts: [{document_type: Invoice, language: nb, body: A}, {document_type: Invoice, language: nb, body: B}]",
         "texts[1].language 'nb': This type has its text in this language already."),
    ],
)  # fmt: skip
def test_the_mail_of_a_company_names_what_it_cannot_have(tmp_path: Path, mail: str, says: str) -> None:
    text = NO.replace("preferences:\n", f"preferences:\n  mail: {{{mail}}}\n", 1)
    (fault,) = faults_of(text, tmp_path)
    assert f"preferences.mail.{says}" in fault


@pytest.mark.parametrize(
    ("logo", "says"),
    [
        ("{branch_number: '1', content: PHN2Zz48L3N2Zz4=}", "content 'PHN2Zz48L3N2Zz4=': This is no picture"),
        ("{branch_number: '1', content: '?'}", "content '?': Write a file in base64"),
        (f"{{branch_number: '1', content: {'A' * 140004}}}", "content 'AAA"),
        ("{branch_number: '7', content: iVBORw0KGgo=}", "branch_number '7': This is not in section branches."),
    ],
)  # fmt: skip
def test_a_logo_of_a_company_is_a_picture_of_a_branch(tmp_path: Path, logo: str, says: str) -> None:
    assert f"logos[0].{says}" in faults_of(f"{NO}logos: [{logo}]", tmp_path)[0]


def test_a_text_says_something_once_and_at_length(tmp_path: Path) -> None:
    empty = NO + "dunning_texts: [{level: 1, language: nb}]"
    assert faults_of(empty, tmp_path)[0].endswith("dunning_texts[0].subject: Write a subject, an opening or a closing.")
    twice = NO + "dunning_texts: [{level: 1, language: nb, subject: A}, {level: 1, language: nb, subject: B}]"
    assert (
        "dunning_texts[1].language 'nb': This level has a text in this language already"
        in faults_of(twice, tmp_path)[0]
    )
    long = NO + f"dunning_texts: [{{level: 1, language: nb, closing: {'x' * 4001}}}]"
    assert faults_of(long, tmp_path)[0].endswith(
        "Write a text of 1 to 4000 printable characters, which may have several lines."
    )


def test_all_faults_are_told_at_once_in_order(tmp_path: Path) -> None:
    text = NO.replace("hold_on_entry: false", "hold_on_entry: no").replace("colour", "color")
    text = text.replace("Europe/Oslo", "[]").replace("percent: 11.11", "percent: eleven")
    faults = faults_of(text, tmp_path)
    assert [fault.split(": ")[1].split(" ")[0] for fault in faults] == [
        "company.time_zone",
        "preferences.hold_on_entry",
        "vat[2].rates[0].percent",
    ]


def test_a_code_is_the_text_that_stands_there(tmp_path: Path) -> None:
    """YAML alone would read NO as false, 002001 as the octal 1025 and 3 as a number."""
    path = tmp_path / "company.yaml"
    path.write_text(re.sub(r'"([A-Z0-9]+)"', r"\1", NO), encoding="utf-8")
    unquoted = read_template(path).content
    assert unquoted == read_template("no").content
    assert (unquoted.company.country_id, unquoted.series[1].ranges[0].start_number) == ("NO", "002001")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1:1: The file is empty."),
        ("# nothing\n", "1:1: The file is empty."),
        ("- a\n", "1:1: Write keys with values. Known keys: company, preferences"),
        ("company: {name: 'x\n", "2:1: This is not YAML: "),
        ("company:\n\tname: x\n", "2:1: This is not YAML: "),
        ("a: 1\n---\nb: 2\n", "2:1: This is not YAML: "),
        ("company: *nobody\n", "1:10: This is not YAML: "),
        ("company: \x00\n", "1:1: This is not YAML: "),
        ("company: &c [*c]\n", "1:10: company 'a list': Write keys with values."),
        ("[" * 2_000, "1:1: "),
    ],
)
def test_what_is_no_company_file_at_all_is_refused_with_a_place(tmp_path: Path, text: str, says: str) -> None:
    assert any(fault.startswith(says) for fault in faults_of(text, tmp_path))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: No such file"):
        read_template(tmp_path / "nowhere.yaml")
    with pytest.raises(Refused, match="cannot be read: Is a directory"):
        read_template(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("company:\n  name: Sørby\n".encode("latin-1"))
    with pytest.raises(Refused, match=r"latin.yaml:2: the file is not written in UTF-8"):
        read_template(latin)
