"""The OpenAPI document, the reference page and the coverage page follow the routes."""

from __future__ import annotations

import html
import json
import re
import threading
import zlib
from html.parser import HTMLParser
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from reskontra.app import mounted_routes
from reskontra.config import Settings
from reskontra.web import contract
from reskontra.web.coverage import coverage_text
from reskontra.web.examples import body_of
from reskontra.web.openapi import Reference
from reskontra.web.reference import Pages
from reskontra.web.sentences import sentences

DOCS = Path(__file__).parents[2] / "docs"

# Names of mounted structs that may lack a sentence. It only ever gets shorter.
WITHOUT_SENTENCE: frozenset[str] = frozenset()


async def document(edge: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await edge.client.get("/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for item in document["paths"].values() for entry in item.values()]


WHOLE = Reference(mounted_routes()).document
"""The document of all operations that are mounted."""


async def test_the_addresses_are_those_of_the_request(open_edge: Any) -> None:
    proxied = Settings(sandbox=True, trusted_proxies=(ip_network("127.0.0.0/8"),))
    forwarded = {"X-Forwarded-Host": "books.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/ar"}
    async with open_edge(settings=proxied) as edge:
        for headers, base in (({}, "http://localhost"), (forwarded, "https://books.example/ar")):
            found = (await edge.client.get("/openapi.json", headers=headers)).json()
            assert [server["url"] for server in found["servers"]] == [base]
            flow = found["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]
            assert flow["tokenUrl"] == f"{base}/connect/token"
            assert "reskontra.invalid" not in json.dumps(found)


async def test_the_document_of_what_is_served_has_nothing_that_answers_501(edge: Any) -> None:
    served = (await edge.client.get("/openapi.json?Served=TRUE")).json()
    names = {entry["operationId"] for entry in operations(served)}
    assert "Box_Create" in names
    assert not names & set(contract.operations())
    assert not any("501" in entry["responses"] for entry in operations(served))
    assert {tag["name"] for tag in served["tags"]} == {"box"}
    refused = await edge.client.get("/openapi.json?served=perhaps")
    assert refused.status_code == 400
    assert "'perhaps' is not a value that the parameter served takes. Send true or false." in refused.json()["message"]


async def test_a_token_is_optional_only_where_none_is_needed(open_edge: Any) -> None:
    async with open_edge() as edge:
        found = await document(edge)
        assert found["security"] == [{}, {"token": ["vismanet_erp_service_api"]}]
        assert not any("security" in entry for entry in operations(found))
    async with open_edge(settings=Settings(sandbox=True, token_required=True)) as edge:
        found = await document(edge)
        assert "security" not in found
        by_name = {entry["operationId"]: entry["security"] for entry in operations(found)}
        assert by_name["Box_Create"] == [{"token": ["vismanet_erp_service_api:create"]}]
        assert all(by_name.values())


def test_every_tag_operation_and_parameter_has_its_sentence() -> None:
    missing = "add it to sentences.toml"
    assert [tag["name"] for tag in WHOLE["tags"] if not tag.get("description")] == [], missing
    assert [it.operation for it in mounted_routes() if it.operation not in sentences()["operations"]] == [], missing
    for entry in operations(WHOLE):
        assert entry["summary"].endswith("."), entry["operationId"]
        assert entry["description"].endswith("."), entry["operationId"]
        unsaid = [it["name"] for it in entry["parameters"] if not it.get("description")]
        assert unsaid == [], f"{missing}: {entry['operationId']}"


def test_parameters_are_described_as_they_are_read() -> None:
    schemas = [
        (it["name"], it["schema"]) for entry in operations(WHOLE) for it in entry["parameters"] if it["in"] == "query"
    ]
    known = {name: [schema for other, schema in schemas if other == name] for name, _ in schemas}
    assert {schema["type"] for schema in known["released"]} == {"boolean"}
    assert {schema.get("minimum") for name in ("pageNumber", "pageSize") for schema in known[name]} == {1}
    assert {schema.get("minimum") for schema in known["skipRecords"]} == {0}
    assert {schema.get("format") for schema in known["documentDate"]} == {"date"}


def test_bodies_are_of_one_media_type() -> None:
    bodies = {entry["operationId"]: list(entry["requestBody"]["content"]) for entry in operations(WHOLE)
              if "requestBody" in entry}  # fmt: skip
    for operation, media in bodies.items():
        is_file = "Attachment" in operation.partition("_")[2] or operation == "Reskontra_PutLogo"
        is_many = operation == "Reskontra_Bulk"
        one = "multipart/form-data" if is_file else "application/x-ndjson" if is_many else "application/json"
        assert media == [one]
    assert sum(media == ["multipart/form-data"] for media in bodies.values()) == 9


def references(node: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(node)))


async def test_every_reference_leads_somewhere(edge: Any) -> None:
    found = await document(edge)
    assert len(references(found)) > 10
    for reference in references(found):
        node: Any = found
        for step in reference.split("/"):
            node = node[step]
        assert node


async def test_operations_have_unique_names_and_their_parameters(edge: Any) -> None:
    found = await document(edge)
    operations = [(path, method, entry) for path, item in found["paths"].items() for method, entry in item.items()]
    names = [entry["operationId"] for _, _, entry in operations]
    assert len(names) == len(set(names))
    assert set(contract.operations()) <= set(names)
    for path, method, entry in operations:
        in_path = {part["name"] for part in entry["parameters"] if part["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        assert any(part["name"] == "If-Match" for part in entry["parameters"]) == (method != "get")
        takes_key = method != "get" and "x-not-served" not in entry and not is_upload(entry)
        assert any(part["name"] == "Idempotency-Key" for part in entry["parameters"]) == takes_key
        assert {"400", "401", "403"} <= set(entry["responses"])
        assert ("501" in entry["responses"]) == ("x-not-served" in entry)


def is_upload(entry: dict[str, Any]) -> bool:
    return "multipart/form-data" in entry.get("requestBody", {}).get("content", {})


async def test_the_address_spells_each_template_once(edge: Any) -> None:
    paths = [re.sub(r"\{\w+\}", "{}", path).lower() for path in (await document(edge))["paths"]]
    assert len(paths) == len(set(paths))


async def test_bodies_show_the_wrapping_and_the_limits(edge: Any) -> None:
    schemas = (await document(edge))["components"]["schemas"]
    body = schemas["BoxUpdate"]["properties"]
    name = {"type": ["string", "null"], "maxLength": 255}
    assert body["name"]["properties"]["value"] == name
    assert body["overrideWithClassValues"]["type"] == ["boolean", "null"]
    limit = body["creditLimit"]["properties"]["value"]
    edges = {"exclusiveMinimum": -(10**13), "exclusiveMaximum": 10**13}
    assert limit == {"type": ["number", "null"], "format": "decimal", **edges}
    assert body["documentDueDate"]["properties"]["value"]["format"] == "date"
    assert schemas["BoxAnswer"]["properties"]["changedAt"]["format"] == "date-time-local"
    assert body["mainAddress"]["properties"]["value"]["anyOf"][0] == {"$ref": "#/components/schemas/Place"}
    line = schemas["BoxLine"]["properties"]
    assert line["colour"]["properties"]["value"]["enum"] == ["Red", "DarkBlue", None]
    assert line["vatCodeId"]["description"] == sentences()["fields"]["vatCodeId"]
    assert schemas["BoxAnswer"]["required"] == ["number"]
    assert schemas["BoxAnswer"]["properties"]["limit"]["type"] == "number"


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


async def test_the_page_needs_nothing_from_elsewhere(edge: Any) -> None:
    answer = await edge.client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    page = Page()
    page.feed(answer.text)
    assert not {"link", "img", "iframe"} & {tag for tag, _ in page.tags}
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [{"src": "docs.js", "defer": None}]
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert (await edge.client.get("/docs.js")).headers["content-type"] == "text/javascript; charset=utf-8"
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    targets = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    assert {target[1:] for target in targets if target and target.startswith("#")} <= ids
    assert "Box_Create" in ids
    assert "CustomerPayment" not in ids
    assert "/v1/customerPayment" in answer.text


async def test_the_page_finds_operations_and_shows_requests_to_send(edge: Any) -> None:
    page = (await edge.client.get("/docs", params={"q": "CUSTOMERPAYMENT get"})).text
    assert "/v1/customerPayment" in page
    assert "Box_Create" not in page
    assert 'value="CUSTOMERPAYMENT get"' in page
    assert "&lt;b&gt;" in (await edge.client.get("/docs", params={"q": "<b>"})).text
    assert 'href="docs?operation=Box_Create"' in (await edge.client.get("/docs")).text
    unknown = await edge.client.get("/docs", params={"operation": "<b>Nothing"})
    assert unknown.status_code == 404
    assert "There is no operation <strong>&lt;b&gt;Nothing</strong>" in unknown.text
    assert "Box_Create" in unknown.text
    assert "Our choice" in (await edge.client.get("/docs", params={"quirks": "true"})).text


def shown_operation(name: str, **how: bool) -> str:
    page = Reference(mounted_routes(), **how).operation_page("https://books.test/erp", name)
    assert page is not None
    return page.decode()


def test_an_operation_has_a_page_with_a_request_to_send() -> None:
    created = shown_operation("CustomerInvoice_Create", is_open=True)
    assert "curl -i -X POST" in created
    assert "https://books.test/erp/v1/customerinvoice</code>" in created
    assert "Send</a>" not in created, "what changes something is not a link"
    assert 'data-method="POST" data-base="https://books.test/erp" hidden' in created
    body = re.search(r'<textarea name="body"[^>]*>(.*?)</textarea>', created, re.DOTALL)
    assert body is not None
    assert json.loads(html.unescape(body[1])) == body_of("CustomerInvoice_Create")
    assert 'id="field-invoicelines.discountpercent"' in created
    assert "An entered amount of 0 does not override" in created
    listed = shown_operation("Customer_GetAll", is_open=True)
    assert 'href="https://books.test/erp/v1/customer?' in listed
    closed = shown_operation("Customer_GetAll")
    assert "Bearer $TOKEN" in closed
    assert "Send</a>" not in closed
    assert "<form" not in shown_operation("CustomerInvoice_Create")
    assert "<form" not in shown_operation("CustomerInvoice_CreateHeaderAttachmentByinvoiceNumber", is_open=True)
    assert Reference(mounted_routes()).operation_page("", "CustomerInvoice_Print") is None


def gzipped(page: bytes) -> bytes:
    packer = zlib.compressobj(3, zlib.DEFLATED, 31)
    return packer.compress(page) + packer.flush()


def test_no_page_of_the_reference_is_large() -> None:
    """Under 60 KB compressed, by the setting that the server uses."""
    reference = Reference(mounted_routes(), is_open=True)
    base_url = "http://localhost:8080"
    pages = {"list": reference.page(base_url), "quirks": reference.quirks_page(base_url)}
    served = [route.operation for route in mounted_routes() if route.missing is None]
    pages |= {name: reference.operation_page(base_url, name) or b"" for name in served}
    assert all(pages.values())
    sizes = {name: len(gzipped(page)) for name, page in pages.items()}
    assert max(sizes.values()) < 60_000, sizes


async def test_the_reference_is_made_beside_the_loop(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    whole = Pages.list

    def noted(self: Pages, sought: str = "", unknown: str = "") -> bytes:
        made.append(threading.current_thread().name)
        return whole(self, sought, unknown)

    monkeypatch.setattr(Pages, "list", noted)
    for _ in range(2):
        assert (await edge.client.get("/docs")).status_code == 200
    await edge.client.get("/docs", params={"q": "box"})
    assert len(made) <= 2, "the whole list is made once"
    assert threading.main_thread().name not in made


def field_names(schemas: dict[str, Any]) -> set[str]:
    return {name for schema in schemas.values() for name in schema.get("properties", {})}


def test_each_field_of_the_mounted_structs_has_its_sentence() -> None:
    components = Reference(mounted_routes()).document["components"]["schemas"]
    own = {"Message", "Gateway", "ActionResult"}
    named = field_names({name: schema for name, schema in components.items() if name not in own})
    missing = named - set(sentences()["fields"])
    assert missing == WITHOUT_SENTENCE


def test_each_parameter_of_a_served_operation_has_its_sentence() -> None:
    """A parameter without one is either new or a misspelling of one that the contract has."""
    served = [route for route in mounted_routes() if route.missing is None]
    missing = {
        f"{parameter.name} of {route.operation}"
        for route in served
        for parameter in route.query
        if not parameter.description and parameter.name not in sentences()["parameters"]
    }
    assert sum(len(route.query) for route in served) > 900
    assert not missing, f"Say under [parameters] in web/sentences.toml what these do, or spell them right: {missing}"


def test_each_name_of_step_one_has_its_sentence() -> None:
    schemas, seen = contract.schemas(), set()

    def walk(name: str) -> None:
        name = name.removeprefix("wrapped ").removesuffix("[]")
        if name in schemas and name not in seen:
            seen.add(name)
            for kind in schemas[name].values():
                walk(kind)

    first = [operation for operation in contract.operations().values() if operation.step == 1]
    for operation in first:
        for name in (operation.body, operation.answer):
            walk(name or "")
    assert (len(first) > 20, len(seen) > 20) == (True, True)
    assert {field for name in seen for field in schemas[name]} <= set(sentences()["fields"])
    assert {parameter.name for operation in first for parameter in operation.query} <= set(sentences()["parameters"])
    assert {operation.name for operation in first} <= set(sentences()["operations"])


def test_sentences_are_sentences() -> None:
    for table in sentences().values():
        assert len(table) > 10
        for name, text in table.items():
            assert text[0].isupper() or text[0].isdigit(), name
            assert text.endswith("."), name


def test_the_coverage_page_is_up_to_date() -> None:
    written = (DOCS / "COVERAGE.md").read_text(encoding="utf-8")
    assert written == coverage_text(mounted_routes()), "run: python tools/write_coverage.py"
    for name in contract.operations():
        assert f" {name} |" in written
