"""The certificate for https: self-signed for development, or the operator's own, reloaded when it is renewed."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog

from reskontra.config import SettingError

RENEWAL_SECONDS = 60.0
"""How often the files of a certificate are looked at."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the two PEM files are; one file may hold both."""

    certificate: Path
    key: Path

    def load_into(self, context: ssl.SSLContext) -> None:
        """Serve this certificate in new connections. Raises `OSError`, of which `ssl.SSLError` is one."""
        context.load_cert_chain(self.certificate, self.key, password=_no_password)

    def check(self) -> None:
        """Raises `SettingError` unless the files can be served."""
        try:
            self.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        except (OSError, ValueError) as error:
            raise SettingError(f"The certificate {self.certificate} cannot be used: {self._why(error)}.") from error

    def _why(self, error: Exception) -> str:
        if isinstance(error, ssl.SSLError):
            if error.reason == "KEY_VALUES_MISMATCH":
                return f"{self.key} is the key of another one"
            return f"there is no PEM certificate in it, or no key in {self.key} ({error.reason})"
        return f"{error.strerror}, {error.filename}" if isinstance(error, OSError) and error.strerror else str(error)


async def keep_renewed(context: ssl.SSLContext, certificate: Certificate, seconds: float = RENEWAL_SECONDS) -> NoReturn:
    """Load the files into `context` again whenever they change. Files that cannot be served are logged, not loaded."""
    seen = await asyncio.to_thread(_stamps, certificate)
    while True:
        await asyncio.sleep(seconds)
        found = await asyncio.to_thread(_stamps, certificate)
        if found == seen:
            continue
        seen = found
        try:
            certificate.check()  # on its own first: a context that fails to load has lost what it had
            certificate.load_into(context)
        except (SettingError, OSError) as error:
            log.error("the renewed certificate is not served", reason=str(error))
        else:
            log.info("the certificate was renewed", file=str(certificate.certificate))


def _stamps(certificate: Certificate) -> list[tuple[int, int, int]]:
    """What tells a file from its successor; a missing file has zeros."""
    stamps = []
    for path in (certificate.certificate, certificate.key):
        try:
            status = path.stat()
            stamps.append((status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            stamps.append((0, 0, 0))
    return stamps


def _no_password() -> str:
    raise ValueError("its key is encrypted, and there is nobody to ask for the password")


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
