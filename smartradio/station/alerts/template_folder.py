"""The commune's folder of templates as it is now: read again when one of its files has changed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from smartradio.station.alerts.template_files import known_templates

if TYPE_CHECKING:
    from smartradio.alerting.templates.template import Template

_logger = structlog.get_logger()

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates by name; `fault` has a line for each file of the commune's that could not be used, "" for none."""

    by_name: Mapping[str, Template]
    fault: str = ""


class TemplateFolder:
    """The program's templates and those of the folder `own`, if there is one; every method blocks."""

    def __init__(self, own: Path | None) -> None:
        self._own = own
        self._known: tuple[Stamp, Templates] | None = None

    def read(self) -> Templates:
        """Return the templates; their files are read again only when one of the commune's has changed."""
        stamp = self.stamp()
        if self._known is not None and self._known[0] == stamp:
            return self._known[1]
        known = known_templates(self._own)
        for line in known.faults:
            _logger.error("templates_not_read", line=line)
        found = Templates(known.by_name, "\n".join(known.faults))
        self._known = stamp, found
        return found

    def stamp(self) -> Stamp:
        """Return what changes with the commune's files: names, times and sizes."""
        if self._own is None:
            return ()
        found = []
        for path in sorted(self._own.glob("*.yaml")):
            # What leads nowhere has no time; what goes this very moment is not there.
            with contextlib.suppress(OSError):
                stat = path.stat() if path.exists() else path.lstat()
                found.append((path.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)
