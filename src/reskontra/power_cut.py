"""What must survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def settle(folder: Path) -> None:
    """Make sure that a new name in the folder survives a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
