"""Zones and the nodes that stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from smartradio.domain.errors import BadInputError

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


def check_name(name: str, what: str) -> str:
    """Return the name if it may stand in a topic and a file name (a-z, 0-9, hyphen, at most 48), else raise."""
    if not _NAME.fullmatch(name):
        raise BadInputError(f"{what} {name!r}: use a-z, 0-9 and hyphens, 1 to 48 characters, none at the ends")
    return name


@dataclass(frozen=True, slots=True)
class Zone:
    """An area that is addressed as one: usually a hamlet.

    `title` is what operators read, as in "Thôn 3".
    """

    name: str
    title: str

    def __post_init__(self) -> None:
        check_name(self.name, "zone")


@dataclass(frozen=True, slots=True)
class Node:
    """A loudspeaker node: receiver, amplifier and horns on one pole.

    `public_key` is the node's Ed25519 key, 32 bytes in hex; what the node signs is checked against it.
    """

    name: str
    zone: str
    title: str
    public_key: str

    def __post_init__(self) -> None:
        check_name(self.name, "node")
        check_name(self.zone, f"zone of node {self.name}")
        if not re.fullmatch(r"[0-9a-f]{64}", self.public_key):
            raise BadInputError(f"node {self.name}: public_key must be 64 hex digits")
