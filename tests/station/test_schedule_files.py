from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from docx import Document
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, instants
from smartradio.station.recurrence import check_recurrence
from smartradio.station.schedule_files import KEYS, load_schedule, read_schedule
from smartradio.station.yaml_tree import MOST_NODES
from tests.domain.plain_days import PlainDays

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
GOOD = """\
programmes:
  - name: sang
    title: Buổi sáng
    text: Chào bà con.
    zones: [thon-1, thon-2]
    at: 2026-11-22 05:00
"""
SCHEDULES = Path(__file__).parents[2] / "schedules"


def read(folder: Path, content: str | bytes) -> list[Programme]:
    path = folder / "lich.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_schedule(path, now=NOW)


def test_a_programme_reads_as_written(tmp_path: Path) -> None:
    more = "    recurrence: freq=daily\n    priority: above\n    approved_by: Lan\n    start_tolerance_s: 90\n"
    assert read(tmp_path, GOOD + more) == [
        Programme(
            "sang",
            "Buổi sáng",
            "Chào bà con.",
            ("thon-1", "thon-2"),
            datetime(2026, 11, 22, 5, 0, tzinfo=HANOI),
            "FREQ=DAILY",
            Priority.ABOVE,
            "Lan",
            None,
            timedelta(seconds=90),
        )
    ]


def test_without_an_approver_the_programme_carries_no_name(tmp_path: Path) -> None:
    (programme,) = read(tmp_path, GOOD)
    assert programme.approved_by is None
    assert (programme.priority, programme.start_tolerance) == (Priority.PROGRAMME, timedelta(seconds=60))


@pytest.mark.parametrize("at", ["2026-11-22 05:00", "2026-11-22T05:00:00", "'2026-11-22 5:00'"])
def test_at_is_the_communes_wall_clock(tmp_path: Path, at: str) -> None:
    (programme,) = read(tmp_path, GOOD.replace("2026-11-22 05:00", at))
    assert programme.first_at == datetime(2026, 11, 21, 22, 0, tzinfo=UTC)


def test_in_seconds_counts_from_now(tmp_path: Path) -> None:
    (programme,) = read(tmp_path, GOOD.replace("at: 2026-11-22 05:00", "in_seconds: 6"))
    assert programme.first_at == NOW + timedelta(seconds=6)


def test_the_words_may_lie_in_a_file_beside_the_schedule(tmp_path: Path) -> None:
    (tmp_path / "tin.txt").write_text("\ufeffMột bản tin.\n", encoding="utf-8")
    (programme,) = read(tmp_path, GOOD.replace("text: Chào bà con.", "text_file: tin.txt"))
    assert programme.text == "Một bản tin."


