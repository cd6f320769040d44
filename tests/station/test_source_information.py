"""Items from above by their class, and reports upward, over days without a line."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.from_above import Handling, ItemClass, ItemFromAbove, ItemState, handling
from smartradio.domain.verdict import VerdictCode
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.source_information.exchange import Exchange
from smartradio.station.source_information.http import HttpSource
from smartradio.station.source_information.intake import Intake
from smartradio.station.source_information.settings import SourceInformationSettings
from smartradio.station.store import NodeJudgement, Store
from smartradio.wire.signing import SigningKey
from tests.contract.source_server import SourceServer, serving, signed_item
from tests.station.commune import NOON, STATION, STATION_KEY, Clock
from tests.station.test_store import AIRING, furnish, told

KTTV, TINH = SigningKey.new(), SigningKey.new()
SOUND = b"a sound brought in" * 20


class CrashError(Exception):
    """The process died here."""


@dataclass
class FakeDesk:
    """A commune that remembers what it was handed, once for each name as the real one does."""

    drafts: dict[str, str] = field(default_factory=dict)
    submitted: dict[str, str] = field(default_factory=dict)
    aired: dict[str, str] = field(default_factory=dict)
    taken_back: list[str] = field(default_factory=list)
    sounds: list[bytes] = field(default_factory=list)
    planned: Sequence[str] = ()
    refuses: dict[str, SmartradioError] = field(default_factory=dict)
    dies_after_airing: bool = False
    decided: set[str] = field(default_factory=set)

    async def draft(self, item: ItemFromAbove, *, note: str, issuer: str, sound: str | None) -> str:
        return self._put(self.drafts, "draft", item, note)

    async def submit(self, item: ItemFromAbove, *, note: str, issuer: str, sound: str | None) -> str:
        return self._put(self.submitted, "submit", item, note)

    async def air(self, item: ItemFromAbove, *, issuer: str, sound: str | None) -> str:
        name = self._put(self.aired, "air", item, issuer)
        if self.dies_after_airing:
            raise CrashError
        return name

    async def take_back(self, handed_to: str, *, issuer: str, why: str) -> None:
        self.taken_back.append(handed_to)

    async def what_came_of(self, item: ItemFromAbove) -> Sequence[str]:
        put = {"air": self.aired, "submit": self.submitted, "draft": self.drafts}
        return [f"{how}-{item.item}" for how, where in put.items() if item.key in where]

    async def is_undecided(self, handed_to: str) -> bool:
        return handed_to not in self.decided

    async def clashes(self, item: ItemFromAbove) -> Sequence[str]:
        return self.planned

    async def keep_sound(self, data: bytes, name: str) -> str:
        self.sounds.append(data)
        return hashlib.sha256(data).hexdigest()

    def _put(self, where: dict[str, str], how: str, item: ItemFromAbove, told: str) -> str:
        if how in self.refuses:
            raise self.refuses[how]
        where.setdefault(item.key, told)
        return f"{how}-{item.item}"


class Commune:
    """A station's link to a real small server, with a clock that is moved by hand."""

    def __init__(self, folder: Path, server: SourceServer, clock: Clock, *, emergency: str = "ask") -> None:
        self.server, self.clock, self.desk = server, clock, FakeDesk()
        self.folder = folder
        self.settings = SourceInformationSettings.model_validate(
            {
                "url": server.url,
                "public_key": server.key.public_hex,
                "timeout_s": 5,
                "issuers": [
                    {"name": "kttv", "title": "Đài Khí tượng", "public_key": KTTV.public_hex,
                     "emergency_from_above": emergency},
                    {"name": "tinh", "title": "UBND tỉnh", "public_key": TINH.public_hex},
                ],
            }
        )  # fmt: skip
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.folder, clock=self.clock)
        self.store.source.set_upward(True)
        self.source = HttpSource(self.settings, STATION, STATION_KEY, clock=self.clock)
        shelf, recorder = self.store.source, EvidenceRecorder(self.store)
        intake = Intake(self.settings, STATION, shelf, self.source, self.desk, recorder=recorder, clock=self.clock)
        self.exchange = Exchange(self.settings, STATION, shelf, self.source, intake, clock=self.clock)

    def close(self) -> None:
        self.source.close()
        self.store.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def round(self, after_s: float = 0.0) -> None:
        self.clock.pass_s(after_s)
        asyncio.run(self.exchange.round())

    def state(self, item: str, issuer: str = "kttv") -> ItemState:
        kept = self.store.source.item(issuer, item)
        assert kept is not None
        return kept.state

    def refusals(self) -> list[tuple[str, object]]:
        entries = [logged.evidence for logged in self.store.chain("") if logged.evidence.step is Step.REFUSED]
        return [(entry.source, entry.reason) for entry in entries]

    def told(self) -> list[tuple[str, str]]:
        """What the server was told of items: name and state, in order, each report once."""
        items = [report for report in self.server.reports.values() if report["kind"] == "item"]
        return [(report["item"], report["state"]) for report in items]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SourceServer]:
    with serving(SourceServer(clock, STATION_KEY.public_hex)) as source:
        yield source


