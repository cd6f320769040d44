"""A message becomes a draft for an officer, and an alert of ours a message for others."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smartradio.alerting.cap.areas import Means, ZonePlace, reach
from smartradio.alerting.cap.as_alert import CapDraft, CapKind, as_cap, draft
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import (
    CapAlert,
    Key,
    MsgType,
    Named,
    Point,
    ResponseType,
    Severity,
    Status,
    Urgency,
)
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check, refusals
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alert import EMERGENCY_SIREN, QUIET_OPENING, Alert, AlertStatus, Origin, RiskLevel
from tests.alerting.cap.commune import ZONES, square
from tests.alerting.cap.wording import INFO, ISSUERS, NOW, message

DURING = datetime(2026, 10, 17, 22, 0, tzinfo=UTC)


def drafted(made: CapAlert, *, now: datetime = NOW) -> CapDraft:
    return draft(made, ZONES, id="cap-1", now=now, commune=("Yên Hòa",))


def hydromet() -> CapAlert:
    made = read_cap((ISSUERS / "hydromet-vn.xml").read_bytes())
    drawn = [replace(area, polygons=(square(20.0, 106.0, 0.005),)) for area in made.infos[0].areas]
    return replace(made, infos=(replace(made.infos[0], areas=tuple(drawn)), *made.infos[1:]))


def test_a_flood_warning_becomes_a_draft_in_vietnamese_with_its_issuer_and_level() -> None:
    made = drafted(hydromet(), now=DURING)
    alert = made.alert
    assert (made.language, made.severity, made.means) == ("vi", Severity.SEVERE, {"thon-1": Means.POLYGON})
    assert alert.title == "Tin lũ khẩn cấp trên sông Cái"
    lines = alert.text.splitlines()
    assert lines[0] == alert.title
    assert lines[1].startswith("Hồi 04 giờ")
    assert lines[-1].startswith("Đề nghị bà con")
    assert alert.zones == ("thon-1",)
    assert alert.issuer == "Đài Khí tượng Thủy văn tỉnh"
    assert alert.issued_at == datetime.fromisoformat("2026-10-18T04:15:00+07:00")
    assert alert.expires_at == datetime.fromisoformat("2026-10-18T16:15:00+07:00")
    assert (alert.risk_level, alert.status, alert.origin) == (RiskLevel.ORANGE, AlertStatus.ACTUAL, Origin.CAP)
    assert alert.source == "dubao@thuyvan.example.vn,VNMHA-LULUT-20261018-0415-03,2026-10-17T21:15:00-00:00"
    assert [each.code for each in made.findings] == ["not_on_the_map"]


@pytest.mark.parametrize(
    ("severity", "level", "opening"),
    [
        (Severity.EXTREME, None, EMERGENCY_SIREN),
        (Severity.MODERATE, "1", EMERGENCY_SIREN),
        (Severity.UNKNOWN, None, EMERGENCY_SIREN),
        (Severity.MINOR, None, QUIET_OPENING),
        (Severity.MINOR, "1", QUIET_OPENING),
        # Two who disagree: rather woken for nothing.
        (Severity.MINOR, "3", EMERGENCY_SIREN),
    ],
)
def test_what_is_minor_by_all_it_says_opens_without_a_siren(
    severity: Severity, level: str | None, opening: str
) -> None:
    given = () if level is None else (Named("levelOfDisasterRisk", level),)
    info = replace(message().infos[0], severity=severity, parameters=given)
    made = replace(message(), infos=(info,))
    assert drafted(made).alert.siren == opening
    assert draft(made, ZONES, id="cap-1", now=NOW, siren="siren_flood").alert.siren == "siren_flood"


LEVELS = {
    "levelOfDisasterRisk 4": ("levelOfDisasterRisk", "4", RiskLevel.RED),
    "in Vietnamese": ("Cấp độ rủi ro thiên tai", "Cấp 2", RiskLevel.LIGHT_YELLOW),
    "level 6": ("levelOfDisasterRisk", "6", None),
    "a colour": ("awareness_level", "3; orange; Severe", None),
    "a flood alarm level": ("Báo động", "3", None),
    "words": ("levelOfDisasterRisk", "cao", None),
}


@pytest.mark.parametrize("case", sorted(LEVELS))
def test_a_level_of_risk_is_only_what_the_issuer_gave_as_one(case: str) -> None:
    name, value, level = LEVELS[case]
    parameter = f"<parameter><valueName>{name}</valueName><value>{value}</value></parameter>"
    assert drafted(message(("<area>", parameter + "<area>"))).alert.risk_level is level


def test_an_extreme_warning_without_a_level_has_none() -> None:
    assert drafted(message((">Severe<", ">Extreme<"))).alert.risk_level is None


def test_english_is_taken_where_there_is_no_vietnamese_and_told() -> None:
    made = drafted(message(("vi-VN", "fr"), ("</info>\n", "</info>\n" + INFO.replace("vi-VN", "en-GB"))))
    assert made.language == "en"
    assert [each.code for each in made.findings] == ["other_language"]


def test_of_several_infos_those_that_reach_a_hamlet_are_read_out_and_the_first_end_counts() -> None:
    second = INFO.replace("Thôn 3", "Bản Mới").replace("Nước sông", "Nước suối").replace("T16", "T14")
    far = INFO.replace("Thôn 3", "Xã khác").replace("Nước sông đang lên", "Mưa rất to").replace("T16", "T12")
    over = INFO.replace("Nước sông", "Nước hồ").replace("T16:00", "T09:59")
    made = drafted(message((INFO, over + INFO + far + second)))
    assert made.alert.zones == ("thon-3", "ban-moi")
    assert made.alert.text == "Lũ\nNước sông đang lên.\nNước suối đang lên."
    assert made.alert.expires_at == datetime.fromisoformat("2026-11-23T14:00:00+07:00")


def test_lines_that_were_broken_at_a_width_are_whole_again_and_lists_stay_lists() -> None:
    wrapped = (
        "Hồi 04 giờ, mực nước sông Cái\ntại cầu Bến Gỗ là 5,37 m.\nTrong 12 giờ tới còn lên.\n\nKhuyến cáo:\n"
        "- không đi qua ngầm\n- đưa gia súc\n  lên cao\n\nHết"
    )
    made = drafted(message(("Nước sông đang lên.", wrapped)))
    assert made.alert.text.splitlines()[1:] == [
        "Hồi 04 giờ, mực nước sông Cái tại cầu Bến Gỗ là 5,37 m.",
        "Trong 12 giờ tới còn lên.",
        "Khuyến cáo:",
        "- không đi qua ngầm",
        "- đưa gia súc lên cao",
        "Hết",
    ]


def test_what_nobody_sees_does_not_turn_a_line_around_or_cut_a_word_in_two() -> None:
    made = drafted(message(("Nước sông đang lên.", "Kh\u200bông\t\u202eở lại\u202c\u009b nhà.")))
    assert made.alert.text.splitlines()[1:] == ["Không ở lại nhà."]


def test_more_words_than_can_be_read_out_are_told() -> None:
    made = drafted(message(("Nước sông đang lên.", "Nước sông đang lên nhanh. " * 200)))
    assert [each.code for each in made.findings] == ["too_long"]


def test_a_message_for_elsewhere_reaches_nobody_and_says_so() -> None:
    made = drafted(message(("Thôn 3", "Xã khác")))
    assert made.alert.zones == ()
    assert [each.code for each in made.findings] == ["reaches_nobody"]


def test_a_message_not_for_everybody_is_told() -> None:
    private = message(("<scope>Public</scope>", "<scope>Private</scope><addresses>a@b</addresses>"))
    assert "not_public" in {each.code for each in drafted(private).findings}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SYSTEM])
def test_what_is_not_meant_for_people_becomes_no_alert(status: Status) -> None:
    with pytest.raises(CapError, match="not meant for people"):
        drafted(replace(message(), status=status))


@pytest.mark.parametrize("kind", [MsgType.ACK, MsgType.CANCEL, MsgType.ERROR])
def test_what_warns_of_nothing_becomes_no_alert(kind: MsgType) -> None:
    with pytest.raises(CapError, match="is no alert"):
        drafted(replace(message(), msg_type=kind))


def test_a_message_without_info_becomes_no_alert() -> None:
    with pytest.raises(CapError, match="says nothing"):
        drafted(replace(message(), infos=()))


OURS = Alert(
    id="sotan-1",
    title="Sơ tán ngay",
    text="Bà con thôn 1 sơ tán ngay.",
    zones=("thon-1", "thon-2"),
    issued_at=NOW,
    issuer="UBND xã Yên Hòa",
    risk_level=RiskLevel.RED,
    expires_at=NOW + timedelta(hours=6, microseconds=5),
)


def sent(alert: Alert = OURS, **more: object) -> CapAlert:
    return as_cap(alert, ZONES, sender="yenhoa.example.vn", sent=NOW, **more)  # type: ignore[arg-type]


def test_an_alert_of_ours_goes_out_as_a_message_that_holds_against_the_standard() -> None:
    made = sent(kind=CapKind(urgency=Urgency.IMMEDIATE, responses=(ResponseType.EVACUATE,)))
    assert check(made, now=NOW) == ()
    assert read_cap(write_cap(made)) == made
    info = made.infos[0]
    assert (info.sender_name, info.language, info.severity) == ("UBND xã Yên Hòa", "vi-VN", Severity.UNKNOWN)
    assert info.parameters == (Named("levelOfDisasterRisk", "4"),)
    assert [(area.description, len(area.polygons)) for area in info.areas] == [("Thôn 1", 1), ("Thôn 2", 0)]


def test_what_went_out_comes_in_as_the_same_alert() -> None:
    back = draft(read_cap(write_cap(sent())), ZONES, id=OURS.id, now=NOW, siren="").alert
    assert back.text == f"{OURS.title}\n{OURS.text}"
    for name in ("id", "title", "zones", "issued_at", "issuer", "status", "risk_level"):
        assert getattr(back, name) == getattr(OURS, name), name


def test_signs_that_xml_cannot_carry_hold_no_alert_back() -> None:
    made = sent(replace(OURS, title="Sơ tán\x0b ngay", text="Bà con\r\nsơ tán ngay.\x00 "))
    assert read_cap(write_cap(made)) == made
    assert (made.infos[0].headline, made.infos[0].description) == ("Sơ tán ngay", "Bà con\nsơ tán ngay.")


def test_an_exercise_goes_out_as_one() -> None:
    made = sent(replace(OURS, status=AlertStatus.EXERCISE))
    assert (made.status, made.note) == (Status.EXERCISE, "Diễn tập")


def test_a_cancellation_names_what_it_cancels_and_says_why() -> None:
    key = Key("yenhoa.example.vn", "sotan-1", NOW)
    made = sent(msg_type=MsgType.CANCEL, references=[key], ended_because="Nước đã rút.")
    assert made.identifier == "sotan-1-cancel"
    assert refusals(check(made, now=NOW)) == ()
    assert made.references == (key,)
    assert made.infos[0].description == "Nước đã rút."
    assert made.infos[0].responses == (ResponseType.ALL_CLEAR,)


def test_an_outline_of_a_thousand_corners_goes_out_coarser_and_is_still_the_hamlet() -> None:
    turns = [2 * math.pi * step / 1_000 for step in range(1_000)]
    ring = tuple(Point(20.1 + 0.01 * math.sin(turn), 106.1 + 0.01 * math.cos(turn)) for turn in turns)
    zone = ZonePlace("thon-1", "Thôn 1", polygons=((ring,),))
    made = as_cap(replace(OURS, zones=("thon-1",)), [zone], sender="yenhoa.example.vn", sent=NOW)
    assert check(made, now=NOW) == ()
    ((polygon,),) = [area.polygons for area in made.infos[0].areas]
    assert 100 <= len(polygon) <= 201
    near = ZonePlace("gan", "Gần", points=(Point(20.1085, 106.1),))
    far = ZonePlace("xa", "Xa", points=(Point(20.12, 106.1),))
    assert reach(made.infos[0].areas, [near, far]).zones == ("gan",)