def test_a_word_file_may_hold_the_words(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("Một bản tin.")
    document.save(str(tmp_path / "tin.docx"))
    (programme,) = read(tmp_path, GOOD.replace("text: Chào bà con.", "text_file: tin.docx"))
    assert programme.text == "Một bản tin."


def test_a_text_file_of_windows_is_read_and_one_from_before_unicode_is_refused(tmp_path: Path) -> None:
    in_a_file = GOOD.replace("text: Chào bà con.", "text_file: tin.txt")
    (tmp_path / "tin.txt").write_bytes("Một bản tin.\r\n".encode("utf-16"))
    assert read(tmp_path, in_a_file)[0].text == "Một bản tin."
    for data in ("UBND x· th«ng b¸o lÞch tiªm".encode(), "UBND x· th«ng b¸o".encode("cp1252")):
        (tmp_path / "tin.txt").write_bytes(data)
        with pytest.raises(BadInputError, match=r"line 4: text_file: tin\.txt: .*TCVN3"):
            read(tmp_path, in_a_file)


IN_PARTS = """parts:
      - text: Chào bà con.
      - language: hmn
        sound_file: hmong.mp3
      - language: vi
        text_file: tin.txt"""


def in_parts(tmp_path: Path, old: str = "", new: str = "") -> str:
    (tmp_path / "hmong.mp3").write_bytes(b"a sound")
    (tmp_path / "tin.txt").write_text("Xin hết.", encoding="utf-8")
    return GOOD.replace("text: Chào bà con.", IN_PARTS.replace(old, new) if old else IN_PARTS)


def test_a_programme_may_have_parts_in_several_languages_some_of_them_sounds(tmp_path: Path) -> None:
    (tmp_path / "xa.yaml").write_text(in_parts(tmp_path), encoding="utf-8")
    taken: list[tuple[bytes, str]] = []

    def take(data: bytes, name: str) -> str:
        taken.append((data, name))
        return "5" * 64

    (programme,) = load_schedule(tmp_path / "xa.yaml", take_sound=take)
    assert programme.parts == (Part("vi", "Chào bà con."), Part("hmn", sound="5" * 64), Part("vi", "Xin hết."))
    assert programme.text == "Chào bà con.\nXin hết."
    assert taken == [(b"a sound", "hmong.mp3")]
    (alone,) = read(tmp_path, in_parts(tmp_path))
    assert alone.parts[1].sound == hashlib.sha256(b"a sound").hexdigest()


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("language: hmn", "language: Hmông", 6, "unknown language 'Hmông'; did you mean 'hmn' (Hmông)?"),
        ("sound_file: hmong.mp3", "text: Nyob zoo", 7, "no voice reads Hmông (hmn) here; bring in a recording"),
        ("sound_file: hmong.mp3", "sound_file: mat.mp3", 7, "mat.mp3: there is no such file"),
        ("sound_file: hmong.mp3", "text: a\n        sound_file: hmong.mp3", 8, "either a 'text', a 'text_file' or"),
        ("        sound_file: hmong.mp3\n", "", 6, "either a 'text', a 'text_file' or a recording"),
        ("sound_file:", "sound:", 7, "unknown key 'sound'; did you mean 'sound_file'?"),
        ("text_file: tin.txt", "text_file: tin.docx", 9, "tin.docx: there is no such file"),
    ],
)
def test_a_part_s_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read(tmp_path, in_parts(tmp_path, old, new))
    assert f", line {line}: " in str(refused.value)
    assert words in str(refused.value)


def test_a_recording_that_cannot_be_taken_is_told_with_its_line(tmp_path: Path) -> None:
    def take(data: bytes, name: str) -> str:
        raise BadInputError(f"{name}: is silent from beginning to end")

    (tmp_path / "xa.yaml").write_text(in_parts(tmp_path), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"xa\.yaml, line 7: sound_file: hmong\.mp3: is silent"):
        load_schedule(tmp_path / "xa.yaml", take_sound=take)


def test_words_and_parts_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="give the bulletin's words either here"):
        read(tmp_path, GOOD.replace("text: Chào bà con.", "text: Chào.\n    " + IN_PARTS))
    with pytest.raises(BadInputError, match="at least one part"):
        read(tmp_path, GOOD.replace("text: Chào bà con.", "parts: []"))


@pytest.mark.parametrize(("written", "meant"), [("1", 1), ("2", 2), ("'5'", 5)])
def test_a_programme_says_how_often_its_bulletin_is_read_in_one_go(tmp_path: Path, written: str, meant: int) -> None:
    (programme,) = read(tmp_path, GOOD.replace("    at:", f"    times: {written}\n    at:"))
    assert programme.times == meant
    assert read(tmp_path, GOOD)[0].times == 1


