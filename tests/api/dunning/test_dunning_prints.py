"""Letters on paper: what GET .../print answers is a PDF with the right words, whatever the customer is called."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pypdf
import pytest
import typst
from stdnum import iban, luhn, no

from reskontra.clock import Context
from reskontra.dunning.letters import commands
from reskontra.dunning.letters.commands import print_letter, print_released
from reskontra.dunning.letters.store.lists import find_letter
from reskontra.dunning.letters.wire.page import LAYOUT
from reskontra.errors import Refused
from reskontra.letterheads.rules import Letterhead
from reskontra.letterheads.wire import reference_label
from reskontra.printing import pdf
from reskontra.printing.languages import shipped_languages
from reskontra.printing.typesetting import FONTS
from reskontra.reference.store import remembered
from tests.api.dunning.debtors import climb, debtor, late, numbered, reminded
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk
from tests.pdf_runs import overlaps, runs_of


async def pages_of(clerk: Clerk, number: int) -> list[str]:
    """The text of each page of a printed letter, blanks of any kind and line ends as one blank."""
    answer = await clerk.http.get(f"/v1/{numbered(number)}/print")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="dunning-letter-{number}.pdf"'
    return texts_of(answer.content)


def texts_of(pdf: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


@pytest.mark.parametrize(
    ("country", "subjects", "deadline"),
    [
        ("NO", ["Betalingspåminnelse", "Ny betalingspåminnelse", "Inkassovarsel"], "13.03.2025"),
        ("SE", ["Betalningspåminnelse", "Ny betalningspåminnelse", "Sista påminnelse före inkasso"], "2025-03-13"),
        ("DE", ["Payment reminder", "Second payment reminder", "Notice of debt collection"], "2025-03-13"),
    ],
)
async def test_each_level_has_its_words_in_the_customers_language(
    clerk: Clerk, country: str, subjects: list[str], deadline: str
) -> None:
    customer = await debtor(clerk, mainAddress={"city": "Somewhere", "countryId": country})
    invoice = await clerk.issue(INVOICE, customer)
    last = await climb(clerk, customer)
    for number, subject in enumerate(subjects, 1):
        (page,) = await pages_of(clerk, number)
        assert subject in page
        assert invoice.number in page
        assert "Late payer AS" in page
    assert deadline in page
    assert page.count(deadline) == 2  # beside the figures and in the words
    total = {"NO": "160,00 NOK", "SE": "160,00 NOK", "DE": "160.00 NOK"}[country]
    assert page.count(total) == 2
    assert " ".join((await clerk.get(numbered(last["letterNumber"])))["text"]["closing"].split()) in page


async def test_the_norwegian_notice_says_collection_and_gives_the_deadline(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await climb(clerk, customer)
    (page,) = await pages_of(clerk, 3)
    assert "Dette er et inkassovarsel." in page
    assert "ikke 160,00 NOK betalt innen 13.03.2025, blir saken sendt til inkasso" in page


@pytest.mark.parametrize(
    "name",
    [
        "Пример ООО",
        "Παράδειγμα ΑΕ",
        "🎉 Party 🧑‍🤝‍🧑 AS",
        "漢字株式会社",
        "#strong[x] *b* _i_ $1/0$ `raw` @ref <label> \\ // /* */ https://x.y",
        "{customer} {{deadline}} {0} {}",
        '"]; #panic("out")',
        "x" * 255,
        "long " * 50 + "name",
        "\u202egnirts\u202c a\u0301\u0300\u0302",
    ],
)
async def test_any_name_is_text_and_never_markup(clerk: Clerk, name: str) -> None:
    customer = await debtor(clerk, name=name, mainAddress={"addressLine1": name, "city": "O\u2028slo"})
    await clerk.issue(INVOICE, customer)
    await climb(clerk, customer, 1)
    (page, *_) = await pages_of(clerk, 1)
    assert "Betalingspåminnelse" in page
    if name.isascii() and " " in name and not name.startswith("long"):
        assert name in page


async def test_two_hundred_documents_take_several_pages(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await climb(clerk, customer)
    async with clerk.database.connection() as connection:
        found = await find_letter(connection, 1, 3)
        assert found is not None
        reference = await remembered.at(connection, 1, None)
    (line,) = found.letter.lines
    lines = tuple(
        replace(line, document_id=number, document=replace(line.document, number=f"{number:06d}"))
        for number in range(1, 201)
    )
    letter = replace(found.letter, lines=lines)
    pages = texts_of((await print_letter(replace(found, letter=letter), reference)).content)
    assert len(pages) == 10
    assert all("Dokument Dato Forfall Dager forfalt Utestående NOK" in page for page in pages[:-1])
    assert all(f"Side {number} av 10" in page for number, page in enumerate(pages, 1))
    assert [f"Faktura {number:06d} " in " ".join(pages) for number in range(1, 201)] == [True] * 200
    assert "25 035,00 NOK" in pages[-1]
    assert " ".join(pages).count(" 125,00 NOK") == 0, "the head says the currency once"
    carried = [re.findall(r"Over(?:føres til neste|ført fra forrige) side ([\d ]+,\d\d NOK)", page) for page in pages]
    shown = [len(re.findall(r"Faktura \d{6} ", page)) for page in pages]
    sums = [f"{sum(shown[: page + 1]) * 125:,}".replace(",", " ") + ",00 NOK" for page in range(len(pages))]
    assert carried == [[sums[0]], *([*pair] for pair in pairwise(sums[:-1])), [sums[-2]]]


async def test_a_fee_in_another_currency_than_the_documents_is_named(clerk: Clerk) -> None:
    customer = await debtor(clerk, currencyId="EUR", vatZoneId="EU", mainAddress={"city": "Bonn", "countryId": "DE"})
    work = {"description": "Work", "quantity": 1, "unitPriceInCurrency": 100}
    await clerk.issue(INVOICE, customer, lines=[work])
    await climb(clerk, customer)
    letter = await clerk.get(numbered(3))
    assert (letter["currencyId"], letter["lines"][0]["currencyId"]) == ("NOK", "EUR")
    (page,) = await pages_of(clerk, 3)
    assert re.search(r"Reminder fee, KID \d{16} 35\.00 NOK To be paid 35\.00 NOK To be paid 100\.00 EUR", page)


async def test_drafts_and_voided_letters_are_marked(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await reminded(clerk, customer, late(15))
    assert (await pages_of(clerk, 1))[0].count("UTKAST") == 1
    context = Context(1, "tester", "request", datetime(2025, 1, 1, tzinfo=UTC), clerk.clock)
    with pytest.raises(Refused, match="The dunning letter 1 is not released"):
        await print_released(clerk.database, context, 1)
    await clerk.act(numbered(1), "release")
    (page,) = await pages_of(clerk, 1)
    assert texts_of((await print_released(clerk.database, context, 1)).content) == [page]
    assert "UTKAST" not in page
    assert "ANNULLERT" not in page
    await clerk.act(numbered(1), "void")
    assert (await pages_of(clerk, 1))[0].count("ANNULLERT") == 1


async def test_a_letter_is_the_same_bytes_each_time_and_brings_its_own_fonts(clerk: Clerk) -> None:
    customer = await debtor(clerk, name="Пример 漢字")
    await clerk.issue(INVOICE, customer)
    await climb(clerk, customer, 1)
    first, second = [(await clerk.http.get(f"/v1/{numbered(1)}/print")).content for _ in range(2)]
    assert first == second
    reader = pypdf.PdfReader(io.BytesIO(first))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Betalingspåminnelse", "Demo AS")
    made = (await clerk.get(numbered(1)))["createdDateTime"]
    assert reader.metadata.creation_date is not None
    assert f"{reader.metadata.creation_date + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}" == made[:19]
    assert len(reader.pages) == 1
    embedded, unembedded = reader.pages[0]._get_fonts()
    assert {name.partition("+")[2] for name in embedded} == {"Inter-Regular", "Inter-SemiBold"}
    assert unembedded == set()


LONG = (
    "Nordfjordeidbåtbyggjarlag og Sønnfjordfiskeforedlingsbedrift Eftf. & Ørjåsæter Ålesundshandelshus ASA, avd. 1234"
)


@pytest.mark.parametrize("locale", ["nb", "sv", "en"])
@pytest.mark.parametrize("currencies", [("NOK",), ("NOK", "EUR")])
async def test_whatever_is_long_stays_in_its_column_and_all_is_in_one_face(
    clerk: Clerk, locale: str, currencies: tuple[str, ...]
) -> None:
    customer = await debtor(clerk, name=LONG, mainAddress={"addressLine1": LONG, "city": LONG[:50], "countryId": "NO"})
    await clerk.sql("update customer set locale = $2 where number = $1", customer, locale)
    await clerk.issue(INVOICE, customer)
    number = (await climb(clerk, customer))["letterNumber"]
    async with clerk.database.connection() as connection:
        found = await find_letter(connection, 1, number)
        assert found is not None
        reference = await remembered.at(connection, 1, None)
    (line,) = found.letter.lines
    whose = [(customer, LONG), ("999999", LONG.upper())]
    documents = [
        replace(
            line.document,
            document_type=kind,
            number="W" * 15,
            currency_id=currency,
            customer_number=whose_number,
            customer_name=name,
            payment_reference=paid_with,
        )
        for kind in ("Invoice", "OverdueCharge")
        for currency in currencies
        for whose_number, name in whose
        for paid_with in ("8" * 25, "RF18" + "W" * 21)
    ]
    lines = tuple(replace(line, document=it, balance=Decimal("888888888888.88")) for it in documents)
    letter = replace(found.letter, letter_date=date(2088, 8, 28), lines=lines)
    pdf = (await print_letter(replace(found, letter=letter), reference)).content
    for page in range(len(pypdf.PdfReader(io.BytesIO(pdf)).pages)):
        runs = runs_of(pdf, page)
        assert [*overlaps(runs)] == []
        assert [it for it in runs if it.left < 21.9 or it.right > 190.1] == []
        assert {it.font for it in runs} == {"Inter-Regular", "Inter-SemiBold"}
    assert [it.text for it in runs_of(pdf) if it.font == "Inter-Regular" and it.text == "W" * 15]


def test_a_page_that_runs_into_itself_is_found() -> None:
    source = (
        '#set page(width: 80mm, height: 40mm, margin: 0mm)\n#set text(font: "Inter")\n#place(dx: {}mm)[one]#place[two]'
    )
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
    found = {
        apart: [*overlaps(runs_of(typst.compile(source.format(apart).encode(), font_paths=fonts)))] for apart in (2, 20)
    }
    assert found == {2: [("two", "one")], 20: []}


async def test_the_words_of_the_company_go_before_those_that_ship(clerk: Clerk) -> None:
    await clerk.sql(
        """
        insert into dunning_text (company_id, level, language, subject, opening, closing) values
            (1, 1, 'nb', 'Hei {customer_number}', null, E'Betal {total} for {documents}.\n\n{{Hilsen}} {company}'),
            (1, 1, 'fi', 'Maksumuistutus', 'Hei', 'Maksa {total} viimeistään {deadline}.'),
            (1, 2, 'fi', 'Maksumuistutus', null, null)
        """
    )
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    await climb(clerk, customer, 2)
    (page,) = await pages_of(clerk, 1)
    assert f"Hei {customer}" in page
    assert "Vi kan ikke se at du har betalt" in page
    assert f"Betal 125,00 NOK for {invoice.number}. {{Hilsen}} Demo AS" in page
    # A language of the company's own needs all of a letter's words, else English steps in.
    for locale in ("fi-FI", "sv_SE"):
        other = await debtor(clerk)
        await clerk.sql("update customer set locale = $2 where number = $1", other, locale)
        await clerk.issue(INVOICE, other)
        await climb(clerk, other, 2)
    (page,) = await pages_of(clerk, 3)
    assert "Maksa 125.00 NOK viimeistään 2025-02-13." in page
    (page,) = await pages_of(clerk, 4)
    assert "Maksumuistutus" not in page
    assert "Betalningspåminnelse" in (await pages_of(clerk, 5))[0]


async def test_a_released_letter_is_printed_as_it_was_sent(clerk: Clerk) -> None:
    customer = await debtor(clerk, name="Before AS")
    await clerk.issue(INVOICE, customer)
    await climb(clerk, customer, 1)
    before = (await clerk.http.get(f"/v1/{numbered(1)}/print")).content
    words = (await clerk.get(numbered(1)))["text"]
    await clerk.change(f"customer/{customer}", name="After AS")
    await clerk.sql("update customer set locale = 'sv' where number = $1", customer)
    await clerk.sql("update branch set detail = detail - 'bank'")
    await clerk.sql("update company set name = 'Other AS' where company_id = 1")
    await clerk.sql("insert into dunning_text (company_id, level, language, subject) values (1, 1, 'nb', 'Hei')")
    assert (await clerk.http.get(f"/v1/{numbered(1)}/print")).content == before
    assert (await clerk.get(numbered(1)))["text"] == words
    await climb(clerk, customer, 2)
    (page,) = await pages_of(clerk, 2)
    assert ("After AS" in page, "Ny betalningspåminnelse" in page, "Other AS" in page) == (True, True, True)


async def test_the_account_to_pay_to_is_named_where_it_is_known(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})  # a draft follows what is known
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await clerk.sql("update branch set detail = detail - 'bank'")
    await climb(clerk, customer, 1)
    assert "Betales til konto" not in (await pages_of(clerk, 1))[0]
    await clerk.sql('update branch set detail = detail || \'{"bank": {"iban": "NO9386011117947"}}\'')
    assert "Betales til konto NO93 8601 1117 947" in (await pages_of(clerk, 1))[0]
    await clerk.sql('update branch set detail = detail || \'{"bank": {"bban": "86011117947"}}\'')
    assert "Betales til konto 86011117947" in (await pages_of(clerk, 1))[0]


async def test_a_letter_without_an_account_is_made_with_a_warning(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await clerk.sql("update branch set detail = detail - 'bank'")
    await climb(clerk, customer, 1)
    lacking = [it for it in (await clerk.get(numbered(1)))["warnings"] if "names no account to pay to" in it]
    assert len(lacking) == 1
    await clerk.sql('update branch set detail = detail || \'{"bank": {"bban": "86011117947"}}\'')
    await climb(clerk, customer, 2)
    assert not any("account to pay to" in it for it in (await clerk.get(numbered(2)))["warnings"])


async def test_the_letter_of_the_demo_can_be_paid(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoices = [await clerk.issue(INVOICE, customer) for _ in range(2)]
    references = [(await clerk.get(it))["paymentReference"] for it in invoices]
    await climb(clerk, customer, 1)
    (page,) = await pages_of(clerk, 1)
    for invoice, reference in zip(invoices, references, strict=True):
        assert luhn.is_valid(reference)
        assert re.search(rf"Faktura {invoice.number} .{{0,60}}KID {reference} ", page), page
    assert "Demo AS" in page
    assert "Bryggekanten 12 0150 Oslo Org.nr. 310000078" in page
    assert "Betales til konto NO93 8601 1117 947" in page
    assert no.orgnr.is_valid("310000078")
    assert iban.is_valid("NO9386011117947")


@pytest.mark.parametrize(
    ("locale", "reference", "told", "fee"),
    [
        ("nb", "1234567890123456789012345", "KID 1234567890123456789012345", "Purregebyr, KID {}"),
        ("sv", "RF18539007547034", "RF-referens RF18539007547034", "Påminnelseavgift, KID {}"),
        ("en", "RF" + "0123456789" * 2 + "ABC", "RF reference RF01234567890123456789ABC", "Reminder fee, KID {}"),
    ],
)
async def test_each_document_and_the_fee_say_what_to_pay_them_with(
    clerk: Clerk, locale: str, reference: str, told: str, fee: str
) -> None:
    customer = await debtor(clerk)
    await clerk.sql("update customer set locale = $2 where number = $1", customer, locale)
    await clerk.issue(INVOICE, customer, paymentReference=reference)
    letter = await climb(clerk, customer)
    (page,) = await pages_of(clerk, letter["letterNumber"])
    own = (await clerk.get(f"customerinvoice/{letter['feeInvoice']['refNbr']}"))["paymentReference"]
    assert told in page
    assert f"{fee.format(own)} 35" in page


@pytest.mark.parametrize(("country", "label"), [("NO", "KID"), ("SE", "OCR-nummer"), ("FI", "Betalningsreferens")])
def test_a_reference_is_called_as_where_the_seller_is(country: str, label: str) -> None:
    letterhead = Letterhead(company="Demo", country_id=country)
    assert reference_label("42", letterhead, shipped_languages()["sv"].labels) == label


async def test_a_credit_has_nothing_to_be_paid_with(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"include_credit_notes": True})
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await clerk.issue(CREDIT_NOTE, customer)
    await climb(clerk, customer, 1)
    (page,) = await pages_of(clerk, 1)
    assert "Kreditnota" in page
    assert page.count("KID") == 1


async def test_a_print_that_takes_too_long_is_given_up(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await climb(clerk, customer, 1)
    monkeypatch.setattr(pdf, "PATIENCE_SECONDS", 0.0)
    answer = await clerk.http.get(f"/v1/{numbered(1)}/print")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "could not be printed in time" in answer.json()["message"]
    with pytest.raises(subprocess.TimeoutExpired):
        pdf.typeset(LAYOUT, b"{}", datetime(2025, 1, 1, tzinfo=UTC), 0.0)


def test_what_the_typesetter_cannot_use_is_told() -> None:
    with pytest.raises(RuntimeError, match="dictionary does not contain key"):
        pdf.typeset(LAYOUT, b"{}", datetime(2025, 1, 1, tzinfo=UTC))


async def test_the_letters_of_a_run_go_into_one_file(clerk: Clerk) -> None:
    customers = [await debtor(clerk, name=f"Late payer {number} AS") for number in range(3)]
    for customer in customers:
        await clerk.issue(INVOICE, customer)
    for _ in range(24):
        await clerk.issue(INVOICE, customers[1])
    made = [(await reminded(clerk, customer, late(15)))[0]["letterNumber"] for customer in customers]
    alone = [await pages_of(clerk, number) for number in made]
    assert len(alone[1]) == 2

    async def together(expected: int = 200, **query: object) -> bytes:
        answer = await clerk.http.get("/v1/reskontra/dunningLetter/print", params=query)  # type: ignore[arg-type]
        assert answer.status_code == expected, answer.text
        return answer.content

    pdf = await together(firstNumber=made[0], lastNumber=made[2])
    assert texts_of(pdf) == [page for letter in alone for page in letter], "as each is printed, with its own pages"
    assert pdf == await together(firstNumber=made[0], lastNumber=made[2]), "the same letters are the same bytes"
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata.title == "Betalingspåminnelse"  # type: ignore[union-attr]
    assert texts_of(await together(customer=customers[1])) == alone[1]

    await clerk.act(numbered(made[0]), "void")
    assert len(texts_of(await together())) == 3
    assert "ANNULLERT" in texts_of(await together(status="Voided"))[0].upper()
    await together(404, firstNumber=99)


async def test_too_many_letters_do_not_go_into_one_file(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_IN_ONE_FILE", 1)
    for _ in range(2):
        customer = await debtor(clerk)
        await clerk.issue(INVOICE, customer)
        await reminded(clerk, customer, late(15))
    answer = await clerk.http.get("/v1/reskontra/dunningLetter/print")
    assert answer.status_code == 400
    assert "more than 1 letters" in answer.text
    assert (await clerk.http.get("/v1/reskontra/dunningLetter/print?lastNumber=1")).status_code == 200
