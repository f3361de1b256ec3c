"""Payment references: KID, OCR and RF, made when a document is first saved (REFN, KID-02)."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.db.pool import Connection
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, Clerk, number_of

KID: dict[str, Any] = {
    "scheme": "kid", "algorithm": "MOD10", "length_digit": False,
    "parts": [{"part": "customer", "width": 6}, {"part": "type", "width": 1}, {"part": "number", "width": 8}],
}  # fmt: skip
OCR = KID | {"scheme": "ocr", "parts": KID["parts"][1:], "length_digit": True}
RF = OCR | {"scheme": "rf", "length_digit": False}
NONE = {"scheme": "none", "parts": []}


def luhn(digits: str) -> int:
    """Our second opinion on MOD10, written the other way round: what makes the whole divisible by ten."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return -sum(sum(divmod(product, 10)) for product in doubled) % 10


def mod11(digits: str) -> str:
    rest = sum(int(digit) * (place % 6 + 2) for place, digit in enumerate(reversed(digits))) % 11
    return "0" if rest == 0 else "-" if rest == 1 else str(11 - rest)


# Check digits


@pytest.mark.parametrize(
    ("digits", "mod10", "mod_11"),
    [
        ("60224", "3", None), ("00800001168837", "3", None), ("00800002168838", "9", None),
        ("00800003168839", "5", None), ("00800004168840", "1", None), ("00800005168841", "6", None),
        ("00800006168842", "2", None), ("1234567", None, "4"), ("12345678", None, "5"),
        ("10000000156589", None, "0"), ("000006", None, "-"), ("020001100003548", "0", "-"),
        ("020001100003549", "8", "8"), ("020200200001001", "9", "9"), ("000007900000123", "4", "1"),
        ("020001100003508", None, "0"), ("020001100003503", None, "-"),
    ],
)  # fmt: skip
async def test_check_digits_are_those_of_the_banks_examples(
    connection: Connection, digits: str, mod10: str | None, mod_11: str | None
):
    found = await connection.fetchrow("select mod10_digit($1), mod11_digit($1)", digits)
    assert found is not None
    assert [expected in (None, made) for expected, made in zip((mod10, mod_11), found, strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("reference", "whole"),
    [
        ("539007547034", "RF18539007547034"), ("INV003548", "RF39INV003548"), ("100003548", "RF88100003548"),
        ("20001100003548", "RF0920001100003548"),
    ],
)  # fmt: skip
async def test_rf_references_are_those_of_iso_11649(connection: Connection, reference: str, whole: str):
    assert await connection.fetchval("select 'RF' || rf_digits($1) || $1", reference) == whole


@given(st.text("0123456789", min_size=3, max_size=24), st.data())
def test_no_changed_digit_passes(digits: str, data: st.DataObject):
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from(sorted(set("0123456789") - {digits[place]})))
    changed = digits[:place] + other + digits[place + 1 :]
    assert luhn(digits) != luhn(changed)
    assert mod11(digits) != mod11(changed)


async def test_the_database_computes_check_digits_as_we_do(connection: Connection):
    rows = await connection.fetch(
        """select digits, mod10_digit(digits), mod11_digit(digits)
             from (select (i * 7919 + 13)::text || (i % 11)::text from generate_series(1, 500) as i) as made (digits)"""
    )
    assert [(mod10, mod_11) for _, mod10, mod_11 in rows] == [(str(luhn(it)), mod11(it)) for it, *_ in rows]


# What is given to whom


async def references(clerk: Clerk, preference: dict[str, Any], *kinds: str) -> list[str | None]:
    await clerk.prefer(payment_reference=preference)
    return [(await clerk.document(kind)).get("paymentReference") for kind in kinds]


@pytest.mark.parametrize(
    ("layout", "number", "customer", "whole"),
    [
        (KID | {"type_digit": "1"}, "003548", "20001", "0200011000035480"),
        (KID | {"type_digit": "1", "algorithm": "MOD11"}, "003548", "20001", "020001100003548-"),
        (KID | {"type_digit": "1"}, "003549", "20001", "0200011000035498"),
        (KID | {"type_digit": "1", "algorithm": "MOD11"}, "003549", "20001", "0200011000035498"),
        (KID | {"type_digit": "2"}, "001001", "20200", "0202002000010019"),
        (KID | {"type_digit": "1"}, "INV-1", "C7", "0000079000001234"),
        (KID | {"type_digit": "1", "algorithm": "MOD11"}, "INV-1", "C7", "0000079000001231"),
        (OCR | {"type_digit": "1"}, "003548", "20001", "10000354810"),
        (OCR | {"type_digit": "1", "length_digit": False}, "003548", "20001", "1000035483"),
        (OCR | {"type_digit": "2"}, "001001", "20001", "20000100113"),
        (RF | {"type_digit": "1"}, "003548", "20001", "RF88100003548"),
    ],
)
async def test_references_are_laid_out_as_the_company_says(
    connection: Connection, layout: dict[str, Any], number: str, customer: str, whole: str
):
    """Of a document with the internal id 123 and a customer with the internal id 7."""
    statement = "select new_payment_reference(99, $1::jsonb, $2, 123, $3, 7)"
    encoded = msgspec.json.encode(layout).decode()
    assert await connection.fetchval(statement, encoded, number, customer) == whole


