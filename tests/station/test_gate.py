"""What passes into the plan of a real station: emergencies only with certainty or with a name, sounds only whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.domain.bulletin import Part, SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.station.scripts import OpenItemsError
from tests.speech.test_importing import silence, speech, wav
from tests.station.commune import run
from tests.station.test_station import on_air, quick

UNSURE = "Nước sông lên nhanh.\nBà con đến ngay PXKQ."


def facts_of(station: object, airing: str, step: Step) -> dict[str, object]:
    chain = station.airing_view(airing).chain  # type: ignore[attr-defined]
    (entry,) = [entry for entry in chain if entry.evidence.step is step]
    return dict(entry.evidence.facts)


def test_an_uncertain_emergency_needs_a_person_who_takes_it_on_and_the_log_names_them(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            fields = {"title": "Lũ khẩn cấp", "text": UNSURE, "by": "Lê Thị Lan", "priority": Priority.EMERGENCY}
            with pytest.raises(OpenItemsError, match=r"the first in line 2: “PXKQ”"):
                await station.air_now(**fields)
            assert station.board() == []
            airing = await station.air_now(**fields, override_open_items=True)
            approved = facts_of(station, airing.id, Step.APPROVED)
            assert (approved["by"], approved["open_items_overridden"]) == ("Lê Thị Lan", 1)
            assert facts_of(station, airing.id, Step.RENDERED)["open_items"] == 1
            # Without the class of an emergency it is aired as before, the place on record.
            calm = await station.air_now(title="Họp", text=UNSURE, by="Lan")
            assert "open_items_overridden" not in facts_of(station, calm.id, Step.APPROVED)
            assert facts_of(station, calm.id, Step.RENDERED)["open_items"] == 1
            # An alert is read slowly, with wide pauses, between chimes of its own.
            urgent, plain = (station.airing_view(each.id).recording for each in (airing, calm))
            assert urgent.duration_s > 1.2 * plain.duration_s
            assert urgent.segments[0].sha256 != plain.segments[0].sha256
            reading = await station.read(UNSURE)
            assert [item["written"] for line in reading for item in line["open_items"]] == ["PXKQ"]

    run(work)


EMERGENCY = """\
programmes:
  - name: lu
    title: Lũ khẩn cấp
    text: Bà con đến ngay PXKQ.
    zones: [thon-1]
    in_seconds: 3600
    priority: emergency
"""


def test_a_programme_s_override_counts_only_with_a_name(tmp_path: Path) -> None:
    async def work() -> None:
        schedule = tmp_path / "lu.yaml"
        schedule.write_text(EMERGENCY, encoding="utf-8")
        async with on_air(quick(tmp_path, schedules=(schedule,))) as station:
            for more in ("", "    approved_by: Lan\n", "    override_open_items: true\n"):
                schedule.write_text(EMERGENCY + more, encoding="utf-8")
                with pytest.raises(OpenItemsError, match=r"lu\.yaml, line 2: programme lu: .*“PXKQ”") as refused:
                    await station.load_schedules()
                assert "\n" not in str(refused.value)
                assert station.board() == []
            schedule.write_text(EMERGENCY + "    approved_by: Lan\n    override_open_items: true\n", encoding="utf-8")
            await station.load_schedules()
            (view,) = station.board()
            approved = facts_of(station, view.airing.id, Step.APPROVED)
            assert (approved["by"], approved["open_items_overridden"]) == ("Lan", 1)

    run(work)


def test_a_programme_and_a_text_aired_at_once_are_read_as_often_as_was_asked(tmp_path: Path) -> None:
    async def work() -> None:
        schedule = tmp_path / "cat-dien.yaml"
        calm = EMERGENCY.replace("priority: emergency", "approved_by: Lan").replace("PXKQ", "nhà văn hóa")
        schedule.write_text(calm + "    times: 2\n", encoding="utf-8")
        async with on_air(quick(tmp_path, schedules=(schedule,))) as station:
            await station.load_schedules()
            (planned,) = station.board()
            at_once = await station.air_now(title="Cắt điện", text="Bà con tắt máy bơm.", by="Lan", times=3)
            for view, times in ((planned, 2), (station.airing_view(at_once.id), 3)):
                said = [segment.spoken for segment in view.recording.segments if segment.spoken]
                assert said == [*(times - 1) * [said[0], "Xin nhắc lại."], said[0]]
                assert facts_of(station, view.airing.id, Step.RENDERED)["times_read"] == times
            with pytest.raises(BadInputError, match="1 to 5 times, not 6"):
                await station.air_now(title="Cắt điện", text="Bà con tắt máy bơm.", by="Lan", times=6)

    run(work)


def test_a_recording_brought_in_is_aired_between_what_is_read(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            with pytest.raises(BadInputError, match=r"cam\.wav: is silent from beginning to end"):
                await station.bring_in(wav(silence(5)), "cam.wav")
            sound = np.concatenate([silence(2), 0.1 * speech(4.0), silence(2)])
            taken = await station.bring_in(wav(sound), "hmong.wav")
            parts = (Part("vi", "Mời bà con nghe thông báo."), Part("hmn", sound=taken.sha256))
            airing = await station.air_now(title="Hai thứ tiếng", parts=parts, by="Lan")
            view = station.airing_view(airing.id)
            assert view.bulletin.parts == parts
            (imported,) = [s for s in view.recording.segments if s.kind is SegmentKind.IMPORTED]
            spoken = next(s for s in view.recording.segments if s.kind is SegmentKind.SENTENCE)
            assert imported.duration_s == pytest.approx(4.2, abs=0.3)
            levels = [
                20 * np.log10(np.sqrt(np.mean(np.square(decode_opus(station.objects.get(segment.sha256))))))
                for segment in (imported, spoken)
            ]
            # Both were brought to one loudness, however softly one was recorded.
            assert abs(levels[0] - levels[1]) < 6
            assert facts_of(station, airing.id, Step.RENDERED)["sources"] == [taken.sha256]

    run(work)


def test_a_programme_brings_its_sound_from_a_file(tmp_path: Path) -> None:
    async def work() -> None:
        (tmp_path / "khmer.wav").write_bytes(wav(speech(3.0)))
        schedule = tmp_path / "xa.yaml"
        in_two_days = datetime.now(UTC) + timedelta(days=2)
        schedule.write_text(
            "programmes:\n  - name: khmer\n    title: Tin Khmer\n    parts:\n"
            "      - language: km\n        sound_file: khmer.wav\n"
            f"    zones: [thon-1]\n    at: {in_two_days:%Y-%m-%d} 05:00\n    approved_by: Lan\n",
            encoding="utf-8",
        )
        async with on_air(quick(tmp_path, schedules=(schedule,))) as station:
            await station.load_schedules()
            await station.load_schedules()
            (view,) = station.board()
            assert (view.bulletin.language, view.recording.voice) == ("km", "")
            kinds = [segment.kind for segment in view.recording.segments]
            assert SegmentKind.IMPORTED in kinds and SegmentKind.SENTENCE not in kinds
            (tmp_path / "khmer.wav").write_bytes(b"hong")
            with pytest.raises(
                BadInputError, match=r"xa\.yaml, line 6: sound_file: khmer\.wav: the file is not a sound"
            ):
                await station.load_schedules()
            assert len(station.board()) == 1

    run(work)
