"""Which periods a change of one period affects, and what prevents it (PER-06)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reskontra.errors import NotFound, Refused
from reskontra.periods.rules import Period

_SHOWN = 10


class Ledger(StrEnum):
    """The ledgers that a period is closed in, the customer ledger first."""

    CUSTOMER = "CustomerLedger"
    GENERAL = "GeneralLedger"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A document that keeps a period from being closed."""

    document_type: str
    number: str
    period_id: str


def periods_to_open(period_id: str, periods: Mapping[str, Period]) -> list[str]:
    """The period, if it is not active yet. Refuses a closed one, which must be reopened instead."""
    period = _known(period_id, periods)
    if not all(is_open(period, ledger) for ledger in Ledger):
        raise Refused(f"The financial period {period_id} is closed.", value=period_id, hint="Reopen it instead.")
    return [] if period.active else [period_id]


def periods_to_close(period_id: str, ledger: Ledger, periods: Mapping[str, Period]) -> list[str]:
    """The period and all earlier ones that are active and still open in `ledger`, oldest first.

    Refused: an inactive period, and the general ledger before the customer ledger.
    """
    period = _known(period_id, periods)
    if not period.active:
        raise Refused(
            f"The financial period {period_id} is not active.", value=period_id, hint="Open it first, or close another."
        )
    touched = [
        other for other in _sorted(periods) if other.period_id <= period_id and other.active and is_open(other, ledger)
    ]
    if ledger == Ledger.GENERAL:
        waiting = [other.period_id for other in touched if not other.closed_in_customer_ledger]
        if waiting:
            raise Refused(
                f"The financial period {waiting[0]} is still open in the customer ledger.",
                value=period_id,
                hint="Close it there first.",
            )
    return [other.period_id for other in touched]


def periods_to_reopen(period_id: str, ledger: Ledger, periods: Mapping[str, Period]) -> list[str]:
    """The period and all later ones that are closed in `ledger`, oldest first: no closed period follows an open one.

    Refused: the customer ledger while the general ledger of the period is closed.
    """
    _known(period_id, periods)
    touched = [other for other in _sorted(periods) if other.period_id >= period_id and not is_open(other, ledger)]
    if ledger == Ledger.CUSTOMER:
        shut = [other.period_id for other in touched if other.closed_in_general_ledger]
        if shut:
            raise Refused(
                f"The financial period {shut[0]} is closed in the general ledger.",
                value=period_id,
                hint="Reopen it there first.",
            )
    return [other.period_id for other in touched]


def check_finished(unfinished: Sequence[Unfinished]) -> None:
    """Refuses to close a period that a document could still be released into."""
    if not unfinished:
        return
    some = ", ".join(f"{it.document_type} {it.number} ({it.period_id})" for it in unfinished[:_SHOWN])
    more = f" and {len(unfinished) - _SHOWN} more" if len(unfinished) > _SHOWN else ""
    raise Refused(
        f"Documents are not released yet: {some}{more}.",
        value=unfinished[0].number,
        hint="Release or delete them, or move them to a later period.",
    )


def is_open(period: Period, ledger: Ledger) -> bool:
    """Whether the period takes postings of `ledger`."""
    closed = period.closed_in_customer_ledger if ledger == Ledger.CUSTOMER else period.closed_in_general_ledger
    return not closed


def _known(period_id: str, periods: Mapping[str, Period]) -> Period:
    period = periods.get(period_id)
    if period is None:
        raise NotFound("financial period", period_id)
    return period


def _sorted(periods: Mapping[str, Period]) -> list[Period]:
    return sorted(periods.values(), key=lambda period: period.period_id)
