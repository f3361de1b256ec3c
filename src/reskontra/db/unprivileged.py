"""How root runs a program that refuses to run as root (decision 0003)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

ROOT = 0
NOBODY = 65534


class CannotStepDown(Exception):
    """This machine offers root no way to run a program as somebody else."""


@dataclass(frozen=True, slots=True)
class Account:
    """Put `prefix` before a command and it runs as a user who may write files owned by `uid`."""

    uid: int
    prefix: tuple[str, ...]


def account_for(owner: int) -> Account:
    """The account for running a program on files of user id `owner`.

    Only `Account.uid` may differ from `owner`, and only when root owns the files and user namespaces are closed:
    the files must then be given to that user. Raises `CannotStepDown`.
    """
    if os.geteuid() != ROOT:
        return Account(os.geteuid(), ())
    if owner == ROOT and _works(_NAMESPACE):
        return Account(ROOT, _NAMESPACE)
    uid = NOBODY if owner == ROOT else owner
    for prefix in (_step_down(uid, with_access=True), _step_down(uid, with_access=False)):
        if _works(prefix):
            return Account(uid, prefix)
    raise CannotStepDown


# Inside a user namespace root appears as an ordinary user, but can still enter closed folders.
_NAMESPACE = ("unshare", "-U", "--map-user=1000", "--map-group=1000")


def _step_down(uid: int, *, with_access: bool) -> tuple[str, ...]:
    plain = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
    if not with_access:
        return plain
    # Another user cannot reach the program or the data below a folder that only root may enter (mode 0700).
    # So it keeps root's access to folders, and nothing else that root may do. The securebit makes access(2)
    # agree with open(2), which initdb checks.
    kept = "-all,+dac_override"
    return (
        *plain,
        "--securebits=+no_setuid_fixup",
        f"--inh-caps={kept}",
        f"--ambient-caps={kept}",
        f"--bounding-set={kept}",
    )


def _works(prefix: Sequence[str]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
