"""Writes src/reskontra/demo.zip, the books that a fresh sandbox begins with: `make demo`.

Run it when the schema, a template, the demo itself, or anything that it is made by has changed. It makes the demo in a
PostgreSQL of its own, in some 20 seconds, and leaves the file alone if it holds the same books.
"""

from __future__ import annotations

import asyncio

from reskontra.db.embedded import EmbeddedPostgres
from reskontra.demo_file import SHIPPED, write_demo

if __name__ == "__main__":
    with EmbeddedPostgres.start_throw_away() as server:
        is_new = asyncio.run(write_demo(server.dsn()))
    print(f"{SHIPPED.name}: {'made anew' if is_new else 'up to date'}, {SHIPPED.stat().st_size:,} bytes")  # noqa: T201
