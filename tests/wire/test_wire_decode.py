"""How bodies are read: forgiving in spelling, exact in numbers, plain about faults."""

from __future__ import annotations

import enum
import json
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.errors import Malformed
from reskontra.web.errors import sentences
from reskontra.web.shapes import check_body
from reskontra.web.wire import (
    Amount,
    Body,
    Day,
    Flag,
    Id,
    Moment,
    OneOf,
    Quantity,
    Rate,
    Sent,
    Text15,
    Text30,
    UnsetType,
    Whole,
    changes,
    day_text,
    decode,
    encode,
    etag_of,
    local_text,
    sent,
)


class Shade(enum.Enum):
    LIGHT = "Light"
    PITCH_BLACK = "PitchBlack"

    @classmethod
    def _missing_(cls, value: object) -> Shade | None:
        return cls.PITCH_BLACK if value == "Pitch Black" else None


class Row(Body):
    operation: OneOf[Shade] | UnsetType | None = sent("operation")
    number: Sent[Whole] = sent("lineNumber")
    item: Sent[Text15] = sent("inventoryNumber")
    quantity: Sent[Quantity] = sent("quantity")


class Pair(Body):
    key: Sent[Text15] = sent("key")
    value: Sent[Text15] = sent("value")


class Home(Body):
    city: Sent[Text30] = sent("city")


class Strict(Body):
    refuses_unknown: ClassVar[bool] = True

    day: Day | UnsetType = msgspec.UNSET
    shade: OneOf[Shade] | UnsetType = msgspec.UNSET
    limit: Amount | UnsetType = msgspec.UNSET


class Sheet(Body):
    other_names: ClassVar[Mapping[str, str]] = {"lines": "rows", "invoiceLines": "rows"}

    name: Sent[Text30] = sent("name")
    home: Sent[Home] = sent("mainAddress")
    pair: Sent[Pair] = sent("pair")
    rows: list[Row] | UnsetType | None = sent("invoiceLines")
    plain: Flag | UnsetType | None = sent("overrideWithClassValues")
    due: Sent[Day] = sent("documentDueDate")
    at: Sent[Moment] = sent("changedAt")
    limit: Sent[Amount] = sent("creditLimit")
    seller: Sent[Id] = sent("seller")
    rate: Sent[Rate] = sent("exchangeRate")
    shade: Sent[OneOf[Shade]] = sent("shade")
    tags: list[Text15] | UnsetType | None = sent("tags")


class Loose(msgspec.Struct):
    name: str | UnsetType = msgspec.UNSET


class Outer(Body):
    inner: list[Loose] | UnsetType | None = sent("inner")


def read(body: bytes | str | dict[str, Any]) -> dict[str, Any]:
    raw = json.dumps(body) if isinstance(body, dict) else body
    return changes(decode(raw.encode() if isinstance(raw, str) else raw, Sheet))


def fault(body: bytes | str | dict[str, Any]) -> str:
    with pytest.raises(Malformed) as caught:
        read(body)
    return sentences(caught.value, Sheet)


def read_or_fault(body: bytes) -> dict[str, Any] | str:
    try:
        return read(body)
    except Malformed as refusal:
        return sentences(refusal, Sheet)


def test_three_states_of_a_wrapped_field_stay_apart() -> None:
    assert read({}) == {}
    assert read({"name": None}) == {}
    assert read({"name": {}}) == {}
    assert read({"name": {"value": None}}) == {"name": None}
    assert read({"name": {"value": ""}}) == {"name": ""}
    assert read({"NAME": {"Value": None}, "creditlimit": {}, "shade": None}) == {"name": None}
    assert read({"mainAddress": {"value": None}}) == {"home": None}
    assert read({"mainAddress": {"value": {"city": {"value": None}}}}) == {"home": {"city": None}}
    assert read({"overrideWithClassValues": None}) == {}


