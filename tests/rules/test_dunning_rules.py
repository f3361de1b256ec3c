"""Properties of reminding: no level is skipped, none comes early, what is disputed, settled or not due is left alone.

Histories are made day by day: documents fall due, are disputed, are settled, and letters go out on some of the days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.currencies.rules import BASE_RATE, Operator, Rate
from reskontra.dunning.new_letter import Basis, Candidate, Fee, NewLetter
from reskontra.dunning.rules.fees import fee_invoice
from reskontra.dunning.rules.levels import check_letter_date, letter_levels
from reskontra.dunning.rules.new_letters import is_due, new_letters, releases_at_once
from reskontra.dunning.rules.readiness import is_ready
from reskontra.errors import Refused
from reskontra.receivables.rules.items import FEE_ORIGIN
from reskontra.records import replace as replace_record
from reskontra.reference.rules.dunning_levels import DunningLevel
from reskontra.reference.rules.preferences import DunningConsolidation, DunningPreferences, DunningProcess

DAY = date(2025, 1, 15)
LEVELS = (
    DunningLevel(level=1, description="Reminder", days_past_due=14, days_to_settle=14),
    DunningLevel(level=2, description="Second reminder", days_past_due=28, days_to_settle=14),
    DunningLevel(level=3, description="Notice", days_past_due=42, days_to_settle=10, fee=Decimal("35.00")),
)
BY_DOCUMENT = DunningPreferences(process=DunningProcess.BY_DOCUMENT, fee_item="PURREGEBYR")
BY_CUSTOMER = DunningPreferences(process=DunningProcess.BY_CUSTOMER, fee_item="PURREGEBYR")
NORWAY = {
    "reminder_earliest_days": Decimal(14),
    "reminder_fees_max": Decimal(2),
    "collection_notice_days": Decimal(14),
    "reminder_fee_cap": Decimal(35),
}
ALL = range(1, 100)


def candidate(document_id: int = 1, **fields: object) -> Candidate:
    blank = Candidate(
        document_id=document_id,
        document_type="Invoice",
        customer_id=1,
        branch_number="1",
        origin="entered",
        status="Open",
        due_date=DAY,
        balance=Decimal(100),
        revoked=False,
        dunning_level=0,
        dunning_letter_date=None,
    )
    return replace_record(blank, **fields)


def basis(*candidates: Candidate, on: date, **fields: object) -> Basis:
    blank = Basis(
        customer_id=1,
        letter_date=on,
        levels=LEVELS,
        preferences=BY_DOCUMENT,
        candidates=candidates,
        currency_id="NOK",
        rate=BASE_RATE,
    )
    return replace(blank, **fields)  # type: ignore[arg-type]


def released(letters: tuple[NewLetter, ...], candidates: list[Candidate]) -> list[Candidate]:
    """The documents after the letters' release (FEE-01)."""
    moved = {line.document_id: (line.level_after, letter.letter_date) for letter in letters for line in letter.lines
             if line.is_reminded}  # fmt: skip
    return [
        replace_record(it, dunning_level=moved[it.document_id][0], dunning_letter_date=moved[it.document_id][1])
        if it.document_id in moved
        else it
        for it in candidates
    ]


levels = st.lists(st.integers(1, 40), min_size=1, max_size=5).map(
    lambda gaps: tuple(
        DunningLevel(
            level=number,
            description="",
            days_past_due=sum(gaps[:number]),
            days_to_settle=10,
            fee=Decimal(number * 5),
        )
        for number in range(1, len(gaps) + 1)
    )
)
states = st.builds(
    lambda due, revoked, settled, fee, branch: candidate(
        branch_number=branch,
        due_date=DAY + timedelta(days=due),
        revoked=revoked,
        status="Closed" if settled else "Open",
        balance=Decimal(0 if settled else 100),
        origin=FEE_ORIGIN if fee else "entered",
    ),
    st.integers(0, 60),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["1", "2"]),
)
documents = st.lists(states, max_size=6).map(
    lambda found: [replace_record(it, document_id=position) for position, it in enumerate(found)]
)
days = st.lists(st.integers(0, 250), min_size=1, max_size=12).map(sorted)
preferences = st.builds(
    DunningPreferences,
    process=st.sampled_from(DunningProcess),
    include_other_unpaid=st.booleans(),
    split_by_document=st.booleans(),
    consolidation=st.sampled_from(DunningConsolidation),
    fee_item=st.just("PURREGEBYR"),
)


