"""What a commune sets for its emergency alerts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from smartradio.station.alerts.channels.settings import ChannelSettings
from smartradio.station.alerts.feed_settings import FeedSettings
from smartradio.station.alerts.gauge_settings import GaugeSettings

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class AlertSettings(BaseModel):
    """How alerts go out and are said again; emergencies are held to no other rule of the plan."""

    model_config = _STRICT

    second_person: bool = False
    """Whether an alert goes out only when a second account lets it out with its own PIN; the first hands it in."""
    repeat_hours: Annotated[float, Field(ge=0, le=24, allow_inf_nan=False)] = 3.0
    """So often an alert is said again where neither its template nor its sender says otherwise; 0: said once."""
    lasts_hours: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] = 24.0
    """So long an alert holds that nobody gave an end: then it is not said again any more."""
    draft_hours: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] = 24.0
    """So long a draft without an end of its own waits for somebody to send it: then the station discards it."""
    channels: Annotated[tuple[ChannelSettings, ...], Field(max_length=20)] = ()
    """Ways beside the horns, one `[[alerts.channels]]` each: other systems by webhook, telephones by an SMS gateway."""
    gauges: Annotated[tuple[GaugeSettings, ...], Field(max_length=50)] = ()
    """Water gauges that tell their readings over MQTT, one `[[alerts.gauges]]` each."""
    keep_sentences: bool = True
    """Whether the sentences that stand in every alert of a template stay on the nodes as sirens do: 0.6 MB each."""
    feeds: Annotated[tuple[FeedSettings, ...], Field(max_length=20)] = ()
    """Feeds of warnings that are followed, one `[[alerts.feeds]]` each."""
    issuer: Annotated[str, Field(max_length=200)] = ""
    """Whose word an alert is where it names nobody; without it "Ủy ban nhân dân" and the commune's name."""
    names: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    """What warnings call the whole commune: its own name, those of its district and province."""
    codes: Annotated[dict[str, tuple[str, ...]], Field(max_length=20)] = Field(default_factory=dict)
    """Codes that mean the whole commune, by the name of their system, as they stand in warnings (geocode)."""
    sender: Annotated[str, Field(max_length=100, pattern=r"^[^\s,<&]*$")] = ""
    """The station's name in the messages it publishes (CAP), as in dai@yen-hoa.example.vn; else smartradio-STATION."""
    templates: Path | None = None
    """Folder with the commune's own templates (*.yaml); one of a known name takes the place of ours."""

    @model_validator(mode="after")
    def _no_name_stands_twice(self) -> Self:
        for what, named in (("channels", self.channels), ("gauges", self.gauges), ("feeds", self.feeds)):
            twice = [name for name, times in Counter(each.name for each in named).items() if times > 1]
            if twice:
                raise ValueError(f"two {what} are named {twice[0]!r}")
        return self
