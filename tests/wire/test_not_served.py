"""A 501 says in users' words what is missing and what to do instead, and that is true."""

from __future__ import annotations

import re

import httpx
import pytest

from reskontra.app import mounted_routes
from reskontra.web import contract
from reskontra.web.not_served import Group, group_of, groups
from reskontra.web.routing import Match, Router

ABSENT = [
    contract.operations()[route.operation]
    for route in mounted_routes()
    if route.missing is not None and route.alias_of is None
]


def test_every_operation_that_is_not_served_is_in_a_group() -> None:
    assert [operation.name for operation in ABSENT if group_of(operation) is None] == []


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
def test_what_a_group_names_is_still_missing(group: Group) -> None:
    """If an operation came to be served, delete its pattern from `not_served.toml`."""
    held = [operation for operation in ABSENT if group_of(operation) is group]
    idle = [
        pattern
        for pattern in group.operations
        if not any(Group("", (pattern,), "", "").holds(operation) for operation in held)
    ]
    assert idle == []


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
def test_what_to_do_instead_is_served(group: Group) -> None:
    router = Router(mounted_routes())
    for method, path in re.findall(r"(GET|POST|PUT|DELETE) (/v\d/[\w/{}]+)", group.sentences):
        found = router.find(method, path.encode())
        assert isinstance(found, Match), path
        assert found.route.missing is None, path


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
def test_it_is_said_in_whole_sentences_without_words_of_our_plan(group: Group) -> None:
    assert re.search(r"\b(steps?|paper|platform|later|planned|roadmap)\b", group.sentences, re.IGNORECASE) is None
    assert group.missing[0].isupper()
    assert group.instead[0].isupper()
    assert group.missing.endswith(".")
    assert group.instead.endswith(".")


async def test_the_answer_says_it(client: httpx.AsyncClient) -> None:
    assert ABSENT
    for operation in ABSENT:
        answer = await client.request(operation.method, re.sub(r"\{\w+\}", "1", operation.path))
        group = group_of(operation)
        assert answer.status_code == 501, operation.name
        assert group is not None
        assert group.sentences in answer.json()["message"]
