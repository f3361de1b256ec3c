"""What the tests of survival start from: a data folder, as making one takes longer than most of them, and no books."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.survival.houses import make_folder


@pytest.fixture(scope="session")
async def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo company, to be copied."""
    folder = tmp_path_factory.mktemp("made") / "books"
    await make_folder(folder)
    return folder


@pytest.fixture
def demo_folder(made: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own with the demo company in it."""
    return Path(shutil.copytree(made, tmp_path / "books", symlinks=True))


@pytest.fixture
async def empty_dsn(databases: Any, dsn_of: Callable[[str], str]) -> Any:
    """Makes empty databases, by URL, and drops them at the end."""
    names: list[str] = []

    async def make() -> str:
        names.append(await databases.create_empty())
        return dsn_of(names[-1])

    yield make
    for name in names:
        await databases.drop(name)
