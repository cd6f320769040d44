"""Gauges: a limit that is crossed becomes one draft with its figures, whatever happens between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from smartradio.alerting.templates.template import Template
from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import Alert, AlertState, Origin
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.gauge_settings import GaugeRuleSettings, GaugeSettings
from smartradio.station.alerts.gauges import CALM_AGAIN, Gauges, GaugesAround
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.template_files import load_templates
from smartradio.station.store import Store

NIGHT = datetime(2026, 10, 11, 20, 0, tzinfo=UTC)
RULES = (
    GaugeRuleSettings(name="bd1", template="lu-bao-dong-1", level_m=3.5, zones=("thon-1",)),
    GaugeRuleSettings(name="bd2", template="lu-bao-dong-2", level_m=4.5),
)
GAUGE = GaugeSettings(
    name="ben-de", title="trạm Bến Đế", river="sông Hoàng Long", issuer="Trạm Thủy văn Bến Đế", rules=RULES
)


class Book:
    """The book of alerts as gauges need it."""

    def __init__(self) -> None:
        self.held: dict[str, KeptAlert] = {}
        self.known_zones = {"thon-1", "thon-2"}
        self.fails: Exception | None = None

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        if self.fails is not None:
            raise self.fails
        if not set(alert.zones) <= self.known_zones:
            raise BadInputError("the alert: there is no zone of that name")
        assert alert.zones
        kept = KeptAlert(alert, AlertState.DRAFT, 1, by, alert.issued_at)
        return self.held.setdefault(alert.id, kept)

    def of_source(self, source: str) -> Sequence[KeptAlert]:
        return [kept for kept in reversed(self.held.values()) if kept.alert.source == source]

    async def put_aside(self, draft: str, *, why: str) -> None:
        assert why == CALM_AGAIN
        self.held[draft] = replace(self.held[draft], state=AlertState.DISCARDED)

    @property
    def drafts(self) -> list[Alert]:
        return [kept.alert for kept in self.held.values()]


class Technician:
    """Who is told; the end of what nobody was told of is no news."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.open: set[str] = set()

    async def raise_(self, kind: AlarmKind, subject: str, facts: Any) -> None:
        self.open.add(subject)
        self.told.append(("raised", f"{kind.value} {subject} {facts['title']}"))

    async def end(self, kind: AlarmKind, subject: str) -> None:
        if subject in self.open:
            self.open.discard(subject)
            self.told.append(("ended", f"{kind.value} {subject}"))


class Post:
    """A station's gauges with all that is around them."""

    def __init__(self, store: Store) -> None:
        self.store, self.now, self.book, self.technician = store, NIGHT, Book(), Technician()
        self.templates: dict[str, Template] = dict(load_templates(None))
        self.link_up = True
        self.tasks: set[asyncio.Task[object]] = set()
        self.gauges = self.begun()

    def begun(self, *settings: GaugeSettings) -> Gauges:
        """A station that has just been started."""
        around = GaugesAround(
            clock=lambda: self.now,
            tz=ZoneInfo("Asia/Ho_Chi_Minh"),
            templates=lambda: self.templates,
            zones=lambda: tuple(sorted(self.book.known_zones)),
            link_up=lambda: self.link_up,
            run=self.run,
            technician=self.technician,
        )
        self.gauges = Gauges(settings or (GAUGE,), self.store.beside.gauges, self.book, around)
        return self.gauges

    def run(self, work: Coroutine[Any, Any, object], _name: str) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def reads(self, *levels_m: float, every_s: float = 300) -> None:
        """Take readings one after another, each written before the next comes."""
        for level_m in levels_m:
            self.now += timedelta(seconds=every_s)
            self.take({"at": self.now.isoformat(), "level_m": level_m})
            await self.settled()

    def take(self, message: object, name: str = "ben-de") -> None:
        self.gauges.take(name, json.dumps(message).encode())

    async def settled(self) -> None:
        while self.tasks:
            await asyncio.gather(*self.tasks, return_exceptions=True)


Story = Callable[[Post], Coroutine[Any, Any, None]]
Run = Callable[[Story], Post]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def post(store: Store) -> Run:
    def run(story: Story) -> Post:
        async def told() -> Post:
            made = Post(store)
            await story(made)
            return made

        return asyncio.run(told())

    return run


