"""Live progress of an airing: a row a node, a column a step of the evidence chain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from smartradio.domain.evidence import Evidence, Step
from smartradio.words import Words

_STEPS = (Step.DELIVERED, Step.STARTED, Step.FINISHED, Step.MEASURED, Step.HEARD)
_TROUBLE = (Step.REFUSED, Step.SKIPPED, Step.INTERRUPTED, Step.UNREACHED)


class Progress:
    """Shows what the log gains, as it gains it, on standard error; plain lines where nobody watches."""

    def __init__(self, nodes: Sequence[str], words: Words, console: Console) -> None:
        self._marks: dict[str, dict[Step, str]] = {node: {} for node in nodes}
        self._words = words
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None

    def stop(self) -> None:
        """End the live table; what comes after is printed below it."""
        if self._live is not None:
            self._live.stop()

    def say(self, line: str) -> None:
        """Print a line above the table."""
        self._console.print(line, highlight=False)

    async def follow(self, events: AsyncIterator[Evidence]) -> None:
        """Show every piece of evidence until cancelled."""
        async for evidence in events:
            self._take(evidence)

    def _take(self, evidence: Evidence) -> None:
        marks = self._marks.get(evidence.node)
        if marks is None:
            return
        trouble = evidence.step in _TROUBLE
        marks[evidence.step] = self._words.code("step", evidence.step.value) if trouble else "✓"
        if self._live is not None:
            self._live.update(self._table())
        else:
            reason = f" ({self._words.code('reason', str(evidence.reason))})" if evidence.reason else ""
            self.say(f"{evidence.node}: {self._words.code('step', evidence.step.value)}{reason}")

    def _table(self) -> Table:
        shown = Table("", *(self._words.code("step", step.value) for step in _STEPS), "")
        for node, marks in self._marks.items():
            trouble = ", ".join(mark for step, mark in marks.items() if step in _TROUBLE)
            shown.add_row(node, *(marks.get(step, "") for step in _STEPS), trouble)
        return shown

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
