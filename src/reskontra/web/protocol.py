"""uvicorn's HTTP protocol with our answer to what is not HTTP. Only that: requests that parse go to `server.py`."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JsonProtocol(HttpToolsProtocol):
    """Hand it to uvicorn as `http=JsonProtocol`: clients parse every answer as JSON (wire.md 3)."""

    def send_400_response(self, msg: str) -> None:
        """Answer an unreadable request line or header; plain text would make clients fail on the answer instead."""
        body = b'{"message":"The request is not valid HTTP."}'
        head = [
            b"HTTP/1.1 400 Bad Request",
            b"content-type: application/json; charset=utf-8",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        self.transport.write(b"\r\n".join([*head, b"", body]))
        self.transport.close()
