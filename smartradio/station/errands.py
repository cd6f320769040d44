"""Work that is begun and not waited for; its failure is logged, and what rang rings again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

_logger = structlog.get_logger()


class Errands:
    """Tasks of the station; `stop` ends what is not done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def run(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Begin work."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def errand(self, work: Callable[[], Coroutine[Any, Any, object]], name: str) -> Callable[[], None]:
        """Return what begins work each time it is called."""
        return lambda: self.run(work(), name)

    async def stop(self) -> None:
        """End what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("station_task_failed", task=task.get_name(), exc_info=error)
