"""As of when a caller wants to see what was owed (AGS-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reskontra.web.contract import Parameter
from reskontra.web.query import Query, in_utc

AS_OF = Parameter("asOf", "datetime")
KNOWN_AT = Parameter("knownAt", "datetime")


_LAST_DAY = date.max - timedelta(days=1)
"""The day after is infinity to the database's driver, and cannot be counted from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A date, and from when on what became known does not count (None: everything that is known now counts)."""

    day: date
    known_at: datetime | None
    zone: ZoneInfo

    @property
    def dates_at(self) -> datetime | None:
        """Due dates are those that stood just before this moment: the end of that day, unless less is known."""
        return dates_at(self.day, self.known_at, self.zone)


def asked(query: Query, today: date) -> Asked:
    """What `asOf` and `knownAt` ask for; today, and as it is known now, where they are not sent."""
    sent = query.day(AS_OF.name)
    return Asked(today if sent is None else min(sent.value, _LAST_DAY), known_at(query), query.zone)


def known_at(query: Query) -> datetime | None:
    """The moment of `knownAt`."""
    moment = query.since(KNOWN_AT.name)
    return None if moment is None else moment.value


def dates_at(day: date, known_at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The end of a day in the zone, or the moment up to which things are known if that is earlier."""
    if day > _LAST_DAY:
        return known_at
    end = in_utc(datetime.combine(day + timedelta(days=1), time()), zone)
    return end if known_at is None else min(end, known_at)
