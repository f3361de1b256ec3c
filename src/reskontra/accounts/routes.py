"""The addresses of accounts, subaccounts and dimensions."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from reskontra.accounts import commands
from reskontra.accounts.store import accounts, dimensions, subaccounts
from reskontra.accounts.store.dimensions import FoundDimension, FoundSegment
from reskontra.accounts.wire.answers import (
    AccountAnswer,
    DimensionAnswer,
    DimensionSegmentAnswer,
    SegmentValueAnswer,
    SubaccountAnswer,
    account_answer,
    dimension_answer,
    dimension_segment_answer,
    segment_value_answer,
    subaccount_answer,
)
from reskontra.accounts.wire.bodies import AccountUpdate, SubaccountUpdate
from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import equal, filtered, flag, greater, moment
from reskontra.errors import Malformed, NotFound
from reskontra.reference.routes import answering
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, json_answer, no_content, one
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.query import Query
from reskontra.web.wire import changes

ACCOUNT_FILTERS = (
    equal("publicCode", "account.public_code_1"),
    equal("externalCode1", "account.external_code_1"),
    equal("externalCode2", "account.external_code_2"),
    equal("analysisCode", "account.analysis_code"),
    greater("greaterThanValue", "account.account_number"),
    flag("active", "account.active"),
    moment("lastModifiedDateTime", "account.modified_at"),
)
SUBACCOUNT_FILTERS = (
    flag("active", "subaccount.active"),
    moment("lastModifiedDateTime", "subaccount.modified_at"),
)


# Accounts


async def get_accounts(call: Call) -> Response:
    """A page of accounts by number."""
    described = call.query.flag("includeAccountClassDescription")
    return await answer_page(
        call,
        accounts.ACCOUNTS,
        filtered(call),
        lambda found: account_answer(found, call.zone, class_description=described),
    )


async def get_account(call: Call) -> Response:
    """One account by number."""
    found = await call.find("account", accounts.find_account, call.params["accountCd"])
    return one(call, account_answer(found, call.zone), found.version)


async def create_account(call: Call) -> Response:
    """A new account."""
    sent = changes(call.decode(AccountUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.create_account(connection, call.context, sent)
    return created(call, f"/v1/account/{quote(saved.number, safe='')}", saved.version)


async def change_account(call: Call) -> Response:
    """Change an account; what is absent stays."""
    sent = changes(call.decode(AccountUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.change_account(connection, call.context, call.params["accountCd"], sent, call.if_match)
    return no_content(call, f"/v1/account/{quote(saved.number, safe='')}", saved.version)


# Subaccounts


async def get_subaccounts(call: Call) -> Response:
    """A page of subaccounts by number."""
    return await answering.answer_page(
        call,
        subaccounts.SUBACCOUNTS,
        filtered(call),
        lambda found, reference: subaccount_answer(found, reference.subaccounts.segments, call.zone),
    )


async def get_subaccount(call: Call) -> Response:
    """One subaccount by number."""
    number = call.params["subAccountNumber"]
    found, reference = await answering.find_listed(call, "subaccount", subaccounts.SUBACCOUNTS, number)
    return one(call, subaccount_answer(found, reference.subaccounts.segments, call.zone), found.version)


async def create_subaccount(call: Call) -> Response:
    """A new subaccount."""
    sent = changes(call.decode(SubaccountUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.create_subaccount(connection, call.context, sent)
    return created(call, f"/v1/subaccount/{quote(saved.number, safe='')}", saved.version)


async def change_subaccount(call: Call) -> Response:
    """Change a subaccount; what is absent stays."""
    sent = changes(call.decode(SubaccountUpdate))
    number = call.params["subAccountNumber"]
    async with call.database.transaction() as connection:
        saved = await commands.change_subaccount(connection, call.context, number, sent, call.if_match)
    return no_content(call, f"/v1/subaccount/{quote(saved.number, safe='')}", saved.version)


# Dimensions


async def get_dimension_ids(call: Call) -> Response:
    """The ids of all dimensions, as a bare array of texts."""
    async with call.database.connection() as connection:
        return json_answer(await dimensions.list_dimension_ids(connection, call.company_id))


async def get_dimension(call: Call) -> Response:
    """One dimension with its segments; the parameters choose among these."""
    query = call.query
    found = await _dimension(call)
    segments = _chosen_segments(found.segments, query)
    return one(call, dimension_answer(found, segments, call.zone, values=query.flag("expandSegmentsValues")))


async def get_segment(call: Call) -> Response:
    """One segment with its values."""
    segment = await _segment(call)
    return one(call, dimension_segment_answer(segment, call.zone), segment.version)


async def get_value(call: Call) -> Response:
    """One value of a segment."""
    wanted = call.params["valueId"]
    segment = await _segment(call)
    for value in segment.values:
        if value.value.lower() == wanted.lower():
            return one(call, segment_value_answer(segment, value, call.zone), value.version)
    raise NotFound(reason=f"Segment {segment.segment_id} has no value '{wanted}'.")


async def get_value_by_public_id(call: Call) -> Response:
    """One value of a segment by its public id."""
    wanted = call.params["publicId"]
    segment = await _segment(call)
    for value in segment.values:
        if str(value.public_id) == wanted.lower():
            return one(call, segment_value_answer(segment, value, call.zone), value.version)
    raise NotFound(reason=f"Segment {segment.segment_id} has no value with the public id '{wanted}'.")


async def _dimension(call: Call) -> FoundDimension:
    return await call.find("dimension", dimensions.find_dimension, call.params["dimensionId"])


async def _segment(call: Call) -> FoundSegment:
    found, wanted = await _dimension(call), call.params["segmentId"]
    for segment in found.segments:
        if str(segment.segment_id) == wanted:
            return segment
    raise NotFound(reason=f"The dimension {found.dimension_id} has no segment '{wanted}'.")


_SEGMENT_ORDERS = {"segmentid": operator.attrgetter("segment_id"), "description": operator.attrgetter("description")}
_COMPARES = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def _chosen_segments(segments: Sequence[FoundSegment], query: Query) -> list[FoundSegment]:
    """The segments that the parameters ask for: `greaterThanValue` is about the segment id."""
    chosen = list(segments)
    above = query.integer("greaterThanValue")
    if above is not None:
        chosen = [segment for segment in chosen if segment.segment_id > above]
    modified = query.moment("lastModifiedDateTime")
    if modified is not None:
        compare = _COMPARES[modified.operator]
        chosen = [segment for segment in chosen if compare(segment.modified_at, modified.value)]
    order = (query.text("orderBy") or "segmentId").split()
    name, direction = order[0].lower(), order[1].lower() if len(order) > 1 else "asc"
    if name not in _SEGMENT_ORDERS or direction not in ("asc", "desc") or len(order) > 2:
        raise Malformed(
            f"'{' '.join(order)}' is not a value that the parameter orderBy takes.",
            hint="Send segmentId or description, with asc or desc behind it.",
        )
    chosen.sort(key=_SEGMENT_ORDERS[name], reverse=direction == "desc")
    wanted = page_of(query)
    return chosen[wanted.offset : wanted.offset + wanted.limit]


_ACCOUNTS = Addresses("/v1/account", "account", AccountAnswer, AccountUpdate)
_SUBACCOUNTS = Addresses("/v1/subaccount", "subaccount", SubaccountAnswer, SubaccountUpdate)
_DIMENSIONS = Addresses("/v1/dimension", "dimension", DimensionAnswer)
_SEGMENTS = Addresses("/v1/dimension/{dimensionId}/{segmentId}", "segment", DimensionSegmentAnswer)
_VALUES = Addresses("/v1/dimension/{dimensionId}/{segmentId}", "segment value", SegmentValueAnswer)

ROUTES = (
    _ACCOUNTS.many("Account_GetAll", get_accounts, filters=ACCOUNT_FILTERS),
    _ACCOUNTS.post("Account_Post", create_account),
    _ACCOUNTS.one("Account_GetByaccountCd", get_account, "{accountCd}"),
    _ACCOUNTS.put("Account_PutByaccountCd", change_account, "{accountCd}"),
    _SUBACCOUNTS.many("Subaccount_GetAllSubaccounts", get_subaccounts, filters=SUBACCOUNT_FILTERS),
    _SUBACCOUNTS.post("Subaccount_Post", create_subaccount),
    _SUBACCOUNTS.one("Subaccount_GetSubaccountBysubAccountNumber", get_subaccount, "{subAccountNumber}"),
    _SUBACCOUNTS.put("Subaccount_PutBysubAccountNumber", change_subaccount, "{subAccountNumber}"),
    _DIMENSIONS.texts("Dimension_GetDimensionList", get_dimension_ids),
    _DIMENSIONS.one("Dimension_GetDimensionBydimensionId", get_dimension, "{dimensionId}"),
    _SEGMENTS.one("Dimension_GetSegmentBydimensionIdsegmentId", get_segment),
    _VALUES.one("Dimension_GetSegmentValueBydimensionIdsegmentIdvalueId", get_value, "{valueId}"),
    _VALUES.one(
        "Dimension_GetSegmentValueBydimensionIdsegmentIdpublicId", get_value_by_public_id, "publicid/{publicId}"
    ),
)
