"""What all tests share: in strict mode nothing may be left out."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
import structlog

STRICT = os.environ.get("SMARTRADIO_STRICT") == "1"

# structlog's own traceback prints the values of all names: 10 s for a clip's samples.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Turn a skip into a failure in strict mode: a part that is missing there is a broken set-up."""
    report = yield
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"left out in strict mode: {reason}"
    return report
