"""Ordinary clients that offer an upgrade to HTTP/2 with each request work unmodified over plain http."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("AskByDefault.java")
PATIENCE_SECONDS = 120  # a Java compiler on a loaded machine

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="NOT TESTED: Java's client, as there is no `java`")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="NOT TESTED: curl --http2, as there is no `curl`")


async def output_of(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


@needs_java
async def test_javas_client_with_its_defaults_is_understood(wire: Any) -> None:
    said = await output_of("java", str(PROGRAM), f"http://127.0.0.1:{wire.port}")
    assert said.split("\n")[:-1] == [
        "POST 201 HTTP_1_1",
        "PUT 204 HTTP_1_1",
        "GET 200 HTTP_1_1",
        "DELETE 204 HTTP_1_1",
        "POST 201 HTTP_1_1",
        "POST 201 HTTP_1_1",
    ]
    sent = [seen for seen in wire.edge.seen if isinstance(seen, dict)]
    assert sent == [{"name": f"Kari {method}"} for method in ("POST", "PUT", "POST", "POST")]


@needs_curl
@pytest.mark.parametrize("size", [0, 3000, 5000, 200_000])
async def test_curl_that_offers_http_2_is_understood(wire: Any, tmp_path: Path, size: int) -> None:
    if "HTTP2" not in await output_of("curl", "--version"):
        pytest.skip("NOT TESTED: curl --http2, as this curl has none")
    body = tmp_path / "body.json"
    body.write_text('{"name": "Kari"}'.ljust(size))
    url = f"http://127.0.0.1:{wire.port}/v1/box"
    words = ["curl", "-sS", "--http2", "-H", "Content-Type: application/json", "--data-binary", f"@{body}"]
    ending = ["-o", "/dev/null", "-w", "%{http_code} %{http_version}\n"]
    said = await output_of(*words, url, *ending, "--next", *words[1:], url, *ending)
    assert said.splitlines() == ["201 1.1", "201 1.1"]
    assert wire.edge.seen == [{"name": "Kari"}, {"name": "Kari"}]
