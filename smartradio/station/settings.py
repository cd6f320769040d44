"""What a commune sets for its station: one model, a docstring per field, checked before anything starts."""

from __future__ import annotations

import re
from collections import Counter
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from smartradio.broker.users import STATION_USER
from smartradio.domain.places import Node, Zone
from smartradio.domain.plan_rules import NIGHT
from smartradio.station.alarms.settings import AlarmSettings, MailSettings, RingSettings
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.clip_policy import ClipPolicy
from smartradio.station.source_information.settings import SourceInformationSettings
from smartradio.station.zone_names import ZoneNames
from smartradio.wire.client import LinkSettings
from smartradio.wire.messages import Name, NodeConfig

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

# What every broker's file of users can hold.
_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,128}")

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class VolumeSettings(BaseModel):
    """A step of the volume by the wall clock."""

    model_config = _STRICT

    at: time
    """From this time on, until the next step."""
    volume_db: Annotated[float, Field(ge=-60, le=0, allow_inf_nan=False)]
    """Against each node's own setting."""


class PlanSettings(BaseModel):
    """What may sound when, and how loud; emergencies and live voices are held to none of it."""

    model_config = _STRICT

    quiet_from: time = NIGHT.begin
    """From this time on only emergencies and live voices sound."""
    quiet_until: time = NIGHT.end
    """Until this time, on the next day if it is earlier; the same as `quiet_from` for no quiet hours."""
    airtime_minutes: Annotated[float, Field(gt=0, le=1_440, allow_inf_nan=False)] | None = None
    """So many minutes a day programmes may sound in a zone; one city's rule is 30. None for no such limit."""
    volume: Annotated[tuple[VolumeSettings, ...], Field(max_length=24)] = ()
    """Volume by the hour, such as -12 dB from 19:00 on; without a step all sounds as the nodes are set."""
    day_dba: Annotated[float, Field(ge=30, le=120, allow_inf_nan=False)] = 70.0
    """The limit by day at the nearest house, held in zones that have been measured (`dba_at_0_db`)."""
    night_dba: Annotated[float, Field(ge=30, le=120, allow_inf_nan=False)] = 55.0
    """The limit by night."""
    day_from: time = time(6)
    """From this time on the limit by day holds."""
    day_until: time = time(21)
    """From this time on the limit by night holds."""

    @model_validator(mode="after")
    def _times_are_of_the_wall_clock(self) -> Self:
        steps = [step.at for step in self.volume]
        for wall in (self.quiet_from, self.quiet_until, self.day_from, self.day_until, *steps):
            if wall.tzinfo is not None:
                raise ValueError("write times by the commune's wall clock, as 21:00")
        if len(set(steps)) < len(steps):
            raise ValueError("two steps of the volume begin at the same time")
        return self


class ZoneSettings(BaseModel):
    """An area addressed as one, usually a hamlet."""

    model_config = _STRICT

    name: Name
    """Name in topics and files: a-z, 0-9, hyphens."""
    title: Annotated[str, Field(min_length=1, max_length=100)]
    """What operators read, as in "Thôn 3"."""
    former: tuple[Name, ...] = ()
    """Names of zones that were merged into this one; schedules that still name them are aired here."""
    plan: PlanSettings | None = None
    """What may sound here when, in the place of the station's `plan`."""
    dba_at_0_db: Annotated[float, Field(ge=30, le=140, allow_inf_nan=False)] | None = None
    """How loud this zone's nodes are at the nearest house, in dBA, as they are set; None: not measured, no limit."""
    stagger_s: Annotated[float, Field(ge=0, le=900, allow_inf_nan=False)] = 0.0
    """So long after its instant everything starts here but emergencies: neighbours do not talk into each other."""

    def zone(self) -> Zone:
        """Return it in the words of the trade."""
        return Zone(name=self.name, title=self.title)


class NodeEntry(BaseModel):
    """A loudspeaker node that the station knows."""

    model_config = _STRICT

    name: Name
    """Name in topics and files; no two nodes share one."""
    zone: Name
    """The zone it stands in."""
    title: Annotated[str, Field(min_length=1, max_length=100)]
    """What operators read, as in "Cụm loa nhà văn hóa thôn 3"."""
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The node's Ed25519 key in hex, as `smartradio node` prints it at its first start."""
    password: SecretStr = SecretStr("")
    """Its password at the embedded broker; an outside broker keeps its own."""
    volume_db: Annotated[float, Field(ge=-60, le=0, allow_inf_nan=False)] = 0.0
    """Volume against the node's own setting."""
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    """Where its pole stands: latitude in degrees (WGS 84); with `lon`, or set on the map of the pages."""
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    """Longitude in degrees."""
    clip_bitrate: Annotated[int, Field(ge=6_000, le=64_000)] = NodeConfig.model_fields["clip_bitrate"].default
    """Bits a second of its microphone recordings."""

    def node(self) -> Node:
        """Return it in the words of the trade."""
        return Node(name=self.name, zone=self.zone, title=self.title, public_key=self.public_key)


