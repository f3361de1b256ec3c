"""The addresses of accounts, subaccounts and dimensions: decode, open the transaction, one command, answer."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from reskontra.accounts import commands
from reskontra.accounts.store import accounts, dimensions, subaccounts
from reskontra.accounts.store.accounts import FoundAccount
from reskontra.accounts.store.dimensions import FoundDimension, FoundSegment
from reskontra.accounts.store.subaccounts import FoundSubaccount
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
from reskontra.changes.lists.routes import read_page
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.errors import Malformed, NotFound
from reskontra.web.answers import created, json_answer, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.wire import changes

_ACCOUNT_CODES = {
    "publicCode": "account.public_code_1 = {}",
    "externalCode1": "account.external_code_1 = {}",
    "externalCode2": "account.external_code_2 = {}",
    "analysisCode": "account.analysis_code = {}",
    "greaterThanValue": "account.account_number > {}",
}


# Accounts


async def get_accounts(call: Call) -> Response:
    """A page of accounts by number."""
    filters = Filters([call.company_id])
    for name, condition in _ACCOUNT_CODES.items():
        value = call.query.text(name)
        if value is not None:
            filters.add(condition, value)
    _add_active_and_modified(filters, call.query, "account")
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[FoundAccount]:
            return await accounts.list_accounts(connection, filters, window)

        async def total() -> Total:
            return await accounts.count_accounts(connection, filters)

        listed = await read_page(
            call.lists,
            (call.company_id, "Account", filters.key),
            page_of(call.query),
            rows=rows,
            total=total,
            sort_key=lambda found: (found.account.account_number,),
        )
    described = call.query.flag("includeAccountClassDescription")
    answers = (account_answer(found, call.zone, class_description=described) for found in listed.rows)
    return page(call, answers, listed.total)


async def get_account(call: Call) -> Response:
    """One account by number."""
    number = call.params["accountCd"]
    async with call.database.connection() as connection:
        found = await accounts.find_account(connection, call.company_id, number)
    if found is None:
        raise NotFound("account", number)
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
    filters = Filters([call.company_id])
    _add_active_and_modified(filters, call.query, "subaccount")
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[FoundSubaccount]:
            return await subaccounts.list_subaccounts(connection, filters, window)

        async def total() -> Total:
            return await subaccounts.count_subaccounts(connection, filters)

        listed = await read_page(
            call.lists,
            (call.company_id, "Subaccount", filters.key),
            page_of(call.query),
            rows=rows,
            total=total,
            sort_key=lambda found: (found.subaccount.subaccount_number,),
        )
    return page(call, (subaccount_answer(found, call.zone) for found in listed.rows), listed.total)


async def get_subaccount(call: Call) -> Response:
    """One subaccount by number."""
    number = call.params["subAccountNumber"]
    async with call.database.connection() as connection:
        found = await subaccounts.find_subaccount(connection, call.company_id, number)
    if found is None:
        raise NotFound("subaccount", number)
    return one(call, subaccount_answer(found, call.zone), found.version)


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
    wanted = call.params["dimensionId"]
    async with call.database.connection() as connection:
        found = await dimensions.find_dimension(connection, call.company_id, wanted)
    if found is None:
        raise NotFound("dimension", wanted)
    return found


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


def _add_active_and_modified(filters: Filters, query: Query, table: str) -> None:
    if query.text("active") is not None:
        filters.add(f"{table}.active = {{}}", query.flag("active"))
    modified = query.moment("lastModifiedDateTime")
    if modified is not None:
        filters.add(f"{table}.modified_at {modified.operator} {{}}", modified.value)


_ACCOUNT = "/v1/account/{accountCd}"
_SUBACCOUNT = "/v1/subaccount/{subAccountNumber}"
_SEGMENT = "/v1/dimension/{dimensionId}/{segmentId}"

ROUTES = (
    Route("Account_GetAll", "GET", "/v1/account", get_accounts, "reading accounts", answer=AccountAnswer, lists=True),
    Route("Account_Post", "POST", "/v1/account", create_account, "creating account", body=AccountUpdate),
    Route("Account_GetByaccountCd", "GET", _ACCOUNT, get_account, "reading account", answer=AccountAnswer),
    Route("Account_PutByaccountCd", "PUT", _ACCOUNT, change_account, "updating account", body=AccountUpdate),
    Route(
        "Subaccount_GetAllSubaccounts", "GET", "/v1/subaccount", get_subaccounts, "reading subaccounts",
        answer=SubaccountAnswer, lists=True,
    ),
    Route(
        "Subaccount_Post", "POST", "/v1/subaccount", create_subaccount, "creating subaccount", body=SubaccountUpdate
    ),
    Route(
        "Subaccount_GetSubaccountBysubAccountNumber", "GET", _SUBACCOUNT, get_subaccount, "reading subaccount",
        answer=SubaccountAnswer,
    ),
    Route(
        "Subaccount_PutBysubAccountNumber", "PUT", _SUBACCOUNT, change_subaccount, "updating subaccount",
        body=SubaccountUpdate,
    ),
    Route("Dimension_GetDimensionList", "GET", "/v1/dimension", get_dimension_ids, "reading dimensions", texts=True),
    Route(
        "Dimension_GetDimensionBydimensionId", "GET", "/v1/dimension/{dimensionId}", get_dimension,
        "reading dimension", answer=DimensionAnswer,
    ),
    Route(
        "Dimension_GetSegmentBydimensionIdsegmentId", "GET", _SEGMENT, get_segment, "reading segment",
        answer=DimensionSegmentAnswer,
    ),
    Route(
        "Dimension_GetSegmentValueBydimensionIdsegmentIdvalueId", "GET", f"{_SEGMENT}/{{valueId}}", get_value,
        "reading segment value", answer=SegmentValueAnswer,
    ),
    Route(
        "Dimension_GetSegmentValueBydimensionIdsegmentIdpublicId", "GET", f"{_SEGMENT}/publicid/{{publicId}}",
        get_value_by_public_id, "reading segment value", answer=SegmentValueAnswer,
    ),
)  # fmt: skip
