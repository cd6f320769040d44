"""What a node must be told; everything else it learns from its station."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from smartradio.audio.pole import Fault
from smartradio.node.button import ButtonSettings
from smartradio.node.inputs import InputSettings
from smartradio.wire.client import LinkSettings
from smartradio.wire.messages import Name, Sha256


class NeighbourSettings(BaseModel):
    """A pole within earshot of a virtual node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node: Name
    """The neighbour's name; its sound is found in the shared air folder."""
    distance_m: float = Field(gt=0, le=2000)
    """How far away its horn stands."""


class VirtualSettings(BaseModel):
    """The simulated pole, horn, microphone and clock of a virtual node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int = Field(default=0, ge=0)
    """Which of the demo's poles this is; chooses echo, gain, noise and delay."""
    seed: int = 0
    """The demo's seed; the same seed gives the same poles."""
    fault: Fault | None = None
    """What is wrong with this pole's sound."""
    substitute: Path | None = None
    """WAV or Opus file with other speech, played instead under the fault `wrong`."""
    clock_ppm: float = Field(default=0.0, ge=-50, le=50)
    """How fast the simulated crystal runs: node clock and sound card alike."""
    clock_error_s: float = Field(default=0.0, ge=-400_000_000, le=400_000_000, allow_inf_nan=False)
    """How far the simulated operating system's clock is off."""
    air_folder: Path | None = None
    """Folder in which the virtual nodes of one machine hear each other; None: no neighbours."""
    neighbours: tuple[NeighbourSettings, ...] = ()
    """The horns within earshot."""


class NodeSettings(BaseModel):
    """Settings of one node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    """Name of this node at its station."""
    zone: Name
    """Zone it stands in; orders for the zone are orders for this node."""
    station: Name
    """Name of the station it obeys."""
    station_public_key: Sha256
    """The station's Ed25519 key, 64 hex digits; what another key signed is refused."""
    data: Path
    """Folder of the node's own: key, journal, recordings. One node, one folder."""
    link: LinkSettings = LinkSettings()
    """The broker."""
    sound: Literal["virtual", "portaudio"] = "portaudio"
    """Real sound card, or a simulated pole."""
    output: str = ""
    """Name of the output device, or part of it; empty takes the system's default."""
    microphone: str = ""
    """Name of the input device, or part of it; empty takes the system's default."""
    volume_db: Annotated[float, Field(ge=-60, le=0)] = 0.0
    """Loudest level this node may play at, whatever the station sets."""
    cache_limit_mb: float = Field(default=2_000, gt=0)
    """Recordings kept beyond this are let go, oldest first, unless they stand in the plan."""
    disk_floor_mb: float = Field(default=64, ge=0)
    """Free space below which nothing more is stored."""
    kept_clips: int = Field(default=100, ge=0, le=10_000)
    """Microphone recordings kept for the station to ask for, the newest; 0 keeps none."""
    kept_clips_mb: float = Field(default=100, ge=0)
    """Room they may take together; the station sets for how many days."""
    static_delay_ms: float = Field(default=0.0, ge=0, le=1_000)
    """Delay of amplifier and wiring behind the sound card; playing starts earlier by as much."""
    rtc: bool = False
    """Whether the machine has a hardware clock module whose time may be trusted for what stands in the plan."""
    button: ButtonSettings | None = None
    """The button at the pole that calls people to leave without the station."""
    inputs: Annotated[tuple[InputSettings, ...], Field(max_length=16)] = ()
    """Contacts of the cabinet, told in the node's state."""
    data_budget_mb: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """What the line may carry in a month; from 80 % on it is told. Nothing is held back because of it."""
    data_month_starts_on: int = Field(default=1, ge=1, le=28)
    """Day on which the provider's month begins."""
    virtual: VirtualSettings = VirtualSettings()
    """The simulated pole, used when `sound` is "virtual"."""

    @model_validator(mode="after")
    def _contacts_apart(self) -> Self:
        pins = [each.pin for each in self.inputs] + ([] if self.button is None else [self.button.pin])
        names = [each.name for each in self.inputs]
        for what, values in (("pin", pins), ("name", names)):
            if len(set(values)) < len(values):
                raise ValueError(f"button and inputs: each has a {what} of its own")
        return self
