"""A schedule file as YAML nodes with their lines; each mistake is refused with file, line and what would be right."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import yaml

from smartradio.domain.errors import BadInputError
from smartradio.station.yaml_tree import Tree

_MAX_FILE_BYTES = 64_000_000
# What is read aloud may have lines.
_MANY_LINES = ("text", "fallback_text", "situation", "forecast", "advice")
_NO_TEXT = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:bool")
_BOOL = "tag:yaml.org,2002:bool"
_YES = ("true", "yes", "on")


@dataclass(frozen=True)
class Source:
    """One file being read; it knows how to say where something is wrong."""

    path: Path

    def refuse(self, node: yaml.Node, what: str) -> NoReturn:
        """Raise BadInputError with the line on which `node` begins."""
        raise BadInputError(f"{self.path}, line {node.start_mark.line + 1}: {what}")

    def parse(self) -> yaml.Node:
        """Return what the file holds."""
        with self._reading() as tree:
            root = tree.whole()
        if root is None:
            raise BadInputError(f"{self.path}: the file is empty")
        return root

    def items(self, key: str, what: str) -> Iterator[yaml.Node]:
        """Yield the items of the list under the one key of the file, each forgotten before the next is read.

        A schedule of 50,000 bulletins is then as large in memory as its longest one. `what` is what an item is called.
        """
        with self._reading() as tree:
            if not tree.begin():
                raise BadInputError(f"{self.path}: the file is empty; write the {what}s under {key!r}")
            if not tree.at_mapping():
                self.refuse(tree.node(), f"the file must be written as 'key: value' lines, the {what}s under {key!r}")
            line = tree.enter()
            if tree.at_end():
                raise BadInputError(f"{self.path}, line {line}: write the {what}s as a list under the key {key!r}")
            seen: set[str] = set()
            while not tree.at_end():
                seen.add(self._check_key(tree.node(), (key,), seen))
                yield from self._listed(
                    tree, f"{key!r} must be a list with at least one {what}, each beginning with '-'"
                )
            tree.leave()
            tree.finish()

    def _listed(self, tree: Tree, wanted: str) -> Iterator[yaml.Node]:
        if not tree.at_list():
            self.refuse(tree.node(), wanted)
        line = tree.enter()
        if tree.at_end():
            raise BadInputError(f"{self.path}, line {line}: {wanted}")
        while not tree.at_end():
            yield tree.node()
        tree.leave()

    @contextmanager
    def _reading(self) -> Iterator[Tree]:
        """Give the file's tree; what is no YAML becomes BadInputError with its line."""
        text = _read_text(self.path, f"{self.path}")
        try:
            yield Tree(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f", line {mark.line + 1}" if mark else ""
            problem = error.problem or error.context or "cannot be read"
            raise BadInputError(f"{self.path}{where}: not YAML: {problem}") from error
        except yaml.YAMLError as error:
            raise BadInputError(f"{self.path}: not YAML: {' '.join(str(error).split())}") from error
        except (ValueError, OverflowError, RecursionError) as error:
            # PyYAML lets these through for absurd numbers, escapes and nesting.
            raise BadInputError(f"{self.path}: not YAML that can be read: {type(error).__name__}") from error

    def mapping(self, node: yaml.Node, keys: tuple[str, ...], what: str) -> dict[str, yaml.Node]:
        """Return the values of 'key: value' lines, each key a known one and there once."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, f"{what} must be written as 'key: value' lines")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            fields[self._check_key(key, keys, fields)] = value
        return fields

    def _check_key(self, key: yaml.Node, keys: tuple[str, ...], there: Container[str]) -> str:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in keys:
            close = get_close_matches(name[:40], keys, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the keys are {', '.join(keys)}"
            self.refuse(key, f"unknown key {name[:40]!r}; {hint}")
        if name in there:
            self.refuse(key, f"the key {name!r} stands twice")
        return name


class Fields:
    """The values of one programme or part, each read and checked by its kind."""

    def __init__(self, source: Source, node: yaml.Node, keys: tuple[str, ...], what: str) -> None:
        self.source = source
        self.node = node
        self.values = source.mapping(node, keys, what)

    def refuse(self, key: str, what: str) -> NoReturn:
        """Raise BadInputError with the line of a key's value, or of the whole where it is missing."""
        self.source.refuse(self.values.get(key, self.node), f"{key}: {what}")

    def text(self, key: str) -> str | None:
        """Return a text without blanks at its ends, None where the key is missing."""
        node = self.values.get(key)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag in _NO_TEXT or not node.value.strip():
            self.refuse(key, "write a text here, in quotes if YAML takes it for something else")
        found: str = node.value.strip()
        kinds = {unicodedata.category(character) for character in found}
        # What the bulletin itself may hold is for the studio to say; half a character nobody can keep.
        if "Cs" in kinds or ("Cc" in kinds and key not in _MANY_LINES):
            self.refuse(key, "holds control characters; write plain text on one line")
        return found

    def needed(self, key: str) -> str:
        """Return a text that must be there."""
        found = self.text(key)
        if found is None:
            self.refuse(key, "is missing")
        return found

    def number(self, key: str, highest: float) -> float | None:
        """Return a number of seconds from 0 to `highest`, None where the key is missing."""
        found = self.text(key)
        if found is None:
            return None
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if not 0 <= value <= highest:
            self.refuse(key, f"{found[:40]!r} is not a number of seconds from 0 to {highest:.0f}")
        return value

    def count(self, key: str, highest: int) -> int:
        """Return a whole number from 1 to `highest`, 1 where the key is missing."""
        found = self.text(key) or "1"
        counts = {str(number): number for number in range(1, highest + 1)}
        if found not in counts:
            self.refuse(key, f"{found[:40]!r} is not a whole number from 1 to {highest}")
        return counts[found]

    def yes(self, key: str) -> bool:
        """Return a yes or no; no where the key is missing."""
        node = self.values.get(key)
        if node is None:
            return False
        if not isinstance(node, yaml.ScalarNode) or node.tag != _BOOL:
            self.refuse(key, "write true or false")
        return str(node.value).lower() in _YES

    def checked(self, key: str, check: Callable[[str], Any]) -> Any:
        """Return what `check` makes of a text; what it refuses is refused with the line."""
        text = self.needed(key)
        try:
            return check(text)
        except BadInputError as error:
            self.refuse(key, str(error))


def read_bytes(path: Path, what: str, most: int) -> bytes:
    """Return a file's bytes, at most so many; raises BadInputError that begins with `what`."""
    try:
        # A pipe or a device in the path would be read for ever.
        if not path.is_file():
            raise BadInputError(f"{what}: there is no such file")
        if path.stat().st_size > most:
            raise BadInputError(f"{what}: larger than {most} bytes, far more than a bulletin; hand in less")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(f"{what}: cannot be read: {reason}") from error


def _read_text(path: Path, what: str) -> str:
    """Return a text file's content; raises BadInputError, for a file that is not UTF-8 or too large, too."""
    try:
        return read_bytes(path, what, _MAX_FILE_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{what}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
