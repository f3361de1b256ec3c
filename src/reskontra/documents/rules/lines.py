"""The lines of a draft: insert, update, delete and defaults.

The amounts of each line are in `pricing`, the VAT and the totals that follow from them in `figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import Rate
from reskontra.documents.document import CostType, Line
from reskontra.documents.rules.arithmetic import DiscountBasis
from reskontra.documents.rules.deductions import work_type_after
from reskontra.documents.rules.discounts import follows_code
from reskontra.documents.rules.line_accounts import account_of_sale, check_account, with_account_of_vat
from reskontra.documents.rules.pricing import looked_up, offer_to, own_price, priced
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.money import ONE, ZERO
from reskontra.operations import LineOperation, supplied
from reskontra.records import replace
from reskontra.vat.rules.codes import vat_ids_of_line

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.discounts.rules.series import CodeOfDocument
    from reskontra.domestic_services.rules.work_types import DeductionType
    from reskontra.items.rules.items import Item
    from reskontra.prices.rules import Offer
    from reskontra.reference.reference import Reference

MOST_LINES = 5_000


@dataclass(frozen=True, slots=True)
class LineBasis:
    """What the lines of one document depend on."""

    reference: Reference
    debtor: Debtor
    items: Mapping[str, Item]
    """Items by lower-case number."""

    offers: Mapping[int, Sequence[Offer]]
    """The sales prices in force for the document, by internal id of the item."""

    rate: Rate
    day: date
    """The date of the document."""

    currency_id: str
    decimals: int
    """The decimal places of the document's currency."""

    receivable_account: str
    """The receivables account of the document."""

    branch_number: str
    salesperson_id: int | None
    """The salesperson of lines that name none."""

    vat_zone_id: str | None
    earlier_vat_zone_id: str | None
    """The zone that standing lines were in before the request."""

    discount_basis: DiscountBasis
    deducts: DeductionType | None = None
    """What the document deducts for domestic services."""

    discount_codes: dict[str, CodeOfDocument] = dataclass_field(default_factory=dict)
    """The discount codes that lines asked for so far."""


def apply_operations(lines: Sequence[Line], sent: Sequence[Mapping[str, Any]], basis: LineBasis) -> tuple[Line, ...]:
    """The lines after a PUT (EDT-02, D1). Refused: an unknown line number, too many lines."""
    _check_count(sent)
    standing = {line.line_number: line for line in lines}
    untouched = dict(standing)
    highest = max(standing, default=0)  # what hangs on a line that is deleted must not come to hang on a new one
    for position, change in enumerate(sent):
        field = ("lines", position)
        number = change.get("line_number") or 0
        operation = change.get("operation") or (LineOperation.UPDATE if number in standing else LineOperation.INSERT)
        if operation == LineOperation.NOTHING:
            continue
        if operation == LineOperation.INSERT and number not in standing:
            number = highest = highest + 1
            standing[number] = new_line(number, supplied(change), basis, field)
            continue
        if number not in standing:
            known = ", ".join(str(line_number) for line_number in sorted(standing)[:20]) or "none"
            raise UnknownReference(
                field=(*field, "line_number"), value=number, hint=f"The document has these lines: {known}."
            )
        untouched.pop(number, None)
        if operation == LineOperation.DELETE:
            del standing[number]
        else:
            standing[number] = changed_line(standing[number], change, basis, field)
    if basis.vat_zone_id != basis.earlier_vat_zone_id:
        standing.update((number, _in_zone(line, basis)) for number, line in untouched.items())
    _check_count(standing)
    return tuple(standing[number] for number in sorted(standing))


def new_lines(sent: Sequence[Mapping[str, Any]], basis: LineBasis) -> tuple[Line, ...]:
    """The lines of a new document, numbered from 1; a sent line number is ignored (D1)."""
    _check_count(sent)
    lines: list[Line] = []
    for position, change in enumerate(sent):
        operation = change.get("operation") or LineOperation.INSERT
        if operation == LineOperation.NOTHING:
            continue
        if operation == LineOperation.DELETE:
            raise Refused(
                "A new document has no line to delete.",
                field=("lines", position, "operation"),
                value=operation,
                hint="Send Insert.",
            )
        lines.append(new_line(len(lines) + 1, change, basis, ("lines", position)))
    return tuple(lines)


