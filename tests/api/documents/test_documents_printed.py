"""Documents on paper: what the PDF of an invoice, note, charge or cash sale says, where, and that it stays so."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode, b64encode
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

from reskontra.clock import Context, SystemClock
from reskontra.documents.paper.commands import LAYOUT, load_printable, print_released
from reskontra.documents.paper.wire.page import laid_out
from reskontra.errors import Refused
from reskontra.kinds import KINDS
from reskontra.printing.pdf import typeset
from tests.clerk import CASH_SALE, CREDIT_NOTE, DEBIT_NOTE, INVOICE, OVERDUE_CHARGE, Clerk, Record, application
from tests.conftest import NOW

WORK = {"description": "Work", "quantity": 1, "unitPriceInCurrency": 100}
ADDRESS = {"addressLine1": "Storgata 5", "postalCode": "0155", "city": "Oslo", "countryId": "NO"}
LOGO = "/v1/reskontra/branch/1/logo"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 6"><title>Logo</title>'
    b'<rect width="20" height="6" fill="#0b6e4f"/></svg>'
)
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mM8wcXFwMDAxMDAwMDAAAALOADgEyid4QAAAABJRU5ErkJggg=="
)
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////////"
    "////////wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AM//Z"
)
MM = 72 / 25.4
GOLDEN = Path(__file__).parents[2] / "golden" / "paper.json"


def address_of(document: Record) -> str:
    """Where its print is: an address of the contract, or of our own."""
    ours = CASH_SALE in document.address or OVERDUE_CHARGE in document.address
    return (document.address.replace("/v1/", "/v1/reskontra/") if ours else document.address) + "/print"


async def pdf_of(clerk: Clerk, document: Record) -> bytes:
    answer = await clerk.http.get(address_of(document))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'inline; filename="[a-z-]+-\d+\.pdf"', answer.headers["Content-Disposition"])
    return answer.content


def texts_of(pdf: bytes) -> list[str]:
    """The text of each page, blanks of any kind and line ends as one blank."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


async def page_of(clerk: Clerk, document: Record) -> str:
    (page,) = texts_of(await pdf_of(clerk, document))
    return page


def places_of(pdf: bytes) -> dict[str, tuple[float, float]]:
    """Text -> where it begins on the first page, in mm from its left and upper edge."""
    found: dict[str, tuple[float, float]] = {}
    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    height = float(page.mediabox.height)

    def visit(text: str, matrix: Any, text_matrix: Any, *_: Any) -> None:
        if text.strip():
            x = text_matrix[4] * matrix[0] + text_matrix[5] * matrix[2] + matrix[4]
            y = text_matrix[4] * matrix[1] + text_matrix[5] * matrix[3] + matrix[5]
            found.setdefault(" ".join(text.split()), (x / MM, (height - y) / MM))

    page.extract_text(visitor_text=visit)
    return found


async def test_an_invoice_says_what_a_sales_document_must(clerk: Clerk) -> None:
    customer = await clerk.customer(name="Kjøper AS", corporateId="999888777", mainAddress=ADDRESS)
    invoice = await clerk.issue(
        INVOICE,
        customer,
        creditTermsId="30D2",
        customerRefNumber="PO-4711",
        externalReference="WEB-99",
        invoiceText="Levert uke 9.",
        lines=[WORK | {"quantity": 2.5, "discountPercent": 10, "uom": "TIME"}, WORK | {"vatCodeId": "31"}],
    )
    pdf = await pdf_of(clerk, invoice)
    (page,) = texts_of(pdf)
    for said in (
        f"Faktura {invoice.number}", "Dato 03.03.2025", "Forfallsdato 02.04.2025", f"Kundenummer {customer.number}",
        "Deres referanse PO-4711", "WEB-99", "Betalingsbetingelser 30 days net, 2 % cash discount", "Levert uke 9.",
        "Beskrivelse Antall Enhet Pris Rabatt Mva Beløp NOK", "Work 2,5 TIME 100,00 10 % 25 % 225,00",
        "Work 1 100,00 15 % 100,00", "Sum uten mva 325,00 Mva 71,25 Å betale 396,25 NOK",
        "Mva-sats Grunnlag Mva 25 % 225,00 56,25 15 % 100,00 15,00 Sum 325,00 71,25",
        f"KID {invoice['paymentReference']}", "IBAN NO93 8601 1117 947", "Bankkonto 86011117947",
        "ved betaling senest 13.03.2025", "Demo AS Bryggekanten 12 0150 Oslo Org.nr. 310000078 MVA",
        "Side 1 av 1",
    ):  # fmt: skip
        assert said in page, said
    places = places_of(pdf)
    left, top = next(place for text, place in places.items() if text.startswith("Kjøper AS"))
    assert (20 <= left <= 24, 48 <= top <= 60) == (True, True), "in the window of an envelope"
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata["/Title"] == f"Faktura {invoice.number}"  # type: ignore[index]


