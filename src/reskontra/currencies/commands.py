"""Adding and changing exchange rates.

A rate applies to documents made or dated from then on. A draft keeps its rate until its date or currency changes, and a
released document keeps it for good (CUR-02).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reskontra.clock import Context
from reskontra.currencies import store
from reskontra.currencies.rules import Operator, RateRow, check_rate
from reskontra.db.pool import Connection
from reskontra.errors import Malformed, NotFound, Refused, UnknownReference
from reskontra.records import differences
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved, check_expected


async def create_rate(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Add a rate; it has an id for a number.

    By default, the currency it converts to is the base currency, the type is the company's own, and the date is today.
    """
    reference = await remembered.at(connection, context.company_id, None)
    from_currency, to_currency = _pair(sent, reference)
    types = await store.find_rate_types(connection, context.company_id)
    rate = RateRow(
        from_currency=from_currency,
        to_currency=to_currency,
        rate_type=_rate_type(sent.get("rate_type") or reference.preferences.default_rate_type, types),
        effective_date=sent.get("effective_date") or reference.today(context.now),
        rate=_rate(sent),
        operator=_operator(sent, Operator.MULTIPLY),
    )
    return await store.insert_rate(connection, context, rate, differences(None, rate))


async def change_rate(
    connection: Connection,
    context: Context,
    currency_rate_id: int,
    sent: Mapping[str, Any],
    expected_version: Expected,
) -> int:
    """Change rate and operator; returns the version. Writes only if something changes.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    stored = await store.lock_rate(connection, context.company_id, currency_rate_id)
    if stored is None:
        raise NotFound("exchange rate", currency_rate_id)
    check_expected(expected_version, stored.version)
    wanted = _rate(sent) if "rate" in sent else stored.rate
    rate = replace(stored, rate=wanted, operator=_operator(sent, stored.operator))
    if rate == stored:
        return stored.version
    return await store.save_rate(connection, context, rate, differences(stored, rate))


def _pair(sent: Mapping[str, Any], reference: Reference) -> tuple[str, str]:
    if not sent.get("from_currency"):
        raise Malformed("A rate needs its currency.", field=("from_currency",), hint="Send a code such as EUR.")
    from_currency = reference.currency_id(sent["from_currency"], ("from_currency",))
    to_currency = reference.currency_id(sent.get("to_currency") or reference.base_currency, ("to_currency",))
    if from_currency == to_currency:
        raise Refused(
            "A currency has no rate to itself.",
            field=("to_currency",),
            value=to_currency,
            hint="Send two different currencies.",
        )
    return from_currency, to_currency


def _rate_type(wanted: str, known: list[str]) -> str:
    for rate_type in known:
        if rate_type.lower() == wanted.lower():
            return rate_type
    raise UnknownReference(field=("rate_type",), value=wanted, hint=f"Rate types in use: {', '.join(known)}.")


def _rate(sent: Mapping[str, Any]) -> Decimal:
    rate: Decimal | None = sent.get("rate")
    if rate is None:
        raise Malformed("A rate needs its figure.", field=("rate",), hint="Send a number above 0.")
    check_rate(rate, ("rate",))
    return rate


def _operator(sent: Mapping[str, Any], otherwise: Operator) -> Operator:
    wanted = sent.get("operator")
    return otherwise if wanted is None else wanted.operator