def new_line(number: int, change: Mapping[str, Any], basis: LineBasis, field: FieldPath) -> Line:
    """A line from what was sent; its item and the customer's location supply the rest (LIN-05, X7)."""
    item = _item(change, None, basis, field)
    if item is None and not change.get("description"):
        raise Refused(
            "A line needs an inventory number or a description.",
            field=(*field, "description"),
            hint="Send one of the two.",
        )
    line = Line(
        line_number=number,
        quantity=ONE,
        unit_price=ZERO,
        account_number="",
        subaccount_id=basis.reference.subaccounts.default_id,
        branch_number=basis.branch_number,
    )
    if item is None:
        zone = basis.reference.vat_zones.get(basis.vat_zone_id or "")
        line = replace(line, vat_category_id=zone.default_category if zone else None)
    else:
        line = _with_item(line, item, basis)
    own = line
    line = _with_vat_ids(_with_sent(line, change, basis, field), basis, (*field, "vat_category_id"))
    if not line.account_number:
        line = replace(line, account_number=account_of_sale(line.vat_ids, basis.vat_zone_id, item, basis) or "")
    if not line.account_number:
        raise Refused(
            "The line has no sales account.",
            field=(*field, "account_number"),
            hint="Send one, or set one on the item or the customer.",
        )
    check_account(line.account_number, basis, (*field, "account_number"))
    if change.get("unit_price") is not None:
        line = replace(line, price_entered=True)
    elif item is not None:
        line = replace(line, unit_price=looked_up(line, item, basis))
    if not change.get("subaccount"):
        line = _with_subaccount(line, item, basis, field)
    return priced(line, change, None, basis, field, own=own)


def changed_line(line: Line, change: Mapping[str, Any], basis: LineBasis, field: FieldPath) -> Line:
    """`line` with what was sent; another item brings its own defaults first (D2)."""
    item = _item(change, line, basis, field)
    draft = line
    has_new_item = item is not None and item.item_id != line.item_id
    if item is not None and has_new_item:
        draft = _with_item(line, item, basis)
    elif "item_number" in change and item is None:
        draft = replace(line, item_id=None, item_number=None)
    own = draft
    draft = _with_price(line, _with_sent(draft, change, basis, field), change, basis)
    draft = _with_vat_ids(draft, basis, (*field, "vat_category_id"))
    if has_new_item and not draft.account_number:
        account = account_of_sale(draft.vat_ids, basis.vat_zone_id, item, basis)
        draft = replace(draft, account_number=account or line.account_number)
    elif not change.get("account_number"):
        draft = with_account_of_vat(line, draft, basis)
    if draft.account_number != line.account_number:
        check_account(draft.account_number, basis, (*field, "account_number"))
    if not change.get("subaccount"):
        draft = _with_subaccount(draft, item, basis, field) if has_new_item else _sold_by(line, draft, basis, field)
    if draft.item_id is None and not draft.description:
        raise Refused(
            "A line needs an inventory number or a description.",
            field=(*field, "description"),
            value=change.get("description"),
            hint="Keep one of the two.",
        )
    return priced(draft, change, line, basis, field, own=own)


def _item(change: Mapping[str, Any], before: Line | None, basis: LineBasis, field: FieldPath) -> Item | None:
    """The item that was sent. The one already on the line may be out of use by now."""
    number = change.get("item_number")
    if not number:
        return None
    item = basis.items.get(number.lower())
    if item is None:
        raise UnknownReference(field=(*field, "item_number"), value=number, hint="Send the number of an existing item.")
    if not item.active and (before is None or before.item_id != item.item_id):
        raise Refused(
            f"The item '{item.item_number}' is not active.",
            field=(*field, "item_number"),
            value=number,
            hint="Choose an active item.",
        )
    return item


