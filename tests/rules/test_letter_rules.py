"""What may become of a letter that stands, and what it says: pure rules, random lines and random texts."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.currencies.rules import BASE_RATE, Operator, Rate
from reskontra.dunning.letters.letter import Letter, LetterLine, LetterStatus, Mention, Owed
from reskontra.dunning.letters.rules.amending import (
    FeeReversal,
    Later,
    Settler,
    amended,
    check_releasable,
    check_voidable,
    fee_of,
    fee_reversal,
    void_day,
)
from reskontra.dunning.letters.rules.wording import fill, letter_language, shipped_words
from reskontra.dunning.new_letter import Basis, Candidate
from reskontra.errors import Refused, UnknownReference
from reskontra.printing.languages import shipped_languages
from reskontra.records import replace as replace_record
from reskontra.reference.rules.dunning_levels import DunningLevel
from reskontra.reference.rules.dunning_texts import PLACEHOLDERS, DunningText
from reskontra.reference.rules.preferences import DunningPreferences
from reskontra.yaml_file import Prose

DAY = date(2025, 3, 1)
LEVELS = (
    DunningLevel(level=1, description="First", days_past_due=14, days_to_settle=14),
    DunningLevel(level=2, description="Second", days_past_due=28, days_to_settle=12, fee=Decimal(20)),
    DunningLevel(level=3, description="Last", days_past_due=42, days_to_settle=10, fee=Decimal(35)),
)
BASIS = Basis(
    customer_id=1,
    letter_date=DAY,
    levels=LEVELS,
    preferences=DunningPreferences(fee_item="FEE", jurisdiction="NO"),
    candidates=(),
    currency_id="NOK",
    rate=BASE_RATE,
    law={"reminder_fee_cap": Decimal(35)},
)


def mention(number: str, **more: Any) -> Mention:
    known: dict[str, Any] = {
        "document_type": "Invoice",
        "number": number,
        "status": "Open",
        "document_date": DAY - timedelta(60),
        "currency_id": "NOK",
        "balance": Decimal(100),
        "customer_number": "1",
        "customer_name": "Ola",
    }
    return Mention(**known | more)


def line(document_id: int, reached: int = 1, *, step: int = 1, balance: int = 100, **more: Any) -> LetterLine:
    """A line that reaches that level; without a step it is there for information."""
    return LetterLine(
        document_id=document_id,
        document=mention(f"A{document_id}", **more),
        level_before=reached - step,
        level_after=reached,
        previous_letter_date=DAY - timedelta(20) if reached > step else None,
        due_date=DAY - timedelta(43),
        balance=Decimal(balance),
        balance_base=Decimal(balance),
    )


def letter(*lines: LetterLine, **more: Any) -> Letter:
    level = max((it.level_after for it in lines if it.is_reminded), default=1)
    moment = datetime(2025, 3, 1, tzinfo=UTC)
    known: dict[str, Any] = {
        "letter_id": 7,
        "customer_id": 1,
        "customer_number": "1",
        "customer_name": "Ola",
        "level": level,
        "status": LetterStatus.DRAFT,
        "letter_date": DAY,
        "payment_deadline": DAY + timedelta(LEVELS[level - 1].days_to_settle),
        "currency_id": "NOK",
        "fee": LEVELS[level - 1].fee,
        "fee_entered": False,
        "fee_document_id": None,
        "fee_invoice": None,
        "fee_credit_note": None,
        "final_reminder": level == 3,
        "warnings": (),
        "created_at": moment,
        "created_by": "test",
        "released_at": None,
        "voided_at": None,
        "void_date": None,
        "modified_at": moment,
        "version": 1,
        "lines": lines,
    }
    return Letter(**known | more)


def delete(*numbers: str) -> dict[str, Any]:
    return {"lines": [{"operation": "Delete", "number": number} for number in numbers]}


# --- changing a draft


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.data())
def test_the_level_is_the_highest_that_is_left_and_brings_its_own_terms(
    reached: list[int], data: st.DataObject
) -> None:
    """LET-02, LET-04, FEE-02, whatever is taken off; and a second time nothing changes."""
    lines = [line(number, level) for number, level in enumerate(reached)]
    gone = data.draw(st.sets(st.sampled_from(range(len(lines))), max_size=len(lines) - 1))
    before = letter(*lines)
    after = amended(before, delete(*(f"a{number}" for number in gone)), BASIS)

    level = max(level for number, level in enumerate(reached) if number not in gone)
    setup = LEVELS[level - 1]
    assert [it.document_id for it in after.lines] == [number for number in range(len(lines)) if number not in gone]
    assert (after.level, after.fee, after.final_reminder) == (level, setup.fee, level == 3)
    assert after.payment_deadline == DAY + timedelta(setup.days_to_settle)
    assert amended(after, {}, BASIS) == after
    if not gone:
        assert after == before


@given(st.decimals(0, 999, places=2), st.integers(1, 3), st.integers(1, 3))
def test_a_fee_by_hand_survives_any_level(fee: Decimal, first: int, second: int) -> None:
    draft = amended(letter(line(1, first), line(2, second)), {"fee": fee}, BASIS)
    assert (draft.fee, draft.fee_entered) == (fee, True)
    lowered = amended(draft, delete("A1"), BASIS)
    assert (lowered.fee, lowered.level) == (fee, second)
    back = amended(lowered, {"fee": None}, BASIS)
    assert (back.fee, back.fee_entered) == (LEVELS[second - 1].fee, False)


def test_a_fee_that_stands_is_not_made_anew_while_the_level_stands() -> None:
    """The set-up may have changed since; a draft keeps what it was made with."""
    draft = letter(line(1, 3), line(2, 3), fee=Decimal(30), payment_deadline=DAY + timedelta(99))
    after = amended(draft, delete("A1"), BASIS)
    assert (after.fee, after.payment_deadline) == (Decimal(30), DAY + timedelta(99))


def test_a_fee_in_another_currency_is_held_against_the_law_in_base_currency() -> None:
    in_euro = replace(BASIS, currency_id="EUR", rate=Rate(Decimal(10), Operator.MULTIPLY))
    draft = letter(line(1, 1), currency_id="EUR", fee=Decimal(0))
    assert amended(draft, {"fee": Decimal("3.50")}, in_euro).warnings == ()
    (doubt,) = amended(draft, {"fee": Decimal("3.60")}, in_euro).warnings
    assert "36" in doubt


@pytest.mark.parametrize(("sent", "fee"), [("12.505", "12.51"), ("12.504999", "12.50"), ("0.004", "0.00")])
def test_a_fee_is_rounded_to_its_currency(sent: str, fee: str) -> None:
    assert amended(letter(line(1)), {"fee": Decimal(sent)}, BASIS).fee == Decimal(fee)


@pytest.mark.parametrize(
    ("lines", "changes", "says"),
    [
        ([line(1)], delete("A1"), "would remind of nothing"),
        ([line(1), line(2, 1, step=0)], delete("A1"), "would remind of nothing"),
        ([line(1)], {"fee": Decimal("-0.01")}, "not negative"),
        ([line(1)], {"lines": [{"operation": "Delete", "number": " "}]}, ""),
        ([line(1)], {"lines": [{"operation": "Delete"}]}, "needs a document"),
        ([line(1), line(1, document_type="DebitNote")], delete("A1"), "Several documents"),
    ],
)
def test_a_change_that_cannot_be(lines: list[LetterLine], changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refused:
        amended(letter(*lines), changes, BASIS)
    assert says in refused.value.reason
    assert refused.value.hint


def test_a_type_tells_documents_of_one_number_apart() -> None:
    draft = letter(line(1), replace(line(2), document=mention("A1", document_type="DebitNote")))
    sent = {"operation": "Delete", "number": "A1", "document_type": "DebitNote"}
    assert [it.document_id for it in amended(draft, {"lines": [sent]}, BASIS).lines] == [1]
    with pytest.raises(UnknownReference):
        amended(draft, {"lines": [sent | {"document_type": "FinCharge"}]}, BASIS)


# --- releasing


def candidate(document_id: int, level: int = 0, **more: Any) -> Candidate:
    known: dict[str, Any] = {
        "document_id": document_id,
        "document_type": "Invoice",
        "customer_id": 1,
        "branch_number": "1",
        "origin": "entered",
        "status": "Open",
        "due_date": DAY - timedelta(43),
        "balance": Decimal(100),
        "revoked": False,
        "dunning_level": level,
        "dunning_letter_date": None,
        "in_draft": True,
    }
    return Candidate(**known | more)


def test_release_asks_whether_all_is_as_it_was() -> None:
    draft = letter(line(1), line(2, 2), line(3, 1, step=0))
    present = [candidate(1), candidate(2, 1)]
    check_releasable(draft, present, "FEE")
    for changed, says in [
        (present[:1], "A2 is settled"),
        ([present[0], replace_record(present[1], dunning_level=2)], "A2 is at level 2"),
        ([present[0], replace_record(present[1], revoked=True)], "A2 is disputed"),
        ([present[0], replace_record(present[1], due_date=DAY)], "A2 is not overdue"),
        ([replace_record(present[0], status="Reserved")], "A1 is not overdue on the letter's date, A2 is settled"),
    ]:
        with pytest.raises(Refused, match=says):
            check_releasable(draft, changed, "FEE")
    with pytest.raises(Refused, match="no item"):
        check_releasable(draft, present, None)
    check_releasable(replace(draft, fee=Decimal(0)), present, None)
    for status in (LetterStatus.RELEASED, LetterStatus.VOIDED):
        with pytest.raises(Refused, match=f"already {status.lower()}"):
            check_releasable(replace(draft, status=status), present, "FEE")


def test_a_fee_is_asked_for_once_and_only_if_there_is_one() -> None:
    assert fee_of(letter(line(1))) is None
    asked = fee_of(letter(line(1, 3), branch_number="2"))
    assert asked is not None
    assert (asked.amount, asked.level, asked.letter_date, asked.branch_number) == (Decimal(35), 3, DAY, "2")


# --- voiding


def test_only_the_last_released_letter_is_voided() -> None:
    released = letter(line(1), status=LetterStatus.RELEASED)
    check_voidable(released, [])
    for later, says in [
        ([Later(8, "Released", "A1"), Later(9, "Released", "A1")], "Void letter 9 first."),
        ([Later(8, "Released", "A1"), Later(9, "Draft", "A1")], "Delete letter 9 first."),
    ]:
        with pytest.raises(Refused) as refused:
            check_voidable(released, later)
        assert refused.value.hint == says
    for status in (LetterStatus.DRAFT, LetterStatus.VOIDED):
        with pytest.raises(Refused):
            check_voidable(replace(released, status=status), [])


def test_a_void_is_never_before_its_letter() -> None:
    released = letter(line(1), status=LetterStatus.RELEASED)
    assert void_day(released, None, DAY + timedelta(5)) == DAY + timedelta(5)
    assert void_day(released, None, DAY - timedelta(5)) == DAY
    assert void_day(released, DAY, DAY + timedelta(5)) == DAY
    with pytest.raises(Refused):
        void_day(released, DAY - timedelta(1), DAY)


NOTE, DRAFT_NOTE, PAYMENT = (
    Settler("CreditNote", "N1", is_released=True),
    Settler("CreditNote", "N2", is_released=False),
    Settler("Payment", "P1", is_released=True),
)


@pytest.mark.parametrize(
    ("status", "settlers", "reversal"),
    [
        (None, [], FeeReversal.NOTHING),
        ("Hold", [], FeeReversal.DELETE),
        ("Balanced", [], FeeReversal.DELETE),
        ("Open", [], FeeReversal.CREDIT),
        ("Closed", [NOTE], FeeReversal.NOTHING),
        ("Closed", [NOTE, NOTE], FeeReversal.NOTHING),
        ("Open", [NOTE], "a credit note first"),
        ("Open", [DRAFT_NOTE], "Release or delete CreditNote N2 first."),
        ("Open", [NOTE, DRAFT_NOTE], "Release or delete CreditNote N2 first."),
        ("Closed", [PAYMENT], "Take that settlement back first."),
        ("Open", [PAYMENT], "Take that settlement back first."),
        ("Closed", [NOTE, PAYMENT], "Take that settlement back first."),
    ],
)
def test_what_becomes_of_the_fee(status: str | None, settlers: list[Settler], reversal: FeeReversal | str) -> None:
    """VLT-02."""
    fee = mention("F1", status=status) if status else None
    released = letter(line(1, 3), status=LetterStatus.RELEASED, fee_document_id=5, fee_invoice=fee)
    if isinstance(reversal, FeeReversal):
        assert fee_reversal(released, settlers) == reversal
        return
    with pytest.raises(Refused) as refused:
        fee_reversal(released, settlers)
    assert reversal in refused.value.hint


# --- what a letter comes to, and what it says


def test_what_is_owed_is_told_by_currency() -> None:
    """What is listed for information is not asked for; credits count against the rest."""
    shown = letter(
        line(1, 3),
        line(2, 3, currency_id="EUR", balance=7),
        line(3, 1, step=0, balance=1000),
        line(4, 1, step=0, balance=-30, document_type="CreditNote"),
    )
    assert shown.owed == (
        Owed(currency_id="NOK", documents=Decimal(100), credits=Decimal(-30), fee=Decimal(35)),
        Owed(currency_id="EUR", documents=Decimal(7), credits=Decimal(0), fee=Decimal(0)),
    )
    assert [it.total for it in shown.owed] == [Decimal(105), Decimal(7)]
    assert [shown.days_overdue(it) for it in shown.lines] == [43] * 4
    assert shown.days_overdue(replace(line(1), due_date=None)) == 0
    assert shown.days_overdue(replace(line(1), due_date=DAY + timedelta(3))) == 0


def test_shipped_words_use_known_placeholders_and_name_the_deadline() -> None:
    languages = shipped_words()
    assert set(languages) == set(shipped_languages()) == {"nb", "sv", "en"}
    for language in languages.values():
        for words in (language.first, language.again, language.last):
            used = {name for part in (words.subject, words.opening, words.closing)
                    for _, name, *_ in string.Formatter().parse(part) if name}  # fmt: skip
            assert used <= set(PLACEHOLDERS)
            assert "{deadline}" in words.closing
            assert "{total}" in words.closing
    assert "inkasso" in languages["nb"].last.closing
    assert "inkasso" in languages["sv"].last.closing
    assert "debt collection" in languages["en"].last.closing


@given(st.text())
def test_filling_in_never_fails_and_never_fills_twice(name: str) -> None:
    assert fill("{customer}!", {"customer": name, "deadline": "no"}) == f"{name}!"
    fill(name, {"customer": "x"})


def test_braces_and_unknown_placeholders_stay() -> None:
    assert fill("{{a}} {b} {c}", {"b": "{c}"}) == "{a} {c} {c}"
    assert fill("{", {}) == "{"


@pytest.mark.parametrize(
    ("locale", "country_id", "language"),
    [
        (None, "NO", "nb"), (None, "SE", "sv"), (None, "DK", "en"), (None, "se", "sv"), (None, "", "en"),
        ("nb-NO", "SE", "nb"), ("no", "SE", "nb"), ("NN_no", "SE", "nb"), ("sv", "NO", "sv"), ("en-GB", "NO", "en"),
        ("fi-FI", "NO", "fi"), ("de", "NO", "nb"), ("", "NO", "nb"), ("-", "NO", "nb"), ("da", "SE", "sv"),
    ],
)  # fmt: skip
def test_the_language_is_the_customers(locale: str | None, country_id: str, language: str) -> None:
    whole = DunningText(level=1, language="fi", subject=Prose("A"), opening=Prose("B"), closing=Prose("C"))
    partly = DunningText(level=1, language="da", subject=Prose("A"))
    assert letter_language(locale, country_id, {"fi": whole.parts, "da": partly.parts}) == language
