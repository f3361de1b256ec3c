"""The command as an operator uses it: a process of its own, signals, ports, folders, exit codes and sentences."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.db.migrate import known_migrations
from tests.platform.processes import RESKONTRA, Running, environment, is_running, run

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("command line")]


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(*words: str | Path, **options: str) -> Running:
        started.append(Running(*words, **options))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is migrated, to be copied: making one takes ten times as long."""
    folder = tmp_path_factory.mktemp("made") / "books"
    assert run("migrate", "--data-dir", folder).returncode == 0
    return folder


@pytest.fixture
def books_folder(made: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, with the schema and no company in it."""
    return Path(shutil.copytree(made, tmp_path / "books", symlinks=True))


def test_serving_from_a_new_folder_makes_it(start: Callable[..., Running], tmp_path: Path) -> None:
    folder = tmp_path / "my books"
    serves_until(start, folder, signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_serving_from_a_folder_until_a_signal_stops_everything(
    start: Callable[..., Running], books_folder: Path, number: signal.Signals
) -> None:
    serves_until(start, books_folder, number)


def serves_until(start: Callable[..., Running], folder: Path, number: signal.Signals) -> None:
    """It answers and asks who calls; the signal stops it, and its PostgreSQL, in order."""
    server = start("serve", "--data-dir", folder, "--port", "0", "--log-format", "json")
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert httpx.get(f"{server.url}/readyz").status_code == 200
    assert httpx.get(f"{server.url}/v1/customer").status_code == 401
    postgres = server.postgres_pid(folder)
    assert is_running(postgres)
    assert server.end(number) == 0
    assert not is_running(postgres)
    assert [json.loads(line)["event"] for line in server.errors][-1] == "stopped serving"


@pytest.mark.parametrize("sign", ["reskontra.json", "cluster.new/PG_VERSION", "cluster/postmaster.pid"])
def test_a_signal_while_starting_leaves_nothing_running(tmp_path: Path, sign: str) -> None:
    folder = tmp_path / "books"
    command = [*RESKONTRA, "serve", "--data-dir", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    deadline = time.monotonic() + 60
    while not (folder / sign).exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, 130), errors
    assert "Traceback" not in errors
    left = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if names(path, folder)]
    assert left == []
    assert run("migrate", "--data-dir", folder).returncode == 0


def names(command_line: Path, folder: Path) -> bool:
    try:
        return str(folder).encode() in command_line.read_bytes()
    except OSError:
        return False


def test_https_with_a_certificate_that_a_client_can_be_told_to_trust(
    start: Callable[..., Running], books_folder: Path
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs `openssl`")
    server = start("serve", "--data-dir", books_folder, "--port", "0", "--tls-self-signed")
    trust = ssl.create_default_context(cafile=books_folder / "tls" / "certificate.pem")
    assert server.url.startswith("https://")
    assert httpx.get(f"{server.url}/readyz", verify=trust).status_code == 200
    assert (books_folder / "tls" / "key.pem").stat().st_mode & 0o077 == 0


def test_each_log_line_carries_the_id_that_the_caller_was_told(
    start: Callable[..., Running], books_folder: Path
) -> None:
    server = start("serve", "--data-dir", books_folder, "--port", "0", "--log-format", "json")
    told = httpx.get(f"{server.url}/v1/customer").headers["ipp-request-id"]
    server.end(signal.SIGTERM)
    lines = [json.loads(line) for line in server.errors]
    assert [line["status"] for line in lines if line.get("request_id") == told] == [401]


def test_an_open_request_is_answered_before_the_server_stops(start: Callable[..., Running], books_folder: Path) -> None:
    server = start("serve", "--data-dir", books_folder, "--port", "0")
    address = httpx.URL(server.url)
    body = b"grant_type=client_credentials&client_id=nobody&client_secret=x"
    with socket.create_connection((address.host, address.port or 0)) as caller:
        head = f"POST /connect/token HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
        caller.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body[:10])
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        caller.sendall(body[10:])
        assert caller.recv(100).startswith(b"HTTP/1.1 4")
    assert server.process.wait(20) == 0


def test_a_taken_port_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--data-dir", tmp_path / "books", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"reskontra: Port {port} on 127.0.0.1 is taken: choose another with --port.\n"
    assert not (tmp_path / "books").exists()


def test_operators_commands_work_beside_a_running_server(start: Callable[..., Running], books_folder: Path) -> None:
    start("serve", "--data-dir", books_folder, "--port", "0")
    done = run("check", "--data-dir", books_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"(\d+) of \1 checks hold", done.stdout)
    assert run("serve", "--data-dir", books_folder, "--port", "0").stderr.startswith(
        "reskontra: Another reskontra is running"
    )


def test_whoever_is_created_signs_in_and_sees_the_last_check(start: Callable[..., Running], books_folder: Path) -> None:
    at = ("--data-dir", books_folder)
    assert run("company", "create", "--template", "no", "--code", "acme", "--name", "Acme AS", *at).returncode == 0
    created = subprocess.run(
        [*RESKONTRA, "user", "create", "--email", "kari@example.com", "--role", "reader", "--company", "acme",
         "--data-dir", str(books_folder)],
        capture_output=True, text=True, check=False, env=environment(), input="four words are enough\n", timeout=120,
    )  # fmt: skip
    assert created.stdout == "Created user kari@example.com (reader).\n", created.stderr
    assert "kari@example.com" in run("user", "list", *at).stdout
    running = start("serve", *at, "--port", "0")
    with httpx.Client(base_url=running.url, follow_redirects=True) as browser:
        wrong = {"email": "kari@example.com", "password": "four other words here", "to": "/ui/customers"}
        assert browser.post("/ui/sign-in", data=wrong).status_code == 403
        page = browser.post("/ui/sign-in", data={**wrong, "password": "four words are enough"})
        assert page.url.path == "/ui/customers"
        assert "Acme AS" in page.text
        assert f"schema {known_migrations()[-1].version}" in page.text
        assert "The books were not checked yet" in page.text
    assert run("check", *at).returncode == 0
    with httpx.Client(base_url=running.url, follow_redirects=True, cookies=browser.cookies) as browser:
        ends_at = time.monotonic() + 30  # a server remembers for ten seconds what it read
        while not re.search(r"Self-check: (\d+) of \1 hold, \d{4}-", browser.get("/ui/customers").text):
            assert time.monotonic() < ends_at, "the page does not tell of the check"
            time.sleep(0.5)


@pytest.mark.parametrize("command", [["migrate"], ["check"], ["backup", "x.zip"]])
def test_a_command_ends_quietly_when_nobody_reads_on(tmp_path: Path, books_folder: Path, command: list[str]) -> None:
    process = unread(tmp_path, *command, "--data-dir", str(books_folder))
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (141, "")
    left = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if names(path, books_folder)]
    assert left == []


def test_a_server_serves_on_when_nobody_reads_its_greeting(tmp_path: Path, books_folder: Path) -> None:
    process = unread(tmp_path, "serve", "--port", "0", "--data-dir", str(books_folder), "--log-format", "json")
    assert process.stderr is not None
    try:
        serving = next(found for found in map(json.loads, process.stderr) if found["event"] == "serving")
        assert serving["access"] == "with a token only"
        assert httpx.get(f"{serving['url']}/readyz").status_code == 200
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "BrokenPipe" not in errors


def unread(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A command whose reader is gone before its first word."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.Popen(
            [*RESKONTRA, *words], stdout=writing, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment()
        )
    finally:
        os.close(writing)


async def test_a_database_by_url_is_migrated_only_when_asked(databases: Any, start: Callable[..., Running]) -> None:
    name = await databases.create_empty()
    try:
        url = databases.dsn_of(name)
        refused = run("serve", "--port", "0", DATABASE_URL=url)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "run `reskontra migrate` first" in refused.stderr
        assert run("migrate", DATABASE_URL=url).stdout.endswith("The database is up to date.\n")
        server = start("serve", "--port", "0", DATABASE_URL=url)
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        assert server.end(signal.SIGTERM) == 0
    finally:
        await databases.drop(name)


@pytest.mark.plants_fault
async def test_check_shows_what_does_not_hold(fresh_dsn: Any) -> None:
    url = await fresh_dsn()
    connection = await asyncpg.connect(url)
    await connection.execute(
        "insert into schema_version select 0, name, checksum, applied_at from schema_version limit 1"
    )
    await connection.execute("update schema_version set version = -7 where version = 0")
    await connection.close()
    done = run("check", DATABASE_URL=url)
    assert done.returncode == 1
    assert (
        "migrations-in-sequence: Migrations were applied in the order of their numbers.\n  version -7, " in done.stdout
    )


@pytest.mark.parametrize(
    ("words", "variables", "sentence"),
    [
        (["serve"], {}, "Say where the books are kept: set DATABASE_URL, or give --data-dir."),
        (
            ["serve", "--data-dir", "d"],
            {"DATABASE_URL": "postgresql:///x"},
            "Give either DATABASE_URL or a data folder",
        ),
        (["serve", "--port", "http", "--data-dir", "d"], {}, 'unable to convert "http" into int'),
        (["serve", "--data-dir", "d"], {"RESKONTRA_PORT": "x"}, "RESKONTRA_PORT cannot be 'x'"),
        (["serve", "--data-dir", "d", "--trusted-proxy", "me"], {}, "--trusted-proxy wants a network"),
        (["serve", "--data-dir", "d", "--host", "192.0.2.1"], {}, "cannot listen on 192.0.2.1"),
        (
            ["serve", "--data-dir", "/proc/nowhere"],
            {"RESKONTRA_PORT": "0"},
            "The data folder /proc/nowhere cannot be used",
        ),
        (["sandbox", "--throw-away", "--fresh"], {}, "leave out --data-dir and --fresh"),
        (["migrate"], {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "The database cannot be reached"),
        (["migrate"], {"DATABASE_URL": "mysql://x"}, "The database cannot be reached"),
        (["teleport"], {}, 'Unknown command "teleport"'),
        (["client", "create"], {}, "--company"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, words: list[str], variables: dict[str, str], sentence: str) -> None:
    done = run(*words, cwd=tmp_path, **variables)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.startswith("reskontra: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_company_and_a_client_from_nothing_to_a_token(start: Callable[..., Running], tmp_path: Path) -> None:
    where = ("--data-dir", tmp_path / "books")
    made = run("company", "create", "--template", "no", "--code", "ACME", "--name", "Acme AS", *where)
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"Created company ACME with id \d+\.\n", made.stdout)
    shown = run("client", "create", "--company", "ACME", "--name", "till", *where)
    assert (shown.returncode, shown.stderr) == (0, "")
    credentials = dict(line.split("=", 1) for line in shown.stdout.splitlines())
    server = start("serve", *where, "--port", "0")
    scope = "vismanet_erp_service_api"
    answer = httpx.post(
        f"{server.url}/connect/token", data={**credentials, "grant_type": "client_credentials", "scope": scope}
    )
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert httpx.get(f"{server.url}/v1/customer", headers=bearer).status_code == 200


def test_a_company_that_is_there_or_a_client_of_none_is_one_sentence(books_folder: Path) -> None:
    where = ("--data-dir", books_folder)
    create = ("company", "create", "--template", "no", "--code", "ACME", *where)
    assert run(*create).returncode == 0
    for refused in (run(*create), run("client", "create", "--company", "NONE", *where)):
        assert refused.returncode == 2
        assert re.fullmatch(r"reskontra: [^\n]*(ACME|NONE)[^\n]*\n", refused.stderr)


def test_help_names_every_command() -> None:
    shown = run("--help").stdout
    for name in ("serve", "sandbox", "migrate", "check", "company", "client"):
        assert re.search(rf"\b{name}\b", shown)
