"""Printing alone: which layouts there are, and what every page has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

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
    assert [*sender_lines("Demo AS", None)] == ["Demo AS"]
    assert [*sender_lines("Demo AS", Branch(branch_number="1", name="Oslo"))] == ["Demo AS"]
    contact = BranchContact(phone_1="22 00 00 00", email="post@demo.example", fax="no")
    branch = Branch(branch_number="1", name="Oslo", corporate_id="999", main_address=HOME, main_contact=contact)
    assert [*sender_lines("Demo AS", branch)] == [
        "Demo AS",
        *address_lines(HOME),
        "999",
        "22 00 00 00",
        "post@demo.example",
    ]


def test_an_empty_line_ends_a_paragraph() -> None:
    assert paragraphs("Hei,\nOla!\n\nBetal.\n\n\n\nHilsen") == [["Hei,", "Ola!"], ["Betal."], ["Hilsen"]]
