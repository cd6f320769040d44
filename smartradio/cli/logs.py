"""Where log lines go: structlog's and the standard library's through one renderer."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

# Libraries whose every step is not worth a line on a node's SD card.
_TALKATIVE = ("alembic", "apscheduler", "asyncio", "httpx", "uvicorn")


def configure_logs(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send all log lines at or above a level to a stream (standard error), as JSON where nobody watches."""
    target = stream if stream is not None else sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    last: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if target.isatty():
        # A traceback with the values of its names would print sounds and passwords, and take seconds over it.
        last.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    handler = logging.StreamHandler(target)
    foreign = [structlog.stdlib.add_logger_name, *shared]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(max(number, logging.WARNING))
