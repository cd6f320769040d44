from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from smartradio.cli.logs import configure_logs


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_lines_of_both_kinds_come_out_alike() -> None:
    stream = io.StringIO()
    configure_logs(stream=stream)
    structlog.get_logger().info("recording_made", title="Bản tin")
    logging.getLogger("smartradio.node").warning("disk %s", "full")
    logging.getLogger("smartradio.node").debug("not told")
    logging.getLogger("apscheduler").info("not told either")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["title"], first["level"]) == ("recording_made", "Bản tin", "info")
    assert (second["event"], second["level"], second["logger"]) == ("disk full", "warning", "smartradio.node")
    assert first["timestamp"] <= second["timestamp"]


def test_a_failure_is_told_with_its_place() -> None:
    stream = io.StringIO()
    configure_logs(stream=stream)
    try:
        Path("/nowhere/the card").read_bytes()
    except OSError:
        logging.getLogger("smartradio.node").exception("cannot play")
    assert "/nowhere/the card" in json.loads(stream.getvalue())["exception"]
