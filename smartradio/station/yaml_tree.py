"""YAML as nodes, one at a time: what a file holds is bounded by its longest item, not by its length."""

from __future__ import annotations

from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

MOST_NODES: Final = 10_000
"""No programme has so many keys and values; what has would fill the memory."""

# PyYAML's own parser takes fifteen times as long; it stands in where the wheel came without libyaml.
_Events: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(Composer, _Events):  # type: ignore[misc]  # which one it is only the wheel knows
    """Composes nodes from libyaml's events: libyaml's own composer knows whole documents only."""

    def __init__(self, text: str) -> None:
        _Events.__init__(self, text)
        Composer.__init__(self)
        self.left = MOST_NODES

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.left -= 1
        if self.left < 0:
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem=f"more than {MOST_NODES} values in one item", problem_mark=mark)
        return super().compose_node(parent, index)


class Tree:
    """A document being read from its beginning; methods raise yaml.YAMLError for what is no YAML."""

    def __init__(self, text: str) -> None:
        self._loader = _Loader(text)
        self._loader.get_event()

    def whole(self) -> yaml.Node | None:
        """Return the one document, None for an empty file."""
        if not self.begin():
            return None
        root = self.node()
        self.finish()
        return root

    def begin(self) -> bool:
        """Go into the document; False for an empty file."""
        if self._loader.check_event(StreamEndEvent):
            return False
        self._loader.get_event()
        return True

    def finish(self) -> None:
        """Leave the document; a second one is refused."""
        self._loader.get_event()
        if not self._loader.check_event(StreamEndEvent):
            mark = self._loader.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="a second document begins here; write one list", problem_mark=mark)

    def at_mapping(self) -> bool:
        """Tell whether 'key: value' lines come next."""
        return bool(self._loader.check_event(MappingStartEvent))

    def at_list(self) -> bool:
        """Tell whether a list comes next."""
        return bool(self._loader.check_event(SequenceStartEvent))

    def at_end(self) -> bool:
        """Tell whether the list or the lines are over."""
        return bool(self._loader.check_event(MappingEndEvent, SequenceEndEvent))

    def enter(self) -> int:
        """Go into the list or the lines that come next, and return the line on which they begin."""
        return int(self._loader.get_event().start_mark.line) + 1

    def leave(self) -> None:
        """Go out of the list or the lines."""
        self._loader.get_event()

    def node(self) -> yaml.Node:
        """Return what comes next, whole."""
        self._loader.left = MOST_NODES
        found = self._loader.compose_node(None, None)
        assert found is not None
        return found