@pytest.mark.parametrize(
    "body",
    [
        {"name": {"value": "x"}, "invoiceLines": [{"lineNumber": {"value": 1}, "quantity": {"value": 2}}]},
        {"Name": {"Value": "x"}, "invoicelines": [{"LineNumber": {"VALUE": 1}, "QUANTITY": {"value": 2}}]},
        {"name": "x", "invoiceLines": [{"lineNumber": 1, "quantity": 2}]},
        {"name": {"value": "x"}, "invoiceLines": {"value": [{"lineNumber": "1", "quantity": "2"}]}},
        {"name": "x", "unheard": {"of": [1]}, "invoiceLines": [{"lineNumber": 1.0, "quantity": "2", "extras": {}}]},
    ],
)
def test_case_wrapping_and_unknown_names_do_not_matter(body: Any) -> None:
    assert read(body) == {"name": "x", "rows": [{"number": 1, "quantity": Decimal(2)}]}


def test_nested_objects_come_wrapped_or_bare() -> None:
    for home in ({"value": {"city": {"value": "Oslo"}}}, {"city": {"value": "Oslo"}}, {"City": "Oslo"}):
        assert read({"mainAddress": home}) == {"home": {"city": "Oslo"}}


def test_a_field_that_is_called_value_is_not_taken_for_a_wrapper() -> None:
    expected = {"pair": {"key": "a", "value": "b"}}
    assert read({"pair": {"value": {"key": {"value": "a"}, "value": {"value": "b"}}}}) == expected
    assert read({"Pair": {"key": "a", "value": "b"}}) == expected


def test_scalars_may_come_in_the_neighbouring_type() -> None:
    assert read({"name": {"value": 6}, "overrideWithClassValues": "TRUE"}) == {"name": "6", "plain": True}
    assert read('{"overrideWithClassValues": {"value": 0}, "Name": 6.50}') == {"name": "6.50", "plain": False}
    assert read({"creditLimit": {"value": " 5.25 "}, "shade": {"value": "pitchblack"}}) == {
        "limit": Decimal("5.25"),
        "shade": Shade.PITCH_BLACK,
    }


def test_an_enum_may_know_another_spelling() -> None:
    assert read({"shade": {"value": "Pitch Black"}, "Name": "x"}) == {"shade": Shade.PITCH_BLACK, "name": "x"}


def test_the_last_of_repeated_names_counts() -> None:
    assert read('{"name": "a", "name": "b"}') == {"name": "b"}
    assert read('{"name": {"value": "a"}, "NAME": {"value": "b"}}') == {"name": "b"}


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_numbers_keep_their_digits(amount: Any) -> None:
    (limit,) = read(f'{{"creditLimit": {{"value": {amount:f}}}}}').values()
    assert limit == amount
    (careful,) = read(f'{{"CreditLimit": {amount:f}}}').values()
    assert careful == amount


def test_no_number_passes_through_a_float() -> None:
    body = '{"creditLimit": {"value": 1234567890123.4567}, "exchangeRate": {"value": 0.12345678}}'
    assert read(body) == {"limit": Decimal("1234567890123.4567"), "rate": Decimal("0.12345678")}
    assert read(body.replace("creditLimit", "CREDITLIMIT")) == read(body)
    assert encode({"a": Decimal("1440.0000"), "b": Decimal("0E-6")}) == b'{"a":1440.0000,"b":0.000000}'


@pytest.mark.parametrize(
    ("text", "value"), [("1.10000000", "1.1"), ("0.00000", "0"), ("-0.0", "0"), ("1E+12", "1e12"), ("5e-4", "0.0005")]
)
def test_idle_zeros_and_exponents_are_harmless(text: Any, value: Any) -> None:
    assert read(f'{{"creditLimit": {{"value": {text}}}}}') == {"limit": Decimal(value)}


