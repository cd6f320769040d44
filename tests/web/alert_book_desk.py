"""A hand-written book of alerts for pages: what the station's does, without log, plan and sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.figures import Figure, figures
from smartradio.alerting.saying import Occasion, said
from smartradio.alerting.titles import title_said
from smartradio.domain.airing import Airing
from smartradio.domain.alert import Alert, AlertState
from smartradio.domain.approval import Person, SecondPersonError
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import Fate
from smartradio.station.alert_desk import PinNeededError, Prepared, WrongPinError
from smartradio.station.alert_text import mark_of
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.alerts.kept import AlertRefusal, AlertRefusedError, KeptAlert, airing_id
from smartradio.station.alerts.places import Places
from smartradio.station.alerts.report import Act, AlertReport, ReportedAiring, ReportedNode
from smartradio.station.alerts.template_files import load_templates
from smartradio.station.alerts.template_folder import Templates
from smartradio.station.scripts import OpenItemsError, write_script
from smartradio.station.studio import Produced
from tests.web.alert_desk import NOW, PIN, ZONES, recording

KHANG = Person("Đỗ Văn Khang", "khang", "phien-7")
WORDS = "Tin lũ khẩn cấp.\nMực nước 4,5 m. Mời bà con thôn 2 sơ tán ngay lên trường học."


def alert(name: str = "lu-1", **changes: Any) -> Alert:
    """A flood of a quarter of an hour ago, said again every two hours."""
    made = Alert(
        id=name,
        title="Tin lũ khẩn cấp",
        text=WORDS,
        zones=tuple(ZONES),
        issued_at=NOW - timedelta(minutes=15),
        issuer="Đài khí tượng thủy văn tỉnh",
        siren="siren_flood",
        expires_at=NOW + timedelta(hours=12),
        repeat_every=timedelta(hours=2),
    )
    return replace(made, **changes)


def kept(name: str = "lu-1", *, state: AlertState = AlertState.OUT, **changes: Any) -> KeptAlert:
    """An alert in the book, out for a minute; `changes` are of the alert's own fields or of the book's."""
    own = {key: changes.pop(key) for key in list(changes) if key in Alert.__dataclass_fields__}
    out = state is not AlertState.DRAFT
    at = NOW - timedelta(minutes=1)
    made = KeptAlert(
        alert(name, **own), state, 1, KHANG.title, at, sent_by=KHANG if out else None,
        sent_at=at if out else None, said_at=at if out else None,
    )  # fmt: skip
    return replace(made, **changes)


def report(of: KeptAlert) -> AlertReport:
    """Of three nodes one heard it, one is silent, one was not reached."""
    first = ReportedAiring(f"{of.id}-1", Occasion.FIRST, NOW - timedelta(minutes=1), KHANG.title, 3, 2, 1)
    nodes = (
        ReportedNode("thon-1", "Cụm loa thôn 1", "thon-1", Fate.HEARD, 0.412, 0.615, 21.3),
        ReportedNode("thon-2", "Cụm loa thôn 2", "thon-2", Fate.SILENT, 0.43, 0.62, None),
        ReportedNode("thon-3", "Cụm loa thôn 3", "thon-3", Fate.UNREACHABLE, None, None, None),
    )
    acts = (Act(NOW - timedelta(minutes=1), "send", KHANG.title, "", 7, "e" * 64),)
    return AlertReport(of, of.sent_at, (first,), nodes, acts, ZONES)


class NoVoiceError(SmartradioError):
    """As the studio says it when every voice is down."""


@dataclass
class FakeBookDesk:
    """Keeps what it is given; knows one PIN."""

    book: dict[str, KeptAlert] = field(default_factory=dict)
    sent: list[tuple[AlertSending, Person]] = field(default_factory=list)
    again: list[tuple[str, tuple[str, ...], Person]] = field(default_factory=list)
    aloud: list[str] = field(default_factory=list)
    grants: dict[str, str] = field(default_factory=dict)
    prepared: list[Alert] = field(default_factory=list)
    times_passed: tuple[str, ...] = ()
    two_must_answer: bool = False
    usual_repeat: timedelta | None = timedelta(hours=3)
    own_templates: Path | None = None
    template_fault: str = ""
    refuses: SmartradioError | None = None
    locked_s: float = 0.0
    silent: bool = False
    """No voice speaks: what is sent stands in the book, and nothing of it is planned yet."""
    where: Places = field(default_factory=lambda: Places([ZonePlace(*zone) for zone in ZONES.items()], ()))

    async def templates(self) -> Templates:
        return Templates(load_templates(self.own_templates), self.template_fault)

    def places(self) -> Places:
        return self.where

    def read_back(self, prepared: Prepared) -> tuple[Figure, ...]:
        return figures(prepared.spoken)

    async def prepare(self, alert: Alert | str) -> Prepared:
        if self.refuses is not None:
            raise self.refuses
        wanted = self._one(alert).alert if isinstance(alert, str) else alert
        self.prepared.append(wanted)
        return self._ready(wanted)

    def _ready(self, wanted: Alert) -> Prepared:
        title, text = _heard(wanted)
        script = write_script(title, text, Priority.EMERGENCY, override_open_items=True)
        return Prepared(self.mark(wanted), text, Produced(script, recording(), {}, NOW), NOW)

    def mark(self, alert: Alert) -> str:
        return mark_of("".join(_heard(alert)))

    def sent_as(self, wanted: AlertSending, *, by: Person) -> str:
        return f"cb-{wanted.once}" if wanted.once else wanted.alert.id

    async def grant(self, alert: Alert | str, pin: str, *, by: Person) -> str:
        self._check(pin)
        made = await self.prepare(alert)
        self.grants[f"cho-phep-{len(self.grants)}"] = made.mark
        return f"cho-phep-{len(self.grants) - 1}"

    async def send(self, wanted: AlertSending, *, by: Person) -> KeptAlert:
        name = self.sent_as(wanted, by=by)
        known = self.book.get(name)
        if known is not None and (known.is_out or known.handed_in_by is not None):
            return known
        if not wanted.alert.zones or not set(wanted.alert.zones) <= set(ZONES):
            raise BadInputError("the alert: no node stands in no zone")
        if self.refuses is not None:
            raise self.refuses
        made = self._ready(wanted.alert)
        if made.open_places and not wanted.taken_on:
            raise OpenItemsError("the alert", made.open_places)
        self._leave(made, wanted.grant, wanted.pin)
        self.sent.append((wanted, by))
        own = replace(wanted.alert, id=name)
        state = AlertState.DRAFT if self.two_must_answer else AlertState.OUT
        new = KeptAlert(own, state, 1, by.title, NOW, taken_on=wanted.taken_on)
        new = replace(new, handed_in_by=by) if self.two_must_answer else self._out(new, by)
        self.book[name] = new
        self._speak()
        return new

    async def release(
        self, draft: str, *, by: Person, grant: str = "", pin: str = "", seen: int | None = None
    ) -> KeptAlert:
        waits = self._one(draft)
        if waits.is_out:
            return waits
        if seen not in (None, waits.version):
            raise AlertRefusedError(AlertRefusal.CHANGED, "somebody did something to this alert meanwhile")
        self._leave(self._ready(waits.alert), grant, pin)
        if waits.handed_in_by is None:
            raise AlertRefusedError(AlertRefusal.NOT_HANDED_IN, "nobody has handed this alert in")
        if waits.handed_in_by.is_same(by):
            raise SecondPersonError(by.title)
        self.book[draft] = replace(self._out(waits, waits.handed_in_by), released_by=by)
        self._speak()
        return self.book[draft]

    async def cancel(self, alert: str, *, by: Person, why: str, aloud: bool) -> KeptAlert:
        ended = self._ended(alert, AlertState.OUT, AlertState.CANCELLED, by, why)
        self.aloud += [alert] if aloud else []
        return ended

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        return self.book.setdefault(alert.id, KeptAlert(alert, AlertState.DRAFT, 1, by, NOW))

    async def discard(self, draft: str, *, by: Person, why: str) -> KeptAlert:
        return self._ended(draft, AlertState.DRAFT, AlertState.DISCARDED, by, why)

    async def send_again(self, alert: str, nodes: Sequence[str], *, by: Person) -> Airing:
        self._standing(alert, AlertState.OUT)
        if not nodes:
            raise AlertRefusedError(AlertRefusal.NO_NODE, "choose at least one node")
        self.again.append((alert, tuple(nodes), by))
        ends = NOW + timedelta(minutes=30)
        return Airing(f"{alert}-lai", "bt-1", "d" * 64, NOW, ends, Priority.EMERGENCY, tuple(ZONES), tuple(nodes))

    def alert(self, name: str) -> KeptAlert | None:
        return self.book.get(name)

    def of_airing(self, airing: str) -> KeptAlert | None:
        return next((kept for kept in self.book.values() if airing in self._airings(kept)), None)

    def drafts(self) -> Sequence[KeptAlert]:
        return [kept for kept in self.book.values() if kept.state is AlertState.DRAFT]

    def current(self) -> Sequence[KeptAlert]:
        return [kept for kept in self.book.values() if kept.is_out]

    def lately(self, most: int) -> Sequence[KeptAlert]:
        return [kept for kept in self.book.values() if kept.sent_at is not None][:most]

    def report(self, name: str) -> AlertReport | None:
        found = self.book.get(name)
        if found is None:
            return None
        told = replace(report(found), times_passed=self.times_passed)
        return replace(told, airings=tuple(replace(each, planned=not self.silent) for each in told.airings))

    def _airings(self, found: KeptAlert) -> tuple[str, str]:
        return airing_id(found.id, Occasion.FIRST, ""), f"{found.id}-lai"

    def _out(self, new: KeptAlert, by: Person) -> KeptAlert:
        old = self.book.get(new.alert.supersedes)
        if old is not None and old.is_out:
            self.book[old.id] = replace(old, state=AlertState.UPDATED, replaced_by=new.id, ended_by=by.title)
        return replace(new, state=AlertState.OUT, sent_by=by, sent_at=NOW, said_at=NOW)

    def _speak(self) -> None:
        if self.silent:
            raise NoVoiceError("no voice speaks")

    def _ended(self, name: str, before: AlertState, after: AlertState, by: Person, why: str) -> KeptAlert:
        if not why.strip():
            raise BadInputError("say why it is withdrawn")
        found = self._standing(name, before)
        self.book[name] = replace(found, state=after, ended_by=by.title, ended_at=NOW, why=why)
        return self.book[name]

    def _standing(self, name: str, state: AlertState) -> KeptAlert:
        found = self._one(name)
        if found.state is not state:
            line = f"the alert is {found.state.value}; this may not be done to it"
            raise AlertRefusedError(AlertRefusal.STATE, line, state=found.state.value)
        return found

    def _one(self, name: str) -> KeptAlert:
        if name not in self.book:
            raise AlertRefusedError(AlertRefusal.UNKNOWN, "there is no such alert")
        return self.book[name]

    def _leave(self, made: Prepared, grant: str, pin: str) -> None:
        if self.grants.pop(grant, None) != made.mark:
            if not pin:
                raise PinNeededError
            self._check(pin)

    def _check(self, pin: str) -> None:
        if self.locked_s or pin != PIN:
            raise WrongPinError(self.locked_s)


def _heard(wanted: Alert) -> tuple[str, str]:
    """The title and the words that are heard of an alert."""
    occasion = Occasion.UPDATE if wanted.supersedes else Occasion.FIRST
    text = said(wanted, at=NOW, occasion=occasion, first_at=NOW if wanted.supersedes else None)
    return title_said(wanted, occasion), text
