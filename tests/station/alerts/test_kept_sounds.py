"""What stays on the nodes for alerts to come: the very objects that alerts are made of, by the real base voice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.alerting.saying import BEFORE_SIREN
from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.errors import SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.alerts.kept_sounds import ALWAYS, MOST, KeptSounds
from smartradio.station.objects import Objects
from smartradio.station.reader import Reader
from smartradio.station.store import Store
from smartradio.station.studio import Studio
from smartradio.wire.messages import SegmentRef

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
TEMPLATE = """\
templates:
  - name: vo-dap
    title: Vỡ đập
    event: Vỡ đập
    siren: siren_flood
    headline: Đập đã vỡ.
    situation: Nước đang tràn xuống thôn 2.
    forecast: Nước sẽ về trong ít phút.
    advice: Mời bà con chạy lên đồi ngay.
    cap: {category: Safety, urgency: Immediate, severity: Extreme, certainty: Observed}
"""


class Shelf:
    """Takes what is offered and what is to be kept."""

    def __init__(self) -> None:
        self.offered: dict[str, int] = {}
        self.kept: list[tuple[SegmentRef, ...]] = []

    def offer(self, objects: Mapping[str, int], at: datetime, nodes: Sequence[str]) -> None:
        assert (at > NOW, tuple(nodes)) == (True, ("thon-1", "thon-2"))
        self.offered |= objects

    def keep(self, segments: Sequence[SegmentRef]) -> None:
        self.kept.append(tuple(segments))


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    reader = Reader(tmp_path / "models")
    with closing(Store.open(tmp_path / "station")) as store, closing(reader):
        yield Studio(store, Objects(tmp_path / "objects"), reader, voice="vi", clock=lambda: NOW)


def kept_sounds(studio: Studio, shelf: Shelf, own: Path | None) -> KeptSounds:
    return KeptSounds(studio, shelf, shelf.keep, ["thon-1", "thon-2"], own_templates=own, clock=lambda: NOW)


def test_sirens_are_kept_at_once_and_are_the_objects_of_the_alerts_that_open_with_them(studio: Studio) -> None:
    async def work() -> None:
        shelf = Shelf()
        sounds = kept_sounds(studio, shelf, None)
        await sounds.give_sirens()
        (kept,) = shelf.kept
        assert len(kept) >= len(ALWAYS)
        assert {segment.kind for segment in kept} == {SegmentKind.CHIME}
        assert shelf.offered == {segment.sha256: segment.size_bytes for segment in kept}
        script = await studio.script("Lũ", "Nước lên.", Priority.EMERGENCY)
        for siren in ("", "all_clear", "siren_flood"):
            opening = await studio.begin(script, siren)
            first, words = opening.recording.segments
            assert sounds.is_kept(first.sha256)
            assert not sounds.is_kept(words.sha256)
            whole = await studio.finish(script, opening.recording, siren)
            assert whole.recording.segments[:2] == opening.recording.segments
            assert whole.recording.segments[-1].kind is SegmentKind.CHIME

    asyncio.run(work())


def test_a_sentence_that_stands_in_every_alert_of_a_template_is_on_the_nodes_before_it_is_needed(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the commune's own: reading all of ours aloud takes some seconds.
    monkeypatch.setattr("smartradio.station.alerts.template_files._BUILTIN", tmp_path / "none")
    (tmp_path / "none").mkdir()
    own = tmp_path / "own"
    own.mkdir()
    (own / "dap.yaml").write_text(TEMPLATE, encoding="utf-8")

    async def work() -> None:
        shelf = Shelf()
        sounds = kept_sounds(studio, shelf, own)
        await sounds.give_sirens()
        await sounds.give_sentences()
        sirens, everything = shelf.kept
        assert everything[: len(sirens)] == sirens
        assert len(everything) <= MOST
        script = await studio.script(
            "Vỡ đập", "Đập đã vỡ.\nPhát lúc 3 giờ 30.\nMời bà con chạy lên đồi ngay.", Priority.EMERGENCY
        )
        made = (await studio.produce(script)).recording.segments
        told = [segment for segment in made if segment.kind is SegmentKind.SENTENCE]
        assert [sounds.is_kept(segment.sha256) for segment in told] == [True, False, True]

    asyncio.run(work())


def test_a_template_that_the_commune_changes_is_followed_without_a_new_start(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.station.alerts.template_files._BUILTIN", tmp_path / "none")
    (tmp_path / "none").mkdir()
    own = tmp_path / "own"
    own.mkdir()
    (own / "dap.yaml").write_text(TEMPLATE, encoding="utf-8")

    async def kept(sounds: KeptSounds, sentence: str) -> bool:
        script = await studio.script("Vỡ đập", sentence, Priority.EMERGENCY)
        made = (await studio.produce(script)).recording.segments
        return all(sounds.is_kept(each.sha256) for each in made if each.kind is SegmentKind.SENTENCE)

    async def work() -> None:
        shelf = Shelf()
        sounds = kept_sounds(studio, shelf, own)
        await sounds.give_sirens()
        await sounds.follow()
        await sounds.follow()
        assert len(shelf.kept) == 2
        assert await kept(sounds, "Mời bà con chạy lên đồi ngay.")
        text = TEMPLATE.replace("chạy lên đồi ngay", "lên trường học").replace("siren_flood", "siren_fire")
        (own / "dap.yaml").write_text(text, encoding="utf-8")
        await sounds.follow()
        assert len(shelf.kept) == 3
        assert await kept(sounds, "Mời bà con lên trường học.")
        assert not await kept(sounds, "Mời bà con chạy lên đồi ngay.")
        script = await studio.script("Cháy", "Có cháy.", Priority.EMERGENCY)
        assert sounds.is_kept((await studio.begin(script, "siren_fire")).recording.segments[0].sha256)

    asyncio.run(work())


def test_while_no_voice_speaks_it_is_tried_again_after_an_hour(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def mute(*_args: object, **_manner: object) -> None:
        tried.append("said")
        raise SmartradioError("no voice speaks")

    async def work() -> None:
        now = [NOW]
        shelf = Shelf()
        sounds = KeptSounds(studio, shelf, shelf.keep, ["thon-1", "thon-2"], own_templates=None, clock=lambda: now[0])
        await sounds.give_sirens()
        with monkeypatch.context() as patched:
            patched.setattr(studio, "produce", mute)
            await sounds.follow(of_templates=False)
            now[0] += timedelta(minutes=59)
            await sounds.follow(of_templates=False)
            assert len(tried) == 1
            assert len(shelf.kept) == 1
        now[0] += timedelta(minutes=2)
        await sounds.follow(of_templates=False)
        assert len(shelf.kept[-1]) == len(shelf.kept[0]) + len(BEFORE_SIREN)

    asyncio.run(work())


def test_that_it_is_an_exercise_stays_on_the_nodes_though_no_sentence_of_a_template_does(studio: Studio) -> None:
    async def work() -> None:
        shelf = Shelf()
        sounds = kept_sounds(studio, shelf, None)
        await sounds.give_sirens()
        await sounds.give_sentences(of_templates=False)
        assert len(shelf.kept[-1]) == len(shelf.kept[0]) + len(BEFORE_SIREN)
        drill = await studio.script(
            "Diễn tập", "\n".join((" ".join(BEFORE_SIREN[:2]), "Nước lên.")), Priority.EMERGENCY
        )
        produced = await studio.begin(replace(drill, lines_before_siren=1), "siren_flood")
        assert [segment.kind.value for segment in produced.recording.segments] == ["sentence", "sentence", "chime"]
        assert all(sounds.is_kept(segment.sha256) for segment in produced.recording.segments)
        meant = await studio.script("Lũ", "Nước lên.", Priority.EMERGENCY)
        assert not sounds.is_kept((await studio.begin(meant)).recording.segments[1].sha256)

    asyncio.run(work())


def test_a_mistake_in_the_communes_templates_takes_no_siren_from_the_nodes(studio: Studio, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "dap.yaml").write_text("templates: [", encoding="utf-8")

    async def work() -> None:
        shelf = Shelf()
        await kept_sounds(studio, shelf, own).give_sirens()
        assert len(shelf.kept[0]) >= len(ALWAYS)

    asyncio.run(work())