@pytest.mark.parametrize(
    "text",
    ["10000000000000", "1e13", "-1e13", "1e-61", "5e-324", "1e999999999", "1e-999999999", "true",
     '"NaN"', '"Infinity"', '"-Infinity"', '"abc"', '" "', '"1,5"', '"0x10"', "[]", '{"a": 1}'],
)  # fmt: skip
def test_impossible_amounts_name_the_field_and_what_would_pass(text: Any) -> None:
    said = fault(f'{{"creditLimit": {{"value": {text}}}}}')
    assert "Field: creditLimit." in said
    assert "Send a number below 10^13, for example 12.5; it is rounded to its currency." in said
    assert len(said) < 250


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("159.92000000000002", "159.92"),
        ("86.95652173913044", "86.95652174"),
        ("0.30000000000000004", "0.3"),
        ("1.000000005", "1.00000001"),
        ("-1.000000005", "-1.00000001"),
        ("1.00000000499999999", "1"),
        ("5.551115123125783e-17", "0"),
        ("-1e-60", "0"),
        ("999999999.9999999949", "999999999.99999999"),
        ('"7.999999995"', "8"),
    ],
)
def test_more_decimals_than_the_column_has_are_rounded_half_away_from_zero(text: str, value: str) -> None:
    (rate,) = read(f'{{"exchangeRate": {{"value": {text}}}}}').values()
    assert rate == Decimal(value)
    assert not (rate == 0 and rate.is_signed())
    assert read(f'{{"ExchangeRate": {text}}}') == {"rate": Decimal(value)}


def test_what_rounds_out_of_its_range_is_refused() -> None:
    assert "is too large. Field: exchangeRate." in fault('{"exchangeRate": {"value": 999999999.999999995}}')


@pytest.mark.parametrize("text", ["1.0049999999999999", "86.95652173913044", "-0.00001", "9999999999999.99995"])
def test_an_amount_keeps_its_decimals_until_its_currency_rounds_it(text: str) -> None:
    """Rounded to four places and then to two, 1.0049999 would be 1.01."""
    assert read(f'{{"creditLimit": {{"value": {text}}}}}') == {"limit": Decimal(text)}


@given(st.decimals(min_value=-(10**8), max_value=10**8, places=16))
def test_rounding_moves_no_number_by_more_than_half_of_its_last_place(sent: Decimal) -> None:
    (rate,) = read(f'{{"exchangeRate": {{"value": {sent:f}}}}}').values()
    assert abs(rate - sent) <= Decimal("0.000000005")
    assert rate == round(rate, 8)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-01-27", date(2025, 1, 27)),
        ("2022-05-29T00:00:00", date(2022, 5, 29)),
        ("2018-05-22T07:27:28.158Z", date(2018, 5, 22)),
        ("2025-01-31T23:30:00-05:00", date(2025, 1, 31)),
        ("2025-01-01T00:30:00+14:00", date(2025, 1, 1)),
        ("2025-01-27 13:13:13.133", date(2025, 1, 27)),
        ("0001-01-02", date(1, 1, 2)),
        ("9999-12-31T23:59:59.9999999", date(9999, 12, 31)),
    ],
)
def test_dates_take_the_date_part_as_written(text: Any, day: Any) -> None:
    assert read({"documentDueDate": {"value": text}}) == {"due": day}


@pytest.mark.parametrize(
    "text",
    ["2025-02-30", "0000-01-01", "99999-01-01", "2025-W01-1", "27.01.2025", "2025-01-27T25:00:00", "2025-1-7",
     "2025-01-27Tnoon", "20250127", "", "2025-01-27T10:00:00+99:00", "２０２５-01-27"],
)  # fmt: skip
def test_impossible_dates_name_the_field_and_what_would_pass(text: Any) -> None:
    said = fault({"documentDueDate": {"value": text}})
    assert "Field: documentDueDate. Send a date such as 2025-01-27 or 2025-01-27T00:00:00." in said


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00"])
def test_the_first_day_of_the_calendar_is_what_clients_send_for_no_date(text: str) -> None:
    assert read({"documentDueDate": {"value": text}, "name": {"value": "x"}}) == {"name": "x"}