@pytest.mark.parametrize("written", ["0", "6", "-2", "1.5", "hai", "0x2", "1_0", "²"])
def test_a_bulletin_is_read_a_whole_number_of_times(tmp_path: Path, written: str) -> None:
    with pytest.raises(BadInputError, match=r"line 6: times: .* is not a whole number from 1 to 5"):
        read(tmp_path, GOOD.replace("    at:", f"    times: {written}\n    at:"))


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("false", False), ("yes", True)])
def test_an_override_is_a_plain_yes_or_no(tmp_path: Path, written: str, meant: bool) -> None:
    (programme,) = read(tmp_path, GOOD.replace("    at:", f"    override_open_items: {written}\n    at:"))
    assert programme.override_open_items is meant
    with pytest.raises(BadInputError, match="line 6: override_open_items: write true or false"):
        read(tmp_path, GOOD.replace("    at:", "    override_open_items: 'Lan'\n    at:"))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("title:", "titel:", 3, "unknown key 'titel'; did you mean 'title'?"),
        ("programmes:", "programs:", 1, "did you mean 'programmes'?"),
        ("    at: 2026-11-22 05:00\n", "", 2, "give either 'at'"),
        ("at: 2026-11-22 05:00", "at: 5 giờ sáng", 6, "'5 giờ sáng' is not a local time"),
        ("at: 2026-11-22 05:00", "at: 2026-02-30 05:00", 6, "2026-02-30 05:00 does not exist"),
        ("at: 2026-11-22 05:00", "at: 2026-11-22 05:00:00+07:00", 6, "is not a local time"),
        ("at: 2026-11-22 05:00", "in_seconds: soon", 6, "not a number of seconds"),
        ("at: 2026-11-22 05:00", "in_seconds: .nan", 6, "not a number of seconds"),
        ("at: 2026-11-22 05:00", "in_seconds: -1", 6, "not a number of seconds"),
        ("name: sang", "name: Buổi Sáng", 2, "use a-z, 0-9 and hyphens"),
        ("name: sang", "name: [sang]", 2, "line 2: name: write a text here"),
        ("title: Buổi sáng", "title: ~", 3, "write a text here"),
        ("title: Buổi sáng", "title: yes", 3, "write a text here"),
        ("title: Buổi sáng", 'title: "a\\0b"', 3, "control characters"),
        ("text: Chào bà con.", 'text: "\\uD800"', 4, "not YAML"),
        ("text: Chào bà con.", "text: '  '", 4, "write a text here"),
        ("text: Chào bà con.", "voice: nu", 2, "give the bulletin's words"),
        ("text: Chào bà con.", "text: a\n    text_file: b", 4, "either here or in a 'text_file'"),
        ("text: Chào bà con.", "text_file: nowhere.txt", 4, "there is no such file"),
        ("text: Chào bà con.", "text_file: /dev/zero", 4, "there is no such file"),
        ("zones: [thon-1, thon-2]", "zones: thon-1", 5, "at least one zone"),
        ("zones: [thon-1, thon-2]", "zones: []", 5, "at least one zone"),
        ("zones: [thon-1, thon-2]", "zones: [thon-1, thon-1]", 5, "zone thon-1 stands twice"),
        ("zones: [thon-1, thon-2]", "zones:\n      - thon-1\n      - Thôn 2", 7, "zone 'Thôn 2'"),
        ("zones:", "title:", 5, "the key 'title' stands twice"),
        ("at:", "priority: urgent\n    at:", 6, "choose one of emergency"),
        ("at:", "priority: emergancy\n    at:", 6, "did you mean 'emergency'?"),
        ("at:", "recurrence: FREQ=DALY\n    at:", 6, "FREQ=DALY cannot be used"),
        ("at:", "  bad indent: [\n    at:", 6, "not YAML"),
        ("- name", "- sang\n  - name", 2, "a programme must be written as 'key: value' lines"),
        ("[thon-1", "[*thon", 5, "not YAML: found undefined alias"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_is_right(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    said = str(caught.value)
    assert f"lich.yaml, line {line}: " in said
    assert words in said
    assert said.count("lich.yaml") == 1
    assert "\n" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"# only a remark\n", "the file is empty"),
        ("tiếng Việt".encode("cp1258", errors="replace") + b"\xff", "not UTF-8 at byte"),
        (b"programmes: []", "at least one programme"),
        (b"just words", "'key: value' lines"),
        (b"{}", "under the key 'programmes'"),
        (b"a\x00b", "not YAML"),
        (b"[" * 20_000, "RecursionError"),
        (b'"\\UFFFFFFFF"', "not YAML"),
        (b"x" * 64_000_001, "larger than"),
        (GOOD.encode() + GOOD.partition("\n")[2].encode(), "a second programme is named 'sang'"),
    ],
)
def test_a_file_that_is_no_schedule_is_refused_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_each_programme_comes_with_the_line_on_which_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "lich.yaml"
    path.write_text("# Lịch của xã\n" + GOOD + GOOD.partition("\n")[2].replace("sang", "chieu"), encoding="utf-8")
    written = list(read_schedule(path, now=NOW))
    assert [(each.programme.name, each.path, each.line) for each in written] == [("sang", path, 3), ("chieu", path, 8)]


