"""A certificate of the operator's own: served, refused with a reason, and renewed while the server runs."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from reskontra.config import SettingError, Settings
from reskontra.serve import own_certificate
from reskontra.tls import Certificate, keep_renewed, make_certificate
from tests.platform.processes import Running

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.skipif(shutil.which("openssl") is None, reason="needs `openssl`")]

LOOK_SECONDS = 0.02


def certificate(folder: Path) -> Certificate:
    folder.mkdir(exist_ok=True)
    return make_certificate(folder)


def in_place_of(old: Certificate, new: Certificate) -> None:
    """Replace the files as those do who renew certificates: a new file under the old name."""
    for source, target in ((new.certificate, old.certificate), (new.key, old.key)):
        draft = target.with_suffix(".draft")
        shutil.copy(source, draft)
        draft.replace(target)


def test_a_server_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    own = certificate(tmp_path / "own")
    both = tmp_path / "both.pem"
    both.write_text(own.certificate.read_text() + own.key.read_text())
    where = ("serve", "--data-dir", tmp_path / "books", "--port", "0")
    for words in (("--tls-cert", own.certificate, "--tls-key", own.key), ("--tls-cert", both)):
        server = Running(*where, *words)
        try:
            trust = ssl.create_default_context(cafile=own.certificate)
            assert server.url.startswith("https://")
            assert httpx.get(f"{server.url}/readyz", verify=trust).status_code == 200
        finally:
            server.process.terminate()
            assert server.process.wait(30) == 0
    assert not (tmp_path / "books" / "tls").exists()


def test_files_that_cannot_be_served_are_refused_with_the_reason(tmp_path: Path) -> None:
    own, other = certificate(tmp_path / "own"), certificate(tmp_path / "other")
    locked = tmp_path / "locked.pem"
    encrypt = ["openssl", "ec", "-in", str(own.key), "-aes256", "-passout", "pass:x", "-out", str(locked)]
    subprocess.run(encrypt, check=True, capture_output=True)
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for cert, key, reason in (
        (tmp_path / "missing.pem", None, "No such file or directory"),
        (text, own.key, "there is no PEM certificate in it"),
        (own.certificate, None, f"or no key in {own.certificate}"),
        (own.certificate, other.key, f"{other.key} is the key of another one"),
        (own.certificate, locked, "its key is encrypted"),
    ):
        with pytest.raises(SettingError) as caught:
            own_certificate(Settings(tls_cert=cert, tls_key=key))
        assert str(caught.value).startswith(f"The certificate {cert} cannot be used: ")
        assert reason in str(caught.value)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"tls_key": Path("k")}, "give --tls-cert too"),
        ({"tls_cert": Path("c"), "tls_self_signed": True}, "either --tls-cert or --tls-self-signed"),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        Settings(**settings)  # type: ignore[arg-type]


async def served_at(port: int) -> str:
    """The certificate that new connections get, as PEM."""
    blind = ssl.create_default_context()
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=blind)
    found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return ssl.DER_cert_to_PEM_cert(found)


async def test_a_renewed_certificate_is_served_and_a_broken_one_is_not(tmp_path: Path) -> None:
    own, new = certificate(tmp_path / "own"), certificate(tmp_path / "new")
    old_text, new_text = own.certificate.read_text(), new.certificate.read_text()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_into(context)
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    renewing = asyncio.create_task(keep_renewed(context, own, LOOK_SECONDS))
    try:
        await asyncio.sleep(5 * LOOK_SECONDS)
        assert await served_at(port) == old_text
        with capture_logs() as lines:
            shutil.copy(new.certificate, own.certificate)  # and not its key yet
            await said(lines, "the renewed certificate is not served")
            assert await served_at(port) == old_text
            in_place_of(own, new)
            await said(lines, "the certificate was renewed")
            assert await served_at(port) == new_text
            own.key.unlink()
            await said(lines, "the renewed certificate is not served", times=2)
            assert await served_at(port) == new_text
        assert not renewing.done()
    finally:
        renewing.cancel()
        server.close()


async def said(lines: Sequence[MutableMapping[str, Any]], event: str, times: int = 1) -> None:
    async with asyncio.timeout(10):
        while [line["event"] for line in lines].count(event) < times:
            await asyncio.sleep(LOOK_SECONDS)
