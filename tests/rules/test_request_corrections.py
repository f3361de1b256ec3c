"""What would have passed instead of a refused body, as far as the refusal or an example of the operation tells."""

from __future__ import annotations

from typing import Any

import pytest

from reskontra.requests.rules.corrections import Fault, corrected, place_of

EXAMPLE = {"customerNumber": {"value": "20001"}, "invoiceLines": [{"inventoryNumber": {"value": "A"}, "sort": 1}]}


def test_a_field_is_found_by_whatever_it_was_called() -> None:
    body = {"InvoiceLines": {"value": [{"Quantity": {"Value": 1}}]}}
    assert place_of(body, ("invoiceLines", 0, "quantity")) == ("InvoiceLines", "value", 0, "Quantity")
    assert place_of(body, ("invoiceLines", 1, "quantity")) is None
    assert place_of([], ("invoiceLines",)) is None


@pytest.mark.parametrize(
    ("hint", "sent", "passes"),
    [
        ("Send one of: Active, OnHold, CreditHold.", "hold", "OnHold"),
        ("Send true or false.", "perhaps", False),
        ("Send a whole number, for example 1.", "x", 1),
        ("Send a number, for example 12.5.", "x", 12.5),
        ("Send a whole number from 0 to 99.", "100", 0),
        ('Send a text in quotes, for example "10000".', "", "10000"),
        ("Send a date such as 2025-01-31.", "yesterday", "2025-01-31"),
        ("At most 3 characters fit.", "abcdef", "abc"),
    ],
)
def test_the_hint_says_what_passes(hint: str, sent: str, passes: Any) -> None:
    for body in ({"Status": {"value": sent}, "x": 1}, {"Status": sent, "x": 1}):
        found = corrected(body, Fault("No.", hint, ("status",), sent))
        assert found is not None
        assert found.value == passes
        assert found.path == ("Status",)
        assert found.body == {"Status": {"value": passes} if isinstance(body["Status"], dict) else passes, "x": 1}
        assert body["Status"] in (sent, {"value": sent}), "what was sent is left alone"


def test_the_example_says_what_passes_where_the_hint_does_not() -> None:
    body = {"customerNumber": "99", "invoiceLines": [{}, {"inventoryNumber": {"value": "none"}}]}
    hint = "Send the number of an existing one."
    found = corrected(body, Fault("No.", hint, ("customerNumber",), "99"), EXAMPLE)
    assert found is not None
    assert found.body["customerNumber"] == "20001"
    found = corrected(body, Fault("No.", hint, ("invoiceLines", 1, "inventoryNumber"), "none"), EXAMPLE)
    assert found is not None
    assert found.body["invoiceLines"] == [{}, {"inventoryNumber": {"value": "A"}}]


def test_a_missing_field_is_added_as_the_example_writes_it() -> None:
    lacking: dict[str, Any] = {"invoiceLines": [{}]}
    for field, added in (("inventoryNumber", {"value": "A"}), ("sort", 1)):
        found = corrected(lacking, Fault("This field is missing.", "Send it.", ("invoiceLines", 0, field)), EXAMPLE)
        assert found is not None
        assert found.body == {"invoiceLines": [{field: added}]}
        assert found.path == ("invoiceLines", 0, field)


def test_nothing_is_guessed() -> None:
    assert corrected({"a": 1}, Fault("No.", "Wait.", ("a",), "1")) is None
    assert corrected({"a": 1}, Fault("No.", "Send true or false.")) is None
    assert corrected([], Fault("No.", "Send true or false.", ("a",))) is None
    assert corrected({}, Fault("No.", "Send it.", ("invoiceLines", 0, "sort")), EXAMPLE) is None