async def test_each_customer_is_written_to_in_its_language(clerk: Clerk) -> None:
    said = {
        "sv-SE": ("Faktura", "Förfallodatum 2025-03-17", "Summa exkl. moms 100,00 Moms 25,00 Att betala 125,00 NOK"),
        "en": ("Invoice", "Due date 2025-03-17", "Total without VAT 100.00 VAT 25.00 To be paid 125.00 NOK"),
    }
    for locale, words in said.items():
        customer = await clerk.customer(name="Köpare AB", mainAddress=ADDRESS)
        await clerk.sql("update customer set locale = $2 where number = $1", customer.number, locale)
        page = await page_of(clerk, await clerk.issue(INVOICE, customer))
        assert [word for word in words if word not in page] == []


async def test_two_hundred_lines_are_carried_from_page_to_page(clerk: Clerk) -> None:
    lines = [WORK | {"description": f"Line {number:03d}"} for number in range(1, 201)]
    pages = texts_of(await pdf_of(clerk, await clerk.issue(INVOICE, lines=lines)))
    assert all("Beskrivelse Antall Pris Mva Beløp NOK" in page for page in pages if "Line" in page)
    assert [f"Side {number} av {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    assert [f"Line {number:03d} 1 100,00 25 % 100,00" in " ".join(pages) for number in range(1, 201)] == [True] * 200
    carried = [re.findall(r"Over(?:føres til neste|ført fra forrige) side ([\d ]+,\d\d NOK)", page) for page in pages]
    shown = [len(re.findall(r"Line \d{3} ", page)) for page in pages]
    sums = [f"{sum(shown[: page + 1]) * 100:,}".replace(",", " ") + ",00 NOK" for page in range(len(pages))]
    assert carried == [[sums[0]], *([*pair] for pair in pairwise(sums[:-1])), [sums[-2]]]
    assert "Å betale 25 000,00 NOK" in pages[-1]


async def test_vat_is_shown_by_rate_and_in_base_currency(clerk: Clerk) -> None:
    rates = ["3", "31", "32", "33", "51", "6"]
    many = await page_of(clerk, await clerk.issue(INVOICE, lines=[WORK | {"vatCodeId": code} for code in rates]))
    for said in (
        "25 % 100,00 25,00", "15 % 100,00 15,00", "12 % 100,00 12,00", "11,11 % 100,00 11,11",
        "Omvendt avgiftsplikt 100,00 0,00", "Fritatt 100,00 0,00", "Sum 600,00 63,11",
        "Omvendt avgiftsplikt - Merverdiavgift ikke beregnet",
    ):  # fmt: skip
        assert said in many, said
    address = {"city": "Bonn", "countryId": "DE"}
    buyer = await clerk.customer(name="Groß GmbH", currencyId="EUR", vatZoneId="EU", mainAddress=address)
    invoice = await clerk.issue(INVOICE, buyer, lines=[WORK | {"vatCodeId": "33"}])
    page = await page_of(clerk, invoice)
    base = await clerk.get(f"reskontra/{INVOICE}/{invoice.number}/vat")
    (row,) = base["vat"]
    figures = " ".join(f"{Decimal(str(row[name])):,.2f}" for name in ("taxableAmount", "vatAmount"))
    assert f"VAT rate Basis VAT Basis in NOK VAT in NOK 12 % 100.00 12.00 {figures}" in page
    assert f"Exchange rate of VAT: 1 EUR = {base['vatExchangeRate'].normalize():f} NOK" in page
    assert "Groß GmbH Bonn Germany" in page


async def test_a_note_names_what_it_credits(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    note = await clerk.issue(CREDIT_NOTE, applicationLines=[application(invoice, 125)])
    page = await page_of(clerk, note)
    assert f"Kreditnota {note.number}" in page
    assert f"Krediterer Faktura {invoice.number} (03.03.2025)" in page
    assert "Kreditert 125,00 NOK" in page
    assert "KID" not in page
    debit = await page_of(clerk, await clerk.issue(DEBIT_NOTE))
    assert ("Debetnota" in debit, "KID" in debit, "Å betale 125,00 NOK" in debit) == (True, True, True)
    sale = await page_of(clerk, await clerk.release(await clerk.cash_sale()))
    assert ("Kontantsalg" in sale, "Betalt 125,00 NOK" in sale, "KID" in sale) == (True, True, False)


async def test_instalments_are_a_table(clerk: Clerk) -> None:
    invoice = await clerk.create(INVOICE, **clerk.sale(creditTermsId="RATE3"))
    draft = await page_of(clerk, invoice)
    assert "1. 02.04.2025 41,67 2. 02.05.2025 41,67 3. 02.06.2025 41,66" in draft
    page = await page_of(clerk, await clerk.release(invoice))
    numbers = await clerk.numbers(INVOICE, externalReference=invoice.number)
    parts = [await clerk.get(f"{INVOICE}/{number}") for number in numbers]
    for position, part in enumerate(parts, 1):
        assert f"{position}. Faktura {part.number} {('02.04', '02.05', '02.06')[position - 1]}.2025" in page
        assert part["paymentReference"] in page
    own = await page_of(clerk, parts[1])
    assert f"2. del av Faktura {invoice.number}" in own
    assert "Forfallsdato 02.05.2025" in own


async def test_drafts_and_voided_documents_are_marked(clerk: Clerk) -> None:
    draft = await clerk.invoice()
    assert (await page_of(clerk, draft)).count("UTKAST") == 1
    released = await clerk.release(draft)
    assert "UTKAST" not in await page_of(clerk, released)
    context = Context(1, "tester", "request", NOW, SystemClock())
    file = await print_released(clerk.database, context, KINDS["Invoice"], released.number)
    assert (file.name, file.content) == (f"invoice-{released.number}.pdf", await pdf_of(clerk, released))
    other = await clerk.invoice()
    with pytest.raises(Refused, match="is not released"):
        await print_released(clerk.database, context, KINDS["Invoice"], other.number)
    await clerk.sql("update document set status = 'Voided' where number = $1", other.number)
    assert (await page_of(clerk, other)).count("ANNULLERT") == 1
    for address in (f"{INVOICE}/999999", f"{CREDIT_NOTE}/{released.number}", f"reskontra/{CASH_SALE}/1"):
        assert (await clerk.http.get(f"/v1/{address}/print")).status_code == 404


async def test_a_reprint_is_what_was_sent(clerk: Clerk) -> None:
    await clerk.prefer(paper={"texts": [{"document_type": "Invoice", "language": "nb", "above": "Takk!"}]})
    count = "select count(*) from letterhead"
    standing = await clerk.sql(count)
    assert (await clerk.http.put(LOGO, files={"file": ("logo.svg", SVG)})).status_code == 204
    customer = await clerk.customer(name="Før AS", mainAddress=ADDRESS)
    released, draft = await clerk.issue(INVOICE, customer), await clerk.invoice(customer)
    await clerk.issue(INVOICE)
    before = await pdf_of(clerk, released)
    assert before == await pdf_of(clerk, released)
    assert "Takk!" in texts_of(before)[0]
    await clerk.change(customer, name="Etter AS", mainAddress=ADDRESS | {"addressLine1": "Ny gate 1"})
    await clerk.prefer(paper={"accent_colour": "#aa0000", "texts": [], "footer": ["Ny bunnlinje"]})
    await clerk.sql("update company set name = 'Nytt navn AS' where company_id = 1")
    await clerk.sql("update branch set detail = detail - 'bank'")
    await clerk.sql("update credit_terms set description = 'other'")
    assert (await clerk.http.delete(LOGO)).status_code == 204
    await clerk.change(released, documentDueDate="2025-12-24", note="later")
    assert await pdf_of(clerk, released) == before
    page = await page_of(clerk, draft)
    assert ("Nytt navn AS" in page, "Etter AS" in page, "Ny bunnlinje" in page, "IBAN" in page) == (
        True, True, True, False,
    )  # fmt: skip
    assert await clerk.sql(count) == standing + 1, "once for all documents"
    # Released before letterheads were kept: it has its parties, and the letterhead of the day.
    await clerk.sql("alter table issued_document disable trigger issued_document_is_kept")
    await clerk.sql("update issued_document set letterhead = null, printed = null")
    page = await page_of(clerk, released)
    assert ("Nytt navn AS" in page, "Før AS" in page, "Ny bunnlinje" in page) == (True, True, True)


async def test_a_company_says_how_its_paper_looks(clerk: Clerk) -> None:
    await clerk.prefer(
        paper={
            "accent_colour": "#0b6e4f", "window": "right", "logo": "right", "columns": ["item", "price", "vat"],
            "footer": ["Reklamasjon innen 8 dager."], "in_business_register": True, "approved_for_f_tax": True,
            "registered_office": "Göteborg",
            "texts": [{"document_type": "Invoice", "language": "nb", "above": "Takk.", "below": "Hei\noss\n\nSlutt"}],
        }
    )  # fmt: skip
    invoice = await clerk.issue(INVOICE)
    pdf = await pdf_of(clerk, invoice)
    (page,) = texts_of(pdf)
    for said in (
        "Beskrivelse Varenr. Pris Mva Beløp NOK", "Consulting package A 100,00 25 % 100,00", "Takk.",
        "Hei oss Slutt", "Foretaksregisteret", "Godkänd för F-skatt", "Forretningssted: Göteborg",
        "Reklamasjon innen 8 dager.",
    ):  # fmt: skip
        assert said in page, said
    left, top = next(place for text, place in places_of(pdf).items() if text.startswith(invoice["customer"]["name"]))
    assert (left > 105, 48 <= top <= 60) == (True, True)


HOSTILE = (
    "Пример Παράδειγμα ООО", "漢字株式会社", "🎉 Party AS", '"]; #panic("out")', "{customer} {{x}} {0} {}",
    "#strong[x] *b* _i_ $1/0$ `raw` @ref <label> \\ // /* */ https://x.y", "x" * 255, "\u202egnirts\u202c a\u0301",
)  # fmt: skip


async def test_any_text_is_text_and_never_markup(clerk: Clerk) -> None:
    for text in HOSTILE:
        customer = await clerk.customer(name=text, mainAddress=ADDRESS | {"addressLine1": text[:50]})
        fields = {"invoiceText": text, "customerRefNumber": text[:40], "lines": [WORK | {"description": text}]}
        invoice = await clerk.issue(INVOICE, customer, **fields)
        (page, *_) = texts_of(await pdf_of(clerk, invoice))
        assert "Å betale 125,00 NOK" in page
        if text.isascii() and " " in text:
            assert page.count(text) >= 2


def broken_logos() -> dict[str, tuple[bytes, str]]:
    """What must not be a logo, and what its refusal says."""
    png = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (9000).to_bytes(4) * 2 + bytes(20) + b"IEND" + bytes(4)
    start, end = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">', b"</svg>"
    return {
        "text": (b"hello", "no picture"),
        "pdf": (b"%PDF-1.7\x00\xff", "no picture"),
        "huge.png": (png, "9000 x 9000 pixels"),
        "cut.png": (png[:20], "broken"),
        "large": (b"\x89PNG\r\n\x1a\n" + bytes(200_000), "200008 bytes|at most 100 KiB"),
        "script.svg": (start + b"<script>alert(1)</script>" + end, "element <script>"),
        "image.svg": (start + b'<image x:href="file:///etc/passwd"/>' + end, "element <image>"),
        "use.svg": (start + b'<use x:href="#a"/>' + end, "element <use>"),
        "onload.svg": (start.replace(b">", b' onload="x()">') + end, "attribute onload"),
        "url.svg": (start + b'<rect fill="url(http://x.y/z)"/>' + end, "leads elsewhere"),
        "import.svg": (start + b"<style>@import 'http://x.y'</style>" + end, "leads elsewhere"),
        "entity.svg": (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + start + end, "declarations"),
        "empty.svg": (start.replace(b">", b' width="0" height="0">') + end, "cannot be printed"),
    }


async def test_a_logo_is_a_picture_that_draws_by_itself(clerk: Clerk) -> None:
    assert (await clerk.http.get(LOGO)).status_code == 404
    for name, (content, says) in broken_logos().items():
        answer = await clerk.http.put(LOGO, files={"file": (name, content)})
        assert answer.status_code == 400, name
        assert re.search(says, answer.json()["message"]), (name, answer.json()["message"])
    assert (await clerk.http.put(LOGO, files={"file": ("logo.svg", SVG)})).status_code == 204
    shown = await clerk.http.get(LOGO)
    assert (shown.content, shown.headers["Content-Type"]) == (SVG, "image/svg+xml")
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (await clerk.http.put("/v1/reskontra/branch/9/logo", files={"file": ("a.svg", SVG)})).status_code == 404
    told = await clerk.rows("select event, detail::text from change where entity = 'Logo'")
    assert [(row["event"], json.loads(row["detail"])) for row in told] == [
        ("created", {"sha256": [sha256(SVG).hexdigest()]})
    ]
    assert b64encode(SVG).decode() == await clerk.sql("select content from logo")
    for picture, media_type in ((PNG, "image/png"), (JPEG, "image/jpeg")):
        assert (await clerk.http.put(LOGO, files={"file": ("logo", picture)})).status_code == 204
        assert (await clerk.http.get(LOGO)).headers["Content-Type"] == media_type
        (page,) = pypdf.PdfReader(io.BytesIO(await pdf_of(clerk, await clerk.issue(INVOICE)))).pages
        assert len(page.images) == 1
    assert (await clerk.http.delete(LOGO)).status_code == 204
    assert (await clerk.http.delete(LOGO)).status_code == 404


async def test_each_type_is_the_paper_that_was_looked_at(clerk: Clerk, request: pytest.FixtureRequest) -> None:
    """The hashes are of the pinned typesetter. Another one changes them all: look at the pages, then `--update`."""
    invoice = await clerk.issue(INVOICE)
    made = {
        "Invoice": invoice,
        "CreditNote": await clerk.issue(CREDIT_NOTE, applicationLines=[application(invoice, 125)]),
        "DebitNote": await clerk.issue(DEBIT_NOTE),
        "CashSale": await clerk.release(await clerk.cash_sale()),
    }
    hashes = {}
    for document_type, document in made.items():
        context = Context(1, "tester", "request", NOW, SystemClock())
        printable = await load_printable(clerk.database, context, KINDS[document_type], document.number)
        hashes[document_type] = sha256(typeset(LAYOUT, msgspec.json.encode(laid_out(printable)), NOW)).hexdigest()
    if request.config.getoption("--update-golden", default=False):
        GOLDEN.write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")
    assert hashes == json.loads(GOLDEN.read_text(encoding="utf-8"))
