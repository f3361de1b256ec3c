"""The snippets of the sandbox's first page do what they say: two are run, the others name the same request."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.conftest import RunningServer

NODE = shutil.which("node") or shutil.which("nodejs")


async def snippets(site: RunningServer) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=site.url) as http:
        page = BeautifulSoup((await http.get("/ui/sandbox")).text, "html.parser")
    names = ("curl", "python", "csharp", "java", "js")
    found = {name: page.select_one(f"#{name}") for name in names}
    return {name: it.get_text() for name, it in found.items() if it is not None}


async def printed(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def test_the_snippets_that_can_be_run_get_a_token_and_read_customers(
    year_site: RunningServer, tmp_path: Path
) -> None:
    told = await snippets(year_site)
    script = tmp_path / "snippet.py"
    script.write_text(told["python"], encoding="utf-8")
    assert "Aurdal Bakeri AS" in await printed(sys.executable, str(script))
    token = await printed("sh", "-c", told["curl"])
    assert '"access_token":' in token


async def test_the_snippet_in_javascript_runs(year_site: RunningServer, tmp_path: Path) -> None:
    if NODE is None:
        pytest.skip("no node on this machine: install Debian's package nodejs to run the snippet in JavaScript")
    script = tmp_path / "snippet.mjs"
    script.write_text((await snippets(year_site))["js"], encoding="utf-8")
    assert "Aurdal Bakeri AS" in await printed(NODE, str(script))


async def test_the_snippets_of_other_languages_make_the_same_request(year_site: RunningServer) -> None:
    told = await snippets(year_site)
    form = dict(re.findall(r"-d (\w+)=(\S+)", told["curl"]))
    assert set(form) == {"grant_type", "scope", "tenant_id", "client_id", "client_secret"}
    csharp = dict(re.findall(r'\["(\w+)"\] = "([^"]*)"', told["csharp"]))
    assert csharp == form
    assert f'new Uri("{year_site.url}")' in told["csharp"]
    assert '"/connect/token"' in told["csharp"]
    joined = "".join(re.findall(r'"([^"]*)"', told["java"].partition("var asked")[0]))
    assert dict(part.split("=", 1) for part in joined.split("&")) == form
    assert f'create("{year_site.url}/connect/token")' in told["java"]
    assert 'header("Content-Type", "application/x-www-form-urlencoded")' in told["java"]