def _with_item(line: Line, item: Item, basis: LineBasis) -> Line:
    """`line` with the item's values; its account follows when its VAT is known."""
    zone = basis.reference.vat_zones.get(basis.vat_zone_id or "")
    return replace(
        line,
        item_id=item.item_id,
        item_number=item.item_number,
        description=item.description,
        unit_id=item.unit_id,
        unit_price=own_price(item, basis),
        vat_category_id=item.vat_category_id or (zone.default_category if zone else None),
        account_number="",
        deferral_code=item.deferral_code,
    )


def _with_price(before: Line, draft: Line, change: Mapping[str, Any], basis: LineBasis) -> Line:
    """`draft` with the price that it has now (PRC-06): the one that was sent, unless that only repeats a price that was
    looked up; else the one that its item, quantity and unit lead to. Null looks it up again.

    Without a sales price before and after the change, the line keeps what it took from the item (D2)."""
    sent = change.get("unit_price")
    item = basis.items.get((draft.item_number or "").lower())
    if sent is not None and (before.price_entered or sent != before.unit_price):
        return replace(draft, price_entered=True)
    if item is None or item.item_id != draft.item_id:
        return draft
    asks = sent is None and "unit_price" in change
    if draft.item_id != before.item_id or asks:
        return replace(draft, unit_price=looked_up(draft, item, basis), price_entered=False)
    moves = (draft.quantity, draft.unit_id) != (before.quantity, before.unit_id)
    if before.price_entered or not moves or not (offer_to(before, item, basis) or offer_to(draft, item, basis)):
        return draft
    return replace(draft, unit_price=looked_up(draft, item, basis))


def on_another_day(lines: Sequence[Line], basis: LineBasis) -> tuple[Line, ...]:
    """Lines of a draft whose date has changed, at its prices and discounts (PRC-06, DCT-03); entered ones stay."""
    return tuple(_repriced(line, basis, ("lines", position)) for position, line in enumerate(lines))


def _repriced(line: Line, basis: LineBasis, field: FieldPath) -> Line:
    item = basis.items.get((line.item_number or "").lower())
    draft = line
    if not line.price_entered and not line.amount_entered and item is not None and item.item_id == line.item_id:
        draft = replace(line, unit_price=looked_up(line, item, basis))
    return priced(draft, {}, line, basis, field, own=line, afresh=follows_code(line))


def _with_subaccount(line: Line, item: Item | None, basis: LineBasis, field: FieldPath) -> Line:
    """`line` with the subaccount that the company's mask makes, each segment from its source (SUB-01).

    What a source does not have comes from the location. Without a mask the item's takes precedence over the location's.
    """
    reference, own = basis.reference, _own_subaccount(item, basis)
    mask = reference.preferences.subaccount_mask
    if mask is None:
        return replace(line, subaccount_id=own)
    sources = {
        "C": _subaccount_of_branch(basis.branch_number, basis),
        "I": own,
        "L": _own_subaccount(None, basis),
        "S": _subaccount_of_salesperson(line.salesperson_id, basis),
    }
    return replace(line, subaccount_id=reference.subaccounts.masked(mask, sources, (*field, "subaccount")))


def _sold_by(before: Line, draft: Line, basis: LineBasis, field: FieldPath) -> Line:
    """`draft` with the segments that came from the old salesperson now taken from the new one (SUB-01)."""
    old, new = (_subaccount_of_salesperson(line.salesperson_id, basis) for line in (before, draft))
    followed = basis.reference.subaccounts.followed(draft.subaccount_id, "S", old, new, (*field, "subaccount"))
    return replace(draft, subaccount_id=followed)


def _own_subaccount(item: Item | None, basis: LineBasis) -> int:
    chosen = (item.sales_subaccount_id if item else None) or basis.debtor.location.sales_subaccount_id
    return chosen or basis.reference.subaccounts.default_id


def _subaccount_of_branch(branch_number: str, basis: LineBasis) -> int:
    branch = basis.reference.branches.get(branch_number)
    return (branch.subaccount_id if branch else None) or basis.reference.subaccounts.default_id


def _subaccount_of_salesperson(salesperson_id: int | None, basis: LineBasis) -> int:
    person = basis.reference.salespersons.get(salesperson_id or basis.salesperson_id or 0)
    return (person.sales_subaccount_id if person else None) or _own_subaccount(None, basis)


