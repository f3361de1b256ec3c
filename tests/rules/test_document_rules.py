"""Random drafts: their figures add up, their entries balance, and what is sent back as it stands changes nothing.

Invariants 7 to 11 and 23 of docs/INVARIANTS.md, over the whole of `documents.rules` without a database.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reskontra.accounts.rules.accounts import Account, AccountType
from reskontra.accounts.rules.subaccounts import Subaccount
from reskontra.currencies.rules import BASE_RATE, CurrencySetup, Operator, Rate, to_base
from reskontra.customers.customer import Address, ContactDetails, Debtor, Location, Status
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.drafts import changed, check_deletable, check_releasable, created, released
from reskontra.documents.rules.entries import entries_of
from reskontra.errors import Refused
from reskontra.items.rules.items import Item
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, Kind
from reskontra.money import Rounding
from reskontra.payment_methods.rules import CashAccount
from reskontra.periods.rules import Period
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.rules.branches import Branch
from reskontra.reference.rules.classes import CreditVerification, CustomerClass
from reskontra.reference.rules.preferences import DocumentRoundingPreference, Preferences, SeriesChoice
from reskontra.reference.store.remembered import made_of
from reskontra.terms.rules.terms import Terms
from reskontra.vat.rules.codes import CalculateOn, VatCategory, VatId, VatRate, VatZone

TODAY = date(2025, 3, 3)
MOMENT = datetime(2025, 3, 3, 12, tzinfo=UTC)
ACCOUNTS = ("1500", "1920", "2711", "3000", "3100", "7740")


def vat(vat_id: str, percent: str, calculate_on: CalculateOn = CalculateOn.DOCUMENT_AMOUNT, **more: Any) -> VatId:
    rates = (VatRate(date(2005, 1, 1), Decimal(percent)),)
    return VatId(vat_id, calculate_on=calculate_on, payable_account="2711", rates=rates, **more)


VAT_IDS = (
    vat("25", "25"),
    vat("15", "15", CalculateOn.ITEM_AMOUNT),
    vat("IN", "25", CalculateOn.EXTRACT_FROM_ITEM_AMOUNT),
    vat("0", "0", exempt=True),
)


def reference(rounding: Rounding = Rounding.CURRENCY, step: str = "1") -> Reference:
    """A company with what documents need: three currencies, four VAT ids, one period."""
    names = [known.vat_id for known in VAT_IDS]
    return made_of(
        {
            "currencies": [
                CurrencySetup(
                    currency_id=code,
                    description=code,
                    decimals=decimals,
                    rounding_gain_account="7740",
                    rounding_loss_account="7740",
                    gain_account="8060",
                    loss_account="8160",
                )
                for code, decimals in (("NOK", 2), ("EUR", 2), ("ISK", 0))
            ],
            "accounts": [
                Account(
                    account_number=number,
                    description="",
                    account_type=AccountType.ASSET if number < "2000" else AccountType.INCOME,
                )
                for number in ACCOUNTS
            ],
            "cash_accounts": [CashAccount(account_number="1920", description="Bank")],
            "subaccounts": [Subaccount(subaccount_id=1, subaccount_number="0")],
            "branches": [Branch(branch_number="1", name="Head")],
            "terms": [Terms("14", due_day_1=14), Terms("D", due_day_1=30, discount_percent=Decimal(2))],
            "vat": VAT_IDS,
            "vat_categories": [VatCategory(name, vat_ids=(name,)) for name in names],
            "vat_zones": [VatZone("NO", vat_ids=tuple(names), default_category="25")],
            "periods": [Period("202503", date(2025, 3, 1), date(2025, 3, 31))],
            "customer_classes": [
                CustomerClass(
                    customer_class_id="1",
                    description="",
                    terms_id="14",
                    currency_id="NOK",
                    customer_ledger_account="1500",
                )
            ],
        },
        Preferences(
            series=SeriesChoice(
                customer="C",
                invoice="I",
                credit_note="CN",
                debit_note="DN",
                payment="P",
                cash_sale="CS",
                overdue_charge="O",
                write_off="W",
                project="PR",
                batch="B",
            ),
            default_customer_class_id="1",
            default_branch="1",
            default_subaccount_id=1,
            document_rounding=DocumentRoundingPreference(mode=rounding, precision=Decimal(step)),
        ),
        company_id=1,
        version=1,
        code="T",
        name="T",
        tenant_id=uuid.UUID(int=1),
        country_id_of_company="NO",
        base_currency="NOK",
        zone=ZoneInfo("UTC"),
    )


DEBTOR = Debtor(
    customer_id=1,
    version=1,
    number="20001",
    name="Someone",
    status=Status.ACTIVE,
    customer_class_id="1",
    parent_customer_id=None,
    terms_id="14",
    currency_id="NOK",
    currency_override=True,
    rate_type=None,
    rate_override=True,
    default_payment_method_id=None,
    price_class_id=None,
    credit_verification=CreditVerification.DISABLED,
    credit_limit=Decimal(0),
    credit_days_past_due=0,
    write_off_allowed=False,
    write_off_limit=Decimal(0),
    auto_apply=False,
    overdue_charge=False,
    print_invoices=False,
    email_invoices=False,
    print_dunning_letters=False,
    email_dunning_letters=False,
    exclude_debt_collection=False,
    invoice_to_default_location=False,
    locale=None,
    location=Location(
        location_id=1, location_cd="Main", name="Main", vat_zone_id="NO", customer_ledger_account="1500",
        sales_account="3000",
    ),
    main_address=Address(),
    invoice_address=Address(city="Oslo"),
    invoice_contact=ContactDetails(name="Someone"),
    balance=Decimal(0),
    unreleased=Decimal(0),
)  # fmt: skip
ITEM = Item(
    item_id=1, item_number="A", description="Item", unit_id="STK", unit_price=Decimal("99.99"), vat_category_id="15"
)
EUR = Rate(Decimal("10.05"))


def basis(known: Reference | None = None, rate: Rate | None = EUR, **debtor: Any) -> Basis:
    return Basis(
        reference=known or reference(),
        debtor=replace(DEBTOR, **debtor),
        child=None,
        contact=None,
        items={"a": ITEM},
        table_rate=rate,
        today=TODAY,
    )


LINES = st.fixed_dictionaries(
    {
        "description": st.just("x"),
        "quantity": st.decimals(Decimal(-20), Decimal(100), places=3),
        "unit_price": st.decimals(Decimal(0), Decimal(5000), places=4),
        "vat_category_id": st.sampled_from([known.vat_id for known in VAT_IDS]),
        "account_number": st.sampled_from(["3000", "3100"]),
    },
    optional={
        "discount_percent": st.decimals(Decimal(-50), Decimal(100), places=4),
        "manual_amount": st.decimals(Decimal(0), Decimal(5000), places=2),
        "item_number": st.just("A"),
        "note": st.text(max_size=5),
    },
)
RATES = st.none() | st.builds(Rate, st.decimals(Decimal("0.05"), Decimal(20), places=8), st.sampled_from(Operator))
ROUNDINGS = st.sampled_from(
    [(Rounding.CURRENCY, "1"), (Rounding.NEAREST, "1"), (Rounding.UP, "0.5"), (Rounding.DOWN, "10")]
)


@st.composite
def drafts(draw: st.DrawFn) -> tuple[Kind, Document, Basis]:
    """A random draft of any kind that is not refused, and what it stands on."""
    kind = draw(st.sampled_from([kind for kind in KINDS.values() if kind.has_lines]))
    rate = draw(RATES)
    known = basis(reference(*draw(ROUNDINGS)), rate)
    sent: dict[str, Any] = {"lines": draw(st.lists(LINES, min_size=1, max_size=5)), "terms_id": "D"}
    if not kind.has_terms:
        del sent["terms_id"]
    if kind.is_paid_at_once:
        sent |= {"payment_reference": "1", "cash_account": "1920"}
    if rate is not None:
        sent["currency_id"] = draw(st.sampled_from(["EUR", "ISK"]))
        if draw(st.booleans()):
            sent["exchange_rate"] = draw(st.decimals(rate.rate * Decimal("0.9"), rate.rate * Decimal("1.1"), places=8))
    try:
        document = created(kind, sent, known)
    except Refused as refusal:
        assume("negative" not in refusal.reason and "would be free" not in refusal.reason)
        raise
    return kind, replace(document, number="1"), known


@given(drafts())
def test_the_figures_of_a_document_add_up(draft: tuple[Kind, Document, Basis]) -> None:
    _, document, known = draft
    decimals = known.reference.decimals_of(document.currency_id)
    assert document.detail_total == sum(line.amount for line in document.lines)
    for line in document.lines:
        assert line.amount == line.extended_amount - line.discount_amount
        assert line.amount_base == line.extended_amount_base - line.discount_amount_base
    exclusive = sum(row.vat for row in document.vat if not row.inclusive)
    assert document.amount == document.detail_total - document.discount_total + exclusive + document.rounding_difference
    assert abs(document.rounding_difference) < 10
    assert document.amount >= 0
    assert document.vat_total == sum(row.vat for row in document.vat)
    assert document.vat_taxable_total + document.vat_exempt_total == sum(row.taxable for row in document.vat)
    assert document.balance == document.amount
    figures = [document.amount, document.detail_total, *(row.vat for row in document.vat)]
    assert all(figure == round(figure, decimals) for figure in figures)


@given(drafts())
def test_vat_is_as_invariants_9_to_11_say(draft: tuple[Kind, Document, Basis]) -> None:
    _, document, _ = draft
    unit = Decimal(1).scaleb(-2) if document.currency_id != "ISK" else Decimal(1)
    for row in document.vat:
        own = [line for line in document.lines if row.vat_id in line.vat_ids]
        assert row.taxable == sum(line.net_amount for line in own)
        if row.inclusive:
            assert row.taxable + row.vat == sum(line.amount for line in own)
        else:
            assert abs(row.vat - row.taxable * row.rate / 100) <= unit * (len(own) + 1) / 2


@given(drafts())
def test_base_amounts_are_converted_one_by_one_and_vat_at_the_companys_rate(
    draft: tuple[Kind, Document, Basis],
) -> None:
    _, document, known = draft
    rate = Rate(document.exchange_rate, Operator(document.rate_operator))
    official = known.table_rate or BASE_RATE
    assert document.amount_base == to_base(document.amount, rate, 2)
    assert all(line.amount_base == to_base(line.amount, rate, 2) for line in document.lines)
    assert all(row.vat_base == to_base(row.vat, official, 2) for row in document.vat)
    assert all(row.taxable_base == to_base(row.taxable, official, 2) for row in document.vat)
    assert document.detail_total_base == sum(line.amount_base for line in document.lines)


@given(drafts())
def test_the_entries_of_a_release_balance_and_the_receivable_is_the_amount(draft: tuple[Kind, Document, Basis]) -> None:
    kind, document, known = draft
    check_releasable(kind, document, known)
    entries = entries_of(kind, document, 1, known.reference)
    assert sum(entry.debit_base for entry in entries) == sum(entry.credit_base for entry in entries)
    assert sum(entry.debit for entry in entries) == sum(entry.credit for entry in entries)
    owed = sum(entry.debit_base - entry.credit_base for entry in entries if entry.account_number == "1500")
    assert owed == kind.balance_sign * document.amount_base
    after = released(document, MOMENT, "test")
    assert (after.status == "Closed") == (after.amount == 0)
    assert (after.closed_period_id is not None) == (after.status == "Closed")
    with pytest.raises(Refused, match="already released"):
        check_releasable(kind, after, known)
    with pytest.raises(Refused, match="already released"):
        check_deletable(kind, after)


def sent_back(document: Document) -> list[dict[str, Any]]:
    """The lines as a client has read them, each as an update."""
    names = (
        "line_number", "item_number", "description", "quantity", "unit_price", "discount_percent", "discount_amount",
        "manual_discount", "account_number", "vat_category_id", "note", "branch_number",
    )  # fmt: skip
    return [
        {"operation": "Update", "manual_amount": line.extended_amount} | {name: getattr(line, name) for name in names}
        for line in document.lines
    ]


@given(drafts())
def test_a_document_sent_back_as_it_stands_is_the_same_document(draft: tuple[Kind, Document, Basis]) -> None:
    kind, document, known = draft
    header = {
        "document_date": document.document_date,
        "currency_id": document.currency_id,
        "exchange_rate": document.exchange_rate,
        "due_date": document.due_date,
        "cash_discount_date": document.cash_discount_date,
        "financial_period": document.period_id,
        "hold": document.is_held,
    }
    rows = [{"vat_id": row.vat_id, "taxable": row.taxable, "vat": row.vat} for row in document.vat]
    assert changed(kind, document, {}, known) == document
    assert changed(kind, document, {**header, "lines": sent_back(document), "vat_rows": rows}, known) == document


@given(drafts(), st.lists(LINES, max_size=3))
def test_adding_lines_and_deleting_them_again_brings_the_figures_back(
    draft: tuple[Kind, Document, Basis], more: Sequence[dict[str, Any]]
) -> None:
    kind, document, known = draft
    try:
        grown = changed(kind, document, {"lines": [{"operation": "Insert", **line} for line in more]}, known)
    except Refused:
        assume(False)
    added = [line.line_number for line in grown.lines[len(document.lines) :]]
    deletions = [{"operation": "Delete", "line_number": number} for number in added]
    assert changed(kind, grown, {"lines": deletions}, known) == document


def test_kinds_differ_where_accounting_says_so() -> None:
    assert [kind.balance_sign for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE)] == [1, 1, -1]
    assert [kind.has_terms for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE)] == [True, True, False]
    assert [kind.checks_credit for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE)] == [True, True, False]
    assert [kind.has_wire_delete for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE)] == [True, False, True]
    assert [kind.may_be_reserved for kind in (INVOICE, DEBIT_NOTE, CREDIT_NOTE)] == [False, False, True]


def test_the_first_failure_of_release_wins() -> None:
    """REL-01: status, lines, customer, period, in this order."""
    known = basis()
    document = replace(created(INVOICE, {"lines": []}, known), status="PendingPrint")
    with pytest.raises(Refused, match="not balanced"):
        check_releasable(INVOICE, document, basis(status=Status.ON_HOLD))
    with pytest.raises(Refused, match="no lines"):
        check_releasable(INVOICE, replace(document, status="Balanced"), basis(status=Status.ON_HOLD))
    line = {"description": "x", "unit_price": Decimal(1)}
    document = created(INVOICE, {"lines": [line]}, known)
    closed = Period("202503", date(2025, 3, 1), date(2025, 3, 31), active=False)
    inactive = dataclasses.replace(reference(), periods={"202503": closed})
    with pytest.raises(Refused, match="has the status OnHold"):
        check_releasable(INVOICE, document, basis(inactive, status=Status.ON_HOLD))
    with pytest.raises(Refused, match="is not active"):
        check_releasable(INVOICE, document, basis(inactive))
