"""A data folder that the tests of survival start from: making one takes longer than most of them."""

from __future__ import annotations

import shutil
from pathlib import Path

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
