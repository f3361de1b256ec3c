"""No secret and no token is kept with a recorded request."""

from __future__ import annotations

import pytest

from reskontra.requests.rules.masking import masked_body, masked_headers, masked_query, masked_token_request


def test_headers_keep_their_scheme_and_lose_their_credentials() -> None:
    sent = [
        ("Authorization", "Bearer eyJhbGciOi"), ("authorization", "Basic aXN2OnNlY3JldA=="), ("authorization", "abc"),
        ("Cookie", "session=abc"), ("set-cookie", "session=abc; HttpOnly"), ("X-Api-Key", "abc"),
        ("Accept", "application/json"), ("www-authenticate", 'Bearer realm="reskontra"'),
    ]  # fmt: skip
    assert [value for _, value in masked_headers(sent)] == [
        "Bearer ***", "Basic ***", "***", "***", "***", "***", "application/json", 'Bearer realm="reskontra"',
    ]  # fmt: skip


def test_a_query_loses_what_is_called_like_a_secret() -> None:
    assert (
        masked_query("status=Open&access_token=abc&Client_Secret=x") == "status=Open&access_token=***&Client_Secret=***"
    )
    assert masked_query("") == ""


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b'{"access_token":"eyJ.a.b","expires_in":3600}', b'{"access_token":"***","expires_in":3600}'),
        (b'{"clientSecret" : "a\\"b", "x": 1}', b'{"clientSecret" : "***", "x": 1}'),
        (b'{"password":"cut of', b'{"password":"***"'),
        (b"grant_type=password&password=a%20b&x=1", b"grant_type=password&password=***&x=1"),
        (
            b'--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\nhemmelig\r\n--b--',
            b'--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\n***\r\n--b--',
        ),
        (b'{"name":{"value":"Aurdal"}}', b'{"name":{"value":"Aurdal"}}'),
    ],
)
def test_a_body_loses_what_is_called_like_a_secret(sent: bytes, kept: bytes) -> None:
    assert masked_body(sent) == kept


def test_of_a_token_request_only_harmless_fields_are_kept() -> None:
    sent = b"grant_type=client_credentials&client_id=isv_demo&client_secret=hemmelig&scope=a+b&code=1&clientsecret=x"
    kept = b"grant_type=client_credentials&client_id=isv_demo&client_secret=***&scope=a+b&code=***&clientsecret=***"
    assert masked_token_request(sent) == kept
    for odd in (b'{"client_secret":"hemmelig"}', b"hemmelig", b"client_secret=x\r\n", "client_secret=é".encode()):
        assert masked_token_request(odd) == b"(not shown, as it may hold a secret)"
    assert masked_token_request(b"hem%0Amelig=1") == b"***"
    assert masked_token_request(b"") == b""
