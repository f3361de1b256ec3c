"""The systemd units: systemd takes them, what they start exists, and what they set is known to the program."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reskontra.command_line.app import app
from reskontra.config import VARIABLES

UNITS = Path(__file__).parents[2] / "packaging"
NAMES = ["reskontra.service", "reskontra-backup.service", "reskontra-backup.timer"]
PROGRAM = "/opt/reskontra/bin/reskontra"
NOT_OURS = {"TMPDIR"}
EXPOSURE_MAX = 20
"""Of 100, as `systemd-analyze security` counts; a service without any protection has 96."""


def read(name: str) -> dict[str, list[tuple[str, str]]]:
    """Section -> its keys and values, in order; a key may stand several times."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            current.append((key, value))
    return sections


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units in a folder, starting the program of this checkout."""
    for name in NAMES:
        text = (UNITS / name).read_text()
        program = Path(sys.executable).with_name("reskontra")
        (tmp_path / name).write_text(text.replace(PROGRAM, str(program)))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_systemd_takes_the_unit(installed: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs `systemd-analyze`")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", installed / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".service")])
def test_the_service_is_locked_up(installed: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs `systemd-analyze`")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE_MAX}", installed / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".service")])
def test_what_is_started_is_a_command_of_the_program(name: str) -> None:
    service = read(name)["Service"]
    started = [value for key, value in service if key == "ExecStart" and PROGRAM in value]
    assert len(started) == 1
    words = shlex.split(re.sub(r".*?/opt/reskontra/bin/reskontra ", "", started[0]).rstrip("'"))
    app.parse_args(words, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".service")])
def test_what_is_set_is_a_setting_of_the_program(name: str) -> None:
    known = {variable for variable, _ in VARIABLES.values()}
    assigned = dict(value.split("=", 1) for key, value in read(name)["Service"] if key == "Environment")
    assert set(assigned) - known == NOT_OURS
    folders = {f"/var/lib/{it}" for it in dict(read(name)["Service"])["StateDirectory"].split()}
    assert assigned["RESKONTRA_DATA_DIR"] in folders
    assert assigned["TMPDIR"] == f"/run/{dict(read(name)['Service'])['RuntimeDirectory']}"
    mentioned = set(re.findall(r"\b(?:RESKONTRA_[A-Z_]+|DATABASE_URL)\b", (UNITS / name).read_text()))
    assert mentioned <= known


def test_the_backup_does_what_its_lines_say(tmp_path: Path) -> None:
    (making, deleting) = [value for key, value in read("reskontra-backup.service")["Service"] if key == "ExecStart"]
    backups = tmp_path / "backups"
    backups.mkdir()
    program = tmp_path / "reskontra"
    program.write_text('#!/bin/sh\n[ "$1" = backup ] && : > "$2"\n')
    program.chmod(0o755)
    old, other = backups / "books-2020-01-01.zip", backups / "notes.txt"
    for path in (old, other):
        path.touch()
        subprocess.run(["touch", "--date=40 days ago", path], check=True)
    for line in (making, deleting):
        here = line.replace(PROGRAM, str(program)).replace("/var/lib/reskontra-backups", str(backups))
        subprocess.run(shlex.split(here.replace("$$", "$").replace("%%", "%")), check=True)
    names = sorted(path.name for path in backups.iterdir())
    assert len(names) == 2
    assert re.fullmatch(r"books-\d{4}-\d\d-\d\d\.zip", names[0])
    assert names[1] == "notes.txt"


def test_the_timer_starts_the_backup() -> None:
    assert "OnCalendar" in dict(read("reskontra-backup.timer")["Timer"])
    assert (UNITS / "reskontra-backup.service").exists()