@pytest.fixture
def make(tmp_path: Path, server: SourceServer, clock: Clock) -> Iterator[Callable[..., Commune]]:
    made: list[Commune] = []

    def commune(**changes: Any) -> Commune:
        made.append(Commune(tmp_path, server, clock, **changes))
        return made[-1]

    yield commune
    for each in made:
        each.close()


@pytest.fixture
def commune(make: Callable[..., Commune]) -> Commune:
    return make()


def item(name: str, by: SigningKey = KTTV, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "issuer": "kttv" if by is KTTV else "tinh",
        "item": name,
        "stations": [STATION],
        "item_class": "normal",
        "title": "Tin của tỉnh",
        "issued_at": NOON.isoformat(),
        "expires_at": (NOON + timedelta(hours=6)).isoformat(),
        "text": "Ngày mai có mưa rào.",
    }
    return signed_item(by, **{key: value for key, value in (body | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("item_class", "at_once", "expected"),
    [
        (ItemClass.NORMAL, False, Handling.DRAFT),
        (ItemClass.NORMAL, True, Handling.DRAFT),
        (ItemClass.PRIORITY, False, Handling.SUBMIT),
        (ItemClass.PRIORITY, True, Handling.SUBMIT),
        (ItemClass.EMERGENCY, False, Handling.SUBMIT),
        (ItemClass.EMERGENCY, True, Handling.AIR),
    ],
)
def test_what_is_done_with_each_class(item_class: ItemClass, at_once: bool, expected: Handling) -> None:
    assert handling(item_class, at_once=at_once) is expected


class TestItemsComeDown:
    def test_a_normal_item_is_a_draft_for_the_commune_to_choose(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1")]
        commune.round()
        assert list(commune.desk.drafts) == ["kttv/tin-1"]
        assert commune.state("tin-1") is ItemState.DRAFTED
        assert commune.told() == [("tin-1", "drafted")]

    def test_a_priority_item_is_submitted_with_what_it_clashes_with(self, commune: Commune) -> None:
        commune.desk.planned = ("Bản tin sáng",)
        commune.server.items = [item("tin-1", item_class="priority", air_at=NOON.isoformat())]
        commune.round()
        assert "Trùng giờ với: Bản tin sáng" in commune.desk.submitted["kttv/tin-1"]
        assert "Đài Khí tượng" in commune.desk.submitted["kttv/tin-1"]

    def test_an_emergency_waits_for_somebody_here_unless_the_commune_said_otherwise(self, commune: Commune) -> None:
        commune.server.items = [item("lu", item_class="emergency")]
        commune.round()
        assert commune.desk.aired == {}
        assert commune.state("lu") is ItemState.SUBMITTED

    def test_an_emergency_that_waits_is_counted_until_somebody_decides(self, commune: Commune) -> None:
        commune.server.items = [item("lu", item_class="emergency"), item("tin-1", item_class="priority")]
        commune.round()
        assert asyncio.run(commune.exchange.state()).emergencies == 1
        commune.desk.decided.add("submit-lu")
        assert asyncio.run(commune.exchange.state()).emergencies == 0

    def test_an_emergency_is_aired_at_once_where_its_issuer_is_trusted_by_name(
        self, make: Callable[..., Commune]
    ) -> None:
        commune = make(emergency="at_once")
        commune.server.items = [
            item("lu", item_class="emergency"),
            item("lu", by=TINH, item_class="emergency"),
        ]
        commune.round()
        assert commune.desk.aired == {"kttv/lu": "Đài Khí tượng"}
        assert list(commune.desk.submitted) == ["tinh/lu"]

    def test_an_emergency_that_cannot_be_read_with_certainty_is_put_before_somebody(
        self, make: Callable[..., Commune]
    ) -> None:
        commune = make(emergency="at_once")
        commune.desk.refuses = {"air": BadInputError("2 places are not read with certainty")}
        commune.server.items = [item("lu", item_class="emergency")]
        commune.round()
        assert "2 places are not read with certainty" in commune.desk.submitted["kttv/lu"]

    def test_the_most_urgent_of_a_page_goes_first(self, make: Callable[..., Commune]) -> None:
        commune = make(emergency="at_once")
        commune.server.page_size = 10
        commune.server.items = [item("a"), item("b", item_class="priority"), item("c", item_class="emergency")]
        commune.round()
        order = [name for name, _ in commune.told()]
        assert order == ["a", "b", "c"]  # reports go up in the order in which the items came
        assert list(commune.desk.aired) == ["kttv/c"]

    def test_a_sound_is_fetched_by_its_hash(self, commune: Commune) -> None:
        offered = {"path": "a/tin.mp3", "sha256": hashlib.sha256(SOUND).hexdigest(), "size_bytes": len(SOUND)}
        commune.server.sounds["a/tin.mp3"] = SOUND
        commune.server.items = [item("tin-1", text=None, sound=offered)]
        commune.round()
        assert commune.desk.sounds == [SOUND]
        assert commune.state("tin-1") is ItemState.DRAFTED

    def test_a_wrong_sound_ends_its_item_and_is_told(self, commune: Commune) -> None:
        offered = {"path": "a/tin.mp3", "sha256": "0" * 64, "size_bytes": len(SOUND)}
        commune.server.sounds["a/tin.mp3"] = SOUND
        commune.server.items = [item("tin-1", text=None, sound=offered), item("tin-2")]
        commune.round()
        assert commune.state("tin-1") is ItemState.REFUSED
        assert commune.state("tin-2") is ItemState.DRAFTED
        assert ("tin-1", "refused") in commune.told()

    def test_a_sound_that_is_not_there_yet_holds_nothing_else_up(self, commune: Commune) -> None:
        offered = {"path": "a/tin.mp3", "sha256": hashlib.sha256(SOUND).hexdigest(), "size_bytes": len(SOUND)}
        commune.server.items = [item("tin-1", text=None, sound=offered), item("tin-2")]
        commune.round()
        assert (commune.state("tin-1"), commune.state("tin-2")) == (ItemState.TAKEN, ItemState.DRAFTED)
        commune.server.sounds["a/tin.mp3"] = SOUND
        commune.round(after_s=1_000)
        assert commune.state("tin-1") is ItemState.DRAFTED


class TestWhatIsNotTaken:
    def test_a_forged_item_goes_on_record_and_the_others_are_taken(self, commune: Commune) -> None:
        forged = item("tin-1") | {"sig": item("tin-2")["sig"]}
        stranger = signed_item(SigningKey.new(), issuer="ai-do", item="tin-3")
        commune.server.items = [forged, stranger, item("tin-4")]
        commune.round()
        bad = Reason.BAD_SIGNATURE.value
        assert commune.refusals() == [("above:kttv", bad), ("above:ai-do", bad)]
        assert list(commune.desk.drafts) == ["kttv/tin-4"]

    def test_an_item_for_another_station_is_refused(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1", stations=["xa-khac"])]
        commune.round()
        assert commune.refusals() == [("above:kttv", Reason.FOREIGN_STATION.value)]

    @pytest.mark.parametrize(
        "changes",
        [
            {"text": None},
            {"text": "   "},
            {"item_class": "urgent"},
            {"issued_at": "2026-11-22T05:00:00"},
            {"expires_at": NOON.isoformat()},
            {"replaces": "tin-1"},
            {"colour": "red"},
            {"issued_at": (NOON + timedelta(hours=1)).isoformat()},
            {"sound": {"path": "../../etc/passwd", "sha256": "0" * 64, "size_bytes": 5}, "text": None},
        ],
    )
    def test_a_malformed_item_is_refused_in_one_line(self, commune: Commune, changes: dict[str, Any]) -> None:
        commune.server.items = [item("tin-1", **changes), item("tin-2")]
        commune.round()
        assert commune.refusals() == [("above:kttv", Reason.MALFORMED.value)]
        assert list(commune.desk.drafts) == ["kttv/tin-2"]

    def test_the_same_item_again_is_taken_once(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1"), item("tin-1")]
        commune.round()
        assert commune.told() == [("tin-1", "drafted")]
        assert commune.refusals() == []

    def test_other_words_under_a_known_name_are_refused(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1"), item("tin-1", text="Một tin khác hẳn.")]
        commune.round()
        assert commune.refusals() == [("above:kttv", Reason.MALFORMED.value)]

    def test_an_item_whose_time_is_over_when_it_comes_is_not_handed_over(self, commune: Commune) -> None:
        commune.clock.pass_s(7 * 3_600)
        commune.server.items = [item("tin-1")]
        commune.round()
        assert commune.desk.drafts == {}
        assert commune.told() == [("tin-1", "expired")]

    def test_what_nobody_aired_in_its_time_is_taken_away(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1", item_class="priority")]
        commune.round()
        commune.round(after_s=6 * 3_600)
        assert commune.desk.taken_back == ["submit-tin-1"]
        assert commune.told() == [("tin-1", "submitted"), ("tin-1", "expired")]


class TestCancelAndReplace:
    def test_a_cancelled_item_is_taken_back(self, make: Callable[..., Commune]) -> None:
        commune = make(emergency="at_once")
        commune.server.items = [item("lu", item_class="emergency")]
        commune.round()
        commune.server.items.append(item("huy-lu", text=None, replaces="lu", cancels=True))
        commune.round(after_s=60)
        assert commune.desk.taken_back == ["air-lu"]
        assert (commune.state("lu"), commune.state("huy-lu")) == (ItemState.CANCELLED, ItemState.DONE)

    def test_what_replaces_an_item_is_handed_over_before_the_old_one_goes(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1")]
        commune.round()
        commune.server.items.append(item("tin-2", text="Ngày mai trời nắng.", replaces="tin-1"))
        commune.round(after_s=60)
        assert list(commune.desk.drafts) == ["kttv/tin-1", "kttv/tin-2"]
        assert commune.desk.taken_back == ["draft-tin-1"]
        assert commune.state("tin-1") is ItemState.REPLACED

    def test_both_on_one_page_leave_only_the_new_one(self, make: Callable[..., Commune]) -> None:
        commune = make(emergency="at_once")
        commune.server.items = [item("tin-1"), item("tin-2", item_class="emergency", replaces="tin-1")]
        commune.round()
        assert commune.desk.drafts == {}
        assert list(commune.desk.aired) == ["kttv/tin-2"]

    def test_another_issuers_item_stays(self, commune: Commune) -> None:
        commune.server.items = [item("tin-1"), item("huy", by=TINH, text=None, replaces="tin-1", cancels=True)]
        commune.round()
        assert commune.desk.taken_back == []
        assert commune.state("tin-1") is ItemState.DRAFTED


class TestCrashes:
    def test_an_emergency_aired_just_before_a_crash_is_not_aired_twice(self, make: Callable[..., Commune]) -> None:
        commune = make(emergency="at_once")
        commune.desk.dies_after_airing = True
        commune.server.items = [item("lu", item_class="emergency")]
        with pytest.raises(CrashError):
            commune.round()
        assert commune.state("lu") is ItemState.TAKEN
        commune.desk.dies_after_airing = False
        commune.restart()
        commune.round()
        assert commune.state("lu") is ItemState.AIRED
        assert commune.desk.aired == {"kttv/lu": "Đài Khí tượng"}

    def test_without_a_voice_it_waits_and_is_tried_again(self, commune: Commune) -> None:
        commune.desk.refuses = {"draft": SmartradioError("no voice speaks")}
        commune.server.items = [item("tin-1")]
        commune.round()
        assert commune.state("tin-1") is ItemState.TAKEN
        commune.desk.refuses = {}
        commune.round(after_s=60)
        assert commune.state("tin-1") is ItemState.DRAFTED


class TestReportsGoUp:
    @pytest.fixture
    def judged(self, commune: Commune) -> Commune:
        furnish(commune.store)
        commune.store.plan_airing(AIRING, [told(Step.APPROVED, node="", by="Nguyễn Thị Lan")])
        commune.store.judge(told(Step.HEARD, node="loa-1"), NodeJudgement(VerdictCode.AIRED, coverage=0.9))
        return commune

    def test_after_a_week_without_a_line_everything_is_told_once(self, judged: Commune) -> None:
        judged.server.fault = "html"
        for _ in range(7):
            judged.round(after_s=86_400)
        assert judged.server.reports == {}
        judged.server.fault = ""
        judged.round(after_s=1_000)
        judged.round(after_s=1_000)
        (report,) = judged.server.reports.values()
        assert report["station"] == STATION
        assert report["results"][1]["verdict"] == "aired"
        assert len(judged.server.deliveries) == 1

    def test_a_report_whose_answer_was_lost_is_there_once(self, judged: Commune) -> None:
        judged.server.fault = "lost"
        judged.round(after_s=60)
        judged.server.fault = ""
        judged.store.judge(told(Step.HEARD, node="loa-2"), NodeJudgement(VerdictCode.SILENT))
        judged.restart()
        judged.round(after_s=1_000)
        first, again, next_one = judged.server.deliveries
        assert first == again != next_one
        assert [report["revision"] for report in judged.server.reports.values()] == [1, 2]

    def test_a_report_that_is_refused_above_does_not_hold_up_the_others(self, judged: Commune) -> None:
        judged.server.fault = "refuses"
        judged.round(after_s=60)
        judged.server.fault = ""
        judged.store.judge(told(Step.HEARD, node="loa-2"), NodeJudgement(VerdictCode.SILENT))
        judged.round(after_s=60)
        assert [report["revision"] for report in judged.server.reports.values()] == [2]
        assert judged.store.source.state().refused == 1

    def test_it_is_tried_less_and_less_often_while_there_is_no_line(self, judged: Commune) -> None:
        judged.server.fault = "500"
        for _ in range(6 * 60):
            judged.round(after_s=60)
        assert judged.server.asked < 32  # once in 15 minutes is 24
        state = asyncio.run(judged.exchange.state())
        assert state.fault is not None and "the database is away" in state.fault
        assert state.outbox.waiting == 1

    def test_it_is_left_alone_for_as_long_as_it_asks(self, judged: Commune) -> None:
        judged.server.fault = "busy"
        judged.round(after_s=60)
        asked = judged.server.asked
        judged.round(after_s=1_190)
        assert judged.server.asked == asked
        judged.round(after_s=20)
        assert judged.server.asked > asked
