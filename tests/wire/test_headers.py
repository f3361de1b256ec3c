"""Every header that a client may send means something: it acts, it is refused, or it is known why it may be ignored."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from reskontra.app import mounted_routes

QUIRKS = (Path(__file__).parents[2] / "docs" / "QUIRKS.md").read_text(encoding="utf-8")

ACTING = {
    "Accept-Encoding": "test_errors: large_answers_are_packed_for_those_who_can_read_it",
    "Authorization": "test_auth: no_token_or_garbage",
    "branchid": "test_headers: the_chosen_branch_reaches_the_command",
    "Content-Encoding": "test_compressed_bodies: a_compressed_body_is_read_as_a_plain_one",
    "Content-Type": "test_errors: json_by_any_name",
    "Expect": "test_framing: an_answer_to_a_client_that_was_not_asked_for_its_body_ends_the_connection",
    "Idempotency-Key": "test_idempotency: another_request_with_the_same_key_is_refused",
    "Host": "test_routing: a_host_that_is_no_host_is_not_echoed",
    "If-Match": "test_errors: versions_travel_in_etag_and_if_match",
    "ipp-company-id": "test_auth: several_companies_need_the_header",
    "Origin": "test_auth: open_mode_says_why_a_request_may_come_from_elsewhere",
    "Sec-Fetch-Site": "test_auth: open_mode_says_why_a_request_may_come_from_elsewhere",
    "X-Forwarded-For": "test_tokens: a_trusted_proxy_is_believed_who_it_speaks_for",
    "X-Forwarded-Host": "test_routing: forwarded_headers_count_only_from_a_trusted_proxy",
    "X-Forwarded-Prefix": "test_routing: a_forwarded_prefix_that_leads_elsewhere_is_not_believed",
    "X-Forwarded-Proto": "test_routing: forwarded_headers_count_only_from_a_trusted_proxy",
}
"""The headers that act, and the test that shows what each does.

Where the names in these tables are from: the vendor's pages on ETags, background operations and base addresses
(docs.vismasoftware.no/vismanetapi); what public clients in C#, Java, PHP and Go send; RFC 9110; what browsers add by
themselves (Fetch Metadata, the Origin of a request); what proxies add; and draft-ietf-httpapi-idempotency-key-header.
Whoever finds another header that is sent adds it to one of the tables.
"""

REFUSED = {"erp-api-background": ("none", "subscription", "subscription:a=b", "https://example.no/hook", "x")}

IGNORED = {
    "ipp-application-type": "Visma.net Financials",
    "ipp-tenant-id": "00000000-0000-0000-0000-000000000099",
    "Accept": "application/xml",
    "Accept-Language": "nb-NO",
    "User-Agent": "somebody",
}
"""What changes nothing. docs/QUIRKS.md says why each of them costs nobody anything."""


@pytest.mark.parametrize("name", ACTING)
def test_what_acts_is_shown_by_a_test(name: str) -> None:
    module, _, test = ACTING[name].partition(": ")
    (path,) = Path(__file__).parents[1].rglob(f"{module}.py")
    text = path.read_text(encoding="utf-8")
    (found,) = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == f"test_{test}"
    )
    first = min([found, *found.decorator_list], key=lambda node: node.lineno).lineno
    shown = text.splitlines()[first - 1 : found.end_lineno]
    assert name.lower() in "\n".join(shown).lower()


@pytest.mark.parametrize("value", REFUSED["erp-api-background"])
async def test_the_background_is_refused_before_anything_is_done(edge: Any, value: str) -> None:
    for method, path in (
        ("GET", "/v1/box"),
        ("POST", "/v1/box"),
        ("POST", "/v2/box"),
        ("PUT", "/API/controller/api/v1/box/1"),
        ("DELETE", "/v1/box/1"),
        ("POST", "/v1/box/1/action/release"),
    ):
        answer = await edge.client.request(method, path, headers={"erp-api-background": value}, content=b"{}")
        assert answer.status_code == 501, (method, path)
        assert "was not carried out. Leave the header erp-api-background out" in answer.json()["message"]
    assert edge.seen == []
    answer = await edge.client.get("/v1/box", headers={"erp-api-background": ""})
    assert answer.status_code == 200, "an empty header asks for nothing"


def test_no_address_is_left_out() -> None:
    """The header is looked at before the route's handler, so that a new route is covered by itself."""
    assert {route.path.split("/")[1] for route in mounted_routes()} == {"v1", "v2"}


@pytest.mark.parametrize("name", IGNORED)
async def test_what_is_ignored_changes_nothing_and_is_said_to(edge: Any, name: str) -> None:
    plain = await edge.client.get("/v1/box/1")
    answer = await edge.client.get("/v1/box/1", headers={name: IGNORED[name]})
    assert (answer.status_code, answer.content) == (plain.status_code, plain.content)
    assert f"`{name}`" in QUIRKS, f"say in docs/QUIRKS.md why {name} may be ignored"


async def test_the_chosen_branch_reaches_the_command(edge: Any) -> None:
    await edge.client.get("/v1/box", headers={"branchid": " 7 "})
    assert edge.seen[-1].context.branch_number == "branch 7"
    await edge.client.get("/v1/box")
    assert edge.seen[-1].context.branch_number is None
