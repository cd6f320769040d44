"""What all tests share: in strict mode nothing may be left out."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

_HERE = Path(__file__).parent
# Held against the wall clock, the memory of one process or the machine's sound: one at a time.
ALONE = (
    "audio/test_codec.py",
    "broker/",
    "browser/",
    "contract/",
    "node/test_live.py",
    "node/test_sound.py",
    "speech/test_voices_faults.py",
    "station/test_station.py",
    "test_supervised.py",
    "web/test_slow_lines.py",
)
# What waits for airings nearly all its time: a lane of its own, beside the one above.
WAITING = (
    "cli/test_demo.py",
    "cli/test_demo_alert.py",
    "contract/test_alert_exercise.py",
    "faults/",
)
STRICT = os.environ.get("SMARTRADIO_STRICT") == "1"
# How the reason of a skip begins that no package mends: a kernel or a container that lets nobody mount.
CANNOT = "this machine cannot"

# structlog's own traceback prints the values of all names: 10 s for a clip's samples.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is held against the clock and what waits; `script/test` runs the rest side by side."""
    for item in items:
        place = item.path.relative_to(_HERE).as_posix()
        if place.startswith(WAITING):
            item.add_marker(pytest.mark.waiting)
        elif place.startswith(ALONE) or place.endswith("_on_air.py"):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True)
def _leaves_no_log_behind() -> Iterator[None]:
    """Take away what a command under test has put on the root logger: it writes to a stream that is closed by then."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Turn a skip into a failure in strict mode: a part that is missing there is a broken set-up."""
    report = yield
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if STRICT and report.skipped and not hasattr(report, "wasxfail") and CANNOT not in reason:
        report.outcome = "failed"
        report.longrepr = f"left out in strict mode: {reason}"
    return report
