"""Printing alone: which layouts there are, what every page has, and how each language writes figures."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import typst

from reskontra.letterheads.rules import Letterhead
from reskontra.letterheads.wire import page_of
from reskontra.printing import pdf
from reskontra.printing.languages import language_of, shipped_languages
from reskontra.printing.page import Page, address_lines, paragraphs, places_of, recipient_lines
from reskontra.printing.pdf import typeset
from reskontra.printing.typesetting import FONTS, PACKAGE, find_layout

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


HOME = {"line_1": "Kirkegata 1", "line_3": "Bakgården", "postal_code": "0153", "city": "Oslo", "country_id": "NO"}
ABROAD = {"line_1": "Am Markt 2", "city": "Bonn", "country_id": "DE"}


def test_an_address_leaves_no_line_empty() -> None:
    assert [*address_lines(HOME)] == ["Kirkegata 1", "Bakgården", "0153 Oslo"]
    assert [*address_lines({"line_2": "c/o Ola", "postal_code": "0153", "city": None})] == ["c/o Ola", "0153"]
    assert [*address_lines({"country_id": "NO"})] == []


def test_a_recipient_is_told_its_country_when_it_is_abroad() -> None:
    assert [*recipient_lines("Ola AS", None, HOME)] == ["Ola AS", "Kirkegata 1", "Bakgården", "0153 Oslo"]
    assert [*recipient_lines("Ola AS", "Kari", ABROAD, "Germany")] == [
        "Ola AS",
        "Kari",
        "Am Markt 2",
        "Bonn",
        "Germany",
    ]
    assert [*recipient_lines("Ola AS", "Ola AS", HOME)][:2] == ["Ola AS", "Kirkegata 1"]


def page(letterhead: Letterhead, language: str = "nb") -> Page:
    return page_of(
        letterhead,
        None,
        shipped_languages()[language],
        title="Faktura 1",
        reference="Faktura 1",
        recipient=["Ola AS"],
        mark=None,
    )


def test_a_sender_is_told_as_far_as_it_is_known() -> None:
    bare = page(Letterhead(company="Demo AS", country_id="NO"))
    assert (bare.sender, bare.reach, bare.bank, bare.footer) == (["Demo AS"], [], [], ())
    whole = Letterhead(
        company="Demo AS",
        country_id="NO",
        corporate_id="999",
        address=HOME,
        phone="22 00 00 00",
        email="post@demo.example",
        bank={"iban": "NO9386011117947", "bic": "DNBANOKK", "bban": "86011117947"},
    )
    told = page(whole)
    assert told.sender == ["Demo AS", *address_lines(HOME), "Org.nr. 999"]
    assert told.reach == ["Telefon 22 00 00 00", "post@demo.example"]
    assert told.bank == ["Bankkonto 86011117947", "IBAN NO93 8601 1117 947", "BIC DNBANOKK"]


@pytest.mark.parametrize(
    ("letterhead", "numbers"),
    [
        ({"country_id": "NO", "vat_registration_id": "NO923609016MVA"}, ["Org.nr 923609016 MVA"]),
        (
            {"country_id": "NO", "corporate_id": "923 609 016", "vat_registration_id": "NO923609016MVA",
             "in_business_register": True},
            ["Org.nr 923 609 016 MVA", "Foretaksregisteret"],
        ),
        (
            {"country_id": "SE", "corporate_id": "556036-0793", "vat_registration_id": "SE556036079301",
             "approved_for_f_tax": True, "registered_office": "Göteborg"},
            ["Org.nr 556036-0793", "Momsreg.nr SE556036079301", "Godkänd för F-skatt", "Säte: Göteborg"],
        ),
    ],
)  # fmt: skip
def test_a_seller_says_what_its_law_asks(letterhead: dict[str, Any], numbers: list[str]) -> None:
    assert page(Letterhead(company="Demo", **letterhead), "sv").sender[1:] == numbers


@pytest.mark.parametrize(
    ("number", "least", "places"), [("2.500000", 0, 1), ("100", 0, 0), ("100.0000", 2, 2), ("0", 0, 0), ("1.125", 2, 3)]
)
def test_a_number_has_the_decimals_that_it_needs(number: str, least: int, places: int) -> None:
    assert places_of(Decimal(number), least) == places


SCRIPTS = ((0x21, 0x7F), (0xA1, 0x2B0), (0x370, 0x526), (0x1D00, 0x1D80), (0x1E00, 0x2000), (0x20A0, 0x20C1))
"""Latin, Greek, Cyrillic and currencies, as far as Unicode assigns them."""


def test_latin_greek_and_cyrillic_are_printed_and_the_rest_is_a_box() -> None:
    source = find_layout("printing/page.typ").read_text(encoding="utf-8")
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[FONTS])

    def glyphs(text: str) -> set[str]:
        page = f"{source}\n#set std.page(width: auto, height: auto)\n#set text(font: faces)\n#sys.inputs.text"
        svg = typst.compile(
            page.encode(), format="svg", font_paths=fonts, ignore_system_fonts=True, sys_inputs={"text": text}
        )
        return set(re.findall(r'<symbol id="([^"]+)"', svg.decode()))

    (box,) = glyphs("漢")
    assert glyphs("🎉") == {box}
    every = [chr(sign) for first, end in SCRIPTS for sign in range(first, end) if unicodedata.name(chr(sign), "")]
    assert len(every) > 1500
    assert box not in glyphs(" ".join(every))


async def test_a_typesetter_answers_again_after_it_has_ended() -> None:
    layout, content = (
        "letterheads/proof.typ",
        {"logo": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'},
    )
    pdf._of_thread.typesetter = pdf._Typesetter()  # that of the tests before may have grown
    first = typeset(layout, msgspec.json.encode(content), MOMENT)
    process = pdf._of_thread.typesetter._process
    with pytest.raises(RuntimeError, match="does not contain key"):
        typeset(layout, b"{}", MOMENT)
    assert pdf._of_thread.typesetter._process is process, "one process answers many"
    process.kill()
    assert typeset(layout, msgspec.json.encode(content), MOMENT) == first
    assert await pdf.make_pdf(layout, lambda: content, MOMENT, noun="logo") == first
    assert pdf.file_name("cash sale", "A/Æ 1") == "cash-sale-A-1.pdf"


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
