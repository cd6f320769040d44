"""The broker's users: the station and its nodes, each with a random password and its own rules."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smartradio.broker.rules import Grants, gauge_grants, node_grants, station_grants
from smartradio.domain.errors import SmartradioError
from smartradio.files import write_whole

# An underscore cannot begin a node's name, so no node can be called like the station.
STATION_USER = "_station"
_GAUGE_USER = "_gauge-"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
# Rule files know quotes, colons, comments and `$2a$` prefixes: a token has none of them.
_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A name and password at the broker."""

    name: str
    password: str = field(repr=False)


def gauge_user(gauge: str) -> str:
    """Return a gauge's user name; it is no node's, whatever the gauge is called."""
    return _GAUGE_USER + gauge


def new_password() -> str:
    """Return a random password of 192 bits."""
    # A leading dash would be taken for an option by command-line tools.
    return "n" + secrets.token_urlsafe(24)


@dataclass(frozen=True)
class UserTable:
    """All users of one station's broker.

    `nodes` maps a node's name to its zone and password, `gauges` a gauge's name to its password.
    """

    station: str
    station_password: str | None = field(default=None, repr=False)
    nodes: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    gauges: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        named = [("node", node) for node in self.nodes] + [("gauge", gauge) for gauge in self.gauges]
        for what, name in [("station", self.station), *named]:
            _check_name(what, name)
        for gauge, password in self.gauges.items():
            _check_password(gauge_user(gauge), password)
        for node, (zone, password) in self.nodes.items():
            _check_name("zone", zone)
            _check_password(node, password)
        if self.station_password is not None:
            _check_password(STATION_USER, self.station_password)

    def entries(self) -> list[tuple[BrokerUser, Grants]]:
        """Return every user with what it may do; none until somebody has given passwords."""
        entries = []
        if self.station_password is not None:
            entries.append((BrokerUser(STATION_USER, self.station_password), station_grants(self.station)))
        entries += [
            (BrokerUser(node, password), node_grants(self.station, node, zone))
            for node, (zone, password) in sorted(self.nodes.items())
        ]
        entries += [
            (BrokerUser(gauge_user(gauge), password), gauge_grants(self.station, gauge))
            for gauge, password in sorted(self.gauges.items())
        ]
        return entries

    def save(self, path: Path) -> None:
        """Keep the table in a file only its owner can read."""
        nodes = {node: {"zone": zone, "password": password} for node, (zone, password) in self.nodes.items()}
        kept = {"station": self.station, "station_password": self.station_password, "nodes": nodes}
        table = {**kept, "gauges": dict(self.gauges)} if self.gauges else kept
        write_private(path, json.dumps(table, indent=1, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path, station: str) -> UserTable:
        """Read a kept table, or an empty one where none is; raises SmartradioError for a spoiled file."""
        if not path.exists():
            return cls(station)
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            nodes = {node: (one["zone"], one["password"]) for node, one in table["nodes"].items()}
            gauges = dict(table.get("gauges", {}))
            kept, password = table["station"], table["station_password"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SmartradioError(f"the broker's users in {path} cannot be read ({error}): remove the file") from error
        if kept != station:
            raise SmartradioError(f"{path} belongs to station {kept!r}, not to {station!r}: use another folder")
        return cls(station, password, nodes, gauges)


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 whole or not at all; raises SmartradioError (disk full, no permission)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, text.encode(), mode=0o600)
    except OSError as error:
        raise SmartradioError(f"cannot write {path}: {error.strerror or error}") from error


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SmartradioError(f"{what} name {name!r}: use small letters, digits and dashes, at most 48")


def _check_password(user: str, password: str) -> None:
    if not _PASSWORD.fullmatch(password):
        raise SmartradioError(f"broker password of {user}: 16 to 128 letters, digits, dashes and underscores")
