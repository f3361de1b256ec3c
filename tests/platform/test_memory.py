"""How much memory our own PostgreSQL keeps pages in: a share of what there is, within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from reskontra.db.memory import shared_buffers


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("268435456", "128MB"), ("2147483648", "256MB"), ("max", None), ("9223372036854771712", None)],
)
def test_a_container_s_limit_counts_where_it_is_one(tmp_path: Path, limit: str, expected: str | None) -> None:
    (tmp_path / "memory.max").write_text(limit + "\n")
    assert shared_buffers((tmp_path / "memory.max",)) == (expected or shared_buffers(()))


def test_the_share_of_a_machine_has_bounds() -> None:
    assert 128 <= int(shared_buffers().removesuffix("MB")) <= 1024
    assert shared_buffers().endswith("MB")
