"""Printing alone: which layouts there are, what every page has, and how each language writes figures."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reskontra.printing.languages import language_of, shipped_languages
from reskontra.printing.page import address_lines, paragraphs, recipient_lines, sender_lines
from reskontra.printing.pdf import typeset
from reskontra.printing.typesetting import PACKAGE, find_layout
from reskontra.reference.rules.branches import Branch, BranchAddress, BranchContact, Country

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
LAYOUTS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.typ"))


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layouts_of_the_package_are_found(name: str) -> None:
    assert find_layout(name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "", "letter", "/etc/passwd", "/tmp/letter.typ", "../letter.typ", "dunning/../../letter.typ",
        "dunning/letters/wording.yaml", "dunning/letters/letter.typ/..", "dunning/letters",
    ],
)  # fmt: skip
def test_a_layout_is_a_file_of_the_package_and_nothing_else(name: str) -> None:
    with pytest.raises(ValueError, match="not a layout"):
        find_layout(name)


@pytest.mark.parametrize(
    ("name", "says"), [("/tmp/letter.typ", "not a layout"), ("dunning/letters/invoice.typ", r"letters/invoice\.typ")]
)
def test_a_layout_that_is_not_there_is_named(name: str, says: str) -> None:
    with pytest.raises(RuntimeError, match=says):
        typeset(name, b"{}", MOMENT)


HOME = BranchAddress(line_1="Kirkegata 1", line_3="Bakgården", postal_code="0153", city="Oslo", country_id="NO")
ABROAD = BranchAddress(line_1="Am Markt 2", city="Bonn", country_id="DE")
COUNTRIES = {"DE": Country(country_id="DE", name="Germany")}


def test_an_address_leaves_no_line_empty() -> None:
    assert [*address_lines(HOME)] == ["Kirkegata 1", "Bakgården", "0153 Oslo"]
    assert [*address_lines(BranchAddress(line_2="c/o Ola", postal_code="0153"))] == ["c/o Ola", "0153"]
    assert [*address_lines(BranchAddress(country_id="NO"))] == []


def test_a_recipient_is_told_its_country_when_it_is_abroad() -> None:
    def lines(attention: str | None, address: BranchAddress, home: str) -> list[str]:
        return [*recipient_lines("Ola AS", attention, address, home_country_id=home, countries=COUNTRIES)]

    assert lines(None, HOME, "NO") == ["Ola AS", "Kirkegata 1", "Bakgården", "0153 Oslo"]
    assert lines("Kari", ABROAD, "NO") == ["Ola AS", "Kari", "Am Markt 2", "Bonn", "Germany"]
    assert lines("", HOME, "DE")[-1] == "NO"


def test_a_sender_is_told_as_far_as_its_branch_is_known() -> None:
    labels = shipped_languages()["nb"].labels
    assert [*sender_lines(None, labels)] == []
    assert [*sender_lines(Branch(branch_number="1", name="Oslo"), labels)] == []
    contact = BranchContact(phone_1="22 00 00 00", email="post@demo.example", fax="no")
    branch = Branch(branch_number="1", name="Oslo", corporate_id="999", main_address=HOME, main_contact=contact)
    assert [*sender_lines(branch, labels)] == [
        *address_lines(HOME),
        "Org.nr. 999",
        "22 00 00 00",
        "post@demo.example",
    ]


def test_an_empty_line_ends_a_paragraph() -> None:
    assert paragraphs("Hei,\nOla!\n\nBetal.\n\n\n\nHilsen") == [["Hei,", "Ola!"], ["Betal."], ["Hilsen"]]


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [("nb", "1\u00a0234\u00a0567,80", "09.03.2025"), ("sv", "1\u00a0234\u00a0567,80", "2025-03-09"),
     ("en", "1,234,567.80", "2025-03-09")],
)  # fmt: skip
def test_figures_are_written_as_the_language_writes_them(language: str, amount: str, day: str) -> None:
    written = shipped_languages()[language]
    assert written.amount(Decimal("1234567.8"), 2) == amount
    assert written.amount(Decimal("-12"), 0) == "-12"
    assert written.money(Decimal("1234567.8"), "NOK", 2) == f"{amount}\u00a0NOK"
    assert written.day(date(2025, 3, 9)) == day
    assert written.day(date(1, 1, 1)) in ("01.01.0001", "0001-01-01")


@pytest.mark.parametrize(
    ("locale", "country_id", "language"),
    [
        (None, "NO", "nb"), (None, "SJ", "nb"), (None, "SE", "sv"), (None, "AX", "sv"), (None, "DK", "en"),
        (None, "se", "sv"), (None, "", "en"), ("nb-NO", "SE", "nb"), ("no", "SE", "nb"), ("NN_no", "SE", "nb"),
        ("sv", "NO", "sv"), ("en-GB", "NO", "en"), ("fi-FI", "NO", "fi"), ("de", "NO", "nb"), ("", "NO", "nb"),
        ("-", "NO", "nb"),
    ],
)  # fmt: skip
def test_a_locale_goes_before_the_country(locale: str | None, country_id: str, language: str) -> None:
    assert language_of(locale, country_id, ["fi"]) == language


def test_no_code_and_no_country_has_two_languages() -> None:
    languages = shipped_languages().values()
    codes = [code for language in languages for code in (language.code, *language.also)]
    countries = [country for language in languages for country in language.countries]
    assert len(codes) == len(set(codes))
    assert len(countries) == len(set(countries))
