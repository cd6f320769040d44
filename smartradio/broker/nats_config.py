"""The configuration file of nats-server as MQTT broker."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from smartradio.broker.rules import Grants
from smartradio.broker.users import BrokerUser

# A plan of seven days may come near the wire's limit of 4 MiB.
_MAX_PAYLOAD = "8MB"
_MAX_FILE_STORE = "1GB"
_MAX_MEMORY_STORE = "64MB"
# What a subscriber may owe us is 64 chunks of 32 KiB: 2 MB, which a link of 280 kbit/s carries within the
# minute before they are sent again. The sum over a client's subscriptions may not pass 65,535.
_MAX_ACK_PENDING = 64
_ACK_WAIT = "60s"
_LOG_FILE_LIMIT = "4MB"

# QoS 1 reaches a client on an inner subject of this name. Servers before 2.14 want it granted. Asking for it
# by name is refused by old and new ones alike (tested with 2.9 and 2.15).
_INNER_DELIVERY = "$MQTT.sub.>"

PROBE_USER = "_probe"


@dataclass(frozen=True, slots=True)
class NatsPlaces:
    """Where the server listens and keeps its things."""

    host: str
    port: int
    store: Path
    log: Path
    pid: Path


def to_subjects(mqtt_filter: str) -> tuple[str, ...]:
    """Return the NATS subjects that mean an MQTT filter; `x/#` also holds `x` itself.

    Raises ValueError for what NATS would understand differently (dots, spaces, its own wildcards).
    """
    levels = mqtt_filter.split("/")
    if any(not level or set(level) & set(".*> \t\r\n") for level in levels):
        raise ValueError(f"{mqtt_filter!r} has no exact counterpart in NATS subjects")
    inner = ["*" if level == "+" else level for level in levels]
    if inner[-1] != "#":
        return (".".join(inner),)
    if len(inner) == 1:
        return (">",)
    return (".".join(inner[:-1]), ".".join([*inner[:-1], ">"]))


def _quoted(text: str | Path) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _subjects(filters: Iterable[str], *more: str) -> str:
    subjects = [*(subject for each in filters for subject in to_subjects(each)), *more]
    return ", ".join(_quoted(subject) for subject in subjects)


def _user_line(user: BrokerUser, grants: Grants) -> str:
    # Without the last item a node could log in over the NATS protocol, where inner subjects are not guarded.
    return (
        f"    {{ user: {_quoted(user.name)}, password: {_quoted(user.password)}, permissions: {{"
        f" publish: {{ allow: [{_subjects(grants.publish)}] }},"
        f" subscribe: {{ allow: [{_subjects(grants.subscribe, _INNER_DELIVERY)}] }} }},"
        ' allowed_connection_types: ["MQTT"] }'
    )


def _probe_line(password: str) -> str:
    return (
        f"    {{ user: {_quoted(PROBE_USER)}, password: {_quoted(password)},"
        ' permissions: { publish: { deny: [">"] }, subscribe: { deny: [">"] } },'
        ' allowed_connection_types: ["MQTT"] }'
    )


def write_config(
    station: str, places: NatsPlaces, users: Iterable[tuple[BrokerUser, Grants]], probe_password: str
) -> str:
    """Return the text of the file; `probe_password` is that of a user that may do nothing but log in."""
    host = f"[{places.host}]" if ":" in places.host else places.host
    lines = [
        f"server_name: {_quoted(station)}",
        # The NATS protocol itself is not used; the server insists on a port for it.
        'listen: "127.0.0.1:-1"',
        f"max_payload: {_MAX_PAYLOAD}",
        f"pid_file: {_quoted(places.pid)}",
        f"log_file: {_quoted(places.log)}",
        f"logfile_size_limit: {_LOG_FILE_LIMIT}",
        "jetstream {",
        f"  store_dir: {_quoted(places.store)}",
        f"  max_memory_store: {_MAX_MEMORY_STORE}",
        f"  max_file_store: {_MAX_FILE_STORE}",
        "}",
        "mqtt {",
        f"  listen: {_quoted(f'{host}:{places.port}')}",
        f"  ack_wait: {_quoted(_ACK_WAIT)}",
        f"  max_ack_pending: {_MAX_ACK_PENDING}",
        "}",
        "authorization {",
        "  users: [",
        _probe_line(probe_password),
        *(_user_line(user, grants) for user, grants in users),
        "  ]",
        "}",
    ]
    return "\n".join(lines) + "\n"