@given(documents, days, levels, preferences)
def test_levels_go_up_one_by_one_never_early_and_only_for_what_is_due(
    start: list[Candidate], runs: list[int], setup: tuple[DunningLevel, ...], wanted: DunningPreferences
) -> None:
    standing = start
    for offset in runs:
        today = DAY + timedelta(days=offset)
        known = {it.document_id: it for it in standing}
        letters = new_letters(basis(*standing, on=today, levels=setup, preferences=wanted), ALL)
        reminded = [(letter, line) for letter in letters for line in letter.lines if line.is_reminded]
        assert len({line.document_id for _, line in reminded}) == len(reminded), "reminded of twice in one run"
        for letter, line in reminded:
            before = known[line.document_id]
            assert (line.level_before, line.level_after) == (before.dunning_level, before.dunning_level + 1)
            assert line.level_after <= letter.level <= len(setup)
            assert before.status == "Open"
            assert before.balance > 0
            assert not before.revoked
            assert before.origin != FEE_ORIGIN
            assert before.due_date is not None
            assert before.due_date < today
            assert line.previous_letter_date == before.dunning_letter_date
            if line.level_before:
                gap = setup[line.level_before].days_past_due - setup[line.level_before - 1].days_past_due
                assert line.previous_letter_date is not None
                assert (today - line.previous_letter_date).days >= gap
                assert (today - before.due_date).days > setup[line.level_before].days_past_due
        standing = released(letters, standing)
        assert new_letters(basis(*standing, on=today, levels=setup, preferences=wanted), ALL) == ()


@given(documents, st.integers(0, 250), levels, st.integers(1, 5), st.integers(1, 5))
def test_only_letters_of_the_wanted_levels_are_made(
    standing: list[Candidate], offset: int, setup: tuple[DunningLevel, ...], first: int, last: int
) -> None:
    today = DAY + timedelta(days=offset)
    everything = new_letters(basis(*standing, on=today, levels=setup), ALL)
    some = new_letters(basis(*standing, on=today, levels=setup), range(first, last + 1))
    assert some == tuple(letter for letter in everything if first <= letter.level <= last)


@given(documents, st.integers(0, 250), levels)
def test_by_document_a_letter_has_the_level_of_all_its_documents(
    standing: list[Candidate], offset: int, setup: tuple[DunningLevel, ...]
) -> None:
    letters = new_letters(basis(*standing, on=DAY + timedelta(days=offset), levels=setup), ALL)
    assert len({letter.level for letter in letters}) == len(letters)
    for letter in letters:
        assert {line.level_after for line in letter.lines} == {letter.level}


@pytest.mark.parametrize(("days_late", "ready"), [(14, False), (15, True)])
def test_the_days_past_due_must_be_exceeded(days_late: int, ready: bool) -> None:
    assert is_ready(candidate(), DAY + timedelta(days=days_late), LEVELS) is ready


@pytest.mark.parametrize(
    "changed",
    [
        {"revoked": True},
        {"reminding_blocked_until": date(9999, 12, 31), "reminding_block_reason": "Disputed"},
        {"status": "Reserved"},
        {"balance": Decimal(0)},
        {"origin": FEE_ORIGIN},
        {"due_date": None},
        {"in_draft": True},
        {"dunning_level": 3, "dunning_letter_date": DAY},
    ],
)
def test_what_is_not_to_be_reminded_of(changed: dict[str, object]) -> None:
    assert is_ready(candidate(), DAY + timedelta(days=100), LEVELS)
    assert not is_ready(replace_record(candidate(), **changed), DAY + timedelta(days=100), LEVELS)


def test_by_customer_nothing_follows_the_final_reminder_until_it_is_settled() -> None:
    today = DAY + timedelta(days=100)
    final = candidate(1, dunning_level=3, dunning_letter_date=DAY)
    fresh = candidate(2)
    assert new_letters(basis(final, fresh, on=today, preferences=BY_CUSTOMER), ALL) == ()
    (letter,) = new_letters(basis(final, fresh, on=today), ALL)
    assert [line.document_id for line in letter.lines] == [2], "by document only the document itself is out"
    settled = replace_record(final, status="Closed", balance=Decimal(0))
    (letter,) = new_letters(basis(settled, fresh, on=today, preferences=BY_CUSTOMER), ALL)
    assert [line.document_id for line in letter.lines] == [2]