class OutsideBroker(LinkSettings):
    """An outside broker and the station's user there."""

    username: str | None = STATION_USER
    """The station's user; the rules we write for Mosquitto know it by this name."""


class StationBroker(BaseModel):
    """The MQTT broker: the embedded one, or an outside one."""

    model_config = _STRICT

    outside: OutsideBroker | None = None
    """How to reach an outside broker; without it the station runs its own."""
    listen_host: str = "127.0.0.1"
    """Where the embedded broker listens; loopback unless nodes on the network are to reach it."""
    listen_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Port of the embedded broker; 0 takes a free one."""

    @property
    def port(self) -> int:
        """The port at which nodes find the broker; 0 if it changes with every start."""
        return self.outside.port if self.outside is not None else self.listen_port


class StationSettings(BaseModel):
    """Everything a station must know; see the docstring under each field."""

    model_config = _STRICT

    station: Name
    """Name of the station in topics; nodes obey no other."""
    title: Annotated[str, Field(min_length=1, max_length=100)]
    """What operators read, as in "Đài truyền thanh xã Yên Hòa"."""
    folder: Path
    """Data folder: database, audio objects, keys, the embedded broker's files."""
    broker: StationBroker = StationBroker()
    """Which broker carries the messages."""
    zones: Annotated[tuple[ZoneSettings, ...], Field(min_length=1)]
    """The commune's zones."""
    nodes: tuple[NodeEntry, ...] = ()
    """The commune's loudspeaker nodes."""
    source_information: SourceInformationSettings | None = None
    """The province's source-information system; None for a commune without a link to it."""
    schedules: tuple[Path, ...] = ()
    """Schedule files, or folders of them (*.yaml)."""
    four_eyes: bool = False
    """Whether nobody approves what they handed in themselves; only emergencies then go on air on one person's word."""
    plan: PlanSettings = PlanSettings()
    """What may sound when, in every zone that does not say otherwise."""
    resume_within_minutes: Annotated[float, Field(ge=0, le=1_440, allow_inf_nan=False)] = 30.0
    """So long after its planned end a programme without a slot may go on that something more urgent stopped."""
    voice: Annotated[str, Field(min_length=1)] | None = None
    """Voice that reads bulletins without one of their own, such as vi+f3 or piper:NAME; None is the best there is."""
    standing_text: Annotated[str, Field(max_length=500)] = (
        "Chương trình truyền thanh hôm nay tạm thời chưa phát được. Mời bà con theo dõi ở buổi phát sau."
    )
    """What nodes play in the place of a programme whose audio is missing, every half hour at most; empty for silence.

    Never in the place of an emergency.
    """
    models: Path | None = None
    """Folder of neural voices; None is where `smartradio models` installs them."""
    rate_wpm: Annotated[int, Field(ge=80, le=450)] | None = None
    """Reading rate in words a minute; None is the voice's own."""
    holidays: Path | None = None
    """File with the commune's own days off, beside the national ones; its keys are told in `schedules/README.md`."""
    horizon_days: Annotated[int, Field(ge=1, le=31)] = 7
    """How far ahead programmes are planned and nodes hold their plan."""
    replan_s: Positive = 3_600.0
    """Every so often the horizon moves on."""
    lead_s: Annotated[float, Field(ge=3, le=3_600)] = 5.0
    """How far ahead a text that is aired at once is planned; nodes fetch its audio meanwhile."""
    start_tolerance_s: Positive = 60.0
    """How late a node may still start what is aired at once."""
    doorbell_s: Positive = 60.0
    """So long before its start an airing is rung in its zones."""
    gather_s: Annotated[float, Field(ge=0, le=10)] = 0.2
    """So long the nodes' wishes for audio are gathered, so that each chunk travels once for all."""
    judge_deadline_s: Positive = 15.0
    """So long after an airing's end its reports and clips are waited for."""
    silent_after_s: Annotated[float, Field(gt=0, le=86_400)] = 95.0
    """A node not heard of for so long counts as offline, and pages show it: of a fault within 100 s (EN 54-16)."""
    max_clip_bytes: Annotated[int, Field(ge=1_024, le=64 * 1024 * 1024)] = 8 * 1024 * 1024
    """A larger microphone recording is refused."""
    relay_from_local_network: bool = False
    """Whether streams may be relayed from addresses of the station's own network, as of a studio's server there."""
    keep_clips: bool = True
    """Whether nodes keep and send their microphone recordings; without them every verdict is unclear."""
    clip_first_airings: Annotated[int, Field(ge=0, le=10_000)] = 10
    """So many airings of each node are all listened to, so that its usual delay and level become known."""
    clip_every: Annotated[int, Field(ge=0, le=10_000)] = 5
    """Of routine airings after those one in so many is listened to: 1 is every one, 0 none.

    Recordings of alerts and of airings whose figures leave a doubt are always fetched.
    """
    node_clip_days: Annotated[int, Field(ge=0, le=30)] = 7
    """So many days nodes keep recordings that nobody has asked for; 0 keeps none, so that every one must be sent."""
    most_waiting_clips: Annotated[int, Field(ge=1, le=10_000)] = 20
    """While more recordings than these wait to be judged, no more are fetched for the sample."""
    clip_days: Annotated[int, Field(ge=1, le=3_650)] = 30
    """Microphone recordings are deleted after so many days, unless what was heard is disputed."""
    recogniser: Literal["builtin", "none"] | Path = "builtin"
    """Who transcribes: "builtin", "none", or the folder of a model: Vosk's, transformers', or one like the built-in."""
    recogniser_languages: tuple[str, ...] = ("vi",)
    """ISO 639 codes of the languages that a folder's model knows."""
    alarms: AlarmSettings = AlarmSettings()
    """When an alarm is raised, and how those who are rung are spared a flood."""
    alerts: AlertSettings = AlertSettings()
    """How emergency alerts go out, and how often they are said again."""
    ring: Annotated[tuple[RingSettings, ...], Field(max_length=50)] = ()
    """Who is rung, one `[[ring]]` each; without any, alarms stand on the pages alone."""
    mail: MailSettings | None = None
    """The server that takes the station's letters."""
    public: bool = False
    """Whether everybody may read and hear at `/cong-khai` what was aired, and tell that they did not hear it well."""
    public_days: Annotated[int, Field(ge=1, le=365)] = 30
    """So many days back the public page goes."""

    @model_validator(mode="after")
    def _places_fit(self) -> Self:
        zones = {zone.name for zone in self.zones}
        for what, names in (("zone", [z.name for z in self.zones]), ("node", [n.name for n in self.nodes])):
            twice = [name for name, times in Counter(names).items() if times > 1]
            if twice:
                raise ValueError(f"two {what}s are named {twice[0]!r}")
        for node in self.nodes:
            if node.zone not in zones:
                raise ValueError(f"node {node.name!r} stands in zone {node.zone!r}, which is not among zones")
            if self.broker.outside is None and not _PASSWORD.fullmatch(node.password.get_secret_value()):
                raise ValueError(
                    f"node {node.name!r} needs a password for the embedded broker: "
                    "16 to 128 letters, digits, dashes and underscores"
                )
        if self.keep_clips and self.node_clip_days == 0 and self.clip_every != 1:
            raise ValueError(
                "node_clip_days = 0 leaves the station no recording to ask for: "
                "let every one be sent (clip_every = 1), or do without (keep_clips = false)"
            )
        keys = Counter(node.public_key for node in self.nodes)
        if keys and max(keys.values()) > 1:
            raise ValueError("two nodes have the same public_key")
        return self

    @model_validator(mode="after")
    def _gauges_fit(self) -> Self:
        zones = {zone.name for zone in self.zones}
        for gauge in self.alerts.gauges:
            if self.broker.outside is None and not _PASSWORD.fullmatch(gauge.password.get_secret_value()):
                raise ValueError(
                    f"gauge {gauge.name!r} needs a password for the embedded broker: "
                    "16 to 128 letters, digits, dashes and underscores"
                )
            unknown = [zone for rule in gauge.rules for zone in rule.zones if zone not in zones]
            if unknown:
                raise ValueError(f"gauge {gauge.name!r}: {unknown[0]!r} is not among zones")
        return self

    @model_validator(mode="after")
    def _rings_have_their_way(self) -> Self:
        twice = [name for name, times in Counter(ring.name for ring in self.ring).items() if times > 1]
        if twice:
            raise ValueError(f"two rings are named {twice[0]!r}")
        unreached = [ring.name for ring in self.ring if ring.mail and self.mail is None]
        if unreached:
            raise ValueError(f"ring {unreached[0]!r} is rung by e-mail: give [mail], the server that takes letters")
        return self

    @model_validator(mode="after")
    def _former_names_lead_to_one_zone(self) -> Self:
        taken = {zone.name: zone.name for zone in self.zones}
        for zone in self.zones:
            for name in zone.former:
                if name in taken:
                    other = taken[name]
                    raise ValueError(f"zone {zone.name!r}: its former name {name!r} is one of zone {other!r}, too")
                taken[name] = zone.name
        return self

    @property
    def zone_names(self) -> ZoneNames:
        """The zones by their names of today and those before a merger."""
        return ZoneNames(self.zones)

    @property
    def clip_policy(self) -> ClipPolicy:
        """Which microphone recordings are fetched."""
        return ClipPolicy(self.keep_clips, self.clip_first_airings, self.clip_every)

    @property
    def horizon(self) -> timedelta:
        """How far ahead is planned."""
        return timedelta(days=self.horizon_days)

    def nodes_of(self, zones: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of the nodes that stand in any of these zones, in the order of the settings."""
        return tuple(node.name for node in self.nodes if node.zone in zones)
