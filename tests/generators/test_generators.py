"""What others' tools make of `/openapi.json`: linters, generators of clients, Postman (docs/CLIENTS.md).

The tools of npm are installed into a folder of the test run, in the versions of `package-lock.json`. Each tool runs
once, on the document of what is served.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from reskontra.app import mounted_routes
from reskontra.clock import SeededClock
from reskontra.db.pool import Database
from reskontra.web.examples import answers, examples
from reskontra.web.openapi import Reference
from tests.conftest import RunningServer
from tests.wire.test_examples import LAST, SERVED, prepared

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("generators")]

HERE = Path(__file__).parent
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
BASE = "http://127.0.0.1:8080"


def run(*words: str | Path, cwd: Path) -> str:
    """What a tool says, if it succeeds."""
    command, environment = [str(word) for word in words], {**os.environ, **QUIET}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{words[0]} failed\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the document as an open sandbox serves it."""
    made = tmp_path_factory.mktemp("generators")
    reference = Reference(mounted_routes(), is_open=True)
    (made / "openapi.json").write_bytes(reference.openapi(BASE, served_only=True))
    return made


@pytest.fixture(scope="module")
def npm(folder: Path) -> Path:
    """The same folder with the tools of npm in it."""
    if shutil.which("npm") is None:
        pytest.skip("NO NPM ON THIS MACHINE: redocly, openapi-typescript and the import into Postman were NOT tested")
    for name in ("package.json", "package-lock.json", "redocly.yaml", "postman.js"):
        shutil.copy(HERE / name, folder)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", cwd=folder)
    return folder


@pytest.fixture
def imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports what was generated into the folder."""
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module


def script(name: str) -> Path:
    """A command of the environment that the tests run in."""
    return Path(sys.executable).parent / name


def test_redocly_finds_nothing_to_mend(npm: Path) -> None:
    said = json.loads(run(npm / "node_modules/.bin/redocly", "lint", "openapi.json", "--format=json", cwd=npm))
    assert [f"{problem['ruleId']}: {problem['message']}" for problem in said["problems"]] == []


def test_openapi_typescript_makes_types_of_every_operation(npm: Path) -> None:
    run(npm / "node_modules/.bin/openapi-typescript", "openapi.json", "--output", "types.ts", cwd=npm)
    types = (npm / "types.ts").read_text(encoding="utf-8")
    assert [name for name in SERVED if not re.search(rf"^    {name}: {{$", types, re.MULTILINE)] == []


async def test_what_postman_imports_can_be_sent(npm: Path, server: RunningServer, clock: SeededClock) -> None:
    """In the order of the examples, with the settings that docs/CLIENTS.md names."""
    requests: dict[tuple[str, str], dict[str, Any]] = {
        (it["method"], re.sub(r":(\w+)", r"{\1}", it["template"])): it
        for it in json.loads(run("node", "postman.js", "openapi.json", cwd=npm))
    }
    database = await Database.connect(server.dsn)
    async with AsyncExitStack() as opened:
        opened.push_async_callback(database.close)
        http = await opened.enter_async_context(httpx.AsyncClient(timeout=60))
        made = ""
        for name, example in examples().items():
            await prepared(database, clock, example)
            found = requests[SERVED[name].method, spelled_in(requests, SERVED[name].path)]
            picks = example.query if found["method"] == "DELETE" else {}  # off, like all filters: what it deletes
            # What the example before has made, where its name says so.
            address = made if LAST in example.path.values() else found["url"].replace(BASE, server.url)
            answer = await http.request(
                found["method"],
                address,
                params=dict(picks) or None,
                **sent(found),
            )
            assert answer.status_code in (200, 201, 204), f"{name}: {answer.status_code} {answer.text}"
            made = answer.headers.get("Location", made)


PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>'
"""A file that every operation takes."""


def sent(found: dict[str, Any]) -> dict[str, Any]:
    """Headers and body. Postman leaves it to the user which file to send, and to itself what stands between the parts
    of a form."""
    headers = dict(found["headers"])
    if found["form"] is None:
        return {"headers": headers, "content": found["body"]}
    headers.pop("Content-Type", None)
    return {
        "headers": headers,
        "files": {it["key"]: ("a.svg", PICTURE) for it in found["form"] if it["type"] == "file"},
    }


def spelled_in(requests: dict[tuple[str, str], Any], path: str) -> str:
    """The template that the document writes for this path: it spells each once."""
    bare = re.sub(r"\{\w+\}", "{}", path).lower()
    (found,) = {other for _, other in requests if re.sub(r"\{\w+\}", "{}", other).lower() == bare}
    return found


def test_datamodel_code_generator_keeps_decimals_and_days(folder: Path, imported: Callable[[str], ModuleType]) -> None:
    kind = ("--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11")
    words = (
        "--input",
        "openapi.json",
        "--input-file-type",
        "openapi",
        "--output",
        "models.py",
        "--formatters",
        "builtin",
    )
    run(script("datamodel-codegen"), *words, *kind, cwd=folder)
    models = imported("models")
    shown = bytes(answers()["CustomerInvoice_GetByinvoiceNumber"])
    invoice = models.InvoiceAnswer.model_validate_json(shown)
    written = json.loads(shown, parse_float=Decimal)["amountInCurrency"]
    assert isinstance(invoice.amountInCurrency, Decimal)
    assert invoice.amountInCurrency == written
    sent = models.InvoiceCreate.model_validate_json(examples()["CustomerInvoice_Create"].body or "")
    assert sent.documentDate.value == date(2025, 3, 3)
    with pytest.raises(ValueError, match="customerNumber"):
        models.InvoiceCreate.model_validate({})


def test_openapi_python_client_makes_a_client_that_works(
    folder: Path, server: RunningServer, imported: Callable[[str], ModuleType]
) -> None:
    (folder / "client.yaml").write_text(
        "content_type_overrides:\n  application/pdf: application/octet-stream\n"
        "  application/x-ndjson: application/octet-stream\npost_hooks: []\n"
    )
    words = ("generate", "--path", "openapi.json", "--output-path", "made", "--meta", "none", "--config", "client.yaml")
    run(script("openapi-python-client"), *words, "--fail-on-warning", cwd=folder)
    client = imported("made").Client(base_url=server.url)
    models = imported("made.models")
    create = imported("made.api.customerinvoice.customer_invoice_create")
    read = imported("made.api.customerinvoice.customer_invoice_get_byinvoice_number")
    every = imported("made.api.customerinvoice.customer_invoice_get_all")

    body = models.InvoiceCreate.from_dict(json.loads(examples()["CustomerInvoice_Create"].body or ""))
    created = create.sync_detailed(client=client, body=body)
    assert created.status_code == 201
    number = created.headers["Location"].rpartition("/")[2]
    invoice = read.sync(number, client=client)
    assert invoice.reference_number == number
    assert invoice.customer.number == "20001"
    listed = every.sync(client=client, customer="20001", released=False, page_size=1000)
    assert number in {it.reference_number for it in listed}
    refused = create.sync(client=client, body=models.InvoiceCreate.from_dict({"customerNumber": {"value": "none"}}))
    assert "'none' cannot be found" in refused.message
