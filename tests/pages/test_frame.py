"""The frame of every page: who is let in, what it says, which headers it has, and how it looks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import httpx
import pytest
from jinja2 import Environment, nodes

from reskontra.pages import frame_first
from reskontra.pages.site import Page
from reskontra.pages.table import PAGES as PAGES_OF_SITE
from reskontra.pages.words import ENGLISH, LANGUAGES, catalogue, say
from tests.conftest import RunningServer
from tests.pages.conftest import OpenTab, Visitor, assert_accessible

PAGES = Path(__file__).resolve().parents[2] / "src" / "reskontra" / "pages"
_SAID = re.compile(r'(?:\bsay|\blater|\.go)\((?:[^()"]*,)?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')


def sentences() -> set[str]:
    """Every sentence that a template or a page says, in English."""
    found: set[str] = set()
    environment = Environment(autoescape=True)
    for path in (PAGES / "templates").rglob("*.html"):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_" and isinstance(call.args[0], nodes.Const):
                found.add(call.args[0].value)
    for path in PAGES.rglob("*.py"):
        for said in _SAID.findall(path.read_text(encoding="utf-8")):
            found.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', said)))
    return found


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_every_sentence_is_said_in_every_language(language: str) -> None:
    known = catalogue(language)
    said = sentences()
    assert "Customers" in said
    assert sorted(said - set(known)) == [], f"missing in {language}.yaml"
    for sentence in said:
        names = set(re.findall(r"\{(\w+)\}", sentence))
        assert set(re.findall(r"\{(\w+)\}", known[sentence])) == names, sentence


_MANY = re.compile(r"\{(?:count|days|seconds|minutes|hours)\} (?:\w+ )?\w+s\b")
_NEVER_ONE = {"Over {days} days", "Up to {count} letters go into one PDF: filter by status or level."}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_what_is_counted_has_a_form_for_one(language: str) -> None:
    counted = {it for it in sentences() | set(catalogue(language)) if _MANY.search(it)}
    assert {"1 document|{count} documents", "of 1 draft|of {count} drafts"} <= counted
    assert [
        it for it in counted if "|" not in it and it not in _NEVER_ONE and not re.search(r"\{count\} periods", it)
    ] == []
    assert [it for it in counted if "|" in it and catalogue(language)[it].count("|") != 1] == []
    assert say("en", "1 document|{count} documents", count=1) == "1 document"
    assert say(language, "1 document|{count} documents", count=2).startswith("2 dokument")
    assert "{" not in say(
        language,
        "Too many attempts. Try again in one second.|Too many attempts. Try again in {count} seconds.",
        count=1,
    )


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_a_catalogue_has_no_sentence_that_nobody_says(language: str) -> None:
    """What a page says need not be said by a page: statuses and remarks are."""
    said = {
        part.value
        for path in PAGES.parent.rglob("*.py")
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(part, ast.Constant)
    }
    environment = Environment(autoescape=True)
    for path in (PAGES / "templates").rglob("*.html"):
        said |= {it.value for it in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Const)}
    assert sorted(set(catalogue(language)) - said) == []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_a_catalogue_says_each_sentence_once(language: str) -> None:
    lines = (PAGES / "languages" / f"{language}.yaml").read_text(encoding="utf-8").splitlines()[1:]
    assert len(lines) == len(catalogue(language))


async def test_a_page_is_safe_to_show(visitor: Visitor) -> None:
    await visitor.go("customers")
    assert visitor.answer is not None
    policy = visitor.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert visitor.answer.headers["x-content-type-options"] == "nosniff"
    assert not visitor.seen.select("script:not([src]), style, [style], [onclick], [onload]")
    for it in visitor.seen.select("[src], link[href]"):
        assert str(it.get("src") or it.get("href")).startswith("/ui/assets/"), it


async def test_a_page_tells_the_requests_behind_it(visitor: Visitor) -> None:
    await visitor.go("customers")
    lines = [it.get_text() for it in visitor.seen.select(".behind code")]
    assert len(lines) == 5
    assert all(line.startswith("curl -H 'ipp-company-id: ") for line in lines)
    assert lines[0].endswith("http://localhost/v1/reskontra/standing?orderBy=number&pageNumber=1&pageSize=50'")


async def test_what_the_api_answers_a_person_cannot_run(visitor: Visitor) -> None:
    answer = await visitor.http.get("/ui/api/v1/customer/20001?expandAccountInformation=true")
    assert answer.json()["number"] == "20001"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    printed = await visitor.http.get("/ui/api/v1/customerinvoice/003468/print")
    assert printed.content.startswith(b"%PDF")
    assert "content-security-policy" not in printed.headers
    assert (await visitor.http.get("/ui/api/v1/customer/nobody")).status_code == 404


async def test_a_form_of_another_company_changes_nothing(visitor: Visitor) -> None:
    await visitor.go("preferences")
    await visitor.send("main form", 403, seal="0" * 64, theme="dark")
    assert "nothing was done" in visitor.text


async def test_a_person_chooses_language_and_colours(visitor: Visitor) -> None:
    await visitor.go("preferences")
    await visitor.send("main form", language="nb", theme="dark")
    await visitor.go("customers")
    assert visitor.seen.select_one("html[lang=nb][data-theme=dark]")
    assert "Kunder" in visitor.text


async def test_who_is_not_on_this_machine_is_not_let_in(visitor: Visitor) -> None:
    await visitor.go("customers", 401, host="evil.example")
    assert "Aurdal" not in visitor.text
    await visitor.go("customers", 401, origin="http://evil.example")


async def test_a_page_that_does_not_exist_says_so(visitor: Visitor) -> None:
    await visitor.go("nowhere", 404)
    assert "There is no such page." in visitor.text
    await visitor.go("assets/../secret.css", 404)


@pytest.mark.xdist_group("browser")
async def test_an_address_says_its_methods(visitor: Visitor) -> None:
    reads, opens = "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS, POST"
    page = await visitor.http.get("/ui/")
    [asset] = re.findall(r"assets/[\w.]+\.css", page.text)[:1]
    for path, allowed in (("/ui/", reads), ("/ui", reads), ("/ui/sandbox/state/reset", opens), (f"/ui/{asset}", reads)):
        answer = await visitor.http.request("OPTIONS", path)
        assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b""), path
        answer = await visitor.http.request("DELETE", path, headers={"Origin": "http://localhost"})
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed), path
    assert (await visitor.http.request("OPTIONS", "/ui/no-such-page")).status_code == 404


async def test_the_frame_is_accessible(look: OpenTab) -> None:
    page = await look("customers")
    for path in ("customers", "preferences", "nowhere"):
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)


EARLY = [page for page in PAGES_OF_SITE if page.early is not None]


@pytest.mark.parametrize("page", EARLY, ids=lambda page: page.path)
async def test_a_page_that_is_sent_in_two_parts_says_the_same(
    page: Page, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = page.path.replace("{report}", "ageing").replace("{period}/{verb}", "202512/close")
    if "{number}" in address:
        await visitor.go("journal")
        address = str(visitor.seen.select("main tbody a")[0]["href"]).removeprefix("/ui/")
    query = "?q=bakery" if address == "search" else ""
    whole = await visitor.http.get(f"/ui/{address}{query}")
    assert (whole.status_code, "content-length" in whole.headers) == (200, True)
    monkeypatch.setattr(frame_first, "PATIENCE", 0.0)
    parts = await visitor.http.get(f"/ui/{address}{query}")
    assert "content-length" not in parts.headers
    assert parts.headers["content-security-policy"] == whole.headers["content-security-policy"]
    assert f"<title>{page.early.title} - " in parts.text  # type: ignore[union-attr]
    assert _TITLE.sub("", parts.text) == _TITLE.sub("", whole.text)


_TITLE = re.compile(r"<title>.*?</title>")


async def test_the_frame_is_there_before_the_figures(year_site: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_first, "PATIENCE", 0.0)
    for coding in ("identity", "gzip"):
        headers = {"accept-encoding": coding}
        async with (
            httpx.AsyncClient(base_url=year_site.url, headers=headers) as http,
            http.stream("GET", "/ui/reports/ageing") as answer,
        ):
            pieces = [piece async for piece in answer.aiter_bytes()]
        assert answer.headers.get("content-encoding", "identity") == coding
        assert len(pieces) > 1
        assert pieces[0].rstrip().endswith(b"</span></p>")
        assert b"".join(pieces).rstrip().endswith(b"</html>")


async def test_what_goes_wrong_after_the_frame_is_told_in_the_content(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await visitor.http.get("/ui/journal/nothing")).status_code == 404
    monkeypatch.setattr(frame_first, "PATIENCE", 0.0)
    late = await visitor.http.get("/ui/journal/nothing")
    assert late.status_code == 200
    assert "cannot be found" in late.text.partition('<main id="content"')[2]
    found = await visitor.http.get("/ui/search?q=003468")
    assert 'http-equiv="refresh" content="0; url=/ui/documents/Invoice/003468"' in found.text
    part = await visitor.http.get("/ui/customers", headers={"hx-request": "true"})
    assert "content-length" in part.headers, "htmx takes a page whole"
