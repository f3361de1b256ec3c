"""Settings from the environment and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from reskontra.config import SettingError, Settings, is_loopback, read_networks


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
