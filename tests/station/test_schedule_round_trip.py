"""From programmes to a file, to the store and back: nothing is lost, and the second file is the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.bulletin import Part
from smartradio.domain.day_rules import LAST_DAY, Holidays, LunarRule
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.programme import Origin, Programme
from smartradio.station.days import vietnam_days
from smartradio.station.schedule_export import export_schedule
from smartradio.station.schedule_files import LOCAL, load_schedule
from smartradio.station.schedule_writing import schedule_text
from smartradio.station.store import Store
from tests.station.programmes import SOUNDS, programmes

EXAMPLE = Path(__file__).parents[2] / "schedules" / "vi-du.yaml"
DAYS = vietnam_days()
AT = datetime(2026, 11, 23, 5, 30, tzinfo=LOCAL)
PLAIN = Programme("sang", "Buổi sáng", "Chào bà con.", ("thon-1",), AT)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store.open(tmp_path_factory.mktemp("store"))
    yield opened
    opened.close()


def write(folder: Path, *each: Programme) -> Path:
    return export_schedule(each, folder / "lich.yaml", get_sound=SOUNDS.get, days=DAYS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(programmes(DAYS), min_size=1, max_size=3, unique_by=lambda each: each.name))
def test_programme_file_programme_store_programme_file(tmp_path: Path, store: Store, several: list[Programme]) -> None:
    first = write(tmp_path, *several).read_bytes()
    read = load_schedule(tmp_path / "lich.yaml", days=DAYS)
    assert sorted(read, key=lambda each: each.name) == sorted(several, key=lambda each: each.name)
    for old in store.programmes():
        store.drop_programme(old.name)
    for each in read:
        store.put_programme(each, None, Origin.CONSOLE)
    assert write(tmp_path, *store.programmes()).read_bytes() == first


def test_the_example_commune_comes_through(tmp_path: Path) -> None:
    example = load_schedule(EXAMPLE, days=DAYS)
    again = load_schedule(write(tmp_path, *example), days=DAYS)
    assert sorted(again, key=lambda each: each.name) == sorted(example, key=lambda each: each.name)


def test_a_file_is_written_as_people_write_it() -> None:
    hearing = replace(
        PLAIN,
        name="tiem-chung",
        title="Lịch tiêm chủng",
        topic="y tế",
        text="Trạm Y tế xã tiêm chủng.\n\nKhi đi, mang theo sổ.",
        zones=("thon-1", "10"),
        recurrence="FREQ=DAILY",
        except_on=tuple(date(2027, 2, day) for day in (4, 5, 6, 8)),
        holidays=Holidays.SKIP,
        slot=timedelta(minutes=60),
        approved_by="Trần Văn Hùng, Chủ tịch UBND xã",
        start_tolerance=timedelta(seconds=90.5),
    )
    moon = replace(PLAIN, name="ram", title="Rằm: phòng cháy", lunar=LunarRule((1, LAST_DAY), (12,)), times=2)
    assert schedule_text([moon, hearing], str) == (
        "programmes:\n"
        "  - name: ram\n"
        '    title: "Rằm: phòng cháy"\n'
        "    zones: [thon-1]\n"
        "    at: 2026-11-23 05:30\n"
        "    lunar: {days: [1, last], months: [12], leap: also}\n"
        "    times: 2\n"
        "    text: Chào bà con.\n"
        "\n"
        "  - name: tiem-chung\n"
        "    title: Lịch tiêm chủng\n"
        "    topic: y tế\n"
        '    zones: [thon-1, "10"]\n'
        "    at: 2026-11-23 05:30\n"
        "    recurrence: FREQ=DAILY\n"
        "    except_on: [2027-02-04..2027-02-06, 2027-02-08]\n"
        "    holidays: skip\n"
        "    slot_until: 06:30\n"
        "    approved_by: Trần Văn Hùng, Chủ tịch UBND xã\n"
        "    start_tolerance_s: 90.5\n"
        "    text: |\n"
        "      Trạm Y tế xã tiêm chủng.\n"
        "\n"
        "      Khi đi, mang theo sổ.\n"
    )


def test_a_day_is_written_in_its_order() -> None:
    hours = {"trua": 11, "sang": 5, "chieu": 17}
    several = [replace(PLAIN, name=name, first_at=AT.replace(hour=hour)) for name, hour in hours.items()]
    written = schedule_text(several, str)
    assert written.index("sang") < written.index("trua") < written.index("chieu")


def test_sounds_lie_beside_the_file(tmp_path: Path) -> None:
    wav = next(sha256 for sha256, data in SOUNDS.items() if data.startswith(b"RIFF"))
    parts = (Part(text="Mời nghe."), Part("hmn", sound=wav))
    file = export_schedule(
        [replace(PLAIN, text="Mời nghe.", parts=parts)], tmp_path / "ra", get_sound=SOUNDS.get, days=DAYS
    )
    assert file == tmp_path / "ra" / "lich.yaml"
    assert (tmp_path / "ra" / "am-thanh" / f"{wav}.wav").read_bytes() == SOUNDS[wav]


def test_a_sound_that_is_gone_is_told_and_the_older_file_stays(tmp_path: Path) -> None:
    (tmp_path / "lich.yaml").write_text("cũ", encoding="utf-8")
    with pytest.raises(SmartradioError, match="is gone from the disk"):
        write(tmp_path, replace(PLAIN, parts=(Part("hmn", sound="0" * 64),)))
    assert (tmp_path / "lich.yaml").read_text(encoding="utf-8") == "cũ"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"slot": timedelta(hours=20)}, "programme sang cannot be written to a file: its slot ends at 01:30:00"),
        ({"slot": timedelta(seconds=61)}, "a slot ends at a full minute of its day"),
        ({"text": "Chào bà con. "}, "a schedule file does not hold its text as it is"),
        ({"first_at": AT.astimezone(UTC)}, "is not the commune's wall clock"),
    ],
)
def test_what_a_file_cannot_tell_is_refused_and_the_older_file_stays(
    tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    (tmp_path / "lich.yaml").write_text("cũ", encoding="utf-8")
    with pytest.raises(BadInputError, match=words):
        write(tmp_path, replace(PLAIN, **changed))  # type: ignore[arg-type]
    assert (tmp_path / "lich.yaml").read_text(encoding="utf-8") == "cũ"
    assert [path.name for path in tmp_path.iterdir()] == ["lich.yaml"]