def test_what_typed_clients_send_for_nothing_is_null() -> None:
    assert read({"creditLimit": {"value": ""}, "shade": {"value": ""}}) == {"limit": None, "shade": None}
    assert read({"invoiceLines": [{"operation": "", "quantity": ""}]}) == {"rows": [{"quantity": None}]}
    assert read({"seller": {"value": 0}}) == {"seller": None}
    assert read({"seller": {"value": 7}, "invoiceLines": [{"lineNumber": {"value": 0}}]}) == {
        "seller": 7,
        "rows": [{"number": 0}],
    }


def test_where_what_is_overlooked_does_harm_nothing_is_taken_for_not_sent() -> None:
    for body in ('{"day": "0001-01-01"}', '{"shade": ""}', '{"limit": ""}', '{"limit": null}'):
        with pytest.raises(Malformed) as caught:
            changes(decode(body.encode(), Strict))
        assert f"Field: {body[2:].partition(chr(34))[0]}." in sentences(caught.value, Strict)
    assert changes(decode(b'{"day": "2025-01-27"}', Strict)) == {"day": date(2025, 1, 27)}


def test_a_list_that_callers_call_by_two_names_is_read_under_either() -> None:
    rows = [{"quantity": {"value": 2}}]
    expected = {"rows": [{"quantity": Decimal(2)}]}
    for body in ({"invoiceLines": rows}, {"lines": rows}, {"LINES": rows}, {"lines": {"value": rows}}):
        assert read(body) == expected
    nothings: tuple[Any, ...] = (None, [], {})
    for nothing in nothings:
        assert read({"invoiceLines": rows, "lines": nothing}) == expected
        assert read({"lines": rows, "invoiceLines": nothing}) == expected
    assert read({"lines": []}) == {}
    assert "Field: invoiceLines[0].quantity." in fault({"lines": [{"quantity": "abc"}]})


def test_a_list_under_both_its_names_is_refused() -> None:
    rows = [{"quantity": {"value": 2}}]
    for body in ({"invoiceLines": rows, "lines": rows}, {"Lines": rows, "invoicelines": rows}):
        said = fault(body)
        assert "are the same field. Field: invoiceLines. Send one of the two." in said
        assert "lines'" in said.lower()


def test_moments_keep_the_zone_that_was_written() -> None:
    assert read({"changedAt": {"value": "2025-01-27T13:13:13.5"}})["at"] == datetime(  # noqa: DTZ001
        2025, 1, 27, 13, 13, 13, 500_000
    )
    assert read({"changedAt": {"value": "2025-01-27T13:13:13Z"}})["at"] == datetime(2025, 1, 27, 13, 13, 13, tzinfo=UTC)


def test_faults_name_the_path_the_value_and_what_would_pass() -> None:
    assert fault({"invoiceLines": [{}, {"quantity": {"value": "abc"}}]}) == (
        "'abc' is not a number that can be stored. Field: invoiceLines[1].quantity. "
        "Send a number below 10^9, for example 12.5; it is rounded to 6 decimals."
    )
    assert fault({"invoiceLines": [{"operation": "Explode"}]}) == (
        "'Explode' is not one of the values that this field takes. Field: invoiceLines[0].operation. "
        "Send one of: Light, PitchBlack."
    )
    assert fault({"mainAddress": {"value": {"city": {"value": [1]}}}}).startswith(
        "A list is not a text. Field: mainAddress.city."
    )
    assert "Field: invoiceLines[0]." in fault({"invoiceLines": [None]})
    assert "a list is needed. Field: invoiceLines." in fault({"invoiceLines": "none"})
    assert "Field: tags[1]. At most 15 characters fit." in fault({"tags": ["a", "b" * 16]})
    assert "Field: name. At most 30 characters fit." in fault({"name": {"value": "x" * 31}})
    assert "Field: overrideWithClassValues. Send true or false." in fault({"overrideWithClassValues": "maybe"})
    assert "Field: invoiceLines[0].lineNumber." in fault({"invoiceLines": [{"lineNumber": 2**31}]})
    assert "Field: invoiceLines[0].lineNumber." in fault({"invoiceLines": [{"lineNumber": 1.5}]})
    assert "Field: name." in fault({"name": {"valeu": "x"}})


