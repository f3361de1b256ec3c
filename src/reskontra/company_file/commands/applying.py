"""Changing a company with its file: lock, read, plan, and write what was shown.

The reference data is locked first, which blocks everyone who writes it or writes documents (decision 0016). So the plan
stays true until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

from reskontra.accounts.store import accounts, subaccounts
from reskontra.attributes import store as attributes
from reskontra.changes.commands import follow_up_on, lock_reference
from reskontra.changes.store import insert_changes
from reskontra.clock import Context
from reskontra.companies.store import companies
from reskontra.company_file.file import ENTRIES, SECTIONS, TABLE_OF, CompanyFacts, PeriodSpan, Template, countries_of
from reskontra.company_file.rules.checks import find_faults
from reskontra.company_file.rules.merging import WHOLE, Merged, code_of, completed, merge
from reskontra.company_file.rules.plan import Change, Plan, Present, differences_to
from reskontra.company_file.rules.refusals import objections, warnings
from reskontra.currencies import store as currencies
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.db.tables import put_rows, read_tables
from reskontra.documents.store.for_company_file import find_usage
from reskontra.errors import Conflict
from reskontra.items import store as items
from reskontra.items.rules.items import SALES_ACCOUNTS, SELLING, Item, ItemCard, ItemDetail, ItemStatus
from reskontra.letterheads import commands as logos
from reskontra.numbering.store import NUMBERED_SERIES_TABLE, SERIES_TABLE
from reskontra.posting.store.reading import find_posted_accounts
from reskontra.records import differences
from reskontra.reference.store import remembered
from reskontra.salespersons import store as salespersons
from reskontra.yaml_file import Fault, FileFaults, Given, Month, Path, YamlFile


async def plan_changes(connection: Connection, context: Context, file: YamlFile[Given]) -> Plan:
    """What the file would change in the company. Raises `FileFaults` with all objections to it."""
    present = await _present(connection, context.company_id)
    merged = merge(present.template, file.content)
    if merged.missing:
        raise FileFaults(file.name, [file.fault(path, None, hint) for path, hint in merged.missing])
    faults = _faults(file, merged, present.template)
    if faults:
        raise FileFaults(file.name, faults)
    company = completed(merged.template)
    said = [*merged.places, *((section, "") for section in WHOLE if section in file.content.values)]
    changes, same = differences_to(present, company, said)
    against = objections(changes, present, company)
    if against:
        raise FileFaults(
            file.name,
            [
                _fault(file, merged, (it.section, it.code, *filter(None, it.field.split("."))), it.value, it.why)
                for it in against
            ],
        )
    return Plan(tuple(changes), same, tuple(warnings(changes, present)))


async def apply_plan(connection: Connection, context: Context, file: YamlFile[Given], shown: Plan) -> None:
    """Write what the file changes. Raises `Conflict`, and writes nothing, if that is no longer what was `shown`.

    Triggers move the reference version, so that running servers read it again; stored texts follow (decision 0009).
    """
    plan = await plan_changes(connection, context, file)
    if plan != shown:
        raise Conflict("The company has changed since the plan was made.", hint="Run it again for a new plan.")
    for section in SECTIONS:
        changes = [change for change in plan.changes if change.section == section]
        if changes:
            await _write(connection, context, section, changes)
    for change in plan.changes:
        if change.before is not None and change.section in _SHOWN_ON_LINES:
            table = TABLE_OF[change.section]
            (key,), (column,) = table.key, table.key_columns
            await follow_up_on(connection, context, table.entity, **{column: getattr(change.row, key)})


_SHOWN_ON_LINES = ("accounts", "subaccounts", "branches", "vat", "vat_categories", "salespersons")


async def _present(connection: Connection, company_id: int) -> Present:
    await lock_reference(connection, company_id)
    reference = await remembered.at(connection, company_id, None)
    ordinary = reference.ordinary_periods
    rows = await read_tables(connection, company_id, _READ)
    template = Template(
        company=CompanyFacts(
            name=reference.name,
            country_id=reference.country_id_of_company,
            base_currency=reference.base_currency,
            time_zone=reference.zone.key,
        ),
        preferences=reference.preferences,
        periods=PeriodSpan(first=_month(ordinary[0].period_id), last=_month(ordinary[-1].period_id)),
        **{section: tuple(rows[section]) for section in ENTRIES},
    )
    return Present(
        template=template,
        rates={code_of("rates", rate): rate for rate in rows["rates"]},
        periods=rows["periods"],
        posted_accounts=frozenset(await find_posted_accounts(connection, company_id)),
        usage=await find_usage(connection, company_id),
    )


_READ = [NUMBERED_SERIES_TABLE if table is SERIES_TABLE else table for table in TABLE_OF.values()]
"""The tables of a file; of series, also the numbers given out last."""


def _month(period_id: str) -> Month:
    return Month(int(period_id[:4]), int(period_id[4:]))


# Objections to a file, each at its place in the file


def _faults(file: YamlFile[Given], merged: Merged, present: Template) -> list[Fault]:
    """What could not work. Faults that already exist in entries the file does not touch are not counted."""
    already = {(_named(present, path), str(value)) for path, value, _ in find_faults(present)}
    faults = []
    for path, value, hint in find_faults(merged.template):
        named = _named(merged.template, path)
        if named[:2] in merged.places or named[0] in WHOLE or (named, str(value)) not in already:
            faults.append(_fault(file, merged, named, value, hint))
    return faults


def _named(template: Template, path: Path) -> Path:
    """A path with the code of an entry in place of its position."""
    section = str(path[0])
    if section in WHOLE or len(path) == 1:
        return path
    rows: Sequence[object] = countries_of(template) if section == "countries" else getattr(template, section)
    row = rows[int(path[1])]
    return (section, code_of(section, row), *path[2:])


def _fault(file: YamlFile[Given], merged: Merged, named: Path, value: object, hint: str) -> Fault:
    known = merged.places.get((str(named[0]), str(named[1]) if len(named) > 1 else ""))
    told = tuple(part for part in named if part != "")
    key = [str(part).partition("[")[0] for part in named[2:3]]
    return Fault(told, file.place((*known, *key) if known else told), value, hint)


# Writing, a section at a time

Write: TypeAlias = Callable[[Connection, Context, Sequence[Change]], Awaitable[None]]


async def _write(connection: Connection, context: Context, section: str, changes: Sequence[Change]) -> None:
    if section in _WRITERS:
        await _WRITERS[section](connection, context, changes)
    else:
        table = TABLE_OF[section]
        await put_rows(connection, context.company_id, {table: [change.row for change in changes]}, context.now)
        await insert_changes(
            connection, context, table.entity, [(change.code, _event(change), _detail(change)) for change in changes]
        )


def _event(change: Change) -> str:
    return "created" if change.before is None else "updated"


def _detail(change: Change) -> dict[str, Any]:
    return differences(change.before, change.row)


def _each(
    insert: Callable[[Connection, Context, Any, Mapping[str, Any]], Awaitable[object]],
    save: Callable[[Connection, Context, Any, Mapping[str, Any]], Awaitable[object]],
) -> Write:
    """Rows with a version: each is written with its own change row."""

    async def write(connection: Connection, context: Context, changes: Sequence[Change]) -> None:
        for change in changes:
            one = insert if change.before is None else save
            await one(connection, context, change.row, _detail(change))

    return write


async def _write_own(connection: Connection, context: Context, changes: Sequence[Change]) -> None:
    """Sections `company` and `preferences`, which are both in the company's row."""
    (change,) = changes
    reference = await remembered.at(connection, context.company_id, None)
    is_facts = change.section == "company"
    await companies.save_company(
        connection,
        context.company_id,
        name=change.row.name if is_facts else reference.name,
        time_zone=change.row.time_zone if is_facts else reference.zone.key,
        preferences=reference.preferences if is_facts else change.row,
    )
    await insert_changes(connection, context, "Company", [(reference.code, _event(change), _detail(change))])