def test_a_limit_that_is_crossed_becomes_a_draft_with_the_figures(post: Run) -> None:
    (draft,) = post(lambda made: made.reads(3.0, 3.6, 3.62, 3.7)).book.drafts
    assert draft.title == "Tin cảnh báo lũ trên sông Hoàng Long"
    assert "Lúc 3 giờ 15 phút ngày 12/10, mực nước sông Hoàng Long tại trạm Bến Đế là 3,62 m." in draft.text
    assert (draft.origin, draft.source, draft.issuer) == (Origin.GAUGE, "ben-de", "Trạm Thủy văn Bến Đế")
    assert draft.zones == ("thon-1",)


def test_the_draft_knows_its_template_and_what_was_filled_in(post: Run) -> None:
    (draft,) = post(lambda made: made.reads(3.0, 3.6, 3.62)).book.drafts
    assert draft.template == "lu-bao-dong-1"
    assert {name: draft.values[name] for name in ("song", "tram", "luc", "muc_nuoc")} == {
        "song": "sông Hoàng Long",
        "tram": "trạm Bến Đế",
        "luc": "3h15 12/10",
        "muc_nuoc": "3,62",
    }


def test_what_a_gauge_cannot_tell_is_left_to_the_officer_with_the_rest_filled_in(post: Run) -> None:
    nameless = GAUGE.model_copy(update={"river": ""})

    async def story(made: Post) -> None:
        made.begun(nameless)
        await made.reads(3.0, 3.6, 3.7)

    (draft,) = post(story).book.drafts
    assert "3,7" in draft.text
    assert draft.template == "lu-bao-dong-1"
    assert "song" not in draft.values
    assert (draft.values["tram"], draft.values["muc_nuoc"]) == ("trạm Bến Đế", "3,7")


def test_a_rise_that_the_template_does_not_take_stands_in_its_field_for_the_officer(post: Run) -> None:
    (draft,) = post(lambda made: made.reads(-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.6, 5.7)).book.drafts
    assert "Mỗi giờ nước lên" not in draft.text
    assert float(draft.values["toc_do"].replace(",", ".")) > 5


def test_a_rule_without_zones_is_for_everywhere(post: Run) -> None:
    (draft,) = post(lambda made: made.reads(3.0, 4.6, 4.7)).book.drafts
    assert (draft.title, draft.zones) == ("Tin lũ trên sông Hoàng Long", ("thon-1", "thon-2"))


@pytest.mark.parametrize("every_s", [3_720, 6 * 3_600], ids=["an hour and two minutes", "six hours"])
def test_a_gauge_that_tells_seldom_crosses_its_limits_as_any_other(post: Run, every_s: float) -> None:
    drafts = post(lambda made: made.reads(3.0, 3.6, 3.7, every_s=every_s)).book.drafts
    assert [draft.title for draft in drafts] == ["Tin cảnh báo lũ trên sông Hoàng Long"]


def test_a_thousand_kinds_of_nonsense_are_one_line_in_the_log(post: Run) -> None:
    async def story(made: Post) -> None:
        with capture_logs() as told:
            for number in range(1_000):
                made.take({"at": made.now.isoformat(), "level_m": 900 + number})
                made.take({"level_m": number}, name=f"la-{number}")
        assert [each["event"] for each in told] == ["reading_refused"] * 2
        made.now += timedelta(minutes=11)
        with capture_logs() as told:
            made.take({"level_m": 900})
        assert len(told) == 1

    post(story)


def test_an_alert_of_a_template_that_is_called_as_the_gauge_is_keeps_its_place(post: Run) -> None:
    storm = Alert("bao-1", "Bão", "Bão vào.", ("thon-1",), NIGHT, origin=Origin.TEMPLATE, source="ben-de")

    async def story(made: Post) -> None:
        made.book.held["bao-1"] = KeptAlert(storm, AlertState.OUT, 2, "chị Thu", NIGHT, sent_at=NIGHT)
        await made.reads(3.6, 3.6)

    assert post(story).book.drafts[-1].supersedes == ""


def test_how_fast_it_rises_is_told_where_it_is_known(post: Run) -> None:
    (draft,) = post(lambda made: made.reads(*(3.0 + 0.05 * number for number in range(12)))).book.drafts
    assert "Mỗi giờ nước lên 0,6 m." in draft.text


def test_the_officer_is_told_once_whatever_the_waves_do_and_also_over_a_restart(post: Run) -> None:
    async def story(made: Post) -> None:
        await made.reads(3.6, 3.6, 3.4, 3.6)
        await made.begun().take_up()
        await made.reads(3.6, 3.6, 3.4, 3.6, 3.6)

    assert len(post(story).book.drafts) == 1


