"""Settings from the environment and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from reskontra.config import SettingError, Settings, SmtpServer, is_loopback, read_networks, read_smtp_url


def test_the_command_line_wins_over_the_environment() -> None:
    environ = {"RESKONTRA_PORT": "9000", "RESKONTRA_HOST": "10.0.0.1", "RESKONTRA_DATA_DIR": "/books"}
    settings = Settings.from_environment(environ, port=9001, host=None)
    assert (settings.port, settings.host, settings.data_dir) == (9001, "10.0.0.1", Path("/books"))


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_environment({"DATABASE_URL": "", "RESKONTRA_PORT": " "}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("RESKONTRA_PORT", "http"),
        ("RESKONTRA_PORT", "70000"),
        ("RESKONTRA_TOKEN_REQUIRED", "maybe"),
        ("RESKONTRA_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("RESKONTRA_RATE_LIMIT", "0"),
        ("RESKONTRA_BODY_LIMIT", "-1"),
        ("RESKONTRA_ATTACHMENT_LIMIT", "0"),
        ("RESKONTRA_BULK_LIMIT", "0"),
        ("RESKONTRA_HEADER_TIMEOUT", "0"),
        ("RESKONTRA_SEND_TIMEOUT", "soon"),
        ("RESKONTRA_CONNECTION_LIMIT", "9"),
        ("RESKONTRA_LOG_FORMAT", "xml"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence_with_its_value(variable: str, text: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_environment({variable: text})
    assert text in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("settings", "is_open"),
    [
        (Settings(sandbox=True), True),
        (Settings(sandbox=True, host="::1"), True),
        (Settings(sandbox=True, host="localhost"), True),
        (Settings(sandbox=True, token_required=True), False),
        (Settings(sandbox=True, host="0.0.0.0"), False),
        (Settings(sandbox=True, host="books.example"), False),
        (Settings(), False),
    ],
)
def test_only_a_sandbox_on_loopback_is_open(settings: Settings, is_open: bool) -> None:
    assert settings.open_mode is is_open


def test_networks_are_read_from_a_list() -> None:
    assert [str(network) for network in read_networks("10.0.0.0/8, ::1")] == ["10.0.0.0/8", "::1/128"]
    assert not is_loopback("127.0.0.1.example")


def test_a_mail_server_is_one_url() -> None:
    assert read_smtp_url("smtp://clerk%40firm:p%3Aw@mail.example.com") == SmtpServer(
        host="mail.example.com", port=587, tls="starttls", user="clerk@firm", password="p:w"
    )
    assert read_smtp_url("smtps://mail.example.com:466") == SmtpServer(
        host="mail.example.com", port=466, tls="implicit"
    )
    assert read_smtp_url("smtp://localhost:25?tls=none").tls == "none"
    assert "p:w" not in repr(read_smtp_url("smtp://a:p%3Aw@mail.example.com"))


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com:25:hidden",
        "http://a:hidden@mail.example.com",
        "smtp://a:hidden@mail.example.com?tls=maybe",
        "smtp://a:hidden@mail.example.com?tls=none",
        "smtps://a:hidden@mail.example.com?tls=starttls",
        "smtp://a:hidden@mail.example.com:port",
        "smtp://hidden@mail.example.com",
        "smtp://a:hidden@mail.example.com",  # without a sender
    ],
)
def test_what_is_wrong_with_a_mail_server_is_said_without_its_password(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_environment({"RESKONTRA_SMTP_URL": text})
    assert "hidden" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_mail_comes_from_one_address() -> None:
    assert Settings.from_environment({"RESKONTRA_MAIL_FROM": "a@b.example"}).mail_from == "a@b.example"
    for text in ("a", "a@b, c@d", "A <a@b.example>", "a@b@c", "å@b.example"):
        with pytest.raises(SettingError, match="write one address"):
            Settings.from_environment({"RESKONTRA_MAIL_FROM": text})
