"""What came of presses of the button, kept until the station has it: through restarts, without a clock, without a line.

It is written down after the sound has begun: whoever stands at the pole waits for no disk. A node that loses its power
in that moment has called, and cannot tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from smartradio.domain.evidence import Reason, Step
from smartradio.node.parts import NodeParts

_OPEN: Final = "button_open"
_UNTOLD: Final = "button_untold"


@dataclass(frozen=True, slots=True)
class Press:
    """A press that is not over: `boot` and `asked_s` say when (monotonic), `tries` how often it was taken up anew."""

    key: str
    boot: str
    asked_s: float
    held_s: float
    tries: int = 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is to be reported; `at_s` is its instant by the monotonic clock of `boot`, `stated` the best guess then."""

    step: str
    boot: str
    at_s: float
    stated: str
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class PressLog:
    """Keeps presses in memory and, as soon as it takes them, in the journal; one thread's.

    `boot` is the token of the monotonic clock.
    """

    def __init__(self, parts: NodeParts, boot: str) -> None:
        self._parts = parts
        self._boot = boot
        self._open = _press_from(parts.journal.get(_OPEN))
        self._untold = _entries_from(parts.journal.get(_UNTOLD))
        self._changed = False

    @property
    def open(self) -> Press | None:
        """The press that is not over, also one of a process before this one."""
        return self._open

    def begin(self, press: Press) -> None:
        """Note that a press is to be heard."""
        self._open, self._changed = press, True

    def again(self) -> None:
        """Note that a press of a process before this one is taken up anew."""
        if self._open is not None:
            self._open, self._changed = replace(self._open, tries=self._open.tries + 1), True

    def end(self) -> None:
        """Note that the press is over."""
        self._open, self._changed = None, True

    def tell(
        self, press: str, step: Step, at_s: float, reason: Reason | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Note what is to be reported of a press, by its key; `at_s` is its instant by the monotonic clock."""
        told = {"button": press, **(facts or {})}
        stated = self._parts.clock.stated().isoformat()
        self._untold.append(_Entry(step.value, self._boot, at_s, stated, reason.value if reason else None, told))
        self._changed = True

    def write(self, *, settled: bool) -> None:
        """Write down what changed, and make reports of it; raises JournalError, then it is tried again.

        With trusted time the reports carry it, also for what happened before there was any. Without it they wait,
        unless it is `settled` that none will come soon: then they carry a guess and say so (`time_unsure`).
        """
        told = self._untold if settled or self._parts.clock.trusted else []
        if not (told or self._changed):
            return
        left = [] if told else self._untold
        with self._parts.journal.together():
            for entry in told:
                self._report(entry)
            press = "" if self._open is None else json.dumps(asdict(self._open))
            self._parts.journal.put({_OPEN: press, _UNTOLD: json.dumps([asdict(entry) for entry in left])})
        self._untold, self._changed = list(left), False

    def _report(self, entry: _Entry) -> None:
        at = self._parts.clock.at(entry.at_s) if entry.boot == self._boot and self._parts.clock.trusted else None
        facts = dict(entry.facts)
        if at is None:
            at, facts["time_unsure"] = datetime.fromisoformat(entry.stated), True
        reason = Reason(entry.reason) if entry.reason else None
        self._parts.reports.add(Step(entry.step), None, reason=reason, facts=facts, at=at)


def _press_from(text: str | None) -> Press | None:
    return Press(**json.loads(text)) if text else None


def _entries_from(text: str | None) -> list[_Entry]:
    return [_Entry(**entry) for entry in json.loads(text)] if text else []
