"""Addresses: prefixes, letter case, ids with anything in them, versions, methods."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from reskontra.errors import Malformed
from reskontra.web import contract
from reskontra.web.call import Call
from reskontra.web.routing import Match, Route, Router, WrongMethod, complete


async def nothing(call: Call) -> Response:
    return Response()


def route(method: str, path: str, operation: str = "") -> Route:
    return Route(operation or f"{method} {path}", method, path, nothing, "testing")


ROUTER = Router(
    [
        route("GET", "/v1/customer"),
        route("GET", "/v1/customer/{customerCd}"),
        route("PUT", "/v1/customer/{customerCd}"),
        route("GET", "/v1/customer/balance"),
        route("GET", "/v1/customer/internal/{internalId}"),
        route("GET", "/v1/customer/{customerNumber}/invoice"),
        route("POST", "/v1/customer/{customer}/action/createDunningLetter"),
        route("POST", "/v2/customer"),
    ]
)


def found(method: str, path: str) -> tuple[str, dict[str, str]]:
    match = ROUTER.find(method, path.encode())
    assert isinstance(match, Match), path
    return match.route.operation, dict(match.params)


@pytest.mark.parametrize("prefix", ["", "/API", "/api/Controller/API", "/controller/api"])
@pytest.mark.parametrize("tail", ["/v1/customer/Ab%20c", "/V1/CUSTOMER/Ab%20c/", "//v1//customer/Ab%20c"])
def test_prefix_case_and_slashes_do_not_matter_but_ids_keep_their_case(prefix: str, tail: str) -> None:
    match = ROUTER.find("GET", (prefix + tail).encode())
    assert isinstance(match, Match)
    assert match.params == {"customerCd": "Ab c"}
    assert match.prefix == prefix


def test_a_literal_beats_a_parameter_only_where_it_leads_somewhere() -> None:
    assert found("GET", "/v1/customer/internal/7") == ("GET /v1/customer/internal/{internalId}", {"internalId": "7"})
    assert found("GET", "/v1/customer/internal")[1] == {"customerCd": "internal"}
    assert found("GET", "/v1/customer/balance") == ("GET /v1/customer/balance", {})
    assert found("PUT", "/v1/customer/balance")[1] == {"customerCd": "balance"}
    assert found("GET", "/v1/customer/10000/invoice")[1] == {"customerNumber": "10000"}


@pytest.mark.parametrize(
    "path", ["/v1/customer/a/b", "/v1", "/", "/v3/customer", "/api/api/v1/customer", "/v1/supplier"]
)
def test_what_does_not_exist_is_not_found(path: str) -> None:
    assert ROUTER.find("GET", path.encode()) is None


def test_a_wrong_method_names_the_right_ones_of_this_address_alone() -> None:
    assert ROUTER.find("DELETE", b"/v1/customer/1") == WrongMethod(("GET", "PUT"))
    assert ROUTER.find("DELETE", b"/v1/customer/balance") == WrongMethod(("GET",))
    assert ROUTER.find("OPTIONS", b"/v1/customer/internal/7") == WrongMethod(("GET",))
    assert ROUTER.find("OPTIONS", b"/v1/customer/internal") == WrongMethod(("GET", "PUT"))


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_any_id_comes_through_base64url(number: str) -> None:
    encoded = base64.urlsafe_b64encode(number.encode()).rstrip(b"=").decode()
    assert found("GET", f"/v1/customer/b64({encoded})")[1] == {"customerCd": number}
    assert found("GET", f"/v1/customer/B64%28{encoded}%29")[1] == {"customerCd": number}


def test_a_slash_in_an_id_stays_in_its_segment() -> None:
    assert found("GET", "/v1/customer/a%2Fb%2fc")[1] == {"customerCd": "a/b/c"}
    assert found("GET", "/v1/customer/b64(Oi8_I1tdQCYqKzs)")[1] == {"customerCd": ":/?#[]@&*+;"}
    assert found("GET", "/v1/customer/Prim%C3%A4r")[1] == {"customerCd": "Primär"}


@pytest.mark.parametrize("segment", ["%zz", "%", "%f", "%ff", "%C3", "a%00b", "b64(!!)", "b64(_w)", "b64(AA)"])
def test_ids_that_cannot_be_decoded_are_malformed(segment: str) -> None:
    with pytest.raises(Malformed):
        ROUTER.find("GET", f"/v1/customer/{segment}".encode())


@given(st.binary(max_size=40))
def test_no_path_breaks_the_router(path: bytes) -> None:
    try:
        match = ROUTER.find("GET", b"/v1/customer/" + path)
    except Malformed:
        return
    assert match is None or isinstance(match, (Match, WrongMethod))


def test_two_routes_at_one_address_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two routes"):
        Router([route("GET", "/v1/a/{x}"), route("GET", "/v1/A/{y}")])


def test_every_operation_of_the_contract_is_mounted_once() -> None:
    mounted = complete([], nothing)
    assert {entry.operation for entry in mounted} >= set(contract.operations())
    router = Router(mounted)
    for operation in contract.operations().values():
        path = operation.path.replace("{", "").replace("}", "")
        match = router.find(operation.method, path.encode())
        assert isinstance(match, Match)
        assert match.route.operation == operation.name


def test_version_2_answers_where_it_has_only_the_post() -> None:
    mounted = complete([route("GET", "/v1/customerinvoice/{n}", "CustomerInvoice_GetByinvoiceNumber")], nothing)
    match = Router(mounted).find("GET", b"/v2/CustomerInvoice/000123")
    assert isinstance(match, Match)
    assert match.route.operation == "CustomerInvoice_GetByinvoiceNumber"
    assert match.params == {"n": "000123"}
    assert not isinstance(Router(mounted).find("POST", b"/v2/customerinvoice/1/action/release"), Match)


@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [
        ("GET", "/v1/box", "read"),
        ("POST", "/v1/box", "create"),
        ("PUT", "/v1/box/{n}", "update"),
        ("DELETE", "/v1/box/{n}", "delete"),
        ("POST", "/v1/box/{n}/action/release", "update"),
        ("POST", "/v1/box/{n}/attachment", "update"),
    ],
)
def test_the_scope_follows_from_method_and_address(method: str, path: str, verb: str) -> None:
    assert route(method, path).scope == f"vismanet_erp_service_api:{verb}"


async def test_location_follows_host_and_prefix(token_edge: Any) -> None:
    for prefix in ("", "/API", "/API/controller/api", "/controller/api"):
        headers = {"host": "erp.example:8443"}
        answer = await token_edge.client.post(f"{prefix}/V1/Box", json={"name": "x"}, headers=headers)
        assert answer.status_code == 201
        assert answer.headers["location"] == f"http://erp.example:8443{prefix}/v1/box/A%2F1"
        assert answer.content == b""


@pytest.mark.parametrize("number", ["Primär", "日本", "a\x8cb", "x y", "a?b#c"])
async def test_no_id_can_break_the_answer(edge: Any, number: str) -> None:
    answer = await edge.client.put(f"/v1/box/{quote(number, safe='')}", json={})
    assert answer.status_code == 204
    assert answer.headers["location"] == f"http://localhost/v1/box/{quote(number, safe='')}"


@pytest.mark.parametrize("host", ["evil.test/path", "a b", "<script>", "", "user@host", "h:99999999"])
async def test_a_host_that_is_no_host_is_not_echoed(token_edge: Any, host: str) -> None:
    answer = await token_edge.client.post("/v1/box", json={}, headers={"host": host})
    assert answer.headers["location"] == "http://localhost/v1/box/A%2F1"


async def test_forwarded_headers_count_only_from_a_trusted_proxy(open_edge: Any) -> None:
    from reskontra.config import Settings, read_networks

    sent = {"x-forwarded-proto": "https", "x-forwarded-host": "books.example", "x-forwarded-prefix": "/erp"}
    for trusted, base in (("10.0.0.0/8", "https://books.example/erp"), ("10.9.0.0/16", "http://localhost")):
        settings = Settings(trusted_proxies=read_networks(trusted))
        async with open_edge(settings=settings, peer="10.1.2.3") as edge:
            answer = await edge.client.get("/.well-known/openid-configuration", headers=sent)
            assert answer.json()["issuer"] == base


@pytest.mark.parametrize("prefix", ["/..", "/erp/../x", "/.", "/erp/.", "/erp/..", "//evil.test", "/a b", "erp"])
async def test_a_forwarded_prefix_that_leads_elsewhere_is_not_believed(open_edge: Any, prefix: str) -> None:
    from reskontra.config import Settings, read_networks

    async with open_edge(settings=Settings(trusted_proxies=read_networks("10.0.0.0/8")), peer="10.1.2.3") as edge:
        for sent, base in ((prefix, "http://localhost"), ("/erp/..2/.v", "http://localhost/erp/..2/.v")):
            answer = await edge.client.get("/.well-known/openid-configuration", headers={"x-forwarded-prefix": sent})
            assert answer.json()["issuer"] == base
