"""Options, help and refusals of the command line, as far as no server is needed for them."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from reskontra import __version__
from reskontra.command_line.app import app
from reskontra.command_line.status import without_password
from reskontra.config import VARIABLES, SettingError
from reskontra.db.embedded import EmbeddedPostgres
from tests.platform.processes import run

pytestmark = pytest.mark.sampled(0.5)

READING = [
    ["check"],
    ["status"],
    ["backup", "x.zip"],
    ["company", "list"],
    ["company", "show", "acme"],
    ["company", "apply", "no", "--company", "acme"],
    ["company", "open-items", "x.csv", "--company", "acme", "--as-of", "2025-12-31"],
    ["client", "list"],
    ["client", "create", "--company", "acme"],
    ["client", "change", "isv_a", "--company", "acme"],
    ["client", "disable", "isv_a"],
    ["client", "enable", "isv_a"],
    ["client", "rotate", "isv_a"],
    ["client", "delete", "isv_a", "--yes"],
    ["keys", "rotate", "--yes"],
    ["user", "list"],
    ["user", "create", "--email", "a@example.com", "--company", "acme"],
    ["user", "change", "a@example.com", "--role", "reader"],
    ["user", "disable", "a@example.com"],
    ["user", "enable", "a@example.com"],
]


def commands(of: App = app, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    """Every command with the words that call it."""
    for name in of:
        if not name.startswith("-"):
            yield (*path, name), of[name]
            yield from commands(of[name], (*path, name))


COMMANDS = dict(commands())
GROUPS = {path[:-1] for path in COMMANDS}
NOT_ABOUT_BOOKS = {("sql",), ("completion",)}
MAKING = {("serve",), ("sandbox",), ("migrate",), ("restore",), ("company", "create")}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, without settings in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for variable, _ in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


def call(*words: str) -> None:
    """Run a command in this process."""
    app(words, exit_on_error=False, print_error=False, result_action="return_value")


def test_it_is_known_of_every_command_whether_it_makes_books() -> None:
    reading = {tuple(words[:length]) for words in READING for length in (1, 2)}
    assert set(COMMANDS) - GROUPS - MAKING - NOT_ABOUT_BOOKS - reading == set()


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_no_command_but_those_that_make_books_makes_them_of_a_typo(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("nowhere", "empty"):
        with pytest.raises(SettingError) as caught:
            call(*words, "--data-dir", folder)
        assert str(caught.value) == f"There are no books in {folder}: give --data-dir the folder that holds them."
    assert [(it.name, *it.iterdir()) for it in tmp_path.iterdir()] == [("empty",)]


def test_who_lacks_migrations_is_told_the_whole_command(tmp_path: Path) -> None:
    folder = tmp_path / "my books"
    EmbeddedPostgres.start(folder, throw_away=True).stop()
    done = run("check", "--data-dir", folder)
    assert done.returncode == 2
    assert done.stderr.endswith(f" migration(s): run `reskontra migrate --data-dir '{folder}'` first.\n")
    told = done.stderr.partition("`")[2].partition("`")[0]
    assert run(*shlex.split(told)[1:]).returncode == 0


async def test_a_refused_company_uses_up_no_id(databases: Any) -> None:
    name = await databases.create_empty()
    url = databases.dsn_of(name)
    for code, template in (("one", "no"), ("one", "no"), ("a b", "no"), ("two", "nowhere.yaml"), ("two", "no")):
        run("company", "create", "--template", template, "--code", code, DATABASE_URL=url)
    found = json.loads(run("company", "list", "--json", DATABASE_URL=url).stdout)
    assert [(it["company_id"], it["code"]) for it in found] == [(1, "one"), (2, "two")]
    await databases.drop(name)


def help_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call(*words, "--help")
    return capsys.readouterr().out


def test_every_setting_is_an_option_that_names_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    shown = " ".join((help_of(capsys, "serve") + help_of(capsys, "sandbox")).split())
    names = {"trusted_proxies": "--trusted-proxy", "smtp": "--smtp-url"}
    for setting, (variable, _) in VARIABLES.items():
        option = names.get(setting, f"--{setting.replace('_', '-')}")
        assert f"{option} " in shown
        assert f"[env: {variable}]" in shown


def test_an_option_wins_over_its_variable(tmp_path: Path) -> None:
    done = run("serve", "--data-dir", tmp_path / "d", "--header-timeout", "0", RESKONTRA_HEADER_TIMEOUT="5")
    assert done.stderr == "reskontra: RESKONTRA_HEADER_TIMEOUT must be at least 1, not 0.\n"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_has_examples_that_can_be_typed(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys, *path)
    assert "Examples:" in shown
    lines = [line.strip() for line in shown.partition("Examples:")[2].splitlines() if line.strip()]
    assert lines
    for line in lines:
        words = [word for word in shlex.split(line) if not word.startswith("DATABASE_URL=")]
        if path == ("completion",):
            assert "reskontra completion" in line
            continue
        assert words[0] == "reskontra"
        app.parse_args(words[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - GROUPS), ids=" ".join)
def test_every_option_of_a_command_is_in_its_help(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys, *path)
    arguments = COMMANDS[path].assemble_argument_collection(parse_docstring=True)
    names = {argument.names[0] for argument in arguments if argument.show and argument.names}
    assert {name for name in names if name.startswith("--") and f"{name} " not in shown} == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    call("completion", shell)
    script = capsys.readouterr().out
    for word in ("sandbox", "rotate", "data-dir", "rate-limit"):
        assert word in script


def test_bash_takes_the_script(tmp_path: Path) -> None:
    (tmp_path / "script").write_text(run("completion", "bash").stdout)
    done = subprocess.run(["bash", "-n", tmp_path / "script"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("word", "unneeded"),
    [("--version", ["cyclopts", "asyncio"]), ("--help", ["asyncio", "asyncpg", "msgspec", "starlette", "uvicorn"])],
)
def test_what_is_not_needed_to_answer_is_not_loaded(word: str, unneeded: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "reskontra", word]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (__version__ if word == "--version" else "Commands") in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "reskontra" in loaded
    assert loaded & set(unneeded) == set()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ledger:s3c:ret@db:5432/x", "postgresql://ledger@db:5432/x"),
        ("postgresql://ledger@db/x", "postgresql://ledger@db/x"),
        ("postgresql:///x?host=/tmp&password=s3cret&user=a", "postgresql:///x?host=/tmp&password=...&user=a"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