def test_a_crossing_that_a_crash_cut_short_is_drafted_at_the_next_start_and_once(post: Run) -> None:
    async def story(made: Post) -> None:
        made.book.fails = RuntimeError("the power went")
        await made.reads(3.6, 3.6)
        assert made.book.drafts == []
        made.book.fails = None
        await made.begun().take_up()
        await made.begun().take_up()

    assert len(post(story).book.drafts) == 1


def test_a_crossing_of_hours_ago_wakes_nobody_when_the_station_comes_back(post: Run) -> None:
    async def story(made: Post) -> None:
        made.book.fails = RuntimeError("the power went")
        await made.reads(3.6, 3.6)
        made.book.fails = None
        made.now += timedelta(hours=4)
        await made.begun().take_up()

    assert post(story).book.drafts == []


def test_the_next_limit_takes_the_place_of_the_alert_that_is_out(post: Run) -> None:
    async def story(made: Post) -> None:
        await made.reads(3.6, 3.6)
        (first,) = made.book.held
        made.book.held[first] = replace(made.book.held[first], state=AlertState.OUT)
        await made.reads(4.6, 4.6)

    first, second = post(story).book.drafts
    assert second.supersedes == first.id


@pytest.mark.parametrize("broken", ["gone", "another field"])
def test_a_template_that_cannot_be_filled_in_keeps_nobody_from_being_told(post: Run, broken: str) -> None:
    async def story(made: Post) -> None:
        if broken == "gone":
            del made.templates["lu-bao-dong-1"]
        else:
            made.templates["lu-bao-dong-1"] = made.templates["chay"]
        await made.reads(3.6, 3.6)

    made = post(story)
    (draft,) = made.book.drafts
    assert draft.text == "Lúc 3 giờ 10 phút ngày 12/10, mực nước sông Hoàng Long tại trạm Bến Đế là 3,6 mét."
    assert made.store.beside.gauges.crossings("ben-de", 5)[0].fault is not None


def test_a_zone_that_exists_no_more_makes_the_draft_one_for_everywhere(post: Run) -> None:
    async def story(made: Post) -> None:
        made.book.known_zones = {"thon-2"}
        await made.reads(3.6, 3.6)

    assert [draft.zones for draft in post(story).book.drafts] == [("thon-2",)]


@pytest.mark.parametrize("level_m", [-50.0, 600.0, None])
def test_nonsense_changes_nothing_and_is_shown(post: Run, level_m: float | None) -> None:
    async def story(made: Post) -> None:
        await made.reads(3.0)
        made.now += timedelta(minutes=5)
        made.take({"at": made.now.isoformat(), "level_m": level_m})
        await made.settled()
        (state,) = made.gauges.states()
        assert state.last is not None
        assert (state.last.level_m, state.over) == (3.0, ())
        assert "level_m" in state.refused
        await made.reads(3.1)
        assert made.gauges.states()[0].refused == ""

    post(story)


def test_a_gauge_that_nobody_knows_is_not_listened_to(post: Run) -> None:
    async def story(made: Post) -> None:
        made.take({"at": made.now.isoformat(), "level_m": 9.0}, name="la")
        await made.settled()

    assert post(story).store.beside.gauges.last("la") is None


def test_a_gauge_that_falls_silent_is_told_once_and_its_return_too(post: Run) -> None:
    async def story(made: Post) -> None:
        await made.reads(3.0)
        for _ in range(3):
            made.now += timedelta(minutes=40)
            await made.gauges.round()
        assert made.gauges.states()[0].is_silent
        await made.reads(3.0)
        await made.gauges.round()
        await made.gauges.round()

    told = post(story).technician.told
    assert told == [("raised", "gauge_silent ben-de trạm Bến Đế"), ("ended", "gauge_silent ben-de")]


def test_without_a_line_no_gauge_is_called_silent(post: Run) -> None:
    async def story(made: Post) -> None:
        await made.reads(3.0)
        made.link_up = False
        for _ in range(10):
            made.now += timedelta(minutes=30)
            await made.gauges.round()
        made.link_up = True
        made.now += timedelta(minutes=30)
        await made.gauges.round()

    assert post(story).technician.told == []


def test_states_show_what_the_water_does(post: Run) -> None:
    async def story(made: Post) -> None:
        await made.reads(*(3.3 + 0.05 * number for number in range(12)))
        (state,) = made.gauges.states()
        assert state.last is not None
        assert (round(state.last.level_m, 2), state.over, state.is_silent) == (3.85, ("bd1",), False)
        assert state.rise_m_h == pytest.approx(0.6, abs=0.01)

    post(story)