def test_by_customer_what_was_never_reminded_of_joins_as_soon_as_it_is_due() -> None:
    first = candidate(1, dunning_level=1, dunning_letter_date=DAY + timedelta(days=15))
    due_yesterday = candidate(2, due_date=DAY + timedelta(days=28))
    due_today = candidate(3, due_date=DAY + timedelta(days=29))
    (letter,) = new_letters(
        basis(first, due_yesterday, due_today, on=DAY + timedelta(days=29), preferences=BY_CUSTOMER), ALL
    )
    assert letter.level == 2
    assert [(line.document_id, line.level_after) for line in letter.lines] == [(1, 2), (2, 1)]


@given(documents, st.integers(0, 250), levels, preferences)
def test_letters_of_a_branch_are_those_of_its_documents_alone(
    standing: list[Candidate], offset: int, setup: tuple[DunningLevel, ...], wanted: DunningPreferences
) -> None:
    today = DAY + timedelta(days=offset)
    by_branch = replace(wanted, consolidation=DunningConsolidation.BRANCH)
    whole = replace(wanted, consolidation=DunningConsolidation.COMPANY)
    expected = [
        replace(letter, branch_number=branch)
        for branch in ("1", "2")
        for letter in new_letters(
            basis(*(it for it in standing if it.branch_number == branch), on=today, levels=setup, preferences=whole),
            ALL,
        )
    ]
    assert list(new_letters(basis(*standing, on=today, levels=setup, preferences=by_branch), ALL)) == expected


@pytest.mark.parametrize(
    ("listed", "switches"),
    [
        ([1], {}),
        ([1, 2], {"include_other_unpaid": True}),
        ([1, 3], {"include_credit_notes": True}),
        ([1, 2, 3], {"include_other_unpaid": True, "include_credit_notes": True}),
    ],
)
@pytest.mark.parametrize("process", DunningProcess)
def test_what_is_listed_for_information(listed: list[int], switches: dict[str, bool], process: DunningProcess) -> None:
    today = DAY + timedelta(days=15)
    ready, later = candidate(1), candidate(2, due_date=today)
    credit = candidate(3, document_type="CreditNote", due_date=None, balance=Decimal(-40))
    reserved = replace_record(credit, document_id=4, status="Reserved")
    wanted = replace(BY_DOCUMENT, process=process, **switches)  # type: ignore[arg-type]
    (letter,) = new_letters(basis(ready, later, credit, reserved, on=today, preferences=wanted), ALL)
    assert [line.document_id for line in letter.lines] == listed
    assert [line.document_id for line in letter.lines if line.is_reminded] == [1]


def test_a_credit_alone_makes_no_letter() -> None:
    credit = candidate(1, document_type="CreditNote", due_date=None, balance=Decimal(-40))
    wanted = replace(BY_DOCUMENT, include_credit_notes=True)
    assert new_letters(basis(credit, on=DAY + timedelta(days=400), preferences=wanted), ALL) == ()


@given(documents, st.integers(0, 250), levels, preferences, st.integers(1, 5))
def test_whether_a_letter_is_due_does_not_depend_on_what_it_costs(
    standing: list[Candidate], offset: int, setup: tuple[DunningLevel, ...], wanted: DunningPreferences, last: int
) -> None:
    given_basis = basis(*standing, on=DAY + timedelta(days=offset), levels=setup, preferences=wanted)
    some = range(1, last + 1)
    assert is_due(given_basis, some) == bool(new_letters(given_basis, some))
    assert is_due(replace(given_basis, rate=None), some) == is_due(given_basis, some)


# Vectors: what happens on which day. The levels are the demo's: 14, 28 and 42 days past due.


@pytest.mark.parametrize("process", DunningProcess)
@pytest.mark.parametrize(
    ("runs", "reached"),
    [
        ([15, 29, 43], [1, 2, 3]),  # each on the first day that it may be
        ([14, 28, 41, 42], [0, 1, 1, 2]),  # 14 days past due are not enough; a late first letter shifts the second
        ([15, 28, 29], [1, 1, 2]),
        ([100, 113, 114, 127, 128], [1, 1, 2, 2, 3]),  # a late run shifts the following ones
        ([15, 100, 113, 114], [1, 2, 2, 3]),
        ([43, 43, 43], [1, 1, 1]),  # never two steps on a day
        ([400, 800, 1200, 1600], [1, 2, 3, 3]),  # the last level is the last
    ],
)
def test_levels_day_by_day(runs: list[int], reached: list[int], process: DunningProcess) -> None:
    standing, found = [candidate()], []
    for offset in runs:
        letters = new_letters(
            basis(*standing, on=DAY + timedelta(days=offset), preferences=replace(BY_DOCUMENT, process=process)), ALL
        )
        standing = released(letters, standing)
        found.append(standing[0].dunning_level)
    assert found == reached


