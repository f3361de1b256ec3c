"""The examples of the OpenAPI document: requests that the demo company takes, and what it really answers.

`pytest tests/wire/test_examples.py --update-examples` records the answers anew; then read the difference.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest

from reskontra.app import mounted_routes
from reskontra.clock import Context, SeededClock
from reskontra.company_file.commands.applying import apply_plan, plan_changes
from reskontra.company_file.file import Template
from reskontra.db.pool import Database
from reskontra.web import examples as kept
from reskontra.web.examples import Example, examples
from reskontra.web.openapi import Reference
from reskontra.web.routing import Route
from reskontra.yaml_file import read_partial_yaml
from tests.clerk import DEMO_COMPANY
from tests.golden.test_golden_answers import in_any_order, redacted

SERVED = {route.operation: route for route in mounted_routes() if route.missing is None and route.alias_of is None}
RECORDED = Path(kept.__file__).parent / kept.RECORDED
ROWS_MAX = 2
"""How many rows of a list are kept as its example."""

LAST = "last"
"""Stands in an example's address for the id in the Location before, which the client carries with it."""

ADD_THEM = "add them to src/reskontra/web/examples.toml"
RECORD_THEM = "run: pytest tests/wire/test_examples.py --update-examples"


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Reference(mounted_routes()).openapi("http://testserver"))
    return found


@cache
def operations() -> dict[str, dict[str, Any]]:
    return {entry["operationId"]: entry for item in document()["paths"].values() for entry in item.values()}


def content_of(operation: str, *steps: str) -> dict[str, Any]:
    """The JSON content of a body or an answer in the document; empty if it has none."""
    found: Any = operations()[operation]
    for step in (*steps, "content", "application/json"):
        found = found.get(step, {})
    assert isinstance(found, dict)
    return found


def needed_by(operation: str) -> list[str]:
    """The fields that the document says are required in a body."""
    content = content_of(operation, "requestBody")
    if not content:
        return []
    name = content["schema"]["$ref"].rpartition("/")[2]
    required: list[str] = document()["components"]["schemas"][name].get("required", [])
    return required


async def sent(http: httpx.AsyncClient, route: Route, example: Example, body: Any = None) -> httpx.Response:
    """The example request, or the same with another body."""
    content = example.body if body is None else json.dumps(body)
    media = "application/json" if route.line is None else "application/x-ndjson"
    headers = {} if content is None else {"Content-Type": media}
    files = {"file": ("drawing.txt", example.file.encode())} if example.file is not None else None
    path = route.path
    for name in (name for name, value in example.path.items() if value == LAST):
        path = path.replace(f"{{{name}}}", http.headers[LAST])
    answer = await http.request(route.method, example.target(path), content=content, headers=headers, files=files)
    if "Location" in answer.headers:
        http.headers[LAST] = answer.headers["Location"].rpartition("/")[2]
    return answer


async def prepared(database: Database, clock: SeededClock, example: Example) -> None:
    """Apply to the demo company what the example needs of it."""
    if example.company_file is None:
        return
    context = Context(DEMO_COMPANY, "operator", "examples", clock.now(), clock)
    file = read_partial_yaml(example.company_file, "example", Template)
    async with database.transaction() as connection:
        plan = await plan_changes(connection, context, file)
        await apply_plan(connection, context, file, plan)


def shortened(content: bytes) -> bytes:
    """An answer as it is kept: of a list the first rows, and all numbers as they were written."""
    if not content.startswith(b"["):
        return content
    rows = msgspec.json.decode(content, type=list[msgspec.Raw])
    return msgspec.json.encode(rows[:ROWS_MAX])


def comparable(answer: bytes | msgspec.Raw) -> str:
    """An answer without what differs from run to run."""
    return in_any_order("\n\n" + redacted(msgspec.json.format(bytes(answer), indent=1).decode()))


def test_every_served_operation_has_its_example() -> None:
    assert [name for name in SERVED if name not in examples()] == [], ADD_THEM
    assert [name for name in examples() if name not in SERVED] == [], "nothing serves them"
    assert [name for name, route in SERVED.items() if route.body and not examples()[name].body] == [], ADD_THEM


async def test_the_demo_takes_every_example_and_answers_as_recorded(
    client: httpx.AsyncClient, books: Database, clock: SeededClock, pytestconfig: pytest.Config
) -> None:
    found: dict[str, msgspec.Raw] = {}
    refused = []
    for name, example in examples().items():
        await prepared(books, clock, example)
        answer = await sent(client, SERVED[name], example)
        if answer.status_code not in (200, 201, 204):
            refused.append(f"{name}: {answer.status_code} {answer.text}")
        elif answer.headers.get("content-type", "").startswith("application/json"):
            found[name] = msgspec.Raw(shortened(answer.content))
    assert refused == [], "\n".join(refused)
    if pytestconfig.getoption("--update-examples"):
        RECORDED.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        kept.answers.cache_clear()
    assert {name for name, answer in found.items() if bytes(answer) == b"[]"} == set(), "an example shows something"
    assert list(found) == list(kept.answers()), RECORD_THEM
    changed = {
        name: (comparable(answer), comparable(kept.answers()[name]))
        for name, answer in found.items()
        if comparable(answer) != comparable(kept.answers()[name])
    }
    assert not changed, f"{RECORD_THEM}\n{changed}"


def test_every_body_and_every_answer_shows_its_example() -> None:
    for steps, remedy in ((("requestBody",), ADD_THEM), (("responses", "200"), RECORD_THEM)):
        contents = {name: content_of(name, *steps) for name in SERVED}
        assert [name for name, content in contents.items() if content and "example" not in content] == [], remedy


def test_examples_fit_their_schemas() -> None:
    components = document()["components"]
    for name in SERVED:
        for steps in (("requestBody",), ("responses", "200")):
            if content := content_of(name, *steps):
                schema = {**content["schema"], "components": components}
                jsonschema.validate(content["example"], schema, cls=jsonschema.Draft202012Validator)


def test_examples_spell_every_field_as_the_contract_does() -> None:
    """What no struct knows would be ignored, and teach nothing."""
    for name, route in SERVED.items():
        if route.body is not None and (body := examples()[name].body) is not None:
            msgspec.json.decode(body, type=route.body)


ONE_OF = {
    "Account_Post": ("type", "accountClass"),
    "Contact_CreateContact": ("firstName", "lastName"),
    "CustomerPayment_CreatePayment": ("paymentAmount", "paymentLines"),
    "Payment_CreatePayment": ("paymentAmount", "paymentLines"),
}
"""A schema that generators understand cannot say that one of several fields is required: the summary does."""


async def test_a_post_needs_the_fields_that_are_required_and_a_create_no_others(
    client: httpx.AsyncClient, books: Database, clock: SeededClock
) -> None:
    for name, example in examples().items():
        await prepared(books, clock, example)
        route, needed = SERVED[name], needed_by(name)
        if route.method != "POST" or example.body is None:
            continue
        whole = json.loads(example.body)
        for missing in (*((field,) for field in needed), *([ONE_OF[name]] if name in ONE_OF else [])):
            rest = {key: value for key, value in whole.items() if key not in missing}
            answer = await sent(client, route, example, rest)
            assert answer.status_code == 400, f"{name} does not need {missing}"
            assert any(field in answer.json()["message"] for field in missing), answer.text
        if not (route.is_action or route.answer or route.line):
            enough = (*needed, *ONE_OF.get(name, ())[:1])
            answer = await sent(client, route, example, {field: whole[field] for field in enough})
            assert answer.status_code == 201, f"{name} needs more than {enough}: {answer.text}"