def test_all_programmes_with_a_mistake_are_told_and_the_others_read(tmp_path: Path) -> None:
    path, body = tmp_path / "lich.yaml", GOOD.partition("\n")[2]
    wrong = body.replace("sang", "trua").replace("05:00", "25:00")
    path.write_text(GOOD + wrong + body + body.replace("sang", "chieu"), encoding="utf-8")
    faults: list[BadInputError] = []
    read_on = read_schedule(path, now=NOW, on_fault=faults.append)
    assert [each.programme.name for each in read_on] == ["sang", "chieu"]
    assert [str(fault).partition("lich.yaml, ")[2][:30] for fault in faults] == [
        "line 11: at: 2026-11-22 25:00 ",
        "line 12: a second programme is",
    ]


def test_a_topic_is_a_free_word(tmp_path: Path) -> None:
    (programme,) = read(tmp_path, GOOD.replace("    at:", "    topic: y tế\n    at:"))
    assert programme.topic == "y tế"
    assert read(tmp_path, GOOD)[0].topic is None


def test_an_instant_may_be_written_to_the_microsecond(tmp_path: Path) -> None:
    (programme,) = read(tmp_path, GOOD.replace("05:00", "05:00:07.25"))
    assert programme.first_at == datetime(2026, 11, 22, 5, 0, 7, 250_000, HANOI)


def test_a_second_document_is_refused_where_it_begins(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="line 7: not YAML: a second document begins here"):
        read(tmp_path, GOOD + "---\nprogrammes: []\n")


def test_no_programme_fills_the_memory(tmp_path: Path) -> None:
    many = "".join(f"    khoa-{number}: 1\n" for number in range(MOST_NODES))
    with pytest.raises(BadInputError, match=f"not YAML: more than {MOST_NODES} values in one item"):
        read(tmp_path, GOOD + many)


def test_programmes_may_share_what_is_written_once(tmp_path: Path) -> None:
    shared = GOOD.replace("[thon-1, thon-2]", "&ca-xa [thon-1, thon-2]")
    second = GOOD.partition("\n")[2].replace("[thon-1, thon-2]", "*ca-xa").replace("sang", "chieu")
    assert [each.zones for each in read(tmp_path, shared + second)] == [("thon-1", "thon-2")] * 2