def test_what_is_quoted_is_short_and_on_one_line() -> None:
    said = fault({"name": {"value": "a\nb" + "x" * 100_000}})
    assert "\n" not in said
    assert len(said) < 200


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b"])
def test_nul_is_refused_because_the_database_cannot_keep_it(text: Any) -> None:
    assert "NUL" in fault(f'{{"name": {{"value": "{text}"}}}}')


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b'"text"', b"5", b"{", b'{"name":', b"{} {}", b'{"name": NaN}', b'{"name": 01}',
        b'{"name": {"value": "\\ud800"}}', b'{"name": {"value": "\\udc00\\ud800"}}', b'{"name": "\xff\xfe"}',
        b"\xff\xfe{\x00}\x00", b"[" * 100_000, b'{"a":' * 10_000, b'{"name":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"name": "\x00"}', b"{'name': 1}",
    ],
)  # fmt: skip
def test_what_is_not_a_json_object_is_malformed(body: Any) -> None:
    assert fault(body)


@pytest.mark.parametrize("digits", [b"9" * 1_000_000, b"9" * 1_000_000 + b".5", b"0." + b"9" * 1_000_000])
@pytest.mark.parametrize("name", [b"creditLimit", b"CreditLimit", b"name", b"unknown"])
def test_numbers_of_a_million_digits_are_cheap(digits: Any, name: Any) -> None:
    began_at = time.perf_counter()
    outcome = read_or_fault(b'{"' + name + b'": {"value": ' + digits + b"}}")
    assert time.perf_counter() - began_at < 0.5
    assert outcome == {} if name == b"unknown" and b"." in digits else 0 < len(str(outcome)) < 300


def test_a_byte_order_mark_is_skipped() -> None:
    assert read(b'\xef\xbb\xbf{"name": "x"}') == {"name": "x"}


NAMES = ["name", "value", "Value", "mainAddress", "city", "invoiceLines", "quantity", "creditLimit", "documentDueDate"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_whatever_is_sent_is_read_or_refused(body: Any) -> None:
    outcome = read_or_fault(json.dumps(body).encode())
    assert isinstance(outcome, dict) or "Field: " in outcome or "not valid JSON" in outcome or "digits" in outcome


@given(st.binary(max_size=60))
def test_whatever_bytes_are_sent_are_read_or_refused(body: Any) -> None:
    assert read_or_fault(body) or body.strip().startswith(b"{")


def test_a_struct_that_skips_unknown_names_is_found_at_the_start() -> None:
    with pytest.raises(TypeError, match="Loose"):
        check_body(Outer)
    check_body(Sheet)


def test_moments_go_out_in_the_companys_zone_with_trimmed_fractions() -> None:
    oslo = ZoneInfo("Europe/Oslo")
    at = datetime(2024, 12, 2, 13, 14, 59, tzinfo=UTC)
    assert local_text(at, oslo) == "2024-12-02T14:14:59"
    assert local_text(at.replace(microsecond=740_000), oslo) == "2024-12-02T14:14:59.74"
    assert local_text(at.replace(microsecond=153_999), oslo) == "2024-12-02T14:14:59.153"
    assert local_text(at.replace(microsecond=999), oslo) == "2024-12-02T14:14:59"
    assert local_text(datetime(2024, 7, 1, 22, 30, tzinfo=UTC), oslo) == "2024-07-02T00:30:00"
    assert day_text(date(2026, 3, 17)) == "2026-03-17T00:00:00"


def test_versions_are_eight_bytes_in_base64() -> None:
    assert etag_of(0x4D182222) == "AAAAAE0YIiI="