def test_a_letter_has_the_fee_and_the_deadline_of_its_level() -> None:
    ready = candidate(dunning_level=2, dunning_letter_date=DAY + timedelta(days=29))
    (letter,) = new_letters(basis(ready, on=DAY + timedelta(days=43)), ALL)
    assert (letter.level, letter.fee, letter.final_reminder) == (3, Decimal("35.00"), True)
    assert letter.payment_deadline == letter.letter_date + timedelta(days=10)
    assert letter.warnings == ()


@pytest.mark.parametrize(
    ("rate", "fee"),
    [(Rate(Decimal("10.50")), Decimal("3.33")), (Rate(Decimal("0.5"), Operator.DIVIDE), Decimal("17.50"))],
)
def test_the_fee_is_converted_from_base_currency(rate: Rate, fee: Decimal) -> None:
    ready = candidate(dunning_level=2, dunning_letter_date=DAY)
    (letter,) = new_letters(basis(ready, on=DAY + timedelta(days=43), currency_id="EUR", rate=rate), ALL)
    assert letter.fee == fee


def test_a_fee_without_a_rate_is_refused_and_a_letter_without_a_fee_needs_none() -> None:
    (letter,) = new_letters(basis(candidate(), on=DAY + timedelta(days=15), currency_id="EUR", rate=None), ALL)
    assert letter.fee == 0
    ready = candidate(dunning_level=2, dunning_letter_date=DAY)
    with pytest.raises(Refused, match="no exchange rate") as refusal:
        new_letters(basis(ready, on=DAY + timedelta(days=43), currency_id="EUR", rate=None), ALL)
    assert refusal.value.field == ("letter_date",)


def test_without_a_fee_item_there_is_no_fee() -> None:
    ready = candidate(dunning_level=2, dunning_letter_date=DAY)
    without = replace(BY_DOCUMENT, fee_item=None)
    (letter,) = new_letters(basis(ready, on=DAY + timedelta(days=43), preferences=without), ALL)
    assert letter.fee == 0


def test_the_fee_invoice_is_for_the_letter_s_fee_and_goes_nowhere() -> None:
    fee = Fee(customer_number="10001", level=3, letter_date=DAY, currency_id="NOK", amount=Decimal("35.00"))
    invoice = fee_invoice(fee, replace(BY_DOCUMENT, fee_terms_id="14"))
    (line,) = invoice["lines"]
    assert (line["item_number"], line["quantity"], line["manual_amount"]) == ("PURREGEBYR", 1, Decimal("35.00"))
    assert (invoice["customer_number"], invoice["document_date"], invoice["terms_id"]) == ("10001", DAY, "14")
    assert invoice["dont_print"]
    assert invoice["dont_email"]
    assert not invoice["send_to_auto_invoice"]
    plain = fee_invoice(fee, BY_DOCUMENT)
    assert "terms_id" not in plain, "the customer's terms"
    assert "branch_number" not in plain, "the company's default branch"
    assert fee_invoice(replace(fee, branch_number="2"), BY_DOCUMENT)["branch_number"] == "2"


def warnings(law: dict[str, Decimal], *, jurisdiction: str | None = "NO", **changed: object) -> str:
    """What the third letter says with these figures of the law and this third level."""
    setup = (*LEVELS[:2], replace(LEVELS[2], **({"days_to_settle": 14} | changed)))  # type: ignore[arg-type]
    ready = candidate(dunning_level=2, dunning_letter_date=DAY)
    wanted = replace(BY_DOCUMENT, jurisdiction=jurisdiction)
    today = DAY + timedelta(days=43)
    (letter,) = new_letters(basis(ready, on=today, levels=setup, preferences=wanted, law=law), ALL)
    return " ".join(letter.warnings)


def test_what_the_law_allows_is_not_warned_of() -> None:
    assert warnings(NORWAY) == ""


def test_doubts_about_the_law_are_said_on_the_letter() -> None:
    assert "35.00 is above the highest that the law allows, 30" in warnings(NORWAY | {"reminder_fee_cap": Decimal(30)})
    assert "from 42 days past due; the law allows it from 50" in warnings(
        NORWAY | {"reminder_earliest_days": Decimal(50)}
    )
    assert "This is fee number 1 for a document" in warnings(NORWAY | {"reminder_fees_max": Decimal(0)})
    assert "gives 10 days to pay" in warnings(NORWAY, days_to_settle=10)
    assert warnings({}) == "No highest reminder fee is on record for this date; add the legal rate reminder_fee_cap."
    assert warnings({}, jurisdiction=None) == ""
    assert warnings({}, fee=Decimal(0)) == ""