def test_a_pipe_or_a_folder_is_no_schedule_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(BadInputError, match="there is no such file"):
            load_schedule(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
@example(content=b"%YAML 1." + b"9" * 5000 + b"\n--- a")
@example(content=b"? [a]\n: b")
@example(content=b"programmes: &a [*a]")
@example(content=b"<<: {a: b}")
def test_any_bytes_give_programmes_or_bad_input(tmp_path: Path, content: bytes) -> None:
    try:
        read(tmp_path, content)
    except BadInputError as error:
        assert str(tmp_path) in str(error)


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.datetimes()
    | st.text(max_size=20)
    | st.sampled_from(["thon-1", "FREQ=DAILY", "2026-11-22 05:00", "/dev/null", "x" * 5000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.dictionaries(st.sampled_from(KEYS), values, max_size=len(KEYS))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=fields, left_out=st.sets(st.sampled_from(KEYS), max_size=3))
def test_any_values_under_the_right_keys_give_programmes_or_bad_input(
    tmp_path: Path, changed: dict[str, Any], left_out: set[str]
) -> None:
    good = yaml.safe_load(GOOD)["programmes"][0]
    programme = {key: value for key, value in {**good, **changed}.items() if key not in left_out}
    try:
        (found,) = read(tmp_path, yaml.safe_dump({"programmes": [programme]}, allow_unicode=True))
    except BadInputError as error:
        assert ", line " in str(error)
    else:
        assert found.name
        assert found.zones
        assert found.first_at.tzinfo is not None


class TestRecurrence:
    first_at = datetime(2026, 11, 23, 5, 30, tzinfo=HANOI)

    @pytest.mark.parametrize(
        ("rule", "days"),
        [
            ("FREQ=DAILY", [23, 24, 25]),
            ("FREQ=WEEKLY;BYDAY=MO,TH", [23, 26, 30]),
            ("FREQ=DAILY;INTERVAL=2;COUNT=2", [23, 25]),
            ("FREQ=DAILY;UNTIL=20261124", [23, 24]),
            ("freq=monthly;byday=-1fr", [27]),
        ],
    )
    def test_a_rule_gives_the_days_it_says_until_the_end_of_its_last(self, rule: str, days: list[int]) -> None:
        kept = check_recurrence(rule, self.first_at)
        programme = Programme("p", "", "", (), self.first_at, kept)
        month_end = datetime(2026, 12, 1, tzinfo=HANOI)
        found = islice(instants(programme, self.first_at, month_end, PlainDays()), 3)
        assert [at.astimezone(HANOI).day for at in found] == days

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("", "not part of a rule"),
            ("DAILY", "not part of a rule"),
            ("INTERVAL=2", "FREQ is missing"),
            ("FREQ=SECONDLY", "FREQ=SECONDLY cannot be used"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0 cannot be used"),
            ("FREQ=DAILY;BYHOUR=5", "not part of a rule"),
            ("FREQ=DAILY;FREQ=WEEKLY", "stands twice"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "do not go together"),
            ("FREQ=DAILY;UNTIL=20269931", "not a rule that can be followed"),
            ("FREQ=DAILY;UNTIL=20261101", "never comes true"),
            ("FREQ=DAILY;INTERVAL=2;BYDAY=MO", "BYDAY wants FREQ=WEEKLY"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no such month"),
            ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "do not go together"),
            ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "never comes true"),
            ("FREQ=DAILY\nDTSTART:20200101", "cannot be used"),
        ],
    )
    def test_a_rule_that_cannot_be_followed_is_refused(self, rule: str, words: str) -> None:
        with pytest.raises(BadInputError, match=words):
            check_recurrence(rule, self.first_at)

    parts = st.sampled_from(
        [
            "FREQ=DAILY",
            "FREQ=WEEKLY",
            "FREQ=MONTHLY",
            "FREQ=YEARLY",
            "INTERVAL=12",
            "INTERVAL=366",
            "COUNT=3",
            "UNTIL=20301231",
            "BYDAY=MO",
            "BYDAY=-5SU,2TU",
            "BYMONTH=2",
            "BYMONTH=4,12",
            "BYMONTHDAY=29",
            "BYMONTHDAY=-31",
            "BYMONTHDAY=13",
            "WKST=SU",
        ]
    )

    @settings(max_examples=60, deadline=None)
    @given(rule=st.lists(parts, min_size=1, max_size=6).map(";".join) | st.text(max_size=40))
    def test_no_rule_keeps_anybody_waiting(self, rule: str) -> None:
        began = time.process_time()
        try:
            kept = check_recurrence(rule, self.first_at)
        except BadInputError:
            pass
        else:
            assert check_recurrence(kept, self.first_at) == kept
        assert time.process_time() - began < 5


@pytest.mark.parametrize("path", sorted(SCHEDULES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_example_schedules_are_whole_and_approved_by_name(path: Path) -> None:
    programmes = load_schedule(path, now=NOW)
    assert programmes
    assert all(programme.approved_by for programme in programmes)


def test_the_readme_tells_every_key() -> None:
    told = (SCHEDULES / "README.md").read_text(encoding="utf-8")
    assert [key for key in KEYS if f"`{key}`" not in told] == []
