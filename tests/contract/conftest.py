"""Both real brokers, one after the other, for every test of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.wire.client import Link, LinkState
from tests.contract.brokers import Broker, Commune, Embedded, Inbox, Mosquitto, Peer, eventually


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    kinds: dict[str, type[Embedded] | type[Mosquitto]] = {"embedded": Embedded, "mosquitto": Mosquitto}
    broker: Broker = kinds[request.param](tmp_path / "broker", Commune.station)
    yield broker
    broker.stop()


@pytest.fixture
def commune(broker: Broker) -> Commune:
    """A commune whose broker is running."""
    commune = Commune(broker)
    broker.start()
    return commune


@pytest.fixture
def peer(commune: Commune) -> Iterator[Callable[..., Peer]]:
    """Make bare peers: `peer("thon-1")`, or with any id, user or will."""
    peers: list[Peer] = []

    def make(name: str, **changes: Any) -> Peer:
        arguments: dict[str, Any] = {"user": commune.users.get(name), "client_id": f"bare-{name}", **changes}
        made = Peer(commune.broker.port, **arguments)
        peers.append(made)
        return made

    yield make
    for made in peers:
        made.close()


@pytest.fixture
def link(broker: Broker) -> Iterator[Callable[..., tuple[Link, Inbox]]]:
    """Make started links of ours with an inbox; `up=False` does not wait for them."""
    links: list[Link] = []

    def make(settings: Any, *subscriptions: str, up: bool = True, **options: Any) -> tuple[Link, Inbox]:
        inbox = Inbox()
        options = {"client_id": "test", "on_message": inbox, **options}
        made = Link(settings, subscriptions=subscriptions, **options)
        links.append(made)
        made.start()
        if up:
            eventually(lambda: made.state is LinkState.UP, "the link is up")
        return made, inbox

    yield make
    for made in links:
        made.stop()
