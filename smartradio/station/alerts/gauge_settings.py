"""What a commune sets for its water gauges: what is nonsense, and at which limits a person is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from smartradio.domain.gauge import GaugeRule, RuleKind
from smartradio.wire.messages import Name

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
Metres = Annotated[float, Field(ge=-500, le=9_000, allow_inf_nan=False)]

BACK_M = 0.2
"""A level is calm again so far below its limit, unless told otherwise."""


class GaugeRuleSettings(BaseModel):
    """A limit: of the level or of its rise. Once it is crossed an alert is prepared, and an officer is rung."""

    model_config = _STRICT

    name: Name
    """Name in the records: a-z, 0-9, hyphens."""
    template: Name
    """The alert's template, filled in with the figures; an officer reads it, changes it, sends it or not."""
    level_m: Metres | None = None
    """Crossed when the water stands as high as this, in metres above the gauge's zero."""
    rise_m_h: Annotated[float, Field(gt=0, le=50, allow_inf_nan=False)] | None = None
    """Crossed when the water rises as fast as this, in metres an hour; this or `level_m`."""
    back: Metres | None = None
    """Calm again below this, so that waves are no second crossing; 0.2 m under the level, half of the rise."""
    times: Annotated[int, Field(ge=1, le=10)] = 2
    """So many readings one after another must say so: one wrong one wakes nobody."""
    window_minutes: Annotated[float, Field(ge=10, le=1_440, allow_inf_nan=False)] = 60.0
    """A rise is taken over so long."""
    zones: tuple[Name, ...] = ()
    """Where the alert is for; without any, everywhere."""
    values: Annotated[dict[str, str], Field(max_length=30)] = Field(default_factory=dict)
    """Fields of the template with what stands in them, beside the figures that the gauge fills in itself."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.level_m is None) == (self.rise_m_h is None):
            raise ValueError(f"rule {self.name!r}: give level_m or rise_m_h, one of the two")
        rule = self.rule()
        if rule.back > rule.over:
            raise ValueError(f"rule {self.name!r}: it cannot be calm again above its limit")
        return self

    def rule(self) -> GaugeRule:
        """Return it in the words of the trade."""
        window = timedelta(minutes=self.window_minutes)
        if self.rise_m_h is not None:
            back = self.rise_m_h / 2 if self.back is None else self.back
            return GaugeRule(self.name, RuleKind.RISE, self.rise_m_h, back, self.times, window)
        level_m = self.level_m or 0.0
        back = level_m - BACK_M if self.back is None else self.back
        return GaugeRule(self.name, RuleKind.LEVEL, level_m, back, self.times, window)


class GaugeSettings(BaseModel):
    """A water gauge that tells its readings over MQTT (docs/gauges.md)."""

    model_config = _STRICT

    name: Name
    """Name in its topic: a-z, 0-9, hyphens."""
    title: Annotated[str, Field(min_length=1, max_length=100)]
    """What operators and alerts call it, as in "trạm Bến Đế"."""
    river: Annotated[str, Field(max_length=100)] = ""
    """Which water it measures, as in "sông Hoàng Long"."""
    issuer: Annotated[str, Field(max_length=100)] = ""
    """Whose readings they are, said in the alert; without one the gauge's title."""
    password: SecretStr = SecretStr("")
    """Its password at the embedded broker, where it is the user `_gauge-NAME`; an outside broker keeps its own."""
    lowest_m: Metres = -10.0
    """A lower reading is nonsense."""
    highest_m: Metres = 100.0
    """A higher reading is nonsense."""
    old_minutes: Annotated[float, Field(gt=0, le=1_440, allow_inf_nan=False)] = 30.0
    """An older reading is not taken: nobody is woken for what was hours ago."""
    missing_minutes: Annotated[float, Field(ge=0, le=10_080, allow_inf_nan=False)] = 60.0
    """So long without a reading the technician is told; 0: never."""
    rules: Annotated[tuple[GaugeRuleSettings, ...], Field(max_length=20)] = ()
    """Its limits."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [rule.name for rule in self.rules]
        if len(set(names)) < len(names):
            raise ValueError(f"gauge {self.name!r}: two rules have one name")
        if self.lowest_m >= self.highest_m:
            raise ValueError(f"gauge {self.name!r}: lowest_m must be below highest_m")
        for rule in self.rules:
            if rule.level_m is not None and not self.lowest_m < rule.level_m < self.highest_m:
                raise ValueError(f"gauge {self.name!r}: rule {rule.name!r} lies where readings count as nonsense")
        return self
