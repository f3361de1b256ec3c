"""What other projects use to test against Reskontra: the pytest plugin of the wheel, and the action."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("other projects")]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the wheel in it, as an installer would put it there."""
    folder = tmp_path_factory.mktemp("installed")
    build: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def run(folder: Path, installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RESKONTRA_"))}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_readmes_tests_pass_with_the_wheel(tmp_path: Path, installed: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    where = "\n\ndef test_where():\n    import reskontra\n\n    print(reskontra.__file__)\n"
    (tmp_path / "test_example.py").write_text(example + where, encoding="utf-8")
    done = run(tmp_path, installed, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "test_example.py")
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    assert str(installed / "reskontra" / "__init__.py") in done.stdout


def test_a_project_that_does_not_use_the_fixture_does_not_pay_for_it(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n\n\ndef test_nothing():\n"
        "    ours = {name for name in sys.modules if name.startswith('reskontra')}\n"
        "    assert ours == {'reskontra', 'reskontra.pytest_plugin'}\n"
    )
    done = run(tmp_path, installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nothing.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_server_behind_the_fixture_needs_none_of_our_development_tools(tmp_path: Path, installed: Path) -> None:
    tools = ["hypothesis", "pytest", "schemathesis", "rich", "h11", "pypdf"]
    script = f"import sys; sys.modules.update(dict.fromkeys({tools})); import reskontra.resettable"
    done = run(tmp_path, installed, "-c", script)  # to import one of them would fail
    assert done.returncode == 0, done.stderr


def test_the_server_behind_the_fixture_ends_with_the_tests_even_if_they_are_killed(tmp_path: Path) -> None:
    starter = "import subprocess, sys, time\n"
    starter += "it = subprocess.Popen([sys.executable, '-m', 'reskontra.resettable'], stdin=subprocess.PIPE,"
    starter += " stdout=subprocess.PIPE, text=True)\nprint(it.pid, it.stdout.readline(), flush=True)\ntime.sleep(60)\n"
    tests = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    with tests:
        assert tests.stdout is not None
        pid, url = tests.stdout.readline().split()
        assert httpx.get(f"{url}/readyz").status_code == 200
        tests.kill()
    deadline = time.monotonic() + 20
    while Path("/proc", pid).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/readyz")


@pytest.mark.parametrize(
    ("name", "schema"),
    [("action.yml", "vendor.github-actions"), ("packaging/workflow.yml", "vendor.github-workflows")],
)
def test_what_github_reads_keeps_to_its_schema(name: str, schema: str) -> None:
    command: list[str | Path] = [PROGRAMS / "check-jsonschema", "--builtin-schema", schema, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def steps() -> dict[str, str]:
    found = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    return {step["name"]: step["run"] for step in found}


def act(runner: Path, script: str, port: int) -> subprocess.CompletedProcess[bytes]:
    """Run a step as GitHub does. Output goes to a file, since what it starts would keep a pipe open."""
    given = {"RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(runner / "output"), "PORT": str(port)}
    with (runner / "said").open("w") as said:
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            env=os.environ | given,
            stdout=said,
            stderr=said,
            timeout=120,
            check=False,
        )


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """The runner's folder after the first step, which needs a package index."""
    (tmp_path / "reskontra").mkdir()
    (tmp_path / "reskontra" / "bin").symlink_to(PROGRAMS)
    return tmp_path


@pytest.mark.slow
def test_the_action_starts_the_sandbox_and_tells_its_url(runner: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = act(runner, steps()["Start Reskontra"], port)
    try:
        assert done.returncode == 0, (runner / "said").read_text()
        assert (runner / "output").read_text() == f"url=http://127.0.0.1:{port}\n"
        assert httpx.get(f"http://127.0.0.1:{port}/v1/customer/20001").status_code == 200
    finally:
        os.kill(int((runner / "reskontra.pid").read_text()), signal.SIGTERM)


def test_the_action_shows_why_it_does_not_start(runner: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = act(runner, steps()["Start Reskontra"], taken.getsockname()[1])
    said = (runner / "said").read_text()
    assert done.returncode == 1
    assert "::error::Reskontra did not start" in said
    assert "is taken" in said


def test_the_first_step_of_the_action_can_be_read_by_a_shell() -> None:
    for script in steps().values():
        subprocess.run(["bash", "-n", "-c", script], check=True)