@pytest.mark.parametrize(("charged", "doubts"), [(0, False), (1, False), (2, True), (3, True)])
def test_fees_are_counted_over_the_letters_of_a_document(charged: int, doubts: bool) -> None:
    """What the levels ask for does not matter: a fee may have been set by hand, or taken off a letter."""
    often = candidate(dunning_level=2, dunning_letter_date=DAY, fees_charged=charged)
    seldom = candidate(document_id=2, dunning_level=2, dunning_letter_date=DAY)
    setup = (*LEVELS[:2], replace(LEVELS[2], days_to_settle=14))
    wanted = replace(BY_DOCUMENT, jurisdiction="NO")
    today = DAY + timedelta(days=43)
    (letter,) = new_letters(basis(seldom, often, on=today, levels=setup, preferences=wanted, law=NORWAY), ALL)
    expected = f"This is fee number {charged + 1} for a document on the letter; the law allows 2."
    assert letter.warnings == ((expected,) if doubts else ())


def test_a_letter_without_a_fee_adds_none() -> None:
    ready = candidate(dunning_level=1, dunning_letter_date=DAY, fees_charged=5)
    wanted = replace(BY_DOCUMENT, jurisdiction="NO")
    (letter,) = new_letters(basis(ready, on=DAY + timedelta(days=29), preferences=wanted, law=NORWAY), ALL)
    assert letter.warnings == ()


def test_the_swedish_figures_are_one_for_reminders_and_one_for_the_demand() -> None:
    sweden = {"reminder_fee_cap": Decimal(60), "collection_demand_fee": Decimal(180)}
    assert warnings(sweden, jurisdiction="SE", fee=Decimal(180)) == ""
    assert "180.01 is above the highest that the law allows, 180" in warnings(
        sweden, jurisdiction="SE", fee=Decimal("180.01")
    )
    setup = (replace(LEVELS[0], fee=Decimal(61)), *LEVELS[1:])
    wanted = replace(BY_DOCUMENT, jurisdiction="SE")
    (letter,) = new_letters(
        basis(candidate(), on=DAY + timedelta(days=15), levels=setup, preferences=wanted, law=sweden), ALL
    )
    assert letter.warnings == ("The fee of 61 is above the highest that the law allows, 60.",)


def test_a_fee_that_may_not_be_invoiced_is_left_out_and_said() -> None:
    ready = candidate(dunning_level=2, dunning_letter_date=DAY)
    (letter,) = new_letters(basis(ready, on=DAY + timedelta(days=43), may_be_invoiced=False), ALL)
    assert letter.fee == 0
    assert "The fee of 35.00 was left out" in letter.warnings[0]


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [(None, None, range(1, 4)), (2, None, range(2, 4)), (None, 1, range(1, 2)), (1, 2, range(1, 3)),
     (2, 9, range(2, 10))],
)  # fmt: skip
def test_the_levels_that_are_wanted(first: int | None, last: int | None, wanted: range) -> None:
    assert letter_levels(first, last, LEVELS) == wanted


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(0, None, ("level_from",)), (None, 0, ("level_to",)), (3, 2, ("level_from",)), (4, None, ("level_from",))],
)
def test_levels_that_cannot_be_are_refused(first: int | None, last: int | None, field: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        letter_levels(first, last, LEVELS)
    assert refusal.value.field == field
    assert "1 to 3" in refusal.value.hint


def test_without_levels_dunning_is_refused() -> None:
    with pytest.raises(Refused, match="not set up"):
        letter_levels(None, None, ())


def test_drafts_exist_only_by_document() -> None:
    assert not releases_at_once(replace(BY_DOCUMENT, auto_release=False))
    assert releases_at_once(BY_DOCUMENT)
    assert releases_at_once(replace(BY_CUSTOMER, auto_release=False))


def test_a_letter_at_the_end_of_the_calendar_is_refused() -> None:
    check_letter_date(date.max - timedelta(days=14), LEVELS)
    with pytest.raises(Refused, match="no time to pay") as refusal:
        check_letter_date(date.max - timedelta(days=13), LEVELS)
    assert refusal.value.field == ("letter_date",)
