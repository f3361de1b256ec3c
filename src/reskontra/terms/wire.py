"""How credit terms look on the wire. The shape of their list is unlike any other."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from reskontra.terms.rules.terms import LAST_DAY, DueType, InstalmentShare
from reskontra.terms.store import ListedTerms
from reskontra.web.wire import Answer, MomentOut, field, local_text


class InstalmentAnswer(Answer):
    """A row of the percent table."""

    days: int | None = None
    percent: Decimal | None = None


class TermsAnswer(Answer):
    """Credit terms. Types, methods and frequencies are the wire's letters (TRM-09)."""

    terms_id: str | None = None
    description: str | None = None
    visible_to: str | None = None
    due_type: str | None = field(name="dueDateType", default=None)
    weekend_rule: str | None = field(name="moveDueDateIfOnTheWeekend", default=None)
    due_day_1: int | None = field(name="dueDay1", default=None)
    day_from_1: int | None = field(name="dueDay1DayFrom1", default=None)
    day_to_1: int | None = field(name="dueDay1DayTo1", default=None)
    due_day_2: int | None = field(name="dueDay2", default=None)
    day_from_2: int | None = field(name="dueDay2DayFrom1", default=None)
    day_to_2: int | None = field(name="dueDay2DayTo1", default=None)
    discount_type: str | None = None
    discount_day: int | None = None
    discount_percent: Decimal | None = None
    delay_days: int | None = None
    calculation: str | None = field(name="calculationType", default=None)
    instalment_type: str | None = None
    instalment_count: int | None = field(name="numberOfInstalments", default=None)
    instalment_frequency: str | None = None
    instalment_method: str | None = None
    instalment_schedule: list[InstalmentAnswer] | None = field(name="instalmentsSchedule", default=None)
    created_at: MomentOut | None = field(name="createdDateTime", default=None)
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)


class TermsPage(Answer):
    """The one item of the list: a page with its own number, size and total."""

    page_number: int | None = None
    page_size: int | None = None
    total_count: int | None = None
    records: list[TermsAnswer] | None = None


def terms_answer(terms: ListedTerms, zone: ZoneInfo) -> TermsAnswer:
    """Terms for the wire. Only custom terms show the days that divide a month."""
    divides = terms.due_type == DueType.CUSTOM
    return TermsAnswer(
        terms_id=terms.terms_id,
        description=terms.description,
        visible_to=terms.visible_to,
        due_type=terms.due_type,
        weekend_rule=str(int(terms.weekend_rule)),
        due_day_1=terms.due_day_1,
        day_from_1=1 if divides else 0,
        day_to_1=terms.day_to_1 if divides else 0,
        due_day_2=terms.due_day_2,
        day_from_2=terms.day_to_1 + 1 if divides else 0,
        day_to_2=LAST_DAY if divides else 0,
        discount_type=terms.discount_type,
        discount_day=terms.discount_day,
        discount_percent=terms.discount_percent,
        delay_days=terms.delay_days,
        calculation=terms.calculation,
        instalment_type=terms.instalment_type,
        instalment_count=terms.instalment_count,
        instalment_frequency=terms.instalment_frequency,
        instalment_method=terms.instalment_method,
        instalment_schedule=_shares(terms.instalment_schedule),
        created_at=local_text(terms.created_at, zone),
        modified_at=local_text(terms.modified_at, zone),
    )


def _shares(shares: Iterable[InstalmentShare]) -> list[InstalmentAnswer]:
    return [InstalmentAnswer(days=share.days, percent=share.percent) for share in shares]