async def _write_rates(connection: Connection, context: Context, changes: Sequence[Change]) -> None:
    standing = await currencies.RATES.all(connection, Filters([context.company_id]))
    stored = {code_of("rates", rate): rate for rate in standing}
    for change in changes:
        if change.before is None:
            await currencies.insert_rate(connection, context, change.row, _detail(change))
        else:
            rate = replace(stored[change.code], rate=change.row.rate, operator=change.row.operator)
            await currencies.save_rate(connection, context, rate, _detail(change))


async def _write_items(connection: Connection, context: Context, changes: Sequence[Change]) -> None:
    for change in changes:
        item: Item = change.row
        found = None if change.before is None else await items.find_item(
            connection, context.company_id, item.item_id, locked=True
        )  # fmt: skip
        known = {name: getattr(item, name) for name in _CARD_ATTRIBUTES}
        detail = found.record.detail if found else ItemDetail()
        accounts = {**detail.accounts, **{name: getattr(item, name) for name in SALES_ACCOUNTS}}
        known["detail"] = replace(detail, accounts={name: account for name, account in accounts.items() if account})
        if found is None:
            status = ItemStatus.ACTIVE if item.active else ItemStatus.INACTIVE
            await items.insert_card(connection, context, ItemCard(**known, status=status), _detail(change))
        else:
            kept = (found.record.status in SELLING) == item.active
            status = found.record.status if kept else ItemStatus.ACTIVE if item.active else ItemStatus.INACTIVE
            await items.save_card(connection, context, replace(found.record, **known, status=status), _detail(change))


_CARD_ATTRIBUTES = tuple(field.name for field in fields(Item) if field.name not in ("active", *SALES_ACCOUNTS))


async def _write_logos(connection: Connection, context: Context, changes: Sequence[Change]) -> None:
    for change in changes:
        await logos.check_printable(change.row)
        await logos.write(connection, context, change.row, change.before)


_WRITERS: Mapping[str, Write] = {
    "company": _write_own,
    "preferences": _write_own,
    "accounts": _each(accounts.insert_account, accounts.save_account),
    "subaccounts": _each(subaccounts.insert_subaccount, subaccounts.save_subaccount),
    "rates": _write_rates,
    "items": _write_items,
    "attributes": _each(attributes.insert_attribute, attributes.save_attribute),
    "logos": _write_logos,
    "salespersons": _each(salespersons.insert_salesperson, salespersons.save_salesperson),
}
"""Section -> what writes its changes, where a row has more than its table: a version, or a place elsewhere."""
