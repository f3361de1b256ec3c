"""A self-signed certificate for clients that insist on https. Not for the open internet: put a proxy in front."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from reskontra.config import SettingError


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the two PEM files are."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """The certificate for localhost in `folder`/tls, made on first use with `openssl`.

    It is kept, so that a client that trusts it still does after a restart. Raises `SettingError`.
    """
    folder = folder / "tls"
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    if made.certificate.exists() and made.key.exists():
        return made
    folder.mkdir(mode=0o700, exist_ok=True)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"]
    draft = Certificate(folder / "certificate.new", folder / "key.new")
    command += ["-days", "3650", "-keyout", str(draft.key), "-out", str(draft.certificate)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise SettingError("--tls-self-signed needs the program `openssl`, which is not installed.") from error
    except subprocess.CalledProcessError as error:
        raise SettingError(f"The certificate could not be made: {error.stderr.strip().splitlines()[-1]}.") from error
    draft.key.chmod(0o600)
    draft.key.replace(made.key)
    draft.certificate.replace(made.certificate)  # last, so that an interrupted run is made again
    return made
