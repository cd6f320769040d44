"""Where log lines go."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

# Libraries whose every step is not worth a line on a node's SD card.
_TALKATIVE = ("alembic", "apscheduler", "asyncio", "httpx", "uvicorn")


def configure_logs(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send structlog's lines at or above a level to a stream (standard error), as JSON where nobody watches."""
    target = stream if stream is not None else sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if target.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=number, stream=target, force=True, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(max(number, logging.WARNING))