@pytest.mark.parametrize(
    ("preference", "invoice", "digit_at"), [(KID, "0200011000035480", 6), (OCR, "10000354810", 0), (NONE, None, 0)]
)
async def test_invoices_and_debit_notes_get_a_reference_and_credit_notes_none(
    clerk: Clerk, preference: dict[str, Any], invoice: str | None, digit_at: int
):
    made = await references(clerk, preference, INVOICE, CREDIT_NOTE, DEBIT_NOTE)
    assert made[:2] == [invoice, None]
    assert (made[2] or "")[digit_at:][:1] == ("2" if invoice else "")


async def test_a_payment_keeps_its_own_reference(clerk: Clerk):
    await clerk.prefer(payment_reference=KID)
    payment = await clerk.payment(100)
    assert payment["paymentRef"] == payment.number


async def test_a_number_with_letters_or_too_many_digits_gives_way_to_the_internal_id(clerk: Clerk):
    await clerk.prefer(payment_reference=KID)
    for number in ("INV-7", "123456789"):
        invoice = await clerk.invoice(referenceNumber=number, overrideNumberSeries=True)
        internal_id = await clerk.sql("select document_id from document where number = $1", invoice.number)
        parts = f"0200019{internal_id:08}"
        assert invoice["paymentReference"] == f"{parts}{luhn(parts)}"


async def test_numbers_that_read_alike_get_references_that_differ(clerk: Clerk):
    await clerk.prefer(payment_reference=OCR)
    short = await clerk.invoice(referenceNumber="17", overrideNumberSeries=True)
    long = await clerk.invoice(referenceNumber="0017", overrideNumberSeries=True)
    assert short["paymentReference"].startswith("100000017")
    assert long["paymentReference"].startswith("9")


async def test_a_customer_without_a_plain_number_is_known_by_its_internal_id(clerk: Clerk):
    await clerk.prefer(payment_reference=KID)
    customer = await clerk.customer(number="ACME-1")
    invoice = await clerk.invoice(customer)
    assert invoice["paymentReference"][:6] == f"{customer['internalId']:06}"


async def test_an_id_that_is_too_long_leaves_the_document_without_reference(clerk: Clerk):
    narrow = KID | {"parts": [*KID["parts"][:2], {"part": "number", "width": 3}]}
    await clerk.sql("select setval('document_document_id_seq', 5000)")
    assert await references(clerk, narrow, INVOICE) == [None]


# It stays


async def test_a_reference_stays_whatever_changes_on_the_draft_or_in_the_company(clerk: Clerk):
    await clerk.prefer(payment_reference=KID)
    invoice = await clerk.invoice()
    await clerk.prefer(payment_reference=OCR)
    moved = await clerk.change(invoice, customerNumber="20002", lines=[ITEM_A | {"operation": "Insert"}])
    released = await clerk.release(moved)
    assert released["paymentReference"] == moved["paymentReference"] == invoice["paymentReference"]


@pytest.mark.parametrize("empty", [None, ""])
async def test_a_sent_reference_wins_and_null_brings_the_made_one_back(clerk: Clerk, empty: str | None):
    await clerk.prefer(payment_reference=KID)
    invoice = await clerk.invoice(paymentReference=" Ours 1")
    assert invoice["paymentReference"].strip() == "Ours 1"
    back = await clerk.change(invoice, paymentReference=empty)
    assert back["paymentReference"] == "0200011000035480"
    again = await clerk.change(back, paymentReference="Ours 2")
    assert again["paymentReference"] == "Ours 2"


async def test_null_clears_where_none_was_made(clerk: Clerk):
    note = await clerk.credit_note(paymentReference="Ours")
    assert "paymentReference" not in await clerk.change(note, paymentReference=None)


async def test_a_released_document_keeps_its_reference(clerk: Clerk):
    await clerk.prefer(payment_reference=KID)
    released = await clerk.release(await clerk.invoice(paymentReference="Ours"))
    for value in ("Other", None):
        assert "already released" in await clerk.refuse_change(released, paymentReference=value)
    await clerk.change(released, paymentReference="Ours", note="Echoed")


async def test_sent_references_may_repeat_and_are_found_by_their_exact_text(clerk: Clerk):
    """REFN-04, REFN-06."""
    await clerk.prefer(payment_reference=KID)
    numbers = [(await clerk.invoice(paymentReference="One-KID")).number for _ in range(2)]
    made = await clerk.invoice()
    assert await clerk.numbers(INVOICE, paymentReference="One-KID") == numbers
    assert await clerk.numbers(INVOICE, paymentReference=made["paymentReference"]) == [made.number]
    assert await clerk.numbers(INVOICE, paymentReference="one-kid") == []


async def test_a_sent_reference_of_more_than_40_characters_is_refused(clerk: Clerk):
    assert "paymentReference" in await clerk.refuse(INVOICE, paymentReference="7" * 41)


async def test_invoices_made_at_once_get_references_that_differ(clerk: Clerk):
    await clerk.prefer(payment_reference=OCR)
    answers = await asyncio.gather(*(clerk.post(INVOICE, **clerk.sale()) for _ in range(8)))
    made = [await clerk.get(f"{INVOICE}/{number_of(answer)}") for answer in answers]
    assert len({invoice["paymentReference"] for invoice in made}) == 8


async def test_the_database_refuses_a_made_reference_twice(connection: Connection):
    with pytest.raises(asyncpg.UniqueViolationError, match="document_generated_reference_unique"):
        await connection.execute("update document set generated_reference = '1' where document_type = 'Invoice'")
