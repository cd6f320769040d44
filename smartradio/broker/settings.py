"""What an embedded broker that runs alone must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from smartradio.wire.messages import Name


class BrokerNode(BaseModel):
    """A node that may connect."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    """The node's name, which is its user name."""
    zone: Name
    """The zone whose orders it may read."""
    password: SecretStr
    """At least 16 characters of A-Z, a-z, 0-9, - and _."""


class BrokerGauge(BaseModel):
    """A water gauge that may connect."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    """The gauge's name; its user name is `_gauge-` and this."""
    password: SecretStr
    """At least 16 characters of A-Z, a-z, 0-9, - and _."""


class BrokerSettings(BaseModel):
    """Settings of `smartradio broker`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: Name
    """The station whose topics are carried; it logs in as `_station`."""
    folder: Path
    """Where the broker keeps its files."""
    station_password: SecretStr
    """The station's password; at least 16 characters of A-Z, a-z, 0-9, - and _."""
    host: str = "127.0.0.1"
    """Address to listen at; loopback unless told otherwise."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 1883
    """Port to listen at; 0 takes a free one."""
    nodes: tuple[BrokerNode, ...] = ()
    """The nodes that may connect."""
    gauges: tuple[BrokerGauge, ...] = ()
    """The water gauges that may connect; each may tell its own readings and nothing else."""