def in_branch(lines: Sequence[Line], branch_number: str, basis: LineBasis) -> tuple[Line, ...]:
    """Lines of another branch, moved to the document's: segments taken from the branch follow (SUB-01)."""
    before, after = _subaccount_of_branch(branch_number, basis), _subaccount_of_branch(basis.branch_number, basis)
    return tuple(
        replace(
            line,
            branch_number=basis.branch_number,
            subaccount_id=basis.reference.subaccounts.followed(
                line.subaccount_id, "C", before, after, ("lines", position, "subaccount")
            ),
        )
        for position, line in enumerate(lines)
    )


_PLAIN = (
    "item_type",
    "description",
    "quantity",
    "unit_price",
    "deferral_code",
    "deferral_schedule",
    "term_start_date",
    "term_end_date",
    "start_date",
    "end_date",
    "vat_date",
    "task_id",
    "note",
)
_EMPTY_CLEARS = ("description", "deferral_code", "deferral_schedule", "task_id", "note")
_NEVER_EMPTY = {"quantity": ZERO, "unit_price": ZERO}


def _with_sent(line: Line, change: Mapping[str, Any], basis: LineBasis, field: FieldPath) -> Line:
    sent = {name: change[name] for name in _PLAIN if name in change}
    for name, empty in _NEVER_EMPTY.items():
        if name in sent and sent[name] is None:
            sent[name] = empty
    # An empty text clears (EDT-01), and no schedule is shown as 0.
    sent.update({name: sent[name] or None for name in _EMPTY_CLEARS if name in sent})
    reference = basis.reference
    if "unit_id" in change:
        sent["unit_id"] = reference.unit_id(change["unit_id"], (*field, "unit_id"))
    if change.get("account_number") is not None:
        account = reference.active_account(change["account_number"], (*field, "account_number"))
        sent["account_number"] = account.account_number
    if change.get("subaccount"):
        sent["subaccount_id"] = reference.subaccounts.in_use(change["subaccount"], (*field, "subaccount"))
    if "discount_code" in change:
        sent["discount_code"] = reference.discount_code(change["discount_code"], (*field, "discount_code"))
    if "vat_category_id" in change:
        category = change["vat_category_id"]
        sent["vat_category_id"] = reference.vat_category_id(category, (*field, "vat_category_id"))
    if "salesperson" in change:
        sent["salesperson_id"] = reference.salesperson_id(change["salesperson"], (*field, "salesperson"))
    if change.get("branch_number") is not None:
        branch = reference.active_branch(change["branch_number"], (*field, "branch_number"))
        if branch.branch_number != basis.branch_number:
            raise Refused(
                "A line cannot belong to another branch than its document.",
                field=(*field, "branch_number"),
                value=change["branch_number"],
                hint=f"Send {basis.branch_number} or leave it out.",
            )
    after = replace(line, **sent) if sent else line
    if after.work_type is None and not change.get("deductible") and not change.get("work_type"):
        return after
    work_type = work_type_after(after, change, basis.deducts, reference, field)
    return replace(after, work_type=work_type, item_type=CostType.SERVICE if work_type else after.item_type)


def _with_vat_ids(line: Line, basis: LineBasis, field: FieldPath) -> Line:
    """The VAT ids of the line's category in the document's zone; refused here, where the sent place is known (D3)."""
    category = basis.reference.vat_categories.get(line.vat_category_id or "")
    zone = basis.reference.vat_zones.get(basis.vat_zone_id or "")
    return replace(line, vat_ids=vat_ids_of_line(category, zone, field))


def _in_zone(line: Line, basis: LineBasis) -> Line:
    """A standing line in the zone that the document has now."""
    return with_account_of_vat(line, _with_vat_ids(line, basis, ("vat_zone_id",)), basis)


def _check_count(lines: Sized) -> None:
    if len(lines) > MOST_LINES:
        raise Refused(
            f"A document has at most {MOST_LINES} lines.", field=("lines",), value=len(lines), hint="Send fewer lines."
        )
