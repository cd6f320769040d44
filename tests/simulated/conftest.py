"""What the simulations share: a folder that is fast where the system has one, and quiet logs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

# Every commit waits for its disk; a disk in memory makes a simulated week of them a matter of seconds.
_IN_MEMORY = Path("/dev/shm")


def fast_folder() -> Path:
    """Return a new folder, in memory where there is such a disk with room."""
    fast = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > 2**30 else None
    return Path(tempfile.mkdtemp(prefix="smartradio-simulated-", dir=fast))


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    folder = fast_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = fast_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """A month of a commune's log lines is nothing to read after a failure."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)
