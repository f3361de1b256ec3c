"""What a plan may not do: affect the figures of documents, or what explains them.

Released documents keep their own figures in any case (migration 0003). What is refused here would make the reference
data contradict them, or leave something without an account to post to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from reskontra.accounts.rules.subaccounts import SUBACCOUNT_DIMENSION
from reskontra.company_file.file import ENTRIES, Template
from reskontra.company_file.rules.merging import code_of
from reskontra.company_file.rules.plan import Change, Present, leaves
from reskontra.numbering.rules import comes_before, has_given_out, would_repeat
from reskontra.vat.rules.codes import VatId


class Objection(NamedTuple):
    """A field that may not get this value, and why; `code` is empty in a section without entries."""

    section: str
    code: str
    field: str
    value: object
    why: str


Objections = Iterator[Objection]

# Keys by which something other than this file refers to an entry.
_NUMBERS = {"items": "item_number", "subaccounts": "subaccount_number", "salespersons": "salesperson_cd"}
_SETTLED_BY_USE = ("calculate_on", "exempt", "reverse_charge")


def objections(changes: Sequence[Change], present: Present, merged: Template) -> list[Objection]:
    """All objections to these changes."""
    rules = {
        "company": _company,
        "currencies": _currency,
        "accounts": _account,
        "dimensions": _dimension,
        "vat": _vat,
        "series": _series,
        "periods": _period,
        "items": _number,
        "subaccounts": _number,
        "salespersons": _number,
    }
    found: list[Objection] = []
    for change in changes:
        rule = rules.get(change.section)
        found.extend(rule(change, present, merged) if rule else ())
    return found


def warnings(changes: Sequence[Change], present: Present) -> list[str]:
    """What is allowed but may surprise: a rate on a date that has released documents."""
    told = []
    for change in changes:
        until = present.usage.currency_released_until.get(getattr(change.row, "from_currency", ""))
        if change.section == "rates" and until is not None and change.row.effective_date <= until:
            told.append(
                f"rates {change.code}: there are released {change.row.from_currency} documents up to {until}; "
                "they keep the rate they were released with"
            )
    return told


def _company(change: Change, present: Present, merged: Template) -> Objections:
    for field in ("country_id", "base_currency"):
        if getattr(change.row, field) != getattr(change.before, field):
            why = f"This stays {getattr(change.before, field)}: all books are kept in it. Create another company."
            yield Objection("company", "", field, getattr(change.row, field), why)


def _currency(change: Change, present: Present, merged: Template) -> Objections:
    row, before = change.row, change.before
    if before is not None and row.decimals != before.decimals and row.currency_id in present.usage.currencies:
        why = f"This stays {before.decimals}: there are documents in this currency."
        yield Objection(change.section, change.code, "decimals", row.decimals, why)
    if not row.active and row.currency_id == merged.company.base_currency:
        yield Objection(change.section, change.code, "active", "false", "The base currency stays in use.")


def _account(change: Change, present: Present, merged: Template) -> Objections:
    row, before = change.row, change.before
    if before is None:
        return
    if row.account_type != before.account_type and row.account_number in present.posted_accounts:
        why = f"This stays {before.account_type}: the account has entries. Add another account."
        yield Objection(change.section, change.code, "account_type", str(row.account_type), why)
    if row.active or not before.active:
        return
    if row.account_number in present.usage.open_accounts:
        why = "Documents that are unpaid or not released have their receivable or VAT on this account."
        yield Objection(change.section, change.code, "active", "false", why)
    named = list(_names_of_account(merged, row.account_number))
    if named:
        why = f"The account is named by {', '.join(named[:5])}{' ...' if len(named) > 5 else ''}: change that first."
        yield Objection(change.section, change.code, "active", "false", why)


def _names_of_account(merged: Template, account_number: str) -> Iterator[str]:
    for section in ENTRIES:
        if section == "accounts" or (section == "countries" and merged.countries is None):
            continue
        for row in getattr(merged, section):
            for name, value in leaves(row):
                if value == account_number and name.endswith(("_account", "account_number")):
                    yield f"{section} {code_of(section, row)} ({name})"


def _dimension(change: Change, present: Present, merged: Template) -> Objections:
    if change.before is None:
        return
    segments = {segment.segment_id: segment for segment in change.row.segments}
    of_subaccounts = change.row.dimension_id == SUBACCOUNT_DIMENSION and bool(present.template.subaccounts)
    for before in change.before.segments:
        field = f"segments[{before.segment_id}]"
        segment = segments.pop(before.segment_id, None)
        if segment is None:
            yield Objection(change.section, change.code, field, None, "Nothing is removed: leave the segment in.")
            continue
        for key in ("length", "separator"):
            if of_subaccounts and getattr(segment, key) != getattr(before, key):
                why = f"This stays '{getattr(before, key)}': there are subaccounts with numbers made of it."
                yield Objection(change.section, change.code, f"{field}.{key}", getattr(segment, key), why)
        gone = [known.value for known in before.values if known.value not in {it.value for it in segment.values}]
        if gone:
            why = f"Nothing is removed: leave {', '.join(gone)} in; with active: false no new number takes it."
            yield Objection(change.section, change.code, f"{field}.values", None, why)
    for segment_id in segments if of_subaccounts else ():
        why = "There are subaccounts with numbers that lack this segment."
        yield Objection(change.section, change.code, f"segments[{segment_id}]", None, why)


def _vat(change: Change, present: Present, merged: Template) -> Objections:
    if change.before is None:
        return
    until = present.usage.vat_released_until.get(change.row.vat_id)
    for field in _SETTLED_BY_USE:
        if until is not None and getattr(change.row, field) != getattr(change.before, field):
            why = "Released documents have VAT by this id: add another id."
            yield Objection(change.section, change.code, field, _said(getattr(change.row, field)), why)
    for field, value, why in _vat_rates(change.row, change.before, until):
        yield Objection(change.section, change.code, field, value, why)


def _vat_rates(row: VatId, before: VatId, until: date | None) -> Iterator[tuple[str, object, str]]:
    old = {rate.start_date: rate for rate in before.rates}
    new = {rate.start_date: rate for rate in row.rates}
    for start in sorted({*old, *new}):
        field = f"rates[{start}]"
        if start not in new:
            yield field, None, "Nothing is removed: leave the rate in, and add one that begins later."
        elif until is not None and start <= until and (start not in old or new[start].percent != old[start].percent):
            why = f"Released documents have VAT by this id up to {until}: add a rate that begins later."
            yield f"{field}.percent", new[start].percent, why
    ends = row.rates[-1].not_valid_after if row.rates else None
    if until is not None and ends is not None and ends < until:
        why = f"Released documents have VAT by this id up to {until}: write that date or a later one."
        yield f"rates[{row.rates[-1].start_date}].not_valid_after", ends, why


def _series(change: Change, present: Present, merged: Template) -> Objections:
    if change.before is None:
        return
    before = {numbers.range_id: numbers for numbers in change.before.ranges}
    ranges = {numbers.range_id: numbers for numbers in change.row.ranges}
    for range_id in before.keys() - ranges.keys():
        why = "Nothing is removed: leave the range in."
        yield Objection(change.section, change.code, f"ranges[{range_id - 1}]", None, why)
    for range_id, numbers in ranges.items():
        known = before.get(range_id)
        if numbers == known:
            continue
        if known is not None and has_given_out(known) and known.last_number is not None:
            last = known.last_number
            kept = f"Numbers up to {last} have been given out: "
            wanted = (
                ("start_number", numbers.start_number, numbers.start_number != known.start_number,
                 f"this stays {known.start_number}, or add a range."),
                ("end_number", numbers.end_number, comes_before(numbers.end_number or last, last),
                 "write that number or a later one."),
                ("last_number", numbers.last_number, comes_before(numbers.last_number or last, last),
                 "write that number or a later one, or leave it out."),
            )  # fmt: skip
            for field, value, is_wrong, what in wanted:
                if is_wrong:
                    yield Objection(change.section, change.code, f"ranges[{range_id - 1}].{field}", value, kept + what)
        for other in change.before.ranges:
            if other.range_id != range_id and would_repeat(numbers, other):
                why = f"Numbers up to {other.last_number} have been given out by another range: begin after it."
                field = f"ranges[{range_id - 1}].start_number"
                yield Objection(change.section, change.code, field, numbers.start_number, why)


def _period(change: Change, present: Present, merged: Template) -> Objections:
    closed = [
        period
        for period in present.periods
        if (period.closed_in_customer_ledger or period.closed_in_general_ledger)
        and period.start_date > change.row.start_date
    ]
    if closed and change.before is None:
        last = max(closed, key=lambda period: period.start_date)
        why = f"A later period, {last.period_id}, is closed. Reopen it first, by the action on financial periods."
        yield Objection(change.section, change.code, "", None, why)


def _number(change: Change, present: Present, merged: Template) -> Objections:
    field = _NUMBERS[change.section]
    row, before = change.row, change.before
    if before is not None and getattr(row, field) != getattr(before, field):
        why = f"This stays {getattr(before, field)}: an entry keeps what it is called. Add one with a free id."
        yield Objection(change.section, change.code, field, getattr(row, field), why)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
